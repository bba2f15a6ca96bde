//! Recordings written for PhysioNet's tools: a WFDB header and a signal file in format 16.

use std::fmt::Write as _;

use crate::recording::Recording;

/// Steps per mV: ±32 mV fit into 16 bits, and a step of 1 µV is finer than any trace on paper.
const STEPS_PER_MV: f32 = 1000.0;
/// The code of format 16 that stands for "no value".
const MISSING: i16 = i16::MIN;

/// A recording as the two files of a WFDB record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WfdbFiles {
    /// Name of the record, and of its files without their endings.
    pub name: String,
    /// Content of `NAME.hea`.
    pub header: String,
    /// Content of `NAME.dat`: samples of all leads interleaved, two bytes each, little-endian.
    pub signals: Vec<u8>,
}

/// The recording as WFDB files whose header calls the signal file `NAME.dat`. Samples that are not
/// finite, or beyond the end of a shorter lead, become gaps. `name` should hold nothing but
/// letters, digits, hyphens and underscores; other characters are replaced by underscores.
pub fn write_wfdb(recording: &Recording, name: &str) -> WfdbFiles {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let samples = recording
        .leads
        .iter()
        .map(|lead| lead.samples_mv.len())
        .max()
        .unwrap_or(0);
    let step = |lead: usize, index: usize| match recording.leads[lead].samples_mv.get(index) {
        Some(value) if value.is_finite() => {
            // Casts saturate; the lowest code is kept for gaps.
            ((value * STEPS_PER_MV).round() as i16).max(MISSING + 1)
        }
        _ => MISSING,
    };
    let mut signals = Vec::with_capacity(samples * recording.leads.len() * 2);
    for index in 0..samples {
        for lead in 0..recording.leads.len() {
            signals.extend(step(lead, index).to_le_bytes());
        }
    }
    let mut header = format!(
        "{name} {} {} {samples}\n",
        recording.leads.len(),
        recording.sample_rate_hz
    );
    for (position, signal) in recording.leads.iter().enumerate() {
        let checksum =
            (0..samples).fold(0_i16, |sum, index| sum.wrapping_add(step(position, index)));
        let first = if samples > 0 { step(position, 0) } else { 0 };
        let lead = signal.lead.map_or("ecg", |lead| lead.name());
        // Writing to a string can't fail.
        let _ = writeln!(
            header,
            "{name}.dat 16 {STEPS_PER_MV}(0)/mV 16 0 {first} {checksum} 0 {lead}"
        );
    }
    WfdbFiles {
        name,
        header,
        signals,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{NamedBytes, wfdb};
    use crate::lead::Lead;
    use crate::recording::LeadSignal;

    fn recording(second: Vec<f32>) -> Recording {
        Recording {
            sample_rate_hz: 150.0,
            leads: vec![
                LeadSignal {
                    lead: Some(Lead::AVR),
                    samples_mv: vec![0.5, -1.25, 0.0],
                },
                LeadSignal {
                    lead: Some(Lead::V6),
                    samples_mv: second,
                },
            ],
        }
    }

    #[test]
    fn written_records_are_read_back() {
        let original = recording(vec![0.001, 40.0, -40.0]);
        let files = write_wfdb(&original, "page 1/é");
        let named = [NamedBytes {
            name: "page_1__.dat",
            bytes: &files.signals,
        }];
        let read = wfdb::read(files.header.as_bytes(), &named).unwrap();
        assert_eq!(read.sample_rate_hz, 150.0);
        assert_eq!(read.leads[0], original.leads[0]);
        // What does not fit into 16 bits stays at the rail and never becomes a gap.
        assert_eq!(read.leads[1].samples_mv, [0.001, 32.767, -32.767]);
    }

    #[test]
    fn gaps_and_short_leads_have_the_code_for_no_value() {
        let files = write_wfdb(&recording(vec![f32::NAN]), "a");
        let codes: Vec<i16> = files
            .signals
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        assert_eq!(codes, [500, MISSING, -1250, MISSING, 0, MISSING]);
        assert!(
            files
                .header
                .starts_with("a 2 150 3\na.dat 16 1000(0)/mV 16 0 500 -750 0 aVR\n")
        );
    }
}
