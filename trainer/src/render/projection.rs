//! Where page millimetres land among the pixels: a similarity and, on top, a smooth unevenness.

use rand::Rng;

use super::chance::normal;

/// Maps pixels to page millimetres and back.
pub struct Projection {
    /// Page point at pixel coordinates (0, 0).
    origin_mm: [f32; 2],
    /// Columns of the matrix that takes a pixel step to a page step, in mm per pixel.
    step_x_mm: [f32; 2],
    step_y_mm: [f32; 2],
    /// Its inverse, by rows, in pixels per mm.
    pixels_per_mm: [[f32; 2]; 2],
    mesh: Option<Mesh>,
}

/// Displacements in millimetres on a square lattice of pixels, bilinear between the nodes.
pub struct Mesh {
    spacing_px: f32,
    cells_per_px: f32,
    columns: usize,
    shift_mm: Vec<[f32; 2]>,
}

impl Projection {
    /// The page as it is: its upper left corner at the first pixel's corner.
    pub fn flat(pixels_per_mm: f32) -> Self {
        let step = 1.0 / pixels_per_mm;
        Self {
            origin_mm: [0.0; 2],
            step_x_mm: [step, 0.0],
            step_y_mm: [0.0, step],
            pixels_per_mm: inverse([step, 0.0], [0.0, step]),
            mesh: None,
        }
    }

    /// Puts `centre_mm` of the page at `centre_px`, turned by `rotation_deg` (clockwise on the
    /// picture) and magnified by `scale` (horizontal, vertical).
    pub fn around(
        centre_mm: [f32; 2],
        centre_px: [f32; 2],
        pixels_per_mm: f32,
        rotation_deg: f32,
        scale: [f32; 2],
    ) -> Self {
        let (sine, cosine) = rotation_deg.to_radians().sin_cos();
        let [x, y] = scale.map(|factor| 1.0 / (pixels_per_mm * factor));
        let step_x_mm = [cosine * x, -sine * y];
        let step_y_mm = [sine * x, cosine * y];
        let origin_mm = [0, 1].map(|axis| {
            centre_mm[axis] - step_x_mm[axis] * centre_px[0] - step_y_mm[axis] * centre_px[1]
        });
        Self {
            origin_mm,
            step_x_mm,
            step_y_mm,
            pixels_per_mm: inverse(step_x_mm, step_y_mm),
            mesh: None,
        }
    }

    /// The same with a mesh of displacements on top.
    pub fn with_mesh(self, mesh: Mesh) -> Self {
        Self {
            mesh: Some(mesh),
            ..self
        }
    }

    /// Pixel coordinates of a page point.
    pub fn to_pixels(&self, page_mm: [f32; 2]) -> [f32; 2] {
        let mut pixel = self.without_mesh(page_mm);
        if let Some(mesh) = &self.mesh {
            // Displacements are small against the spacing, so the fixed point is near: two steps
            // leave less than a hundredth of a pixel.
            for _ in 0..2 {
                let shift = mesh.at(pixel);
                pixel = self.without_mesh([page_mm[0] - shift[0], page_mm[1] - shift[1]]);
            }
        }
        pixel
    }

    /// Page coordinates, x and y, of the centres of the pixels of row `y`, from the left.
    pub fn page_row(&self, y: usize, row: &mut [Vec<f32>; 2]) {
        let py = y as f32 + 0.5;
        for (axis, values) in row.iter_mut().enumerate() {
            let start = self.origin_mm[axis] + self.step_y_mm[axis] * py;
            let step = self.step_x_mm[axis];
            for (x, value) in values.iter_mut().enumerate() {
                // By way of 32 bits, whose conversion is a vector instruction.
                *value = start + step * (x as i32 as f32 + 0.5);
            }
        }
        if let Some(mesh) = &self.mesh {
            mesh.add_to_row(py, row);
        }
    }

    #[inline]
    fn without_mesh(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [x, y] = [x - self.origin_mm[0], y - self.origin_mm[1]];
        let [[a, b], [c, d]] = self.pixels_per_mm;
        [a * x + b * y, c * x + d * y]
    }
}

/// The inverse of the matrix of these columns, by rows.
fn inverse([a, c]: [f32; 2], [b, d]: [f32; 2]) -> [[f32; 2]; 2] {
    let scale = 1.0 / (a * d - b * c);
    [[d * scale, -b * scale], [-c * scale, a * scale]]
}

impl Mesh {
    /// Independent normal displacements at nodes `spacing_px` apart over `width` × `height` pixels.
    pub fn random<R: Rng + ?Sized>(
        rng: &mut R,
        (width, height): (usize, usize),
        spacing_px: f32,
        deviation_mm: f32,
    ) -> Self {
        let nodes = |size: usize| (size as f32 / spacing_px).ceil() as usize + 1;
        let columns = nodes(width);
        let shift_mm = (0..columns * nodes(height))
            .map(|_| {
                [
                    normal(rng, 0.0, deviation_mm),
                    normal(rng, 0.0, deviation_mm),
                ]
            })
            .collect();
        Self {
            spacing_px,
            cells_per_px: 1.0 / spacing_px,
            columns,
            shift_mm,
        }
    }

    fn at(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let (column, across) = self.cell(x, self.columns);
        let (row, down) = self.cell(y, self.shift_mm.len() / self.columns);
        let (left, right) = (
            self.on_column(column, row, down),
            self.on_column(column + 1, row, down),
        );
        [
            mix(left[0], right[0], across),
            mix(left[1], right[1], across),
        ]
    }

    /// The first of the two nodes around a coordinate, of so many, and how far it is to the second.
    #[inline]
    fn cell(&self, coordinate: f32, nodes: usize) -> (usize, f32) {
        let place = (coordinate * self.cells_per_px).clamp(0.0, (nodes - 1) as f32);
        let first = (place as usize).min(nodes - 2);
        (first, place - first as f32)
    }

    /// The displacement on a column of nodes, between a row of them and the next.
    #[inline]
    fn on_column(&self, column: usize, row: usize, down: f32) -> [f32; 2] {
        let upper = self.shift_mm[row * self.columns + column];
        let lower = self.shift_mm[(row + 1) * self.columns + column];
        [mix(upper[0], lower[0], down), mix(upper[1], lower[1], down)]
    }

    /// Adds the displacements along one pixel row; linear within each cell, so two ends suffice.
    fn add_to_row(&self, py: f32, [xs, ys]: &mut [Vec<f32>; 2]) {
        let (row, down) = self.cell(py, self.shift_mm.len() / self.columns);
        for column in 0..self.columns - 1 {
            let left_px = column as f32 * self.spacing_px;
            let first = (left_px - 0.5).ceil().max(0.0) as usize;
            let past = ((left_px + self.spacing_px - 0.5).ceil() as usize).min(xs.len());
            let left = self.on_column(column, row, down);
            let right = self.on_column(column + 1, row, down);
            if first >= past {
                continue;
            }
            let start = (first as f32 + 0.5 - left_px) / self.spacing_px;
            let values = [&mut xs[first..past], &mut ys[first..past]];
            for ((values, left), right) in values.into_iter().zip(left).zip(right) {
                let slope = (right - left) / self.spacing_px;
                for (k, value) in values.iter_mut().enumerate() {
                    *value += left + (right - left) * start + slope * k as i32 as f32;
                }
            }
        }
    }
}

#[inline(always)]
fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + t * (b - a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_centre_lands_in_the_centre_and_scale_magnifies() {
        let projection = Projection::around([140.0, 90.0], [384.0, 256.0], 3.0, 0.0, [1.1, 1.0]);
        let centre = projection.to_pixels([140.0, 90.0]);
        assert!((centre[0] - 384.0).abs() < 1e-2 && (centre[1] - 256.0).abs() < 1e-2);
        let right = projection.to_pixels([150.0, 90.0]);
        assert!(
            (right[0] - 384.0 - 33.0).abs() < 1e-2,
            "10 mm times 3 px times 1.1"
        );
    }

    #[test]
    fn a_clockwise_turn_lowers_the_right_side() {
        let projection = Projection::around([140.0, 90.0], [384.0, 256.0], 3.0, 5.0, [1.0; 2]);
        assert!(projection.to_pixels([160.0, 90.0])[1] > 256.0 + 4.0);
    }

    #[test]
    fn rows_and_points_agree_under_a_mesh() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mesh = Mesh::random(&mut rng, (768, 512), 30.0, 0.3);
        let projection =
            Projection::around([140.0, 90.0], [384.0, 256.0], 3.0, 0.7, [1.0; 2]).with_mesh(mesh);
        let mut row = [vec![0.0; 768], vec![0.0; 768]];
        for y in [0, 29, 200, 511] {
            projection.page_row(y, &mut row);
            for x in [0_usize, 29, 30, 400, 767] {
                let pixel = projection.to_pixels([row[0][x], row[1][x]]);
                let error = (pixel[0] - x as f32 - 0.5).hypot(pixel[1] - y as f32 - 0.5);
                assert!(error < 0.05, "{error} px off at {x}, {y}");
            }
        }
    }
}
