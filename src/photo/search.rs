//! Looking for the grid at two resolutions, in all parts of a photo, and on what has the outline of a sheet.

use image::RgbImage;

use super::contrast::Contrast;
use super::demodulate::Lines;
use super::follow::{Followed, follow};
use super::found::{Found, Ranking};
use super::grid::{Candidate, candidates, grow};
use super::line_count::prominence;
use super::papers::search_papers;
use super::projective::{Homography, LocalGrid, fit_to_waves};
use super::sight::Sight;
use super::spectra::Tiles;
use super::squares::{doubt_by_squares, off_square};

/// Longest sides of the picture that is searched, and how far lines every 5 mm must be apart in it, in pixels. A page that
/// fills the photo shows its lines in the first, one that is small in a large photo only in the second. Of a strip that
/// fills the photo every part of the first holds few lines, so that noise is not averaged: the third is for such lines alone, because
/// it places all others worse.
const RESOLUTIONS: [(u32, f64); 3] = [(1344, 0.0), (2688, 0.0), (672, 18.0)];
/// Another resolution must be so many times as fine or coarse to be worth while.
const MIN_RATIO: f32 = 1.2;
/// Fits whose waves differ by less than this, in relation to their size, are the same grid.
const SAME_WAVES: f64 = 0.03;
/// Candidates that are followed: usually, and when what was found that way was no ECG.
const TRIED: Tried = Tried {
    of_whole: 2,
    of_parts: 3,
};
const TRIED_THOROUGHLY: Tried = Tried {
    of_whole: 4,
    of_parts: 8,
};
/// So many grids are told of, and the best by an outline.
const MOST_GRIDS: usize = 4;
/// A sheet with more nodes, larger than A3, is one whose 1-mm lines were taken for 5-mm lines.
const MOST_NODES: usize = 5600;
/// Fewer nodes, on 40 × 40 mm, are no sheet.
const FEW_NODES: usize = 64;
/// How many lines every millimetre there are to one every five.
const FINE_PER_COARSE: f64 = 5.0;

/// What is further from square than this is not followed where everything is looked for.
const MOST_OFF_SQUARE: f64 = 0.3;

/// How many candidates are followed.
#[derive(Clone, Copy, Debug)]
struct Tried {
    /// Of the whole picture, and of its parts.
    of_whole: usize,
    of_parts: usize,
}

/// The search for a photo's grids.
pub(super) struct Search<'a> {
    photo: &'a RgbImage,
    /// Whether more is looked for than what is sure or, at least, likeliest.
    is_thorough: bool,
    /// Fits that were followed in the picture of each resolution.
    tried: [Vec<[f64; 4]>; RESOLUTIONS.len()],
    is_done_with_papers: bool,
    ranking: Ranking,
}

impl<'a> Search<'a> {
    /// Looks for what is likely until something is sure.
    pub(super) fn of(photo: &'a RgbImage) -> Self {
        let mut search = Self {
            photo,
            is_thorough: false,
            tried: Default::default(),
            is_done_with_papers: false,
            ranking: Ranking::default(),
        };
        search.go_on();
        search
    }

    /// The best grid so far.
    pub(super) fn best(&self) -> Option<&Found> {
        self.ranking.best()
    }

    /// Whether the best is so good that no other needs to be looked for.
    pub(super) fn is_sure(&self) -> bool {
        self.ranking.is_sure()
    }

    /// Looks for all grids of patterned desks and of paper, no two of them alike, and tells of those that were not the best
    /// before, the best first. They have at least `min_pixels_per_mm` of the photo.
    pub(super) fn others(mut self, min_pixels_per_mm: f64) -> impl Iterator<Item = Found> {
        let first = self.best().cloned();
        self.is_thorough = true;
        self.go_on();
        let known = usize::from(first.is_some());
        let mut distinct: Vec<Found> = first.into_iter().collect();
        for found in self.ranking.into_iter() {
            let is_wanted = distinct.len() < known + MOST_GRIDS
                || found.is_by_outline && !distinct.iter().any(|known| known.is_by_outline);
            if is_wanted
                && found.pixels_per_mm() >= min_pixels_per_mm
                && !distinct.iter().any(|known| known.is_like(&found))
            {
                distinct.push(found);
            }
        }
        distinct.into_iter().skip(known)
    }

    fn go_on(&mut self) {
        let longest = self.photo.width().max(self.photo.height());
        let mut searched: Vec<u32> = Vec::new();
        for (resolution, (side, _)) in RESOLUTIONS.into_iter().enumerate() {
            let side = side.min(longest);
            let is_other =
                |&known: &u32| side.max(known) as f32 >= MIN_RATIO * side.min(known) as f32;
            if !self.is_over() && searched.iter().all(is_other) {
                self.at_resolution(resolution, &Contrast::of(self.photo, side));
                searched.push(side);
            }
        }
        if !self.is_over() && !self.is_done_with_papers {
            search_papers(self.photo, &mut self.ranking);
            self.is_done_with_papers = true;
        }
    }

    /// Whether a fit is so far from squares that it can only be a pattern, or waves of different ones.
    fn is_no_plane(&self, contrast: &Contrast, periods_from_picture: &Homography) -> bool {
        periods_from_picture.inverse().is_none_or(|picture| {
            let photo_from_periods = contrast.photo_from_picture().after(&picture);
            off_square(&photo_from_periods, self.size_px()) > MOST_OFF_SQUARE
        })
    }

    fn size_px(&self) -> [f64; 2] {
        [self.photo.width(), self.photo.height()].map(f64::from)
    }

    fn is_over(&self) -> bool {
        !self.is_thorough && self.ranking.is_sure()
    }

    /// Searches one picture. The whole picture is searched at the first resolution only: the parts
    /// cover it.
    fn at_resolution(&mut self, resolution: usize, contrast: &Contrast) {
        let tiles = Tiles::of(contrast);
        let Tried { of_whole, of_parts } = if self.is_thorough {
            TRIED_THOROUGHLY
        } else {
            TRIED
        };
        if resolution == 0 {
            let candidates = candidates(&tiles.mean(), of_whole);
            self.try_all(resolution, contrast, &tiles, candidates);
        }
        if !self.is_over() {
            let candidates = candidates_of_parts(&tiles, of_parts);
            self.try_all(resolution, contrast, &tiles, candidates);
        }
    }

    /// Follows candidates, except fits that were tried before, until one is sure.
    fn try_all(
        &mut self,
        resolution: usize,
        contrast: &Contrast,
        tiles: &Tiles,
        all: Vec<Candidate>,
    ) {
        for candidate in all {
            if let Some((followed, lines)) = self.follow(resolution, contrast, tiles, candidate) {
                let (x_mm, y_mm) = followed.map.mesh.area.middle_mm();
                let pixels_per_mm = followed.map.picture_from_plane.scale_at(x_mm, y_mm);
                let (_, min_period_px) = RESOLUTIONS[resolution];
                if Lines::EveryFiveMm.period_mm() * pixels_per_mm < min_period_px {
                    continue;
                }
                let prominence = prominence(contrast, &followed.map, lines);
                let mut found = Found {
                    rank: prominence,
                    prominence,
                    followed,
                    photo_from_picture: contrast.photo_from_picture(),
                    is_by_outline: false,
                };
                found.rank -= doubt_by_squares(&found.photo_from_plane(), self.size_px());
                self.ranking.insert(found);
            }
            if self.is_over() {
                break;
            }
        }
    }

    /// A candidate's grid, and the lines by which it was followed.
    fn follow(
        &mut self,
        resolution: usize,
        contrast: &Contrast,
        tiles: &Tiles,
        candidate: Candidate,
    ) -> Option<(Followed, Lines)> {
        let mut patches = grow(tiles, candidate)?;
        let mut periods_from_picture = fit_to_waves(&patches)?;
        if self.is_thorough && self.is_no_plane(contrast, &periods_from_picture) {
            return None;
        }
        let waves = waves_in_middle(contrast, &periods_from_picture);
        if self.tried[resolution]
            .iter()
            .any(|known| alike(known, &waves))
        {
            return None;
        }
        let followed_by = |lines: Lines, fit: &Homography, patches: &[LocalGrid]| {
            follow(contrast, fit, patches, lines, Sight::Clear).map(|followed| (followed, lines))
        };
        let found = followed_by(Lines::EveryFiveMm, &periods_from_picture, &patches)?;
        if found.0.nodes() < FEW_NODES {
            if !self.is_thorough {
                return Some(found);
            }
            // Beside clear fine lines those every 5 mm may hardly stand out.
            let fine = followed_by(Lines::EveryMm, &periods_from_picture, &patches);
            return fine
                .filter(|fine| fine.0.nodes() > found.0.nodes())
                .or(Some(found));
        }
        self.tried[resolution].push(waves);
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
        let found = Search::of(&photo).best().unwrap().clone();
        let scale = found.pixels_per_mm();
        assert!((scale - 5.0).abs() < 0.05, "{scale}");
    }

    #[test]
    fn a_strip_that_fills_the_photo_is_found() {
        // 140 × 50 mm at 16 px/mm, in noise that is stronger than its lines.
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let photo = RgbImage::from_fn(2240, 800, |x, y| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let noise = (random >> 40) as f32 / (1 << 24) as f32 * 60.0 - 30.0;
            let on_line = |at: u32| (at + 20) % 80 < 5;
            let light = if on_line(x) || on_line(y) {
                215.0
            } else {
                235.0
            };
            Rgb([(light + noise) as u8; 3])
        });
        let found = Search::of(&photo).best().unwrap().clone();
        assert!(found.followed.nodes() > FEW_NODES);
        let scale = found.pixels_per_mm();
        assert!((scale - 16.0).abs() < 0.2, "{scale}");
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
        let found = Search::of(&page).best().unwrap().clone();
        let scale = found.photo_from_plane().scale_at(60.0, 40.0);
        assert!((scale - 6.0).abs() < 0.1, "{scale}");
    }
}
