//! JSON of watches' and recorders' services: which it is, and what their readers share.
//!
//! Only the fields that are named in a reader's types are kept; everything else, such as a person's
//! name, is skipped by the parser. Its messages may repeat what it found, so they are not passed on.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::{MAX_SAMPLES, StripFile, fitbit, kardia, text, unsupported};
use crate::error::{Error, Result};

/// Reads the JSON of one of the services that are known.
///
/// # Errors
/// [`Error::UnsupportedFormat`] for other JSON; else as the service's own reader.
pub(super) fn read(bytes: &[u8]) -> Result<StripFile> {
    let text = text::decode(bytes);
    if text.contains("\"waveformSamples\"") {
        fitbit::read(&text)
    } else if text.contains("\"amplitudeResolution\"") || text.contains("\"data12L\"") {
        kardia::read(&text).map(StripFile::from)
    } else {
        Err(unsupported(
            "this is JSON, but not of an ECG that Inkbeat knows (Fitbit, Google Health, Kardia); export the recording as CSV",
        ))
    }
}

/// Parses a document into a reader's types.
///
/// # Errors
/// [`Error::Decode`] with the line.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "something else than expected stands",
            serde_json::error::Category::Eof => "the file is cut off",
            _ => "the JSON is damaged",
        };
        Error::decode(format!(
            "{what} in line {}; export the recording again",
            error.line()
        ))
    })
}

/// A number, also where a service writes it as text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Number;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number")
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> std::result::Result<Number, E> {
                Ok(Number(number))
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> std::result::Result<Number, E> {
                Ok(Number(number as f64))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> std::result::Result<Number, E> {
                Ok(Number(number as f64))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<Number, E> {
                let number = text.trim().parse().map(Number);
                number.map_err(|_| E::custom("no number"))
            }
        }
        deserializer.deserialize_any(Written)
    }
}

/// A list of which no more than `LIMIT` elements are kept; those beyond take no memory.
#[derive(Debug)]
pub(super) struct Limited<T, const LIMIT: usize> {
    pub kept: Vec<T>,
    pub beyond: usize,
}

/// Samples in steps.
pub(super) type Samples = Limited<f32, MAX_SAMPLES>;

impl Samples {
    /// The samples in mV; empty if the service left them out.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond [`MAX_SAMPLES`].
    pub(super) fn millivolts(&self, step_mv: f64) -> Result<Vec<f32>> {
        if self.beyond > 0 {
            return Err(super::too_many_samples());
        }
        let millivolts = |&step: &f32| (f64::from(step) * step_mv) as f32;
        Ok(self.kept.iter().map(millivolts).collect())
    }
}

impl<T, const LIMIT: usize> Default for Limited<T, LIMIT> {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            beyond: 0,
        }
    }
}

impl<'de, T: Deserialize<'de>, const LIMIT: usize> Deserialize<'de> for Limited<T, LIMIT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Collect<T, const LIMIT: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const LIMIT: usize> Visitor<'de> for Collect<T, LIMIT> {
            type Value = Limited<T, LIMIT>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let mut limited = Limited::default();
                while limited.kept.len() < LIMIT {
                    match list.next_element()? {
                        Some(element) => limited.kept.push(element),
                        None => return Ok(limited),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {
                    limited.beyond += 1;
                }
                Ok(limited)
            }
        }
        deserializer.deserialize_seq(Collect(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> (&'static str, String) {
        let error = read(text.as_bytes()).unwrap_err();
        (error.code(), error.to_string())
    }

    #[test]
    fn other_json_is_refused_by_name() {
        for text in ["{}", "{\"data\": 5}", "{\"name\": \"secret\"}", "[[]]"] {
            let (code, said) = refusal(text);
            assert_eq!(code, "UNSUPPORTED_FORMAT");
            assert!(said.contains("Kardia") && !said.contains("secret"));
        }
    }

    #[test]
    fn damage_is_named_by_its_line_and_not_repeated() {
        let (code, said) = refusal("{\"waveformSamples\":\n [1, \"secret\"]}");
        assert_eq!(code, "DECODE");
        assert!(
            said.contains("line 2") && !said.contains("secret"),
            "{said}"
        );
        assert!(
            refusal("{\"waveformSamples\":\n [1, ")
                .1
                .contains("cut off")
        );
        assert!(
            refusal("{\"waveformSamples\": [1,,]}")
                .1
                .contains("damaged")
        );
        assert!(refusal("{\"waveformSamples\": 7}").1.contains("line 1"));
        let deep = format!("{{\"waveformSamples\": {}", "[".repeat(100_000));
        assert_eq!(refusal(&deep).0, "DECODE");
    }

    #[test]
    fn numbers_may_be_written_as_text() {
        let read = |text: &str| parse::<Number>(text).map(|number| number.0);
        assert_eq!(read("250").unwrap(), 250.0);
        assert_eq!(read("\" 250.5 \"").unwrap(), 250.5);
        assert!(read("\"many\"").is_err());
        assert!(read("[1]").is_err());
    }

    #[test]
    fn the_number_of_samples_is_limited_while_they_are_read() {
        let text = format!("[{}0]", "0,".repeat(MAX_SAMPLES));
        let samples: Samples = parse(&text).unwrap();
        assert_eq!(samples.kept.len(), MAX_SAMPLES);
        assert_eq!(samples.millivolts(1.0).unwrap_err().code(), "TOO_LARGE");
        let samples: Samples = parse("[-2, 3.5]").unwrap();
        assert_eq!(samples.millivolts(0.5).unwrap(), [-1.0, 1.75]);
    }
}
