//! What a file is, told from its first bytes; names and endings play no part.

use super::text::{self, utf16_is_little_endian};
use super::{atc, dicom, edf, wfdb_header};
use crate::photo::foreign_picture;

/// How much of a file is looked at.
const SNIFFED_BYTES: usize = 4096;

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
    /// A recording of AliveCor's Kardia devices (ATC).
    Atc,
    /// A recording in EDF, EDF+ or BDF.
    Edf,
    /// A DICOM file, perhaps with a waveform.
    Dicom,
    /// The header of a WFDB recording.
    WfdbHeader,
    /// XML, perhaps of an ECG machine.
    Xml,
    /// JSON, perhaps of a watch's service.
    Json,
    /// Other text, perhaps a table of figures.
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
    } else if dicom::is_dicom(head) {
        Kind::Dicom
    } else if foreign_picture(head).is_some() {
        Kind::ForeignPicture
    } else if starts(b"PK\x03\x04") {
        Kind::Archive
    } else if atc::is_atc(head) {
        Kind::Atc
    } else if edf::is_edf(head) {
        Kind::Edf
    } else {
        text_kind(head)
    }
}

fn text_kind(head: &[u8]) -> Kind {
    let text = text::decode(head);
    let is_text = match utf16_is_little_endian(head) {
        Some(_) => is_text(text.as_bytes()),
        None => is_text(head),
    };
    if !is_text {
        return Kind::Binary;
    }
    let mut start = text.trim_start().chars();
    match (start.next(), start.next()) {
        (Some('<'), Some(next)) if next.is_alphabetic() || matches!(next, '?' | '!' | '_') => {
            Kind::Xml
        }
        (Some('{'), _) => Kind::Json,
        (Some('['), Some(next)) if next.is_whitespace() || matches!(next, '{' | '[') => Kind::Json,
        _ if wfdb_header::is_header(head) => Kind::WfdbHeader,
        _ => Kind::Text,
    }
}

/// Text has no control characters but white space; foreign letters (UTF-8 or Latin-1) may occur.
fn is_text(head: &[u8]) -> bool {
    let allowed = |&byte: &u8| byte >= 0x20 && byte != 0x7f || matches!(byte, b'\t'..=b'\r');
    let foreign = head.iter().filter(|&&byte| byte >= 0x80).count();
    let utf8 = || match std::str::from_utf8(head) {
        Ok(_) => true,
        // The head may end within a letter.
        Err(error) => error.error_len().is_none(),
    };
    head.iter().all(allowed) && (foreign * 3 <= head.len() || utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(sniff("名前,値\n".as_bytes()), Kind::Text);
        assert_eq!(sniff(b"\xff\xfeI\0,\0I\0I\0\n\0"), Kind::Text);
        assert_eq!(sniff(&[0, 1, 2, 3, 255]), Kind::Binary);
        assert_eq!(sniff(b"rec 1 250 2500\nrec.dat 16\n"), Kind::WfdbHeader);
        assert_eq!(sniff(b"1 2 3\n4 5 6\n"), Kind::Text);
        assert_eq!(
            sniff(b"\xef\xbb\xbf \n<?xml version='1.0'?><a/>"),
            Kind::Xml
        );
        assert_eq!(sniff(b"\xff\xfe<\0?\0x\0m\0l\0"), Kind::Xml);
        assert_eq!(sniff(b"<1,2\n"), Kind::Text);
        assert_eq!(sniff(b"{\"data\": 1}"), Kind::Json);
        assert_eq!(sniff(b"[1, 2]"), Kind::Text);
    }

    #[test]
    fn a_head_that_ends_within_a_letter_is_text() {
        let text = "名".repeat(SNIFFED_BYTES);
        assert_eq!(sniff(text.as_bytes()), Kind::Text);
    }
}
