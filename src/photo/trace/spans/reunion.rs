//! Pieces of one stroke that lie in one column: what cuts steep strokes is made up for.

use super::{Span, Spans};
use crate::photo::trace::runs::{Run, Runs};

/// A piece must lie beside the row's ink in the neighbouring column over so many pixels.
const BESIDE_PX: f32 = 3.0;
/// Lower pieces are remnants of the grid.
const MIN_PIECE_PX: f32 = 4.0;
/// A cut is at most this share as high as the shorter of the pieces beside it …
const CUT_SHARE: f32 = 0.5;
/// … of which no more than this counts.
const LONGEST_PX: f32 = 24.0;
/// From piece to piece, a beat's ink is followed so often to the right and back.
const ROUNDS: usize = 2;

/// Gives rows the pieces of their strokes that their ways left out, where a steep stroke is cut or
/// the two sides of a beat share a column.
///
/// A curve passes through a column once and without a break. What lies in the same column as a row's
/// ink, close to it, and is one with it in the column beside, therefore belongs to it, and so does
/// what is between.
/// `is_free` says of a run (index among all) that no row passes through it.
pub(super) fn reunite(runs: &Runs, is_free: &impl Fn(usize) -> bool, row: &mut Spans) {
    let columns = row.len();
    for _ in 0..ROUNDS {
        for column in 1..columns {
            take_in(runs, is_free, row, column, column - 1);
        }
        for column in (1..columns).rev() {
            take_in(runs, is_free, row, column - 1, column);
        }
    }
}

/// Extends the row's span in `column` by pieces that are one with its span in `beside`.
fn take_in(
    runs: &Runs,
    is_free: &impl Fn(usize) -> bool,
    row: &mut Spans,
    column: usize,
    beside: usize,
) {
    let (Some(mut own), Some(next)) = (row[column], row[beside]) else {
        return;
    };
    for (k, piece) in runs.column(column).iter().enumerate() {
        if piece.height() >= MIN_PIECE_PX
            && is_free(runs.first_of(column) + k)
            && is_one(piece, &own, &next)
        {
            own.top = own.top.min(piece.top);
            own.bottom = own.bottom.max(piece.bottom);
        }
    }
    row[column] = Some(own);
}

/// Whether a piece belongs to the span in its column, given the span beside.
fn is_one(piece: &Run, own: &Span, beside: &Span) -> bool {
    let shared = piece.bottom.min(beside.bottom) - piece.top.max(beside.top);
    if shared < BESIDE_PX {
        return false;
    }
    let (from, to) = if piece.bottom < own.top {
        (piece.bottom, own.top)
    } else {
        (own.bottom, piece.top)
    };
    let gap = to - from;
    gap <= CUT_SHARE * piece.height().min(own.height()).min(LONGEST_PX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A beat whose second column is cut by three pixels of paper, and letters `away` pixels below
    /// the trace beside it; the row's way leads through the first run of each column but the cut one.
    fn beat(away: usize) -> Spans {
        let (width, height) = (4, 120);
        let mut ink = vec![0.0; width * height];
        let mut draw = |x: usize, from: usize, to: usize| {
            (from..to).for_each(|y| ink[y * width + x] = 1.0);
        };
        draw(0, 20, 60);
        draw(1, 20, 40);
        draw(1, 43, 80);
        draw(2, 60, 82);
        draw(3, 78, 80);
        draw(3, 80 + away, 92 + away);
        let runs = Runs::of(&ink, width);
        let chosen = [0, 1, 0, 0];
        let first: Vec<usize> = (0..width).map(|x| runs.first_of(x) + chosen[x]).collect();
        let mut row: Spans = first
            .iter()
            .map(|&run| {
                let run = runs.all()[run];
                Some(Span {
                    top: run.top,
                    bottom: run.bottom,
                    confidence: 1.0,
                })
            })
            .collect();
        reunite(&runs, &|run| !first.contains(&run), &mut row);
        row
    }

    #[test]
    fn what_is_cut_is_reunited() {
        let row = beat(10);
        let top = row[1].map(|span| span.top.round());
        assert_eq!(top, Some(20.0));
    }

    #[test]
    fn letters_beside_a_beat_stay_outside() {
        let row = beat(10);
        let bottom = row[3].map(|span| span.bottom.round());
        assert_eq!(bottom, Some(80.0));
    }
}
