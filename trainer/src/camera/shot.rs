//! Everything that decides how a photo of a page turns out, as plain numbers.
//!
//! Lengths are millimetres on paper unless the name says otherwise. Positions on the page count
//! from its upper left corner, x to the right and y down; heights count from the desk upwards.

use serde::{Deserialize, Serialize};

/// One photo or scan. [`CameraShot::plain`] changes nothing; [`CameraShot::sample`] draws at random.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names and their types say it
pub struct CameraShot {
    /// Decides everything that is random beyond the numbers here: creases, noise, grain of the desk.
    pub seed: u64,
    pub frame: Frame,
    pub pose: Pose,
    pub lens: Lens,
    pub sheet: SheetShape,
    pub marks: Marks,
    pub desk: Desk,
    pub light: Light,
    pub optics: Optics,
    pub sensor: Sensor,
    pub copy: Copying,
    pub file: FileQuality,
}

/// Size of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Frame {
    pub width_px: u32,
    pub height_px: u32,
}

/// Where the camera is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// Angle between the optical axis and the normal of the desk.
    pub tilt_deg: f32,
    /// Direction of the axis, in the page, about which the camera is tilted.
    pub tilt_axis_deg: f32,
    /// Clockwise turn of the page in the picture; 180 is upside down.
    pub roll_deg: f32,
    /// Share of the frame that the page spans along the tighter side; above 1 it is cut.
    pub fill: f32,
    /// Where the page stands in the room that is left, −1 (left, top) to 1 (right, bottom).
    pub placement: [f32; 2],
    /// Share of the page's extent in the picture that lies beyond the frame: positive to the right
    /// or below, negative to the left or above, 0 for a page that is placed by `placement`.
    pub cropped: [f32; 2],
    /// Focal length as a multiple of the frame's long side. Phones' main cameras have .65–.85.
    pub focal: f32,
}

/// Radial distortion: a point at distance r from the centre, in half diagonals, moves to
/// r·(1 + k1·r² + k2·r⁴).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Lens {
    pub k1: f32,
    pub k2: f32,
}

/// The paper's shape above the desk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SheetShape {
    /// Straight creases; later ones are reflected in earlier ones where they say so.
    pub folds: Vec<Fold>,
    /// A wave or a roll that the paper kept.
    pub curls: Vec<Curl>,
    /// Layers of facets, coarse to fine.
    pub crumples: Vec<Crumple>,
    /// A corner turned over, showing the back.
    pub flap: Option<Flap>,
    /// Radius over which creases are rounded.
    pub crease_mm: f32,
}

/// A crease along a straight line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// A point of the line.
    pub through_mm: [f32; 2],
    /// Direction of the line's normal.
    pub normal_deg: f32,
    /// Slope of the paper on either side of the line; positive for a ridge.
    pub slope: f32,
    /// Distance over which the slope decays.
    pub reach_mm: f32,
    /// Whether only the side that the normal points to is bent.
    pub one_sided: bool,
    /// Whether the paper was folded along the fold before when this one was made, so that the
    /// crease is mirrored there.
    pub mirrored: bool,
}

/// A sine-shaped wave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Curl {
    pub amplitude_mm: f32,
    pub wavelength_mm: f32,
    pub direction_deg: f32,
    pub phase_deg: f32,
}

/// Facets between creases: a jittered triangular lattice with random heights at its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crumple {
    /// Typical size of a facet.
    pub facet_mm: f32,
    /// Standard deviation of a node's height.
    pub height_mm: f32,
    /// How much longer than wide the facets are.
    pub stretch: f32,
    /// Direction of the long side.
    pub direction_deg: f32,
    /// Share of the page that is crumpled.
    pub covered: f32,
}

/// A turned-over corner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flap {
    /// Which corner: 0 upper left, 1 upper right, 2 lower right, 3 lower left.
    pub corner: u8,
    /// Lengths of the two sides that are turned over, along x and y.
    pub legs_mm: [f32; 2],
}

/// What was added to the page by hand or by accident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Marks {
    /// Loose pen strokes.
    pub pen_strokes: u8,
    /// Handwritten words.
    pub words: u8,
    pub stamps: u8,
    /// Black boxes over parts of the header.
    pub redactions: u8,
    pub stains: u8,
}

/// What the page lies on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    /// What it is made of.
    pub material: DeskMaterial,
    /// Main colour, RGB in 0–1 as displayed.
    pub colour: [f32; 3],
    /// Strength of its texture.
    pub contrast: f32,
    /// Size of its texture.
    pub scale_mm: f32,
    /// Direction of its texture.
    pub direction_deg: f32,
    /// A second sheet under the page: its shift, and its turn in degrees.
    pub second_sheet: Option<([f32; 2], f32)>,
    /// Things that lie around.
    pub clutter: u8,
    /// Width of the page's own shadow on the desk.
    pub contact_shadow_mm: f32,
}

/// Materials of desks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum DeskMaterial {
    Plain,
    Noise,
    Wood,
    Stripes,
    Tiles,
    Keyboard,
}

/// Where the light comes from and what stands in its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Light {
    /// Direction on the page towards the light.
    pub azimuth_deg: f32,
    /// Height of the light above the desk.
    pub elevation_deg: f32,
    /// Share of the light that comes from everywhere.
    pub ambient: f32,
    /// Relative change of brightness towards x, y, and the squares, at the edge of the page.
    pub slope: [f32; 4],
    /// Loss in the corners of the picture.
    pub vignette: f32,
    /// Shadows of things outside the picture.
    pub shadows: Vec<Shadow>,
    /// Mirror-like patches.
    pub glares: Vec<Glare>,
}

/// A soft shadow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shadow {
    /// Outline.
    pub outline: ShadowOutline,
    /// Share of the light that is left inside.
    pub gain: f32,
    /// Width of the rim.
    pub edge_mm: f32,
}

/// Shapes of shadows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ShadowOutline {
    /// All that lies to the side of a point that the direction points to.
    HalfPlane { at_mm: [f32; 2], towards_deg: f32 },
    Ellipse {
        centre_mm: [f32; 2],
        radii_mm: [f32; 2],
        turn_deg: f32,
    },
    /// A phone or the back of a hand: a box with round corners.
    Box {
        centre_mm: [f32; 2],
        half_mm: [f32; 2],
        turn_deg: f32,
    },
}

/// An elliptic patch of added light.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Glare {
    pub centre_mm: [f32; 2],
    pub radii_mm: [f32; 2],
    pub strength: f32,
}

/// What the lens and the hand do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optics {
    /// Standard deviation of the defocus.
    pub defocus_mm: f32,
    /// Length of the motion during the exposure.
    pub motion_mm: f32,
    /// Direction of the motion in the picture.
    pub motion_deg: f32,
    /// Standard deviation, in pixels of the picture, of what no lens and no sensor avoids.
    pub softness_px: f32,
    /// Resolution that the picture passed through, if it was made smaller and larger again.
    pub bottleneck_pixels_per_mm: Option<f32>,
}

/// From light to numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensor {
    /// Gains of red, green and blue.
    pub white: [f32; 3],
    /// Exponent of the tone curve.
    pub gamma: f32,
    /// Contrast around middle grey.
    pub contrast: f32,
    /// Standard deviation of the noise on mid-grey, of 0–1.
    pub noise: f32,
    /// Standard deviation, in pixels, over which a denoiser smeared the noise.
    pub noise_grain_px: f32,
    /// Strength of the sharpening; its halo is one to two pixels wide.
    pub sharpening: f32,
    /// Stripes of a screen that was photographed instead of paper: their pitch on the page.
    pub screen_pitch_mm: Option<f32>,
}

/// Photocopies and "document" filters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Copying {
    None,
    /// Colour taken away, contrast raised by this factor.
    Grey(f32),
    /// Black and white only: ink is what is darker than its surroundings by this share.
    BlackAndWhite(f32),
}

/// How the picture is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileQuality {
    /// JPEG quality of the file, 1–100.
    pub jpeg: u8,
    /// Quality of an earlier generation.
    pub earlier_jpeg: Option<u8>,
    /// Whether colour is stored at half the resolution, as phones do.
    pub half_chroma: bool,
}

impl CameraShot {
    /// A frontal, flat, even, sharp photo in which the page spans nine tenths of a frame of
    /// `width_px` by `height_px`.
    pub fn plain(width_px: u32, height_px: u32) -> Self {
        Self {
            seed: 0,
            frame: Frame {
                width_px,
                height_px,
            },
            pose: Pose {
                tilt_deg: 0.0,
                tilt_axis_deg: 0.0,
                roll_deg: 0.0,
                fill: 0.9,
                placement: [0.0; 2],
                cropped: [0.0; 2],
                focal: 0.75,
            },
            lens: Lens { k1: 0.0, k2: 0.0 },
            sheet: SheetShape::default(),
            marks: Marks::default(),
            desk: Desk {
                material: DeskMaterial::Plain,
                colour: [0.35; 3],
                contrast: 0.0,
                scale_mm: 10.0,
                direction_deg: 0.0,
                second_sheet: None,
                clutter: 0,
                contact_shadow_mm: 0.0,
            },
            light: Light {
                azimuth_deg: 0.0,
                elevation_deg: 45.0,
                ambient: 0.5,
                slope: [0.0; 4],
                vignette: 0.0,
                shadows: Vec::new(),
                glares: Vec::new(),
            },
            optics: Optics {
                defocus_mm: 0.0,
                motion_mm: 0.0,
                motion_deg: 0.0,
                softness_px: 0.0,
                bottleneck_pixels_per_mm: None,
            },
            sensor: Sensor {
                white: [1.0; 3],
                gamma: 1.0,
                contrast: 1.0,
                noise: 0.0,
                noise_grain_px: 0.0,
                sharpening: 0.0,
                screen_pitch_mm: None,
            },
            copy: Copying::None,
            file: FileQuality {
                jpeg: 95,
                earlier_jpeg: None,
                half_chroma: false,
            },
        }
    }
}
