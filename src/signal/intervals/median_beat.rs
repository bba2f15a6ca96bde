//! The usual beat of every lead.

use super::beats::Beat;
use crate::recording::Recording;

/// What is kept of a beat before and after its peak.
pub(super) const BEFORE_SECS: f64 = 0.36;
pub(super) const AFTER_SECS: f64 = 0.64;
/// A place in the beat needs this many beats that show it.
const MIN_BEATS: usize = 2;
/// How far beats are shifted against each other to lie on top of one another.
const MAX_SHIFT_SECS: f64 = 0.04;

/// The median of the beats of one lead, which starts [`BEFORE_SECS`] before the peak.
pub(super) struct MedianBeat {
    /// In mV, at the recording's rate; `NaN` where too few beats are shown.
    pub(super) samples_mv: Vec<f32>,
    /// Typical difference between a beat and the median, in mV.
    pub(super) noise_mv: f32,
}

/// The median beat of every lead that shows enough beats.
pub(super) fn median_beats(recording: &Recording, beats: &[Beat]) -> Vec<MedianBeat> {
    let rate = recording.sample_rate_hz;
    let before = (BEFORE_SECS * rate).round() as isize;
    let length = ((BEFORE_SECS + AFTER_SECS) * rate).round() as usize;
    let reach = (MAX_SHIFT_SECS * rate).round() as isize;
    recording
        .leads
        .iter()
        .filter_map(|lead| {
            let at = |index: isize| {
                usize::try_from(index)
                    .ok()
                    .and_then(|index| lead.samples_mv.get(index))
                    .copied()
                    .filter(|value| value.is_finite())
            };
            let centre = |beat: &Beat| (beat.secs * rate).round() as isize;
            // A beat with its whole QRS complex shown serves as the pattern.
            let core = (0.06 * rate) as isize;
            let shows = |beat: &&Beat| (-core..=core).all(|k| at(centre(beat) + k).is_some());
            let shown: Vec<&Beat> = beats.iter().filter(shows).collect();
            let pattern = centre(shown.get(shown.len() / 2)?);
            let starts: Vec<isize> = shown
                .iter()
                .map(|beat| centre(beat) + best_shift(&at, pattern, centre(beat), core, reach))
                .collect();
            let mut values: Vec<f32> = Vec::with_capacity(starts.len());
            let mut deviations: Vec<f32> = Vec::new();
            let samples_mv: Vec<f32> = (0..length as isize)
                .map(|k| {
                    values.clear();
                    values.extend(starts.iter().filter_map(|start| at(start - before + k)));
                    if values.len() < MIN_BEATS {
                        return f32::NAN;
                    }
                    values.sort_by(f32::total_cmp);
                    let middle = values.len() / 2;
                    let median = if values.len() % 2 == 1 {
                        values[middle]
                    } else {
                        0.5 * (values[middle - 1] + values[middle])
                    };
                    deviations.extend(values.iter().map(|value| (value - median).abs()));
                    median
                })
                .collect();
            deviations.sort_by(f32::total_cmp);
            let noise_mv = *deviations.get(deviations.len() / 2)?;
            Some(MedianBeat {
                samples_mv,
                noise_mv,
            })
        })
        .collect()
}

/// The shift by which the beat at `centre` lies best on the one at `pattern`.
fn best_shift(
    at: &impl Fn(isize) -> Option<f32>,
    pattern: isize,
    centre: isize,
    core: isize,
    reach: isize,
) -> isize {
    let distance = |shift: isize| {
        let differences: Vec<f32> = (-core..=core)
            .filter_map(|k| Some(at(pattern + k)? - at(centre + shift + k)?))
            .collect();
        if differences.len() < core as usize {
            return f32::INFINITY;
        }
        let count = differences.len() as f32;
        let mean = differences.iter().sum::<f32>() / count;
        differences.iter().map(|d| (d - mean).powi(2)).sum::<f32>() / count
    };
    (-reach..=reach)
        .min_by(|&a, &b| {
            let order = distance(a).total_cmp(&distance(b));
            order.then(a.abs().cmp(&b.abs()))
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::beats::{find, tests::page};
    use super::*;

    #[test]
    fn the_median_beat_of_equal_beats_is_the_beat() {
        let times: Vec<f64> = (0..12).map(|k| 0.4 + 0.8 * f64::from(k)).collect();
        let recording = page(&times);
        let medians = median_beats(&recording, &find(&recording));
        assert_eq!(medians.len(), 12);
        let peak = (BEFORE_SECS * 150.0).round() as usize;
        for (k, median) in medians.iter().enumerate() {
            let scale = 0.5 + 0.1 * k as f32;
            let highest = median.samples_mv.iter().copied().fold(0.0, f32::max);
            assert!((highest - scale).abs() < 0.1 * scale, "{k}: {highest}");
            assert!((median.samples_mv[peak] - highest).abs() < 0.15 * scale);
            assert!(median.noise_mv < 0.02);
        }
    }
}
