//! The camera: a pinhole above the desk and a lens that bends straight lines a little.

use super::shot::{Frame, Lens, Pose};

/// Maps points in space to the picture.
///
/// Space: x to the right and y down from the page's centre on the desk, z up, millimetres.
/// Picture: pixels, x to the right, y down; the centre of pixel (i, j) is at (i + ½, j + ½).
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    /// Rows are the camera's axes: right, down, forwards.
    axes: [[f64; 3]; 3],
    distance_mm: f64,
    focal_px: f64,
    centre_px: [f64; 2],
    shift_px: [f64; 2],
    lens: Lens,
    half_diagonal_px: f64,
}

impl Camera {
    /// A camera that sees a page of `page_mm` as `pose` says.
    pub fn new(pose: &Pose, lens: Lens, frame: Frame, page_mm: [f32; 2]) -> Self {
        let size = [f64::from(frame.width_px), f64::from(frame.height_px)];
        let mut camera = Self {
            axes: axes(pose),
            distance_mm: 0.0,
            focal_px: f64::from(pose.focal.clamp(0.3, 20.0)) * size[0].max(size[1]),
            centre_px: size.map(|side| 0.5 * side),
            shift_px: [0.0; 2],
            lens,
            half_diagonal_px: 0.5 * size[0].hypot(size[1]),
        };
        camera.step_back(page_mm, size, f64::from(pose.fill.clamp(0.1, 2.0)));
        let [low, high] = camera.extent_px(page_mm);
        for axis in 0..2 {
            let extent = high[axis] - low[axis];
            let cropped = f64::from(pose.cropped[axis]);
            let wanted_low = if cropped > 0.0 {
                size[axis] - (1.0 - cropped) * extent
            } else if cropped < 0.0 {
                cropped * extent
            } else {
                0.5 * (1.0 + f64::from(pose.placement[axis])) * (size[axis] - extent)
            };
            camera.shift_px[axis] = wanted_low - low[axis];
        }
        camera
    }

    /// Where a point in space appears.
    pub fn project(&self, point_mm: [f64; 3]) -> [f64; 2] {
        let [x, y] = self.through_pinhole(point_mm);
        let r2 = x * x + y * y;
        let bend = 1.0 + f64::from(self.lens.k1) * r2 + f64::from(self.lens.k2) * r2 * r2;
        self.to_pixels([x * bend, y * bend])
    }

    /// The point of the desk (z = 0) that appears at `picture_px`. Lens distortion is undone by
    /// two fixed-point steps, which is exact enough for what lies around a page.
    pub fn on_desk(&self, picture_px: [f64; 2]) -> [f64; 2] {
        let bent = [0, 1].map(|k| {
            (picture_px[k] - self.centre_px[k] - self.shift_px[k]) / self.half_diagonal_px
        });
        let mut straight = bent;
        for _ in 0..2 {
            let r2 = straight[0] * straight[0] + straight[1] * straight[1];
            let bend = 1.0 + f64::from(self.lens.k1) * r2 + f64::from(self.lens.k2) * r2 * r2;
            straight = bent.map(|part| part / bend);
        }
        let scale = self.half_diagonal_px / self.focal_px;
        let ray = [straight[0] * scale, straight[1] * scale, 1.0];
        // In the page's axes: the camera stands at −distance along its own forward axis.
        let direction =
            [0, 1, 2].map(|k| (0..3).map(|row| self.axes[row][k] * ray[row]).sum::<f64>());
        let from = [0, 1, 2].map(|k| -self.distance_mm * self.axes[2][k]);
        let along = -from[2] / direction[2];
        [
            from[0] + along * direction[0],
            from[1] + along * direction[1],
        ]
    }

    /// Linear magnification on the desk at the page's centre (root of the area's magnification).
    pub fn pixels_per_mm(&self) -> f64 {
        self.pixels_per_mm_at([0.0, 0.0])
    }

    /// The same at another point of the desk.
    pub fn pixels_per_mm_at(&self, [x, y]: [f64; 2]) -> f64 {
        let here = self.project([x, y, 0.0]);
        let right = self.project([x + 1.0, y, 0.0]);
        let down = self.project([x, y + 1.0, 0.0]);
        let cross =
            (right[0] - here[0]) * (down[1] - here[1]) - (right[1] - here[1]) * (down[0] - here[0]);
        cross.abs().sqrt()
    }

    /// Position relative to the picture's centre in half diagonals, before the lens.
    fn through_pinhole(&self, [x, y, z]: [f64; 3]) -> [f64; 2] {
        // The page's third axis points away from the camera, so heights count negative.
        let [right, down, forwards] = self
            .axes
            .map(|axis| axis[0] * x + axis[1] * y - axis[2] * z);
        let depth = (forwards + self.distance_mm).max(1.0);
        let scale = self.focal_px / (depth * self.half_diagonal_px);
        [right * scale, down * scale]
    }

    fn to_pixels(self, normalised: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|k| self.centre_px[k] + self.shift_px[k] + normalised[k] * self.half_diagonal_px)
    }

    /// Finds the distance from which the page's extent is `fill` of the frame.
    fn step_back(&mut self, page_mm: [f32; 2], size: [f64; 2], fill: f64) {
        let diagonal = f64::from(page_mm[0]).hypot(f64::from(page_mm[1]));
        // Nearer than this, a tilted page would reach behind the camera.
        let (mut near, mut far) = (0.45 * diagonal, 400.0 * diagonal);
        for _ in 0..60 {
            self.distance_mm = (near * far).sqrt();
            let [low, high] = self.extent_px(page_mm);
            let share = [0, 1]
                .map(|k| (high[k] - low[k]) / size[k])
                .into_iter()
                .fold(0.0, f64::max);
            if share > fill {
                near = self.distance_mm;
            } else {
                far = self.distance_mm;
            }
        }
    }

    /// Corners of the box around the flat page's outline in the picture.
    fn extent_px(&self, page_mm: [f32; 2]) -> [[f64; 2]; 2] {
        let [x, y] = page_mm.map(|side| 0.5 * f64::from(side));
        let outline = [[-x, -y], [x, -y], [x, y], [-x, y]].map(|[x, y]| self.project([x, y, 0.0]));
        [f64::min, f64::max]
            .map(|pick| [0, 1].map(|k| outline.iter().map(|p| p[k]).reduce(pick).unwrap_or(0.0)))
    }
}

fn axes(pose: &Pose) -> [[f64; 3]; 3] {
    let (sin_a, cos_a) = f64::from(pose.tilt_axis_deg).to_radians().sin_cos();
    let (sin_t, cos_t) = f64::from(pose.tilt_deg).to_radians().sin_cos();
    // Rodrigues' formula for a turn by the tilt about (cos a, sin a, 0).
    let rest = 1.0 - cos_t;
    let tilted = [
        [
            cos_t + cos_a * cos_a * rest,
            cos_a * sin_a * rest,
            sin_a * sin_t,
        ],
        [
            cos_a * sin_a * rest,
            cos_t + sin_a * sin_a * rest,
            -cos_a * sin_t,
        ],
        [-sin_a * sin_t, cos_a * sin_t, cos_t],
    ];
    let (sin_r, cos_r) = f64::from(pose.roll_deg).to_radians().sin_cos();
    let mix = |p: f64, q: f64| [0, 1, 2].map(|k| p * tilted[0][k] + q * tilted[1][k]);
    [mix(cos_r, -sin_r), mix(sin_r, cos_r), tilted[2]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::CameraShot;

    const PAGE_MM: [f32; 2] = [297.0, 210.0];

    fn camera(change: impl Fn(&mut Pose)) -> Camera {
        let mut pose = CameraShot::plain(1600, 1200).pose;
        change(&mut pose);
        let frame = Frame {
            width_px: 1600,
            height_px: 1200,
        };
        Camera::new(&pose, Lens { k1: 0.02, k2: 0.0 }, frame, PAGE_MM)
    }

    #[test]
    fn a_page_fills_its_share_of_the_frame() {
        let camera = camera(|pose| pose.tilt_deg = 20.0);
        let [low, high] = camera.extent_px(PAGE_MM);
        let share = ((high[0] - low[0]) / 1600.0).max((high[1] - low[1]) / 1200.0);
        assert!((share - 0.9).abs() < 1e-6);
        assert!((low[0] + high[0] - 1600.0).abs() < 1e-6);
    }

    #[test]
    fn a_quarter_turn_is_clockwise() {
        let camera = camera(|pose| pose.roll_deg = 90.0);
        let left = camera.project([-100.0, 0.0, 0.0]);
        let middle = camera.project([0.0, 0.0, 0.0]);
        assert!((left[0] - middle[0]).abs() < 1e-6 && left[1] < middle[1] - 50.0);
    }

    #[test]
    fn the_desk_is_found_again() {
        let camera = camera(|pose| {
            pose.tilt_deg = 27.0;
            pose.tilt_axis_deg = 130.0;
            pose.roll_deg = 33.0;
            pose.placement = [0.7, -0.2];
        });
        let seen = camera.project([80.0, -60.0, 0.0]);
        let [x, y] = camera.on_desk(seen);
        assert!(
            (x - 80.0).abs() < 0.05 && (y + 60.0).abs() < 0.05,
            "{x} {y}"
        );
    }

    #[test]
    fn what_stands_higher_looks_larger() {
        let camera = camera(|_| {});
        let low = camera.project([100.0, 0.0, 0.0])[0];
        let high = camera.project([100.0, 0.0, 20.0])[0];
        assert!(high > low + 1.0);
    }

    #[test]
    fn a_cropped_page_leaves_the_frame_by_its_share() {
        let camera = camera(|pose| pose.cropped = [-0.1, 0.0]);
        let [low, high] = camera.extent_px(PAGE_MM);
        assert!((low[0] + 0.1 * (high[0] - low[0])).abs() < 1e-3);
    }
}
