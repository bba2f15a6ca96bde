//! Where on the sheet the tracing is.

use super::strokes::{CELL_MM, Stroke, tracing_strokes};

/// Share of the inked cells beyond each side of the box: single spikes don't move the page.
const OUTSIDE: f32 = 0.005;

/// The tracing on a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceBox {
    /// Left, top, right and bottom, in mm from the picture's corner.
    pub left_mm: f32,
    /// Top edge.
    pub top_mm: f32,
    /// Right edge.
    pub right_mm: f32,
    /// Bottom edge.
    pub bottom_mm: f32,
    /// Summed length of the strokes that run along x, in mm.
    pub stroke_mm: f32,
}

impl TraceBox {
    /// The point that the canvas is centred on.
    pub fn centre_mm(&self) -> (f32, f32) {
        (
            (self.left_mm + self.right_mm) / 2.0,
            (self.top_mm + self.bottom_mm) / 2.0,
        )
    }

    /// The same box after a picture of `width_mm` × `height_mm` was turned clockwise by `quarters`
    /// × 90°.
    #[must_use]
    pub fn turned(self, quarters: i32, width_mm: f32, height_mm: f32) -> Self {
        match quarters.rem_euclid(4) {
            0 => self,
            left => Self {
                left_mm: height_mm - self.bottom_mm,
                top_mm: self.left_mm,
                right_mm: height_mm - self.top_mm,
                bottom_mm: self.right_mm,
                ..self
            }
            .turned(left - 1, height_mm, width_mm),
        }
    }
}

/// Finds the tracing in the ink of a whole page (row-major, 0 paper … 1 ink), if its rows run
/// along x. `None` if there is no long stroke.
pub fn trace_box(ink: &[f32], width: usize, pixels_per_mm: f32) -> Option<TraceBox> {
    box_of(&tracing_strokes(ink, width, pixels_per_mm))
}

/// The box around strokes.
pub(super) fn box_of(strokes: &[Stroke]) -> Option<TraceBox> {
    let mut columns: Vec<usize> = strokes
        .iter()
        .flat_map(|stroke| stroke.cells.iter().map(|cell| cell.0))
        .collect();
    let mut rows: Vec<usize> = strokes
        .iter()
        .flat_map(|stroke| stroke.cells.iter().map(|cell| cell.1))
        .collect();
    if columns.is_empty() {
        return None;
    }
    let (left_mm, right_mm) = span(&mut columns);
    let (top_mm, bottom_mm) = span(&mut rows);
    let stroke_mm = strokes.iter().map(Stroke::width).sum::<usize>() as f32 * CELL_MM;
    Some(TraceBox {
        left_mm,
        top_mm,
        right_mm,
        bottom_mm,
        stroke_mm,
    })
}

/// First and last position without the outermost few, in mm.
fn span(positions: &mut [usize]) -> (f32, f32) {
    positions.sort_unstable();
    let skipped = (positions.len() as f32 * OUTSIDE) as usize;
    let at = |index: usize| positions.get(index).copied().unwrap_or(0) as f32 * CELL_MM;
    (
        at(skipped),
        at((positions.len() - 1).saturating_sub(skipped)) + CELL_MM,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 200 × 150 mm at 2 px/mm with three rows from 10 to 190 mm and a line of text of 40 mm above.
    fn page() -> Vec<f32> {
        let mut ink = vec![0.0; 400 * 300];
        for row in 0..3 {
            for x in 20..380 {
                let spike = if x % 40 < 3 { 16 } else { 0 };
                for y in 0..=spike {
                    ink[(120 + row * 60 - y) * 400 + x] = 1.0;
                }
            }
        }
        for x in 20..100 {
            ink[20 * 400 + x] = 1.0;
        }
        ink
    }

    #[test]
    fn rows_are_boxed_and_text_is_not() {
        let found = trace_box(&page(), 400, 2.0).unwrap();
        // The outermost half percent of the ink is left out on each side.
        assert_eq!((found.left_mm, found.right_mm), (11.0, 189.0));
        assert!((found.bottom_mm - 121.0).abs() < 0.6, "{found:?}");
        assert!((50.0..54.0).contains(&found.top_mm), "{found:?}");
        assert_eq!(found.stroke_mm, 540.0);
    }

    #[test]
    fn a_box_turns_with_its_page() {
        let upright = TraceBox {
            left_mm: 10.0,
            top_mm: 20.0,
            right_mm: 90.0,
            bottom_mm: 50.0,
            stroke_mm: 7.0,
        };
        let turned = upright.turned(1, 100.0, 80.0);
        assert_eq!((turned.left_mm, turned.right_mm), (30.0, 60.0));
        assert_eq!((turned.top_mm, turned.bottom_mm), (10.0, 90.0));
        assert_eq!(turned.turned(-1, 80.0, 100.0), upright);
    }

    #[test]
    fn an_empty_page_has_no_tracing() {
        assert_eq!(trace_box(&[0.0; 400], 20, 2.0), None);
        assert_eq!(trace_box(&[], 0, 2.0), None);
    }
}
