//! The ECGs in Withings' export (`signal.csv`): one line each, with all samples in one field.
//!
//! A header names the columns (frequency in Hz, duration in s, wear position, signal, and others); the
//! samples stand in brackets or quotes, so that their commas separate nothing. Withings' own notes
//! say that values are µV if recorded with a watch and mV if with a blood pressure monitor; the
//! wear position tells which it was.

use super::text::unquoted;
use super::{MAX_SAMPLES, StripFile, StripHints, Unit, assembled, one_of_several};
use crate::error::{Error, Result};
use crate::lead::Lead;
use crate::recording::LeadSignal;

/// Largest share by which the number of samples may miss rate times duration.
const DURATION_TOLERANCE: f64 = 0.1;

/// Whether a text begins as such a table.
pub(super) fn is_table(text: &str) -> bool {
    text.lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| Columns::of(line).is_some())
}

/// Reads the first ECG of such a table, and notes if there are more.
///
/// # Errors
/// [`Error::Decode`] with the line for damage, for samples that do not fit rate and duration, and
/// where rate or unit are neither in the file nor in the hints; [`Error::TooLarge`] beyond
/// [`MAX_SAMPLES`].
pub(super) fn read(text: &str, hints: &StripHints) -> Result<StripFile> {
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let columns = lines.next().and_then(|(_, line)| Columns::of(line));
    let columns = columns.ok_or_else(|| Error::decode("the table does not name its columns"))?;
    let mut ecgs = lines.filter(|(_, line)| {
        let signal = fields(line, columns.separator).nth(columns.signal);
        signal.is_some_and(|signal| signal.contains(|c: char| c.is_ascii_digit()))
    });
    let (index, line) = ecgs
        .next()
        .ok_or_else(|| Error::decode("the table holds no ECG: every signal is empty"))?;
    let recording = read_line(line, index + 1, &columns, hints)?;
    Ok(StripFile {
        recording,
        notes: one_of_several(1 + ecgs.count()).into_iter().collect(),
    })
}

fn read_line(
    line: &str,
    number: usize,
    columns: &Columns,
    hints: &StripHints,
) -> Result<crate::recording::Recording> {
    let fields: Vec<&str> = fields(line, columns.separator).collect();
    let figure = |column: Option<usize>| -> Option<f64> {
        let field = unquoted(fields.get(column?)?);
        field.replace(',', ".").parse().ok()
    };
    let stated_hz = figure(Some(columns.frequency));
    let sample_rate_hz = stated_hz.or(hints.sample_rate_hz).ok_or_else(|| {
        Error::decode(format!(
            "line {number} does not say the sample rate: state it and read it again"
        ))
    })?;
    // 0 and 1 are the wrists, 2 and 3 the upper arms.
    let position = figure(columns.wear_position);
    let at_wrist = position.map(|position| position < 2.0);
    let unit = match at_wrist {
        Some(true) => Unit::Microvolt,
        Some(false) => Unit::Millivolt,
        None => hints.unit.ok_or_else(|| {
            Error::decode(
                "the file does not say where the device was worn: state the unit (µV for a watch, mV for a blood pressure monitor) and read it again",
            )
        })?,
    };
    let signal = fields.get(columns.signal).copied().unwrap_or_default();
    let mut samples_mv = Vec::new();
    let values = signal
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '[' | ']' | '"' | '(' | ')'))
        .filter(|value| !value.is_empty());
    for value in values {
        let value: f64 = value.parse().map_err(|_| {
            Error::decode(format!(
                "line {number}: value {} of the signal is not a number",
                samples_mv.len() + 1
            ))
        })?;
        samples_mv.push((value * unit.millivolts()) as f32);
        if samples_mv.len() > MAX_SAMPLES {
            return Err(super::too_many_samples());
        }
    }
    if let (Some(rate), Some(duration_secs)) = (stated_hz, figure(columns.duration)) {
        let expected = rate * duration_secs;
        if (samples_mv.len() as f64 - expected).abs() > expected.abs() * DURATION_TOLERANCE {
            return Err(Error::decode(format!(
                "line {number}: the signal has {} values, which is not its frequency times its duration",
                samples_mv.len()
            )));
        }
    }
    // A finger of the other hand on a watch makes lead I; a cuff's electrodes make another.
    let lead = at_wrist
        .filter(|&wrist| wrist)
        .map(|_| Lead::I)
        .or(hints.lead);
    assembled(sample_rate_hz, vec![LeadSignal { lead, samples_mv }])
}

/// Where the columns stand that are read.
struct Columns {
    separator: char,
    frequency: usize,
    signal: usize,
    duration: Option<usize>,
    wear_position: Option<usize>,
}

impl Columns {
    /// By the header; `None` if it is that of another table.
    fn of(header: &str) -> Option<Self> {
        let separator = [',', ';', '\t'].into_iter().find(|&s| header.contains(s))?;
        let names: Vec<String> = fields(header, separator)
            .map(|name| {
                let letters = name.chars().filter(|c| c.is_alphabetic());
                letters.collect::<String>().to_lowercase()
            })
            .collect();
        let at = |name: &str| names.iter().position(|found| found == name);
        Some(Self {
            separator,
            frequency: at("frequency")?,
            signal: at("signal")?,
            duration: at("duration"),
            wear_position: at("wearposition"),
        })
    }
}

/// The fields of a line; separators within quotes or brackets belong to a field.
fn fields(line: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut bracketed) = (false, false);
    line.split(move |c: char| {
        match c {
            '"' => quoted = !quoted,
            '[' => bracketed = true,
            ']' => bracketed = false,
            _ => {}
        }
        c == separator && !quoted && !bracketed
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::recordings::text::withings;

    fn read_text(text: &str) -> Result<StripFile> {
        assert!(is_table(text), "{text}");
        read(text, &StripHints::default())
    }

    fn message(text: &str) -> String {
        let error = read_text(text).unwrap_err();
        assert_eq!(error.code(), "DECODE");
        error.to_string()
    }

    #[test]
    fn a_watch_has_microvolts_of_lead_i() {
        for text in [
            withings(300, "1", &[100, -200, 300]),
            "Frequency;Wear Position;Signal;Date\n300;0;[100 -200 300];2020-01-01\n".to_owned(),
            "date,frequency,wear_position,signal\n\"x,y\",300,0,[100,-200,300]\n".to_owned(),
        ] {
            let file = read_text(&text).unwrap();
            assert_eq!(file.recording.sample_rate_hz, 300.0, "{text}");
            assert_eq!(
                file.recording.leads[0].samples_mv,
                [0.1, -0.2, 0.3],
                "{text}"
            );
            assert_eq!(file.recording.leads[0].lead, Some(Lead::I));
            assert!(file.notes.is_empty());
        }
    }

    #[test]
    fn a_cuff_has_millivolts_of_a_lead_to_be_asked() {
        let text = "frequency,wear position,signal\n500,3,\"[0.5, -0.25]\"\n";
        let file = read_text(text).unwrap();
        assert_eq!(file.recording.leads[0].samples_mv, [0.5, -0.25]);
        assert_eq!(file.recording.leads[0].lead, None);
    }

    #[test]
    fn of_several_ecgs_the_first_is_read_and_it_is_said() {
        let text = withings(300, "1", &[1, 2]) + "300,,1,\n300,,1,\"[9,8]\"\n";
        let file = read_text(&text).unwrap();
        assert_eq!(file.recording.leads[0].samples_mv, [0.001, 0.002]);
        assert!(file.notes[0].message.contains('2'));
    }

    #[test]
    fn what_is_missing_is_asked_and_what_is_wrong_named() {
        let unplaced = "frequency,signal\n300,\"[1,2]\"\n";
        assert!(message(unplaced).contains("state the unit"));
        let hints = StripHints {
            unit: Some(Unit::Microvolt),
            ..StripHints::default()
        };
        assert!(read(unplaced, &hints).is_ok());
        assert!(message("frequency,signal\n,\"[1,2]\"\n").contains("state it"));
        assert!(message("frequency,signal\n300,\n").contains("no ECG"));
        let letters = message("frequency,wear position,signal\n300,1,\"[1,secret]\"\n");
        assert!(letters.contains("line 2: value 2") && !letters.contains("secret"));
        let short = "frequency,duration,wear position,signal\n300,30,1,\"[1,2,3]\"\n";
        assert!(message(short).contains("3 values"));
        assert!(message("frequency,wear position,signal\n300,1,\"[1,inf]\"\n").contains("finite"));
    }

    proptest! {
        #[test]
        fn any_microvolts_are_read_back(steps in prop::collection::vec(any::<i16>(), 1..200)) {
            let file = read_text(&withings(300, "1", &steps)).unwrap();
            for (read, &step) in file.recording.leads[0].samples_mv.iter().zip(&steps) {
                prop_assert!((f64::from(*read) - f64::from(step) * 1e-3).abs() < 1e-5);
            }
        }

        #[test]
        fn any_damage_ends_in_an_answer(at in any::<prop::sample::Index>(), byte in any::<u8>(), is_cut in any::<bool>()) {
            let mut bytes = withings(300, "1", &[1, 2, 3]).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if is_cut {
                bytes.truncate(at);
            }
            if let Ok(text) = std::str::from_utf8(&bytes) {
                let _ = read(text, &StripHints::default());
            }
        }
    }
}
