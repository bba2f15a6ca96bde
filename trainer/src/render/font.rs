//! Text as shapes in millimetres.

use serde::{Deserialize, Serialize};

use super::coverage::Shape;
use super::{outline_font, stroke_font};

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Typeface {
    /// Which letters.
    pub family: Family,
    /// Height of a capital letter in millimetres.
    pub cap_height_mm: f32,
    /// Width of the pen in millimetres; for outlined letters, by how much they are fattened.
    pub pen_mm: f32,
    /// Horizontal stretch, 1 = as designed; below 1 is condensed.
    pub stretch: f32,
    /// Lean to the right: x moved per y risen.
    pub slant: f32,
    /// Whether the stroke font's `I` carries its two bars.
    pub barred_i: bool,
}

/// The fonts at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Our own single-stroke letters, as plotters and thermal printers write them.
    Stroke,
    /// Arimo, a grotesque.
    Sans,
    /// STIX Two Text, a book face.
    Serif,
}

impl Typeface {
    /// The same face in another size.
    pub fn sized(&self, cap_height_mm: f32) -> Self {
        let pen_mm = self.pen_mm * cap_height_mm / self.cap_height_mm.max(0.1);
        Self {
            cap_height_mm,
            pen_mm,
            ..*self
        }
    }
}

/// `text` with the baseline of its first letter starting at `origin_mm`, y downwards.
pub fn write(text: &str, origin_mm: [f32; 2], face: &Typeface) -> Vec<Shape> {
    outline_font::write(text, origin_mm, face)
        .unwrap_or_else(|| stroke_font::write(text, origin_mm, face))
}

/// Left, top, right and bottom of shapes; `None` if there are none.
pub fn bounds(shapes: &[Shape]) -> Option<[f32; 4]> {
    shapes.iter().map(Shape::bounds).reduce(|a, b| {
        [
            a[0].min(b[0]),
            a[1].min(b[1]),
            a[2].max(b[2]),
            a[3].max(b[3]),
        ]
    })
}
