//! Two-dimensional building blocks: a convolution with its norm, and the bottleneck made of them.

use burn::module::Param;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Initializer, PaddingConfig2d};
use burn::prelude::*;
use burn::tensor::activation::relu;

use super::block1d::affine_of;

/// A convolution followed by a batch norm, or, once [folded](ConvNorm2d::folded), by nothing.
#[derive(Module, Debug)]
pub struct ConvNorm2d {
    /// Weight `[C_out, C_in, rows, columns]`; has a bias only where there is no norm.
    pub conv: Conv2d,
    /// Absent in exported records.
    pub norm: Option<BatchNorm>,
}

impl ConvNorm2d {
    /// Odd kernel sides are padded by half their length, even ones (patch embeddings) not at all.
    pub fn new(
        channels: [usize; 2],
        kernel: [usize; 2],
        stride: [usize; 2],
        norm: bool,
        device: &Device,
    ) -> Self {
        let pad = kernel.map(|side| if side % 2 == 1 { side / 2 } else { 0 });
        let conv = Conv2dConfig::new(channels, kernel)
            .with_stride(stride)
            .with_padding(PaddingConfig2d::Explicit(pad[0], pad[1], pad[0], pad[1]))
            .with_bias(!norm)
            .init(device);
        Self {
            conv,
            norm: norm.then(|| BatchNormConfig::new(channels[1]).init(device)),
        }
    }

    /// `[B, C_in, H, W]` → `[B, C_out, H / rows stride, W / columns stride]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.conv.forward(x);
        match &self.norm {
            Some(norm) => norm.forward(x),
            None => x,
        }
    }

    /// The same function with the norm absorbed into the convolution (see [`super::block1d::ConvNorm1d::folded`]).
    pub fn folded(mut self) -> Self {
        if let Some(norm) = self.norm.take() {
            let (scale, shift) = affine_of(&norm);
            let [channels] = scale.dims();
            self.conv.weight =
                Param::from_tensor(self.conv.weight.val() * scale.reshape([channels, 1, 1, 1]));
            self.conv.bias = Some(Param::from_tensor(shift));
        }
        self
    }
}

/// relu(x + expand(relu(mix(relu(reduce(x)))))): 1×1 down to half the channels, 3×3 there, 1×1 back up.
///
/// Half the channels in the middle make the 3×3 four times cheaper; one norm, on the 3×3, and a zero start
/// of the last convolution, as in [`super::block1d::Residual1d`].
#[derive(Module, Debug)]
pub struct Bottleneck2d {
    /// 1×1, C → C/2.
    pub reduce: ConvNorm2d,
    /// 3×3, C/2 → C/2.
    pub mix: ConvNorm2d,
    /// 1×1, C/2 → C, initially zero.
    pub expand: ConvNorm2d,
}

impl Bottleneck2d {
    /// A block that keeps `channels` and the resolution.
    pub fn new(channels: usize, norm: bool, device: &Device) -> Self {
        let inner = channels / 2;
        let mut expand = ConvNorm2d::new([inner, channels], [1, 1], [1, 1], false, device);
        expand.conv.weight = Initializer::Zeros.init([channels, inner, 1, 1], device);
        Self {
            reduce: ConvNorm2d::new([channels, inner], [1, 1], [1, 1], false, device),
            mix: ConvNorm2d::new([inner, inner], [3, 3], [1, 1], norm, device),
            expand,
        }
    }

    /// `[B, C, H, W]` → `[B, C, H, W]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = relu(self.reduce.forward(x.clone()));
        let y = relu(self.mix.forward(y));
        relu(x + self.expand.forward(y))
    }

    /// The same function without norms.
    pub fn folded(self) -> Self {
        Self {
            reduce: self.reduce.folded(),
            mix: self.mix.folded(),
            expand: self.expand.folded(),
        }
    }
}
