//! ECGs of Fitbit and Pixel watches as JSON: Fitbit's Web API (`ecgReadings`) and Google's Health API
//! (data points with an `electrocardiogram`). Both give lead I as whole numbers with a scale.

use serde::Deserialize;

use super::json::{Limited, Number, Samples, parse};
use super::{StripFile, assembled, one_of_several};
use crate::error::{Error, Result};
use crate::lead::Lead;
use crate::recording::{LeadSignal, Recording};

/// No export holds more ECGs than this.
const MAX_ECGS: usize = 10_000;

/// Reads the first ECG with samples, and notes if there are more.
///
/// # Errors
/// [`Error::Decode`] for damage and where sample rate or scale are missing; [`Error::TooLarge`]
/// beyond the limit.
pub(super) fn read(text: &str) -> Result<StripFile> {
    let document: Document = match text.trim_start().starts_with('[') {
        true => Document {
            data_points: parse(text)?,
            ..Document::default()
        },
        false => parse(text)?,
    };
    let beyond = document.ecg_readings.beyond + document.data_points.beyond;
    let points = document.data_points.kept.into_iter();
    let own = Ecg {
        waveform_samples: document.waveform_samples,
        sampling_frequency: document.sampling_frequency,
        steps_per_mv: document.steps_per_mv,
    };
    let ecgs: Vec<Ecg> = (document.ecg_readings.kept.into_iter())
        .chain(points.filter_map(|point| point.electrocardiogram))
        .chain(document.electrocardiogram)
        .chain([own])
        .filter(|ecg| !ecg.waveform_samples.kept.is_empty())
        .collect();
    let first = ecgs
        .first()
        .ok_or_else(|| Error::decode("the file holds no ECG with samples"))?;
    Ok(StripFile {
        recording: recording(first)?,
        notes: one_of_several(ecgs.len() + beyond).into_iter().collect(),
    })
}

fn recording(ecg: &Ecg) -> Result<Recording> {
    let missing =
        |what: &str| Error::decode(format!("the file does not say the {what} of its samples"));
    let rate = ecg.sampling_frequency.ok_or_else(|| missing("frequency"))?;
    let steps_per_mv = ecg.steps_per_mv.ok_or_else(|| missing("scaling factor"))?;
    if steps_per_mv.0 <= 0.0 {
        return Err(Error::decode(
            "the scaling factor of the samples is not above zero",
        ));
    }
    let samples_mv = ecg.waveform_samples.millivolts(1.0 / steps_per_mv.0)?;
    let lead = Some(Lead::I);
    assembled(rate.0, vec![LeadSignal { lead, samples_mv }])
}

/// A list of either service, a single point of it, or its inside.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Document {
    ecg_readings: Limited<Ecg, MAX_ECGS>,
    data_points: Limited<Point, MAX_ECGS>,
    electrocardiogram: Option<Ecg>,
    waveform_samples: Samples,
    #[serde(rename = "samplingFrequencyHertz", alias = "samplingFrequencyHz")]
    sampling_frequency: Option<Number>,
    #[serde(rename = "millivoltsScalingFactor", alias = "scalingFactor")]
    steps_per_mv: Option<Number>,
}

#[derive(Deserialize)]
struct Point {
    electrocardiogram: Option<Ecg>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Ecg {
    waveform_samples: Samples,
    #[serde(rename = "samplingFrequencyHertz", alias = "samplingFrequencyHz")]
    sampling_frequency: Option<Number>,
    #[serde(rename = "millivoltsScalingFactor", alias = "scalingFactor")]
    steps_per_mv: Option<Number>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::recordings::json::{fitbit, google_health};

    #[test]
    fn both_services_are_read() {
        let steps = [0, 100, -50, 10_922];
        let point = google_health(&steps);
        for text in [
            fitbit(&steps),
            point.clone(),
            format!("[{point}]"),
            format!("{{\"dataPoints\": [{point}], \"nextPageToken\": \"\"}}"),
            "{\"waveformSamples\": [0, 100, -50, 10922], \"samplingFrequencyHz\": \"250\", \"scalingFactor\": 10922}".to_owned(),
        ] {
            let file = read(&text).unwrap();
            assert_eq!(file.recording.sample_rate_hz, 250.0, "{text}");
            assert_eq!(file.recording.leads[0].lead, Some(Lead::I));
            let expected = [0.0, 100.0 / 10922.0, -50.0 / 10922.0, 1.0];
            for (read, expected) in file.recording.leads[0].samples_mv.iter().zip(expected) {
                assert!((read - expected).abs() < 1e-7, "{text}");
            }
            assert!(file.notes.is_empty());
        }
    }

    #[test]
    fn of_several_the_first_with_samples_is_read() {
        let (empty, first, second) = (google_health(&[]), google_health(&[1]), google_health(&[2]));
        let file = read(&format!("{{\"dataPoints\": [{empty}, {first}, {second}]}}")).unwrap();
        assert_eq!(file.recording.leads[0].samples_mv, [1.0 / 10922.0]);
        assert!(file.notes[0].message.contains('2'));
    }

    #[test]
    fn what_is_missing_is_named() {
        let message = |from: &str, to: &str| {
            let text = google_health(&[1, 2]).replace(from, to);
            let error = read(&text).unwrap_err();
            assert_eq!(error.code(), "DECODE");
            error.to_string()
        };
        assert!(message("samplingFrequencyHertz", "x").contains("frequency"));
        assert!(message("millivoltsScalingFactor", "x").contains("scaling factor"));
        assert!(message("10922", "0").contains("above zero"));
        assert!(message("[1,2]", "[]").contains("no ECG"));
        assert!(message("[1,2]", "[1e39]").contains("finite"));
    }

    proptest! {
        #[test]
        fn any_steps_are_read_back(steps in prop::collection::vec(any::<i16>(), 1..200)) {
            for text in [fitbit(&steps), google_health(&steps)] {
                let recording = read(&text).unwrap().recording;
                for (read, &step) in recording.leads[0].samples_mv.iter().zip(&steps) {
                    prop_assert!((f64::from(*read) - f64::from(step) / 10_922.0).abs() < 1e-6);
                }
            }
        }

        #[test]
        fn any_damage_ends_in_an_answer(at in any::<prop::sample::Index>(), byte in any::<u8>(), is_cut in any::<bool>()) {
            let mut bytes = google_health(&[1, 2, 3]).into_bytes();
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
