//! Strips from bytes: digital recordings as CSV or WFDB. Content decides, file names do not.

pub mod csv;
mod csv_columns;
mod csv_write;
pub mod wfdb;
mod wfdb_header;
mod wfdb_write;

pub use csv_write::write_csv;
pub use wfdb_write::{WfdbFiles, write_wfdb};

use crate::error::{Error, Result};
use crate::lead::Lead;
use crate::photo::foreign_picture;
use crate::recording::Recording;

/// Size limit of one file: a day of one lead in text is smaller.
pub const MAX_FILE_BYTES: usize = 64 << 20;
/// Limit on samples over all leads, so that a header can't ask for more memory than this needs.
pub const MAX_SAMPLES: usize = 6_000_000;
/// Limit on leads (or columns) of one file.
pub const MAX_LEADS: usize = 64;

/// Sample rates outside this range are mistakes or no ECG.
const SAMPLE_RATES_HZ: std::ops::RangeInclusive<f64> = 20.0..=2000.0;
/// How much of a file is looked at to tell what it is.
const SNIFFED_BYTES: usize = 4096;

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

/// What a file seems to be, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// JPEG, PNG, WebP, BMP, GIF or TIFF.
    Picture,
    /// A picture in a format that Inkbeat does not read (HEIC, AVIF, SVG, …).
    ForeignPicture,
    /// A PDF document.
    Pdf,
    /// An archive or an office document (zip).
    Archive,
    /// The header of a WFDB recording.
    WfdbHeader,
    /// Other text, perhaps CSV.
    Text,
    /// No bytes at all.
    Empty,
    /// Anything else, such as a WFDB signal file.
    Binary,
}

/// Tells what a file is from its content.
pub fn sniff(bytes: &[u8]) -> Kind {
    let head = &bytes[..bytes.len().min(SNIFFED_BYTES)];
    let starts = |magic: &[u8]| head.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|h| h.starts_with(magic));
    let picture = starts(b"\xff\xd8\xff")
        || starts(b"\x89PNG\r\n\x1a\n")
        || starts(b"GIF87a")
        || starts(b"GIF89a")
        || starts(b"II*\0")
        || starts(b"MM\0*")
        || (starts(b"RIFF") && at(8, b"WEBP"))
        // Two letters are a weak signature: the length of a BMP's second header confirms it.
        || (starts(b"BM") && at(15, b"\0\0\0"));
    if picture {
        Kind::Picture
    } else if bytes.is_empty() {
        Kind::Empty
    } else if starts(b"%PDF-") {
        Kind::Pdf
    } else if foreign_picture(head).is_some() {
        Kind::ForeignPicture
    } else if starts(b"PK\x03\x04") {
        Kind::Archive
    } else if !is_text(head) {
        Kind::Binary
    } else if wfdb_header::is_header(head) {
        Kind::WfdbHeader
    } else {
        Kind::Text
    }
}

/// Text has no control characters but white space; foreign letters (UTF-8 or Latin-1) may occur.
fn is_text(head: &[u8]) -> bool {
    let allowed = |&byte: &u8| byte >= 0x20 && byte != 0x7f || matches!(byte, b'\t'..=b'\r');
    let foreign = head.iter().filter(|&&byte| byte >= 0x80).count();
    head.iter().all(allowed) && (foreign * 3 <= head.len() || std::str::from_utf8(head).is_ok())
}

/// Reads a digital recording: one CSV file, or a WFDB header together with its signal file(s).
/// All leads that carry a voltage are returned, in mV; every sample is finite.
///
/// # Errors
/// - [`Error::UnsupportedFormat`]: none of the files is a strip, or a `.dat` came without `.hea`;
/// - [`Error::TooLarge`]: a file, or what its header announces, is beyond the limits above;
/// - [`Error::Decode`]: the content is damaged, contradicts itself or lacks something (a signal
///   file, a sample rate); the message names the line where there is one.
pub fn read_strip(files: &[NamedBytes<'_>], hints: &StripHints) -> Result<Recording> {
    if files.iter().any(|file| file.bytes.len() > MAX_FILE_BYTES) {
        let message = format!(
            "the file is larger than the {} MiB a strip may have",
            MAX_FILE_BYTES >> 20
        );
        return Err(Error::TooLarge { message });
    }
    let headers: Vec<_> = files
        .iter()
        .filter(|file| sniff(file.bytes) == Kind::WfdbHeader)
        .collect();
    let mut recording = match (headers.as_slice(), files) {
        ([header], _) => {
            let others: Vec<_> = files
                .iter()
                .filter(|file| !std::ptr::eq(*file, *header))
                .copied()
                .collect();
            wfdb::read(header.bytes, &others)?
        }
        ([], [file]) => read_single(file, hints)?,
        ([], []) => return Err(unsupported("no file was chosen")),
        _ => {
            return Err(unsupported(
                "these files do not belong to one recording: choose one CSV file, or one WFDB header (.hea) with its signal file (.dat)",
            ));
        }
    };
    if !SAMPLE_RATES_HZ.contains(&recording.sample_rate_hz) {
        return Err(Error::decode(
            "the sample rate is not between 20 and 2000 values a second",
        ));
    }
    if let [only] = recording.leads.as_mut_slice() {
        only.lead = only.lead.or(hints.lead);
    }
    Ok(recording)
}

fn read_single(file: &NamedBytes<'_>, hints: &StripHints) -> Result<Recording> {
    let is_dat = file.name.to_ascii_lowercase().ends_with(".dat");
    match sniff(file.bytes) {
        Kind::Text => csv::read(file.bytes, hints),
        Kind::Empty => Err(Error::decode("the file is empty")),
        Kind::Picture => Err(unsupported("this is a picture, not a digital strip")),
        Kind::ForeignPicture | Kind::Pdf => Err(unsupported(
            foreign_picture(file.bytes).unwrap_or("this is a picture that Inkbeat does not read"),
        )),
        Kind::Archive => Err(unsupported(
            "this is an archive or an office document; unpack it and choose the ECG file inside",
        )),
        Kind::Binary if is_dat => Err(unsupported(
            "this looks like the signal file (.dat) of a WFDB recording; its header (.hea) is missing: choose both together",
        )),
        Kind::Binary | Kind::WfdbHeader => Err(unsupported(
            "the file is neither a picture nor a strip that Inkbeat knows",
        )),
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
    fn content_tells_the_kind() {
        assert_eq!(sniff(b"\xff\xd8\xff\xe0\0\x10JFIF"), Kind::Picture);
        assert_eq!(sniff(b"RIFF\x10\0\0\0WEBPVP8 "), Kind::Picture);
        assert_eq!(
            sniff(b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"),
            Kind::Picture
        );
        assert_eq!(sniff(b"BMI,weight\n22,70\n"), Kind::Text);
        assert_eq!(sniff(b"\0\0\0\x18ftypheic"), Kind::ForeignPicture);
        assert_eq!(sniff(b"<svg width='9'/>"), Kind::ForeignPicture);
        assert_eq!(sniff(b"%PDF-1.7\n%\xe2\xe3"), Kind::Pdf);
        assert_eq!(sniff(b"PK\x03\x04\x14\0"), Kind::Archive);
        assert_eq!(sniff(b""), Kind::Empty);
        assert_eq!(sniff(b"time,\xb5V\n"), Kind::Text);
        assert_eq!(sniff("Zeit;\u{b5}V\n".as_bytes()), Kind::Text);
        assert_eq!(sniff(&[0, 1, 2, 3, 255]), Kind::Binary);
        assert_eq!(sniff(b"rec 1 250 2500\nrec.dat 16\n"), Kind::WfdbHeader);
        assert_eq!(sniff(b"1 2 3\n4 5 6\n"), Kind::Text);
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
