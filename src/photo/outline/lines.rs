//! Straight lines through the edges of a photo, by a Hough transform in which every edge votes only for
//! lines along itself (Ballard 1981).

use std::f32::consts::PI;

use super::edges::{Edges, size};

/// Directions that are told apart.
const DIRECTIONS: usize = 180;
/// An edge may run this many degrees off the line that it belongs to.
const MAX_TURN_DEG: isize = 4;
/// Lines this near to each other, in pixels, are one.
const BIN_PX: f32 = 1.5;
/// Votes around a line that was found are its own: so many directions and distances both ways.
const OWN_DIRECTIONS: isize = 5;
const OWN_BINS: isize = 5;
/// No edge counts more than this many just large enough ones.
const MOST_VOTES: f32 = 2.0;
/// A line needs this many votes: a short side of a sheet that is small in the photo.
const MIN_VOTES: f32 = 25.0;
/// So many lines are looked at, the longest first.
const MOST_LINES: usize = 28;
/// Edges this far beside a line, in whole pixels, still support it, if they run along it this well (cosine).
const BESIDE_PX: i32 = 2;
const ALONG: f32 = 0.95;
/// Edges that support a line may be this much weaker than those that vote.
const SUPPORTING_SHARE: f32 = 0.7;

/// A line: the points (x, y) with x cos `turn` + y sin `turn` = `distance_px`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) turn_rad: f32,
    pub(super) distance_px: f32,
}

impl Line {
    /// The unit vector across the line.
    fn across(&self) -> [f32; 2] {
        let (sin, cos) = self.turn_rad.sin_cos();
        [cos, sin]
    }

    /// Where two lines cross. `None` if they hardly do.
    pub(super) fn crossing(&self, other: &Self) -> Option<[f64; 2]> {
        const MIN_SINE: f32 = 0.3;
        let ([a, b], [c, d]) = (self.across(), other.across());
        let sine = a * d - b * c;
        (sine.abs() >= MIN_SINE).then(|| {
            let x = (self.distance_px * d - other.distance_px * b) / sine;
            let y = (other.distance_px * a - self.distance_px * c) / sine;
            [f64::from(x), f64::from(y)]
        })
    }

    /// The angle between two lines, 0 … π/2.
    pub(super) fn angle_to(&self, other: &Self) -> f32 {
        let angle = (self.turn_rad - other.turn_rad).abs() % PI;
        angle.min(PI - angle)
    }

    /// How far a point is along the line, in px from the point nearest to the origin.
    fn along(&self, [x, y]: [f64; 2]) -> f32 {
        let [cos, sin] = self.across();
        y as f32 * cos - x as f32 * sin
    }
}

/// The lines with the most votes, best first.
pub(super) fn find_lines(edges: &Edges) -> Vec<Line> {
    let reach_px = (edges.width as f32).hypot(edges.height as f32);
    let bins = (2.0 * reach_px / BIN_PX) as usize + 2;
    let bin_of = |distance_px: f32| ((distance_px + reach_px) / BIN_PX).round() as usize;
    let across: Vec<[f32; 2]> = (0..DIRECTIONS)
        .map(|direction| {
            let (sin, cos) = (direction as f32 * PI / DIRECTIONS as f32).sin_cos();
            [cos, sin]
        })
        .collect();
    let mut votes = vec![0.0f32; DIRECTIONS * bins];
    for crest in &edges.crests {
        let [gx, gy] = crest.gradient;
        let weight = (size(crest.gradient) / edges.limit).min(MOST_VOTES);
        let nearest = (gy.atan2(gx).rem_euclid(PI) / PI * DIRECTIONS as f32).round() as isize;
        for turn in -MAX_TURN_DEG..=MAX_TURN_DEG {
            let direction = (nearest + turn).rem_euclid(DIRECTIONS as isize) as usize;
            let [cos, sin] = across[direction];
            let bin = bin_of(crest.x as f32 * cos + crest.y as f32 * sin);
            votes[direction * bins + bin] += weight;
        }
    }
    let mut lines = Vec::new();
    while lines.len() < MOST_LINES {
        let Some(most) = (0..votes.len()).max_by(|&a, &b| votes[a].total_cmp(&votes[b])) else {
            break;
        };
        if votes[most] < MIN_VOTES {
            break;
        }
        let (direction, bin) = (most / bins, most % bins);
        lines.push(Line {
            turn_rad: direction as f32 * PI / DIRECTIONS as f32,
            distance_px: bin as f32 * BIN_PX - reach_px,
        });
        for turn in -OWN_DIRECTIONS..=OWN_DIRECTIONS {
            let turned = direction as isize + turn;
            // Half a turn on, the same line has its distance on the other side.
            let is_around = !(0..DIRECTIONS as isize).contains(&turned);
            let middle = if is_around {
                bin_of(reach_px - bin as f32 * BIN_PX)
            } else {
                bin
            } as isize;
            let row = turned.rem_euclid(DIRECTIONS as isize) as usize * bins;
            let first = (middle - OWN_BINS).max(0) as usize;
            let last = ((middle + OWN_BINS).max(0) as usize).min(bins - 1);
            votes[row + first..=row + last].fill(0.0);
        }
    }
    lines
}

/// Which stretches of a line have edges along them.
pub(super) struct Support {
    line: Line,
    reach_px: isize,
    /// Per pixel of the line, from its start on: pixels within the photo, and those with an edge, up to there.
    sums: Vec<[u32; 2]>,
}

/// A part of a line, in pixels.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Side {
    pub(super) length: f32,
    /// What of it lies within the photo.
    pub(super) shown: f32,
    /// What of that has an edge along it.
    pub(super) supported: f32,
}

impl Support {
    pub(super) fn of(edges: &Edges, line: Line) -> Self {
        let reach_px = (edges.width as f32).hypot(edges.height as f32).ceil() as isize;
        let [cos, sin] = line.across();
        let mut sums = vec![[0, 0]];
        let mut sum = [0, 0];
        for along in -reach_px..=reach_px {
            let (x, y) = (
                line.distance_px * cos - along as f32 * sin,
                line.distance_px * sin + along as f32 * cos,
            );
            let is_shown = x >= 1.0
                && y >= 1.0
                && x < edges.width as f32 - 1.0
                && y < edges.height as f32 - 1.0;
            let is_edge = |beside: i32| {
                let beside = beside as f32;
                let gradient = edges.gradient_at(x + beside * cos, y + beside * sin);
                let strength = size(gradient);
                strength > SUPPORTING_SHARE * edges.limit
                    && (gradient[0] * cos + gradient[1] * sin).abs() > ALONG * strength
            };
            if is_shown {
                sum[0] += 1;
                sum[1] += u32::from((-BESIDE_PX..=BESIDE_PX).any(is_edge));
            }
            sums.push(sum);
        }
        Self {
            line,
            reach_px,
            sums,
        }
    }

    /// The part between two points of the line.
    pub(super) fn between(&self, a: [f64; 2], b: [f64; 2]) -> Side {
        let [a, b] = [a, b].map(|point| self.line.along(point));
        let index = |along: f32| {
            let index = along.round() as isize + self.reach_px;
            index.clamp(0, self.sums.len() as isize - 1) as usize
        };
        let (first, last) = (self.sums[index(a.min(b))], self.sums[index(a.max(b))]);
        Side {
            length: (a - b).abs(),
            shown: (last[0] - first[0]) as f32,
            supported: (last[1] - first[1]) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;
    use crate::photo::outline::edges::Patterns;

    #[test]
    fn both_sides_of_a_slanted_strip_are_found_and_supported() {
        // A bright strip of 60 px along x + 2 y = const.
        let photo = RgbImage::from_fn(400, 300, |x, y| {
            let across = (x as f32 + 2.0 * y as f32) / 5.0f32.sqrt();
            Rgb([if (150.0..210.0).contains(&across) {
                220
            } else {
                60
            }; 3])
        });
        let edges = Edges::of(&photo, Patterns::Kept);
        let mut lines = find_lines(&edges);
        lines.truncate(2);
        lines.sort_by(|a, b| a.distance_px.total_cmp(&b.distance_px));
        for (line, distance_px) in lines.iter().zip([150.0, 210.0]) {
            assert!((line.turn_rad - 2.0f32.atan()).abs() < 0.02, "{line:?}");
            assert!((line.distance_px - distance_px).abs() < 2.0, "{line:?}");
        }
        let side = Support::of(&edges, lines[0]).between([20.0, 157.7], [320.0, 7.7]);
        assert!((side.length - 335.4).abs() < 2.0, "{side:?}");
        assert!(
            side.shown > 330.0 && side.supported > 0.9 * side.shown,
            "{side:?}"
        );
        assert!(lines[0].angle_to(&lines[1]) < 0.02);
        assert!(lines[0].crossing(&lines[1]).is_none());
    }

    #[test]
    fn lines_cross_where_they_should() {
        let upright = Line {
            turn_rad: 0.0,
            distance_px: 40.0,
        };
        let level = Line {
            turn_rad: PI / 2.0,
            distance_px: 25.0,
        };
        let [x, y] = upright.crossing(&level).unwrap();
        assert!((x - 40.0).abs() < 1e-4 && (y - 25.0).abs() < 1e-4);
        assert!((upright.angle_to(&level) - PI / 2.0).abs() < 1e-6);
    }
}
