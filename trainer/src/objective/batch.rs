//! A batch in plain memory, and the loss that every student shares.

use burn::prelude::*;
use burn::tensor::TensorData;
use inkbeat::labels::{Group, LABELS, Label, LabelSet, NUM_LABELS, Task};

use anyhow::{Context, Result};

use crate::config::Distillation;
use crate::loss::bce::binary_cross_entropy;
use crate::loss::distillation::distillation_loss;
use crate::loss::weighted_mean;
use crate::metrics::{Predictions, macro_auc};

/// The teacher's logits for the training records, and how much they count.
pub struct SoftTargets {
    /// `[records, K]`
    pub logits: Vec<f32>,
    /// Weight, temperature and form.
    pub distillation: Distillation,
}

/// Inputs with their labels, in plain memory.
pub struct Batch {
    /// The training records that the examples come from.
    pub(super) records: Vec<usize>,
    /// Flattened `[B, …]`.
    pub(super) inputs: Vec<f32>,
    /// `[B, 13]`; empty where the network takes no lead.
    pub(super) lead_one_hot: Vec<f32>,
    /// `[B, negatives]`: records to tell each example's own from; empty without contrast.
    pub(super) negatives: Vec<usize>,
    /// `[B, K]`
    targets: Vec<f32>,
    /// `[B, K]`; empty without a teacher.
    teacher_logits: Vec<f32>,
}

impl Batch {
    /// A batch without inputs, which the caller appends.
    pub(super) fn with_targets(
        indices: &[usize],
        labels: impl Fn(usize) -> LabelSet,
        soft_targets: Option<&SoftTargets>,
    ) -> Self {
        let targets = indices
            .iter()
            .flat_map(|&index| labels(index).to_targets())
            .collect();
        let teacher_logits = soft_targets.map_or_else(Vec::new, |soft| {
            indices
                .iter()
                .flat_map(|&index| &soft.logits[index * NUM_LABELS..][..NUM_LABELS])
                .copied()
                .collect()
        });
        Self {
            records: indices.to_vec(),
            inputs: Vec::new(),
            lead_one_hot: Vec::new(),
            negatives: Vec::new(),
            targets,
            teacher_logits,
        }
    }

    /// B
    pub(super) fn examples(&self) -> usize {
        self.records.len()
    }

    /// Cross-entropy on the labels plus, with a teacher, its weighted distillation term: `[B, K]` → `[1]`. A superclass
    /// counts `superclass_weight` times as much as another label.
    pub(super) fn label_loss(
        &self,
        logits: Tensor<2>,
        soft_targets: Option<&SoftTargets>,
        superclass_weight: f32,
        device: &Device,
    ) -> Tensor<1> {
        let shape = logits.dims();
        let targets = tensor(self.targets.clone(), shape, device);
        let mut loss = binary_cross_entropy(logits.clone(), targets);
        if let Some(SoftTargets { distillation, .. }) = soft_targets {
            let teacher = tensor(self.teacher_logits.clone(), shape, device);
            loss = loss + distillation_loss(logits, teacher, distillation) * distillation.weight;
        }
        mean_over_labels(loss, superclass_weight, device)
    }
}

/// The mean of a loss `[B, K]` in which a superclass counts `superclass_weight` times as much as another label.
pub(super) fn mean_over_labels(
    loss: Tensor<2>,
    superclass_weight: f32,
    device: &Device,
) -> Tensor<1> {
    let weights = (superclass_weight != 1.0)
        .then(|| tensor(label_weights(superclass_weight), [1, NUM_LABELS], device));
    weighted_mean(loss, weights)
}

/// `[K]` with mean 1.
fn label_weights(superclass: f32) -> Vec<f32> {
    let weight = |label: &Label| {
        if label.group == Group::Superclass {
            superclass
        } else {
            1.0
        }
    };
    let mean = LABELS.iter().map(weight).sum::<f32>() / NUM_LABELS as f32;
    LABELS.iter().map(|label| weight(label) / mean).collect()
}

pub(super) fn tensor<const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &Device,
) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Macro AUC over the five superclasses, the score that every choice on fold 9 goes by.
pub(super) fn superclass_auc(
    logits: &[f32],
    labels: impl Iterator<Item = LabelSet>,
) -> Result<f64> {
    let labels: Vec<LabelSet> = labels.collect();
    macro_auc(
        Task::Superdiagnostic,
        Predictions {
            scores: logits,
            labels: &labels,
        },
    )?
    .context("no superclass has both positive and negative records in the validation fold")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_have_mean_one_and_prefer_superclasses() {
        let weights = label_weights(4.0);
        let mean = weights.iter().sum::<f32>() / NUM_LABELS as f32;
        assert!((mean - 1.0).abs() < 1e-5);
        assert_eq!(weights.iter().filter(|weight| **weight > 1.0).count(), 5);
        let lightest = weights.iter().copied().fold(f32::MAX, f32::min);
        let heaviest = weights.iter().copied().fold(0.0, f32::max);
        assert!((heaviest / lightest - 4.0).abs() < 1e-5);
    }
}
