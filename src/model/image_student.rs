//! The image student: the ink canvas of a printed 12-lead ECG in, one logit per label out.

use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::prelude::*;
use burn::tensor::activation::relu;
use serde::{Deserialize, Serialize};

use super::block2d::{Bottleneck2d, ConvNorm2d};
use super::signal_encoder::pool_mean_max;
use crate::labels::NUM_LABELS;

/// Shape of an [`ImageStudent`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageStudentConfig {
    /// Channels of the patch embedding.
    pub stem_channels: usize,
    /// Patch size in canvas pixels, rows × columns: rows are merged faster than columns because columns are time.
    pub stem_patch: [usize; 2],
    /// The stages in order.
    pub stages: Vec<StageConfig>,
    /// Dropout before the head, in training.
    pub dropout: f64,
    /// Whether batch norms are separate modules (training) or folded away (exported records).
    pub norm: bool,
}

/// A strided 3×3 convolution and the bottlenecks behind it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageConfig {
    /// Channels out.
    pub channels: usize,
    /// Stride in rows and columns.
    pub stride: [usize; 2],
    /// How many bottlenecks follow.
    pub bottlenecks: usize,
}

/// Convolutional classifier of ink canvases; see [`ImageStudentConfig`].
#[derive(Module, Debug)]
pub struct ImageStudent {
    /// Patch embedding.
    pub stem: ConvNorm2d,
    /// Stages.
    pub stages: Vec<Stage>,
    /// Regularises the head.
    pub dropout: Dropout,
    /// `[2C]` → `[K]`.
    pub head: Linear,
}

/// One resolution of the [`ImageStudent`].
#[derive(Module, Debug)]
pub struct Stage {
    /// Strided 3×3 convolution.
    pub down: ConvNorm2d,
    /// Residual blocks at the new resolution.
    pub bottlenecks: Vec<Bottleneck2d>,
}

impl ImageStudentConfig {
    /// Builds the student with fresh weights.
    pub fn init(&self, device: &Device) -> ImageStudent {
        let stem = ConvNorm2d::new(
            [1, self.stem_channels],
            self.stem_patch,
            self.stem_patch,
            self.norm,
            device,
        );
        let mut channels = self.stem_channels;
        let stages = self
            .stages
            .iter()
            .map(|stage| {
                let down = ConvNorm2d::new(
                    [channels, stage.channels],
                    [3, 3],
                    stage.stride,
                    self.norm,
                    device,
                );
                channels = stage.channels;
                let bottlenecks = (0..stage.bottlenecks)
                    .map(|_| Bottleneck2d::new(channels, self.norm, device))
                    .collect();
                Stage { down, bottlenecks }
            })
            .collect();
        ImageStudent {
            stem,
            stages,
            dropout: DropoutConfig::new(self.dropout).init(),
            head: LinearConfig::new(2 * channels, NUM_LABELS).init(device),
        }
    }
}

impl ImageStudent {
    /// Logits for a batch of canvases.
    ///
    /// # Shapes
    /// - `ink`: `[B, 1, 512, 768]`, 0 paper … 1 ink
    /// - returns `[B, K]`
    pub fn forward(&self, ink: Tensor<4>) -> Tensor<2> {
        let mut x = relu(self.stem.forward(ink));
        for stage in &self.stages {
            x = relu(stage.down.forward(x));
            for block in &stage.bottlenecks {
                x = block.forward(x);
            }
        }
        let [b, c, h, w] = x.dims();
        let pooled = pool_mean_max(x.reshape([b, c, h * w]));
        self.head.forward(self.dropout.forward(pooled))
    }

    /// The same function without norms, for export.
    pub fn folded(self) -> Self {
        let stages = self
            .stages
            .into_iter()
            .map(|stage| Stage {
                down: stage.down.folded(),
                bottlenecks: stage
                    .bottlenecks
                    .into_iter()
                    .map(Bottleneck2d::folded)
                    .collect(),
            })
            .collect();
        Self {
            stem: self.stem.folded(),
            stages,
            ..self
        }
    }
}
