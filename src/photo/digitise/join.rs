//! Rows of one lead as one recording.

use super::lead_signal::DigitisedLead;
use crate::recording::{LeadSignal, Recording};

/// One lead that went on from row to row.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinedRows {
    /// Samples per second.
    pub sample_rate_hz: f64,
    /// Potential in mV against the isoelectric line; gaps are bridged by straight lines.
    pub samples_mv: Vec<f32>,
    /// How many rows there were.
    pub rows: usize,
    /// Share of the samples that were bridged.
    pub bridged: f64,
}

/// The rows as a lead whose name isn't known.
impl From<JoinedRows> for Recording {
    fn from(rows: JoinedRows) -> Self {
        Self {
            sample_rate_hz: rows.sample_rate_hz,
            leads: vec![LeadSignal {
                lead: None,
                samples_mv: rows.samples_mv,
            }],
        }
    }
}

/// Puts rows one after another, each without what is blank at its ends. `None` if none shows anything.
pub fn joined(rows: &[DigitisedLead]) -> Option<JoinedRows> {
    let known = |mv: &f32| mv.is_finite();
    let mut joined = JoinedRows {
        sample_rate_hz: rows.first()?.sample_rate_hz,
        samples_mv: Vec::new(),
        rows: 0,
        bridged: 0.0,
    };
    let mut blank = 0;
    for row in rows {
        let Some((first, last)) = row
            .samples_mv
            .iter()
            .position(known)
            .zip(row.samples_mv.iter().rposition(known))
        else {
            continue;
        };
        joined.rows += 1;
        let mut before = row.samples_mv[first];
        let mut rest = &row.samples_mv[first..=last];
        while let Some((&next, behind)) = rest.split_first() {
            if known(&next) {
                joined.samples_mv.push(next);
                (before, rest) = (next, behind);
                continue;
            }
            let gap = rest.iter().position(known).unwrap_or(rest.len());
            let after = rest.get(gap).copied().unwrap_or(before);
            let step = (after - before) / (gap + 1) as f32;
            joined
                .samples_mv
                .extend((1..=gap).map(|k| before + step * k as f32));
            blank += gap;
            rest = &rest[gap..];
        }
    }
    joined.bridged = blank as f64 / joined.samples_mv.len().max(1) as f64;
    (joined.rows > 0).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(samples_mv: &[f32]) -> DigitisedLead {
        DigitisedLead {
            lead: None,
            is_rhythm: false,
            start_s: 0.0,
            sample_rate_hz: 150.0,
            samples_mv: samples_mv.to_vec(),
            confidence: 1.0,
            overlay_mm: Vec::new(),
        }
    }

    #[test]
    fn blank_ends_go_and_gaps_are_bridged() {
        let nan = f32::NAN;
        let rows = [
            row(&[nan, 1.0, nan, nan, 4.0, nan]),
            row(&[nan, nan]),
            row(&[5.0, 6.0]),
        ];
        let joined = joined(&rows).unwrap();
        assert_eq!(joined.samples_mv, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!((joined.rows, joined.bridged), (2, 2.0 / 6.0));
        assert_eq!(super::joined(&[row(&[nan])]), None);
        assert_eq!(super::joined(&[]), None);
    }
}
