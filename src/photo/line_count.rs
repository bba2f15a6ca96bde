//! How many lines cross a flat sheet, counted over the whole of it.
//!
//! Lines are averaged over centimetres of their length and counted over the sheet's width, by the power
//! that their number and its multiples have above the noise: lines far paler than the noise still show.

use rustfft::{FftPlanner, num_complex::Complex};

use super::contrast::Contrast;
use super::demodulate::{Lines, PageMap};
use super::median::median;
use super::mesh::NODE_MM;
use super::spectra::score_of_multiples;

/// Lines are averaged over this share of 1000 px: 26 mm of a sheet of A4, over which they stay straight.
const BANDS_PER_1000_PX: f64 = 8.0;
const MIN_BANDS: usize = 4;
/// Length of the transforms: fine steps between frequencies.
const TRANSFORM: usize = 8192;
/// Frequencies that are looked at, in cycles per pixel at most.
const HIGHEST: f64 = 0.42;
/// Where only noise is, in cycles per side, and over how many it is taken around a frequency.
const NOISE_FROM: f64 = 60.0;
const NOISE_REACH: f64 = 12.0;
/// Resolution at which a sheet that was followed is counted.
const PIXELS_PER_MM: f64 = 4.0;
/// What lines every millimetre count where they are the only ones, of what others do with their multiples.
const FINE_WEIGHT: f32 = 2.0;

/// How far a grid's lines stand out where `map` says that they are, counted over the whole sheet: the sum
/// of [`LineCount::prominence`] both ways.
pub(super) fn prominence(contrast: &Contrast, map: &PageMap, lines: Lines) -> f32 {
    let area = map.mesh.area;
    let side_mm = [area.across, area.down].map(|nodes| NODE_MM * (nodes - 1) as f64);
    let [width, height] = side_mm.map(|mm| (mm * PIXELS_PER_MM) as usize);
    let [left, top] = area.origin_mm;
    let values = (0..width * height)
        .map(|i| {
            let (x, y) = ((i % width) as f64 + 0.5, (i / width) as f64 + 0.5);
            let (u, v) = map.to_picture(left + x / PIXELS_PER_MM, top + y / PIXELS_PER_MM);
            contrast.at(u, v)
        })
        .collect();
    let straight = Contrast {
        width,
        height,
        values,
        photo_px: [1.0; 2],
    };
    let along = |axis: usize| {
        let count = LineCount::along(&straight, axis);
        let periods = side_mm[axis] / lines.period_mm();
        match lines {
            Lines::EveryFiveMm => count.prominence(periods),
            // Their multiples are too fine to be seen.
            Lines::EveryMm => FINE_WEIGHT * count.at(periods),
        }
    };
    along(0) + along(1)
}

/// How much stands out of the noise at every frequency along one side of a sheet.
pub(super) struct LineCount {
    /// Logarithm of power over noise, 0 at least.
    excess: Vec<f32>,
    /// Lines along the side per entry.
    step: f64,
}

impl LineCount {
    /// Of the lines that cross the picture's width (axis 0) or height (axis 1).
    pub(super) fn along(contrast: &Contrast, axis: usize) -> Self {
        let bands = bands(contrast, axis);
        let length = bands.first().map_or(0, Vec::len);
        let step = length as f64 / TRANSFORM as f64;
        let segment = length / 2;
        let fft = FftPlanner::new().plan_fft_forward(TRANSFORM);
        let bins = (HIGHEST * TRANSFORM as f64) as usize;
        let noise_from = ((NOISE_FROM / step.max(1e-9)) as usize).min(bins.saturating_sub(1));
        let mut power = vec![0.0f32; bins];
        let mut buffer = vec![Complex::new(0.0f32, 0.0); TRANSFORM];
        for band in &bands {
            for start in [0, segment / 2, length - segment] {
                let values = &band[start..start + segment];
                let mean = values.iter().sum::<f32>() / segment.max(1) as f32;
                buffer.fill(Complex::new(0.0, 0.0));
                for (k, (slot, value)) in buffer.iter_mut().zip(values).enumerate() {
                    let turn = std::f32::consts::TAU * (k as f32 + 0.5) / segment as f32;
                    slot.re = (value - mean) * (0.5 - 0.5 * turn.cos());
                }
                fft.process(&mut buffer);
                let squares: Vec<f32> = buffer[..bins].iter().map(Complex::norm_sqr).collect();
                let noise = median(squares[noise_from..].iter().copied()).max(1e-12);
                for (power, square) in power.iter_mut().zip(squares) {
                    *power += square / noise;
                }
            }
        }
        let reach = (NOISE_REACH / step.max(1e-9)) as usize;
        let excess = (0..bins)
            .map(|bin| {
                let around = &power[bin.saturating_sub(reach)..(bin + reach + 1).min(bins)];
                (power[bin] / median(around.iter().copied()).max(1e-12))
                    .ln()
                    .max(0.0)
            })
            .collect();
        Self { excess, step }
    }

    /// How well so many lines every 5 mm explain the picture, as
    /// [`line_score`](super::spectra::Spectrum::line_score) does for a part of a photo.
    pub(super) fn prominence(&self, lines: f64) -> f32 {
        const MOST_OF_FIRST: f32 = 2.0;
        const MOST_WITHOUT_FIRST: f32 = 0.3;
        let most = |first: f32| MOST_OF_FIRST * first + MOST_WITHOUT_FIRST;
        score_of_multiples(|multiple| self.at(multiple * lines), most)
    }

    /// Interpolated; 0 beyond the last frequency.
    fn at(&self, lines: f64) -> f32 {
        let position = lines / self.step.max(1e-9);
        let whole = position as usize;
        match self.excess.get(whole..whole + 2) {
            Some(&[a, b]) => a + (b - a) * (position - whole as f64) as f32,
            _ => 0.0,
        }
    }
}

/// Means over bands of rows (axis 0) or columns (axis 1), which are that many pixels wide or high.
fn bands(contrast: &Contrast, axis: usize) -> Vec<Vec<f32>> {
    let size = [contrast.width, contrast.height];
    let (length, thickness) = (size[axis], size[1 - axis]);
    let count = ((BANDS_PER_1000_PX * thickness as f64 / 1000.0).round() as usize).max(MIN_BANDS);
    let band_px = (thickness / count).max(1);
    let mut bands = vec![vec![0.0f32; length]; thickness / band_px];
    for (i, &value) in contrast.values.iter().enumerate() {
        let place = [i % contrast.width, i / contrast.width];
        if let Some(band) = bands.get_mut(place[1 - axis] / band_px) {
            band[place[axis]] += value;
        }
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::mesh::{Area, Mesh};
    use crate::photo::projective::Homography;

    /// 200 × 150 mm at 4 px/mm with dark lines every `period_px`, both ways.
    fn lines(period_px: usize) -> Contrast {
        let on_line = |at: usize| at.is_multiple_of(period_px);
        Contrast {
            width: 800,
            height: 600,
            values: (0..800 * 600)
                .map(|i| {
                    let grain = (i * 7919 % 101) as f32 / 101.0 - 0.5;
                    grain - f32::from(u8::from(on_line(i % 800) || on_line(i / 800)))
                })
                .collect(),
            photo_px: [1.0; 2],
        }
    }

    fn flat_map() -> PageMap {
        let area = Area {
            origin_mm: [0.0; 2],
            across: 41,
            down: 31,
        };
        PageMap {
            picture_from_plane: Homography::scale_shift(4.0, -0.5, -0.5),
            mesh: Mesh::flat(area),
        }
    }

    #[test]
    fn lines_stand_out_where_they_are_and_not_at_other_counts() {
        let count = LineCount::along(&lines(20), 0);
        let right = count.prominence(40.0);
        assert!(right > 10.0, "{right}");
        for wrong in [20.0, 30.0, 37.0, 44.0, 60.0] {
            assert!(count.prominence(wrong) < right / 2.0, "{wrong}");
        }
        let sheet = prominence(&lines(20), &flat_map(), Lines::EveryFiveMm);
        assert!(sheet > 1.5 * right, "{sheet} {right}");
    }

    #[test]
    fn fine_lines_count_as_fine_lines_alone() {
        let fine = prominence(&lines(4), &flat_map(), Lines::EveryMm);
        let coarse = prominence(&lines(4), &flat_map(), Lines::EveryFiveMm);
        assert!(fine > 10.0 && coarse < fine / 2.0, "{fine} {coarse}");
    }

    #[test]
    fn nothing_stands_out_where_there_is_nothing() {
        let empty = Contrast {
            width: 0,
            height: 0,
            values: Vec::new(),
            photo_px: [1.0; 2],
        };
        assert_eq!(LineCount::along(&empty, 0).prominence(40.0), 0.0);
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
    }
}
