//! Where every part of the page is in a photo.

use serde::{Deserialize, Serialize};

use super::drape::Drape;
use super::expose::Layer;
use super::pose::Camera;
use super::shot::CameraShot;

/// What a rectifier should find, and how hard the photo is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoTruth {
    /// Size of the picture.
    pub photo_px: [u32; 2],
    /// Size of the page.
    pub page_mm: [f32; 2],
    /// Columns of the lattice: points are listed row by row.
    pub lattice_columns: usize,
    /// Points of the page every 10 mm, starting at its upper left corner.
    pub lattice: Vec<LatticePoint>,
    /// Linear magnification at the page's centre, of the desk (paper that lies flat).
    pub pixels_per_mm: f32,
    /// The least linear magnification over the visible lattice points.
    pub least_pixels_per_mm: f32,
    /// Angle between the optical axis and the desk's normal.
    pub tilt_deg: f32,
    /// Clockwise turn of the page in the picture, −180 to 180.
    pub roll_deg: f32,
    /// Standard deviation of all blur along the direction where it is largest, in mm on paper.
    pub blur_mm: f32,
    /// Largest height of the paper above the desk.
    pub relief_mm: f32,
    /// Names of what was done, for tables.
    pub effects: Vec<String>,
}

/// A point of the page and its picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatticePoint {
    /// On the page, from its upper left corner.
    pub page_mm: [f32; 2],
    /// In the picture; the centre of pixel (i, j) is at (i + ½, j + ½).
    pub photo_px: [f32; 2],
    /// Whether it is inside the frame and not turned away or covered.
    pub visible: bool,
}

/// Distance between two points of the lattice.
pub const LATTICE_MM: f32 = 10.0;

impl PhotoTruth {
    /// Collects the truth about a photo.
    pub fn new(shot: &CameraShot, camera: &Camera, drape: &Drape, page_mm: [f32; 2]) -> Self {
        let [columns, rows] = page_mm.map(|side| (side / LATTICE_MM + 1e-3) as usize + 1);
        let size = [shot.frame.width_px as f32, shot.frame.height_px as f32];
        let mut lattice = Vec::with_capacity(columns * rows);
        let mut least = f32::MAX;
        for row in 0..rows {
            for column in 0..columns {
                let at = [column as f32 * LATTICE_MM, row as f32 * LATTICE_MM];
                let photo_px = position_px(camera, drape, at);
                let in_frame = (0..2).all(|k| (0.0..size[k]).contains(&photo_px[k]));
                let is_front = shot
                    .sheet
                    .flap
                    .is_none_or(|flap| flap.layer_at(at, page_mm) == Layer::Front);
                let visible = in_frame && is_front;
                if visible {
                    least = least.min(magnification(camera, drape, at));
                }
                lattice.push(LatticePoint {
                    page_mm: at,
                    photo_px,
                    visible,
                });
            }
        }
        let pixels_per_mm = camera.pixels_per_mm() as f32;
        Self {
            photo_px: [shot.frame.width_px, shot.frame.height_px],
            page_mm,
            lattice_columns: columns,
            lattice,
            pixels_per_mm,
            least_pixels_per_mm: if least < f32::MAX { least } else { 0.0 },
            tilt_deg: shot.pose.tilt_deg,
            roll_deg: (shot.pose.roll_deg + 180.0).rem_euclid(360.0) - 180.0,
            blur_mm: shot.blur_mm(pixels_per_mm),
            relief_mm: drape.points_mm.iter().map(|p| p[2]).fold(0.0, f32::max),
            effects: shot.effects(),
        }
    }
}

impl PhotoTruth {
    /// The box (left, top, right, bottom) around what is visible of the page.
    pub fn page_box_px(&self) -> [u32; 4] {
        let visible = self.lattice.iter().filter(|point| point.visible);
        visible.fold([u32::MAX, u32::MAX, 0, 0], |around, point| {
            let [x, y] = point.photo_px.map(|px| px as u32);
            let [left, top, right, bottom] = around;
            [left.min(x), top.min(y), right.max(x), bottom.max(y)]
        })
    }
}

/// Where a point of the page appears.
pub fn position_px(camera: &Camera, drape: &Drape, page_mm: [f32; 2]) -> [f32; 2] {
    camera
        .project(drape.at(page_mm).map(f64::from))
        .map(|px| px as f32)
}

fn magnification(camera: &Camera, drape: &Drape, [x, y]: [f32; 2]) -> f32 {
    let here = position_px(camera, drape, [x, y]);
    let right = position_px(camera, drape, [x + 1.0, y]);
    let down = position_px(camera, drape, [x, y + 1.0]);
    let cross =
        (right[0] - here[0]) * (down[1] - here[1]) - (right[1] - here[1]) * (down[0] - here[0]);
    cross.abs().sqrt()
}

impl CameraShot {
    /// Standard deviation of all blur together, along the direction where it is largest.
    pub fn blur_mm(&self, pixels_per_mm: f32) -> f32 {
        // Motion at constant speed is a box, whose deviation is its length over the root of 12;
        // a bottleneck averages over its pixels, before and after.
        let motion = self.optics.motion_mm / 12.0_f32.sqrt();
        let softness = self.optics.softness_px / pixels_per_mm;
        let bottleneck = self
            .optics
            .bottleneck_pixels_per_mm
            .map_or(0.0, |b| 0.5 / b);
        let defocus = self.optics.defocus_mm;
        (defocus * defocus + motion * motion + softness * softness + bottleneck * bottleneck).sqrt()
    }

    /// Names of all that this shot does, for tables of results.
    pub fn effects(&self) -> Vec<String> {
        let (sheet, optics, sensor) = (&self.sheet, &self.optics, &self.sensor);
        let quarter = (self.pose.roll_deg / 90.0).round().rem_euclid(4.0) as i32;
        let all = [
            ("fold", !sheet.folds.is_empty()),
            ("curl", !sheet.curls.is_empty()),
            ("crumple", !sheet.crumples.is_empty()),
            ("flap", sheet.flap.is_some()),
            ("turned", quarter == 1 || quarter == 3),
            ("upside_down", quarter == 2),
            (
                "cropped",
                self.pose.cropped != [0.0; 2] || self.pose.fill > 1.0,
            ),
            ("shadow", !self.light.shadows.is_empty()),
            ("glare", !self.light.glares.is_empty()),
            ("defocus", optics.defocus_mm > 0.05),
            ("motion", optics.motion_mm > 0.1),
            ("low_resolution", optics.bottleneck_pixels_per_mm.is_some()),
            ("noise", sensor.noise > 0.015),
            ("sharpening", sensor.sharpening > 0.3),
            ("screen", sensor.screen_pitch_mm.is_some()),
            (
                "grey_copy",
                matches!(self.copy, super::shot::Copying::Grey(_)),
            ),
            (
                "black_and_white",
                matches!(self.copy, super::shot::Copying::BlackAndWhite(_)),
            ),
            ("pen", self.marks.pen_strokes > 0 || self.marks.words > 0),
            ("stamp", self.marks.stamps > 0),
            ("redaction", self.marks.redactions > 0),
            ("stain", self.marks.stains > 0),
            ("strong_jpeg", self.file.jpeg < 50),
            ("double_jpeg", self.file.earlier_jpeg.is_some()),
            ("second_sheet", self.desk.second_sheet.is_some()),
        ];
        all.into_iter()
            .filter(|(_, applies)| *applies)
            .map(|(name, _)| name.to_owned())
            .collect()
    }
}
