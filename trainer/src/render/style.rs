//! How a printed page may look.

use inkbeat::lead::Lead;
use serde::{Deserialize, Serialize};

use super::caption::{Caption, Rule};
use super::filter::SignalFilter;
use super::font::Typeface;
use super::grid::GridStyle;
use super::layout::PageLayout;

/// Everything that decides how a recording is printed. Serialises to TOML and JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names carry the units and say the rest
pub struct PageStyle {
    pub page_mm: [f32; 2],
    pub speed_mm_s: f32,
    pub gain_mm_mv: f32,
    /// Gain of V1–V6 where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chest_gain_mm_mv: Option<f32>,
    /// Whether all columns show the same seconds instead of consecutive ones.
    pub same_window: bool,
    /// Whether each row goes on where the one above ends, as watches print their one lead.
    #[serde(default)]
    pub continued: bool,
    /// Time at the left end of the first column.
    pub start_s: f64,
    /// Left end of what is drawn (pulse or trace).
    pub left_mm: f32,
    /// Baseline of the first row.
    pub top_mm: f32,
    pub row_pitch_mm: f32,
    /// How much further down than the pitch says the rhythm strips lie.
    pub rhythm_shift_mm: f32,
    /// Width of all columns together, pulses left out.
    pub tracing_width_mm: f32,
    pub trace_width_mm: f32,
    /// RGB in 0–1.
    pub trace_colour: [f32; 3],
    /// Share of the trace's length that the printer missed.
    pub dropout: f32,
    pub pulse: Pulse,
    pub pulse_rows: PulseRows,
    pub pulse_width_mm: f32,
    /// Stretch of baseline before and after the pulse.
    pub pulse_lead_mm: [f32; 2],
    /// Bare paper between the pulse's baseline and the trace.
    pub pulse_gap_mm: f32,
    pub separator: Separator,
    /// Width of the stroke, or of the gap.
    pub separator_width_mm: f32,
    /// Length of ticks; how far whole lines reach beyond the first and last baseline.
    pub separator_length_mm: f32,
    /// Where a lead's name starts: to the right of its trace's start and above its baseline.
    /// `None` leaves the names out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_offset_mm: Option<[f32; 2]>,
    /// Whether a thin tick stands before each name.
    pub label_tick: bool,
    pub text_colour: [f32; 3],
    pub paper_colour: [f32; 3],
    /// What lies around the page.
    pub desk_colour: [f32; 3],
    pub layout: PageLayout,
    pub filter: SignalFilter,
    pub typeface: Typeface,
    pub grid: GridStyle,
    #[serde(default)]
    pub captions: Vec<Caption>,
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// Where the calibration pulse stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Pulse {
    None,
    Left,
    Right,
}

/// Which rows carry a pulse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum PulseRows {
    Every,
    First,
    Last,
}

/// What stands between two columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Separator {
    /// Nothing: the leads follow each other.
    None,
    /// A stroke across each trace.
    Tick,
    /// Two strokes, above and below each trace.
    SplitTick,
    /// One line through all rows of the table.
    FullLine,
    /// Bare paper.
    Gap,
}

impl PageStyle {
    /// Height of 1 mV of `lead`.
    pub fn gain_of(&self, lead: Lead) -> f32 {
        let is_chest = lead.index() >= Lead::V1.index();
        match self.chest_gain_mm_mv {
            Some(gain) if is_chest => gain,
            _ => self.gain_mm_mv,
        }
    }

    /// Height of 0 mV of a row.
    pub fn row_baseline_mm(&self, row: usize) -> f32 {
        let shift_mm = if row >= self.layout.lead_rows() {
            self.rhythm_shift_mm
        } else {
            0.0
        };
        self.top_mm + row as f32 * self.row_pitch_mm + shift_mm
    }

    /// Room that a calibration pulse takes beside the trace.
    pub fn pulse_cell_mm(&self) -> f32 {
        self.pulse_width_mm + self.pulse_lead_mm[0] + self.pulse_lead_mm[1] + self.pulse_gap_mm
    }

    /// Whether the row carries a pulse.
    pub fn has_pulse(&self, row: usize) -> bool {
        self.pulse != Pulse::None
            && match self.pulse_rows {
                PulseRows::Every => true,
                PulseRows::First => row == 0,
                PulseRows::Last => row + 1 == self.layout.rows(),
            }
    }
}
