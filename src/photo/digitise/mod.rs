//! From curves on paper to millivolts on a time axis.

mod agreement;
mod join;
mod lead_signal;
mod merge;

pub use join::{JoinedRows, joined};
pub use lead_signal::DigitisedLead;
pub use merge::merged;

use super::layout::{LeadBox, PageLayout};
use super::printout::USUAL_SPEED_MM_S;
use super::sheet::Sheet;
use super::trace::Row;
use agreement::reconcile;
use lead_signal::read_lead;

/// Strips that begin later than this after the first column do so.
const MOST_LATE_MM: f32 = 12.0;

/// Reads the voltages of every box of `layout`, in its order; boxes without any trace are left out.
///
/// Limb leads that were recorded at the same time are reconciled with each other (Einthoven,
/// Goldberger). What could not be read is `NaN`. Where the page does not tell speed or gain, they are
/// taken to be 25 mm/s and 10 mm/mV.
pub fn digitise(_sheet: &Sheet, rows: &[Row], layout: &PageLayout) -> Vec<DigitisedLead> {
    let mut leads: Vec<DigitisedLead> = layout
        .leads
        .iter()
        .filter_map(|place| {
            let place = from_first_column(place, layout);
            read_lead(rows.get(place.row)?, &place, layout)
        })
        .collect();
    reconcile(&mut leads);
    leads
}

/// A rhythm strip that seems to begin a little after the first column begins with it: its time
/// counts from there, and what was not seen of it is blank.
fn from_first_column(place: &LeadBox, layout: &PageLayout) -> LeadBox {
    let late = |left_mm: f32| (0.0..=MOST_LATE_MM).contains(&(place.left_mm - left_mm));
    let first_mm = layout
        .leads
        .iter()
        .filter(|other| place.is_rhythm && !other.is_rhythm && other.column == 0)
        .map(|other| other.left_mm)
        .filter(|&left_mm| late(left_mm))
        .fold(place.left_mm, f32::min);
    let speed = layout
        .speed_mm_s
        .map_or(USUAL_SPEED_MM_S, |speed| speed.value);
    let earlier_s = f64::from((place.left_mm - first_mm) / speed.max(1.0));
    LeadBox {
        left_mm: first_mm,
        start_s: place.start_s.map(|start_s| (start_s - earlier_s).max(0.0)),
        ..place.clone()
    }
}
