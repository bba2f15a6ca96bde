//! Looking for the grid at two resolutions and in all parts of a photo.

use image::RgbImage;

use super::contrast::Contrast;
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
/// Candidates that are followed, of the whole picture and of its parts.
const TRIED: (usize, usize) = (2, 3);

/// A grid that was followed in a reduced picture.
pub(super) struct Found {
    pub(super) followed: Followed,
    /// Pixels of the picture that was searched → photo pixels.
    pub(super) photo_from_picture: Homography,
}

/// The grid that agrees best with the photo.
pub(super) fn find_sheet(photo: &RgbImage) -> Option<Found> {
    let longest = photo.width().max(photo.height());
    let mut best: Option<Found> = None;
    let mut searched = 0;
    let mut tried = Vec::new();
    for side in WORK_SIDES_PX {
        let side = side.min(longest);
        if (side as f32) < MIN_GAIN * searched as f32 {
            break;
        }
        let contrast = Contrast::of(photo, side);
        let tiles = Tiles::of(&contrast);
        // The whole picture is searched at the first resolution only: the parts cover it.
        let whole = if searched == 0 {
            candidates(&tiles.mean(), TRIED.0)
        } else {
            Vec::new()
        };
        searched = side;
        tried.clear();
        if try_all(&contrast, &tiles, whole, &mut tried, &mut best)
            || try_all(&contrast, &tiles, of_parts(&tiles), &mut tried, &mut best)
            || best
                .as_ref()
                .is_some_and(|best| reaches(&best.followed, GOOD))
        {
            break;
        }
    }
    best
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

/// Follows candidates until one convinces, except fits that were `tried` before; `best` is the best
/// so far. Whether one convinced.
fn try_all(
    contrast: &Contrast,
    tiles: &Tiles,
    candidates: Vec<Candidate>,
    tried: &mut Vec<[f64; 4]>,
    best: &mut Option<Found>,
) -> bool {
    for candidate in candidates {
        let followed = grow(tiles, candidate).and_then(|patches| {
            let periods_from_picture = fit_to_waves(&patches)?;
            let waves = waves_in_middle(contrast, &periods_from_picture);
            if tried.iter().any(|known| alike(known, &waves)) {
                return None;
            }
            tried.push(waves);
            follow(contrast, &periods_from_picture, &patches)
        });
        let Some(followed) = followed else {
            continue;
        };
        let needed = if followed.fine > FINE {
            CONVINCING
        } else {
            CONVINCING_COARSE
        };
        let convinces = reaches(&followed, needed);
        if best
            .as_ref()
            .is_none_or(|best| merit(&followed) > merit(&best.followed))
        {
            *best = Some(Found {
                followed,
                photo_from_picture: contrast.photo_from_picture(),
            });
        }
        if convinces {
            return true;
        }
    }
    false
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
fn of_parts(tiles: &Tiles) -> Vec<Candidate> {
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
    Candidate::best_distinct(all, TRIED.1)
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
}
