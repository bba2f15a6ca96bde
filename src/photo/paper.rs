//! How bright the bare paper is at every pixel, under whatever light fell on it.

use image::RgbImage;

/// Red, green and blue planes, row-major.
pub(super) type Channels = [Vec<f32>; 3];

/// The paper is estimated at about this resolution; finer structure is ink, not light.
const WORK_PIXELS_PER_MM: f32 = 1.5;
/// Strokes up to this wide are bridged; a wider dark area counts as paper in shadow.
const BRIDGE_MM: f32 = 4.6;
/// Paper darker than this (of 255) is treated as this dark, so that ratios stay finite.
const DARKEST_PAPER: f32 = 8.0;

/// `picture` divided by its paper, per channel: 1 is bare paper, 0 black. Values above 1 are cut.
///
/// The paper is the grey-scale closing (Serra 1982) of a reduced picture: every window of 4.6 mm
/// shows some bare paper even under a fine grid, and unlike a blur the closing keeps the sharp
/// edges of shadows and folds where they are.
pub(super) fn paper_ratio(picture: &RgbImage, pixels_per_mm: f32) -> Channels {
    let factor = ((pixels_per_mm / WORK_PIXELS_PER_MM).round() as usize).max(1);
    let radius = (BRIDGE_MM * pixels_per_mm / factor as f32 / 2.0)
        .round()
        .max(1.0) as usize;
    let small_width = picture.width().div_ceil(factor as u32) as usize;
    [0, 1, 2].map(|channel| {
        let mut paper = reduce(picture, channel, factor);
        // Not `f32::max` and `min`: in WebAssembly each of those is a call, and there are millions.
        paper = widened(
            &paper,
            small_width,
            radius,
            |a, b| if a < b { b } else { a },
        );
        paper = widened(
            &paper,
            small_width,
            radius,
            |a, b| if b < a { b } else { a },
        );
        let paper = smooth(&paper, small_width);
        divide(picture, channel, factor, &paper, small_width)
    })
}

/// One channel, averaged over `factor` × `factor` pixels.
fn reduce(picture: &RgbImage, channel: usize, factor: usize) -> Vec<f32> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let raw = picture.as_raw();
    let mut small = Vec::with_capacity(width.div_ceil(factor) * height.div_ceil(factor));
    for top in (0..height).step_by(factor) {
        for left in (0..width).step_by(factor) {
            let (bottom, right) = ((top + factor).min(height), (left + factor).min(width));
            let mut sum = 0u32;
            for y in top..bottom {
                for x in left..right {
                    sum += u32::from(raw[(y * width + x) * 3 + channel]);
                }
            }
            small.push(sum as f32 / ((bottom - top) * (right - left)) as f32);
        }
    }
    small
}

/// The largest (or smallest, by `pick`) value in the square of `radius` around every value.
fn widened(
    values: &[f32],
    width: usize,
    radius: usize,
    pick: impl Fn(f32, f32) -> f32,
) -> Vec<f32> {
    let along = |values: &[f32], row_length: usize, stride: usize| {
        let mut out = values.to_vec();
        for (out, row) in out
            .chunks_exact_mut(row_length)
            .zip(values.chunks_exact(row_length))
        {
            for shift in (1..=radius)
                .map(|shift| shift * stride)
                .take_while(|&shift| shift < row_length)
            {
                for (a, &b) in out[shift..].iter_mut().zip(row) {
                    *a = pick(*a, b);
                }
                for (a, &b) in out.iter_mut().zip(&row[shift..]) {
                    *a = pick(*a, b);
                }
            }
        }
        out
    };
    let rows = along(values, width, 1);
    along(&rows, values.len(), width)
}

/// A 3×3 mean, which takes the steps out of the closing.
fn smooth(values: &[f32], width: usize) -> Vec<f32> {
    let height = values.len() / width;
    let along = |values: &[f32], length: usize, stride: usize, index: usize, position: usize| {
        let before = if position == 0 { index } else { index - stride };
        let after = if position + 1 == length {
            index
        } else {
            index + stride
        };
        (values[before] + values[index] + values[after]) / 3.0
    };
    let rows: Vec<f32> = (0..values.len())
        .map(|i| along(values, width, 1, i, i % width))
        .collect();
    (0..values.len())
        .map(|i| along(&rows, height, width, i, i / width))
        .collect()
}

/// The full-size channel over the bilinearly enlarged paper.
fn divide(
    picture: &RgbImage,
    channel: usize,
    factor: usize,
    paper: &[f32],
    paper_width: usize,
) -> Vec<f32> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let paper_height = paper.len() / paper_width;
    let position = |at: usize, count: usize| {
        let exact = ((at as f32 + 0.5) / factor as f32 - 0.5).clamp(0.0, (count - 1) as f32);
        let whole = (exact as usize).min(count.saturating_sub(2));
        (whole, (whole + 1).min(count - 1), exact - whole as f32)
    };
    let columns: Vec<_> = (0..width).map(|x| position(x, paper_width)).collect();
    let mut out = Vec::with_capacity(width * height);
    let mut line = vec![0.0f32; paper_width];
    for y in 0..height {
        let (above, below, share) = position(y, paper_height);
        for (x, value) in line.iter_mut().enumerate() {
            *value = paper[above * paper_width + x] * (1.0 - share)
                + paper[below * paper_width + x] * share;
        }
        let row = &picture.as_raw()[y * width * 3..(y + 1) * width * 3];
        for (pixel, &(left, right, share)) in row.chunks_exact(3).zip(&columns) {
            let paper = (line[left] * (1.0 - share) + line[right] * share).max(DARKEST_PAPER);
            out.push((f32::from(pixel[channel]) / paper).min(1.0));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn a_thin_line_is_compared_with_the_paper_beside_it() {
        let page = RgbImage::from_fn(60, 60, |x, _| {
            if x == 30 {
                Rgb([100, 50, 20])
            } else {
                Rgb([200; 3])
            }
        });
        let [red, green, blue] = paper_ratio(&page, 3.0);
        let pixel = 30 * 60 + 30;
        assert!(
            (red[pixel] - 0.5).abs() < 0.02
                && (green[pixel] - 0.25).abs() < 0.02
                && (blue[pixel] - 0.1).abs() < 0.02
        );
        assert!((red[30 * 60 + 10] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_edge_of_a_shadow_is_no_ink() {
        let page = RgbImage::from_fn(
            90,
            60,
            |x, _| if x < 45 { Rgb([230; 3]) } else { Rgb([120; 3]) },
        );
        let ratio = &paper_ratio(&page, 3.0)[0];
        let pale = ratio.iter().filter(|&&value| value < 0.8).count();
        assert!(pale <= 2 * 60, "{pale} pixels beside the edge");
    }

    #[test]
    fn closing_by_hand() {
        let closed = widened(
            &widened(&[9.0, 1.0, 9.0, 9.0], 4, 1, f32::max),
            4,
            1,
            f32::min,
        );
        assert_eq!(closed, [9.0; 4]);
    }
}
