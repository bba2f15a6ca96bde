//! Recordings of AliveCor's Kardia devices as JSON of its service: samples of up to six leads, raw and
//! filtered, with their rate and resolution. The raw ones are read, as nobody knows the filter.

use serde::Deserialize;

use super::json::{Number, Samples, parse};
use super::{assembled, unsupported};
use crate::error::{Error, Result};
use crate::lead::Lead;
use crate::recording::{LeadSignal, Recording};

/// Reads a recording.
///
/// # Errors
/// [`Error::UnsupportedFormat`] for recordings of twelve leads, which are stored otherwise;
/// [`Error::Decode`] for damage and where rate or resolution are missing; [`Error::TooLarge`]
/// beyond the limits.
pub(super) fn read(text: &str) -> Result<Recording> {
    let document: Document = parse(text)?;
    let Some(data) = document.data else {
        return Err(unsupported(
            "this Kardia recording holds no samples of one or six leads, which is all that Inkbeat reads; choose a screenshot of its PDF",
        ));
    };
    let signals = data
        .raw
        .or(data.enhanced)
        .ok_or_else(|| Error::decode("the Kardia recording holds no ECG"))?;
    let missing =
        |what: &str| Error::decode(format!("the Kardia recording does not say its {what}"));
    let rate = signals.frequency.ok_or_else(|| missing("frequency"))?;
    let nanovolts = signals
        .amplitude_resolution
        .ok_or_else(|| missing("resolution"))?;
    if nanovolts.0 <= 0.0 {
        return Err(Error::decode(
            "the resolution of the Kardia recording is not above zero",
        ));
    }
    let stored = signals.samples;
    let mut leads = Vec::new();
    for (lead, samples) in [
        (Lead::I, stored.one),
        (Lead::II, stored.two),
        (Lead::III, stored.three),
        (Lead::AVR, stored.avr),
        (Lead::AVL, stored.avl),
        (Lead::AVF, stored.avf),
    ] {
        let samples_mv = samples.millivolts(nanovolts.0 * 1e-6)?;
        // Leads that the device lacks may be there without samples.
        if !samples_mv.is_empty() {
            let lead = Some(lead);
            leads.push(LeadSignal { lead, samples_mv });
        }
    }
    assembled(rate.0, leads)
}

#[derive(Deserialize)]
struct Document {
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    raw: Option<Signals>,
    enhanced: Option<Signals>,
}

#[derive(Deserialize)]
struct Signals {
    frequency: Option<Number>,
    /// nV in one step.
    #[serde(rename = "amplitudeResolution")]
    amplitude_resolution: Option<Number>,
    #[serde(default)]
    samples: Leads,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Leads {
    #[serde(rename = "leadI")]
    one: Samples,
    #[serde(rename = "leadII")]
    two: Samples,
    #[serde(rename = "leadIII")]
    three: Samples,
    #[serde(rename = "AVR", alias = "aVR")]
    avr: Samples,
    #[serde(rename = "AVL", alias = "aVL")]
    avl: Samples,
    #[serde(rename = "AVF", alias = "aVF")]
    avf: Samples,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::recordings::json::kardia;

    fn refusal(text: &str) -> (&'static str, String) {
        let error = read(text).unwrap_err();
        (error.code(), error.to_string())
    }

    #[test]
    fn raw_leads_are_scaled_by_nanovolts() {
        let text = kardia(&[
            ("leadI", &[100, -200, 4000]),
            ("AVR", &[1, 2, 3]),
            ("leadII", &[]),
            ("leadIII", &[7, 8, 9]),
        ]);
        let recording = read(&text).unwrap();
        assert_eq!(recording.sample_rate_hz, 300.0);
        let leads: Vec<_> = recording.leads.iter().map(|signal| signal.lead).collect();
        assert_eq!(leads, [Some(Lead::I), Some(Lead::III), Some(Lead::AVR)]);
        assert_eq!(recording.leads[0].samples_mv, [0.05, -0.1, 2.0]);
        assert_eq!(recording.leads[2].samples_mv, [0.0005, 0.001, 0.0015]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let good = kardia(&[("leadI", &[1, 2])]);
        assert!(
            refusal(&good.replace("\"frequency\"", "\"x\""))
                .1
                .contains("frequency")
        );
        assert!(
            refusal(&good.replace("amplitudeResolution", "x"))
                .1
                .contains("resolution")
        );
        assert!(
            refusal(&good.replace("\"leadI\"", "\"pulse\""))
                .1
                .contains("no ECG")
        );
        assert!(refusal(&good.replace("500", "0")).1.contains("above zero"));
        let uneven = kardia(&[("leadI", &[1, 2]), ("leadII", &[1])]);
        assert!(refusal(&uneven).1.contains("differ in length"));
        let (code, said) = refusal("{\"id\": \"x\", \"data12L\": {}}");
        assert!(
            code == "UNSUPPORTED_FORMAT" && said.contains("PDF"),
            "{said}"
        );
    }

    proptest! {
        #[test]
        fn any_steps_are_read_back(steps in prop::collection::vec(any::<i16>(), 1..200)) {
            let recording = read(&kardia(&[("leadII", &steps)])).unwrap();
            for (read, &step) in recording.leads[0].samples_mv.iter().zip(&steps) {
                prop_assert!((f64::from(*read) - f64::from(step) * 5e-4).abs() < 1e-5);
            }
        }

        #[test]
        fn any_damage_ends_in_an_answer(at in any::<prop::sample::Index>(), byte in any::<u8>(), is_cut in any::<bool>()) {
            let mut bytes = kardia(&[("leadI", &[1, 2, 3])]).into_bytes();
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
