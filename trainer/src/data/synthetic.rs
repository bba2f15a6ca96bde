//! Invented twelve-lead ECGs with known labels, for tests, demonstrations and dry runs.
//!
//! A heart is a current dipole: every wave is a Gaussian in time along a fixed direction in space
//! (after McSharry et al. 2003, here in three dimensions), and Dower's matrix gives the potential
//! of each electrode. Leads are therefore consistent with each other, and Einthoven's and
//! Goldberger's relations hold. The labels are visible in the signal, but nobody's heart made it:
//! figures measured on these records say nothing about patients.

mod beat;
mod electrodes;
mod rhythm;

use inkbeat::recording::Recording;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use beat::{Heart, Shape, Wave};
use electrodes::{Dipole, Noise};
use rhythm::{Beat, Rhythm};

/// A synthetic ECG with its labels.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntheticEcg {
    /// Twelve leads, ten seconds.
    pub recording: Recording,
    /// SCP-ECG statement codes as PTB-XL uses them; each has its visible sign in the signal.
    pub statements: Vec<&'static str>,
    /// Invented patient number, one per seed.
    pub patient: u32,
}

/// What the generator can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Normal ECG in sinus rhythm.
    Normal,
    /// Atrial fibrillation.
    Afib,
    /// Atrial flutter.
    Aflt,
    /// Sinus tachycardia.
    Stach,
    /// Sinus bradycardia.
    Sbrad,
    /// Ventricular premature complexes in sinus rhythm.
    Pvc,
    /// Atrial premature complexes in sinus rhythm.
    Pac,
    /// First degree AV block.
    Avb1,
    /// Complete left bundle branch block.
    Clbbb,
    /// Complete right bundle branch block.
    Crbbb,
    /// Inferior myocardial infarction.
    Imi,
    /// Anterior myocardial infarction.
    Ami,
    /// Left ventricular hypertrophy.
    Lvh,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 13] = [
        Kind::Normal,
        Kind::Afib,
        Kind::Aflt,
        Kind::Stach,
        Kind::Sbrad,
        Kind::Pvc,
        Kind::Pac,
        Kind::Avb1,
        Kind::Clbbb,
        Kind::Crbbb,
        Kind::Imi,
        Kind::Ami,
        Kind::Lvh,
    ];

    fn rhythm_and_shape(self) -> (Rhythm, Shape) {
        match self {
            Self::Normal => (Rhythm::Sinus, Shape::Normal),
            Self::Afib => (Rhythm::Fibrillation, Shape::Normal),
            Self::Aflt => (Rhythm::Flutter, Shape::Normal),
            Self::Stach => (Rhythm::FastSinus, Shape::Normal),
            Self::Sbrad => (Rhythm::SlowSinus, Shape::Normal),
            Self::Pvc => (Rhythm::VentricularEctopy, Shape::Normal),
            Self::Pac => (Rhythm::AtrialEctopy, Shape::Normal),
            Self::Avb1 => (Rhythm::LongPr, Shape::Normal),
            Self::Clbbb => (Rhythm::Sinus, Shape::LeftBlock),
            Self::Crbbb => (Rhythm::Sinus, Shape::RightBlock),
            Self::Imi => (Rhythm::Sinus, Shape::InferiorInfarction),
            Self::Ami => (Rhythm::Sinus, Shape::AnteriorInfarction),
            Self::Lvh => (Rhythm::Sinus, Shape::LeftHypertrophy),
        }
    }
}

/// Length of every recording.
const DURATION_S: f64 = 10.0;

/// A random ECG: any rhythm with any shape, the common ones more often. Equal seeds give equal
/// ECGs. `sample_rate_hz` is kept within 50–2000.
pub fn generate(seed: u64, sample_rate_hz: f64) -> SyntheticEcg {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut kind = || Kind::ALL[rng.random_range(0..Kind::ALL.len())].rhythm_and_shape();
    // Two draws that mostly agree on "normal" in the other's part give single findings most of
    // the time and combinations sometimes.
    let ((rhythm, _), (_, shape)) = (kind(), kind());
    simulate(rhythm, shape, seed, sample_rate_hz)
}

/// An ECG of one kind.
pub fn generate_kind(kind: Kind, seed: u64, sample_rate_hz: f64) -> SyntheticEcg {
    let (rhythm, shape) = kind.rhythm_and_shape();
    simulate(rhythm, shape, seed, sample_rate_hz)
}

fn simulate(rhythm: Rhythm, shape: Shape, seed: u64, sample_rate_hz: f64) -> SyntheticEcg {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // A stream of its own, so that choosing the kind never changes the heart.
    rng.set_stream(1);
    let beats = rhythm::beats(&mut rng, rhythm, DURATION_S);
    let dipole = heart_dipole(
        &mut rng,
        rhythm,
        shape,
        &beats,
        sample_rate_hz.clamp(50.0, 2000.0),
    );
    let noise = Noise::sample(&mut rng);
    let recording = dipole.record(&mut rng, &noise);
    SyntheticEcg {
        recording,
        statements: statements(rhythm, shape),
        patient: seed as u32,
    }
}

fn heart_dipole<R: Rng + ?Sized>(
    rng: &mut R,
    rhythm: Rhythm,
    shape: Shape,
    beats: &[Beat],
    sample_rate_hz: f64,
) -> Dipole {
    let heart = Heart::sample(rng, shape);
    let mut dipole = Dipole::silent(DURATION_S, sample_rate_hz);
    for beat in beats {
        for wave in heart.waves(rng, beat) {
            dipole.add(&wave);
        }
    }
    for wave in rhythm::atrial_activity(rng, rhythm, DURATION_S) {
        dipole.add(&wave);
    }
    dipole
}

fn statements(rhythm: Rhythm, shape: Shape) -> Vec<&'static str> {
    let mut codes = match shape {
        Shape::Normal if rhythm == Rhythm::Sinus => vec!["NORM"],
        Shape::Normal => vec![],
        Shape::LeftBlock => vec!["CLBBB"],
        Shape::RightBlock => vec!["CRBBB"],
        Shape::InferiorInfarction => vec!["IMI", "QWAVE"],
        Shape::AnteriorInfarction => vec!["AMI", "QWAVE"],
        Shape::LeftHypertrophy => vec!["LVH", "VCLVH"],
    };
    codes.extend_from_slice(match rhythm {
        Rhythm::Sinus => &["SR"],
        Rhythm::FastSinus => &["STACH"],
        Rhythm::SlowSinus => &["SBRAD"],
        Rhythm::LongPr => &["1AVB", "SR"],
        Rhythm::VentricularEctopy => &["PVC", "SR"],
        Rhythm::AtrialEctopy => &["PAC", "SR"],
        Rhythm::Fibrillation => &["AFIB"],
        Rhythm::Flutter => &["AFLT"],
    });
    codes
}

#[cfg(test)]
mod tests;
