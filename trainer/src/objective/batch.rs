//! A batch in plain memory, and the loss that every student shares.

use burn::prelude::*;
use burn::tensor::TensorData;
use inkbeat::labels::{LabelSet, NUM_LABELS, Task};

use anyhow::{Context, Result};

use crate::config::Distillation;
use crate::loss::bce::binary_cross_entropy;
use crate::loss::distillation::distillation_loss;
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

    /// Cross-entropy on the labels plus, with a teacher, its weighted distillation term: `[B, K]` → `[1]`.
    pub(super) fn label_loss(
        &self,
        logits: Tensor<2>,
        soft_targets: Option<&SoftTargets>,
        device: &Device,
    ) -> Tensor<1> {
        let shape = logits.dims();
        let targets = tensor(self.targets.clone(), shape, device);
        let supervised = binary_cross_entropy(logits.clone(), targets);
        match soft_targets {
            Some(SoftTargets { distillation, .. }) => {
                let teacher = tensor(self.teacher_logits.clone(), shape, device);
                supervised + distillation_loss(logits, teacher, distillation) * distillation.weight
            }
            None => supervised,
        }
    }
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
