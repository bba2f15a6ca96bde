//! `evaluate`: tables with bootstrap intervals.

use std::collections::BTreeMap;
use std::path::Path;

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
use crate::data::{Source, VALIDATION_FOLD};
use crate::metrics::{Bootstrap, Predictions, TaskReport};
use crate::predict::{predict_canvases, predict_lead, predict_teacher};

/// What is evaluated on which records.
pub struct Evaluation<'a> {
    /// A manifest (`NAME.json`, beside its record) or a run folder.
    pub model: &'a Path,
    /// Where the records come from.
    pub source: &'a Source,
    /// The fold.
    pub fold: u8,
    /// The lead of a lead student.
    pub lead: Lead,
    /// `clean` or `residual`, for an image student.
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
    let labels: Vec<LabelSet> = set.records().iter().map(|record| record.labels).collect();
    let mut views = BTreeMap::new();
    if evaluation.model.is_dir() {
        let checkpoint = Checkpoint::open(evaluation.model, device)?;
        let Weights::Teacher(net) = checkpoint.weights else {
            bail!(
                "only teachers are evaluated from their run folder: export the student and name its manifest"
            );
        };
        let validation = evaluation.source.load(&[VALIDATION_FOLD])?;
        let validation_labels: Vec<LabelSet> = validation
            .records()
            .iter()
            .map(|record| record.labels)
            .collect();
        let fitted = calibrate(
            &predict_teacher(&net, &validation, device)?.logits,
            &validation_labels,
        );
        let logits = predict_teacher(&net, &set, device)?.logits;
        views.insert(
            "signal".to_owned(),
            task_reports(&logits, &labels, &fitted)?,
        );
        return Ok(Report { views });
    }
    let manifest_text = std::fs::read_to_string(evaluation.model)
        .with_context(|| format!("cannot read {}", evaluation.model.display()))?;
    let record_path = evaluation.model.with_extension("bpk");
    let record = std::fs::read(&record_path)
        .with_context(|| format!("cannot read {}", record_path.display()))?;
    match load(&manifest_text, record, device)? {
        AnyStudent::Lead(student) => {
            let logits = predict_lead(&student.net, &set, evaluation.lead, device)?;
            views.insert(
                "signal".to_owned(),
                task_reports(&logits, &labels, &student.manifest.labels)?,
            );
        }
        AnyStudent::Image(student) => {
            for name in evaluation.views {
                let view = view_named(name)?;
                let logits = predict_canvases(&student.net, set.len(), device, |index| {
                    Ok(draw_ink_bytes(&set, index, 0, view, evaluation.seed))
                })?;
                views.insert(
                    name.clone(),
                    task_reports(&logits, &labels, &student.manifest.labels)?,
                );
            }
        }
    }
    Ok(Report { views })
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
        other => bail!("there is no view `{other}`: choose clean or residual"),
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
