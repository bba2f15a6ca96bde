//! A grid that was found, followed once more: as far as the paper goes, and stiffer where noise may have bent it.
//!
//! What follows a grid at first stops where its lines hide in shadow or blur, and goes on straight from there, while the paper
//! bends; and where lines hardly show, the trace is taken for some of them. How far lines stand out over the whole sheet tells
//! which of several ways to follow them is right.

use image::RgbImage;

use super::contrast::Contrast;
use super::demodulate::{Lines, PageMap};
use super::follow::{Followed, follow_bends};
use super::found::Found;
use super::line_count::prominence;
use super::mesh::{Area, NODE_MM};
use super::projective::Homography;
use super::sight::{Pass, Sight};

/// Lines that stand out more and agree as well are followed as well as they can be.
const CLEAR_PROMINENCE: f32 = 28.0;
const CLEAR_MATCH: f32 = 0.93;
/// Where lines stand out less, what is followed is noise: a sheet that is known by its outline stays as it is.
const MIN_PROMINENCE: f32 = 6.0;
/// Pixels per mm of the picture that is looked at, and its longest side.
const PIXELS_PER_MM: f64 = 5.0;
const SIDES_PX: (f64, f64) = (1344.0, 2688.0);
/// The sheet may go on for so many nodes beyond what was followed, and is no longer than the second.
const FURTHER_NODES: usize = 16;
const MOST_NODES: usize = 84;
/// Outwards, as long as every pass finds more: a rim that bends strongly is won column by column.
const OUTWARDS: [Pass; 12] = [Pass::while_growing(1.008); 12];
/// The ways to follow a grid after that, and what each counts more than the one before: the stiffer, the less noise is lined up.
const STIFFER: [(Sight, &[Pass], f32); 3] = [
    (Sight::Clear, &[Pass::anew(1.0), Pass::anew(1.0)], 0.5),
    (Sight::Faint, &[Pass::anew(5.0), Pass::anew(5.0)], 1.0),
    (Sight::Hardly, &[Pass::anew(50.0), Pass::anew(50.0)], 1.5),
];

/// The same grid, followed better where it can be.
pub(super) fn refined(photo: &RgbImage, found: Found) -> Found {
    if !may_be_refined(&found) {
        return found;
    }
    followed_further(photo, &found).unwrap_or(found)
}

/// Whether a grid is neither clear nor noise, so that following it again may help.
pub(super) fn may_be_refined(found: &Found) -> bool {
    !is_clear(found) && found.prominence >= MIN_PROMINENCE
}

/// Whether a grid shows so well that it need not be followed again.
pub(super) fn is_clear(found: &Found) -> bool {
    found.prominence >= CLEAR_PROMINENCE && found.followed.clarity >= CLEAR_MATCH
}

/// The same grid, followed again, however well it shows. `None` if it can't be.
pub(super) fn followed_further(photo: &RgbImage, found: &Found) -> Option<Found> {
    let lines = Lines::EveryFiveMm;
    let longest_px = f64::from(photo.width().max(photo.height()));
    let side_px =
        (longest_px * PIXELS_PER_MM / found.pixels_per_mm()).clamp(SIDES_PX.0, SIDES_PX.1);
    let contrast = Contrast::of(photo, side_px as u32);
    let photo_from_picture = contrast.photo_from_picture();
    let picture_from_plane = photo_from_picture
        .inverse()?
        .after(&found.photo_from_plane());
    let mesh = &found.followed.map.mesh;
    let area = if found.is_by_outline {
        mesh.area
    } else {
        wider(mesh.area, &picture_from_plane, &contrast)
    };
    let map = PageMap {
        mesh: mesh.within(area),
        picture_from_plane,
    };
    let outwards = follow_bends(&contrast, map.clone(), lines, Sight::Clear, &OUTWARDS)?;
    let counted = if found.is_by_outline {
        area
    } else {
        outwards.rectangle()
    };
    let prominence_of = |followed: &Followed| {
        let map = PageMap {
            mesh: followed.map.mesh.within(counted),
            ..followed.map.clone()
        };
        prominence(&contrast, &map, lines)
    };
    let before = follow_bends(&contrast, map, lines, Sight::Clear, &[])?;
    let mut best = (0.0, prominence_of(&before), before);
    let mut consider = |followed: Followed, more: f32| {
        let prominence = prominence_of(&followed);
        if prominence + more > best.0 + best.1 {
            best = (more, prominence, followed);
        }
    };
    for (sight, passes, more) in STIFFER {
        if let Some(stiffer) = follow_bends(&contrast, outwards.map.clone(), lines, sight, passes) {
            consider(stiffer, more);
        }
    }
    consider(outwards, 0.0);
    let (_, prominence, followed) = best;
    let followed = if found.is_by_outline {
        followed.on_whole_sheet()
    } else {
        followed
    };
    Some(Found {
        followed,
        photo_from_picture,
        prominence,
        ..found.clone()
    })
}

/// The area with as much around it as the picture shows, within reason.
fn wider(area: Area, picture_from_plane: &Homography, contrast: &Contrast) -> Area {
    let is_shown = |x: f64, y: f64| {
        let (u, v) = picture_from_plane.apply(x, y);
        (0.0..contrast.width as f64).contains(&u) && (0.0..contrast.height as f64).contains(&v)
    };
    let [left, top] = area.origin_mm;
    let right = left + NODE_MM * (area.across - 1) as f64;
    let bottom = top + NODE_MM * (area.down - 1) as f64;
    // Along each side, as far out as a third of the side is shown.
    let further = |at: &dyn Fn(f64, f64) -> (f64, f64), room: usize| {
        (1..=FURTHER_NODES.min(room))
            .take_while(|&step| {
                let out = NODE_MM * step as f64;
                let shown = (0..=8).filter(|&k| {
                    let (x, y) = at(out, f64::from(k) / 8.0);
                    is_shown(x, y)
                });
                shown.count() >= 3
            })
            .count()
    };
    let room = |nodes: usize| MOST_NODES.saturating_sub(nodes) / 2;
    let before = [
        further(
            &|out, t| (left - out, top + t * (bottom - top)),
            room(area.across),
        ),
        further(
            &|out, t| (left + t * (right - left), top - out),
            room(area.down),
        ),
    ];
    let behind = [
        further(
            &|out, t| (right + out, top + t * (bottom - top)),
            room(area.across),
        ),
        further(
            &|out, t| (left + t * (right - left), bottom + out),
            room(area.down),
        ),
    ];
    Area {
        origin_mm: [
            left - NODE_MM * before[0] as f64,
            top - NODE_MM * before[1] as f64,
        ],
        across: area.across + before[0] + behind[0],
        down: area.down + before[1] + behind[1],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::search::Search;
    use crate::photo::simulated::Scene;

    fn found(scene: &Scene, photo: &RgbImage) -> Found {
        let found = Search::of(photo).best().unwrap().clone();
        assert!(found.followed.nodes() > 1500, "{}", scene.curl_mm);
        found
    }

    #[test]
    fn what_is_clear_or_noise_stays_as_it_is() {
        let scene = Scene::slanted();
        let photo = scene.draw();
        let known = found(&scene, &photo);
        for prominence in [CLEAR_PROMINENCE, MIN_PROMINENCE - 0.1] {
            let mut known = known.clone();
            known.prominence = prominence;
            known.followed.clarity = CLEAR_MATCH;
            let refined = refined(&photo, known.clone());
            assert_eq!(refined.photo_from_picture, known.photo_from_picture);
        }
    }

    #[test]
    fn a_bent_sheet_of_which_the_middle_is_known_is_followed_outwards() {
        let scene = Scene {
            curl_mm: 1.5,
            ..Scene::slanted()
        };
        let photo = scene.draw();
        let mut known = found(&scene, &photo);
        let all = known.followed.nodes();
        let inner = known.followed.rectangle();
        let middle = Area {
            origin_mm: inner.origin_mm.map(|mm| mm + 10.0 * NODE_MM),
            across: inner.across - 20,
            down: inner.down - 20,
        };
        known.followed.map.mesh = known.followed.map.mesh.within(middle);
        known.followed.gridded = vec![true; middle.len()];
        known.followed.sheet = vec![true; middle.len()];
        known.prominence = 12.0;
        let refined = refined(&photo, known);
        let nodes = refined.followed.nodes();
        assert!(nodes * 10 > all * 8, "{nodes} of {all}");
        assert!(refined.followed.agreement > 0.9);
    }
}
