//! Plane projective maps, and fitting one to how grid lines run across a photo.

/// A projective map of the plane: row-major 3×3, applied to (x, y, 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Homography(pub [f64; 9]);

impl Homography {
    pub(super) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);

    /// x' = `scale` · x + (`shift_x`, `shift_y`).
    pub(super) fn scale_shift(scale: f64, shift_x: f64, shift_y: f64) -> Self {
        Self([scale, 0.0, shift_x, 0.0, scale, shift_y, 0.0, 0.0, 1.0])
    }

    /// A turn by `quarters` × 90° that takes +x towards +y.
    pub(super) fn quarter_turn(quarters: i32) -> Self {
        let (cos, sin) =
            [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)][quarters.rem_euclid(4) as usize];
        Self([cos, -sin, 0.0, sin, cos, 0.0, 0.0, 0.0, 1.0])
    }

    /// The map that takes four points to four others, if no three of them are in line.
    pub(super) fn from_points(from: [[f64; 2]; 4], to: [[f64; 2]; 4]) -> Option<Self> {
        let mut matrix = [[0.0; 8]; 8];
        let mut right = [0.0; 8];
        for (k, ([x, y], [u, v])) in from.into_iter().zip(to).enumerate() {
            matrix[2 * k] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y];
            matrix[2 * k + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y];
            right[2 * k] = u;
            right[2 * k + 1] = v;
        }
        let [a, b, c, d, e, f, g, h] = solve(matrix, right)?;
        let map = Self([a, b, c, d, e, f, g, h, 1.0]);
        (map.determinant().abs() > 1e-12).then_some(map)
    }

    pub(super) fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let h = &self.0;
        let w = h[6] * x + h[7] * y + h[8];
        (
            (h[0] * x + h[1] * y + h[2]) / w,
            (h[3] * x + h[4] * y + h[5]) / w,
        )
    }

    /// The denominator at a point: its sign changes on the horizon.
    pub(super) fn depth(&self, x: f64, y: f64) -> f64 {
        self.0[6] * x + self.0[7] * y + self.0[8]
    }

    /// First `other`, then `self`.
    pub(super) fn after(&self, other: &Self) -> Self {
        let mut product = [0.0; 9];
        for (k, value) in product.iter_mut().enumerate() {
            *value = (0..3)
                .map(|i| self.0[k / 3 * 3 + i] * other.0[i * 3 + k % 3])
                .sum();
        }
        Self(product)
    }

    pub(super) fn inverse(&self) -> Option<Self> {
        let m = &self.0;
        let determinant = self.determinant();
        if !determinant.is_finite() || determinant.abs() < 1e-30 {
            return None;
        }
        let cofactors = [
            m[4] * m[8] - m[5] * m[7],
            m[2] * m[7] - m[1] * m[8],
            m[1] * m[5] - m[2] * m[4],
            m[5] * m[6] - m[3] * m[8],
            m[0] * m[8] - m[2] * m[6],
            m[2] * m[3] - m[0] * m[5],
            m[3] * m[7] - m[4] * m[6],
            m[1] * m[6] - m[0] * m[7],
            m[0] * m[4] - m[1] * m[3],
        ];
        Some(Self(cofactors.map(|value| value / determinant)))
    }

    /// The derivative at a point: [du/dx, du/dy, dv/dx, dv/dy].
    pub(super) fn jacobian(&self, x: f64, y: f64) -> [f64; 4] {
        let h = &self.0;
        let w = self.depth(x, y);
        let (u, v) = self.apply(x, y);
        [
            (h[0] - u * h[6]) / w,
            (h[1] - u * h[7]) / w,
            (h[3] - v * h[6]) / w,
            (h[4] - v * h[7]) / w,
        ]
    }

    /// By how much lengths grow at a point (square root of the area factor).
    pub(super) fn scale_at(&self, x: f64, y: f64) -> f64 {
        let [a, b, c, d] = self.jacobian(x, y);
        (a * d - b * c).abs().sqrt()
    }

    /// How much longer the longest image of a unit step is than the shortest.
    pub(super) fn stretch_at(&self, x: f64, y: f64) -> f64 {
        let [a, b, c, d] = self.jacobian(x, y);
        // Singular values of a 2×2 matrix from its conformal and anticonformal parts.
        let (conformal, anticonformal) = ((a + d).hypot(b - c), (a - d).hypot(b + c));
        (conformal + anticonformal) / (conformal - anticonformal).abs()
    }

    fn determinant(&self) -> f64 {
        let m = &self.0;
        m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6])
            + m[2] * (m[3] * m[7] - m[4] * m[6])
    }
}

/// Local wave vectors of the grid's two families of lines around one point of the photo.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalGrid {
    /// Centre of the patch, in pixels.
    pub(super) centre: [f64; 2],
    /// Cycles (of 5 mm) per pixel: [across x, across y] of the upright lines, then of the level ones.
    pub(super) waves: [f64; 4],
    /// How clearly the lines show.
    pub(super) weight: f64,
}

/// The map from pixels to grid periods (origin arbitrary) whose derivative agrees best with the
/// wave vectors: Gauss–Newton on six parameters with Cauchy weights, so that a quarter of wrong
/// patches does no harm. `None` if the patches don't determine it.
pub(super) fn fit_to_waves(patches: &[LocalGrid]) -> Option<Homography> {
    let total: f64 = patches.iter().map(|patch| patch.weight).sum();
    let mean = |of: &dyn Fn(&LocalGrid) -> f64| {
        patches
            .iter()
            .map(|patch| of(patch) * patch.weight)
            .sum::<f64>()
            / total
    };
    let (centre_x, centre_y) = (
        mean(&|patch| patch.centre[0]),
        mean(&|patch| patch.centre[1]),
    );
    // Coordinates of order one keep the normal equations well conditioned.
    const UNIT_PX: f64 = 1000.0;
    let start: [f64; 4] = std::array::from_fn(|k| mean(&|patch| patch.waves[k]) * UNIT_PX);
    let mut parameters = [start[0], start[1], start[2], start[3], 0.0, 0.0];
    let as_map = |p: &[f64; 6]| Homography([p[0], p[1], 0.0, p[2], p[3], 0.0, p[4], p[5], 1.0]);
    let period = (start[0].abs() + start[3].abs()) / 2.0;
    let mut tolerance = 0.15 * period;
    for _ in 0..30 {
        let mut matrix = [[0.0; 6]; 6];
        let mut right = [0.0; 6];
        for patch in patches {
            let (x, y) = (
                (patch.centre[0] - centre_x) / UNIT_PX,
                (patch.centre[1] - centre_y) / UNIT_PX,
            );
            let model = as_map(&parameters).jacobian(x, y);
            let slopes: [[f64; 4]; 6] = std::array::from_fn(|k| {
                let mut moved = parameters;
                let step = 1e-5 * (1.0 + moved[k].abs());
                moved[k] += step;
                let moved = as_map(&moved).jacobian(x, y);
                std::array::from_fn(|i| (moved[i] - model[i]) / step)
            });
            for i in 0..4 {
                let residual = patch.waves[i] * UNIT_PX - model[i];
                let weight = patch.weight / (1.0 + (residual / tolerance).powi(2));
                for j in 0..6 {
                    right[j] += weight * slopes[j][i] * residual;
                    for k in 0..6 {
                        matrix[j][k] += weight * slopes[j][i] * slopes[k][i];
                    }
                }
            }
        }
        for (k, row) in matrix.iter_mut().enumerate() {
            row[k] = row[k] * 1.001 + 1e-9;
        }
        for (parameter, step) in parameters.iter_mut().zip(solve(matrix, right)?) {
            *parameter += step;
        }
        tolerance = (tolerance * 0.9).max(0.01 * period);
    }
    let map = as_map(&parameters).after(&Homography::scale_shift(
        1.0 / UNIT_PX,
        -centre_x / UNIT_PX,
        -centre_y / UNIT_PX,
    ));
    map.0.iter().all(|value| value.is_finite()).then_some(map)
}

/// Solves a small dense system by elimination with row pivoting; `None` if singular.
pub(super) fn solve<const N: usize>(
    mut matrix: [[f64; N]; N],
    mut right: [f64; N],
) -> Option<[f64; N]> {
    for column in 0..N {
        let pivot = (column..N)
            .max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs()))?;
        let size = matrix[pivot][column].abs();
        if size.is_nan() || size < 1e-14 {
            return None;
        }
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        let pivot_row = matrix[column];
        for row in (0..N).filter(|&row| row != column) {
            let factor = matrix[row][column] / pivot_row[column];
            for (value, pivot_value) in matrix[row].iter_mut().zip(pivot_row) {
                *value -= factor * pivot_value;
            }
            right[row] -= factor * right[column];
        }
    }
    Some(std::array::from_fn(|k| right[k] / matrix[k][k]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_points_determine_the_map() {
        let from = [[0.0, 0.0], [256.0, 0.0], [256.0, 170.0], [0.0, 170.0]];
        let to = [
            [100.0, 80.0],
            [2000.0, 120.0],
            [1900.0, 1500.0],
            [150.0, 1400.0],
        ];
        let map = Homography::from_points(from, to).unwrap();
        for (a, b) in from.iter().zip(to) {
            let (x, y) = map.apply(a[0], a[1]);
            assert!((x - b[0]).abs() < 1e-6 && (y - b[1]).abs() < 1e-6);
        }
        let back = map.inverse().unwrap().after(&map);
        let (x, y) = back.apply(33.0, 44.0);
        assert!((x - 33.0).abs() < 1e-9 && (y - 44.0).abs() < 1e-9);
        assert_eq!(Homography::from_points([[1.0, 1.0]; 4], to), None);
    }

    #[test]
    fn quarter_turn_takes_x_to_y() {
        assert_eq!(Homography::quarter_turn(1).apply(3.0, 0.0), (0.0, 3.0));
        assert_eq!(Homography::quarter_turn(-1).apply(0.0, 2.0), (2.0, 0.0));
    }

    #[test]
    fn scale_of_a_similarity_is_its_factor() {
        assert!((Homography::scale_shift(2.5, 7.0, -3.0).scale_at(10.0, 20.0) - 2.5).abs() < 1e-12);
    }

    #[test]
    fn waves_of_a_tilted_page_give_back_its_map_despite_outliers() {
        let truth = Homography([0.05, 0.004, -20.0, -0.003, 0.055, -15.0, 4e-5, -6e-5, 1.0]);
        let mut patches = Vec::new();
        for (k, x) in (50..1300).step_by(90).enumerate() {
            for y in (50..900).step_by(90) {
                let mut waves = truth.jacobian(f64::from(x), f64::from(y));
                if k % 6 == 0 && y % 4 == 0 {
                    waves = waves.map(|wave| wave * 1.7);
                }
                patches.push(LocalGrid {
                    centre: [f64::from(x), f64::from(y)],
                    waves,
                    weight: 1.0,
                });
            }
        }
        let found = fit_to_waves(&patches).unwrap();
        let (origin, truth_origin) = (found.apply(600.0, 400.0), truth.apply(600.0, 400.0));
        for (x, y) in [(60.0, 60.0), (1250.0, 70.0), (1200.0, 850.0)] {
            let (a, b) = (found.apply(x, y), truth.apply(x, y));
            assert!(
                (a.0 - origin.0 - b.0 + truth_origin.0).abs() < 0.05,
                "{a:?} {b:?}"
            );
            assert!(
                (a.1 - origin.1 - b.1 + truth_origin.1).abs() < 0.05,
                "{a:?} {b:?}"
            );
        }
    }
}
