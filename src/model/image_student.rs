//! The image student: the ink canvas of a printed 12-lead ECG in, one logit per label out.

use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::prelude::*;
use burn::tensor::activation::relu;
use serde::{Deserialize, Serialize};

use super::block2d::{Bottleneck2d, ConvNorm2d};
use super::positions::grid_positions;
use super::self_modality::{AttentionConfig, SelfModality};
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
    /// Whether tokens carry a code of their place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub positions: bool,
    /// Attention among the tokens (SMAM); none in students that are only convolutional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<AttentionConfig>,
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

/// Classifier of ink canvases: convolutions, then, where configured, attention among what they found.
///
/// A canvas becomes a feature map `[B, C, H, W]`, its places become tokens `[B, N, C]` with N = H·W, row by row, and their
/// mean and maximum go to the head. See [`ImageStudentConfig`].
#[derive(Module, Debug)]
pub struct ImageStudent {
    /// Patch embedding.
    pub stem: ConvNorm2d,
    /// Stages.
    pub stages: Vec<Stage>,
    /// Whether tokens carry a code of their place.
    pub positions: bool,
    /// Absent in students that are only convolutional.
    pub attention: Option<SelfModality>,
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
    /// Channels of the feature map.
    pub fn channels_out(&self) -> usize {
        self.stages
            .last()
            .map_or(self.stem_channels, |stage| stage.channels)
    }

    /// Whether the feature map's channels can carry the configured positions and attention.
    pub fn attention_fits(&self) -> bool {
        let channels = self.channels_out();
        // A quarter each for sine and cosine of row and column.
        (!self.positions || channels.is_multiple_of(4))
            && self.attention.is_none_or(|shape| shape.fits(channels))
    }

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
            positions: self.positions,
            attention: self.attention.map(|shape| shape.init(channels, device)),
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
        self.classify(self.attend(self.tokens(ink)))
    }

    /// What the convolutions find at every place: `[B, 1, 512, 768]` → `[B, C, H, W]`.
    pub fn features(&self, ink: Tensor<4>) -> Tensor<4> {
        let mut x = relu(self.stem.forward(ink));
        for stage in &self.stages {
            x = relu(stage.down.forward(x));
            for block in &stage.bottlenecks {
                x = block.forward(x);
            }
        }
        x
    }

    /// The features as tokens, with their places where configured: `[B, 1, 512, 768]` → `[B, N, C]`.
    pub fn tokens(&self, ink: Tensor<4>) -> Tensor<3> {
        let features = self.features(ink);
        let [b, c, h, w] = features.dims();
        let device = features.device();
        let tokens = features.reshape([b, c, h * w]).swap_dims(1, 2);
        if self.positions {
            tokens + grid_positions([h, w], c, &device)
        } else {
            tokens
        }
    }

    /// Attention among tokens, where configured: `[B, N, C]` → `[B, N, C]`.
    pub fn attend(&self, tokens: Tensor<3>) -> Tensor<3> {
        match &self.attention {
            Some(attention) => attention.forward(tokens),
            None => tokens,
        }
    }

    /// Logits `[B, K]` for tokens `[B, N, C]`.
    pub fn classify(&self, tokens: Tensor<3>) -> Tensor<2> {
        let pooled = pool_mean_max(tokens.swap_dims(1, 2));
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

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::Param;
    use burn::tensor::Distribution;

    fn config() -> ImageStudentConfig {
        ImageStudentConfig {
            stem_channels: 4,
            stem_patch: [16, 8],
            stages: vec![StageConfig {
                channels: 8,
                stride: [2, 2],
                bottlenecks: 1,
            }],
            positions: false,
            attention: None,
            dropout: 0.0,
            norm: true,
        }
    }

    /// Manifests from before there was attention say nothing of it, and those of students without it still do.
    #[test]
    fn a_student_without_attention_reads_and_writes_as_before() {
        let text = r#"{"stem_channels":4,"stem_patch":[16,8],"stages":[{"channels":8,"stride":[2,2],"bottlenecks":1}],"dropout":0.0,"norm":true}"#;
        let read: ImageStudentConfig = serde_json::from_str(text).unwrap();
        assert_eq!(read, config());
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn folding_keeps_the_answer_of_a_student_with_attention() {
        let device = Device::flex();
        let mut student = ImageStudentConfig {
            positions: true,
            attention: Some(AttentionConfig {
                heads: 2,
                hidden: 12,
                dropout: 0.0,
            }),
            ..config()
        }
        .init(&device);
        // Fresh norms and fresh attention would change nothing.
        let scale = Tensor::<1>::from_floats([0.5, 2.0, -1.0, 3.0], &device);
        student.stem.norm.as_mut().unwrap().gamma = Param::from_tensor(scale);
        let output = Tensor::<2>::random([8, 8], Distribution::Default, &device);
        student.attention.as_mut().unwrap().attention.output.weight = Param::from_tensor(output);
        let ink = Tensor::<4>::random([3, 1, 64, 48], Distribution::Default, &device);
        let expected = student.forward(ink.clone());
        let difference = (student.folded().forward(ink) - expected).abs().max();
        assert!(difference.into_scalar::<f32>() < 1e-5);
    }

    #[test]
    fn channels_must_carry_what_is_configured() {
        let mut config = config();
        assert!(config.attention_fits());
        config.positions = true;
        config.stages[0].channels = 6;
        assert!(!config.attention_fits());
    }
}
