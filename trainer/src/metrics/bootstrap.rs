//! Confidence intervals by resampling records.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How to bootstrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// Number of resamples.
    pub resamples: u32,
    /// The same seed gives the same resamples on every machine and any number of threads.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            resamples: 1000,
            seed: 1,
        }
    }
}

impl Bootstrap {
    /// Draws `records` of `records` records with replacement: how often each was drawn.
    ///
    /// Draws for which `is_usable` says no are drawn again, up to 100 times, as the benchmark does where
    /// a label would be left without positives. With labels so rare that this fails, the last draw counts.
    pub fn draw(
        &self,
        resample: u32,
        records: usize,
        is_usable: impl Fn(&[u32]) -> bool,
    ) -> Vec<u32> {
        const DRAWS_AT_MOST: usize = 100;
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        // A stream of its own for each resample keeps it the same whatever thread draws it.
        rng.set_stream(u64::from(resample));
        let mut counts = vec![0; records];
        for _ in 0..DRAWS_AT_MOST {
            counts.fill(0);
            for _ in 0..records {
                counts[rng.random_range(0..records)] += 1;
            }
            if is_usable(&counts) {
                break;
            }
        }
        counts
    }
}

/// The central 95 % of `values` (percentile method, linear between order statistics); `None` for no values.
pub fn percentile_interval_95(mut values: Vec<f64>) -> Option<[f64; 2]> {
    values.sort_unstable_by(f64::total_cmp);
    Some([quantile(&values, 0.025)?, quantile(&values, 0.975)?])
}

/// The `share` quantile of ascending `sorted`, linear between neighbours.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let position = share * sorted.len().checked_sub(1)? as f64;
    let below = position as usize;
    let above = (below + 1).min(sorted.len() - 1);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_by_hand() {
        // 0, 1, …, 40: the 2.5 % point of 41 values is the second, the 97.5 % point the last but one.
        let values = (0..=40).rev().map(f64::from).collect();
        assert_eq!(percentile_interval_95(values), Some([1.0, 39.0]));
        assert_eq!(percentile_interval_95(vec![0.5]), Some([0.5, 0.5]));
        assert_eq!(percentile_interval_95(Vec::new()), None);
    }

    #[test]
    fn draws_depend_on_seed_and_number_alone() {
        let bootstrap = Bootstrap::default();
        let draw = |bootstrap: Bootstrap, resample| bootstrap.draw(resample, 50, |_| true);
        assert_eq!(draw(bootstrap, 3), draw(bootstrap, 3));
        assert_ne!(draw(bootstrap, 3), draw(bootstrap, 4));
        assert_ne!(
            draw(bootstrap, 3),
            draw(
                Bootstrap {
                    seed: 2,
                    ..bootstrap
                },
                3
            )
        );
        assert_eq!(draw(bootstrap, 3).iter().sum::<u32>(), 50);
    }

    #[test]
    fn unusable_draws_are_drawn_again() {
        for resample in 0..20 {
            let counts = Bootstrap::default().draw(resample, 10, |counts| counts[7] > 0);
            assert!(counts[7] > 0);
        }
        // What no draw fulfils still ends.
        assert_eq!(
            Bootstrap::default()
                .draw(0, 10, |_| false)
                .iter()
                .sum::<u32>(),
            10
        );
    }
}
