//! The ink of a sheet as runs: per pixel column, the stretches of ink with sub-pixel edges.

/// Ink from here on belongs to a run: the soft rim of a stroke.
const RIM: f32 = 0.2;
/// A run needs a pixel this dark, or it is a remnant of the grid.
const CORE: f32 = 0.45;
/// A stroke ends where the ink is this share of its darkest pixel near that end.
const EDGE_SHARE: f32 = 0.5;
/// How many pixels from an end that darkest pixel is looked for.
const END_REACH: usize = 3;

/// Columns that are copied out of the rows at a time.
const BLOCK: usize = 16;
/// Runs of at most this many pixels are single strokes.
const THIN: usize = 5;

/// Where the removed grid cuts a steep stroke, gaps of up to so many pixels are closed …
const MAX_GAP: usize = 2;
/// … between pieces of at least so many.
const MIN_PIECE: usize = 4;

/// Longer runs (50 mm) are lines that divide the page.
const MAX_HEIGHT: usize = 300;

/// A stretch of ink in one pixel column. Heights are pixels down from the sheet's upper edge, where
/// pixel row `r` reaches from `r` to `r + 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run {
    /// Upper edge of the stroke.
    pub(super) top: f32,
    /// Lower edge of the stroke.
    pub(super) bottom: f32,
    /// Darkest pixel, 0–1.
    pub(super) peak: f32,
}

impl Run {
    /// Middle between the edges.
    pub(super) fn middle(&self) -> f32 {
        0.5 * (self.top + self.bottom)
    }

    /// Distance between the edges.
    pub(super) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    /// Bare paper between two runs of neighbouring columns, 0 where they touch.
    pub(super) fn gap_to(&self, other: &Self) -> f32 {
        (other.top - self.bottom)
            .max(self.top - other.bottom)
            .max(0.0)
    }
}

/// The runs of all columns, from left to right, each column's from top to bottom.
pub(super) struct Runs {
    runs: Vec<Run>,
    /// The column of every run.
    columns: Vec<u32>,
    /// Index of every column's first run, and the number of all runs at the end.
    starts: Vec<usize>,
}

impl Runs {
    /// Finds the runs in `ink` (row-major, 0 paper … 1 trace).
    pub(super) fn of(ink: &[f32], width: usize) -> Self {
        let height = ink.len().checked_div(width).unwrap_or(0);
        let mut runs = Vec::new();
        let mut runs_columns = Vec::new();
        let mut starts = Vec::with_capacity(width + 1);
        let mut columns = vec![0.0f32; BLOCK * height];
        for left in (0..width).step_by(BLOCK) {
            let count = BLOCK.min(width - left);
            for y in 0..height {
                for (k, value) in ink[y * width + left..][..count].iter().enumerate() {
                    columns[k * height + y] = *value;
                }
            }
            for column in columns.chunks_exact(height).take(count) {
                let number = starts.len() as u32;
                starts.push(runs.len());
                find_runs(column, &mut runs);
                runs_columns.resize(runs.len(), number);
            }
        }
        starts.push(runs.len());
        Self {
            runs,
            columns: runs_columns,
            starts,
        }
    }

    /// The same without the runs for which `edit` (given their index among all) says `None`; the
    /// others become what it says.
    pub(super) fn edited(&self, edit: impl Fn(usize) -> Option<Run>) -> Self {
        let mut edited = Self {
            runs: Vec::with_capacity(self.runs.len()),
            columns: Vec::with_capacity(self.runs.len()),
            starts: Vec::with_capacity(self.starts.len()),
        };
        for column in 0..self.columns() {
            edited.starts.push(edited.runs.len());
            let own = self.starts[column]..self.starts[column + 1];
            edited.runs.extend(own.filter_map(&edit));
            edited.columns.resize(edited.runs.len(), column as u32);
        }
        edited.starts.push(edited.runs.len());
        edited
    }

    /// Number of columns.
    pub(super) fn columns(&self) -> usize {
        self.starts.len() - 1
    }

    /// The runs of one column.
    pub(super) fn column(&self, column: usize) -> &[Run] {
        &self.runs[self.starts[column]..self.starts[column + 1]]
    }

    /// The index among all runs of a column's first run.
    pub(super) fn first_of(&self, column: usize) -> usize {
        self.starts[column]
    }

    /// The column of a run, given its index among all.
    pub(super) fn column_of(&self, run: usize) -> usize {
        self.columns[run] as usize
    }

    /// All runs.
    pub(super) fn all(&self) -> &[Run] {
        &self.runs
    }
}

/// Where the inked stretch that begins at `first` ends, and its darkest pixel.
fn piece_end(column: &[f32], first: usize) -> (usize, f32) {
    let mut peak = 0.0f32;
    let mut end = first;
    while end < column.len() && column[end] > RIM {
        peak = peak.max(column[end]);
        end += 1;
    }
    (end, peak)
}

/// The next inked stretch after `end`, if the gap is short: its two ends and darkest pixel.
fn next_piece(column: &[f32], end: usize) -> Option<(usize, usize, f32)> {
    let next = (end + 1..column.len().min(end + MAX_GAP + 1)).find(|&y| column[y] > RIM)?;
    let (next_end, peak) = piece_end(column, next);
    Some((next, next_end, peak))
}

fn find_runs(column: &[f32], runs: &mut Vec<Run>) {
    let mut y = 0;
    while y < column.len() {
        if column[y] <= RIM {
            y += 1;
            continue;
        }
        let first = y;
        let (mut end, mut peak) = piece_end(column, y);
        // Steep strokes are cut where they cross lines of the grid.
        let mut last_height = end - first;
        while let Some((next, next_end, next_peak)) = next_piece(column, end) {
            let both = last_height.min(next_end - next);
            if both < MIN_PIECE {
                break;
            }
            last_height = next_end - next;
            peak = peak.max(next_peak);
            end = next_end;
        }
        y = end;
        if peak >= CORE {
            let pixels = &column[first..y];
            if pixels.len() > MAX_HEIGHT {
                continue;
            }
            let mut top = edge(pixels.iter().copied(), first as f32, 1.0);
            let mut bottom = edge(pixels.iter().rev().copied(), y as f32, -1.0);
            if pixels.len() <= THIN {
                // Of a thin stroke the centre of gravity is known better than the edges.
                let ink: f32 = pixels.iter().sum();
                let moment: f32 = (0u16..).zip(pixels).map(|(k, v)| f32::from(k) * v).sum();
                let shift = first as f32 + 0.5 + moment / ink - 0.5 * (top + bottom);
                top += shift;
                bottom += shift;
            }
            runs.push(Run { top, bottom, peak });
        }
    }
}

/// Where a stroke begins: the pixels of its rim count with the share of the pixel they cover.
/// `pixels` go inwards from the outer end at `end`, `inwards` is the sign of that direction.
fn edge(pixels: impl Iterator<Item = f32> + Clone, end: f32, inwards: f32) -> f32 {
    let dark = pixels.clone().take(END_REACH).fold(0.0f32, f32::max);
    let threshold = EDGE_SHARE * dark;
    let mut before = 0.0;
    for (k, value) in pixels.enumerate() {
        if value >= threshold {
            // Between the centres of two pixels the ink changes evenly.
            let share = if value > before {
                (threshold - before) / (value - before)
            } else {
                1.0
            };
            return end + inwards * (k as f32 - 0.5 + share);
        }
        before = value;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_lie_between_pixels() {
        // Pixels 3 and 4 are full, 2 is a quarter covered and 5 three quarters: the stroke reaches
        // from 2.75 to 5.75.
        let column = [0.0, 0.0, 0.25, 1.0, 1.0, 0.75, 0.0, 0.0];
        let mut runs = Vec::new();
        find_runs(&column, &mut runs);
        assert_eq!(runs.len(), 1);
        assert!((runs[0].top - 2.83).abs() < 0.1, "{runs:?}");
        assert!((runs[0].bottom - 5.75).abs() < 0.2, "{runs:?}");
        assert_eq!(runs[0].peak, 1.0);
    }

    #[test]
    fn steep_strokes_go_on_across_a_removed_line_and_words_stay_apart() {
        let mut column = vec![0.0f32; 100];
        column[10..40].fill(1.0);
        column[42..70].fill(1.0);
        let runs = Runs::of(&column, 1);
        assert_eq!(runs.column(0).len(), 1);
        assert_eq!(runs.column(0)[0].height(), 60.0);
        // A level stroke (3 px) close above a letter.
        column.fill(0.0);
        column[37..40].fill(1.0);
        column[42..60].fill(1.0);
        assert_eq!(Runs::of(&column, 1).column(0).len(), 2);
    }

    #[test]
    fn columns_keep_their_runs_apart() {
        let width = 21;
        let mut ink = vec![0.0; width * 9];
        for x in 0..width {
            ink[2 * width + x] = 1.0;
        }
        ink[6 * width + 20] = 1.0;
        let runs = Runs::of(&ink, width);
        assert_eq!(runs.columns(), width);
        assert!((0..20).all(|x| runs.column(x).len() == 1));
        assert_eq!(runs.column(20).len(), 2);
        assert_eq!(runs.first_of(20), 20);
        assert!((runs.column(20)[1].middle() - 6.5).abs() < 1e-6);
        assert_eq!(Runs::of(&[], 0).columns(), 0);
    }
}
