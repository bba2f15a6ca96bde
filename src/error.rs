//! Everything that can go wrong with a file, a record or a device, as one typed error.
//!
//! A *bad ECG* (blurred, no grid, too short) is not an error but an [`Outcome`](crate::outcome::Outcome):
//! the file was fine, the recording was not. Errors say what was wrong and what to do about it,
//! and never echo the content of a file.

/// The cause behind an [`Error`], kept for logs and for `source()`.
pub type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong. [`Error::code`] gives the stable word that the page and the CLI show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are of no kind that Inkbeat reads.
    #[error("{message}")]
    UnsupportedFormat {
        /// What was found, in plain words.
        message: String,
    },
    /// The file, or what its header announces, is beyond a limit checked before decoding.
    #[error("{message}")]
    TooLarge {
        /// What is too large, with the limit.
        message: String,
    },
    /// The format is known but the content is damaged or contradicts itself.
    #[error("{message}")]
    Decode {
        /// What is damaged, with the line or field where there is one.
        message: String,
        /// The decoder's own error, where there is one.
        #[source]
        cause: Option<Cause>,
    },
    /// Weights, manifest and program do not belong together.
    #[error("{message}")]
    Integrity {
        /// Which part does not match.
        message: String,
        /// The underlying error, where there is one.
        #[source]
        cause: Option<Cause>,
    },
    /// The device ran out of memory.
    #[error("there was not enough memory to read this file")]
    OutOfMemory,
    /// The compute device failed or went away.
    #[error("{message}")]
    DeviceLost {
        /// Which device, and what it said.
        message: String,
    },
    /// The caller gave up.
    #[error("the work was stopped before it was done")]
    Aborted,
}

impl Error {
    /// The stable code of this error, e.g. `DECODE`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedFormat { .. } => "UNSUPPORTED_FORMAT",
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::Decode { .. } => "DECODE",
            Self::Integrity { .. } => "INTEGRITY",
            Self::OutOfMemory => "OUT_OF_MEMORY",
            Self::DeviceLost { .. } => "DEVICE_LOST",
            Self::Aborted => "ABORTED",
        }
    }

    /// What the person in front of the screen can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UnsupportedFormat { .. } => {
                "Choose a JPEG, PNG, WebP, BMP, GIF or TIFF picture of a printed ECG, or a recording as CSV, EDF, DICOM, MUSE or HL7 XML, Kardia ATC, or WFDB (.hea with .dat)."
            }
            Self::TooLarge { .. } => {
                "Choose a smaller file: a photo of up to 64 megapixels, or a recording of some minutes, is plenty."
            }
            Self::Decode { .. } => {
                "The file looks damaged or incomplete. Export or photograph it again."
            }
            Self::Integrity { .. } => {
                "Reload the page. If this stays, the copy of Inkbeat on this site is incomplete: tell whoever runs it."
            }
            Self::OutOfMemory => "Close other tabs or choose a smaller picture, then try again.",
            Self::DeviceLost { .. } => {
                "Try again: the page continues on the processor instead of the graphics card."
            }
            Self::Aborted => "Choose a file to start again.",
        }
    }

    /// A [`Error::Decode`] without a deeper cause.
    pub fn decode(message: impl Into<String>) -> Self {
        Self::Decode {
            message: message.into(),
            cause: None,
        }
    }

    /// A [`Error::Integrity`] without a deeper cause.
    pub fn integrity(message: impl Into<String>) -> Self {
        Self::Integrity {
            message: message.into(),
            cause: None,
        }
    }
}
