//! Whether probabilities mean what they say.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Expected calibration error of one label's probabilities over `bins` bins of equal width
/// (Naeini et al. 2015, in its form for one label: mean probability against the share of positives).
///
/// `None` without records. Probabilities are within 0–1; 1 falls into the last bin.
pub fn ece(probabilities: &[f32], is_positive: &[bool], bins: usize) -> Option<f64> {
    assert_eq!(
        probabilities.len(),
        is_positive.len(),
        "one probability for each record"
    );
    assert!(bins > 0, "at least one bin");
    // In each bin, the sum of probabilities less the number of positives: |that| / n is the bin's share
    // of the error, since its weight (records / n) cancels against the means' denominators.
    let mut excess = vec![0.0_f64; bins];
    for (&probability, &is_positive) in probabilities.iter().zip(is_positive) {
        let probability = f64::from(probability);
        let bin = ((probability * bins as f64) as usize).min(bins - 1);
        excess[bin] += probability - f64::from(u8::from(is_positive));
    }
    let total: f64 = excess.iter().map(|excess| excess.abs()).sum();
    (!probabilities.is_empty()).then(|| total / probabilities.len() as f64)
}

/// What [`ece_15`] would be if every probability kept its word: the mean over `draws` of records whose truth is drawn from their
/// own probabilities. A calibration error can't be told from none where it is no larger.
pub fn ece_15_by_chance(probabilities: &[f32], draws: usize, seed: u64) -> Option<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let errors = (0..draws).map(|_| {
        let truth: Vec<bool> = probabilities
            .iter()
            .map(|&probability| rng.random_bool(f64::from(probability.clamp(0.0, 1.0))))
            .collect();
        ece_15(probabilities, &truth)
    });
    Some(errors.sum::<Option<f64>>()? / draws as f64)
}

/// [`ece`] with the customary 15 bins.
pub fn ece_15(probabilities: &[f32], is_positive: &[bool]) -> Option<f64> {
    ece(probabilities, is_positive, 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ece_by_hand() {
        // Two bins. Below .5: .25 and .25 with one positive, off by .25 each. From .5: .75 and 1.0, both
        // positive, off by .125 each. Weighted by half: .1875.
        let probabilities = [0.25, 0.25, 0.75, 1.0];
        let truth = [true, false, true, true];
        assert_eq!(ece(&probabilities, &truth, 2), Some(0.1875));
        assert_eq!(ece(&[], &[], 15), None);
    }

    #[test]
    fn chance_alone_makes_small_sets_look_miscalibrated() {
        // One record of probability ½ is always off by ½; of many the error shrinks with the root of their number.
        assert_eq!(ece_15_by_chance(&[0.5], 10, 1), Some(0.5));
        let many = ece_15_by_chance(&[0.5; 10_000], 200, 1).unwrap();
        let expected = 0.005 * (2.0 / std::f64::consts::PI).sqrt(); // σ/√n, of a normal's mean distance
        assert!((many / expected - 1.0).abs() < 0.2, "{many}");
        assert_eq!(ece_15_by_chance(&[], 10, 1), None);
    }

    #[test]
    fn probabilities_that_keep_their_word_have_no_error() {
        let probabilities: Vec<f32> = (0..80).map(|i| [0.25, 0.5, 0.75, 1.0][i % 4]).collect();
        // Of every four records of one probability, as many are positive as it says.
        let truth: Vec<bool> = (0..80).map(|i| i / 4 % 4 <= i % 4).collect();
        assert_eq!(ece_15(&probabilities, &truth), Some(0.0));
    }
}
