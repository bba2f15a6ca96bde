//! What is printed besides the traces: letters, pulses, separators.

use crate::photo::sheet::{SHEET_PIXELS_PER_MM, Sheet};
use crate::photo::trace::Row;

/// A pixel is inked from this value on.
const INKED: f32 = 0.4;
/// Upright strokes that are longer than any letter is tall divide columns or belong to pulses and beats.
const LONGEST_LETTER_STROKE_MM: f32 = 7.0;
/// The same for dotted lines, whose dots are at most this far apart: letters below each other must
/// not be taken for one.
const LONGEST_DOTTED_MM: f32 = 14.0;
const DOT_GAP_PX: usize = 4;
/// A pen's width is looked for up to this.
const WIDEST_PEN_PX: usize = 9;

/// Inked pixels of a sheet, row-major.
pub(super) struct Marks {
    pub(super) width: usize,
    pub(super) inked: Vec<bool>,
}

impl Marks {
    /// Everything inked.
    pub(super) fn of(sheet: &Sheet) -> Self {
        Self {
            width: sheet.width(),
            inked: sheet.ink.iter().map(|&value| value > INKED).collect(),
        }
    }

    pub(super) fn height(&self) -> usize {
        self.inked.len() / self.width.max(1)
    }

    /// Without the curves and without long upright strokes: letters that they crossed come free,
    /// with a narrow band missing.
    pub(super) fn without_traces(&self, rows: &[Row]) -> Self {
        let mut rest = Self {
            width: self.width,
            inked: self.inked.clone(),
        };
        for row in rows {
            rest.erase(row, self);
        }
        rest.erase_long_uprights();
        rest
    }

    /// Without what stands in some boxes: left, top, right and bottom in sheet millimetres.
    pub(super) fn without_boxes(&self, boxes: impl Iterator<Item = [f32; 4]>) -> Self {
        let mut inked = self.inked.clone();
        let px = |mm: f32| (mm * SHEET_PIXELS_PER_MM).round().max(0.0) as usize;
        for [left, top, right, bottom] in boxes {
            let (left, right) = (px(left), px(right).min(self.width));
            for y in px(top)..px(bottom).min(self.height()) {
                let line = y * self.width;
                inked[line + left.min(right)..line + right].fill(false);
            }
        }
        Self {
            width: self.width,
            inked,
        }
    }

    /// Takes one curve off, as wide as its pen draws flat parts.
    fn erase(&mut self, row: &Row, before: &Self) {
        let height = self.height() as isize;
        let reach = 0.5 * before.pen_px(row) + 1.0;
        let at = |k: usize| row.y_mm.get(k).map(|y| y * SHEET_PIXELS_PER_MM - 0.5);
        for (k, y_mm) in row.y_mm.iter().enumerate() {
            let x = row.first_column + k;
            if !y_mm.is_finite() || x >= self.width {
                continue;
            }
            let y = y_mm * SHEET_PIXELS_PER_MM - 0.5;
            // Half of the way to the neighbours: steep parts are taken whole.
            let toward = |other: Option<f32>| match other {
                Some(other) if other.is_finite() => 0.5 * (other + y),
                _ => y,
            };
            let (before, after) = (toward(k.checked_sub(1).and_then(at)), toward(at(k + 1)));
            let top = (y.min(before).min(after) - reach).round() as isize;
            let bottom = (y.max(before).max(after) + reach).round() as isize;
            for y in top.max(0)..(bottom + 1).min(height) {
                self.inked[y as usize * self.width + x] = false;
            }
        }
    }

    /// How many pixels wide the pen of a curve is: the median height of what is inked there.
    fn pen_px(&self, row: &Row) -> f32 {
        let mut counts = [0usize; WIDEST_PEN_PX + 1];
        let mut seen = 0;
        for (k, y_mm) in row.y_mm.iter().enumerate().step_by(3) {
            let x = row.first_column + k;
            let y = y_mm * SHEET_PIXELS_PER_MM - 0.5;
            if !y.is_finite() || y < 0.0 || x >= self.width {
                continue;
            }
            let run = self.upright_run(x, y.round() as usize);
            if run > 0 {
                counts[run.min(WIDEST_PEN_PX)] += 1;
                seen += 1;
            }
        }
        let mut passed = 0;
        counts
            .iter()
            .position(|count| {
                passed += count;
                2 * passed > seen
            })
            .unwrap_or(2) as f32
    }

    /// How many inked pixels stand on each other in column `x` through row `y`.
    fn upright_run(&self, x: usize, y: usize) -> usize {
        let inked = |y: usize| self.inked.get(y * self.width + x).copied().unwrap_or(false);
        if !inked(y) {
            return 0;
        }
        let up = (1..=y).take_while(|k| inked(y - k)).count();
        let down = (1..).take_while(|k| inked(y + k)).count();
        1 + up + down
    }

    /// Takes off upright strokes that are longer than any letter is tall, dotted ones as well.
    fn erase_long_uprights(&mut self) {
        let px = |mm: f32| (mm * SHEET_PIXELS_PER_MM) as usize;
        let (solid, dotted) = (px(LONGEST_LETTER_STROKE_MM), px(LONGEST_DOTTED_MM));
        // Runs are followed row by row, as pixels of a column are far apart in memory.
        let mut runs = vec![Upright::default(); self.width];
        let height = self.height();
        for y in 0..=height {
            for (x, run) in runs.iter_mut().enumerate() {
                if y < height && self.inked[y * self.width + x] {
                    if run.inked == 0 {
                        run.from = y;
                    }
                    run.inked += 1;
                    run.to = y + 1;
                    continue;
                }
                let long = run.to - run.from;
                if run.inked == 0 || (y < height && y - run.to < DOT_GAP_PX) {
                    continue;
                }
                if (run.inked == long && long > solid) || (long > dotted && 3 * run.inked > long) {
                    for above in run.from..run.to {
                        self.inked[above * self.width + x] = false;
                    }
                }
                *run = Upright::default();
            }
        }
    }
}

/// An upright stroke, perhaps dotted.
#[derive(Clone, Default)]
struct Upright {
    from: usize,
    to: usize,
    inked: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of 100 x 200 pixels with a flat trace in line 100, three pixels wide.
    fn page() -> (Marks, Row) {
        let mut inked = vec![false; 100 * 200];
        inked[99 * 100..102 * 100].fill(true);
        let row = Row {
            first_column: 0,
            y_mm: vec![100.5 / SHEET_PIXELS_PER_MM; 100],
            confidence: vec![1.0; 100],
            baseline_mm: 100.5 / SHEET_PIXELS_PER_MM,
        };
        (Marks { width: 100, inked }, row)
    }

    #[test]
    fn a_letter_on_the_trace_loses_a_band_and_the_trace_all_of_it() {
        let (mut marks, row) = page();
        (90..110).for_each(|y| marks.inked[y * 100 + 50] = true);
        let rest = marks.without_traces(&[row]);
        let inked: Vec<usize> = (0..rest.inked.len()).filter(|&k| rest.inked[k]).collect();
        assert!(
            inked.iter().all(|k| k % 100 == 50),
            "only the letter remains"
        );
        assert!(
            (12..=17).contains(&inked.len()),
            "{} of 20 pixels",
            inked.len()
        );
    }

    #[test]
    fn separators_go_dotted_ones_too_and_letters_stay() {
        let (mut marks, _) = page();
        marks.inked.fill(false);
        for y in 0..200 {
            marks.inked[y * 100 + 10] = true;
            marks.inked[y * 100 + 20] = y % 4 < 2;
            marks.inked[y * 100 + 30] = (50..80).contains(&y);
        }
        let rest = marks.without_traces(&[]);
        assert!(!rest.inked[60 * 100 + 10] && !rest.inked[60 * 100 + 20]);
        assert!(rest.inked[60 * 100 + 30], "5 mm are no separator");
    }

    #[test]
    fn boxes_beyond_the_page_do_no_harm() {
        let (marks, _) = page();
        let rest =
            marks.without_boxes([[-5.0, -5.0, 900.0, 900.0], [90.0, 1.0, 80.0, 2.0]].into_iter());
        assert!(rest.inked.iter().all(|&inked| !inked));
    }
}
