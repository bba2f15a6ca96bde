//! VizECGNet's attention against PyTorch's layers (`reference/attention.py`): values and gradients.

#![allow(clippy::unwrap_used)] // In a test, unwrapping is the assertion.

use burn::module::Param;
use burn::nn::attention::MultiHeadAttention;
use burn::nn::transformer::PositionWiseFeedForward;
use burn::nn::{LayerNorm, Linear};
use burn::prelude::*;
use burn::tensor::{Gradients, TensorData};
use inkbeat::model::positions::{grid_positions, line_positions};
use inkbeat::model::{AttentionConfig, SelfModality};
use inkbeat_trainer::kernels::numbers;
use inkbeat_trainer::vizecgnet::cross_modality::{CrossAttention, CrossModality};
use serde_json::Value;

const CHANNELS: usize = 8;

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/attention.json")).unwrap()
}

fn shape(reference: &Value) -> AttentionConfig {
    AttentionConfig {
        heads: reference["heads"].as_u64().unwrap() as usize,
        hidden: reference["hidden"].as_u64().unwrap() as usize,
        dropout: 0.0,
    }
}

/// The numbers of a nested list, in order.
fn flat(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().unwrap() as f32],
    }
}

fn tensor<const D: usize>(value: &Value, device: &Device) -> Tensor<D> {
    let mut shape = [0; D];
    let mut level = value;
    for length in &mut shape {
        let items = level.as_array().unwrap();
        *length = items.len();
        level = &items[0];
    }
    Tensor::from_data(TensorData::new(flat(value), shape), device)
}

/// Compares within a hundred-thousandth of the largest number.
fn close(name: &str, ours: &[f32], expected: &Value) {
    let expected = flat(expected);
    assert_eq!(ours.len(), expected.len(), "{name}");
    let scale = expected.iter().fold(1.0_f32, |most, x| most.max(x.abs()));
    for (ours, expected) in ours.iter().zip(&expected) {
        assert!(
            (ours - expected).abs() < 1e-5 * scale,
            "{name}: {ours} {expected}"
        );
    }
}

/// A block's parts, which SMAM and CMAM name differently.
struct Parts<'a> {
    norm: &'a mut LayerNorm,
    attention: &'a mut MultiHeadAttention,
    feed_forward_norm: &'a mut LayerNorm,
    feed_forward: &'a mut PositionWiseFeedForward,
}

impl<'a> Parts<'a> {
    fn of_self(block: &'a mut SelfModality) -> Self {
        Self {
            norm: &mut block.attention_norm,
            attention: &mut block.attention,
            feed_forward_norm: &mut block.feed_forward_norm,
            feed_forward: &mut block.feed_forward,
        }
    }

    fn of_side(side: &'a mut CrossAttention) -> Self {
        Self {
            norm: &mut side.norm,
            attention: &mut side.attention,
            feed_forward_norm: &mut side.feed_forward_norm,
            feed_forward: &mut side.feed_forward,
        }
    }

    fn linears(&mut self) -> [(&'static str, &mut Linear); 6] {
        [
            ("query", &mut self.attention.query),
            ("key", &mut self.attention.key),
            ("value", &mut self.attention.value),
            ("output", &mut self.attention.output),
            ("inner", &mut self.feed_forward.linear_inner),
            ("outer", &mut self.feed_forward.linear_outer),
        ]
    }

    fn norms(&mut self) -> [(&'static str, &mut LayerNorm); 2] {
        [
            ("norm", &mut *self.norm),
            ("feed_forward_norm", &mut *self.feed_forward_norm),
        ]
    }

    fn fill(&mut self, parameters: &Value, device: &Device) {
        for (name, linear) in self.linears() {
            let values = &parameters[name];
            linear.weight = Param::from_tensor(tensor(&values["weight"], device));
            linear.bias = Some(Param::from_tensor(tensor(&values["bias"], device)));
        }
        for (name, norm) in self.norms() {
            let values = &parameters[name];
            norm.gamma = Param::from_tensor(tensor(&values["gamma"], device));
            norm.beta = Some(Param::from_tensor(tensor(&values["beta"], device)));
        }
    }

    fn check_gradients(&mut self, expected: &Value, gradients: &Gradients) {
        for (name, linear) in self.linears() {
            let weight = linear.weight.val().grad(gradients).unwrap();
            close(name, &numbers(weight), &expected[name]["weight"]);
            let bias = linear.bias.as_ref().unwrap().val().grad(gradients).unwrap();
            close(name, &numbers(bias), &expected[name]["bias"]);
        }
        for (name, norm) in self.norms() {
            let gamma = norm.gamma.val().grad(gradients).unwrap();
            close(name, &numbers(gamma), &expected[name]["gamma"]);
            let beta = norm.beta.as_ref().unwrap().val().grad(gradients).unwrap();
            close(name, &numbers(beta), &expected[name]["beta"]);
        }
    }
}

#[test]
fn self_modality_is_pytorchs() {
    let device = Device::flex().autodiff();
    let reference = reference();
    let case = &reference["self_modality"];
    let mut block = shape(&reference).init(CHANNELS, &device);
    Parts::of_self(&mut block).fill(&case["parameters"], &device);
    let tokens = tensor::<3>(&case["tokens"], &device).require_grad();
    let output = block.forward(tokens.clone());
    close("output", &numbers(output.clone()), &case["output"]);
    let gradients = (output * tensor(&case["projection"], &device))
        .sum()
        .backward();
    let token_gradient = numbers(tokens.grad(&gradients).unwrap());
    close("tokens", &token_gradient, &case["token_gradient"]);
    Parts::of_self(&mut block).check_gradients(&case["gradients"], &gradients);
}

#[test]
fn cross_modality_is_pytorchs() {
    let device = Device::flex().autodiff();
    let reference = reference();
    let (image, signal) = (
        &reference["cross_modality"]["image"],
        &reference["cross_modality"]["signal"],
    );
    let mut cross = CrossModality::new(&shape(&reference), CHANNELS, &device);
    Parts::of_side(&mut cross.image).fill(&image["parameters"], &device);
    Parts::of_side(&mut cross.signal).fill(&signal["parameters"], &device);
    let tokens = [image, signal].map(|case| tensor::<3>(&case["tokens"], &device).require_grad());
    let outputs = [
        cross.mixed_image(&tokens[0], &tokens[1]),
        cross.mixed_signal(&tokens[0], &tokens[1]),
    ];
    let sum = |case: &Value, output: &Tensor<3>| {
        (output.clone() * tensor(&case["projection"], &device)).sum()
    };
    let gradients = (sum(image, &outputs[0]) + sum(signal, &outputs[1])).backward();
    for (case, (output, tokens)) in [image, signal].iter().zip(outputs.into_iter().zip(&tokens)) {
        close("output", &numbers(output), &case["output"]);
        let token_gradient = numbers(tokens.grad(&gradients).unwrap());
        close("tokens", &token_gradient, &case["token_gradient"]);
    }
    Parts::of_side(&mut cross.image).check_gradients(&image["gradients"], &gradients);
    Parts::of_side(&mut cross.signal).check_gradients(&signal["gradients"], &gradients);
}

#[test]
fn positions_are_the_formulas() {
    let device = Device::flex();
    let reference = reference();
    let line = line_positions(7, 6, &device);
    close("line", &numbers(line), &reference["line_positions"]);
    let grid = grid_positions([2, 3], 8, &device);
    close("grid", &numbers(grid), &reference["grid_positions"]);
}
