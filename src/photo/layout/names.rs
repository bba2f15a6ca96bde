//! What the words on a page say about the leads that stand there.

use crate::lead::Lead;

use super::lead_names::{CLASSES, MINUS_AVR, OTHER};
use super::words::Word;
use crate::photo::median::median;

/// Names stand at the same place relative to the start of their leads, to within this.
const NAME_PLAY_MM: (f32, f32) = (3.0, 4.0);
/// A word stands just like the other names if its place and height differ by no more than this.
const ALIKE_MM: (f32, f32) = (1.6, 1.0);
const ALIKE_HEIGHT: f32 = 0.2;
/// A name that belongs to another lead stands where this one's should.
const WRONG_NAME: f32 = -2.5;
/// … in just the right place.
const WRONG_ALIKE: f32 = -4.0;
/// The most that one name says.
const MOST_BY_NAME: f32 = 4.5;
/// What the probability of another name counts against a name.
const OTHER_NAME: f32 = 0.3;
/// The network's training had more names among words than pages have (log of the ratio).
const NAME_RARITY: f32 = 0.7;

/// The most likely name and its probability.
pub(super) fn best_name(read: &[f32; CLASSES]) -> (usize, f32) {
    (0..OTHER)
        .map(|class| (class, read[class]))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or((OTHER, 0.0))
}

/// Probability that a word is the name of `lead`.
fn probability_of(read: &[f32; CLASSES], lead: Lead) -> f32 {
    let minus = if lead == Lead::AVR {
        read[MINUS_AVR]
    } else {
        0.0
    };
    read[lead.index()] + minus
}

/// Log likelihood ratio of a word being the name of `lead` rather than any mark.
pub(super) fn name_evidence(read: &[f32; CLASSES], lead: Lead) -> f32 {
    // A stroke, two strokes and three occur on their own; letters do not.
    let most = match lead {
        Lead::I => 0.8,
        Lead::II => 1.8,
        Lead::III => 2.6,
        _ => MOST_BY_NAME,
    };
    name_evidence_up_to(read, lead, most)
}

fn name_evidence_up_to(read: &[f32; CLASSES], lead: Lead, most: f32) -> f32 {
    let probability = probability_of(read, lead);
    // Another name is an alternative too, though one that is mistaken more easily.
    let others = (1.0 - probability - read[OTHER]).max(0.0);
    let ratio = probability.max(1e-4) / (read[OTHER] + OTHER_NAME * others).max(1e-3);
    (ratio.ln() + 2.0 - NAME_RARITY).min(most)
}

/// Where names stand relative to the left end and baseline of their leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) right_mm: f32,
    pub(super) down_mm: f32,
    /// How tall the names are, once enough of them were read.
    pub(super) height_mm: Option<f32>,
}

impl Place {
    /// The middle of all names that were read at about this place, if there are a few.
    pub(super) fn refined(self, words: &[&Word], cells: &[Cell]) -> Self {
        let mut found: Vec<(f32, f32, f32)> = Vec::new();
        for cell in cells {
            let Some(lead) = cell.lead.filter(|lead| lead.index() > 2) else {
                continue;
            };
            found.extend(
                words
                    .iter()
                    .filter(|word| probability_of(&word.upright, lead) > 0.5)
                    .map(|word| {
                        (
                            word.left_mm - cell.left_mm,
                            word.centre_mm() - cell.baseline_mm,
                            word.height_mm(),
                        )
                    })
                    .filter(|off| {
                        (off.0 - self.right_mm).abs() < NAME_PLAY_MM.0
                            && (off.1 - self.down_mm).abs() < NAME_PLAY_MM.1
                    }),
            );
        }
        if found.len() < 3 {
            return self;
        }
        Self {
            right_mm: median(found.iter().map(|f| f.0)),
            down_mm: median(found.iter().map(|f| f.1)),
            height_mm: Some(median(found.iter().map(|f| f.2))),
        }
    }

    /// What the words say about the name of `lead` standing here, for a lead that begins at
    /// `(x, y)`; `None` if there is none.
    pub(super) fn name_at(&self, words: &[&Word], lead: Lead, (x, y): (f32, f32)) -> Option<f32> {
        let mut best: Option<f32> = None;
        let mut wrong: f32 = 0.0;
        for word in words {
            let off_mm = (
                word.left_mm - x - self.right_mm,
                word.centre_mm() - y - self.down_mm,
            );
            let off = (off_mm.0 / NAME_PLAY_MM.0, off_mm.1 / NAME_PLAY_MM.1);
            if off.0.abs() > 1.0 || off.1.abs() > 1.0 {
                continue;
            }
            let near = 1.0 - 0.3 * (off.0 * off.0 + off.1 * off.1);
            // A word that stands just like the other names is one, even if it is a mere stroke.
            let alike = self
                .height_mm
                .is_some_and(|height| (word.height_mm() / height - 1.0).abs() < ALIKE_HEIGHT)
                && off_mm.0.abs() < ALIKE_MM.0
                && off_mm.1.abs() < ALIKE_MM.1;
            let score = if alike {
                name_evidence_up_to(&word.upright, lead, MOST_BY_NAME)
            } else {
                name_evidence(&word.upright, lead)
            };
            if score > 0.0 {
                best = Some(best.unwrap_or(0.0).max(near * score));
            }
            let (class, probability) = best_name(&word.upright);
            if (class > 2 || alike) && probability > 0.6 {
                let most = if alike { WRONG_ALIKE } else { WRONG_NAME };
                wrong = wrong.min(most * near);
            }
        }
        // A name that fits outweighs a neighbour that does not.
        best.or((wrong < 0.0).then_some(wrong))
    }
}

/// A place where a lead begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) row: usize,
    pub(super) column: usize,
    /// Which lead the arrangement has there; `None` for a rhythm strip.
    pub(super) lead: Option<Lead>,
    pub(super) left_mm: f32,
    pub(super) baseline_mm: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(left_mm: f32, top_mm: f32, class: usize) -> Word {
        let mut upright = [0.001; CLASSES];
        upright[class] = 0.98;
        Word {
            left_mm,
            top_mm,
            right_mm: left_mm + 5.0,
            bottom_mm: top_mm + 4.0,
            upright,
            turned: upright,
        }
    }

    #[test]
    fn a_name_counts_in_its_place_only() {
        let place = Place {
            right_mm: 1.0,
            down_mm: -8.0,
            height_mm: None,
        };
        let v2 = word(11.0, 30.0, Lead::V2.index());
        let at = |lead, corner| place.name_at(&[&v2], lead, corner);
        assert!(at(Lead::V2, (10.0, 40.0)).is_some_and(|score| score > 4.0));
        assert!(at(Lead::V3, (10.0, 40.0)).is_some_and(|score| score < -2.0));
        assert_eq!(at(Lead::V2, (60.0, 40.0)), None);
    }

    #[test]
    fn a_stroke_says_little_unless_it_stands_like_the_other_names() {
        let one = word(11.0, 30.0, Lead::I.index());
        let loose = Place {
            right_mm: 1.0,
            down_mm: -8.0,
            height_mm: None,
        };
        let sure = Place {
            height_mm: Some(4.0),
            ..loose
        };
        let score = |place: Place| place.name_at(&[&one], Lead::I, (10.0, 40.0)).unwrap();
        assert!(score(loose) < 1.0 && score(sure) > 4.0);
    }
}
