//! Stains on the paper, and the stripes that a photo of a screen shows.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::chance::{pick, uniform};

/// Blotches: smooth noise, sharpened and cut off below a threshold.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Stains {
    pub seed: u64,
    /// Size of the blotches.
    pub cell_mm: f32,
    pub exponent: f32,
    /// Noise below it leaves the paper clean.
    pub threshold: f32,
    /// How far above the threshold the noise is where a stain reaches its opacity.
    pub softness: f32,
    pub opacity: f32,
    pub colour: [f32; 3],
}

/// Interference of a camera's pixels with a screen's: each colour a wave of its own phase.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Stripes {
    pub pitch_mm: f32,
    pub angle_deg: f32,
    pub strength: f32,
    /// Phases of red, green and blue in radians.
    pub phase: [f32; 3],
}

/// Stains are computed on every fourth pixel and interpolated.
const STEP_PX: usize = 4;

impl Stains {
    /// Random stains.
    pub fn sample<R: Rng + ?Sized>(rng: &mut R) -> Self {
        const COFFEE: [f32; 3] = [0.55, 0.38, 0.2];
        const GREASE: [f32; 3] = [0.75, 0.7, 0.55];
        const SOOT: [f32; 3] = [0.35, 0.35, 0.35];
        Self {
            seed: rng.random(),
            cell_mm: uniform(rng, 8.0, 50.0),
            exponent: uniform(rng, 1.5, 2.5),
            threshold: uniform(rng, 0.4, 0.8),
            opacity: uniform(rng, 0.15, 0.7),
            softness: uniform(rng, 0.05, 0.4),
            colour: pick(rng, &[(COFFEE, 0.4), (GREASE, 0.3), (SOOT, 0.3)]),
        }
    }

    /// Fills rows with the opacity of the stains.
    pub fn over(
        &self,
        (width, height): (usize, usize),
        pixels_per_mm: f32,
    ) -> impl FnMut(usize, &mut [f32]) + use<> {
        let columns = width.div_ceil(STEP_PX) + 1;
        let rows = height.div_ceil(STEP_PX) + 1;
        let cell = (self.cell_mm * pixels_per_mm).max(2.0 * STEP_PX as f32);
        let size = [columns, rows].map(|count| (count * STEP_PX) as f32);
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        // A second, finer layer roughens the outlines.
        let layers = [cell, 0.37 * cell].map(|spacing| Noise::new(&mut rng, size, spacing));
        let nodes: Vec<f32> = (0..columns * rows)
            .map(|k| {
                let point = [k % columns, k / columns].map(|v| (v * STEP_PX) as f32);
                let noise = 0.75 * layers[0].at(point) + 0.25 * layers[1].at(point);
                // The mean of uniform noise is stretched to use the whole range.
                let sharp = (1.5 * noise - 0.2).clamp(0.0, 1.0).powf(self.exponent);
                self.opacity * ((sharp - self.threshold) / self.softness).clamp(0.0, 1.0)
            })
            .collect();
        move |y, row| {
            let down = (y as f32 + 0.5) / STEP_PX as f32;
            let above = (down as usize).min(rows - 2);
            let t = down - above as f32;
            let node = |c: usize| {
                let upper = nodes[above * columns + c];
                upper + t * (nodes[(above + 1) * columns + c] - upper)
            };
            for (c, values) in row.chunks_mut(STEP_PX).enumerate() {
                let (left, right) = (node(c), node(c + 1));
                for (k, value) in values.iter_mut().enumerate() {
                    *value = left + (right - left) * (k as f32 + 0.5) / STEP_PX as f32;
                }
            }
        }
    }
}

impl Stripes {
    /// Random stripes.
    pub fn sample<R: Rng + ?Sized>(rng: &mut R) -> Self {
        Self {
            pitch_mm: uniform(rng, 0.2, 0.6),
            angle_deg: uniform(rng, 0.0, 180.0),
            strength: uniform(rng, 0.03, 0.15),
            phase: [(); 3].map(|()| uniform(rng, 0.0, std::f32::consts::TAU)),
        }
    }

    /// Multiplies the colours of pixel row `y`: all its reds, then its greens, then its blues.
    /// Stripes finer than pixels turn into the coarse bands that are seen on such photos.
    pub fn shade(&self, y: usize, pixels_per_mm: f32, row: &mut [f32]) {
        let (sine, cosine) = self.angle_deg.to_radians().sin_cos();
        let turn = std::f32::consts::TAU / (self.pitch_mm * pixels_per_mm).max(0.1);
        // Rotations instead of sines: to the start of a block of pixels, and within it by a table.
        let mut within = [[0.0; 2]; BLOCK_PX];
        for (k, turned) in within.iter_mut().enumerate() {
            let (sine, cosine) = (turn * cosine * k as f32).sin_cos();
            *turned = [cosine, sine];
        }
        let width = row.len() / self.phase.len();
        for (channel, phase) in row.chunks_exact_mut(width).zip(self.phase) {
            let start = phase + turn * sine * y as f32;
            for (k, block) in channel.chunks_mut(BLOCK_PX).enumerate() {
                let (sine, cosine) = (start + turn * cosine * (k * BLOCK_PX) as f32).sin_cos();
                for (value, within) in block.iter_mut().zip(&within) {
                    *value *= 1.0 + self.strength * (sine * within[0] + cosine * within[1]);
                }
            }
        }
    }
}

/// Stripes are computed in blocks of this many pixels.
const BLOCK_PX: usize = 32;

/// Uniform values on a square lattice, smoothly interpolated.
struct Noise {
    spacing: f32,
    columns: usize,
    values: Vec<f32>,
}

impl Noise {
    fn new<R: Rng + ?Sized>(rng: &mut R, size: [f32; 2], spacing: f32) -> Self {
        let [columns, rows] = size.map(|side| (side / spacing) as usize + 2);
        Self {
            spacing,
            columns,
            values: (0..columns * rows).map(|_| rng.random()).collect(),
        }
    }

    fn at(&self, point: [f32; 2]) -> f32 {
        let [(column, tx), (row, ty)] = point.map(|coordinate| {
            let place = coordinate / self.spacing;
            let t = place.fract();
            (place as usize, t * t * (3.0 - 2.0 * t))
        });
        let line = |row: usize| {
            let from = row * self.columns + column;
            let left = self.values[from];
            left + tx * (self.values[from + 1] - left)
        };
        let upper = line(row);
        upper + ty * (line(row + 1) - upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stains(threshold: f32) -> Vec<f32> {
        let stains = Stains {
            seed: 4,
            cell_mm: 20.0,
            exponent: 2.0,
            threshold,
            softness: 0.15,
            opacity: 0.5,
            colour: [0.5; 3],
        };
        let mut fill = stains.over((300, 200), 3.0);
        let mut all = Vec::new();
        let mut row = vec![0.0; 300];
        for y in 0..200 {
            fill(y, &mut row);
            all.extend_from_slice(&row);
        }
        all
    }

    #[test]
    fn stains_cover_a_part_that_shrinks_with_the_threshold() {
        let share = |threshold: f32| {
            let all = stains(threshold);
            assert!(all.iter().all(|v| (0.0..=0.5).contains(v)));
            all.iter().filter(|v| **v > 0.25).count() as f32 / all.len() as f32
        };
        let (many, few) = (share(0.2), share(0.6));
        assert!(many > few && many > 0.05 && many < 0.9, "{many} and {few}");
    }

    #[test]
    fn stripes_keep_the_mean_and_have_their_strength() {
        let stripes = Stripes {
            pitch_mm: 8.0,
            angle_deg: 0.0,
            strength: 0.1,
            phase: [0.0, 2.0, 4.0],
        };
        let mut row = vec![1.0; 3 * 600];
        stripes.shade(10, 3.0, &mut row);
        let (red, green) = (&row[..600], &row[600..1200]);
        let mean = red.iter().sum::<f32>() / 600.0;
        let top = red.iter().copied().fold(0.0, f32::max);
        assert!((mean - 1.0).abs() < 0.005 && (top - 1.1).abs() < 0.01);
        // A period is 24 pixels.
        assert!((green[7] - green[31]).abs() < 1e-3);
        assert!((red[0] - 1.0).abs() < 1e-5, "the sine of phase 0");
    }
}
