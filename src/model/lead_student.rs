//! The single-lead student: one strip of ten seconds in, one logit per label out.

use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::prelude::*;
use serde::{Deserialize, Serialize};

use super::signal_encoder::{SignalEncoder, SignalEncoderConfig, pool_mean_max};
use crate::labels::NUM_LABELS;
use crate::lead::Lead;

/// One slot per standard lead, and a last one for "unknown".
pub const LEAD_SLOTS: usize = 13;

/// Shape of a [`LeadStudent`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadStudentConfig {
    /// The encoder; its `leads` is 1.
    pub encoder: SignalEncoderConfig,
    /// Dropout before the head, in training.
    pub dropout: f64,
}

/// Single-lead classifier that is told which lead it sees.
#[derive(Module, Debug)]
pub struct LeadStudent {
    /// Lead slot → bias on the stem's channels.
    pub lead: Linear,
    /// Residual encoder.
    pub encoder: SignalEncoder,
    /// Regularises the head.
    pub dropout: Dropout,
    /// `[2C]` → `[K]`.
    pub head: Linear,
}

impl LeadStudentConfig {
    /// Builds the student with fresh weights.
    pub fn init(&self, device: &Device) -> LeadStudent {
        LeadStudent {
            lead: LinearConfig::new(LEAD_SLOTS, self.encoder.stem_channels)
                .with_bias(false)
                .init(device),
            encoder: self.encoder.init(device),
            dropout: DropoutConfig::new(self.dropout).init(),
            head: LinearConfig::new(2 * self.encoder.channels_out(), NUM_LABELS).init(device),
        }
    }
}

impl LeadStudent {
    /// Logits for a batch of strips.
    ///
    /// # Shapes
    /// - `signal_mv`: `[B, 1, 1000]`, mV at 100 Hz, baseline removed
    /// - `lead_one_hot`: `[B, 13]`, see [`lead_one_hot`]
    /// - returns `[B, K]`
    pub fn forward(&self, signal_mv: Tensor<3>, lead_one_hot: Tensor<2>) -> Tensor<2> {
        let bias = self.lead.forward(lead_one_hot);
        self.classify(pool_mean_max(self.encoder.forward(signal_mv, Some(bias))))
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

/// The row `[13]` that tells the student which lead it sees; `None` is "unknown".
pub fn lead_one_hot(lead: Option<Lead>) -> [f32; LEAD_SLOTS] {
    let mut row = [0.0; LEAD_SLOTS];
    row[lead.map_or(LEAD_SLOTS - 1, Lead::index)] = 1.0;
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_hot_puts_unknown_last() {
        assert_eq!(lead_one_hot(Some(Lead::II))[1], 1.0);
        assert_eq!(lead_one_hot(None)[12], 1.0);
        assert_eq!(lead_one_hot(None).iter().sum::<f32>(), 1.0);
    }
}
