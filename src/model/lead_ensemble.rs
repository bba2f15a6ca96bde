//! Several single-lead students that answer as one.

use burn::prelude::*;
use serde::{Deserialize, Serialize};

use super::lead_student::{LeadStudent, LeadStudentConfig};

/// Shape of a [`LeadEnsemble`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadEnsembleConfig {
    /// How many students.
    pub members: usize,
    /// The shape of each.
    pub member: LeadStudentConfig,
}

/// Students of one shape that were trained alike but for their seed. Their mean is better than any of them.
#[derive(Module, Debug)]
pub struct LeadEnsemble {
    /// The students.
    pub members: Vec<LeadStudent>,
}

impl LeadEnsembleConfig {
    /// Builds the students with fresh weights.
    pub fn init(&self, device: &Device) -> LeadEnsemble {
        LeadEnsemble {
            members: (0..self.members)
                .map(|_| self.member.init(device))
                .collect(),
        }
    }
}

impl LeadEnsemble {
    /// Mean of the members' logits; arguments as for [`LeadStudent::forward`].
    ///
    /// # Panics
    /// If there are no members.
    pub fn forward(&self, signal_mv: Tensor<3>, lead_one_hot: Tensor<2>) -> Tensor<2> {
        let logits = self
            .members
            .iter()
            .map(|member| member.forward(signal_mv.clone(), lead_one_hot.clone()))
            .collect();
        Tensor::stack::<3>(logits, 0).mean_dim(0).squeeze_dim(0)
    }

    /// The same function without norms, for export.
    pub fn folded(self) -> Self {
        Self {
            members: self.members.into_iter().map(LeadStudent::folded).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::NUM_LABELS;
    use crate::model::SignalEncoderConfig;
    use crate::model::lead_student::lead_one_hot;

    #[test]
    fn the_answer_is_the_mean_of_the_members() {
        let device = Device::flex();
        let config = LeadEnsembleConfig {
            members: 2,
            member: LeadStudentConfig {
                encoder: SignalEncoderConfig {
                    leads: 1,
                    stem_channels: 3,
                    stem_kernel: 5,
                    stem_stride: 4,
                    blocks: Vec::new(),
                    gate_reduction: 0,
                    norm: false,
                },
                dropout: 0.0,
            },
        };
        let ensemble = config.init(&device);
        let signal = Tensor::<3>::ones([1, 1, 40], &device);
        let lead = Tensor::<2>::from_floats([lead_one_hot(None)], &device);
        let together = ensemble.forward(signal.clone(), lead.clone());
        let apart = (0..2)
            .map(|member| ensemble.members[member].forward(signal.clone(), lead.clone()))
            .reduce(|a, b| a + b);
        assert_eq!(together.dims(), [1, NUM_LABELS]);
        let difference = (together - apart.unwrap() / 2.0).abs().max();
        assert!(difference.into_scalar::<f32>() < 1e-6);
    }
}
