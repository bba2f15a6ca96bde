//! `compare`: rows of runs side by side, with the gain of each over the first.

mod contestant;
mod input;
mod markdown;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::prelude::*;
use inkbeat::labels::{LabelSet, Task};
use inkbeat::lead::Lead;
use serde::{Deserialize, Serialize};

use crate::data::Source;
use crate::metrics::bootstrap::percentile_interval_95;
use crate::metrics::{Bootstrap, MacroFigures, Predictions, TaskReport, resampled_figures};
use contestant::Contestants;
use input::{Inputs, PageView, Scored};

pub use markdown::{insert, markdown};

/// What is compared: one TOML file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Each row of lead students is scored on each of them.
    #[serde(default)]
    pub leads: Vec<Lead>,
    /// Each row of image students is scored on each of them; one of teachers, too, which see the signal.
    #[serde(default)]
    pub views: Vec<PageView>,
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
    /// One for each input and task.
    pub cells: Vec<Cell>,
}

/// One way of training on one input and task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// Lead or view.
    pub input: String,
    /// Task.
    pub task: String,
    /// Macro AUC.
    pub auc: Figure,
    /// Macro F1 at the thresholds of the validation fold.
    pub f1: Figure,
    /// Macro precision at those thresholds, mean over seeds.
    pub precision: f64,
    /// Macro recall at them.
    pub recall: f64,
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

/// Scores every row of `plan`, from the runs in `runs`. Thresholds come from the validation fold; pages are kept below `cache`.
pub fn compare(
    plan: &Plan,
    runs: &Path,
    source: &Source,
    (fold, cache): (u8, &Path),
    device: &Device,
) -> Result<Comparison> {
    ensure!(!plan.rows.is_empty(), "a comparison needs rows");
    let tasks = plan
        .tasks
        .iter()
        .map(|name| Task::parse(name).with_context(|| format!("there is no task `{name}`")))
        .collect::<Result<Vec<_>>>()?;
    let inputs = Inputs::prepare(&plan.leads, &plan.views, source, fold, cache)?;
    ensure!(
        !inputs.scored.is_empty(),
        "a comparison needs leads or views"
    );
    let labels: Vec<Vec<LabelSet>> = inputs.scored.iter().map(|input| input.labels()).collect();

    let mut rows: Vec<Row> = Vec::with_capacity(plan.rows.len());
    // The first row's resamples, by input and task.
    let mut baseline: Vec<Vec<MacroFigures>> = Vec::new();
    for row_plan in &plan.rows {
        let contestants = Contestants::open(row_plan, runs, device)?;
        let mut row = Row {
            name: row_plan.name.clone(),
            seeds: contestants.members.len(),
            epochs: contestants.epochs,
            parameters: contestants.parameters()?,
            minutes: contestants.minutes,
            cells: Vec::new(),
        };
        // `[members][inputs]` → `[inputs][members]`
        let mut by_input: Vec<Vec<Scored>> = inputs.scored.iter().map(|_| Vec::new()).collect();
        for member in &contestants.members {
            let scored = inputs.score(member, device)?;
            by_input
                .iter_mut()
                .zip(scored)
                .for_each(|(members, scored)| members.push(scored));
        }
        for ((input, scored), labels) in inputs.scored.iter().zip(&by_input).zip(&labels) {
            for &task in &tasks {
                let place = row.cells.len();
                let resamples = mean_resamples(task, scored, labels)?;
                if rows.is_empty() {
                    baseline.push(resamples.clone());
                }
                let first = rows.first().map(|first| &first.cells[place]);
                let against = (&resamples[..], &baseline[place][..]);
                row.cells
                    .push(cell(&input.name, task, scored, labels, against, first)?);
            }
        }
        rows.push(row);
    }
    Ok(Comparison { fold, rows })
}

fn cell(
    input: &str,
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
    let unscored = || format!("{task} has no label to score: {input}");
    let mean = |of: fn(&TaskReport) -> Option<f64>| {
        let values: Option<Vec<f64>> = reports.iter().map(of).collect();
        values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
    };
    Ok(Cell {
        input: input.to_owned(),
        task: task.name().to_owned(),
        auc: auc.with_context(unscored)?,
        f1: f1.with_context(unscored)?,
        precision: mean(|report| report.macro_precision).with_context(unscored)?,
        recall: mean(|report| report.macro_recall).with_context(unscored)?,
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
