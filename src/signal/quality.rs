//! Whether a strip is good enough to be read, and if not, why.

use super::MODEL_SAMPLE_RATE_HZ;
use crate::outcome::{Issue, Quality};

/// Beyond this no ECG reaches: the figures are in another unit.
const MAX_PLAUSIBLE_MV: f32 = 20.0;
/// Below this span there is no heartbeat to be seen: the electrode was off, or the unit is wrong.
const FLAT_SPAN_MV: f32 = 0.04;
/// A plateau of at least this length at the highest or lowest value is the recorder's limit.
const PLATEAU_SECS: f64 = 0.016;
/// Share of samples on such plateaus from which the strip is refused, and from which it is warned of.
const CLIPPED_REJECT: f32 = 0.02;
const CLIPPED_WARN: f32 = 0.003;
/// How far from the median a limit lies at least, as a share of the strip's range.
const RESTING_SHARE: f32 = 0.1;
/// Noise as a share of the signal's span from which the strip is refused (pure noise has 0.19),
/// and from which it is warned of.
const NOISE_REJECT: f32 = 0.12;
const NOISE_WARN: f32 = 0.06;

/// Judges a strip: `recorded_mv` as it came, `prepared_mv` at [`MODEL_SAMPLE_RATE_HZ`] with the
/// baseline removed. Warnings are part of the quality.
///
/// # Errors
/// Every issue that stops the reading: `IMPLAUSIBLE`, `FLAT`, `CLIPPED`, `NOISY`.
pub(super) fn judge(
    recorded_mv: &[f32],
    sample_rate_hz: f64,
    prepared_mv: &[f32],
) -> Result<Quality, Vec<Issue>> {
    let largest_mv = prepared_mv.iter().fold(0.0_f32, |m, s| m.max(s.abs()));
    if largest_mv > MAX_PLAUSIBLE_MV {
        return Err(vec![Issue::reject(
            "IMPLAUSIBLE",
            format!(
                "The strip swings by {largest_mv:.0} mV; a heart reaches {MAX_PLAUSIBLE_MV:.0} mV at most."
            ),
            "The file is probably in microvolts or in raw recorder steps: choose the right unit and try again.",
        )]);
    }
    let span_mv = quantile(prepared_mv, 0.995) - quantile(prepared_mv, 0.005);
    if span_mv < FLAT_SPAN_MV {
        return Err(vec![Issue::reject(
            "FLAT",
            "The strip is a flat line: no heartbeat can be seen in it.",
            "Check that the electrodes touched the skin and that the file's unit (mV or µV) is right, then record again.",
        )]);
    }

    let mut rejections = Vec::new();
    let mut warnings = Vec::new();
    let clipped = clipped_share(recorded_mv, sample_rate_hz);
    if clipped > CLIPPED_WARN {
        let percent = 100.0 * clipped;
        let message = format!(
            "The tops or bottoms of the waves are cut off at the recorder's limit ({percent:.1} % of the strip)."
        );
        let hint = "Record again with good skin contact; on the recorder, choose a smaller gain.";
        if clipped > CLIPPED_REJECT {
            rejections.push(Issue::reject("CLIPPED", message, hint));
        } else {
            warnings.push(Issue::warn("CLIPPED", message, hint));
        }
    }
    let noise = noise_mv(prepared_mv) / span_mv;
    if noise > NOISE_WARN {
        let hint = "Sit still with relaxed arms, away from chargers and cables, and record again.";
        if noise > NOISE_REJECT {
            let message = "The heartbeats drown in noise from muscles or mains.";
            rejections.push(Issue::reject("NOISY", message, hint));
        } else {
            let message = "There is noise from muscles or mains on the strip.";
            warnings.push(Issue::warn("NOISY", message, hint));
        }
    }
    if !rejections.is_empty() {
        return Err(rejections);
    }
    let cleanness = 1.0 - noise / NOISE_REJECT;
    let wholeness = 1.0 - clipped / CLIPPED_REJECT;
    Ok(Quality {
        score: (cleanness * wholeness).clamp(0.0, 1.0),
        pixels_per_mm: None,
        issues: warnings,
    })
}

/// Share of the samples that lie on plateaus at the strip's highest or lowest value. Values near
/// the median are no limit but the resting line of a noise-free strip without negative waves.
fn clipped_share(samples_mv: &[f32], sample_rate_hz: f64) -> f32 {
    let highest = samples_mv.iter().copied().fold(f32::MIN, f32::max);
    let lowest = samples_mv.iter().copied().fold(f32::MAX, f32::min);
    let resting = quantile(samples_mv, 0.5);
    let is_limit = |value: f32| {
        (value == highest || value == lowest)
            && (value - resting).abs() > RESTING_SHARE * (highest - lowest)
    };
    // Two equal neighbours happen by chance in coarse recordings; three at the very limit don't.
    let shortest = ((PLATEAU_SECS * sample_rate_hz).ceil() as usize).max(3);
    let on_plateaus: usize = samples_mv
        .chunk_by(|a, b| a == b)
        .filter(|run| run.len() >= shortest && is_limit(run[0]))
        .map(<[f32]>::len)
        .sum();
    on_plateaus as f32 / samples_mv.len().max(1) as f32
}

/// Standard deviation of the noise, in mV, were it white up to half of [`MODEL_SAMPLE_RATE_HZ`]:
/// from the median of the absolute second differences, which the few steep samples of the QRS
/// complexes can't move.
fn noise_mv(prepared_mv: &[f32]) -> f32 {
    const { assert!(MODEL_SAMPLE_RATE_HZ == 100.0) }; // the thresholds were set at this rate
    let differences: Vec<f32> = prepared_mv
        .windows(3)
        .map(|w| (w[0] - 2.0 * w[1] + w[2]).abs())
        .collect();
    // 1.4826 turns a Gaussian's median deviation into its standard deviation; the second
    // difference of white noise has 1 + 4 + 1 times its variance.
    1.4826 * quantile(&differences, 0.5) / 6.0_f32.sqrt()
}

/// The value below which this share of the samples lies (0 for no samples).
fn quantile(samples: &[f32], share: f64) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let mut sorted = samples.to_vec();
    let rank = (share * (samples.len() - 1) as f64).round() as usize;
    *sorted.select_nth_unstable_by(rank, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_order_statistics() {
        let samples = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(quantile(&samples, 0.0), 1.0);
        assert_eq!(quantile(&samples, 0.5), 3.0);
        assert_eq!(quantile(&samples, 1.0), 5.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }

    #[test]
    fn plateaus_count_only_at_the_limits_and_when_long() {
        // At 100 Hz three samples make a plateau: the 2.0s do, the 1.0s are not at a limit.
        let strip = [0.0, 2.0, 2.0, 2.0, 0.5, 1.0, 1.0, 1.0, 1.0, -1.0];
        assert_eq!(clipped_share(&strip, 100.0), 0.3);
        assert_eq!(clipped_share(&strip, 1000.0), 0.0);
        assert_eq!(clipped_share(&[], 100.0), 0.0);
    }

    #[test]
    fn noise_of_an_alternating_signal_is_as_computed() {
        // ±0.1 alternating: every second difference is 0.4.
        let strip: Vec<f32> = (0..100)
            .map(|i| if i % 2 == 0 { 0.1 } else { -0.1 })
            .collect();
        let expected = 1.4826 * 0.4 / 6.0_f32.sqrt();
        assert!((noise_mv(&strip) - expected).abs() < 1e-6);
    }
}
