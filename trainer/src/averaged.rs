//! The running mean of a network's weights, which generalises better than the last of them.
//!
//! Polyak and Juditsky 1992; exponential as in mean teachers (Tarvainen and Valpola 2017, arXiv:1703.01780).

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::prelude::*;
use burn::tensor::TensorData;

use crate::kernels::numbers;

/// Mean of all weights and running statistics over the steps so far.
#[derive(Clone, Debug)]
pub struct WeightAverage {
    decay: f64,
    steps: usize,
    values: HashMap<ParamId, Vec<f32>>,
}

impl WeightAverage {
    /// Starts at `net`'s weights. `decay` is the share of the mean that survives a step; `steps` have been taken already.
    pub fn new<M: Module>(net: &M, decay: f64, steps: usize) -> Self {
        let mut average = Self {
            decay: 0.0,
            steps,
            values: HashMap::new(),
        };
        net.visit(&mut Blend(&mut average.values, 0.0));
        average.decay = decay;
        average
    }

    /// Takes a step's weights into the mean. Early on the mean forgets faster, or it would be that of random weights.
    pub fn update<M: Module>(&mut self, net: &M) {
        self.steps += 1;
        let steps = self.steps as f64;
        let decay = self.decay.min((1.0 + steps) / (10.0 + steps));
        net.visit(&mut Blend(&mut self.values, decay as f32));
    }

    /// `net` with the mean in place of its own weights.
    pub fn apply<M: Module>(&self, net: M) -> M {
        net.map(&mut Replace(&self.values))
    }
}

struct Blend<'a>(&'a mut HashMap<ParamId, Vec<f32>>, f32);

impl ModuleVisitor for Blend<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let current = numbers(param.val());
        match self.0.get_mut(&param.id) {
            Some(mean) => {
                for (mean, current) in mean.iter_mut().zip(current) {
                    *mean += (1.0 - self.1) * (current - *mean);
                }
            }
            None => {
                self.0.insert(param.id, current);
            }
        }
    }
}

struct Replace<'a>(&'a HashMap<ParamId, Vec<f32>>);

impl ModuleMapper for Replace<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(mean) = self.0.get(&param.id).cloned() else {
            return param;
        };
        param
            .map(|tensor| Tensor::from_data(TensorData::new(mean, tensor.dims()), &tensor.device()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};

    fn net(value: f32) -> Linear {
        let device = Device::flex();
        let mut net = LinearConfig::new(1, 1).with_bias(false).init(&device);
        net.weight = Param::initialized(ParamId::from(7), Tensor::from_floats([[value]], &device));
        net
    }

    #[test]
    fn the_mean_follows_by_what_it_forgets() {
        // Many steps in, the decay is the one asked for: 0.9 · 1 + 0.1 · 2.
        let mut average = WeightAverage::new(&net(1.0), 0.9, 1000);
        average.update(&net(2.0));
        let mean = numbers(average.apply(net(5.0)).weight.val());
        assert!((mean[0] - 1.1).abs() < 1e-6);
        // The first step forgets 9 of 11 parts.
        let mut average = WeightAverage::new(&net(1.0), 0.9, 0);
        average.update(&net(2.0));
        let mean = numbers(average.apply(net(5.0)).weight.val());
        assert!((mean[0] - (2.0 + 9.0 * 2.0) / 11.0).abs() < 1e-6);
    }
}
