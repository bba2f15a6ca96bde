//! The batch in a fixed number of shards, so that sums are the same on any number of cores.

use rayon::prelude::*;

/// Parts that are worked on side by side. A constant: the order of additions must not depend on the machine.
const SHARDS: usize = 4;

/// Examples per shard of a batch.
pub fn shard_size(batch: usize) -> usize {
    batch.div_ceil(SHARDS).max(1)
}

/// Runs `work` on every shard, on as many cores as there are, and gives the results in order.
pub fn on_shards<S: Send, R: Send>(shards: Vec<S>, work: impl Fn(usize, S) -> R + Sync) -> Vec<R> {
    shards
        .into_par_iter()
        .enumerate()
        .map(|(index, shard)| work(index, shard))
        .collect()
}

/// Adds the vectors of several shards in their order.
pub fn sum_vectors(mut parts: impl Iterator<Item = Vec<f32>>) -> Vec<f32> {
    let mut total = parts.next().unwrap_or_default();
    for part in parts {
        add(&part, &mut total);
    }
    total
}

/// sums += values
pub fn add(values: &[f32], sums: &mut [f32]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}
