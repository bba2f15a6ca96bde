//! Which records an example is to be told from.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use inkbeat::labels::{LabelSet, Task};
use rand::{Rng, RngExt};

use crate::config::NegativeRule;

/// The candidates of every training record.
pub struct Negatives {
    /// The group of each record.
    groups: Vec<usize>,
    /// The candidates of each group.
    candidates: Vec<Vec<usize>>,
}

impl Negatives {
    /// Groups records by their superclasses. A group that every other record shares something with takes all other
    /// groups instead.
    ///
    /// # Errors
    /// If all records belong to one group: there is nothing to tell apart.
    pub fn new(labels: &[LabelSet], rule: NegativeRule) -> Result<Self> {
        let columns: Vec<usize> = Task::Superdiagnostic.labels();
        let mask = |set: &LabelSet| {
            let present = columns.iter().enumerate();
            present.fold(0_u32, |mask, (bit, &label)| {
                mask | u32::from(set.contains(label)) << bit
            })
        };
        // The authors' code looks at the first column of the alphabetical multi-hot vector, which is CD.
        let first = columns
            .iter()
            .position(|&label| inkbeat::labels::LABELS[label].code == "CD");
        let first_bit = first.map_or(1, |bit| 1 << bit);
        let key = |set: &LabelSet| match rule {
            NegativeRule::DisjointLabels => mask(set),
            NegativeRule::FirstLabel => mask(set) & first_bit,
        };
        let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (record, set) in labels.iter().enumerate() {
            members.entry(key(set)).or_default().push(record);
        }
        ensure!(members.len() > 1, "all records have the same superclasses");
        let keys: Vec<u32> = members.keys().copied().collect();
        let candidates = keys
            .iter()
            .map(|own| {
                let others = |apart: &dyn Fn(u32) -> bool| -> Vec<usize> {
                    let groups = members.iter().filter(|(key, _)| apart(**key));
                    groups.flat_map(|(_, records)| records).copied().collect()
                };
                let disjoint = others(&|key| key != *own && key & own == 0);
                if disjoint.is_empty() {
                    others(&|key| key != *own)
                } else {
                    disjoint
                }
            })
            .collect();
        let groups = labels
            .iter()
            .map(|set| keys.partition_point(|key_of_group| *key_of_group < key(set)))
            .collect();
        Ok(Self { groups, candidates })
    }

    /// Appends `count` random candidates of `record`.
    pub fn draw<R: Rng>(&self, record: usize, count: usize, rng: &mut R, drawn: &mut Vec<usize>) {
        let candidates = &self.candidates[self.groups[record]];
        drawn.extend((0..count).map(|_| candidates[rng.random_range(0..candidates.len())]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn set(codes: &[&str]) -> LabelSet {
        LabelSet::from_statements(codes.iter().copied()).expect("known statements")
    }

    fn drawn(negatives: &Negatives, record: usize) -> Vec<usize> {
        let mut drawn = Vec::new();
        negatives.draw(record, 200, &mut ChaCha8Rng::seed_from_u64(3), &mut drawn);
        drawn.sort_unstable();
        drawn.dedup();
        drawn
    }

    /// NORM, MI (inferior), MI and CD (anterior, with right bundle branch block), CD.
    fn labels() -> Vec<LabelSet> {
        vec![
            set(&["NORM"]),
            set(&["IMI"]),
            set(&["AMI", "CRBBB"]),
            set(&["CRBBB"]),
        ]
    }

    #[test]
    fn disjoint_means_no_superclass_in_common() {
        let negatives = Negatives::new(&labels(), NegativeRule::DisjointLabels).expect("groups");
        assert_eq!(drawn(&negatives, 0), [1, 2, 3]);
        assert_eq!(drawn(&negatives, 1), [0, 3]);
        assert_eq!(drawn(&negatives, 2), [0]);
        assert_eq!(drawn(&negatives, 3), [0, 1]);
    }

    #[test]
    fn the_first_label_alone_splits_conduction_from_the_rest() {
        let negatives = Negatives::new(&labels(), NegativeRule::FirstLabel).expect("groups");
        assert_eq!(drawn(&negatives, 0), [2, 3]);
        assert_eq!(drawn(&negatives, 1), [2, 3]);
        assert_eq!(drawn(&negatives, 2), [0, 1]);
        assert_eq!(drawn(&negatives, 3), [0, 1]);
    }

    #[test]
    fn one_group_is_refused() {
        let same = vec![set(&["NORM"]); 3];
        assert!(Negatives::new(&same, NegativeRule::DisjointLabels).is_err());
    }
}
