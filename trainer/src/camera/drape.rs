//! Where every point of the page is in space.
//!
//! Paper bends but does not stretch. Given its heights, the points move sideways until neighbours
//! are as far apart as they are on the flat page: first row by row and column by column, then by
//! a few sweeps that push and pull each pair of neighbours (position-based dynamics, Müller et
//! al. 2007).

use super::height::HeightField;

/// Distance between two nodes of the mesh; a divisor of the truth's 10 mm.
pub const NODE_MM: f32 = 2.0;

/// A mesh over the page with one more ring of nodes outside, so that the page's edges are inside.
pub struct Drape {
    /// Nodes per row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Position of every column on the page.
    pub page_x_mm: Vec<f32>,
    /// Position of every row on the page.
    pub page_y_mm: Vec<f32>,
    /// `[rows * columns]`: x to the right and y down from the page's centre, z up from the desk.
    pub points_mm: Vec<[f32; 3]>,
}

impl Drape {
    /// Lays a page of `page_mm` out in the shape of `field`.
    pub fn new(page_mm: [f32; 2], field: &HeightField) -> Self {
        let page_x_mm = nodes_along(page_mm[0]);
        let page_y_mm = nodes_along(page_mm[1]);
        let (columns, rows) = (page_x_mm.len(), page_y_mm.len());
        let mut points_mm = Vec::with_capacity(columns * rows);
        for y in &page_y_mm {
            for x in &page_x_mm {
                let z = field.at([*x, *y]);
                points_mm.push([x - 0.5 * page_mm[0], y - 0.5 * page_mm[1], z]);
            }
        }
        let mut drape = Self {
            columns,
            rows,
            page_x_mm,
            page_y_mm,
            points_mm,
        };
        let is_flat = drape.points_mm.iter().all(|point| point[2] < 1e-4);
        if !is_flat {
            drape.extend_ring();
            drape.draw_together();
            for _ in 0..SWEEPS {
                drape.relax();
            }
        }
        drape
    }

    /// The position of a point of the page, in between nodes.
    pub fn at(&self, page_mm: [f32; 2]) -> [f32; 3] {
        let (i, fx) = locate(&self.page_x_mm, page_mm[0]);
        let (j, fy) = locate(&self.page_y_mm, page_mm[1]);
        let node = |r: usize, c: usize| self.points_mm[(j + r) * self.columns + i + c];
        let (a, b, c, d) = (node(0, 0), node(0, 1), node(1, 0), node(1, 1));
        [0, 1, 2].map(|k| {
            let upper = a[k] + fx * (b[k] - a[k]);
            let lower = c[k] + fx * (d[k] - c[k]);
            upper + fy * (lower - upper)
        })
    }

    /// Continues the slope at the edges in the outer ring.
    fn extend_ring(&mut self) {
        let (columns, rows) = (self.columns, self.rows);
        let z = |points: &[[f32; 3]], j: usize, i: usize| points[j * columns + i][2];
        for j in 0..rows {
            let points = &mut self.points_mm;
            points[j * columns][2] = 2.0 * z(points, j, 1) - z(points, j, 2);
            points[j * columns + columns - 1][2] =
                2.0 * z(points, j, columns - 2) - z(points, j, columns - 3);
        }
        for i in 0..columns {
            let points = &mut self.points_mm;
            points[i][2] = 2.0 * z(points, 1, i) - z(points, 2, i);
            points[(rows - 1) * columns + i][2] =
                2.0 * z(points, rows - 2, i) - z(points, rows - 3, i);
        }
    }

    /// Shortens every row and every column by what its slopes take up, about its middle.
    fn draw_together(&mut self) {
        for j in 0..self.rows {
            let row: Vec<usize> = (0..self.columns).map(|i| j * self.columns + i).collect();
            self.shorten(&row, 0);
        }
        for i in 0..self.columns {
            let column: Vec<usize> = (0..self.rows).map(|j| j * self.columns + i).collect();
            self.shorten(&column, 1);
        }
    }

    fn shorten(&mut self, line: &[usize], axis: usize) {
        let mut places = vec![0.0];
        let mut place = 0.0;
        for pair in line.windows(2) {
            let (a, b) = (self.points_mm[pair[0]], self.points_mm[pair[1]]);
            place += planar_length(b[axis] - a[axis], b[2] - a[2]);
            places.push(place);
        }
        let middle = line.len() / 2;
        let anchor = self.points_mm[line[middle]][axis];
        for (index, place) in line.iter().zip(&places) {
            self.points_mm[*index][axis] = anchor + place - places[middle];
        }
    }

    /// One sweep over all pairs of neighbours, diagonals included.
    fn relax(&mut self) {
        for j in 0..self.rows {
            for i in 0..self.columns {
                if i + 1 < self.columns {
                    self.push_apart((i, j), (i + 1, j));
                }
                if j + 1 < self.rows {
                    self.push_apart((i, j), (i, j + 1));
                    if i + 1 < self.columns {
                        self.push_apart((i, j), (i + 1, j + 1));
                        self.push_apart((i + 1, j), (i, j + 1));
                    }
                }
            }
        }
    }

    fn push_apart(&mut self, (i, j): (usize, usize), (k, l): (usize, usize)) {
        let flat =
            (self.page_x_mm[k] - self.page_x_mm[i]).hypot(self.page_y_mm[l] - self.page_y_mm[j]);
        let (first, second) = (j * self.columns + i, l * self.columns + k);
        let (a, b) = (self.points_mm[first], self.points_mm[second]);
        let wanted = planar_length(flat, b[2] - a[2]);
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = dx.hypot(dy).max(1e-3);
        let share = 0.5 * (length - wanted) / length;
        for (point, sign) in [(first, 1.0), (second, -1.0)] {
            self.points_mm[point][0] += sign * share * dx;
            self.points_mm[point][1] += sign * share * dy;
        }
    }
}

const SWEEPS: usize = 12;

/// What is left of a length on paper, seen from above, when its ends differ in height.
fn planar_length(length: f32, rise: f32) -> f32 {
    // Steeper than 45° is no paper on a desk; it would turn the mesh over.
    (length * length - (rise * rise).min(0.5 * length * length)).sqrt()
}

/// Multiples of [`NODE_MM`] over a side, its end, and one more at either end.
fn nodes_along(side_mm: f32) -> Vec<f32> {
    let inner = (side_mm / NODE_MM - 0.05).floor() as usize;
    let mut nodes = vec![-NODE_MM];
    nodes.extend((0..=inner).map(|k| k as f32 * NODE_MM));
    nodes.extend([side_mm, side_mm + NODE_MM]);
    nodes
}

/// The interval of `nodes` that holds `value`, and how far into it.
fn locate(nodes: &[f32], value: f32) -> (usize, f32) {
    let interval = nodes
        .partition_point(|node| *node <= value)
        .clamp(1, nodes.len() - 1)
        - 1;
    let (low, high) = (nodes[interval], nodes[interval + 1]);
    (interval, (value - low) / (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::shot::{Curl, SheetShape};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn curled(amplitude_mm: f32) -> Drape {
        let page_mm = [120.0, 90.0];
        let shape = SheetShape {
            curls: vec![Curl {
                amplitude_mm,
                wavelength_mm: 80.0,
                direction_deg: 20.0,
                phase_deg: 40.0,
            }],
            ..SheetShape::default()
        };
        let field = HeightField::new(page_mm, &shape, &mut ChaCha8Rng::seed_from_u64(0));
        Drape::new(page_mm, &field)
    }

    #[test]
    fn a_flat_page_stays_where_it_is() {
        let drape = curled(0.0);
        let [x, y, z] = drape.at([30.0, 89.0]);
        assert!((x + 30.0).abs() < 1e-4 && (y - 44.0).abs() < 1e-4 && z == 0.0);
    }

    #[test]
    fn curled_paper_keeps_its_lengths() {
        let drape = curled(5.0);
        let mut worst = 0.0_f32;
        for j in 0..drape.rows {
            for i in 0..drape.columns - 1 {
                let a = drape.points_mm[j * drape.columns + i];
                let b = drape.points_mm[j * drape.columns + i + 1];
                let length = (0..3).map(|k| (b[k] - a[k]).powi(2)).sum::<f32>().sqrt();
                let flat = drape.page_x_mm[i + 1] - drape.page_x_mm[i];
                worst = worst.max((length / flat - 1.0).abs());
            }
        }
        assert!(worst < 0.02, "lengths are off by {worst}");
        let width = drape.at([120.0, 45.0])[0] - drape.at([0.0, 45.0])[0];
        assert!(width < 119.0, "a wave of 5 mm shortens the page, {width}");
    }
}
