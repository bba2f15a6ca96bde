//! Where columns may be divided: lines through all rows, ticks, gaps.

use crate::photo::sheet::SHEET_PIXELS_PER_MM;

use super::marks::Marks;
use super::strips::Strip;

/// Resolution of the evidence along the page.
const STEP_MM: f32 = 0.5;
/// A line counts as one through all rows if this share of the tracing's height is inked.
const LINE_SHARE: f32 = 0.7;
/// Dots of a dotted line are at most this far apart.
const DOT_GAP_PX: u8 = 5;
/// Ticks are this tall, on the trace or beside it.
const TICK_MM: (f32, f32) = (2.2, 11.0);
/// Confidence of points where the follower of rows drew through a tick.
const TICK_CONFIDENCE: f32 = 0.3;
/// … where it bridged a gap, and how many columns a thick bar leaves bare.
const BRIDGE_CONFIDENCE: f32 = 0.2;
const BAR_PX: std::ops::RangeInclusive<usize> = 4..=12;
/// Ticks reach equally far from their traces, to within this.
const TICK_SPREAD_MM: f32 = 0.8;
/// The middle of a stroke is looked for this close to a division, in at least this share of rows.
const CENTRE_REACH_MM: f32 = 1.5;
const STROKE_SHARE: f32 = 0.15;
/// Bare paper of this length between two columns.
const GAP_MM: (f32, f32) = (0.5, 12.0);
/// Evidence of one full line, of a tick in every row, of a gap in every row.
const LINE_SCORE: f32 = 4.0;
const TICK_SCORE: f32 = 3.0;
const GAP_SCORE: f32 = 3.0;

/// How much speaks for a division at each place along the page.
pub(super) struct Dividers {
    scores: Vec<f32>,
    /// Share of the rows with a stroke, for every column of pixels.
    strokes: Vec<f32>,
}

impl Dividers {
    /// Evidence at `x_mm`, the best within a millimetre.
    pub(super) fn at(&self, x_mm: f32) -> f32 {
        let bin = (x_mm / STEP_MM) as isize;
        (bin - 2..=bin + 2)
            .filter_map(|bin| self.scores.get(usize::try_from(bin).ok()?))
            .copied()
            .fold(0.0, f32::max)
    }

    /// The place of the best evidence within a millimetre and a half of `x_mm`.
    pub(super) fn near(&self, x_mm: f32) -> f32 {
        let bin = (x_mm / STEP_MM) as isize;
        let place = |bin: isize| (bin as f32 + 0.5) * STEP_MM;
        (bin - 3..=bin + 3)
            .filter_map(|bin| Some((bin, *self.scores.get(usize::try_from(bin).ok()?)?)))
            .filter(|(_, score)| *score > 1.0)
            .map(|(bin, score)| (place(bin), score - (place(bin) - x_mm).abs()))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(x_mm, |(place, _)| self.centre(place).unwrap_or(place))
    }

    /// The middle of the stroke nearby that most rows have.
    fn centre(&self, x_mm: f32) -> Option<f32> {
        let column =
            |mm: f32| ((mm * SHEET_PIXELS_PER_MM).max(0.0) as usize).min(self.strokes.len());
        let from = column(x_mm - CENTRE_REACH_MM);
        let near = &self.strokes[from..column(x_mm + CENTRE_REACH_MM)];
        let most = near.iter().copied().fold(0.0, f32::max);
        if most < STROKE_SHARE {
            return None;
        }
        let (mut sum, mut weight) = (0.0, 0.0);
        for (k, share) in near.iter().enumerate() {
            if *share > 0.5 * most {
                sum += share * (from as f32 + k as f32 + 0.5);
                weight += share;
            }
        }
        Some(sum / weight / SHEET_PIXELS_PER_MM)
    }
}

/// Evidence from the first `lead_rows` strips: from everything inked, and from what stands `beside`
/// the traces.
pub(super) fn dividers(
    marks: &Marks,
    beside: &Marks,
    strips: &[Strip],
    lead_rows: usize,
) -> Dividers {
    let strips = &strips[..lead_rows.min(strips.len())];
    let bins = (marks.width as f32 / SHEET_PIXELS_PER_MM / STEP_MM) as usize + 1;
    let mut scores = vec![0.0; bins];
    if strips.is_empty() {
        let strokes = Vec::new();
        return Dividers { scores, strokes };
    }
    let mut strokes = lines(marks, strips);
    for (x, share) in strokes.iter().enumerate() {
        let bin = (x as f32 / SHEET_PIXELS_PER_MM / STEP_MM) as usize;
        scores[bin] = f32::max(scores[bin], LINE_SCORE * share);
    }
    for strip in strips {
        for k in under_ticks(&strip.row.confidence) {
            if let Some(share) = strokes.get_mut(strip.row.first_column + k) {
                *share += 1.0 / strips.len() as f32;
            }
        }
    }
    let mut gaps = vec![0.0; bins];
    for strip in strips {
        add_gaps(strip, &mut gaps, 1.0 / strips.len() as f32);
    }
    for (score, gap) in scores.iter_mut().zip(&gaps) {
        // One row alone may have broken anywhere.
        if *gap > 0.45 {
            *score += GAP_SCORE * gap.min(1.0);
        }
    }
    let on_traces = bridged(strips, bins);
    let beside_traces = ticks(beside, strips, bins);
    for ((score, on_trace), beside_trace) in scores.iter_mut().zip(on_traces).zip(beside_traces) {
        *score += f32::max(on_trace, beside_trace);
    }
    Dividers { scores, strokes }
}

/// Where the follower of rows drew through a tick: points of its confidence, and bridges as long as
/// a thick bar is wide.
fn under_ticks(confidence: &[f32]) -> Vec<usize> {
    let is = |k: usize, value: f32| {
        confidence
            .get(k)
            .is_some_and(|sure| (sure - value).abs() < 0.01)
    };
    let mut found = Vec::new();
    let mut k = 0;
    while k < confidence.len() {
        let bridge = (k..).take_while(|&k| is(k, BRIDGE_CONFIDENCE)).count();
        if BAR_PX.contains(&bridge) {
            found.extend(k..k + bridge);
        } else if is(k, TICK_CONFIDENCE) {
            found.push(k);
        }
        k += bridge.max(1);
    }
    found
}

/// Lines through all rows: for every column of pixels the share of the tracing's height that is
/// inked, 0 where that is no line.
fn lines(marks: &Marks, strips: &[Strip]) -> Vec<f32> {
    if strips.len() < 2 {
        return vec![0.0; marks.width];
    }
    let px = |mm: f32| (mm * SHEET_PIXELS_PER_MM).max(0.0) as usize;
    let from = px(strips[0].baseline_mm);
    let to = px(strips[strips.len() - 1].baseline_mm).min(marks.height());
    // Leaning lines: ink is looked for within two pixels of the column.
    let mut counts = vec![0u32; marks.width];
    // Dotted lines: ink counts for a few rows below.
    let mut lasting = vec![0u8; marks.width];
    for y in from..to {
        let line = &marks.inked[y * marks.width..(y + 1) * marks.width];
        let mut reach = 0;
        for (x, (count, lasts)) in counts.iter_mut().zip(&mut lasting).enumerate() {
            if line[(x + 2).min(line.len() - 1)] {
                reach = 5;
            }
            if reach > 0 {
                *lasts = DOT_GAP_PX;
                reach -= 1;
            }
            if *lasts > 0 {
                *count += 1;
                *lasts -= 1;
            }
        }
    }
    let whole = (to - from).max(1) as f32;
    counts
        .into_iter()
        .map(|count| count as f32 / whole)
        .map(|share| if share > LINE_SHARE { share } else { 0.0 })
        .collect()
}

/// Bare paper between two stretches of one trace.
fn add_gaps(strip: &Strip, gaps: &mut [f32], weight: f32) {
    let points = strip.points(strip.left_mm, strip.right_mm);
    let mut start = None;
    for (k, y) in points.iter().enumerate() {
        match (y.is_nan(), start) {
            (true, None) => start = Some(k),
            (false, Some(from)) => {
                let length_mm = (k - from) as f32 / SHEET_PIXELS_PER_MM;
                if (GAP_MM.0..=GAP_MM.1).contains(&length_mm) {
                    let place = |k: usize| {
                        ((strip.left_mm + k as f32 / SHEET_PIXELS_PER_MM) / STEP_MM) as usize
                    };
                    for bin in place(from)..=place(k) {
                        if let Some(gap) = gaps.get_mut(bin) {
                            *gap += weight;
                        }
                    }
                }
                start = None;
            }
            _ => {}
        }
    }
}

/// Ticks on the traces themselves: the follower of rows drew through them.
fn bridged(strips: &[Strip], bins: usize) -> Vec<f32> {
    let mut counts = vec![0usize; bins];
    for strip in strips {
        let mut marked = vec![false; bins];
        for k in under_ticks(&strip.row.confidence) {
            let mm = (strip.row.first_column + k) as f32 / SHEET_PIXELS_PER_MM;
            let bin = (mm / STEP_MM) as usize;
            let near = bin.saturating_sub(1).min(bins)..(bin + 2).min(bins);
            marked[near].fill(true);
        }
        for (count, marked) in counts.iter_mut().zip(marked) {
            *count += usize::from(marked);
        }
    }
    counts
        .into_iter()
        .map(|count| {
            let share = count as f32 / strips.len() as f32;
            if count > 1 && share > 0.45 {
                TICK_SCORE * share
            } else {
                0.0
            }
        })
        .collect()
}

/// Upright strokes at the same place in most rows, reaching equally far from each trace. Beats
/// are simultaneous as well, but their heights differ from lead to lead.
fn ticks(marks: &Marks, strips: &[Strip], bins: usize) -> Vec<f32> {
    let mut scores = vec![0.0; bins];
    if strips.len() < 2 {
        return scores;
    }
    let reach = (0.75 * TICK_MM.1 * SHEET_PIXELS_PER_MM) as isize;
    let per_bin = (STEP_MM * SHEET_PIXELS_PER_MM) as usize;
    // (top, bottom) of the longest upright stroke near each trace and bin, in mm from the baseline.
    let strokes: Vec<Vec<Option<(f32, f32)>>> = strips
        .iter()
        .map(|strip| {
            let base = (strip.baseline_mm * SHEET_PIXELS_PER_MM) as isize;
            (0..bins)
                .map(|bin| longest_stroke(marks, bin * per_bin..(bin + 1) * per_bin, base, reach))
                .collect()
        })
        .collect();
    for (bin, score) in scores.iter_mut().enumerate() {
        let near: Vec<(f32, f32)> = strokes
            .iter()
            .filter_map(|row| {
                let window = &row[bin.saturating_sub(1)..(bin + 2).min(bins)];
                window
                    .iter()
                    .flatten()
                    .copied()
                    .max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)))
            })
            .filter(|(top, bottom)| (TICK_MM.0..=TICK_MM.1).contains(&(bottom - top)))
            .collect();
        if near.len() < 2 || 2 * near.len() <= strips.len() {
            continue;
        }
        let spread = |side: fn(&(f32, f32)) -> f32| {
            let low = near.iter().map(side).fold(f32::MAX, f32::min);
            let high = near.iter().map(side).fold(f32::MIN, f32::max);
            high - low
        };
        let apart = spread(|stroke| stroke.0).max(spread(|stroke| stroke.1));
        if apart < 2.0 * TICK_SPREAD_MM {
            let share = near.len() as f32 / strips.len() as f32;
            *score = TICK_SCORE * share * (1.0 - 0.5 * apart / (2.0 * TICK_SPREAD_MM));
        }
    }
    scores
}

/// The longest upright stroke in `columns` within `reach` of line `base`: its top and bottom in
/// millimetres from it.
fn longest_stroke(
    marks: &Marks,
    columns: std::ops::Range<usize>,
    base: isize,
    reach: isize,
) -> Option<(f32, f32)> {
    let mut best: Option<(isize, isize)> = None;
    for x in columns.start..columns.end.min(marks.width) {
        let mut start = None;
        for y in base - reach..=base + reach {
            let inked = (0..marks.height() as isize).contains(&y)
                && y < base + reach
                && marks.inked[y as usize * marks.width + x];
            match (inked, start) {
                (true, None) => start = Some(y),
                (false, Some(from)) => {
                    if best.is_none_or(|(top, bottom)| y - from > bottom - top) {
                        best = Some((from, y));
                    }
                    start = None;
                }
                _ => {}
            }
        }
    }
    best.map(|(top, bottom)| {
        (
            (top - base) as f32 / SHEET_PIXELS_PER_MM,
            (bottom - base) as f32 / SHEET_PIXELS_PER_MM,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::strips::strips;
    use super::*;
    use crate::photo::trace::Row;

    /// Two flat rows of 60 mm at 20 and 40 mm with a beat each, bare between 29 and 31 mm.
    fn rows() -> Vec<Row> {
        [20.0, 40.0]
            .map(|height: f32| {
                let y_mm: Vec<f32> = (0..360)
                    .map(|k| match k {
                        20..24 => height - 8.0,
                        174..186 => f32::NAN,
                        _ => height,
                    })
                    .collect();
                Row {
                    first_column: 0,
                    confidence: vec![1.0; y_mm.len()],
                    y_mm,
                    baseline_mm: height,
                }
            })
            .to_vec()
    }

    fn bare() -> Marks {
        Marks {
            width: 360,
            inked: vec![false; 360 * 360],
        }
    }

    #[test]
    fn gaps_in_all_rows_divide_and_beats_do_not() {
        let rows = rows();
        let found = dividers(&bare(), &bare(), &strips(&rows), 2);
        assert!(found.at(30.0) > 2.0);
        assert_eq!((found.at(3.5), found.at(50.0)), (0.0, 0.0));
    }

    #[test]
    fn a_dotted_line_through_all_rows_divides() {
        let (rows, mut marks) = (rows(), bare());
        (0..360)
            .filter(|y| y % 4 < 2)
            .for_each(|y| marks.inked[y * 360 + 270] = true);
        let found = dividers(&marks, &bare(), &strips(&rows), 2);
        assert!(found.at(45.0) > 2.0);
        assert!((found.near(46.0) - 45.0).abs() < 1.0);
        assert_eq!(found.near(52.0), 52.0);
    }

    #[test]
    fn divisions_lie_in_the_middle_of_ticks_on_the_traces() {
        let mut rows = rows();
        for row in &mut rows {
            // Columns 222 to 225: their middle is at 37.33 mm.
            row.confidence[222..226].fill(TICK_CONFIDENCE);
        }
        let found = dividers(&bare(), &bare(), &strips(&rows), 2);
        assert!((found.near(36.9) - 224.0 / 6.0).abs() < 0.02);
    }

    #[test]
    fn equal_ticks_beside_the_traces_divide() {
        let (rows, mut beside) = (rows(), bare());
        for baseline in [120, 240] {
            (baseline + 6..baseline + 30).for_each(|y| beside.inked[y * 360 + 60] = true);
        }
        let found = dividers(&bare(), &beside, &strips(&rows), 2);
        assert!(found.at(10.0) > 1.0);
    }
}
