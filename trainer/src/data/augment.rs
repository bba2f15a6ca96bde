//! Changes to a signal that keep its diagnosis.

use inkbeat::signal::{MODEL_SAMPLE_RATE_HZ, WINDOW_SAMPLES};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Normal};

use crate::config::SignalAugmentation;

/// Augments the leads of one record in place: `signal_mv` is `[leads, 1000]`.
///
/// All leads share one cyclic shift, because their relations carry the diagnosis; then they are [disturbed](disturb).
pub fn augment<R: Rng>(signal_mv: &mut [f32], ranges: &SignalAugmentation, rng: &mut R) {
    let shift = rng.random_range(0..WINDOW_SAMPLES);
    for lead in signal_mv.chunks_mut(WINDOW_SAMPLES) {
        lead.rotate_left(shift);
    }
    disturb(signal_mv, ranges, rng);
}

/// Augments the leads of one record in place and keeps everything where it is in time.
///
/// All leads share one amplitude; noise is drawn per sample and one stretch is blanked in every lead (a loose electrode, a
/// short strip).
pub fn disturb<R: Rng>(signal_mv: &mut [f32], ranges: &SignalAugmentation, rng: &mut R) {
    let amplitude = 1.0 + rng.random_range(-1.0..=1.0) * ranges.amplitude;
    let blank_length =
        (rng.random_range(0.0..=1.0) * ranges.blank_secs * MODEL_SAMPLE_RATE_HZ as f32) as usize;
    let blank_start = rng.random_range(0..=WINDOW_SAMPLES - blank_length.min(WINDOW_SAMPLES));
    let noise = Normal::new(0.0, ranges.noise_mv * rng.random_range(0.0..=1.0)).ok();
    for lead in signal_mv.chunks_mut(WINDOW_SAMPLES) {
        for sample in lead.iter_mut() {
            *sample *= amplitude;
        }
        if let Some(noise) = &noise {
            for sample in lead.iter_mut() {
                *sample += noise.sample(rng);
            }
        }
        lead[blank_start..blank_start + blank_length].fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn zero_ranges_only_rotate_and_leads_stay_aligned() {
        let ranges = SignalAugmentation {
            amplitude: 0.0,
            noise_mv: 0.0,
            blank_secs: 0.0,
            turn_deg: 0.0,
        };
        let ramp: Vec<f32> = (0..WINDOW_SAMPLES).map(|i| i as f32).collect();
        let mut signal = [ramp.clone(), ramp.clone()].concat();
        augment(&mut signal, &ranges, &mut ChaCha8Rng::seed_from_u64(3));
        let (first, second) = signal.split_at(WINDOW_SAMPLES);
        assert_eq!(first, second);
        assert_ne!(first, &ramp[..]);
        let mut sorted = first.to_vec();
        sorted.sort_by(f32::total_cmp);
        assert_eq!(sorted, ramp);
    }
}
