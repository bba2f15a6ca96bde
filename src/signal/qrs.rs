//! Heartbeats: where the QRS complexes are and how fast they follow each other.

use super::filter::{Section, filter_zero_phase, remove_baseline};
use crate::outcome::Interval;

/// The band in which the QRS complex stands out from T waves and from muscle noise.
const QRS_BAND_HZ: [f64; 2] = [8.0, 25.0];
/// Length of a QRS complex: the short moving average.
const QRS_SECS: f64 = 0.097;
/// Length of a heartbeat: the long moving average.
const BEAT_SECS: f64 = 0.611;
/// How far the short average must rise above the long one: this share of the mean energy …
const OFFSET_OF_MEAN: f64 = 0.5;
/// … but no more than this share of the usual beat's energy, which a few large beats can't raise.
/// Both shares were chosen on training records of PTB-XL, where the heart rates of all leads but
/// for about one in a hundred then agree.
const OFFSET_OF_USUAL: f64 = 0.1;
/// Every stretch of this length holds a beat, but for pauses and very slow hearts.
const STRETCH_SECS: f64 = 1.5;
/// After a beat the ventricles can't be excited again for about this long.
const REFRACTORY_SECS: f64 = 0.2;
/// How far the largest deflection may lie from the point of most energy.
const PEAK_SEARCH_SECS: f64 = 0.05;

/// Finds the R peaks (or the S peaks, where those are larger) of one lead: indices into
/// `samples_mv`, ascending. A `sample_rate_hz` of 50 or less, or fewer samples than one second,
/// gives none.
///
/// Two moving averages over the squared 8–25 Hz band mark stretches of QRS length, as in Elgendi
/// 2013, "Fast QRS detection with an optimized knowledge-based method" (band and threshold
/// differ); the largest deflection of the polarity that prevails in this lead is the peak, so
/// inverted leads work alike.
pub fn detect_r_peaks(samples_mv: &[f32], sample_rate_hz: f64) -> Vec<usize> {
    let sections = [
        Section::high_pass(QRS_BAND_HZ[0], sample_rate_hz),
        Section::low_pass(QRS_BAND_HZ[1], sample_rate_hz),
    ];
    let [Some(high_pass), Some(low_pass)] = sections else {
        return Vec::new();
    };
    if (samples_mv.len() as f64) < sample_rate_hz {
        return Vec::new();
    }
    let mut band = samples_mv.to_vec();
    filter_zero_phase(&[high_pass, low_pass], &mut band, sample_rate_hz);
    let energy: Vec<f64> = band.iter().map(|&s| f64::from(s) * f64::from(s)).collect();

    let beats = blocks(&energy, sample_rate_hz);
    let mut trace = samples_mv.to_vec();
    remove_baseline(&mut trace, sample_rate_hz);
    peaks(&beats, &trace, sample_rate_hz)
}

/// The mean heart rate in beats a minute over these R peaks, with a 95 % range: twice the standard
/// error of the mean RR interval plus one sample of timing error at either end. `None` for fewer
/// than three peaks and for rates outside 20–300.
pub fn heart_rate(peaks: &[usize], sample_rate_hz: f64) -> Option<Interval> {
    let (first, last) = (*peaks.first()?, *peaks.last()?);
    if peaks.len() < 3 || last <= first || !(sample_rate_hz > 0.0 && sample_rate_hz.is_finite()) {
        return None;
    }
    let count = (peaks.len() - 1) as f64;
    let mean_secs = (last - first) as f64 / sample_rate_hz / count;
    let squares: f64 = peaks
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]) as f64 / sample_rate_hz - mean_secs)
        .map(|deviation| deviation * deviation)
        .sum();
    let standard_error_secs = (squares / (count - 1.0) / count).sqrt();
    let margin_secs = 2.0 * standard_error_secs + 2.0 / sample_rate_hz / count;
    let value = 60.0 / mean_secs;
    (20.0..=300.0).contains(&value).then(|| Interval {
        value,
        low: 60.0 / (mean_secs + margin_secs),
        // Very few, very uneven beats leave the upper end open: it is held at the highest rate.
        high: 60.0 / (mean_secs - margin_secs).max(0.2),
    })
}

/// A stretch of the signal with the energy of a heartbeat.
struct Block {
    /// Index of the most energy.
    centre: usize,
    /// Energy there.
    energy: f64,
}

/// The stretches in which the short moving average of the energy clearly exceeds the long
/// one, with at least the refractory time between them.
fn blocks(energy: &[f64], sample_rate_hz: f64) -> Vec<Block> {
    let short = moving_average(energy, QRS_SECS * sample_rate_hz);
    let long = moving_average(energy, BEAT_SECS * sample_rate_hz);
    let mean = energy.iter().sum::<f64>() / energy.len() as f64;
    let usual = usual_peak(&short, (STRETCH_SECS * sample_rate_hz) as usize);
    let offset = (OFFSET_OF_MEAN * mean).min(OFFSET_OF_USUAL * usual);
    let beating = |i: usize| short[i] > long[i] + offset;
    // A QRS complex cut off by an end of the strip may be shorter than this; it is left out.
    let shortest = (0.8 * QRS_SECS * sample_rate_hz).round() as usize;

    let mut found: Vec<Block> = Vec::new();
    let mut start = 0;
    while start < energy.len() {
        if !beating(start) {
            start += 1;
            continue;
        }
        let end = (start..energy.len())
            .find(|&i| !beating(i))
            .unwrap_or(energy.len());
        if end - start >= shortest {
            let centre = (start..end)
                .max_by(|&a, &b| short[a].total_cmp(&short[b]))
                .unwrap_or(start);
            found.push(Block {
                centre,
                energy: short[centre],
            });
        }
        start = end;
    }

    let refractory = (REFRACTORY_SECS * sample_rate_hz) as usize;
    let mut kept: Vec<Block> = Vec::with_capacity(found.len());
    for block in found {
        match kept.last_mut() {
            Some(previous) if block.centre - previous.centre < refractory => {
                if block.energy > previous.energy {
                    *previous = block;
                }
            }
            _ => kept.push(block),
        }
    }
    kept
}

/// The median of the highest values of consecutive stretches: the energy of a usual beat, whatever
/// single large beats or disturbances there are.
fn usual_peak(values: &[f64], stretch: usize) -> f64 {
    let mut highest: Vec<f64> = values
        .chunks(stretch.max(1))
        .map(|part| part.iter().copied().fold(0.0, f64::max))
        .collect();
    highest.sort_by(f64::total_cmp);
    highest.get(highest.len() / 2).copied().unwrap_or(0.0)
}

/// The largest deflection of the prevailing polarity near the centre of each block.
fn peaks(blocks: &[Block], trace: &[f32], sample_rate_hz: f64) -> Vec<usize> {
    let reach = (PEAK_SEARCH_SECS * sample_rate_hz).round() as usize;
    let around = |block: &Block| {
        block.centre.saturating_sub(reach)..(block.centre + reach + 1).min(trace.len())
    };
    let upward: f32 = blocks
        .iter()
        .map(|block| {
            let near = &trace[around(block)];
            let highest = near.iter().copied().fold(f32::MIN, f32::max);
            let lowest = near.iter().copied().fold(f32::MAX, f32::min);
            highest + lowest
        })
        .sum();
    let sign = if upward < 0.0 { -1.0 } else { 1.0 };
    let mut found: Vec<usize> = blocks
        .iter()
        .filter_map(|block| {
            around(block).max_by(|&a, &b| (sign * trace[a]).total_cmp(&(sign * trace[b])))
        })
        .collect();
    found.dedup();
    found
}

/// Centred moving average over about `width` samples (an odd number), shorter at the ends.
fn moving_average(values: &[f64], width: f64) -> Vec<f64> {
    let half = (width / 2.0) as usize;
    let mut sums = Vec::with_capacity(values.len() + 1);
    let mut total = 0.0;
    sums.push(total);
    for value in values {
        total += value;
        sums.push(total);
    }
    (0..values.len())
        .map(|i| {
            let start = i.saturating_sub(half);
            let end = (i + half + 1).min(values.len());
            (sums[end] - sums[start]) / (end - start) as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beats at the given times: P, Q, R, S and T as Gaussians of (delay s, width s, mV), with a
    /// slow drift below.
    fn beats(times_secs: &[f64], polarity: f64, sample_rate_hz: f64, secs: f64) -> Vec<f32> {
        const WAVES: [(f64, f64, f64); 5] = [
            (-0.17, 0.022, 0.12),
            (-0.028, 0.008, -0.10),
            (0.0, 0.011, 1.0),
            (0.03, 0.010, -0.2),
            (0.28, 0.055, 0.3),
        ];
        (0..(secs * sample_rate_hz) as usize)
            .map(|i| {
                let t = i as f64 / sample_rate_hz;
                let mut value = 0.4 * (2.0 * std::f64::consts::PI * 0.2 * t).sin();
                for beat in times_secs {
                    for (delay, width, height) in WAVES {
                        let x = (t - beat - delay) / width;
                        value += polarity * height * (-0.5 * x * x).exp();
                    }
                }
                value as f32
            })
            .collect()
    }

    fn assert_found(found: &[usize], times_secs: &[f64], rate: f64) {
        assert_eq!(
            found.len(),
            times_secs.len(),
            "{found:?} for {times_secs:?}"
        );
        for (peak, beat) in found.iter().zip(times_secs) {
            assert!((*peak as f64 / rate - beat).abs() < 0.04, "{peak} {beat}");
        }
    }

    #[test]
    fn every_beat_is_found_at_any_rate_and_polarity() {
        for rate in [100.0, 250.0, 512.3] {
            for period in [0.4, 0.8, 1.5] {
                let times: Vec<f64> = (0..((9.7 - 0.3) / period) as usize + 1)
                    .map(|k| 0.3 + k as f64 * period)
                    .collect();
                for polarity in [1.0, -1.0, 0.15] {
                    let strip = beats(&times, polarity, rate, 10.0);
                    assert_found(&detect_r_peaks(&strip, rate), &times, rate);
                }
            }
        }
    }

    #[test]
    fn an_irregular_rhythm_with_a_pause_is_followed() {
        let times = [0.5, 1.1, 1.55, 2.6, 3.1, 5.6, 6.3, 6.7, 7.9, 9.2];
        let strip = beats(&times, 1.0, 200.0, 10.0);
        assert_found(&detect_r_peaks(&strip, 200.0), &times, 200.0);
    }

    #[test]
    fn a_large_extra_beat_does_not_hide_the_others() {
        let times: Vec<f64> = (0..11).map(|k| 0.4 + 0.85 * k as f64).collect();
        let mut strip = beats(&times, 0.4, 250.0, 10.0);
        for beat in [times[3], times[7]] {
            for (sample, extra) in strip.iter_mut().zip(beats(&[beat], 2.5, 250.0, 10.0)) {
                *sample += extra;
            }
        }
        assert_found(&detect_r_peaks(&strip, 250.0), &times, 250.0);
    }

    #[test]
    fn silence_and_scraps_have_no_beats() {
        assert!(detect_r_peaks(&[], 100.0).is_empty());
        assert!(detect_r_peaks(&[0.0; 1000], 100.0).is_empty());
        assert!(detect_r_peaks(&[1.0; 50], 100.0).is_empty());
        assert!(detect_r_peaks(&[1.0; 1000], 30.0).is_empty());
    }

    #[test]
    fn the_rate_is_sixty_over_the_mean_interval() {
        // Nine beats 0.8 s apart: 75 a minute, known to two samples in 6.4 s.
        let even: Vec<usize> = (0..9).map(|k| 30 + 80 * k).collect();
        let rate = heart_rate(&even, 100.0).unwrap();
        assert!((rate.value - 75.0).abs() < 1e-9);
        assert!((rate.low - 60.0 / 0.8025).abs() < 1e-9);
        assert!((rate.high - 60.0 / 0.7975).abs() < 1e-9);

        // Intervals 0.6, 1.0, 0.8: mean 0.8, deviation 0.2, standard error 0.2 / sqrt(3).
        let uneven = heart_rate(&[0, 60, 160, 240], 100.0).unwrap();
        let margin = 2.0 * 0.2 / 3.0_f64.sqrt() + 0.02 / 3.0;
        assert!((uneven.value - 75.0).abs() < 1e-9);
        assert!((uneven.low - 60.0 / (0.8 + margin)).abs() < 1e-9);
        assert!((uneven.high - 60.0 / (0.8 - margin)).abs() < 1e-9);
    }

    #[test]
    fn too_few_beats_and_impossible_rates_give_none() {
        assert!(heart_rate(&[], 100.0).is_none());
        assert!(heart_rate(&[10, 90], 100.0).is_none());
        assert!(heart_rate(&[10, 11, 12], 100.0).is_none());
        assert!(heart_rate(&[0, 1000, 2000], 100.0).is_none());
        assert!(heart_rate(&[0, 80, 160], 0.0).is_none());
    }
}
