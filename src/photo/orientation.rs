//! Which way up a page is whose rows are known to be level.

use super::placement::TraceBox;
use super::strokes::{CELL_MM, Stroke};

/// A calibration pulse is 10 mm tall: its top lies this far from the baseline.
const PULSE_CELLS: std::ops::RangeInclusive<isize> = 8..=12;
/// Its top is flat over 5 mm; beats are narrower.
const PULSE_TOP_CELLS: std::ops::RangeInclusive<usize> = 4..=8;
/// It stands this close to the end of its row.
const PULSE_REACH_MM: f32 = 14.0;
/// One pulse may be chance.
const MIN_PULSES: usize = 2;
/// Excursions up to this are wander or the stroke's own width.
const PLAY_CELLS: isize = 2;

/// Whether the page stands on its head.
///
/// Calibration pulses decide: they point up at the start of rows, so on a page upside down they
/// point down at the end. Without them a page whose rows were found level stays, and one that lay
/// on its side (`lying`) is turned so that most of its waves point up.
pub(super) fn upside_down(strokes: &[Stroke], tracing: &TraceBox, lying: bool) -> bool {
    let start = |column: usize| column as f32 * CELL_MM < tracing.left_mm + PULSE_REACH_MM;
    let end = |column: usize| column as f32 * CELL_MM > tracing.right_mm - PULSE_REACH_MM;
    let upright = strokes
        .iter()
        .filter(|stroke| has_pulse(stroke, 1, start))
        .count();
    let turned = strokes
        .iter()
        .filter(|stroke| has_pulse(stroke, -1, end))
        .count();
    if upright.max(turned) >= MIN_PULSES && upright != turned {
        return turned > upright;
    }
    lying && upward(strokes) < 0.0
}

/// Whether the stroke has a flat top at the height of a pulse (`side` 1 above, −1 below the baseline).
fn has_pulse(stroke: &Stroke, side: isize, near_end: impl Fn(usize) -> bool) -> bool {
    PULSE_CELLS.clone().any(|height| {
        let mut columns: Vec<usize> = stroke
            .cells
            .iter()
            .filter(|(x, y)| {
                (stroke.baseline as isize - *y as isize) * side == height && near_end(*x)
            })
            .map(|(x, _)| *x)
            .collect();
        columns.sort_unstable();
        columns
            .chunk_by(|a, b| b - a <= 1)
            .any(|run| PULSE_TOP_CELLS.contains(&run.len()))
    })
}

/// Balance of the ink above and below the baselines, weighted by distance: −1 … 1.
fn upward(strokes: &[Stroke]) -> f32 {
    let (mut up, mut down) = (0.0, 0.0);
    for stroke in strokes {
        for (_, row) in &stroke.cells {
            let height = stroke.baseline as isize - *row as isize;
            let beyond = (height.abs() - PLAY_CELLS).max(0) as f32;
            if height > 0 {
                up += beyond
            } else {
                down += beyond
            }
        }
    }
    if up + down > 0.0 {
        (up - down) / (up + down)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::placement::box_of;
    use crate::photo::strokes::tracing_strokes;

    /// Two rows at 1 px/mm, with pulses at their start if asked; beats point `beat` mm up or down.
    fn page(pulses: bool, beat: isize) -> Vec<f32> {
        let mut ink = vec![0.0; 140 * 90];
        for baseline in [30isize, 70] {
            let mut dot =
                |x: usize, height: isize| ink[(baseline - height) as usize * 140 + x] = 1.0;
            for x in 10..130 {
                dot(x, 0);
            }
            for x in (40..130).step_by(20) {
                (0..=beat.abs()).for_each(|height| dot(x, height * beat.signum()));
            }
            if pulses {
                (0..=10).for_each(|height| [12, 17].map(|x| dot(x, height)).into_iter().collect());
                (12..=17).for_each(|x| dot(x, 10));
            }
        }
        ink
    }

    fn judged(ink: &[f32], lying: bool) -> bool {
        let strokes = tracing_strokes(ink, 140, 1.0);
        upside_down(&strokes, &box_of(&strokes).unwrap(), lying)
    }

    #[test]
    fn pulses_decide_whatever_the_beats_do() {
        for beat in [14, -14] {
            let mut ink = page(true, beat);
            assert!(!judged(&ink, true));
            ink.reverse();
            assert!(judged(&ink, false));
        }
    }

    #[test]
    fn beats_decide_only_for_a_page_on_its_side() {
        assert!(!judged(&page(false, 9), true));
        assert!(judged(&page(false, -9), true));
        assert!(!judged(&page(false, -9), false));
    }
}
