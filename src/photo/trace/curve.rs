//! From a stroke's two edges to the line that the pen's centre followed.

use std::ops::Range;

use super::spans::Span;

/// Where, in radii, the pen's rim is compared with an edge.
const RIM: [f32; 7] = [-1.0, -0.8, -0.45, 0.0, 0.45, 0.8, 1.0];
/// The two edges agree if their lines are this close.
const AGREED_PX: f32 = 0.5;
/// The disc's radius in pen widths, as level strokes show them: steep strokes reach further, because
/// a pixel column takes in its whole width. Best for clean drawings.
const RADIUS_PENS: f32 = 0.625;
/// How often the drawn line is compared with the ink, and the share of an error that is put right.
const ROUNDS: usize = 3;
const PULL: f32 = 0.3;
/// An edge that is further off was not made by this line alone.
const MAX_ERROR_PX: f32 = 6.0;
/// Breaks up to this many columns are drawn through, with little confidence.
const SHORT_BREAK: usize = 8;
/// Confidence of what is drawn through a break.
const BREAK_CONFIDENCE: f32 = 0.2;

/// The pen in pixels. Blur and the removal of the grid may leave level and steep strokes of
/// different thickness.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    /// Thickness of level strokes, along y.
    pub(super) level: f32,
    /// Thickness of steep strokes, along x.
    pub(super) steep: f32,
}

impl Pen {
    /// Half-axes of the rim along x and y.
    fn radii(self) -> (f32, f32) {
        (RADIUS_PENS * self.steep, RADIUS_PENS * self.level)
    }
}

/// The heights of the line in pixels (`NaN` where there is no ink) and how sure they are.
///
/// A stroke is its centre line widened by a disc. Rolling that disc along the inner side of the
/// upper edge gives the line exactly, but for valleys narrower than the disc, where it stays too
/// high; along the lower edge it is the same the other way round (morphological closing and
/// opening). The truth lies between the two: at a peak it is the upper one, in a valley the lower.
pub(super) fn centre_line(spans: &[Option<Span>], pen: Pen) -> (Vec<f32>, Vec<f32>) {
    let mut heights = vec![f32::NAN; spans.len()];
    let mut confidence = vec![0.0; spans.len()];
    let mut from = 0;
    while from < spans.len() {
        if spans[from].is_none() {
            from += 1;
            continue;
        }
        let to = (from..spans.len())
            .find(|&column| spans[column].is_none())
            .unwrap_or(spans.len());
        let piece: Vec<Span> = spans[from..to].iter().flatten().copied().collect();
        follow_piece(&piece, pen, &mut heights[from..to]);
        for (confidence, span) in confidence[from..to].iter_mut().zip(&piece) {
            *confidence = span.confidence;
        }
        from = to;
    }
    draw_through_breaks(&mut heights, &mut confidence);
    (heights, confidence)
}

fn follow_piece(piece: &[Span], pen: Pen, heights: &mut [f32]) {
    let upper: Vec<f32> = rolled(piece.iter().map(|span| -span.top), pen);
    let upper: Vec<f32> = upper.into_iter().map(|y| -y).collect();
    let lower: Vec<f32> = rolled(piece.iter().map(|span| span.bottom), pen);
    let middle: Vec<f32> = upper
        .iter()
        .zip(&lower)
        .map(|(u, l)| 0.5 * (u + l))
        .collect();
    heights.copy_from_slice(&middle);
    let apart = |k: usize| lower[k] - upper[k] > AGREED_PX;
    let mut from = 0;
    while from < piece.len() {
        if !apart(from) {
            from += 1;
            continue;
        }
        let to = (from..piece.len())
            .find(|&k| !apart(k))
            .unwrap_or(piece.len());
        choose(&upper, &lower, from..to, heights);
        from = to;
    }
    refine(piece, pen, heights);
}

/// Draws the line with the pen and moves it by what the drawn edges are off, a few times over. The
/// place of the line that makes an edge is the one that has to move.
fn refine(piece: &[Span], pen: Pen, heights: &mut [f32]) {
    let (across, up) = pen.radii();
    let last = heights.len() - 1;
    let mut sums = vec![(0.0f32, 0.0f32); heights.len()];
    for _ in 0..ROUNDS {
        sums.fill((0.0, 0.0));
        for (k, span) in piece.iter().enumerate() {
            // The upper edge is made by the highest place of the pen's rim, the lower by the lowest.
            for (edge, sign) in [(span.top, -1.0f32), (span.bottom, 1.0)] {
                let mut drawn = f32::NEG_INFINITY;
                let mut place = k as f32;
                for share in RIM {
                    let position = (k as f32 + share * across).clamp(0.0, last as f32);
                    let left = position as usize;
                    let (a, b) = (heights[left], heights[(left + 1).min(last)]);
                    let height = a + (position - left as f32) * (b - a);
                    let rim = sign * height + up * (1.0 - share * share).sqrt();
                    if rim > drawn {
                        drawn = rim;
                        place = position;
                    }
                }
                let error = edge - sign * drawn;
                if error.abs() > MAX_ERROR_PX {
                    continue;
                }
                let left = place as usize;
                let share = place - left as f32;
                for (node, weight) in [(left, 1.0 - share), ((left + 1).min(last), share)] {
                    sums[node].0 += weight * weight * error;
                    sums[node].1 += weight * weight;
                }
            }
        }
        for (height, (error, weight)) in heights.iter_mut().zip(&sums) {
            *height += PULL * error / weight.max(0.5);
        }
    }
}

/// Between places where both edges agree: the upper edge's line where the stroke leaves the level
/// upwards, the lower one's where it leaves it downwards. If it does both, the one whose summit is
/// nearer.
fn choose(upper: &[f32], lower: &[f32], stretch: Range<usize>, heights: &mut [f32]) {
    let before = stretch.start.checked_sub(1).map(|k| heights[k]);
    let after = heights.get(stretch.end).copied();
    let (Some(start), Some(end)) = (before.or(after), after.or(before)) else {
        return;
    };
    let highest = stretch
        .clone()
        .min_by(|&a, &b| upper[a].total_cmp(&upper[b]));
    let lowest = stretch
        .clone()
        .max_by(|&a, &b| lower[a].total_cmp(&lower[b]));
    let (Some(highest), Some(lowest)) = (highest, lowest) else {
        return;
    };
    let count = (stretch.len() + 1) as f32;
    for k in stretch.clone() {
        let level = start + (end - start) * (k + 1 - stretch.start) as f32 / count;
        let (up, down) = ((level - upper[k]).max(0.0), (lower[k] - level).max(0.0));
        let is_peak = if up > 2.0 * down || down > 2.0 * up {
            up > down
        } else {
            k.abs_diff(highest) < k.abs_diff(lowest)
        };
        heights[k] = if is_peak { upper[k] } else { lower[k] };
    }
}

/// Takes the disc's radius off an edge that it touches from below: `edge` counts outwards.
fn rolled(edge: impl Iterator<Item = f32>, pen: Pen) -> Vec<f32> {
    let (across, up) = pen.radii();
    let edge: Vec<f32> = edge.collect();
    let last = edge.len().saturating_sub(1);
    let at = |position: f32| {
        let position = position.clamp(0.0, last as f32);
        let left = position as usize;
        let share = position - left as f32;
        edge[left] + share * (edge[(left + 1).min(last)] - edge[left])
    };
    (0..edge.len())
        .map(|k| {
            RIM.iter()
                .map(|&share| at(k as f32 + share * across) - up * (1.0 - share * share).sqrt())
                .fold(f32::INFINITY, f32::min)
        })
        .collect()
}

fn draw_through_breaks(heights: &mut [f32], confidence: &mut [f32]) {
    let mut last: Option<usize> = None;
    for column in 0..heights.len() {
        if heights[column].is_nan() {
            continue;
        }
        if let Some(before) = last
            && column - before > 1
            && column - before <= SHORT_BREAK + 1
        {
            let (start, end) = (heights[before], heights[column]);
            for k in before + 1..column {
                let share = (k - before) as f32 / (column - before) as f32;
                heights[k] = start + share * (end - start);
                confidence[k] = BREAK_CONFIDENCE;
            }
        }
        last = Some(column);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(edges: &[(f32, f32)]) -> Vec<Option<Span>> {
        edges
            .iter()
            .map(|&(top, bottom)| {
                (bottom > top).then_some(Span {
                    top,
                    bottom,
                    confidence: 1.0,
                })
            })
            .collect()
    }

    #[test]
    fn a_level_stroke_is_followed_along_its_middle() {
        let (line, confidence) = centre_line(
            &spans(&[(10.0, 13.0); 20]),
            Pen {
                level: 3.0,
                steep: 3.0,
            },
        );
        assert!(line.iter().all(|y| (y - 11.5).abs() < 1e-4), "{line:?}");
        assert!(confidence.iter().all(|&c| c == 1.0));
    }

    #[test]
    fn a_peak_keeps_its_height_and_so_does_a_valley() {
        // A needle five columns wide: its tip is half a pen below the edge's highest place.
        let mut up = vec![(49.0, 51.0); 21];
        let mut down = up.clone();
        for (k, tip) in (8..13).zip([24.0, 21.0, 20.0, 21.0, 24.0]) {
            up[k] = (tip, 51.0);
            down[k] = (49.0, 100.0 - tip);
        }
        let pen = Pen {
            level: 2.0,
            steep: 2.0,
        };
        let peak = centre_line(&spans(&up), pen).0[10];
        let valley = centre_line(&spans(&down), pen).0[10];
        assert!((peak - 21.0).abs() < 1.5, "{peak}");
        assert!((valley - 79.0).abs() < 1.5, "{valley}");
    }

    #[test]
    fn short_breaks_are_drawn_through_and_long_ones_are_not() {
        let mut edges = vec![(10.0, 12.0); 40];
        edges[5..8].fill((0.0, 0.0));
        edges[20..32].fill((0.0, 0.0));
        let (line, confidence) = centre_line(
            &spans(&edges),
            Pen {
                level: 2.0,
                steep: 2.0,
            },
        );
        assert!((line[6] - 11.0).abs() < 1e-4 && confidence[6] < 0.5);
        assert!(line[25].is_nan() && confidence[25] == 0.0);
    }
}
