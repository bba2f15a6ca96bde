//! Logs of the app Polar Sensor Logger: a chest strap's ECG with a clock in every line.
//!
//! `Phone timestamp;sensor timestamp [ns];timestamp [ms];ecg [uV]`, then one sample a line at about
//! 130 Hz. The phone's clock is that of arrival, in bursts; the sensor's own tells the rate.

use super::{MAX_SAMPLES, assembled};
use crate::error::{Error, Result};
use crate::recording::{LeadSignal, Recording};

/// A pause between samples is at least this many of the usual steps: clocks that drift or are
/// rounded to milliseconds stay well below.
const GAP_STEPS: f64 = 1.8;

/// Whether a text begins as such a log.
pub(super) fn is_log(text: &str) -> bool {
    text.lines()
        .next()
        .is_some_and(|line| line.trim_start().starts_with("Phone timestamp;"))
}

/// Reads such a log. Which lead a chest strap records depends on how it is worn, so it stays open.
///
/// # Errors
/// [`Error::UnsupportedFormat`] for logs of other sensors (heart rate, acceleration);
/// [`Error::Decode`] with the line for damage and for samples that are missing or repeated;
/// [`Error::TooLarge`] beyond [`MAX_SAMPLES`].
pub(super) fn read(text: &str) -> Result<Recording> {
    let columns = Columns::of(text.lines().next().unwrap_or_default())?;
    let (mut clock_secs, mut samples_mv) = (Vec::new(), Vec::new());
    let mut start = None;
    for (index, line) in text.lines().enumerate().skip(1) {
        if line.trim().is_empty() {
            continue;
        }
        let field = |column: usize, what: &str| {
            let field = line.split(';').nth(column).map(str::trim);
            field.filter(|field| !field.is_empty()).ok_or_else(|| {
                Error::decode(format!("line {} is cut off: it has no {what}", index + 1))
            })
        };
        let wrong =
            |what: &str| Error::decode(format!("line {}: {what} is not a number", index + 1));
        let clock = field(columns.clock, "timestamp")?;
        let clock = if columns.nanoseconds {
            // Nanoseconds since 2000 have more digits than a floating-point number can hold.
            let clock: i128 = clock.parse().map_err(|_| wrong("the timestamp"))?;
            clock.saturating_sub(*start.get_or_insert(clock)) as f64 * 1e-9
        } else {
            clock.parse::<f64>().map_err(|_| wrong("the timestamp"))? * 1e-3
        };
        let microvolts: f64 = field(columns.ecg, "ECG value")?
            .parse()
            .map_err(|_| wrong("the ECG value"))?;
        clock_secs.push((index + 1, clock));
        samples_mv.push((microvolts * 1e-3) as f32);
        if samples_mv.len() > MAX_SAMPLES {
            return Err(super::too_many_samples());
        }
    }
    let lead = None;
    assembled(rate_hz(&clock_secs)?, vec![LeadSignal { lead, samples_mv }])
}

/// Where the columns stand that are read.
struct Columns {
    clock: usize,
    nanoseconds: bool,
    ecg: usize,
}

impl Columns {
    fn of(header: &str) -> Result<Self> {
        let at = |name: &str| {
            header
                .split(';')
                .position(|field| field.trim().eq_ignore_ascii_case(name))
        };
        let Some(ecg) = at("ecg [uV]") else {
            return Err(super::unsupported(
                "this is a log of Polar Sensor Logger, but not of the ECG; choose the file whose name ends in ECG.txt",
            ));
        };
        let nanoseconds = at("sensor timestamp [ns]");
        let clock = nanoseconds.or(at("timestamp [ms]")).ok_or_else(|| {
            Error::decode("line 1 names no timestamp of the sensor: the sample rate can't be told")
        })?;
        Ok(Self {
            clock,
            nanoseconds: nanoseconds.is_some(),
            ecg,
        })
    }
}

/// Samples a second, from the first clock reading to the last.
fn rate_hz(clock_secs: &[(usize, f64)]) -> Result<f64> {
    let mut steps: Vec<f64> = clock_secs
        .windows(2)
        .map(|pair| pair[1].1 - pair[0].1)
        .collect();
    if steps.is_empty() {
        return Err(Error::decode("the log holds fewer than two samples"));
    }
    let middle = steps.len() / 2;
    let usual = *steps.select_nth_unstable_by(middle, f64::total_cmp).1;
    for pair in clock_secs.windows(2) {
        let step = pair[1].1 - pair[0].1;
        // A clock that is no number fails every comparison.
        if !(step > 0.0 && step < usual * GAP_STEPS) {
            return Err(Error::decode(format!(
                "samples are missing or repeated at line {}: the strap lost its connection there; cut the file and choose a part without a pause",
                pair[1].0
            )));
        }
    }
    let (first, last) = (clock_secs[0].1, clock_secs[clock_secs.len() - 1].1);
    Ok((clock_secs.len() - 1) as f64 / (last - first))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::recordings::text::{POLAR_HEADER, polar};

    fn message(text: &str) -> String {
        let error = read(text).unwrap_err();
        assert_eq!(error.code(), "DECODE");
        error.to_string()
    }

    #[test]
    fn samples_and_the_sensors_rate_are_read() {
        let text = polar(&[100, -200, 1500, 4]);
        assert!(is_log(&text));
        let recording = read(&text).unwrap();
        // 7,692,308 ns a step.
        assert!((recording.sample_rate_hz - 130.0).abs() < 1e-4);
        assert_eq!(recording.leads[0].samples_mv, [0.1, -0.2, 1.5, 0.004]);
        assert_eq!(recording.leads[0].lead, None);
    }

    #[test]
    fn milliseconds_serve_where_nanoseconds_are_missing() {
        let text = "Phone timestamp;timestamp [ms];ecg [uV]\nx;0.0;5\nx;8;6\nx;15;7\nx;23;8\n\n";
        let recording = read(text).unwrap();
        assert!((recording.sample_rate_hz - 3.0 / 0.023).abs() < 1e-9);
        assert_eq!(recording.leads[0].samples_mv, [0.005, 0.006, 0.007, 0.008]);
    }

    #[test]
    fn pauses_and_damage_are_named_with_their_line() {
        let good = polar(&[1, 2, 3, 4, 5, 6]);
        let without = |line: usize| -> String {
            let kept = good
                .lines()
                .enumerate()
                .filter(|(index, _)| index + 1 != line);
            kept.map(|(_, line)| format!("{line}\n")).collect()
        };
        assert!(message(&without(4)).contains("line 4"));
        let repeated = good.replace(good.lines().nth(3).unwrap(), good.lines().nth(2).unwrap());
        assert!(message(&repeated).contains("line 4"));
        assert!(message(&good.replace(";3\n", ";secret\n")).contains("line 4: the ECG value"));
        assert!(message(&good.replace(";3\n", "\n")).contains("line 4 is cut off"));
        assert!(message(&good.replace(";5\n", ";inf\n")).contains("finite"));
        assert!(message(&format!("{POLAR_HEADER}\n")).contains("two samples"));
        assert!(message("Phone timestamp;ecg [uV]\nx;1\n").contains("timestamp"));
    }

    #[test]
    fn other_sensors_are_told_from_the_ecg() {
        let error = read("Phone timestamp;HR [bpm];HRV [ms]\nx;60;5\n").unwrap_err();
        assert_eq!(error.code(), "UNSUPPORTED_FORMAT");
        assert!(error.to_string().contains("ECG.txt"));
    }

    proptest! {
        #[test]
        fn any_microvolts_are_read_back(steps in prop::collection::vec(any::<i16>(), 2..200)) {
            let recording = read(&polar(&steps)).unwrap();
            for (read, &step) in recording.leads[0].samples_mv.iter().zip(&steps) {
                prop_assert!((f64::from(*read) - f64::from(step) * 1e-3).abs() < 1e-5);
            }
        }

        #[test]
        fn any_damage_ends_in_an_answer(at in any::<prop::sample::Index>(), byte in any::<u8>(), is_cut in any::<bool>()) {
            let mut bytes = polar(&[1, 2, 3]).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if is_cut {
                bytes.truncate(at);
            }
            if let Ok(text) = std::str::from_utf8(&bytes) {
                let _ = read(text);
            }
        }
    }
}
