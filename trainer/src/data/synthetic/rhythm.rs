//! When the heart beats, and what the atria do meanwhile.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::Wave;

/// What drives the heart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// 62–95 beats a minute from the sinus node.
    Sinus,
    /// Above 100 a minute.
    FastSinus,
    /// Below 60 a minute.
    SlowSinus,
    /// Sinus rhythm with a PR interval above 200 ms.
    LongPr,
    /// Sinus rhythm with early beats from a ventricle.
    VentricularEctopy,
    /// Sinus rhythm with early beats from an atrium.
    AtrialEctopy,
    /// No order in the atria, none in the RR intervals.
    Fibrillation,
    /// Regular atrial waves of about 300 a minute, of which some are conducted.
    Flutter,
}

/// Where a beat comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The sinus node.
    Sinus,
    /// Elsewhere in an atrium: another P wave.
    Atrium,
    /// Conducted from atria without P waves.
    NoP,
    /// A ventricle: wide, without P wave.
    Ventricle,
}

/// One heartbeat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beat {
    /// Start of the QRS complex.
    pub onset_s: f64,
    /// Time from the start of the P wave to that of the QRS complex.
    pub pr_s: f64,
    /// RR interval that the QT interval adapts to.
    pub rr_s: f64,
    /// Where it comes from.
    pub origin: Origin,
}

/// The beats of a recording, from one before its start to one after its end.
pub fn beats<R: Rng + ?Sized>(rng: &mut R, rhythm: Rhythm, duration_s: f64) -> Vec<Beat> {
    let rate_bpm: f64 = match rhythm {
        Rhythm::Sinus | Rhythm::LongPr => rng.random_range(62.0..92.0),
        Rhythm::VentricularEctopy | Rhythm::AtrialEctopy => rng.random_range(62.0..85.0),
        Rhythm::FastSinus => rng.random_range(106.0..150.0),
        Rhythm::SlowSinus => rng.random_range(38.0..55.0),
        Rhythm::Fibrillation => rng.random_range(65.0..130.0),
        Rhythm::Flutter => 0.0,
    };
    let pr_s = match rhythm {
        Rhythm::LongPr => rng.random_range(0.23..0.32),
        Rhythm::FastSinus => rng.random_range(0.12..0.15),
        _ => rng.random_range(0.13..0.18),
    };
    let mean_rr_s = if rhythm == Rhythm::Flutter {
        FLUTTER_PERIOD_S * f64::from(rng.random_range(2..5))
    } else {
        60.0 / rate_bpm
    };
    let breathing_hz = rng.random_range(0.18..0.3);
    let sinus_arrhythmia = rng.random_range(0.005..0.035);
    // Fibrillation is drawn until its irregularity shows within the few beats of a recording.
    let draw = |rng: &mut R| {
        let mut beats = Vec::new();
        let mut onset_s = -rng.random_range(0.0..mean_rr_s);
        while onset_s < duration_s + mean_rr_s {
            let rr_s = match rhythm {
                Rhythm::Fibrillation => {
                    let spread: f64 = rng.sample(StandardNormal);
                    (mean_rr_s * (0.24 * spread).exp()).max(0.3)
                }
                Rhythm::Flutter => mean_rr_s,
                _ => {
                    let breath = (std::f64::consts::TAU * breathing_hz * onset_s).sin();
                    let jitter: f64 = rng.sample(StandardNormal);
                    mean_rr_s * (1.0 + sinus_arrhythmia * breath + 0.006 * jitter)
                }
            };
            let origin = match rhythm {
                Rhythm::Fibrillation | Rhythm::Flutter => Origin::NoP,
                _ => Origin::Sinus,
            };
            onset_s += rr_s;
            beats.push(Beat {
                onset_s,
                pr_s,
                rr_s,
                origin,
            });
        }
        beats
    };
    let mut beats_drawn = draw(rng);
    if rhythm == Rhythm::Fibrillation {
        for _ in 0..20 {
            if irregularity(&beats_drawn, duration_s) > MIN_IRREGULARITY {
                break;
            }
            beats_drawn = draw(rng);
        }
    }
    match rhythm {
        Rhythm::VentricularEctopy => {
            make_early(rng, &mut beats_drawn, duration_s, Origin::Ventricle)
        }
        Rhythm::AtrialEctopy => make_early(rng, &mut beats_drawn, duration_s, Origin::Atrium),
        _ => {}
    }
    beats_drawn
}

/// Coefficient of variation of the RR intervals within the recording.
pub fn irregularity(beats: &[Beat], duration_s: f64) -> f64 {
    let onsets: Vec<f64> = beats
        .iter()
        .map(|b| b.onset_s)
        .filter(|t| (0.0..duration_s).contains(t))
        .collect();
    let intervals: Vec<f64> = onsets.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if intervals.len() < 2 {
        return 0.0;
    }
    let count = intervals.len() as f64;
    let mean = intervals.iter().sum::<f64>() / count;
    let variance = intervals.iter().map(|rr| (rr - mean).powi(2)).sum::<f64>() / count;
    variance.sqrt() / mean
}

/// 300 atrial waves a minute.
const FLUTTER_PERIOD_S: f64 = 0.2;
/// Clearly above what breathing does to a sinus rhythm.
const MIN_IRREGULARITY: f64 = 0.15;

/// Turns one to three beats that lie well inside the recording into early ones. The beat after
/// stays where it was (a full compensatory pause; after an atrial beat slightly less).
fn make_early<R: Rng + ?Sized>(rng: &mut R, beats: &mut [Beat], duration_s: f64, origin: Origin) {
    let inside: Vec<usize> = (1..beats.len())
        .filter(|&k| beats[k].onset_s > 1.0 && beats[k].onset_s < duration_s - 1.0)
        .collect();
    // Every third beat at most, so that the underlying rhythm remains visible.
    let wanted = rng.random_range(1..4);
    let first = rng.random_range(0..3);
    for &k in inside.iter().skip(first).step_by(3).take(wanted) {
        let early_s = beats[k].rr_s * rng.random_range(0.28..0.4);
        beats[k].onset_s -= early_s;
        beats[k].rr_s -= early_s;
        beats[k].origin = origin;
    }
}

/// Fibrillatory or flutter waves, none in other rhythms. V1 lies over the right atrium and sees
/// fibrillation best, the inferior leads see the sawtooth of flutter best.
pub fn atrial_activity<R: Rng + ?Sized>(rng: &mut R, rhythm: Rhythm, duration_s: f64) -> Vec<Wave> {
    let mut waves = Vec::new();
    let mut at_s = -0.2;
    match rhythm {
        Rhythm::Fibrillation => {
            let size_mv = rng.random_range(0.03..0.09);
            let mut sign = 1.0;
            while at_s < duration_s + 0.2 {
                let strength: f64 = sign * size_mv * rng.random_range(0.4..1.3);
                let mut wobble = || rng.random_range(-0.3..0.3);
                let vector_mv =
                    [-0.3 + wobble(), 0.5 + wobble(), -0.7 + wobble()].map(|part| part * strength);
                waves.push(Wave {
                    at_s,
                    width_s: 0.026,
                    vector_mv,
                });
                // Half a wave of 5–8 Hz until the next deflection to the other side.
                at_s += rng.random_range(0.062..0.1);
                sign = -sign;
            }
        }
        Rhythm::Flutter => {
            let size_mv = rng.random_range(0.12..0.25);
            while at_s < duration_s + 0.2 {
                // A slow fall and a quick rise.
                let parts = [(0.0, 0.035, -1.0), (0.045, 0.03, -0.8), (0.11, 0.03, 0.8)];
                waves.extend(parts.map(|(delay_s, width_s, height)| Wave {
                    at_s: at_s + delay_s,
                    width_s,
                    vector_mv: [0.0, 1.0, -0.35].map(|part: f64| part * height * size_mv),
                }));
                at_s += FLUTTER_PERIOD_S;
            }
        }
        _ => {}
    }
    waves
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn drawn(rhythm: Rhythm, seed: u64) -> Vec<Beat> {
        beats(&mut ChaCha8Rng::seed_from_u64(seed), rhythm, 10.0)
    }

    fn rate_bpm(beats: &[Beat]) -> f64 {
        60.0 * (beats.len() - 1) as f64 / (beats[beats.len() - 1].onset_s - beats[0].onset_s)
    }

    #[test]
    fn rates_are_what_the_names_say() {
        for seed in 0..50 {
            assert!(rate_bpm(&drawn(Rhythm::FastSinus, seed)) > 102.0);
            assert!(rate_bpm(&drawn(Rhythm::SlowSinus, seed)) < 58.0);
            assert!((60.0..97.0).contains(&rate_bpm(&drawn(Rhythm::Sinus, seed))));
        }
    }

    #[test]
    fn only_fibrillation_is_irregular_throughout() {
        for seed in 0..50 {
            let fibrillation = drawn(Rhythm::Fibrillation, seed);
            assert!(irregularity(&fibrillation, 10.0) > 0.12, "seed {seed}");
            assert!(fibrillation.iter().all(|beat| beat.origin == Origin::NoP));
            assert!(
                irregularity(&drawn(Rhythm::Sinus, seed), 10.0) < 0.06,
                "seed {seed}"
            );
            assert!(irregularity(&drawn(Rhythm::Flutter, seed), 10.0) < 1e-9);
        }
    }

    #[test]
    fn early_beats_are_early_and_followed_by_a_pause() {
        for (rhythm, origin) in [
            (Rhythm::VentricularEctopy, Origin::Ventricle),
            (Rhythm::AtrialEctopy, Origin::Atrium),
        ] {
            for seed in 0..50 {
                let beats = drawn(rhythm, seed);
                let early: Vec<usize> = (0..beats.len())
                    .filter(|&k| beats[k].origin == origin)
                    .collect();
                assert!(!early.is_empty(), "seed {seed}");
                for k in early {
                    let before = beats[k].onset_s - beats[k - 1].onset_s;
                    let after = beats[k + 1].onset_s - beats[k].onset_s;
                    assert!(
                        before < 0.75 * after,
                        "seed {seed}: {before} then {after} s"
                    );
                }
            }
        }
    }

    #[test]
    fn recordings_are_covered_from_end_to_end() {
        for seed in 0..20 {
            let beats = drawn(Rhythm::SlowSinus, seed);
            assert!(beats[0].onset_s < 1.7 && beats[beats.len() - 1].onset_s > 10.0);
        }
    }
}
