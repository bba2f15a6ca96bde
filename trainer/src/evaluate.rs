//! `evaluate`: tables with bootstrap intervals.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use burn::prelude::*;
use inkbeat::findings::probability;
use inkbeat::labels::{LabelSet, NUM_LABELS, Task};
use inkbeat::lead::Lead;
use inkbeat::weights::{LabelManifest, Manifest};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::calibrate::calibrate;
use crate::checkpoint::{Checkpoint, Weights};
use crate::data::{SignalSet, Source, VALIDATION_FOLD};
use crate::metrics::{Bootstrap, Predictions, TaskReport, ece_15, ece_15_by_chance};
use crate::predict::{TeacherView, predict_teacher};
use crate::views::{PagesRead, Seen, Students};

/// What is evaluated on which records.
pub struct Evaluation<'a> {
    /// A manifest (`NAME.json`, beside its record); those of the tracing and the image student, which answer for a page as the
    /// product does; or run folders of teachers that answer as one.
    pub models: &'a [PathBuf],
    /// Where the records come from.
    pub source: &'a Source,
    /// The fold.
    pub fold: u8,
    /// Only so many records of it, spread evenly; reading pictures takes a second each.
    pub count: Option<usize>,
    /// The lead of a lead student.
    pub lead: Lead,
    /// What the models see, see [`Students::look`]; none: their usual view.
    pub views: &'a [String],
    /// Where what was read of pictures is kept.
    pub cache: &'a Path,
    /// Seed of the drawn pages.
    pub seed: u64,
}

/// Draws of what calibration errors chance alone makes.
const CHANCE_DRAWS: usize = 100;

/// The figures of every view: view → task → report.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// A teacher has the one view `signal`.
    pub views: BTreeMap<String, BTreeMap<String, TaskReport>>,
    /// How well the probabilities of shown labels are calibrated, by view.
    pub calibration: BTreeMap<String, CalibrationReport>,
    /// How many pictures were answered, for views that read pictures.
    pub pages: BTreeMap<String, PagesRead>,
}

/// Expected calibration error over 15 bins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CalibrationReport {
    /// Mean over the shown labels.
    pub mean_ece: f64,
    /// The worst shown label.
    pub worst: String,
    /// Its error.
    pub worst_ece: f64,
    /// The mean before calibration.
    pub mean_ece_before: f64,
    /// What the mean would be if all probabilities kept their word.
    pub mean_ece_by_chance: f64,
}

/// Evaluates a model; thresholds and calibration come from fold 9 in every case.
pub fn evaluate(evaluation: &Evaluation, device: &Device) -> Result<Report> {
    let mut set = evaluation.source.load(&[evaluation.fold])?;
    if let Some(count) = evaluation.count {
        set = set.spread(count);
    }
    let mut report = Report::default();
    let first = evaluation
        .models
        .first()
        .context("there is no model to evaluate")?;
    if first.is_dir() {
        let validation = evaluation.source.load(&[VALIDATION_FOLD])?;
        let fitted = calibrate(
            &teachers_logits(evaluation.models, &validation, device)?,
            &validation.labels(),
        );
        let seen = Seen::all(teachers_logits(evaluation.models, &set, device)?, set.len());
        report.add("signal", &seen, &set.labels(), &fitted)?;
        return Ok(report);
    }
    let students = Students::open(evaluation.models, device)?;
    for view in students.views_or_usual(evaluation.views) {
        let seen = students.look(view, &set, evaluation, device)?;
        report.add(view, &seen, &set.labels(), students.fitted())?;
    }
    Ok(report)
}

/// The mean of the teachers' logits.
fn teachers_logits(run_dirs: &[PathBuf], set: &SignalSet, device: &Device) -> Result<Vec<f32>> {
    let views = run_dirs
        .iter()
        .map(|run_dir| match Checkpoint::open(run_dir, device)?.weights {
            Weights::Teacher(net) => predict_teacher(&net, set, device),
            _ => bail!(
                "only teachers are evaluated from their run folder: export the student and name its manifest"
            ),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(TeacherView::joined(&views, set.len()).logits)
}

impl Report {
    /// Scores what was seen in one view. Refused pictures are no predictions: they are counted, not scored.
    fn add(
        &mut self,
        view: &str,
        seen: &Seen,
        labels: &[LabelSet],
        fitted: &[LabelManifest],
    ) -> Result<()> {
        let labels: Vec<LabelSet> = seen.records.iter().map(|&record| labels[record]).collect();
        ensure!(
            seen.logits.len() == labels.len() * NUM_LABELS,
            "a network gave the wrong number of logits"
        );
        let probabilities: Vec<f32> = seen
            .logits
            .iter()
            .enumerate()
            .map(|(i, &logit)| probability(logit, &fitted[i % NUM_LABELS]))
            .collect();
        self.views.insert(
            view.to_owned(),
            task_reports(&probabilities, &labels, fitted)?,
        );
        if let Some(calibration) = calibration(&seen.logits, &probabilities, &labels, fitted) {
            self.calibration.insert(view.to_owned(), calibration);
        }
        if let Some(pages) = seen.pages {
            self.pages.insert(view.to_owned(), pages);
        }
        Ok(())
    }

    /// Files the macro figures in a manifest: figures → `fold-10` → view (or `lead-I`) → task.
    pub fn record_in(&self, manifest: &mut Manifest, fold: u8, lead: Option<Lead>) {
        if !manifest.figures.is_object() {
            manifest.figures = json!({});
        }
        for (view, tasks) in &self.views {
            let view = lead.map_or_else(|| view.clone(), |lead| format!("lead-{}", lead.name()));
            let macros: BTreeMap<_, _> = tasks
                .iter()
                .map(|(task, report)| {
                    let figures = json!({
                        "macro_auc": report.macro_auc, "macro_auc_ci": report.macro_auc_ci,
                        "macro_f1": report.macro_f1, "macro_f1_ci": report.macro_f1_ci,
                        "records": report.records,
                    });
                    (task, figures)
                })
                .collect();
            manifest.figures[format!("fold-{fold}")][view] = json!(macros);
        }
    }
}

/// Prints a report as one line a task.
pub fn print_report(report: &Report) {
    for (view, tasks) in &report.views {
        println!(
            "{view:10} task              records  AUC    [95 % interval]   F1     [95 % interval]"
        );
        for (task, report) in tasks {
            let figure = |value: Option<f64>| {
                value.map_or("  –   ".to_owned(), |value| format!("{value:.4}"))
            };
            let interval = |ci: Option<[f64; 2]>| {
                ci.map_or("–".to_owned(), |[low, high]| {
                    format!("[{low:.4}, {high:.4}]")
                })
            };
            println!(
                "{:10} {task:16}  {:6}   {} {}  {} {}",
                "",
                report.records,
                figure(report.macro_auc),
                interval(report.macro_auc_ci),
                figure(report.macro_f1),
                interval(report.macro_f1_ci),
            );
        }
    }
    for (view, calibration) in &report.calibration {
        println!(
            "{view:10} calibration error of shown labels: mean {:.3} ({:.3} before calibration, {:.3} by chance), worst {:.3} ({})",
            calibration.mean_ece,
            calibration.mean_ece_before,
            calibration.mean_ece_by_chance,
            calibration.worst_ece,
            calibration.worst
        );
    }
    for (view, pages) in &report.pages {
        println!(
            "{view:10} {} pictures, {} answered, leads named on {}",
            pages.pictures, pages.answered, pages.named
        );
    }
}

fn task_reports(
    probabilities: &[f32],
    labels: &[LabelSet],
    fitted: &[LabelManifest],
) -> Result<BTreeMap<String, TaskReport>> {
    let thresholds: [f32; NUM_LABELS] = std::array::from_fn(|label| fitted[label].threshold);
    let predictions = Predictions {
        scores: probabilities,
        labels,
    };
    Task::ALL_TASKS
        .iter()
        .map(|&task| {
            let report =
                TaskReport::new(task, predictions, &thresholds, Some(&Bootstrap::default()))?;
            Ok((task.name().to_owned(), report))
        })
        .collect()
}

/// The calibration of the labels that the page shows; `None` if it shows none.
fn calibration(
    logits: &[f32],
    probabilities: &[f32],
    labels: &[LabelSet],
    fitted: &[LabelManifest],
) -> Option<CalibrationReport> {
    let shown: Vec<usize> = (0..fitted.len())
        .filter(|&index| fitted[index].shown)
        .collect();
    let column = |values: &[f32], index: usize| -> Vec<f32> {
        let values = values.iter().skip(index).step_by(NUM_LABELS);
        values.copied().collect()
    };
    let error_of = |values: &[f32], index: usize| {
        let truth: Vec<bool> = labels.iter().map(|set| set.contains(index)).collect();
        ece_15(&column(values, index), &truth)
    };
    let mean = |error: &dyn Fn(usize) -> Option<f64>| -> Option<f64> {
        let total: f64 = shown
            .iter()
            .map(|&index| error(index))
            .sum::<Option<f64>>()?;
        Some(total / shown.len() as f64)
    };
    let raw: Vec<f32> = logits.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect();
    let (worst_ece, worst) = shown
        .iter()
        .filter_map(|&index| Some((error_of(probabilities, index)?, index)))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(CalibrationReport {
        mean_ece: mean(&|index| error_of(probabilities, index))?,
        worst: fitted[worst].key.clone(),
        worst_ece,
        mean_ece_before: mean(&|index| error_of(&raw, index))?,
        mean_ece_by_chance: mean(&|index| {
            ece_15_by_chance(&column(probabilities, index), CHANCE_DRAWS, index as u64)
        })?,
    })
}
