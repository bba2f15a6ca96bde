//! From curves on paper to millivolts on a time axis.

mod agreement;
mod lead_signal;
mod merge;

pub use lead_signal::DigitisedLead;
pub use merge::merged;

use super::layout::PageLayout;
use super::sheet::Sheet;
use super::trace::Row;
use agreement::reconcile;
use lead_signal::read_lead;

/// Reads the voltages of every box of `layout`, in its order; boxes without any trace are left out.
///
/// Limb leads that were recorded at the same time are reconciled with each other (Einthoven,
/// Goldberger). What could not be read is `NaN`. Where the page does not tell speed or gain, they are
/// taken to be 25 mm/s and 10 mm/mV.
pub fn digitise(_sheet: &Sheet, rows: &[Row], layout: &PageLayout) -> Vec<DigitisedLead> {
    let mut leads: Vec<DigitisedLead> = layout
        .leads
        .iter()
        .filter_map(|place| read_lead(rows.get(place.row)?, place, layout))
        .collect();
    reconcile(&mut leads);
    leads
}
