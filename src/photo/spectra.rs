//! Local spectra of a picture: which periodic lines run through each part of it.

use std::f32::consts::TAU;
use std::ops::Range;

use rustfft::{FftPlanner, num_complex::Complex};

use super::contrast::Contrast;

/// Side of a tile. It must hold several 5-mm squares and yet be nearly flat on a curled page.
pub(super) const TILE_PX: usize = 128;
/// Distance between neighbouring tiles.
pub(super) const STRIDE_PX: usize = 64;
/// Slow brightness changes dominate below this frequency (cycles per pixel) and are damped.
const DAMPED_BELOW: f32 = 0.05;

/// Magnitude spectrum of one tile, scaled to unit energy: [`TILE_PX`]², zero frequency first.
pub(super) struct Spectrum(Vec<f32>);

/// The spectra of all tiles, in rows.
pub(super) struct Tiles {
    pub(super) across: usize,
    pub(super) spectra: Vec<Spectrum>,
}

impl Tiles {
    /// Cuts `picture` into overlapping tiles; empty if it is smaller than one.
    pub(super) fn of(picture: &Contrast) -> Self {
        let count = |length: usize| {
            if length < TILE_PX {
                0
            } else {
                (length - TILE_PX) / STRIDE_PX + 1
            }
        };
        let (across, down) = (count(picture.width), count(picture.height));
        let fft = FftPlanner::new().plan_fft_forward(TILE_PX);
        let window: Vec<f32> = (0..TILE_PX)
            .map(|i| 0.5 - 0.5 * (TAU * (i as f32 + 0.5) / TILE_PX as f32).cos())
            .collect();
        let mut buffer = vec![Complex::new(0.0f32, 0.0); TILE_PX * TILE_PX];
        let mut turned = buffer.clone();
        let mut spectra = Vec::with_capacity(across * down);
        for tile in 0..across * down {
            let (left, top) = (tile % across * STRIDE_PX, tile / across * STRIDE_PX);
            let row = |y: usize| &picture.values[(top + y) * picture.width + left..][..TILE_PX];
            let mean = (0..TILE_PX).flat_map(row).sum::<f32>() / (TILE_PX * TILE_PX) as f32;
            for y in 0..TILE_PX {
                for (x, value) in row(y).iter().enumerate() {
                    buffer[y * TILE_PX + x] =
                        Complex::new((value - mean) * window[x] * window[y], 0.0);
                }
            }
            fft.process(&mut buffer);
            for y in 0..TILE_PX {
                for x in 0..TILE_PX {
                    turned[x * TILE_PX + y] = buffer[y * TILE_PX + x];
                }
            }
            fft.process(&mut turned);
            spectra.push(Spectrum::from_turned(&turned));
        }
        Self { across, spectra }
    }

    /// Centre of a tile in pixels of the picture.
    pub(super) fn centre(&self, tile: usize) -> [f64; 2] {
        let half = TILE_PX as f64 / 2.0 - 0.5;
        [
            (tile % self.across * STRIDE_PX) as f64 + half,
            (tile / self.across * STRIDE_PX) as f64 + half,
        ]
    }

    /// The mean of all spectra.
    pub(super) fn mean(&self) -> Spectrum {
        let down = self.spectra.len() / self.across.max(1);
        self.mean_of(0..self.across, 0..down)
    }

    /// The mean of the spectra in some columns and rows.
    pub(super) fn mean_of(&self, columns: Range<usize>, rows: Range<usize>) -> Spectrum {
        let count = (columns.len() * rows.len()).max(1) as f32;
        let mut mean = vec![0.0; TILE_PX * TILE_PX];
        for row in rows {
            for spectrum in &self.spectra[row * self.across..][columns.clone()] {
                for (sum, value) in mean.iter_mut().zip(&spectrum.0) {
                    *sum += value / count;
                }
            }
        }
        Spectrum(mean)
    }
}

impl Spectrum {
    fn from_turned(turned: &[Complex<f32>]) -> Self {
        let signed = |k: usize| k.min(TILE_PX - k) as f32 / TILE_PX as f32;
        let mut magnitudes = vec![0.0f32; TILE_PX * TILE_PX];
        for y in 0..TILE_PX {
            for x in 0..TILE_PX {
                let damping = (signed(x).hypot(signed(y)) / DAMPED_BELOW).min(1.0);
                magnitudes[y * TILE_PX + x] = turned[x * TILE_PX + y].norm() * damping;
            }
        }
        let energy = magnitudes
            .iter()
            .map(|value| value * value)
            .sum::<f32>()
            .sqrt();
        for value in &mut magnitudes {
            *value /= energy + 1e-6;
        }
        Self(magnitudes)
    }

    /// Magnitude at a frequency in cycles per pixel (bilinear); 0 near and beyond the Nyquist limit.
    fn at(&self, across: f64, down: f64) -> f32 {
        let size = TILE_PX as f64;
        let (x, y) = (across * size, down * size);
        if !(x.abs() <= size / 2.0 - 1.5 && y.abs() <= size / 2.0 - 1.5) {
            return 0.0;
        }
        let (left, top) = (x.floor(), y.floor());
        let (right_share, bottom_share) = ((x - left) as f32, (y - top) as f32);
        let value = |x: i32, y: i32| {
            let wrap = |k: i32| k.rem_euclid(TILE_PX as i32) as usize;
            self.0[wrap(y) * TILE_PX + wrap(x)]
        };
        let (left, top) = (left as i32, top as i32);
        let upper = value(left, top) * (1.0 - right_share) + value(left + 1, top) * right_share;
        let lower =
            value(left, top + 1) * (1.0 - right_share) + value(left + 1, top + 1) * right_share;
        upper * (1.0 - bottom_share) + lower * bottom_share
    }

    /// How well a family of lines with this wave vector (cycles of 5 mm per pixel) explains the tile.
    pub(super) fn line_score(&self, wave: [f64; 2]) -> f32 {
        const MOST_OF_FIRST: f32 = 3.0;
        let at = |multiple: f64| self.at(wave[0] * multiple, wave[1] * multiple);
        score_of_multiples(at, |first| MOST_OF_FIRST * first)
    }
}

/// How well lines every 5 mm explain a spectrum, of which `at` tells the multiples of their frequency.
///
/// 5-mm lines show at whole multiples, 1-mm lines at the fifth; energy halfway between the
/// multiples means that the true period is longer. Multiples count only as far as the first
/// one shows too, which `most` says: otherwise 1-mm lines alone would pass for lines every 2 or 3 mm.
pub(super) fn score_of_multiples(at: impl Fn(f64) -> f32, most: impl Fn(f32) -> f32) -> f32 {
    const MULTIPLES: [(f64, f32); 4] = [(2.0, 0.7), (3.0, 0.5), (4.0, 0.5), (5.0, 0.8)];
    const BETWEEN: [(f64, f32); 3] = [(0.5, 0.4), (1.5, 0.5), (2.5, 0.5)];
    let first = at(1.0);
    let most = most(first);
    let multiples: f32 = MULTIPLES
        .iter()
        .map(|&(k, weight)| weight * at(k).min(most))
        .sum();
    let between: f32 = BETWEEN.iter().map(|&(k, weight)| weight * at(k)).sum();
    first + multiples - between
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thin upright lines every `period` pixels on a picture of 256 × 192.
    fn lines(period: usize) -> Contrast {
        let values = (0..256 * 192)
            .map(|i| if i % 256 % period == 0 { -1.0 } else { 0.0 })
            .collect();
        Contrast {
            width: 256,
            height: 192,
            values,
            photo_px: [1.0; 2],
        }
    }

    #[test]
    fn the_true_period_scores_best() {
        let tiles = Tiles::of(&lines(16));
        assert_eq!((tiles.across, tiles.spectra.len()), (3, 6));
        let mean = tiles.mean();
        let best = (16..140).max_by(|&a, &b| {
            let score = |half: i32| mean.line_score([2.0 / f64::from(half), 0.0]);
            score(a).total_cmp(&score(b))
        });
        assert_eq!(best, Some(32));
        assert!(mean.line_score([0.0, 1.0 / 16.0]) < 0.2 * mean.line_score([1.0 / 16.0, 0.0]));
    }

    #[test]
    fn spectra_have_unit_energy() {
        let tiles = Tiles::of(&lines(11));
        for spectrum in &tiles.spectra {
            assert!((spectrum.0.iter().map(|value| value * value).sum::<f32>() - 1.0).abs() < 1e-3);
        }
    }

    #[test]
    fn a_picture_smaller_than_a_tile_has_none() {
        let picture = Contrast {
            width: 127,
            height: 400,
            values: vec![0.0; 127 * 400],
            photo_px: [1.0; 2],
        };
        assert!(Tiles::of(&picture).spectra.is_empty());
    }
}
