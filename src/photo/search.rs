//! Looking for the grid at two resolutions, in all parts of a photo, and on what has the outline of a sheet.

use image::RgbImage;

use super::contrast::Contrast;
use super::demodulate::Lines;
use super::flat_paper::{FlatGrid, FlatPaper};
use super::follow::{Followed, follow};
use super::grid::{Candidate, candidates, grow};
use super::line_count::prominence;
use super::outline::find_outlines;
use super::projective::{Homography, LocalGrid, fit_to_waves};
use super::sight::Sight;
use super::spectra::Tiles;

/// Longest sides of the picture that is searched: a page that fills the photo shows its lines in
/// the first, one that is small in a large photo only in the second.
const WORK_SIDES_PX: [u32; 2] = [1344, 2688];
/// A finer picture must be this much finer to be worth while.
const MIN_GAIN: f32 = 1.2;
/// A grid whose lines stand out so much over the whole sheet ends the search: phone photos have 30–40. What is
/// wrong then is a desk of tiles, or a page on half of which no grid is left.
const SURE: f32 = 25.0;
/// Fits whose waves differ by less than this, in relation to their size, are the same grid.
const SAME_WAVES: f64 = 0.03;
/// Usually, and when what was found that way was no ECG: then the outlines have been tried, unless a desk
/// seemed sure.
const TRIED: Tried = Tried {
    of_whole: 2,
    of_parts: 3,
    of_outlines: 4,
};
const TRIED_THOROUGHLY: Tried = Tried {
    of_whole: 4,
    of_parts: 8,
    of_outlines: 2,
};
/// Sheets that stand out from the desk, and guesses at the grid of each.
const OUTLINES: usize = 3;
const GRIDS_OF_OUTLINE: usize = 3;
/// How grids of sheets with an outline are followed, one after the other. The freer a sheet may bend, the
/// more noise it lines up with the grid: where it may not, what stands out counts by the second more. So
/// many are followed further.
const LOOKS: [(Sight, f32, usize); 3] = [
    (Sight::Hardly, 1.2, 2),
    (Sight::Faint, 0.6, 1),
    (Sight::Clear, 0.0, 0),
];
/// What stands out less is not followed further.
const HOPELESS: f32 = 3.0;
/// A sheet with more nodes, larger than A3, is one whose 1-mm lines were taken for 5-mm lines.
const MOST_NODES: usize = 5600;
/// Fewer nodes, on 40 × 40 mm, are no sheet.
const FEW_NODES: usize = 64;
/// How many lines every millimetre there are to one every five.
const FINE_PER_COARSE: f64 = 5.0;

/// How many candidates are followed.
#[derive(Clone, Copy, Debug)]
struct Tried {
    /// Of the whole picture, and of its parts.
    of_whole: usize,
    of_parts: usize,
    /// Of all sheets with an outline.
    of_outlines: usize,
}

/// A grid that was followed in a reduced picture.
pub(super) struct Found {
    pub(super) followed: Followed,
    /// Pixels of the picture that was searched → photo pixels.
    pub(super) photo_from_picture: Homography,
    /// How far its lines stand out: see [`prominence`].
    pub(super) prominence: f32,
    /// The same with what else speaks for it.
    rank: f32,
}

impl Found {
    /// Photo pixels per mm in the middle of the sheet.
    pub(super) fn pixels_per_mm(&self) -> f64 {
        let (x_mm, y_mm) = self.followed.map.mesh.area.middle_mm();
        self.photo_from_picture
            .after(&self.followed.map.picture_from_plane)
            .scale_at(x_mm, y_mm)
    }
}

/// The best grid of those that are looked for first.
pub(super) fn find_sheet(photo: &RgbImage) -> Option<Found> {
    Search::of(photo, TRIED, true).found.into_iter().next()
}

/// All grids that a thorough search finds, the best first: of patterned desks and of paper.
pub(super) fn find_all(photo: &RgbImage) -> Vec<Found> {
    Search::of(photo, TRIED_THOROUGHLY, false).found
}

/// What was found so far.
struct Search {
    tried_at_most: Tried,
    /// Whether a grid that is sure ends the search.
    stop_early: bool,
    /// Fits that were followed in the present picture.
    tried: Vec<[f64; 4]>,
    /// The highest rank first.
    found: Vec<Found>,
}

impl Search {
    fn of(photo: &RgbImage, tried_at_most: Tried, stop_early: bool) -> Self {
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
            if (side as f32) < MIN_GAIN * searched as f32 || search.is_over() {
                break;
            }
            search.at_resolution(&Contrast::of(photo, side), searched == 0);
            searched = side;
        }
        if !search.is_over() {
            search.on_papers(photo);
        }
        search
    }

    fn is_over(&self) -> bool {
        let best = self.found.first().map_or(0.0, |best| best.rank);
        self.stop_early && best >= SURE
    }

    /// Searches one picture. The whole picture is searched at the first resolution only: the parts
    /// cover it.
    fn at_resolution(&mut self, contrast: &Contrast, is_first: bool) {
        let tiles = Tiles::of(contrast);
        self.tried.clear();
        let Tried {
            of_whole, of_parts, ..
        } = self.tried_at_most;
        if is_first {
            self.try_all(contrast, &tiles, candidates(&tiles.mean(), of_whole));
        }
        if !self.is_over() {
            self.try_all(contrast, &tiles, candidates_of_parts(&tiles, of_parts));
        }
    }

    /// Follows candidates, except fits that were tried before, until one is sure.
    fn try_all(&mut self, contrast: &Contrast, tiles: &Tiles, all: Vec<Candidate>) {
        for candidate in all {
            if let Some((followed, lines)) = self.follow(contrast, tiles, candidate) {
                let prominence = prominence(contrast, &followed.map, lines);
                self.insert(Found {
                    rank: prominence,
                    prominence,
                    followed,
                    photo_from_picture: contrast.photo_from_picture(),
                });
            }
            if self.is_over() {
                break;
            }
        }
    }

    /// Looks for grids so pale that only a whole sheet shows them, on what has the outline of one.
    fn on_papers(&mut self, photo: &RgbImage) {
        let papers: Vec<FlatPaper> = find_outlines(photo, OUTLINES)
            .iter()
            .filter_map(|outline| FlatPaper::of(photo, outline))
            .collect();
        let mut grids: Vec<(&FlatPaper, FlatGrid)> = papers
            .iter()
            .flat_map(|paper| {
                let grids = paper.grids(GRIDS_OF_OUTLINE);
                grids.into_iter().map(move |grid| (paper, grid))
            })
            .collect();
        grids.sort_by(|(_, a), (_, b)| b.prominence.total_cmp(&a.prominence));
        grids.truncate(self.tried_at_most.of_outlines);
        // Every freer and costlier look is for those that stand out most in the last.
        for (sight, more, kept) in LOOKS {
            let mut ranked: Vec<(f32, (&FlatPaper, FlatGrid))> = Vec::new();
            for (paper, grid) in grids {
                let (periods_from_picture, patches) = paper.lattice(&grid);
                let lines = Lines::EveryFiveMm;
                let Some(followed) = follow(
                    &paper.contrast,
                    &periods_from_picture,
                    &patches,
                    lines,
                    sight,
                ) else {
                    continue;
                };
                let prominence = prominence(&paper.contrast, &followed.map, lines);
                let rank = prominence + more + paper.usual_bonus(&followed.map);
                self.insert(Found {
                    rank,
                    prominence,
                    followed,
                    photo_from_picture: paper.photo_from_picture,
                });
                if prominence >= HOPELESS {
                    ranked.push((rank, (paper, grid)));
                }
            }
            if self.is_over() {
                break;
            }
            ranked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
            grids = ranked
                .into_iter()
                .take(kept)
                .map(|(_, grid)| grid)
                .collect();
        }
    }

    /// Files what was found by its rank.
    fn insert(&mut self, found: Found) {
        let place = self.found.partition_point(|known| known.rank >= found.rank);
        self.found.insert(place, found);
    }

    /// A candidate's grid, and the lines by which it was followed.
    fn follow(
        &mut self,
        contrast: &Contrast,
        tiles: &Tiles,
        candidate: Candidate,
    ) -> Option<(Followed, Lines)> {
        let mut patches = grow(tiles, candidate)?;
        let mut periods_from_picture = fit_to_waves(&patches)?;
        let waves = waves_in_middle(contrast, &periods_from_picture);
        if self.tried.iter().any(|known| alike(known, &waves)) {
            return None;
        }
        self.tried.push(waves);
        let followed_by = |lines: Lines, fit: &Homography, patches: &[LocalGrid]| {
            follow(contrast, fit, patches, lines, Sight::Clear).map(|followed| (followed, lines))
        };
        let found = followed_by(Lines::EveryFiveMm, &periods_from_picture, &patches)?;
        if found.0.nodes() < FEW_NODES && !self.stop_early {
            // Beside clear fine lines those every 5 mm may hardly stand out.
            let fine = followed_by(Lines::EveryMm, &periods_from_picture, &patches);
            return fine
                .filter(|fine| fine.0.nodes() > found.0.nodes())
                .or(Some(found));
        }
        if found.0.nodes() <= MOST_NODES {
            return Some(found);
        }
        // The fine lines were the clear ones, and stay what is followed: of those every 5 mm there
        // may be no trace.
        let coarser = 1.0 / FINE_PER_COARSE;
        periods_from_picture =
            Homography::scale_shift(coarser, 0.0, 0.0).after(&periods_from_picture);
        for patch in &mut patches {
            patch.waves = patch.waves.map(|wave| wave * coarser);
        }
        followed_by(Lines::EveryMm, &periods_from_picture, &patches)
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
