//! The picture as the grid search sees it: fine dark structure, whatever the light.

use image::RgbImage;

use super::projective::Homography;

/// Reach of the local mean that stands for the paper.
const PAPER_REACH_PX: usize = 14;
/// Reach over which contrast is evened out.
const CONTRAST_REACH_PX: usize = 24;
/// Contrast below this is noise and is not raised to the level of the rest.
const CONTRAST_FLOOR: f32 = 0.006;
/// Evened contrast is cut here, so that trace, text and the desk's edge weigh no more than lines.
const DARKEST: f32 = -2.0;
const BRIGHTEST: f32 = 1.5;

/// Paper is at least this bright (of 255), so that ratios stay finite.
const DARKEST_PAPER: f32 = 8.0;
/// Paper is estimated from at least this share of its surroundings.
const MIN_SHARE: f32 = 0.05;
/// Squares in which strokes are told from lines: some 20 mm, so that strokes are a small part.
const STROKE_BLOCK_PX: usize = 96;
/// Share of a square that is darker than its strong lines: strokes.
const STROKE_SHARE: f32 = 0.06;
/// Strokes are this many times as dark as strong lines, and at least that dark.
const STROKE_FACTOR: f32 = 1.4;
const MIN_STROKE_DARKNESS: f32 = 0.2;

/// One value per pixel of a reduced picture: negative where darker than its surroundings.
pub(super) struct Contrast {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
    /// Photo pixels per pixel of this picture, along x and y.
    pub(super) photo_px: [f64; 2],
}

impl Contrast {
    /// Reduces `photo` to at most `side_px` on its longest side and evens out its contrast.
    pub(super) fn of(photo: &RgbImage, side_px: u32) -> Self {
        let shrink =
            (f64::from(photo.width().max(photo.height())) / f64::from(side_px.max(1))).max(1.0);
        let width = ((f64::from(photo.width()) / shrink) as usize).max(1);
        let height = ((f64::from(photo.height()) / shrink) as usize).max(1);
        let grey = reduced_darkest_channel(photo, width, height);
        let first: Vec<f32> = grey
            .iter()
            .zip(local_mean(&grey, width, height, PAPER_REACH_PX))
            .map(|(grey, paper)| grey / paper.max(DARKEST_PAPER) - 1.0)
            .collect();
        // Strokes are no lines: where they run nothing shows, and the paper beside them is as
        // bright as elsewhere.
        let bare = without_strokes(&first, width, height);
        let masked =
            |values: &[f32]| -> Vec<f32> { values.iter().zip(&bare).map(|(a, b)| a * b).collect() };
        let share = local_mean(&bare, width, height, PAPER_REACH_PX);
        let paper = local_mean(&masked(&grey), width, height, PAPER_REACH_PX);
        let mut values: Vec<f32> = (0..grey.len())
            .map(|i| {
                let paper = (paper[i] / share[i].max(MIN_SHARE)).max(DARKEST_PAPER);
                bare[i] * (grey[i] / paper - 1.0)
            })
            .collect();
        let magnitude: Vec<f32> = values.iter().map(|value| value.abs()).collect();
        let typical = local_mean(&magnitude, width, height, CONTRAST_REACH_PX);
        for (value, typical) in values.iter_mut().zip(typical) {
            *value = (*value / (typical + CONTRAST_FLOOR)).clamp(DARKEST, BRIGHTEST);
        }
        let photo_px = [
            f64::from(photo.width()) / width as f64,
            f64::from(photo.height()) / height as f64,
        ];
        Self {
            width,
            height,
            values,
            photo_px,
        }
    }

    /// Pixels of this picture → photo pixels; centres are at whole numbers on both sides.
    pub(super) fn photo_from_picture(&self) -> Homography {
        let [across, down] = self.photo_px;
        let shift = |scale: f64| scale / 2.0 - 0.5;
        Homography([
            across,
            0.0,
            shift(across),
            0.0,
            down,
            shift(down),
            0.0,
            0.0,
            1.0,
        ])
    }

    /// The value between pixels (bilinear), 0 outside. Pixel centres are at whole numbers.
    pub(super) fn at(&self, x: f64, y: f64) -> f32 {
        if !(x >= 0.0 && y >= 0.0 && x < (self.width - 1) as f64 && y < (self.height - 1) as f64) {
            return 0.0;
        }
        let (left, top) = (x as usize, y as usize);
        let (right_share, bottom_share) = ((x - left as f64) as f32, (y - top as f64) as f32);
        let upper = &self.values[top * self.width + left..][..2];
        let lower = &self.values[(top + 1) * self.width + left..][..2];
        let upper = upper[0] + (upper[1] - upper[0]) * right_share;
        let lower = lower[0] + (lower[1] - lower[0]) * right_share;
        upper + (lower - upper) * bottom_share
    }
}

/// 0 on strokes (trace, text) and beside them, 1 elsewhere, for contrasts of −1 … 0 … .
fn without_strokes(contrast: &[f32], width: usize, height: usize) -> Vec<f32> {
    const BINS: usize = 64;
    let mut bare = vec![1.0f32; contrast.len()];
    for top in (0..height).step_by(STROKE_BLOCK_PX) {
        let bottom = (top + STROKE_BLOCK_PX).min(height);
        for left in (0..width).step_by(STROKE_BLOCK_PX) {
            let right = (left + STROKE_BLOCK_PX).min(width);
            let mut histogram = [0usize; BINS];
            for y in top..bottom {
                for value in &contrast[y * width + left..y * width + right] {
                    histogram[((-value).clamp(0.0, 0.999) * BINS as f32) as usize] += 1;
                }
            }
            let mut darker = (bottom - top) * (right - left);
            let most = (STROKE_SHARE * darker as f32) as usize;
            let line = histogram
                .iter()
                .position(|count| {
                    darker -= count;
                    darker <= most
                })
                .unwrap_or(BINS - 1);
            let line = (line as f32 + 0.5) / BINS as f32;
            let limit = -(STROKE_FACTOR * line).max(MIN_STROKE_DARKNESS);
            for y in top..bottom {
                for x in left..right {
                    if contrast[y * width + x] < limit {
                        // One pixel more on every side, where the stroke's edge is.
                        for near in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                            let ends = x.saturating_sub(1)..=(x + 1).min(width - 1);
                            bare[near * width..][ends].fill(0.0);
                        }
                    }
                }
            }
        }
    }
    bare
}

/// The darkest of red, green and blue (0–255), each averaged over exactly the area it replaces.
///
/// Source pixels that two areas share are split between them: whole pixels would make areas of
/// unequal size, and fine grids would beat with them.
fn reduced_darkest_channel(photo: &RgbImage, width: usize, height: usize) -> Vec<f32> {
    let (full_width, full_height) = (photo.width() as usize, photo.height() as usize);
    let columns = shares(full_width, width);
    let mut grey = Vec::with_capacity(width * height);
    // One more column and row than needed take the empty remainders at the far edge.
    let mut line = vec![[0.0f32; 3]; width + 1];
    let mut sums = vec![[0.0f32; 3]; width];
    let mut next_sums = sums.clone();
    let area = (full_width * full_height) as f32 / (width * height) as f32;
    let mut current = 0;
    for (row, (y, share)) in photo
        .as_raw()
        .chunks_exact(full_width * 3)
        .zip(shares(full_height, height))
    {
        if y > current {
            grey.extend(sums.iter().map(|sum| sum[0].min(sum[1]).min(sum[2]) / area));
            std::mem::swap(&mut sums, &mut next_sums);
            next_sums.fill([0.0; 3]);
            current = y;
        }
        line.fill([0.0; 3]);
        for (pixel, &(x, share)) in row.chunks_exact(3).zip(&columns) {
            for channel in 0..3 {
                let value = f32::from(pixel[channel]);
                line[x][channel] += value * share;
                line[x + 1][channel] += value * (1.0 - share);
            }
        }
        for ((sum, next), line) in sums.iter_mut().zip(&mut next_sums).zip(&line) {
            for channel in 0..3 {
                sum[channel] += line[channel] * share;
                next[channel] += line[channel] * (1.0 - share);
            }
        }
    }
    grey.extend(sums.iter().map(|sum| sum[0].min(sum[1]).min(sum[2]) / area));
    grey
}

/// For each of `full` pixels: the reduced pixel it begins in, and how much of it lies there.
fn shares(full: usize, reduced: usize) -> Vec<(usize, f32)> {
    (0..full)
        .map(|i| {
            let target = i * reduced / full;
            // The border to the next reduced pixel, in units of a full pixel.
            let border = ((target + 1) * full) as f64 / reduced as f64;
            (target, (border - i as f64).min(1.0) as f32)
        })
        .collect()
}

/// Mean over the square of `reach` around every value (less at the edges), by running sums.
pub(super) fn local_mean(values: &[f32], width: usize, height: usize, reach: usize) -> Vec<f32> {
    let mut rows = vec![0.0f32; values.len()];
    for (row, out) in values.chunks_exact(width).zip(rows.chunks_exact_mut(width)) {
        let mut sum: f32 = row[..reach.min(width)].iter().sum();
        for x in 0..width {
            if x + reach < width {
                sum += row[x + reach];
            }
            if x > reach {
                sum -= row[x - reach - 1];
            }
            out[x] = sum / ((x + reach + 1).min(width) - x.saturating_sub(reach)) as f32;
        }
    }
    let mut means = vec![0.0f32; values.len()];
    let mut sums = vec![0.0f32; width];
    let add = |sums: &mut [f32], y: usize, sign: f32| {
        for (sum, value) in sums.iter_mut().zip(&rows[y * width..(y + 1) * width]) {
            *sum += sign * value;
        }
    };
    for y in 0..reach.min(height) {
        add(&mut sums, y, 1.0);
    }
    for y in 0..height {
        if y + reach < height {
            add(&mut sums, y + reach, 1.0);
        }
        if y > reach {
            add(&mut sums, y - reach - 1, -1.0);
        }
        let count = ((y + reach + 1).min(height) - y.saturating_sub(reach)) as f32;
        for (mean, sum) in means[y * width..].iter_mut().zip(&sums) {
            *mean = sum / count;
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn local_mean_by_hand() {
        let means = local_mean(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2, 1);
        assert_eq!(means, [3.0, 3.5, 4.0, 3.0, 3.5, 4.0]);
    }

    #[test]
    fn strokes_are_masked_and_lines_are_not() {
        let (width, height) = (96, 96);
        let contrast: Vec<f32> = (0..width * height)
            .map(|i| match (i % width, i / width) {
                (_, 50) => -0.8,
                (x, y) if x % 20 < 2 || y % 20 < 2 => -0.4,
                _ => 0.02,
            })
            .collect();
        let bare = without_strokes(&contrast, width, height);
        let masked = bare.iter().filter(|&&value| value == 0.0).count();
        assert_eq!(masked, 3 * width);
        assert_eq!(bare[49 * width + 7], 0.0);
    }

    #[test]
    fn pixels_are_split_by_area() {
        // Three pixels become two: the middle one is shared.
        let photo = RgbImage::from_raw(3, 1, vec![30, 40, 50, 60, 60, 60, 90, 80, 70]).unwrap();
        let reduced = reduced_darkest_channel(&photo, 2, 1);
        assert!(
            (reduced[0] - 40.0).abs() < 1e-3 && (reduced[1] - 200.0 / 3.0).abs() < 1e-3,
            "{reduced:?}"
        );
        assert_eq!(shares(4, 2), [(0, 1.0), (0, 1.0), (1, 1.0), (1, 1.0)]);
    }

    #[test]
    fn half_the_light_gives_the_same_contrast() {
        let draw = |light: u32| {
            RgbImage::from_fn(200, 150, |x, y| {
                let line = x % 17 == 0 || y % 17 == 0;
                Rgb([
                    200 * light / 4,
                    if line { 120 } else { 200 } * light / 4,
                    50 * light,
                ]
                .map(|v| v as u8))
            })
        };
        let (bright, dim) = (Contrast::of(&draw(4), 1344), Contrast::of(&draw(2), 1344));
        let apart = bright
            .values
            .iter()
            .zip(&dim.values)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0f32, f32::max);
        assert!(apart < 0.05, "{apart}");
    }
}
