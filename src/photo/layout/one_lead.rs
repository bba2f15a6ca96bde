//! One lead that goes on from row to row, as watches and pocket recorders print it.

use super::agreement::{STEP_MM, alike, best_over_shifts, pearson, piece, steepness};
use super::columns::baseline;
use super::lead_names::lead_of;
use super::names::best_name;
use super::page_layout::{Found, LeadBox};
use super::pulses::Pulses;
use super::strips::Strip;
use super::words::Word;
use crate::photo::median::median;

/// What such a layout is called.
pub const ONE_LEAD: &str = "one lead";

/// Recorders print no more rows than this on a page.
const MOST_ROWS: usize = 8;
/// Rows that were recorded at the same time have beats at the same places: their steepness is this much alike.
const SAME_TIME: f32 = 0.5;
/// Shapes of one lead are this much alike, from row to row and within a row.
const SAME_SHAPE: f32 = 0.7;
/// Beats are compared over this distance around the steepest place.
const SHAPE_MM: (f32, f32) = (4.0, 9.0);
/// Beats are further apart than this.
const MIN_BEAT_MM: f32 = 7.0;
/// A beat is at least this share of the steepest.
const LEAST_BEAT: f32 = 0.45;
/// A row shows at least so many.
const FEWEST_BEATS: usize = 3;
/// A name that was read with this probability is one.
const NAMED: f32 = 0.8;
/// How sure it is where shapes and times say so.
const TRUST: f32 = 0.9;

/// How sure it is that all rows show one lead, one after another; `None` if they don't seem to.
///
/// Rows of a page of many leads show the same beats in different shapes; rows of one lead show different beats in one shape.
pub(super) fn one_lead(strips: &[Strip], words: &[Word]) -> Option<f32> {
    if strips.is_empty() || strips.len() > MOST_ROWS || count_names(words) > 1 {
        return None;
    }
    let rows: Vec<RowBeats> = strips.iter().map(RowBeats::of).collect::<Option<_>>()?;
    let pairs = || {
        rows.iter()
            .enumerate()
            .flat_map(|(k, a)| rows[k + 1..].iter().map(move |b| (a, b)))
    };
    let same_time = median(pairs().map(|(a, b)| a.beats_with(b)));
    let same_shape = pairs()
        .map(|(a, b)| correlation(&a.early, &b.early))
        .chain(rows.iter().map(|row| correlation(&row.early, &row.late)))
        .fold(1.0, f32::min);
    (same_shape > SAME_SHAPE && same_time < SAME_TIME).then_some(TRUST)
}

/// One box a row, each beginning when the one above ends.
pub(super) fn boxes_of_rows(
    strips: &[Strip],
    pulses: &Pulses,
    speed: Option<Found<f32>>,
) -> Vec<LeadBox> {
    let mut passed_mm = 0.0;
    strips
        .iter()
        .enumerate()
        .map(|(index, strip)| {
            let start_mm = passed_mm;
            passed_mm += strip.right_mm - strip.left_mm;
            LeadBox {
                lead: None,
                inverted: false,
                is_rhythm: false,
                row: strip.index,
                column: 0,
                left_mm: strip.left_mm,
                right_mm: strip.right_mm,
                baseline_mm: baseline(
                    strip,
                    pulses.of_strip.get(index),
                    strip.left_mm,
                    strip.right_mm,
                ),
                start_s: speed.map(|speed| f64::from(start_mm / speed.value)),
            }
        })
        .collect()
}

/// Different leads that are named for certain. A stroke alone may be anything.
fn count_names(words: &[Word]) -> usize {
    let mut leads: Vec<_> = words
        .iter()
        .map(|word| best_name(&word.upright))
        .filter(|(class, probability)| *class > 0 && *probability > NAMED)
        .filter_map(|(class, _)| lead_of(class))
        .collect();
    leads.sort();
    leads.dedup();
    leads.len()
}

/// Where a row's beats are, and what they look like.
struct RowBeats {
    left_mm: f32,
    steep: Vec<f32>,
    /// Median beat of the first half.
    early: Vec<f32>,
    /// … and of the second.
    late: Vec<f32>,
}

impl RowBeats {
    /// `None` if there are too few beats to compare.
    fn of(strip: &Strip) -> Option<Self> {
        let curve = piece(strip, strip.left_mm, strip.right_mm);
        // Each half has a steepness of its own: another lead may begin there.
        let (early, late) = curve.split_at(curve.len() / 2);
        let beats = |half: &[f32]| places(&steepness(&[half.to_vec()]));
        let (first, second) = (beats(early), beats(late));
        if first.len() + second.len() < FEWEST_BEATS {
            return None;
        }
        Some(Self {
            left_mm: strip.left_mm,
            steep: steepness(std::slice::from_ref(&curve)),
            early: shape(early, &first)?,
            late: shape(late, &second)?,
        })
    }

    /// How alike the steepness is of what stands below each other.
    fn beats_with(&self, other: &Self) -> f32 {
        let later = ((other.left_mm - self.left_mm) / STEP_MM).round() as isize;
        let skip = |steep: &[f32], steps: isize| {
            steep[steps.clamp(0, steep.len() as isize) as usize..].to_vec()
        };
        alike(&skip(&self.steep, later), &skip(&other.steep, -later))
    }
}

/// Steps at which a curve is steepest, a beat apart.
fn places(steep: &[f32]) -> Vec<usize> {
    let reach = (MIN_BEAT_MM / STEP_MM) as usize;
    let mut sorted = steep.to_vec();
    sorted.sort_by(f32::total_cmp);
    let Some(&tall) = sorted.get(sorted.len() * 98 / 100) else {
        return Vec::new();
    };
    let mut places: Vec<usize> = Vec::new();
    for (k, &here) in steep.iter().enumerate() {
        let near = &steep[k.saturating_sub(reach)..(k + reach + 1).min(steep.len())];
        let is_highest = near.iter().all(|other| *other <= here);
        let again = places.last().is_some_and(|last| k - last < reach);
        if is_highest && here > LEAST_BEAT * tall && !again {
            places.push(k);
        }
    }
    places
}

/// Median curve around the beats at `places`; `None` if all of them are cut off.
fn shape(curve: &[f32], places: &[usize]) -> Option<Vec<f32>> {
    let (before, after) = (
        (SHAPE_MM.0 / STEP_MM) as usize,
        (SHAPE_MM.1 / STEP_MM) as usize,
    );
    let beats: Vec<&[f32]> = places
        .iter()
        .filter_map(|&place| curve.get(place.checked_sub(before)?..place + after))
        .collect();
    let step = |k: usize| median(beats.iter().map(|beat| beat[k]).filter(|mm| mm.is_finite()));
    (!beats.is_empty()).then(|| (0..before + after).map(step).collect())
}

/// Pearson's correlation, the best within a millimetre of shift: which flank is steepest may change from beat to beat.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    best_over_shifts(a, b, (1.0 / STEP_MM) as isize, pearson)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::sheet::SHEET_PIXELS_PER_MM;
    use crate::photo::trace::Row;

    /// A row from 10 mm on with a beat at each of these places: a spike, then a broad wave of another height.
    fn row(y_mm: f32, places: impl Iterator<Item = f32>, spike_mm: f32, wave_mm: f32) -> Row {
        let places: Vec<f32> = places.collect();
        let bump = |x: f32, wide: f32| (-0.5 * (x / wide).powi(2)).exp();
        let height = |x: f32| -> f32 {
            places
                .iter()
                .map(|place| spike_mm * bump(x - place, 0.6) + wave_mm * bump(x - place - 6.0, 1.5))
                .sum()
        };
        let count = (200.0 * SHEET_PIXELS_PER_MM) as usize;
        Row {
            first_column: (10.0 * SHEET_PIXELS_PER_MM) as usize,
            y_mm: (0..count)
                .map(|k| y_mm - height(k as f32 / SHEET_PIXELS_PER_MM))
                .collect(),
            confidence: vec![1.0; count],
            baseline_mm: y_mm,
        }
    }

    fn every(mm: f32, from: f32) -> impl Iterator<Item = f32> {
        (0..20)
            .map(move |k| from + mm * k as f32)
            .take_while(|place| *place < 190.0)
    }

    fn judged(rows: &[Row]) -> Option<f32> {
        one_lead(&super::super::strips::strips(rows), &[])
    }

    #[test]
    fn other_beats_of_one_shape_are_one_lead() {
        let rows = [
            row(30.0, every(21.0, 12.0), 10.0, 3.0),
            row(60.0, every(21.0, 5.0), 10.0, 3.0),
            row(90.0, every(21.0, 19.0), 10.0, 3.0),
        ];
        assert_eq!(judged(&rows), Some(TRUST));
        assert_eq!(judged(&rows[..1]), Some(TRUST), "a row alone");
        // Irregular beats keep their shape.
        let odd = [8.0, 31.0, 44.0, 77.0, 95.0, 130.0, 148.0, 180.0];
        let rows = [
            row(30.0, odd.into_iter(), 10.0, 3.0),
            row(60.0, odd.into_iter().map(|place| 190.0 - place), 10.0, 3.0),
        ];
        assert_eq!(judged(&rows), Some(TRUST));
    }

    #[test]
    fn the_same_beats_in_several_rows_are_several_leads() {
        let together = [
            row(30.0, every(21.0, 12.0), 10.0, 3.0),
            row(60.0, every(21.0, 12.0), 10.0, 3.0),
        ];
        assert_eq!(judged(&together), None);
        let others = [
            row(30.0, every(21.0, 12.0), 10.0, 3.0),
            row(60.0, every(21.0, 4.0), 10.0, -6.0),
        ];
        assert_eq!(judged(&others), None, "another shape");
        assert_eq!(judged(&[]), None);
    }

    #[test]
    fn a_row_whose_shape_changes_halfway_shows_two_leads() {
        let (mut left, right) = (
            row(30.0, every(21.0, 12.0), 10.0, 3.0),
            row(30.0, every(21.0, 12.0), 4.0, -7.0),
        );
        let half = left.y_mm.len() / 2;
        left.y_mm[half..].copy_from_slice(&right.y_mm[half..]);
        assert_eq!(judged(&[left]), None);
    }

    #[test]
    fn rows_go_on_in_time() {
        let rows = [
            row(30.0, every(21.0, 12.0), 10.0, 3.0),
            row(60.0, every(21.0, 5.0), 10.0, 3.0),
        ];
        let strips = super::super::strips::strips(&rows);
        let speed = Some(Found {
            value: 25.0,
            confidence: 0.9,
        });
        let boxes = boxes_of_rows(&strips, &Pulses::default(), speed);
        let starts: Vec<f64> = boxes.iter().filter_map(|place| place.start_s).collect();
        assert_eq!(starts.len(), 2);
        assert!(
            starts[0] == 0.0 && (starts[1] - 8.0).abs() < 0.02,
            "{starts:?}"
        );
    }
}
