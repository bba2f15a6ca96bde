//! Uneven light on the page: slopes, vignette, shadows, folds and glare.

use rand::{Rng, RngExt};

use super::chance::{normal, uniform};

/// A field of light over the canvas, in coordinates where its longer half side is 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Light {
    /// Coefficients of 1 + a·x + b·y + c·x² + d·x·y + e·y².
    slope: [f32; 5],
    /// Darkening at the corners.
    vignette: f32,
    shadows: Vec<Patch>,
    glare: Option<Patch>,
    folds: Vec<Fold>,
}

/// A soft-edged ellipse, or a half plane where `radius` is large.
#[derive(Clone, Debug, PartialEq)]
struct Patch {
    centre: [f32; 2],
    radius: [f32; 2],
    /// Width of the edge relative to the radius.
    edge: f32,
    /// How much darker (or, for glare, lighter) it is inside.
    strength: f32,
}

/// A straight crease: a thin line and a step of brightness across it.
#[derive(Clone, Debug, PartialEq)]
struct Fold {
    normal: [f32; 2],
    offset: f32,
    step: f32,
    line: f32,
    width: f32,
}

/// What the light does to one pixel: multiply, then add.
type LightAt = (f32, f32);

const NODE_SPACING_PX: usize = 16;

impl Light {
    /// No effect at all.
    pub fn even() -> Self {
        Self {
            slope: [0.0; 5],
            vignette: 0.0,
            shadows: vec![],
            glare: None,
            folds: vec![],
        }
    }

    /// Random light.
    pub fn sample<R: Rng + ?Sized>(rng: &mut R) -> Self {
        let mut light = Self::even();
        if rng.random_bool(0.7) {
            light.slope = [0.12, 0.10, 0.06, 0.06, 0.05].map(|size| normal(rng, 0.0, size));
            light.vignette = uniform(rng, 0.0, 0.2);
        }
        if rng.random_bool(0.35) {
            light.shadows.push(sample_shadow(rng));
        }
        if rng.random_bool(0.12) {
            light.glare = Some(Patch {
                centre: sample_place(rng),
                radius: [uniform(rng, 0.08, 0.45), uniform(rng, 0.08, 0.45)],
                edge: 1.0,
                strength: uniform(rng, 0.1, 0.3),
            });
        }
        if rng.random_bool(0.2) {
            light.folds = (0..rng.random_range(1..4))
                .map(|_| sample_fold(rng))
                .collect();
        }
        light
    }

    /// Whether [`Light::over`] would change nothing.
    pub fn is_even(&self) -> bool {
        *self == Self::even()
    }

    /// The light on every pixel of a canvas, row by row: what to multiply with, and what to add.
    /// Smooth parts are computed on a coarse lattice and interpolated; folds are thin and computed
    /// exactly.
    pub fn over(&self, (width, height): (usize, usize)) -> impl FnMut(usize, [&mut [f32]; 2]) + '_ {
        let scale = 2.0 / width.max(height) as f32;
        let place = move |x: f32, y: f32| {
            [
                (x - 0.5 * width as f32) * scale,
                (y - 0.5 * height as f32) * scale,
            ]
        };
        let columns = width.div_ceil(NODE_SPACING_PX) + 1;
        let rows = height.div_ceil(NODE_SPACING_PX) + 1;
        let nodes: Vec<LightAt> = (0..columns * rows)
            .map(|k| {
                [(k % columns) as f32, (k / columns) as f32].map(|v| v * NODE_SPACING_PX as f32)
            })
            .map(|[x, y]| self.smooth_at(place(x, y)))
            .collect();
        move |y, [gains, glares]| {
            let down = (y as f32 + 0.5) / NODE_SPACING_PX as f32;
            let above = (down as usize).min(rows - 2);
            let t = down - above as f32;
            let upper = &nodes[above * columns..(above + 1) * columns];
            let lower = &nodes[(above + 1) * columns..(above + 2) * columns];
            let node = |column: usize| mix(upper[column], lower[column], t);
            let mut left = node(0);
            let cells = gains.chunks_mut(NODE_SPACING_PX);
            for (c, (gains, glares)) in cells.zip(glares.chunks_mut(NODE_SPACING_PX)).enumerate() {
                let right = node(c + 1);
                ramp(gains, left.0, right.0);
                ramp(glares, left.1, right.1);
                left = right;
            }
            for fold in &self.folds {
                let [first, down] = place(0.5, y as f32 + 0.5);
                fold.darken(gains, first, scale, down);
            }
        }
    }

    fn smooth_at(&self, [x, y]: [f32; 2]) -> LightAt {
        let [a, b, c, d, e] = self.slope;
        let slope = 1.0 + a * x + b * y + c * x * x + d * x * y + e * y * y;
        // The corners of a 3:2 canvas are at x² + y² ≈ 1.44.
        let mut gain = slope.clamp(0.6, 1.35) * (1.0 - self.vignette * (x * x + y * y) / 1.44);
        for shadow in &self.shadows {
            gain *= 1.0 - shadow.at([x, y]);
        }
        (
            gain,
            self.glare.as_ref().map_or(0.0, |glare| glare.at([x, y])),
        )
    }
}

impl Patch {
    fn at(&self, [x, y]: [f32; 2]) -> f32 {
        let dx = (x - self.centre[0]) / self.radius[0];
        let dy = (y - self.centre[1]) / self.radius[1];
        let inside = ((1.0 - dx.hypot(dy)) / self.edge + 0.5).clamp(0.0, 1.0);
        self.strength * inside * inside * (3.0 - 2.0 * inside)
    }
}

impl Fold {
    /// Multiplies a row of gains, whose pixels lie `step` apart from `first` on at height `y`.
    fn darken(&self, gains: &mut [f32], first: f32, step: f32, y: f32) {
        let narrow = 1.0 / self.width;
        let start = (first * self.normal[0] + y * self.normal[1] - self.offset) * narrow;
        let slope = step * self.normal[0] * narrow;
        for (k, gain) in gains.iter_mut().enumerate() {
            // In widths of the crease.
            let distance = start + slope * k as i32 as f32;
            let side = distance.clamp(-1.0, 1.0);
            let crease = 1.0 - side * side;
            *gain *= 1.0 + 0.5 * self.step * side - self.line * crease;
        }
    }
}

/// From `left` to `right` over one cell of the lattice, at the centres of its pixels.
#[inline]
fn ramp(values: &mut [f32], left: f32, right: f32) {
    let slope = (right - left) / NODE_SPACING_PX as f32;
    for (k, value) in values.iter_mut().enumerate() {
        *value = left + slope * (k as i32 as f32 + 0.5);
    }
}

fn sample_place<R: Rng + ?Sized>(rng: &mut R) -> [f32; 2] {
    [uniform(rng, -1.0, 1.0), uniform(rng, -0.66, 0.66)]
}

fn sample_shadow<R: Rng + ?Sized>(rng: &mut R) -> Patch {
    let strength = uniform(rng, 0.1, 0.5);
    // 5–40 mm on a canvas whose half side is 128 mm.
    let edge = uniform(rng, 0.04, 0.31);
    if rng.random_bool(0.5) {
        // The straight shadow of a hand or a phone: a disk so large that its rim looks straight.
        let angle = uniform(rng, 0.0, std::f32::consts::TAU);
        let (radius, depth) = (4.0, uniform(rng, -0.5, 0.7));
        let centre = [angle.cos(), angle.sin()].map(|part| part * (radius + depth));
        return Patch {
            centre,
            radius: [radius; 2],
            edge: edge / radius,
            strength,
        };
    }
    let radius = [uniform(rng, 0.2, 0.8), uniform(rng, 0.2, 0.8)];
    Patch {
        centre: sample_place(rng),
        radius,
        edge: edge / radius[0].min(radius[1]),
        strength,
    }
}

fn sample_fold<R: Rng + ?Sized>(rng: &mut R) -> Fold {
    // Sheets are mostly folded along their sides.
    let quarter = if rng.random_bool(0.5) {
        0.0
    } else {
        std::f32::consts::FRAC_PI_2
    };
    let angle = quarter + normal(rng, 0.0, 0.1);
    Fold {
        normal: [angle.cos(), angle.sin()],
        offset: uniform(rng, -0.6, 0.6),
        step: uniform(rng, -0.15, 0.15),
        line: uniform(rng, 0.0, 0.2),
        width: uniform(rng, 0.004, 0.015),
    }
}

#[inline]
fn mix(a: LightAt, b: LightAt, t: f32) -> LightAt {
    (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn gains(light: &Light, y: usize) -> (Vec<f32>, Vec<f32>) {
        let (mut gains, mut glares) = (vec![0.0; 768], vec![0.0; 768]);
        light.over((768, 512))(y, [&mut gains, &mut glares]);
        (gains, glares)
    }

    #[test]
    fn even_light_changes_nothing() {
        let (gains, glares) = gains(&Light::even(), 300);
        assert!(gains.iter().all(|gain| *gain == 1.0));
        assert!(glares.iter().all(|glare| *glare == 0.0));
    }

    #[test]
    fn a_slope_is_what_it_says_in_the_middle_and_at_the_edge() {
        let light = Light {
            slope: [0.2, 0.0, 0.0, 0.0, 0.0],
            ..Light::even()
        };
        let (gains, _) = gains(&light, 256);
        assert!((gains[383] - 1.0).abs() < 1e-3);
        assert!((gains[767] - 1.2).abs() < 2e-3);
    }

    #[test]
    fn a_fold_is_darkest_on_its_line_and_a_step_across_it() {
        let fold = Fold {
            normal: [1.0, 0.0],
            offset: 0.0,
            step: 0.1,
            line: 0.2,
            width: 0.01,
        };
        let light = Light {
            folds: vec![fold],
            ..Light::even()
        };
        let (gains, _) = gains(&light, 10);
        assert!((gains[100] - 0.95).abs() < 1e-5 && (gains[700] - 1.05).abs() < 1e-5);
        // The centres of the pixels in the middle are half a pixel, 0.13 widths, off the line.
        let side = 0.5 / 384.0 / 0.01;
        let expected = 1.0 + 0.05 * side - 0.2 * (1.0 - side * side);
        assert!((gains[384] - expected).abs() < 1e-4, "{}", gains[384]);
    }

    #[test]
    fn light_never_goes_out_and_never_turns_negative() {
        for seed in 0..50 {
            let light = Light::sample(&mut ChaCha8Rng::seed_from_u64(seed));
            for y in [0, 255, 511] {
                let (gains, glares) = gains(&light, y);
                assert!(gains.iter().all(|gain| *gain > 0.1 && *gain < 1.6));
                assert!(glares.iter().all(|glare| *glare >= 0.0));
            }
        }
    }
}
