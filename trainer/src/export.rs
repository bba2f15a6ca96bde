//! `export`: a trained run becomes a half-precision record and a manifest.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use burn::prelude::*;
use burn::store::{BurnpackStore, HalfPrecisionAdapter, ModuleSnapshot};
use inkbeat::labels::NUM_LABELS;
use inkbeat::lead::Lead;
use inkbeat::model::{LeadEnsemble, LeadEnsembleConfig, LeadStudentConfig, SignalClassifier};
use inkbeat::signal::{TRACING_CHANNELS, WINDOW_SAMPLES};
use inkbeat::weights::{
    AnyStudent, Architecture, BURN_VERSION, InputContract, MANIFEST_FORMAT, Manifest,
    TrainingManifest, golden_input, load, sha256_hex,
};

use crate::calibrate::calibrate;
use crate::checkpoint::{Checkpoint, Weights};
use crate::config::Network;
use crate::data::canvases::{View, draw_ink_bytes};
use crate::data::printed::{PAGES, PrintedPages};
use crate::data::{Source, VALIDATION_FOLD};
use crate::predict::{predict_canvases, predict_ensemble, predict_pages};

/// Writes `NAME.bpk` and `NAME.json` for the runs in `run_dirs` to `out`: several lead students become one ensemble,
/// under the name of the first.
///
/// Batch norms are folded away, weights stored as f16, and calibration, thresholds and golden logits are
/// computed from the record as written, so that they describe what will be loaded.
pub fn export(
    run_dirs: &[PathBuf],
    name: Option<&str>,
    source: &Source,
    out: &Path,
    device: &Device,
) -> Result<()> {
    let checkpoints = run_dirs
        .iter()
        .map(|run_dir| Checkpoint::open(run_dir, device))
        .collect::<Result<Vec<_>>>()?;
    let checkpoint = checkpoints.first().context("there is no run to export")?;
    let experiment = checkpoint.experiment.clone();
    let name = name.map_or_else(|| experiment.name.clone(), str::to_owned);
    let epochs = checkpoint.history.len();
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let record_path = out.join(format!("{name}.bpk"));

    let (architecture, input) = match experiment.network.clone() {
        Network::Lead { mut model, .. } => {
            let ensemble = ensemble(checkpoints, &model)?;
            save_half(&ensemble.folded(), &record_path)?;
            model.encoder.norm = false;
            let config = LeadEnsembleConfig {
                members: run_dirs.len(),
                member: model,
            };
            (Architecture::Lead(config), InputContract::signal())
        }
        Network::Image { mut model, .. } | Network::VizEcgNet { mut model, .. } => {
            let Weights::Image(net) = only(checkpoints)? else {
                bail!("{name} holds no image student");
            };
            save_half(&net.folded(), &record_path)?;
            model.norm = false;
            (Architecture::Image(model), InputContract::canvas())
        }
        Network::Tracing { mut model } => {
            let Weights::Tracing(net) = only(checkpoints)? else {
                bail!("{name} holds no tracing student");
            };
            save_half(&net.folded(), &record_path)?;
            model.encoder.norm = false;
            (Architecture::Tracing(model), InputContract::tracing())
        }
        Network::Teacher { .. } => bail!("{name} is a teacher: only students are exported"),
    };
    let record = std::fs::read(&record_path)
        .with_context(|| format!("cannot read {}", record_path.display()))?;
    let mut manifest = Manifest {
        format: MANIFEST_FORMAT,
        name: name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        architecture,
        input,
        labels: calibrate(&[], &[]),
        golden_logits: vec![0.0; NUM_LABELS],
        training: TrainingManifest {
            data: source.describe(),
            config_sha256: sha256_hex(toml::to_string(&experiment)?.as_bytes()),
            epochs,
        },
        figures: serde_json::Value::Null,
        burn: BURN_VERSION.to_owned(),
        sha256: sha256_hex(&record),
    };

    // From here on the network is the one that users will load.
    let validation = source.load(&[VALIDATION_FOLD])?;
    let labels = validation.labels();
    match load(&serde_json::to_string(&manifest)?, record, device)? {
        AnyStudent::Lead(student) => {
            // One calibration for the two published leads together.
            let mut logits = predict_ensemble(&student.net, &validation, Lead::I, device)?;
            logits.extend(predict_ensemble(
                &student.net,
                &validation,
                Lead::II,
                device,
            )?);
            manifest.labels = calibrate(&logits, &labels);
            manifest.golden_logits = golden_lead(&student.net, device)?;
        }
        AnyStudent::Tracing(student) => {
            let pages = PrintedPages::sample(PAGES, experiment.seed);
            let logits = predict_pages(&student.net, &validation, &pages, device)?;
            manifest.labels = calibrate(&logits, &labels);
            manifest.golden_logits = golden_tracing(&student.net, device)?;
        }
        AnyStudent::Image(student) => {
            let logits = predict_canvases(&student.net, validation.len(), device, |index| {
                Ok(draw_ink_bytes(
                    &validation,
                    index,
                    0,
                    View::Clean,
                    experiment.seed,
                ))
            })?;
            manifest.labels = calibrate(&logits, &labels);
            manifest.golden_logits = golden_image(&student.net, device)?;
        }
    }
    let manifest_path = out.join(format!("{name}.json"));
    write_manifest(&manifest, &manifest_path)?;
    println!(
        "wrote {} and {}",
        record_path.display(),
        manifest_path.display()
    );
    Ok(())
}

/// The one run that there may be of students that don't answer together.
fn only(mut checkpoints: Vec<Checkpoint>) -> Result<Weights> {
    match (checkpoints.pop(), checkpoints.is_empty()) {
        (Some(checkpoint), true) => Ok(checkpoint.weights),
        _ => bail!("only lead students are exported several at a time"),
    }
}

/// Lead students of one shape as one.
fn ensemble(checkpoints: Vec<Checkpoint>, shape: &LeadStudentConfig) -> Result<LeadEnsemble> {
    let members = checkpoints
        .into_iter()
        .map(
            |checkpoint| match (checkpoint.weights, checkpoint.experiment.network) {
                (Weights::Lead(net), Network::Lead { model, .. }) if model == *shape => Ok(net),
                _ => bail!("an ensemble's members are lead students of one shape"),
            },
        )
        .collect::<Result<_>>()?;
    Ok(LeadEnsemble { members })
}

/// Writes a manifest, indented, so that a change of weights can be read in a diff.
pub fn write_manifest(manifest: &Manifest, path: &Path) -> Result<()> {
    let text = serde_json::to_string_pretty(manifest)? + "\n";
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Saves a network's parameters as f16.
pub fn save_half<M: Module>(net: &M, path: &Path) -> Result<()> {
    let mut store = BurnpackStore::from_file(path)
        .overwrite(true)
        .with_to_adapter(HalfPrecisionAdapter::new());
    net.save_into(&mut store)
        .map(drop)
        .with_context(|| format!("cannot write {}", path.display()))
}

fn golden_lead(net: &LeadEnsemble, device: &Device) -> Result<Vec<f32>> {
    let signal = golden_input(WINDOW_SAMPLES);
    let signal = Tensor::<1>::from_floats(&signal[..], device).reshape([1, 1, signal.len()]);
    let one_hot = inkbeat::model::lead_student::lead_one_hot(None);
    let lead = Tensor::<1>::from_floats(one_hot, device).reshape([1, one_hot.len()]);
    to_vec(net.forward(signal, lead))
}

fn golden_tracing(net: &SignalClassifier, device: &Device) -> Result<Vec<f32>> {
    let window = golden_input(TRACING_CHANNELS * WINDOW_SAMPLES);
    let window = Tensor::<1>::from_floats(&window[..], device);
    to_vec(net.forward(window.reshape([1, TRACING_CHANNELS, WINDOW_SAMPLES])))
}

fn golden_image(net: &inkbeat::model::ImageStudent, device: &Device) -> Result<Vec<f32>> {
    let (height, width) = (
        inkbeat::photo::CANVAS_HEIGHT_PX,
        inkbeat::photo::CANVAS_WIDTH_PX,
    );
    let ink = golden_input(height * width);
    to_vec(net.forward(Tensor::<1>::from_floats(&ink[..], device).reshape([1, 1, height, width])))
}

fn to_vec(logits: Tensor<2>) -> Result<Vec<f32>> {
    logits
        .into_data()
        .try_to_vec::<f32>()
        .context("logits are not f32")
}
