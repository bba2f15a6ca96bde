//! What is where on a drawn page.

use inkbeat::lead::Lead;
use serde::{Deserialize, Serialize};

use super::filter::SignalFilter;
use super::layout::LeadBox;

/// Where everything is on a page. Millimetres count from the page's upper left corner, y downwards;
/// times `pixels_per_mm` they are pixels of the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageTruth {
    /// Resolution of the picture.
    pub pixels_per_mm: f32,
    /// Width of the page.
    pub width_mm: f32,
    /// Height of the page.
    pub height_mm: f32,
    /// Arrangement of the leads: `3x4+1`, `cabrera 6x2`, …
    pub layout: String,
    /// Paper speed.
    pub speed_mm_s: f32,
    /// Height of 1 mV (of the limb leads, where the chest leads differ).
    pub gain_mm_mv: f32,
    /// Height of 1 mV in V1–V6 where it differs.
    #[serde(default)]
    pub chest_gain_mm_mv: Option<f32>,
    /// What was filtered off the recording before printing.
    #[serde(default)]
    pub filter: SignalFilter,
    /// Whether all columns show the same seconds.
    #[serde(default)]
    pub same_window: bool,
    /// Every stretch of trace. Leads that were not recorded have none.
    pub leads: Vec<LeadBox>,
    /// Every calibration pulse.
    #[serde(default)]
    pub pulses: Vec<PulseBox>,
    /// Every lead's name.
    #[serde(default)]
    pub labels: Vec<LabelBox>,
    /// All other text.
    #[serde(default)]
    pub texts: Vec<TextBox>,
}

/// A calibration pulse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PulseBox {
    /// The row it belongs to.
    pub row: usize,
    /// Left, top, right, bottom; the baseline beside the pulse left out.
    pub area_mm: [f32; 4],
    /// Heights of its steps from the left: one, or two where limb and chest leads differ.
    pub heights_mm: Vec<f32>,
}

/// A lead's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelBox {
    /// The lead.
    pub lead: Lead,
    /// As printed: `V1`, `-aVR`.
    pub text: String,
    /// Index into [`PageTruth::leads`].
    pub of: usize,
    /// Left, top, right, bottom.
    pub area_mm: [f32; 4],
}

/// A line of text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextBox {
    /// As printed.
    pub text: String,
    /// Left, top, right, bottom.
    pub area_mm: [f32; 4],
}
