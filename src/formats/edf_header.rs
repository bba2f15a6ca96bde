//! The header of EDF, EDF+ and BDF: fixed-width text, first of the recording (256 bytes), then of all
//! signals field by field. Person and recording are never looked at.

use super::{Unit, unsupported};
use crate::error::{Error, Result};

/// The part about the recording, and the part about one signal.
const PART_BYTES: usize = 256;
/// More than any recorder has.
const MAX_SIGNALS: usize = 512;

/// Of one signal in one data record; all signals together stay within 32 bits.
const MAX_RECORD_SAMPLES: f64 = 1e6;

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// EDF: two bytes each.
    Bits16,
    /// BDF: three bytes each.
    Bits24,
}

impl Width {
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Bits16 => 2,
            Self::Bits24 => 3,
        }
    }
}

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    pub width: Width,
    pub header_bytes: usize,
    /// `None` while a recorder is still writing.
    pub records: Option<usize>,
    pub record_secs: f64,
    /// EDF+ with pauses between its records.
    pub discontinuous: bool,
    pub signals: Vec<Signal>,
}

/// What a header says of one signal.
#[derive(Debug)]
pub(super) struct Signal {
    pub label: String,
    /// The unit, if it is a voltage.
    pub unit: Option<Unit>,
    pub physical: [f64; 2],
    pub digital: [f64; 2],
    pub samples_per_record: usize,
}

/// How samples are stored, if a file begins as EDF or BDF.
pub(super) fn width(head: &[u8]) -> Option<Width> {
    let is_header = |part: &[u8]| {
        // The eight letters alone could be the first line of a table; a header has no lines. Names in
        // it may hold letters beyond ASCII, though they should not.
        part.starts_with(b"0       ")
            && part.iter().all(|&byte| byte >= 0x20 && byte != 0x7f)
            && part[252..]
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b' ')
    };
    if head.get(..PART_BYTES).is_some_and(is_header) {
        Some(Width::Bits16)
    } else if head.starts_with(b"\xffBIOSEMI") {
        Some(Width::Bits24)
    } else {
        None
    }
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// [`Error::Decode`] with the field for damage, [`Error::UnsupportedFormat`] for other files.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let width = width(bytes).ok_or_else(|| unsupported("this is no EDF or BDF file"))?;
        let part = bytes.get(..PART_BYTES).ok_or_else(cut_off)?;
        let signals = number(&part[252..256], "the number of signals")?;
        if signals < 1.0 || signals.fract() != 0.0 {
            return Err(Error::decode("the EDF header announces no signals"));
        }
        if signals > MAX_SIGNALS as f64 {
            let message = format!("the EDF header announces more than {MAX_SIGNALS} signals");
            return Err(Error::TooLarge { message });
        }
        let count = signals as usize;
        let header_bytes = PART_BYTES * (count + 1);
        if number(&part[184..192], "the length of the header")? != header_bytes as f64 {
            return Err(Error::decode(
                "the EDF header's length does not fit its number of signals: the file is damaged",
            ));
        }
        let records = number(&part[236..244], "the number of data records")?;
        if records.fract() != 0.0 || !(-1.0..1e9).contains(&records) {
            return Err(Error::decode(
                "the EDF header's number of data records is impossible",
            ));
        }
        let record_secs = number(&part[244..252], "the duration of a data record")?;
        let mut fields = Fields {
            rest: bytes.get(PART_BYTES..header_bytes).ok_or_else(cut_off)?,
            count,
        };
        let labels = fields.take(16);
        let _transducers = fields.take(80);
        let units = fields.take(8);
        let ranges = [0; 4].map(|_| fields.take(8));
        let _filters = fields.take(80);
        let samples = fields.take(8);
        let signals = (0..count)
            .map(|index| {
                let range = |field: usize| number(ranges[field][index], "a signal's range");
                let samples = number(samples[index], "a signal's number of samples")?;
                if samples.fract() != 0.0 || !(0.0..=MAX_RECORD_SAMPLES).contains(&samples) {
                    return Err(Error::decode(
                        "the EDF header's number of samples is impossible",
                    ));
                }
                Ok(Signal {
                    label: text(labels[index]),
                    unit: Unit::parse(&text(units[index])),
                    physical: [range(0)?, range(1)?],
                    digital: [range(2)?, range(3)?],
                    samples_per_record: samples as usize,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            width,
            header_bytes,
            records: (records >= 0.0).then_some(records as usize),
            record_secs,
            discontinuous: matches!(&part[192..197], b"EDF+D" | b"BDF+D"),
            signals,
        })
    }

    /// Bytes of one data record.
    pub(super) fn record_bytes(&self) -> usize {
        let samples: usize = self
            .signals
            .iter()
            .map(|signal| signal.samples_per_record)
            .sum();
        samples * self.width.bytes()
    }
}

/// The fields of all signals, which follow each other kind by kind.
struct Fields<'a> {
    rest: &'a [u8],
    count: usize,
}

impl<'a> Fields<'a> {
    /// The next kind of field, of `width` bytes for each signal.
    fn take(&mut self, width: usize) -> Vec<&'a [u8]> {
        let (taken, rest) = self.rest.split_at(width * self.count);
        self.rest = rest;
        taken.chunks_exact(width).collect()
    }
}

/// Latin-1, which the header is not supposed to need, but units of µV do.
fn text(field: &[u8]) -> String {
    let text: String = field.iter().map(|&byte| char::from(byte)).collect();
    text.trim_matches(['\0', ' ']).to_owned()
}

/// A finite number; some writers use a decimal comma.
fn number(field: &[u8], what: &str) -> Result<f64> {
    let parsed: Option<f64> = text(field).replace(',', ".").parse().ok();
    parsed.filter(|number| number.is_finite()).ok_or_else(|| {
        Error::decode(format!(
            "the EDF header is damaged: {what} is missing or no number"
        ))
    })
}

pub(super) fn cut_off() -> Error {
    Error::decode("the EDF file is cut off within its header; copy it again")
}
