//! Looking for grids so pale that only a whole sheet shows them, on what has the outline of one.

use image::RgbImage;

use super::demodulate::{Lines, PageMap};
use super::flat_paper::{FlatGrid, FlatPaper};
use super::follow::{Followed, follow, follow_bends};
use super::found::{Found, ON_USUAL_SHEET, Ranking};
use super::line_count::prominence;
use super::outline::find_outlines;
use super::sight::Sight;

/// What is followed on papers: grids every 5 mm.
const LINES: Lines = Lines::EveryFiveMm;
/// So many outlines are tried, and guesses at the grid of each.
const OUTLINES: usize = 6;
const GRIDS_OF_OUTLINE: usize = 3;
/// How many of all these guesses are followed.
const GRIDS: usize = 4;
/// How guesses are followed, one look after the other. The freer a sheet may bend, the
/// more noise it lines up with the grid: where it may not, what stands out counts by the second more. So
/// many are followed further.
const LOOKS: [(Sight, f32, usize); 3] = [
    (Sight::Hardly, 1.2, 2),
    (Sight::Faint, 0.6, 1),
    (Sight::Clear, 0.0, 0),
];
/// What stands out less is not followed further, and bends nothing.
const HOPELESS: f32 = 3.0;
/// So many sheets of a usual size are looked at.
const USUAL_SHEETS: usize = 2;
/// How they are looked at: from which pass on, and what that counts more than a grid that was found by its lines alone. Less is
/// fitted to noise where outline and size say where every line is, and the less the stiffer the paper is held.
const LOOKS_AT_USUAL: [(Sight, usize, f32); 4] = [
    (Sight::Hardly, 3, 6.0),
    (Sight::Hardly, 1, 5.7),
    (Sight::Faint, 1, FAINT),
    (Sight::Clear, 1, ON_USUAL_SHEET),
];
/// What a faint look counts, and a stiffer one where lines stand out more than noise does.
const FAINT: f32 = 5.0;
const SEEN: f32 = 10.0;

/// Adds to `ranking` what papers in the photo show, until something is sure.
pub(super) fn search_papers(photo: &RgbImage, ranking: &mut Ranking) {
    let papers: Vec<FlatPaper> = find_outlines(photo, OUTLINES)
        .iter()
        .filter_map(|outline| FlatPaper::of(photo, outline))
        .collect();
    search_usual_sheets(&papers, ranking);
    if !ranking.is_sure() {
        search_any_sheets(&papers, ranking);
    }
}

/// Takes what has the outline of a sheet for one of a usual size, flat or nearly so.
fn search_usual_sheets(papers: &[FlatPaper], ranking: &mut Ranking) {
    let mut sheets: Vec<(f32, &FlatPaper, PageMap)> = papers
        .iter()
        .flat_map(|paper| {
            paper
                .usual_sheets()
                .into_iter()
                .map(move |map| (paper, map))
        })
        .map(|(paper, map)| {
            let prominence = prominence(&paper.contrast, &map, LINES);
            (prominence - doubt(paper, &map), paper, map)
        })
        .collect();
    sheets.sort_by(|(a, ..), (b, ..)| b.total_cmp(a));
    for (sheet, (_, paper, map)) in sheets.into_iter().take(USUAL_SHEETS).enumerate() {
        let doubt = doubt(paper, &map);
        let map = paper.with_lines_in_place(map);
        // Bends are looked for on the likeliest alone.
        let looks = if sheet == 0 { LOOKS_AT_USUAL.len() } else { 1 };
        for (sight, first_pass, more) in LOOKS_AT_USUAL.into_iter().take(looks) {
            let passes = &sight.passes()[first_pass..];
            let followed = follow_bends(&paper.contrast, map.clone(), LINES, sight, passes);
            if let Some(followed) = followed {
                let found = Found {
                    is_by_outline: true,
                    ..found_on(paper, followed.on_whole_sheet())
                };
                let is_flat = passes.is_empty();
                if is_flat || found.prominence >= HOPELESS {
                    let rank = rank_of_usual(found.prominence, more) - doubt;
                    ranking.insert(Found { rank, ..found });
                }
            }
        }
    }
}

/// What it counts against a sheet of a usual size that its outline says otherwise.
fn doubt(paper: &FlatPaper, map: &PageMap) -> f32 {
    paper.doubt_by_sides(map) + paper.doubt_by_squares(map)
}

/// What a look at a sheet of a usual size counts. How stiff it was matters only where lines may be noise.
fn rank_of_usual(prominence: f32, more: f32) -> f32 {
    (prominence + more.min(FAINT)).max(prominence.min(SEEN) + more)
}

/// Follows the grids that whole papers show, of whatever size those are.
fn search_any_sheets(papers: &[FlatPaper], ranking: &mut Ranking) {
    let mut grids: Vec<(&FlatPaper, FlatGrid)> = papers
        .iter()
        .flat_map(|paper| {
            let grids = paper.grids(GRIDS_OF_OUTLINE);
            grids.into_iter().map(move |grid| (paper, grid))
        })
        .collect();
    grids.sort_by(|(_, a), (_, b)| b.prominence.total_cmp(&a.prominence));
    grids.truncate(GRIDS);
    // Every freer and costlier look is for those that stand out most in the last.
    for (sight, more, kept) in LOOKS {
        let mut ranked: Vec<(f32, (&FlatPaper, FlatGrid))> = Vec::new();
        for (paper, grid) in grids {
            let (fit, patches) = paper.lattice(&grid);
            let Some(followed) = follow(&paper.contrast, &fit, &patches, LINES, sight) else {
                continue;
            };
            let found = found_on(paper, followed);
            let rank = found.rank + more + paper.usual_bonus(&found.followed.map);
            if found.prominence >= HOPELESS {
                ranked.push((rank, (paper, grid)));
            }
            ranking.insert(Found { rank, ..found });
        }
        if ranking.is_sure() {
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

/// What was followed on a paper, ranked by its prominence and by what speaks against its squares.
fn found_on(paper: &FlatPaper, followed: Followed) -> Found {
    let prominence = prominence(&paper.contrast, &followed.map, LINES);
    let doubt = paper.doubt_by_squares(&followed.map);
    Found {
        followed,
        photo_from_picture: paper.photo_from_picture,
        prominence,
        is_by_outline: false,
        rank: prominence - doubt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::simulated::Scene;

    #[test]
    fn how_stiff_a_look_was_matters_only_where_lines_may_be_noise() {
        assert!((rank_of_usual(8.0, 6.0) - 14.0).abs() < 1e-6);
        assert!((rank_of_usual(8.0, FAINT) - 13.0).abs() < 1e-6);
        assert!((rank_of_usual(13.0, 6.0) - rank_of_usual(13.0, FAINT)).abs() < 1e-6);
        assert!((rank_of_usual(13.0, ON_USUAL_SHEET) - 16.0).abs() < 1e-6);
    }

    #[test]
    fn a_sheet_of_a_usual_size_is_to_scale_with_a_grid_that_hardly_shows() {
        let scene = Scene {
            major: [0.985; 3],
            noise: 9.0,
            ..Scene::slanted()
        };
        let mut ranking = Ranking::default();
        search_papers(&scene.draw(), &mut ranking);
        let best = ranking.best().unwrap();
        assert!(
            best.is_by_outline && best.prominence > 2.0,
            "{}",
            best.prominence
        );
        // Points of the page, through the photo, onto the sheet that was found: distances are the same.
        let plane_from_page = best
            .photo_from_plane()
            .inverse()
            .unwrap()
            .after(&scene.photo_from_page);
        let corners = [(20.0, 20.0), (270.0, 20.0), (20.0, 190.0), (270.0, 190.0)]
            .map(|(x, y)| plane_from_page.apply(x, y));
        let apart =
            |a: usize, b: usize| (corners[a].0 - corners[b].0).hypot(corners[a].1 - corners[b].1);
        for (found, mm) in [
            (apart(0, 1), 250.0),
            (apart(2, 3), 250.0),
            (apart(0, 2), 170.0),
            (apart(1, 3), 170.0),
        ] {
            assert!((found - mm).abs() < 0.8, "{found} {mm}");
        }
    }
}
