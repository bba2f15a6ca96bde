//! Losses on logits. They see tensors, never data sets.

pub mod bce;
pub mod logit_distillation;
