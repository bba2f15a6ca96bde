//! Training steps a second on one core: `RAYON_NUM_THREADS=1 cargo bench -p inkbeat-trainer --bench train_step`.
//!
//! One step is forward, backward and AdamW on 64 random examples, for the signal networks of `trainer/configs`: with the
//! kernels, and with burn alone. `tests/bench/train_step.py` does the same with PyTorch. Image students take 16 pages a step.

#![expect(missing_docs, reason = "the macro makes an undocumented function")]

use std::hint::black_box;
use std::path::Path;

use burn::optim::{AdamWConfig, GradientsParams};
use burn::prelude::*;
use burn::tensor::Distribution;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use inkbeat::labels::NUM_LABELS;
use inkbeat::model::SignalEncoder;
use inkbeat::model::image_student::ImageStudentConfig;
use inkbeat::model::signal_encoder::pool_mean_max;
use inkbeat::photo::{CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX};
use inkbeat::signal::WINDOW_SAMPLES;
use inkbeat_trainer::config::{Experiment, Network};
use inkbeat_trainer::encode::{Signals, step_through};
use inkbeat_trainer::kernels::numbers;
use inkbeat_trainer::loss::bce::binary_cross_entropy;
use inkbeat_trainer::vizecgnet::VizEcgNet;
use inkbeat_trainer::vizecgnet::config::GuidanceConfig;
use inkbeat_trainer::vizecgnet::loss::multi_modal_loss;

const BATCH: usize = 64;
const PAGES: usize = 16;

fn steps(criterion: &mut Criterion) {
    let device = Device::flex().autodiff();
    let teacher = network("teacher.toml");
    if let Network::Teacher { model } = teacher {
        let net = model.init(&device);
        bench(
            criterion,
            "teacher",
            &net,
            &net.encoder,
            12,
            |pooled| net.classify(pooled),
            &device,
        );
    }
    let lead = network("lead-student.toml");
    if let Network::Lead { model, .. } = lead {
        let net = model.init(&device);
        bench(
            criterion,
            "lead-student",
            &net,
            &net.encoder,
            1,
            |pooled| net.classify(pooled),
            &device,
        );
    }
}

fn bench<M: Module>(
    criterion: &mut Criterion,
    name: &str,
    net: &M,
    encoder: &SignalEncoder,
    leads: usize,
    classify: impl Fn(Tensor<2>) -> Tensor<2>,
    device: &Device,
) {
    let shape = [BATCH, leads, WINDOW_SAMPLES];
    let signal = Tensor::<3>::random(shape, Distribution::Normal(0.0, 1.0), device);
    let targets = Tensor::<2>::random([BATCH, NUM_LABELS], Distribution::Bernoulli(0.1), device);
    let loss = |features: Tensor<3>| {
        binary_cross_entropy(classify(pool_mean_max(features)), targets.clone()).mean()
    };
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(10)
        .throughput(Throughput::Elements(BATCH as u64));
    let mut optimizer = AdamWConfig::new().init();
    group.bench_function("kernels", |bencher| {
        bencher.iter(|| {
            let signals = Signals {
                signal_mv: numbers(signal.clone()),
                shape,
            };
            let step = step_through(net, encoder, signals, None, device, loss);
            let Ok((step, _)) = step else { return };
            black_box(optimizer.step(1e-3, net.clone(), step.gradients));
        });
    });
    let mut optimizer = AdamWConfig::new().init();
    group.bench_function("burn", |bencher| {
        bencher.iter(|| {
            let tape = loss(encoder.forward(signal.clone(), None)).backward();
            let gradients = GradientsParams::from_grads(tape, net);
            black_box(optimizer.step(1e-3, net.clone(), gradients));
        });
    });
    group.finish();
}

fn image_steps(criterion: &mut Criterion) {
    let device = Device::flex().autodiff();
    let mut group = criterion.benchmark_group("image-student");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(PAGES as u64));
    for row in ["image", "kd", "cmam", "smam", "all"] {
        match network(&format!("viz-{row}.toml")) {
            Network::Image { model, .. } => {
                let net = model.init(&device);
                let mut optimizer = AdamWConfig::new().init();
                let (ink, targets) = pages(&device);
                group.bench_function(row, |bencher| {
                    bencher.iter(|| {
                        let logits = net.forward(ink.clone());
                        let loss = binary_cross_entropy(logits, targets.clone()).mean();
                        let gradients = GradientsParams::from_grads(loss.backward(), &net);
                        black_box(optimizer.step(1e-3, net.clone(), gradients));
                    });
                });
            }
            Network::VizEcgNet {
                model, guidance, ..
            } => {
                group.bench_function(row, |bencher| {
                    let mut step = guided_step(&model, &guidance, &device);
                    bencher.iter(&mut step);
                });
            }
            _ => {}
        }
    }
    group.finish();
}

fn guided_step(
    model: &ImageStudentConfig,
    guidance: &GuidanceConfig,
    device: &Device,
) -> impl FnMut() {
    let net = VizEcgNet::new(model, guidance, device);
    let settings = guidance.loss;
    let mut optimizer = AdamWConfig::new().init();
    let (ink, targets) = pages(device);
    let shape = [PAGES, 12, WINDOW_SAMPLES];
    let signal = Tensor::<3>::random(shape, Distribution::Normal(0.0, 1.0), device);
    let device = device.clone();
    move || {
        let signals = Signals {
            signal_mv: numbers(signal.clone()),
            shape,
        };
        let loss = |features: Tensor<3>| {
            multi_modal_loss(
                net.forward(ink.clone(), features),
                &settings,
                |logits| binary_cross_entropy(logits, targets.clone()).mean(),
                |loss| loss.mean(),
            )
        };
        let step = step_through(&net, &net.signal.encoder, signals, None, &device, loss);
        let Ok((step, _)) = step else { return };
        black_box(optimizer.step(1e-3, net.clone(), step.gradients));
    }
}

/// Ink and labels of a batch.
fn pages(device: &Device) -> (Tensor<4>, Tensor<2>) {
    let shape = [PAGES, 1, CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX];
    let ink = Tensor::random(shape, Distribution::Default, device);
    let targets = Tensor::random([PAGES, NUM_LABELS], Distribution::Bernoulli(0.1), device);
    (ink, targets)
}

fn network(config: &str) -> Network {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("configs")
        .join(config);
    match Experiment::read(&path) {
        Ok(experiment) => experiment.network,
        Err(error) => panic!("{error:#}"),
    }
}

criterion_group!(benches, steps, image_steps);
criterion_main!(benches);
