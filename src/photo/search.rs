//! Looking for the grid at two resolutions and in all parts of a photo.

use image::RgbImage;

use super::contrast::Contrast;
use super::demodulate::Lines;
use super::follow::{Followed, follow};
use super::grid::{Candidate, candidates, grow};
use super::projective::{Homography, fit_to_waves};
use super::spectra::Tiles;

/// Longest sides of the picture that is searched: a page that fills the photo shows its lines in
/// the first, one that is small in a large photo only in the second.
const WORK_SIDES_PX: [u32; 2] = [1344, 2688];
/// A finer picture must be this much finer to be worth while.
const MIN_GAIN: f32 = 1.2;
/// A grid that agrees and matches this well on at least that many nodes needs no comparison, if it
/// also has lines every millimetre: tiles, weaves and screens have not.
const CONVINCING: (f32, f32, usize) = (0.85, 0.78, 300);
/// What it takes without them: a nearly perfect match on half a page of A4.
const CONVINCING_COARSE: (f32, f32, usize) = (0.9, 0.88, 1200);
/// How much the fifth harmonic must stand out for lines every millimetre.
const FINE: f32 = 0.05;
/// A grid that covers at least so many nodes at the first resolution, and matches so well, would
/// gain nothing by the second.
const GOOD: (f32, f32, usize) = (0.85, 0.8, 800);
/// Beyond so many nodes, half a page of A4, size says no more about a grid.
const FULL_SIZE_NODES: f32 = 1500.0;
/// Fits whose waves differ by less than this, in relation to their size, are the same grid.
const SAME_WAVES: f64 = 0.03;
/// Candidates that are followed, of the whole picture and of its parts: usually, and when what was
/// found that way was no ECG.
const TRIED: (usize, usize) = (2, 3);
const TRIED_THOROUGHLY: (usize, usize) = (4, 8);
/// A sheet with more nodes, larger than A3, is one whose 1-mm lines were taken for 5-mm lines.
const MOST_NODES: usize = 5600;
/// Overtones that are looked for.
const OVERTONES: [f64; 4] = [2.0, 3.0, 4.0, 5.0];
/// How many lines every millimetre there are to one every five.
const FINE_PER_COARSE: f64 = 5.0;

/// A grid that was followed in a reduced picture.
pub(super) struct Found {
    pub(super) followed: Followed,
    /// Pixels of the picture that was searched → photo pixels.
    pub(super) photo_from_picture: Homography,
    /// Lines per photo pixel in the middle, along x and y of both families.
    waves: [f64; 4],
}

/// The grid that agrees best with the photo, of those that are looked for first.
pub(super) fn find_sheet(photo: &RgbImage) -> Option<Found> {
    Search::of(photo, TRIED, true).found.into_iter().next()
}

/// All grids that a thorough search finds, the best first: of patterned desks and of paper.
pub(super) fn find_all(photo: &RgbImage) -> Vec<Found> {
    Search::of(photo, TRIED_THOROUGHLY, false).found
}

/// What was found so far.
struct Search {
    tried_at_most: (usize, usize),
    /// Whether a grid that convinces ends the search.
    stop_early: bool,
    /// Fits that were followed in the present picture.
    tried: Vec<[f64; 4]>,
    /// By merit.
    found: Vec<Found>,
}

impl Search {
    fn of(photo: &RgbImage, tried_at_most: (usize, usize), stop_early: bool) -> Self {
        let mut search = Self {
            tried_at_most,
            stop_early,
            tried: Vec::new(),
            found: Vec::new(),
        };
        let longest = photo.width().max(photo.height());
        let mut searched = 0;
        for side in WORK_SIDES_PX {
            let side = side.min(longest);
            if (side as f32) < MIN_GAIN * searched as f32 {
                break;
            }
            if search.at_resolution(&Contrast::of(photo, side), searched == 0) {
                break;
            }
            searched = side;
        }
        search
    }

    /// Searches one picture; whether that is enough. The whole picture is searched at the first
    /// resolution only: the parts cover it.
    fn at_resolution(&mut self, contrast: &Contrast, is_first: bool) -> bool {
        let tiles = Tiles::of(contrast);
        self.tried.clear();
        let (of_whole, of_parts) = self.tried_at_most;
        let whole = if is_first {
            candidates(&tiles.mean(), of_whole)
        } else {
            Vec::new()
        };
        self.try_all(contrast, &tiles, whole)
            || self.try_all(contrast, &tiles, candidates_of_parts(&tiles, of_parts))
            || self.stop_early
                && self
                    .found
                    .first()
                    .is_some_and(|best| reaches(&best.followed, GOOD))
    }

    /// Follows candidates, except fits that were tried before. Whether one convinced.
    fn try_all(&mut self, contrast: &Contrast, tiles: &Tiles, all: Vec<Candidate>) -> bool {
        for candidate in all {
            let Some((followed, waves)) = self.follow(contrast, tiles, candidate) else {
                continue;
            };
            let needed = if followed.fine > FINE {
                CONVINCING
            } else {
                CONVINCING_COARSE
            };
            let convinces = self.stop_early && reaches(&followed, needed);
            let photo_from_picture = contrast.photo_from_picture();
            let reduced = photo_from_picture.scale_at(0.0, 0.0);
            self.insert(Found {
                followed,
                photo_from_picture,
                waves: waves.map(|wave| wave / reduced),
            });
            if convinces {
                return true;
            }
        }
        false
    }

    /// Files what was found by merit. Lines show in every whole fraction of their distance as well, less clearly: such overtones
    /// are left out, though they seem to cover many more squares.
    fn insert(&mut self, found: Found) {
        let hides = |lower: &Found, higher: &Found| {
            lower.followed.clarity >= higher.followed.clarity
                && is_overtone(&lower.waves, &higher.waves)
        };
        if self.found.iter().any(|known| hides(known, &found)) {
            return;
        }
        self.found.retain(|known| !hides(&found, known));
        let merit_of = |found: &Found| merit(&found.followed);
        let place = self
            .found
            .partition_point(|known| merit_of(known) >= merit_of(&found));
        self.found.insert(place, found);
    }

    /// A candidate's grid, and its waves in the middle of the picture.
    fn follow(
        &mut self,
        contrast: &Contrast,
        tiles: &Tiles,
        candidate: Candidate,
    ) -> Option<(Followed, [f64; 4])> {
        let mut patches = grow(tiles, candidate)?;
        let mut periods_from_picture = fit_to_waves(&patches)?;
        let waves = waves_in_middle(contrast, &periods_from_picture);
        if self.tried.iter().any(|known| alike(known, &waves)) {
            return None;
        }
        self.tried.push(waves);
        let followed = follow(
            contrast,
            &periods_from_picture,
            &patches,
            Lines::EveryFiveMm,
        )?;
        if followed.nodes() <= MOST_NODES {
            return Some((followed, waves));
        }
        // The fine lines were the clear ones, and stay what is followed: of those every 5 mm there
        // may be no trace.
        let coarser = 1.0 / FINE_PER_COARSE;
        periods_from_picture =
            Homography::scale_shift(coarser, 0.0, 0.0).after(&periods_from_picture);
        for patch in &mut patches {
            patch.waves = patch.waves.map(|wave| wave * coarser);
        }
        let followed = follow(contrast, &periods_from_picture, &patches, Lines::EveryMm)?;
        Some((followed, waves.map(|wave| wave * coarser)))
    }
}

/// Where a fit puts the grid's lines in the middle of a picture, and how dense they are there.
fn waves_in_middle(contrast: &Contrast, fit: &Homography) -> [f64; 4] {
    fit.jacobian(contrast.width as f64 / 2.0, contrast.height as f64 / 2.0)
}

fn alike(a: &[f64; 4], b: &[f64; 4]) -> bool {
    let size = a.iter().map(|wave| wave.abs()).fold(0.0, f64::max);
    a.iter()
        .zip(b)
        .all(|(a, b)| (a - b).abs() < SAME_WAVES * size)
}

/// Whether `higher` has two to five lines to one of `lower`.
fn is_overtone(lower: &[f64; 4], higher: &[f64; 4]) -> bool {
    OVERTONES
        .into_iter()
        .any(|times| alike(&lower.map(|wave| wave * times), higher))
}

/// Whether agreement, match and size are at least these.
fn reaches(followed: &Followed, (agreement, clarity, nodes): (f32, f32, usize)) -> bool {
    followed.agreement >= agreement && followed.clarity >= clarity && followed.nodes() >= nodes
}

/// How much speaks for a grid: a good match on a large sheet.
fn merit(followed: &Followed) -> f32 {
    let size = (followed.nodes() as f32 / FULL_SIZE_NODES).min(1.0);
    followed.agreement * followed.clarity.powi(2) * (0.5 + 0.5 * size)
}

/// The best candidates of overlapping parts of the picture, each some tiles large.
fn candidates_of_parts(tiles: &Tiles, count: usize) -> Vec<Candidate> {
    const PART_TILES: usize = 5;
    const STEP_TILES: usize = 3;
    let down = tiles.spectra.len() / tiles.across.max(1);
    let mut all: Vec<Candidate> = Vec::new();
    let starts = |count: usize| {
        (0..count)
            .step_by(STEP_TILES)
            .filter(move |&start| start == 0 || start + PART_TILES < count + STEP_TILES)
    };
    for top in starts(down) {
        for left in starts(tiles.across) {
            let part = tiles.mean_of(
                left..(left + PART_TILES).min(tiles.across),
                top..(top + PART_TILES).min(down),
            );
            all.extend(candidates(&part, 1));
        }
    }
    Candidate::best_distinct(all, count)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, imageops};

    use super::*;
    use crate::photo::simulated::Scene;

    #[test]
    fn a_small_page_in_a_large_photo_is_found() {
        let page = Scene::plain().draw();
        let mut photo = RgbImage::from_fn(3600, 2700, |x, y| {
            let grain = ((x * 7 + y * 13) % 31 + (x / 3 * y / 5) % 17) as u8;
            Rgb([70 + grain, 60 + grain, 50 + grain])
        });
        imageops::replace(&mut photo, &page, 1500, 400);
        let found = find_sheet(&photo).unwrap();
        let area = found.followed.map.mesh.area;
        let (x, y) = area.node_mm(area.len() / 2);
        let scale = found
            .photo_from_picture
            .after(&found.followed.map.picture_from_plane)
            .scale_at(x, y);
        assert!((scale - 5.0).abs() < 0.05, "{scale}");
    }

    #[test]
    fn overtones_have_whole_numbers_of_lines() {
        let lower = [0.03, 0.001, -0.001, 0.03];
        assert!(is_overtone(&lower, &lower.map(|wave| 3.02 * wave)));
        assert!(!is_overtone(&lower, &lower.map(|wave| 2.5 * wave)));
        assert!(!is_overtone(&lower, &lower));
        assert!(!is_overtone(&lower, &[0.06, 0.002, 0.002, 0.06]), "turned");
    }

    #[test]
    fn a_small_page_with_lines_every_five_millimetres_alone_keeps_its_scale() {
        let (width, height) = (894, 566);
        let paper = Rgb([244, 243, 242]);
        let page = RgbImage::from_fn(width, height, |x, y| {
            let on_line = |at: u32| (at + 11) % 30 < 2;
            if on_line(x) || on_line(y) {
                Rgb([120, 190, 140])
            } else {
                paper
            }
        });
        let found = find_sheet(&page).unwrap();
        let scale = found
            .photo_from_picture
            .after(&found.followed.map.picture_from_plane)
            .scale_at(60.0, 40.0);
        assert!((scale - 6.0).abs() < 0.1, "{scale}");
    }
}
