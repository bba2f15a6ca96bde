//! A grid that was found in a photo, and which of several is likeliest.

use super::follow::Followed;
use super::projective::Homography;

/// A grid whose lines stand out so much over the whole sheet is sure: phone photos have 30–40.
const SURE: f32 = 25.0;
/// One of which less than this share of its rectangle shows may lie elsewhere, too, however far it stands out: lines are
/// missed where a map slips by one, and half a page may be a frame's.
const SURE_SHARE: f32 = 0.8;
/// Grids are the same in which distances differ by less than this, in mm or in relation to the distance, and of which none has
/// more nodes than so many times the other's.
const SAME_MM: f64 = 3.0;
const SAME_SHARE: f64 = 0.04;
const SAME_SIZE: f32 = 1.5;

/// What it counts that a grid makes the sheet whose outline is seen one of a usual size.
pub(super) const ON_USUAL_SHEET: f32 = 3.0;
/// Lines that stand out less may be noise.
const MIN_PROMINENCE: f32 = 10.0;
/// This share of a sheet is nearly all of it.
const MOST_OF_SHEET: f32 = 0.8;

/// A grid that was followed in a reduced picture.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) followed: Followed,
    /// Pixels of the picture that was searched → photo pixels.
    pub(super) photo_from_picture: Homography,
    /// How far its lines stand out: see [`prominence`](super::line_count::prominence).
    pub(super) prominence: f32,
    /// Whether the outline of a sheet of a usual size says where it lies.
    pub(super) is_by_outline: bool,
    /// The prominence with what else speaks for it.
    pub(super) rank: f32,
}

impl Found {
    /// Photo pixels per mm in the middle of the sheet.
    pub(super) fn pixels_per_mm(&self) -> f64 {
        let (x_mm, y_mm) = self.followed.map.mesh.area.middle_mm();
        self.photo_from_plane().scale_at(x_mm, y_mm)
    }

    /// Flat page (mm) → photo pixels.
    pub(super) fn photo_from_plane(&self) -> Homography {
        self.photo_from_picture
            .after(&self.followed.map.picture_from_plane)
    }

    /// Whether these are the lines, seen for themselves, of nearly all of a sheet that was found by its outline.
    fn shows_lines_of(&self, sheet: &Self) -> bool {
        sheet.is_by_outline
            && !self.is_by_outline
            && self.prominence >= MIN_PROMINENCE
            && self.followed.nodes() as f32 >= MOST_OF_SHEET * sheet.followed.nodes() as f32
            && self.is_same_grid(sheet)
    }

    /// Whether another is the same, so that a page that can't be read on this one need not be tried on that. A sheet by its outline
    /// and its lines seen for themselves are two: ink beside the paper, or at its edge, is left out of one alone.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.is_by_outline == other.is_by_outline && self.is_same_grid(other)
    }

    /// Whether another grid is the same but for a turn and a shift.
    fn is_same_grid(&self, other: &Self) -> bool {
        let nodes = [self, other].map(|found| found.followed.nodes() as f32);
        if nodes[0].max(nodes[1]) > SAME_SIZE * nodes[0].min(nodes[1]) {
            return false;
        }
        let Some(plane_from_photo) = self.photo_from_plane().inverse() else {
            return false;
        };
        let plane_from_other = plane_from_photo.after(&other.photo_from_plane());
        let area = other.followed.map.mesh.area;
        let last_row = (area.down - 1) * area.across;
        let corners = [0, area.across - 1, last_row, area.len() - 1]
            .map(|node| area.node_mm(node))
            .map(|(x, y)| ((x, y), plane_from_other.apply(x, y)));
        let apart = |(ax, ay): (f64, f64), (bx, by): (f64, f64)| (ax - bx).hypot(ay - by);
        corners.iter().enumerate().all(|(k, a)| {
            corners[..k].iter().all(|b| {
                let (here, there) = (apart(a.0, b.0), apart(a.1, b.1));
                (there - here).abs() < SAME_MM.max(SAME_SHARE * here)
            })
        })
    }
}

/// What was found so far, the highest rank first.
#[derive(Default)]
pub(super) struct Ranking(Vec<Found>);

impl Ranking {
    /// Files what was found by its rank. What shows the lines of a sheet that was found by its outline counts as that does.
    pub(super) fn insert(&mut self, found: Found) {
        let place = self.0.partition_point(|known| known.rank >= found.rank);
        self.0.insert(place, found);
        let is_confirmed = |found: &Found| self.0.iter().any(|sheet| found.shows_lines_of(sheet));
        let confirmed: Vec<bool> = self.0.iter().map(is_confirmed).collect();
        for (found, is_confirmed) in self.0.iter_mut().zip(confirmed) {
            if is_confirmed {
                found.rank = found.rank.max(found.prominence + ON_USUAL_SHEET);
            }
        }
        self.0.sort_by(|a, b| b.rank.total_cmp(&a.rank));
    }

    pub(super) fn best(&self) -> Option<&Found> {
        self.0.first()
    }

    /// Whether the best is so good that no other needs to be looked for. What is wrong then is a desk of tiles, or a page on
    /// half of which no grid is left.
    pub(super) fn is_sure(&self) -> bool {
        self.best()
            .is_some_and(|best| best.rank >= SURE && best.followed.shown_share() >= SURE_SHARE)
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = Found> {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::demodulate::PageMap;
    use crate::photo::mesh::{Area, Mesh};

    /// A flat grid of `across` × 30 nodes at 4 px/mm, on all of which it shows, turned by a quarter or not.
    fn found(across: usize, scale: f64, quarters: i32, rank: f32) -> Found {
        let area = Area {
            origin_mm: [0.0; 2],
            across,
            down: 30,
        };
        let picture_from_plane = Homography::quarter_turn(quarters)
            .after(&Homography::scale_shift(4.0 * scale, 50.0, 20.0));
        Found {
            followed: Followed {
                map: PageMap {
                    picture_from_plane,
                    mesh: Mesh::flat(area),
                },
                gridded: vec![true; area.len()],
                sheet: vec![true; area.len()],
                agreement: 1.0,
                clarity: 0.9,
            },
            photo_from_picture: Homography::IDENTITY,
            prominence: rank,
            is_by_outline: false,
            rank,
        }
    }

    #[test]
    fn turns_shifts_and_small_errors_of_scale_make_no_other_grid() {
        let grid = found(40, 1.0, 0, 10.0);
        assert!((grid.pixels_per_mm() - 4.0).abs() < 1e-9);
        assert!(grid.is_like(&found(40, 1.0, 1, 10.0)) && grid.is_like(&found(50, 1.02, 0, 10.0)));
        let by_outline = Found {
            is_by_outline: true,
            ..grid.clone()
        };
        assert!(grid.is_same_grid(&by_outline) && !grid.is_like(&by_outline));
        assert!(!grid.is_like(&found(40, 1.1, 0, 10.0)));
        // Part of a sheet may be another thing than the whole.
        assert!(!grid.is_like(&found(12, 1.0, 0, 10.0)));
    }

    #[test]
    fn what_shows_the_lines_of_a_sheet_by_its_outline_counts_as_on_a_usual_sheet() {
        let sheet = |rank: f32| Found {
            is_by_outline: true,
            ..found(40, 1.0, 0, rank)
        };
        let ranks = |all: [Found; 2]| -> Vec<f32> {
            let mut ranking = Ranking::default();
            all.into_iter().for_each(|found| ranking.insert(found));
            ranking.into_iter().map(|found| found.rank).collect()
        };
        // In whichever order they are found.
        assert_eq!(ranks([found(40, 1.0, 0, 12.0), sheet(14.0)]), [15.0, 14.0]);
        assert_eq!(ranks([sheet(14.0), found(40, 1.0, 0, 12.0)]), [15.0, 14.0]);
        // Another scale, a small part, or what may be noise.
        assert_eq!(ranks([sheet(14.0), found(40, 1.1, 0, 12.0)]), [14.0, 12.0]);
        assert_eq!(ranks([sheet(14.0), found(30, 1.0, 0, 12.0)]), [14.0, 12.0]);
        assert_eq!(ranks([sheet(14.0), found(40, 1.0, 0, 9.0)]), [14.0, 9.0]);
    }

    #[test]
    fn the_highest_rank_is_the_best_and_sure_if_its_sheet_shows() {
        let mut ranking = Ranking::default();
        assert!(ranking.best().is_none() && !ranking.is_sure());
        ranking.insert(found(40, 1.0, 0, 20.0));
        assert!(!ranking.is_sure());
        ranking.insert(found(40, 1.0, 0, 30.0));
        ranking.insert(found(40, 1.0, 0, 10.0));
        assert!(ranking.is_sure());
        let mut torn = found(40, 1.0, 0, 40.0);
        // Every third row is hidden.
        for (node, shown) in torn.followed.gridded.iter_mut().enumerate() {
            *shown = node / 40 % 3 > 0;
        }
        ranking.insert(torn);
        assert!(!ranking.is_sure());
        let ranks: Vec<f32> = ranking.into_iter().map(|found| found.rank).collect();
        assert_eq!(ranks, [40.0, 30.0, 20.0, 10.0]);
    }
}
