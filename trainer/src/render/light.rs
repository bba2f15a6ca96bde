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
pub type LightAt = (f32, f32);

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

    /// The light on every pixel of a canvas, row by row. Smooth parts are computed on a coarse
    /// lattice and interpolated; folds are thin and computed exactly.
    pub fn over(&self, (width, height): (usize, usize)) -> impl FnMut(usize, &mut [LightAt]) + '_ {
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
        let mut line = vec![(1.0, 0.0); columns];
        move |y, row| {
            let down = (y as f32 + 0.5) / NODE_SPACING_PX as f32;
            let above = (down as usize).min(rows - 2) * columns;
            let t = down - (above / columns) as f32;
            for (c, node) in line.iter_mut().enumerate() {
                *node = mix(nodes[above + c], nodes[above + columns + c], t);
            }
            for (x, value) in row.iter_mut().enumerate() {
                let across = (x as f32 + 0.5) / NODE_SPACING_PX as f32;
                let left = (across as usize).min(columns - 2);
                *value = mix(line[left], line[left + 1], across - left as f32);
            }
            for fold in &self.folds {
                for (x, value) in row.iter_mut().enumerate() {
                    value.0 *= fold.gain_at(place(x as f32 + 0.5, y as f32 + 0.5));
                }
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
    fn gain_at(&self, [x, y]: [f32; 2]) -> f32 {
        let distance = x * self.normal[0] + y * self.normal[1] - self.offset;
        let side = (distance / self.width).clamp(-1.0, 1.0);
        let crease = (1.0 - (distance / self.width).powi(2)).max(0.0);
        1.0 + 0.5 * self.step * side - self.line * crease
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

fn mix(a: LightAt, b: LightAt, t: f32) -> LightAt {
    (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn even_light_changes_nothing() {
        let light = Light::even();
        let mut row = vec![(0.0, 0.0); 768];
        light.over((768, 512))(300, &mut row);
        assert!(row.iter().all(|value| *value == (1.0, 0.0)));
    }

    #[test]
    fn a_slope_is_what_it_says_in_the_middle_and_at_the_edge() {
        let light = Light {
            slope: [0.2, 0.0, 0.0, 0.0, 0.0],
            ..Light::even()
        };
        let mut row = vec![(0.0, 0.0); 768];
        light.over((768, 512))(256, &mut row);
        assert!((row[383].0 - 1.0).abs() < 1e-3);
        assert!((row[767].0 - 1.2).abs() < 2e-3);
    }

    #[test]
    fn light_never_goes_out_and_never_turns_negative() {
        let mut row = vec![(0.0, 0.0); 768];
        for seed in 0..50 {
            let light = Light::sample(&mut ChaCha8Rng::seed_from_u64(seed));
            let mut fill = light.over((768, 512));
            for y in [0, 255, 511] {
                fill(y, &mut row);
                assert!(
                    row.iter()
                        .all(|(gain, add)| *gain > 0.1 && *gain < 1.6 && *add >= 0.0)
                );
            }
        }
    }
}
