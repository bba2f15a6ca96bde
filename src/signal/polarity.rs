//! Whether a lead was recorded upside down: arms exchanged, a watch on the other wrist, a device held the wrong way round.

use std::sync::LazyLock;

use super::{MODEL_SAMPLE_RATE_HZ, detect_r_peaks};
use crate::lead::Lead;

/// Samples of a typical beat at [`MODEL_SAMPLE_RATE_HZ`].
pub const BEAT_SAMPLES: usize = BEFORE_PEAK + AFTER_PEAK;
/// A typical beat begins 0.35 s before its peak, so that it holds the P wave, …
const BEFORE_PEAK: usize = 35;
/// … and ends 0.5 s behind it, after most of the T wave.
const AFTER_PEAK: usize = 50;
/// Fewer beats make no typical one.
const MIN_BEATS: usize = 3;
/// A beat smaller than this is noise.
const MIN_HEIGHT_MV: f32 = 0.05;
/// The leads whose usual shape is known, in the order of the weights.
pub const KNOWN_LEADS: [Lead; 2] = [Lead::I, Lead::II];

/// Per known lead the weights of [`BEAT_SAMPLES`] samples and the score below which a beat counts as upside down,
/// little-endian f32; fitted by `inkbeat-trainer polarity` on the training folds of PTB-XL.
static WEIGHTS: &[u8] = include_bytes!("polarity.bin");

static FILTERS: LazyLock<Vec<PolarityFilter>> = LazyLock::new(|| {
    let (numbers, _) = WEIGHTS.as_chunks::<4>();
    numbers
        .chunks_exact(BEAT_SAMPLES + 1)
        .map(|chunk| PolarityFilter {
            weights: chunk[..BEAT_SAMPLES]
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect(),
            threshold: f32::from_le_bytes(chunk[BEAT_SAMPLES]),
        })
        .collect()
});

/// The usual shape of one lead's beat.
#[derive(Clone, Debug, PartialEq)]
pub struct PolarityFilter {
    /// `[BEAT_SAMPLES]`; the score of a beat is their sum of products, so that a beat upside down has minus the score.
    pub weights: Vec<f32>,
    /// Scores below it are upside down.
    pub threshold: f32,
}

impl PolarityFilter {
    /// Positive for the usual direction.
    pub fn score(&self, beat: &[f32]) -> f32 {
        self.weights.iter().zip(beat).map(|(w, x)| w * x).sum()
    }
}

/// Whether the lead's beats look upside down. `None` for leads whose usual shape is not known, and where no typical beat
/// can be made out.
///
/// `prepared_mv` is at [`MODEL_SAMPLE_RATE_HZ`] with its baseline removed.
pub fn is_upside_down(prepared_mv: &[f32], lead: Lead) -> Option<bool> {
    let place = KNOWN_LEADS.iter().position(|known| *known == lead)?;
    let filter = FILTERS.get(place)?;
    Some(filter.score(&typical_beat(prepared_mv)?) < filter.threshold)
}

/// The median of a lead's beats, `[BEAT_SAMPLES]`, divided by its largest deflection.
pub fn typical_beat(prepared_mv: &[f32]) -> Option<Vec<f32>> {
    let beats: Vec<&[f32]> = detect_r_peaks(prepared_mv, MODEL_SAMPLE_RATE_HZ)
        .into_iter()
        .filter_map(|peak| prepared_mv.get(peak.checked_sub(BEFORE_PEAK)?..peak + AFTER_PEAK))
        .collect();
    if beats.len() < MIN_BEATS {
        return None;
    }
    let mut typical: Vec<f32> = (0..BEAT_SAMPLES)
        .map(|sample| {
            let mut values: Vec<f32> = beats.iter().map(|beat| beat[sample]).collect();
            values.sort_by(f32::total_cmp);
            values[values.len() / 2]
        })
        .collect();
    let height_mv = typical.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    if height_mv < MIN_HEIGHT_MV {
        return None;
    }
    typical.iter_mut().for_each(|x| *x /= height_mv);
    Some(typical)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P, R and T wave upwards once a second.
    fn strip(sign: f32) -> Vec<f32> {
        (0..1000)
            .map(|i| {
                let t = f64::from(i % 100) / 100.0;
                let wave = |at: f64, width: f64| (-0.5 * ((t - at) / width).powi(2)).exp();
                let value = 0.1 * wave(0.3, 0.02) + wave(0.46, 0.012) + 0.25 * wave(0.74, 0.05);
                sign * value as f32
            })
            .collect()
    }

    #[test]
    fn a_turned_strip_is_told_from_one_the_right_way_up() {
        for lead in KNOWN_LEADS {
            assert_eq!(is_upside_down(&strip(1.0), lead), Some(false));
            assert_eq!(is_upside_down(&strip(-1.0), lead), Some(true));
        }
        assert_eq!(is_upside_down(&strip(-1.0), Lead::V1), None);
    }

    #[test]
    fn no_beat_no_answer() {
        assert_eq!(is_upside_down(&[0.0; 1000], Lead::I), None);
        assert_eq!(typical_beat(&[]), None);
    }

    #[test]
    fn the_typical_beat_has_height_one_and_its_peak_in_place() {
        let beat = typical_beat(&strip(2.0)).unwrap();
        assert_eq!(beat.len(), BEAT_SAMPLES);
        assert!((beat[BEFORE_PEAK] - 1.0).abs() < 1e-6);
        assert!(beat.iter().all(|x| x.abs() <= 1.0));
    }

    #[test]
    fn the_weights_are_complete() {
        assert_eq!(WEIGHTS.len(), KNOWN_LEADS.len() * (BEAT_SAMPLES + 1) * 4);
        assert!(FILTERS.iter().all(|filter| filter.threshold < 0.0));
    }
}
