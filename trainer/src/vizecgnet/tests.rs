use burn::module::{ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Distribution, TensorData};
use inkbeat::model::image_student::StageConfig;
use inkbeat::model::signal_encoder::Block1dConfig;
use inkbeat::model::{AttentionConfig, SignalEncoderConfig};

use super::config::{Direction, MultiModalLoss, SignalStreamConfig};
use super::loss::{multi_modal_loss, stream_distillation};
use super::*;
use crate::encode::{Signals, step_through};
use crate::kernels::numbers;
use crate::loss::bce::binary_cross_entropy;

const SHAPE: AttentionConfig = AttentionConfig {
    heads: 2,
    hidden: 12,
    dropout: 0.0,
};

fn image() -> ImageStudentConfig {
    ImageStudentConfig {
        stem_channels: 4,
        stem_patch: [16, 8],
        stages: vec![StageConfig {
            channels: 8,
            stride: [2, 2],
            bottlenecks: 1,
        }],
        positions: true,
        attention: Some(SHAPE),
        dropout: 0.0,
        norm: true,
    }
}

fn guidance() -> GuidanceConfig {
    GuidanceConfig {
        signal: SignalStreamConfig {
            encoder: SignalEncoderConfig {
                leads: 12,
                stem_channels: 8,
                stem_kernel: 7,
                stem_stride: 4,
                blocks: vec![Block1dConfig {
                    channels: 12,
                    kernel: 3,
                    stride: 4,
                }],
                gate_reduction: 0,
                norm: true,
            },
            positions: true,
            attention: Some(SHAPE),
            dropout: 0.0,
        },
        cross: Some(SHAPE),
        fused_head: true,
        loss: MultiModalLoss {
            labels: 1.0,
            distillation: 1.0,
            temperature: 2.0,
            direction: Direction::SignalToImage,
            alignment: 0.5,
        },
    }
}

/// Moves every parameter, so that what starts at zero does so no longer.
struct Shake;

impl ModuleMapper for Shake {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let tensor = param.val();
        let device = tensor.device();
        let noise = Tensor::random(tensor.dims(), Distribution::Normal(0.0, 0.2), &device);
        let moved = (tensor + noise).into_data();
        Param::from_tensor(Tensor::from_data(moved, &device))
    }
}

fn shaken(device: &Device) -> VizEcgNet {
    device.seed(3);
    VizEcgNet::new(&image(), &guidance(), device).map(&mut Shake)
}

fn ink(device: &Device) -> Tensor<4> {
    Tensor::random([4, 1, 64, 48], Distribution::Default, device)
}

fn signal_mv(examples: usize) -> Vec<f32> {
    (0..examples * 12 * 1000)
        .map(|k| (k as f32 * 0.37).sin())
        .collect()
}

#[test]
fn no_signal_changes_the_image_s_answer() {
    let device = Device::flex();
    let net = shaken(&device);
    let ink = ink(&device);
    let expected = net.image.forward(ink.clone()).into_data();
    let mut mixed = Vec::new();
    for scale in [0.0, 1.0, -30.0] {
        let features = Tensor::<3>::random([4, 12, 63], Distribution::Normal(0.0, 1.0), &device);
        let features = features * scale;
        let answers = net.forward(ink.clone(), features);
        assert_eq!(answers.image.into_data(), expected, "bit by bit");
        mixed.push(answers.mixed.unwrap());
    }
    // It would, were it let in.
    let difference = mixed[0].clone() - mixed[1].clone();
    assert!(difference.abs().max().into_scalar::<f32>() > 1e-3);
}

/// One step as the objective takes it.
fn gradients(net: &VizEcgNet, device: &Device) -> GradientsParams {
    let signals = Signals {
        signal_mv: signal_mv(4),
        shape: [4, 12, 1000],
    };
    let targets = Tensor::<2>::random([4, NUM_LABELS], Distribution::Bernoulli(0.3), device);
    let loss = |features: Tensor<3>| {
        multi_modal_loss(
            net.forward(ink(device), features),
            &guidance().loss,
            |logits| binary_cross_entropy(logits, targets.clone()).mean(),
            |loss| loss.mean(),
        )
    };
    let step = step_through(net, &net.signal.encoder, signals, None, device, loss).unwrap();
    assert!(step.0.loss.is_finite());
    step.0.gradients
}

fn flows<const D: usize>(gradients: &GradientsParams, param: &Param<Tensor<D>>) -> bool {
    gradients
        .get::<D>(param.id)
        .is_some_and(|gradient| numbers(gradient).iter().any(|value| *value != 0.0))
}

#[test]
fn gradients_reach_both_streams_and_what_is_between() {
    let device = Device::flex().autodiff();
    let net = shaken(&device);
    let cross = net.cross.as_ref().unwrap();
    let gradients = gradients(&net, &device);
    assert!(flows(&gradients, &net.image.stem.conv.weight));
    assert!(flows(&gradients, &net.image.head.weight));
    assert!(flows(&gradients, &net.signal.encoder.stem.conv.weight));
    assert!(flows(&gradients, &net.signal.projection.weight));
    assert!(flows(&gradients, &net.signal.head.weight));
    for block in [&net.image.attention, &net.signal.attention] {
        let block = block.as_ref().unwrap();
        assert!(flows(&gradients, &block.attention.query.weight));
        assert!(flows(&gradients, &block.feed_forward.linear_inner.weight));
    }
    for side in [&cross.image, &cross.signal] {
        assert!(flows(&gradients, &side.norm.gamma));
        assert!(flows(&gradients, &side.attention.key.weight));
        assert!(flows(&gradients, &side.feed_forward.linear_outer.weight));
    }
    assert!(flows(&gradients, &net.fused_head.as_ref().unwrap().weight));
    assert!(flows(&gradients, &net.alignment.as_ref().unwrap().weight));
}

#[test]
fn the_stream_that_teaches_gets_no_gradient() {
    let device = Device::flex().autodiff();
    let mut net = shaken(&device);
    // Through the CMAM either stream's answer depends on both.
    net.cross = None;
    let features = Tensor::<3>::random([4, 12, 63], Distribution::Normal(0.0, 1.0), &device);
    let reached = |direction| {
        let settings = MultiModalLoss {
            direction,
            ..guidance().loss
        };
        let answers = net.forward(ink(&device), features.clone());
        let loss = stream_distillation(answers.image, answers.signal, &settings).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        let image = flows(&gradients, &net.image.stem.conv.weight);
        assert_eq!(image, flows(&gradients, &net.image.head.weight));
        let signal = flows(&gradients, &net.signal.projection.weight);
        assert_eq!(signal, flows(&gradients, &net.signal.head.weight));
        [image, signal]
    };
    assert_eq!(reached(Direction::SignalToImage), [true, false]);
    assert_eq!(reached(Direction::ImageToSignal), [false, true]);
    assert_eq!(reached(Direction::Both), [true, true]);
}

#[test]
fn the_loss_is_the_sum_of_its_parts() {
    let device = Device::flex();
    let logits = |values: [f32; 2]| {
        Tensor::<2>::from_data(TensorData::new(values.to_vec(), [1, 2]), &device)
    };
    let settings = MultiModalLoss {
        labels: 3.0,
        distillation: 5.0,
        temperature: 1.0,
        direction: Direction::SignalToImage,
        alignment: 0.0,
    };
    let answers = |fused: Option<Tensor<2>>| Answers {
        image: logits([0.0, 0.0]),
        mixed: None,
        signal: logits([2.0, 0.0]),
        fused,
        pooled: None,
    };
    let value = |answers, settings: &MultiModalLoss| {
        let loss = multi_modal_loss(
            answers,
            settings,
            |logits| logits.mean(),
            |loss| loss.mean(),
        );
        loss.into_scalar::<f32>()
    };
    // KL(σ(2) ‖ ½) = ln 2 − H(σ(2)) = 0.693147 − 0.365334 = 0.327813, over two labels 0.163906.
    let expected = 3.0 * (0.0 + 1.0) + 5.0 * 0.163_906;
    assert!((value(answers(None), &settings) - expected).abs() < 1e-4);
    // A fused head has a loss of its own and teaches the image alike.
    let fused = value(answers(Some(logits([2.0, 0.0]))), &settings);
    assert!((fused - (expected + 3.0 + 5.0 * 0.163_906)).abs() < 1e-4);
    // The image that asked the signal learns the labels, no more.
    let mixed = Answers {
        mixed: Some(logits([4.0, 0.0])),
        ..answers(None)
    };
    assert!((value(mixed, &settings) - (expected + 6.0)).abs() < 1e-4);
    // λ₂ = 0 leaves the labels alone.
    let plain = MultiModalLoss {
        distillation: 0.0,
        ..settings
    };
    assert!((value(answers(None), &plain) - 3.0).abs() < 1e-6);
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    assert!(guidance().check(8).is_ok());
    assert!(
        guidance().check(9).is_err(),
        "two heads share nine channels"
    );
    let mut cold = guidance();
    cold.loss.temperature = 0.0;
    assert!(cold.check(8).is_err());
}
