//! Which lead stands where on a sheet, at which speed and gain.
//!
//! Every known arrangement of leads is fitted to the rows that were followed; names that can be
//! read, dividers, and what the curves say of each other are added up as log likelihoods, and the
//! share of an answer among all that was fitted is its confidence.

mod agreement;
mod arrangements;
mod assignment;
mod beat_direction;
mod columns;
mod components;
mod curve_pulses;
mod cuts;
mod dividers;
mod fit;
mod lead_names;
mod marks;
mod names;
mod one_lead;
mod page_layout;
mod pulses;
mod scale;
mod speed;
mod strips;
mod upright;
mod words;

pub use one_lead::ONE_LEAD;
pub use page_layout::{Found, LayoutEvidence, LayoutHints, LeadBox, PageLayout};
pub use speed::{SPEED_FEATURES, SPEEDS, SpeedFeatures, SpeedModel};

use crate::photo::printout::SURE;
use crate::photo::sheet::Sheet;
use crate::photo::trace::Row;

use beat_direction::beat_direction;
use columns::{boxes_of_fit, boxes_of_names};
use fit::{Fit, fits};
use marks::Marks;
use one_lead::{boxes_of_rows, one_lead};
use pulses::find_pulses;
use strips::{strips, take_off};
use words::words;

/// No answer is surer than this.
const MOST_SURE: f32 = 0.99;
/// Scores are not independent of each other: differences count for this much of what they say.
const TEMPER: f32 = 0.8;
/// Log of how often a page shows its leads in no known arrangement, crops included.
const UNKNOWN_ARRANGEMENT: f32 = -5.0;

/// Reads the layout of `sheet` from its rows. Names of leads that cannot be told stay `None`, and
/// so do speed and gain where nothing tells them; `hints` are believed.
pub fn read_layout(sheet: &Sheet, rows: &[Row], hints: &LayoutHints) -> PageLayout {
    let mut strips = strips(rows);
    let inked = Marks::of(sheet);
    let pulses = find_pulses(&inked, &strips);
    take_off(&mut strips, &pulses.upright);
    let beside = inked.without_traces(rows).without_boxes(pulses.boxes());
    let words = words(sheet, &beside);
    let given = |value: f32| Found {
        value,
        confidence: 1.0,
    };
    let speed_features = speed::speed_features(&strips, &pulses.upright);
    let speed = hints
        .speed_mm_s
        .map(given)
        .or_else(|| speed::speed(&speed_features));
    let gain = hints
        .gain_mm_mv
        .map(given)
        .or_else(|| scale::gain(&strips, &pulses.upright));
    let mut fits = fits(&inked, &beside, &strips, &words, hints.name.as_deref());
    let loose_names = words::loose_names(&words);
    let evidence = LayoutEvidence {
        names: loose_names,
        pulses: pulses.upright.count().max(pulses.hanging.count()),
        limb_leads: fits.first().map_or(0.0, |fit| fit.limb_score),
        arrangement: fits
            .first()
            .map_or(0.0, |fit| fit.score - UNKNOWN_ARRANGEMENT - loose_names),
    };
    let shares = shares(&fits, loose_names, hints.name.is_some());
    let upright = upright::upright(&words, &pulses, beat_direction(&strips));
    let known: f32 = shares.iter().sum();
    fits.truncate(shares.len());
    let (name, leads) = match fits.first() {
        Some(best) if known >= 0.5 => {
            let same = |fit: &&Fit| fit.arrangement.name == best.arrangement.name;
            let confidence: f32 = fits
                .iter()
                .zip(&shares)
                .filter(|(fit, _)| same(fit))
                .map(|(_, share)| share)
                .sum();
            let name = Found {
                value: best.arrangement.name.to_owned(),
                confidence: if hints.name.is_some() {
                    1.0
                } else {
                    confidence.min(MOST_SURE)
                },
            };
            let leads = boxes_of_fit(&fits, &shares, &strips, &pulses.upright, speed);
            (Some(name), leads)
        }
        _ => (
            None,
            boxes_of_names(&strips, &words, &pulses.upright, speed),
        ),
    };
    // Twelve leads that were named are no single one, however alike they look.
    let is_named = name.as_ref().is_some_and(|name| name.confidence >= SURE);
    let one_lead = match hints.name.as_deref() {
        _ if is_named => None,
        Some(said) => (said == ONE_LEAD).then_some(1.0),
        None => one_lead(&strips, &words),
    };
    let (name, leads) = match one_lead {
        Some(confidence) => {
            let value = ONE_LEAD.to_owned();
            let boxes = boxes_of_rows(&strips, &pulses.upright, speed);
            (Some(Found { value, confidence }), boxes)
        }
        None => (name, leads),
    };
    PageLayout {
        name,
        speed_mm_s: speed,
        speed_features,
        gain_mm_mv: gain,
        chest_gain_mm_mv: scale::chest_gain(&pulses.upright).filter(|_| hints.gain_mm_mv.is_none()),
        leads,
        upright,
        evidence,
    }
}

/// How likely each fit is: what remains of 1 is no known arrangement.
fn shares(fits: &[Fit], loose_names: f32, is_given: bool) -> Vec<f32> {
    let Some(best) = fits.first() else {
        return Vec::new();
    };
    let unknown = if is_given {
        f32::MIN
    } else {
        UNKNOWN_ARRANGEMENT + loose_names
    };
    let top = best.score.max(unknown);
    let weight = |score: f32| (TEMPER * (score - top)).exp();
    let total: f32 = weight(unknown) + fits.iter().map(|fit| weight(fit.score)).sum::<f32>();
    fits.iter()
        .map(|fit| weight(fit.score) / total)
        .take_while(|share| *share > 1e-4)
        .collect()
}

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use super::*;
    use crate::photo::sheet::SHEET_PIXELS_PER_MM;

    /// A blank page of 280 x 200 mm with so many rows of 250 mm, a beat every 20 mm.
    fn page(count: usize) -> (Sheet, Vec<Row>) {
        let side = |mm: f32| (mm * SHEET_PIXELS_PER_MM) as usize;
        let (width, height) = (side(280.0), side(200.0));
        let mut ink = vec![0.0; width * height];
        let rows = (0..count)
            .map(|row| {
                let baseline_mm = 30.0 + 150.0 / count as f32 * row as f32;
                // Lead II is the sum of I and III.
                let tall_mm = [4.0, 10.0, 6.0, 10.0][row % 4];
                let y_mm: Vec<f32> = (0..side(250.0))
                    .map(|k| {
                        let off_mm = (k as f32 / SHEET_PIXELS_PER_MM) % 20.0 - 10.0;
                        baseline_mm - (tall_mm * (1.0 - off_mm.abs())).max(0.0)
                    })
                    .collect();
                for (k, y) in y_mm.iter().enumerate() {
                    let line = (y * SHEET_PIXELS_PER_MM) as usize;
                    ink[line * width + side(15.0) + k] = 1.0;
                    ink[(line + 1) * width + side(15.0) + k] = 1.0;
                }
                Row {
                    first_column: side(15.0),
                    confidence: vec![1.0; y_mm.len()],
                    y_mm,
                    baseline_mm,
                }
            })
            .collect();
        let picture = RgbImage::from_pixel(width as u32, height as u32, image::Rgb([255; 3]));
        (Sheet { picture, ink }, rows)
    }

    #[test]
    fn four_rows_without_names_are_most_likely_the_usual_page() {
        let (sheet, rows) = page(4);
        let layout = read_layout(&sheet, &rows, &LayoutHints::default());
        let name = layout.name.unwrap();
        assert_eq!(name.value, "3x4+1");
        assert!((0.5..MOST_SURE).contains(&name.confidence), "{name:?}");
        assert_eq!(layout.leads.len(), 13);
        assert!(layout.leads.iter().all(|b| b.right_mm > b.left_mm));
        assert!(
            layout
                .leads
                .iter()
                .all(|b| b.lead.is_none_or(|lead| lead.confidence <= MOST_SURE))
        );
        assert_eq!(layout.chest_gain_mm_mv, None);
    }

    #[test]
    fn a_single_row_without_a_name_shows_no_lead_that_could_be_told() {
        let (sheet, rows) = page(1);
        let layout = read_layout(&sheet, &rows, &LayoutHints::default());
        assert_eq!(layout.leads.len(), 1);
        assert!(layout.leads.iter().all(|b| b.lead.is_none()));
    }

    #[test]
    fn hints_are_believed() {
        let (sheet, rows) = page(6);
        let hints = LayoutHints {
            speed_mm_s: Some(50.0),
            gain_mm_mv: Some(5.0),
            name: Some("6x2".to_owned()),
        };
        let layout = read_layout(&sheet, &rows, &hints);
        let sure = |value: f32| {
            Some(Found {
                value,
                confidence: 1.0,
            })
        };
        assert_eq!(
            (layout.speed_mm_s, layout.gain_mm_mv),
            (sure(50.0), sure(5.0))
        );
        assert!(
            layout
                .name
                .is_some_and(|name| name.value == "6x2" && name.confidence == 1.0)
        );
        let second = layout.leads.iter().find(|b| b.column == 1).unwrap();
        assert!(
            second.start_s.is_some_and(|start| start < 2.6),
            "125 mm at 50 mm/s"
        );
    }

    #[test]
    fn a_page_without_rows_has_no_layout() {
        let (sheet, _) = page(0);
        let layout = read_layout(&sheet, &[], &LayoutHints::default());
        assert!(layout.name.is_none() && layout.leads.is_empty());
    }
}
