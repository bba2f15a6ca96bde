//! One task of the PTB-XL benchmark, scored: what `evaluate` prints and writes.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use inkbeat::labels::{LABELS, LabelSet, NUM_LABELS, Task};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::auc::ScoreOrder;
use super::bootstrap::{Bootstrap, percentile_interval_95};
use super::f1::Confusion;

/// Predictions for a number of records, with the truth.
#[derive(Clone, Copy)]
pub struct Predictions<'a> {
    /// `[records * NUM_LABELS]`, record by record, labels in the order of [`LABELS`]. Probabilities or logits.
    pub scores: &'a [f32],
    /// `[records]`.
    pub labels: &'a [LabelSet],
}

/// A task's figures. Scored are the records with at least one label of the task, and of the task's labels
/// those with at least one positive and one negative among these records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskReport {
    /// Mean AUC of the scored labels; `None` if no label could be scored.
    pub macro_auc: Option<f64>,
    /// 95 % bootstrap interval over records, where asked for.
    pub macro_auc_ci: Option<[f64; 2]>,
    /// Mean F1 of the scored labels at the given thresholds.
    pub macro_f1: Option<f64>,
    /// 95 % bootstrap interval over records at fixed thresholds, where asked for.
    pub macro_f1_ci: Option<[f64; 2]>,
    /// Mean precision of the scored labels at the given thresholds.
    #[serde(default)]
    pub macro_precision: Option<f64>,
    /// Mean recall of them.
    #[serde(default)]
    pub macro_recall: Option<f64>,
    /// The scored labels, by [`Label::key`](inkbeat::labels::Label::key).
    pub per_label: BTreeMap<String, LabelReport>,
    /// Number of records scored.
    pub records: usize,
    /// Keys of the task's labels without a positive or without a negative.
    pub skipped_labels: Vec<String>,
}

/// One label's figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelReport {
    /// Area under the ROC curve.
    pub auc: f64,
    /// F1 at the given threshold.
    pub f1: f64,
    /// Number of records with the label.
    pub positives: usize,
}

impl TaskReport {
    /// Scores `predictions` on `task`, with a score of at least `thresholds[label]` taken as a positive.
    /// Without `bootstrap`, the intervals stay empty.
    ///
    /// # Errors
    /// Scores that are not finite, and arrays whose lengths don't match.
    pub fn new(
        task: Task,
        predictions: Predictions,
        thresholds: &[f32; NUM_LABELS],
        bootstrap: Option<&Bootstrap>,
    ) -> Result<Self> {
        let selection = Selection::new(task, predictions, thresholds)?;
        let mut report = Self {
            macro_auc: None,
            macro_auc_ci: None,
            macro_f1: None,
            macro_f1_ci: None,
            macro_precision: None,
            macro_recall: None,
            per_label: BTreeMap::new(),
            records: selection.records,
            skipped_labels: selection.skipped.iter().map(|&label| key(label)).collect(),
        };
        let all_once = vec![1; selection.records];
        for column in &selection.columns {
            if let (Some(auc), Some(f1)) = (column.order.auc(&all_once), column.f1(&all_once)) {
                let positives = column
                    .is_positive
                    .iter()
                    .filter(|&&positive| positive)
                    .count();
                report
                    .per_label
                    .insert(key(column.label), LabelReport { auc, f1, positives });
            }
        }
        let figures = selection.macro_figures(&all_once);
        (report.macro_auc, report.macro_f1) = (figures.auc, figures.f1);
        let confusions = || selection.columns.iter().map(|c| c.confusion(&all_once));
        report.macro_precision = mean(confusions().filter_map(|c| c.precision()));
        report.macro_recall = mean(confusions().filter_map(|c| c.recall()));
        if let Some(bootstrap) = bootstrap {
            [report.macro_auc_ci, report.macro_f1_ci] = selection.intervals(bootstrap);
        }
        Ok(report)
    }
}

/// The macro AUC of `task` alone, as [`TaskReport`] has it: for use while training.
///
/// # Errors
/// As [`TaskReport::new`].
pub fn macro_auc(task: Task, predictions: Predictions) -> Result<Option<f64>> {
    let selection = Selection::new(task, predictions, &[0.0; NUM_LABELS])?;
    let all_once = vec![1; selection.records];
    Ok(mean(
        selection
            .columns
            .iter()
            .filter_map(|column| column.order.auc(&all_once)),
    ))
}

/// Macro AUC and macro F1 of every resample, to be compared with another model's on the same records: the same draws
/// are made for it.
///
/// # Errors
/// As [`TaskReport::new`].
pub fn resampled_figures(
    task: Task,
    predictions: Predictions,
    thresholds: &[f32; NUM_LABELS],
    bootstrap: &Bootstrap,
) -> Result<Vec<MacroFigures>> {
    Ok(Selection::new(task, predictions, thresholds)?.resampled(bootstrap))
}

fn key(label: usize) -> String {
    LABELS[label].key().to_string()
}

/// One label over the selected records.
struct Column {
    label: usize,
    order: ScoreOrder,
    is_positive: Vec<bool>,
    is_predicted: Vec<bool>,
}

impl Column {
    fn f1(&self, counts: &[u32]) -> Option<f64> {
        self.confusion(counts).f1()
    }

    fn confusion(&self, counts: &[u32]) -> Confusion {
        let mut confusion = Confusion::default();
        for ((&is_predicted, &is_positive), &count) in
            self.is_predicted.iter().zip(&self.is_positive).zip(counts)
        {
            confusion.add(is_predicted, is_positive, u64::from(count));
        }
        confusion
    }

    /// Whether a resample still holds both classes.
    fn is_scorable(&self, counts: &[u32]) -> bool {
        let holds = |class: bool| {
            let mut records = self.is_positive.iter().zip(counts);
            records.any(|(&is_positive, &count)| is_positive == class && count > 0)
        };
        holds(true) && holds(false)
    }
}

/// The means over a task's scored labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MacroFigures {
    /// Mean AUC.
    pub auc: Option<f64>,
    /// Mean F1.
    pub f1: Option<f64>,
}

/// The records and labels that a task scores.
struct Selection {
    records: usize,
    columns: Vec<Column>,
    skipped: Vec<usize>,
}

impl Selection {
    fn new(task: Task, predictions: Predictions, thresholds: &[f32; NUM_LABELS]) -> Result<Self> {
        let Predictions { scores, labels } = predictions;
        ensure!(
            scores.len() == labels.len() * NUM_LABELS,
            "{} scores for {} records of {NUM_LABELS} labels",
            scores.len(),
            labels.len()
        );
        // A NaN would sort somewhere and pass for a score.
        ensure!(
            scores.iter().all(|score| score.is_finite()),
            "the model's scores are not all finite"
        );
        let selected: Vec<usize> = (0..labels.len())
            .filter(|&record| labels[record].has_any(task))
            .collect();
        let (mut columns, mut skipped) = (Vec::new(), Vec::new());
        for label in task.labels() {
            let is_positive: Vec<bool> = selected
                .iter()
                .map(|&record| labels[record].contains(label))
                .collect();
            if !(is_positive.contains(&true) && is_positive.contains(&false)) {
                skipped.push(label);
                continue;
            }
            let of_label: Vec<f32> = selected
                .iter()
                .map(|&record| scores[record * NUM_LABELS + label])
                .collect();
            columns.push(Column {
                label,
                order: ScoreOrder::new(&of_label, &is_positive),
                is_predicted: of_label
                    .iter()
                    .map(|&score| score >= thresholds[label])
                    .collect(),
                is_positive,
            });
        }
        Ok(Self {
            records: selected.len(),
            columns,
            skipped,
        })
    }

    /// Figures where record `i` occurs `counts[i]` times.
    fn macro_figures(&self, counts: &[u32]) -> MacroFigures {
        MacroFigures {
            auc: mean(
                self.columns
                    .iter()
                    .filter_map(|column| column.order.auc(counts)),
            ),
            f1: mean(self.columns.iter().filter_map(|column| column.f1(counts))),
        }
    }

    /// The figures of every resample; none without a scored label.
    fn resampled(&self, bootstrap: &Bootstrap) -> Vec<MacroFigures> {
        if self.columns.is_empty() {
            return Vec::new();
        }
        let is_usable =
            |counts: &[u32]| self.columns.iter().all(|column| column.is_scorable(counts));
        (0..bootstrap.resamples)
            .into_par_iter()
            .map(|resample| self.macro_figures(&bootstrap.draw(resample, self.records, is_usable)))
            .collect()
    }

    /// 95 % intervals of macro AUC and macro F1.
    fn intervals(&self, bootstrap: &Bootstrap) -> [Option<[f64; 2]>; 2] {
        let figures = self.resampled(bootstrap);
        [
            percentile_interval_95(figures.iter().filter_map(|figures| figures.auc).collect()),
            percentile_interval_95(figures.iter().filter_map(|figures| figures.f1).collect()),
        ]
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NORM: usize = 0;
    const MI: usize = 1;

    /// Five records: NORM, NORM, inferior MI, inferior MI, and one with a rhythm alone.
    fn truth() -> Vec<LabelSet> {
        let statements = [["NORM"], ["NORM"], ["IMI"], ["IMI"], ["SR"]];
        statements
            .map(|codes| LabelSet::from_statements(codes).unwrap())
            .to_vec()
    }

    fn scores(of_label: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        (0..5 * NUM_LABELS)
            .map(|i| of_label(i / NUM_LABELS, i % NUM_LABELS))
            .collect()
    }

    #[test]
    fn superclasses_by_hand() {
        let labels = truth();
        // NORM is ranked right but for one tie; MI is ranked the wrong way round in one pair of four.
        // The last record has no superclass: its absurd scores must not count.
        let scores = scores(|record, label| match label {
            NORM => [0.9, 0.5, 0.5, 0.1, 1.0][record],
            MI => [0.2, 0.7, 0.6, 0.8, 1.0][record],
            _ => 0.0,
        });
        let predictions = Predictions {
            scores: &scores,
            labels: &labels,
        };
        let report = TaskReport::new(
            Task::Superdiagnostic,
            predictions,
            &[0.65; NUM_LABELS],
            None,
        )
        .unwrap();
        assert_eq!(report.records, 4);
        assert_eq!(report.skipped_labels, ["STTC", "CD", "HYP"]);
        // NORM predicts .9 only: TP 1, FN 1. MI predicts .7 and .8: TP 1, FP 1, FN 1.
        assert_eq!(
            report.per_label["NORM"],
            LabelReport {
                auc: 0.875,
                f1: 2.0 / 3.0,
                positives: 2
            }
        );
        assert_eq!(
            report.per_label["MI"],
            LabelReport {
                auc: 0.75,
                f1: 0.5,
                positives: 2
            }
        );
        assert_eq!(report.macro_auc, Some(0.8125));
        assert_eq!(
            macro_auc(Task::Superdiagnostic, predictions).unwrap(),
            Some(0.8125)
        );
        assert_eq!(report.macro_auc_ci, None);
    }

    #[test]
    fn intervals_are_the_same_for_the_same_seed_and_hold_the_estimate() {
        let labels: Vec<LabelSet> = truth().into_iter().cycle().take(200).collect();
        let scores: Vec<f32> = (0..200 * NUM_LABELS)
            .map(|i| {
                let truth = labels[i / NUM_LABELS].contains(i % NUM_LABELS);
                (i * 7919 % 1000) as f32 / 1000.0 + if truth { 0.3 } else { 0.0 }
            })
            .collect();
        let predictions = Predictions {
            scores: &scores,
            labels: &labels,
        };
        let bootstrap = Bootstrap {
            resamples: 200,
            seed: 5,
        };
        let report = || {
            TaskReport::new(
                Task::Superdiagnostic,
                predictions,
                &[0.8; NUM_LABELS],
                Some(&bootstrap),
            )
            .unwrap()
        };
        assert_eq!(report(), report());
        for (value, interval) in [
            (report().macro_auc, report().macro_auc_ci),
            (report().macro_f1, report().macro_f1_ci),
        ] {
            let (value, [low, high]) = (value.unwrap(), interval.unwrap());
            assert!(low < value && value < high, "{low} {value} {high}");
        }
    }

    #[test]
    fn perfect_scores_have_an_interval_without_width() {
        let labels = truth();
        let scores = scores(|record, label| f32::from(u8::from(labels[record].contains(label))));
        let predictions = Predictions {
            scores: &scores,
            labels: &labels,
        };
        let bootstrap = Bootstrap::default();
        let report = TaskReport::new(
            Task::Superdiagnostic,
            predictions,
            &[0.5; NUM_LABELS],
            Some(&bootstrap),
        )
        .unwrap();
        assert_eq!(
            (report.macro_auc, report.macro_auc_ci),
            (Some(1.0), Some([1.0, 1.0]))
        );
        assert_eq!(
            (report.macro_f1, report.macro_f1_ci),
            (Some(1.0), Some([1.0, 1.0]))
        );
    }

    #[test]
    fn scores_that_are_no_numbers_are_refused() {
        let labels = truth();
        let scores = scores(|record, label| {
            if (record, label) == (2, 3) {
                f32::NAN
            } else {
                0.5
            }
        });
        let predictions = Predictions {
            scores: &scores,
            labels: &labels,
        };
        assert!(macro_auc(Task::All, predictions).is_err());
        assert!(
            macro_auc(
                Task::All,
                Predictions {
                    scores: &scores[1..],
                    labels: &labels
                }
            )
            .is_err()
        );
    }

    #[test]
    fn the_report_reads_as_the_documented_json() {
        let labels = truth();
        let scores = scores(|record, label| (record + label) as f32);
        let predictions = Predictions {
            scores: &scores,
            labels: &labels,
        };
        let report =
            TaskReport::new(Task::Superdiagnostic, predictions, &[0.5; NUM_LABELS], None).unwrap();
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["per_label"]["MI"]["positives"], 2);
        assert_eq!(serde_json::from_value::<TaskReport>(json).unwrap(), report);
    }
}
