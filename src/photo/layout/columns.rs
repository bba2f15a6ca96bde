//! From a fitted arrangement to boxes on the sheet.

use crate::lead::Lead;
use crate::photo::sheet::SHEET_PIXELS_PER_MM;

use super::agreement::{alike, piece, steepness};
use super::fit::Fit;
use super::lead_names::lead_of;
use super::names::best_name;
use super::page_layout::{Found, LeadBox};
use super::pulses::{PULSE_FOOT_MM, Pulses};
use super::strips::Strip;
use super::words::Word;
use crate::photo::median::median;

/// Separators are up to this wide.
const SEPARATOR_MM: f32 = 0.8;
/// Bare paper between two columns is at most this long.
const LONGEST_GAP_MM: f32 = 6.0;
/// The foot of a pulse counts as baseline if the curve's own is within this.
const FOOT_NEAR_MM: f32 = 5.0;
/// Columns whose beats agree at least this well show the same seconds …
const SAME_SECONDS: f32 = 0.6;
/// … and so much better than with a strip that runs through below them.
const RUNS_THROUGH: f32 = 0.15;
/// Names in no known arrangement count from this probability.
const LOOSE_NAME: f32 = 0.6;
/// … and are believed this much.
const LOOSE_TRUST: f32 = 0.9;
/// A name stands at most this far above or below the curve that it names.
const LOOSE_REACH_MM: f32 = 16.0;
/// A box is at least this long.
const MIN_BOX_MM: f32 = 4.0;

/// The boxes of the best fit. A lead's confidence is the share of all fits that put it there.
pub(super) fn boxes_of_fit(
    fits: &[Fit],
    shares: &[f32],
    strips: &[Strip],
    pulses: &Pulses,
    speed: Option<Found<f32>>,
) -> Vec<LeadBox> {
    let Some(best) = fits.first() else {
        return Vec::new();
    };
    let sequential = !same_seconds(best, strips);
    let zero_mm = time_zero(best.edges_mm[0], pulses);
    let mut boxes = Vec::new();
    for (row, strip_index) in best.strip_of_row.iter().enumerate() {
        let Some(index) = strip_index else { continue };
        let strip = &strips[*index];
        let is_rhythm = row >= best.arrangement.lead_rows();
        let columns = if is_rhythm {
            1
        } else {
            best.arrangement.columns
        };
        for column in 0..columns {
            let (left, right) = if is_rhythm {
                let last = best.edges_mm[best.arrangement.columns];
                (
                    strip.left_mm.max(best.edges_mm[0]),
                    strip.right_mm.min(last + SEPARATOR_MM),
                )
            } else {
                column_span(best, strip, column)
            };
            if right - left < MIN_BOX_MM {
                continue;
            }
            let lead = lead_at(best, row, column);
            let middle = 0.5 * (left + right);
            let agreed: f32 = fits
                .iter()
                .zip(shares)
                .map(|(fit, share)| share * agreement(fit, *index, middle, is_rhythm, lead))
                .sum();
            let start_mm = if sequential || is_rhythm || column == 0 {
                left - zero_mm
            } else {
                left - best.edges_mm[column]
            };
            boxes.push(LeadBox {
                lead: lead.map(|value| Found {
                    value,
                    confidence: agreed.min(super::MOST_SURE),
                }),
                inverted: best.arrangement.minus_avr && lead == Some(Lead::AVR),
                is_rhythm,
                row: strip.index,
                column,
                left_mm: left,
                right_mm: right,
                baseline_mm: baseline(strip, pulses.of_strip.get(*index), left, right),
                start_s: speed.map(|speed| f64::from(start_mm / speed.value)),
            });
        }
    }
    boxes
}

/// Where the first column's time begins: at the right side of a pulse that the trace joins.
fn time_zero(left_mm: f32, pulses: &Pulses) -> f32 {
    let side = median(pulses.of_strip.iter().flatten().map(|pulse| pulse.right_mm));
    let foot = left_mm - side;
    if pulses.count() > 0 && (0.0..PULSE_FOOT_MM + 0.5).contains(&foot) {
        side
    } else {
        left_mm
    }
}

/// A column of a strip without its pulse, from the middle of one separator to that of the next.
fn column_span(fit: &Fit, strip: &Strip, column: usize) -> (f32, f32) {
    let from = if column == 0 {
        // Rows that begin a little later or earlier do so; one that begins far off lies in dirt.
        if strip.left_mm < fit.edges_mm[0] - 2.0 {
            fit.edges_mm[0]
        } else {
            strip.left_mm
        }
    } else {
        // A lead's time zero is the middle of its separator.
        fit.edges_mm[column]
    };
    let to = fit.edges_mm[column + 1];
    trimmed(strip, from.max(strip.left_mm), to.min(strip.right_mm))
}

/// Without bare paper at either end.
fn trimmed(strip: &Strip, left: f32, right: f32) -> (f32, f32) {
    let points = strip.points(left, right);
    let most = (LONGEST_GAP_MM * SHEET_PIXELS_PER_MM) as usize;
    let bare = |k: Option<usize>| k.filter(|k| *k < most).unwrap_or(0) as f32 / SHEET_PIXELS_PER_MM;
    let before = bare(points.iter().position(|y| y.is_finite()));
    let behind = bare(points.iter().rev().position(|y| y.is_finite()));
    (left + before, right - behind)
}

fn lead_at(fit: &Fit, row: usize, column: usize) -> Option<Lead> {
    let lead_rows = fit.arrangement.lead_rows();
    if row < lead_rows {
        return fit.arrangement.lead(row, column);
    }
    fit.rhythm.get(row - lead_rows)?.map(|(lead, _)| lead)
}

/// How much `fit` agrees that strip `index` shows `lead` at `x_mm`.
fn agreement(fit: &Fit, index: usize, x_mm: f32, is_rhythm: bool, lead: Option<Lead>) -> f32 {
    let Some(row) = fit
        .strip_of_row
        .iter()
        .position(|strip| *strip == Some(index))
    else {
        return 0.0;
    };
    let lead_rows = fit.arrangement.lead_rows();
    if row >= lead_rows {
        return match fit.rhythm.get(row - lead_rows).copied().flatten() {
            Some((shown, sure)) if is_rhythm && Some(shown) == lead => sure,
            _ => 0.0,
        };
    }
    let inner = &fit.edges_mm[1..fit.arrangement.columns];
    let column = inner.iter().filter(|edge| **edge < x_mm).count();
    let agrees = !is_rhythm && fit.arrangement.lead(row, column) == lead;
    f32::from(u8::from(agrees))
}

/// Height of 0 mV in a box: the pulse's foot, or where the curve is most of the time.
pub(super) fn baseline(
    strip: &Strip,
    pulse: Option<&Option<super::pulses::Pulse>>,
    left: f32,
    right: f32,
) -> f32 {
    let usual = mode(strip.points(left, right)).unwrap_or(strip.baseline_mm);
    match pulse.copied().flatten() {
        Some(pulse) if (pulse.foot_mm - usual).abs() < FOOT_NEAR_MM => pulse.foot_mm,
        _ => usual,
    }
}

/// The height that is most often taken, to half a millimetre.
fn mode(points: &[f32]) -> Option<f32> {
    let mut heights: Vec<f32> = points.iter().copied().filter(|y| y.is_finite()).collect();
    if heights.is_empty() {
        return None;
    }
    heights.sort_by(f32::total_cmp);
    // The shortest interval that holds half of the points.
    let half = heights.len() / 2;
    let from = (0..heights.len() - half).min_by(|&a, &b| {
        (heights[a + half] - heights[a]).total_cmp(&(heights[b + half] - heights[b]))
    })?;
    Some(median(heights[from..=from + half].iter().copied()))
}

/// Whether all columns show the same seconds: their beats fall on the same places, and those of a
/// strip that runs through do not.
fn same_seconds(fit: &Fit, strips: &[Strip]) -> bool {
    let columns = fit.arrangement.columns;
    if columns < 2 {
        return false;
    }
    let shown = |rows: std::ops::Range<usize>, from: f32, to: f32| {
        let pieces: Vec<Vec<f32>> = rows
            .filter_map(|row| strips.get(fit.strip_of_row[row]?))
            .map(|strip| piece(strip, from, to))
            .collect();
        steepness(&pieces)
    };
    let lead_rows = fit.arrangement.lead_rows();
    let width = fit
        .edges_mm
        .windows(2)
        .map(|edge| edge[1] - edge[0])
        .fold(f32::MAX, f32::min);
    let profiles: Vec<Vec<f32>> = (0..columns)
        .map(|k| {
            let from = fit.edges_mm[k] + 1.0;
            shown(0..lead_rows, from, from + width - 2.0)
        })
        .collect();
    let mean = |values: Vec<f32>| values.iter().sum::<f32>() / values.len() as f32;
    let mut agreed = Vec::new();
    for (k, profile) in profiles.iter().enumerate() {
        agreed.extend(profiles[k + 1..].iter().map(|other| alike(profile, other)));
    }
    let agreed = mean(agreed);
    if fit.arrangement.strips > 0 {
        let through = (0..columns).map(|k| {
            let from = fit.edges_mm[k] + 1.0;
            let strip = shown(lead_rows..fit.arrangement.rows(), from, from + width - 2.0);
            alike(&strip, &profiles[k])
        });
        return agreed > SAME_SECONDS && agreed > mean(through.collect()) + RUNS_THROUGH;
    }
    agreed > SAME_SECONDS
}

/// Boxes of a page in no known arrangement, a crop most often: cut where names begin.
pub(super) fn boxes_of_names(
    strips: &[Strip],
    words: &[Word],
    pulses: &Pulses,
    speed: Option<Found<f32>>,
) -> Vec<LeadBox> {
    let start_mm = strips
        .iter()
        .map(|strip| strip.left_mm)
        .fold(f32::MAX, f32::min);
    let mut boxes = Vec::new();
    for (index, strip) in strips.iter().enumerate() {
        let mut names: Vec<(f32, Lead, f32)> = words
            .iter()
            .filter(|word| nearest(strips, word) == Some(index))
            .filter_map(|word| {
                let (class, probability) = best_name(&word.upright);
                // A stroke alone may be anything.
                (probability > LOOSE_NAME && class > 0)
                    .then(|| Some((word.left_mm, lead_of(class)?, probability)))?
            })
            .collect();
        names.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut starts: Vec<(f32, Option<(Lead, f32)>)> = vec![(strip.left_mm, None)];
        for (x, lead, probability) in names {
            let named = Some((lead, probability));
            match starts.last_mut() {
                Some(last) if x - last.0 < 3.0 * MIN_BOX_MM => last.1 = named,
                _ => starts.push((x, named)),
            }
        }
        for (column, (left, named)) in starts.iter().enumerate() {
            let right = starts.get(column + 1).map_or(strip.right_mm, |next| next.0);
            if right - left < MIN_BOX_MM {
                continue;
            }
            boxes.push(LeadBox {
                lead: named.map(|(value, probability)| Found {
                    value,
                    confidence: LOOSE_TRUST * probability,
                }),
                inverted: false,
                is_rhythm: false,
                row: strip.index,
                column,
                left_mm: *left,
                right_mm: right,
                baseline_mm: baseline(strip, pulses.of_strip.get(index), *left, right),
                start_s: speed.map(|speed| f64::from((left - start_mm) / speed.value)),
            });
        }
    }
    boxes
}

/// The strip whose curve is nearest to a word.
fn nearest(strips: &[Strip], word: &Word) -> Option<usize> {
    let middle = 0.5 * (word.left_mm + word.right_mm);
    let apart = |strip: &Strip| {
        let near = strip.points(middle - 4.0, middle + 6.0);
        let curve = median(near.iter().copied().filter(|y| y.is_finite()));
        (curve - word.centre_mm()).abs()
    };
    strips
        .iter()
        .enumerate()
        .map(|(k, strip)| (k, apart(strip)))
        .filter(|(_, apart)| *apart < LOOSE_REACH_MM)
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(k, _)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_baseline_is_where_the_curve_mostly_is() {
        let points = [9.0, 10.0, 10.1, 10.2, 2.0, 1.0, f32::NAN, 10.1];
        assert!(mode(&points).is_some_and(|height| (height - 10.1).abs() < 0.11));
        assert_eq!(mode(&[f32::NAN]), None);
    }
}
