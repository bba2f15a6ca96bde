//! XML of GE's MUSE system (`RestingECG`): waveforms as base64 of 16-bit samples, usually eight leads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};

use super::xml::{child_text, children};
use super::{MAX_LEADS, MAX_SAMPLES, Unit, assembled, too_many_samples, unsupported};
use crate::error::{Error, Result};
use crate::lead::Lead;
use crate::recording::{LeadSignal, Recording};

/// Reads the rhythm waveform; the medians that such a file holds besides are no recording.
///
/// # Errors
/// [`Error::Decode`] with the signal's number for damage, for what a waveform does not say and for
/// counts that do not fit; [`Error::TooLarge`] beyond the limits; [`Error::UnsupportedFormat`] for
/// files without a rhythm and for samples of another size.
pub(super) fn read(document: &Document<'_>) -> Result<Recording> {
    let root = document.root_element();
    let rhythm = children(&root, "Waveform").find(|waveform| {
        let kind = child_text(waveform, "WaveformType");
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("Rhythm"))
    });
    let rhythm = rhythm.ok_or_else(|| {
        unsupported("this MUSE file holds no rhythm waveform, only averages of beats or none at all; export the whole ECG")
    })?;
    let base = parsed(&rhythm, "SampleBase")
        .ok_or_else(|| Error::decode("the MUSE file does not say its sampling frequency"))?;
    let exponent = parsed(&rhythm, "SampleExponent").unwrap_or(0.0);
    let mut leads = Vec::new();
    let mut total = 0;
    for (index, data) in children(&rhythm, "LeadData").enumerate() {
        if index >= MAX_LEADS {
            let message = format!("the recording has more than {MAX_LEADS} leads");
            return Err(Error::TooLarge { message });
        }
        let signal = lead(&data, index + 1)?;
        total += signal.samples_mv.len();
        if total > MAX_SAMPLES {
            return Err(too_many_samples());
        }
        leads.push(signal);
    }
    assembled(base * 10_f64.powf(exponent), leads)
}

fn lead(data: &Node<'_, '_>, number: usize) -> Result<LeadSignal> {
    let wrong = |what: &str| Error::decode(format!("signal {number} of the MUSE file {what}"));
    let microvolts = parsed(data, "LeadAmplitudeUnitsPerBit")
        .filter(|&step| step > 0.0)
        .ok_or_else(|| wrong("does not say the height of its samples"))?;
    let unit = match child_text(data, "LeadAmplitudeUnits") {
        Some(unit) => {
            Unit::parse(unit).ok_or_else(|| wrong("holds something that is no voltage"))?
        }
        // As GE's document type has it.
        None => Unit::Microvolt,
    };
    if parsed(data, "LeadSampleSize").is_some_and(|bytes| bytes != 2.0) {
        return Err(unsupported(
            "the samples of this MUSE file are not of two bytes, which is all that Inkbeat reads",
        ));
    }
    let text = child_text(data, "WaveFormData").ok_or_else(|| wrong("holds no samples"))?;
    let text: String = text.split_ascii_whitespace().collect();
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| wrong("is damaged: its samples are no base64"))?;
    let (pairs, odd) = bytes.as_chunks::<2>();
    let fits = |name: &str, count: usize| {
        parsed(data, name).is_none_or(|announced| announced == count as f64)
    };
    if !odd.is_empty()
        || !fits("LeadByteCountTotal", bytes.len())
        || !fits("LeadSampleCountTotal", pairs.len())
    {
        return Err(wrong(
            "is cut off: it does not hold the samples it announces",
        ));
    }
    let step_mv = microvolts * unit.millivolts();
    Ok(LeadSignal {
        lead: child_text(data, "LeadID").and_then(Lead::parse),
        samples_mv: pairs
            .iter()
            .map(|&pair| (f64::from(i16::from_le_bytes(pair)) * step_mv) as f32)
            .collect(),
    })
}

/// A finite number; exports of some regions have a decimal comma.
fn parsed(node: &Node<'_, '_>, name: &str) -> Option<f64> {
    let number: f64 = child_text(node, name)?.replace(',', ".").parse().ok()?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::recordings::muse::Muse;
    use crate::formats::xml;
    use proptest::prelude::*;

    fn read_text(text: &str) -> Result<Recording> {
        xml::read(text.as_bytes()).map(|file| file.recording)
    }

    fn message(text: &str) -> String {
        let error = read_text(text).unwrap_err();
        assert_eq!(error.code(), "DECODE");
        error.to_string()
    }

    #[test]
    fn the_rhythm_is_read_and_scaled() {
        let text = Muse::new(&[("I", &[0, 100, -100]), ("V1", &[1, 2, -32768])]).text();
        let recording = read_text(&text).unwrap();
        assert_eq!(recording.sample_rate_hz, 500.0);
        // 4.88 µV a step.
        assert_eq!(
            recording.lead(Lead::I).unwrap().samples_mv,
            [0.0, 0.488, -0.488]
        );
        assert_eq!(
            recording.lead(Lead::V1).unwrap().samples_mv,
            [0.00488, 0.00976, -159.90784]
        );
        assert_eq!(recording.leads.len(), 2);
        let comma = read_text(&text.replace("4.88", "4,88")).unwrap();
        assert_eq!(comma, recording);
        let millivolts = read_text(&text.replace("MICROVOLTS", "MILLIVOLTS")).unwrap();
        assert_eq!(millivolts.leads[0].samples_mv[1], 488.0);
        let without_unit = text.replace("<LeadAmplitudeUnits>MICROVOLTS</LeadAmplitudeUnits>", "");
        assert_eq!(read_text(&without_unit).unwrap(), recording);
    }

    #[test]
    fn encodings_and_line_breaks_do_not_matter() {
        let muse = Muse::new(&[("II", &[258, -2, 7, 8, 9])]);
        let text = muse.text();
        let expected = read_text(&text).unwrap();
        assert_eq!(read_text(&text.replace('\n', "\r\n")).unwrap(), expected);
        let mut latin1 = text
            .replace("Zoe", "Zo\u{eb}")
            .chars()
            .map(|c| c as u8)
            .collect::<Vec<_>>();
        latin1.push(b'\n');
        assert_eq!(xml::read(&latin1).unwrap().recording, expected);
        let utf16: Vec<u8> = format!("\u{feff}{text}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(xml::read(&utf16).unwrap().recording, expected);
    }

    #[test]
    fn damage_is_named_with_its_lead() {
        let good = Muse::new(&[("I", &[1, 2, 3]), ("II", &[4, 5, 6])]).text();
        let error = read_text(&good.replace(">Rhythm<", ">Median<")).unwrap_err();
        assert_eq!(error.code(), "UNSUPPORTED_FORMAT");
        assert!(error.to_string().contains("no rhythm"));
        assert!(message(&good.replace("SampleBase>", "x>")).contains("sampling frequency"));
        assert!(message(&good.replace(">4.88<", ">0<")).contains("signal 1"));
        assert!(message(&good.replace(">MICROVOLTS<", ">secret<")).contains("no voltage"));
        assert!(
            message(&good.replace(">3</LeadSampleCountTotal>", ">4</LeadSampleCountTotal>"))
                .contains("cut off")
        );
        assert!(
            message(&good.replace(">6</LeadByteCountTotal>", ">5</LeadByteCountTotal>"))
                .contains("cut off")
        );
        assert!(
            message(&good.replace("BAAF", "B*AF")).contains("signal 2 of the MUSE file is damaged")
        );
        assert!(
            message(
                &good
                    .replace("<LeadData>", "<x>")
                    .replace("</LeadData>", "</x>")
            )
            .contains("no ECG")
        );
        assert!(message(&good.replace(">II<", ">I<")).contains("twice"));
        let wide =
            read_text(&good.replace(">2</LeadSampleSize>", ">4</LeadSampleSize>")).unwrap_err();
        assert_eq!(wide.code(), "UNSUPPORTED_FORMAT");
        let short = Muse::new(&[("I", &[1, 2, 3]), ("II", &[4])]).text();
        assert!(message(&short).contains("differ in length"));
    }

    proptest! {
        #[test]
        fn any_samples_are_read_back(steps in prop::collection::vec(any::<i16>(), 1..300)) {
            let recording = read_text(&Muse::new(&[("V6", &steps)]).text()).unwrap();
            let expected: Vec<f32> = steps.iter().map(|&step| (f64::from(step) * (4.88 * 1e-3)) as f32).collect();
            prop_assert_eq!(&recording.leads[0].samples_mv, &expected);
        }
    }
}
