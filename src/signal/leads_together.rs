//! A recording of many leads, prepared to be read as one.

use super::{
    MODEL_SAMPLE_RATE_HZ, WINDOW_SAMPLES, isoelectric_level, prepare_strip, tracing_window,
};
use crate::lead::Lead;
use crate::outcome::{Issue, Quality};
use crate::recording::{LeadSignal, Recording};

/// With fewer leads than this a recording is no full ECG; one lead of it is then read alone.
pub const LEAST_LEADS_TOGETHER: usize = 8;

/// Leads ready for the tracing student.
#[derive(Clone, Debug)]
pub struct PreparedLeads {
    /// Tracing windows `[24, 1000]` of ten seconds each. Never empty.
    pub windows: Vec<Vec<f32>>,
    /// How good the leads are on the whole, with warnings.
    pub quality: Quality,
}

/// Prepares every named lead as [`prepare_strip`] does, and puts them side by side. A lead that can't be read counts as not
/// recorded; the quality then says which. `None` if fewer than [`LEAST_LEADS_TOGETHER`] leads can be read.
pub fn prepare_leads(recording: &Recording) -> Option<PreparedLeads> {
    let rate_hz = recording.sample_rate_hz;
    let mut prepared = Vec::new();
    let mut left_out = Vec::new();
    for lead in Lead::ALL {
        let Some(signal) = recording.lead(lead) else {
            continue;
        };
        match prepare_strip(&signal.samples_mv, rate_hz, None) {
            Ok(strip) => prepared.push((lead, strip)),
            Err(_) => left_out.push(lead.name()),
        }
    }
    if prepared.len() < LEAST_LEADS_TOGETHER {
        return None;
    }
    let windows = (0..prepared[0].1.windows.len())
        .filter_map(|window| {
            let leads = prepared.iter().map(|(lead, strip)| {
                let recorded = (strip.duration_secs * MODEL_SAMPLE_RATE_HZ).round() as usize;
                let samples_mv = &strip.windows[window][..recorded.min(WINDOW_SAMPLES)];
                LeadSignal {
                    lead: Some(*lead),
                    samples_mv: against_rest(samples_mv),
                }
            });
            tracing_window(&Recording {
                sample_rate_hz: MODEL_SAMPLE_RATE_HZ,
                leads: leads.collect(),
            })
        })
        .collect::<Vec<_>>();
    let qualities: Vec<Quality> = prepared
        .into_iter()
        .map(|(_, strip)| strip.quality)
        .collect();
    (!windows.is_empty()).then(|| PreparedLeads {
        windows,
        quality: together(&qualities, &left_out),
    })
}

fn against_rest(samples_mv: &[f32]) -> Vec<f32> {
    let rest_mv = isoelectric_level(samples_mv).unwrap_or(0.0);
    samples_mv.iter().map(|mv| mv - rest_mv).collect()
}

/// The mean score; every warning once, however many leads it holds for.
fn together(qualities: &[Quality], left_out: &[&str]) -> Quality {
    let mut issues: Vec<Issue> = Vec::new();
    for issue in qualities.iter().flat_map(|quality| &quality.issues) {
        if !issues.iter().any(|known| known.code == issue.code) {
            issues.push(issue.clone());
        }
    }
    if !left_out.is_empty() {
        issues.push(Issue::warn(
            "LEADS_LEFT_OUT",
            format!(
                "These leads are too bad to be read and were left out: {}.",
                left_out.join(", ")
            ),
            "Check their electrodes and cables and record again.",
        ));
    }
    Quality {
        score: qualities.iter().map(|quality| quality.score).sum::<f32>() / qualities.len() as f32,
        pixels_per_mm: None,
        issues,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // In a test, unwrapping is the assertion.

    use super::*;

    /// A beat a second on every lead, higher from lead to lead, at 250 Hz.
    fn recording(seconds: f64, leads: usize) -> Recording {
        let lead = |(k, lead): (usize, Lead)| LeadSignal {
            lead: Some(lead),
            samples_mv: (0..(seconds * 250.0) as usize)
                .map(|i| {
                    let t = (i as f64 / 250.0).fract();
                    let wave = |at: f64, width: f64| (-0.5 * ((t - at) / width).powi(2)).exp();
                    (0.5 + 0.1 * k as f64) as f32
                        * (wave(0.4, 0.015) + 0.3 * wave(0.7, 0.05)) as f32
                })
                .collect(),
        };
        Recording {
            sample_rate_hz: 250.0,
            leads: Lead::ALL
                .into_iter()
                .take(leads)
                .enumerate()
                .map(lead)
                .collect(),
        }
    }

    #[test]
    fn all_leads_stand_side_by_side() {
        let prepared = prepare_leads(&recording(25.0, 12)).unwrap();
        assert_eq!(prepared.windows.len(), 3);
        let window = &prepared.windows[0];
        assert!(
            window[12 * WINDOW_SAMPLES..]
                .iter()
                .all(|&known| known == 1.0)
        );
        let highest = |lead: usize| {
            let samples = &window[lead * WINDOW_SAMPLES..][..WINDOW_SAMPLES];
            samples.iter().copied().fold(0.0, f32::max)
        };
        assert!((highest(0) - 0.5).abs() < 0.06 && (highest(11) - 1.6).abs() < 0.2);
        assert!(prepared.quality.issues.is_empty(), "{:?}", prepared.quality);
    }

    #[test]
    fn a_short_recording_knows_only_its_own_seconds() {
        let prepared = prepare_leads(&recording(6.0, 12)).unwrap();
        let known: f32 = prepared.windows[0][12 * WINDOW_SAMPLES..].iter().sum();
        assert_eq!(known, 12.0 * 600.0);
    }

    #[test]
    fn bad_leads_are_left_out_and_named_until_too_few_remain() {
        let mut recording = recording(10.0, 12);
        recording.leads[7].samples_mv.fill(0.2); // V2 fell off
        let prepared = prepare_leads(&recording).unwrap();
        let issue = &prepared.quality.issues[0];
        assert_eq!(issue.code, "LEADS_LEFT_OUT");
        assert!(
            issue.message.ends_with("left out: V2."),
            "{}",
            issue.message
        );
        assert!(
            prepared.windows[0][19 * WINDOW_SAMPLES..][..WINDOW_SAMPLES]
                .iter()
                .all(|&k| k == 0.0)
        );
        for lead in &mut recording.leads[..4] {
            lead.samples_mv.fill(0.0);
        }
        assert!(prepare_leads(&recording).is_none());
    }

    #[test]
    fn two_leads_are_no_full_ecg() {
        assert!(prepare_leads(&recording(10.0, 2)).is_none());
    }
}
