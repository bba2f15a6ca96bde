//! Recordings from bytes: strips of watches and recorders, and the files of clinics' ECG machines.
//! Content decides what a file is, its name does not. Every reader passes over whatever a file says
//! of the person; a [`Recording`] has no place for it, and no message repeats it.

mod aecg;
mod apple_health;
mod atc;
pub mod csv;
mod csv_columns;
mod csv_write;
mod derived;
mod dicom;
mod dicom_elements;
mod edf;
mod edf_header;
mod fitbit;
mod json;
mod kardia;
mod kind;
mod muse;
mod polar;
mod samsung;
mod text;
pub mod wfdb;
mod wfdb_header;
mod wfdb_write;
mod withings;
mod xml;

#[cfg(test)]
#[path = "../../tests/recordings/mod.rs"]
mod recordings;

pub use csv_write::write_csv;
pub use kind::{Kind, sniff};
pub use wfdb_write::{WfdbFiles, write_wfdb};

use crate::error::{Error, Result};
use crate::lead::Lead;
use crate::outcome::Issue;
use crate::photo::foreign_picture;
use crate::recording::{LeadSignal, Recording};

/// Size limit of one file: a day of one lead in text is smaller.
pub const MAX_FILE_BYTES: usize = 64 << 20;
/// Limit on samples over all leads, so that a header can't ask for more memory than this needs.
pub const MAX_SAMPLES: usize = 6_000_000;
/// Limit on leads (or columns) of one file.
pub const MAX_LEADS: usize = 64;

/// Sample rates outside this range are mistakes or no ECG.
const SAMPLE_RATES_HZ: std::ops::RangeInclusive<f64> = 20.0..=2000.0;

/// A file in memory.
#[derive(Clone, Copy, Debug)]
pub struct NamedBytes<'a> {
    /// Name without directories; it only serves to find the signal file that a header names.
    pub name: &'a str,
    /// The whole content.
    pub bytes: &'a [u8],
}

/// What the figures of a file are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// mV
    Millivolt,
    /// µV
    Microvolt,
    /// V
    Volt,
}

impl Unit {
    /// Reads `mV`, `uV`, `µV` (either micro sign) or `V`, in any case but for the bare `V`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.to_lowercase().as_str() {
            "mv" | "millivolt" | "millivolts" => Some(Self::Millivolt),
            "uv" | "\u{b5}v" | "\u{3bc}v" | "microvolt" | "microvolts" => Some(Self::Microvolt),
            "volt" | "volts" => Some(Self::Volt),
            _ => (text == "V").then_some(Self::Volt),
        }
    }

    /// Millivolts in one of this unit.
    pub fn millivolts(self) -> f64 {
        match self {
            Self::Millivolt => 1.0,
            Self::Microvolt => 1e-3,
            Self::Volt => 1e3,
        }
    }
}

/// What the user knows about a file. A hint fills a gap; what the file itself states wins.
#[derive(Clone, Copy, Debug, Default)]
pub struct StripHints {
    /// Samples per second.
    pub sample_rate_hz: Option<f64>,
    /// Unit of the figures; without file or hint saying so they count as millivolts.
    pub unit: Option<Unit>,
    /// The lead of a single-lead file.
    pub lead: Option<Lead>,
}

/// A recording, and what to say about how it was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct StripFile {
    /// The leads that carry a voltage.
    pub recording: Recording,
    /// Warnings, such as that the file holds more than this recording.
    pub notes: Vec<Issue>,
}

impl From<Recording> for StripFile {
    fn from(recording: Recording) -> Self {
        Self {
            recording,
            notes: Vec::new(),
        }
    }
}

/// Reads a digital recording: one file, or a WFDB header together with its signal file(s). All leads
/// that carry a voltage are returned, in mV; every sample is finite. Where a file stores the eight
/// leads of which the other four follow, these are added.
///
/// # Errors
/// - [`Error::UnsupportedFormat`]: none of the files is a recording that is read, or a `.dat` came
///   without `.hea`;
/// - [`Error::TooLarge`]: a file, or what its header announces, is beyond the limits above;
/// - [`Error::Decode`]: the content is damaged, contradicts itself or lacks something (a signal
///   file, a sample rate); the message names the line where there is one.
pub fn read_strip(files: &[NamedBytes<'_>], hints: &StripHints) -> Result<Recording> {
    read_strip_file(files, hints).map(|file| file.recording)
}

/// As [`read_strip`], with the notes that a person should see.
///
/// # Errors
/// As [`read_strip`].
pub fn read_strip_file(files: &[NamedBytes<'_>], hints: &StripHints) -> Result<StripFile> {
    let headers: Vec<_> = files
        .iter()
        .filter(|file| sniff(file.bytes) == Kind::WfdbHeader)
        .collect();
    let mut file = match (headers.as_slice(), files) {
        ([header], _) => {
            files.iter().try_for_each(check_size)?;
            let others: Vec<_> = files
                .iter()
                .filter(|file| !std::ptr::eq(*file, *header))
                .copied()
                .collect();
            wfdb::read(header.bytes, &others)?.into()
        }
        ([], [file]) => read_single(file, hints)?,
        ([], []) => return Err(unsupported("no file was chosen")),
        _ => {
            return Err(unsupported(
                "these files do not belong to one recording: choose one file, or one WFDB header (.hea) with its signal file (.dat)",
            ));
        }
    };
    let recording = &mut file.recording;
    if !SAMPLE_RATES_HZ.contains(&recording.sample_rate_hz) {
        return Err(Error::decode(
            "the sample rate is not between 20 and 2000 values a second",
        ));
    }
    if let [only] = recording.leads.as_mut_slice() {
        only.lead = only.lead.or(hints.lead);
    }
    derived::add_derived_leads(&mut recording.leads);
    Ok(file)
}

fn read_single(file: &NamedBytes<'_>, hints: &StripHints) -> Result<StripFile> {
    let bytes = file.bytes;
    let kind = sniff(bytes);
    if !matches!(
        kind,
        Kind::Archive | Kind::Pdf | Kind::Picture | Kind::ForeignPicture
    ) {
        check_size(file)?;
    }
    let is_dat = file.name.to_ascii_lowercase().ends_with(".dat");
    match kind {
        Kind::Text => read_table(bytes, hints),
        Kind::Xml => xml::read(bytes),
        Kind::Json => json::read(bytes),
        Kind::Atc => atc::read(bytes).map(StripFile::from),
        Kind::Edf => edf::read(bytes),
        Kind::Dicom => dicom::read(bytes),
        Kind::Empty => Err(Error::decode("the file is empty")),
        Kind::Picture => Err(unsupported("this is a picture, not a digital strip")),
        Kind::ForeignPicture | Kind::Pdf => Err(unsupported(
            foreign_picture(bytes).unwrap_or("this is a picture that Inkbeat does not read"),
        )),
        Kind::Archive => Err(unsupported(archive_message(bytes))),
        Kind::Binary if is_dat => Err(unsupported(
            "this looks like the signal file (.dat) of a WFDB recording; its header (.hea) is missing: choose both together",
        )),
        Kind::Binary | Kind::WfdbHeader => Err(unsupported(
            "the file is neither a picture nor a recording that Inkbeat knows",
        )),
    }
}

/// Reads figures in lines: the files that certain devices write, or any other table.
fn read_table(bytes: &[u8], hints: &StripHints) -> Result<StripFile> {
    let text = text::decode(bytes);
    if apple_health::is_export(&text) {
        apple_health::read(&text, hints).map(StripFile::from)
    } else if polar::is_log(&text) {
        polar::read(&text).map(StripFile::from)
    } else if withings::is_table(&text) {
        withings::read(&text, hints)
    } else if samsung::is_table(&text) {
        Err(samsung::refusal())
    } else {
        csv::read(bytes, hints).map(StripFile::from)
    }
}

/// An archive's table of contents stands at its end, names of files unpacked in it.
fn archive_message(bytes: &[u8]) -> &'static str {
    const CONTENTS_BYTES: usize = 1 << 20;
    let contents = &bytes[bytes.len().saturating_sub(CONTENTS_BYTES)..];
    let names = |word: &[u8]| contents.windows(word.len()).any(|window| window == word);
    if names(b"apple_health_export") || names(b"electrocardiograms") {
        "this is Apple Health's export as an archive; unpack it (tap it in Files, or double-click it), then choose a file named ecg_… in its folder electrocardiograms"
    } else {
        "this is an archive or an office document; unpack it and choose the ECG file inside"
    }
}

fn check_size(file: &NamedBytes<'_>) -> Result<()> {
    if file.bytes.len() <= MAX_FILE_BYTES {
        return Ok(());
    }
    let limit = MAX_FILE_BYTES >> 20;
    Err(Error::TooLarge {
        message: format!("the file is larger than the {limit} MiB a recording may have"),
    })
}

/// A recording, once it holds what every recording must.
fn assembled(sample_rate_hz: f64, leads: Vec<LeadSignal>) -> Result<Recording> {
    let Some(length) = leads.first().map(|lead| lead.samples_mv.len()) else {
        return Err(Error::decode("the file holds no ECG"));
    };
    if length == 0 {
        return Err(Error::decode("the recording holds no samples"));
    }
    if leads.iter().any(|lead| lead.samples_mv.len() != length) {
        return Err(Error::decode("the recording's signals differ in length"));
    }
    if length.saturating_mul(leads.len()) > MAX_SAMPLES {
        return Err(too_many_samples());
    }
    if leads
        .iter()
        .flat_map(|lead| &lead.samples_mv)
        .any(|sample| !sample.is_finite())
    {
        return Err(Error::decode(
            "a value is not finite, or too large for a voltage",
        ));
    }
    let named = |index: usize| leads[index].lead.is_some();
    let twice = (1..leads.len())
        .any(|i| named(i) && leads[..i].iter().any(|other| other.lead == leads[i].lead));
    if twice {
        return Err(Error::decode("the recording holds the same signal twice"));
    }
    Ok(Recording {
        sample_rate_hz,
        leads,
    })
}

/// What to say of a file with `count` recordings, of which the first is read.
fn one_of_several(count: usize) -> Option<Issue> {
    (count > 1).then(|| {
        Issue::warn(
            "SEVERAL_RECORDINGS",
            format!("The file holds {count} recordings; the first of them was read."),
            "To read another one, export it alone, or put it first.",
        )
    })
}

fn too_many_samples() -> Error {
    Error::TooLarge {
        message: format!("the recording has more than {MAX_SAMPLES} samples; choose a shorter one"),
    }
}

/// An [`Error::UnsupportedFormat`].
fn unsupported(message: &str) -> Error {
    Error::UnsupportedFormat {
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> &'static str {
        let file = NamedBytes {
            name: "photo.jpg",
            bytes,
        };
        read_strip(&[file], &StripHints::default())
            .unwrap_err()
            .code()
    }

    #[test]
    fn what_is_no_strip_is_refused_with_its_code() {
        assert_eq!(code(b""), "DECODE");
        assert_eq!(code(b"\n\n  \n"), "UNSUPPORTED_FORMAT");
        assert_eq!(
            code(b"Dear doctor,\nthis is my ECG.\n"),
            "UNSUPPORTED_FORMAT"
        );
        assert_eq!(code(b"<html><body>404</body></html>"), "UNSUPPORTED_FORMAT");
        assert_eq!(code(&[7, 0, 9, 200, 1, 0, 3]), "UNSUPPORTED_FORMAT");
        assert_eq!(code(b"\xff\xd8\xff\xe0"), "UNSUPPORTED_FORMAT");
        assert_eq!(code(b"%PDF-1.4"), "UNSUPPORTED_FORMAT");
        assert_eq!(code(&vec![b'1'; MAX_FILE_BYTES + 1]), "TOO_LARGE");
        let none = read_strip(&[], &StripHints::default()).unwrap_err();
        assert_eq!(none.code(), "UNSUPPORTED_FORMAT");
    }

    #[test]
    fn a_signal_file_alone_asks_for_its_header() {
        let file = NamedBytes {
            name: "a.DAT",
            bytes: &[0, 1, 0, 255],
        };
        let error = read_strip(&[file], &StripHints::default()).unwrap_err();
        assert_eq!(error.code(), "UNSUPPORTED_FORMAT");
        assert!(error.to_string().contains(".hea"));
        let two = [
            file,
            NamedBytes {
                name: "b.csv",
                bytes: b"1\n2\n",
            },
        ];
        let error = read_strip(&two, &StripHints::default()).unwrap_err();
        assert_eq!(error.code(), "UNSUPPORTED_FORMAT");
    }

    #[test]
    fn archives_are_refused_with_the_way_in() {
        let message = |bytes: &[u8]| {
            let file = NamedBytes {
                name: "export.zip",
                bytes,
            };
            let error = read_strip(&[file], &StripHints::default()).unwrap_err();
            assert_eq!(error.code(), "UNSUPPORTED_FORMAT");
            error.to_string()
        };
        assert!(message(b"PK\x03\x04\x14\0").contains("unpack it"));
        // However large: what it holds is never unpacked.
        let mut export = b"PK\x03\x04\x14\0".to_vec();
        export.resize(MAX_FILE_BYTES + 1, 0);
        export.extend(b"apple_health_export/electrocardiograms/ecg_2026-05-30.csv");
        assert!(message(&export).contains("electrocardiograms"));
    }

    #[test]
    fn hints_fill_gaps() {
        let file = NamedBytes {
            name: "x.csv",
            bytes: b"100\n-200\n300\n",
        };
        let hints = StripHints {
            sample_rate_hz: Some(250.0),
            unit: Some(Unit::Microvolt),
            lead: Some(Lead::II),
        };
        let recording = read_strip(&[file], &hints).unwrap();
        assert_eq!(recording.sample_rate_hz, 250.0);
        assert_eq!(recording.leads[0].lead, Some(Lead::II));
        assert_eq!(recording.leads[0].samples_mv, [0.1, -0.2, 0.3]);
        for rate in [0.0, -5.0, f64::NAN, 1e9] {
            let hints = StripHints {
                sample_rate_hz: Some(rate),
                ..hints
            };
            assert_eq!(read_strip(&[file], &hints).unwrap_err().code(), "DECODE");
        }
    }
}
