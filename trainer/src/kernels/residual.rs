//! The residual block: y = relu(gate(conv₂(relu(norm₁(conv₁ x))) + b₂) + shortcut(x)).

use burn::nn::BatchNorm;
use inkbeat::model::block1d::{ConvNorm1d, Residual1d};

use super::batch_norm::{ChannelSums, NormBackward, NormPass, Statistics, mask_closed, values};
use super::conv::{ConvShape, InputGradient, to_time_major};
use super::gate::{Gate, GateGradients};
use super::matrix::Target;
use super::shards::{add, on_shards, shard_size, sum_vectors};
use super::signal_encoder::EncoderGradients;

/// A convolution with its weight as the kernels want it.
pub struct PreparedConv {
    /// Its shape.
    pub shape: ConvShape,
    /// `[k, C_in, C_out]`
    pub weight: Vec<f32>,
}

impl PreparedConv {
    /// For inputs of `length` time steps.
    pub fn new(conv: &ConvNorm1d, length: usize) -> Self {
        let [channels_out, channels_in, kernel] = conv.conv.weight.dims();
        Self {
            shape: ConvShape {
                length,
                channels: [channels_in, channels_out],
                kernel,
                stride: conv.conv.stride,
            },
            weight: to_time_major(
                &values(&conv.conv.weight),
                [channels_out, channels_in, kernel],
            ),
        }
    }
}

/// What the way back through a block needs.
pub struct ResidualPass {
    first: PreparedConv,
    second: PreparedConv,
    norm: NormPass,
    /// What `first` put out, `[B, T′, C]`.
    first_output: Vec<f32>,
    /// Projection, its norm and what it put out, where the block has one.
    shortcut: Option<(PreparedConv, NormPass, Vec<f32>)>,
    /// The gate, and what it was given, `[B, T′, C]`, where the block has one.
    gate: Option<(Gate, Vec<f32>)>,
    /// The block's output, `[B, T′, C]`.
    pub output: Vec<f32>,
}

/// What one shard adds on the way through the second convolution.
struct OuterPart {
    weight_gradient: Vec<f32>,
    /// Of the gradient of what the first norm put out.
    norm_sums: ChannelSums,
    /// Of the gradient of the block's output, with what the projection put out.
    output_sums: ChannelSums,
    /// Of the gradient of what the second convolution put out.
    second_sums: ChannelSums,
    gate_gradients: Option<GateGradients>,
}

impl ResidualPass {
    /// Runs a block on `input` `[B, T, C_in]`.
    pub fn forward(
        block: &Residual1d,
        input: &[f32],
        batch: usize,
        length: usize,
        statistics: Statistics,
    ) -> Self {
        let first = PreparedConv::new(&block.first, length);
        let length_out = first.shape.length_out();
        let second = PreparedConv::new(&block.second, length_out);
        let projection = block
            .shortcut
            .as_ref()
            .map(|shortcut| PreparedConv::new(shortcut, length));

        let (first_output, norm) =
            convolve(block.first.norm.as_ref(), &first, input, batch, statistics);
        let shortcut = projection
            .zip(block.shortcut.as_ref())
            .map(|(conv, module)| {
                let (output, norm) =
                    convolve(module.norm.as_ref(), &conv, input, batch, statistics);
                (conv, norm, output)
            });

        let bias = block.second.conv.bias.as_ref().map(values);
        let gate = block.gate.as_ref().map(Gate::new);
        let len = second.shape.output_len();
        let size = shard_size(batch) * len;
        let mut output = vec![0.0; batch * len];
        // With a gate, what it is given is kept; without, the output takes its place at once.
        let mut convolved = vec![0.0; if gate.is_some() { batch * len } else { 0 }];
        let mut kept: Vec<&mut [f32]> = convolved.chunks_mut(size).collect();
        kept.resize_with(batch.div_ceil(shard_size(batch)), Default::default);
        let shards = output
            .chunks_mut(size)
            .zip(kept)
            .zip(first_output.chunks(size))
            .collect();
        type Shard<'a> = ((&'a mut [f32], &'a mut [f32]), &'a [f32]);
        on_shards(shards, |index, ((output, kept), first_output): Shard| {
            let mut padded = second.shape.padded_input();
            let examples = output
                .chunks_exact_mut(len)
                .zip(first_output.chunks_exact(len));
            for (place, (output, z)) in examples.enumerate() {
                let example = (index * shard_size(batch) + place) * len;
                norm.affine.relu_into(z, second.shape.inside(&mut padded));
                if let Some(gate) = &gate {
                    let kept = &mut kept[place * len..][..len];
                    second.shape.forward(&padded, &second.weight, kept);
                    add_bias(bias.as_deref(), kept);
                    gate.state(kept).add_gated(kept, output);
                } else {
                    second.shape.forward(&padded, &second.weight, output);
                    add_bias(bias.as_deref(), output);
                }
                match &shortcut {
                    Some((_, norm, projected)) => {
                        norm.affine.add_to(&projected[example..][..len], output);
                    }
                    None => add(&input[example..][..len], output),
                }
                output.iter_mut().for_each(|value| *value = value.max(0.0));
            }
        });
        let gate = gate.map(|gate| (gate, convolved));
        Self {
            first,
            second,
            norm,
            first_output,
            shortcut,
            gate,
            output,
        }
    }

    /// From the gradient of the block's output to that of its `input`; files the parameters' gradients.
    pub fn backward(
        self,
        block: &Residual1d,
        input: &[f32],
        mut gradient: Vec<f32>,
        gradients: &mut EncoderGradients,
    ) -> Vec<f32> {
        let len = self.second.shape.output_len();
        let batch = gradient.len() / len;
        let channels = self.second.shape.channels[1];
        let size = shard_size(batch) * len;

        type OuterShard<'a> = ((&'a mut [f32], &'a mut [f32]), (&'a [f32], &'a [f32]));
        // Through the last relu and the second convolution, up to what the first norm put out.
        let way_back = InputGradient::new(self.second.shape, &self.second.weight);
        let mut inner = vec![0.0; gradient.len()];
        let shards = gradient
            .chunks_mut(size)
            .zip(inner.chunks_mut(size))
            .zip(self.first_output.chunks(size).zip(self.output.chunks(size)))
            .collect();
        let parts = on_shards(shards, |index, ((gradient, inner), (z, y)): OuterShard| {
            let mut padded = self.second.shape.padded_input();
            let mut padded_gradient = way_back.padded_gradient();
            let mut weight_gradient = vec![0.0; self.second.shape.weight_len()];
            let mut norm_sums = ChannelSums::new(channels);
            let mut output_sums = ChannelSums::new(channels);
            let mut second_sums = ChannelSums::new(channels);
            let mut gate_gradients = self.gate.as_ref().map(|(gate, _)| gate.no_gradients());
            let mut ungated = vec![0.0; len];
            let examples = gradient
                .chunks_exact_mut(len)
                .zip(inner.chunks_exact_mut(len))
                .zip(z.chunks_exact(len).zip(y.chunks_exact(len)));
            for (place, ((gradient, inner), (z, y))) in examples.enumerate() {
                let example = (index * shard_size(batch) + place) * len;
                mask_closed(y, gradient);
                if let Some((_, _, projected)) = &self.shortcut {
                    output_sums.add_rows(gradient, &projected[example..][..len]);
                }
                // From here on the gradient of what the second convolution put out.
                let second_gradient: &[f32] = match (&self.gate, &mut gate_gradients) {
                    (Some((gate, convolved)), Some(gradients)) => {
                        let u = &convolved[example..][..len];
                        gate.backward(&gate.state(u), u, gradient, &mut ungated, gradients);
                        &ungated
                    }
                    _ => gradient,
                };
                second_sums.add_rows(second_gradient, second_gradient);
                self.norm
                    .affine
                    .relu_into(z, self.second.shape.inside(&mut padded));
                self.second.shape.add_weight_gradient(
                    &padded,
                    second_gradient,
                    &mut weight_gradient,
                );
                way_back
                    .inside(&mut padded_gradient)
                    .copy_from_slice(second_gradient);
                way_back.apply(&padded_gradient, inner, Target::Overwrite);
                self.norm.affine.mask_relu(z, inner);
                norm_sums.add_rows(inner, z);
            }
            OuterPart {
                weight_gradient,
                norm_sums,
                output_sums,
                second_sums,
                gate_gradients,
            }
        });
        let sums = |pick: fn(&OuterPart) -> &ChannelSums| merged(channels, parts.iter().map(pick));
        let norm_sums = sums(|part| &part.norm_sums);
        let output_sums = sums(|part| &part.output_sums);
        gradients.file_bias(&block.second, &sums(|part| &part.second_sums).first);
        if let (Some(module), Some((gate, _))) = (&block.gate, &self.gate) {
            let parts = parts.iter().filter_map(|part| part.gate_gradients.as_ref());
            let total = parts.fold(gate.no_gradients(), GateGradients::merge);
            gradients.file_gate(module, total);
        }
        let weights = parts.into_iter().map(|part| part.weight_gradient);
        gradients.file_conv(&block.second, sum_vectors(weights));

        let norm_backward = self.norm.backward(&norm_sums);
        gradients.file_norm(&block.first, &norm_backward);
        let (mut input_gradient, weight_gradient) = back_through(
            &self.first,
            &norm_backward,
            &self.first_output,
            &mut inner,
            input,
            None,
        );
        gradients.file_conv(&block.first, weight_gradient);

        match (&self.shortcut, &block.shortcut) {
            (Some((conv, norm, projected)), Some(module)) => {
                let norm_backward = norm.backward(&output_sums);
                gradients.file_norm(module, &norm_backward);
                let (both, weight_gradient) = back_through(
                    conv,
                    &norm_backward,
                    projected,
                    &mut gradient,
                    input,
                    Some(input_gradient),
                );
                gradients.file_conv(module, weight_gradient);
                both
            }
            _ => {
                add(&gradient, &mut input_gradient);
                input_gradient
            }
        }
    }
}

/// A convolution of a whole batch `[B, T, C_in]`, and its norm's statistics.
///
/// # Panics
/// If there is no norm: [`EncoderPass::fits`](super::EncoderPass::fits) asks for one.
pub fn convolve(
    norm: Option<&BatchNorm>,
    conv: &PreparedConv,
    input: &[f32],
    batch: usize,
    statistics: Statistics,
) -> (Vec<f32>, NormPass) {
    let shape = conv.shape;
    let examples = shard_size(batch);
    let mut output = vec![0.0; batch * shape.output_len()];
    let shards = output
        .chunks_mut(examples * shape.output_len())
        .zip(input.chunks(examples * shape.input_len()))
        .collect();
    let sums = on_shards(shards, |_, (output, input): (&mut [f32], &[f32])| {
        let mut sums = ChannelSums::new(shape.channels[1]);
        let mut padded = shape.padded_input();
        let examples = output
            .chunks_exact_mut(shape.output_len())
            .zip(input.chunks_exact(shape.input_len()));
        for (output, input) in examples {
            shape.inside(&mut padded).copy_from_slice(input);
            shape.forward(&padded, &conv.weight, output);
            if statistics == Statistics::Batch {
                sums.add_rows(output, output);
            }
        }
        sums
    });
    let sums = merged(shape.channels[1], sums.iter());
    let Some(norm) = norm else {
        panic!("a convolution with norm was expected");
    };
    let norm = match statistics {
        Statistics::Batch => NormPass::new(norm, &sums, batch * shape.length_out()),
        Statistics::Running => NormPass::running(norm),
    };
    (output, norm)
}

/// Through a norm and the convolution before it: `gradient` becomes that of `output`; gives those of the input
/// (added to `so_far`, if there is one) and of the weight.
fn back_through(
    conv: &PreparedConv,
    norm: &NormBackward,
    output: &[f32],
    gradient: &mut [f32],
    input: &[f32],
    so_far: Option<Vec<f32>>,
) -> (Vec<f32>, Vec<f32>) {
    let shape = conv.shape;
    let way_back = InputGradient::new(shape, &conv.weight);
    let examples = shard_size(gradient.len() / shape.output_len());
    let mode = if so_far.is_some() {
        Target::Add
    } else {
        Target::Overwrite
    };
    let mut input_gradient = so_far.unwrap_or_else(|| vec![0.0; input.len()]);
    let (out_size, in_size) = (examples * shape.output_len(), examples * shape.input_len());
    let shards = gradient
        .chunks_mut(out_size)
        .zip(output.chunks(out_size))
        .zip(
            input_gradient
                .chunks_mut(in_size)
                .zip(input.chunks(in_size)),
        )
        .collect();
    type Shard<'a> = ((&'a mut [f32], &'a [f32]), (&'a mut [f32], &'a [f32]));
    let parts = on_shards(
        shards,
        |_, ((gradient, output), (input_gradient, input)): Shard| {
            let mut padded = shape.padded_input();
            let mut padded_gradient = way_back.padded_gradient();
            let mut weight_gradient = vec![0.0; shape.weight_len()];
            let (out_len, in_len) = (shape.output_len(), shape.input_len());
            let examples = gradient
                .chunks_exact_mut(out_len)
                .zip(output.chunks_exact(out_len))
                .zip(
                    input_gradient
                        .chunks_exact_mut(in_len)
                        .zip(input.chunks_exact(in_len)),
                );
            for ((gradient, output), (input_gradient, input)) in examples {
                norm.apply(output, gradient);
                shape.inside(&mut padded).copy_from_slice(input);
                shape.add_weight_gradient(&padded, gradient, &mut weight_gradient);
                way_back
                    .inside(&mut padded_gradient)
                    .copy_from_slice(gradient);
                way_back.apply(&padded_gradient, input_gradient, mode);
            }
            weight_gradient
        },
    );
    (input_gradient, sum_vectors(parts.into_iter()))
}

/// The sums of all shards.
pub fn merged<'a>(channels: usize, parts: impl Iterator<Item = &'a ChannelSums>) -> ChannelSums {
    parts.fold(ChannelSums::new(channels), ChannelSums::merge)
}

/// Adds a bias to every row.
fn add_bias(bias: Option<&[f32]>, rows: &mut [f32]) {
    if let Some(bias) = bias {
        for row in rows.chunks_exact_mut(bias.len()) {
            add(bias, row);
        }
    }
}
