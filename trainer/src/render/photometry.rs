//! From light to a stored picture: blur, noise, tone curve, JPEG.

use std::sync::OnceLock;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::residual::Residual;

const CHANNELS: usize = 3;

/// A picture in linear steps of brightness, RGB interleaved, nominally 0–1.
pub struct Exposure {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Exposure {
    /// Collects a picture row by row: `fill(y, row)` writes the colours of row `y`.
    pub fn from_rows(
        (width, height): (usize, usize),
        mut fill: impl FnMut(usize, &mut [[f32; CHANNELS]]),
    ) -> Self {
        let mut values = vec![0.0; width * height * CHANNELS];
        for (y, row) in values.chunks_exact_mut(width * CHANNELS).enumerate() {
            fill(y, row.as_chunks_mut().0);
        }
        Self {
            width,
            height,
            values,
        }
    }

    /// Gaussian blur with standard deviations in pixels along x and y; the edges are continued.
    pub fn blur(&mut self, [along_x, along_y]: [f32; 2]) {
        let stride = self.width * CHANNELS;
        if let Some(kernel) = gaussian(along_x) {
            let reach = kernel.len() / 2;
            let pad = reach * CHANNELS;
            let mut padded = vec![0.0; stride + 2 * pad];
            for row in self.values.chunks_exact_mut(stride) {
                padded[pad..pad + stride].copy_from_slice(row);
                for k in 0..pad {
                    padded[k] = row[k % CHANNELS];
                    padded[pad + stride + k] = row[stride - CHANNELS + k % CHANNELS];
                }
                weigh(row, &kernel, |k| {
                    &padded[k * CHANNELS..k * CHANNELS + stride]
                });
            }
        }
        if let Some(kernel) = gaussian(along_y) {
            let reach = kernel.len() / 2;
            let source = self.values.clone();
            for (y, row) in self.values.chunks_exact_mut(stride).enumerate() {
                weigh(row, &kernel, |k| {
                    let from = (y + k).saturating_sub(reach).min(self.height - 1);
                    &source[from * stride..(from + 1) * stride]
                });
            }
        }
    }

    /// Adds normal noise: mostly common to the three channels, a little in each of them.
    pub fn add_noise<R: Rng + ?Sized>(&mut self, rng: &mut R, deviation: f32) {
        // Rows read one long table of normal variates from random places, which is many times
        // faster than drawing them and looks the same.
        let table = normal_table();
        let length = self.width;
        for row in self.values.chunks_exact_mut(self.width * CHANNELS) {
            let mut slice = || {
                let from = rng.random_range(0..table.len() - length);
                &table[from..from + length]
            };
            let (common, tints) = (slice(), [slice(), slice(), slice()]);
            for (x, pixel) in row.as_chunks_mut::<CHANNELS>().0.iter_mut().enumerate() {
                for (channel, tint) in pixel.iter_mut().zip(tints) {
                    *channel += deviation * (0.9 * common[x] + 0.4 * tint[x]);
                }
            }
        }
    }

    /// Applies white balance, tone curve and photocopying, and rounds to bytes.
    pub fn develop(&self, residual: &Residual) -> RgbImage {
        let curves: Vec<Vec<u8>> = residual
            .white
            .iter()
            .map(|gain| tone_curve(*gain, residual))
            .collect();
        let index = |value: f32| (value * CURVE_STEPS_PER_UNIT) as usize;
        let mut picture = RgbImage::new(self.width as u32, self.height as u32);
        let pixels = picture.as_chunks_mut::<CHANNELS>().0;
        for (pixel, source) in pixels.iter_mut().zip(self.values.as_chunks::<CHANNELS>().0) {
            let [red, green, blue] = *source;
            let seen = match residual.photocopy {
                None => *source,
                Some(_) => [0.299 * red + 0.587 * green + 0.114 * blue; CHANNELS],
            };
            for (channel, byte) in pixel.iter_mut().enumerate() {
                let curve = &curves[channel];
                *byte = curve[index(seen[channel]).min(curve.len() - 1)];
            }
        }
        picture
    }
}

/// Encodes as JPEG and decodes again. A picture that can't be encoded stays as it is.
pub fn through_jpeg(picture: RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::with_capacity(picture.len() / 4);
    let encoded = JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&picture);
    match encoded.and_then(|()| image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg)) {
        Ok(decoded) => decoded.into_rgb8(),
        Err(_) => picture,
    }
}

const CURVE_STEPS_PER_UNIT: f32 = 1023.0;

/// The byte for every brightness from 0 to a little above 2, the most that light and gains give.
fn tone_curve(gain: f32, residual: &Residual) -> Vec<u8> {
    const MIDDLE_GREY: f32 = 0.6;
    (0..2200)
        .map(|step| {
            let seen = step as f32 / CURVE_STEPS_PER_UNIT;
            let copied = match residual.photocopy {
                None => seen * gain,
                Some(factor) => (seen - MIDDLE_GREY) * factor + MIDDLE_GREY,
            };
            let toned = copied.clamp(0.0, 1.0).powf(residual.gamma);
            let value = (toned - MIDDLE_GREY) * residual.contrast + MIDDLE_GREY;
            (255.0 * value).round().clamp(0.0, 255.0) as u8
        })
        .collect()
}

/// Weights of a Gaussian, or none where it would change next to nothing.
fn gaussian(deviation_px: f32) -> Option<Vec<f32>> {
    if deviation_px < 0.15 {
        return None;
    }
    let reach = (2.5 * deviation_px).ceil() as i32;
    let weight = |k: i32| (-0.5 * (k as f32 / deviation_px).powi(2)).exp();
    let total: f32 = (-reach..=reach).map(weight).sum();
    Some((-reach..=reach).map(|k| weight(k) / total).collect())
}

fn weigh<'a>(row: &mut [f32], kernel: &[f32], source: impl Fn(usize) -> &'a [f32]) {
    row.fill(0.0);
    for (k, weight) in kernel.iter().enumerate() {
        for (value, from) in row.iter_mut().zip(source(k)) {
            *value += weight * from;
        }
    }
}

fn normal_table() -> &'static [f32] {
    static TABLE: OnceLock<Vec<f32>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let rng = ChaCha8Rng::seed_from_u64(0);
        rng.sample_iter(StandardNormal).take(1 << 17).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot() -> Exposure {
        Exposure::from_rows((31, 21), |y, row| {
            row.fill([0.0; 3]);
            if y == 10 {
                row[15] = [1.0, 0.5, 0.25];
            }
        })
    }

    #[test]
    fn blur_keeps_the_sum_and_spreads_by_its_deviation() {
        let mut picture = spot();
        picture.blur([1.3, 0.8]);
        let red = |x: usize, y: usize| picture.values[(y * 31 + x) * 3];
        let (mut total, mut spread_x, mut spread_y) = (0.0, 0.0, 0.0);
        for y in 0..21 {
            for x in 0..31 {
                total += red(x, y);
                spread_x += red(x, y) * (x as f32 - 15.0).powi(2);
                spread_y += red(x, y) * (y as f32 - 10.0).powi(2);
            }
        }
        assert!((total - 1.0).abs() < 1e-4);
        assert!((spread_x.sqrt() - 1.3).abs() < 0.1 && (spread_y.sqrt() - 0.8).abs() < 0.1);
    }

    #[test]
    fn blur_leaves_an_even_picture_even_up_to_its_edges() {
        let mut picture = Exposure::from_rows((20, 20), |_, row| row.fill([0.7, 0.5, 0.3]));
        picture.blur([1.5, 1.5]);
        assert!(
            picture
                .values
                .as_chunks::<3>()
                .0
                .iter()
                .all(|p| (p[0] - 0.7).abs() < 1e-5)
        );
    }

    #[test]
    fn noise_has_its_deviation() {
        let mut picture = Exposure::from_rows((400, 300), |_, row| row.fill([0.5; 3]));
        picture.add_noise(&mut ChaCha8Rng::seed_from_u64(4), 0.03);
        let count = picture.values.len() as f32;
        let variance = picture
            .values
            .iter()
            .map(|v| (v - 0.5).powi(2))
            .sum::<f32>()
            / count;
        assert!(
            (variance.sqrt() - 0.0295).abs() < 0.001,
            "{}",
            variance.sqrt()
        );
    }

    #[test]
    fn developing_without_errors_rounds_to_bytes() {
        let picture =
            Exposure::from_rows((2, 1), |_, row| row.copy_from_slice(&[[0.0, 0.5, 1.0]; 2]));
        let developed = picture.develop(&Residual::none());
        let [red, green, blue] = developed.get_pixel(0, 0).0;
        assert!(red == 0 && blue == 255 && (127..=128).contains(&green));
    }

    #[test]
    fn jpeg_changes_little_at_high_quality() {
        let picture = RgbImage::from_fn(64, 48, |x, y| {
            image::Rgb([(x * 3) as u8, (y * 4) as u8, 90])
        });
        let through = through_jpeg(picture.clone(), 95);
        let worst = picture
            .iter()
            .zip(through.iter())
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(worst.unwrap() < 25);
        assert_ne!(picture, through_jpeg(picture.clone(), 10));
    }
}
