//! From a picture of the page to its ink: light, paper colour and grid are taken out, the trace stays.
//!
//! Every step works on ratios to the surrounding paper, so a clean rendering and a rectified photo
//! of the same page give nearly the same canvas. Text, pulses and lead separators stay as well.

use image::RgbImage;

use super::paper::{Channels, paper_ratio};
use super::soften::softened;
use super::stroke_darkness::{PALEST, dark_stroke, level_stroke, stretch};

/// Colour counts against ink at most this many times. Photos of grids printed in dark red dots
/// need 2; more would cut a trace where it crosses the grid.
const MAX_CHROMA_PENALTY: f32 = 2.0;
/// The penalty is this much more than what just clears the typical grid pixel.
const CHROMA_PENALTY_MARGIN: f32 = 0.15;
/// Pixels with less colour than this say nothing about the colour of the grid.
const GRID_MIN_CHROMA: f32 = 0.08;
/// Colour noise of cameras and JPEG: this much chroma is not held against ink.
const CHROMA_NOISE: f32 = 0.03;
/// Darkness that is still noise or paper texture once the grid is gone, and what of it softening
/// leaves.
const NOISE_FLOOR: f32 = 0.06;
const SOFT_NOISE_FLOOR: f32 = 0.025;
/// Level strokes are not taken for paler than this.
const PALEST_LEVEL: f32 = 0.1;
/// Level strokes that are paler than this once softened were spread by blur (a standard deviation of
/// .4 mm leaves a third of a pen's darkness) or hardly printed. They are not taken for paler than
/// the second.
const PALE_LEVELS: (f32, f32) = (0.2, 0.05);
/// Passes of softening: a standard deviation of 1.2 pixels, 0.2 mm on a sheet.
const SOFTENING: usize = 3;
/// At this share of the sheet at every side there may be desk that was taken for paper.
const RIM_SHARE: f32 = 0.12;
/// What is darker than a grid line by this share of it is a stroke.
const COVERING: f32 = 0.8;
/// Faint lines are hardly darker than the shadows of folds: there it takes this share of the line,
/// but no more than this much.
const FAINT_COVERING: f32 = 4.0;
const FAINT_MARGIN: f32 = 0.15;
/// Pixels with this much ink may be the two ends of a cut …
const CUT_END_INK: f32 = 0.5;
/// … and between them everything must be this share as dark as the darker end.
const CUT_SHARE: f32 = 0.7;
/// Longer stretches are not mended.
const LONGEST_CUT_MM: f32 = 1.5;
/// Length over which a grid line counts as straight and evenly dark.
const LINE_WINDOW_MM: f32 = 20.0;
/// Distance of the strong lines on all ECG paper.
const MAJOR_LINE_MM: f32 = 5.0;

/// The ink of `picture`: one value per pixel, row-major, 0 paper … 1 trace.
///
/// `pixels_per_mm` is the resolution on paper (2–8 are sensible; the canvas has 3). The picture
/// must be upright to within about 1°, because grid lines are recognised as rows and columns.
/// An empty picture gives an empty vector.
pub fn extract_ink(picture: &RgbImage, pixels_per_mm: f32) -> Vec<f32> {
    let (mut dark, palest) = bare_strokes(picture, pixels_per_mm, NOISE_FLOOR);
    let darkness = dark_stroke(&dark).max(PALEST);
    stretch(&mut dark, darkness);
    mend_cuts(&mut dark, &palest, picture.width() as usize, pixels_per_mm);
    dark
}

/// The same for following curves: full ink is what a thin level trace has, so that blur and light
/// pens don't lose it beside bold letters. Ink off the paper (`on_sheet`, one value per pixel) is
/// no ink. Next to it, how dark bold strokes were before they were stretched (0 … 1).
pub(super) fn extract_trace(
    picture: &RgbImage,
    pixels_per_mm: f32,
    on_sheet: &[bool],
) -> (Vec<f32>, f32) {
    let strokes = on_paper(bare_strokes(picture, pixels_per_mm, NOISE_FLOOR), on_sheet);
    let width = picture.width() as usize;
    let level = level_stroke(&strokes.0, width, pixels_per_mm, 0.0);
    stretched(strokes, level.max(PALEST_LEVEL), width, pixels_per_mm)
}

/// The same for traces that are so pale that they are told from noise only once that is smoothed.
/// `None` if they are not pale: smoothing costs sharp ones their narrow waves.
pub(super) fn extract_pale_trace(
    picture: &RgbImage,
    pixels_per_mm: f32,
    on_sheet: &[bool],
) -> Option<(Vec<f32>, f32)> {
    let soft = softened(picture, SOFTENING);
    let strokes = on_paper(
        bare_strokes(&soft, pixels_per_mm, SOFT_NOISE_FLOOR),
        on_sheet,
    );
    let width = picture.width() as usize;
    let level = level_stroke(&strokes.0, width, pixels_per_mm, RIM_SHARE);
    (level < PALE_LEVELS.0)
        .then(|| stretched(strokes, level.max(PALE_LEVELS.1), width, pixels_per_mm))
}

/// Darkness with what lies off the paper taken out.
fn on_paper(mut strokes: (Vec<f32>, Vec<f32>), on_sheet: &[bool]) -> (Vec<f32>, Vec<f32>) {
    for (value, _) in strokes.0.iter_mut().zip(on_sheet).filter(|(_, on)| !**on) {
        *value = 0.0;
    }
    strokes
}

/// Darkness as ink, of which level strokes have as much as there is; and how dark bold ones were.
fn stretched(
    (mut dark, palest): (Vec<f32>, Vec<f32>),
    level: f32,
    width: usize,
    pixels_per_mm: f32,
) -> (Vec<f32>, f32) {
    let darkest = dark_stroke(&dark);
    stretch(&mut dark, level.min(darkest.max(PALEST)));
    mend_cuts(&mut dark, &palest, width, pixels_per_mm);
    (dark, darkest)
}

/// Darkness without paper, grid and noise, and what [`darkness`] says of the palest colour.
fn bare_strokes(picture: &RgbImage, pixels_per_mm: f32, noise_floor: f32) -> (Vec<f32>, Vec<f32>) {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if width == 0 || height == 0 {
        return (Vec::new(), Vec::new());
    }
    let (mut dark, palest) = darkness(&paper_ratio(picture, pixels_per_mm));
    suppress_grid(&mut dark, width, height, pixels_per_mm, noise_floor);
    (dark, palest)
}

/// How much each pixel looks like trace ink: dark in all colours, or dark blue. Next to it, the
/// absorption of the least absorbed colour, from which no colour of the grid is taken off.
fn darkness(ratio: &Channels) -> (Vec<f32>, Vec<f32>) {
    let [red, green, blue] = ratio;
    let pixels: Vec<(f32, f32)> = red
        .iter()
        .zip(green)
        .zip(blue)
        .map(|((&r, &g), &b)| palest_and_chroma(r, g, b))
        .collect();
    let penalty = chroma_penalty(&pixels);
    pixels
        .iter()
        .map(|&(palest, chroma)| {
            let dark = (palest - penalty * (chroma - CHROMA_NOISE).max(0.0)).max(0.0);
            (dark, palest)
        })
        .unzip()
}

/// The least absorbed colour's absorption, and by how much the most absorbed one exceeds it.
fn palest_and_chroma(red: f32, green: f32, blue: f32) -> (f32, f32) {
    let (red, green, blue) = (1.0 - red, 1.0 - green, 1.0 - blue);
    let (low, high) = (red.min(green), red.max(green));
    // Some machines draw in blue, none in red or green: blue ink is judged without blue light.
    if blue < low {
        (low, high - low)
    } else {
        (low, high.max(blue) - low)
    }
}

/// How many times the chroma must be subtracted so that this page's coloured grid vanishes.
fn chroma_penalty(pixels: &[(f32, f32)]) -> f32 {
    const BINS_PER_UNIT: f32 = 32.0;
    let mut histogram = [0usize; (MAX_CHROMA_PENALTY * BINS_PER_UNIT) as usize + 1];
    for (palest, chroma) in pixels
        .iter()
        .filter(|(_, chroma)| *chroma > GRID_MIN_CHROMA)
    {
        let bin = (palest / chroma * BINS_PER_UNIT) as usize;
        histogram[bin.min(histogram.len() - 1)] += 1;
    }
    let coloured: usize = histogram.iter().sum();
    let mut seen = 0;
    let typical = histogram.iter().position(|count| {
        seen += count;
        seen * 5 > coloured * 3
    });
    let typical = typical.map_or(1.0, |bin| (bin + 1) as f32 / BINS_PER_UNIT);
    (typical + CHROMA_PENALTY_MARGIN).min(MAX_CHROMA_PENALTY)
}

/// Subtracts what is left of grey and blue grids: straight rows and columns whose neighbours
/// 5 mm away are just as dark. The flat parts of a trace have no such neighbours and stay.
fn suppress_grid(
    dark: &mut [f32],
    width: usize,
    height: usize,
    pixels_per_mm: f32,
    noise_floor: f32,
) {
    let transposed = transpose(dark, width, height);
    let rows = line_levels(dark, width, height, pixels_per_mm);
    let columns = transpose(
        &line_levels(&transposed, height, width, pixels_per_mm),
        height,
        width,
    );
    for ((value, row), column) in dark.iter_mut().zip(&rows).zip(&columns) {
        let grid = row.max(*column);
        let above = *value - grid - noise_floor;
        // A stroke covers the line that it lies on rather than adding to it.
        let margin = (COVERING * grid).max((FAINT_COVERING * grid).min(FAINT_MARGIN));
        let covers = (above / margin.max(1e-3)).clamp(0.0, 1.0);
        let whole = (*value - noise_floor) / (1.0 - noise_floor);
        *value = (whole * covers).max(0.0);
    }
}

/// Darkness of the horizontal grid lines at every pixel.
fn line_levels(dark: &[f32], width: usize, height: usize, pixels_per_mm: f32) -> Vec<f32> {
    let half_window = ((LINE_WINDOW_MM * pixels_per_mm / 2.0) as usize).max(4);
    let step = half_window;
    // Dots of a dotted grid are 1 mm apart: over this reach there is always one.
    let reach = (pixels_per_mm / 2.0).round().max(1.0) as usize;
    let blocks = width.div_ceil(step);
    let mut medians = vec![0.0f32; blocks * height];
    let mut bytes = vec![0u8; width];
    let mut widened = vec![0u8; width];
    for (row, medians) in dark
        .chunks_exact(width)
        .zip(medians.chunks_exact_mut(blocks))
    {
        for (byte, value) in bytes.iter_mut().zip(row) {
            *byte = (value * 255.0) as u8;
        }
        widen(&bytes, reach, &mut widened);
        for (block, level) in medians.iter_mut().enumerate() {
            let centre = block * step + step / 2;
            let window =
                &widened[centre.saturating_sub(half_window)..(centre + half_window).min(width)];
            *level = f32::from(median(window)) / 255.0;
        }
    }
    // Between two block centres the level changes evenly.
    let blend: Vec<(usize, usize, f32)> = (0..width)
        .map(|x| {
            let position =
                ((x as f32 - (step / 2) as f32) / step as f32).clamp(0.0, (blocks - 1) as f32);
            let left = position as usize;
            (left, (left + 1).min(blocks - 1), position - left as f32)
        })
        .collect();
    let pitch = (MAJOR_LINE_MM * pixels_per_mm).round() as isize;
    let mut levels = vec![0.0f32; width * height];
    let mut confirmed = vec![0.0f32; blocks];
    for y in 0..height {
        for (block, level) in confirmed.iter_mut().enumerate() {
            *level = confirmed_level(&medians, blocks, height, (block, y), pitch);
        }
        for (level, &(left, right, share)) in levels[y * width..].iter_mut().zip(&blend) {
            *level = confirmed[left] * (1.0 - share) + confirmed[right] * share;
        }
    }
    levels
}

/// The largest byte within `reach` of every byte.
fn widen(bytes: &[u8], reach: usize, widened: &mut [u8]) {
    widened.copy_from_slice(bytes);
    for shift in 1..=reach.min(bytes.len()) {
        for (wide, &byte) in widened[shift..].iter_mut().zip(bytes) {
            *wide = (*wide).max(byte);
        }
        for (wide, &byte) in widened.iter_mut().zip(&bytes[shift..]) {
            *wide = (*wide).max(byte);
        }
    }
}

/// The level of one block's row, but no more than three of its four neighbours 5 and 10 mm above
/// and below show (one pixel of play). Beyond the edge the nearer side is asked twice.
fn confirmed_level(
    medians: &[f32],
    blocks: usize,
    height: usize,
    (block, y): (usize, usize),
    pitch: isize,
) -> f32 {
    let at = |row: isize| {
        (row - 1..=row + 1)
            .filter(|row| (0..height as isize).contains(row))
            .map(|row| medians[row as usize * blocks + block])
            .fold(f32::NAN, f32::max)
    };
    let own = medians[y * blocks + block];
    if own <= 0.0 {
        return 0.0;
    }
    let mut neighbours = [-2, -1, 1, 2].map(|k: isize| {
        let row = at(y as isize + k * pitch);
        if row.is_nan() {
            at(y as isize - k * pitch)
        } else {
            row
        }
    });
    neighbours.sort_by(f32::total_cmp);
    let shown = neighbours[1];
    if shown.is_nan() { 0.0 } else { own.min(shown) }
}

/// Mends steep strokes where they cross a coloured line or lie on one: the colour of the line, which
/// cameras smear, is held against the ink there. Between two inked pixels of a column, what is about
/// as dark as they are in every colour is ink; the line alone is paler than that.
fn mend_cuts(ink: &mut [f32], palest: &[f32], width: usize, pixels_per_mm: f32) {
    let longest = (LONGEST_CUT_MM * pixels_per_mm) as usize;
    // Per column: the last inked pixel (row and palest colour) and the palest since.
    let mut above: Vec<Option<(usize, f32)>> = vec![None; width];
    let mut since = vec![f32::INFINITY; width];
    for i in 0..ink.len() {
        let (x, y) = (i % width, i / width);
        if ink[i] < CUT_END_INK {
            since[x] = since[x].min(palest[i]);
            continue;
        }
        if let Some((last, end)) = above[x]
            && (2..=longest + 1).contains(&(y - last))
            && since[x] >= CUT_SHARE * end.max(palest[i])
        {
            let mended = ink[last * width + x].min(ink[i]);
            for row in last + 1..y {
                let value = &mut ink[row * width + x];
                *value = value.max(mended);
            }
        }
        above[x] = Some((y, palest[i]));
        since[x] = f32::INFINITY;
    }
}

/// Lower median of some bytes.
fn median(values: &[u8]) -> u8 {
    let mut histogram = [0u16; 64];
    for value in values {
        histogram[usize::from(value >> 2)] += 1;
    }
    let half = (values.len() / 2) as u16;
    let mut seen = 0;
    for (bin, count) in histogram.iter().enumerate() {
        seen += count;
        if seen > half {
            return (bin << 2) as u8;
        }
    }
    0
}

/// Rows become columns, in blocks that fit the cache.
fn transpose(values: &[f32], width: usize, height: usize) -> Vec<f32> {
    const BLOCK: usize = 32;
    let mut turned = vec![0.0; values.len()];
    for top in (0..height).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            for y in top..(top + BLOCK).min(height) {
                for x in left..(left + BLOCK).min(width) {
                    turned[x * height + y] = values[y * width + x];
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;
    use crate::photo::simulated::Scene;

    /// The mean ink of the pixels within half a pixel of the trace's flat parts, and of all others
    /// that are at least 2 mm away from any trace.
    fn trace_and_rest(ink: &[f32], width: usize) -> (f32, f32) {
        let (mut trace, mut rest) = (Vec::new(), Vec::new());
        for (i, &value) in ink.iter().enumerate() {
            let (x, y) = ((i % width) as f64 / 3.0, (i / width) as f64 / 3.0);
            let nearest = (0..4)
                .map(|row| (y - (60.0 + 34.0 * f64::from(row))).abs())
                .fold(f64::MAX, f64::min);
            let flat = crate::photo::simulated::beat_mm(x).abs() < 0.02;
            if flat && nearest < 0.17 && (30.0..260.0).contains(&x) {
                trace.push(value);
            } else if nearest > 12.0 && (20.0..270.0).contains(&x) && (10.0..200.0).contains(&y) {
                rest.push(value);
            }
        }
        let mean = |values: Vec<f32>| values.iter().sum::<f32>() / values.len() as f32;
        (mean(trace), mean(rest))
    }

    #[test]
    fn grids_of_any_colour_go_and_the_trace_stays() {
        let grids = [
            (Some([1.0, 0.82, 0.82]), [0.97, 0.6, 0.6]),
            (Some([1.0, 0.87, 0.7]), [0.95, 0.6, 0.3]),
            (Some([0.78, 0.92, 0.8]), [0.5, 0.78, 0.55]),
            (Some([0.8, 0.85, 1.0]), [0.6, 0.68, 0.95]),
            (Some([0.85; 3]), [0.6; 3]),
            (None, [0.8, 0.3, 0.3]),
        ];
        for (minor, major) in grids {
            let scene = Scene {
                width: 891,
                height: 630,
                photo_from_page: crate::photo::projective::Homography::scale_shift(3.0, 0.0, 0.0),
                minor,
                major,
                ..Scene::plain()
            };
            let (trace, rest) = trace_and_rest(&extract_ink(&scene.draw(), 3.0), 891);
            assert!(
                trace > 0.7 && rest < 0.01,
                "{major:?}: trace {trace}, rest {rest}"
            );
        }
    }

    #[test]
    fn half_the_light_changes_almost_nothing() {
        let page = Scene {
            noise: 2.0,
            ..Scene::plain()
        }
        .draw();
        let page = image::imageops::thumbnail(&page, 891, 630);
        let mut shaded = page.clone();
        for (x, _, pixel) in shaded.enumerate_pixels_mut() {
            let light = if x < 400 { 0.5 } else { 1.0 };
            *pixel = Rgb(pixel.0.map(|value| (f32::from(value) * light) as u8));
        }
        let (bright, dim) = (extract_ink(&page, 3.0), extract_ink(&shaded, 3.0));
        let apart = bright
            .iter()
            .zip(&dim)
            .map(|(a, b)| (a - b).abs())
            .sum::<f32>()
            / bright.len() as f32;
        assert!(apart < 0.01, "{apart}");
    }

    #[test]
    fn blank_paper_has_no_ink_and_no_paper_no_pixels() {
        assert!(
            extract_ink(&RgbImage::from_pixel(60, 40, Rgb([240; 3])), 3.0)
                .iter()
                .all(|&value| value == 0.0)
        );
        assert!(extract_ink(&RgbImage::new(0, 0), 3.0).is_empty());
        assert_eq!(
            extract_ink(&RgbImage::from_pixel(1, 1, Rgb([200; 3])), 3.0),
            [0.0]
        );
    }

    /// Four level lines of this darkness, 3 px thick, in noise; 100 × 67 mm at 6 px/mm.
    fn lines_in_noise(line: f32) -> RgbImage {
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        RgbImage::from_fn(600, 400, |_, y| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let noise = (random >> 40) as f32 / (1u32 << 24) as f32 * 20.0 - 10.0;
            let on_line = [70, 151, 237, 310]
                .iter()
                .any(|top| (*top..top + 3).contains(&y));
            let paper = if on_line { 1.0 - line } else { 1.0 };
            Rgb([(230.0 * paper + noise) as u8; 3])
        })
    }

    #[test]
    fn pale_lines_are_told_from_noise_and_dark_ones_are_not_pale() {
        let on_sheet = vec![true; 600 * 400];
        let (ink, _) = extract_pale_trace(&lines_in_noise(0.12), 6.0, &on_sheet).unwrap();
        let mean = |y: usize| ink[y * 600..(y + 1) * 600].iter().sum::<f32>() / 600.0;
        assert!(
            mean(71) > 0.6 && mean(311) > 0.6,
            "{} {}",
            mean(71),
            mean(311)
        );
        assert!(
            mean(110) < 0.1 && mean(200) < 0.1,
            "{} {}",
            mean(110),
            mean(200)
        );
        assert!(extract_pale_trace(&lines_in_noise(0.6), 6.0, &on_sheet).is_none());
    }

    #[test]
    fn cuts_are_mended_where_it_is_dark_and_only_there() {
        // Two columns of eight: ink, three pixels without, ink. In the second it is pale there.
        let rows = [1.0, 1.0, 0.0, 0.0, 0.0, 0.8, 1.0, 0.0];
        let mut ink: Vec<f32> = rows.iter().flat_map(|&v| [v, v]).collect();
        let palest: Vec<f32> = rows
            .iter()
            .flat_map(|&v| [if v > 0.0 { 0.6 } else { 0.5 }, 0.6 * v])
            .collect();
        mend_cuts(&mut ink, &palest, 2, 6.0);
        let column = |x: usize| (0..8).map(|y| ink[2 * y + x]).collect::<Vec<f32>>();
        assert_eq!(column(0), [1.0, 1.0, 0.8, 0.8, 0.8, 0.8, 1.0, 0.0]);
        assert_eq!(column(1), rows);
    }

    #[test]
    fn median_by_hand() {
        assert_eq!(median(&[200, 4, 8]), 8);
        assert_eq!(median(&[]), 0);
    }
}
