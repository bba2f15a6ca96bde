//! `distill`: trains a student, with or without a teacher.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use burn::prelude::*;
use inkbeat::labels::NUM_LABELS;

use crate::checkpoint::{Checkpoint, Weights};
use crate::config::{Experiment, Network};
use crate::contrast::LeadTransfer;
use crate::data::canvases::{Canvases, View};
use crate::data::printed::{PAGES, PrintedPages};
use crate::data::{SignalSet, Source, TRAINING_FOLDS, VALIDATION_FOLD};
use crate::objective::{
    ImageObjective, LeadObjective, LeadTrainee, Sight, SignalObjective, SoftTargets,
    VizEcgObjective,
};
use crate::predict::{TeacherView, predict_teacher};
use crate::train::{RunLimits, train};
use crate::vizecgnet::VizEcgNet;

/// Where a run reads and writes.
pub struct Places {
    /// Checkpoints and history.
    pub run_dir: PathBuf,
    /// Run folders of the teachers, for experiments that distil.
    pub teachers: Vec<PathBuf>,
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
            let taught = taught(experiment, &training, &places.teachers, device)?;
            let device = seeded(device, experiment.seed);
            let labels = training.labels();
            let transfer = match (experiment.contrast, &taught) {
                (Some(settings), Some(view)) => Some(LeadTransfer::new(
                    settings,
                    &labels,
                    view.features.clone(),
                    experiment.seed,
                )?),
                _ => None,
            };
            let objective = LeadObjective {
                superclass_weight: experiment.training.superclass_weight,
                training,
                validation,
                augmentation: experiment.signal_augmentation,
                leads: leads.clone(),
                unknown_share: *unknown_share,
                soft_targets: soft_targets(experiment, taught),
                transfer,
            };
            let student = model.init(&device);
            let net = LeadTrainee::new(student, objective.transfer.as_ref(), &device);
            train(
                &objective,
                net,
                experiment,
                &places.run_dir,
                &device,
                limits,
            )?;
        }
        Network::Tracing { model } => {
            let taught = taught(experiment, &training, &places.teachers, device)?;
            let device = seeded(device, experiment.seed);
            let objective = SignalObjective {
                superclass_weight: experiment.training.superclass_weight,
                training,
                validation,
                augmentation: experiment.signal_augmentation,
                sight: Sight::Page(PrintedPages::sample(PAGES, experiment.seed)),
                soft_targets: soft_targets(experiment, taught),
            };
            train(
                &objective,
                model.init(&device),
                experiment,
                &places.run_dir,
                &device,
                limits,
            )?;
        }
        Network::Image { model, renderings } => {
            let [canvases, validation_canvases] =
                pages(&training, &validation, *renderings, places, experiment.seed)?;
            if prepare_only {
                return Ok(());
            }
            let taught = taught(experiment, &training, &places.teachers, device)?;
            let device = seeded(device, experiment.seed);
            let objective = ImageObjective {
                superclass_weight: experiment.training.superclass_weight,
                labels: training.labels(),
                canvases,
                validation_labels: validation.labels(),
                validation_canvases,
                soft_targets: soft_targets(experiment, taught),
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
        Network::VizEcgNet {
            model,
            renderings,
            guidance,
        } => {
            let [canvases, validation_canvases] =
                pages(&training, &validation, *renderings, places, experiment.seed)?;
            if prepare_only {
                return Ok(());
            }
            let taught = taught(experiment, &training, &places.teachers, device)?;
            let device = seeded(device, experiment.seed);
            let objective = VizEcgObjective {
                superclass_weight: experiment.training.superclass_weight,
                training,
                canvases,
                validation,
                validation_canvases,
                augmentation: experiment.signal_augmentation,
                loss: guidance.loss,
                soft_targets: soft_targets(experiment, taught),
            };
            let net = VizEcgNet::new(model, guidance, &device);
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

/// The pages of both sets, drawn where they are not in the cache.
fn pages(
    training: &SignalSet,
    validation: &SignalSet,
    renderings: usize,
    places: &Places,
    seed: u64,
) -> Result<[Canvases; 2]> {
    let cache = |name: &str| places.cache.join(name);
    Ok([
        Canvases::prepare(&cache("training"), training, renderings, None, seed)?,
        Canvases::prepare(&cache("validation"), validation, 1, Some(View::Clean), seed)?,
    ])
}

fn seeded(device: &Device, seed: u64) -> Device {
    let device = device.clone().autodiff();
    device.seed(seed);
    device
}

fn soft_targets(experiment: &Experiment, taught: Option<TeacherView>) -> Option<SoftTargets> {
    let distillation = experiment.distillation?;
    let logits = taught?.logits;
    Some(SoftTargets {
        logits,
        distillation,
    })
}

/// What the teachers of an experiment make of the un-augmented training records; `None` if it needs none.
///
/// Several teachers teach as one: the mean of their logits, their features side by side.
fn taught(
    experiment: &Experiment,
    training: &SignalSet,
    teachers: &[PathBuf],
    device: &Device,
) -> Result<Option<TeacherView>> {
    if experiment.distillation.is_none() && experiment.contrast.is_none() {
        return Ok(None);
    }
    ensure!(
        !teachers.is_empty(),
        "{} distils: name the run folder of a trained teacher with --teacher",
        experiment.name
    );
    println!("asking {} teacher(s)", teachers.len());
    let mut views = Vec::with_capacity(teachers.len());
    for run_dir in teachers {
        let Weights::Teacher(net) = Checkpoint::open(run_dir, device)?.weights else {
            bail!("{} holds no 12-lead teacher", run_dir.display());
        };
        let view = predict_teacher(&net, training, device)?;
        ensure!(
            view.logits.len() == training.len() * NUM_LABELS,
            "{} gave the wrong number of logits",
            run_dir.display()
        );
        ensure!(
            view.logits.iter().all(|logit| logit.is_finite()),
            "the logits of {} are not finite",
            run_dir.display()
        );
        views.push(view);
    }
    Ok(Some(TeacherView::joined(&views, training.len())))
}
