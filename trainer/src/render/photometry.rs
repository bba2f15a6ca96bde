//! From light to a stored picture: blur, noise, tone curve.

use std::sync::OnceLock;

use image::RgbImage;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::residual::Residual;

/// Red, green, blue.
pub const CHANNELS: usize = 3;

/// Red, green and blue.
pub type Colour = [f32; CHANNELS];

/// Takes a picture row by row from its light to its bytes. `fill(y, row)` writes the colours of row
/// `y` (RGB, nominally 0–1); rows are blurred with a Gaussian of `deviation_px` along x and y, its
/// edges continued, and given to `finish(y, row)`, both from the top to the bottom.
///
/// No more rows are held than the blur spans, so that they stay in the processor's cache.
pub fn expose(
    (width, height): (usize, usize),
    deviation_px: [f32; 2],
    mut fill: impl FnMut(usize, &mut [Colour]),
    mut finish: impl FnMut(usize, &mut [Colour]),
) {
    let [along_x, along_y] = deviation_px.map(gaussian);
    let span = along_y.len();
    let reach = span / 2;
    let mut held = vec![vec![[0.0; CHANNELS]; width]; span];
    let mut blurred = vec![[0.0; CHANNELS]; width];
    let mut padded = Vec::new();
    for y in 0..height + reach {
        if y < height {
            let row = &mut held[y % span];
            fill(y, row);
            blur_row(row, &along_x, &mut padded);
        }
        let Some(middle) = y.checked_sub(reach) else {
            continue;
        };
        if span == 1 {
            finish(middle, &mut held[0]);
            continue;
        }
        let sources: Vec<&[f32]> = (middle..middle + span)
            .map(|k| k.saturating_sub(reach).min(height - 1) % span)
            .map(|k| held[k].as_flattened())
            .collect();
        weigh(blurred.as_flattened_mut(), &along_y, &sources);
        finish(middle, &mut blurred);
    }
}

/// Adds normal noise: mostly common to the three channels, a little in each of them. `with_light`
/// of its deviation grows with the brightness.
pub fn add_noise<R: Rng + ?Sized>(
    rng: &mut R,
    row: &mut [Colour],
    deviation: f32,
    with_light: f32,
) {
    // Rows read one long table of normal variates from random places, which is many times faster
    // than drawing them and looks the same.
    let table = normal_table();
    let mut slice = |count: usize| {
        let from = rng.random_range(0..table.len() - count);
        &table[from..from + count]
    };
    let common = slice(row.len());
    let tints = slice(row.len() * CHANNELS).as_chunks::<CHANNELS>().0;
    for ((pixel, common), tint) in row.iter_mut().zip(common).zip(tints) {
        let share = deviation * (1.0 - with_light + with_light * pixel[1]);
        for (channel, tint) in pixel.iter_mut().zip(tint) {
            *channel += share * (0.9 * common + 0.4 * tint);
        }
    }
}

/// White balance, tone curve and photocopying of a [`Residual`], ready for use.
pub struct Development {
    curves: [Vec<u8>; CHANNELS],
    grey: bool,
}

impl Development {
    /// Prepares the curves.
    pub fn new(residual: &Residual) -> Self {
        Self {
            curves: residual.white.map(|gain| tone_curve(gain, residual)),
            grey: residual.photocopy.is_some(),
        }
    }

    /// Applies them to a row and rounds to bytes.
    pub fn develop(&self, row: &[Colour], bytes: &mut [u8]) {
        let index = |value: f32| (value * CURVE_STEPS_PER_UNIT) as usize;
        for (pixel, source) in bytes.as_chunks_mut::<CHANNELS>().0.iter_mut().zip(row) {
            let seen = if self.grey {
                let [red, green, blue] = *source;
                [0.299 * red + 0.587 * green + 0.114 * blue; CHANNELS]
            } else {
                *source
            };
            for ((byte, value), curve) in pixel.iter_mut().zip(seen).zip(&self.curves) {
                *byte = curve[index(value).min(curve.len() - 1)];
            }
        }
    }
}

/// Makes a picture black and white at the level that separates its greys best (Otsu 1979: the
/// largest variance between the two classes).
pub fn threshold(picture: &mut RgbImage) {
    let mut counts = [0_u32; 256];
    for pixel in picture.pixels() {
        counts[usize::from(pixel.0[1])] += 1;
    }
    let total: f64 = counts.iter().map(|n| f64::from(*n)).sum();
    let weighted = |k: usize| k as f64 * f64::from(counts[k]);
    let sum: f64 = (0..256).map(weighted).sum();
    let (mut below, mut below_sum, mut best, mut level) = (0.0, 0.0, -1.0, 0);
    for (k, count) in counts.iter().enumerate() {
        below += f64::from(*count);
        below_sum += weighted(k);
        let above = total - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let gap = below_sum / below - (sum - below_sum) / above;
        let variance = below * above * gap * gap;
        if variance > best {
            (best, level) = (variance, k);
        }
    }
    for pixel in picture.pixels_mut() {
        let white = usize::from(pixel.0[1]) > level;
        pixel.0 = [if white { 255 } else { 0 }; 3];
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

/// Weights of a Gaussian, an odd number of them; one where it would change next to nothing.
fn gaussian(deviation_px: f32) -> Vec<f32> {
    if deviation_px < 0.15 {
        return vec![1.0];
    }
    let reach = (2.5 * deviation_px).ceil() as i32;
    let weight = |k: i32| (-0.5 * (k as f32 / deviation_px).powi(2)).exp();
    let total: f32 = (-reach..=reach).map(weight).sum();
    (-reach..=reach).map(|k| weight(k) / total).collect()
}

fn blur_row(row: &mut [Colour], kernel: &[f32], padded: &mut Vec<Colour>) {
    let (reach, width) = (kernel.len() / 2, row.len());
    let (Some(first), Some(last)) = (row.first(), row.last()) else {
        return;
    };
    if reach == 0 {
        return;
    }
    padded.clear();
    padded.resize(reach, *first);
    padded.extend_from_slice(row);
    padded.resize(width + 2 * reach, *last);
    let sources: Vec<&[f32]> = (0..kernel.len())
        .map(|k| padded[k..k + width].as_flattened())
        .collect();
    weigh(row.as_flattened_mut(), kernel, &sources);
}

/// The weighted sum of rows, in blocks that fit the processor's registers.
fn weigh(target: &mut [f32], weights: &[f32], sources: &[&[f32]]) {
    const BLOCK: usize = 16;
    let blocks = target.len() / BLOCK * BLOCK;
    let (whole, rest) = target.split_at_mut(blocks);
    for (k, block) in whole.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
        let mut sum = [0.0; BLOCK];
        for (weight, source) in weights.iter().zip(sources) {
            let values = &source[k * BLOCK..(k + 1) * BLOCK];
            for (sum, value) in sum.iter_mut().zip(values) {
                *sum += weight * value;
            }
        }
        *block = sum;
    }
    for (k, value) in rest.iter_mut().enumerate() {
        let terms = weights.iter().zip(sources);
        *value = terms
            .map(|(weight, source)| weight * source[blocks + k])
            .sum();
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

    /// What comes out of `expose` without noise or tone.
    fn exposed(
        (width, height): (usize, usize),
        deviation_px: [f32; 2],
        fill: impl Fn(usize, &mut [Colour]),
    ) -> Vec<Vec<Colour>> {
        let mut rows = Vec::new();
        expose((width, height), deviation_px, &fill, |y, row| {
            assert_eq!((y, row.len()), (rows.len(), width));
            rows.push(row.to_vec());
        });
        assert_eq!(rows.len(), height);
        rows
    }

    #[test]
    fn blur_keeps_the_sum_and_spreads_by_its_deviation() {
        let rows = exposed((31, 21), [1.3, 0.8], |y, row| {
            row.fill([0.0; 3]);
            if y == 10 {
                row[15] = [1.0, 0.5, 0.25];
            }
        });
        let (mut total, mut spread_x, mut spread_y) = (0.0, 0.0, 0.0);
        for (y, row) in rows.iter().enumerate() {
            for (x, [red, _, _]) in row.iter().enumerate() {
                total += red;
                spread_x += red * (x as f32 - 15.0).powi(2);
                spread_y += red * (y as f32 - 10.0).powi(2);
            }
        }
        assert!((total - 1.0).abs() < 1e-4);
        assert!((spread_x.sqrt() - 1.3).abs() < 0.1 && (spread_y.sqrt() - 0.8).abs() < 0.1);
    }

    #[test]
    fn blur_leaves_an_even_picture_even_up_to_its_edges_however_small() {
        for size in [(20, 20), (5, 2), (1, 1)] {
            let rows = exposed(size, [1.5, 1.5], |_, row| row.fill([0.7, 0.5, 0.3]));
            assert!(rows.iter().flatten().all(|p| (p[0] - 0.7).abs() < 1e-5));
        }
    }

    #[test]
    fn without_blur_rows_pass_untouched() {
        let rows = exposed((4, 3), [0.0, 0.0], |y, row| row.fill([y as f32; 3]));
        assert_eq!(rows[2], [[2.0; 3]; 4]);
    }

    #[test]
    fn noise_has_its_deviation() {
        let mut row = vec![[0.5; 3]; 20_000];
        add_noise(&mut ChaCha8Rng::seed_from_u64(4), &mut row, 0.03, 0.0);
        let values = row.as_flattened();
        let sum: f32 = values.iter().map(|v| (v - 0.5).powi(2)).sum();
        let deviation = (sum / values.len() as f32).sqrt();
        assert!((deviation - 0.0295).abs() < 0.001, "{deviation}");
    }

    #[test]
    fn developing_without_errors_rounds_to_bytes() {
        let mut bytes = [0; 6];
        let row = [[0.0, 0.5, 1.0], [1.0, 0.0, 2.5]];
        Development::new(&Residual::none()).develop(&row, &mut bytes);
        assert!(bytes[0] == 0 && bytes[2] == 255 && (127..=128).contains(&bytes[1]));
        assert_eq!(bytes[3..], [255, 0, 255]);
    }

    #[test]
    fn thresholding_parts_ink_from_paper() {
        let mut picture = RgbImage::from_fn(20, 10, |x, y| {
            let grey = if x == 7 { 60 } else { 200 + y as u8 };
            image::Rgb([grey; 3])
        });
        threshold(&mut picture);
        assert!(
            picture
                .enumerate_pixels()
                .all(|(x, _, p)| p.0 == [if x == 7 { 0 } else { 255 }; 3])
        );
    }
}
