//! The twelve standard leads: their order, their names and how names are read.

use serde::{Deserialize, Serialize};

/// A standard lead. The discriminant is its position in PTB-XL's order, which every
/// `[.., 12, ..]` array of this project uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are the documentation
pub enum Lead {
    I,
    II,
    III,
    #[serde(rename = "aVR")]
    AVR,
    #[serde(rename = "aVL")]
    AVL,
    #[serde(rename = "aVF")]
    AVF,
    V1,
    V2,
    V3,
    V4,
    V5,
    V6,
}

impl Lead {
    /// All leads in order.
    pub const ALL: [Lead; 12] = [
        Lead::I,
        Lead::II,
        Lead::III,
        Lead::AVR,
        Lead::AVL,
        Lead::AVF,
        Lead::V1,
        Lead::V2,
        Lead::V3,
        Lead::V4,
        Lead::V5,
        Lead::V6,
    ];

    /// Position in [`Lead::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The name as printed: `aVR`, `V1`.
    pub fn name(self) -> &'static str {
        [
            "I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6",
        ][self.index()]
    }

    /// Reads a lead's name as files write it: any case, with or without the word "lead"
    /// (`"AVR"`, `"avr"`, `"Lead II"`, `"ecg_v1"`, `"MLII"`). `None` for anything else.
    pub fn parse(name: &str) -> Option<Self> {
        let upper = name.trim().to_ascii_uppercase();
        let bare = ["LEAD", "ECG", "ML"]
            .iter()
            .find_map(|prefix| upper.strip_prefix(prefix))
            .unwrap_or(&upper)
            .trim_start_matches([' ', '_', '-', ':']);
        Self::ALL
            .into_iter()
            .find(|lead| lead.name().eq_ignore_ascii_case(bare))
    }
}

#[cfg(test)]
mod tests {
    use super::Lead;

    #[test]
    fn names_round_trip_and_variants_are_read() {
        for lead in Lead::ALL {
            assert_eq!(Lead::parse(lead.name()), Some(lead));
        }
        assert_eq!(Lead::parse("Lead II"), Some(Lead::II));
        assert_eq!(Lead::parse("MLII"), Some(Lead::II));
        assert_eq!(Lead::parse("ecg_v1"), Some(Lead::V1));
        assert_eq!(Lead::parse("resp"), None);
        assert_eq!(Lead::parse(""), None);
    }
}
