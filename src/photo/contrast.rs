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
        let shrink = (f64::from(photo.width().max(photo.height())) / f64::from(WORK_SIDE_PX)).max(1.0);
        let width = ((f64::from(photo.width()) / shrink) as usize).max(1);
        let height = ((f64::from(photo.height()) / shrink) as usize).max(1);
        let grey = reduced_darkest_channel(photo, width, height);
        let paper = local_mean(&grey, width, height, PAPER_REACH_PX);
        let mut values: Vec<f32> = grey.iter().zip(&paper).map(|(grey, paper)| grey / paper.max(8.0) - 1.0).collect();
        let magnitude: Vec<f32> = values.iter().map(|value| value.abs()).collect();
        let typical = local_mean(&magnitude, width, height, CONTRAST_REACH_PX);
        for (value, typical) in values.iter_mut().zip(typical) {
            *value = (*value / (typical + CONTRAST_FLOOR)).clamp(DARKEST, BRIGHTEST);
        }
        let photo_px = [f64::from(photo.width()) / width as f64, f64::from(photo.height()) / height as f64];
        Self { width, height, values, photo_px }
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

/// The darkest of red, green and blue (0–255), each averaged over the pixels it replaces.
fn reduced_darkest_channel(photo: &RgbImage, width: usize, height: usize) -> Vec<f32> {
    let (full_width, full_height) = (photo.width() as usize, photo.height() as usize);
    let raw = photo.as_raw();
    let mut grey = Vec::with_capacity(width * height);
    let mut sums = vec![[0u32; 3]; width];
    let columns: Vec<usize> = (0..=width).map(|x| x * full_width / width).collect();
    for y in 0..height {
        let (top, bottom) = (y * full_height / height, (y + 1) * full_height / height);
        sums.fill([0; 3]);
        for row in top..bottom {
            let row = &raw[row * full_width * 3..(row + 1) * full_width * 3];
            for (sum, edges) in sums.iter_mut().zip(columns.windows(2)) {
                for pixel in row[edges[0] * 3..edges[1] * 3].chunks_exact(3) {
                    for (sum, &value) in sum.iter_mut().zip(pixel) {
                        *sum += u32::from(value);
                    }
                }
            }
        }
        grey.extend(sums.iter().zip(columns.windows(2)).map(|(sum, edges)| {
            let count = (bottom - top) * (edges[1] - edges[0]);
            let darkest = sum[0].min(sum[1]).min(sum[2]);
            darkest as f32 / count as f32
        }));
    }
    grey
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
    fn half_the_light_gives_the_same_contrast() {
        let draw = |light: u32| {
            RgbImage::from_fn(200, 150, |x, y| {
                let line = x % 17 == 0 || y % 17 == 0;
                Rgb([200 * light / 4, if line { 120 } else { 200 } * light / 4, 50 * light].map(|v| v as u8))
            })
        };
        let (bright, dim) = (Contrast::of(&draw(4)), Contrast::of(&draw(2)));
        let apart = bright.values.iter().zip(&dim.values).map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max);
        assert!(apart < 0.05, "{apart}");
    }
}
