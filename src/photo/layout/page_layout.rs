//! What the layout reader answers.

use crate::lead::Lead;

use super::speed::SpeedFeatures;

/// A value that was read from the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// How sure it is, 0–1. From .8 on it is used without asking.
    pub confidence: f32,
}

/// How a printout is laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct PageLayout {
    /// `3x4+1`, `6x2`, `12x1`, `cabrera 6x2`, `2x1`, …; rows × columns, + rhythm strips; or [`ONE_LEAD`](super::ONE_LEAD).
    /// `None` if it could not be made out.
    pub name: Option<Found<String>>,
    /// Paper speed in mm/s.
    pub speed_mm_s: Option<Found<f32>>,
    /// What the speed was told from; to learn from.
    pub speed_features: SpeedFeatures,
    /// Height of 1 mV in mm.
    pub gain_mm_mv: Option<Found<f32>>,
    /// Gain of the chest leads where it differs from the limb leads'.
    pub chest_gain_mm_mv: Option<Found<f32>>,
    /// Every stretch of trace that shows one lead, row by row from the top left.
    pub leads: Vec<LeadBox>,
    /// How sure it is that the page stands upright rather than on its head: 0 (on its head) … 1.
    pub upright: f32,
    /// What, beside beats, tells a printout from another drawing.
    pub evidence: LayoutEvidence,
}

/// How much of a page looks laid out as printouts are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LayoutEvidence {
    /// Log likelihood of the words being names of leads rather than others.
    pub names: f32,
    /// How many rows have a calibration pulse, whichever way up.
    pub pulses: usize,
    /// Log likelihood of the limb leads of the best arrangement being sums and differences of each other.
    pub limb_leads: f32,
    /// Log likelihood of the best arrangement against none.
    pub arrangement: f32,
}

/// A stretch of trace that shows one lead. Lengths are sheet millimetres.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadBox {
    /// Which lead, if it could be told.
    pub lead: Option<Found<Lead>>,
    /// Drawn as its negative (−aVR of the Cabrera sequence).
    pub inverted: bool,
    /// Whether it is a long strip below the others.
    pub is_rhythm: bool,
    /// Index of the row that it is part of.
    pub row: usize,
    /// Column on the page, from 0.
    pub column: usize,
    /// Where it starts: behind the pulse, or in the middle of the separator.
    pub left_mm: f32,
    /// Where it ends.
    pub right_mm: f32,
    /// Height of 0 mV: the foot of the pulse, or the isoelectric line.
    pub baseline_mm: f32,
    /// Time of `left_mm` since the left end of the first column, in seconds (columns that show the
    /// same seconds all start at 0). `None` if the speed is unknown.
    pub start_s: Option<f64>,
}

/// What a person says about the page; it outranks what is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayoutHints {
    /// Paper speed.
    pub speed_mm_s: Option<f32>,
    /// Height of 1 mV.
    pub gain_mm_mv: Option<f32>,
    /// A name as in [`PageLayout::name`].
    pub name: Option<String>,
}
