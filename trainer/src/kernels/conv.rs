//! One convolution along time: values, weight gradient, input gradient.

use super::matrix::{Matrix, MatrixMut, Target, multiply};

/// Shape of a convolution with odd kernel and half a kernel of padding on both sides.
///
/// `T` is [`length`](Self::length), `T′` = ⌈T / stride⌉, `k` the kernel, `p` = ⌊k/2⌋.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Time steps in.
    pub length: usize,
    /// Channels in and out.
    pub channels: [usize; 2],
    /// Odd kernel.
    pub kernel: usize,
    /// Time steps in per time step out.
    pub stride: usize,
}

impl ConvShape {
    /// T′
    pub fn length_out(&self) -> usize {
        self.length.div_ceil(self.stride)
    }

    /// Numbers of one input, `T · C_in`.
    pub fn input_len(&self) -> usize {
        self.length * self.channels[0]
    }

    /// Numbers of one output, `T′ · C_out`.
    pub fn output_len(&self) -> usize {
        self.length_out() * self.channels[1]
    }

    /// Numbers of the weight.
    pub fn weight_len(&self) -> usize {
        self.kernel * self.channels[0] * self.channels[1]
    }

    fn padding(&self) -> usize {
        self.kernel / 2
    }

    /// The place of a padded input, `[T + 2p, C_in]`, all zero.
    pub fn padded_input(&self) -> Vec<f32> {
        vec![0.0; (self.length + 2 * self.padding()) * self.channels[0]]
    }

    /// The part of a padded input that holds the input itself.
    pub fn inside<'a>(&self, padded: &'a mut [f32]) -> &'a mut [f32] {
        &mut padded[self.padding() * self.channels[0]..][..self.length * self.channels[0]]
    }

    /// The overlapping windows `[T′, k · C_in]` of a padded input.
    fn windows<'a>(&self, padded: &'a [f32]) -> Matrix<'a> {
        let input = self.channels[0];
        Matrix::new(
            padded,
            [self.length_out(), self.kernel * input],
            [self.stride * input, 1],
        )
    }

    /// `output` `[T′, C_out]` of one padded input; `weight` is `[k, C_in, C_out]`.
    pub fn forward(&self, padded: &[f32], weight: &[f32], output: &mut [f32]) {
        let [channels_in, channels_out] = self.channels;
        multiply(
            &mut MatrixMut::dense(output, [self.length_out(), channels_out]),
            self.windows(padded),
            Matrix::dense(weight, [self.kernel * channels_in, channels_out]),
            Target::Overwrite,
        );
    }

    /// Adds one example's part to `weight_gradient` `[k, C_in, C_out]`.
    pub fn add_weight_gradient(
        &self,
        padded: &[f32],
        output_gradient: &[f32],
        weight_gradient: &mut [f32],
    ) {
        let [channels_in, channels_out] = self.channels;
        multiply(
            &mut MatrixMut::dense(weight_gradient, [self.kernel * channels_in, channels_out]),
            self.windows(padded).transposed(),
            Matrix::dense(output_gradient, [self.length_out(), channels_out]),
            Target::Add,
        );
    }
}

/// The weight rearranged so that the gradient with respect to the input is a convolution too.
///
/// Input step t = stride · u + φ meets kernel tap j at output step (t + p − j) / stride, where that is whole: for
/// every phase φ < stride some of the taps, each one output step before the one before it.
pub struct InputGradient {
    shape: ConvShape,
    phases: Vec<Phase>,
    /// Zero rows in front of the output's gradient, and behind it.
    margins: [usize; 2],
}

struct Phase {
    /// Output step of the first tap of window u = 0, counted from the start of the front margin.
    first: usize,
    /// Taps in the order of their output steps.
    taps: usize,
    /// `[taps, C_out, C_in]`
    weight: Vec<f32>,
}

impl InputGradient {
    /// `weight` is `[k, C_in, C_out]`.
    pub fn new(shape: ConvShape, weight: &[f32]) -> Self {
        let [channels_in, channels_out] = shape.channels;
        let (stride, padding) = (shape.stride, shape.padding());
        // Per phase: its taps, last first; output steps of its window at u = 0 are `reach + 1 − taps ..= reach`.
        let taps_and_reach = |phase: usize| {
            let lowest = (phase + padding) % stride;
            let taps: Vec<usize> = (lowest..shape.kernel).step_by(stride).rev().collect();
            (taps, (phase + padding) / stride)
        };
        let front = (0..stride)
            .map(|phase| {
                let (taps, reach) = taps_and_reach(phase);
                taps.len().saturating_sub(reach + 1)
            })
            .max()
            .unwrap_or(0);
        let last_step = |phase: usize| {
            let steps = shape.length.saturating_sub(phase).div_ceil(stride);
            steps.saturating_sub(1) + (phase + padding) / stride
        };
        let behind = (0..stride).map(last_step).max().unwrap_or(0) + 1;
        let phases = (0..stride)
            .map(|phase| {
                let (taps, reach) = taps_and_reach(phase);
                let mut transposed = Vec::with_capacity(taps.len() * channels_in * channels_out);
                for &tap in &taps {
                    let plane = &weight[tap * channels_in * channels_out..];
                    for output in 0..channels_out {
                        let column =
                            (0..channels_in).map(|input| plane[input * channels_out + output]);
                        transposed.extend(column);
                    }
                }
                Phase {
                    first: front + reach + 1 - taps.len(),
                    taps: taps.len(),
                    weight: transposed,
                }
            })
            .collect();
        Self {
            shape,
            phases,
            margins: [front, behind.saturating_sub(shape.length_out())],
        }
    }

    /// The place of an output's gradient between its margins, all zero.
    pub fn padded_gradient(&self) -> Vec<f32> {
        let rows = self.margins[0] + self.shape.length_out() + self.margins[1];
        vec![0.0; rows * self.shape.channels[1]]
    }

    /// The part of [`padded_gradient`](Self::padded_gradient) that holds the gradient itself.
    pub fn inside<'a>(&self, padded: &'a mut [f32]) -> &'a mut [f32] {
        &mut padded[self.margins[0] * self.shape.channels[1]..][..self.shape.output_len()]
    }

    /// The gradient `[T, C_in]` of one example with respect to the input.
    pub fn apply(&self, padded_gradient: &[f32], input_gradient: &mut [f32], mode: Target) {
        let [channels_in, channels_out] = self.shape.channels;
        let stride = self.shape.stride;
        for (index, phase) in self.phases.iter().enumerate() {
            let steps = self.shape.length.saturating_sub(index).div_ceil(stride);
            if steps == 0 {
                continue;
            }
            let rows = &mut input_gradient[index * channels_in..];
            if phase.taps == 0 {
                if mode == Target::Overwrite {
                    for row in rows.chunks_mut(stride * channels_in) {
                        row[..channels_in].fill(0.0);
                    }
                }
                continue;
            }
            multiply(
                &mut MatrixMut::new(rows, [steps, channels_in], stride * channels_in),
                Matrix::new(
                    &padded_gradient[phase.first * channels_out..],
                    [steps, phase.taps * channels_out],
                    [channels_out, 1],
                ),
                Matrix::dense(&phase.weight, [phase.taps * channels_out, channels_in]),
                mode,
            );
        }
    }
}

/// A burn weight `[C_out, C_in, k]` as `[k, C_in, C_out]`.
pub fn to_time_major(weight: &[f32], [channels_out, channels_in, kernel]: [usize; 3]) -> Vec<f32> {
    let mut rearranged = vec![0.0; weight.len()];
    for (index, &value) in weight.iter().enumerate() {
        let (output, input, tap) = (
            index / (channels_in * kernel),
            index / kernel % channels_in,
            index % kernel,
        );
        rearranged[(tap * channels_in + input) * channels_out + output] = value;
    }
    rearranged
}

/// The inverse of [`to_time_major`].
pub fn from_time_major(
    weight: &[f32],
    [channels_out, channels_in, kernel]: [usize; 3],
) -> Vec<f32> {
    let mut rearranged = vec![0.0; weight.len()];
    for (index, value) in rearranged.iter_mut().enumerate() {
        let (output, input, tap) = (
            index / (channels_in * kernel),
            index / kernel % channels_in,
            index % kernel,
        );
        *value = weight[(tap * channels_in + input) * channels_out + output];
    }
    rearranged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_computed_convolution() {
        // x = 1 2 3, k = 3, weight 1 10 100: y[t] = x[t−1] + 10·x[t] + 100·x[t+1].
        let shape = ConvShape {
            length: 3,
            channels: [1, 1],
            kernel: 3,
            stride: 1,
        };
        let weight = [1.0, 10.0, 100.0];
        let mut padded = shape.padded_input();
        shape.inside(&mut padded).copy_from_slice(&[1.0, 2.0, 3.0]);
        let mut output = [0.0; 3];
        shape.forward(&padded, &weight, &mut output);
        assert_eq!(output, [210.0, 321.0, 32.0]);
        // dL/dy = 1 0 0: dL/dw = 0 1 2 and dL/dx = 10 100 0.
        let mut weight_gradient = [0.0; 3];
        shape.add_weight_gradient(&padded, &[1.0, 0.0, 0.0], &mut weight_gradient);
        assert_eq!(weight_gradient, [0.0, 1.0, 2.0]);
        let backward = InputGradient::new(shape, &weight);
        let mut gradient = backward.padded_gradient();
        backward.inside(&mut gradient)[0] = 1.0;
        let mut input_gradient = [9.0; 3];
        backward.apply(&gradient, &mut input_gradient, Target::Overwrite);
        assert_eq!(input_gradient, [10.0, 100.0, 0.0]);
    }

    /// ⟨conv(x), g⟩ = ⟨x, convᵀ(g)⟩ = ⟨w, ∂w⟩ for every stride, also where the length is no multiple of it.
    #[test]
    fn gradients_are_the_adjoints_of_the_convolution() {
        let number = |seed: usize| ((seed * 7919 % 101) as f32 - 50.0) / 50.0;
        for (length, kernel, stride) in [(9, 5, 1), (9, 5, 2), (10, 3, 2), (7, 1, 2), (11, 7, 3)] {
            let shape = ConvShape {
                length,
                channels: [2, 3],
                kernel,
                stride,
            };
            let weight: Vec<f32> = (0..shape.weight_len()).map(number).collect();
            let input: Vec<f32> = (0..length * 2).map(|i| number(i + 31)).collect();
            let gradient: Vec<f32> = (0..shape.output_len()).map(|i| number(i + 77)).collect();
            let mut padded = shape.padded_input();
            shape.inside(&mut padded).copy_from_slice(&input);
            let mut output = vec![0.0; shape.output_len()];
            shape.forward(&padded, &weight, &mut output);
            let mut weight_gradient = vec![0.0; weight.len()];
            shape.add_weight_gradient(&padded, &gradient, &mut weight_gradient);
            let backward = InputGradient::new(shape, &weight);
            let mut padded_gradient = backward.padded_gradient();
            backward
                .inside(&mut padded_gradient)
                .copy_from_slice(&gradient);
            let mut input_gradient = vec![5.0; input.len()];
            backward.apply(&padded_gradient, &mut input_gradient, Target::Overwrite);
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            let expected = dot(&output, &gradient);
            assert!((dot(&input, &input_gradient) - expected).abs() < 1e-4);
            assert!((dot(&weight, &weight_gradient) - expected).abs() < 1e-4);
        }
    }

    #[test]
    fn the_weight_survives_both_rearrangements() {
        let weight: Vec<f32> = (0..24).map(|i| i as f32).collect();
        let there = to_time_major(&weight, [2, 3, 4]);
        // Output 1, input 2, tap 3 of burn's order is the last number; here it is tap 3, input 2, output 1.
        assert_eq!(there[(3 * 3 + 2) * 2 + 1], 23.0);
        assert_eq!(from_time_major(&there, [2, 3, 4]), weight);
    }
}
