//! Resampling a photo onto paper coordinates.

use image::{Rgb, RgbImage};

/// Most samples per output pixel and axis: beyond, the photo is so fine that gaps don't matter.
const MAX_SAMPLES: usize = 4;

/// Draws `width` × `height` pixels; `to_photo` says where in the photo an output position lies
/// (pixel centres at whole numbers on both sides). Each output pixel is the mean of as many
/// bilinear samples as the photo has pixels under it. Beyond the photo there is `beyond`.
pub(super) fn resample(
    photo: &RgbImage,
    width: usize,
    height: usize,
    beyond: Rgb<u8>,
    to_photo: impl Fn(f64, f64) -> (f64, f64),
) -> RgbImage {
    let corner_row = |y: usize| -> Vec<[f32; 2]> {
        (0..=width)
            .map(|x| {
                let (u, v) = to_photo(x as f64 - 0.5, y as f64 - 0.5);
                [u as f32, v as f32]
            })
            .collect()
    };
    let mut pixels = Vec::with_capacity(width * height * 3);
    let mut upper = corner_row(0);
    for y in 0..height {
        let lower = corner_row(y + 1);
        for x in 0..width {
            let corners = [upper[x], upper[x + 1], lower[x], lower[x + 1]];
            pixels.extend(mean_colour(photo, corners, beyond));
        }
        upper = lower;
    }
    RgbImage::from_raw(width as u32, height as u32, pixels).unwrap_or_default()
}

/// The mean over the quadrilateral [upper left, upper right, lower left, lower right].
fn mean_colour(photo: &RgbImage, [a, b, c, d]: [[f32; 2]; 4], beyond: Rgb<u8>) -> [u8; 3] {
    let side = |p: [f32; 2], q: [f32; 2]| (p[0] - q[0]).hypot(p[1] - q[1]);
    let longest = side(a, b).max(side(a, c)).max(side(d, b)).max(side(d, c));
    // A photo pixel more or less at the rim of the square makes no difference: hence rounding.
    let samples = if longest.is_finite() {
        (longest.round() as usize).clamp(1, MAX_SAMPLES)
    } else {
        1
    };
    let mut sum = [0.0f32; 3];
    for j in 0..samples {
        let t = (j as f32 + 0.5) / samples as f32;
        for i in 0..samples {
            let s = (i as f32 + 0.5) / samples as f32;
            let mix = |k: usize| {
                let upper = a[k] + (b[k] - a[k]) * s;
                let lower = c[k] + (d[k] - c[k]) * s;
                upper + (lower - upper) * t
            };
            add_sample(&mut sum, photo, mix(0), mix(1), beyond);
        }
    }
    let count = (samples * samples) as f32;
    sum.map(|value| (value / count + 0.5) as u8)
}

fn add_sample(sum: &mut [f32; 3], photo: &RgbImage, x: f32, y: f32, beyond: Rgb<u8>) {
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    let inside = x >= -0.5 && y >= -0.5 && x <= width as f32 - 0.5 && y <= height as f32 - 0.5;
    if !inside {
        for (sum, value) in sum.iter_mut().zip(beyond.0) {
            *sum += f32::from(value);
        }
        return;
    }
    let (x, y) = (
        x.clamp(0.0, (width - 1) as f32),
        y.clamp(0.0, (height - 1) as f32),
    );
    let (left, top) = (
        (x as usize).min(width.saturating_sub(2)),
        (y as usize).min(height.saturating_sub(2)),
    );
    let (x_share, y_share) = (x - left as f32, y - top as f32);
    let right = if left + 1 < width { 3 } else { 0 };
    let below = if top + 1 < height { 3 * width } else { 0 };
    let first = (top * width + left) * 3;
    let raw = photo.as_raw();
    for (k, sum) in sum.iter_mut().enumerate() {
        let at = |offset: usize| f32::from(raw[first + offset + k]);
        let upper = at(0) + (at(right) - at(0)) * x_share;
        let lower = at(below) + (at(below + right) - at(below)) * x_share;
        *sum += upper + (lower - upper) * y_share;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkered() -> RgbImage {
        RgbImage::from_fn(40, 30, |x, y| {
            if (x + y) % 2 == 0 {
                Rgb([200, 100, 0])
            } else {
                Rgb([100, 200, 0])
            }
        })
    }

    #[test]
    fn the_identity_copies() {
        let photo = checkered();
        assert_eq!(resample(&photo, 40, 30, Rgb([9; 3]), |x, y| (x, y)), photo);
    }

    #[test]
    fn shrinking_averages_and_beyond_is_filled() {
        let photo = checkered();
        let half = resample(&photo, 25, 15, Rgb([9; 3]), |x, y| {
            (2.0 * x + 0.5, 2.0 * y + 0.5)
        });
        assert_eq!(half.get_pixel(5, 5).0, [150, 150, 0]);
        assert_eq!(half.get_pixel(22, 5).0, [9; 3]);
    }

    #[test]
    fn one_pixel_and_wild_positions_do_no_harm() {
        let dot = RgbImage::from_pixel(1, 1, Rgb([7; 3]));
        let out = resample(&dot, 2, 2, Rgb([9; 3]), |x, _| (x / 0.0, f64::NAN));
        assert_eq!(out.get_pixel(0, 0).0, [9; 3]);
        assert_eq!(
            resample(&dot, 1, 1, Rgb([9; 3]), |_, _| (0.0, 0.0))
                .get_pixel(0, 0)
                .0,
            [7; 3]
        );
    }
}
