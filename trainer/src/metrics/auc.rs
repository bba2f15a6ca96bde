//! Area under the ROC curve, from ranks.

/// The probability that a positive scores above a negative; ties count half (Hanley & McNeil 1982).
///
/// `None` without a positive or without a negative. `scores` and `is_positive` are of equal length.
/// A score that isn't a number sorts as the highest or lowest: check for it before.
pub fn auc(scores: &[f32], is_positive: &[bool]) -> Option<f64> {
    ScoreOrder::new(scores, is_positive).auc(&vec![1; scores.len()])
}

/// One label's records sorted by score once, so that every resample of them is scored in linear time.
pub struct ScoreOrder {
    /// Lowest score first.
    sorted: Vec<SortedRecord>,
}

struct SortedRecord {
    /// Position in the arrays that were given.
    record: u32,
    is_positive: bool,
    /// Whether the next record in order has another score, or there is none.
    ends_tie: bool,
}

impl ScoreOrder {
    /// Sorts the records of one label, O(n log n).
    pub fn new(scores: &[f32], is_positive: &[bool]) -> Self {
        assert_eq!(scores.len(), is_positive.len(), "one score for each record");
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        let score = |record: u32| scores[record as usize];
        order.sort_unstable_by(|&a, &b| score(a).total_cmp(&score(b)));
        let sorted = order
            .iter()
            .enumerate()
            .map(|(rank, &record)| SortedRecord {
                record,
                is_positive: is_positive[record as usize],
                ends_tie: order
                    .get(rank + 1)
                    .is_none_or(|&next| score(next) != score(record)),
            })
            .collect();
        Self { sorted }
    }

    /// The AUC where record `i` occurs `counts[i]` times, O(n); `None` without positives or negatives.
    pub fn auc(&self, counts: &[u32]) -> Option<f64> {
        // Twice the number of (positive, negative) pairs in the right order, so that ties stay whole.
        let mut doubled_wins = 0_u64;
        let (mut positives, mut negatives) = (0_u64, 0_u64);
        let (mut tied_positives, mut tied_negatives) = (0_u64, 0_u64);
        for entry in &self.sorted {
            let count = u64::from(counts[entry.record as usize]);
            if entry.is_positive {
                tied_positives += count;
            } else {
                tied_negatives += count;
            }
            if entry.ends_tie {
                doubled_wins += tied_positives * (2 * negatives + tied_negatives);
                positives += tied_positives;
                negatives += tied_negatives;
                (tied_positives, tied_negatives) = (0, 0);
            }
        }
        let pairs = positives * negatives;
        (pairs > 0).then(|| doubled_wins as f64 / (2 * pairs) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_half() {
        // Positives .8 and .5 against negatives .5 and .2: three wins and one tie of four pairs.
        assert_eq!(
            auc(&[0.8, 0.5, 0.5, 0.2], &[true, true, false, false]),
            Some(0.875)
        );
        assert_eq!(auc(&[0.3; 4], &[true, false, true, false]), Some(0.5));
        assert_eq!(auc(&[0.1, 0.9], &[true, false]), Some(0.0));
    }

    #[test]
    fn one_class_alone_has_no_auc() {
        assert_eq!(auc(&[0.1, 0.9], &[true, true]), None);
        assert_eq!(auc(&[0.1, 0.9], &[false, false]), None);
        assert_eq!(auc(&[], &[]), None);
    }

    #[test]
    fn counts_equal_repeated_records() {
        let (scores, truth) = ([0.7, 0.4, 0.4, 0.1, 0.9], [true, false, true, false, false]);
        let counts = [2, 0, 3, 1, 1];
        let (mut repeated_scores, mut repeated_truth) = (Vec::new(), Vec::new());
        for record in 0..scores.len() {
            for _ in 0..counts[record] {
                repeated_scores.push(scores[record]);
                repeated_truth.push(truth[record]);
            }
        }
        let weighted = ScoreOrder::new(&scores, &truth).auc(&counts);
        assert_eq!(weighted, auc(&repeated_scores, &repeated_truth));
        // 2 × .7 and 3 × .4 positive against .1 and .9 negative: every positive wins one pair of two.
        assert_eq!(weighted, Some(0.5));
    }

    #[test]
    fn only_the_order_of_scores_matters() {
        let scores = [0.11_f32, 0.52, 0.31, 0.95, 0.52, 0.07];
        let truth = [false, true, false, true, false, true];
        let squashed = scores.map(|score| score * score * score - 4.0);
        assert_eq!(auc(&scores, &truth), auc(&squashed, &truth));
    }
}
