//! How a drawn thing becomes a picture: scanned, grabbed or photographed.

use image::{Rgb, RgbImage};

use super::Dice;
use super::pen::{Colour, between, chance, log_between};
use crate::render::chance::normal;

/// What kind of thing is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// A sheet of paper: scanned, or photographed on a desk.
    Sheet,
    /// A screen: grabbed or photographed.
    Screen,
    /// A view that fills the picture.
    View,
}

/// Seen through a scanner, a screen grab or a camera; the size stays.
pub(super) fn shoot(flat: RgbImage, setting: Setting, dice: &mut Dice) -> RgbImage {
    let by_camera = chance(
        dice,
        if setting == Setting::Screen {
            0.4
        } else {
            0.65
        },
    );
    let mut picture = if by_camera {
        through_lens(&flat, setting, dice)
    } else if chance(dice, 0.3) {
        turned(&flat, dice)
    } else {
        flat
    };
    if by_camera {
        light(&mut picture, dice);
        if chance(dice, 0.6) {
            let deviation = log_between(dice, 0.4, 0.0016 * picture.width() as f32);
            picture = image::imageops::fast_blur(&picture, deviation);
        }
        grain(&mut picture, dice);
    }
    if by_camera || chance(dice, 0.5) {
        let quality = between(dice, 35.0, 96.0) as u8;
        picture = crate::render::through_jpeg(&picture, quality);
    }
    picture
}

/// A slightly crooked scan.
fn turned(flat: &RgbImage, dice: &mut Dice) -> RgbImage {
    let angle = normal(dice, 0.0, 0.02);
    let (width, height) = (flat.width() as f32, flat.height() as f32);
    let (sin, cos) = angle.sin_cos();
    drawn_from(flat, [245; 3], |x, y| {
        let (x, y) = (x - width / 2.0, y - height / 2.0);
        [
            x * cos - y * sin + width / 2.0,
            x * sin + y * cos + height / 2.0,
        ]
    })
}

/// A tilted, rolled view of the plane, smaller than the picture if it is a sheet on a desk.
fn through_lens(flat: &RgbImage, setting: Setting, dice: &mut Dice) -> RgbImage {
    let (width, height) = (flat.width() as f32, flat.height() as f32);
    let fill = match setting {
        Setting::View => between(dice, 1.05, 1.6),
        _ => between(dice, 0.6, 1.4),
    };
    let roll = normal(dice, 0.0, 0.12);
    // Perspective: depth grows along a random direction.
    let (tilt, direction) = (
        between(dice, 0.0, 0.5),
        between(dice, 0.0, std::f32::consts::TAU),
    );
    let (slope_x, slope_y) = (tilt * direction.cos(), tilt * direction.sin());
    let (sin, cos) = roll.sin_cos();
    let half = 0.5 * width.max(height);
    let desk = desk_colour(dice);
    drawn_from(flat, desk, |x, y| {
        let (x, y) = ((x - width / 2.0) / half, (y - height / 2.0) / half);
        let depth = (1.0 - slope_x * x - slope_y * y).max(0.2);
        let (x, y) = (x / depth / fill, y / depth / fill);
        [
            half * (x * cos - y * sin) + width / 2.0,
            half * (x * sin + y * cos) + height / 2.0,
        ]
    })
}

/// Wood, stone or cloth; seldom a strong colour.
fn desk_colour(dice: &mut Dice) -> Colour {
    let grey = between(dice, 25.0, 200.0);
    let warm = between(dice, -0.1, 0.45);
    let strong = if chance(dice, 0.15) { 60.0 } else { 8.0 };
    [1.0 + 0.4 * warm, 1.0, 1.0 - 0.8 * warm].map(|share| {
        let value = grey * share + strong * between(dice, -1.0, 1.0);
        value.clamp(0.0, 255.0) as u8
    })
}

/// A picture of the same size that takes its pixels from `source`, or from the desk beside it.
fn drawn_from(flat: &RgbImage, desk: Colour, source: impl Fn(f32, f32) -> [f32; 2]) -> RgbImage {
    // Four samples a pixel keep lines from breaking where the view shrinks them.
    const OFFSETS: [[f32; 2]; 4] = [[-0.3, -0.1], [0.1, -0.3], [0.3, 0.1], [-0.1, 0.3]];
    RgbImage::from_fn(flat.width(), flat.height(), |x, y| {
        let mut sum = [0.0; 3];
        for [dx, dy] in OFFSETS {
            let [u, v] = source(x as f32 + dx, y as f32 + dy);
            let seen = sample(flat, u, v, desk);
            for (sum, value) in sum.iter_mut().zip(seen) {
                *sum += 0.25 * value;
            }
        }
        Rgb(sum.map(|value| value.round() as u8))
    })
}

fn sample(flat: &RgbImage, x: f32, y: f32, beside: Colour) -> [f32; 3] {
    let (width, height) = (flat.width() as f32, flat.height() as f32);
    if !(0.0..width - 1.0).contains(&x) || !(0.0..height - 1.0).contains(&y) {
        return beside.map(f32::from);
    }
    let (left, top, u, v) = (x as u32, y as u32, x.fract(), y.fract());
    let at = |x, y| flat.get_pixel(x, y).0;
    let (a, b, c, d) = (
        at(left, top),
        at(left + 1, top),
        at(left, top + 1),
        at(left + 1, top + 1),
    );
    [0, 1, 2].map(|k| {
        let upper = f32::from(a[k]) * (1.0 - u) + f32::from(b[k]) * u;
        let lower = f32::from(c[k]) * (1.0 - u) + f32::from(d[k]) * u;
        upper * (1.0 - v) + lower * v
    })
}

/// Light that falls off across the picture, with a tint.
fn light(picture: &mut RgbImage, dice: &mut Dice) {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let [across, down, bow] = [(); 3].map(|()| normal(dice, 0.0, 0.12));
    let gain = [(); 3].map(|()| between(dice, 0.86, 1.05));
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (x, y) = (x as f32 / width - 0.5, y as f32 / height - 0.5);
        let level = 1.0 + across * x + down * y - bow.abs() * (x * x + y * y);
        for (value, gain) in pixel.0.iter_mut().zip(gain) {
            *value = (f32::from(*value) * gain * level).clamp(0.0, 255.0) as u8;
        }
    }
}

/// Noise of the sensor. A table of chances is walked through in strides, which is much faster.
fn grain(picture: &mut RgbImage, dice: &mut Dice) {
    let deviation = log_between(dice, 0.8, 9.0);
    let table: Vec<f32> = (0..4099).map(|_| normal(dice, 0.0, deviation)).collect();
    for row in picture.chunks_exact_mut(4096) {
        let start = between(dice, 0.0, 4099.0) as usize;
        for (k, value) in row.iter_mut().enumerate() {
            let noisy = f32::from(*value) + table[(start + k) % table.len()];
            *value = noisy.round().clamp(0.0, 255.0) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_straight_copy_stays_what_it_was() {
        let flat = RgbImage::from_fn(40, 30, |x, y| Rgb([(5 * x) as u8, (6 * y) as u8, 9]));
        let copy = drawn_from(&flat, [0; 3], |x, y| [x, y]);
        for (x, y) in [(5, 5), (20, 14), (30, 20)] {
            assert_eq!(copy.get_pixel(x, y), flat.get_pixel(x, y));
        }
    }

    #[test]
    fn noise_keeps_the_mean() {
        let mut picture = RgbImage::from_pixel(128, 128, Rgb([120; 3]));
        grain(&mut picture, &mut Dice::seed_from_u64(2));
        let mean =
            picture.iter().map(|&value| f64::from(value)).sum::<f64>() / picture.len() as f64;
        assert!((mean - 120.0).abs() < 1.0, "{mean}");
    }
}
