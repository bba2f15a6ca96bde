//! The long strokes of a page: rows of tracing, told from text, marks and page edges.

/// Ink is looked at in cells of this size.
pub(super) const CELL_MM: f32 = 1.0;
/// A cell is inked from this value on.
const INKED: f32 = 0.4;
/// Beside thick separators, thin traces are drawn as pale as this.
const FAINTLY_INKED: f32 = 0.15;
/// Strokes this close along a row are one: thin traces break in photos.
const BRIDGED_CELLS: usize = 2;
/// Shorter strokes are letters or dirt.
const MIN_STROKE_CELLS: usize = 15;
/// A stroke this long and this flat is a frame or a fold: an ECG has beats.
const RULER_CELLS: (usize, usize) = (40, 2);
/// Strokes whose baselines are this close in height belong to the same row.
const SAME_ROW_CELLS: usize = 6;
/// A row that covers less than this share of the longest row is a line of text.
const MIN_ROW_SHARE: f32 = 0.6;

/// The strokes of the tracing in the ink of a page (row-major, 0 paper … 1 ink) whose rows run
/// along x.
pub(super) fn tracing_strokes(ink: &[f32], width: usize, pixels_per_mm: f32) -> Vec<Stroke> {
    Cells::of(ink, width, pixels_per_mm, INKED).tracing_strokes()
}

/// The strokes of a page, and whether they run down it rather than along it.
pub(super) struct Directed {
    /// Those of the page, or of the page turned by a quarter counter-clockwise if it lies.
    pub(super) strokes: Vec<Stroke>,
    pub(super) lying: bool,
}

/// The strokes along the direction in which the ink, faint ink included, runs by `factor` further;
/// along x if neither does.
pub(super) fn directed_strokes(
    ink: &[f32],
    width: usize,
    pixels_per_mm: f32,
    factor: f32,
) -> Directed {
    let faint = Cells::of(ink, width, pixels_per_mm, FAINTLY_INKED);
    let (level, standing) = (faint.tracing_strokes(), faint.turned().tracing_strokes());
    let length = |strokes: &[Stroke]| strokes.iter().map(Stroke::width).sum::<usize>() as f32;
    let lying = length(&standing) > factor * length(&level);
    let cells = Cells::of(ink, width, pixels_per_mm, INKED);
    let strong = if lying { cells.turned() } else { cells }.tracing_strokes();
    let strokes = if !strong.is_empty() {
        strong
    } else if lying {
        standing
    } else {
        level
    };
    Directed { strokes, lying }
}

/// What is neither text nor a ruled line.
fn only_tracing(mut strokes: Vec<Stroke>) -> Vec<Stroke> {
    strokes.retain(Stroke::may_be_trace);
    let coverage: Vec<usize> = strokes
        .iter()
        .map(|stroke| row_coverage(stroke, &strokes))
        .collect();
    let longest = coverage.iter().copied().max().unwrap_or(0);
    let mut covered = coverage.iter();
    strokes.retain(|_| {
        covered
            .next()
            .is_some_and(|&covered| covered as f32 >= MIN_ROW_SHARE * longest as f32)
    });
    strokes
}

/// How many columns the strokes in the row of `stroke` cover together.
fn row_coverage(stroke: &Stroke, strokes: &[Stroke]) -> usize {
    let mut spans: Vec<(usize, usize)> = strokes
        .iter()
        .filter(|other| other.baseline.abs_diff(stroke.baseline) <= SAME_ROW_CELLS)
        .map(|other| (other.left, other.right + 1))
        .collect();
    spans.sort_unstable();
    let mut covered = 0;
    let mut reached = 0;
    for (left, right) in spans {
        covered += right.saturating_sub(left.max(reached));
        reached = reached.max(right);
    }
    covered
}

/// The page in cells of one millimetre.
struct Cells {
    across: usize,
    inked: Vec<bool>,
}

/// Inked cells that touch, or nearly so along x.
pub(super) struct Stroke {
    /// (column, row) of every cell.
    pub(super) cells: Vec<(usize, usize)>,
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
    /// Median row of the cells: flat parts are long, beats are narrow.
    pub(super) baseline: usize,
}

impl Stroke {
    fn of(cells: &[usize], across: usize) -> Self {
        let cells: Vec<(usize, usize)> = cells
            .iter()
            .map(|cell| (cell % across, cell / across))
            .collect();
        let (left, right) = cells
            .iter()
            .fold((usize::MAX, 0), |(left, right), &(x, _)| {
                (left.min(x), right.max(x))
            });
        let mut rows: Vec<usize> = cells.iter().map(|cell| cell.1).collect();
        rows.sort_unstable();
        let (top, bottom) = (
            rows.first().copied().unwrap_or(0),
            rows.last().copied().unwrap_or(0),
        );
        let baseline = rows.get(rows.len() / 2).copied().unwrap_or(0);
        Self {
            cells,
            left,
            right,
            top,
            bottom,
            baseline,
        }
    }

    pub(super) fn width(&self) -> usize {
        self.right - self.left + 1
    }

    /// Long, along x, and neither a letter nor a ruled line.
    fn may_be_trace(&self) -> bool {
        let height = self.bottom - self.top + 1;
        let ruled = self.width() >= RULER_CELLS.0 && height <= RULER_CELLS.1;
        self.width() >= MIN_STROKE_CELLS && self.width() > height && !ruled
    }
}

impl Cells {
    fn of(ink: &[f32], width: usize, pixels_per_mm: f32, inked_from: f32) -> Self {
        let cell = |pixel: usize| (pixel as f32 / (pixels_per_mm * CELL_MM)) as usize;
        let height = ink.len() / width.max(1);
        let across = cell(width.saturating_sub(1)) + 1;
        let mut inked = vec![false; across * (cell(height.saturating_sub(1)) + 1)];
        for (y, row) in ink.chunks_exact(width.max(1)).enumerate() {
            for (x, _) in row
                .iter()
                .enumerate()
                .filter(|(_, value)| **value > inked_from)
            {
                inked[cell(y) * across + cell(x)] = true;
            }
        }
        Self { across, inked }
    }

    fn tracing_strokes(&self) -> Vec<Stroke> {
        only_tracing(self.strokes())
    }

    /// A quarter turn counter-clockwise: what ran down now runs along the rows.
    fn turned(&self) -> Self {
        let down = self.inked.len() / self.across;
        let inked = (0..self.inked.len())
            .map(|i| self.inked[i % down * self.across + self.across - 1 - i / down])
            .collect();
        Self {
            across: down,
            inked,
        }
    }

    /// Groups of inked cells that touch (corners included) or nearly touch along x.
    fn strokes(&self) -> Vec<Stroke> {
        let mut open = self.inked.clone();
        let mut strokes = Vec::new();
        for seed in 0..open.len() {
            if !std::mem::take(&mut open[seed]) {
                continue;
            }
            let mut cells = vec![seed];
            let mut next = 0;
            while let Some(&cell) = cells.get(next) {
                next += 1;
                let (x, y) = (cell % self.across, cell / self.across);
                let reach = 1 + BRIDGED_CELLS;
                for near_y in y.saturating_sub(1)..=y + 1 {
                    let reach = if near_y == y { reach } else { 1 };
                    for near_x in x.saturating_sub(reach)..=(x + reach).min(self.across - 1) {
                        let near = near_y * self.across + near_x;
                        if near < open.len() && std::mem::take(&mut open[near]) {
                            cells.push(near);
                        }
                    }
                }
            }
            strokes.push(Stroke::of(&cells, self.across));
        }
        strokes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_make_a_stroke_and_rulers_and_words_do_not() {
        let (width, mut ink) = (100, vec![0.0; 100 * 60]);
        for x in 5..95 {
            ink[30 * width + x] = 1.0;
            ink[50 * width + x] = 1.0;
        }
        for y in 20..30 {
            ink[y * width + 40] = 1.0;
        }
        for x in 5..25 {
            ink[10 * width + x] = 1.0;
        }
        let strokes = tracing_strokes(&ink, width, 1.0);
        assert_eq!(strokes.len(), 1);
        assert_eq!(
            (
                strokes[0].baseline,
                strokes[0].width(),
                strokes[0].cells.len()
            ),
            (30, 90, 100)
        );
    }

    #[test]
    fn small_gaps_are_bridged_and_large_ones_are_not() {
        let row = |gap: usize| {
            let mut ink = vec![0.0; 60 * 9];
            for x in (2..28).chain(28 + gap..58) {
                ink[5 * 60 + x] = 1.0;
            }
            // A beat, without which a long stroke would be a ruler.
            (1..5).for_each(|y| ink[y * 60 + 20] = 1.0);
            tracing_strokes(&ink, 60, 1.0).len()
        };
        assert_eq!((row(2), row(5)), (1, 2));
    }

    #[test]
    fn pale_rows_outweigh_dark_separators() {
        let mut ink = vec![0.0f32; 140 * 90];
        for baseline in [30, 70] {
            (10..130).for_each(|x| ink[baseline * 140 + x] = 0.3);
            for x in (15..130).step_by(20) {
                (baseline - 9..baseline).for_each(|y| ink[y * 140 + x] = 0.3);
            }
        }
        for x in [50, 90] {
            (15..80).for_each(|y| ink[y * 140 + x] = 1.0);
            // Letters beside it keep it from being a ruler.
            for y in [25, 26, 60, 61] {
                ink[y * 140 + x + 1..][..4].fill(1.0);
            }
        }
        let level = directed_strokes(&ink, 140, 1.0, 1.3);
        assert!(!level.lying && level.strokes[0].width() == 120);
        let turned: Vec<f32> = (0..ink.len()).map(|i| ink[i % 90 * 140 + i / 90]).collect();
        let standing = directed_strokes(&turned, 90, 1.0, 1.3);
        assert!(standing.lying && standing.strokes[0].width() == 120);
    }
}
