//! From light to a stored picture: noise, tone curve, threshold.

use std::sync::OnceLock;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::blur::CHANNELS;
use super::pen::{greater, lesser};
use super::planes::Planes;
use super::residual::Residual;

/// Adds normal noise to a row as [`expose`](super::blur::expose) has them: mostly common to the three channels, a little
/// in each of them. `with_light` of its deviation grows with the brightness.
pub fn add_noise<R: Rng + ?Sized>(rng: &mut R, row: &mut [f32], deviation: f32, with_light: f32) {
    // Rows read one long table of normal variates from random places, which is many times faster
    // than drawing them and looks the same.
    let table = normal_table();
    let mut slice = |count: usize| {
        let from = rng.random_range(0..table.len() - count);
        &table[from..from + count]
    };
    let width = row.len() / CHANNELS;
    let common = slice(width);
    let tints = slice(row.len());
    let (steady, growing) = (deviation * (1.0 - with_light), deviation * with_light);
    // Green decides how much there is, so it is changed last.
    let (red, rest) = row.split_at_mut(width);
    let (green, blue) = rest.split_at_mut(width);
    for (channel, tint) in [(red, &tints[..width]), (blue, &tints[width..2 * width])] {
        let draws = common.iter().zip(tint);
        for ((value, green), (common, tint)) in channel.iter_mut().zip(&*green).zip(draws) {
            *value += (steady + growing * green) * (0.9 * common + 0.4 * tint);
        }
    }
    let draws = common.iter().zip(&tints[2 * width..]);
    for (value, (common, tint)) in green.iter_mut().zip(draws) {
        *value += (steady + growing * *value) * (0.9 * common + 0.4 * tint);
    }
}

/// White balance, tone curve and photocopying of a [`Residual`], ready for use.
pub struct Development {
    curves: [Vec<u8>; CHANNELS],
    grey: bool,
    /// Whether all curves are straight, so that there is nothing to look up.
    straight: bool,
}

impl Development {
    /// Prepares the curves.
    pub fn new(residual: &Residual) -> Self {
        let straight = residual.photocopy.is_none()
            && (residual.gamma, residual.contrast) == (1.0, 1.0)
            && residual.white == [1.0; CHANNELS];
        Self {
            curves: residual.white.map(|gain| tone_curve(gain, residual)),
            grey: residual.photocopy.is_some(),
            straight,
        }
    }

    /// Applies them to a row as [`expose`](super::blur::expose) has them, which is spoilt, and rounds to bytes.
    pub fn develop(&self, row: &mut [f32], targets: [&mut [u8]; CHANNELS]) {
        let width = row.len() / CHANNELS;
        if self.straight {
            for (bytes, values) in targets.into_iter().zip(row.chunks_exact(width)) {
                for (byte, value) in bytes.iter_mut().zip(values) {
                    *byte = nearest(255.0 * value, 255.0) as u8;
                }
            }
            return;
        }
        if self.grey {
            let (red, rest) = row.split_at_mut(width);
            let (green, blue) = rest.split_at(width);
            for ((value, green), blue) in red.iter_mut().zip(green).zip(blue) {
                *value = 0.299 * *value + 0.587 * green + 0.114 * blue;
            }
            let [red_bytes, green_bytes, blue_bytes] = targets;
            look_up(&self.curves[0], red, red_bytes);
            green_bytes.copy_from_slice(red_bytes);
            blue_bytes.copy_from_slice(red_bytes);
            return;
        }
        let channels = targets.into_iter().zip(row.chunks_exact(width));
        for ((bytes, values), curve) in channels.zip(&self.curves) {
            look_up(curve, values, bytes);
        }
    }
}

/// The nearest whole number within 0 and `most`, which is below 2²³; 0 for what is no number.
#[inline(always)]
fn nearest(value: f32, most: f32) -> u32 {
    // From 2²³ on single precision counts in ones, and the mantissa is the number.
    (lesser(greater(value, 0.0), most) + 8_388_608.0).to_bits() & 0x7f_ffff
}

fn look_up(curve: &[u8], values: &[f32], bytes: &mut [u8]) {
    const BLOCK: usize = 64;
    let last = (curve.len() - 1) as f32;
    let mut places = [0; BLOCK];
    for (values, bytes) in values.chunks(BLOCK).zip(bytes.chunks_mut(BLOCK)) {
        for (place, value) in places.iter_mut().zip(values) {
            *place = nearest(value * CURVE_STEPS_PER_UNIT, last);
        }
        for (byte, place) in bytes.iter_mut().zip(&places) {
            *byte = curve[*place as usize];
        }
    }
}

/// Makes a picture black and white at the level that separates its greys best (Otsu 1979: the
/// largest variance between the two classes).
pub fn threshold(picture: &mut Planes) {
    let mut counts = [0_u32; 256];
    let [red, green, blue] = picture.channels_mut();
    for value in &*green {
        counts[usize::from(*value)] += 1;
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
    for value in &mut *green {
        *value = if usize::from(*value) > level { 255 } else { 0 };
    }
    red.copy_from_slice(green);
    blue.copy_from_slice(green);
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

    #[test]
    fn noise_has_its_deviation() {
        let mut row = vec![0.5; 3 * 20_000];
        add_noise(&mut ChaCha8Rng::seed_from_u64(4), &mut row, 0.03, 0.0);
        let sum: f32 = row.iter().map(|v| (v - 0.5).powi(2)).sum();
        let deviation = (sum / row.len() as f32).sqrt();
        assert!((deviation - 0.0295).abs() < 0.001, "{deviation}");
    }

    #[test]
    fn developing_rounds_to_bytes_and_follows_the_curve() {
        let [mut red, mut green, mut blue] = [[0; 2]; 3];
        let mut row = [0.0, 1.0, 0.5, -0.1, 1.0, 2.5];
        let targets = [&mut red[..], &mut green, &mut blue];
        Development::new(&Residual::none()).develop(&mut row, targets);
        assert_eq!((red, green, blue), ([0, 255], [128, 0], [255, 255]));

        // √0.8 of 255 are 228, and what is no number is black.
        let dim = Residual {
            gamma: 0.5,
            white: [0.8; 3],
            ..Residual::none()
        };
        let mut row = [1.0, f32::NAN, 0.0, 1.0, -3.0, 9.0];
        let targets = [&mut red[..], &mut green, &mut blue];
        Development::new(&dim).develop(&mut row, targets);
        assert_eq!((red, green, blue), ([228, 0], [0, 228], [0, 255]));
    }

    #[test]
    fn thresholding_parts_ink_from_paper() {
        let mut picture = Planes::new((20, 10));
        for y in 0..10 {
            for row in picture.rows_mut(y) {
                row.fill(200 + y as u8);
                row[7] = 60;
            }
        }
        threshold(&mut picture);
        for plane in picture.channels_mut() {
            let black = |k: usize| if k % 20 == 7 { 0 } else { 255 };
            assert!(
                plane
                    .iter()
                    .enumerate()
                    .all(|(k, value)| *value == black(k))
            );
        }
    }
}
