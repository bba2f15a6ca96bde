//! One stretch of trace as voltages.

use crate::lead::Lead;
use crate::photo::layout::{LeadBox, PageLayout};
use crate::photo::printout::{USUAL_GAIN_MM_MV, USUAL_SPEED_MM_S};
use crate::photo::sheet::SHEET_PIXELS_PER_MM;
use crate::photo::trace::Row;
use crate::signal::isoelectric_level;

/// What was read of one lead.
#[derive(Clone, Debug, PartialEq)]
pub struct DigitisedLead {
    /// Which lead, if the page tells.
    pub lead: Option<Lead>,
    /// Whether it is a long strip below the others.
    pub is_rhythm: bool,
    /// Time of the first sample since the left end of the first column, in seconds.
    pub start_s: f64,
    /// Samples per second: the paper's speed × 6 pixels per millimetre.
    pub sample_rate_hz: f64,
    /// Potential in mV against the isoelectric line, `NaN` where nothing could be read.
    pub samples_mv: Vec<f32>,
    /// How sure the reading is, 0–1: the mean over its samples, 0 where blank.
    pub confidence: f32,
    /// The curve as [x, y] in sheet millimetres, for drawing it over the picture.
    pub overlay_mm: Vec<[f32; 2]>,
}

/// Reads the stretch of `row` that lies in `place`. `None` if nothing of it is there.
pub(super) fn read_lead(row: &Row, place: &LeadBox, layout: &PageLayout) -> Option<DigitisedLead> {
    let speed = layout
        .speed_mm_s
        .map_or(USUAL_SPEED_MM_S, |speed| speed.value);
    let gain = gain_of(place, layout);
    if !(speed > 0.0 && gain > 0.0 && place.right_mm > place.left_mm) {
        return None;
    }
    // The columns whose centres lie in the box.
    let column = |x_mm: f32| (x_mm * SHEET_PIXELS_PER_MM - 0.5).ceil().max(0.0) as usize;
    let (first, past) = (column(place.left_mm), column(place.right_mm));
    let reaches = row.first_column..row.first_column + row.y_mm.len();
    let at = |column: usize| reaches.contains(&column).then(|| column - row.first_column);
    let heights_mm: Vec<f32> = (first..past.min(reaches.end))
        .map(|column| at(column).map_or(f32::NAN, |k| row.y_mm[k]))
        .collect();
    let known = heights_mm.iter().filter(|y| !y.is_nan()).count();
    if known == 0 {
        return None;
    }
    let zero_mm = isoelectric_level(&heights_mm).unwrap_or(place.baseline_mm);
    let sign = if place.inverted { -1.0 } else { 1.0 };
    let confidence: f32 = (first..past.min(reaches.end))
        .filter_map(|column| at(column).map(|k| row.confidence[k]))
        .sum();
    let centre_mm = |column: usize| (column as f32 + 0.5) / SHEET_PIXELS_PER_MM;
    Some(DigitisedLead {
        lead: place.lead.map(|lead| lead.value),
        is_rhythm: place.is_rhythm,
        start_s: place.start_s.unwrap_or(0.0)
            + f64::from((centre_mm(first) - place.left_mm) / speed),
        sample_rate_hz: f64::from(speed * SHEET_PIXELS_PER_MM),
        overlay_mm: heights_mm
            .iter()
            .enumerate()
            .filter(|(_, y)| !y.is_nan())
            .map(|(k, &y)| [centre_mm(first + k), y])
            .collect(),
        samples_mv: heights_mm
            .iter()
            .map(|y| sign * (zero_mm - y) / gain)
            .collect(),
        confidence: confidence / (past - first).max(1) as f32,
    })
}

/// The height of 1 mV in a box: chest leads may be drawn smaller.
fn gain_of(place: &LeadBox, layout: &PageLayout) -> f32 {
    let is_chest = place.lead.is_some_and(|lead| lead.value >= Lead::V1);
    layout
        .chest_gain_mm_mv
        .filter(|_| is_chest)
        .or(layout.gain_mm_mv)
        .map_or(USUAL_GAIN_MM_MV, |gain| gain.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::layout::{Found, LayoutEvidence, SPEED_FEATURES};

    fn place(lead: Lead, inverted: bool) -> LeadBox {
        LeadBox {
            lead: Some(Found {
                value: lead,
                confidence: 1.0,
            }),
            inverted,
            is_rhythm: false,
            row: 0,
            column: 0,
            left_mm: 10.0,
            right_mm: 35.0,
            baseline_mm: 50.0,
            start_s: Some(2.5),
        }
    }

    fn layout(chest_gain: Option<f32>) -> PageLayout {
        let found = |value| Found {
            value,
            confidence: 1.0,
        };
        PageLayout {
            name: None,
            speed_mm_s: Some(found(50.0)),
            speed_features: [f32::NAN; SPEED_FEATURES],
            gain_mm_mv: Some(found(10.0)),
            chest_gain_mm_mv: chest_gain.map(found),
            leads: Vec::new(),
            upright: 1.0,
            evidence: LayoutEvidence::default(),
        }
    }

    /// A row 60 mm long at a height of 50 mm with a beat of 5 mm at x = 20 mm and a gap at 30 mm.
    fn row() -> Row {
        let mut y_mm = vec![50.0; 360];
        y_mm[120] = 45.0;
        y_mm[180] = f32::NAN;
        Row {
            first_column: 0,
            y_mm,
            confidence: vec![1.0; 360],
            baseline_mm: 50.0,
        }
    }

    #[test]
    fn millimetres_become_millivolts_and_seconds() {
        let read = read_lead(&row(), &place(Lead::II, false), &layout(Some(5.0))).unwrap();
        assert_eq!(read.sample_rate_hz, 300.0);
        assert_eq!(read.samples_mv.len(), 150);
        // Column 60 is the first: its centre lies 1/12 mm behind the left end.
        assert!((read.start_s - (2.5 + 1.0 / 12.0 / 50.0)).abs() < 1e-6);
        assert!((read.samples_mv[60] - 0.5).abs() < 1e-6);
        assert!(read.samples_mv[120].is_nan());
        assert_eq!(read.samples_mv[0], 0.0);
        assert_eq!(read.overlay_mm.len(), 149);
    }

    #[test]
    fn inverted_leads_and_smaller_chest_leads_are_restored() {
        let read = |lead, inverted| read_lead(&row(), &place(lead, inverted), &layout(Some(5.0)));
        let height = |read: Option<DigitisedLead>| read.map(|read| read.samples_mv[60]);
        assert_eq!(height(read(Lead::AVR, true)), Some(-0.5));
        assert_eq!(height(read(Lead::V3, false)), Some(1.0));
        let beyond = LeadBox {
            left_mm: 80.0,
            right_mm: 90.0,
            ..place(Lead::I, false)
        };
        assert!(read_lead(&row(), &beyond, &layout(None)).is_none());
    }
}
