//! The 12-lead signal teacher.

use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::prelude::*;
use inkbeat::labels::NUM_LABELS;
use inkbeat::model::signal_encoder::{SignalEncoder, SignalEncoderConfig, pool_mean_max};
use serde::{Deserialize, Serialize};

/// Shape of a [`SignalTeacher`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalTeacherConfig {
    /// The encoder; its `leads` is 12.
    pub encoder: SignalEncoderConfig,
    /// Dropout before the head, in training.
    pub dropout: f64,
}

/// Sees all twelve leads for the whole ten seconds.
#[derive(Module, Debug)]
pub struct SignalTeacher {
    /// Residual encoder.
    pub encoder: SignalEncoder,
    /// Regularises the head.
    pub dropout: Dropout,
    /// `[2C]` → `[K]`.
    pub head: Linear,
}

impl SignalTeacherConfig {
    /// Builds the teacher with fresh weights.
    pub fn init(&self, device: &Device) -> SignalTeacher {
        SignalTeacher {
            encoder: self.encoder.init(device),
            dropout: DropoutConfig::new(self.dropout).init(),
            head: LinearConfig::new(2 * self.encoder.channels_out(), NUM_LABELS).init(device),
        }
    }
}

impl SignalTeacher {
    /// Logits `[B, K]` for `[B, 12, 1000]` mV at 100 Hz, baseline removed.
    pub fn forward(&self, signal_mv: Tensor<3>) -> Tensor<2> {
        self.classify(pool_mean_max(self.encoder.forward(signal_mv, None)))
    }

    /// Logits `[B, K]` for pooled features `[B, 2C]`.
    pub fn classify(&self, pooled: Tensor<2>) -> Tensor<2> {
        self.head.forward(self.dropout.forward(pooled))
    }
}
