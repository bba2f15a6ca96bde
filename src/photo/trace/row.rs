//! One row of tracing as it was followed along the sheet.

/// A curve that runs along x: one point per pixel column of the sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Sheet column of the first point.
    pub first_column: usize,
    /// The curve's height in sheet millimetres (down), `NaN` where there is no trace.
    pub y_mm: Vec<f32>,
    /// How sure each point is, 0–1 (0 where there is none).
    pub confidence: Vec<f32>,
    /// Typical height of the row: the median of its points.
    pub baseline_mm: f32,
}
