//! Losses on logits and embeddings. They see tensors, never data sets.

pub mod alignment;
pub mod bce;
pub mod contrast;
pub mod distillation;

use burn::prelude::*;

/// The mean over batch and labels of a loss `[B, K]`, with labels weighted: `weights` is `[1, K]` with mean 1.
pub fn weighted_mean(loss: Tensor<2>, weights: Option<Tensor<2>>) -> Tensor<1> {
    match weights {
        Some(weights) => (loss * weights).mean(),
        None => loss.mean(),
    }
}

/// Rows `[B, F]` divided by their length.
pub fn of_length_one(rows: Tensor<2>) -> Tensor<2> {
    let length = rows.clone().square().sum_dim(1).sqrt().clamp_min(1e-12);
    rows / length
}
