//! The curves on a sheet, followed row by row.
//!
//! Ink is taken apart into runs per column ([`runs`]), thick separators are taken out ([`bars`]), rows are found by their long flat parts
//! ([`rows`]), each is followed by dynamic programming ([`path`]), ink that two rows pass through is
//! divided ([`spans`]), thin separator ticks are taken out ([`ticks`]), and the line in the middle of the stroke is worked out from its edges
//! ([`curve`]).

mod bars;
mod curve;
mod path;
mod row;
mod rows;
mod runs;
mod spans;
mod ticks;

pub use row::Row;

use super::sheet::{SHEET_PIXELS_PER_MM, Sheet};
use bars::without_bars;
use curve::{Pen, centre_line};
use path::{best_path, worth};
use rows::{BEAT_APART, BEAT_MM, find_rows, in_long_strokes, is_ruled, pen_width_px};
use runs::{Run, Runs};
use spans::divide;
use ticks::bridge_ticks;

/// Over how much of a row its usual height is taken, to both sides.
const LEVEL_REACH_MM: f32 = 20.0;
/// Runs from this height on are steep strokes, and so many of them tell how thick they are.
const STEEP_MM: f32 = 3.0;
const MIN_STEEP: usize = 8;
/// A row of which less is left is none.
const MIN_TRACE_MM: f32 = 20.0;

/// Follows every row of tracing on a sheet, from the top.
///
/// Nothing is known of leads yet: calibration pulses are part of the curve, separator ticks are
/// drawn through (confidence .3), words are left aside. Empty if there is no tracing.
pub fn follow_rows(sheet: &Sheet) -> Vec<Row> {
    let runs = without_bars(&Runs::of(&sheet.ink, sheet.width()));
    let long = in_long_strokes(&runs);
    let heights = find_rows(&runs, &long, sheet.height());
    let columns = runs.columns();
    let mut levels: Vec<Vec<f32>> = heights.iter().map(|&y| vec![y; columns]).collect();
    let mut taken = vec![0u8; runs.all().len()];
    let values = worth(&runs, &long, &taken);
    let mut paths: Vec<Vec<Option<usize>>> = levels
        .iter()
        .map(|level| best_path(&runs, level, &values))
        .collect();
    // Once more with the levels of the first try, and with care not to walk in another's way.
    for (level, path) in levels.iter_mut().zip(&paths) {
        *level = usual_level(&runs, path, level);
    }
    let walk = |path: &[Option<usize>], taken: &mut [u8], leave: bool| {
        for &run in path.iter().flatten() {
            taken[run] = if leave {
                taken[run].saturating_sub(1)
            } else {
                taken[run].saturating_add(1)
            };
        }
    };
    paths.iter().for_each(|path| walk(path, &mut taken, false));
    for (path, level) in paths.iter_mut().zip(&levels) {
        walk(path, &mut taken, true);
        *path = best_path(&runs, level, &worth(&runs, &long, &taken));
        walk(path, &mut taken, false);
    }
    let mut walked: Vec<Run> = paths
        .iter()
        .flatten()
        .flatten()
        .map(|&run| runs.all()[run])
        .collect();
    let pen = pen_width_px(&mut walked);
    let has_beats: Vec<bool> = paths.iter().map(|path| beats(&runs, &long, path)).collect();
    let mut keep = has_beats.iter();
    paths.retain(|_| keep.next().is_some_and(|&beats| beats));
    let mut keep = has_beats.iter();
    levels.retain(|_| keep.next().is_some_and(|&beats| beats));
    let mut rows = divide(&runs, &paths, &levels, pen);
    bridge_ticks(&mut rows, pen);
    let shape = Pen {
        level: pen,
        steep: steep_width_px(sheet, &runs, &paths)
            .unwrap_or(pen)
            .clamp(0.4 * pen, 1.1 * pen),
    };
    rows.iter()
        .filter_map(|row| {
            let (heights, confidence) = centre_line(row, shape);
            to_row(&heights, &confidence)
        })
        .collect()
}

/// Whether a path has as many steep places as a trace of its length: frames and folds have
/// few, and letters beside them don't count.
fn beats(runs: &Runs, long: &[bool], path: &[Option<usize>]) -> bool {
    let length = path.iter().flatten().count();
    let mut last = None;
    let (mut count, mut high_columns) = (0, 0);
    for (column, run) in path.iter().enumerate() {
        if run.is_some_and(|run| {
            long[run] && runs.all()[run].height() >= BEAT_MM * SHEET_PIXELS_PER_MM
        }) {
            if last.is_none_or(|last| column - last > BEAT_APART) {
                count += 1;
            }
            last = Some(column);
            high_columns += 1;
        }
    }
    !is_ruled(length as f32 / SHEET_PIXELS_PER_MM, count, high_columns)
}

/// The running median of the heights along a path; `before` where there is no path.
fn usual_level(runs: &Runs, path: &[Option<usize>], before: &[f32]) -> Vec<f32> {
    const STEP: usize = 30;
    let reach = (LEVEL_REACH_MM * SHEET_PIXELS_PER_MM) as usize;
    let mut window = Vec::new();
    let nodes: Vec<f32> = (0..path.len().div_ceil(STEP) + 1)
        .map(|node| {
            let centre = (node * STEP).min(path.len());
            window.clear();
            let range = centre.saturating_sub(reach)..(centre + reach).min(path.len());
            window.extend(
                path[range]
                    .iter()
                    .flatten()
                    .map(|&run| runs.all()[run].middle()),
            );
            if window.len() < reach / 2 {
                return before[centre.min(before.len().saturating_sub(1))];
            }
            let middle = window.len() / 2;
            *window.select_nth_unstable_by(middle, f32::total_cmp).1
        })
        .collect();
    (0..path.len())
        .map(|column| {
            let (node, share) = (column / STEP, (column % STEP) as f32 / STEP as f32);
            nodes[node] + share * (nodes[node + 1] - nodes[node])
        })
        .collect()
}

/// How thick steep strokes are along x: what the ink beside the middle of high runs adds up to.
fn steep_width_px(sheet: &Sheet, runs: &Runs, paths: &[Vec<Option<usize>>]) -> Option<f32> {
    const REACH: usize = 4;
    let width = sheet.width();
    let mut widths: Vec<f32> = Vec::new();
    for (column, run) in paths.iter().flat_map(|path| path.iter().enumerate()) {
        let Some(run) = run.map(|run| runs.all()[run]) else {
            continue;
        };
        if run.height() < STEEP_MM * SHEET_PIXELS_PER_MM
            || column < REACH
            || column + REACH >= width
        {
            continue;
        }
        let first = run.middle() as usize * width + column;
        let ink = |k: usize| sheet.ink.get(k).copied().unwrap_or(0.0);
        // Once per stroke: from the column that is darkest among its neighbours.
        if ink(first) < ink(first - 1) || ink(first) <= ink(first + 1) {
            continue;
        }
        let to_left: f32 = (1..=REACH)
            .map(|k| ink(first - k))
            .take_while(|&v| v > 0.1)
            .sum();
        let to_right: f32 = (1..=REACH)
            .map(|k| ink(first + k))
            .take_while(|&v| v > 0.1)
            .sum();
        widths.push(ink(first) + to_left + to_right);
    }
    if widths.len() < MIN_STEEP {
        return None;
    }
    // Where two strokes lie side by side they are counted together: hence not the median.
    let rank = widths.len() * 3 / 10;
    Some(*widths.select_nth_unstable_by(rank, f32::total_cmp).1)
}

fn to_row(heights: &[f32], confidence: &[f32]) -> Option<Row> {
    let first_column = heights.iter().position(|y| !y.is_nan())?;
    let last = heights.iter().rposition(|y| !y.is_nan())?;
    let y_mm: Vec<f32> = heights[first_column..=last]
        .iter()
        .map(|y| y / SHEET_PIXELS_PER_MM)
        .collect();
    let mut known: Vec<f32> = y_mm.iter().copied().filter(|y| !y.is_nan()).collect();
    if (known.len() as f32) < MIN_TRACE_MM * SHEET_PIXELS_PER_MM {
        return None;
    }
    let middle = known.len() / 2;
    let baseline_mm = *known.select_nth_unstable_by(middle, f32::total_cmp).1;
    Some(Row {
        first_column,
        y_mm,
        confidence: confidence[first_column..=last].to_vec(),
        baseline_mm,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    /// A page of 80 x 60 mm with rows at 20 and 40 mm, beats of `beat_mm` every 15 mm.
    fn page(beat_mm: f32) -> Sheet {
        let (width, height) = (480usize, 360usize);
        let mut ink = vec![0.0f32; width * height];
        for row_mm in [20.0f32, 40.0] {
            let line = |x: f32| {
                let phase = (x / SHEET_PIXELS_PER_MM).rem_euclid(15.0) - 7.0;
                6.0 * (row_mm - beat_mm * (-(phase / 0.9).powi(2)).exp())
            };
            for x in 12..468 {
                let (a, b) = (line(x as f32), line(x as f32 + 1.0));
                let (top, bottom) = (a.min(b) - 1.0, a.max(b) + 1.0);
                for y in top as usize..=bottom as usize {
                    let covered = (bottom.min(y as f32 + 1.0) - top.max(y as f32)).clamp(0.0, 1.0);
                    ink[y * width + x] = ink[y * width + x].max(covered);
                }
            }
        }
        Sheet {
            picture: RgbImage::from_pixel(width as u32, height as u32, Rgb([255; 3])),
            ink,
        }
    }

    #[test]
    fn rows_are_followed_to_the_summits() {
        let rows = follow_rows(&page(8.0));
        assert_eq!(rows.len(), 2);
        for (row, level) in rows.iter().zip([20.0, 40.0]) {
            assert!((row.baseline_mm - level).abs() < 0.1, "{}", row.baseline_mm);
            let top = row.y_mm.iter().copied().fold(f32::MAX, f32::min);
            assert!((top - (level - 8.0)).abs() < 0.5, "{top} for {level}");
            assert!(row.first_column.abs_diff(12) <= 2);
            assert_eq!(row.y_mm.len(), row.confidence.len());
        }
    }

    #[test]
    fn blank_and_ruled_sheets_have_no_rows() {
        assert!(follow_rows(&page(0.0)).is_empty());
        let mut blank = page(0.0);
        blank.ink.fill(0.0);
        assert!(follow_rows(&blank).is_empty());
        let nothing = Sheet {
            picture: RgbImage::new(0, 0),
            ink: Vec::new(),
        };
        assert!(follow_rows(&nothing).is_empty());
    }
}
