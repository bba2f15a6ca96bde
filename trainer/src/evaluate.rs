//! `evaluate`: tables with bootstrap intervals.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use burn::prelude::*;
use inkbeat::findings::probability;
use inkbeat::labels::{LabelSet, NUM_LABELS, Task};
use inkbeat::lead::Lead;
use inkbeat::weights::{AnyStudent, LabelManifest, Manifest, load};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::calibrate::calibrate;
use crate::checkpoint::{Checkpoint, Weights};
use crate::data::canvases::{View, draw_ink_bytes};
use crate::data::printed::{PAGES, PrintedPages};
use crate::data::wearable::worn;
use crate::data::{SignalSet, Source, VALIDATION_FOLD};
use crate::metrics::{Bootstrap, Predictions, TaskReport};
use crate::predict::{
    TeacherView, predict_canvases, predict_ensemble, predict_pages, predict_teacher,
};

/// What is evaluated on which records.
pub struct Evaluation<'a> {
    /// A manifest (`NAME.json`, beside its record), or run folders of teachers that answer as one.
    pub models: &'a [PathBuf],
    /// Where the records come from.
    pub source: &'a Source,
    /// The fold.
    pub fold: u8,
    /// The lead of a lead student.
    pub lead: Lead,
    /// `clean` or `residual` for an image student, `signal` or `wearable` for a lead student; none: the first.
    pub views: &'a [String],
    /// Seed of the drawn pages.
    pub seed: u64,
}

/// The figures of every view: view → task → report.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    /// A signal network has the one view `signal`.
    pub views: BTreeMap<String, BTreeMap<String, TaskReport>>,
}

/// Evaluates a model; thresholds and calibration come from fold 9 in every case.
pub fn evaluate(evaluation: &Evaluation, device: &Device) -> Result<Report> {
    let set = evaluation.source.load(&[evaluation.fold])?;
    let labels = set.labels();
    let mut views = BTreeMap::new();
    let (first, several) = match evaluation.models {
        [] => bail!("there is no model to evaluate"),
        [first, others @ ..] => (first, !others.is_empty()),
    };
    if first.is_dir() {
        let validation = evaluation.source.load(&[VALIDATION_FOLD])?;
        let validation_labels = validation.labels();
        let fitted = calibrate(
            &teachers_logits(evaluation.models, &validation, device)?,
            &validation_labels,
        );
        let logits = teachers_logits(evaluation.models, &set, device)?;
        views.insert(
            "signal".to_owned(),
            task_reports(&logits, &labels, &fitted)?,
        );
        return Ok(Report { views });
    }
    ensure!(
        !several,
        "only teachers are evaluated together: export several lead students as one"
    );
    let manifest_text = std::fs::read_to_string(first)
        .with_context(|| format!("cannot read {}", first.display()))?;
    let record_path = first.with_extension("bpk");
    let record = std::fs::read(&record_path)
        .with_context(|| format!("cannot read {}", record_path.display()))?;
    match load(&manifest_text, record, device)? {
        AnyStudent::Lead(student) => {
            for name in names_or(evaluation.views, "signal") {
                let seen = match name {
                    "signal" => None,
                    "wearable" => Some(worn(&set, evaluation.lead, evaluation.seed)?),
                    other => {
                        bail!("there is no view `{other}` of a strip: choose signal or wearable")
                    }
                };
                let seen = seen.as_ref().unwrap_or(&set);
                let logits = predict_ensemble(&student.net, seen, evaluation.lead, device)?;
                let reports = task_reports(&logits, &labels, &student.manifest.labels)?;
                views.insert(name.to_owned(), reports);
            }
        }
        AnyStudent::Tracing(student) => {
            for name in names_or(evaluation.views, "simulated") {
                ensure!(
                    name == "simulated",
                    "there is no view `{name}` of a tracing: choose simulated"
                );
                let pages = PrintedPages::sample(PAGES, evaluation.seed);
                let logits = predict_pages(&student.net, &set, &pages, device)?;
                let reports = task_reports(&logits, &labels, &student.manifest.labels)?;
                views.insert(name.to_owned(), reports);
            }
        }
        AnyStudent::Image(student) => {
            for name in names_or(evaluation.views, "clean") {
                let view = view_named(name)?;
                let logits = predict_canvases(&student.net, set.len(), device, |index| {
                    Ok(draw_ink_bytes(&set, index, 0, view, evaluation.seed))
                })?;
                let reports = task_reports(&logits, &labels, &student.manifest.labels)?;
                views.insert(name.to_owned(), reports);
            }
        }
    }
    Ok(Report { views })
}

/// The views asked for, or the usual one.
fn names_or<'a>(views: &'a [String], usual: &'a str) -> Vec<&'a str> {
    if views.is_empty() {
        vec![usual]
    } else {
        views.iter().map(String::as_str).collect()
    }
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
}

fn view_named(name: &str) -> Result<View> {
    match name {
        "clean" => Ok(View::Clean),
        "residual" => Ok(View::Residual),
        other => bail!("there is no view `{other}` of a page: choose clean or residual"),
    }
}

fn task_reports(
    logits: &[f32],
    labels: &[LabelSet],
    fitted: &[LabelManifest],
) -> Result<BTreeMap<String, TaskReport>> {
    ensure!(
        logits.len() == labels.len() * NUM_LABELS,
        "a network gave the wrong number of logits"
    );
    let probabilities: Vec<f32> = logits
        .iter()
        .enumerate()
        .map(|(i, &logit)| probability(logit, &fitted[i % NUM_LABELS]))
        .collect();
    let thresholds: [f32; NUM_LABELS] = std::array::from_fn(|label| fitted[label].threshold);
    let predictions = Predictions {
        scores: &probabilities,
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
