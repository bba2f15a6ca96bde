//! What is known of twelve leads, as the tracing student reads it.

use super::{MODEL_SAMPLE_RATE_HZ, WINDOW_SAMPLES, resample};
use crate::lead::Lead;
use crate::recording::Recording;

/// Channels of a tracing window: every lead's potential, then for every lead whether it is known.
pub const TRACING_CHANNELS: usize = 2 * Lead::ALL.len();

/// Gaps up to this long (a separator, a crease) are bridged by a straight line.
const LONGEST_BRIDGE_S: f64 = 0.1;
/// Shorter stretches are crumbs of a trace that was lost.
const SHORTEST_STRETCH_S: f64 = 0.3;
/// With less than this of all leads together there is nothing to classify.
const LEAST_SHOWN_S: f64 = 2.0;

/// `[24, 1000]`: the first ten seconds of `recording` at 100 Hz. Its leads are in mV against their isoelectric lines, `NaN` where
/// nothing is known, as on a printed page that shows each for a few seconds. Channel `k` < 12 is lead `k` of [`Lead::ALL`], 0
/// where it is not known; channel 12 + `k` is 1 where it is and 0 elsewhere. Leads without a name are left out.
///
/// Time begins with the earliest sample. `None` if less than two seconds of named leads are known.
pub fn tracing_window(recording: &Recording) -> Option<Vec<f32>> {
    let rate_hz = recording.sample_rate_hz;
    let known = |mv: &f32| !mv.is_nan();
    let named = || {
        let leads = recording.leads.iter();
        leads.filter_map(|lead| Some((lead.lead?, &lead.samples_mv)))
    };
    let origin = named()
        .filter_map(|(_, samples_mv)| samples_mv.iter().position(known))
        .min()?;
    let mut window = vec![0.0; TRACING_CHANNELS * WINDOW_SAMPLES];
    let (potentials, shown) = window.split_at_mut(Lead::ALL.len() * WINDOW_SAMPLES);
    for (lead, samples_mv) in named() {
        let channel = lead.index() * WINDOW_SAMPLES;
        let potential = &mut potentials[channel..][..WINDOW_SAMPLES];
        let shown = &mut shown[channel..][..WINDOW_SAMPLES];
        let bridged = bridge(samples_mv, (LONGEST_BRIDGE_S * rate_hz) as usize);
        let mut at = 0;
        for stretch in bridged.split(|mv| mv.is_nan()) {
            let first = at;
            at += stretch.len() + 1;
            if (stretch.len() as f64) < SHORTEST_STRETCH_S * rate_hz {
                continue;
            }
            let since_origin_s = (first - origin) as f64 / rate_hz;
            let start = (since_origin_s * MODEL_SAMPLE_RATE_HZ).round() as usize;
            let samples = resample(stretch, rate_hz, MODEL_SAMPLE_RATE_HZ);
            let end = (start + samples.len()).min(WINDOW_SAMPLES);
            if start < end {
                potential[start..end].copy_from_slice(&samples[..end - start]);
                shown[start..end].fill(1.0);
            }
        }
    }
    let shown_s = shown.iter().sum::<f32>() as f64 / MODEL_SAMPLE_RATE_HZ;
    (shown_s >= LEAST_SHOWN_S).then_some(window)
}

/// Fills gaps of at most `longest` samples between known ones.
fn bridge(samples_mv: &[f32], longest: usize) -> Vec<f32> {
    let mut bridged = samples_mv.to_vec();
    let mut last_known: Option<usize> = None;
    for k in 0..bridged.len() {
        if bridged[k].is_nan() {
            continue;
        }
        if let Some(before) = last_known {
            let gap = k - before - 1;
            if (1..=longest).contains(&gap) {
                let (from, to) = (bridged[before], bridged[k]);
                for (step, value) in bridged[before + 1..k].iter_mut().enumerate() {
                    *value = from + (to - from) * (step + 1) as f32 / (gap + 1) as f32;
                }
            }
        }
        last_known = Some(k);
    }
    bridged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::LeadSignal;

    /// Leads at 100 Hz that begin at `start` samples.
    fn recording(leads: &[(Lead, usize, &[f32])]) -> Recording {
        let leads = leads.iter().map(|&(lead, start, samples_mv)| LeadSignal {
            lead: Some(lead),
            samples_mv: [&vec![f32::NAN; start], samples_mv].concat(),
        });
        Recording {
            sample_rate_hz: 100.0,
            leads: leads.collect(),
        }
    }

    #[test]
    fn leads_stand_where_the_page_shows_them() {
        let mut second = vec![0.5; 250];
        second[100] = f32::NAN; // a crease
        second[200..230].fill(f32::NAN); // a lost stretch, and a crumb behind it
        let window = tracing_window(&recording(&[
            (Lead::I, 20, &[1.0; 250]),
            (Lead::V1, 520, &second),
        ]))
        .unwrap();
        assert_eq!(window.len(), TRACING_CHANNELS * WINDOW_SAMPLES);
        let channel = |k: usize| &window[k * WINDOW_SAMPLES..][..WINDOW_SAMPLES];
        // Time begins with the earliest sample.
        assert!(channel(0)[..250].iter().all(|&mv| mv == 1.0) && channel(0)[250] == 0.0);
        assert_eq!(channel(12).iter().sum::<f32>(), 250.0);
        let v1 = Lead::V1.index();
        assert_eq!(
            (channel(v1)[499], channel(v1)[500], channel(v1)[600]),
            (0.0, 0.5, 0.5)
        );
        assert_eq!(channel(12 + v1).iter().sum::<f32>(), 200.0);
        assert!(channel(1).iter().chain(channel(13)).all(|&v| v == 0.0));
    }

    #[test]
    fn what_lies_beyond_ten_seconds_is_cut_and_too_little_is_nothing() {
        let window = tracing_window(&recording(&[(Lead::II, 0, &[0.1; 3000])])).unwrap();
        assert_eq!(
            window[13 * WINDOW_SAMPLES..][..WINDOW_SAMPLES],
            [1.0; WINDOW_SAMPLES]
        );
        assert!(tracing_window(&recording(&[(Lead::II, 0, &[0.1; 150])])).is_none());
        assert!(tracing_window(&recording(&[])).is_none());
    }
}
