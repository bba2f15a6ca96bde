//! From the heart's dipole to the twelve leads, by way of the electrodes on the skin.

use inkbeat::lead::Lead;
use inkbeat::recording::{LeadSignal, Recording};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::Wave;

/// Dower, Machado and Osborne 1980: I, II and V1–V6 from X (left), Y (down) and Z (back).
const DOWER: [(Lead, [f64; 3]); 8] = [
    (Lead::I, [0.632, -0.235, 0.059]),
    (Lead::II, [0.235, 1.066, -0.132]),
    (Lead::V1, [-0.515, 0.157, -0.917]),
    (Lead::V2, [0.044, 0.164, -1.387]),
    (Lead::V3, [0.882, 0.098, -1.277]),
    (Lead::V4, [1.213, 0.127, -0.601]),
    (Lead::V5, [1.125, 0.127, -0.086]),
    (Lead::V6, [0.831, 0.076, 0.230]),
];
const CHEST_ELECTRODES: usize = 6;
/// Right arm, left arm, left leg.
const LIMB_ELECTRODES: usize = 3;

/// The dipole over time.
pub struct Dipole {
    sample_rate_hz: f64,
    /// X, Y, Z in mV per sample.
    samples: Vec<[f64; 3]>,
}

/// What the electrodes pick up besides the heart.
#[derive(Clone, Debug)]
pub struct Noise {
    /// Drift with breathing, in mV.
    pub wander_mv: f64,
    /// Breaths per second.
    pub breathing_hz: f64,
    /// Standard deviation of muscle noise, in mV.
    pub muscle_mv: f64,
    /// Amplitude of mains hum, in mV.
    pub hum_mv: f64,
}

impl Noise {
    /// As found in a good to middling resting ECG.
    pub fn sample<R: Rng + ?Sized>(rng: &mut R) -> Self {
        Self {
            wander_mv: rng.random_range(0.01..0.1),
            breathing_hz: rng.random_range(0.15..0.35),
            muscle_mv: rng.random_range(0.002..0.02),
            hum_mv: if rng.random_bool(0.2) {
                rng.random_range(0.0..0.01)
            } else {
                0.0
            },
        }
    }

    #[cfg(test)]
    pub fn none() -> Self {
        Self {
            wander_mv: 0.0,
            breathing_hz: 0.2,
            muscle_mv: 0.0,
            hum_mv: 0.0,
        }
    }
}

impl Dipole {
    /// No activity for `duration_s`.
    pub fn silent(duration_s: f64, sample_rate_hz: f64) -> Self {
        let count = (duration_s * sample_rate_hz).round() as usize;
        Self {
            sample_rate_hz,
            samples: vec![[0.0; 3]; count],
        }
    }

    /// Adds a wave; parts outside the recording are lost.
    pub fn add(&mut self, wave: &Wave) {
        const REACH: f64 = 4.5;
        let index = |time_s: f64| (time_s * self.sample_rate_hz).ceil().max(0.0) as usize;
        let first = index(wave.at_s - REACH * wave.width_s).min(self.samples.len());
        let past = index(wave.at_s + REACH * wave.width_s).clamp(first, self.samples.len());
        for (k, sample) in self.samples.iter_mut().enumerate().take(past).skip(first) {
            let distance = (k as f64 / self.sample_rate_hz - wave.at_s) / wave.width_s;
            let height = (-0.5 * distance * distance).exp();
            for (value, part) in sample.iter_mut().zip(wave.vector_mv) {
                *value += height * part;
            }
        }
    }

    /// The twelve leads, with noise picked up by each electrode on its own: as leads are
    /// differences of electrodes, III = II − I and the rest of it hold for the noise as well.
    pub fn record<R: Rng + ?Sized>(&self, rng: &mut R, noise: &Noise) -> Recording {
        let pickup: Vec<Vec<f64>> = (0..LIMB_ELECTRODES + CHEST_ELECTRODES)
            .map(|_| self.pickup(rng, noise))
            .collect();
        let (right, left, leg) = (&pickup[0], &pickup[1], &pickup[2]);
        let mut leads: Vec<LeadSignal> = Lead::ALL
            .into_iter()
            .map(|lead| LeadSignal {
                lead: Some(lead),
                samples_mv: Vec::new(),
            })
            .collect();
        for (k, dipole) in self.samples.iter().enumerate() {
            let mut values = [0.0; Lead::ALL.len()];
            for (lead, row) in DOWER {
                let heart: f64 = row.iter().zip(dipole).map(|(a, b)| a * b).sum();
                let picked_up = match lead {
                    Lead::I => left[k] - right[k],
                    Lead::II => leg[k] - right[k],
                    chest => {
                        let electrode = LIMB_ELECTRODES + chest.index() - Lead::V1.index();
                        pickup[electrode][k] - (right[k] + left[k] + leg[k]) / 3.0
                    }
                };
                values[lead.index()] = heart + picked_up;
            }
            let (one, two) = (values[Lead::I.index()], values[Lead::II.index()]);
            values[Lead::III.index()] = two - one;
            values[Lead::AVR.index()] = -0.5 * (one + two);
            values[Lead::AVL.index()] = one - 0.5 * two;
            values[Lead::AVF.index()] = two - 0.5 * one;
            for (signal, value) in leads.iter_mut().zip(values) {
                signal.samples_mv.push(value as f32);
            }
        }
        Recording {
            sample_rate_hz: self.sample_rate_hz,
            leads,
        }
    }

    fn pickup<R: Rng + ?Sized>(&self, rng: &mut R, noise: &Noise) -> Vec<f64> {
        let depth = noise.wander_mv * rng.random_range(0.2..1.0);
        let phase = rng.random_range(0.0..std::f64::consts::TAU);
        let hum = noise.hum_mv * rng.random_range(0.0..1.0);
        // Muscle noise has most of its power between 10 and 100 Hz; a one-pole filter keeps its
        // spread the same at every sample rate.
        let keep = (-std::f64::consts::TAU * 40.0 / self.sample_rate_hz).exp();
        let drive = noise.muscle_mv * (1.0 - keep * keep).sqrt();
        let mut muscle = 0.0;
        (0..self.samples.len())
            .map(|k| {
                let turn = std::f64::consts::TAU * k as f64 / self.sample_rate_hz;
                muscle = keep * muscle + drive * rng.sample::<f64, _>(StandardNormal);
                // The second, slower term keeps breaths from being all alike.
                depth * (turn * noise.breathing_hz + phase).sin()
                    + 0.5 * depth * (turn * 0.31 * noise.breathing_hz + 2.0 * phase).sin()
                    + hum * (turn * 50.0).sin()
                    + muscle
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn a_dipole_pointing_down_gives_dowers_second_column() {
        let mut dipole = Dipole::silent(1.0, 100.0);
        dipole.add(&Wave {
            at_s: 0.5,
            width_s: 0.05,
            vector_mv: [0.0, 1.0, 0.0],
        });
        let recording = dipole.record(&mut ChaCha8Rng::seed_from_u64(0), &Noise::none());
        let peak = |lead| recording.lead(lead).unwrap().samples_mv[50];
        assert!((peak(Lead::II) - 1.066).abs() < 1e-5);
        assert!((peak(Lead::III) - 1.301).abs() < 1e-5);
        assert!((peak(Lead::AVR) + 0.4155).abs() < 1e-5);
        assert!((peak(Lead::V1) - 0.157).abs() < 1e-5);
    }

    #[test]
    fn einthoven_and_goldberger_hold_with_noise() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let noise = Noise {
            muscle_mv: 0.1,
            wander_mv: 0.5,
            ..Noise::sample(&mut rng)
        };
        let recording = Dipole::silent(2.0, 250.0).record(&mut rng, &noise);
        let at = |lead, k: usize| recording.lead(lead).unwrap().samples_mv[k];
        for k in (0..500).step_by(37) {
            assert!((at(Lead::I, k) + at(Lead::III, k) - at(Lead::II, k)).abs() < 1e-6);
            let goldberger = at(Lead::AVR, k) + at(Lead::AVL, k) + at(Lead::AVF, k);
            assert!(goldberger.abs() < 1e-6);
        }
    }

    #[test]
    fn muscle_noise_has_its_deviation_at_any_rate() {
        for rate in [100.0, 500.0] {
            let mut rng = ChaCha8Rng::seed_from_u64(2);
            let noise = Noise {
                muscle_mv: 0.05,
                ..Noise::none()
            };
            let samples = Dipole::silent(60.0, rate).pickup(&mut rng, &noise);
            let power = samples.iter().map(|v| v * v).sum::<f64>() / samples.len() as f64;
            assert!(
                (power.sqrt() - 0.05).abs() < 0.004,
                "{} at {rate} Hz",
                power.sqrt()
            );
        }
    }
}
