//! What makes the streams agree, and the sum of it all.

use burn::prelude::*;

use super::Answers;
use super::config::{Direction, MultiModalLoss};
use crate::config::{Distillation, Softening};
use crate::loss::alignment::alignment_loss;
use crate::loss::distillation::distillation_loss;

/// L = λ₁·(L_y(z_I) + L_y(z_S)) + λ₂·L_KD + α·‖a_I − sg[a_S]‖², with a CMAM + λ₁·L_y(z_M), and with a fused head
/// + λ₁·L_y(z_F) + λ₂·D(z_F → z_I).
///
/// `labels` is L_y, the loss `[1]` of logits `[B, K]` against labels (and against soft targets, where a teacher is given);
/// `mean` takes a loss `[B, K]` to its mean `[1]`. α is [`MultiModalLoss::alignment`], a_I and a_S are [`Answers::pooled`]
/// at unit length.
///
/// # Source
/// The first two terms with λ₁ = λ₂ = 1: VizECGNet, arXiv:2408.02888. The form of L_KD is reconstructed; the mixed image's term,
/// the alignment and the fused head are not the paper's.
pub fn multi_modal_loss(
    answers: Answers,
    settings: &MultiModalLoss,
    labels: impl Fn(Tensor<2>) -> Tensor<1>,
    mean: impl Fn(Tensor<2>) -> Tensor<1>,
) -> Tensor<1> {
    let Answers {
        image,
        mixed,
        signal,
        fused,
        pooled,
    } = answers;
    let mut label_loss = labels(image.clone()) + labels(signal.clone());
    if let Some(mixed) = mixed {
        label_loss = label_loss + labels(mixed);
    }
    let mut agreement = None;
    if settings.distillation > 0.0 {
        agreement = Some(stream_distillation(image.clone(), signal, settings));
    }
    if let Some(fused) = fused {
        label_loss = label_loss + labels(fused.clone());
        agreement = agreement.map(|loss| loss + taught(image, fused, settings));
    }
    let mut loss = label_loss * settings.labels;
    if let Some(agreement) = agreement {
        loss = loss + mean(agreement) * settings.distillation;
    }
    if let Some([image, signal]) = pooled {
        loss = loss + alignment_loss(image, signal) * settings.alignment;
    }
    loss
}

/// L_KD of every example and label, `[B, K]` in nats, from both streams' logits `[B, K]`.
///
/// D(s → i) = τ² · KL(sg[σ(z_s/τ)] ‖ σ(z_i/τ)), for the image, the signal or both: see [`Direction`]. No gradient reaches
/// the stream that teaches.
pub fn stream_distillation(
    image: Tensor<2>,
    signal: Tensor<2>,
    settings: &MultiModalLoss,
) -> Tensor<2> {
    match settings.direction {
        Direction::SignalToImage => taught(image, signal, settings),
        Direction::ImageToSignal => taught(signal, image, settings),
        Direction::Both => {
            taught(image.clone(), signal.clone(), settings) + taught(signal, image, settings)
        }
    }
}

fn taught(student: Tensor<2>, teacher: Tensor<2>, settings: &MultiModalLoss) -> Tensor<2> {
    let softening = Distillation {
        weight: 1.0,
        temperature: settings.temperature,
        form: Softening::Logits,
    };
    distillation_loss(student, teacher, &softening)
}
