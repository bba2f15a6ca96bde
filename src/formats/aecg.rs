//! HL7's annotated ECG (aECG, `urn:hl7-org:v3`): series of sequences that share one clock, each lead a
//! list of whole numbers with origin and scale. HL7 aECG Implementation Guide, 2005.

use roxmltree::{Document, Node};

use super::xml::{child, child_text, children};
use super::{MAX_LEADS, MAX_SAMPLES, StripFile, Unit, assembled, one_of_several, too_many_samples};
use crate::error::{Error, Result};
use crate::lead::Lead;
use crate::recording::{LeadSignal, Recording};

/// Codes of the clock's sequence.
const CLOCKS: [&str; 2] = ["TIME_ABSOLUTE", "TIME_RELATIVE"];
/// Codes of leads begin so.
const LEAD_PREFIX: &str = "MDC_ECG_LEAD_";

/// Reads the first rhythm series, and notes if there are more. Averaged beats are derived series,
/// which are no recording.
///
/// # Errors
/// [`Error::Decode`] for damage and for what a sequence does not say; [`Error::TooLarge`] beyond
/// the limits.
pub(super) fn read(document: &Document<'_>) -> Result<StripFile> {
    let root = document.root_element();
    let series: Vec<Node<'_, '_>> = children(&root, "component")
        .flat_map(|component| children(&component, "series").collect::<Vec<_>>())
        .filter(|series| {
            // Series without a code are read: what else could they be.
            code(series).is_none_or(|code| code == "RHYTHM")
        })
        .flat_map(|series| children(&series, "component").collect::<Vec<_>>())
        .flat_map(|component| children(&component, "sequenceSet").collect::<Vec<_>>())
        .collect();
    let first = series
        .first()
        .ok_or_else(|| Error::decode("the aECG file holds no rhythm"))?;
    Ok(StripFile {
        recording: recording(first)?,
        notes: one_of_several(series.len()).into_iter().collect(),
    })
}

/// What a sequence set holds.
fn recording(set: &Node<'_, '_>) -> Result<Recording> {
    let sequences = || children(set, "component").filter_map(|part| child(&part, "sequence"));
    let clock = sequences()
        .find(|sequence| code(sequence).is_some_and(|code| CLOCKS.contains(&code)))
        .ok_or_else(|| Error::decode("the aECG file does not say its sampling frequency"))?;
    let mut leads = Vec::new();
    let mut total = 0;
    for sequence in sequences() {
        let Some(name) = code(&sequence).and_then(|code| code.strip_prefix(LEAD_PREFIX)) else {
            continue;
        };
        if leads.len() >= MAX_LEADS {
            let message = format!("the recording has more than {MAX_LEADS} leads");
            return Err(Error::TooLarge { message });
        }
        let samples_mv = samples_mv(&sequence, leads.len() + 1, MAX_SAMPLES - total)?;
        total += samples_mv.len();
        leads.push(LeadSignal {
            lead: Lead::parse(name),
            samples_mv,
        });
    }
    assembled(rate_hz(&clock)?, leads)
}

/// Samples a second, by the step of the clock's list.
fn rate_hz(clock: &Node<'_, '_>) -> Result<f64> {
    let increment = child(clock, "value").and_then(|value| child(&value, "increment"));
    let step = increment.and_then(|increment| {
        let secs = match increment.attribute("unit")? {
            "s" => 1.0,
            "ms" => 1e-3,
            "us" => 1e-6,
            _ => return None,
        };
        Some(number(&increment)? * secs)
    });
    match step {
        Some(step) if step > 0.0 => {
            // A step of 0.001953 s stands for 512 Hz, and one of 0.002 s for 500 Hz exactly.
            let rate = 1.0 / step;
            let whole = rate.round();
            Ok(if (rate / whole - 1.0).abs() < 5e-4 {
                whole
            } else {
                rate
            })
        }
        _ => Err(Error::decode(
            "the aECG file does not say its sampling frequency as seconds a step",
        )),
    }
}

/// The samples of one lead; no more than `limit`.
fn samples_mv(sequence: &Node<'_, '_>, number_of_signal: usize, limit: usize) -> Result<Vec<f32>> {
    let wrong =
        |what: &str| Error::decode(format!("signal {number_of_signal} of the aECG file {what}"));
    let value = child(sequence, "value").ok_or_else(|| wrong("holds no values"))?;
    let quantity = |name: &str| -> Option<f64> {
        let part = child(&value, name)?;
        let unit = Unit::parse(part.attribute("unit")?)?;
        Some(number(&part)? * unit.millivolts())
    };
    let scale_mv = quantity("scale").ok_or_else(|| wrong("does not say its scale as a voltage"))?;
    let origin_mv = match child(&value, "origin") {
        Some(_) => {
            quantity("origin").ok_or_else(|| wrong("does not say its origin as a voltage"))?
        }
        None => 0.0,
    };
    let digits = child_text(&value, "digits").ok_or_else(|| wrong("holds no values"))?;
    let mut samples_mv = Vec::new();
    for digit in digits.split_ascii_whitespace() {
        let digit: f64 = digit.parse().map_err(|_| {
            wrong(&format!(
                "is damaged: value {} is not a number",
                samples_mv.len() + 1
            ))
        })?;
        if samples_mv.len() >= limit {
            return Err(too_many_samples());
        }
        samples_mv.push((origin_mv + scale_mv * digit) as f32);
    }
    Ok(samples_mv)
}

fn code<'a>(node: &Node<'a, '_>) -> Option<&'a str> {
    child(node, "code").and_then(|code| code.attribute("code"))
}

fn number(node: &Node<'_, '_>) -> Option<f64> {
    let number: f64 = node.attribute("value")?.trim().parse().ok()?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::recordings::aecg::Aecg;
    use crate::formats::xml;

    fn read_text(text: &str) -> Result<StripFile> {
        xml::read(text.as_bytes())
    }

    fn message(text: &str) -> String {
        let error = read_text(text).unwrap_err();
        assert_eq!(error.code(), "DECODE");
        error.to_string()
    }

    #[test]
    fn origin_and_scale_make_millivolts() {
        let text = Aecg::new(&[
            ("I", &[0, 100, -100]),
            ("AVR", &[1, 2, 3]),
            ("V7", &[4, 5, 6]),
        ])
        .text();
        let file = read_text(&text).unwrap();
        assert_eq!(file.recording.sample_rate_hz, 500.0);
        // 5 µV a step, from -10 µV.
        assert_eq!(
            file.recording.lead(Lead::I).unwrap().samples_mv,
            [-0.01, 0.49, -0.51]
        );
        assert_eq!(
            file.recording.lead(Lead::AVR).unwrap().samples_mv,
            [-0.005, 0.0, 0.005]
        );
        assert_eq!(file.recording.leads[2].lead, None);
        assert!(file.notes.is_empty());
        let milliseconds = text.replace("value=\"0.002\" unit=\"s\"", "value=\"2\" unit=\"ms\"");
        assert_eq!(read_text(&milliseconds).unwrap(), file);
        let prefixed = text
            .replace("<AnnotatedECG xmlns=", "<h:AnnotatedECG xmlns:h=")
            .replace("</Ann", "</h:Ann");
        assert_eq!(read_text(&prefixed).unwrap().recording, file.recording);
        let coarse = text.replace("\"0.002\"", "\"0.001953\"");
        assert_eq!(read_text(&coarse).unwrap().recording.sample_rate_hz, 512.0);
    }

    #[test]
    fn of_several_rhythms_the_first_is_read_and_averages_never() {
        let mut aecg = Aecg::new(&[("II", &[1, 2])]);
        aecg.series = 2;
        let file = read_text(&aecg.text()).unwrap();
        assert_eq!(file.recording.leads.len(), 1);
        assert!(file.notes[0].message.contains('2'));
        let averages = aecg.text().replace("\"RHYTHM\"", "\"REPRESENTATIVE_BEAT\"");
        assert!(message(&averages).contains("no rhythm"));
    }

    #[test]
    fn damage_is_named() {
        let good = Aecg::new(&[("I", &[1, 2, 3]), ("II", &[4, 5, 6])]).text();
        assert!(message(&good.replace("TIME_ABSOLUTE", "x")).contains("sampling frequency"));
        assert!(message(&good.replace("\"0.002\"", "\"0\"")).contains("sampling frequency"));
        assert!(message(&good.replace("unit=\"s\"", "unit=\"min\"")).contains("seconds a step"));
        assert!(
            message(&good.replace(
                "<scale value=\"5\" unit=\"uV\"",
                "<scale value=\"5\" unit=\"secret\""
            ))
            .contains("signal 1")
        );
        assert!(
            message(&good.replace("<origin value=\"-10\"", "<origin value=\"secret\""))
                .contains("origin")
        );
        let letters = message(&good.replace("4 5 6", "4 secret 6"));
        assert!(
            letters.contains("signal 2")
                && letters.contains("value 2")
                && !letters.contains("secret")
        );
        assert!(message(&good.replace("4 5 6", "4 5")).contains("differ in length"));
        assert!(message(&good.replace("4 5 6", " ")).contains("no values"));
        assert!(message(&good.replace("4 5 6", "4 5 1e300")).contains("finite"));
        assert!(message(&good.replace("LEAD_II", "LEAD_I")).contains("twice"));
        assert!(message(&good.replace(LEAD_PREFIX, "MDC_X_")).contains("no ECG"));
    }

    proptest! {
        #[test]
        fn any_steps_are_read_back(steps in prop::collection::vec(any::<i16>(), 1..200)) {
            let file = read_text(&Aecg::new(&[("V3", &steps)]).text()).unwrap();
            let expected = steps.iter().map(|&step| (f64::from(step) * 5e-3 - 0.01) as f32);
            for (read, expected) in file.recording.lead(Lead::V3).unwrap().samples_mv.iter().zip(expected) {
                prop_assert!((read - expected).abs() < 1e-4);
            }
        }

        #[test]
        fn any_damage_ends_in_an_answer(at in any::<prop::sample::Index>(), byte in any::<u8>(), is_cut in any::<bool>()) {
            let mut bytes = Aecg::new(&[("I", &[1, 2, 3])]).text().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if is_cut {
                bytes.truncate(at);
            }
            if let Ok(text) = std::str::from_utf8(&bytes) {
                let _ = read_text(text);
            }
        }
    }
}
