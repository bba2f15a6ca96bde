//! The picture as the grid search sees it: fine dark structure, whatever the light.

use image::RgbImage;

/// Longest side of the picture that the grid is searched in.
const WORK_SIDE_PX: u32 = 1344;
/// Reach of the local mean that stands for the paper.
const PAPER_REACH_PX: usize = 14;
/// Reach over which contrast is evened out.
const CONTRAST_REACH_PX: usize = 24;
/// Contrast below this is noise and is not raised to the level of the rest.
const CONTRAST_FLOOR: f32 = 0.006;
/// Evened contrast is cut here, so that trace, text and the desk's edge weigh no more than lines.
const DARKEST: f32 = -2.0;
const BRIGHTEST: f32 = 1.5;

/// One value per pixel of a reduced picture: negative where darker than its surroundings.
pub(super) struct Contrast {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
    /// Photo pixels per pixel of this picture, along x and y.
    pub(super) photo_px: [f64; 2],
}

impl Contrast {
    /// Reduces `photo` to at most 1344 pixels and evens out its contrast.
    pub(super) fn of(photo: &RgbImage) -> Self {
        let shrink =
            (f64::from(photo.width().max(photo.height())) / f64::from(WORK_SIDE_PX)).max(1.0);
        let width = ((f64::from(photo.width()) / shrink) as usize).max(1);
        let height = ((f64::from(photo.height()) / shrink) as usize).max(1);
        let grey = reduced_darkest_channel(photo, width, height);
        let paper = local_mean(&grey, width, height, PAPER_REACH_PX);
        let mut values: Vec<f32> = grey
            .iter()
            .zip(&paper)
            .map(|(grey, paper)| grey / paper.max(8.0) - 1.0)
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
        let (bright, dim) = (Contrast::of(&draw(4)), Contrast::of(&draw(2)));
        let apart = bright
            .values
            .iter()
            .zip(&dim.values)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0f32, f32::max);
        assert!(apart < 0.05, "{apart}");
    }
}
