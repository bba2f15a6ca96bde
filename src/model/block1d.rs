//! One-dimensional building blocks: a convolution with its norm, and the residual block made of them.

use burn::module::Param;
use burn::nn::conv::{Conv1d, Conv1dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Initializer, Linear, LinearConfig, PaddingConfig1d};
use burn::prelude::*;
use burn::tensor::activation::{relu, sigmoid};

/// A convolution followed by a batch norm, or, once [folded](ConvNorm1d::folded), by nothing.
#[derive(Module, Debug)]
pub struct ConvNorm1d {
    /// Weight `[C_out, C_in, kernel]`; has a bias only where there is no norm.
    pub conv: Conv1d,
    /// Absent in exported records.
    pub norm: Option<BatchNorm>,
}

impl ConvNorm1d {
    /// `kernel` is odd, so that the length is divided by `stride` exactly (rounded up).
    pub fn new(
        channels: [usize; 2],
        kernel: usize,
        stride: usize,
        norm: bool,
        device: &Device,
    ) -> Self {
        let conv = Conv1dConfig::new(channels[0], channels[1], kernel)
            .with_stride(stride)
            .with_padding(PaddingConfig1d::Explicit(kernel / 2, kernel / 2))
            .with_bias(!norm)
            .init(device);
        Self {
            conv,
            norm: norm.then(|| BatchNormConfig::new(channels[1]).init(device)),
        }
    }

    /// `[B, C_in, T]` → `[B, C_out, ⌈T / stride⌉]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = self.conv.forward(x);
        match &self.norm {
            Some(norm) => norm.forward(x),
            None => x,
        }
    }

    /// The same function with the norm absorbed into the convolution:
    /// w′ = w·γ/√(σ²+ε), b′ = β − μ·γ/√(σ²+ε) with the running statistics.
    pub fn folded(mut self) -> Self {
        if let Some(norm) = self.norm.take() {
            let (scale, shift) = affine_of(&norm);
            let [channels] = scale.dims();
            self.conv.weight =
                Param::from_tensor(self.conv.weight.val() * scale.reshape([channels, 1, 1]));
            self.conv.bias = Some(Param::from_tensor(shift));
        }
        self
    }
}

/// The per-channel scale and shift `[C]` that a batch norm applies at inference.
pub(super) fn affine_of(norm: &BatchNorm) -> (Tensor<1>, Tensor<1>) {
    let scale = norm.gamma.val() / (norm.running_var.value() + norm.epsilon).sqrt();
    let shift = norm.beta.val() - norm.running_mean.value() * scale.clone();
    (scale, shift)
}

/// Scales every channel by what the whole strip shows: u → σ(W₂ relu(W₁ mean(u) + b₁) + b₂) ⊙ u.
///
/// Source: squeeze-and-excitation, Hu et al. 2018, arXiv:1709.01507.
#[derive(Module, Debug)]
pub struct ChannelGate {
    /// `[C]` → `[C / reduction]`
    pub squeeze: Linear,
    /// `[C / reduction]` → `[C]`
    pub excite: Linear,
}

impl ChannelGate {
    /// A gate on `channels`, through `channels / reduction` (at least one).
    pub fn new(channels: usize, reduction: usize, device: &Device) -> Self {
        let hidden = (channels / reduction).max(1);
        Self {
            squeeze: LinearConfig::new(channels, hidden).init(device),
            excite: LinearConfig::new(hidden, channels).init(device),
        }
    }

    /// `[B, C, T]` → `[B, C, T]`
    pub fn forward(&self, u: Tensor<3>) -> Tensor<3> {
        let [b, c, _] = u.dims();
        let mean = u.clone().mean_dim(2).reshape([b, c]);
        let scale = sigmoid(self.excite.forward(relu(self.squeeze.forward(mean))));
        u * scale.reshape([b, c, 1])
    }
}

/// relu(x′ + gate(conv(relu(norm(conv(x)))))), where x′ is x, or a pooled 1×1 projection of it where the shape changes.
///
/// One norm a block instead of two: norms are the costliest elementwise work in training.
/// The second convolution starts at zero instead, so that every block starts as the identity
/// (the idea of Fixup, Zhang et al. 2019, arXiv:1901.09321, without its scalar biases).
#[derive(Module, Debug)]
pub struct Residual1d {
    /// Strided convolution.
    pub first: ConvNorm1d,
    /// Convolution without norm, initially zero.
    pub second: ConvNorm1d,
    /// Absent in encoders without gates.
    pub gate: Option<ChannelGate>,
    /// 1×1 projection where channels or length change.
    pub shortcut: Option<ConvNorm1d>,
}

impl Residual1d {
    /// A block from `channels[0]` to `channels[1]` channels; `gate_reduction` 0 is none.
    pub fn new(
        channels: [usize; 2],
        kernel: usize,
        stride: usize,
        gate_reduction: usize,
        norm: bool,
        device: &Device,
    ) -> Self {
        let [input, output] = channels;
        let mut second = ConvNorm1d::new([output, output], kernel, 1, false, device);
        second.conv.weight = Initializer::Zeros.init([output, output, kernel], device);
        let changes = input != output || stride != 1;
        Self {
            first: ConvNorm1d::new(channels, kernel, stride, norm, device),
            second,
            gate: (gate_reduction > 0).then(|| ChannelGate::new(output, gate_reduction, device)),
            shortcut: changes.then(|| ConvNorm1d::new(channels, 1, stride, norm, device)),
        }
    }

    /// `[B, C_in, T]` → `[B, C_out, ⌈T / stride⌉]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let y = self.second.forward(relu(self.first.forward(x.clone())));
        let y = match &self.gate {
            Some(gate) => gate.forward(y),
            None => y,
        };
        let x = match &self.shortcut {
            Some(shortcut) => shortcut.forward(x),
            None => x,
        };
        relu(x + y)
    }

    /// The same function without norms.
    pub fn folded(self) -> Self {
        Self {
            first: self.first.folded(),
            second: self.second.folded(),
            gate: self.gate,
            shortcut: self.shortcut.map(ConvNorm1d::folded),
        }
    }
}
