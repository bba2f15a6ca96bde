//! What every pixel looks at and in which light: the point of the desk behind it, slopes, shadows,
//! glare, and the lens's vignette.
//!
//! All of it is smooth, so it is worked out on a coarse raster over the picture and interpolated.

use super::pose::Camera;
use super::shot::{Frame, Glare, Light, Shadow, ShadowOutline};

/// Light and desk for every part of the picture.
pub struct LightField {
    columns: usize,
    values: Vec<Sight>,
}

/// What holds for one pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sight {
    /// Share of the light that arrives.
    pub gain: f32,
    /// Light that is added, by mirroring.
    pub added: f32,
    /// The point of the desk, in millimetres from the page's centre, that is or would be seen.
    pub desk_mm: [f32; 2],
}

impl Sight {
    fn towards(self, other: Self, share: f32) -> Self {
        let mix = |a: f32, b: f32| a + share * (b - a);
        Self {
            gain: mix(self.gain, other.gain),
            added: mix(self.added, other.added),
            desk_mm: [0, 1].map(|k| mix(self.desk_mm[k], other.desk_mm[k])),
        }
    }
}

const STEP_PX: usize = 8;

impl LightField {
    /// Evaluates `light` where the camera sees the desk.
    pub fn new(light: &Light, camera: &Camera, frame: Frame, page_mm: [f32; 2]) -> Self {
        let columns = frame.width_px as usize / STEP_PX + 2;
        let rows = frame.height_px as usize / STEP_PX + 2;
        let half_px = [0.5 * frame.width_px as f32, 0.5 * frame.height_px as f32];
        let mut values = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let pixel = [column, row].map(|k| (k * STEP_PX) as f32);
                let desk = camera.on_desk(pixel.map(f64::from)).map(|mm| mm as f32);
                let [x, y] = [0, 1].map(|k| (2.0 * desk[k] / page_mm[k]).clamp(-2.5, 2.5));
                let [along_x, along_y, square_x, square_y] = light.slope;
                let slopes = 1.0
                    + along_x * x
                    + along_y * y
                    + square_x * (x * x - 0.33)
                    + square_y * (y * y - 0.33);
                let on_page = [0, 1].map(|k| desk[k] + 0.5 * page_mm[k]);
                let shadows: f32 = light.shadows.iter().map(|s| s.gain_at(on_page)).product();
                let glare: f32 = light.glares.iter().map(|g| g.added_at(on_page)).sum();
                let off = [0, 1].map(|k| pixel[k] / half_px[k] - 1.0);
                let radius = 0.5 * (off[0] * off[0] + off[1] * off[1]);
                let vignette = 1.0 - light.vignette * radius;
                values.push(Sight {
                    gain: (slopes * shadows).max(0.05) * vignette.max(0.2),
                    added: glare,
                    desk_mm: desk,
                });
            }
        }
        Self { columns, values }
    }

    /// Writes what holds for every pixel of a row of the picture.
    pub fn fill_row(&self, y: usize, row: &mut [Sight]) {
        let (j, fy) = (y / STEP_PX, (y % STEP_PX) as f32 / STEP_PX as f32);
        let upper = &self.values[j * self.columns..(j + 1) * self.columns];
        let lower = &self.values[(j + 1) * self.columns..(j + 2) * self.columns];
        let at = |i: usize| upper[i].towards(lower[i], fy);
        for (i, block) in row.chunks_mut(STEP_PX).enumerate() {
            let (left, right) = (at(i), at(i + 1));
            for (k, value) in block.iter_mut().enumerate() {
                *value = left.towards(right, k as f32 / STEP_PX as f32);
            }
        }
    }
}

impl Shadow {
    fn gain_at(&self, point_mm: [f32; 2]) -> f32 {
        let outside_mm = self.outline.distance_mm(point_mm);
        let inside = (0.5 - outside_mm / self.edge_mm.max(1.0)).clamp(0.0, 1.0);
        1.0 - (1.0 - self.gain) * inside * inside * (3.0 - 2.0 * inside)
    }
}

impl ShadowOutline {
    /// Distance from the outline, negative inside (approximate for ellipses).
    fn distance_mm(&self, [x, y]: [f32; 2]) -> f32 {
        let turned = |centre: [f32; 2], turn_deg: f32| {
            let (sin, cos) = turn_deg.to_radians().sin_cos();
            let (dx, dy) = (x - centre[0], y - centre[1]);
            [dx * cos + dy * sin, dy * cos - dx * sin]
        };
        match *self {
            Self::HalfPlane { at_mm, towards_deg } => -turned(at_mm, towards_deg)[0],
            Self::Ellipse {
                centre_mm,
                radii_mm,
                turn_deg,
            } => {
                let [u, v] = turned(centre_mm, turn_deg);
                let [a, b] = radii_mm.map(|radius| radius.max(1.0));
                ((u / a).hypot(v / b) - 1.0) * a.min(b)
            }
            Self::Box {
                centre_mm,
                half_mm,
                turn_deg,
            } => {
                const CORNER_MM: f32 = 12.0;
                let [u, v] = turned(centre_mm, turn_deg);
                let du = u.abs() - (half_mm[0] - CORNER_MM).max(0.0);
                let dv = v.abs() - (half_mm[1] - CORNER_MM).max(0.0);
                du.max(0.0).hypot(dv.max(0.0)) + du.max(dv).min(0.0) - CORNER_MM
            }
        }
    }
}

impl Glare {
    fn added_at(&self, [x, y]: [f32; 2]) -> f32 {
        let du = (x - self.centre_mm[0]) / self.radii_mm[0].max(1.0);
        let dv = (y - self.centre_mm[1]) / self.radii_mm[1].max(1.0);
        self.strength * (-(du * du + dv * dv)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_is_full_inside_half_at_its_outline_and_none_outside() {
        let shadow = Shadow {
            outline: ShadowOutline::HalfPlane {
                at_mm: [100.0, 0.0],
                towards_deg: 0.0,
            },
            gain: 0.6,
            edge_mm: 10.0,
        };
        assert!((shadow.gain_at([120.0, 40.0]) - 0.6).abs() < 1e-6);
        assert!((shadow.gain_at([100.0, 40.0]) - 0.8).abs() < 1e-6);
        assert_eq!(shadow.gain_at([90.0, 40.0]), 1.0);
    }

    #[test]
    fn a_box_is_as_wide_as_it_says() {
        let outline = ShadowOutline::Box {
            centre_mm: [0.0; 2],
            half_mm: [40.0, 80.0],
            turn_deg: 90.0,
        };
        assert!((outline.distance_mm([0.0, 50.0]) - 10.0).abs() < 1e-3);
        assert!((outline.distance_mm([75.0, 0.0]) + 5.0).abs() < 1e-3);
    }
}
