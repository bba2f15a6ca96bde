//! `polarity`: learns how a lead's beat usually looks, to tell one that was recorded upside down.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use inkbeat::lead::Lead;
use inkbeat::signal::polarity::{BEAT_SAMPLES, KNOWN_LEADS, PolarityFilter, typical_beat};
use rayon::prelude::*;

use crate::data::{SignalSet, Source, TRAINING_FOLDS, VALIDATION_FOLD};

/// Share of records the right way up that may be called upside down, on the validation fold.
const FALSE_ALARMS: f64 = 0.005;
/// Keeps the weights of samples that say little small.
const RIDGE: f32 = 1e-3;
/// Plain gradient descent on a convex loss of so few weights needs no more.
const STEPS: usize = 2000;
const STEP_SIZE: f32 = 2.0;

/// Fits both known leads on the training folds, sets the thresholds on the validation fold, and prints what that means
/// on `fold`.
pub fn fit_polarity(source: &Source, fold: u8, out: &Path) -> Result<()> {
    let training = source.load(&TRAINING_FOLDS)?;
    let validation = source.load(&[VALIDATION_FOLD])?;
    let scored = source.load(&[fold])?;
    let mut bytes = Vec::new();
    for lead in KNOWN_LEADS {
        let filter = fit(&beats(&training, lead), &beats(&validation, lead))
            .with_context(|| format!("lead {} shows no beats", lead.name()))?;
        let numbers = filter.weights.iter().chain([&filter.threshold]);
        bytes.extend(numbers.flat_map(|number| number.to_le_bytes()));
        let beats = beats(&scored, lead);
        let share = |sign: f32| {
            let found = beats
                .iter()
                .filter(|beat| sign * filter.score(beat) < filter.threshold);
            100.0 * found.count() as f64 / beats.len() as f64
        };
        println!(
            "lead {}, fold {fold}, {} records: {:.1} % called upside down as they are, {:.1} % when turned",
            lead.name(),
            beats.len(),
            share(1.0),
            share(-1.0)
        );
    }
    std::fs::write(out, bytes).with_context(|| format!("cannot write {}", out.display()))
}

fn beats(set: &SignalSet, lead: Lead) -> Vec<Vec<f32>> {
    (0..set.len())
        .into_par_iter()
        .filter_map(|record| typical_beat(set.lead_mv(record, lead)))
        .collect()
}

/// Logistic regression between beats and the same beats upside down, which needs no intercept: minimises the mean of
/// −ln σ(w·beat).
fn fit(training: &[Vec<f32>], validation: &[Vec<f32>]) -> Result<PolarityFilter> {
    ensure!(!training.is_empty() && !validation.is_empty(), "no beats");
    let mut filter = PolarityFilter {
        weights: vec![0.0; BEAT_SAMPLES],
        threshold: 0.0,
    };
    for _ in 0..STEPS {
        let mut gradient: Vec<f32> = filter.weights.iter().map(|weight| RIDGE * weight).collect();
        for beat in training {
            let doubt = 1.0 / (1.0 + filter.score(beat).exp()) / training.len() as f32;
            for (gradient, sample) in gradient.iter_mut().zip(beat) {
                *gradient -= doubt * sample;
            }
        }
        for (weight, gradient) in filter.weights.iter_mut().zip(gradient) {
            *weight -= STEP_SIZE * gradient;
        }
    }
    let mut scores: Vec<f32> = validation.iter().map(|beat| filter.score(beat)).collect();
    scores.sort_by(f32::total_cmp);
    // A lead that is never the wrong way round in the validation fold still needs a doubtful score to be called so.
    filter.threshold = scores[(FALSE_ALARMS * scores.len() as f64) as usize].min(-0.5);
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_direction_scores_positive() {
        let beat = |tilt: f32| -> Vec<f32> {
            (0..BEAT_SAMPLES)
                .map(|i| if i == 35 { 1.0 } else { tilt })
                .collect()
        };
        let beats: Vec<Vec<f32>> = (0..50).map(|i| beat(i as f32 / 500.0)).collect();
        let filter = fit(&beats, &beats).expect("there are beats");
        assert!(beats.iter().all(|beat| filter.score(beat) > 0.0));
        assert_eq!(filter.threshold, -0.5);
        assert!(fit(&[], &beats).is_err());
    }
}
