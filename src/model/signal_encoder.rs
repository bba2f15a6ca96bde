//! The residual encoder that the lead student and the 12-lead teacher share.

use burn::prelude::*;
use burn::tensor::activation::relu;
use serde::{Deserialize, Serialize};

use super::block1d::{ConvNorm1d, Residual1d};

/// Shape of a [`SignalEncoder`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalEncoderConfig {
    /// Leads in: 1 or 12.
    pub leads: usize,
    /// Channels after the stem.
    pub stem_channels: usize,
    /// Odd stem kernel, in samples.
    pub stem_kernel: usize,
    /// The stem's stride, in samples.
    pub stem_stride: usize,
    /// The residual blocks in order.
    pub blocks: Vec<Block1dConfig>,
    /// Channel gates go through this fraction of the channels; 0 for none.
    #[serde(default)]
    pub gate_reduction: usize,
    /// Whether batch norms are separate modules (training) or folded away (exported records).
    pub norm: bool,
}

/// Shape of one residual block.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block1dConfig {
    /// Channels out.
    pub channels: usize,
    /// Odd kernel of both convolutions.
    pub kernel: usize,
    /// Stride of the first convolution.
    pub stride: usize,
}

/// Stem and residual blocks; see [`SignalEncoderConfig`].
#[derive(Module, Debug)]
pub struct SignalEncoder {
    /// First convolution on the raw signal.
    pub stem: ConvNorm1d,
    /// Residual blocks.
    pub blocks: Vec<Residual1d>,
}

impl SignalEncoderConfig {
    /// Builds the encoder with fresh weights.
    pub fn init(&self, device: &Device) -> SignalEncoder {
        let stem = ConvNorm1d::new(
            [self.leads, self.stem_channels],
            self.stem_kernel,
            self.stem_stride,
            self.norm,
            device,
        );
        let mut channels = self.stem_channels;
        let blocks = self
            .blocks
            .iter()
            .map(|block| {
                let pair = [channels, block.channels];
                channels = block.channels;
                Residual1d::new(
                    pair,
                    block.kernel,
                    block.stride,
                    self.gate_reduction,
                    self.norm,
                    device,
                )
            })
            .collect();
        SignalEncoder { stem, blocks }
    }

    /// Channels of the encoder's output.
    pub fn channels_out(&self) -> usize {
        self.blocks
            .last()
            .map_or(self.stem_channels, |block| block.channels)
    }
}

impl SignalEncoder {
    /// `[B, leads, T]` in mV → `[B, C_out, T′]`. `stem_bias` `[B, C_stem]` is added after the stem:
    /// it is how the lead student tells its filters which lead they look at.
    pub fn forward(&self, signal_mv: Tensor<3>, stem_bias: Option<Tensor<2>>) -> Tensor<3> {
        let mut x = self.stem.forward(signal_mv);
        if let Some(bias) = stem_bias {
            let [b, c] = bias.dims();
            x = x + bias.reshape([b, c, 1]);
        }
        let mut x = relu(x);
        for block in &self.blocks {
            x = block.forward(x);
        }
        x
    }

    /// The same function without norms.
    pub fn folded(self) -> Self {
        Self {
            stem: self.stem.folded(),
            blocks: self.blocks.into_iter().map(Residual1d::folded).collect(),
        }
    }
}

/// Mean and maximum over time, side by side: `[B, C, T]` → `[B, 2C]`.
pub fn pool_mean_max(x: Tensor<3>) -> Tensor<2> {
    let [b, c, _] = x.dims();
    let mean = x.clone().mean_dim(2).reshape([b, c]);
    let max = x.max_dim(2).reshape([b, c]);
    Tensor::cat(vec![mean, max], 1)
}
