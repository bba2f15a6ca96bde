//! Who is compared: what a run trained, or several runs that answer as one.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use burn::module::Module;
use burn::prelude::*;
use inkbeat::model::{ImageStudent, LeadEnsemble, LeadStudent, SignalClassifier};

use super::RowPlan;
use crate::checkpoint::{Checkpoint, Weights};

/// A network that is scored.
pub enum Contestant {
    /// Lead students that answer as one.
    Lead(LeadEnsemble),
    /// An image student.
    Image(Box<ImageStudent>),
    /// A teacher, which sees the whole signal whatever the others are shown of it.
    Teacher(Box<SignalClassifier>),
}

/// What the runs of a row trained.
pub struct Contestants {
    /// One for every seed, or all as one.
    pub members: Vec<Contestant>,
    /// Passes over the training folds.
    pub epochs: usize,
    /// Training time of what is shipped: all that answer as one, or the mean over seeds.
    pub minutes: f64,
}

impl Contestants {
    /// Opens the runs of a row, which lie in the folder `runs`.
    ///
    /// # Errors
    /// Rows without runs, of different kinds of network, or of others than can be compared.
    pub fn open(row: &RowPlan, runs: &Path, device: &Device) -> Result<Self> {
        ensure!(!row.runs.is_empty(), "row {} has no runs", row.name);
        let (mut epochs, mut seconds) = (0, 0.0);
        let mut members = Vec::with_capacity(row.runs.len());
        let mut leads: Vec<LeadStudent> = Vec::new();
        for run in &row.runs {
            let checkpoint = Checkpoint::open(&runs.join(run), device)?;
            epochs = checkpoint.history.len();
            seconds += checkpoint
                .history
                .iter()
                .map(|epoch| epoch.seconds)
                .sum::<f64>();
            match checkpoint.weights {
                Weights::Lead(student) => leads.push(student),
                Weights::Image(student) => members.push(Contestant::Image(student)),
                Weights::Teacher(teacher) => members.push(Contestant::Teacher(Box::new(teacher))),
                Weights::Tracing(_) => bail!("{run} is a tracing student, which isn't compared"),
            }
        }
        ensure!(
            leads.is_empty() || members.is_empty(),
            "row {} mixes lead students with others",
            row.name
        );
        ensure!(
            !row.ensemble || members.is_empty(),
            "row {}: only lead students answer as one",
            row.name
        );
        if row.ensemble {
            members.push(Contestant::Lead(LeadEnsemble { members: leads }));
        } else {
            let alone = |student| LeadEnsemble {
                members: vec![student],
            };
            members.extend(leads.into_iter().map(|lead| Contestant::Lead(alone(lead))));
        }
        let minutes = seconds / 60.0 / members.len() as f64;
        Ok(Self {
            members,
            epochs,
            minutes,
        })
    }

    /// Parameters of what is shipped of one member; norms are folded away in it.
    pub fn parameters(&self) -> Result<usize> {
        let first = self.members.first().context("a row has no runs")?;
        Ok(match first {
            Contestant::Lead(lead) => lead.clone().folded().num_params(),
            Contestant::Image(image) => image.clone().folded().num_params(),
            Contestant::Teacher(teacher) => teacher.clone().folded().num_params(),
        })
    }
}
