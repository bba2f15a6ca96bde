//! Paper speed, by how the curves look.
//!
//! Rate and width of beats both double when the paper runs twice as fast, and hearts differ by more than that. What settles it
//! is how one relates to the other: a slow heart's QRS complex and T wave fill less of the time between beats, at any speed.

use super::agreement::{STEP_MM, piece, steepness};
use super::page_layout::Found;
use super::pulses::Pulses;
use super::scale::{most_likely, only_usual};
use super::strips::Strip;
use crate::photo::median::median;
use crate::photo::standard::{numbers, standardised};

/// Speeds in mm/s and how often they are seen.
pub const SPEEDS: [(f32, f32); 3] = [(25.0, 0.92), (50.0, 0.07), (12.5, 0.01)];

/// Numbers that a page's speed is told from.
pub const SPEED_FEATURES: usize = SLOPES + PEAKS + BEATS + PHASES + SPEEDS.len();
/// How much steeper curves are over one distance than over half of it.
const SLOPES: usize = DISTANCES.len() - 1;
/// How much of all change happens at once.
const PEAKS: usize = 3;
/// Distance between beats, its square, and the beats' width.
const BEATS: usize = 3;
/// How change is spread over the time between two beats.
const PHASES: usize = 12;
/// In steps of [`STEP_MM`].
const DISTANCES: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// Kurtosis is measured over these distances.
const PEAK_DISTANCES: [usize; PEAKS] = [1, 4, 16];
/// Beats are further apart than this.
const MIN_BEAT_MM: f32 = 4.0;
/// Natural log of the usual distance between beats in millimetres, about which it is squared.
const USUAL_APART_LN: f32 = 3.0;
/// Pulses are 0.2 s wide on most devices, drawn to no scale on some.
const PULSE_S: f32 = 0.2;
/// A pulse's width is measured to within this share.
const PULSE_SPREAD: f32 = 0.1;
/// Fewer beats have no rate.
const FEWEST_BEATS: usize = 3;
/// Shorter curves say nothing.
const FEWEST_STEPS: usize = 20;

/// Means, spreads, then of each speed but the first the features' weights and an intercept: made by `inkbeat-trainer speed`.
static WEIGHTS: &[u8; size_of::<f32>() * SpeedModel::NUMBERS] = include_bytes!("speed.bin");

/// What a page's curves and pulses tell of its speed: `NaN` where they don't.
pub type SpeedFeatures = [f32; SPEED_FEATURES];

/// A softmax over [`SPEEDS`], as if all were equally frequent, on standardised features.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeedModel {
    /// Means of the features.
    pub mean: SpeedFeatures,
    /// Their standard deviations.
    pub spread: SpeedFeatures,
    /// Weights and intercept of 50 and 12.5 mm/s against 25.
    pub against_usual: [(SpeedFeatures, f32); SPEEDS.len() - 1],
}

impl SpeedModel {
    /// Numbers of a model.
    pub const NUMBERS: usize = 2 * SPEED_FEATURES + (SPEEDS.len() - 1) * (SPEED_FEATURES + 1);

    /// The model that ships.
    fn shipped() -> Self {
        Self::from_bytes(WEIGHTS)
    }

    /// A model from its numbers, of which there are [`Self::NUMBERS`], as little-endian f32.
    fn from_bytes(bytes: &[u8; size_of::<f32>() * Self::NUMBERS]) -> Self {
        let mut next = numbers(bytes);
        Self {
            mean: std::array::from_fn(|_| next()),
            spread: std::array::from_fn(|_| next()),
            against_usual: std::array::from_fn(|_| (std::array::from_fn(|_| next()), next())),
        }
    }

    /// What [`Self::from_bytes`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let weights = self.against_usual.iter();
        let numbers = self.mean.iter().chain(&self.spread).copied().chain(
            weights.flat_map(|(weights, intercept)| weights.iter().copied().chain([*intercept])),
        );
        numbers.flat_map(f32::to_le_bytes).collect()
    }

    /// Log likelihood of every speed against the first.
    pub fn logits(&self, features: &SpeedFeatures) -> [f32; SPEEDS.len()] {
        let standard = self.standardised(features);
        let mut logits = [0.0; SPEEDS.len()];
        for (logit, (weights, intercept)) in logits[1..].iter_mut().zip(&self.against_usual) {
            let sum: f32 = weights.iter().zip(standard).map(|(w, f)| w * f).sum();
            *logit = sum + intercept;
        }
        logits
    }

    /// Features as deviations from the mean; what isn't known is as usual.
    pub fn standardised(&self, features: &SpeedFeatures) -> SpeedFeatures {
        standardised(features, &self.mean, &self.spread)
    }
}

/// The speed that `features` tell.
pub(super) fn speed(features: &SpeedFeatures) -> Option<Found<f32>> {
    let logits = SpeedModel::shipped().logits(features);
    let scores: Vec<(f32, f32)> = SPEEDS
        .iter()
        .zip(logits)
        .map(|((speed, share), logit)| (*speed, share.ln() + logit))
        .collect();
    let found = most_likely(&scores)?;
    let has_beats = features[SLOPES + PEAKS].is_finite();
    let has_pulse = features[SPEED_FEATURES - SPEEDS.len()].is_finite();
    Some(if has_beats || has_pulse {
        found
    } else {
        only_usual(found)
    })
}

/// Measures what speed is told from.
pub(super) fn speed_features(strips: &[Strip], pulses: &Pulses) -> SpeedFeatures {
    let left = median(strips.iter().map(|strip| strip.left_mm));
    let right = median(strips.iter().map(|strip| strip.right_mm));
    let pieces: Vec<Vec<f32>> = strips.iter().map(|s| piece(s, left, right)).collect();
    let mut features = Vec::with_capacity(SPEED_FEATURES);
    let over = |steps: usize, power: i32| -> Vec<f32> {
        pieces
            .iter()
            .map(|piece| change(piece, steps, power))
            .collect()
    };
    let changes = DISTANCES.map(|steps| over(steps, 1));
    for pair in changes.windows(2) {
        features.push(median_known(
            pair[1]
                .iter()
                .zip(&pair[0])
                .map(|(far, near)| (far / near).ln()),
        ));
    }
    for steps in PEAK_DISTANCES {
        let (fourth, second) = (over(steps, 4), over(steps, 2));
        features.push(median_known(
            fourth.iter().zip(&second).map(|(f, s)| (f / (s * s)).ln()),
        ));
    }
    let steep = steepness(&pieces);
    let beats = beats(&steep);
    features.extend(beat_features(&beats));
    features.extend(phases(&steep, &beats.places));
    let widths = pulses
        .of_strip
        .iter()
        .flatten()
        .map(|pulse| pulse.width_mm());
    let wide = median_known(widths);
    features.extend(SPEEDS.map(|(speed, _)| {
        let off = (wide / (PULSE_S * speed)).ln() / PULSE_SPREAD;
        (-0.5 * off * off).exp()
    }));
    let mut all = [f32::NAN; SPEED_FEATURES];
    all.iter_mut()
        .zip(features)
        .for_each(|(to, from)| *to = from);
    all
}

/// Mean of a power of the change over some steps; `NaN` of a curve that is too short.
fn change(piece: &[f32], steps: usize, power: i32) -> f32 {
    let changes = piece
        .iter()
        .zip(piece.iter().skip(steps))
        .map(|(a, b)| (b - a).abs());
    let (sum, count) = changes
        .filter(|change| change.is_finite())
        .fold((0.0, 0), |(sum, count), change| {
            (sum + (change.powi(power)), count + 1)
        });
    if count < FEWEST_STEPS {
        f32::NAN
    } else {
        sum / count as f32 + 1e-6
    }
}

fn median_known(values: impl Iterator<Item = f32>) -> f32 {
    let known: Vec<f32> = values.filter(|value| value.is_finite()).collect();
    if known.is_empty() {
        f32::NAN
    } else {
        median(known.into_iter())
    }
}

fn beat_features(beats: &Beats) -> [f32; BEATS] {
    if beats.places.len() < FEWEST_BEATS {
        return [f32::NAN; BEATS];
    }
    let apart = median(beats.places.windows(2).map(|pair| pair[1] - pair[0])).ln();
    [
        apart,
        (apart - USUAL_APART_LN).powi(2),
        beats.width_mm.max(STEP_MM).ln(),
    ]
}

/// Log of the share of all change in each twelfth of the time between beats.
fn phases(steep: &[f32], places: &[f32]) -> [f32; PHASES] {
    if places.len() < FEWEST_BEATS {
        return [f32::NAN; PHASES];
    }
    let mut sums = [0.0; PHASES];
    for pair in places.windows(2) {
        let apart = pair[1] - pair[0];
        for (k, sum) in sums.iter_mut().enumerate() {
            let at = |share: f32| ((pair[0] + apart * share / PHASES as f32) / STEP_MM) as usize;
            let (from, to) = (at(k as f32), at(k as f32 + 1.0).min(steep.len()));
            let part = &steep[from.min(to)..to];
            *sum += part.iter().sum::<f32>() / part.len().max(1) as f32;
        }
    }
    let total: f32 = sums.iter().sum();
    sums.map(|sum| ((sum + 1e-6) / (total + 1e-6)).ln())
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

#[cfg(test)]
mod tests {
    use super::super::scale::ONLY_USUAL;
    use super::*;

    #[test]
    fn the_model_is_written_as_it_is_read() {
        assert_eq!(SpeedModel::shipped().to_bytes(), WEIGHTS);
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
        let speed = speed(&speed_features(&[], &Pulses::default())).unwrap();
        assert_eq!((speed.value, speed.confidence), (25.0, ONLY_USUAL));
    }
}
