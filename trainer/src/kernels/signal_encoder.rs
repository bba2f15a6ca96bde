//! The whole signal encoder, forward and back.

use burn::module::{Param, ParamId};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::TensorData;
use inkbeat::model::SignalEncoder;
use inkbeat::model::block1d::{ChannelGate, ConvNorm1d};

use super::batch_norm::{ChannelSums, NormBackward, NormPass, Statistics, mask_closed, numbers};
use super::conv::from_time_major;
use super::gate::GateGradients;
use super::residual::{PreparedConv, ResidualPass, convolve};
use super::shards::{on_shards, shard_size, sum_vectors};

/// One training step's forward pass through an encoder.
///
/// [`features`](Self::features) is a leaf of burn's tape: whatever follows the encoder is built on it with burn,
/// and its gradient is handed to [`backward`](Self::backward).
pub struct EncoderPass {
    /// `[B, C_out, T′]`, as the encoder's `forward` gives it.
    features: Tensor<3>,
    stem: PreparedConv,
    stem_norm: NormPass,
    /// `[B, T, leads]`
    signal: Vec<f32>,
    /// What the stem's convolution put out, `[B, T₀, C]`.
    stem_convolved: Vec<f32>,
    /// relu(norm + bias) of it.
    stem_output: Vec<f32>,
    blocks: Vec<ResidualPass>,
}

/// Gradients of an encoder's parameters, in burn's shapes.
#[derive(Default)]
pub struct EncoderGradients {
    entries: Vec<(ParamId, TensorData)>,
}

impl EncoderPass {
    /// Whether these kernels can stand in for the encoder's `forward`: its norms must not be folded away.
    pub fn fits(encoder: &SignalEncoder) -> bool {
        let normed = |conv: &ConvNorm1d| conv.norm.is_some() && conv.conv.bias.is_none();
        normed(&encoder.stem)
            && encoder.blocks.iter().all(|block| {
                normed(&block.first)
                    && block.second.norm.is_none()
                    && block.shortcut.as_ref().is_none_or(normed)
            })
    }

    /// Runs `encoder` in training mode on `signal_mv`, flattened `[B, leads, T]`, and moves its running statistics.
    /// `stem_bias` is flattened `[B, C_stem]`. `device` is that of the features: one with automatic differentiation.
    ///
    /// # Panics
    /// If the encoder does not [`fit`](Self::fits) or the signal's length is not that of `batch` examples.
    pub fn forward(
        encoder: &SignalEncoder,
        signal_mv: &[f32],
        batch: usize,
        stem_bias: Option<&[f32]>,
        device: &Device,
    ) -> Self {
        Self::run(
            encoder,
            signal_mv,
            batch,
            stem_bias,
            device,
            Statistics::Batch,
        )
    }

    /// The features `[B, C_out, T′]` in inference mode; arguments and panics as for [`forward`](Self::forward).
    pub fn infer(
        encoder: &SignalEncoder,
        signal_mv: &[f32],
        batch: usize,
        stem_bias: Option<&[f32]>,
        device: &Device,
    ) -> Tensor<3> {
        Self::run(
            encoder,
            signal_mv,
            batch,
            stem_bias,
            device,
            Statistics::Running,
        )
        .features
    }

    fn run(
        encoder: &SignalEncoder,
        signal_mv: &[f32],
        batch: usize,
        stem_bias: Option<&[f32]>,
        device: &Device,
        statistics: Statistics,
    ) -> Self {
        assert!(
            Self::fits(encoder),
            "an encoder without norms is not trained"
        );
        let leads = encoder.stem.conv.weight.dims()[1];
        let length = signal_mv.len() / (batch * leads);
        assert_eq!(signal_mv.len(), batch * leads * length);
        let signal = exchange_axes(signal_mv, leads, length);

        let stem = PreparedConv::new(&encoder.stem, length);
        let (stem_convolved, stem_norm) = convolve(
            encoder.stem.norm.as_ref(),
            &stem,
            &signal,
            batch,
            statistics,
        );
        let mut stem_output = vec![0.0; stem_convolved.len()];
        let len = stem.shape.output_len();
        let channels = stem.shape.channels[1];
        for (example, (output, z)) in stem_output
            .chunks_exact_mut(len)
            .zip(stem_convolved.chunks_exact(len))
            .enumerate()
        {
            let mut affine = stem_norm.affine.clone();
            if let Some(bias) = stem_bias {
                for (shift, bias) in affine.shift.iter_mut().zip(&bias[example * channels..]) {
                    *shift += bias;
                }
            }
            affine.relu_into(z, output);
        }

        let mut blocks: Vec<ResidualPass> = Vec::with_capacity(encoder.blocks.len());
        let mut length = stem.shape.length_out();
        for block in &encoder.blocks {
            let input = blocks.last().map_or(&stem_output, |pass| &pass.output);
            let pass = ResidualPass::forward(block, input, batch, length, statistics);
            length = length.div_ceil(block.first.conv.stride);
            blocks.push(pass);
        }
        let output = blocks.last().map_or(&stem_output, |pass| &pass.output);
        let channels_out = output.len() / (batch * length);
        let features = Tensor::from_data(
            TensorData::new(
                exchange_axes(output, length, channels_out),
                [batch, channels_out, length],
            ),
            device,
        );
        Self {
            features: match statistics {
                Statistics::Batch => features.require_grad(),
                Statistics::Running => features,
            },
            stem,
            stem_norm,
            signal,
            stem_convolved,
            stem_output,
            blocks,
        }
    }

    /// `[B, C_out, T′]`; the gradient that `backward` wants is taken with respect to this very tensor.
    pub fn features(&self) -> Tensor<3> {
        self.features.clone()
    }

    /// From the gradient `[B, C_out, T′]` of the features to those of all parameters, and to that of the stem's
    /// bias, flattened `[B, C_stem]`.
    pub fn backward(
        mut self,
        encoder: &SignalEncoder,
        feature_gradient: Tensor<3>,
    ) -> (EncoderGradients, Vec<f32>) {
        let [batch, channels, length] = feature_gradient.dims();
        let mut gradients = EncoderGradients::default();
        let mut gradient = exchange_axes(&numbers(feature_gradient), channels, length);
        while let Some(pass) = self.blocks.pop() {
            let block = &encoder.blocks[self.blocks.len()];
            let input = self
                .blocks
                .last()
                .map_or(&self.stem_output, |pass| &pass.output);
            gradient = pass.backward(block, input, gradient, &mut gradients);
        }
        let bias_gradient = self.stem_backward(encoder, batch, &mut gradient, &mut gradients);
        (gradients, bias_gradient)
    }

    fn stem_backward(
        &self,
        encoder: &SignalEncoder,
        batch: usize,
        gradient: &mut [f32],
        gradients: &mut EncoderGradients,
    ) -> Vec<f32> {
        let shape = self.stem.shape;
        let channels = shape.channels[1];
        let len = shape.output_len();
        let mut sums = ChannelSums::new(channels);
        let mut bias_gradient = Vec::with_capacity(batch * channels);
        let examples = gradient.chunks_exact_mut(len).zip(
            self.stem_convolved
                .chunks_exact(len)
                .zip(self.stem_output.chunks_exact(len)),
        );
        for (gradient, (z, y)) in examples {
            mask_closed(y, gradient);
            let mut example = ChannelSums::new(channels);
            example.add_rows(gradient, z);
            bias_gradient.extend(example.first.iter().map(|&sum| sum as f32));
            sums = sums.merge(&example);
        }
        let norm = self.stem_norm.backward(&sums);
        gradients.file_norm(&encoder.stem, &norm);

        let size = shard_size(batch);
        let shards = gradient
            .chunks_mut(size * len)
            .zip(self.stem_convolved.chunks(size * len))
            .zip(self.signal.chunks(size * shape.input_len()))
            .collect();
        let parts = on_shards(
            shards,
            |_, ((gradient, z), signal): ((&mut [f32], &[f32]), &[f32])| {
                let mut padded = shape.padded_input();
                let mut weight_gradient = vec![0.0; shape.weight_len()];
                let examples = gradient
                    .chunks_exact_mut(len)
                    .zip(z.chunks_exact(len))
                    .zip(signal.chunks_exact(shape.input_len()));
                for ((gradient, z), signal) in examples {
                    norm.apply(z, gradient);
                    shape.inside(&mut padded).copy_from_slice(signal);
                    shape.add_weight_gradient(&padded, gradient, &mut weight_gradient);
                }
                weight_gradient
            },
        );
        gradients.file_conv(&encoder.stem, sum_vectors(parts.into_iter()));
        bias_gradient
    }
}

impl EncoderGradients {
    /// Hands the gradients to an optimiser; `device` is the network's, without automatic differentiation.
    pub fn register(self, gradients: &mut GradientsParams, device: &Device) {
        for (id, data) in self.entries {
            match data.shape().num_dims() {
                1 => gradients.register(id, Tensor::<1>::from_data(data, device)),
                2 => gradients.register(id, Tensor::<2>::from_data(data, device)),
                _ => gradients.register(id, Tensor::<3>::from_data(data, device)),
            }
        }
    }

    pub(super) fn file_conv(&mut self, module: &ConvNorm1d, weight_gradient: Vec<f32>) {
        let weight = &module.conv.weight;
        let shape = weight.dims();
        let values = from_time_major(&weight_gradient, shape);
        self.entries
            .push((weight.id, TensorData::new(values, shape)));
    }

    pub(super) fn file_bias(&mut self, module: &ConvNorm1d, gradient: &[f64]) {
        if let Some(bias) = &module.conv.bias {
            let values: Vec<f32> = gradient.iter().map(|&value| value as f32).collect();
            self.file_vector(bias, values);
        }
    }

    pub(super) fn file_norm(&mut self, module: &ConvNorm1d, gradient: &NormBackward) {
        if let Some(norm) = &module.norm {
            self.file_vector(&norm.gamma, gradient.gamma_gradient.clone());
            self.file_vector(&norm.beta, gradient.beta_gradient.clone());
        }
    }

    pub(super) fn file_gate(&mut self, module: &ChannelGate, gradients: GateGradients) {
        let [squeeze, squeeze_bias, excite, excite_bias] = gradients.parts;
        for (linear, weight, bias) in [
            (&module.squeeze, squeeze, squeeze_bias),
            (&module.excite, excite, excite_bias),
        ] {
            let shape = linear.weight.dims();
            self.entries
                .push((linear.weight.id, TensorData::new(weight, shape)));
            if let Some(parameter) = &linear.bias {
                self.file_vector(parameter, bias);
            }
        }
    }

    fn file_vector(&mut self, parameter: &Param<Tensor<1>>, values: Vec<f32>) {
        let shape = [values.len()];
        self.entries
            .push((parameter.id, TensorData::new(values, shape)));
    }
}

/// `[B, rows, columns]` → `[B, columns, rows]`
fn exchange_axes(data: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut exchanged = vec![0.0; data.len()];
    for (target, source) in exchanged
        .chunks_exact_mut(rows * columns)
        .zip(data.chunks_exact(rows * columns))
    {
        for (row, values) in source.chunks_exact(columns).enumerate() {
            for (column, value) in values.iter().enumerate() {
                target[column * rows + row] = *value;
            }
        }
    }
    exchanged
}

#[cfg(test)]
mod tests;
