//! What can be measured on a recording, gaps and all: heart rate, regularity, PR, QRS and QT.
//!
//! A printout shows each lead for a few seconds only, so beats are looked for in every stretch of
//! every lead, brought together on the common clock, and averaged.

mod beats;
mod durations;
mod median_beat;

pub use beats::{Regularity, Rhythm};
pub use durations::Durations;

use crate::recording::Recording;

/// Everything measured on one recording.
#[derive(Clone, Debug, Default)]
pub struct Intervals {
    /// Heart rate and regularity.
    pub rhythm: Rhythm,
    /// Lengths of the waves.
    pub durations: Durations,
}

/// Measures a recording whose leads share one clock. Samples that are `NaN` are blank.
pub fn measure(recording: &Recording) -> Intervals {
    let beats = beats::find(recording);
    let rhythm = beats::rhythm(recording, &beats);
    let durations = durations::durations(recording, &beats, &rhythm);
    Intervals { rhythm, durations }
}
