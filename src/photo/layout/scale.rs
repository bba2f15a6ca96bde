//! Paper speed and gain.

use super::page_layout::Found;
use super::pulses::Pulses;
use super::strips::Strip;
use crate::photo::median::median;

/// Gains in mm/mV and how often they are seen.
const GAINS: [(f32, f32); 4] = [(10.0, 0.92), (5.0, 0.05), (20.0, 0.025), (2.5, 0.005)];
/// A pulse is as tall as its gain says to within this share (one standard deviation), paper that is
/// not to scale included.
const PULSE_SPREAD: f32 = 0.05;
/// What a pulse says is wrong in one of so many cases.
const PULSE_DOUBT: f32 = 0.004;
/// Where nothing on the page tells speed or gain, the usual value is no surer than this: it is not
/// used without asking.
pub(super) const ONLY_USUAL: f32 = 0.75;
/// Natural log of the usual height of the tallest lead's beats in millivolts, and its spread.
const TALL_MV: (f32, f32) = (0.60, 0.42);

/// The gain that the pulses tell, or how tall beats are.
pub(super) fn gain(strips: &[Strip], pulses: &Pulses) -> Option<Found<f32>> {
    let mut scores = GAINS.map(|(gain, share)| (gain, share.ln()));
    let heights: Vec<f32> = pulses
        .of_strip
        .iter()
        .flatten()
        .map(|pulse| pulse.height_mm())
        .collect();
    // One row's pulse among many rows without may be anything, unless it says what is usual.
    let is_lone = heights.len() == 1 && strips.len() > 2;
    let told = from_pulse(median(heights.iter().copied()), scores)
        .filter(|found| !is_lone || found.value == GAINS[0].0);
    if heights.is_empty() || told.is_none() {
        let tallest = strips
            .iter()
            .map(|strip| reach(strip.points(strip.left_mm, strip.right_mm)))
            .fold(0.0, f32::max);
        for (gain, score) in &mut scores {
            *score += log_normal(tallest / *gain, TALL_MV);
        }
        return most_likely(&scores).map(only_usual);
    }
    told
}

/// A guess that must not be taken for a reading.
pub(super) fn only_usual(found: Found<f32>) -> Found<f32> {
    Found {
        confidence: found.confidence.min(ONLY_USUAL),
        ..found
    }
}

/// The gain of the chest leads, if the pulses have a second step.
pub(super) fn chest_gain(pulses: &Pulses) -> Option<Found<f32>> {
    let steps: Vec<f32> = pulses
        .of_strip
        .iter()
        .flatten()
        .filter_map(|pulse| pulse.step_mm)
        .collect();
    if steps.is_empty() || 2 * steps.len() < pulses.count() {
        return None;
    }
    from_pulse(
        median(steps.into_iter()),
        GAINS.map(|(gain, share)| (gain, share.ln())),
    )
}

fn from_pulse(height: f32, mut scores: [(f32, f32); 4]) -> Option<Found<f32>> {
    for (gain, score) in &mut scores {
        let off = (height / *gain - 1.0) / PULSE_SPREAD;
        *score += ((-0.5 * off * off).exp() + PULSE_DOUBT).ln();
    }
    let found = most_likely(&scores)?;
    // A pulse of no usual height is none.
    ((height / found.value - 1.0).abs() < 0.2).then_some(found)
}

/// From the lowest to the highest point, a few outliers left out.
fn reach(points: &[f32]) -> f32 {
    let mut sorted: Vec<f32> = points.iter().copied().filter(|y| y.is_finite()).collect();
    sorted.sort_by(f32::total_cmp);
    let at = |share: f32| sorted.get((share * sorted.len() as f32) as usize).copied();
    match (at(0.002), at(0.998)) {
        (Some(low), Some(high)) => high - low,
        _ => 0.0,
    }
}

fn log_normal(value: f32, (centre, spread): (f32, f32)) -> f32 {
    let off = (value.max(1e-6).ln() - centre) / spread;
    // Hearts beat in odd ways: beyond three deviations nothing more is said.
    -0.5 * (off * off).min(12.0)
}

pub(super) fn most_likely(scores: &[(f32, f32)]) -> Option<Found<f32>> {
    let best = scores.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let total: f32 = scores.iter().map(|score| (score.1 - best.1).exp()).sum();
    Some(Found {
        value: best.0,
        confidence: (1.0 / total).min(0.99),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulse_heights_give_their_gains() {
        let told = |height| from_pulse(height, GAINS.map(|(gain, share)| (gain, share.ln())));
        assert!(told(10.2).is_some_and(|found| found.value == 10.0 && found.confidence > 0.95));
        assert!(told(4.9).is_some_and(|found| found.value == 5.0 && found.confidence > 0.8));
        assert_eq!(told(14.0), None, "no device prints such a pulse");
        assert_eq!(chest_gain(&Pulses::default()), None);
    }
}
