//! Encoder and head for several leads at once: the tracing student, and in the trainer the 12-lead teacher.

use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::prelude::*;
use serde::{Deserialize, Serialize};

use super::signal_encoder::{SignalEncoder, SignalEncoderConfig, pool_mean_max};
use crate::labels::NUM_LABELS;

/// Shape of a [`SignalClassifier`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalClassifierConfig {
    /// The encoder. Its `leads` says what the network sees: 12 for the teacher, which sees twelve leads for ten seconds,
    /// 24 for the tracing student, which sees what a page shows of them and where that is.
    pub encoder: SignalEncoderConfig,
    /// Dropout before the head, in training.
    pub dropout: f64,
}

/// Residual encoder, pooling, linear head; see [`SignalClassifierConfig`].
#[derive(Module, Debug)]
pub struct SignalClassifier {
    /// Residual encoder.
    pub encoder: SignalEncoder,
    /// Regularises the head.
    pub dropout: Dropout,
    /// `[2C]` → `[K]`.
    pub head: Linear,
}

impl SignalClassifierConfig {
    /// Builds the network with fresh weights.
    pub fn init(&self, device: &Device) -> SignalClassifier {
        SignalClassifier {
            encoder: self.encoder.init(device),
            dropout: DropoutConfig::new(self.dropout).init(),
            head: LinearConfig::new(2 * self.encoder.channels_out(), NUM_LABELS).init(device),
        }
    }
}

impl SignalClassifier {
    /// Logits `[B, K]` for `[B, leads, 1000]` mV at 100 Hz, baseline removed.
    pub fn forward(&self, signal_mv: Tensor<3>) -> Tensor<2> {
        self.classify(pool_mean_max(self.encoder.forward(signal_mv, None)))
    }

    /// Logits `[B, K]` for pooled features `[B, 2C]`.
    pub fn classify(&self, pooled: Tensor<2>) -> Tensor<2> {
        self.head.forward(self.dropout.forward(pooled))
    }

    /// The same function without norms, for export.
    pub fn folded(self) -> Self {
        Self {
            encoder: self.encoder.folded(),
            ..self
        }
    }
}
