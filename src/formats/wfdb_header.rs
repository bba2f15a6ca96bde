//! The text header (`.hea`) of a WFDB recording, as specified in header(5) of the WFDB
//! Applications Guide.

use super::{MAX_LEADS, MAX_SAMPLES, Unit, too_many_samples, unsupported};
use crate::error::{Error, Result};
use crate::lead::Lead;

/// Sample rate of headers that state none.
const DEFAULT_SAMPLE_RATE_HZ: f64 = 250.0;
/// Steps per mV of signals that state none.
const DEFAULT_GAIN: f64 = 200.0;

/// What a header says.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Samples per second and signal.
    pub sample_rate_hz: f64,
    /// Samples of each signal, where stated.
    pub samples_per_signal: Option<usize>,
    /// The signals in the file's order.
    pub signals: Vec<SignalSpec>,
}

/// One signal line of a header.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalSpec {
    /// Name of the file that holds the samples.
    pub file_name: String,
    /// How they are stored.
    pub format: SampleFormat,
    /// Bytes before the first sample.
    pub byte_offset: usize,
    /// Steps per unit.
    pub gain: f64,
    /// Step that stands for zero.
    pub baseline: i64,
    /// The unit, if it is a voltage.
    pub unit: Option<Unit>,
    /// Sum of all samples modulo 2^16, where stated.
    pub checksum: Option<i64>,
    /// The lead that the description names, if any.
    pub lead: Option<Lead>,
}

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleFormat {
    /// Two bytes each, little-endian two's complement.
    Format16,
    /// Pairs of 12-bit two's complement numbers in three bytes.
    Format212,
}

/// Reads a header.
///
/// # Errors
/// As [`read`](super::wfdb::read), with the number of the line at fault.
pub fn parse_header(bytes: &[u8]) -> Result<Header> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = content_lines(&text);
    let (number, record) = lines
        .next()
        .ok_or_else(|| Error::decode("the WFDB header is empty"))?;
    let mut fields = record.split_ascii_whitespace();
    if fields.next().is_some_and(|name| name.contains('/')) {
        return Err(unsupported(
            "this WFDB recording consists of several segments; choose the header (.hea) of one segment together with its signal file (.dat)",
        ));
    }
    let signals: usize = required(fields.next(), number, "the number of signals")?;
    if signals == 0 {
        return Err(Error::decode(format!(
            "line {number}: the recording has no signals"
        )));
    }
    if signals > MAX_LEADS {
        return Err(Error::TooLarge {
            message: format!("the WFDB header announces more than {MAX_LEADS} signals"),
        });
    }
    let sample_rate_hz = match fields.next() {
        // "250/360(0)": a counter frequency and its base may follow.
        Some(field) => required(field.split(['/', '(']).next(), number, "the sample rate")?,
        None => DEFAULT_SAMPLE_RATE_HZ,
    };
    let samples: usize = match fields.next() {
        Some(field) => required(Some(field), number, "the number of samples")?,
        None => 0,
    };
    if samples.saturating_mul(signals) > MAX_SAMPLES {
        return Err(too_many_samples());
    }
    let signals = (0..signals)
        .map(|_| match lines.next() {
            Some((number, line)) => parse_signal(line, number),
            None => Err(Error::decode(format!(
                "the WFDB header announces {signals} signals but describes fewer"
            ))),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Header {
        sample_rate_hz,
        samples_per_signal: (samples > 0).then_some(samples),
        signals,
    })
}

/// Whether this beginning of a text file is that of a WFDB header: a record line (name, a count,
/// a rate), then a signal line that starts with a name and a format.
pub(super) fn is_header(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let mut lines = content_lines(&text);
    let Some((_, record)) = lines.next() else {
        return false;
    };
    let fields: Vec<&str> = record.split_ascii_whitespace().take(3).collect();
    let is_name = |field: &str| {
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/');
        !field.is_empty() && field.chars().all(word)
    };
    let starts_with_digit = |field: &str| field.starts_with(|c: char| c.is_ascii_digit());
    let record_line = matches!(fields.as_slice(), [name, count, rest @ ..]
        if is_name(name) && count.parse::<u64>().is_ok()
            && rest.iter().all(|rate| rate.starts_with('-') || starts_with_digit(rate)));
    // Rows of plain numbers could pass for a record line; a signal line names a file.
    record_line
        && match lines.next() {
            Some((_, line)) => {
                let mut fields = line.split_ascii_whitespace();
                fields.next().is_some_and(|f| f.parse::<f64>().is_err())
                    && fields.next().is_some_and(starts_with_digit)
            }
            None => fields[0].parse::<f64>().is_err() && fields.len() == 3,
        }
}

/// `file format[xN][:skew][+offset] [gain[(baseline)][/units] [bits [zero [first [checksum [block [description]]]]]]]`
fn parse_signal(line: &str, number: usize) -> Result<SignalSpec> {
    let mut rest = line;
    let mut next = || {
        rest = rest.trim_ascii_start();
        let end = rest
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (field, after) = rest.split_at(end);
        rest = after;
        (!field.is_empty()).then_some(field)
    };
    let file_name = next().unwrap_or_default().to_owned();
    let storage = next().unwrap_or_default();
    let digits = storage
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(storage.len());
    let (format, options) = storage.split_at(digits);
    let format = match format {
        "16" => SampleFormat::Format16,
        "212" => SampleFormat::Format212,
        "" => {
            return Err(Error::decode(format!(
                "line {number}: the storage format is missing"
            )));
        }
        _ => {
            return Err(unsupported(
                "this WFDB recording is stored in a format other than 16 and 212",
            ));
        }
    };
    let byte_offset = match options.split_once('+') {
        Some(("", offset)) => required(Some(offset), number, "the byte offset")?,
        None if options.is_empty() || options == "x1" => 0,
        _ => {
            return Err(unsupported(
                "this WFDB recording has signals of different rates or with skew, which Inkbeat does not read",
            ));
        }
    };

    let (mut gain, mut stated_baseline, mut unit) = (DEFAULT_GAIN, None, Some(Unit::Millivolt));
    if let Some(field) = next() {
        let (scale, unit_text) = match field.split_once('/') {
            Some((scale, unit)) => (scale, Some(unit)),
            None => (field, None),
        };
        let (gain_text, baseline_text) = match scale.split_once('(') {
            Some((gain, baseline)) => (gain, Some(baseline.trim_end_matches(')'))),
            None => (scale, None),
        };
        let stated: f64 = required(Some(gain_text), number, "the gain")?;
        if !stated.is_finite() {
            return Err(Error::decode(format!(
                "line {number}: the gain is not finite"
            )));
        }
        if stated != 0.0 {
            gain = stated; // 0 means "not calibrated": the default applies.
        }
        if baseline_text.is_some() {
            stated_baseline = Some(required(baseline_text, number, "the baseline")?);
        }
        unit = unit_text.map_or(unit, Unit::parse);
    }
    let _bits = next();
    let zero: i64 = match next() {
        Some(field) => required(Some(field), number, "the ADC zero")?,
        None => 0,
    };
    let _first = next();
    let checksum = match next() {
        Some(field) => Some(required(Some(field), number, "the checksum")?),
        None => None,
    };
    let _block = next();
    let baseline: i64 = stated_baseline.unwrap_or(zero);
    Ok(SignalSpec {
        file_name,
        format,
        byte_offset,
        gain,
        // No 16-bit recorder has a zero beyond this; it also keeps the subtraction from overflowing.
        baseline: baseline.clamp(-(1 << 31), 1 << 31),
        unit,
        checksum,
        lead: Lead::parse(rest),
    })
}

/// Lines with content, numbered from 1; comments start with `#`.
fn content_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// Parses a field that must be there; `what` goes into the message, the field itself does not.
fn required<T: std::str::FromStr>(field: Option<&str>, number: usize, what: &str) -> Result<T> {
    field
        .and_then(|field| field.parse().ok())
        .ok_or_else(|| Error::decode(format!("line {number}: {what} is missing or no number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(header: &str) -> &'static str {
        parse_header(header.as_bytes()).unwrap_err().code()
    }

    #[test]
    fn every_field_is_read() {
        let text = "# made up\n\nrec 2 360/720(0) 650000 12:00:00\n\
                    a.dat 212+8 200(-3)/uV 11 1024 995 -22131 0 lead V5\n\
                    b.dat 16\n# trailer\n";
        let header = parse_header(text.as_bytes()).unwrap();
        assert_eq!(header.sample_rate_hz, 360.0);
        assert_eq!(header.samples_per_signal, Some(650_000));
        let full = SignalSpec {
            file_name: "a.dat".into(),
            format: SampleFormat::Format212,
            byte_offset: 8,
            gain: 200.0,
            baseline: -3,
            unit: Some(Unit::Microvolt),
            checksum: Some(-22131),
            lead: Some(Lead::V5),
        };
        let bare = SignalSpec {
            file_name: "b.dat".into(),
            format: SampleFormat::Format16,
            byte_offset: 0,
            baseline: 0,
            unit: Some(Unit::Millivolt),
            checksum: None,
            lead: None,
            ..full.clone()
        };
        assert_eq!(header.signals, [full, bare]);
    }

    #[test]
    fn absurd_counts_are_refused() {
        assert_eq!(code("r 99999999 100 10\nr.dat 16\n"), "TOO_LARGE");
        assert_eq!(
            code("r 12 100 18446744073709551615\nr.dat 16\n"),
            "TOO_LARGE"
        );
        assert_eq!(code("r 1 100 6000001\nr.dat 16\n"), "TOO_LARGE");
        for record in ["r -1 100 1", "r 0 100 1", "r", "r 1 fast", "r 1 100 many"] {
            assert_eq!(code(&format!("{record}\nr.dat 16\n")), "DECODE", "{record}");
        }
    }

    #[test]
    fn other_storage_is_unsupported() {
        for header in [
            "r/3 2 100 10\nr1 5\n",
            "r 1 100 1\nr.dat 310 100\n",
            "r 1 100 1\nr.dat 16x4\n",
        ] {
            assert_eq!(code(header), "UNSUPPORTED_FORMAT", "{header}");
        }
    }

    #[test]
    fn headers_are_told_from_tables() {
        assert!(is_header(b"# x\nrec_1 12 500 5000\nrec_1.dat 16 1000/mV\n"));
        assert!(is_header(b"rec 99999999 500 1000\n"));
        assert!(!is_header(b"1 2 3\n4 5 6\n"));
        assert!(!is_header(b"time 1 2\n0.0 1 2\n"));
        assert!(!is_header(b"time_s,I\n0,1\n"));
        assert!(!is_header(b""));
    }
}
