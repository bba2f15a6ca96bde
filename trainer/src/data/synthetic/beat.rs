//! The waves of one heartbeat, healthy or not.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::rhythm::{Beat, Origin};

/// A Gaussian bump of the dipole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wave {
    /// Time of the peak.
    pub at_s: f64,
    /// Standard deviation.
    pub width_s: f64,
    /// Peak: X (left), Y (down), Z (back), in mV.
    pub vector_mv: [f64; 3],
}

/// What the ventricles look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Healthy.
    Normal,
    /// Complete left bundle branch block: late, slow activation to the left and back.
    LeftBlock,
    /// Complete right bundle branch block: a late wave to the right and front.
    RightBlock,
    /// Dead tissue below: early forces point up.
    InferiorInfarction,
    /// Dead tissue in front: early forces point back.
    AnteriorInfarction,
    /// Too much muscle on the left, with strain.
    LeftHypertrophy,
}

/// One person's heart: a shape with its individual size, position and timing.
pub struct Heart {
    shape: Shape,
    rotation: [[f64; 3]; 3],
    qrs_size: f64,
    t_size: f64,
    p_size: f64,
    qt_stretch: f64,
    /// Main direction of ventricular ectopic beats.
    ectopic: [f64; 3],
}

impl Heart {
    /// A random heart of the given shape.
    pub fn sample<R: Rng + ?Sized>(rng: &mut R, shape: Shape) -> Self {
        // Infarctions and blocks are recognised by directions, so those hearts turn less.
        let freedom = if shape == Shape::Normal { 1.0 } else { 0.4 };
        let mut spread = |deviation: f64| {
            let draw: f64 = rng.sample(StandardNormal);
            draw.clamp(-2.0, 2.0) * deviation
        };
        let frontal = spread(12.0 * freedom).to_radians();
        let transverse = spread(9.0 * freedom).to_radians();
        let (qrs, t, p, qt) = (spread(0.15), spread(0.2), spread(0.15), spread(0.035));
        let right = rng.random_bool(0.5);
        let side = if right { -1.0 } else { 1.0 };
        Self {
            shape,
            rotation: rotation(frontal, transverse),
            qrs_size: qrs.exp(),
            t_size: t.exp(),
            p_size: p.exp(),
            qt_stretch: 1.0 + qt,
            ectopic: [0.9 * side, rng.random_range(-0.9..1.0), 0.7 * side],
        }
    }

    /// All waves of `beat`, a little different each time.
    pub fn waves<R: Rng + ?Sized>(&self, rng: &mut R, beat: &Beat) -> Vec<Wave> {
        let mut waves = Vec::new();
        match beat.origin {
            Origin::Sinus => waves.extend(self.p_wave(beat, 1.0)),
            Origin::Atrium => waves.extend(self.p_wave(beat, -0.6)),
            Origin::NoP | Origin::Ventricle => {}
        }
        let (qrs, t_vector, t_delay_s) = if beat.origin == Origin::Ventricle {
            (
                self.ectopic_qrs(),
                self.ectopic.map(|part| -0.38 * part),
                0.08,
            )
        } else {
            let (t_vector, t_delay_s) = self.t_wave();
            (self.conducted_qrs(), t_vector, t_delay_s)
        };
        waves.extend(
            qrs.into_iter()
                .map(|wave| self.scaled(wave, beat.onset_s, self.qrs_size)),
        );
        // QT shortens with the square root of the RR interval (Bazett).
        let qt_scale = self.qt_stretch * beat.rr_s.clamp(0.4, 1.3).sqrt();
        let t_at_s = 0.295 * qt_scale + t_delay_s;
        // A slow rise and a faster fall.
        for (lead_s, width_s, share) in [(0.0, 0.040, 0.75), (0.055, 0.055, 0.45)] {
            let wave = Wave {
                at_s: t_at_s - lead_s * qt_scale,
                width_s: width_s * qt_scale,
                vector_mv: t_vector.map(|part| share * part),
            };
            waves.push(self.scaled(wave, beat.onset_s, self.t_size));
        }
        let jitter: f64 = rng.sample(StandardNormal);
        let size = 1.0 + 0.02 * jitter;
        waves
            .iter_mut()
            .for_each(|w| w.vector_mv = w.vector_mv.map(|part| part * size));
        waves
    }

    fn scaled(&self, wave: Wave, onset_s: f64, size: f64) -> Wave {
        let turned = self.rotation.map(|row| {
            size * row
                .iter()
                .zip(wave.vector_mv)
                .map(|(a, b)| a * b)
                .sum::<f64>()
        });
        Wave {
            at_s: onset_s + wave.at_s,
            vector_mv: turned,
            ..wave
        }
    }

    /// Right, then left atrium; `height` of the vertical part is negative for ectopic ones.
    fn p_wave(&self, beat: &Beat, height: f64) -> [Wave; 2] {
        let start_s = beat.onset_s - beat.pr_s;
        let wave = |delay_s, vector_mv: [f64; 3]| Wave {
            at_s: start_s + delay_s,
            width_s: 0.018,
            vector_mv: vector_mv.map(|part| part * self.p_size),
        };
        [
            wave(0.035, [0.05, 0.10 * height, -0.05]),
            wave(0.068, [0.07, 0.08 * height, 0.04]),
        ]
    }

    /// Times from the onset of QRS. Each shape is told by its first forces, its main ones and
    /// its last ones.
    fn conducted_qrs(&self) -> Vec<Wave> {
        let wave = |at_s, width_s, vector_mv| Wave {
            at_s,
            width_s,
            vector_mv,
        };
        let septum = wave(0.018, 0.0070, [-0.14, -0.02, -0.32]);
        let free_wall = wave(0.041, 0.0105, [1.05, 0.80, 0.22]);
        let base = wave(0.064, 0.0085, [-0.22, -0.12, 0.42]);
        match self.shape {
            Shape::Normal => vec![septum, free_wall, base],
            Shape::LeftBlock => vec![
                wave(0.030, 0.0140, [0.25, 0.15, 0.25]),
                wave(0.065, 0.0180, [0.75, 0.42, 0.85]),
                wave(0.108, 0.0190, [0.80, 0.20, 0.70]),
            ],
            Shape::RightBlock => vec![
                septum,
                free_wall,
                wave(0.070, 0.0120, [-0.10, -0.05, 0.15]),
                wave(0.108, 0.0180, [-0.50, 0.05, -0.58]),
            ],
            Shape::InferiorInfarction => vec![
                wave(0.022, 0.0095, [0.12, -0.52, -0.25]),
                wave(0.052, 0.0100, [0.95, 0.42, 0.25]),
                wave(0.072, 0.0085, [-0.15, -0.10, 0.35]),
            ],
            Shape::AnteriorInfarction => vec![
                wave(0.022, 0.0095, [-0.10, 0.02, 0.48]),
                wave(0.046, 0.0110, [0.62, 0.70, 0.78]),
                wave(0.066, 0.0085, [-0.10, -0.10, 0.30]),
            ],
            // Taller than any normal heart of this generator (their sizes spread by 15 %).
            Shape::LeftHypertrophy => vec![
                wave(0.018, 0.0070, [-0.12, -0.02, -0.30]),
                wave(0.045, 0.0120, [2.50, 0.75, 1.25]),
                wave(0.070, 0.0090, [-0.15, -0.15, 0.60]),
            ],
        }
    }

    /// Direction of the T wave, and how much later than usual it comes.
    fn t_wave(&self) -> ([f64; 3], f64) {
        match self.shape {
            Shape::Normal => ([0.36, 0.28, -0.14], 0.0),
            Shape::LeftBlock => ([-0.32, -0.08, -0.48], 0.05),
            Shape::RightBlock => ([0.34, 0.24, 0.20], 0.04),
            Shape::InferiorInfarction => ([0.30, -0.24, -0.15], 0.0),
            Shape::AnteriorInfarction => ([-0.05, 0.20, 0.28], 0.01),
            Shape::LeftHypertrophy => ([-0.38, 0.02, -0.30], 0.0),
        }
    }

    fn ectopic_qrs(&self) -> Vec<Wave> {
        let part = |at_s, width_s, share: f64| Wave {
            at_s,
            width_s,
            vector_mv: self.ectopic.map(|part| share * part),
        };
        vec![
            part(0.045, 0.018, 0.7),
            part(0.080, 0.020, 1.1),
            part(0.120, 0.018, 0.45),
        ]
    }
}

/// Turns in the frontal plane (towards the feet), then in the transverse one (towards the back).
fn rotation(frontal: f64, transverse: f64) -> [[f64; 3]; 3] {
    let (sf, cf) = frontal.sin_cos();
    let (st, ct) = transverse.sin_cos();
    [
        [ct * cf, -ct * sf, -st],
        [sf, cf, 0.0],
        [st * cf, -st * sf, ct],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn beat(origin: Origin) -> Beat {
        Beat {
            onset_s: 1.0,
            pr_s: 0.16,
            rr_s: 0.8,
            origin,
        }
    }

    #[test]
    fn rotations_keep_lengths() {
        let matrix = rotation(0.3, -0.2);
        for row in matrix {
            assert!((row.iter().map(|v| v * v).sum::<f64>() - 1.0).abs() < 1e-12);
        }
        assert_eq!(
            rotation(0.0, 0.0),
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
        );
    }

    #[test]
    fn p_waves_precede_sinus_beats_only() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let heart = Heart::sample(&mut rng, Shape::Normal);
        let early = |waves: &[Wave]| waves.iter().filter(|wave| wave.at_s < 1.0).count();
        assert_eq!(early(&heart.waves(&mut rng, &beat(Origin::Sinus))), 2);
        assert_eq!(early(&heart.waves(&mut rng, &beat(Origin::NoP))), 0);
        assert_eq!(early(&heart.waves(&mut rng, &beat(Origin::Ventricle))), 0);
    }
}
