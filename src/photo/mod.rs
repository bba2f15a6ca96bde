//! From a picture of a printed ECG to the canvas that the network reads.
//!
//! [`decode()`] makes pixels of bytes, [`rectify()`] finds the grid and draws the page upright at a
//! fixed resolution, [`extract_ink`] leaves only the trace.

mod canvas;
mod contrast;
mod decode;
mod demodulate;
pub mod flatten;
mod follow;
mod grid;
mod mesh;
mod orientation;
mod paper;
mod placement;
mod projective;
mod quality;
mod rectify;
#[cfg(test)]
mod simulated;
mod spectra;
mod strokes;

pub use decode::{MAX_PIXELS, decode};
pub use flatten::extract_ink;
pub use placement::{TraceBox, trace_box};
pub use rectify::{InkCanvas, Rectified, RectifyOptions, rectify};

/// Width of the canvas.
pub const CANVAS_WIDTH_PX: usize = 768;
/// Height of the canvas.
pub const CANVAS_HEIGHT_PX: usize = 512;
/// Resolution of the canvas on paper: it shows 256 × 170.67 mm.
pub const CANVAS_PIXELS_PER_MM: f32 = 3.0;
