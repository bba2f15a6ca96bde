//! The rows of a page that carry a tracing, and where it begins and ends.

use crate::photo::sheet::SHEET_PIXELS_PER_MM;
use crate::photo::trace::Row;

use super::agreement::{STEP_MM, alike, piece, steepness};
use super::pulses::{PULSE_FOOT_MM, Pulse, Pulses};
use crate::photo::median::median;

/// A row that covers less than this share of the longest is a line of text or a piece.
const MIN_SHARE: f32 = 0.4;
/// Gaps this long between pulse and trace are looked across.
const PULSE_GAP_MM: f32 = 6.0;

/// Rows this close to each other are one.
const SAME_ROW_MM: f32 = 2.5;
/// A row that moves by less is a ruled line.
const FLAT_MM: f32 = 1.5;
/// Mean confidence of rows that are certainly tracing, and of those that are certainly none.
const SURE: f32 = 0.7;
const UNSURE: f32 = 0.4;
/// Of more strips than this, those with so much doubt are left out.
const MANY_STRIPS: usize = 7;
const DOUBTFUL: f32 = 0.35;
/// Rows of a page beat together at least so well; rows on its rim that agree less than this with the
/// others are frames and edges of paper.
const BEATS_TOGETHER: f32 = 0.6;
const BEATS_ALONE: f32 = 0.33;
/// Where all columns show the same seconds, a strip below them beats by itself: its curve repeats
/// after a time that is within these bounds, at least so well.
const BEAT_PERIOD_MM: (f32, f32) = (7.0, 45.0);
const BEATS_BY_ITSELF: f32 = 0.35;
/// … unless it looks somewhat like no tracing.
const SOME_DOUBT: f32 = 0.1;
/// Lines of the grid that a frame crosses are this far apart: what repeats so is none.
const GRID_MM: f32 = 5.0;
/// Doubt about a row that lacks the pulse that the others have.
const WITHOUT_PULSE: f32 = 0.6;

/// A row of tracing.
#[derive(Clone, Debug)]
pub(super) struct Strip<'a> {
    /// Which of the page's rows it is.
    pub(super) index: usize,
    pub(super) row: &'a Row,
    pub(super) left_mm: f32,
    pub(super) right_mm: f32,
    pub(super) baseline_mm: f32,
    /// 0 for what looks like tracing … 1 for what looks like a ruled line or words.
    pub(super) doubt: f32,
    /// Whether its beats fall together with other rows'.
    pub(super) beats_along: bool,
}

impl Strip<'_> {
    /// The curve within `left_mm..right_mm`.
    pub(super) fn points(&self, left_mm: f32, right_mm: f32) -> &[f32] {
        let place = |mm: f32| {
            let column =
                (mm * SHEET_PIXELS_PER_MM).round() as isize - self.row.first_column as isize;
            column.clamp(0, self.row.y_mm.len() as isize) as usize
        };
        let (from, to) = (place(left_mm), place(right_mm));
        &self.row.y_mm[from..to.max(from)]
    }

    /// Leaves a pulse at either end out.
    pub(super) fn without(&mut self, pulse: &Pulse) {
        if pulse.left_mm - self.left_mm < self.right_mm - pulse.right_mm {
            let mut start = self.left_mm.max(pulse.right_mm);
            // Some devices leave bare paper behind the pulse.
            let bare = self
                .points(pulse.right_mm, pulse.right_mm + PULSE_GAP_MM)
                .iter()
                .rposition(|y| y.is_nan())
                .map(|k| pulse.right_mm + (k + 1) as f32 / SHEET_PIXELS_PER_MM);
            if start < pulse.right_mm + PULSE_FOOT_MM {
                start = bare.unwrap_or(pulse.right_mm + PULSE_FOOT_MM);
            }
            self.left_mm = start;
        } else {
            self.right_mm = self.right_mm.min(pulse.left_mm - PULSE_FOOT_MM);
        }
    }
}

/// The rows that carry a tracing, from the top.
pub(super) fn strips(rows: &[Row]) -> Vec<Strip<'_>> {
    let length = |row: &Row| row.y_mm.iter().filter(|y| y.is_finite()).count();
    let longest = rows.iter().map(length).max().unwrap_or(0);
    let mut strips: Vec<Strip> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| length(row) as f32 > MIN_SHARE * longest as f32)
        .filter_map(|(index, row)| {
            let first = row.y_mm.iter().position(|y| y.is_finite())?;
            let last = row.y_mm.iter().rposition(|y| y.is_finite())?;
            Some(Strip {
                index,
                row,
                left_mm: (row.first_column + first) as f32 / SHEET_PIXELS_PER_MM,
                right_mm: (row.first_column + last + 1) as f32 / SHEET_PIXELS_PER_MM,
                baseline_mm: row.baseline_mm,
                doubt: doubt(row),
                beats_along: false,
            })
        })
        .collect();
    strips.sort_by(|a, b| a.baseline_mm.total_cmp(&b.baseline_mm));
    // One row that was followed twice.
    strips.dedup_by(|below, above| {
        let twice = (below.baseline_mm - above.baseline_mm).abs() < SAME_ROW_MM;
        if twice && length(below.row) > length(above.row) {
            std::mem::swap(below, above);
        }
        twice
    });
    leave_out_rims(&mut strips);
    // Crumpled paper and frames look like rows: of many, those that look least like tracing go.
    while strips.len() > MANY_STRIPS {
        let worst = (0..strips.len()).max_by(|&a, &b| strips[a].doubt.total_cmp(&strips[b].doubt));
        match worst {
            Some(worst) if strips[worst].doubt > DOUBTFUL => strips.remove(worst),
            _ => break,
        };
    }
    strips
}

/// Takes rows off the top and bottom whose steep places have nothing in common with the others':
/// frames and edges of paper and desk. A flat lead within the page stays.
fn leave_out_rims(strips: &mut Vec<Strip>) {
    while strips.len() > 2 {
        let agreed: Vec<f32> = (0..strips.len())
            .map(|k| beat_agreement(strips, k))
            .collect();
        for (strip, agreed) in strips.iter_mut().zip(&agreed) {
            strip.beats_along = *agreed > BEATS_TOGETHER;
        }
        let usual = median(agreed.iter().copied());
        let last = strips.len() - 1;
        let (rim, least) = if agreed[0] < agreed[last] {
            (0, agreed[0])
        } else {
            (last, agreed[last])
        };
        if usual < BEATS_TOGETHER
            || least > BEATS_ALONE
            || (strips[rim].doubt < SOME_DOUBT && repetition(&strips[rim]) > BEATS_BY_ITSELF)
        {
            return;
        }
        strips.remove(rim);
    }
}

/// How well the beats of a strip fall together with those of the other strips: correlation of
/// their steepness, -1 to 1; 1 where nothing can be compared.
fn beat_agreement(strips: &[Strip], index: usize) -> f32 {
    let strip = &strips[index];
    let mut agreed: Vec<f32> = strips
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != index)
        .map(|(_, other)| {
            let left = strip.left_mm.max(other.left_mm);
            let right = strip.right_mm.min(other.right_mm);
            alike(
                &steepness(&[piece(strip, left, right)]),
                &steepness(&[piece(other, left, right)]),
            )
        })
        .collect();
    agreed.sort_by(f32::total_cmp);
    // The second best: a single row may be as odd as this one.
    agreed
        .len()
        .checked_sub(2)
        .map_or(1.0, |second| agreed[second])
}

/// How well a strip's steep places repeat after the best time between two beats: -1 to 1.
fn repetition(strip: &Strip) -> f32 {
    let steep = steepness(&[piece(strip, strip.left_mm, strip.right_mm)]);
    let step = |mm: f32| (mm / STEP_MM) as usize;
    let after = |mm: f32| alike(&steep, &steep[step(mm).min(steep.len())..]);
    if after(GRID_MM).min(after(2.0 * GRID_MM)) > BEATS_BY_ITSELF {
        return 0.0;
    }
    (step(BEAT_PERIOD_MM.0)..=step(BEAT_PERIOD_MM.1).min(steep.len() / 3))
        .map(|lag| alike(&steep, &steep[lag..]))
        .fold(-1.0, f32::max)
}

/// Rows that stand off their neighbours in what they look like: words and frames.
fn doubt(row: &Row) -> f32 {
    let mut heights: Vec<f32> = row.y_mm.iter().copied().filter(|y| y.is_finite()).collect();
    heights.sort_by(f32::total_cmp);
    let at = |share: f32| heights[(share * (heights.len() - 1) as f32) as usize];
    if heights.is_empty() {
        return 1.0;
    }
    let flat = (1.0 - (at(0.99) - at(0.01)) / FLAT_MM).clamp(0.0, 1.0);
    let count = row.y_mm.len().max(1) as f32;
    let sure = row.confidence.iter().sum::<f32>() / count;
    let broken = ((SURE - sure) / (SURE - UNSURE)).clamp(0.0, 1.0);
    flat.max(broken)
}

/// Takes the pulses off the strips' ends. Where most rows have one, a row without is doubtful, and
/// begins where the others do.
pub(super) fn take_off(strips: &mut [Strip], pulses: &Pulses) {
    let found: Vec<Pulse> = pulses.of_strip.iter().flatten().copied().collect();
    let usual = |side: fn(&Pulse) -> f32| {
        let mut sides: Vec<f32> = found.iter().map(side).collect();
        sides.sort_by(f32::total_cmp);
        sides.get(sides.len() / 2).copied()
    };
    for (strip, pulse) in strips.iter_mut().zip(&pulses.of_strip) {
        if let Some(pulse) = pulse {
            strip.without(pulse);
        } else if 5 * found.len() >= 2 * pulses.of_strip.len()
            && let (Some(left_mm), Some(right_mm)) = (usual(|p| p.left_mm), usual(|p| p.right_mm))
        {
            strip.without(&Pulse {
                left_mm,
                right_mm,
                ..found[0]
            });
            if found.len() >= 3 {
                strip.doubt = strip.doubt.max(WITHOUT_PULSE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of beats at `y_mm`, from 10 mm on.
    fn row(y_mm: f32, length_mm: f32, tall_mm: f32) -> Row {
        let count = (length_mm * SHEET_PIXELS_PER_MM) as usize;
        Row {
            first_column: 60,
            y_mm: (0..count)
                .map(|k| if k % 100 < 5 { y_mm - tall_mm } else { y_mm })
                .collect(),
            confidence: vec![1.0; count],
            baseline_mm: y_mm,
        }
    }

    #[test]
    fn words_and_doubles_go_and_rulers_are_doubted() {
        let rows = [
            row(80.0, 100.0, 8.0),
            row(10.0, 30.0, 5.0),
            row(40.0, 90.0, 8.0),
            row(41.0, 100.0, 8.0),
            row(120.0, 100.0, 0.0),
        ];
        let strips = strips(&rows);
        let kept: Vec<usize> = strips.iter().map(|strip| strip.index).collect();
        assert_eq!(kept, [3, 0, 4]);
        assert_eq!((strips[0].doubt, strips[2].doubt), (0.0, 1.0));
        assert_eq!((strips[0].left_mm, strips[0].right_mm), (10.0, 110.0));
    }

    /// A row of 150 mm with a step up or down at each of these places (mm).
    fn steps(y_mm: f32, places: &[f32]) -> Row {
        let mut row = row(y_mm, 150.0, 0.0);
        for (k, y) in row.y_mm.iter_mut().enumerate() {
            let x_mm = k as f32 / SHEET_PIXELS_PER_MM;
            let passed = places.iter().filter(|place| **place < x_mm).count();
            *y += 3.0 * (passed % 2) as f32;
        }
        row
    }

    #[test]
    fn rims_that_jump_elsewhere_go_and_strips_that_beat_by_themselves_stay() {
        let beating = |y_mm: f32| row(y_mm, 150.0, 8.0);
        let rim = steps(150.0, &[21.0, 37.0, 66.0, 93.0, 101.0, 139.0]);
        let rows = [beating(30.0), beating(60.0), beating(90.0), rim];
        let kept: Vec<usize> = strips(&rows).iter().map(|strip| strip.index).collect();
        assert_eq!(kept, [0, 1, 2]);
        // The same beats half a period later.
        let mut later = beating(120.0);
        later.y_mm.rotate_left(50);
        let rows = [beating(30.0), beating(60.0), beating(90.0), later];
        assert_eq!(strips(&rows).len(), 4);
    }

    #[test]
    fn a_pulse_is_left_out_at_either_end() {
        let rows = [row(40.0, 100.0, 8.0)];
        let pulse = |left_mm: f32| Pulse {
            left_mm,
            right_mm: left_mm + 5.0,
            top_mm: 30.0,
            foot_mm: 40.0,
            step_mm: None,
        };
        let mut on_left = strips(&rows);
        on_left[0].without(&pulse(11.0));
        assert_eq!((on_left[0].left_mm, on_left[0].right_mm), (17.0, 110.0));
        let mut on_right = strips(&rows);
        on_right[0].without(&pulse(103.0));
        assert_eq!((on_right[0].left_mm, on_right[0].right_mm), (10.0, 102.0));
    }

    #[test]
    fn no_rows_give_no_strips() {
        assert!(strips(&[]).is_empty());
    }
}
