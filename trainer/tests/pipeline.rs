//! Train → resume → export → load, on tiny networks and synthetic ECGs.

#![allow(clippy::unwrap_used)] // In a test, unwrapping is the assertion.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::prelude::*;
use inkbeat::labels::NUM_LABELS;
use inkbeat::lead::Lead;
use inkbeat::model::block1d::ConvNorm1d;
use inkbeat::model::signal_encoder::Block1dConfig;
use inkbeat::model::{
    ImageStudentConfig, LeadStudentConfig, SignalClassifierConfig, SignalEncoderConfig,
    image_student::StageConfig,
};
use inkbeat::signal::TRACING_CHANNELS;
use inkbeat::weights::{AnyStudent, load};
use inkbeat_trainer::checkpoint::{Checkpoint, Weights};
use inkbeat_trainer::config::{
    Contrast, Distillation, Experiment, NegativeRule, Network, SignalAugmentation, Softening,
    Training,
};
use inkbeat_trainer::data::printed::PrintedPages;
use inkbeat_trainer::data::{Source, VALIDATION_FOLD};
use inkbeat_trainer::distill::{Places, distill};
use inkbeat_trainer::evaluate::{Evaluation, evaluate};
use inkbeat_trainer::export::export;
use inkbeat_trainer::predict::{predict_ensemble, predict_lead, predict_pages};
use inkbeat_trainer::teach::teach;
use inkbeat_trainer::train::{RunLimits, read_history};

const RECORDS: usize = 60;

/// Dropout draws from random numbers that all of the process shares, so only one test may train at a time.
static TRAINING: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    // A test that failed while it held the lock has spoilt nothing.
    TRAINING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn encoder(leads: usize) -> SignalEncoderConfig {
    let block = |channels, stride| Block1dConfig {
        channels,
        kernel: 3,
        stride,
    };
    SignalEncoderConfig {
        leads,
        stem_channels: 8,
        stem_kernel: 7,
        stem_stride: 4,
        blocks: vec![block(8, 1), block(12, 4)],
        gate_reduction: 0,
        norm: true,
    }
}

fn experiment(name: &str, network: Network, epochs: usize) -> Experiment {
    Experiment {
        name: name.to_owned(),
        seed: 5,
        network,
        training: Training {
            epochs,
            batch_size: 16,
            learning_rate: 3e-3,
            weight_decay: 0.0,
            warmup_steps: 2,
            averaging: 0.9,
            superclass_weight: 1.0,
        },
        distillation: None,
        contrast: None,
        signal_augmentation: SignalAugmentation::default(),
    }
}

fn teacher(epochs: usize) -> Experiment {
    let model = SignalClassifierConfig {
        encoder: encoder(12),
        dropout: 0.1,
    };
    experiment("teacher", Network::Teacher { model }, epochs)
}

fn lead_student(epochs: usize) -> Experiment {
    let model = LeadStudentConfig {
        encoder: encoder(1),
        dropout: 0.1,
    };
    let network = Network::Lead {
        model,
        leads: vec![Lead::I, Lead::II],
        unknown_share: 0.1,
    };
    experiment("lead-student", network, epochs)
}

/// A fresh folder under cargo's own place for test files.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    path
}

fn places(root: &Path, teacher: Option<PathBuf>) -> Places {
    Places {
        run_dir: root.join("run"),
        teachers: teacher.into_iter().collect(),
        cache: root.join("pages"),
    }
}

#[test]
fn resumed_run_equals_an_unbroken_one() {
    let _alone = alone();
    let source = Source::Synthetic(RECORDS);
    let device = Device::flex();
    let (whole, stopped) = (folder("whole"), folder("stopped"));
    teach(&teacher(3), &source, &whole, &device, RunLimits::default()).unwrap();

    let one_epoch = RunLimits {
        resume: false,
        stop_after: Some(1),
    };
    teach(&teacher(3), &source, &stopped, &device, one_epoch).unwrap();
    assert_eq!(read_history(&stopped).unwrap().len(), 1);
    let rest = RunLimits {
        resume: true,
        stop_after: None,
    };
    teach(&teacher(3), &source, &stopped, &device, rest).unwrap();

    let (unbroken, resumed) = (
        read_history(&whole).unwrap(),
        read_history(&stopped).unwrap(),
    );
    assert_eq!(resumed.len(), 3);
    for (resumed, unbroken) in resumed.iter().zip(&unbroken) {
        assert!(
            (resumed.loss - unbroken.loss).abs() < 1e-6,
            "{resumed:?} {unbroken:?}"
        );
    }
}

#[test]
fn distilled_lead_student_survives_export() {
    let _alone = alone();
    let source = Source::Synthetic(RECORDS);
    let device = Device::flex();
    let root = folder("lead");
    let teacher_dir = root.join("teacher");
    teach(
        &teacher(1),
        &source,
        &teacher_dir,
        &device,
        RunLimits::default(),
    )
    .unwrap();
    let mut student = lead_student(2);
    student.distillation = Some(Distillation {
        weight: 1.0,
        temperature: 2.0,
        form: Softening::Logits,
    });
    let places = places(&root, Some(teacher_dir));
    distill(
        &student,
        &source,
        &places,
        &device,
        RunLimits::default(),
        false,
    )
    .unwrap();

    // The same run twice: the mean of both is what each of them says.
    let runs = [places.run_dir.clone(), places.run_dir.clone()];
    let out = root.join("models");
    export(&runs, Some("lead-pair"), &source, &out, &device).unwrap();
    let manifest = std::fs::read_to_string(root.join("models/lead-pair.json")).unwrap();
    let record = std::fs::read(root.join("models/lead-pair.bpk")).unwrap();
    let AnyStudent::Lead(exported) = load(&manifest, record, &device).unwrap() else {
        panic!("the export is no lead student");
    };
    let Weights::Lead(trained) = Checkpoint::open(&places.run_dir, &device).unwrap().weights else {
        panic!("the run is no lead student");
    };
    let set = source.load(&[VALIDATION_FOLD]).unwrap();
    let before = predict_lead(&trained, &set, Lead::II, &device).unwrap();
    let after = predict_ensemble(&exported.net, &set, Lead::II, &device).unwrap();
    let worst = before
        .iter()
        .zip(&after)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst < 5e-3, "f16 and folding changed a logit by {worst}");
}

/// Memory banks, averaged weights and both projections survive a stop.
#[test]
fn resumed_transfer_equals_an_unbroken_one() {
    let _alone = alone();
    let source = Source::Synthetic(RECORDS);
    let device = Device::flex();
    let root = folder("transfer");
    let teacher_dir = root.join("teacher");
    let limits = RunLimits::default();
    teach(&teacher(1), &source, &teacher_dir, &device, limits).unwrap();
    let mut student = lead_student(3);
    student.distillation = Some(Distillation {
        weight: 1.0,
        temperature: 2.0,
        form: Softening::Logits,
    });
    student.contrast = Some(Contrast {
        weight: 0.1,
        dimensions: 8,
        negatives: 16,
        temperature: 0.07,
        momentum: 0.5,
        negatives_from: NegativeRule::DisjointLabels,
    });
    let run = |name: &str, limits: RunLimits| {
        // Twice the same teacher is an ensemble too.
        let mut places = places(&root, None);
        places.teachers = vec![teacher_dir.clone(), teacher_dir.clone()];
        places.run_dir = root.join(name);
        distill(&student, &source, &places, &device, limits, false).unwrap();
        read_history(&places.run_dir).unwrap()
    };
    let unbroken = run("unbroken", limits);
    let stop_after = |epochs| RunLimits {
        resume: true,
        stop_after: Some(epochs),
    };
    run("stopped", stop_after(1));
    let resumed = run("stopped", stop_after(2));
    assert_eq!(resumed.len(), 3);
    for (resumed, unbroken) in resumed.iter().zip(&unbroken) {
        assert!(
            (resumed.loss - unbroken.loss).abs() < 1e-6
                && (resumed.validation - unbroken.validation).abs() < 1e-9,
            "{resumed:?} {unbroken:?}"
        );
    }
}

#[test]
fn distilling_without_a_teacher_is_refused_by_name() {
    let mut student = lead_student(1);
    student.distillation = Some(Distillation {
        weight: 1.0,
        temperature: 2.0,
        form: Softening::Logits,
    });
    let places = places(&folder("no-teacher"), None);
    let error = distill(
        &student,
        &Source::Synthetic(RECORDS),
        &places,
        &Device::flex(),
        RunLimits::default(),
        false,
    )
    .unwrap_err();
    assert!(error.to_string().contains("--teacher"), "{error}");
}

#[test]
fn distilled_tracing_student_survives_export() {
    let _alone = alone();
    let source = Source::Synthetic(RECORDS);
    let device = Device::flex();
    let root = folder("tracing");
    let teacher_dir = root.join("teacher");
    let limits = RunLimits::default();
    teach(&teacher(1), &source, &teacher_dir, &device, limits).unwrap();
    let model = SignalClassifierConfig {
        encoder: encoder(TRACING_CHANNELS),
        dropout: 0.1,
    };
    let mut student = experiment("tracing-student", Network::Tracing { model }, 2);
    student.distillation = Some(Distillation {
        weight: 1.0,
        temperature: 2.0,
        form: Softening::Logits,
    });
    let places = places(&root, Some(teacher_dir));
    distill(&student, &source, &places, &device, limits, false).unwrap();

    let runs = std::slice::from_ref(&places.run_dir);
    let out = root.join("models");
    export(runs, None, &source, &out, &device).unwrap();
    let manifest = std::fs::read_to_string(out.join("tracing-student.json")).unwrap();
    let record = std::fs::read(out.join("tracing-student.bpk")).unwrap();
    let AnyStudent::Tracing(exported) = load(&manifest, record, &device).unwrap() else {
        panic!("the export is no tracing student");
    };
    let Weights::Tracing(trained) = Checkpoint::open(&places.run_dir, &device).unwrap().weights
    else {
        panic!("the run is no tracing student");
    };
    let set = source.load(&[VALIDATION_FOLD]).unwrap();
    let pages = PrintedPages::sample(8, 1);
    let before = predict_pages(&trained, &set, &pages, &device).unwrap();
    let after = predict_pages(&exported.net, &set, &pages, &device).unwrap();
    let worst = before
        .iter()
        .zip(&after)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst < 5e-3, "f16 and folding changed a logit by {worst}");

    // All that it can be judged on, pictures among them.
    let models = [out.join("tracing-student.json")];
    let seen = |views: &[&str]| {
        let views: Vec<String> = views.iter().map(|&view| view.to_owned()).collect();
        let evaluation = Evaluation {
            models: &models,
            source: &source,
            fold: VALIDATION_FOLD,
            count: Some(2),
            lead: Lead::I,
            views: &views,
            cache: &root.join("read"),
            seed: 10,
        };
        evaluate(&evaluation, &device)
    };
    let report = seen(&["simulated", "record", "print"]).unwrap();
    assert_eq!(report.views.len(), 3);
    let pages = report.pages["print"];
    assert_eq!(pages.pictures, 2);
    assert!(pages.named >= 1 && pages.named <= pages.answered);
    let error = seen(&["clean"]).unwrap_err().to_string();
    assert!(
        error.contains("choose simulated, record, print, standard or photo"),
        "{error}"
    );
}

#[test]
fn image_student_trains_and_exports() {
    let _alone = alone();
    let source = Source::Synthetic(80);
    let device = Device::flex();
    let root = folder("image");
    let model = ImageStudentConfig {
        stem_channels: 4,
        stem_patch: [16, 8],
        stages: vec![StageConfig {
            channels: 8,
            stride: [2, 2],
            bottlenecks: 1,
        }],
        positions: false,
        attention: None,
        dropout: 0.0,
        norm: true,
    };
    let student = experiment(
        "image-student",
        Network::Image {
            model,
            renderings: 1,
        },
        1,
    );
    let places = places(&root, None);
    distill(
        &student,
        &source,
        &places,
        &device,
        RunLimits::default(),
        false,
    )
    .unwrap();
    export(
        std::slice::from_ref(&places.run_dir),
        None,
        &source,
        &root.join("models"),
        &device,
    )
    .unwrap();
    let manifest = std::fs::read_to_string(root.join("models/image-student.json")).unwrap();
    let record = std::fs::read(root.join("models/image-student.bpk")).unwrap();
    assert!(matches!(
        load(&manifest, record, &device).unwrap(),
        AnyStudent::Image(_)
    ));
}

#[test]
fn folding_a_norm_is_exact() {
    let device = Device::flex().autodiff();
    let layer = ConvNorm1d::new([3, 5], 7, 2, true, &device);
    // A few training passes, so that the running statistics are not the trivial ones.
    let input = || {
        Tensor::<3>::random(
            [4, 3, 50],
            burn::tensor::Distribution::Normal(2.0, 3.0),
            &device,
        )
    };
    for _ in 0..5 {
        layer.forward(input());
    }
    let layer = layer.valid();
    let x = input().inner();
    let expected = layer.forward(x.clone());
    let folded = layer.folded();
    assert!(folded.norm.is_none());
    let worst = (folded.forward(x) - expected)
        .abs()
        .max()
        .into_scalar::<f32>();
    assert!(worst < 1e-5, "{worst}");
}

#[test]
fn one_batch_can_be_learnt_by_heart() {
    let _alone = alone();
    use burn::optim::{AdamWConfig, GradientsParams};
    use inkbeat_trainer::loss::bce::binary_cross_entropy;
    let device = Device::flex().autodiff();
    device.seed(3);
    let mut net = LeadStudentConfig {
        encoder: encoder(1),
        dropout: 0.0,
    }
    .init(&device);
    let mut optimizer = AdamWConfig::new().init();
    let signal = Tensor::<3>::random(
        [8, 1, 1000],
        burn::tensor::Distribution::Normal(0.0, 1.0),
        &device,
    );
    let lead = Tensor::<2>::zeros([8, 13], &device);
    let targets = Tensor::<2>::random(
        [8, NUM_LABELS],
        burn::tensor::Distribution::Bernoulli(0.3),
        &device,
    );
    let mut last = f32::MAX;
    for _ in 0..150 {
        let loss =
            binary_cross_entropy(net.forward(signal.clone(), lead.clone()), targets.clone()).mean();
        last = loss.clone().into_scalar::<f32>();
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        net = optimizer.step(1e-2, net, gradients);
    }
    assert!(last < 0.05, "the loss is still {last}");
}
