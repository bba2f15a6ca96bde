//! Strips as text: one or several columns of figures below optional names and settings, as
//! spreadsheets, watches and [`write_csv`](super::write_csv) produce them.

use super::csv_columns::{Column, columns, number, take_setting};
use super::{MAX_LEADS, MAX_SAMPLES, StripHints, Unit, text, unsupported};
use crate::error::{Error, Result};
use crate::recording::{LeadSignal, Recording};

/// A line longer than this belongs to no table of leads.
const MAX_LINE_BYTES: usize = 16 << 10;
/// The figures start within this many lines, or the file is no strip.
const MAX_HEADER_LINES: usize = 200;

/// Reads text. Columns are separated by comma, semicolon, tab or spaces. Above the figures may
/// stand a line of column names (leads, time, units in brackets) and settings such as
/// `# sample_rate_hz: 250` or `Unit,µV`. Without any statement figures are mV.
///
/// # Errors
/// [`Error::UnsupportedFormat`] for text that is no table of figures; [`Error::Decode`] with the
/// line for letters, missing or non-finite figures and ragged rows, and for a missing or
/// contradictory sample rate; [`Error::TooLarge`] beyond the limits.
pub fn read(bytes: &[u8], hints: &StripHints) -> Result<Recording> {
    let text = text::decode(bytes);
    let mut table = Table::default();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if line.len() > MAX_LINE_BYTES {
            return Err(Error::TooLarge {
                message: format!("line {number} is longer than {MAX_LINE_BYTES} characters"),
            });
        }
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if let Err(error) = table.take_line(number, line) {
            // A stray number in a letter doesn't make it a damaged strip.
            let is_strip = error.code() != "DECODE" || mostly_figures(&text);
            return Err(if is_strip { error } else { no_strip() });
        }
    }
    table.into_recording(hints)
}

/// How the fields of a data line are told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Separation {
    /// The separating character; without one, spaces separate.
    separator: Option<char>,
    /// Whether a comma inside a field is a decimal comma.
    decimal_comma: bool,
}

impl Separation {
    /// How `line` splits into nothing but numbers, if it does. After a setting, as in a watch's
    /// export, figures stand alone on their lines and may have a decimal comma.
    fn of(line: &str, after_setting: bool) -> Option<Self> {
        let candidates = [
            after_setting.then_some((None, true)),
            line.contains(';').then_some((Some(';'), true)),
            line.contains('\t').then_some((Some('\t'), true)),
            line.contains(',').then_some((Some(','), false)),
            Some((None, false)),
        ];
        candidates
            .into_iter()
            .flatten()
            .map(|(separator, decimal_comma)| Self {
                separator,
                decimal_comma,
            })
            .find(|separation| {
                let mut fields = separation.fields(line).peekable();
                fields.peek().is_some()
                    && fields.all(|field| number(field, separation.decimal_comma).is_some())
            })
    }

    /// The fields of a line; one separator at the end of the line ends it and starts no field.
    fn fields<'a>(&self, line: &'a str) -> Box<dyn Iterator<Item = &'a str> + 'a> {
        match self.separator {
            Some(separator) => Box::new(
                line.strip_suffix(separator)
                    .unwrap_or(line)
                    .split(separator),
            ),
            None => Box::new(line.split_whitespace()),
        }
    }
}

/// The file as far as it has been read.
#[derive(Default)]
struct Table<'a> {
    settings: StripHints,
    header_lines: usize,
    /// The last line before the figures that is no setting, with its number.
    last_header: Option<(usize, &'a str)>,
    /// Whether the line just read was a setting.
    after_setting: bool,
    separation: Option<Separation>,
    names: Option<(usize, Vec<&'a str>)>,
    first_line: usize,
    /// By column.
    figures: Vec<Vec<f64>>,
}

impl<'a> Table<'a> {
    fn take_line(&mut self, line_number: usize, line: &'a str) -> Result<()> {
        if line.starts_with('#') {
            take_setting(line, &mut self.settings);
            return Ok(());
        }
        let separation = match self.separation {
            Some(separation) => separation,
            None => match Separation::of(line, self.after_setting) {
                Some(separation) => self.start_figures(line_number, line, separation)?,
                None => return self.take_header(line_number, line),
            },
        };
        let mut count = 0;
        for field in separation.fields(line) {
            let Some(column) = self.figures.get_mut(count) else {
                return Err(self.ragged(line_number));
            };
            count += 1;
            match number(field, separation.decimal_comma) {
                Some(figure) if figure.is_finite() => column.push(figure),
                _ => {
                    return Err(Error::decode(format!(
                        "line {line_number}: field {count} is not a finite number"
                    )));
                }
            }
        }
        if count < self.figures.len() {
            return Err(self.ragged(line_number));
        }
        if count * self.figures[0].len() > MAX_SAMPLES {
            return Err(Error::TooLarge {
                message: format!(
                    "the strip has more than {MAX_SAMPLES} figures; choose a shorter one"
                ),
            });
        }
        Ok(())
    }

    fn take_header(&mut self, line_number: usize, line: &'a str) -> Result<()> {
        self.header_lines += 1;
        if self.header_lines > MAX_HEADER_LINES {
            return Err(no_strip());
        }
        self.after_setting = take_setting(line, &mut self.settings);
        if !self.after_setting {
            self.last_header = Some((line_number, line));
        }
        Ok(())
    }

    /// Settles columns and names at the first line of figures.
    fn start_figures(
        &mut self,
        line_number: usize,
        line: &str,
        separation: Separation,
    ) -> Result<Separation> {
        let count = separation.fields(line).count();
        if count > MAX_LEADS {
            return Err(Error::TooLarge {
                message: format!("line {line_number} has more than {MAX_LEADS} columns"),
            });
        }
        if let Some((header_line, header)) = self.last_header {
            let names: Vec<&str> = match separation.separator {
                // A single column's name may have spaces in it.
                None if count == 1 && !header.contains([',', ';', '\t']) => vec![header],
                _ => separation.fields(header).collect(),
            };
            if names.len() == count && !self.after_setting {
                if names.iter().any(|name| number(name, false).is_some()) {
                    return Err(Error::decode(format!(
                        "line {header_line} is neither a line of names nor of numbers"
                    )));
                }
                self.names = Some((header_line, names));
            }
        }
        self.figures = vec![Vec::new(); count];
        self.first_line = line_number;
        self.separation = Some(separation);
        Ok(separation)
    }

    fn ragged(&self, line_number: usize) -> Error {
        Error::decode(format!(
            "line {line_number} does not have the {} field(s) that line {} has",
            self.figures.len(),
            self.first_line
        ))
    }

    fn into_recording(self, hints: &StripHints) -> Result<Recording> {
        if self.figures.is_empty() {
            return Err(no_strip());
        }
        let names = self
            .names
            .as_ref()
            .map(|(line, names)| (*line, names.as_slice()));
        let columns = columns(names, &self.figures)?;
        let mut clock_hz = None;
        let mut leads = Vec::new();
        for (column, figures) in columns.iter().zip(&self.figures) {
            match *column {
                Column::Time { secs } if clock_hz.is_none() && figures.len() > 1 => {
                    clock_hz = Some(clock_rate(figures, secs, self.first_line)?);
                }
                Column::Time { .. } | Column::Other => {}
                Column::Signal { lead, unit } => {
                    let unit = unit.or(self.settings.unit).or(hints.unit);
                    let scale = unit.unwrap_or(Unit::Millivolt).millivolts();
                    let samples_mv: Vec<f32> = figures.iter().map(|f| (f * scale) as f32).collect();
                    if samples_mv.iter().any(|sample| !sample.is_finite()) {
                        return Err(Error::decode("a figure is too large for a voltage"));
                    }
                    leads.push(LeadSignal { lead, samples_mv });
                }
            }
        }
        if let [only] = leads.as_mut_slice() {
            only.lead = only.lead.or(self.settings.lead);
        }
        let stated_hz = self.settings.sample_rate_hz;
        if let (Some(stated), Some(clock)) = (stated_hz, clock_hz)
            && (stated / clock - 1.0).abs() > 0.02
        {
            return Err(Error::decode(
                "the stated sample rate contradicts the time column",
            ));
        }
        let sample_rate_hz = stated_hz.or(clock_hz).or(hints.sample_rate_hz).ok_or_else(|| {
            Error::decode(
                "the file does not say how many values a second it has: state the sample rate and read it again",
            )
        })?;
        Ok(Recording {
            sample_rate_hz,
            leads,
        })
    }
}

/// The sample rate of a time column, which must be even to within one step.
fn clock_rate(figures: &[f64], secs: f64, first_line: usize) -> Result<f64> {
    let (first, last) = (figures[0], figures[figures.len() - 1]);
    let step = (last - first) / (figures.len() - 1) as f64;
    let uneven = figures.iter().enumerate().find(|(index, figure)| {
        let expected = first + *index as f64 * step;
        // A step of zero or less is uneven as well.
        (*figure - expected).abs() >= step
    });
    if let Some((index, _)) = uneven {
        return Err(Error::decode(format!(
            "the time column is uneven near line {}: values are missing or repeated",
            first_line + index
        )));
    }
    let rate = 1.0 / (step * secs);
    // Times are rounded when written: 512.003 Hz over ten seconds is 512 Hz.
    let whole = rate.round();
    Ok(if (rate / whole - 1.0).abs() < 2e-5 {
        whole
    } else {
        rate
    })
}

/// Whether at least half of the lines with content are figures (letters in a few are damage).
fn mostly_figures(text: &str) -> bool {
    let (mut figures, mut others) = (0_usize, 0_usize);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if Separation::of(line, true).is_some() {
            figures += 1;
        } else {
            others += 1;
        }
    }
    figures > 0 && figures >= others
}

fn no_strip() -> Error {
    unsupported("this is text, but not a table of figures like that of an ECG strip")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lead::Lead;

    fn read_text(text: &str) -> Result<Recording> {
        read(text.as_bytes(), &StripHints::default())
    }

    fn rejection(text: &str) -> (&'static str, String) {
        let error = read_text(text).unwrap_err();
        (error.code(), error.to_string())
    }

    #[test]
    fn separators_units_and_rates_are_understood() {
        let cases = [
            "time_s,I (mV),II [uV]\n0.00,0.5,250\n0.01,-0.5,-250\n",
            "# sample_rate_hz: 100\nI (mV);II (\u{b5}V)\n0,5;250\n-0,5;-250,0\n",
            "t [ms]\tI\tII_uV\r\n0\t0.5\t250\r\n10\t-0.5\t-250\r\n",
            "\u{feff}Sample Rate,100 Hz\nsample,I_mV,II_uV,\n\n1,0.5,250,\n2,-0.5,-250,\n",
        ];
        for text in cases {
            let recording = read_text(text).unwrap();
            assert_eq!(recording.sample_rate_hz, 100.0, "{text}");
            assert_eq!(
                recording.lead(Lead::I).unwrap().samples_mv,
                [0.5, -0.5],
                "{text}"
            );
            assert_eq!(
                recording.lead(Lead::II).unwrap().samples_mv,
                [0.25, -0.25],
                "{text}"
            );
        }
        let latin1 = read(b"time,\xb5V\n0,100\n0.01,200\n", &StripHints::default()).unwrap();
        assert_eq!(latin1.leads[0].samples_mv, [0.1, 0.2]);
        // As HealthKit hands them out: seconds and volts, which only a person can say.
        let volts = StripHints {
            unit: Some(Unit::Volt),
            ..StripHints::default()
        };
        let healthkit = read(b"0,-7.5E-6\n0.00195077,1E-3\n0.00390154,0.5E-3\n", &volts).unwrap();
        assert!((healthkit.sample_rate_hz - 512.617).abs() < 0.01);
        assert_eq!(healthkit.leads[0].samples_mv, [-0.0075, 1.0, 0.5]);
        let bare = read_text("0.000 0.1\n0.004 0.2\n0.008 0.3\n").unwrap();
        assert_eq!((bare.sample_rate_hz, bare.leads.len()), (250.0, 1));
    }

    #[test]
    fn damage_is_reported_with_its_line_and_without_content() {
        let table = |row: &str| format!("time_s,I\n0.00,0.1\n0.01,0.2\n{row}\n0.03,0.4\n");
        for row in [
            "0.02,secret",
            "0.02,0.1secret",
            "secret",
            "0.02",
            "0.02,1,1",
            "0.02,",
            "0.02,NaN",
            "0.02,inf",
            "0.02,1e999",
        ] {
            let (code, message) = rejection(&table(row));
            assert_eq!(code, "DECODE", "{row}: {message}");
            assert!(message.contains("line 4"), "{row}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
        let (code, message) = rejection("time_s,I\n0.00,x\n0.01,0.2\n0.02,0.3\n");
        assert_eq!(code, "DECODE");
        assert!(message.contains("line 2"));
        let (code, message) = rejection("time_s,I\n0.00,1\n0.01,2\n0.02,3\n0.09,4\n");
        assert_eq!(code, "DECODE");
        assert!(message.contains("time column"));
    }

    #[test]
    fn rates_must_be_stated_and_agree() {
        assert!(rejection("0.1\n0.2\n0.3\n").1.contains("sample rate"));
        assert!(
            rejection("time,I\n5,0.1\n5,0.2\n5,0.3\n")
                .1
                .contains("time column")
        );
        let contradiction = "# sample_rate_hz: 500\ntime,I\n0,1\n0.01,1\n0.02,1\n";
        assert!(rejection(contradiction).1.contains("contradicts"));
    }

    #[test]
    fn prose_and_monsters_are_refused() {
        let letter = "Dear all,\n1\nsee you on Monday\nor Tuesday\nRegards\n";
        assert_eq!(rejection(letter).0, "UNSUPPORTED_FORMAT");
        assert_eq!(rejection(&"word\n".repeat(1000)).0, "UNSUPPORTED_FORMAT");
        assert_eq!(rejection("{\"I\": [1, 2, 3]}\n").0, "UNSUPPORTED_FORMAT");
        assert_eq!(rejection(&"1".repeat(20_000)).0, "TOO_LARGE");
        assert_eq!(rejection(&"1,".repeat(100)).0, "TOO_LARGE");
        assert_eq!(rejection(&"1\n".repeat(MAX_SAMPLES + 1)).0, "TOO_LARGE");
    }

    proptest! {
        #[test]
        fn any_voltages_are_read_back(samples_mv in prop::collection::vec(-30.0_f32..30.0, 2..200), is_german in any::<bool>()) {
            let rows: String = samples_mv.iter().map(|mv| format!("{mv:.4};1\n")).collect();
            let rows = if is_german { rows.replace('.', ",") } else { rows };
            let recording = read_text(&format!("# sample_rate_hz: 250\nI (mV);II (mV)\n{rows}")).unwrap();
            for (read, expected) in recording.lead(Lead::I).unwrap().samples_mv.iter().zip(&samples_mv) {
                prop_assert!((read - expected).abs() < 1e-3);
            }
        }

        #[test]
        fn any_damage_ends_in_an_answer(at in any::<prop::sample::Index>(), byte in any::<u8>(), is_cut in any::<bool>()) {
            let mut bytes = "time_s,I\n0.00,0.1\n0.01,0.2\n0.02,0.3\n".to_owned().into_bytes();
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
