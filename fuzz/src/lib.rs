//! The parts of Inkbeat that read untrusted files.
//!
//! The files are included rather than the crate depended on: that would build the networks as well,
//! which takes minutes with a fuzzer's instrumentation, and no file reaches them.

#![allow(dead_code, missing_docs)]

#[path = "../../src/error.rs"]
pub mod error;
#[path = "../../src/formats/mod.rs"]
pub mod formats;
#[path = "../../src/lead.rs"]
pub mod lead;
#[path = "../../src/outcome.rs"]
pub mod outcome;
#[path = "../../src/photo/mod.rs"]
pub mod photo;
#[path = "../../src/recording.rs"]
pub mod recording;
#[path = "../../src/signal/mod.rs"]
pub mod signal;

pub mod scribble;
