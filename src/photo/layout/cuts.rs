//! Where the columns of an arrangement are divided on the page.

use crate::lead::Lead;

use super::arrangements::Arrangement;
use super::dividers::Dividers;
use super::lead_names::lead_of;
use super::names::best_name;
use super::strips::Strip;
use super::words::Word;
use crate::photo::median::median;

/// What it costs to widen columns by a hundredth, or to begin them half a millimetre off the trace.
const STRETCH_COST: f32 = 0.5;
const START_COST: f32 = 0.4;
/// Rows may have been followed into dirt on the left, or only from later on, by this many half
/// millimetres; the cost of the start does not grow beyond this.
const LATE_START: i32 = 40;
const MOST_START: f32 = 10.0;
/// A start that is this far off the rows' left ends is believed more than they.
const LEFT_PLAY_MM: f32 = 2.5;
/// What it costs, per hundredth, that columns do not fill the page, up to this much.
const OFF_COST: f32 = 0.1;
const MOST_STRETCH: f32 = 0.25;
/// A division without any sign of it: usual if no division shows, odd if others do.
const UNMARKED_CUT: f32 = -0.3;
const UNMARKED_CUT_AMONG_MARKED: f32 = -2.5;

/// The ways in which columns may be divided, each with what speaks for it: evenly, where dividers
/// are, and as far apart as names are.
pub(super) fn cuts(
    arrangement: &Arrangement,
    strips: &[Strip],
    strip_of_row: &[Option<usize>],
    words: &[&Word],
    dividers: &Dividers,
) -> Vec<(Vec<f32>, f32)> {
    let columns = arrangement.columns;
    let shown: Vec<&Strip> = strip_of_row.iter().flatten().map(|&k| &strips[k]).collect();
    let (left, right) = ends(&shown);
    if columns == 1 {
        return vec![(vec![left, right], 0.0)];
    }
    let even = (right - left) / columns as f32;
    let mut best = (f32::MIN, left, even);
    for start in -LATE_START..=LATE_START {
        let start_mm = left + 0.5 * start as f32;
        for stretch in -8..=8 {
            let pitch = (right - start_mm) / columns as f32 * (1.0 + 0.01 * stretch as f32);
            let marked: f32 = (1..columns)
                .map(|k| dividers.at(start_mm + k as f32 * pitch))
                .sum();
            let score = marked
                - STRETCH_COST * (stretch as f32).abs()
                - START_COST * (start as f32).abs().min(MOST_START);
            if score > best.0 {
                best = (score, start_mm, pitch);
            }
        }
    }
    let mut pitches = vec![(left, even), (best.1, best.2)];
    // A page that was cut off on the right shows a part of its last column.
    pitches.extend(named_pitch(arrangement, words, even).map(|named| (left, named)));
    pitches
        .into_iter()
        .map(|(start, pitch)| {
            let off = (pitch * columns as f32 / (right - start) - 1.0)
                .abs()
                .min(MOST_STRETCH);
            let (mut edges, score) = cut_at(start, pitch, (left, right), columns, dividers);
            // Dividers tell where the first column begins if its row was followed into dirt.
            if (start - left).abs() > LEFT_PLAY_MM {
                edges[0] = start;
            }
            (edges, score - 100.0 * OFF_COST * off)
        })
        .collect()
}

/// Where most of the strips begin and end. Where they disagree, some were followed into dirt.
fn ends(strips: &[&Strip]) -> (f32, f32) {
    let mut lefts: Vec<f32> = strips.iter().map(|strip| strip.left_mm).collect();
    let mut rights: Vec<f32> = strips.iter().map(|strip| strip.right_mm).collect();
    lefts.sort_by(f32::total_cmp);
    rights.sort_by(f32::total_cmp);
    let left = lefts.get(lefts.len().saturating_sub(1) / 2);
    let left = left.copied().unwrap_or(0.0);
    let right = rights.get(rights.len().saturating_sub(1) / 2).copied();
    (left, right.unwrap_or(left + 1.0).max(left + 1.0))
}

/// Edges of columns that begin at `start` and are `pitch` wide, moved to dividers nearby.
fn cut_at(
    start: f32,
    pitch: f32,
    (left, right): (f32, f32),
    columns: usize,
    dividers: &Dividers,
) -> (Vec<f32>, f32) {
    let mut edges: Vec<f32> = (0..=columns).map(|k| start + k as f32 * pitch).collect();
    let marks: Vec<f32> = (1..columns).map(|k| dividers.at(edges[k])).collect();
    for edge in &mut edges[1..columns] {
        *edge = dividers.near(*edge);
    }
    edges[0] = left;
    // Beyond its last column a row was followed into dirt.
    edges[columns] = right
        .min(start + (columns as f32 + 0.03) * pitch)
        .max(edges[columns - 1] + 1.0);
    let seen = marks.iter().filter(|&&mark| mark > 1.0).count();
    let unmarked = if seen > 0 {
        UNMARKED_CUT_AMONG_MARKED
    } else {
        UNMARKED_CUT
    };
    let score = marks
        .iter()
        .map(|&mark| if mark > 1.0 { mark - 0.5 } else { unmarked })
        .sum();
    (edges, score)
}

/// Width of a column from names of leads that stand in different columns.
fn named_pitch(arrangement: &Arrangement, words: &[&Word], even: f32) -> Option<f32> {
    let rows = arrangement.lead_rows();
    let places: Vec<(usize, f32)> = words
        .iter()
        .filter_map(|word| {
            let (class, probability) = best_name(&word.upright);
            let lead: Lead = lead_of(class)?;
            let at = arrangement.leads.iter().position(|other| *other == lead)?;
            // Leads of strips stand in the first column as well.
            (probability > 0.7 && class > 2).then_some((at / rows, word.left_mm))
        })
        .collect();
    let mut pitches = Vec::new();
    for (k, a) in places.iter().enumerate() {
        for b in &places[k + 1..] {
            if a.0 != b.0 {
                let pitch = (b.1 - a.1) / (b.0 as f32 - a.0 as f32);
                if (0.7..1.45).contains(&(pitch / even)) {
                    pitches.push(pitch);
                }
            }
        }
    }
    (pitches.len() >= 3).then(|| median(pitches.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::super::arrangements::ARRANGEMENTS;
    use super::super::lead_names::CLASSES;
    use super::*;

    #[test]
    fn names_tell_how_wide_columns_are() {
        let word = |class: usize, left_mm: f32| {
            let mut upright = [0.0; CLASSES];
            upright[class] = 1.0;
            Word {
                left_mm,
                top_mm: 0.0,
                right_mm: left_mm + 5.0,
                bottom_mm: 4.0,
                upright,
                turned: [0.0; CLASSES],
            }
        };
        // aVR, V1 and V4 of a page whose last column was cut off.
        let words = [word(3, 75.0), word(6, 137.0), word(9, 199.0)];
        let words: Vec<&Word> = words.iter().collect();
        let standard = ARRANGEMENTS
            .iter()
            .find(|known| known.name == "3x4+1")
            .unwrap();
        assert_eq!(named_pitch(standard, &words, 55.0), Some(62.0));
        assert_eq!(named_pitch(standard, &words[..1], 55.0), None);
    }

    #[test]
    fn no_strips_have_no_ends() {
        let (left, right) = ends(&[]);
        assert!(left.is_finite() && right > left);
    }
}
