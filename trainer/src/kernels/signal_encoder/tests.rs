use super::*;
use burn::tensor::Distribution;
use inkbeat::model::SignalEncoderConfig;
use inkbeat::model::block1d::Residual1d;
use inkbeat::model::signal_encoder::Block1dConfig;

/// Strides that don't divide the length, a block with and one without projection, more examples than shards.
fn encoder(gate_reduction: usize, device: &Device) -> SignalEncoder {
    let block = |channels, kernel, stride| Block1dConfig {
        channels,
        kernel,
        stride,
    };
    let mut encoder = SignalEncoderConfig {
        leads: 2,
        stem_channels: 4,
        stem_kernel: 5,
        stem_stride: 2,
        blocks: vec![block(6, 3, 2), block(6, 5, 1), block(5, 3, 1)],
        gate_reduction,
        norm: true,
    }
    .init(device);
    // The second convolutions start at zero, which would hide half of what there is to test.
    for block in &mut encoder.blocks {
        let weight = Tensor::random(
            block.second.conv.weight.shape(),
            Distribution::Normal(0.0, 0.3),
            device,
        );
        block.second.conv.weight =
            Param::initialized(block.second.conv.weight.id, weight.require_grad());
    }
    encoder
}

fn largest_difference<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> f32 {
    numbers(a)
        .iter()
        .zip(numbers(b))
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn values_gradients_and_statistics_are_those_of_automatic_differentiation() {
    compare_with_burn(0);
}

#[test]
fn gates_too_are_those_of_automatic_differentiation() {
    compare_with_burn(2);
}

fn compare_with_burn(gate_reduction: usize) {
    let device = Device::flex().autodiff();
    device.seed(4);
    let by_burn = encoder(gate_reduction, &device);
    let by_hand = by_burn.clone().fork(&device);
    let (batch, length) = (6, 37);
    let signal = Tensor::<3>::random([batch, 2, length], Distribution::Normal(0.0, 1.0), &device);
    let bias =
        Tensor::<2>::random([batch, 4], Distribution::Normal(0.0, 1.0), &device).require_grad();

    let expected = by_burn.forward(signal.clone(), Some(bias.clone()));
    let weights = Tensor::<3>::random(expected.shape(), Distribution::Normal(0.0, 1.0), &device);
    let mut tape = (expected.clone() * weights.clone()).sum().backward();
    let expected_bias = bias.grad(&tape).expect("the bias is on the tape");
    let expected_gradients = GradientsParams::from_module(&mut tape, &by_burn);

    let pass = EncoderPass::forward(
        &by_hand,
        &numbers(signal),
        batch,
        Some(&numbers(bias)),
        &device,
    );
    let features = pass.features();
    assert!(largest_difference(features.clone(), expected) < 1e-4);
    let tape = (features.clone() * weights).sum().backward();
    let (gradients, bias_gradient) = pass.backward(
        &by_hand,
        features.grad(&tape).expect("the features are on the tape"),
    );
    for (expected, value) in numbers(expected_bias).iter().zip(bias_gradient) {
        assert!((expected - value).abs() < 1e-3, "{expected} {value}");
    }

    let mut registered = GradientsParams::new();
    gradients.register(&mut registered, &device.clone().inner());
    assert_eq!(registered.len(), expected_gradients.len());
    let compare = |conv: &ConvNorm1d| {
        let id = conv.conv.weight.id;
        let (a, b) = (registered.get::<3>(id), expected_gradients.get::<3>(id));
        assert!(
            largest_difference(a.expect("ours"), b.expect("burn's")) < 2e-3,
            "weight {:?}",
            conv.conv.weight.dims()
        );
        let vectors = [
            conv.conv.bias.as_ref(),
            conv.norm.as_ref().map(|norm| &norm.gamma),
            conv.norm.as_ref().map(|norm| &norm.beta),
        ];
        for vector in vectors.into_iter().flatten() {
            let (a, b) = (
                registered.get::<1>(vector.id),
                expected_gradients.get::<1>(vector.id),
            );
            assert!(largest_difference(a.expect("ours"), b.expect("burn's")) < 2e-3);
        }
    };
    let norms = |encoder: &SignalEncoder| {
        let convs = encoder.blocks.iter().flat_map(|block: &Residual1d| {
            [Some(block.first.clone()), block.shortcut.clone()]
                .into_iter()
                .flatten()
        });
        std::iter::once(encoder.stem.clone())
            .chain(convs)
            .filter_map(|conv| conv.norm)
            .collect::<Vec<_>>()
    };
    compare(&by_hand.stem);
    for block in &by_hand.blocks {
        compare(&block.first);
        compare(&block.second);
        block.shortcut.iter().for_each(compare);
    }
    for gate in by_hand
        .blocks
        .iter()
        .filter_map(|block| block.gate.as_ref())
    {
        for linear in [&gate.squeeze, &gate.excite] {
            let id = linear.weight.id;
            let (a, b) = (registered.get::<2>(id), expected_gradients.get::<2>(id));
            assert!(largest_difference(a.expect("ours"), b.expect("burn's")) < 2e-3);
            let id = linear.bias.as_ref().expect("a bias").id;
            let (a, b) = (registered.get::<1>(id), expected_gradients.get::<1>(id));
            assert!(largest_difference(a.expect("ours"), b.expect("burn's")) < 2e-3);
        }
    }
    for (ours, burns) in norms(&by_hand).into_iter().zip(norms(&by_burn)) {
        let mean = (
            ours.running_mean.value_sync(),
            burns.running_mean.value_sync(),
        );
        assert!(largest_difference(mean.0, mean.1) < 1e-5);
        let variance = (
            ours.running_var.value_sync(),
            burns.running_var.value_sync(),
        );
        assert!(largest_difference(variance.0, variance.1) < 1e-5);
    }
}

#[test]
fn inference_is_that_of_burn() {
    let device = Device::flex().autodiff();
    let trained = encoder(2, &device);
    let signal = Tensor::<3>::random([5, 2, 40], Distribution::Normal(0.0, 1.0), &device);
    trained.forward(signal.clone(), None); // Moves the running statistics away from 0 and 1.
    let (trained, signal, device) = (trained.valid(), signal.inner(), device.inner());
    let ours = EncoderPass::infer(&trained, &numbers(signal.clone()), 5, None, &device);
    assert!(largest_difference(ours, trained.forward(signal, None)) < 1e-4);
}

#[test]
fn a_folded_encoder_is_left_to_burn() {
    let device = Device::flex().autodiff();
    let encoder = encoder(2, &device);
    assert!(EncoderPass::fits(&encoder));
    assert!(!EncoderPass::fits(&encoder.valid().folded()));
}
