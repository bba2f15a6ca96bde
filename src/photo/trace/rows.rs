//! Where the rows of tracing run: the heights at which long, mostly flat strokes lie.

use super::runs::{Run, Runs};
use crate::photo::sheet::SHEET_PIXELS_PER_MM;

/// Shorter strokes are letters, ticks or dirt.
const MIN_STROKE_MM: f32 = 12.0;
/// A stroke this long without a single beat is a frame, a fold or a ruler's line.
const RULED_MM: f32 = 40.0;
/// For every so much of its length a trace has a beat, and one more (a frame has corners, too).
const BEAT_EVERY_MM: f32 = 80.0;
/// A straight line has less than this share of high columns (its corners).
const HIGH_SHARE: f32 = 0.04;
/// High runs closer than this are one beat.
pub(super) const BEAT_APART: usize = 20;
/// Runs from this height on are beats.
pub(super) const BEAT_MM: f32 = 0.9;
/// Runs higher than this belong to steep parts, which say nothing about a row's height.
const FLAT_MM: f32 = 1.2;
/// Runs of neighbouring columns touch if there is no more bare paper than this between them.
const TOUCH_PX: f32 = 2.0;
/// Thin traces break: a stroke goes on at the same height within this many columns.
const BRIDGE_PX: usize = 7;
/// How far apart in height two ends of a broken trace may be.
const BRIDGE_STEP_PX: f32 = 3.0;
/// This share of a trace's runs is no higher than the pen is thick.
const LEVEL_SHARE: f32 = 0.3;
/// Half the height over which the ink of one row is counted together.
const BAND_MM: f32 = 2.5;
/// Rows are no closer than this.
const MIN_PITCH_MM: f32 = 7.0;
/// A row covers at least this share of the columns that the fullest row covers …
const MIN_COVERAGE: f32 = 0.3;
/// … and at least this much.
const MIN_ROW_MM: f32 = 20.0;
/// Two heights closer than this may be one row, whose leads lie at different levels …
const SAME_ROW_MM: f32 = 15.0;
/// … if they share less than this part of the columns of the shorter one.
const SAME_ROW_OVERLAP: f32 = 0.3;

/// For every run whether it is part of a long stroke that may be tracing.
pub(super) fn in_long_strokes(runs: &Runs) -> Vec<bool> {
    let strokes = strokes(runs);
    let long = long_strokes(runs, &strokes);
    strokes.iter().map(|&stroke| long[stroke]).collect()
}

/// The heights of all rows in pixels, from the top. `long` as from [`in_long_strokes`].
pub(super) fn find_rows(runs: &Runs, long: &[bool], height: usize) -> Vec<f32> {
    let flat = FLAT_MM * SHEET_PIXELS_PER_MM;
    // How many flat runs of long strokes lie at each height.
    let mut histogram = vec![0.0f32; height];
    let mut points: Vec<(usize, f32)> = Vec::new();
    for column in 0..runs.columns() {
        for (k, run) in runs.column(column).iter().enumerate() {
            if run.height() <= flat && long[runs.first_of(column) + k] {
                let y = run.middle();
                if let Some(count) = histogram.get_mut(y as usize) {
                    *count += 1.0;
                    points.push((column, y));
                }
            }
        }
    }
    let band = BAND_MM * SHEET_PIXELS_PER_MM;
    let density = smoothed(&smoothed(&histogram, band as usize / 2), band as usize / 2);
    let rows = peaks(&density, MIN_PITCH_MM * SHEET_PIXELS_PER_MM);
    let rows = rows
        .into_iter()
        .map(|y| Candidate::around(y, &points, band, runs.columns()))
        .collect();
    let rows = merge(rows);
    let fullest = rows.iter().map(|row| row.covered).max().unwrap_or(0) as f32;
    let least = (MIN_COVERAGE * fullest).max(MIN_ROW_MM * SHEET_PIXELS_PER_MM);
    rows.iter()
        .filter(|row| row.covered as f32 >= least)
        .map(|row| row.y)
        .collect()
}

/// For every run the number of the stroke it belongs to.
fn strokes(runs: &Runs) -> Vec<usize> {
    let mut parents: Vec<usize> = (0..runs.all().len()).collect();
    for column in 1..runs.columns() {
        for (k, run) in runs.column(column).iter().enumerate() {
            let own = runs.first_of(column) + k;
            let mut touches = false;
            for (j, before) in runs.column(column - 1).iter().enumerate() {
                if before.gap_to(run) <= TOUCH_PX {
                    touches = true;
                    unite(&mut parents, own, runs.first_of(column - 1) + j);
                }
            }
            if touches {
                continue;
            }
            let nearest = (2..=BRIDGE_PX.min(column)).find_map(|back| {
                let j = runs
                    .column(column - back)
                    .iter()
                    .position(|before| (before.middle() - run.middle()).abs() <= BRIDGE_STEP_PX)?;
                Some(runs.first_of(column - back) + j)
            });
            if let Some(before) = nearest {
                unite(&mut parents, own, before);
            }
        }
    }
    (0..parents.len())
        .map(|run| root(&mut parents, run))
        .collect()
}

fn root(parents: &mut [usize], mut run: usize) -> usize {
    while parents[run] != run {
        parents[run] = parents[parents[run]];
        run = parents[run];
    }
    run
}

fn unite(parents: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parents, a), root(parents, b));
    parents[a.max(b)] = a.min(b);
}

/// Which strokes are long along x without being ruled lines.
fn long_strokes(runs: &Runs, strokes: &[usize]) -> Vec<bool> {
    struct Extent {
        columns: (usize, usize),
        top: f32,
        bottom: f32,
        beats: usize,
        last_high: usize,
        high_columns: usize,
    }
    let mut extents: Vec<Option<Extent>> = Vec::new();
    extents.resize_with(strokes.len(), || None);
    for column in 0..runs.columns() {
        for (k, run) in runs.column(column).iter().enumerate() {
            let extent = &mut extents[strokes[runs.first_of(column) + k]];
            let extent = extent.get_or_insert(Extent {
                columns: (column, column),
                top: run.middle(),
                bottom: run.middle(),
                beats: 0,
                last_high: 0,
                high_columns: 0,
            });
            if run.height() >= BEAT_MM * SHEET_PIXELS_PER_MM {
                if extent.beats == 0 || column - extent.last_high > BEAT_APART {
                    extent.beats += 1;
                }
                extent.high_columns += usize::from(extent.last_high != column);
                extent.last_high = column;
            }
            extent.columns.1 = column;
            extent.top = extent.top.min(run.middle());
            extent.bottom = extent.bottom.max(run.middle());
        }
    }
    extents
        .iter()
        .map(|extent| {
            extent.as_ref().is_some_and(|extent| {
                let length = (extent.columns.1 - extent.columns.0 + 1) as f32 / SHEET_PIXELS_PER_MM;
                let height = (extent.bottom - extent.top) / SHEET_PIXELS_PER_MM;
                let ruled =
                    length >= RULED_MM && is_ruled(length, extent.beats, extent.high_columns);
                length >= MIN_STROKE_MM && length > height && !ruled
            })
        })
        .collect()
}

/// Whether a stroke of this length is too straight to be tracing: few beats, and few high columns
/// (a noisy trace is high everywhere, which counts as one beat).
pub(super) fn is_ruled(length_mm: f32, beats: usize, high_columns: usize) -> bool {
    beats <= (length_mm / BEAT_EVERY_MM) as usize
        && (high_columns as f32) < HIGH_SHARE * length_mm * SHEET_PIXELS_PER_MM
}

/// Moving average over `half` values to both sides.
fn smoothed(values: &[f32], half: usize) -> Vec<f32> {
    let mut sums = vec![0.0f32];
    let mut total = 0.0;
    for value in values {
        total += value;
        sums.push(total);
    }
    (0..values.len())
        .map(|k| {
            let (from, to) = (k.saturating_sub(half), (k + half + 1).min(values.len()));
            (sums[to] - sums[from]) / (to - from) as f32
        })
        .collect()
}

/// The highest places that are at least `apart` from any higher one, from the top.
fn peaks(density: &[f32], apart: f32) -> Vec<f32> {
    let mut order: Vec<usize> = (1..density.len().saturating_sub(1))
        .filter(|&y| {
            density[y] > 0.0 && density[y] >= density[y - 1] && density[y] > density[y + 1]
        })
        .collect();
    order.sort_by(|&a, &b| density[b].total_cmp(&density[a]));
    let mut kept: Vec<usize> = Vec::new();
    for y in order {
        if kept.iter().all(|&other| y.abs_diff(other) as f32 >= apart) {
            kept.push(y);
        }
    }
    kept.sort_unstable();
    kept.into_iter().map(|y| y as f32 + 0.5).collect()
}

/// What may be a row.
struct Candidate {
    y: f32,
    has: Vec<bool>,
    covered: usize,
}

impl Candidate {
    fn around(y: f32, points: &[(usize, f32)], band: f32, columns: usize) -> Self {
        let mut has = vec![false; columns];
        for &(column, _) in points.iter().filter(|point| (point.1 - y).abs() <= band) {
            has[column] = true;
        }
        let covered = has.iter().filter(|&&has| has).count();
        Self { y, has, covered }
    }
}

/// Joins heights that take turns along x.
fn merge(rows: Vec<Candidate>) -> Vec<Candidate> {
    let mut merged: Vec<Candidate> = Vec::new();
    for row in rows {
        if let Some(last) = merged.last_mut() {
            let both = last.has.iter().zip(&row.has).filter(|(a, b)| **a && **b);
            let both = both.count() as f32;
            let close = row.y - last.y < SAME_ROW_MM * SHEET_PIXELS_PER_MM;
            if close && both < SAME_ROW_OVERLAP * last.covered.min(row.covered) as f32 {
                if row.covered > last.covered {
                    last.y = row.y;
                }
                for (has, more) in last.has.iter_mut().zip(&row.has) {
                    *has |= more;
                }
                last.covered = last.has.iter().filter(|&&has| has).count();
                continue;
            }
        }
        merged.push(row);
    }
    merged
}

/// Thickness of the pen in pixels: the height of the level ones among the runs of the rows.
pub(super) fn pen_width_px(runs: &mut [Run]) -> f32 {
    if runs.is_empty() {
        return 2.0;
    }
    // Where the trace slopes its runs are higher, and hardly anywhere lower than the pen.
    let level = (LEVEL_SHARE * runs.len() as f32) as usize;
    runs.select_nth_unstable_by(level, |a, b| a.height().total_cmp(&b.height()))
        .1
        .height()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sheet of 60 x 40 mm with flat rows at the given pixel heights, a beat on each.
    fn sheet(rows: &[usize]) -> (Vec<f32>, usize, usize) {
        let (width, height) = (360, 240);
        let mut ink = vec![0.0; width * height];
        for &y in rows {
            for x in 10..350 {
                ink[y * width + x] = 1.0;
                ink[(y + 1) * width + x] = 1.0;
            }
            for rise in 0..20 {
                ink[(y - rise) * width + 100] = 1.0;
            }
        }
        (ink, width, height)
    }

    fn rows_of(ink: &[f32], width: usize, height: usize) -> Vec<f32> {
        let runs = Runs::of(ink, width);
        find_rows(&runs, &in_long_strokes(&runs), height)
    }

    #[test]
    fn rows_are_found_and_words_and_rulers_are_not() {
        let (mut ink, width, height) = sheet(&[60, 150]);
        // A ruled line and a word of five letters.
        ink[220 * width..221 * width].fill(1.0);
        for letter in 0..5 {
            for y in 100..118 {
                for x in 20 + 18 * letter..32 + 18 * letter {
                    ink[y * width + x] = f32::from(u8::from(y % 6 < 2));
                }
            }
        }
        let rows = rows_of(&ink, width, height);
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert!((rows[0] - 61.0).abs() < 2.0 && (rows[1] - 151.0).abs() < 2.0);
    }

    #[test]
    fn leads_at_two_levels_are_one_row() {
        let (mut ink, width, height) = sheet(&[]);
        for x in 10..350 {
            let y = if x < 180 { 100 } else { 150 };
            ink[y * width + x] = 1.0;
            ink[(y - x % 7) * width + x] = 1.0;
        }
        assert_eq!(rows_of(&ink, width, height).len(), 1);
        assert!(rows_of(&[], 0, 0).is_empty());
    }
}
