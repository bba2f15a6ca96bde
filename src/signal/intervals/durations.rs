//! PR, QRS and QT on the median beats of all leads.

use super::beats::{Beat, Regularity, Rhythm};
use super::median_beat::{BEFORE_SECS, MedianBeat, median_beats};
use crate::outcome::Interval;
use crate::recording::Recording;

/// Fewer beats are no basis for a duration.
const MIN_BEATS: usize = 3;
/// A lead whose QRS complex is lower, or not this many times higher than its noise, is left aside.
const MIN_QRS_MV: f32 = 0.25;
const MIN_SIGNAL_TO_NOISE: f32 = 12.0;
/// Fewer leads than this do not show where a complex begins that runs across the heart.
const MIN_LEADS: usize = 2;
/// The QRS complex ends where all leads together change less than this share of their fastest.
const QUIET_SHARE: f32 = 0.06;
/// … for at least this long.
const QUIET_SECS: f64 = 0.02;
/// Waves lower than this can't be told from the line: on paper they are half a millimetre.
const MIN_T_MV: f32 = 0.08;
const MIN_P_MV: f32 = 0.05;
/// What is plausible, in milliseconds; beyond, something else was measured.
const PR_MS: std::ops::RangeInclusive<f64> = 80.0..=360.0;
const QRS_MS: std::ops::RangeInclusive<f64> = 50.0..=220.0;
const QT_MS: std::ops::RangeInclusive<f64> = 220.0..=640.0;
/// Half of the range that is given, at least: what two readers of one tracing differ by (CSE
/// recommendations, Willems 1985: 10, 10 and 30 ms of deviation, doubled) and the pen's width.
const PR_MARGIN_MS: f64 = 20.0;
const QRS_MARGIN_MS: f64 = 15.0;
const QT_MARGIN_MS: f64 = 30.0;

/// Lengths in milliseconds; `None` where the recording does not allow to measure them.
#[derive(Clone, Debug, Default)]
pub struct Durations {
    /// From the start of the P wave to the start of the QRS complex.
    pub pr_ms: Option<Interval>,
    /// Of the QRS complex.
    pub qrs_ms: Option<Interval>,
    /// From the start of the QRS complex to the end of the T wave.
    pub qt_ms: Option<Interval>,
    /// QT corrected for heart rate by Fridericia's formula, QT / RR^(1/3).
    pub qtc_ms: Option<Interval>,
}

/// Measures what beats and quality allow.
pub(super) fn durations(recording: &Recording, beats: &[Beat], rhythm: &Rhythm) -> Durations {
    let mut found = Durations::default();
    let rate = recording.sample_rate_hz;
    if beats.len() < MIN_BEATS || rhythm.rr_secs.is_empty() {
        return found;
    }
    let mean_rr = rhythm.rr_secs.iter().sum::<f64>() / rhythm.rr_secs.len() as f64;
    let usable: Vec<MedianBeat> = median_beats(recording, beats)
        .into_iter()
        .filter(|beat| is_usable(beat, rate))
        .collect();
    if usable.len() < MIN_LEADS {
        return found;
    }
    let Some((onset, offset)) = qrs_bounds(&usable, rate) else {
        return found;
    };
    let ms = |samples: f64| 1000.0 * samples / rate;
    let within = |value: f64, margin: f64| Interval {
        value,
        low: value - margin,
        high: value + margin,
    };
    let qrs = ms(offset - onset);
    if !QRS_MS.contains(&qrs) {
        return found;
    }
    found.qrs_ms = Some(within(qrs, QRS_MARGIN_MS));

    let last = (BEFORE_SECS + (0.75 * mean_rr).min(0.62)) * rate;
    let ends: Vec<f64> = usable
        .iter()
        .filter_map(|beat| t_end(beat, onset, offset, last, rate))
        .collect();
    if let Some((end, spread)) = median_and_spread(ends) {
        let qt = ms(end - onset);
        let margin = QT_MARGIN_MS.max(ms(spread));
        if QT_MS.contains(&qt) && margin < 2.0 * QT_MARGIN_MS {
            found.qt_ms = Some(within(qt, margin));
            let stretch = mean_rr.cbrt();
            found.qtc_ms = Some(within(qt / stretch, margin / stretch));
        }
    }
    // Without a regular rhythm there may be no P wave, or one that leads nowhere.
    if rhythm.regularity == Some(Regularity::Regular) {
        let starts: Vec<f64> = usable
            .iter()
            .filter_map(|beat| p_onset(beat, onset, mean_rr, rate))
            .collect();
        if let Some((start, spread)) = median_and_spread(starts) {
            let pr = ms(onset - start);
            let margin = PR_MARGIN_MS.max(ms(spread));
            if PR_MS.contains(&pr) && margin < 2.0 * PR_MARGIN_MS {
                found.pr_ms = Some(within(pr, margin));
            }
        }
    }
    found
}

fn is_usable(beat: &MedianBeat, rate: f64) -> bool {
    let peak = (BEFORE_SECS * rate) as usize;
    let reach = (0.08 * rate) as usize;
    let around =
        &beat.samples_mv[peak.saturating_sub(reach)..(peak + reach).min(beat.samples_mv.len())];
    let high = around.iter().copied().fold(f32::MIN, f32::max);
    let low = around.iter().copied().fold(f32::MAX, f32::min);
    let complete = beat.samples_mv.iter().all(|value| !value.is_nan());
    complete && high - low >= MIN_QRS_MV && high - low >= MIN_SIGNAL_TO_NOISE * beat.noise_mv
}

/// First and last sample of the QRS complex in all leads together.
fn qrs_bounds(beats: &[MedianBeat], rate: f64) -> Option<(f64, f64)> {
    let length = beats.first()?.samples_mv.len();
    let step = ((0.01 * rate).round() as usize).max(1);
    // How fast all leads together change, each measured by its own fastest change.
    let mut activity = vec![0.0f32; length];
    for beat in beats {
        let speed = |k: usize| {
            let (from, to) = (k.saturating_sub(step), (k + step).min(length - 1));
            (beat.samples_mv[to] - beat.samples_mv[from]).abs()
        };
        let fastest = (0..length).map(speed).fold(1e-6, f32::max);
        for (k, sum) in activity.iter_mut().enumerate() {
            *sum += (speed(k) / fastest).powi(2) / beats.len() as f32;
        }
    }
    activity.iter_mut().for_each(|value| *value = value.sqrt());
    let peak = (BEFORE_SECS * rate) as usize;
    let reach = (0.06 * rate) as usize;
    let centre = (peak.saturating_sub(reach)..(peak + reach).min(length))
        .max_by(|&a, &b| activity[a].total_cmp(&activity[b]))?;
    let threshold = QUIET_SHARE * activity[centre];
    let quiet = (QUIET_SECS * rate).ceil() as usize;
    let is_quiet = |from: usize, to: usize| activity[from..to].iter().all(|&v| v < threshold);
    let onset = (quiet..centre).rev().find(|&k| is_quiet(k - quiet, k))?;
    let offset = (centre..length - quiet).find(|&k| is_quiet(k, k + quiet))?;
    // The speed at a place looks `step` samples ahead and back, and a slow start stays below the
    // threshold for a while: half of it is the difference.
    let ahead = step as f64 / 2.0;
    Some((onset as f64 + ahead - 0.5, offset as f64 - ahead + 0.5))
}

/// Where the tangent at the T wave's steepest descent meets the line before the P wave (Lepeschkin
/// and Surawicz 1952).
fn t_end(beat: &MedianBeat, onset: f64, offset: f64, last: f64, rate: f64) -> Option<f64> {
    let samples = &beat.samples_mv;
    let from = (offset + 0.06 * rate) as usize;
    let to = (last as usize).min(samples.len().saturating_sub(2));
    if from + 3 >= to {
        return None;
    }
    let level = level_before(samples, onset, rate);
    let height = |k: usize| samples[k] - level;
    let top = (from..to).max_by(|&a, &b| height(a).abs().total_cmp(&height(b).abs()))?;
    if height(top).abs() < MIN_T_MV || top + 2 >= to || top <= from + 1 {
        return None;
    }
    let sign = height(top).signum();
    let step = ((0.013 * rate).round() as usize).max(1);
    let slope = |k: usize| {
        sign * (samples[(k + step).min(samples.len() - 1)] - samples[k - step]) / (2 * step) as f32
    };
    let limit = (top + (0.16 * rate) as usize).min(to);
    let steepest = (top + 1..limit).min_by(|&a, &b| slope(a).total_cmp(&slope(b)))?;
    let fall = slope(steepest);
    (fall < -1e-4).then(|| steepest as f64 + f64::from(sign * height(steepest) / -fall))
}

/// Where the tangent at the P wave's steepest rise meets the line before it.
fn p_onset(beat: &MedianBeat, onset: f64, mean_rr: f64, rate: f64) -> Option<f64> {
    let samples = &beat.samples_mv;
    let earliest = (onset - 0.3_f64.min(0.5 * mean_rr) * rate).max(2.0) as usize;
    let latest = (onset - 0.03 * rate).max(0.0) as usize;
    if earliest + 4 >= latest {
        return None;
    }
    let level = level_before(samples, onset, rate);
    let height = |k: usize| samples[k] - level;
    let top = (earliest..latest).max_by(|&a, &b| height(a).abs().total_cmp(&height(b).abs()))?;
    // A wave has a summit; the end of the T wave before it only falls.
    if height(top).abs() < MIN_P_MV || top <= earliest + 2 || top + 1 >= latest {
        return None;
    }
    let sign = height(top).signum();
    let step = ((0.013 * rate).round() as usize).max(1);
    let slope =
        |k: usize| sign * (samples[k + step] - samples[k.saturating_sub(step)]) / (2 * step) as f32;
    let limit = top.saturating_sub((0.08 * rate) as usize).max(earliest);
    let steepest = (limit..top).max_by(|&a, &b| slope(a).total_cmp(&slope(b)))?;
    let rise = slope(steepest);
    (rise > 1e-4).then(|| steepest as f64 - f64::from(sign * height(steepest) / rise))
}

/// The level of the line shortly before the QRS complex.
fn level_before(samples: &[f32], onset: f64, rate: f64) -> f32 {
    let to = ((onset - 0.01 * rate).max(1.0) as usize).clamp(1, samples.len());
    let from = to.saturating_sub(((0.02 * rate) as usize).max(1));
    samples[from..to].iter().sum::<f32>() / (to - from) as f32
}

/// The median and the half-width of the middle half; `None` for fewer than two values.
fn median_and_spread(mut values: Vec<f64>) -> Option<(f64, f64)> {
    if values.len() < MIN_LEADS {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    let quartile = |share: f64| values[(share * last as f64).round() as usize];
    Some((quartile(0.5), 0.5 * (quartile(0.75) - quartile(0.25))))
}

#[cfg(test)]
mod tests {
    use super::super::beats::{find, rhythm, tests::page};
    use super::*;

    #[test]
    fn waves_of_known_length_are_measured() {
        let times: Vec<f64> = (0..12).map(|k| 0.4 + 0.8 * f64::from(k)).collect();
        let recording = page(&times);
        let beats = find(&recording);
        let found = durations(&recording, &beats, &rhythm(&recording, &beats));
        // The waves are Gaussians. The P wave's tangent meets the line two deviations before its
        // middle, 200 ms before the peak; the QRS complex reaches from 25 ms before the middle of
        // the Q wave (30 - 8 x 3) to as long after that of the S wave.
        let value = |interval: Option<Interval>| interval.map_or(0.0, |interval| interval.value);
        let (pr, qrs, qt) = (value(found.pr_ms), value(found.qrs_ms), value(found.qt_ms));
        assert!((pr - 148.0).abs() < 30.0, "PR {pr}");
        assert!((qrs - 110.0).abs() < 25.0, "QRS {qrs}");
        assert!((qt - 422.0).abs() < 30.0, "QT {qt}");
        assert!((value(found.qtc_ms) - qt / 0.8_f64.cbrt()).abs() < 1e-6);
    }

    #[test]
    fn too_little_or_too_noisy_gives_nothing() {
        let recording = page(&[0.5, 1.4]);
        let beats = find(&recording);
        let found = durations(&recording, &beats, &rhythm(&recording, &beats));
        assert!(found.qrs_ms.is_none() && found.qt_ms.is_none());

        let times: Vec<f64> = (0..12).map(|k| 0.4 + 0.8 * f64::from(k)).collect();
        let mut noisy = page(&times);
        let mut state = 1u32;
        for lead in &mut noisy.leads {
            for value in &mut lead.samples_mv {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *value += 0.6 * ((state >> 8) as f32 / (1 << 24) as f32 - 0.5);
            }
        }
        let beats = find(&noisy);
        let found = durations(&noisy, &beats, &rhythm(&noisy, &beats));
        assert!(found.pr_ms.is_none() && found.qt_ms.is_none(), "{found:?}");
    }
}
