//! Losses and their gradients against PyTorch's (`reference/losses.py`), and against finite differences.

#![allow(clippy::unwrap_used)] // In a test, unwrapping is the assertion.

use burn::prelude::*;
use burn::tensor::TensorData;
use inkbeat_trainer::config::{Distillation, Softening};
use inkbeat_trainer::kernels::numbers;
use inkbeat_trainer::loss::bce::binary_cross_entropy;
use inkbeat_trainer::loss::contrast::{contrastive_loss, log_normaliser};
use inkbeat_trainer::loss::distillation::distillation_loss;
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/losses.json")).unwrap()
}

/// The numbers of a nested list, in order.
fn flat(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().unwrap() as f32],
    }
}

fn tensor<const D: usize>(value: &Value, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(flat(value), shape), device)
}

/// Compares a loss and its gradient with respect to `input` to the reference's, and the gradient to finite differences.
fn check(case: &Value, name: &str, input: Tensor<2>, loss: impl Fn(Tensor<2>) -> Tensor<1>) {
    let input = input.require_grad();
    let value = loss(input.clone());
    let expected = case["loss"].as_f64().unwrap();
    let ours = f64::from(value.clone().into_scalar::<f32>());
    assert!(
        (ours - expected).abs() < 1e-4 * expected.abs().max(1.0),
        "{ours} {expected}"
    );
    let gradient = numbers(input.grad(&value.backward()).unwrap());
    let expected = flat(&case["gradients"][name]);
    let scale = expected.iter().fold(1e-3_f32, |most, x| most.max(x.abs()));
    for (ours, expected) in gradient.iter().zip(&expected) {
        assert!(
            (ours - expected).abs() < 1e-3 * scale,
            "{name}: {ours} {expected}"
        );
    }

    let (shape, device) = (input.dims(), input.device().inner());
    let values = numbers(input);
    let step = 1e-2;
    for index in 0..values.len() {
        let at = |change: f32| {
            let mut moved = values.clone();
            moved[index] += change;
            let moved = Tensor::from_data(TensorData::new(moved, shape), &device);
            loss(moved).into_scalar::<f32>()
        };
        let slope = (at(step) - at(-step)) / (2.0 * step);
        assert!(
            (slope - gradient[index]).abs() < 0.02 * scale,
            "{name}: {slope} {}",
            gradient[index]
        );
    }
}

#[test]
fn cross_entropy_is_pytorchs() {
    let device = Device::flex().autodiff();
    let case = &reference()["cross_entropy"];
    let logits = tensor(&case["logits"], [4, 5], &device);
    check(case, "logits", logits, |logits| {
        let targets = tensor(&case["targets"], [4, 5], &logits.device());
        binary_cross_entropy(logits, targets).mean()
    });
}

#[test]
fn distillation_is_that_of_both_forms() {
    let device = Device::flex().autodiff();
    let cases = reference()["distillation"].as_array().unwrap().clone();
    assert_eq!(cases.len(), 4);
    for case in &cases {
        let settings = Distillation {
            weight: 1.0,
            temperature: case["temperature"].as_f64().unwrap(),
            form: match case["form"].as_str().unwrap() {
                "logits" => Softening::Logits,
                _ => Softening::Probabilities,
            },
        };
        let student = tensor(&case["student"], [4, 5], &device);
        check(case, "student", student, |student| {
            let teacher = tensor(&case["teacher"], [4, 5], &student.device());
            distillation_loss(student, teacher, &settings).mean()
        });
    }
}

#[test]
fn contrast_is_the_papers_formula() {
    let device = Device::flex().autodiff();
    let case = &reference()["contrast"];
    let records = case["records"].as_u64().unwrap() as usize;
    let expected_normaliser = case["log_normaliser"].as_f64().unwrap();
    let scores = |anchors: Tensor<2>| {
        let candidates = tensor::<3>(&case["candidates"], [3, 5, 6], &anchors.device());
        let scores = candidates
            .matmul(anchors.reshape([3, 6, 1]))
            .reshape([3, 5]);
        scores / case["temperature"].as_f64().unwrap()
    };
    let anchors = tensor(&case["anchors"], [3, 6], &device);
    let normaliser = log_normaliser(&scores(anchors.clone()), records);
    assert!((normaliser - expected_normaliser).abs() < 1e-4);
    check(case, "anchors", anchors, |anchors| {
        contrastive_loss(scores(anchors), expected_normaliser, records)
    });
}
