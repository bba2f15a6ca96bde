//! What was read of a page as one recording.

use super::lead_signal::DigitisedLead;
use crate::lead::Lead;
use crate::recording::{LeadSignal, Recording};

/// A page shows no more than this.
const MAX_SECONDS: f64 = 60.0;

/// All twelve leads in the order of [`Lead::ALL`] on one time axis, which begins at the left end
/// of the first column and ends with the last sample; `NaN` where a lead is not shown. A lead that is
/// shown twice at the same time, such as a rhythm strip, is averaged. Leads without a name are left
/// out. `None` if no lead has a name.
pub fn merged(leads: &[DigitisedLead]) -> Option<Recording> {
    let named = || leads.iter().filter(|lead| lead.lead.is_some());
    let rate = named().map(|lead| lead.sample_rate_hz).fold(0.0, f64::max);
    let end_s = named()
        .map(|lead| lead.start_s + lead.samples_mv.len() as f64 / lead.sample_rate_hz)
        .fold(0.0, f64::max);
    if !(rate > 0.0 && end_s > 0.0 && rate.is_finite() && end_s.is_finite()) {
        return None;
    }
    let count = (end_s.min(MAX_SECONDS) * rate).round() as usize;
    let signals = Lead::ALL
        .into_iter()
        .map(|name| {
            let mut sums = vec![(0.0f32, 0.0f32); count];
            for lead in named().filter(|lead| lead.lead == Some(name)) {
                for (k, sum) in sums.iter_mut().enumerate() {
                    let position = (k as f64 / rate - lead.start_s) * lead.sample_rate_hz;
                    if let Some(value) = sample_at(&lead.samples_mv, position) {
                        sum.0 += value;
                        sum.1 += 1.0;
                    }
                }
            }
            LeadSignal {
                lead: Some(name),
                samples_mv: sums
                    .into_iter()
                    .map(|(sum, count)| if count > 0.0 { sum / count } else { f32::NAN })
                    .collect(),
            }
        })
        .collect();
    Some(Recording {
        sample_rate_hz: rate,
        leads: signals,
    })
}

/// The value between two samples; up to half a sample beyond the ends the nearest one.
fn sample_at(samples: &[f32], position: f64) -> Option<f32> {
    let last = samples.len().checked_sub(1)?;
    if position < -0.5 || position >= last as f64 + 0.5 {
        return None;
    }
    let position = position.clamp(0.0, last as f64);
    let left = position as usize;
    let share = (position - left as f64) as f32;
    let (a, b) = (samples[left], samples[(left + 1).min(last)]);
    let value = if share < 1e-3 { a } else { a + share * (b - a) };
    (!value.is_nan()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(lead: Option<Lead>, start_s: f64, samples_mv: Vec<f32>) -> DigitisedLead {
        DigitisedLead {
            lead,
            is_rhythm: false,
            start_s,
            sample_rate_hz: 100.0,
            samples_mv,
            confidence: 1.0,
            overlay_mm: Vec::new(),
        }
    }

    #[test]
    fn leads_take_their_places_and_doubles_are_averaged() {
        let recording = merged(&[
            lead(Some(Lead::V1), 1.0, vec![0.5; 100]),
            lead(Some(Lead::II), 0.0, vec![1.0; 100]),
            lead(Some(Lead::II), 0.0, vec![2.0; 200]),
            lead(None, 0.0, vec![9.0; 400]),
        ])
        .unwrap();
        assert_eq!(recording.leads.len(), 12);
        let of = |name| &recording.lead(name).unwrap().samples_mv;
        assert_eq!(of(Lead::II).len(), 200);
        assert_eq!((of(Lead::II)[50], of(Lead::II)[150]), (1.5, 2.0));
        assert!(of(Lead::V1)[50].is_nan() && of(Lead::V1)[150] == 0.5);
        assert!(of(Lead::V6).iter().all(|v| v.is_nan()));
    }

    #[test]
    fn nothing_named_is_no_recording() {
        assert!(merged(&[lead(None, 0.0, vec![1.0; 10])]).is_none());
        assert!(merged(&[]).is_none());
    }
}
