//! How much curves look like heartbeats, which tells an ECG from what else is drawn (see [`gate`](super::gate)).
//!
//! A beat is a sharp deflection in a row that is calm otherwise, beats of a row look alike, and
//! leads that were recorded together show theirs at the same place. Brain waves and sounds are
//! never calm, staves and rulers are never anything else, handwriting and diagrams don't repeat,
//! and patterns repeat so closely that their rows agree wherever one is shifted to.

use super::median::median;
use super::sheet::{SHEET_PIXELS_PER_MM, Sheet};
use super::trace::Row;

/// Steepness is the change of height over this many columns (0.5 mm, 20 ms at 25 mm/s).
const STEP_PX: usize = 3;
/// Steep parts this near to each other are one deflection: Q, R and S, or an R and its notch.
const SAME_BEAT_PX: usize = (3.0 * SHEET_PIXELS_PER_MM) as usize;
/// Wider deflections than this (280 ms at 25 mm/s) are no beats.
const WIDEST_BEAT_PX: usize = (7.0 * SHEET_PIXELS_PER_MM) as usize;
/// A part is steep from this share of the 98th percentile, or this many medians, or mm per step.
const STEEP: (f32, f32, f32) = (0.4, 4.0, 0.5);
/// Rows shorter than this say nothing.
const MIN_ROW_MM: f32 = 40.0;
/// A row that has beats: how steep its steepest parts are at least, in mm per step, and compared
/// with its median; the median itself must stay below the last.
const BEATING: (f32, f32, f32) = (0.8, 5.0, 0.8);
/// Medians below this count as this: a drawn line has no less.
const CALMEST_MM: f32 = 0.05;
/// Beats of two rows agree if they are this near.
const AGREEMENT_PX: f32 = 1.5 * SHEET_PIXELS_PER_MM;
/// How far a row is shifted to see how often beats agree by chance, in mm both ways.
const SHIFTS_MM: [f32; 4] = [4.3, 7.7, 11.9, 17.1];
/// Beats are compared over this much to both sides, shifted by no more than the second.
const SHAPE_REACH_PX: usize = (4.0 * SHEET_PIXELS_PER_MM) as usize;
const SHAPE_SHIFT_PX: usize = SHEET_PIXELS_PER_MM as usize;
/// So many beats of a row are compared, and a beat's likeness is that to its nearest few.
const COMPARED_BEATS: usize = 12;
const NEAREST_BEATS: usize = 3;
/// More rows than any printout has are not looked at.
const MOST_ROWS: usize = 24;
/// Ink this near to a row's curve is the row's.
const OWN_INK_PX: f32 = 0.5 * SHEET_PIXELS_PER_MM;

/// What the rows of a sheet show. Shares are 0–1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct BeatEvidence {
    /// Rows that have beats.
    pub(super) rows: usize,
    /// Beats in all of them.
    pub(super) beats: usize,
    /// Length of those rows together.
    pub(super) length_mm: f32,
    /// Share of the beats at which another row has one too.
    pub(super) agreement: f32,
    /// The same share when rows are shifted against each other.
    pub(super) chance_agreement: f32,
    /// How alike a row's beats are (correlation; median of the rows).
    pub(super) likeness: f32,
    /// Median change of height over half a millimetre (median of the rows).
    pub(super) calm_mm: f32,
    /// How often the steepest parts are as steep as the median (median of the rows).
    pub(super) sharpness: f32,
    /// Share of the rows that is neither calm nor flat (median of the rows).
    pub(super) busy: f32,
    /// Share of the sheet's ink that lies on rows, with beats or without.
    pub(super) ink_on_rows: f32,
    /// Rows that were followed, with beats or without.
    pub(super) rows_followed: usize,
    /// Median distance between beats (median of the rows).
    pub(super) interval_mm: f32,
    /// Mean difference of distances between beats from that, as a share of it (median of the rows).
    pub(super) irregularity: f32,
    /// How sure the points of rows with beats are (mean; median of the rows).
    pub(super) confidence: f32,
}

impl BeatEvidence {
    /// Measures rows and, for the share of ink, the sheet that they were followed on.
    pub(super) fn of(sheet: &Sheet, rows: &[Row]) -> Self {
        let rows = &rows[..rows.len().min(MOST_ROWS)];
        let beating: Vec<Beating> = rows.iter().filter_map(Beating::of).collect();
        let places: Vec<&[f32]> = beating.iter().map(|row| row.places_px.as_slice()).collect();
        let median = |figure: fn(&Beating) -> f32| median(beating.iter().map(figure));
        let likenesses = beating.iter().filter_map(|row| row.likeness);
        let chance: f32 = SHIFTS_MM
            .iter()
            .flat_map(|shift| [*shift, -shift])
            .map(|shift_mm| agreement(&places, shift_mm * SHEET_PIXELS_PER_MM))
            .sum();
        Self {
            rows: beating.len(),
            beats: places.iter().map(|places| places.len()).sum(),
            length_mm: beating.iter().map(|row| row.length_mm).sum(),
            agreement: agreement(&places, 0.0),
            chance_agreement: chance / (2 * SHIFTS_MM.len()) as f32,
            likeness: self::median(likenesses),
            calm_mm: median(|row| row.calm_mm),
            sharpness: median(|row| row.sharpness),
            busy: median(|row| row.busy),
            ink_on_rows: ink_on_rows(sheet, rows),
            rows_followed: rows.len(),
            interval_mm: median(|row| row.interval_mm),
            irregularity: median(|row| row.irregularity),
            confidence: median(|row| row.confidence),
        }
    }
}

/// A row with beats.
struct Beating {
    /// Where its beats are, in sheet columns.
    places_px: Vec<f32>,
    length_mm: f32,
    likeness: Option<f32>,
    calm_mm: f32,
    sharpness: f32,
    busy: f32,
    interval_mm: f32,
    irregularity: f32,
    confidence: f32,
}

impl Beating {
    /// `None` if the row has no beats.
    fn of(row: &Row) -> Option<Self> {
        let steepness: Vec<f32> = row
            .y_mm
            .iter()
            .zip(row.y_mm.get(STEP_PX..)?)
            .map(|(before, after)| (after - before).abs())
            .collect();
        let mut sorted: Vec<f32> = steepness.iter().copied().filter(|s| !s.is_nan()).collect();
        let length_mm = sorted.len() as f32 / SHEET_PIXELS_PER_MM;
        if length_mm < MIN_ROW_MM {
            return None;
        }
        sorted.sort_by(f32::total_cmp);
        let (calm_mm, steepest) = (sorted[sorted.len() / 2], sorted[sorted.len() * 98 / 100]);
        let sharpness = steepest / calm_mm.max(CALMEST_MM);
        if steepest < BEATING.0 || sharpness < BEATING.1 || calm_mm > BEATING.2 {
            return None;
        }
        let limit = (STEEP.0 * steepest).max(STEEP.1 * calm_mm).max(STEEP.2);
        let middles = deflections(&steepness, limit);
        if middles.len() < 2 {
            return None;
        }
        let lively = sorted.iter().filter(|&&s| s > 0.25 * limit).count();
        let intervals: Vec<f32> = middles.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let interval_px = median(intervals.iter().copied());
        let off = |interval: &f32| (interval - interval_px).abs() / interval_px.max(1.0);
        let sure = row.confidence.iter().zip(&row.y_mm);
        let sure: Vec<f32> = sure
            .filter(|(_, y)| !y.is_nan())
            .map(|(confidence, _)| *confidence)
            .collect();
        Some(Self {
            places_px: middles
                .iter()
                .map(|middle| middle + row.first_column as f32)
                .collect(),
            length_mm,
            likeness: likeness(&row.y_mm, &middles),
            calm_mm,
            sharpness,
            busy: lively as f32 / sorted.len() as f32,
            interval_mm: interval_px / SHEET_PIXELS_PER_MM,
            irregularity: intervals.iter().map(off).sum::<f32>() / intervals.len() as f32,
            confidence: sure.iter().sum::<f32>() / sure.len().max(1) as f32,
        })
    }
}

/// Middles of the deflections, in columns of the row, weighted by steepness.
fn deflections(steepness: &[f32], limit: f32) -> Vec<f32> {
    let mut groups: Vec<(usize, usize, f32, f32)> = Vec::new();
    for (column, &steep) in steepness.iter().enumerate().filter(|(_, s)| **s > limit) {
        let moment = steep * (column as f32 + STEP_PX as f32 / 2.0);
        match groups.last_mut() {
            Some((_, last, weight, sum)) if column - *last <= SAME_BEAT_PX => {
                *last = column;
                *weight += steep;
                *sum += moment;
            }
            _ => groups.push((column, column, steep, moment)),
        }
    }
    groups
        .iter()
        .filter(|(first, last, ..)| last - first + STEP_PX <= WIDEST_BEAT_PX)
        .map(|(_, _, weight, sum)| sum / weight)
        .collect()
}

/// How alike the beats are: every beat's mean correlation with the few most like it, the median of
/// those. `None` with fewer than three whole beats.
fn likeness(y_mm: &[f32], middles: &[f32]) -> Option<f32> {
    let shapes: Vec<Vec<f32>> = middles
        .iter()
        .take(COMPARED_BEATS)
        .filter_map(|&middle| {
            let middle = middle.round() as usize;
            let shape = y_mm.get(middle.checked_sub(SHAPE_REACH_PX)?..=middle + SHAPE_REACH_PX)?;
            let known = shape.iter().filter(|y| !y.is_nan()).count();
            (known * 5 >= shape.len() * 4).then(|| bridged(shape))
        })
        .collect();
    if shapes.len() < 3 {
        return None;
    }
    let nearest = |i: usize| {
        let mut likenesses: Vec<f32> = (0..shapes.len())
            .filter(|&other| other != i)
            .map(|other| best_correlation(&shapes[i], &shapes[other]))
            .collect();
        likenesses.sort_by(|a, b| b.total_cmp(a));
        likenesses.truncate(NEAREST_BEATS);
        likenesses.iter().sum::<f32>() / likenesses.len() as f32
    };
    Some(median((0..shapes.len()).map(nearest)))
}

/// Gaps keep the height before them.
fn bridged(shape: &[f32]) -> Vec<f32> {
    let mut last = shape.iter().copied().find(|y| !y.is_nan()).unwrap_or(0.0);
    shape
        .iter()
        .map(|&y| {
            if !y.is_nan() {
                last = y;
            }
            last
        })
        .collect()
}

/// The highest correlation of two shapes when one is shifted by a little.
fn best_correlation(a: &[f32], b: &[f32]) -> f32 {
    let inner = &a[SHAPE_SHIFT_PX..a.len() - SHAPE_SHIFT_PX];
    (0..=2 * SHAPE_SHIFT_PX)
        .map(|shift| correlation(inner, &b[shift..shift + inner.len()]))
        .fold(-1.0, f32::max)
}

fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut product, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        product += (a - mean_a) * (b - mean_b);
        square_a += (a - mean_a).powi(2);
        square_b += (b - mean_b).powi(2);
    }
    product / (square_a * square_b).sqrt().max(1e-9)
}

/// Share of all beats that have a partner in another row after a shift. Rows are sorted.
fn agreement(rows: &[&[f32]], shift_px: f32) -> f32 {
    let has_partner = |row: usize, place: f32| {
        rows.iter()
            .enumerate()
            .filter(|(other, _)| *other != row)
            .any(|(_, places)| {
                let next = places.partition_point(|&other| other < place - AGREEMENT_PX);
                places
                    .get(next)
                    .is_some_and(|&other| other <= place + AGREEMENT_PX)
            })
    };
    let (mut all, mut agreeing) = (0, 0);
    for (row, places) in rows.iter().enumerate() {
        for &place in *places {
            all += 1;
            agreeing += usize::from(has_partner(row, place + shift_px));
        }
    }
    agreeing as f32 / all.max(1) as f32
}

/// Share of the ink that lies on the curves of rows.
fn ink_on_rows(sheet: &Sheet, rows: &[Row]) -> f32 {
    let (width, height) = (sheet.width(), sheet.height());
    let all = sheet.ink.iter().filter(|&&ink| ink > 0.5).count();
    let mut taken = vec![false; sheet.ink.len()];
    let mut on_rows = 0;
    for row in rows {
        for (i, pair) in row.y_mm.windows(2).enumerate() {
            let column = row.first_column + i;
            if pair[0].is_nan() || pair[1].is_nan() || column >= width {
                continue;
            }
            let (high, low) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
            let top = (high * SHEET_PIXELS_PER_MM - OWN_INK_PX).max(0.0) as usize;
            let bottom = (low * SHEET_PIXELS_PER_MM + OWN_INK_PX).max(0.0) as usize;
            for y in top..=bottom.min(height.saturating_sub(1)) {
                let pixel = y * width + column;
                if sheet.ink[pixel] > 0.5 && !std::mem::replace(&mut taken[pixel], true) {
                    on_rows += 1;
                }
            }
        }
    }
    on_rows as f32 / all.max(1) as f32
}

#[cfg(test)]
pub(super) mod tests {
    use image::RgbImage;

    use super::*;

    const WIDTH_PX: usize = 1200;

    /// A sheet of 200 × 200 mm with rows whose heights above their baselines are given in mm.
    pub(crate) fn drawn(rows: &[&dyn Fn(f32) -> f32]) -> (Sheet, Vec<Row>) {
        let mut ink = vec![0.0; WIDTH_PX * WIDTH_PX];
        let rows = rows
            .iter()
            .enumerate()
            .map(|(k, height)| {
                let baseline_mm = 40.0 + 30.0 * k as f32;
                let y_mm: Vec<f32> = (0..WIDTH_PX)
                    .map(|x| baseline_mm - height(x as f32 / SHEET_PIXELS_PER_MM))
                    .collect();
                for (x, y) in y_mm.iter().enumerate() {
                    ink[(y * SHEET_PIXELS_PER_MM) as usize * WIDTH_PX + x] = 1.0;
                }
                Row {
                    first_column: 0,
                    confidence: vec![1.0; y_mm.len()],
                    y_mm,
                    baseline_mm,
                }
            })
            .collect();
        let picture = RgbImage::new(WIDTH_PX as u32, WIDTH_PX as u32);
        (Sheet { picture, ink }, rows)
    }

    /// A beat every 20 mm, from 10 mm on, with a wobble in between.
    pub(crate) fn beats(x: f32) -> f32 {
        let phase = x.rem_euclid(20.0) - 10.0;
        8.0 * (-(phase / 0.4).powi(2)).exp() + 0.6 * (0.8 * x).sin()
    }

    #[test]
    fn beats_are_counted_where_they_are() {
        let (sheet, rows) = drawn(&[&beats, &|x| -0.5 * beats(x)]);
        let evidence = BeatEvidence::of(&sheet, &rows);
        assert_eq!((evidence.rows, evidence.beats), (2, 20));
        assert_eq!(evidence.agreement, 1.0);
        assert!(evidence.chance_agreement < 0.3 && evidence.likeness > 0.95);
        let first = Beating::of(&rows[0]).unwrap().places_px[0];
        assert!((first / SHEET_PIXELS_PER_MM - 10.0).abs() < 0.3, "{first}");
    }

    #[test]
    fn rows_out_of_step_agree_by_chance_alone() {
        let (sheet, rows) = drawn(&[&beats, &|x| beats(1.137 * x + 5.0)]);
        let evidence = BeatEvidence::of(&sheet, &rows);
        assert!(evidence.agreement < 0.45, "{evidence:?}");
    }

    #[test]
    fn waves_and_rulers_have_no_beats() {
        let (sheet, rows) = drawn(&[&|x| 4.0 * (2.1 * x).sin(), &|_| 0.0]);
        let evidence = BeatEvidence::of(&sheet, &rows);
        assert_eq!((evidence.rows, evidence.beats), (0, 0));
        assert_eq!(evidence.agreement, 0.0);
    }

    #[test]
    fn ink_beside_rows_is_not_theirs() {
        let (mut sheet, rows) = drawn(&[&|_| 0.0]);
        assert_eq!(ink_on_rows(&sheet, &rows), 1.0 - 1.0 / WIDTH_PX as f32);
        sheet.ink[900 * WIDTH_PX..901 * WIDTH_PX].fill(1.0);
        assert!((ink_on_rows(&sheet, &rows) - 0.5).abs() < 1e-3);
    }
}
