//! The outlines of sheets of paper in a photo, for pages whose grid hardly shows.
//!
//! Paper and desk differ nearly always, and paper has straight sides. Of all quadrilaterals between
//! the longest lines of the photo, those are sheets whose sides have edges along most of their length.
//! A frame that is printed around the tracing is such a quadrilateral too, and serves as well: what
//! matters is that it is a rectangle on the paper.

mod edges;
mod evening;
mod lines;
mod sides;

use std::cmp::Ordering;

use image::RgbImage;

use edges::{Edges, Patterns};
use lines::{Line, Side, Support, find_lines};
use sides::Sides;

/// Opposite sides differ by less than this in the photo, and neighbouring ones by more than the second.
const MAX_SLANT_RAD: f32 = 0.44;
const MIN_CORNER_RAD: f32 = 0.96;
/// Corners may lie beyond the photo by this share of its sides.
const BEYOND: f64 = 0.2;
/// A sheet covers at least this share of the photo.
const MIN_AREA: f64 = 0.06;
/// At least this share of its outline lies within the photo.
const MIN_SHOWN: f32 = 0.5;
/// No side has less edge than this share of what is shown of it.
const MIN_SUPPORTED: f32 = 0.25;
/// Sides shorter than this, in px of the reduced photo, prove nothing.
const MIN_SIDE_PX: f32 = 10.0;
/// Where the photo cuts the sheet, its border stands for a side with so much support, on at most so many sides.
const CUT_SUPPORT: f32 = 0.35;
const MOST_CUT_SIDES: usize = 2;
/// Of outlines with as much support, the larger is better, a little: its share of the photo to this power.
const SIZE_POWER: f32 = 0.15;
/// Outlines whose corners are all nearer than this, in relation to the photo, are the same: as found, and as measured.
const SAME_ROUGH: f64 = 0.02;
const SAME_FINE: f64 = 0.004;

/// Corners of a sheet in photo pixels: clockwise from the upper left one.
pub(super) type Outline = [[f64; 2]; 4];

/// The up to `count` most likely outlines, best first.
pub(super) fn find_outlines(photo: &RgbImage, count: usize) -> Vec<Outline> {
    let longest_px = f64::from(photo.width().max(photo.height()));
    let [kept, evened] = [Patterns::Kept, Patterns::Evened].map(|patterns| {
        let edges = Edges::of(photo, patterns);
        let mut rated = rated_outlines(&edges, &possible_sides(&edges));
        rated.sort_by(|a, b| b.rating.total_cmp(&a.rating));
        let in_photo = rated.into_iter().map(|outline| Rated {
            corners: outline.corners.map(|corner| edges.photo_from(corner)),
            ..outline
        });
        distinct(in_photo, SAME_ROUGH * longest_px, count)
    });
    // A patterned desk has more and longer edges than any sheet on it: how likely outlines are is told among their like alone.
    let longer = kept.len().max(evened.len());
    let (mut kept, mut evened) = (kept.into_iter(), evened.into_iter());
    let all = (0..longer)
        .flat_map(|_| [kept.next(), evened.next()])
        .flatten();
    let sides = Sides::of(photo);
    let finer = all.map(|outline| Rated {
        corners: sides.refined(outline.corners),
        ..outline
    });
    distinct(finer, SAME_FINE * longest_px, count)
        .into_iter()
        .map(|outline| outline.corners)
        .collect()
}

/// The first `count` outlines of which no two have all corners nearer than `same_px`.
fn distinct(outlines: impl Iterator<Item = Rated>, same_px: f64, count: usize) -> Vec<Rated> {
    let mut distinct: Vec<Rated> = Vec::new();
    for outline in outlines {
        if distinct.len() == count {
            break;
        }
        if distinct
            .iter()
            .all(|known| !known.is_like(&outline, same_px))
        {
            distinct.push(outline);
        }
    }
    distinct
}

/// A line that may be a side of a sheet.
struct PossibleSide {
    line: Line,
    /// `None` for the borders of the photo.
    support: Option<Support>,
}

impl PossibleSide {
    fn between(&self, a: [f64; 2], b: [f64; 2]) -> Side {
        match &self.support {
            Some(support) => support.between(a, b),
            None => {
                let length = (a[0] - b[0]).hypot(a[1] - b[1]) as f32;
                Side {
                    length,
                    shown: length,
                    supported: CUT_SUPPORT * length,
                }
            }
        }
    }
}

fn possible_sides(edges: &Edges) -> Vec<PossibleSide> {
    let found = find_lines(edges).into_iter().map(|line| PossibleSide {
        line,
        support: Some(Support::of(edges, line)),
    });
    let quarter_turn = std::f32::consts::FRAC_PI_2;
    let borders = [
        (0.0, 0.0),
        (0.0, edges.width as f32 - 1.0),
        (quarter_turn, 0.0),
        (quarter_turn, edges.height as f32 - 1.0),
    ]
    .map(|(turn_rad, distance_px)| PossibleSide {
        line: Line {
            turn_rad,
            distance_px,
        },
        support: None,
    });
    found.chain(borders).collect()
}

/// A quadrilateral.
struct Rated {
    corners: [[f64; 2]; 4],
    rating: f32,
}

impl Rated {
    fn is_like(&self, other: &Self, same_px: f64) -> bool {
        self.corners
            .iter()
            .zip(&other.corners)
            .all(|(a, b)| (a[0] - b[0]).abs().max((a[1] - b[1]).abs()) < same_px)
    }
}

fn rated_outlines(edges: &Edges, sides: &[PossibleSide]) -> Vec<Rated> {
    let opposite: Vec<[usize; 2]> = (0..sides.len())
        .flat_map(|a| (0..a).map(move |b| [a, b]))
        .filter(|&[a, b]| sides[a].line.angle_to(&sides[b].line) < MAX_SLANT_RAD)
        .collect();
    let mut rated = Vec::new();
    for (k, &[a, b]) in opposite.iter().enumerate() {
        for &[c, d] in &opposite[k + 1..] {
            let around = [a, c, b, d].map(|side| &sides[side]);
            if around[0].line.angle_to(&around[1].line) > MIN_CORNER_RAD {
                rated.extend(rate(edges, around));
            }
        }
    }
    rated
}

/// Rates the quadrilateral between four lines, in the order around it. `None` if it can't be a sheet.
fn rate(edges: &Edges, around: [&PossibleSide; 4]) -> Option<Rated> {
    let cut = around.iter().filter(|side| side.support.is_none()).count();
    if cut > MOST_CUT_SIDES {
        return None;
    }
    let mut corners = [[0.0; 2]; 4];
    for (k, corner) in corners.iter_mut().enumerate() {
        *corner = around[k].line.crossing(&around[(k + 1) % 4].line)?;
    }
    let (width, height) = (edges.width as f64, edges.height as f64);
    let is_near = |[x, y]: [f64; 2]| {
        (-BEYOND * width..(1.0 + BEYOND) * width).contains(&x)
            && (-BEYOND * height..(1.0 + BEYOND) * height).contains(&y)
    };
    let area = convex_area(&corners)? / (width * height);
    if area < MIN_AREA || !corners.into_iter().all(is_near) {
        return None;
    }
    let (mut all, mut weakest) = (Side::default(), 1.0f32);
    for k in 0..4 {
        // The corner before this side lies on it and on the last.
        let side = around[k].between(corners[(k + 3) % 4], corners[k]);
        if side.shown < MIN_SIDE_PX {
            return None;
        }
        weakest = weakest.min(side.supported / side.shown);
        all.length += side.length;
        all.shown += side.shown;
        all.supported += side.supported;
    }
    let is_possible = all.shown >= MIN_SHOWN * all.length && weakest >= MIN_SUPPORTED;
    is_possible.then(|| Rated {
        corners: clockwise(corners),
        rating: all.supported / all.shown * weakest.sqrt() * (area as f32).powf(SIZE_POWER),
    })
}

/// The area of a convex quadrilateral, `None` if it is not convex.
fn convex_area(corners: &[[f64; 2]; 4]) -> Option<f64> {
    let corner = |k: usize| corners[k % 4];
    let turn = |k: usize| {
        let ([ax, ay], [bx, by], [cx, cy]) = (corner(k), corner(k + 1), corner(k + 2));
        (bx - ax) * (cy - by) - (by - ay) * (cx - bx)
    };
    let turns = [0, 1, 2, 3].map(turn);
    let is_convex = turns.iter().all(|&turn| turn > 0.0) || turns.iter().all(|&turn| turn < 0.0);
    // Two triangles on opposite sides of a diagonal.
    is_convex.then(|| (turns[0] + turns[2]).abs() / 2.0)
}

/// The corners in clockwise order on the screen, from the one nearest to the upper left.
fn clockwise(mut corners: [[f64; 2]; 4]) -> [[f64; 2]; 4] {
    let middle = [0, 1].map(|axis| corners.iter().map(|corner| corner[axis]).sum::<f64>() / 4.0);
    let turn = |corner: &[f64; 2]| (corner[1] - middle[1]).atan2(corner[0] - middle[0]);
    corners.sort_by(|a, b| turn(a).total_cmp(&turn(b)));
    let reach = |corner: &[f64; 2]| corner[0] + corner[1];
    let first = (0..4)
        .min_by(|&a, &b| {
            reach(&corners[a])
                .partial_cmp(&reach(&corners[b]))
                .unwrap_or(Ordering::Equal)
        })
        .unwrap_or(0);
    corners.rotate_left(first);
    corners
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;
    use crate::photo::projective::Homography;

    /// A white sheet with some lines of print on a dark grainy desk.
    fn photo_of(corners: Outline) -> RgbImage {
        let sheet = [[0.0, 0.0], [297.0, 0.0], [297.0, 210.0], [0.0, 210.0]];
        let page_from_photo = Homography::from_points(corners, sheet).unwrap();
        RgbImage::from_fn(1200, 900, |x, y| {
            let (u, v) = page_from_photo.apply(f64::from(x), f64::from(y));
            let grain = ((x * 7 + y * 13) % 31) as u8;
            if !(0.0..297.0).contains(&u) || !(0.0..210.0).contains(&v) {
                Rgb([60 + grain, 50 + grain, 40 + grain])
            } else if v > 60.0 && v % 35.0 < 0.8 {
                Rgb([40; 3])
            } else {
                Rgb([225; 3])
            }
        })
    }

    fn worst_px(found: &Outline, corners: &Outline) -> f64 {
        found
            .iter()
            .zip(corners)
            .map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]))
            .fold(0.0, f64::max)
    }

    #[test]
    fn a_slanted_sheet_is_outlined() {
        let corners = [
            [220.0, 150.0],
            [1010.0, 90.0],
            [1080.0, 640.0],
            [160.0, 720.0],
        ];
        let found = find_outlines(&photo_of(corners), 3);
        assert!(worst_px(&found[0], &corners) < 0.7, "{found:?}");
    }

    #[test]
    fn a_sheet_that_the_photo_cuts_ends_at_its_border() {
        let corners = [
            [-150.0, 200.0],
            [900.0, 160.0],
            [940.0, 760.0],
            [-150.0, 740.0],
        ];
        let found = find_outlines(&photo_of(corners), 3);
        let shown = [[0.0, 194.3], [900.0, 160.0], [940.0, 760.0], [0.0, 742.8]];
        assert!(worst_px(&found[0], &shown) < 12.0, "{found:?}");
    }

    #[test]
    fn a_sheet_on_tiles_is_outlined() {
        let corners = [
            [260.0, 190.0],
            [830.0, 230.0],
            [790.0, 640.0],
            [220.0, 600.0],
        ];
        let mut photo = photo_of(corners);
        let sheet = [[0.0, 0.0], [297.0, 0.0], [297.0, 210.0], [0.0, 210.0]];
        let page_from_photo = Homography::from_points(corners, sheet).unwrap();
        for (x, y, pixel) in photo.enumerate_pixels_mut() {
            let (u, v) = page_from_photo.apply(f64::from(x), f64::from(y));
            if !(0.0..297.0).contains(&u) || !(0.0..210.0).contains(&v) {
                let (along, across) = ((3 * x + y) % 114, (3 * y + 1200 - x) % 114);
                *pixel = Rgb([if along < 16 || across < 16 { 60 } else { 200 }; 3]);
            }
        }
        let found = find_outlines(&photo, 6);
        assert!(
            found.iter().any(|found| worst_px(found, &corners) < 3.0),
            "{found:?}"
        );
    }

    #[test]
    fn where_there_is_no_sheet_there_is_no_outline() {
        assert!(find_outlines(&RgbImage::from_pixel(640, 480, Rgb([120; 3])), 3).is_empty());
        assert!(find_outlines(&RgbImage::new(1, 1), 3).is_empty());
    }

    #[test]
    fn areas_and_order_by_hand() {
        let square = [[10.0, 0.0], [10.0, 10.0], [0.0, 10.0], [0.0, 0.0]];
        assert_eq!(convex_area(&square), Some(100.0));
        let crossed = [[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 10.0]];
        assert_eq!(convex_area(&crossed), None);
        assert_eq!(
            clockwise(square),
            [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]]
        );
    }
}
