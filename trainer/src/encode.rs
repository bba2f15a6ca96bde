//! Signals through an encoder: by the kernels where they can, by burn elsewhere.

use anyhow::{Context, Result};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::TensorData;
use inkbeat::model::SignalEncoder;

use crate::kernels::{EncoderPass, numbers};
use crate::train::Step;

/// A batch of signals in plain memory.
pub struct Signals {
    /// Flattened `[B, leads, T]`, mV.
    pub signal_mv: Vec<f32>,
    /// `[B, leads, T]`
    pub shape: [usize; 3],
}

/// One training step of a network that begins with `encoder`: `loss` makes the loss `[1]` from the encoder's
/// features `[B, C_out, T′]`.
///
/// `stem_bias` `[B, C_stem]` is what the lead adds after the stem. Where the kernels ran, its gradient is not on
/// burn's tape and comes beside the step; the caller takes it further back.
pub fn step_through<M: Module>(
    net: &M,
    encoder: &SignalEncoder,
    signals: Signals,
    stem_bias: Option<Tensor<2>>,
    device: &Device,
    loss: impl FnOnce(Tensor<3>) -> Tensor<1>,
) -> Result<(Step, Option<Tensor<2>>)> {
    let plain_device = device.clone().inner();
    if !by_kernels(encoder, &plain_device) {
        let signal = Tensor::from_data(TensorData::new(signals.signal_mv, signals.shape), device);
        let loss = loss(encoder.forward(signal, stem_bias));
        let value = f64::from(loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.backward(), net);
        let step = Step {
            loss: value,
            gradients,
        };
        return Ok((step, None));
    }
    let batch = signals.shape[0];
    let bias = stem_bias.as_ref().map(|bias| numbers(bias.clone()));
    let pass = EncoderPass::forward(encoder, &signals.signal_mv, batch, bias.as_deref(), device);
    let features = pass.features();
    let loss = loss(features.clone());
    let value = f64::from(loss.clone().into_scalar::<f32>());
    let tape = loss.backward();
    let feature_gradient = features
        .grad(&tape)
        .context("the loss does not depend on the signal")?;
    let mut gradients = GradientsParams::from_grads(tape, net);
    let (encoder_gradients, bias_gradient) = pass.backward(encoder, feature_gradient);
    encoder_gradients.register(&mut gradients, &plain_device);
    let bias_gradient = stem_bias
        .map(|bias| Tensor::from_data(TensorData::new(bias_gradient, bias.dims()), &plain_device));
    let step = Step {
        loss: value,
        gradients,
    };
    Ok((step, bias_gradient))
}

/// The features `[B, C_out, T′]` of a batch in inference mode.
pub fn encode(
    encoder: &SignalEncoder,
    signals: Signals,
    stem_bias: Option<Tensor<2>>,
    device: &Device,
) -> Tensor<3> {
    if by_kernels(encoder, device) {
        let bias = stem_bias.map(numbers);
        return EncoderPass::infer(
            encoder,
            &signals.signal_mv,
            signals.shape[0],
            bias.as_deref(),
            device,
        );
    }
    let signal = Tensor::from_data(TensorData::new(signals.signal_mv, signals.shape), device);
    encoder.forward(signal, stem_bias)
}

fn by_kernels(encoder: &SignalEncoder, device: &Device) -> bool {
    *device == Device::flex() && EncoderPass::fits(encoder)
}
