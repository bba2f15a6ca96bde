//! Platt's calibration and the thresholds, fitted on the validation fold.

use inkbeat::labels::{LABELS, LabelSet, NUM_LABELS};
use inkbeat::weights::LabelManifest;

use crate::metrics::{auc, best_f1_threshold, ece_15};

/// Labels with fewer validation records keep their raw probability: a fit on a handful says nothing.
const MIN_POSITIVES_TO_FIT: usize = 10;
/// The bar for showing a label: at least this AUC …
const MIN_AUC_TO_SHOW: f64 = 0.80;
/// … on at least this many validation records that have it.
const MIN_POSITIVES_TO_SHOW: usize = 20;
/// Newton's method on two parameters has converged long before.
const MAX_NEWTON_STEPS: usize = 50;

/// Calibration, threshold and validation figures of every label, from logits `[views × records, K]` that go
/// through all `records` once per view (a lead student sees each record as lead I and as lead II).
pub fn calibrate(logits: &[f32], records: &[LabelSet]) -> Vec<LabelManifest> {
    let views = logits.len() / (records.len() * NUM_LABELS).max(1);
    let labels = records.repeat(views);
    LABELS
        .iter()
        .enumerate()
        .map(|(index, label)| {
            let column: Vec<f32> = logits
                .iter()
                .skip(index)
                .step_by(NUM_LABELS)
                .copied()
                .collect();
            let truth: Vec<bool> = labels.iter().map(|set| set.contains(index)).collect();
            let positives = records.iter().filter(|set| set.contains(index)).count();
            let (slope, intercept) = if positives >= MIN_POSITIVES_TO_FIT {
                fit_platt(&column, &truth)
            } else {
                (1.0, 0.0)
            };
            let sigmoid = |slope: f32, intercept: f32| -> Vec<f32> {
                let logits = column.iter();
                logits
                    .map(|&logit| 1.0 / (1.0 + (-(slope * logit + intercept)).exp()))
                    .collect()
            };
            let probabilities = sigmoid(slope, intercept);
            let validation_ece = ece_15(&sigmoid(1.0, 0.0), &truth)
                .zip(ece_15(&probabilities, &truth))
                .map(|(before, after)| [before, after]);
            let validation_auc = auc(&column, &truth);
            LabelManifest {
                key: label.key().into_owned(),
                slope,
                intercept,
                threshold: best_f1_threshold(&probabilities, &truth)
                    .map_or(0.5, |best| best.threshold),
                shown: positives >= MIN_POSITIVES_TO_SHOW
                    && validation_auc.is_some_and(|auc| auc >= MIN_AUC_TO_SHOW),
                validation_auc,
                validation_positives: positives,
                validation_ece,
            }
        })
        .collect()
}

/// Slope and intercept of the logistic regression of `truth` on `logits`, with Platt's smoothed targets
/// ((n₊+1)/(n₊+2) and 1/(n₋+2)) so that separable labels stay finite.
///
/// Source: Platt 1999, "Probabilistic outputs for support vector machines". A slope that would turn the
/// ranking around is refused: identity then.
fn fit_platt(logits: &[f32], truth: &[bool]) -> (f32, f32) {
    let positives = truth.iter().filter(|&&present| present).count() as f64;
    let negatives = truth.len() as f64 - positives;
    let target_of = |present: bool| {
        if present {
            (positives + 1.0) / (positives + 2.0)
        } else {
            1.0 / (negatives + 2.0)
        }
    };
    let (mut slope, mut intercept) = (1.0f64, 0.0f64);
    for _ in 0..MAX_NEWTON_STEPS {
        // Gradient g and Hessian h of the negative log-likelihood.
        let (mut g, mut h) = ([0.0; 2], [1e-9, 0.0, 1e-9]);
        for (&logit, &present) in logits.iter().zip(truth) {
            let z = f64::from(logit);
            let p = 1.0 / (1.0 + (-(slope * z + intercept)).exp());
            let error = p - target_of(present);
            let weight = p * (1.0 - p);
            g[0] += error * z;
            g[1] += error;
            h[0] += weight * z * z;
            h[1] += weight * z;
            h[2] += weight;
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        let step = [
            (h[2] * g[0] - h[1] * g[1]) / determinant,
            (h[0] * g[1] - h[1] * g[0]) / determinant,
        ];
        if !step.iter().all(|part| part.is_finite()) {
            return (1.0, 0.0);
        }
        // Steps are bounded so that a flat start cannot throw the fit out of range.
        slope -= step[0].clamp(-1.0, 1.0);
        intercept -= step[1].clamp(-2.0, 2.0);
        if step.iter().all(|part| part.abs() < 1e-8) {
            break;
        }
    }
    if slope > 0.0 {
        (slope as f32, intercept as f32)
    } else {
        (1.0, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovers_a_known_miscalibration() {
        // 200 records at each logit; the true probability is σ(½·z − 1), rounded to whole records.
        let mut logits = Vec::new();
        let mut truth = Vec::new();
        for z in [-4.0f32, -2.0, 0.0, 2.0, 4.0, 6.0] {
            let positives = (2000.0 / (1.0 + (-(0.5 * z - 1.0)).exp())).round() as usize;
            for i in 0..2000 {
                logits.push(z);
                truth.push(i < positives);
            }
        }
        let (slope, intercept) = fit_platt(&logits, &truth);
        assert!(
            (slope - 0.5).abs() < 0.01 && (intercept + 1.0).abs() < 0.02,
            "{slope} {intercept}"
        );
    }

    #[test]
    fn never_turns_the_ranking_around() {
        let logits: Vec<f32> = (0..100).map(|i| i as f32 / 10.0).collect();
        let truth: Vec<bool> = (0..100).map(|i| i < 30).collect();
        assert_eq!(fit_platt(&logits, &truth), (1.0, 0.0));
    }
}
