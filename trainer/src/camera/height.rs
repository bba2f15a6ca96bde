//! The height of the paper above the desk, as a raster over the page.

use rand::{Rng, RngExt};

use super::shot::{Crumple, Curl, Fold, SheetShape};
use crate::render::chance::{normal, uniform};

/// Distance between two texels. Fine enough to show a crease as the thin line that it is.
pub const TEXEL_MM: f32 = 0.5;

/// Heights in millimetres, row-major, texel (i, j) at (i, j) · [`TEXEL_MM`] on the page.
pub struct HeightField {
    /// Texels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `[height * width]`, millimetres.
    pub values_mm: Vec<f32>,
}

impl HeightField {
    /// The shape of a page of `page_mm`; its lowest point touches the desk.
    pub fn new<R: Rng + ?Sized>(page_mm: [f32; 2], shape: &SheetShape, rng: &mut R) -> Self {
        let [width, height] = page_mm.map(|side| (side / TEXEL_MM).ceil() as usize + 1);
        let mut field = Self {
            width,
            height,
            values_mm: vec![0.0; width * height],
        };
        for crumple in &shape.crumples {
            field.add_crumple(page_mm, crumple, rng);
        }
        if !shape.folds.is_empty() || !shape.curls.is_empty() {
            field.add(|point| {
                folds_at(&shape.folds, point)
                    + shape
                        .curls
                        .iter()
                        .map(|curl| curl_at(curl, point))
                        .sum::<f32>()
            });
        }
        let radius = (shape.crease_mm / TEXEL_MM).round() as usize;
        if radius > 0 {
            field.round_off(radius);
        }
        let lowest = field.values_mm.iter().copied().fold(f32::MAX, f32::min);
        field.values_mm.iter_mut().for_each(|z| *z -= lowest);
        field
    }

    /// Height at a point of the page; points beyond the edges take the edge's height.
    pub fn at(&self, [x_mm, y_mm]: [f32; 2]) -> f32 {
        let (x, y) = (x_mm / TEXEL_MM, y_mm / TEXEL_MM);
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (i, j) = (
            (x as usize).min(self.width - 2),
            (y as usize).min(self.height - 2),
        );
        let (fx, fy) = (x - i as f32, y - j as f32);
        let row = &self.values_mm[j * self.width + i..];
        let next = &self.values_mm[(j + 1) * self.width + i..];
        let upper = row[0] + fx * (row[1] - row[0]);
        let lower = next[0] + fx * (next[1] - next[0]);
        upper + fy * (lower - upper)
    }

    /// Slope along x and y at a texel, by central differences.
    pub fn gradient(&self, i: usize, j: usize) -> [f32; 2] {
        let (left, right) = (i.saturating_sub(1), (i + 1).min(self.width - 1));
        let (up, down) = (j.saturating_sub(1), (j + 1).min(self.height - 1));
        let z = |i: usize, j: usize| self.values_mm[j * self.width + i];
        [
            (z(right, j) - z(left, j)) / ((right - left) as f32 * TEXEL_MM),
            (z(i, down) - z(i, up)) / ((down - up) as f32 * TEXEL_MM),
        ]
    }

    fn add(&mut self, height_at: impl Fn([f32; 2]) -> f32) {
        for (j, row) in self.values_mm.chunks_exact_mut(self.width).enumerate() {
            for (i, z) in row.iter_mut().enumerate() {
                *z += height_at([i as f32 * TEXEL_MM, j as f32 * TEXEL_MM]);
            }
        }
    }

    /// Adds one layer of facets. Three heights make a plane, so every triangle of the lattice is
    /// flat and every side of it a crease, and creases meet in points, as they do in crumpled paper.
    fn add_crumple<R: Rng + ?Sized>(&mut self, page_mm: [f32; 2], crumple: &Crumple, rng: &mut R) {
        let facet = crumple.facet_mm.max(MIN_FACET_MM);
        let stretch = crumple.stretch.clamp(0.25, 4.0);
        let (sin, cos) = crumple.direction_deg.to_radians().sin_cos();
        let reach = 0.5 * page_mm[0].hypot(page_mm[1]) + facet;
        let columns = (2.0 * reach / (facet * stretch)).ceil() as usize + 3;
        let rows = (2.0 * reach / facet).ceil() as usize + 3;
        let mask = Patches::random(rng, crumple.covered);
        let mut nodes = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let shift = 0.5 * (row % 2) as f32;
                let mut jitter = || uniform(rng, -0.38, 0.38);
                let along = (column as f32 + shift + jitter()) * facet * stretch - reach;
                let across = (row as f32 + jitter()) * facet - reach;
                let x = 0.5 * page_mm[0] + along * cos - across * sin;
                let y = 0.5 * page_mm[1] + along * sin + across * cos;
                let z = normal(rng, 0.0, crumple.height_mm) * mask.at([x, y]);
                nodes.push([x / TEXEL_MM, y / TEXEL_MM, z]);
            }
        }
        let mut layer = vec![0.0; self.values_mm.len()];
        for row in 0..rows - 1 {
            for column in 0..columns - 1 {
                let node = |r: usize, c: usize| nodes[(row + r) * columns + column + c];
                let corners = [node(0, 0), node(0, 1), node(1, 0), node(1, 1)];
                // The shorter diagonal, by construction, leans with the shift of the rows.
                let triangles = if row % 2 == 0 {
                    [[0, 1, 2], [1, 3, 2]]
                } else {
                    [[0, 1, 3], [0, 3, 2]]
                };
                for triangle in triangles {
                    self.draw_triangle(triangle.map(|k| corners[k]), &mut layer);
                }
            }
        }
        for (z, added) in self.values_mm.iter_mut().zip(layer) {
            *z += added;
        }
    }

    /// Writes the plane through three points (texel, texel, height) where the triangle covers it.
    fn draw_triangle(&self, [a, b, c]: [[f32; 3]; 3], layer: &mut [f32]) {
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        if area.abs() < 1e-6 {
            return;
        }
        let span = |axis: usize, size: usize| {
            let low = a[axis].min(b[axis]).min(c[axis]).max(0.0).ceil();
            let high = a[axis].max(b[axis]).max(c[axis]).min((size - 1) as f32);
            (low as usize, high)
        };
        let ((left, right), (top, bottom)) = (span(0, self.width), span(1, self.height));
        let mut j = top;
        while j as f32 <= bottom {
            let mut i = left;
            while i as f32 <= right {
                let (dx, dy) = (i as f32 - a[0], j as f32 - a[1]);
                let to_b = (dx * (c[1] - a[1]) - dy * (c[0] - a[0])) / area;
                let to_c = (dy * (b[0] - a[0]) - dx * (b[1] - a[1])) / area;
                if to_b >= 0.0 && to_c >= 0.0 && to_b + to_c <= 1.0 {
                    layer[j * self.width + i] = a[2] + to_b * (b[2] - a[2]) + to_c * (c[2] - a[2]);
                }
                i += 1;
            }
            j += 1;
        }
    }

    /// A moving average over squares, twice.
    fn round_off(&mut self, radius: usize) {
        let mut line = Vec::new();
        for _ in 0..2 {
            for row in self.values_mm.chunks_exact_mut(self.width) {
                average(row.iter().copied(), radius, &mut line);
                row.copy_from_slice(&line);
            }
            for column in 0..self.width {
                let values = self.values_mm.iter().skip(column).step_by(self.width);
                average(values.copied(), radius, &mut line);
                let column = self.values_mm.iter_mut().skip(column).step_by(self.width);
                for (value, averaged) in column.zip(&line) {
                    *value = *averaged;
                }
            }
        }
    }
}

const MIN_FACET_MM: f32 = 4.0;

/// The moving average of `values` over 2·radius + 1 of them, fewer at the ends, into `out`.
fn average(values: impl Iterator<Item = f32>, radius: usize, out: &mut Vec<f32>) {
    let mut sums = vec![0.0_f64];
    let mut sum = 0.0;
    for value in values {
        sum += f64::from(value);
        sums.push(sum);
    }
    let count = sums.len() - 1;
    out.clear();
    out.extend((0..count).map(|k| {
        // Equal reach to both sides, so that the ends of a slope keep their slope.
        let reach = radius.min(k).min(count - 1 - k);
        ((sums[k + reach + 1] - sums[k - reach]) / (2 * reach + 1) as f64) as f32
    }));
}

fn curl_at(curl: &Curl, [x, y]: [f32; 2]) -> f32 {
    let (sin, cos) = curl.direction_deg.to_radians().sin_cos();
    let turns = (x * cos + y * sin) / curl.wavelength_mm.max(20.0);
    curl.amplitude_mm * (std::f32::consts::TAU * turns + curl.phase_deg.to_radians()).sin()
}

fn folds_at(folds: &[Fold], point: [f32; 2]) -> f32 {
    let mut previous: Option<&Fold> = None;
    folds
        .iter()
        .map(|fold| {
            let seen = match previous {
                Some(earlier) if fold.mirrored => mirror(earlier, point),
                _ => point,
            };
            previous = Some(fold);
            let distance = distance_to(fold, seen);
            if fold.one_sided && distance <= 0.0 {
                return 0.0;
            }
            // Slope `-slope` just beside the crease, fading as the paper's own weight flattens it.
            // The offset keeps the height continuous for one-sided bends.
            let reach = fold.reach_mm.max(1.0);
            fold.slope * reach * ((-distance.abs() / reach).exp() - 1.0)
        })
        .sum()
}

fn distance_to(fold: &Fold, [x, y]: [f32; 2]) -> f32 {
    let (sin, cos) = fold.normal_deg.to_radians().sin_cos();
    (x - fold.through_mm[0]) * cos + (y - fold.through_mm[1]) * sin
}

/// Brings points behind `fold` to its front, as if the sheet were closed.
fn mirror(fold: &Fold, [x, y]: [f32; 2]) -> [f32; 2] {
    let behind = (-distance_to(fold, [x, y])).max(0.0);
    let (sin, cos) = fold.normal_deg.to_radians().sin_cos();
    [x + 2.0 * behind * cos, y + 2.0 * behind * sin]
}

/// Soft patches that cover about a given share of the page.
struct Patches {
    waves: [[f32; 3]; 4],
    threshold: f32,
}

impl Patches {
    fn random<R: Rng + ?Sized>(rng: &mut R, covered: f32) -> Self {
        let waves = [(); 4].map(|()| {
            let angle = uniform(rng, 0.0, std::f32::consts::TAU);
            let per_mm = std::f32::consts::TAU / uniform(rng, 70.0, 260.0);
            [
                per_mm * angle.cos(),
                per_mm * angle.sin(),
                rng.random::<f32>() * std::f32::consts::TAU,
            ]
        });
        Self {
            waves,
            threshold: 2.0 * covered.clamp(0.0, 1.0) - 1.0,
        }
    }

    /// 0 outside, 1 inside.
    fn at(&self, [x, y]: [f32; 2]) -> f32 {
        let sum: f32 = self
            .waves
            .iter()
            .map(|[u, v, phase]| (u * x + v * y + phase).sin())
            .sum();
        // The sum of four sines lies within about ±1.4 (one deviation).
        (0.5 + 0.7 * sum / 1.4 + 1.6 * self.threshold).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const PAGE_MM: [f32; 2] = [100.0, 80.0];

    fn field(shape: SheetShape) -> HeightField {
        HeightField::new(PAGE_MM, &shape, &mut ChaCha8Rng::seed_from_u64(3))
    }

    #[test]
    fn a_ridge_has_its_slope_on_both_sides() {
        let fold = Fold {
            through_mm: [50.0, 0.0],
            normal_deg: 0.0,
            slope: 0.1,
            reach_mm: 1e6,
            one_sided: false,
            mirrored: false,
        };
        let field = field(SheetShape {
            folds: vec![fold],
            ..SheetShape::default()
        });
        assert!((field.at([50.0, 40.0]) - 5.0).abs() < 0.05);
        assert!((field.at([30.0, 40.0]) - 3.0).abs() < 0.05);
        assert!((field.gradient(160, 20)[0] + 0.1).abs() < 1e-2);
    }

    #[test]
    fn every_texel_of_a_crumpled_sheet_is_covered_and_the_lowest_touches_the_desk() {
        let crumple = Crumple {
            facet_mm: 20.0,
            height_mm: 2.0,
            stretch: 1.5,
            direction_deg: 30.0,
            covered: 1.0,
        };
        let field = field(SheetShape {
            crumples: vec![crumple],
            ..SheetShape::default()
        });
        let lowest = field.values_mm.iter().copied().fold(f32::MAX, f32::min);
        assert_eq!(lowest, 0.0);
        let steepest = (0..field.height)
            .flat_map(|j| (0..field.width).map(move |i| (i, j)))
            .map(|(i, j)| field.gradient(i, j)[0].abs())
            .fold(0.0, f32::max);
        // A hole would be a cliff.
        assert!((0.05..2.5).contains(&steepest), "{steepest}");
    }

    #[test]
    fn a_mirrored_fold_is_continuous_across_the_fold_before() {
        let first = Fold {
            through_mm: [50.0, 40.0],
            normal_deg: 10.0,
            slope: 0.1,
            reach_mm: 60.0,
            one_sided: false,
            mirrored: false,
        };
        let second = Fold {
            normal_deg: 70.0,
            mirrored: true,
            ..first
        };
        let field = field(SheetShape {
            folds: vec![first, second],
            ..SheetShape::default()
        });
        for row in field.values_mm.chunks_exact(field.width) {
            assert!(
                row.windows(2)
                    .all(|pair| (pair[1] - pair[0]).abs() < 0.3 * TEXEL_MM)
            );
        }
    }
}
