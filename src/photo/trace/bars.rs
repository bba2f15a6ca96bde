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

/// What is as large as the page's bars is one of them, too, if it stands in a row or a column of theirs …
const ALIKE_PX: f32 = 2.0;
const MORE_COLUMNS: usize = 2;
const SAME_ROW_PX: f32 = 1.0 * SHEET_PIXELS_PER_MM;
const SAME_COLUMN_PX: usize = 9;
/// … and others of that size are sure.
const MIN_SURE: usize = 2;
/// What a trace that passes over the end of a bar keeps at least.
const THIN_PX: f32 = 2.5;
/// What goes further beyond a bar's end is a beat, and so is a stroke this long and this near to it: without the bar
/// nothing would lead to it.
const BEYOND_PX: f32 = 1.5 * SHEET_PIXELS_PER_MM;
const BEAT_REACH_PX: f32 = 3.0 * SHEET_PIXELS_PER_MM;

/// Takes the bars out, so that no way leads along them. A beat that begins right at a bar stays, but
/// loses what it shares with the bar.
///
/// Bars to which a trace leads are sure. Others merge with a beat, or their trace leaves them at an end; those
/// are known by the size and places of the sure ones.
pub(super) fn without_bars(runs: &Runs) -> Runs {
    let mut edited: Vec<Option<Run>> = runs.all().iter().copied().map(Some).collect();
    let sure = sure_bars(runs);
    for (bar, trace) in &sure {
        take_out(runs, bar, Some(trace), &mut edited);
    }
    let sure: Vec<Bar> = sure.into_iter().map(|(bar, _)| bar).collect();
    for bar in likely_bars(runs, &sure) {
        take_out(runs, &bar, None, &mut edited);
    }
    runs.edited(|index| edited[index])
}

/// A bar's columns and ends.
#[derive(Clone, Copy, Debug)]
struct Bar {
    first: usize,
    last: usize,
    top: f32,
    bottom: f32,
}

impl Bar {
    fn height(&self) -> f32 {
        self.bottom - self.top
    }

    fn columns(&self) -> usize {
        self.last + 1 - self.first
    }

    /// Columns beside the bar in which its soft edge may lie, those to the left and to the right.
    fn rims(&self, runs: &Runs) -> impl Iterator<Item = usize> + Clone {
        let to_left = (1..=RIM).filter_map(|step| self.first.checked_sub(step));
        to_left.chain(self.last + 1..(self.last + RIM + 1).min(runs.columns()))
    }

    /// A trace that leads to the bar. Letters and the edges of calibration pulses have none that leads to their middle.
    fn trace(&self, runs: &Runs) -> Option<Run> {
        let inset = INSET_MM * SHEET_PIXELS_PER_MM;
        let enters = |run: &&Run| run.top >= self.top + inset && run.bottom <= self.bottom - inset;
        self.rims(runs)
            .find_map(|column| runs.column(column).iter().find(enters))
            .copied()
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.first <= other.last
            && other.first <= self.last
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn crosses(&self, run: &Run) -> bool {
        run.bottom > self.top && run.top < self.bottom
    }

    /// Whether a run reaches beyond the upper and the lower end.
    fn exceeded_by(&self, run: &Run) -> (bool, bool) {
        (
            run.top < self.top - EQUAL_PX,
            run.bottom > self.bottom + EQUAL_PX,
        )
    }

    /// What is left of a run in the bar's own columns: the trace that passes over one of its ends.
    fn beyond(&self, run: &Run) -> Option<Run> {
        match self.exceeded_by(run) {
            (false, false) => None,
            (true, false) => Some(Run {
                bottom: self.top.max(run.top + THIN_PX),
                ..*run
            }),
            (false, true) => Some(Run {
                top: self.bottom.min(run.bottom - THIN_PX),
                ..*run
            }),
            (true, true) => Some(*run),
        }
    }

    /// What is left of a run beside the bar, whose soft edge it contains: a beat that begins at the bar goes as far as
    /// the trace, given by its upper and lower edge.
    fn beside(&self, run: &Run, (trace_top, trace_bottom): (f32, f32)) -> Option<Run> {
        match self.exceeded_by(run) {
            (false, false) => None,
            (true, false) if run.bottom > self.bottom - 2.0 * EQUAL_PX => Some(Run {
                bottom: trace_bottom,
                ..*run
            }),
            (false, true) if run.top < self.top + 2.0 * EQUAL_PX => Some(Run {
                top: trace_top,
                ..*run
            }),
            _ => Some(*run),
        }
    }

    /// Whether a beat passes behind the bar: its stroke goes on beyond an end, though the removed grid may have cut it there.
    fn meets_beat(&self, runs: &Runs) -> bool {
        (self.first..=self.last)
            .flat_map(|column| runs.column(column))
            .filter(|run| {
                run.bottom > self.top - BEAT_REACH_PX && run.top < self.bottom + BEAT_REACH_PX
            })
            .any(|run| {
                let outside = (self.top - run.top).max(0.0) + (run.bottom - self.bottom).max(0.0);
                let is_apart = run.bottom < self.top || run.top > self.bottom;
                outside > BEYOND_PX && (!is_apart || run.height() > BEAT_REACH_PX)
            })
    }
}

/// Bars to which a trace leads, with that trace.
fn sure_bars(runs: &Runs) -> Vec<(Bar, Run)> {
    let heights = MIN_HEIGHT_MM * SHEET_PIXELS_PER_MM..=MAX_HEIGHT_MM * SHEET_PIXELS_PER_MM;
    let mut seen = vec![false; runs.all().len()];
    let mut bars = Vec::new();
    for column in 1..runs.columns() {
        for (k, run) in runs.column(column).iter().enumerate() {
            if seen[runs.first_of(column) + k] || !heights.contains(&run.height()) {
                continue;
            }
            let bar = equal_runs(runs, column, k, &mut seen);
            if (MIN_COLUMNS..=MAX_COLUMNS).contains(&bar.columns()) {
                bars.extend(bar.trace(runs).map(|trace| (bar, trace)));
            }
        }
    }
    bars
}

/// The runs of the following columns that begin and end where run `k` of `column` does.
fn equal_runs(runs: &Runs, column: usize, k: usize, seen: &mut [bool]) -> Bar {
    let first = runs.column(column)[k];
    // The first column may be soft: the ends are those of the longest.
    let mut bar = Bar {
        first: column,
        last: column,
        top: first.top,
        bottom: first.bottom,
    };
    seen[runs.first_of(column) + k] = true;
    for next in column + 1..runs.columns() {
        let same = runs.column(next).iter().position(|run| {
            (run.top - bar.top).abs() <= EQUAL_PX && (run.bottom - bar.bottom).abs() <= EQUAL_PX
        });
        let Some(j) = same else { break };
        let run = runs.column(next)[j];
        (bar.top, bar.bottom) = (bar.top.min(run.top), bar.bottom.max(run.bottom));
        bar.last = next;
        seen[runs.first_of(next) + j] = true;
    }
    bar
}

/// What has the size of the `sure` bars and stands in a row or a column of theirs.
fn likely_bars(runs: &Runs, sure: &[Bar]) -> Vec<Bar> {
    let Some(size) = usual_size(sure) else {
        return Vec::new();
    };
    let is_near = |bar: &Bar| {
        sure.iter().any(|other| {
            (other.top - bar.top).abs() <= SAME_ROW_PX
                || other.first.abs_diff(bar.first) <= SAME_COLUMN_PX
        })
    };
    let is_known = |bar: &Bar, known: &[Bar]| known.iter().any(|other| other.overlaps(bar));
    let mut found: Vec<Bar> = Vec::new();
    for column in 1..runs.columns() {
        for run in runs.column(column) {
            if run.height() < size.height() - ALIKE_PX {
                continue;
            }
            let ends = [
                (run.top, run.top + size.height()),
                (run.bottom - size.height(), run.bottom),
            ];
            for bar in ends
                .into_iter()
                .filter_map(|ends| filled(runs, column, ends, &size))
            {
                let is_new = !is_known(&bar, sure) && !is_known(&bar, &found);
                if is_new && is_near(&bar) && !bar.meets_beat(runs) {
                    found.push(bar);
                }
            }
        }
    }
    found
}

/// The size of at least some bars.
fn usual_size(bars: &[Bar]) -> Option<Bar> {
    let alike = |a: &Bar, b: &Bar| {
        (a.height() - b.height()).abs() <= ALIKE_PX
            && a.columns().abs_diff(b.columns()) <= MORE_COLUMNS
    };
    let count = |bar: &Bar| bars.iter().filter(|other| alike(bar, other)).count();
    let usual = bars.iter().max_by_key(|bar| count(bar))?;
    (count(usual) >= MIN_SURE).then_some(*usual)
}

/// The bar that begins in `column` between two heights, if ink fills it and one of its ends shows over its whole width.
fn filled(runs: &Runs, column: usize, (top, bottom): (f32, f32), size: &Bar) -> Option<Bar> {
    let covering = |column: usize| {
        let covers = |run: &&Run| run.top <= top + ALIKE_PX && run.bottom >= bottom - ALIKE_PX;
        runs.column(column).iter().find(covers)
    };
    // It begins here.
    if covering(column - 1).is_some() {
        return None;
    }
    let past = (column..runs.columns())
        .find(|&next| covering(next).is_none())
        .unwrap_or(runs.columns());
    let bar = Bar {
        first: column,
        last: past - 1,
        top,
        bottom,
    };
    let columns = MIN_COLUMNS.max(size.columns() - 1)..=size.columns() + MORE_COLUMNS;
    // At the other end a trace may pass over it.
    let (mut tops, mut bottoms) = (0, 0);
    for run in (column..past).filter_map(covering) {
        tops += usize::from((run.top - top).abs() <= ALIKE_PX);
        bottoms += usize::from((run.bottom - bottom).abs() <= ALIKE_PX);
    }
    (columns.contains(&bar.columns()) && tops.max(bottoms) + 1 >= size.columns()).then_some(bar)
}

/// Takes a bar and its soft edges out. What of a beat lies behind it ends at the height of the `trace`, or at the bar's middle.
fn take_out(runs: &Runs, bar: &Bar, trace: Option<&Run>, edited: &mut [Option<Run>]) {
    let middle = 0.5 * (bar.top + bar.bottom);
    let trace = trace.map_or((middle, middle), |run| (run.top, run.bottom));
    for column in bar.first..=bar.last {
        for (k, run) in runs.column(column).iter().enumerate() {
            if bar.crosses(run) {
                edited[runs.first_of(column) + k] = bar.beyond(run);
            }
        }
    }
    for column in bar.rims(runs) {
        for (k, run) in runs.column(column).iter().enumerate() {
            if bar.crosses(run) && run.height() >= RIM_SHARE * bar.height() {
                edited[runs.first_of(column) + k] = bar.beside(run, trace);
            }
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

    /// Level lines at 50 and 150 in two columns with bars, of which the last has its trace where `trace` says, and what `more` draws.
    fn page(trace: usize, more: impl Fn(usize) -> std::ops::Range<usize>) -> Runs {
        let (width, height) = (120, 220);
        let mut ink = vec![0.0; width * height];
        for x in 0..width {
            let is_bar = matches!(x, 40..=43 | 90..=93);
            let first = if is_bar { 30..70 } else { 50..52 };
            let second = match x {
                _ if is_bar => 130..170,
                60.. => trace..trace + 2,
                _ => 150..152,
            };
            for y in first.chain(second).chain(more(x)) {
                ink[y * width + x] = 1.0;
            }
        }
        Runs::of(&ink, width)
    }

    #[test]
    fn a_bar_whose_trace_leaves_it_at_an_end_is_known_by_the_others() {
        let runs = without_bars(&page(167, |_| 0..0));
        assert!((90..94).all(|x| runs.column(x).is_empty()));
        // A trace that passes over an end of the bar stays.
        let over = |x: usize| match x {
            90..94 => [129, 126, 123, 121][x - 90]..130,
            _ => 0..0,
        };
        let runs = without_bars(&page(150, over));
        assert_eq!(ends(&runs, 91), [(126.0, 129.0)]);
    }

    #[test]
    fn a_bar_behind_which_a_beat_passes_stays_where_no_trace_leads_to_it() {
        let runs = without_bars(&page(167, |x| if x == 91 { 170..200 } else { 0..0 }));
        assert_eq!(ends(&runs, 92), [(130.0, 170.0)]);
    }
}
