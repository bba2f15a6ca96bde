//! Short strokes across the trace where one lead ends and the next begins.

use super::spans::{Span, Spans};
use crate::photo::sheet::SHEET_PIXELS_PER_MM;

/// Ticks reach at least this far above and below the trace.
const REACH_MM: f32 = 0.9;
/// No tick is higher or wider.
const MAX_HEIGHT_MM: f32 = 12.0;
const MAX_WIDTH_MM: f32 = 1.7;
/// Soft columns beside a tick.
const RIM: usize = 3;
/// From this many columns of equal height on, a stroke is no beat: the two sides of a beat this
/// wide would stand apart.
const SOLID_COLUMNS: usize = 4;
/// Heights within this many pixels are equal, and so are places along x.
const EQUAL_PX: f32 = 2.5;
/// Two ticks that stand above one another are this close along x.
const ABOVE_PX: usize = 9;
/// Confidence of the trace behind a tick.
const BEHIND: f32 = 0.3;

/// What may be a tick.
struct Tick {
    /// The nearest columns to both sides that show the trace.
    left: usize,
    right: usize,
    /// How many columns are equally high.
    plateau: usize,
    /// How far it reaches above and below the trace.
    up: f32,
    down: f32,
}

/// Takes the ticks out: rows run straight on behind them.
///
/// A needle-like beat that goes as far up as down looks like a tick. But ticks are thick, or else
/// other rows have the very same tick above or below.
pub(super) fn bridge_ticks(rows: &mut [Spans], pen: f32) {
    let candidates: Vec<Vec<Tick>> = rows.iter().map(|row| candidates(row, pen)).collect();
    for (k, row) in rows.iter_mut().enumerate() {
        for tick in &candidates[k] {
            let twins = (0..candidates.len())
                .filter(|&other| other != k)
                .filter(|&other| candidates[other].iter().any(|other| same(tick, other)))
                .count();
            if tick.plateau >= SOLID_COLUMNS || twins > 0 {
                bridge(row, tick.left, tick.right);
            }
        }
    }
}

fn same(a: &Tick, b: &Tick) -> bool {
    a.left.abs_diff(b.left) <= ABOVE_PX
        && (a.up - b.up).abs() <= EQUAL_PX
        && (a.down - b.down).abs() <= EQUAL_PX
}

fn candidates(row: &[Option<Span>], pen: f32) -> Vec<Tick> {
    let reach = REACH_MM * SHEET_PIXELS_PER_MM;
    let widest = (MAX_WIDTH_MM * SHEET_PIXELS_PER_MM) as usize;
    let is_thin = |k: &usize| row[*k].is_some_and(|span| span.height() <= 2.5 * pen);
    let middle = |k: usize| row[k].map_or(f32::NAN, |span| 0.5 * (span.top + span.bottom));
    let mut found = Vec::new();
    let mut column = 1;
    while column < row.len() {
        let start = column;
        column += 1;
        let Some(first) = row[start].map(|span| span.height()) else {
            continue;
        };
        if !(2.0 * reach + pen..=MAX_HEIGHT_MM * SHEET_PIXELS_PER_MM).contains(&first) {
            continue;
        }
        // The first column of a tick may be its soft rim: the second tells the height.
        let height = row
            .get(start + 1)
            .copied()
            .flatten()
            .map_or(first, |span| span.height().max(first));
        let end = (start..row.len())
            .find(|&k| row[k].is_none_or(|span| (span.height() - height).abs() > 0.2 * height))
            .unwrap_or(row.len());
        if end - start > widest || end == start {
            continue;
        }
        column = end;
        let left = (start.saturating_sub(RIM)..start).rev().find(is_thin);
        let right = (end..(end + RIM).min(row.len())).find(is_thin);
        let (Some(left), Some(right)) = (left, right) else {
            continue;
        };
        let (from, to) = (middle(left), middle(right));
        let spans = row[start..end].iter().flatten();
        let (up, down) = spans.fold((f32::MAX, f32::MAX), |(up, down), span| {
            (
                up.min(from.min(to) - span.top),
                down.min(span.bottom - from.max(to)),
            )
        });
        if up >= reach && down >= reach {
            found.push(Tick {
                left,
                right,
                plateau: end - start,
                up,
                down,
            });
        }
    }
    found
}

fn bridge(row: &mut Spans, left: usize, right: usize) {
    let (Some(before), Some(after)) = (row[left], row[right]) else {
        return;
    };
    for (k, span) in row.iter_mut().enumerate().take(right).skip(left + 1) {
        let t = (k - left) as f32 / (right - left) as f32;
        *span = Some(Span {
            top: before.top + t * (after.top - before.top),
            bottom: before.bottom + t * (after.bottom - before.bottom),
            confidence: BEHIND,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(columns: usize) -> Spans {
        vec![
            Some(Span {
                top: 99.0,
                bottom: 101.0,
                confidence: 1.0,
            });
            columns
        ]
    }

    fn raise(row: &mut Spans, columns: std::ops::Range<usize>, top: f32, bottom: f32) {
        for span in row[columns].iter_mut().flatten() {
            (span.top, span.bottom) = (top, bottom);
        }
    }

    #[test]
    fn thick_ticks_go_and_needles_stay() {
        let mut rows = vec![level(60)];
        raise(&mut rows[0], 20..25, 80.0, 120.0);
        raise(&mut rows[0], 40..42, 80.0, 120.0);
        bridge_ticks(&mut rows, 2.0);
        let height = |k: usize| rows[0][k].map(|span| span.height());
        assert_eq!((height(22), height(40)), (Some(2.0), Some(40.0)));
        assert_eq!(rows[0][22].map(|span| span.confidence), Some(BEHIND));
    }

    #[test]
    fn thin_ticks_go_where_other_rows_have_them_too() {
        let mut rows = vec![level(60), level(60), level(60)];
        for row in rows.iter_mut().take(2) {
            raise(row, 20..22, 85.0, 115.0);
        }
        raise(&mut rows[2], 20..22, 60.0, 120.0);
        bridge_ticks(&mut rows, 2.0);
        let height = |k: usize| rows[k][20].map(|span| span.height());
        assert_eq!(
            (height(0), height(1), height(2)),
            (Some(2.0), Some(2.0), Some(60.0))
        );
    }
}
