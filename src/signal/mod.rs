//! Signals: what happens to one lead between the file and the model.

mod filter;
pub mod intervals;
mod isoelectric;
mod leads_together;
pub mod polarity;
mod qrs;
mod quality;
mod resample;
mod tracing_window;

pub use filter::remove_baseline;
pub use isoelectric::isoelectric_level;
pub use leads_together::{LEAST_LEADS_TOGETHER, PreparedLeads, prepare_leads};
pub use qrs::{detect_r_peaks, heart_rate};
pub use resample::resample;
pub use tracing_window::{TRACING_CHANNELS, tracing_window};

use crate::lead::Lead;
use crate::outcome::{Issue, Quality};

/// Sample rate of every signal a model sees.
pub const MODEL_SAMPLE_RATE_HZ: f64 = 100.0;
/// Samples of one window, the models' input: ten seconds.
pub const WINDOW_SAMPLES: usize = 1000;

/// Sample rates outside this range are mistakes or no ECG.
const SAMPLE_RATES_HZ: std::ops::RangeInclusive<f64> = 20.0..=2000.0;
/// Less than this holds too few beats to say anything.
const MIN_DURATION_SECS: f64 = 5.0;
/// What lies beyond is not read, so that a day-long recording can't keep the page busy.
const MAX_DURATION_SECS: f64 = 600.0;

/// One lead, ready for the model.
#[derive(Clone, Debug)]
pub struct PreparedStrip {
    /// Windows of [`WINDOW_SAMPLES`] each, in mV at [`MODEL_SAMPLE_RATE_HZ`], baseline removed.
    /// Never empty. A strip of 5–10 s is one window, filled up with zeros at its end; a longer one
    /// is cut into consecutive windows of which the last ends with the strip.
    pub windows: Vec<Vec<f32>>,
    /// How good the strip is, with warnings.
    pub quality: Quality,
    /// Length of the whole strip as recorded.
    pub duration_secs: f64,
}

/// Resamples a lead to 100 Hz, removes its baseline, judges it and cuts it into windows. `lead`, where it is known, only
/// serves to tell whether it is upside down.
///
/// # Errors
/// The reasons why the strip can't be read: `IMPLAUSIBLE` (a sample rate outside 20–2000 Hz,
/// values that are no numbers, or more than 20 mV), `TOO_SHORT` (under 5 s), `FLAT`, `CLIPPED`,
/// `NOISY`.
pub fn prepare_strip(
    samples_mv: &[f32],
    sample_rate_hz: f64,
    lead: Option<Lead>,
) -> Result<PreparedStrip, Vec<Issue>> {
    if !SAMPLE_RATES_HZ.contains(&sample_rate_hz) {
        return Err(vec![Issue::reject(
            "IMPLAUSIBLE",
            format!("A sample rate of {sample_rate_hz:.1} Hz is not that of an ECG."),
            "Give the sample rate the recorder really used: from 20 to 2000 values a second.",
        )]);
    }
    let duration_secs = samples_mv.len() as f64 / sample_rate_hz;
    if duration_secs < MIN_DURATION_SECS {
        return Err(vec![Issue::reject(
            "TOO_SHORT",
            format!(
                "The strip lasts {duration_secs:.1} seconds; at least {MIN_DURATION_SECS:.0} are needed."
            ),
            "Record for 10 seconds or more and choose the whole strip. If it is longer than that, its sample rate is wrong.",
        )]);
    }
    let read = (MAX_DURATION_SECS * sample_rate_hz).ceil() as usize;
    let recorded_mv = &samples_mv[..samples_mv.len().min(read)];
    if recorded_mv.iter().any(|sample| !sample.is_finite()) {
        return Err(vec![Issue::reject(
            "IMPLAUSIBLE",
            "Some values of the strip are not numbers.",
            "Export the strip again, without gaps.",
        )]);
    }

    let mut prepared_mv = resample(recorded_mv, sample_rate_hz, MODEL_SAMPLE_RATE_HZ);
    remove_baseline(&mut prepared_mv, MODEL_SAMPLE_RATE_HZ);
    let mut quality = quality::judge(recorded_mv, sample_rate_hz, &prepared_mv)?;
    if recorded_mv.len() < samples_mv.len() {
        quality.issues.push(Issue::warn(
            "LONG",
            format!(
                "Only the first {:.0} minutes were read.",
                MAX_DURATION_SECS / 60.0
            ),
            "Cut out the part that matters and choose that.",
        ));
    }
    if let Some(true) = lead.and_then(|lead| polarity::is_upside_down(&prepared_mv, lead)) {
        quality.issues.push(Issue::warn(
            "INVERTED",
            "The waves of this lead point the other way than they usually do: it may have been recorded upside down.",
            "Look whether the device was turned round, worn on the other wrist, or its cables exchanged; if so, record again.",
        ));
    }
    Ok(PreparedStrip {
        windows: cut_windows(&prepared_mv),
        quality,
        duration_secs,
    })
}

fn cut_windows(prepared_mv: &[f32]) -> Vec<Vec<f32>> {
    if prepared_mv.len() <= WINDOW_SAMPLES {
        let mut window = prepared_mv.to_vec();
        window.resize(WINDOW_SAMPLES, 0.0);
        return vec![window];
    }
    (0..prepared_mv.len().div_ceil(WINDOW_SAMPLES))
        .map(|k| {
            let start = (k * WINDOW_SAMPLES).min(prepared_mv.len() - WINDOW_SAMPLES);
            prepared_mv[start..start + WINDOW_SAMPLES].to_vec()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Severity;

    /// A beat a second: an R wave of 1 mV and a T wave, on an offset of 0.3 mV.
    fn strip(secs: f64, sample_rate_hz: f64) -> Vec<f32> {
        (0..(secs * sample_rate_hz) as usize)
            .map(|i| {
                let t = (i as f64 / sample_rate_hz).fract();
                let wave = |at: f64, width: f64| (-0.5 * ((t - at) / width).powi(2)).exp();
                (0.3 + wave(0.4, 0.012) + 0.25 * wave(0.68, 0.05)) as f32
            })
            .collect()
    }

    /// White noise from a small linear congruential generator, uniform in ±`amplitude`.
    fn noise(samples: usize, amplitude: f32) -> Vec<f32> {
        let mut state = 1_u32;
        (0..samples)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                amplitude * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)
            })
            .collect()
    }

    fn rejection(samples_mv: &[f32], sample_rate_hz: f64) -> String {
        let issues = prepare_strip(samples_mv, sample_rate_hz, None).unwrap_err();
        assert!(issues.iter().all(|i| i.severity == Severity::Reject));
        assert!(
            issues
                .iter()
                .all(|i| !i.message.is_empty() && !i.hint.is_empty())
        );
        issues[0].code.clone()
    }

    #[test]
    fn a_good_strip_is_one_clean_window() {
        for rate in [100.0, 250.0, 512.0] {
            let prepared = prepare_strip(&strip(10.0, rate), rate, None).unwrap();
            assert_eq!(prepared.windows.len(), 1);
            let window = &prepared.windows[0];
            assert_eq!(window.len(), WINDOW_SAMPLES);
            let mean = window.iter().sum::<f32>() / WINDOW_SAMPLES as f32;
            assert!(mean.abs() < 0.01, "{mean}");
            assert_eq!(detect_r_peaks(window, MODEL_SAMPLE_RATE_HZ).len(), 10);
            assert!(prepared.quality.score > 0.8, "{:?}", prepared.quality);
            assert!(prepared.quality.issues.is_empty());
            assert!((prepared.duration_secs - 10.0).abs() < 0.01);
        }
    }

    #[test]
    fn short_strips_are_padded_and_long_ones_cut() {
        let short = prepare_strip(&strip(6.0, 250.0), 250.0, None).unwrap();
        assert_eq!(short.windows.len(), 1);
        assert!(short.windows[0][600..].iter().all(|&s| s == 0.0));
        assert!(short.windows[0][..600].iter().any(|&s| s > 0.5));

        let long: Vec<f32> = (0..2500).map(|i| i as f32).collect();
        let windows = cut_windows(&long);
        let starts: Vec<f32> = windows.iter().map(|w| w[0]).collect();
        assert_eq!(starts, [0.0, 1000.0, 1500.0]);
        assert!(windows.iter().all(|w| w.len() == WINDOW_SAMPLES));
        assert_eq!(cut_windows(&long[..2000]).len(), 2);
    }

    #[test]
    fn unreadable_strips_are_refused_by_name() {
        assert_eq!(rejection(&strip(4.9, 100.0), 100.0), "TOO_SHORT");
        assert_eq!(rejection(&[], 100.0), "TOO_SHORT");
        assert_eq!(rejection(&[0.7; 1000], 100.0), "FLAT");
        assert_eq!(rejection(&noise(1000, 1.0), 100.0), "NOISY");
        let microvolts: Vec<f32> = strip(10.0, 100.0).iter().map(|s| 1000.0 * s).collect();
        assert_eq!(rejection(&microvolts, 100.0), "IMPLAUSIBLE");
        let volts: Vec<f32> = strip(10.0, 100.0).iter().map(|s| 0.001 * s).collect();
        assert_eq!(rejection(&volts, 100.0), "FLAT");
        let clipped: Vec<f32> = strip(10.0, 250.0).iter().map(|s| s.min(0.5)).collect();
        assert_eq!(rejection(&clipped, 250.0), "CLIPPED");
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
            assert_eq!(rejection(&strip(10.0, 100.0), rate), "IMPLAUSIBLE");
        }
        let mut gap = strip(10.0, 100.0);
        gap[500] = f32::NAN;
        assert_eq!(rejection(&gap, 100.0), "IMPLAUSIBLE");
    }

    #[test]
    fn noise_costs_score_and_is_warned_of() {
        let noisy: Vec<f32> = strip(10.0, 100.0)
            .iter()
            .zip(noise(1000, 0.18))
            .map(|(s, n)| s + n)
            .collect();
        let quality = prepare_strip(&noisy, 100.0, None).unwrap().quality;
        assert_eq!(quality.issues[0].code, "NOISY");
        assert_eq!(quality.issues[0].severity, Severity::Warn);
        assert!(quality.score < 0.6, "{}", quality.score);
    }

    #[test]
    fn hours_are_cut_to_ten_minutes() {
        let prepared = prepare_strip(&strip(700.0, 100.0), 100.0, None).unwrap();
        assert_eq!(prepared.windows.len(), 60);
        assert_eq!(prepared.quality.issues[0].code, "LONG");
        assert!((prepared.duration_secs - 700.0).abs() < 1e-9);
    }
}
