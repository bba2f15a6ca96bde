//! The guided image student: train → resume → export → load, on tiny networks and synthetic ECGs.

#![allow(clippy::unwrap_used)] // In a test, unwrapping is the assertion.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use burn::prelude::*;
use inkbeat::model::ImageStudent;
use inkbeat::weights::{AnyStudent, load};
use inkbeat_trainer::checkpoint::{Checkpoint, Weights};
use inkbeat_trainer::comparison::{Plan, compare, markdown};
use inkbeat_trainer::config::{Experiment, Network};
use inkbeat_trainer::data::canvases::{View, draw_ink_bytes};
use inkbeat_trainer::data::{Source, VALIDATION_FOLD};
use inkbeat_trainer::distill::{Places, distill};
use inkbeat_trainer::export::export;
use inkbeat_trainer::predict::predict_canvases;
use inkbeat_trainer::train::{EpochSummary, RunLimits, read_history};

const RECORDS: usize = 60;

/// Dropout draws from random numbers that all of the process shares, so only one test may train at a time.
static TRAINING: Mutex<()> = Mutex::new(());

const TINY: &str = r#"
name = "viz-tiny"
seed = 5

[network]
kind = "vizecgnet"
renderings = 1

[network.model]
stem_channels = 4
stem_patch = [16, 8]
stages = [{ channels = 8, stride = [2, 2], bottlenecks = 1 }]
positions = true
attention = { heads = 2, hidden = 12, dropout = 0.1 }
dropout = 0.1
norm = true

[network.guidance]
fused_head = true

[network.guidance.signal]
positions = true
attention = { heads = 2, hidden = 12, dropout = 0.1 }
dropout = 0.1

[network.guidance.signal.encoder]
leads = 12
stem_channels = 8
stem_kernel = 7
stem_stride = 4
blocks = [{ channels = 12, kernel = 3, stride = 4 }]
norm = true

[network.guidance.cross]
heads = 2
hidden = 12
dropout = 0.1

[network.guidance.loss]
labels = 1.0
distillation = 1.0
temperature = 2.0
direction = "both"
alignment = 0.1

[training]
epochs = 3
batch_size = 8
learning_rate = 3e-3
weight_decay = 0.01
warmup_steps = 2
averaging = 0.9
"#;

fn run(root: &Path, name: &str, limits: RunLimits) -> Vec<EpochSummary> {
    let places = Places {
        run_dir: root.join(name),
        teachers: Vec::new(),
        cache: root.join("pages"),
    };
    let experiment = Experiment::parse(TINY).unwrap();
    let source = Source::Synthetic(RECORDS);
    distill(
        &experiment,
        &source,
        &places,
        &Device::flex(),
        limits,
        false,
    )
    .unwrap();
    read_history(&places.run_dir).unwrap()
}

#[test]
fn a_resumed_run_equals_an_unbroken_one_and_survives_export() {
    let _alone = TRAINING.lock().unwrap_or_else(PoisonError::into_inner);
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vizecgnet");
    let _ = std::fs::remove_dir_all(&root);
    let unbroken = run(&root, "unbroken", RunLimits::default());
    let stop_after = |epochs| RunLimits {
        resume: true,
        stop_after: Some(epochs),
    };
    run(&root, "stopped", stop_after(1));
    let resumed = run(&root, "stopped", stop_after(2));
    assert_eq!(resumed.len(), 3);
    for (resumed, unbroken) in resumed.iter().zip(&unbroken) {
        assert!(
            (resumed.loss - unbroken.loss).abs() < 1e-6
                && (resumed.validation - unbroken.validation).abs() < 1e-9,
            "{resumed:?} {unbroken:?}"
        );
    }
    assert!(unbroken[2].loss < unbroken[0].loss);

    let device = Device::flex();
    let source = Source::Synthetic(RECORDS);
    let (run_dir, out) = (root.join("unbroken"), root.join("models"));
    export(std::slice::from_ref(&run_dir), None, &source, &out, &device).unwrap();
    let manifest = std::fs::read_to_string(out.join("viz-tiny.json")).unwrap();
    let record = std::fs::read(out.join("viz-tiny.bpk")).unwrap();
    let AnyStudent::Image(exported) = load(&manifest, record, &device).unwrap() else {
        panic!("the export is no image student");
    };
    let Weights::Image(trained) = Checkpoint::open(&run_dir, &device).unwrap().weights else {
        panic!("the run is no image student");
    };
    assert!(exported.net.attention.is_some(), "SMAM is shipped");
    let set = source.load(&[VALIDATION_FOLD]).unwrap();
    let logits = |net: &ImageStudent| {
        let page = |index| Ok(draw_ink_bytes(&set, index, 0, View::Clean, 5));
        predict_canvases(net, set.len(), &device, page).unwrap()
    };
    let worst = logits(&trained)
        .iter()
        .zip(logits(&exported.net))
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst < 5e-3, "f16 and folding changed a logit by {worst}");

    let plan: Plan = toml::from_str(
        "views = [\"clean\", \"residual\"]\ntasks = [\"superdiagnostic\"]\n\
         [[rows]]\nname = \"one\"\nruns = [\"unbroken\"]\n[[rows]]\nname = \"two\"\nruns = [\"stopped\"]",
    )
    .unwrap();
    let compared = compare(&plan, &root, &source, (10, &root.join("pages")), &device).unwrap();
    let [one, two] = &compared.rows[..] else {
        panic!("two rows were asked for");
    };
    assert_eq!((one.cells.len(), two.cells.len(), two.epochs), (2, 2, 3));
    for cell in &two.cells {
        assert!(cell.auc.gain.abs() < 1e-6, "a resumed run gains nothing");
    }
    assert!(
        markdown(&compared).contains("**Pages with residual errors, superdiagnostic** (fold 10)")
    );
}

/// The five rows of the ablation, and what each of them leaves out.
#[test]
fn the_ablation_s_configurations_switch_what_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let rows = [
        ("viz-image", None, false),
        ("viz-kd", Some(false), false),
        ("viz-cmam", Some(true), false),
        ("viz-smam", Some(false), true),
        ("viz-all", Some(true), true),
    ];
    for (name, cross, attention) in rows {
        let experiment = Experiment::read(&folder.join(format!("{name}.toml"))).unwrap();
        assert_eq!(experiment.name, name);
        match (experiment.network, cross) {
            (Network::Image { model, .. }, None) => assert!(model.attention.is_none()),
            (
                Network::VizEcgNet {
                    model, guidance, ..
                },
                Some(cross),
            ) => {
                assert_eq!(guidance.cross.is_some(), cross);
                assert_eq!(model.attention.is_some(), attention);
                assert_eq!(guidance.signal.attention.is_some(), attention);
                assert!(guidance.loss.distillation > 0.0);
            }
            (network, _) => panic!("{name} trains {network:?}"),
        }
    }
}
