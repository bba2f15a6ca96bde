//! How far the grid's lines lie from where a map of the page expects them, node by node.
//!
//! The picture is resampled to the page and multiplied by the expected waves of 5 or 1 mm; what is
//! left after local averaging is the lines' phase, as in the demodulation of a radio signal.

use std::f64::consts::TAU;

use super::contrast::Contrast;
use super::mesh::{Mesh, NODE_MM};
use super::projective::Homography;

/// The lines that are followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Lines {
    /// The strong ones of nearly all paper.
    EveryFiveMm,
    /// The fine ones, where those are the only ones that show. Lines every 5 mm may then lie at any
    /// whole millimetre.
    EveryMm,
}

impl Lines {
    /// Their distance.
    pub(super) fn period_mm(self) -> f64 {
        match self {
            Self::EveryFiveMm => 5.0,
            Self::EveryMm => 1.0,
        }
    }

    /// Resolution of the resampled page: ten pixels a period, or as many as it takes for a wave.
    fn pixels_per_mm(self) -> usize {
        match self {
            Self::EveryFiveMm => 2,
            Self::EveryMm => 4,
        }
    }
}

/// A page as it lies in the reduced picture.
#[derive(Clone, Debug)]
pub(super) struct PageMap {
    /// Flat page (mm, arbitrary origin) → pixels of the reduced picture.
    pub(super) picture_from_plane: Homography,
    /// Paper coordinate − flat coordinate.
    pub(super) mesh: Mesh,
}

impl PageMap {
    /// Where a point of the paper lies in the reduced picture.
    pub(super) fn to_picture(&self, x_mm: f64, y_mm: f64) -> (f64, f64) {
        let shift = self.mesh.at(x_mm, y_mm);
        self.picture_from_plane
            .apply(x_mm - shift[0], y_mm - shift[1])
    }
}

/// What was measured around one node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineOffset {
    /// Paper coordinate − expected coordinate of upright and level lines, in mm, within ± half a period.
    pub(super) offset_mm: [f32; 2],
    /// Share of the contrast that the lines explain, per family: 0 … about 0.5.
    pub(super) clarity: [f32; 2],
}

/// Measures `picture` around all nodes of the map's area in windows of `window_mm`.
pub(super) fn line_offsets(
    picture: &Contrast,
    map: &PageMap,
    lines: Lines,
    window_mm: f64,
) -> Vec<LineOffset> {
    let area = map.mesh.area;
    let node_px = NODE_MM as usize * lines.pixels_per_mm();
    let reach = (window_mm / 2.0) as usize * lines.pixels_per_mm();
    let window: Vec<f32> = (0..=2 * reach)
        .map(|i| (0.5 - 0.5 * (TAU * (i as f64 + 1.0) / (2 * reach + 2) as f64).cos()) as f32)
        .collect();
    let (width, height) = (area.across * node_px, area.down * node_px);
    let plane = resample(picture, map, lines, width, height);
    let upright = demodulate(&plane, width, height, lines, reach, &window);
    let turned: Vec<f32> = (0..width * height)
        .map(|i| plane[i % height * width + i / height])
        .collect();
    let level = demodulate(&turned, height, width, lines, reach, &window);
    (0..area.len())
        .map(|node| {
            let (a, b) = (
                upright[node],
                level[node % area.across * area.down + node / area.across],
            );
            LineOffset {
                offset_mm: [a.0, b.0],
                clarity: [a.1, b.1],
            }
        })
        .collect()
}

/// The page at the resolution for `lines`; the first node is the first pixel.
fn resample(
    picture: &Contrast,
    map: &PageMap,
    lines: Lines,
    width: usize,
    height: usize,
) -> Vec<f32> {
    let [left, top] = map.mesh.area.origin_mm;
    let step = 1.0 / lines.pixels_per_mm() as f64;
    let mut plane = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let (u, v) = map.to_picture(left + x as f64 * step, top + y as f64 * step);
            plane.push(picture.at(u, v));
        }
    }
    plane
}

/// Offset (mm) and clarity of the lines along columns, for every node in rows of nodes.
fn demodulate(
    plane: &[f32],
    width: usize,
    height: usize,
    lines: Lines,
    reach: usize,
    window: &[f32],
) -> Vec<(f32, f32)> {
    let node_px = NODE_MM as usize * lines.pixels_per_mm();
    let period_px = lines.period_mm() as usize * lines.pixels_per_mm();
    let wave: Vec<(f32, f32)> = (0..period_px)
        .map(|i| {
            let (sin, cos) = (TAU * i as f64 / period_px as f64).sin_cos();
            (cos as f32, -sin as f32)
        })
        .collect();
    let mut measured = Vec::with_capacity(width / node_px * (height / node_px));
    let (mut signed, mut absolute) = (vec![0.0f32; width], vec![0.0f32; width]);
    for centre_y in (0..height).step_by(node_px) {
        signed.fill(0.0);
        absolute.fill(0.0);
        for (k, weight) in window.iter().enumerate() {
            let Some(y) = (centre_y + k).checked_sub(reach).filter(|&y| y < height) else {
                continue;
            };
            let row = &plane[y * width..(y + 1) * width];
            for ((signed, absolute), value) in signed.iter_mut().zip(&mut absolute).zip(row) {
                *signed += weight * value;
                *absolute += weight * value.abs();
            }
        }
        for centre_x in (0..width).step_by(node_px) {
            let (mut cos, mut sin, mut mass) = (0.0f32, 0.0f32, 0.0f32);
            for (k, weight) in window.iter().enumerate() {
                let Some(x) = (centre_x + k).checked_sub(reach).filter(|&x| x < width) else {
                    continue;
                };
                let (wave_cos, wave_sin) = wave[x % period_px];
                cos += weight * signed[x] * wave_cos;
                sin += weight * signed[x] * wave_sin;
                mass += weight * absolute[x];
            }
            // Lines are dark, that is negative: the phase is that of the negated sum.
            let offset_mm = f64::from((-sin).atan2(-cos)) / TAU * lines.period_mm();
            let full: f32 = window.iter().sum::<f32>().powi(2);
            let clarity = if mass > 0.05 * full {
                cos.hypot(sin) / mass
            } else {
                0.0
            };
            measured.push((offset_mm as f32, clarity));
        }
    }
    measured
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_of_shifted_lines_are_the_shift() {
        // Lines every 10 px, that is 5 mm, where u + 0.8 mm and v − 1.5 mm are multiples of 5 mm.
        let values = (0..200 * 200)
            .map(|i| {
                let wave =
                    |px: usize, shift: f64| (TAU * (px as f64 / 2.0 + shift) / 5.0).cos() as f32;
                -wave(i % 200, 0.8) - wave(i / 200, -1.5)
            })
            .collect();
        let picture = Contrast {
            width: 200,
            height: 200,
            values,
            photo_px: [1.0; 2],
        };
        let area = crate::photo::mesh::Area {
            origin_mm: [0.0, 0.0],
            across: 20,
            down: 19,
        };
        let map = PageMap {
            picture_from_plane: Homography::scale_shift(2.0, 0.0, 0.0),
            mesh: Mesh::flat(area),
        };
        let measured = line_offsets(&picture, &map, Lines::EveryFiveMm, 20.0);
        let middle = measured[9 * 20 + 10];
        assert!((middle.offset_mm[0] - 0.8).abs() < 0.02, "{middle:?}");
        assert!((middle.offset_mm[1] + 1.5).abs() < 0.02, "{middle:?}");
        assert!(middle.clarity[0] > 0.3 && middle.clarity[1] > 0.3);
    }

    #[test]
    fn offsets_of_fine_lines_are_within_half_a_millimetre() {
        // Lines every 5 px, that is 1 mm, where u + 1.3 mm and v − 0.2 mm are whole.
        let values = (0..300 * 300)
            .map(|i| {
                let wave = |px: usize, shift: f64| (TAU * (px as f64 / 5.0 + shift)).cos() as f32;
                -wave(i % 300, 1.3) - wave(i / 300, -0.2)
            })
            .collect();
        let picture = Contrast {
            width: 300,
            height: 300,
            values,
            photo_px: [1.0; 2],
        };
        let area = crate::photo::mesh::Area {
            origin_mm: [0.0, 0.0],
            across: 12,
            down: 11,
        };
        let map = PageMap {
            picture_from_plane: Homography::scale_shift(5.0, 0.0, 0.0),
            mesh: Mesh::flat(area),
        };
        let middle = line_offsets(&picture, &map, Lines::EveryMm, 10.0)[5 * 12 + 6];
        assert!((middle.offset_mm[0] - 0.3).abs() < 0.02, "{middle:?}");
        assert!((middle.offset_mm[1] + 0.2).abs() < 0.02, "{middle:?}");
        assert!(middle.clarity[0] > 0.3 && middle.clarity[1] > 0.3);
    }

    #[test]
    fn beyond_the_picture_nothing_is_clear() {
        let picture = Contrast {
            width: 50,
            height: 50,
            values: vec![1.0; 2500],
            photo_px: [1.0; 2],
        };
        let area = crate::photo::mesh::Area {
            origin_mm: [500.0, 500.0],
            across: 4,
            down: 4,
        };
        let map = PageMap {
            picture_from_plane: Homography::scale_shift(2.0, 0.0, 0.0),
            mesh: Mesh::flat(area),
        };
        assert!(
            line_offsets(&picture, &map, Lines::EveryFiveMm, 20.0)
                .iter()
                .all(|line| line.clarity == [0.0; 2])
        );
    }
}
