//! Logits → calibrated probabilities → findings in words.

use std::collections::BTreeMap;

use crate::labels::{Group, LABELS};
use crate::outcome::Finding;
use crate::weights::{LabelManifest, Manifest};

/// A label is never a finding below this probability: the best-F1 threshold of a rare label can lie at a
/// few percent, which would worry a patient and help nobody.
const LEAST_PROBABILITY: f32 = 0.2;
/// From this probability on, a finding is called likely; below it, possible.
const LIKELY: f32 = 0.7;

/// Calibrated probability of every label, by key.
pub fn scores(logits: &[f32], manifest: &Manifest) -> BTreeMap<String, f32> {
    manifest
        .labels
        .iter()
        .zip(logits)
        .map(|(label, &logit)| (label.key.clone(), probability(logit, label)))
        .collect()
}

/// Labels that were learnt well enough to be shown and lie above their threshold and
/// [`LEAST_PROBABILITY`], superclasses first, then by probability.
///
/// Left out: NORM, because "normal" is never said alone, and subclasses, which repeat what their
/// statements say more plainly.
pub fn findings(logits: &[f32], manifest: &Manifest) -> Vec<Finding> {
    let mut findings: Vec<(bool, Finding)> = LABELS
        .iter()
        .zip(manifest.labels.iter().zip(logits))
        .filter(|(label, _)| label.code != "NORM" && label.group != Group::Subclass)
        .filter_map(|(label, (fitted, &logit))| {
            let probability = probability(logit, fitted);
            let found = fitted.shown && probability >= fitted.threshold.max(LEAST_PROBABILITY);
            found.then(|| {
                let band = if probability >= LIKELY {
                    "likely"
                } else {
                    "possible"
                };
                let finding = Finding {
                    code: label.code.to_owned(),
                    name: label.name.to_owned(),
                    group: label.group_name().to_owned(),
                    probability,
                    band: band.to_owned(),
                };
                (label.group != Group::Superclass, finding)
            })
        })
        .collect();
    findings.sort_by(|(a_rank, a), (b_rank, b)| {
        a_rank
            .cmp(b_rank)
            .then(b.probability.total_cmp(&a.probability))
    });
    findings.into_iter().map(|(_, finding)| finding).collect()
}

/// σ(slope · logit + intercept), Platt's calibration.
pub fn probability(logit: f32, label: &LabelManifest) -> f32 {
    1.0 / (1.0 + (-(label.slope * logit + label.intercept)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(slope: f32, intercept: f32) -> LabelManifest {
        LabelManifest {
            key: "AFIB".to_owned(),
            slope,
            intercept,
            threshold: 0.5,
            shown: true,
            validation_auc: None,
            validation_positives: 0,
            validation_ece: None,
        }
    }

    #[test]
    fn calibration_matches_hand_computation() {
        assert_eq!(probability(0.0, &label(1.0, 0.0)), 0.5);
        // σ(2·1 − 1) = σ(1) = 0.731059
        assert!((probability(1.0, &label(2.0, -1.0)) - 0.731_059).abs() < 1e-6);
        assert!(probability(-1e30, &label(1.0, 0.0)) >= 0.0);
    }
}
