//! Losses on logits and embeddings. They see tensors, never data sets.

pub mod bce;
pub mod contrast;
pub mod distillation;
