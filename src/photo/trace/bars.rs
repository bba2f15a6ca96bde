//! Thick bars across the trace, drawn where one lead ends and the next begins, as runs of ink.

use super::runs::{Run, Runs};
use crate::photo::sheet::SHEET_PIXELS_PER_MM;

/// Bars are at least and at most this high …
const MIN_HEIGHT_MM: f32 = 3.0;
const MAX_HEIGHT_MM: f32 = 12.0;
/// … and so many columns wide: no stroke of a beat has its ends at one height for so long.
const MIN_COLUMNS: usize = 4;
const MAX_COLUMNS: usize = 12;
/// Ends within this many pixels are at one height.
const EQUAL_PX: f32 = 2.0;
/// Soft columns beside a bar, whose ends lie a little further in.
const RIM: usize = 3;
/// They still show this share of the bar's height.
const RIM_SHARE: f32 = 0.5;
/// The trace leaves a bar at least this far from its ends.
const INSET_MM: f32 = 0.9;

/// Takes the bars out, so that no way leads along them. A beat that begins right at a bar stays, but
/// loses what it shares with the bar.
pub(super) fn without_bars(runs: &Runs) -> Runs {
    let mut edited: Vec<Option<Run>> = runs.all().iter().copied().map(Some).collect();
    let heights = MIN_HEIGHT_MM * SHEET_PIXELS_PER_MM..=MAX_HEIGHT_MM * SHEET_PIXELS_PER_MM;
    let mut seen = vec![false; runs.all().len()];
    for column in 1..runs.columns() {
        for (k, run) in runs.column(column).iter().enumerate() {
            if seen[runs.first_of(column) + k] || !heights.contains(&run.height()) {
                continue;
            }
            let bar = equal_runs(runs, column, k);
            for &index in &bar {
                seen[index] = true;
            }
            if (MIN_COLUMNS..=MAX_COLUMNS).contains(&bar.len()) {
                take_out(runs, &bar, &mut edited);
            }
        }
    }
    runs.edited(|index| edited[index])
}

/// The runs of the following columns that begin and end where run `k` of `column` does.
fn equal_runs(runs: &Runs, column: usize, k: usize) -> Vec<usize> {
    let first = runs.column(column)[k];
    // The first column may be soft: the ends are those of the longest.
    let (mut top, mut bottom) = (first.top, first.bottom);
    let mut found = vec![runs.first_of(column) + k];
    for next in column + 1..runs.columns() {
        let same = runs.column(next).iter().position(|run| {
            (run.top - top).abs() <= EQUAL_PX && (run.bottom - bottom).abs() <= EQUAL_PX
        });
        let Some(j) = same else { break };
        let run = runs.column(next)[j];
        (top, bottom) = (top.min(run.top), bottom.max(run.bottom));
        found.push(runs.first_of(next) + j);
    }
    found
}

fn take_out(runs: &Runs, bar: &[usize], edited: &mut [Option<Run>]) {
    let (mut top, mut bottom) = (f32::INFINITY, f32::NEG_INFINITY);
    for &index in bar {
        (top, bottom) = (
            top.min(runs.all()[index].top),
            bottom.max(runs.all()[index].bottom),
        );
    }
    let (first, last) = (runs.column_of(bar[0]), runs.column_of(bar[bar.len() - 1]));
    let inset = INSET_MM * SHEET_PIXELS_PER_MM;
    let crosses = |run: &Run| run.bottom > top && run.top < bottom;
    let enters = |run: &Run| run.top >= top + inset && run.bottom <= bottom - inset;
    let to_left = (1..=RIM).filter_map(|step| first.checked_sub(step));
    let to_right = (last + 1..=last + RIM).filter(|&column| column < runs.columns());
    // Letters and the edges of calibration pulses have no trace that leads to their middle.
    let trace = to_left
        .clone()
        .chain(to_right.clone())
        .find_map(|column| runs.column(column).iter().find(|run| enters(run)));
    let Some(trace) = trace else { return };
    for &index in bar {
        edited[index] = None;
    }
    for column in to_left.chain(to_right) {
        for (k, run) in runs.column(column).iter().enumerate() {
            if !crosses(run) || run.height() < RIM_SHARE * (bottom - top) {
                continue;
            }
            let rises = run.top < top - EQUAL_PX;
            let falls = run.bottom > bottom + EQUAL_PX;
            let own = &mut edited[runs.first_of(column) + k];
            *own = match (rises, falls) {
                (false, false) => None,
                (true, false) if run.bottom > bottom - 2.0 * EQUAL_PX => Some(Run {
                    bottom: trace.bottom,
                    ..*run
                }),
                (false, true) if run.top < top + 2.0 * EQUAL_PX => Some(Run {
                    top: trace.top,
                    ..*run
                }),
                _ => Some(*run),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A level line at 50 with a bar from 30 to 70 in columns 40 to 43, a needle in columns 20 and
    /// 21, and what `more` draws.
    fn sheet(more: impl Fn(usize) -> std::ops::Range<usize>) -> Runs {
        let (width, height) = (80, 120);
        let mut ink = vec![0.0; width * height];
        for x in 0..width {
            let rows = match x {
                20 | 21 => 30..70,
                40..=43 => 30..70,
                _ => 50..52,
            };
            rows.chain(more(x)).for_each(|y| ink[y * width + x] = 1.0);
        }
        Runs::of(&ink, width)
    }

    fn ends(runs: &Runs, column: usize) -> Vec<(f32, f32)> {
        let ends = |run: &Run| (run.top.round(), run.bottom.round());
        runs.column(column).iter().map(ends).collect()
    }

    #[test]
    fn bars_go_and_needles_stay() {
        let runs = without_bars(&sheet(|_| 0..0));
        assert!((40..44).all(|x| runs.column(x).is_empty()));
        assert_eq!(ends(&runs, 20), [(30.0, 70.0)]);
        assert_eq!(ends(&runs, 39), [(50.0, 52.0)]);
        assert_eq!(runs.columns(), 80);
        assert_eq!(runs.column_of(runs.first_of(60)), 60);
    }

    #[test]
    fn a_beat_at_a_bar_loses_only_the_bar() {
        let runs = without_bars(&sheet(|x| if x == 44 { 10..70 } else { 0..0 }));
        assert!(runs.column(42).is_empty());
        assert_eq!(ends(&runs, 44), [(10.0, 52.0)]);
    }

    #[test]
    fn letters_below_the_trace_are_no_bars() {
        let runs = without_bars(&sheet(
            |x| if (60..65).contains(&x) { 80..100 } else { 0..0 },
        ));
        assert_eq!(ends(&runs, 62), [(50.0, 52.0), (80.0, 100.0)]);
    }
}
