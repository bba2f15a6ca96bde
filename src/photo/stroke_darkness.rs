//! How dark a pen's strokes are on a page, and ink in shares of that.

/// Ink below this share of black is not looked at when a dark stroke is estimated.
const MIN_DARKNESS: f32 = 0.15;
/// Which quantile of the dark pixels is a dark stroke. Half of a thin stroke's pixels are edges.
const DARK_QUANTILE: f32 = 0.7;
/// A page whose strokes are paler than this is not stretched further: it would only amplify
/// noise. A level stroke is known by its length and may be paler.
pub(super) const PALEST: f32 = 0.22;
/// Ink paler than this share of a stroke is a remnant of the grid rather than a stroke's edge.
const REMNANT: f32 = 0.1;

/// A level stroke keeps its height over this length, which letters and noise don't.
const LEVEL_MM: f32 = 3.0;
/// This far above and below its middle a thin stroke has ended …
const THIN_MM: f32 = 0.8;
/// … so that less than this share of its darkness is left.
const THIN_SHARE: f32 = 0.6;
/// Level strokes of this many page widths are expected: three rows of tracing have about two.
const LEVEL_WIDTHS: f32 = 1.2;

/// Darkness of the core of a dark stroke: letters, steep and bold strokes (0 … 1).
pub(super) fn dark_stroke(dark: &[f32]) -> f32 {
    let mut histogram = [0u32; 256];
    for &value in dark.iter().filter(|&&value| value > MIN_DARKNESS) {
        histogram[(value * 255.0) as usize & 255] += 1;
    }
    let total: u32 = histogram.iter().sum();
    let mut seen = 0;
    let core = histogram.iter().position(|&count| {
        seen += count;
        total > 0 && seen as f32 >= DARK_QUANTILE * total as f32
    });
    core.map_or(0.0, |bin| bin as f32 / 255.0)
}

/// Darkness of the core of thin level strokes, of which tracings have most; 0 where there are too
/// few. Blur makes them paler than steep strokes and letters, whose ink is denser.
///
/// `rim_share` of the page's width and height is left out at every side.
pub(super) fn level_stroke(dark: &[f32], width: usize, pixels_per_mm: f32, rim_share: f32) -> f32 {
    let thin = (THIN_MM * pixels_per_mm).round() as usize * width;
    let reach = (LEVEL_MM * pixels_per_mm / 2.0).round() as usize;
    if dark.len() <= 2 * thin || width <= 2 * reach {
        return 0.0;
    }
    let level = averaged_along(dark, width, reach);
    let inner = |length: usize| {
        let rim = (rim_share * length as f32) as usize;
        rim..length - rim
    };
    let (columns, rows) = (inner(width), inner(dark.len() / width));
    let mut histogram = [0u32; 256];
    for i in thin..dark.len() - thin {
        let value = level[i];
        let summit = value > level[i - width] && value >= level[i + width];
        let ends = THIN_SHARE * value;
        if value > 0.0
            && summit
            && level[i - thin] < ends
            && level[i + thin] < ends
            && columns.contains(&(i % width))
            && rows.contains(&(i / width))
        {
            histogram[(value * 255.0) as usize & 255] += 1;
        }
    }
    let expected = (LEVEL_WIDTHS * columns.len() as f32) as u32;
    let mut seen = 0;
    let bin = histogram.iter().rposition(|&count| {
        seen += count;
        seen >= expected
    });
    bin.map_or(0.0, |bin| bin as f32 / 255.0)
}

/// Scales so that a stroke of `darkness` is 1, and takes the remnants of the grid out.
pub(super) fn stretch(dark: &mut [f32], darkness: f32) {
    for value in dark {
        *value = ((*value / darkness - REMNANT) / (1.0 - REMNANT)).clamp(0.0, 1.0);
    }
}

/// The mean over `reach` pixels to both sides in the same row; 0 where the row ends before.
fn averaged_along(dark: &[f32], width: usize, reach: usize) -> Vec<f32> {
    let mut level = vec![0.0; dark.len()];
    let share = 1.0 / (2 * reach + 1) as f32;
    for (row, level) in dark.chunks_exact(width).zip(level.chunks_exact_mut(width)) {
        let mut sum: f32 = row[..2 * reach].iter().sum();
        for (x, level) in level[reach..width - reach].iter_mut().enumerate() {
            sum += row[x + 2 * reach];
            *level = sum * share;
            sum -= row[x];
        }
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 300;

    /// 300 × 200 pixels at 6 px/mm with two level lines of this darkness and four bold letters.
    fn page(line: f32) -> Vec<f32> {
        let mut dark = vec![0.0; WIDTH * 200];
        for y in [60, 61, 120, 121] {
            dark[y * WIDTH..(y + 1) * WIDTH].fill(line);
        }
        for letter in 0..4 {
            for y in 150..170 {
                dark[y * WIDTH + 40 * letter + 20..][..9].fill(0.9);
            }
        }
        dark
    }

    #[test]
    fn the_level_line_counts_rather_than_the_letters() {
        for line in [0.2f32, 0.5] {
            let dark = page(line);
            let level = level_stroke(&dark, WIDTH, 6.0, 0.0);
            assert!((level - line).abs() < 0.01, "{level} for {line}");
        }
        assert!((dark_stroke(&page(0.1)) - 0.9).abs() < 0.01);
    }

    #[test]
    fn dark_edges_count_only_without_a_rim() {
        let mut dark = page(0.2);
        for y in [10, 11, 185, 186] {
            dark[y * WIDTH..(y + 1) * WIDTH].fill(0.6);
        }
        for (rim_share, expected) in [(0.0, 0.6), (0.12, 0.2)] {
            let level = level_stroke(&dark, WIDTH, 6.0, rim_share);
            assert!((level - expected).abs() < 0.01, "{level}");
        }
    }

    #[test]
    fn without_lines_there_is_no_level() {
        assert_eq!(level_stroke(&page(0.0), WIDTH, 6.0, 0.0), 0.0);
        assert_eq!(level_stroke(&[], 0, 6.0, 0.1), 0.0);
        assert_eq!(level_stroke(&[0.5; 30], 3, 6.0, 0.0), 0.0);
        assert_eq!(dark_stroke(&[]), 0.0);
    }

    #[test]
    fn a_stroke_becomes_one_and_a_remnant_nothing() {
        let mut dark = [0.4, 0.8, 0.04, 0.22];
        stretch(&mut dark, 0.4);
        assert_eq!(dark[..3], [1.0, 1.0, 0.0]);
        assert!((dark[3] - 0.5).abs() < 1e-6);
    }
}
