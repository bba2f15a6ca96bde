//! The ways in which devices lay twelve leads out on paper.

use crate::lead::Lead::{self, AVF, AVL, AVR, I, II, III, V1, V2, V3, V4, V5, V6};

/// Leads in rows and columns, and strips below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Arrangement {
    /// `3x4+1`, `cabrera 6x2`, …
    pub(super) name: &'static str,
    /// Columns of leads.
    pub(super) columns: usize,
    /// Leads column by column, from the top.
    pub(super) leads: &'static [Lead],
    /// Rhythm strips below.
    pub(super) strips: usize,
    /// Whether aVR is drawn as its negative.
    pub(super) minus_avr: bool,
    /// How often it is seen, of pages that show ECGs.
    pub(super) share: f32,
}

impl Arrangement {
    /// Rows that are divided into columns.
    pub(super) fn lead_rows(&self) -> usize {
        self.leads.len() / self.columns
    }

    /// Rows with the strips.
    pub(super) fn rows(&self) -> usize {
        self.lead_rows() + self.strips
    }

    /// The lead in a row and column.
    pub(super) fn lead(&self, row: usize, column: usize) -> Option<Lead> {
        (row < self.lead_rows())
            .then(|| self.leads.get(column * self.lead_rows() + row).copied())
            .flatten()
    }
}

const STANDARD: &[Lead] = &[I, II, III, AVR, AVL, AVF, V1, V2, V3, V4, V5, V6];
const CABRERA: &[Lead] = &[AVL, I, AVR, II, AVF, III, V1, V2, V3, V4, V5, V6];
const LIMB: &[Lead] = STANDARD.split_at(6).0;
const CABRERA_LIMB: &[Lead] = CABRERA.split_at(6).0;
const CHEST: &[Lead] = STANDARD.split_at(6).1;

const fn arrangement(
    name: &'static str,
    columns: usize,
    leads: &'static [Lead],
    strips: usize,
    share: f32,
) -> Arrangement {
    Arrangement {
        name,
        columns,
        leads,
        strips,
        minus_avr: false,
        share,
    }
}

const fn cabrera(
    name: &'static str,
    columns: usize,
    leads: &'static [Lead],
    strips: usize,
    share: f32,
) -> Arrangement {
    Arrangement {
        minus_avr: true,
        ..arrangement(name, columns, leads, strips, share)
    }
}

/// Shares after looking at some hundred printouts of many makers; only their order of magnitude
/// matters.
pub(super) const ARRANGEMENTS: &[Arrangement] = &[
    arrangement("3x4+1", 4, STANDARD, 1, 0.45),
    arrangement("3x4+3", 4, STANDARD, 3, 0.10),
    arrangement("3x4", 4, STANDARD, 0, 0.12),
    arrangement("6x2", 2, STANDARD, 0, 0.11),
    arrangement("12x1", 1, STANDARD, 0, 0.06),
    arrangement("3x4+2", 4, STANDARD, 2, 0.04),
    arrangement("6x2+1", 2, STANDARD, 1, 0.03),
    arrangement("4x3", 3, STANDARD, 0, 0.015),
    arrangement("4x3+1", 3, STANDARD, 1, 0.005),
    arrangement("6x1 limb", 1, LIMB, 0, 0.02),
    arrangement("6x1 chest", 1, CHEST, 0, 0.02),
    arrangement("3x2 limb", 2, LIMB, 0, 0.004),
    arrangement("3x2 chest", 2, CHEST, 0, 0.01),
    arrangement("3x1", 1, LIMB.split_at(3).0, 0, 0.01),
    cabrera("cabrera 6x2", 2, CABRERA, 0, 0.02),
    cabrera("cabrera 12x1", 1, CABRERA, 0, 0.015),
    cabrera("cabrera 3x4", 4, CABRERA, 0, 0.004),
    cabrera("cabrera 3x4+1", 4, CABRERA, 1, 0.006),
    cabrera("cabrera 6x1", 1, CABRERA_LIMB, 0, 0.005),
    cabrera("cabrera 6x2+1", 2, CABRERA, 1, 0.004),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_arrangement_shows_a_lead_twice_and_its_name_tells_its_shape() {
        for arrangement in ARRANGEMENTS {
            let mut leads = arrangement.leads.to_vec();
            leads.sort();
            leads.dedup();
            assert_eq!(leads.len(), arrangement.leads.len(), "{}", arrangement.name);
            let shape = format!("{}x{}", arrangement.lead_rows(), arrangement.columns);
            assert!(
                arrangement.name.contains(&shape),
                "{} is {shape}",
                arrangement.name
            );
        }
    }

    #[test]
    fn places_by_hand() {
        let at = |name: &str, row, column| {
            let found = ARRANGEMENTS.iter().find(|known| known.name == name);
            found.and_then(|known| known.lead(row, column))
        };
        assert_eq!(at("3x4+1", 1, 3), Some(V5));
        assert_eq!(
            at("3x4+1", 3, 0),
            None,
            "the rhythm strip may show any lead"
        );
        assert_eq!(at("6x2", 3, 0), Some(AVR));
        assert_eq!(at("4x3", 0, 2), Some(V3));
        assert_eq!(at("cabrera 6x2", 2, 0), Some(AVR));
    }
}
