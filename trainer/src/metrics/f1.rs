//! F1 at a threshold, and the threshold with the best F1.

/// A threshold and the F1 it reaches on the records it was chosen on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct F1Threshold {
    /// Scores at or above it are taken as positive.
    pub threshold: f32,
    /// F1 on the records it was chosen on.
    pub f1: f64,
}

/// How often predictions and truth agree and disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// Predicted and true.
    pub true_positives: u64,
    /// Predicted but not true.
    pub false_positives: u64,
    /// True but not predicted.
    pub false_negatives: u64,
}

impl Confusion {
    /// Counts `count` more records like this one.
    pub fn add(&mut self, is_predicted: bool, is_positive: bool, count: u64) {
        match (is_predicted, is_positive) {
            (true, true) => self.true_positives += count,
            (true, false) => self.false_positives += count,
            (false, true) => self.false_negatives += count,
            (false, false) => {}
        }
    }

    /// 2 TP / (2 TP + FP + FN); `None` without a true record, where F1 says nothing.
    pub fn f1(&self) -> Option<f64> {
        let positives = self.true_positives + self.false_negatives;
        let denominator = self.true_positives + self.false_positives + positives;
        (positives > 0).then(|| (2 * self.true_positives) as f64 / denominator as f64)
    }

    /// TP / (TP + FP), 0 where nothing is predicted; `None` without a true record.
    pub fn precision(&self) -> Option<f64> {
        let predicted = self.true_positives + self.false_positives;
        self.recall()
            .map(|_| self.true_positives as f64 / predicted.max(1) as f64)
    }

    /// TP / (TP + FN); `None` without a true record.
    pub fn recall(&self) -> Option<f64> {
        let positives = self.true_positives + self.false_negatives;
        (positives > 0).then(|| self.true_positives as f64 / positives as f64)
    }
}

/// F1 where scores of at least `threshold` are predicted positive; `None` without a positive.
pub fn f1(scores: &[f32], is_positive: &[bool], threshold: f32) -> Option<f64> {
    assert_eq!(scores.len(), is_positive.len(), "one score for each record");
    let mut confusion = Confusion::default();
    for (&score, &is_positive) in scores.iter().zip(is_positive) {
        confusion.add(score >= threshold, is_positive, 1);
    }
    confusion.f1()
}

/// The threshold with the highest F1 (the highest such threshold), `None` without a positive.
///
/// It lies midway between two neighbouring scores, so that it does not hang on one record's last digit.
/// Choose it on the validation fold, never on the records it is then reported on.
pub fn best_f1_threshold(scores: &[f32], is_positive: &[bool]) -> Option<F1Threshold> {
    assert_eq!(scores.len(), is_positive.len(), "one score for each record");
    let positives = is_positive
        .iter()
        .filter(|&&is_positive| is_positive)
        .count() as u64;
    let mut ranked: Vec<(f32, bool)> = scores
        .iter()
        .copied()
        .zip(is_positive.iter().copied())
        .collect();
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));

    let mut confusion = Confusion {
        false_negatives: positives,
        ..Confusion::default()
    };
    let mut best: Option<F1Threshold> = None;
    for (rank, &(score, is_positive)) in ranked.iter().enumerate() {
        if is_positive {
            confusion.true_positives += 1;
            confusion.false_negatives -= 1;
        } else {
            confusion.false_positives += 1;
        }
        let next = ranked.get(rank + 1).map(|&(next, _)| next);
        if next == Some(score) {
            continue; // No threshold can part equal scores.
        }
        let f1 = confusion.f1()?;
        if best.is_none_or(|best| f1 > best.f1) {
            best = Some(F1Threshold {
                threshold: threshold_between(next, score),
                f1,
            });
        }
    }
    best
}

/// A threshold that takes `above` in and leaves `below` out.
fn threshold_between(below: Option<f32>, above: f32) -> f32 {
    let midpoint = below.map_or(above, |below| below + (above - below) / 2.0);
    // Between neighbouring floats the midpoint rounds to one of them, possibly the lower.
    if below.is_some_and(|below| midpoint <= below) {
        above
    } else {
        midpoint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORES: [f32; 5] = [0.9, 0.8, 0.6, 0.4, 0.2];
    const TRUTH: [bool; 5] = [true, false, true, true, false];

    #[test]
    fn f1_by_hand() {
        // At .6: TP .9 and .6, FP .8, FN .4, so 4 / (4 + 1 + 1).
        assert_eq!(f1(&SCORES, &TRUTH, 0.6), Some(4.0 / 6.0));
        assert_eq!(f1(&SCORES, &TRUTH, 1.0), Some(0.0));
        assert_eq!(f1(&SCORES, &[false; 5], 0.5), None);
    }

    #[test]
    fn precision_and_recall_by_hand() {
        let counted = |is_predicted: &[bool]| {
            let mut confusion = Confusion::default();
            for (&is_predicted, &is_positive) in is_predicted.iter().zip(&TRUTH) {
                confusion.add(is_predicted, is_positive, 1);
            }
            (confusion.precision(), confusion.recall())
        };
        // TP 2, FP 1, FN 1.
        let some = counted(&[true, true, true, false, false]);
        assert_eq!(some, (Some(2.0 / 3.0), Some(2.0 / 3.0)));
        assert_eq!(counted(&[false; 5]), (Some(0.0), Some(0.0)));
        assert_eq!(Confusion::default().recall(), None);
    }

    #[test]
    fn best_threshold_by_hand() {
        // Taking all down to .4 in: TP 3, FP 1, so 6 / 7; no other cut does better.
        let best = best_f1_threshold(&SCORES, &TRUTH).unwrap();
        assert_eq!(best.f1, 6.0 / 7.0);
        assert!((best.threshold - 0.3).abs() < 1e-6);
        assert_eq!(best_f1_threshold(&SCORES, &[false; 5]), None);
    }

    #[test]
    fn the_best_threshold_reaches_what_it_promises_and_no_other_does_better() {
        let scores: Vec<f32> = (0..200).map(|i| (i * 37 % 101) as f32 / 101.0).collect();
        let truth: Vec<bool> = (0..200)
            .map(|i| i * 53 % 7 < 2 || i * 37 % 101 > 80)
            .collect();
        let best = best_f1_threshold(&scores, &truth).unwrap();
        assert_eq!(f1(&scores, &truth, best.threshold), Some(best.f1));
        for &threshold in &scores {
            assert!(f1(&scores, &truth, threshold).unwrap() <= best.f1);
        }
    }

    #[test]
    fn neighbouring_floats_are_still_parted() {
        let (below, above) = (0.5_f32, 0.5_f32.next_up());
        let best = best_f1_threshold(&[below, above], &[false, true]).unwrap();
        assert_eq!(
            best,
            F1Threshold {
                threshold: above,
                f1: 1.0
            }
        );
    }
}
