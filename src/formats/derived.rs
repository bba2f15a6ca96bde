//! The four limb leads that follow from I and II, for recorders that store only eight leads.

use crate::lead::Lead;
use crate::recording::LeadSignal;

/// The leads that recorders store when they leave out what follows from others.
const STORED: [Lead; 8] = [
    Lead::I,
    Lead::II,
    Lead::V1,
    Lead::V2,
    Lead::V3,
    Lead::V4,
    Lead::V5,
    Lead::V6,
];

/// Each derived lead with the shares of I and II in it: Einthoven's law (III = II − I) and Goldberger's
/// leads (aVR = −(I + II)/2, aVL = I − II/2, aVF = II − I/2).
const DERIVED: [(Lead, f32, f32); 4] = [
    (Lead::III, -1.0, 1.0),
    (Lead::AVR, -0.5, -0.5),
    (Lead::AVL, 1.0, -0.5),
    (Lead::AVF, -0.5, 1.0),
];

/// Adds III, aVR, aVL and aVF, as far as they are missing, behind the others of a recording that has
/// I, II and all chest leads. Other recordings stay as they are.
pub(super) fn add_derived_leads(leads: &mut Vec<LeadSignal>) {
    let stored = |lead: Lead| leads.iter().position(|signal| signal.lead == Some(lead));
    if STORED.iter().any(|&lead| stored(lead).is_none()) {
        return;
    }
    let (Some(one), Some(two)) = (stored(Lead::I), stored(Lead::II)) else {
        return;
    };
    let missing: Vec<_> = DERIVED
        .into_iter()
        .filter(|&(lead, ..)| stored(lead).is_none())
        .collect();
    for (lead, share_of_one, share_of_two) in missing {
        let pairs = leads[one].samples_mv.iter().zip(&leads[two].samples_mv);
        let samples_mv = pairs
            .map(|(one, two)| share_of_one * one + share_of_two * two)
            .collect();
        leads.push(LeadSignal {
            lead: Some(lead),
            samples_mv,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(names: &[Lead]) -> Vec<LeadSignal> {
        let signal = |&lead: &Lead| LeadSignal {
            lead: Some(lead),
            samples_mv: match lead {
                Lead::I => vec![0.5, -1.0],
                Lead::II => vec![1.5, 0.25],
                _ => vec![9.0, 9.0],
            },
        };
        names.iter().map(signal).collect()
    }

    #[test]
    fn the_missing_four_follow_from_the_first_two() {
        let mut eight = leads(&STORED);
        add_derived_leads(&mut eight);
        assert_eq!(eight.len(), 12);
        let of = |lead: Lead| {
            let found = eight.iter().find(|signal| signal.lead == Some(lead));
            found.unwrap().samples_mv.clone()
        };
        assert_eq!(of(Lead::III), [1.0, 1.25]);
        assert_eq!(of(Lead::AVR), [-1.0, 0.375]);
        assert_eq!(of(Lead::AVL), [-0.25, -1.125]);
        assert_eq!(of(Lead::AVF), [1.25, 0.75]);
    }

    #[test]
    fn stored_leads_and_smaller_recordings_stay() {
        let mut nine = leads(&[&STORED[..], &[Lead::III]].concat());
        add_derived_leads(&mut nine);
        assert_eq!(nine.len(), 12);
        assert_eq!(nine[8].samples_mv, [9.0, 9.0]);
        let mut two = leads(&STORED[..2]);
        add_derived_leads(&mut two);
        assert_eq!(two.len(), 2);
    }
}
