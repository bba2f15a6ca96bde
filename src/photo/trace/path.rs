//! The way of one row through the runs of ink: dynamic programming from the left to the right edge.

use super::runs::Runs;
use crate::photo::sheet::SHEET_PIXELS_PER_MM;

/// Runs further from the row's height than this are not looked at.
const REACH_MM: f32 = 45.0;
/// What a column with the palest and with the darkest trace is worth.
const COLUMN: (f32, f32) = (0.4, 1.0);
/// What every further pixel of ink in a column is worth: a beat must be followed to its summit
/// although a remnant of the grid may lead past its foot …
const WORTH_PER_PX: f32 = 0.1;
/// … up to this many.
const MAX_WORTH_PX: f32 = 60.0;
/// Folds throw shadows, which are high but nowhere darker than this; strokes are this dark somewhere.
const SHADOW_PEAK: f32 = 0.5;
const STROKE_PEAK: f32 = 0.85;
/// Any stroke is about this high.
const FREE_PX: f32 = 3.0;
/// What a run is worth less to a row that another row passes through already.
const TAKEN: f32 = 0.5;
/// Long strokes this high (4 mm) may be beats of two rows that meet or cross: both are free to pass.
const CROSSING_PX: f32 = 24.0;
/// What a millimetre away from the row's height costs in every column: little, as the trace has to
/// be free to move, but enough to come back from a neighbouring row.
const AWAY_PER_MM: f32 = 0.03;
/// Waves rarely dwell further than this from the row's height, frames and other rows do …
const FAR_MM: f32 = 10.0;
/// … and every millimetre beyond it costs this on top.
const FAR_PER_MM: f32 = 0.1;
/// What a pixel of bare paper that is jumped over costs.
const JUMP_PER_PX: f32 = 0.25;
/// Trace is looked for at most this many columns back.
const MAX_BACK: usize = 12;
/// What a bare column within a jump costs on top.
const BARE: f32 = 0.2;
/// What it costs to leave the trace and to find it again.
const LEAVE: f32 = 4.0;

/// A trace begins and ends near the row's height: within this it costs nothing …
const NEAR_MM: f32 = 4.0;
/// … and for every millimetre beyond it this.
const ASTRAY_PER_MM: f32 = 4.0;

/// How a row's way came to a place.
#[derive(Clone, Copy)]
enum From {
    /// From the bare paper before it.
    Bare,
    /// From this run (index among all).
    Run(usize),
}

/// What every run is worth to a row, where `taken` says how many other rows pass through it and
/// `long` whether it is part of a long stroke: letters are worth little.
pub(super) fn worth(runs: &Runs, long: &[bool], taken: &[u8]) -> Vec<f32> {
    runs.all()
        .iter()
        .zip(taken.iter().zip(long))
        .map(|(run, (&taken, &long))| {
            let column = COLUMN.0 + (COLUMN.1 - COLUMN.0) * run.peak.min(1.0);
            if taken > 0 && !(long && run.height() >= CROSSING_PX) {
                column - TAKEN
            } else if !long {
                column
            } else {
                let dark = ((run.peak - SHADOW_PEAK) / (STROKE_PEAK - SHADOW_PEAK)).clamp(0.0, 1.0);
                column + dark * WORTH_PER_PX * (run.height() - FREE_PX).clamp(0.0, MAX_WORTH_PX)
            }
        })
        .collect()
}

/// The run that the row passes through in every column, as index among all runs; `None` where
/// there is no trace. `level` is the row's usual height in every column, in pixels;
/// `worth` as from [`worth`].
pub(super) fn best_path(runs: &Runs, level: &[f32], worth: &[f32]) -> Vec<Option<usize>> {
    let columns = runs.columns();
    let reach = REACH_MM * SHEET_PIXELS_PER_MM;
    let mut cost = vec![f32::INFINITY; runs.all().len()];
    let mut from = vec![From::Bare; runs.all().len()];
    // The cost of being on bare paper after each column, and the run it came from if that is new.
    let mut bare_cost = 0.0f32;
    let mut bare_from: Vec<Option<usize>> = vec![None; columns];
    for column in 0..columns {
        let first = runs.first_of(column);
        let mut next_bare = bare_cost;
        for (k, run) in runs.column(column).iter().enumerate() {
            let own = first + k;
            let distance = nearest(level[column], run.top, run.bottom);
            if distance > reach {
                continue;
            }
            let here = away(distance) - worth[own];
            let mut best = bare_cost + LEAVE + astray(distance);
            let mut best_from = From::Bare;
            for back in 1..=MAX_BACK.min(column) {
                let skipped = (back - 1) as f32 * BARE;
                for (j, before) in runs.column(column - back).iter().enumerate() {
                    let index = runs.first_of(column - back) + j;
                    let mut jump = before.gap_to(run);
                    if back > 1 {
                        // Over bare paper the trace goes on evenly.
                        jump = jump.max((before.middle() - run.middle()).abs() - 2.0 * back as f32);
                    }
                    let total = cost[index] + skipped + JUMP_PER_PX * jump.max(0.0);
                    if total < best {
                        best = total;
                        best_from = From::Run(index);
                    }
                }
            }
            cost[own] = best + here;
            from[own] = best_from;
            let leaving = cost[own] + LEAVE + astray(distance);
            if leaving < next_bare {
                next_bare = leaving;
                bare_from[column] = Some(own);
            }
        }
        bare_cost = next_bare;
    }
    walk_back(runs, &from, &bare_from)
}

/// What being at this distance from the row's height costs in every column.
fn away(distance: f32) -> f32 {
    let distance_mm = distance / SHEET_PIXELS_PER_MM;
    AWAY_PER_MM * distance_mm + FAR_PER_MM * (distance_mm - FAR_MM).max(0.0)
}

/// What it costs to leave or find the trace at this distance from the row's height.
fn astray(distance: f32) -> f32 {
    ASTRAY_PER_MM * (distance / SHEET_PIXELS_PER_MM - NEAR_MM).max(0.0)
}

/// Distance of a height from a stretch.
fn nearest(y: f32, top: f32, bottom: f32) -> f32 {
    (top - y).max(y - bottom).max(0.0)
}

fn walk_back(runs: &Runs, from: &[From], bare_from: &[Option<usize>]) -> Vec<Option<usize>> {
    let mut path = vec![None; runs.columns()];
    let column_of = |run: usize| runs.column_of(run);
    let mut column = runs.columns();
    while column > 0 {
        column -= 1;
        let Some(mut run) = bare_from[column] else {
            continue;
        };
        loop {
            column = column_of(run);
            path[column] = Some(run);
            match from[run] {
                From::Run(before) => run = before,
                From::Bare => break,
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sheet with a level line at 50, a beat up to 20 at column 60, and a word below the line.
    fn sheet() -> (Vec<f32>, usize) {
        let (width, height) = (120, 100);
        let mut ink = vec![0.0; width * height];
        for x in 0..width {
            let rows = match x {
                60 => 20..52,
                61 => 20..52,
                80..90 => 0..0,
                _ => 50..52,
            };
            rows.for_each(|y| ink[y * width + x] = 1.0);
        }
        for x in 30..36 {
            (60..80).for_each(|y| ink[y * width + x] = 1.0);
        }
        (ink, width)
    }

    #[test]
    fn the_way_follows_the_beat_and_leaves_the_word_aside() {
        let (ink, width) = sheet();
        let runs = Runs::of(&ink, width);
        let long: Vec<bool> = runs.all().iter().map(|run| run.top < 55.0).collect();
        let values = worth(&runs, &long, &vec![0; runs.all().len()]);
        let path = best_path(&runs, &vec![51.0; width], &values);
        let top = |column: usize| path[column].map(|run| runs.all()[run].top.round());
        assert_eq!(top(60), Some(20.0));
        assert_eq!(top(33), Some(50.0));
        assert_eq!(top(85), None);
        assert_eq!((top(0), top(width - 1)), (Some(50.0), Some(50.0)));
    }

    #[test]
    fn beats_of_two_rows_may_cross_and_flat_parts_may_not() {
        // A run of 32 px, one of 2, and the former as a letter: 1 + .1 (32 − 3), 1 − .5, 1 − .5.
        let mut ink = vec![0.0; 60 * 2];
        (10..42).for_each(|y| ink[2 * y] = 1.0);
        (30..32).for_each(|y| ink[2 * y + 1] = 1.0);
        let runs = Runs::of(&ink, 2);
        let values = worth(&runs, &[true, true], &[1, 1]);
        assert!((values[0] - 3.9).abs() < 0.05 && (values[1] - 0.5).abs() < 1e-6);
        assert!((worth(&runs, &[false, true], &[1, 1])[0] - 0.5).abs() < 1e-6);
    }

    #[test]
    fn an_empty_sheet_has_an_empty_way() {
        let runs = Runs::of(&vec![0.0; 300], 30);
        let path = best_path(&runs, &[5.0; 30], &worth(&runs, &[], &[]));
        assert!(path.iter().all(Option::is_none));
    }
}
