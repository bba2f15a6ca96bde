//! The few ways in which the renderer draws random values.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// A normal variate with the given mean and standard deviation.
pub fn normal<R: Rng + ?Sized>(rng: &mut R, mean: f32, deviation: f32) -> f32 {
    mean + deviation * rng.sample::<f32, _>(StandardNormal)
}

/// A uniform variate in `[low, high)`; `low` where the interval is empty.
pub fn uniform<R: Rng + ?Sized>(rng: &mut R, low: f32, high: f32) -> f32 {
    low + (high - low).max(0.0) * rng.random::<f32>()
}

/// Log-uniform in `[low, high)`, for scales such as noise levels. Both must be positive.
pub fn log_uniform<R: Rng + ?Sized>(rng: &mut R, low: f32, high: f32) -> f32 {
    uniform(rng, low.ln(), high.ln()).exp()
}

/// One of `choices`, with probability proportional to its weight. The last one absorbs rounding.
///
/// # Panics
/// Where `choices` is empty, which only code can cause.
pub fn pick<T: Copy, R: Rng + ?Sized>(rng: &mut R, choices: &[(T, f32)]) -> T {
    let total: f32 = choices.iter().map(|(_, weight)| weight).sum();
    let mut left = rng.random::<f32>() * total;
    for &(value, weight) in choices {
        if left < weight {
            return value;
        }
        left -= weight;
    }
    choices[choices.len() - 1].0
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn pick_follows_the_weights() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let hits = (0..4000)
            .filter(|_| pick(&mut rng, &[(true, 3.0), (false, 1.0)]))
            .count();
        assert!(
            (2850..3150).contains(&hits),
            "{hits} of 4000, expected about 3000"
        );
    }

    #[test]
    fn uniform_stays_inside_and_takes_empty_intervals() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        assert!(
            (0..1000)
                .map(|_| uniform(&mut rng, -1.0, 2.0))
                .all(|v| (-1.0..2.0).contains(&v))
        );
        assert_eq!(uniform(&mut rng, 3.0, 1.0), 3.0);
    }
}
