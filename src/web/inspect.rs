//! What a file holds, told without asking a network.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::formats::{Kind, NamedBytes, StripFile, StripHints, read_strip_file, sniff};
use crate::lead::Lead;
use crate::outcome::Issue;
use crate::photo;

/// Any rate a recorder may have: it only serves to read a file that doesn't say its own.
const STAND_IN_RATE_HZ: f64 = 250.0;

/// What a file holds.
#[derive(Serialize)]
#[serde(
    tag = "kind",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Inspection {
    /// A picture, upright.
    Printout {
        format: &'static str,
        width_px: u32,
        height_px: u32,
    },
    /// A recording; rate and duration are absent where the file doesn't say its rate.
    Strip {
        format: &'static str,
        sample_rate_hz: Option<f64>,
        duration_s: Option<f64>,
        leads: Vec<&'static str>,
        issues: Vec<Issue>,
    },
}

/// `printout` for pictures of any format, `strip` for everything else; only the first bytes are looked at.
pub(super) fn kind_of(bytes: &[u8]) -> &'static str {
    match sniff(bytes) {
        Kind::Picture | Kind::ForeignPicture | Kind::Pdf => "printout",
        _ => "strip",
    }
}

/// Opens the picture or reads the recording.
///
/// # Errors
/// As [`photo::decode`] and [`read_strip_file`]; a missing sample rate is no error here.
pub(super) fn inspect(files: &[NamedBytes<'_>], hints: &StripHints) -> Result<Inspection> {
    if let [file] = files
        && sniff(file.bytes) == Kind::Picture
    {
        let picture = photo::decode(file.bytes)?;
        return Ok(Inspection::Printout {
            format: image::guess_format(file.bytes).map_or("picture", |f| f.extensions_str()[0]),
            width_px: picture.width(),
            height_px: picture.height(),
        });
    }
    let (StripFile { recording, notes }, says_rate) = read(files, hints)?;
    let name = |lead: Option<Lead>| lead.map_or("unknown", Lead::name);
    Ok(Inspection::Strip {
        format: format_of(files),
        sample_rate_hz: says_rate.then_some(recording.sample_rate_hz),
        duration_s: says_rate.then(|| recording.duration_secs()),
        leads: recording
            .leads
            .iter()
            .map(|signal| name(signal.lead))
            .collect(),
        issues: notes,
    })
}

/// The recording, and whether its rate is known.
fn read(files: &[NamedBytes<'_>], hints: &StripHints) -> Result<(StripFile, bool)> {
    let error = match read_strip_file(files, hints) {
        Ok(file) => return Ok((file, true)),
        Err(error @ Error::Decode { .. }) if hints.sample_rate_hz.is_none() => error,
        Err(error) => return Err(error),
    };
    let hints = StripHints {
        sample_rate_hz: Some(STAND_IN_RATE_HZ),
        ..*hints
    };
    // What a rate doesn't cure was wrong for another reason.
    read_strip_file(files, &hints)
        .map(|file| (file, false))
        .map_err(|_| error)
}

/// The format of a recording that could be read.
fn format_of(files: &[NamedBytes<'_>]) -> &'static str {
    let [file] = files else {
        return "wfdb"; // Nothing else comes in several files.
    };
    match sniff(file.bytes) {
        Kind::Text => "table",
        Kind::Xml => "xml",
        Kind::Json => "json",
        Kind::Atc => "atc",
        Kind::Edf => "edf",
        Kind::Dicom => "dicom",
        _ => "wfdb",
    }
}
