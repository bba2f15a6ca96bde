//! A smooth displacement field: where a curled or crumpled sheet departs from a plane.

/// Distance of the mesh's nodes.
pub(super) const NODE_MM: f64 = 5.0;

/// A rectangle of nodes on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    /// Position of the first node in mm.
    pub(super) origin_mm: [f64; 2],
    /// Number of nodes along x and y.
    pub(super) across: usize,
    pub(super) down: usize,
}

impl Area {
    pub(super) fn len(&self) -> usize {
        self.across * self.down
    }

    /// Position of a node in mm.
    pub(super) fn node_mm(&self, node: usize) -> (f64, f64) {
        let (column, row) = (node % self.across, node / self.across);
        (
            self.origin_mm[0] + NODE_MM * column as f64,
            self.origin_mm[1] + NODE_MM * row as f64,
        )
    }

    /// The up to four nodes next to a node.
    pub(super) fn beside(&self, node: usize) -> impl Iterator<Item = usize> + use<> {
        let (across, count) = (self.across, self.len());
        let column = node % across;
        [
            (column > 0).then(|| node - 1),
            (column + 1 < across).then_some(node + 1),
            (node >= across).then(|| node - across),
            (node + across < count).then_some(node + across),
        ]
        .into_iter()
        .flatten()
    }
}

/// Shifts in mm on the nodes of an area, bilinear between them, constant beyond the edge.
#[derive(Clone, Debug)]
pub(super) struct Mesh {
    pub(super) area: Area,
    /// One [x, y] per node.
    pub(super) shifts_mm: Vec<[f32; 2]>,
}

impl Mesh {
    pub(super) fn flat(area: Area) -> Self {
        Self {
            area,
            shifts_mm: vec![[0.0; 2]; area.len()],
        }
    }

    /// The shift at a point in mm.
    pub(super) fn at(&self, x_mm: f64, y_mm: f64) -> [f64; 2] {
        let split = |mm: f64, origin: f64, count: usize| {
            let position = ((mm - origin) / NODE_MM).clamp(0.0, (count - 1) as f64);
            let whole = (position as usize).min(count.saturating_sub(2));
            (
                whole,
                (whole + 1).min(count - 1),
                (position - whole as f64) as f32,
            )
        };
        let (left, right, x_share) = split(x_mm, self.area.origin_mm[0], self.area.across);
        let (top, bottom, y_share) = split(y_mm, self.area.origin_mm[1], self.area.down);
        let node = |x: usize, y: usize| self.shifts_mm[y * self.area.across + x];
        let (a, b, c, d) = (
            node(left, top),
            node(right, top),
            node(left, bottom),
            node(right, bottom),
        );
        std::array::from_fn(|k| {
            let upper = a[k] + (b[k] - a[k]) * x_share;
            let lower = c[k] + (d[k] - c[k]) * x_share;
            f64::from(upper + (lower - upper) * y_share)
        })
    }

    /// Smooths weighted shifts and carries them into nodes without weight: normalised convolution
    /// (Knutsson & Westin 1993) of a fine kernel where there is evidence and wider ones where not.
    pub(super) fn from_weighted(
        area: Area,
        shifts_mm: &[[f32; 2]],
        weights: &[f32],
        smoothings: usize,
    ) -> Self {
        let mut planes: [Vec<f32>; 3] = [
            shifts_mm
                .iter()
                .zip(weights)
                .map(|(shift, weight)| shift[0] * weight)
                .collect(),
            shifts_mm
                .iter()
                .zip(weights)
                .map(|(shift, weight)| shift[1] * weight)
                .collect(),
            weights.to_vec(),
        ];
        let mut sums = planes.clone();
        // Each further scale counts a hundredth, so that it decides only where finer ones are empty.
        for (scale, passes) in [smoothings, 8, 24, 72].into_iter().enumerate() {
            for plane in &mut planes {
                for _ in 0..passes {
                    *plane = smoothed(plane, area);
                }
            }
            let share = 0.01f32.powi(scale as i32);
            for (sum, plane) in sums.iter_mut().zip(&planes) {
                for (sum, value) in sum.iter_mut().zip(plane) {
                    *sum = if scale == 0 {
                        *value
                    } else {
                        *sum + share * value
                    };
                }
            }
        }
        let [x, y, weight] = sums;
        let shifts_mm = x
            .iter()
            .zip(&y)
            .zip(&weight)
            .map(|((x, y), weight)| {
                if *weight > 1e-20 {
                    [x / weight, y / weight]
                } else {
                    [0.0; 2]
                }
            })
            .collect();
        Self { area, shifts_mm }
    }

    /// The mesh that first applies `self` and then corrects by `further`, both small.
    pub(super) fn then(&self, further: &Mesh) -> Self {
        let shifts_mm = (0..self.area.len())
            .map(|node| {
                let (x, y) = self.area.node_mm(node);
                let more = further.at(x, y);
                let known = self.at(x - more[0], y - more[1]);
                [(known[0] + more[0]) as f32, (known[1] + more[1]) as f32]
            })
            .collect();
        Self {
            area: self.area,
            shifts_mm,
        }
    }
}

/// One pass of the 3×3 binomial kernel; beyond the edge there is nothing.
fn smoothed(values: &[f32], area: Area) -> Vec<f32> {
    let (across, down) = (area.across, area.down);
    let at = |values: &[f32], inside: bool, index: usize| if inside { values[index] } else { 0.0 };
    let rows: Vec<f32> = (0..values.len())
        .map(|i| {
            let x = i % across;
            let left = at(values, x > 0, i.wrapping_sub(1));
            let right = at(values, x + 1 < across, i + 1);
            0.25 * left + 0.5 * values[i] + 0.25 * right
        })
        .collect();
    (0..values.len())
        .map(|i| {
            let y = i / across;
            let above = at(&rows, y > 0, i.wrapping_sub(across));
            let below = at(&rows, y + 1 < down, i + across);
            0.25 * above + 0.5 * rows[i] + 0.25 * below
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area {
        origin_mm: [-10.0, 5.0],
        across: 7,
        down: 5,
    };

    #[test]
    fn shifts_are_bilinear_between_nodes() {
        let mut mesh = Mesh::flat(AREA);
        mesh.shifts_mm[1] = [2.0, -1.0];
        assert_eq!(mesh.at(-5.0, 5.0), [2.0, -1.0]);
        assert_eq!(mesh.at(-7.5, 5.0), [1.0, -0.5]);
        assert_eq!(mesh.at(-7.5, 7.5), [0.5, -0.25]);
        assert_eq!(mesh.at(-5.0, -100.0), [2.0, -1.0]);
    }

    #[test]
    fn a_constant_shift_fills_nodes_without_evidence() {
        let mut weights = vec![0.0; AREA.len()];
        weights[3] = 1.0;
        let mesh = Mesh::from_weighted(AREA, &vec![[0.7, -0.2]; AREA.len()], &weights, 1);
        for shift in mesh.shifts_mm {
            assert!((shift[0] - 0.7).abs() < 1e-4 && (shift[1] + 0.2).abs() < 1e-4);
        }
    }

    #[test]
    fn corrections_of_a_flat_mesh_are_the_mesh() {
        let further = Mesh {
            area: AREA,
            shifts_mm: vec![[0.3, 0.1]; AREA.len()],
        };
        assert_eq!(Mesh::flat(AREA).then(&further).shifts_mm, further.shifts_mm);
    }
}
