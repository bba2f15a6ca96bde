//! From light to bytes: white balance, tone curve, noise, denoiser, sharpening.

use image::RgbImage;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::linear_image::LinearImage;
use super::shot::Sensor;

/// Linear light of a displayed value 0–1 (IEC 61966-2-1).
pub fn to_linear(displayed: f32) -> f32 {
    if displayed <= 0.04045 {
        displayed / 12.92
    } else {
        ((displayed + 0.055) / 1.055).powf(2.4)
    }
}

fn to_displayed(linear: f32) -> f32 {
    if linear <= 0.003_130_8 {
        12.92 * linear
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    }
}

/// Develops a picture. Equal `rng` states give equal pictures.
pub fn develop<R: Rng + ?Sized>(mut light: LinearImage, sensor: &Sensor, rng: &mut R) -> RgbImage {
    apply_tone(&mut light, sensor);
    if sensor.noise > 0.0 {
        add_noise(&mut light, sensor, rng);
    }
    if sensor.sharpening > 0.0 {
        sharpen(&mut light, sensor.sharpening);
    }
    let mut picture = RgbImage::new(light.width as u32, light.height as u32);
    for (byte, value) in picture.iter_mut().zip(&light.values) {
        *byte = (255.0 * value.clamp(0.0, 1.0) + 0.5) as u8;
    }
    picture
}

/// Displayed value for light from 0 to 2 in steps; more light than that is clipped.
const CURVE_STEPS_PER_UNIT: f32 = 4096.0;
const MIDDLE_GREY: f32 = 0.6;

fn apply_tone(picture: &mut LinearImage, sensor: &Sensor) {
    let curves = sensor.white.map(|gain| -> Vec<f32> {
        (0..=(2.0 * CURVE_STEPS_PER_UNIT) as usize)
            .map(|step| {
                let seen = to_displayed(gain * step as f32 / CURVE_STEPS_PER_UNIT);
                let toned = seen.clamp(0.0, 1.0).powf(sensor.gamma);
                ((toned - MIDDLE_GREY) * sensor.contrast + MIDDLE_GREY).clamp(0.0, 1.0)
            })
            .collect()
    });
    for pixel in picture.values.as_chunks_mut::<3>().0 {
        for (value, curve) in pixel.iter_mut().zip(&curves) {
            let place = (value.max(0.0) * CURVE_STEPS_PER_UNIT) as usize;
            *value = curve[place.min(curve.len() - 1)];
        }
    }
}

/// Side of the tile that noise is read from.
const TILE: usize = 256;
/// Side of the blocks that start at random places of the tile.
const BLOCK: usize = 96;

/// Adds noise that is stronger in the dark, mostly common to the channels.
fn add_noise<R: Rng + ?Sized>(picture: &mut LinearImage, sensor: &Sensor, rng: &mut R) {
    let tile = noise_tile(sensor.noise_grain_px, rng);
    let (width, height) = (picture.width, picture.height);
    for top in (0..height).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            let (x0, y0) = (rng.random_range(0..TILE), rng.random_range(0..TILE));
            for y in top..(top + BLOCK).min(height) {
                let right = (left + BLOCK).min(width);
                let row = &mut picture.values[(y * width + left) * 3..(y * width + right) * 3];
                let line = (y0 + y - top) % TILE * TILE;
                for (k, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                    let grain = tile[line + (x0 + k) % TILE];
                    // Shot noise after the tone curve, with the sensor's own noise in the dark.
                    let deviation = sensor.noise * (1.35 - 0.7 * pixel[1]);
                    for (value, noise) in pixel.iter_mut().zip(grain) {
                        *value += deviation * noise;
                    }
                }
            }
        }
    }
}

/// A tile of normal noise with unit deviation that continues across its edges.
fn noise_tile<R: Rng + ?Sized>(grain_px: f32, rng: &mut R) -> Vec<[f32; 3]> {
    let white: Vec<[f32; 3]> = (0..TILE * TILE)
        .map(|_| {
            let common: f32 = rng.sample(StandardNormal);
            [(); 3].map(|()| 0.9 * common + 0.43 * rng.sample::<f32, _>(StandardNormal))
        })
        .collect();
    if grain_px < 0.3 {
        return white;
    }
    let reach = (2.0 * grain_px).ceil() as isize;
    let weights: Vec<f32> = (-reach..=reach)
        .map(|k| (-0.5 * (k as f32 / grain_px).powi(2)).exp())
        .collect();
    // Unit deviation needs unit sum of squares, not unit sum.
    let norm = weights.iter().map(|w| w * w).sum::<f32>().sqrt();
    let blur = |source: &[[f32; 3]], step: usize| -> Vec<[f32; 3]> {
        (0..TILE * TILE)
            .map(|index| {
                let along = index / step % TILE;
                let base = index - along * step;
                let mut sum = [0.0; 3];
                for (k, weight) in (-reach..=reach).zip(&weights) {
                    let place = (along as isize + k).rem_euclid(TILE as isize) as usize;
                    for (total, value) in sum.iter_mut().zip(source[base + place * step]) {
                        *total += weight / norm * value;
                    }
                }
                sum
            })
            .collect()
    };
    let rows = blur(&white, 1);
    blur(&rows, TILE)
}

/// Unsharp mask on brightness, with the clipped halo of phone cameras.
fn sharpen(picture: &mut LinearImage, strength: f32) {
    const WEIGHTS: [f32; 5] = [0.0625, 0.25, 0.375, 0.25, 0.0625];
    const HALO_LIMIT: f32 = 0.16;
    let (width, height) = (picture.width, picture.height);
    let pixels = picture.values.as_chunks::<3>().0;
    let luma: Vec<f32> = pixels
        .iter()
        .map(|[red, green, blue]| 0.299 * red + 0.587 * green + 0.114 * blue)
        .collect();
    let mut column_sums = vec![0.0; width + 4];
    for y in 0..height {
        let inner = &mut column_sums[2..width + 2];
        inner.fill(0.0);
        for (k, weight) in WEIGHTS.iter().enumerate() {
            let from = (y + k).saturating_sub(2).min(height - 1) * width;
            for (sum, value) in inner.iter_mut().zip(&luma[from..from + width]) {
                *sum += weight * value;
            }
        }
        let (first, last) = (column_sums[2], column_sums[width + 1]);
        column_sums[..2].fill(first);
        column_sums[width + 2..].fill(last);
        let row = &mut picture.values[y * width * 3..(y + 1) * width * 3];
        for (x, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let around: f32 = (0..5).map(|k| WEIGHTS[k] * column_sums[x + k]).sum();
            let halo = strength * (luma[y * width + x] - around);
            let halo = halo.clamp(-HALO_LIMIT, HALO_LIMIT);
            pixel.iter_mut().for_each(|value| *value += halo);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::CameraShot;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn even(level: f32) -> LinearImage {
        let mut picture = LinearImage::new(300, 200);
        picture.values.fill(level);
        picture
    }

    #[test]
    fn a_plain_sensor_gives_back_the_displayed_value() {
        let sensor = CameraShot::plain(10, 10).sensor;
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let picture = develop(even(to_linear(0.5)), &sensor, &mut rng);
        assert!((127..=128).contains(&picture.get_pixel(5, 5).0[0]));
    }

    #[test]
    fn noise_has_its_deviation_with_and_without_grain() {
        for noise_grain_px in [0.0, 1.2] {
            let sensor = Sensor {
                noise: 0.03,
                noise_grain_px,
                ..CameraShot::plain(10, 10).sensor
            };
            let mut picture = even(0.5);
            add_noise(&mut picture, &sensor, &mut ChaCha8Rng::seed_from_u64(1));
            let count = picture.values.len() as f32;
            let variance = picture
                .values
                .iter()
                .map(|v| (v - 0.5).powi(2))
                .sum::<f32>()
                / count;
            assert!(
                (variance.sqrt() / 0.03 - 1.0).abs() < 0.1,
                "{}",
                variance.sqrt()
            );
        }
    }

    #[test]
    fn sharpening_leaves_even_areas_and_overshoots_at_edges() {
        let mut picture = even(0.5);
        for pixel in picture
            .values
            .as_chunks_mut::<3>()
            .0
            .iter_mut()
            .step_by(300)
        {
            *pixel = [0.1; 3];
        }
        sharpen(&mut picture, 1.0);
        let pixels = picture.values.as_chunks::<3>().0;
        assert!((pixels[150][0] - 0.5).abs() < 1e-5);
        assert!(pixels[1][0] > 0.52, "{}", pixels[1][0]);
    }
}
