//! The channel gate of a residual block: u → s ⊙ u with s = σ(W₂ relu(W₁ mean(u) + b₁) + b₂).

use inkbeat::model::block1d::ChannelGate;

use super::batch_norm::values;
use super::shards::add;

/// A gate's parameters as the kernels want them.
pub struct Gate {
    /// `[C, H]`
    squeeze: Vec<f32>,
    squeeze_bias: Vec<f32>,
    /// `[H, C]`
    excite: Vec<f32>,
    excite_bias: Vec<f32>,
}

/// What a gate made of one example.
pub struct GateState {
    /// mean(u), `[C]`
    mean: Vec<f32>,
    /// relu(W₁ mean + b₁), `[H]`
    hidden: Vec<f32>,
    /// s, `[C]`
    scale: Vec<f32>,
}

/// Gradients of a gate's parameters.
#[derive(Clone, Debug)]
pub struct GateGradients {
    /// W₁, b₁, W₂, b₂ in burn's shapes.
    pub parts: [Vec<f32>; 4],
}

impl Gate {
    /// Of a block's gate.
    pub fn new(module: &ChannelGate) -> Self {
        let bias = |linear: &burn::nn::Linear, width: usize| {
            linear
                .bias
                .as_ref()
                .map_or_else(|| vec![0.0; width], values)
        };
        let [channels, hidden] = module.squeeze.weight.dims();
        Self {
            squeeze: values(&module.squeeze.weight),
            squeeze_bias: bias(&module.squeeze, hidden),
            excite: values(&module.excite.weight),
            excite_bias: bias(&module.excite, channels),
        }
    }

    /// Zeros, to be added to.
    pub fn no_gradients(&self) -> GateGradients {
        let parts = [
            &self.squeeze,
            &self.squeeze_bias,
            &self.excite,
            &self.excite_bias,
        ];
        GateGradients {
            parts: parts.map(|part| vec![0.0; part.len()]),
        }
    }

    /// The gate for one example `[T, C]`.
    pub fn state(&self, u: &[f32]) -> GateState {
        let channels = self.excite_bias.len();
        let mut mean = vec![0.0; channels];
        for row in u.chunks_exact(channels) {
            mean.iter_mut().zip(row).for_each(|(mean, u)| *mean += u);
        }
        let steps = (u.len() / channels) as f32;
        mean.iter_mut().for_each(|mean| *mean /= steps);
        let mut hidden = self.squeeze_bias.clone();
        for (mean, row) in mean.iter().zip(self.squeeze.chunks_exact(hidden.len())) {
            hidden
                .iter_mut()
                .zip(row)
                .for_each(|(sum, weight)| *sum += mean * weight);
        }
        hidden.iter_mut().for_each(|value| *value = value.max(0.0));
        let mut scale = self.excite_bias.clone();
        for (hidden, row) in hidden.iter().zip(self.excite.chunks_exact(channels)) {
            scale
                .iter_mut()
                .zip(row)
                .for_each(|(sum, weight)| *sum += hidden * weight);
        }
        scale
            .iter_mut()
            .for_each(|value| *value = 1.0 / (1.0 + (-*value).exp()));
        GateState {
            mean,
            hidden,
            scale,
        }
    }

    /// From the gradient `g` of s ⊙ u to that of u, both `[T, C]`; adds to the parameters' gradients.
    pub fn backward(
        &self,
        state: &GateState,
        u: &[f32],
        g: &[f32],
        u_gradient: &mut [f32],
        gradients: &mut GateGradients,
    ) {
        let channels = state.scale.len();
        let steps = (u.len() / channels) as f32;
        // Through the product and the sigmoid to what the second layer put out.
        let mut excited = vec![0.0; channels];
        for (g, u) in g.chunks_exact(channels).zip(u.chunks_exact(channels)) {
            for (sum, (g, u)) in excited.iter_mut().zip(g.iter().zip(u)) {
                *sum += g * u;
            }
        }
        for (gradient, scale) in excited.iter_mut().zip(&state.scale) {
            *gradient *= scale * (1.0 - scale);
        }
        let [squeeze, squeeze_bias, excite, excite_bias] = &mut gradients.parts;
        add(&excited, excite_bias);
        let mut squeezed = vec![0.0; state.hidden.len()];
        let rows = excite
            .chunks_exact_mut(channels)
            .zip(self.excite.chunks_exact(channels));
        for ((hidden, squeezed), (gradient, weight)) in
            state.hidden.iter().zip(&mut squeezed).zip(rows)
        {
            if *hidden > 0.0 {
                *squeezed = weight.iter().zip(&excited).map(|(w, e)| w * e).sum();
            }
            gradient
                .iter_mut()
                .zip(&excited)
                .for_each(|(sum, e)| *sum += hidden * e);
        }
        add(&squeezed, squeeze_bias);
        let width = squeezed.len();
        let rows = squeeze
            .chunks_exact_mut(width)
            .zip(self.squeeze.chunks_exact(width));
        let through_mean: Vec<f32> = state
            .mean
            .iter()
            .zip(rows)
            .map(|(mean, (gradient, weight))| {
                gradient
                    .iter_mut()
                    .zip(&squeezed)
                    .for_each(|(sum, s)| *sum += mean * s);
                weight
                    .iter()
                    .zip(&squeezed)
                    .map(|(w, s)| w * s)
                    .sum::<f32>()
                    / steps
            })
            .collect();
        for (target, g) in u_gradient
            .chunks_exact_mut(channels)
            .zip(g.chunks_exact(channels))
        {
            let coefficients = state.scale.iter().zip(&through_mean);
            for ((target, g), (scale, mean)) in target.iter_mut().zip(g).zip(coefficients) {
                *target = scale * g + mean;
            }
        }
    }
}

impl GateState {
    /// target += s ⊙ u for rows `[T, C]`.
    pub fn add_gated(&self, u: &[f32], target: &mut [f32]) {
        let channels = self.scale.len();
        for (target, u) in target
            .chunks_exact_mut(channels)
            .zip(u.chunks_exact(channels))
        {
            for ((target, u), scale) in target.iter_mut().zip(u).zip(&self.scale) {
                *target += scale * u;
            }
        }
    }
}

impl GateGradients {
    /// Adds other examples' gradients.
    pub fn merge(mut self, other: &Self) -> Self {
        for (sum, part) in self.parts.iter_mut().zip(&other.parts) {
            add(part, sum);
        }
        self
    }
}
