//! The stream that sees the twelve leads.

use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::prelude::*;
use inkbeat::labels::NUM_LABELS;
use inkbeat::model::positions::line_positions;
use inkbeat::model::{SelfModality, SignalEncoder};

use super::config::SignalStreamConfig;
use super::pool_tokens;

/// Encoder, projection to the image's channels, attention among time steps, head.
#[derive(Module, Debug)]
pub struct SignalStream {
    /// `[B, 12, 1000]` → `[B, C_enc, T′]`
    pub encoder: SignalEncoder,
    /// `[C_enc]` → `[C]`
    pub projection: Linear,
    /// Whether tokens carry a code of their time.
    pub positions: bool,
    /// SMAM
    pub attention: Option<SelfModality>,
    /// Regularises the head.
    pub dropout: Dropout,
    /// `[2C]` → `[K]`
    pub head: Linear,
}

impl SignalStream {
    /// A fresh stream with tokens of `channels`.
    pub fn new(config: &SignalStreamConfig, channels: usize, device: &Device) -> Self {
        Self {
            encoder: config.encoder.init(device),
            projection: LinearConfig::new(config.encoder.channels_out(), channels).init(device),
            positions: config.positions,
            attention: config.attention.map(|shape| shape.init(channels, device)),
            dropout: DropoutConfig::new(config.dropout).init(),
            head: LinearConfig::new(2 * channels, NUM_LABELS).init(device),
        }
    }

    /// The encoder's features as tokens T_S: `[B, C_enc, T′]` → `[B, T′, C]`.
    pub fn tokens(&self, features: Tensor<3>) -> Tensor<3> {
        let tokens = self.projection.forward(features.swap_dims(1, 2));
        if self.positions {
            let [_, length, channels] = tokens.dims();
            let device = tokens.device();
            tokens + line_positions(length, channels, &device)
        } else {
            tokens
        }
    }

    /// Attention among tokens, where configured: `[B, M, C]` → `[B, M, C]`.
    pub fn attend(&self, tokens: Tensor<3>) -> Tensor<3> {
        match &self.attention {
            Some(attention) => attention.forward(tokens),
            None => tokens,
        }
    }

    /// Logits `[B, K]` for tokens `[B, M, C]`.
    pub fn classify(&self, tokens: Tensor<3>) -> Tensor<2> {
        self.head.forward(self.dropout.forward(pool_tokens(tokens)))
    }
}
