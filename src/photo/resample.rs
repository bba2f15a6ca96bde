//! Resampling a photo onto paper coordinates.

use image::{Rgb, RgbImage};

/// Most samples per output pixel and axis: beyond, the photo is so fine that gaps don't matter.
const MAX_SAMPLES: usize = 4;

/// The map is asked at every so many pixels.
const STEP_PX: usize = 5;

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
    // Positions change so evenly that between every few pixels they lie on straight lines.
    let columns = width.div_ceil(STEP_PX);
    let knots = |y: usize| -> Vec<[f32; 2]> {
        (0..=columns)
            .map(|x| {
                let (u, v) = to_photo((x * STEP_PX) as f64 - 0.5, y as f64 - 0.5);
                [u as f32, v as f32]
            })
            .collect()
    };
    let shares: [f32; STEP_PX] = std::array::from_fn(|k| k as f32 / STEP_PX as f32);
    let mix = |a: [f32; 2], b: [f32; 2], share: f32| {
        [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
    };
    let corner_row = |upper: &[[f32; 2]], lower: &[[f32; 2]], share: f32| -> Vec<[f32; 2]> {
        let knots: Vec<[f32; 2]> = upper
            .iter()
            .zip(lower)
            .map(|(&a, &b)| mix(a, b, share))
            .collect();
        let mut corners: Vec<[f32; 2]> = Vec::with_capacity((columns + 1) * STEP_PX);
        for pair in knots.windows(2) {
            corners.extend(shares.map(|share| mix(pair[0], pair[1], share)));
        }
        // The right end of the last pixel, where the width is a multiple of the step.
        if let [.., before, last] = knots[..] {
            corners.push(mix(before, last, 1.0));
        }
        corners.truncate(width + 1);
        corners
    };
    let source = Source::of(photo, beyond);
    let mut pixels = vec![0; width * height * 3];
    let mut rows = pixels.chunks_exact_mut((width * 3).max(1));
    let mut above = knots(0);
    let mut upper = corner_row(&above, &above, 0.0);
    for top in (0..height).step_by(STEP_PX) {
        let below = knots(top + STEP_PX);
        for (y, row) in (top..(top + STEP_PX).min(height)).zip(&mut rows) {
            let share = (y + 1 - top) as f32 / STEP_PX as f32;
            let lower = corner_row(&above, &below, share);
            let corners = upper.windows(2).zip(lower.windows(2));
            for (pixel, (over, under)) in row.chunks_exact_mut(3).zip(corners) {
                let mean = source.mean_colour([over[0], over[1], under[0], under[1]]);
                pixel.copy_from_slice(&mean);
            }
            upper = lower;
        }
        above = below;
    }
    RgbImage::from_raw(width as u32, height as u32, pixels).unwrap_or_default()
}

/// The photo that is sampled.
struct Source<'a> {
    raw: &'a [u8],
    width: usize,
    height: usize,
    /// Largest positions that have a neighbour to the right and below.
    inner: [f32; 2],
    beyond: [f32; 3],
}

impl<'a> Source<'a> {
    fn of(photo: &'a RgbImage, beyond: Rgb<u8>) -> Self {
        let (width, height) = (photo.width() as usize, photo.height() as usize);
        Self {
            raw: photo.as_raw(),
            width,
            height,
            inner: [width, height].map(|side| side as f32 - 1.001),
            beyond: beyond.0.map(f32::from),
        }
    }

    /// The mean over the quadrilateral [upper left, upper right, lower left, lower right].
    fn mean_colour(&self, [a, b, c, d]: [[f32; 2]; 4]) -> [u8; 3] {
        let side = |p: [f32; 2], q: [f32; 2]| (p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2);
        // Not `max`, which is a call in WebAssembly.
        let longer = |a: f32, b: f32| if b < a { a } else { b };
        let longest = longer(
            longer(side(a, b), side(a, c)),
            longer(side(d, b), side(d, c)),
        );
        // A photo pixel more or less at the rim of the square makes no difference: hence rounding.
        let samples = if longest.is_finite() {
            (longest.sqrt() + 0.5).clamp(1.0, MAX_SAMPLES as f32) as usize
        } else {
            1
        };
        let has_neighbours = |p: [f32; 2]| {
            p[0] >= 0.0 && p[1] >= 0.0 && p[0] < self.inner[0] && p[1] < self.inner[1]
        };
        let inside = [a, b, c, d].into_iter().all(has_neighbours);
        let quadrilateral = [a, b, c, d];
        // By name, so that the loops are unrolled.
        match samples {
            1 => self.mean_of::<1>(quadrilateral, inside),
            2 => self.mean_of::<2>(quadrilateral, inside),
            3 => self.mean_of::<3>(quadrilateral, inside),
            _ => self.mean_of::<MAX_SAMPLES>(quadrilateral, inside),
        }
    }

    /// The mean of `SAMPLES` × `SAMPLES` values; if they are `inside`, all have neighbours.
    #[inline]
    fn mean_of<const SAMPLES: usize>(&self, [a, b, c, d]: [[f32; 2]; 4], inside: bool) -> [u8; 3] {
        let mut sum = [0.0f32; 3];
        let step = 1.0 / SAMPLES as f32;
        for j in 0..SAMPLES {
            let t = (j as f32 + 0.5) * step;
            let from = [a[0] + (c[0] - a[0]) * t, a[1] + (c[1] - a[1]) * t];
            let to = [b[0] + (d[0] - b[0]) * t, b[1] + (d[1] - b[1]) * t];
            for i in 0..SAMPLES {
                let s = (i as f32 + 0.5) * step;
                let (x, y) = (
                    from[0] + (to[0] - from[0]) * s,
                    from[1] + (to[1] - from[1]) * s,
                );
                let colour = if inside {
                    self.between(x as usize, y as usize, x, y)
                } else {
                    self.near_rim(x, y)
                };
                for (sum, value) in sum.iter_mut().zip(colour) {
                    *sum += value;
                }
            }
        }
        sum.map(|value| (value * step * step + 0.5) as u8)
    }

    /// The bilinear value at a point whose upper left pixel has neighbours to the right and below.
    #[inline]
    fn between(&self, left: usize, top: usize, x: f32, y: f32) -> [f32; 3] {
        let (x_share, y_share) = (x - left as f32, y - top as f32);
        let first = (top * self.width + left) * 3;
        let upper = &self.raw[first..first + 6];
        let lower = &self.raw[first + 3 * self.width..first + 3 * self.width + 6];
        std::array::from_fn(|k| {
            let mix = |row: &[u8]| {
                let (near, far) = (f32::from(row[k]), f32::from(row[k + 3]));
                near + (far - near) * x_share
            };
            let (above, below) = (mix(upper), mix(lower));
            above + (below - above) * y_share
        })
    }

    /// The value at a point that may lie on the photo's rim or beyond it.
    #[cold]
    fn near_rim(&self, x: f32, y: f32) -> [f32; 3] {
        let (width, height) = (self.width as f32, self.height as f32);
        // False for positions that are no numbers, too.
        let inside = x >= -0.5 && y >= -0.5 && x <= width - 0.5 && y <= height - 0.5;
        if !inside {
            return self.beyond;
        }
        let (x, y) = (x.clamp(0.0, width - 1.0), y.clamp(0.0, height - 1.0));
        let (left, top) = (x as usize, y as usize);
        if left + 1 < self.width && top + 1 < self.height {
            return self.between(left, top, x, y);
        }
        // The last row and column have no neighbour to mix with, which nobody sees.
        let first = (top * self.width + left) * 3;
        std::array::from_fn(|k| f32::from(self.raw[first + k]))
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
