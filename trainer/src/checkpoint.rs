//! A run folder opened for use: configuration, history, weights.

use std::path::Path;

use anyhow::Result;
use burn::prelude::*;
use inkbeat::model::{ImageStudent, LeadStudent, SignalClassifier};

use crate::config::{Experiment, Network};
use crate::train::{EpochSummary, load_model, read_history};

/// A trained run.
pub struct Checkpoint {
    /// As trained.
    pub experiment: Experiment,
    /// One entry an epoch.
    pub history: Vec<EpochSummary>,
    /// The network of the last epoch.
    pub weights: Weights,
}

/// A network with its trained weights.
pub enum Weights {
    /// 12-lead teacher.
    Teacher(SignalClassifier),
    /// Single-lead student.
    Lead(LeadStudent),
    /// Tracing student.
    Tracing(SignalClassifier),
    /// Image student, guided or not.
    Image(Box<ImageStudent>),
}

impl Checkpoint {
    /// Opens `run_dir` on `device`.
    pub fn open(run_dir: &Path, device: &Device) -> Result<Self> {
        let experiment = Experiment::read(&run_dir.join("experiment.toml"))?;
        let weights = match &experiment.network {
            Network::Teacher { model } => {
                Weights::Teacher(load_model(model.init(device), run_dir)?)
            }
            Network::Lead { model, .. } => Weights::Lead(load_model(model.init(device), run_dir)?),
            Network::Tracing { model } => {
                Weights::Tracing(load_model(model.init(device), run_dir)?)
            }
            Network::Image { model, .. } | Network::VizEcgNet { model, .. } => {
                Weights::Image(Box::new(load_model(model.init(device), run_dir)?))
            }
        };
        Ok(Self {
            experiment,
            history: read_history(run_dir)?,
            weights,
        })
    }
}
