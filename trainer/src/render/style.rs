//! How a printed page may look.

use inkbeat::lead::Lead;

use super::caption::Caption;
use super::font::Typeface;
use super::grid::GridStyle;
use super::layout::PageLayout;
use super::trace::SignalFilter;

/// Everything that decides how a recording is printed.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the names carry the units and say the rest
pub struct PageStyle {
    pub page_mm: [f32; 2],
    pub layout: PageLayout,
    pub rhythm_lead: Lead,
    pub speed_mm_s: f32,
    pub gain_mm_mv: f32,
    /// Whether all columns show the same seconds instead of consecutive ones.
    pub same_window: bool,
    /// Time at the left end of the first column.
    pub start_s: f64,
    pub filter: SignalFilter,
    /// Left end of what is drawn (pulse or trace).
    pub left_mm: f32,
    /// Baseline of the first row.
    pub top_mm: f32,
    pub row_pitch_mm: f32,
    pub trace_width_mm: f32,
    /// RGB in 0–1.
    pub trace_colour: [f32; 3],
    /// Share of the trace's length that the printer missed.
    pub dropout: f32,
    pub pulse: Pulse,
    pub pulse_width_mm: f32,
    pub separator: Separator,
    pub separator_width_mm: f32,
    pub separator_gap_mm: f32,
    pub labels: LabelPlacement,
    pub typeface: Typeface,
    pub text_colour: [f32; 3],
    pub captions: Vec<Caption>,
    pub paper_colour: [f32; 3],
    /// What lies around the page.
    pub desk_colour: [f32; 3],
    pub grid: GridStyle,
}

/// Where the calibration pulse stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Pulse {
    None,
    Left,
    Right,
}

/// What stands between two columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// Nothing: the leads follow each other.
    None,
    /// A short stroke across each trace.
    Tick,
    /// One line through all rows.
    FullLine,
    /// Bare paper.
    Gap,
}

/// Where a lead's name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LabelPlacement {
    None,
    AboveStart,
    Below,
    /// On the trace itself.
    Inline,
}

/// A4 and Letter, landscape.
pub const PAGES_MM: [[f32; 2]; 2] = [[297.0, 210.0], [279.4, 215.9]];
/// Baseline before and after the calibration pulse.
const PULSE_LEAD_MM: f32 = 1.0;

impl PageStyle {
    /// A plain modern printout: 3x4+1 with II as rhythm strip, red grid, 25 mm/s, 10 mm/mV.
    pub fn standard() -> Self {
        let page_mm = PAGES_MM[0];
        Self {
            page_mm,
            layout: PageLayout::ThreeByFourPlusOne,
            rhythm_lead: Lead::II,
            speed_mm_s: 25.0,
            gain_mm_mv: 10.0,
            same_window: false,
            start_s: 0.0,
            filter: SignalFilter::None,
            left_mm: 10.0,
            top_mm: 55.0,
            row_pitch_mm: 36.0,
            trace_width_mm: 0.35,
            trace_colour: [0.05; 3],
            dropout: 0.0,
            pulse: Pulse::Left,
            pulse_width_mm: 5.0,
            separator: Separator::None,
            separator_width_mm: 0.5,
            separator_gap_mm: 0.0,
            labels: LabelPlacement::AboveStart,
            typeface: Typeface {
                cap_height_mm: 3.0,
                pen_mm: 0.35,
                stretch: 0.9,
                slant: 0.0,
                barred_i: false,
            },
            text_colour: [0.05; 3],
            captions: Vec::new(),
            paper_colour: [1.0, 0.99, 0.98],
            desk_colour: [0.5, 0.45, 0.4],
            grid: GridStyle {
                colour: [0.93, 0.35, 0.35],
                minor: (0.3, 0.15),
                major: (0.7, 0.25),
                dotted: false,
                phase_mm: [0.0; 2],
                area_mm: [0.0, 0.0, page_mm[0], page_mm[1]],
                framed: false,
            },
        }
    }

    /// Room that a calibration pulse takes beside the trace.
    pub fn pulse_cell_mm(&self) -> f32 {
        self.pulse_width_mm + 2.0 * PULSE_LEAD_MM
    }
}
