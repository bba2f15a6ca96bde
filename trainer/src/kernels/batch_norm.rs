//! Batch norm in training mode, split into what needs the whole batch and what does not.
//!
//! z → γ·(z − μ)/√(σ² + ε) + β with the batch's mean μ and biased variance σ² per channel
//! (Ioffe and Szegedy 2015, arXiv:1502.03167). Kernels add up [`ChannelSums`] while they have an example in the
//! cache anyway; between two passes the sums of all examples become an [`Affine`] per channel.

use burn::module::Param;
use burn::nn::BatchNorm;
use burn::prelude::*;
use burn::tensor::TensorData;

/// Σ a and Σ a·b per channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelSums {
    /// Σ a
    pub first: Vec<f64>,
    /// Σ a·b
    pub second: Vec<f64>,
}

impl ChannelSums {
    /// Zeros.
    pub fn new(channels: usize) -> Self {
        Self {
            first: vec![0.0; channels],
            second: vec![0.0; channels],
        }
    }

    /// Adds the rows `[T, C]` of one example, of `a` and `b`.
    pub fn add_rows(&mut self, a: &[f32], b: &[f32]) {
        let channels = self.first.len();
        // One example is short enough for sums of single precision; over examples they are double.
        let mut first = vec![0.0_f32; channels];
        let mut second = vec![0.0_f32; channels];
        for (a, b) in a.chunks_exact(channels).zip(b.chunks_exact(channels)) {
            for ((a, b), (first, second)) in
                a.iter().zip(b).zip(first.iter_mut().zip(second.iter_mut()))
            {
                *first += a;
                *second += a * b;
            }
        }
        for (channel, (first, second)) in first.into_iter().zip(second).enumerate() {
            self.first[channel] += f64::from(first);
            self.second[channel] += f64::from(second);
        }
    }

    /// Adds other examples' sums.
    pub fn merge(mut self, other: &Self) -> Self {
        for (sum, other) in self.first.iter_mut().zip(&other.first) {
            *sum += other;
        }
        for (sum, other) in self.second.iter_mut().zip(&other.second) {
            *sum += other;
        }
        self
    }
}

/// Per channel: x → scale · x + shift.
#[derive(Clone, Debug)]
pub struct Affine {
    /// `[C]`
    pub scale: Vec<f32>,
    /// `[C]`
    pub shift: Vec<f32>,
}

impl Affine {
    /// relu(scale · x + shift) of rows `[T, C]` into `target`.
    pub fn relu_into(&self, x: &[f32], target: &mut [f32]) {
        self.on_rows(x, target, |target, value| *target = value.max(0.0));
    }

    /// target += scale · x + shift for rows `[T, C]`.
    pub fn add_to(&self, x: &[f32], target: &mut [f32]) {
        self.on_rows(x, target, |target, value| *target += value);
    }

    /// Sets `gradient` `[T, C]` to zero where scale · x + shift is not positive: the way back through the relu.
    pub fn mask_relu(&self, x: &[f32], gradient: &mut [f32]) {
        self.on_rows(x, gradient, |gradient, value| {
            *gradient = if value > 0.0 { *gradient } else { 0.0 };
        });
    }

    /// Hands every number of `target` to `change`, with scale · x + shift at its place.
    #[inline]
    fn on_rows(&self, x: &[f32], target: &mut [f32], change: impl Fn(&mut f32, f32)) {
        let channels = self.scale.len();
        for (target, x) in target
            .chunks_exact_mut(channels)
            .zip(x.chunks_exact(channels))
        {
            let coefficients = self.scale.iter().zip(&self.shift);
            for ((target, x), (scale, shift)) in target.iter_mut().zip(x).zip(coefficients) {
                change(target, scale * x + shift);
            }
        }
    }
}

/// Sets `gradient` to zero where the relu that gave `output` was closed.
pub fn mask_closed(output: &[f32], gradient: &mut [f32]) {
    for (gradient, output) in gradient.iter_mut().zip(output) {
        *gradient = if *output > 0.0 { *gradient } else { 0.0 };
    }
}

/// One batch norm during one step: its parameters, the batch's statistics, what it does.
#[derive(Clone, Debug)]
pub struct NormPass {
    gamma: Vec<f32>,
    mean: Vec<f64>,
    /// 1/√(σ² + ε)
    inverse_deviation: Vec<f64>,
    count: f64,
    /// What the norm does to this batch.
    pub affine: Affine,
}

/// Gradients of a norm's parameters, and how the gradient gets through it.
pub struct NormBackward {
    /// `[C]`
    pub gamma_gradient: Vec<f32>,
    /// `[C]`
    pub beta_gradient: Vec<f32>,
    /// Per channel (a, b, c): dz = a·dn + b·z + c.
    coefficients: [Vec<f32>; 3],
}

/// Where a norm takes mean and variance from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistics {
    /// The batch, which moves the running ones: training.
    Batch,
    /// The running ones: inference.
    Running,
}

impl NormPass {
    /// With the running statistics, which stay as they are.
    pub fn running(norm: &BatchNorm) -> Self {
        let mean = numbers(norm.running_mean.value())
            .into_iter()
            .map(f64::from)
            .collect();
        let variance = numbers(norm.running_var.value())
            .into_iter()
            .map(f64::from)
            .collect();
        Self::with(norm, mean, variance, 0.0)
    }

    /// From Σ z and Σ z² over `count` instants of the batch; moves the norm's running statistics as burn does.
    pub fn new(norm: &BatchNorm, sums: &ChannelSums, count: usize) -> Self {
        let count = count as f64;
        let mean: Vec<f64> = sums.first.iter().map(|sum| sum / count).collect();
        let variance: Vec<f64> = sums
            .second
            .iter()
            .zip(&mean)
            .map(|(sum, mean)| (sum / count - mean * mean).max(0.0))
            .collect();
        move_towards(&norm.running_mean, &mean, norm.momentum);
        move_towards(&norm.running_var, &variance, norm.momentum);
        Self::with(norm, mean, variance, count)
    }

    fn with(norm: &BatchNorm, mean: Vec<f64>, variance: Vec<f64>, count: f64) -> Self {
        let gamma = values(&norm.gamma);
        let beta = values(&norm.beta);
        let inverse_deviation: Vec<f64> = variance
            .iter()
            .map(|variance| 1.0 / (variance + norm.epsilon).sqrt())
            .collect();
        let scale: Vec<f32> = gamma
            .iter()
            .zip(&inverse_deviation)
            .map(|(gamma, inverse)| gamma * *inverse as f32)
            .collect();
        let shift = beta
            .iter()
            .zip(&scale)
            .zip(&mean)
            .map(|((beta, scale), mean)| beta - scale * *mean as f32)
            .collect();
        Self {
            gamma,
            mean,
            inverse_deviation,
            count,
            affine: Affine { scale, shift },
        }
    }

    /// From Σ dn and Σ dn·z over the batch, where dn is the gradient of what the norm put out.
    pub fn backward(&self, sums: &ChannelSums) -> NormBackward {
        let channels = self.gamma.len();
        let mut result = NormBackward {
            gamma_gradient: Vec::with_capacity(channels),
            beta_gradient: Vec::with_capacity(channels),
            coefficients: std::array::from_fn(|_| Vec::with_capacity(channels)),
        };
        for channel in 0..channels {
            let (mean, inverse) = (self.mean[channel], self.inverse_deviation[channel]);
            let beta_gradient = sums.first[channel];
            let gamma_gradient = (sums.second[channel] - mean * beta_gradient) * inverse;
            result.beta_gradient.push(beta_gradient as f32);
            result.gamma_gradient.push(gamma_gradient as f32);
            // dz = γ/σ · (dn − mean(dn) − ẑ·mean(dn·ẑ)), ẑ = (z − μ)/σ
            let a = f64::from(self.gamma[channel]) * inverse;
            let b = -a * inverse * gamma_gradient / self.count;
            let c = -a * beta_gradient / self.count - b * mean;
            for (list, value) in result.coefficients.iter_mut().zip([a, b, c]) {
                list.push(value as f32);
            }
        }
        result
    }
}

impl NormBackward {
    /// Turns the gradient dn of what the norm put out into that of what it took in, z; rows `[T, C]`.
    pub fn apply(&self, z: &[f32], gradient: &mut [f32]) {
        let [a, b, c] = &self.coefficients;
        let channels = a.len();
        for (gradient, z) in gradient
            .chunks_exact_mut(channels)
            .zip(z.chunks_exact(channels))
        {
            let coefficients = a.iter().zip(b).zip(c);
            for ((gradient, z), ((a, b), c)) in gradient.iter_mut().zip(z).zip(coefficients) {
                *gradient = a * *gradient + b * z + c;
            }
        }
    }
}

/// The numbers of a parameter.
pub fn values<const D: usize>(parameter: &Param<Tensor<D>>) -> Vec<f32> {
    numbers(parameter.val())
}

/// The numbers of a tensor of single precision.
pub fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn move_towards(running: &burn::module::RunningState<Tensor<1>>, batch: &[f64], momentum: f64) {
    let old = running.value_sync();
    let device = old.device();
    let moved: Vec<f32> = numbers(old)
        .into_iter()
        .zip(batch)
        .map(|(old, new)| ((1.0 - momentum) * f64::from(old) + momentum * new) as f32)
        .collect();
    let shape = [moved.len()];
    running.update(Tensor::from_data(TensorData::new(moved, shape), &device));
}
