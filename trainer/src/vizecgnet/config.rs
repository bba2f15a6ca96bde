//! What a multi-modal training consists of, beside the image student itself.

use anyhow::{Result, ensure};
use inkbeat::model::{AttentionConfig, SignalEncoderConfig};
use serde::{Deserialize, Serialize};

use crate::data::LEADS;

/// Everything that guides the image student while it learns, and is thrown away afterwards.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuidanceConfig {
    /// The stream that sees the twelve leads.
    pub signal: SignalStreamConfig,
    /// Attention between the streams (CMAM); none for streams that meet in the loss alone.
    pub cross: Option<AttentionConfig>,
    /// Whether a head on both streams learns the labels too, and teaches the image's head.
    #[serde(default)]
    pub fused_head: bool,
    /// What the parts of the loss weigh.
    pub loss: MultiModalLoss,
}

/// Shape of a [`SignalStream`](super::SignalStream).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalStreamConfig {
    /// The encoder; its `leads` is 12.
    pub encoder: SignalEncoderConfig,
    /// Whether tokens carry a code of their time.
    #[serde(default)]
    pub positions: bool,
    /// Attention among the tokens (SMAM); none without.
    pub attention: Option<AttentionConfig>,
    /// Dropout before the head, in training.
    pub dropout: f64,
}

/// L = λ₁ · (labels' cross-entropy of every head) + λ₂ · (distillation between the streams) + alignment.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MultiModalLoss {
    /// λ₁
    pub labels: f64,
    /// λ₂; 0 for none.
    pub distillation: f64,
    /// Softening τ of both streams' logits in the distillation.
    pub temperature: f64,
    /// Who teaches whom.
    #[serde(default)]
    pub direction: Direction,
    /// Weight of the distance between the streams' pooled features; 0 for none.
    #[serde(default)]
    pub alignment: f64,
}

/// Which stream is taught by the other one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The image is taught.
    #[default]
    SignalToImage,
    /// The signal is taught.
    ImageToSignal,
    /// Both are.
    Both,
}

impl GuidanceConfig {
    /// Checks the parts against each other and against the image student's `channels`.
    pub fn check(&self, channels: usize) -> Result<()> {
        let Self {
            signal,
            cross,
            loss,
            ..
        } = self;
        ensure!(
            signal.encoder.leads == LEADS,
            "a signal stream's encoder has leads = {LEADS}"
        );
        ensure!(
            !signal.positions || channels.is_multiple_of(2),
            "positions of signals need an even number of channels, not {channels}"
        );
        ensure!(
            signal.attention.is_none_or(|shape| shape.fits(channels)),
            "the signal stream's attention does not fit {channels} channels"
        );
        ensure!(
            cross.is_none_or(|shape| shape.fits(channels)),
            "the attention between the streams does not fit {channels} channels"
        );
        ensure!(
            loss.labels > 0.0 && loss.labels.is_finite(),
            "the labels' weight must be positive"
        );
        ensure!(
            [loss.distillation, loss.alignment]
                .iter()
                .all(|weight| *weight >= 0.0 && weight.is_finite()),
            "weights of the loss must not be negative"
        );
        ensure!(loss.temperature > 0.0, "temperature must be positive");
        Ok(())
    }
}
