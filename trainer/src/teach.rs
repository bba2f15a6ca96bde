//! `teach`: trains the 12-lead teacher.

use std::path::Path;

use anyhow::{Result, bail};
use burn::prelude::*;

use crate::config::{Experiment, Network};
use crate::data::{Source, TRAINING_FOLDS, VALIDATION_FOLD};
use crate::objective::{Sight, SignalObjective};
use crate::train::{RunLimits, train};

/// Trains `experiment` on `source` and leaves the run in `run_dir`.
pub fn teach(
    experiment: &Experiment,
    source: &Source,
    run_dir: &Path,
    device: &Device,
    limits: RunLimits,
) -> Result<()> {
    let Network::Teacher { model } = &experiment.network else {
        bail!(
            "{} does not describe a teacher: use `distill` for students",
            experiment.name
        );
    };
    let objective = SignalObjective {
        superclass_weight: experiment.training.superclass_weight,
        training: source.load(&TRAINING_FOLDS)?,
        validation: source.load(&[VALIDATION_FOLD])?,
        augmentation: experiment.signal_augmentation,
        sight: Sight::Record,
        soft_targets: None,
    };
    println!(
        "{}: {} training and {} validation records of {}",
        experiment.name,
        objective.training.len(),
        objective.validation.len(),
        source.describe()
    );
    let device = device.clone().autodiff();
    device.seed(experiment.seed);
    let net = model.init(&device);
    train(&objective, net, experiment, run_dir, &device, limits)?;
    Ok(())
}
