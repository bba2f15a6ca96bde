//! A record's lead as a wearable would deliver it.

use anyhow::{Result, ensure};
use inkbeat::lead::Lead;
use inkbeat::signal::{MODEL_SAMPLE_RATE_HZ, WINDOW_SAMPLES, prepare_strip, resample};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::SignalSet;

/// Sample rates of Polar, Fitbit, Withings and Kardia, and Apple.
const SAMPLE_RATES_HZ: [f64; 4] = [130.0, 250.0, 300.0, 512.0];
/// Breathing and movement: amplitude up to, and frequency range.
const WANDER_MV: f32 = 0.4;
const WANDER_HZ: std::ops::Range<f32> = 0.1..0.4;
/// Muscle noise: standard deviation up to.
const NOISE_MV: f32 = 0.03;
/// Mains hum: amplitude up to, at 50 Hz.
const HUM_MV: f32 = 0.02;
/// Fingertip contacts give smaller waves: factor from.
const LEAST_AMPLITUDE: f32 = 0.7;

/// `set` with `lead` as a wearable records it, prepared as the product does: another sample rate, a wandering baseline,
/// noise, hum and smaller waves.
///
/// # Errors
/// If a strip comes back shorter than it was.
pub fn worn(set: &SignalSet, lead: Lead, seed: u64) -> Result<SignalSet> {
    set.clone().with_lead(lead, |index, strip_mv| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index as u64);
        let rate_hz = SAMPLE_RATES_HZ[rng.random_range(0..SAMPLE_RATES_HZ.len())];
        let mut recorded_mv = resample(strip_mv, MODEL_SAMPLE_RATE_HZ, rate_hz);
        disturb(&mut recorded_mv, rate_hz as f32, &mut rng);
        // What the product would refuse stays as it was: a refusal is no prediction.
        if let Ok(prepared) = prepare_strip(&recorded_mv, rate_hz, None) {
            ensure!(
                prepared.windows[0].len() == WINDOW_SAMPLES,
                "a window has another length"
            );
            strip_mv.copy_from_slice(&prepared.windows[0]);
        }
        Ok(())
    })
}

fn disturb(recorded_mv: &mut [f32], rate_hz: f32, rng: &mut ChaCha8Rng) {
    let amplitude = rng.random_range(LEAST_AMPLITUDE..=1.0);
    let wander_mv = rng.random_range(0.0..=WANDER_MV);
    let wander_hz = rng.random_range(WANDER_HZ);
    let hum_mv = rng.random_range(0.0..=HUM_MV);
    let noise_mv = rng.random_range(0.0..=NOISE_MV);
    let phase = rng.random_range(0.0..std::f32::consts::TAU);
    for (sample, value) in recorded_mv.iter_mut().enumerate() {
        let turns = std::f32::consts::TAU * sample as f32 / rate_hz;
        let noise: f32 = StandardNormal.sample(rng);
        *value = amplitude * *value
            + wander_mv * (wander_hz * turns + phase).sin()
            + hum_mv * (50.0 * turns).sin()
            + noise_mv * noise;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Source;

    #[test]
    fn a_worn_lead_is_another_but_still_the_same_heart() {
        let set = Source::Synthetic(10).load(&[1]).expect("synthetic records");
        let worn = worn(&set, Lead::I, 3).expect("ten seconds");
        let (before, after) = (set.lead_mv(0, Lead::I), worn.lead_mv(0, Lead::I));
        assert_ne!(before, after);
        assert_eq!(set.lead_mv(0, Lead::II), worn.lead_mv(0, Lead::II));
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let correlation = dot(before, after) / (dot(before, before) * dot(after, after)).sqrt();
        assert!(correlation > 0.8, "{correlation}");
    }
}
