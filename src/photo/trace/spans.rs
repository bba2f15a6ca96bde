//! Which part of the ink belongs to which row, where rows touch or cross.

mod reunion;

use super::runs::Runs;
use reunion::reunite;

/// How far beside a touching stretch the rows are looked at, to see who reaches for whom.
const BESIDE: usize = 3;
/// A row that leaves its line by less than this many pen widths does not leave it.
const LEAVES_PENS: f32 = 1.5;

/// The ink of one row in one column, in pixels down from the sheet's upper edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) top: f32,
    pub(super) bottom: f32,
    /// 0–1.
    pub(super) confidence: f32,
}

impl Span {
    pub(super) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    /// The height within the span that is nearest to `level`, half a pen from the edges.
    fn nearest(&self, level: f32, pen: f32) -> f32 {
        let inset = (0.5 * pen).min(0.5 * self.height());
        level.clamp(
            self.top + inset,
            (self.bottom - inset).max(self.top + inset),
        )
    }
}

/// The spans of one row, a value per column.
pub(super) type Spans = Vec<Option<Span>>;

/// Turns the ways of all rows (from the top) into spans. Ink that two rows pass through is divided.
/// `levels` are the rows' usual heights per column, `pen` the thickness of a stroke, in pixels.
pub(super) fn divide(
    runs: &Runs,
    paths: &[Vec<Option<usize>>],
    levels: &[Vec<f32>],
    pen: f32,
) -> Vec<Spans> {
    let mut rows: Vec<Spans> = paths
        .iter()
        .map(|path| {
            path.iter()
                .map(|run| {
                    run.map(|run| {
                        let run = runs.all()[run];
                        Span {
                            top: run.top,
                            bottom: run.bottom,
                            confidence: run.peak.min(1.0),
                        }
                    })
                })
                .collect()
        })
        .collect();
    let mut walked = vec![false; runs.all().len()];
    for &run in paths.iter().flatten().flatten() {
        walked[run] = true;
    }
    for row in &mut rows {
        reunite(runs, &|run| !walked[run], row);
    }
    for upper in 0..paths.len() {
        for lower in upper + 1..paths.len() {
            let shared = |column: usize| {
                paths[upper][column].is_some() && paths[upper][column] == paths[lower][column]
            };
            let columns = runs.columns();
            let mut from = 0;
            while from < columns {
                if !shared(from) {
                    from += 1;
                    continue;
                }
                let to = (from..columns)
                    .find(|&column| !shared(column))
                    .unwrap_or(columns);
                let (above, below) = rows.split_at_mut(lower);
                let upper_row = Side::of(&above[upper], &levels[upper], from, to, pen);
                let lower_row = Side::of(&below[0], &levels[lower], from, to, pen);
                part(
                    (&mut above[upper][from..to], &upper_row),
                    (&mut below[0][from..to], &lower_row),
                    pen,
                );
                from = to;
            }
        }
    }
    rows
}

/// What one row does beside a stretch that it shares with another.
struct Side {
    /// Its height in every column of the stretch if it just passed through.
    line: Vec<f32>,
    /// How far it leaves that line upwards and downwards next to the stretch.
    up: f32,
    down: f32,
}

impl Side {
    fn of(row: &[Option<Span>], level: &[f32], from: usize, to: usize, pen: f32) -> Self {
        let before = from.checked_sub(1).and_then(|column| row[column]);
        let after = row.get(to).copied().flatten();
        let start = before.map(|span| span.nearest(level[from], pen));
        let end = after.map(|span| span.nearest(level[to - 1], pen));
        let (start, end) = match (start, end) {
            (Some(start), Some(end)) => (start, end),
            (Some(start), None) => (start, start),
            (None, Some(end)) => (end, end),
            (None, None) => (level[from], level[to - 1]),
        };
        let count = (to - from + 1) as f32;
        let line: Vec<f32> = (1..=to - from)
            .map(|k| start + (end - start) * k as f32 / count)
            .collect();
        let mut side = Self {
            line,
            up: 0.0,
            down: 0.0,
        };
        let near = |level: f32, span: &Span| (level - span.top, span.bottom - level);
        for span in row[from.saturating_sub(BESIDE)..from].iter().flatten() {
            let (up, down) = near(start, span);
            side.up = side.up.max(up);
            side.down = side.down.max(down);
        }
        for span in row[to..(to + BESIDE).min(row.len())].iter().flatten() {
            let (up, down) = near(end, span);
            side.up = side.up.max(up);
            side.down = side.down.max(down);
        }
        side
    }
}

/// Divides shared ink between an upper and a lower row.
fn part(
    (upper, upper_side): (&mut [Option<Span>], &Side),
    (lower, lower_side): (&mut [Option<Span>], &Side),
    pen: f32,
) {
    let least = LEAVES_PENS * pen;
    // How far either reaches for the other, as seen where they don't touch yet.
    let reaching_down = (upper_side.down - 0.5 * pen).max(0.01);
    let reaching_up = (lower_side.up - 0.5 * pen).max(0.01);
    let share = reaching_down / (reaching_down + reaching_up);
    for (k, (upper, lower)) in upper.iter_mut().zip(lower.iter_mut()).enumerate() {
        let (Some(above), Some(below)) = (upper.as_mut(), lower.as_mut()) else {
            continue;
        };
        let (upper_line, lower_line) = (upper_side.line[k], lower_side.line[k]);
        let half = 0.5 * pen;
        let cut = upper_line + half + share * (lower_line - upper_line - pen).max(0.0);
        above.confidence *= 0.5;
        below.confidence *= 0.5;
        let crosses_up = share < 0.3 && upper_side.up < least && above.top < upper_line - least;
        let crosses_down =
            share > 0.7 && lower_side.down < least && below.bottom > lower_line + least;
        if crosses_up {
            (above.top, above.bottom) = (upper_line - half, upper_line + half);
        } else if crosses_down {
            (below.top, below.bottom) = (lower_line - half, lower_line + half);
        } else {
            above.bottom = above.bottom.min(cut).max(above.top + half);
            below.top = below.top.max(cut - pen).min(below.bottom - half);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two level rows at 30 and 70 and, in columns 20 to 22, one stroke from `top` to `bottom`; the
    /// lower row rises towards it on both sides.
    fn crossing(top: usize, bottom: usize) -> Vec<Spans> {
        let (width, height) = (40, 100);
        let mut ink = vec![0.0; width * height];
        for x in 0..width {
            let mut draw = |from: usize, to: usize| {
                (from..to).for_each(|y| ink[y * width + x] = 1.0);
            };
            match x {
                20..=22 => draw(top, bottom),
                19 | 23 => {
                    draw(29, 31);
                    draw(45, 71);
                }
                _ => {
                    draw(29, 31);
                    draw(69, 71);
                }
            }
        }
        let runs = Runs::of(&ink, width);
        let path = |lower: bool| -> Vec<Option<usize>> {
            (0..width)
                .map(|x| {
                    let last = runs.column(x).len() - 1;
                    Some(runs.first_of(x) + if lower { last } else { 0 })
                })
                .collect()
        };
        let levels = [vec![30.0; width], vec![70.0; width]];
        divide(&runs, &[path(false), path(true)], &levels, 2.0)
    }

    #[test]
    fn a_beat_that_touches_the_row_above_belongs_to_the_row_below() {
        let rows = crossing(29, 71);
        let (upper, lower) = (rows[0][21].unwrap(), rows[1][21].unwrap());
        assert!(upper.bottom < 35.0, "{upper:?}");
        assert!(lower.top < 35.0 && lower.bottom > 70.0, "{lower:?}");
        assert!(lower.confidence < 0.6);
        assert_eq!(rows[0][10].unwrap().confidence, 1.0);
    }

    #[test]
    fn a_beat_that_crosses_the_row_above_does_not_lift_it() {
        let rows = crossing(10, 71);
        let (upper, lower) = (rows[0][21].unwrap(), rows[1][21].unwrap());
        assert!((upper.top - 29.0).abs() < 0.5 && (upper.bottom - 31.0).abs() < 0.5);
        assert!(lower.top < 11.0, "{lower:?}");
    }
}
