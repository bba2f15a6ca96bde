//! Recordings written as text.

use std::fmt::Write as _;

use crate::recording::Recording;

/// The recording as CSV: `time_s` (seconds, six decimals), then one column of mV (four decimals)
/// for each lead under its name (`ecg`, `ecg_2`, … for unnamed ones). Samples that are not finite
/// stay blank.
pub fn write_csv(recording: &Recording) -> String {
    let samples = recording
        .leads
        .iter()
        .map(|lead| lead.samples_mv.len())
        .max();
    let samples = samples.unwrap_or(0);
    let mut text = String::with_capacity(samples * (12 + 8 * recording.leads.len()) + 64);
    text.push_str("time_s");
    for (position, signal) in recording.leads.iter().enumerate() {
        // Writing to a string can't fail.
        let _ = match signal.lead {
            Some(lead) => write!(text, ",{}", lead.name()),
            None if position == 0 => write!(text, ",ecg"),
            None => write!(text, ",ecg_{}", position + 1),
        };
    }
    text.push('\n');
    for index in 0..samples {
        let _ = write!(text, "{:.6}", index as f64 / recording.sample_rate_hz);
        for signal in &recording.leads {
            let _ = match signal.samples_mv.get(index) {
                Some(sample) if sample.is_finite() => write!(text, ",{sample:.4}"),
                _ => write!(text, ","),
            };
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{StripHints, csv};
    use crate::lead::Lead;
    use crate::recording::LeadSignal;

    #[test]
    fn written_recordings_are_read_back() {
        for sample_rate_hz in [100.0, 511.562, 500.0] {
            let wave = |phase: f32| -> Vec<f32> {
                (0..700).map(|i| (i as f32 * 0.05 + phase).sin()).collect()
            };
            let original = Recording {
                sample_rate_hz,
                leads: vec![
                    LeadSignal {
                        lead: Some(Lead::II),
                        samples_mv: wave(0.0),
                    },
                    LeadSignal {
                        lead: Some(Lead::AVR),
                        samples_mv: wave(1.0),
                    },
                ],
            };
            let read = csv::read(write_csv(&original).as_bytes(), &StripHints::default()).unwrap();
            assert!((read.sample_rate_hz / sample_rate_hz - 1.0).abs() < 1e-5);
            assert_eq!(read.leads.len(), 2);
            for (a, b) in read.leads.iter().zip(&original.leads) {
                assert_eq!(a.lead, b.lead);
                assert_eq!(a.samples_mv.len(), b.samples_mv.len());
                let close = |(x, y): (&f32, &f32)| (x - y).abs() < 6e-5;
                assert!(a.samples_mv.iter().zip(&b.samples_mv).all(close));
            }
        }
    }

    #[test]
    fn the_written_text_is_as_documented() {
        let recording = Recording {
            sample_rate_hz: 4.0,
            leads: vec![
                LeadSignal {
                    lead: Some(Lead::I),
                    samples_mv: vec![0.5, f32::NAN],
                },
                LeadSignal {
                    lead: None,
                    samples_mv: vec![-0.25],
                },
            ],
        };
        let text = "time_s,I,ecg_2\n0.000000,0.5000,-0.2500\n0.250000,,\n";
        assert_eq!(write_csv(&recording), text);
    }
}
