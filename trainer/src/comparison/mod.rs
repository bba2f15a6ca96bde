//! `compare`: rows of runs side by side, with the gain of each over the first.

mod markdown;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use burn::module::Module;
use burn::prelude::*;
use inkbeat::findings::probability;
use inkbeat::labels::{LabelSet, NUM_LABELS, Task};
use inkbeat::lead::Lead;
use inkbeat::model::LeadEnsemble;
use serde::{Deserialize, Serialize};

use crate::calibrate::calibrate;
use crate::checkpoint::{Checkpoint, Weights};
use crate::data::{SignalSet, Source, VALIDATION_FOLD};
use crate::metrics::bootstrap::percentile_interval_95;
use crate::metrics::{Bootstrap, MacroFigures, Predictions, TaskReport, resampled_figures};
use crate::predict::predict_ensemble;

pub use markdown::{insert, markdown};

/// What is compared: one TOML file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Each row is scored on each of them.
    pub leads: Vec<Lead>,
    /// Names of tasks.
    pub tasks: Vec<String>,
    /// The first is the one that the others are held against.
    pub rows: Vec<RowPlan>,
}

/// One way of training.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowPlan {
    /// As in the table.
    pub name: String,
    /// Run folders that differ in their seed alone.
    pub runs: Vec<String>,
    /// The runs answer as one instead of being averaged over.
    #[serde(default)]
    pub ensemble: bool,
}

/// All figures of a comparison.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// The scored fold.
    pub fold: u8,
    /// As planned.
    pub rows: Vec<Row>,
}

/// The figures of one way of training.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// As in the table.
    pub name: String,
    /// Number of runs.
    pub seeds: usize,
    /// Passes over the training folds.
    pub epochs: usize,
    /// Of what is shipped.
    pub parameters: usize,
    /// Training time of what is shipped: all members, or the mean over seeds.
    pub minutes: f64,
    /// One for each lead and task.
    pub cells: Vec<Cell>,
}

/// One way of training on one lead and task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// Lead.
    pub lead: Lead,
    /// Task.
    pub task: String,
    /// Macro AUC.
    pub auc: Figure,
    /// Macro F1 at the thresholds of the validation fold.
    pub f1: Figure,
    /// Mean AUC by label.
    pub per_label: BTreeMap<String, f64>,
}

/// A figure over seeds, and its gain over the first row.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Figure {
    /// Mean over seeds.
    pub mean: f64,
    /// Standard deviation over seeds (n − 1); absent for one.
    pub seed_deviation: Option<f64>,
    /// 95 % interval of the mean, over records.
    pub interval: [f64; 2],
    /// Mean minus the first row's.
    pub gain: f64,
    /// Its 95 % interval, over records, paired.
    pub gain_interval: [f64; 2],
}

/// One run's predictions on one lead.
struct Scored {
    probabilities: Vec<f32>,
    thresholds: [f32; NUM_LABELS],
}

/// Scores every row of `plan`, from the runs in `runs`. Thresholds come from the validation fold.
pub fn compare(
    plan: &Plan,
    runs: &Path,
    source: &Source,
    fold: u8,
    device: &Device,
) -> Result<Comparison> {
    ensure!(!plan.rows.is_empty(), "a comparison needs rows");
    let tasks = plan
        .tasks
        .iter()
        .map(|name| Task::parse(name).with_context(|| format!("there is no task `{name}`")))
        .collect::<Result<Vec<_>>>()?;
    let validation = source.load(&[VALIDATION_FOLD])?;
    let set = source.load(&[fold])?;
    let labels = set.labels();

    let mut rows: Vec<Row> = Vec::with_capacity(plan.rows.len());
    // The first row's resamples, by lead and task.
    let mut baseline: Vec<Vec<MacroFigures>> = Vec::new();
    for row_plan in &plan.rows {
        ensure!(
            !row_plan.runs.is_empty(),
            "row {} has no runs",
            row_plan.name
        );
        let mut row = Row {
            name: row_plan.name.clone(),
            seeds: if row_plan.ensemble {
                1
            } else {
                row_plan.runs.len()
            },
            epochs: 0,
            parameters: 0,
            minutes: 0.0,
            cells: Vec::new(),
        };
        let mut students = Vec::with_capacity(row_plan.runs.len());
        for run in &row_plan.runs {
            let checkpoint = Checkpoint::open(&runs.join(run), device)?;
            let Weights::Lead(student) = checkpoint.weights else {
                bail!("{run} is no lead student");
            };
            let seconds: f64 = checkpoint.history.iter().map(|epoch| epoch.seconds).sum();
            row.minutes += seconds / 60.0 / row.seeds as f64;
            row.epochs = checkpoint.history.len();
            students.push(student);
        }
        let ensembles: Vec<LeadEnsemble> = if row_plan.ensemble {
            vec![LeadEnsemble { members: students }]
        } else {
            let alone = |student| LeadEnsemble {
                members: vec![student],
            };
            students.into_iter().map(alone).collect()
        };
        // Norms are folded away in what is shipped.
        row.parameters = ensembles[0].clone().folded().num_params();
        for &lead in &plan.leads {
            let scored = ensembles
                .iter()
                .map(|ensemble| score(ensemble, &validation, &set, lead, device))
                .collect::<Result<Vec<_>>>()?;
            for &task in &tasks {
                let place = row.cells.len();
                let resamples = mean_resamples(task, &scored, &labels)?;
                if rows.is_empty() {
                    baseline.push(resamples.clone());
                }
                let first = rows.first().map(|first| &first.cells[place]);
                let cell = cell(
                    lead,
                    task,
                    &scored,
                    &labels,
                    (&resamples, &baseline[place]),
                    first,
                )?;
                row.cells.push(cell);
            }
        }
        rows.push(row);
    }
    Ok(Comparison { fold, rows })
}

fn score(
    ensemble: &LeadEnsemble,
    validation: &SignalSet,
    set: &SignalSet,
    lead: Lead,
    device: &Device,
) -> Result<Scored> {
    let fitted = calibrate(
        &predict_ensemble(ensemble, validation, lead, device)?,
        &validation.labels(),
    );
    let logits = predict_ensemble(ensemble, set, lead, device)?;
    Ok(Scored {
        probabilities: logits
            .iter()
            .enumerate()
            .map(|(index, &logit)| probability(logit, &fitted[index % NUM_LABELS]))
            .collect(),
        thresholds: std::array::from_fn(|label| fitted[label].threshold),
    })
}

fn cell(
    lead: Lead,
    task: Task,
    scored: &[Scored],
    labels: &[LabelSet],
    (resamples, baseline): (&[MacroFigures], &[MacroFigures]),
    first: Option<&Cell>,
) -> Result<Cell> {
    let reports = scored
        .iter()
        .map(|run| TaskReport::new(task, predictions(run, labels), &run.thresholds, None))
        .collect::<Result<Vec<_>>>()?;
    let mut per_label = BTreeMap::new();
    for report in &reports {
        for (key, label) in &report.per_label {
            *per_label.entry(key.clone()).or_insert(0.0) += label.auc / reports.len() as f64;
        }
    }
    type Pick = fn(&MacroFigures) -> Option<f64>;
    let figure = |of: fn(&TaskReport) -> Option<f64>, pick: Pick, first: Option<f64>| {
        let values: Option<Vec<f64>> = reports.iter().map(of).collect();
        Figure::new(&values?, resamples, baseline, pick, first)
    };
    let auc = figure(
        |report| report.macro_auc,
        |m| m.auc,
        first.map(|cell| cell.auc.mean),
    );
    let f1 = figure(
        |report| report.macro_f1,
        |m| m.f1,
        first.map(|cell| cell.f1.mean),
    );
    let unscored = || format!("{task} has no label to score on lead {}", lead.name());
    Ok(Cell {
        lead,
        task: task.name().to_owned(),
        auc: auc.with_context(unscored)?,
        f1: f1.with_context(unscored)?,
        per_label,
    })
}

impl Figure {
    /// From the seeds' values and both rows' resamples; `first` is the first row's mean, absent for itself.
    fn new(
        values: &[f64],
        resamples: &[MacroFigures],
        baseline: &[MacroFigures],
        pick: fn(&MacroFigures) -> Option<f64>,
        first: Option<f64>,
    ) -> Option<Self> {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let spread: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let differences = resamples
            .iter()
            .zip(baseline)
            .filter_map(|(ours, theirs)| Some(pick(ours)? - pick(theirs)?));
        Some(Self {
            mean,
            seed_deviation: (values.len() > 1).then(|| (spread / (count - 1.0)).sqrt()),
            interval: percentile_interval_95(resamples.iter().filter_map(pick).collect())?,
            gain: first.map_or(0.0, |first| mean - first),
            gain_interval: percentile_interval_95(differences.collect())?,
        })
    }
}

/// Resample by resample, the mean over seeds.
fn mean_resamples(task: Task, scored: &[Scored], labels: &[LabelSet]) -> Result<Vec<MacroFigures>> {
    let runs = scored
        .iter()
        .map(|run| {
            let bootstrap = Bootstrap::default();
            resampled_figures(task, predictions(run, labels), &run.thresholds, &bootstrap)
        })
        .collect::<Result<Vec<_>>>()?;
    let resamples = runs.first().map_or(0, Vec::len);
    let mean = |pick: fn(&MacroFigures) -> Option<f64>, resample: usize| {
        let values: Option<Vec<f64>> = runs.iter().map(|run| pick(&run[resample])).collect();
        values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
    };
    Ok((0..resamples)
        .map(|resample| MacroFigures {
            auc: mean(|figures| figures.auc, resample),
            f1: mean(|figures| figures.f1, resample),
        })
        .collect())
}

fn predictions<'a>(run: &'a Scored, labels: &'a [LabelSet]) -> Predictions<'a> {
    Predictions {
        scores: &run.probabilities,
        labels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(values: &[f64]) -> Vec<MacroFigures> {
        values
            .iter()
            .map(|&auc| MacroFigures {
                auc: Some(auc),
                f1: None,
            })
            .collect()
    }

    #[test]
    fn gains_are_paired() {
        // Both rows vary by .2 between resamples, but always together: the gain's interval has no width.
        let (ours, theirs) = (figures(&[0.6, 0.7, 0.8]), figures(&[0.5, 0.6, 0.7]));
        let figure = Figure::new(&[0.6, 0.8], &ours, &theirs, |m| m.auc, Some(0.6));
        let figure = figure.expect("there are resamples");
        assert!((figure.mean - 0.7).abs() < 1e-12 && (figure.gain - 0.1).abs() < 1e-12);
        assert!(
            figure
                .gain_interval
                .iter()
                .all(|gain| (gain - 0.1).abs() < 1e-12)
        );
        assert!((figure.seed_deviation.expect("two seeds") - 0.02_f64.sqrt()).abs() < 1e-12);
        assert!(figure.interval[1] - figure.interval[0] > 0.18);
    }

    #[test]
    fn the_first_row_gains_nothing_over_itself() {
        let ours = figures(&[0.6, 0.7]);
        let figure = Figure::new(&[0.65], &ours, &ours, |m| m.auc, None).expect("resamples");
        assert_eq!((figure.gain, figure.gain_interval), (0.0, [0.0, 0.0]));
        assert_eq!(figure.seed_deviation, None);
    }
}
