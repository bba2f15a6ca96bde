//! Inkbeat: ECG classification that runs where the ECG is.
//!
//! Everything from a file to its findings is here, native and wasm alike, so that training, command line and
//! browser cannot drift apart. Read in this order:
//!
//! - [`outcome`] and [`error`]: what comes out
//! - [`classifier`]: the path from file to outcome
//! - [`photo`] (picture → ink canvas), [`formats`] (bytes → recording), [`signal`] (recording → windows)
//! - [`model`]: the two students; [`weights`]: their records and manifests
//! - [`labels`], [`lead`], [`recording`]: the vocabulary
//! - `web` (wasm only): the browser's door

pub mod classifier;
pub mod error;
pub mod findings;
pub mod formats;
pub mod labels;
pub mod lead;
pub mod model;
pub mod outcome;
pub mod photo;
pub mod recording;
pub mod signal;
#[cfg(target_family = "wasm")]
mod web;
pub mod weights;
