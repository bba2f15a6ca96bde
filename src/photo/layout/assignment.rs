//! Which row of an arrangement is which strip on the page.

use super::strips::Strip;
use crate::photo::median::median;

/// Rows that could not be followed, or that are no tracing, at most.
const MAX_MISSING_ROWS: usize = 2;
const MAX_SPARE_ROWS: usize = 4;
/// So many ways to give rows to strips are looked at closely.
const LIKELY_ASSIGNMENTS: usize = 5;
const MISSING_ROW: f32 = -6.0;
const SPARE_ROW: f32 = -5.0;
const FURTHER_SPARE_ROW: f32 = -2.0;
/// A row left out although its beats fall together with the others'.
const SPARE_BEATING_ROW: f32 = -4.0;
/// A row that hardly looks like tracing: left out, and used.
const SPARE_DOUBTED_ROW: f32 = -0.5;
const DOUBTED_ROW: f32 = -3.0;
/// Rows stand at even distances: the cost of one that is e times too far or too near.
const UNEVEN_ROWS: f32 = 3.0;

/// The most likely ways to give `rows` rows to strips.
pub(super) fn likely_assignments(rows: usize, strips: &[Strip]) -> Vec<Vec<Option<usize>>> {
    let mut scored: Vec<(f32, Vec<Option<usize>>)> = assignments(rows, strips.len())
        .into_iter()
        .map(|given| (rows_score(&given, strips), given))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.truncate(LIKELY_ASSIGNMENTS);
    scored.into_iter().map(|(_, given)| given).collect()
}

/// Every way to give `rows` rows to `strips` strips in order, with a few left over on either side.
fn assignments(rows: usize, strips: usize) -> Vec<Vec<Option<usize>>> {
    if rows > strips + MAX_MISSING_ROWS || strips > rows + MAX_SPARE_ROWS {
        return Vec::new();
    }
    let (few, many) = (rows.min(strips), rows.max(strips));
    choices(many, few)
        .into_iter()
        .map(|chosen| {
            if rows >= strips {
                let mut given = vec![None; rows];
                for (strip, row) in chosen.into_iter().enumerate() {
                    given[row] = Some(strip);
                }
                given
            } else {
                chosen.into_iter().map(Some).collect()
            }
        })
        .collect()
}

/// All ways to choose `few` of `many` in order; `many - few` is small.
fn choices(many: usize, few: usize) -> Vec<Vec<usize>> {
    if few == 0 {
        return vec![Vec::new()];
    }
    // The last one chosen is one of those that leave enough before it.
    (few - 1..many)
        .flat_map(|last| {
            choices(last, few - 1).into_iter().map(move |mut set| {
                set.push(last);
                set
            })
        })
        .collect()
}

/// What speaks against these strips being these rows: some are left over, some are missing, some
/// look like no tracing, some are at odd distances.
pub(super) fn rows_score(strip_of_row: &[Option<usize>], strips: &[Strip]) -> f32 {
    let used = |index: usize| strip_of_row.contains(&Some(index));
    let mut score = 0.0;
    let mut spare_cost = SPARE_ROW;
    for (index, strip) in strips.iter().enumerate() {
        if used(index) {
            score += DOUBTED_ROW * strip.doubt;
        } else {
            score += spare_cost * (1.0 - strip.doubt) + SPARE_DOUBTED_ROW;
            if strip.beats_along {
                score += SPARE_BEATING_ROW * (1.0 - strip.doubt);
            }
            // Where one row is none, more may be: frames, text, crumpled paper.
            spare_cost = FURTHER_SPARE_ROW;
        }
    }
    score += MISSING_ROW * strip_of_row.iter().filter(|strip| strip.is_none()).count() as f32;
    let heights: Vec<(f32, f32)> = strip_of_row
        .iter()
        .enumerate()
        .filter_map(|(row, index)| Some((row as f32, strips[(*index)?].baseline_mm)))
        .collect();
    let gaps: Vec<f32> = heights
        .windows(2)
        .map(|pair| ((pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0)).max(1.0))
        .collect();
    let usual = median(gaps.iter().copied());
    for gap in &gaps {
        score -= (UNEVEN_ROWS * (gap / usual).ln().powi(2)).min(UNEVEN_ROWS);
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_three_by_hand() {
        let mut sets = choices(3, 2);
        sets.sort();
        assert_eq!(sets, [[0, 1], [0, 2], [1, 2]]);
        assert_eq!(choices(4, 4), [[0, 1, 2, 3]]);
        assert_eq!(choices(8, 4).len(), 70);
    }

    #[test]
    fn rows_may_be_missing_and_strips_left_over_but_not_many() {
        assert_eq!(assignments(4, 4), [[Some(0), Some(1), Some(2), Some(3)]]);
        assert_eq!(assignments(4, 3).len(), 4);
        assert!(
            assignments(4, 3)
                .iter()
                .all(|given| given.iter().flatten().count() == 3)
        );
        assert_eq!(assignments(3, 5).len(), 10);
        assert!(assignments(12, 4).is_empty() && assignments(1, 9).is_empty());
    }
}
