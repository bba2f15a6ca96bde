//! The layout of a printout as the outcome tells it.

use super::layout::{Found, LayoutHints, PageLayout};
use super::printout::{Printout, SURE};
use crate::outcome::Layout;

/// What was read of the page's layout, what a person said and what a person should be asked.
pub fn layout_summary(printout: &Printout, hints: &LayoutHints) -> Layout {
    let PageLayout {
        name,
        speed_mm_s,
        gain_mm_mv,
        chest_gain_mm_mv,
        leads,
        ..
    } = &printout.layout;
    let asked = [
        ("speed", confidence(speed_mm_s), hints.speed_mm_s.is_some()),
        ("gain", confidence(gain_mm_mv), hints.gain_mm_mv.is_some()),
        ("layout", confidence(name), hints.name.is_some()),
    ];
    let words = |of: &dyn Fn(f32, bool) -> bool| -> Vec<String> {
        asked
            .iter()
            .filter(|(_, confidence, said)| of(*confidence, *said))
            .map(|(what, ..)| (*what).to_owned())
            .collect()
    };
    let rhythm_leads = leads
        .iter()
        .filter(|lead| lead.is_rhythm)
        .map(|lead| {
            let name = lead.lead.filter(|lead| lead.confidence >= SURE);
            name.map_or("unknown", |lead| lead.value.name()).to_owned()
        })
        .collect();
    Layout {
        name: name
            .as_ref()
            .filter(|name| name.confidence >= SURE)
            .map_or("unknown".to_owned(), |name| name.value.clone()),
        name_confidence: confidence(name),
        speed_mm_s: speed_mm_s.map(|found| found.value),
        speed_confidence: confidence(speed_mm_s),
        gain_mm_mv: gain_mm_mv.map(|found| found.value),
        gain_confidence: confidence(gain_mm_mv),
        chest_gain_mm_mv: chest_gain_mm_mv.map(|found| found.value),
        rotation_deg: printout.page.rotation_deg,
        rhythm_leads,
        questions: words(&|confidence, said| confidence < SURE && !said),
        by_person: words(&|_, said| said),
    }
}

fn confidence<T>(found: &Option<Found<T>>) -> f32 {
    found.as_ref().map_or(0.0, |found| found.confidence)
}
