//! What each lead said: the reading once more, with one lead at a time taken away.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Classifier;
use super::logits::tracing_logits;
use crate::error::{Error, Result};
use crate::findings::scores;
use crate::lead::Lead;
use crate::signal::{TRACING_CHANNELS, WINDOW_SAMPLES};

/// Twelve forward passes a window: of a longer recording these many windows, evenly spread, are asked.
const MOST_WINDOWS: usize = 6;

/// How much a reading rests on which lead, by occlusion. Leads repeat one another, so a finding that many of them show barely
/// changes with any single one; what counts is how the leads compare.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The leads that were read, by name, in the standard order.
    pub leads: Vec<&'static str>,
    /// By label key: its probability with all leads, then with each of `leads` taken away.
    pub labels: BTreeMap<String, Occlusion>,
}

/// One label's part of an [`Explanation`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Occlusion {
    /// Calibrated probability with all leads. Differs from the reading's where a long recording's windows were not all asked.
    pub probability: f32,
    /// Calibrated probability without each lead, in the order of [`Explanation::leads`].
    pub without: Vec<f32>,
}

impl Occlusion {
    /// Before any lead was taken away.
    fn of_all(probability: f32) -> Self {
        Self {
            probability,
            without: Vec::new(),
        }
    }
}

impl Classifier {
    /// Reads tracing windows `[24, 1000]`, as in [`Answer::windows`](super::Answer::windows), with all their leads and without
    /// each. A lead that is taken away looks to the network like one that the page doesn't show.
    ///
    /// # Errors
    /// [`Error::Decode`] for windows of another size, none or not of numbers, [`Error::Integrity`] without the tracing student,
    /// [`Error::DeviceLost`] when the device fails.
    pub async fn explain(&self, windows: &[Vec<f32>]) -> Result<Explanation> {
        let tracing = self
            .tracing
            .as_ref()
            .ok_or_else(|| Error::integrity("the tracing student is not loaded"))?;
        let is_window = |window: &Vec<f32>| {
            window.len() == TRACING_CHANNELS * WINDOW_SAMPLES
                && window.iter().all(|value| value.is_finite())
        };
        if windows.is_empty() || !windows.iter().all(is_window) {
            return Err(Error::decode(format!(
                "an explanation needs the windows of an answer, {} numbers each",
                TRACING_CHANNELS * WINDOW_SAMPLES
            )));
        }
        let windows = spread(windows);
        let read = |windows: Vec<Vec<f32>>| async move {
            let logits = tracing_logits(&tracing.net, &windows, &self.device).await?;
            Ok::<_, Error>(scores(&logits, &tracing.manifest))
        };
        let mut labels: BTreeMap<String, Occlusion> = read(windows.clone())
            .await?
            .into_iter()
            .map(|(key, probability)| (key, Occlusion::of_all(probability)))
            .collect();
        let is_shown = |lead: &Lead| {
            let shown = (Lead::ALL.len() + lead.index()) * WINDOW_SAMPLES;
            let is_shown = |window: &Vec<f32>| window[shown..][..WINDOW_SAMPLES].contains(&1.0);
            windows.iter().any(is_shown)
        };
        let leads: Vec<Lead> = Lead::ALL.into_iter().filter(is_shown).collect();
        for &lead in &leads {
            let without = windows.iter().map(|window| without(window, lead));
            for (key, probability) in read(without.collect()).await? {
                if let Some(label) = labels.get_mut(&key) {
                    label.without.push(probability);
                }
            }
        }
        Ok(Explanation {
            leads: leads.into_iter().map(Lead::name).collect(),
            labels,
        })
    }
}

/// At most [`MOST_WINDOWS`], from the first on at even distances.
fn spread(windows: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let count = windows.len().min(MOST_WINDOWS);
    (0..count)
        .map(|k| windows[k * windows.len() / count].clone())
        .collect()
}

/// The window with `lead` unknown.
fn without(window: &[f32], lead: Lead) -> Vec<f32> {
    let mut window = window.to_vec();
    for channel in [lead.index(), Lead::ALL.len() + lead.index()] {
        window[channel * WINDOW_SAMPLES..][..WINDOW_SAMPLES].fill(0.0);
    }
    window
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_is_taken_away_with_its_mask_and_no_other() {
        let window = vec![1.0; TRACING_CHANNELS * WINDOW_SAMPLES];
        let left = without(&window, Lead::V2);
        let zeros = left.iter().filter(|&&value| value == 0.0).count();
        assert_eq!(zeros, 2 * WINDOW_SAMPLES);
        assert!(
            left[7 * WINDOW_SAMPLES..8 * WINDOW_SAMPLES]
                .iter()
                .all(|&v| v == 0.0)
        );
        assert!(
            left[19 * WINDOW_SAMPLES..20 * WINDOW_SAMPLES]
                .iter()
                .all(|&v| v == 0.0)
        );
    }

    #[test]
    fn long_recordings_are_asked_at_even_distances() {
        let windows: Vec<Vec<f32>> = (0..60).map(|k| vec![k as f32]).collect();
        let asked: Vec<f32> = spread(&windows).iter().map(|window| window[0]).collect();
        assert_eq!(asked, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
        assert_eq!(spread(&windows[..2]).len(), 2);
    }
}
