//! The ECG files in Apple Health's export (`electrocardiograms/ecg_*.csv`).
//!
//! About ten `key,value` lines in the language of the phone (name, birth date, verdict, device, sample
//! rate, lead, unit; blank lines anywhere between them), then one figure a line, whose decimal mark
//! is that of the phone's region and unquoted. Keys are therefore never compared with words: a line's
//! value tells what it is. All else, such as name and birth date, is passed over and never kept.

use super::text::unquoted;
use super::{MAX_SAMPLES, StripHints, Unit, assembled};
use crate::error::{Error, Result};
use crate::lead::Lead;
use crate::recording::{LeadSignal, Recording};

/// The figures start within this many lines, or the file is something else.
const MAX_HEADER_LINES: usize = 60;

/// What "hertz" is in the languages of the phone, as Unicode's CLDR has it (long and short forms).
const HERTZ: [&str; 18] = [
    "hertz",
    "hz",
    "hercios",
    "hercio",
    "hertsiä",
    "herców",
    "herce",
    "hertzů",
    "hertze",
    "herci",
    "герц",
    "гц",
    "ヘルツ",
    "헤르츠",
    "赫兹",
    "赫茲",
    "هرتز",
    "הרץ",
];

/// Whether a text begins as such an export: a line with a rate in hertz, later one with a unit of
/// voltage, then a figure alone on its line.
pub(super) fn is_export(text: &str) -> bool {
    header(text).is_some_and(|header| header.sample_rate_hz.is_some() && header.unit.is_some())
}

/// Reads such an export. The hint for the lead counts if the file names none.
///
/// # Errors
/// [`Error::Decode`] with the line, for anything but a figure below the header, for digits in groups
/// (`1.234,5`) and for two kinds of decimal mark in one file, which can't be told apart safely;
/// [`Error::TooLarge`] beyond [`MAX_SAMPLES`].
pub(super) fn read(text: &str, hints: &StripHints) -> Result<Recording> {
    let header = header(text).unwrap_or_default();
    let unit = header.unit.or(hints.unit).ok_or_else(|| {
        Error::decode("the file does not say the unit of its values: state it and read it again")
    })?;
    let sample_rate_hz = header
        .sample_rate_hz
        .or(hints.sample_rate_hz)
        .ok_or_else(|| {
            Error::decode("the file does not say its sample rate: state it and read it again")
        })?;
    let figures = figures(text, header.lines)?;
    let samples_mv = figures
        .iter()
        .map(|figure| (figure * unit.millivolts()) as f32)
        .collect();
    let lead = header.lead.or(hints.lead);
    assembled(sample_rate_hz, vec![LeadSignal { lead, samples_mv }])
}

/// What the lines above the figures say.
#[derive(Default)]
struct Header {
    lines: usize,
    sample_rate_hz: Option<f64>,
    lead: Option<Lead>,
    unit: Option<Unit>,
}

/// The header, if there is a figure alone on its line below it.
fn header(text: &str) -> Option<Header> {
    let mut header = Header::default();
    for line in text.lines().take(MAX_HEADER_LINES) {
        if parse_figure(line).is_some() {
            return Some(header);
        }
        header.lines += 1;
        let Some((key, value)) = line.split_once([',', ';', '\t']) else {
            continue;
        };
        let value = unquoted(value);
        if header.sample_rate_hz.is_none() {
            // A person's name stands further up, and may end like a lead or be a unit's letter.
            header.sample_rate_hz = rate_hz(value).filter(|_| !key.trim().is_empty());
        } else if let Some(unit) = Unit::parse(value) {
            header.unit = Some(unit);
        } else {
            header.lead = lead(value).or(header.lead);
        }
    }
    None
}

/// `512 hertz`, `511,562<no-break space>Hertz`, `512Hz`.
fn rate_hz(value: &str) -> Option<f64> {
    let value = value.to_lowercase();
    let number = HERTZ.iter().find_map(|hertz| value.strip_suffix(hertz))?;
    parse_figure(unquoted(number))?.ok().map(|(rate, _)| rate)
}

/// The last word that is a lead's name: `Lead I`, `Ableitung I`, `I誘導`.
fn lead(value: &str) -> Option<Lead> {
    value
        .rsplit(|c: char| !c.is_ascii_alphanumeric())
        .find_map(Lead::parse)
}

/// How a figure marks its decimals.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    None,
    Point,
    /// With the number of digits behind it.
    Comma(usize),
}

/// Why a line that consists of nothing but digits and signs is no usable figure.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Grouped;

/// The figure on a line, if there is nothing but digits, marks and a sign.
fn parse_figure(line: &str) -> Option<std::result::Result<(f64, Mark), Grouped>> {
    let line = unquoted(line).trim_end_matches([',', ';']);
    // Swedish and other regions have a minus sign of its own.
    let figure = line.replace('\u{2212}', "-");
    let digits = figure.trim_start_matches(['-', '+']);
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || !digits.chars().all(numeric) {
        return None;
    }
    let mark = match (digits.matches('.').count(), digits.matches(',').count()) {
        (0, 0) => Mark::None,
        (1, 0) => Mark::Point,
        (0, 1) => Mark::Comma(digits.split(',').next_back().map_or(0, str::len)),
        _ => return Some(Err(Grouped)),
    };
    let figure: f64 = figure.replace(',', ".").parse().ok()?;
    figure.is_finite().then_some(Ok((figure, mark)))
}

/// The figures below `header_lines` lines.
fn figures(text: &str, header_lines: usize) -> Result<Vec<f64>> {
    let mut figures = Vec::new();
    let (mut points, mut commas, mut bare, mut thousands) = (0_usize, 0_usize, 0_usize, 0_usize);
    for (index, line) in text.lines().enumerate().skip(header_lines) {
        if line.trim().is_empty() {
            continue;
        }
        let number = index + 1;
        let (figure, mark) = match parse_figure(line) {
            Some(Ok(figure)) => figure,
            Some(Err(Grouped)) => return Err(grouped(number)),
            None => return Err(Error::decode(format!("line {number} is not a number"))),
        };
        match mark {
            Mark::None => bare += 1,
            Mark::Point => points += 1,
            Mark::Comma(digits) => {
                commas += 1;
                thousands += usize::from(digits == 3);
            }
        }
        if points > 0 && commas > 0 {
            return Err(Error::decode(format!(
                "line {number} has another decimal mark than the lines above: choose the file as it was exported, not as a spreadsheet saved it"
            )));
        }
        figures.push(figure);
        if figures.len() > MAX_SAMPLES {
            return Err(super::too_many_samples());
        }
    }
    // Whole numbers, of which the large ones have a comma before the last three digits: groups.
    if commas > 0 && thousands == commas && bare > commas {
        return Err(grouped(header_lines + 1));
    }
    Ok(figures)
}

fn grouped(line: usize) -> Error {
    Error::decode(format!(
        "from line {line} on, numbers have their digits in groups (such as 1.234,5): choose the file as it was exported, not as a spreadsheet saved it"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::recordings::text::{AppleHealth, PERSON};
    use proptest::prelude::*;

    fn read_text(text: &str) -> Result<Recording> {
        assert!(is_export(text), "{text}");
        read(text, &StripHints::default())
    }

    fn message(text: &str) -> String {
        let error = read_text(text).unwrap_err();
        assert_eq!(error.code(), "DECODE");
        error.to_string()
    }

    #[test]
    fn an_english_export_is_read() {
        let text = AppleHealth::default().text("150.141\n-265.868\n12\n");
        let recording = read_text(&text).unwrap();
        assert_eq!(recording.sample_rate_hz, 512.0);
        assert_eq!(recording.leads[0].lead, Some(Lead::I));
        assert_eq!(
            recording.leads[0].samples_mv,
            [0.150_141, -0.265_868, 0.012]
        );
    }

    #[test]
    fn every_language_and_region_gives_the_same_recording() {
        let german = AppleHealth {
            keys: ["Name", "Geburtstag", "Messrate", "Ableitung", "Einheit"],
            rate: "511,562\u{a0}Hertz",
            lead: "Ableitung I",
            unit: "\u{3bc}V",
        };
        let swedish = AppleHealth {
            rate: "\"511,562 hertz\"",
            lead: "Avledning I",
            ..german
        };
        let japanese = AppleHealth {
            keys: ["名前", "生年月日", "サンプルレート", "誘導", "単位"],
            rate: "511.562ヘルツ",
            lead: "I誘導",
            unit: "\u{b5}V",
        };
        let russian = AppleHealth {
            rate: "511,562 герц",
            lead: "Отведение I",
            unit: "mV",
            ..german
        };
        for (export, figures) in [
            (&german, "150,141\n-265,868\n12\n"),
            (&german, "150,141\r\n-265,868\r\n\r\n12,0\r\n\r\n"),
            (&swedish, "150,141\n\u{2212}265,868\n12\n"),
            (&japanese, "150.141\n-265.868\n12\n"),
            (&russian, "0,150141\n-0,265868\n0,012\n"),
        ] {
            let recording = read_text(&export.text(figures)).unwrap();
            assert_eq!(recording.sample_rate_hz, 511.562);
            assert_eq!(recording.leads[0].lead, Some(Lead::I));
            assert_eq!(
                recording.leads[0].samples_mv,
                [0.150_141, -0.265_868, 0.012],
                "{}",
                export.lead
            );
        }
    }

    #[test]
    fn names_of_people_are_never_taken_for_settings() {
        for name in ["Nobody V1", "V", "Heinrich Hertz", "mV", "\"Karl, III\""] {
            let text = AppleHealth::default()
                .text("1.5\n2.5\n")
                .replace(PERSON, name);
            let recording = read_text(&text).unwrap();
            assert_eq!(recording.leads[0].lead, Some(Lead::I), "{name}");
            assert_eq!(recording.leads[0].samples_mv, [0.0015, 0.0025], "{name}");
        }
        let nameless = AppleHealth::default()
            .text("1.5\n")
            .replace(&format!("Name,{PERSON}"), "Name");
        assert!(read_text(&nameless).is_ok());
    }

    #[test]
    fn a_file_that_names_no_lead_leaves_it_open() {
        let text = AppleHealth {
            lead: "?",
            ..AppleHealth::default()
        }
        .text("1.5\n2.5\n");
        assert_eq!(read_text(&text).unwrap().leads[0].lead, None);
        let hints = StripHints {
            lead: Some(Lead::II),
            ..StripHints::default()
        };
        assert_eq!(read(&text, &hints).unwrap().leads[0].lead, Some(Lead::II));
    }

    #[test]
    fn what_cannot_be_read_for_sure_is_refused() {
        let export = AppleHealth::default();
        assert!(message(&export.text("12.5\n1.234,5\n")).contains("groups"));
        assert!(message(&export.text("12.5\n1,234.5\n")).contains("groups"));
        assert!(message(&export.text("12,5\n1.234.567\n")).contains("groups"));
        assert!(message(&export.text("12\n1,234\n15\n")).contains("groups"));
        assert!(message(&export.text("12.5\n1,234\n")).contains("decimal mark"));
        let lines = export.text("").lines().count();
        let letters = message(&export.text("12.5\nsecret\n"));
        assert!(
            letters.contains(&format!("line {} is not a number", lines + 2)),
            "{letters}"
        );
        assert!(!letters.contains("secret"));
        for bad in [
            "12.5\nNaN\n",
            "12.5\ninf\n",
            "12.5\n1e5\n",
            "12.5\n1 234\n",
            "12.5\n--5\n",
        ] {
            assert!(message(&export.text(bad)).contains("not a number"), "{bad}");
        }
    }

    #[test]
    fn other_tables_are_not_taken_for_exports() {
        for text in [
            "",
            "1\n2\n",
            "Sample Rate,100 Hz\nsample,I_mV,II_uV\n1,0.5,250\n",
            "# sample_rate_hz: 100\nI (mV)\n1\n",
            "Sample Rate,512 hertz\nUnit,\u{b5}V\n",
        ] {
            assert!(!is_export(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn figures_survive_any_region(microvolts in prop::collection::vec(-5_000_000_i32..5_000_000, 1..200), comma: bool) {
            let figures: String = microvolts
                .iter()
                .map(|&value| format!("{:.3}\n", f64::from(value) / 1000.0))
                .collect();
            let figures = if comma { figures.replace('.', ",") } else { figures };
            let recording = read_text(&AppleHealth::default().text(&figures)).unwrap();
            let expected: Vec<f32> = microvolts.iter().map(|&value| (f64::from(value) / 1e6) as f32).collect();
            prop_assert_eq!(&recording.leads[0].samples_mv, &expected);
        }

        #[test]
        fn any_lines_are_figures_or_an_error(lines in "[-0-9.,;\u{2212}a \n]{0,300}") {
            let text = AppleHealth::default().text(&format!("1\n{lines}"));
            if let Err(error) = read_text(&text) {
                prop_assert!(error.to_string().contains("line"));
            }
        }
    }
}
