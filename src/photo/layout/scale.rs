//! Paper speed and gain.

use super::agreement::{median, piece, steepness};
use super::page_layout::Found;
use super::pulses::Pulses;
use super::strips::Strip;

/// Speeds in mm/s and how often they are seen.
const SPEEDS: [(f32, f32); 3] = [(25.0, 0.93), (50.0, 0.06), (12.5, 0.01)];
/// Gains in mm/mV and how often they are seen.
const GAINS: [(f32, f32); 4] = [(10.0, 0.92), (5.0, 0.05), (20.0, 0.025), (2.5, 0.005)];
/// A pulse is as tall as its gain says to within this share (one standard deviation), paper that is
/// not to scale included.
const PULSE_SPREAD: f32 = 0.05;
/// What a pulse says is wrong in one of so many cases.
const PULSE_DOUBT: f32 = 0.004;
/// Rate and width of beats go together: this much of what they say is counted.
const BEAT_TRUST: f32 = 0.7;
/// Pulses are 0.2 s wide on most devices, drawn to no scale on some.
const PULSE_WIDTH_TRUST: f32 = 0.6;
/// Where nothing on the page tells speed or gain, the usual value is no surer than this: it is not
/// used without asking.
const ONLY_USUAL: f32 = 0.75;
/// Resolution of the curves' pieces.
const STEP_MM: f32 = 0.5;
/// Beats are further apart than this.
const MIN_BEAT_MM: f32 = 4.0;
/// Natural log of the usual time between beats in seconds, and its spread.
const BEAT_S: (f32, f32) = (-0.18, 0.27);
/// Natural log of the usual width in millimetres of a QRS complex's steep part as it is measured
/// here, and its spread, at each of [`SPEEDS`].
const STEEP_MM: [(f32, f32); 3] = [(0.79, 0.10), (1.04, 0.16), (0.71, 0.08)];
/// Natural log of the usual height of the tallest lead's beats in millivolts, and its spread.
const TALL_MV: (f32, f32) = (0.60, 0.42);

/// The speed that the beats on the page suggest.
pub(super) fn speed(strips: &[Strip], pulses: &Pulses) -> Option<Found<f32>> {
    let left = median(strips.iter().map(|strip| strip.left_mm));
    let right = median(strips.iter().map(|strip| strip.right_mm));
    let pieces: Vec<Vec<f32>> = strips.iter().map(|s| piece(s, left, right)).collect();
    let steep = steepness(&pieces);
    let beats = beats(&steep);
    let mut scores = SPEEDS.map(|(speed, share)| (speed, share.ln()));
    if beats.places.len() >= 3 {
        let apart = median(beats.places.windows(2).map(|pair| pair[1] - pair[0]));
        for ((speed, score), steep) in scores.iter_mut().zip(STEEP_MM) {
            *score += BEAT_TRUST
                * (log_normal(apart / *speed, BEAT_S) + log_normal(beats.width_mm, steep)
                    - steep.1.ln());
        }
    }
    let wide = median(
        pulses
            .of_strip
            .iter()
            .flatten()
            .map(|pulse| pulse.width_mm()),
    );
    for (speed, score) in &mut scores {
        if pulses.count() > 0 && (wide / (0.2 * *speed) - 1.0).abs() < 0.15 {
            *score += PULSE_WIDTH_TRUST;
        }
    }
    let found = most_likely(&scores);
    if beats.places.len() < 3 && pulses.count() == 0 {
        return found.map(only_usual);
    }
    found
}

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
fn only_usual(found: Found<f32>) -> Found<f32> {
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

struct Beats {
    places: Vec<f32>,
    /// Median width of the steep parts.
    width_mm: f32,
}

/// Where curves are steep: the beats' places in millimetres.
fn beats(steep: &[f32]) -> Beats {
    // Two steps of smoothing join both flanks of a spike.
    let smooth: Vec<f32> = (0..steep.len())
        .map(|k| {
            let near = &steep[k.saturating_sub(1)..(k + 2).min(steep.len())];
            near.iter().sum::<f32>() / near.len() as f32
        })
        .collect();
    let mut sorted = smooth.clone();
    sorted.sort_by(f32::total_cmp);
    let tall = sorted.get(sorted.len() * 97 / 100).copied().unwrap_or(0.0);
    let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    let threshold = usual + 0.4 * (tall - usual);
    let reach = (MIN_BEAT_MM / STEP_MM) as usize;
    let mut places: Vec<f32> = Vec::new();
    let mut widths = Vec::new();
    for k in 0..smooth.len() {
        let near = k.saturating_sub(reach)..(k + reach + 1).min(smooth.len());
        let highest = smooth[near.clone()].iter().copied().fold(0.0, f32::max);
        let again = places
            .last()
            .is_some_and(|last| (k as f32 * STEP_MM - last) < MIN_BEAT_MM);
        if smooth[k] < highest || smooth[k] <= threshold || again {
            continue;
        }
        places.push(k as f32 * STEP_MM);
        // Steep time: area over height is a width that noise does not stretch.
        let area: f32 = smooth[near].iter().map(|v| (v - usual).max(0.0)).sum();
        widths.push(STEP_MM * area / (smooth[k] - usual).max(1e-3));
    }
    Beats {
        places,
        width_mm: median(widths.into_iter()),
    }
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

fn most_likely(scores: &[(f32, f32)]) -> Option<Found<f32>> {
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
    }

    #[test]
    fn beats_are_found_where_the_curve_is_steep() {
        let steep: Vec<f32> = (0..200)
            .map(|k| if k % 40 == 20 { 5.0 } else { 0.1 })
            .collect();
        let beats = beats(&steep);
        assert_eq!(beats.places.len(), 5);
        assert!(
            beats
                .places
                .windows(2)
                .all(|pair| (pair[1] - pair[0] - 20.0).abs() < 1.1)
        );
    }

    #[test]
    fn without_any_row_the_usual_is_guessed_and_not_sure() {
        let nothing = Pulses::default();
        let speed = speed(&[], &nothing).unwrap();
        assert_eq!(speed.value, 25.0);
        assert_eq!(speed.confidence, ONLY_USUAL);
        assert_eq!(chest_gain(&nothing), None);
    }
}
