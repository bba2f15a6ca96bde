//! From a picture of a printed ECG to a flat sheet and the canvas that the network reads.
//!
//! [`decode()`] makes pixels of bytes, [`rectify()`] finds the grid and draws the whole page upright
//! at six pixels per millimetre, [`extract_ink`] leaves only the trace, [`draw_canvas`] shows the
//! network its part of the page.

mod bending;
mod canvas;
mod contrast;
mod decode;
mod demodulate;
pub mod digitise;
mod evidence;
mod flat_paper;
pub mod flatten;
mod follow;
mod found;
mod gate;
mod grid;
pub mod layout;
mod light;
mod line_count;
mod median;
mod mesh;
mod orientation;
mod outline;
mod paper;
mod paper_edge;
mod papers;
mod placement;
mod printout;
mod profile;
mod projective;
mod quality;
mod rectify;
mod refine;
mod resample;
mod search;
mod sharpness;
mod sheet;
mod sheet_map;
mod sight;
#[cfg(test)]
mod simulated;
mod soften;
mod spectra;
mod squares;
mod standard;
mod stroke_darkness;
mod strokes;
mod summary;
pub mod trace;

pub use canvas::{CanvasView, InkCanvas, draw_canvas};
pub use decode::{MAX_PIXELS, decode, foreign_picture};
pub use flatten::extract_ink;
pub use gate::{GATE_FEATURES, GATE_UNITS, GateFeatures, GateModel};
pub use placement::{TraceBox, trace_box};
pub use printout::{
    Printout, PrintoutOptions, SURE, Step, read_printout, read_printout_watched, sure,
};
pub use rectify::{Rectified, RectifyOptions, rectify};
pub use sheet::{SHEET_PIXELS_PER_MM, Sheet};
pub use sheet_map::SheetMap;
pub use summary::layout_summary;

/// Width of the canvas.
pub const CANVAS_WIDTH_PX: usize = 768;
/// Height of the canvas.
pub const CANVAS_HEIGHT_PX: usize = 512;
/// Resolution of the canvas on paper: it shows 256 × 170.67 mm.
pub const CANVAS_PIXELS_PER_MM: f32 = 3.0;
