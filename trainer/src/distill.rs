//! `distill`: trains a student, with or without a teacher.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use burn::prelude::*;
use inkbeat::labels::NUM_LABELS;

use crate::checkpoint::{Checkpoint, Weights};
use crate::config::{Experiment, Network};
use crate::data::canvases::{Canvases, View};
use crate::data::{SignalSet, Source, TRAINING_FOLDS, VALIDATION_FOLD};
use crate::objective::{ImageObjective, LeadObjective, SoftTargets};
use crate::predict::predict_teacher;
use crate::train::{RunLimits, train};

/// Where a run reads and writes.
pub struct Places {
    /// Checkpoints and history.
    pub run_dir: PathBuf,
    /// Run folder of the teacher, for experiments that distil.
    pub teacher: Option<PathBuf>,
    /// Pre-rendered pages, for image students.
    pub cache: PathBuf,
}

/// Trains `experiment` on `source`. With `prepare_only`, an image student's pages are drawn and nothing is trained.
pub fn distill(
    experiment: &Experiment,
    source: &Source,
    places: &Places,
    device: &Device,
    limits: RunLimits,
    prepare_only: bool,
) -> Result<()> {
    let training = source.load(&TRAINING_FOLDS)?;
    let validation = source.load(&[VALIDATION_FOLD])?;
    println!(
        "{}: {} training and {} validation records of {}",
        experiment.name,
        training.len(),
        validation.len(),
        source.describe()
    );
    match &experiment.network {
        Network::Teacher { .. } => bail!("{} describes a teacher: use `teach`", experiment.name),
        Network::Lead {
            model,
            leads,
            unknown_share,
        } => {
            let soft_targets =
                soft_targets(experiment, &training, places.teacher.as_deref(), device)?;
            let device = seeded(device, experiment.seed);
            let objective = LeadObjective {
                training,
                validation,
                augmentation: experiment.signal_augmentation,
                leads: leads.clone(),
                unknown_share: *unknown_share,
                soft_targets,
            };
            let net = model.init(&device);
            train(
                &objective,
                net,
                experiment,
                &places.run_dir,
                &device,
                limits,
            )?;
        }
        Network::Image { model, renderings } => {
            let cache = |name: &str| places.cache.join(name);
            let canvases = Canvases::prepare(
                &cache("training"),
                &training,
                *renderings,
                None,
                experiment.seed,
            )?;
            let validation_canvases = Canvases::prepare(
                &cache("validation"),
                &validation,
                1,
                Some(View::Clean),
                experiment.seed,
            )?;
            if prepare_only {
                return Ok(());
            }
            let soft_targets =
                soft_targets(experiment, &training, places.teacher.as_deref(), device)?;
            let device = seeded(device, experiment.seed);
            let labels =
                |set: &SignalSet| set.records().iter().map(|record| record.labels).collect();
            let objective = ImageObjective {
                labels: labels(&training),
                canvases,
                validation_labels: labels(&validation),
                validation_canvases,
                soft_targets,
            };
            drop((training, validation)); // The signals are in the pages now; their memory is not needed twice.
            let net = model.init(&device);
            train(
                &objective,
                net,
                experiment,
                &places.run_dir,
                &device,
                limits,
            )?;
        }
    }
    Ok(())
}

fn seeded(device: &Device, seed: u64) -> Device {
    let device = device.clone().autodiff();
    device.seed(seed);
    device
}

/// The teacher's logits for the un-augmented training records; `None` for an experiment that does not distil.
fn soft_targets(
    experiment: &Experiment,
    training: &SignalSet,
    teacher: Option<&Path>,
    device: &Device,
) -> Result<Option<SoftTargets>> {
    let Some(distillation) = experiment.distillation else {
        return Ok(None);
    };
    let run_dir = teacher.with_context(|| {
        format!(
            "{} distils: name the run folder of a trained teacher with --teacher",
            experiment.name
        )
    })?;
    let Weights::Teacher(net) = Checkpoint::open(run_dir, device)?.weights else {
        bail!("{} holds no 12-lead teacher", run_dir.display());
    };
    println!("computing the teacher's logits");
    let logits = predict_teacher(&net, training, device)?;
    ensure!(
        logits.len() == training.len() * NUM_LABELS,
        "the teacher gave the wrong number of logits"
    );
    ensure!(
        logits.iter().all(|logit| logit.is_finite()),
        "the teacher's logits are not finite"
    );
    Ok(Some(SoftTargets {
        logits,
        distillation,
    }))
}
