//! Finds the grid's lines in every part of a photo where they show, without knowing the page.
//!
//! A global search over period and angle names candidates; each is then grown from its clearest
//! tile to the neighbours, which follows tilt and curl that no single period would fit.

use super::projective::LocalGrid;
use super::spectra::{Spectrum, Tiles};

/// Periods of the 5-mm lines that are searched, in pixels of the reduced picture.
const PERIODS_PX: (f64, f64) = (8.0, 70.0);
const PERIOD_STEP: f64 = 1.025;
const ANGLE_STEP_DEG: f64 = 1.5;
/// Candidates nearer to each other than this (log period, radians) are one.
const DISTINCT: (f64, f64) = (0.12, 0.15);
/// A tile belongs to the grid if it shows at least this share of the clearest tile's lines.
const ACCEPTED_SHARE: f32 = 0.3;
/// Fewer tiles than this don't determine a plane.
const MIN_TILES: usize = 6;

/// One global guess at the grid: its 5-mm period and its turn against the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    score: f32,
    period_px: f64,
    angle_rad: f64,
}

type Waves = [f64; 4];

/// The `count` most plausible periods and angles of a spectrum, best first.
pub(super) fn candidates(mean: &Spectrum, count: usize) -> Vec<Candidate> {
    let mut all = Vec::new();
    let mut period_px = PERIODS_PX.0;
    while period_px < PERIODS_PX.1 {
        for step in 0..60 {
            let angle_rad = (-44.25 + ANGLE_STEP_DEG * f64::from(step)).to_radians();
            let [ax, ay, bx, by] = square_waves(period_px, angle_rad);
            let (a, b) = (mean.line_score([ax, ay]), mean.line_score([bx, by]));
            all.push(Candidate {
                score: a.min(b) + 0.3 * a.max(b),
                period_px,
                angle_rad,
            });
        }
        period_px *= PERIOD_STEP;
    }
    Candidate::best_distinct(all, count)
}

impl Candidate {
    /// The best of them, no two alike.
    pub(super) fn best_distinct(mut all: Vec<Self>, count: usize) -> Vec<Self> {
        all.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut distinct: Vec<Self> = Vec::new();
        for candidate in all {
            if distinct.len() == count {
                break;
            }
            let new = distinct.iter().all(|known| {
                (known.period_px / candidate.period_px).ln().abs() > DISTINCT.0
                    || (known.angle_rad - candidate.angle_rad).abs() > DISTINCT.1
            });
            if new {
                distinct.push(candidate);
            }
        }
        distinct
    }
}

/// Follows a candidate's lines from the clearest tile outwards. `None` if too few tiles show them.
pub(super) fn grow(tiles: &Tiles, candidate: Candidate) -> Option<Vec<LocalGrid>> {
    let start = square_waves(candidate.period_px, candidate.angle_rad);
    let (seed, waves, clearest) = tiles
        .spectra
        .iter()
        .enumerate()
        .map(|(tile, spectrum)| {
            let (waves, clarity) = refine(spectrum, start, SEED_SEARCH);
            (tile, waves, clarity)
        })
        .max_by(|a, b| a.2.total_cmp(&b.2))?;
    if clearest <= 0.0 {
        return None;
    }
    let mut found: Vec<Option<(Waves, f32)>> = vec![None; tiles.spectra.len()];
    found[seed] = Some((waves, clearest));
    let mut front = vec![(seed, clearest)];
    while let Some(next) = (0..front.len()).max_by(|&a, &b| front[a].1.total_cmp(&front[b].1)) {
        let (tile, _) = front.swap_remove(next);
        for neighbour in beside(tile, tiles) {
            if found[neighbour].is_some() {
                continue;
            }
            let Some(expected) = mean_waves(&found, around(neighbour, tiles)) else {
                continue;
            };
            let (waves, clarity) = refine(&tiles.spectra[neighbour], expected, NEIGHBOUR_SEARCH);
            if clarity > ACCEPTED_SHARE * clearest {
                found[neighbour] = Some((waves, clarity));
                front.push((neighbour, clarity));
            }
        }
    }
    let grids: Vec<LocalGrid> = found
        .iter()
        .enumerate()
        .filter_map(|(tile, found)| {
            let (waves, clarity) = (*found)?;
            Some(LocalGrid {
                centre: tiles.centre(tile),
                waves,
                weight: f64::from(clarity),
            })
        })
        .collect();
    (grids.len() >= MIN_TILES).then_some(grids)
}

/// Wave vectors of a square grid.
fn square_waves(period_px: f64, angle_rad: f64) -> Waves {
    let (sin, cos) = angle_rad.sin_cos();
    [
        cos / period_px,
        sin / period_px,
        -sin / period_px,
        cos / period_px,
    ]
}

/// (steps each way, relative period step, angle step in degrees)
type Search = (i32, f64, f64);
const SEED_SEARCH: Search = (7, 0.035, 2.0);
const NEIGHBOUR_SEARCH: Search = (3, 0.03, 1.5);

/// The best wave vectors near `expected`, each family by itself, and the weaker family's score.
fn refine(
    spectrum: &Spectrum,
    expected: Waves,
    (steps, period_step, angle_step_deg): Search,
) -> (Waves, f32) {
    let mut waves = expected;
    let mut weakest = f32::MAX;
    for family in 0..2 {
        let mut best = ([expected[2 * family], expected[2 * family + 1]], f32::MIN);
        search(
            spectrum,
            &mut best,
            steps,
            period_step,
            angle_step_deg.to_radians(),
        );
        let mut step = 0.012;
        for _ in 0..3 {
            search(spectrum, &mut best, 3, step, step);
            step *= 0.35;
        }
        waves[2 * family..][..2].copy_from_slice(&best.0);
        weakest = weakest.min(best.1);
    }
    (waves, weakest)
}

/// Tries stretched and turned copies of the best wave vector so far.
fn search(
    spectrum: &Spectrum,
    best: &mut ([f64; 2], f32),
    steps: i32,
    stretch_step: f64,
    turn_step: f64,
) {
    let [x, y] = best.0;
    for stretch in -steps..=steps {
        for turn in -steps..=steps {
            let (sin, cos) = (turn_step * f64::from(turn)).sin_cos();
            let stretch = 1.0 + stretch_step * f64::from(stretch);
            let wave = [(x * cos - y * sin) * stretch, (x * sin + y * cos) * stretch];
            let score = spectrum.line_score(wave);
            if score > best.1 {
                *best = (wave, score);
            }
        }
    }
}

fn mean_waves(found: &[Option<(Waves, f32)>], tiles: impl Iterator<Item = usize>) -> Option<Waves> {
    let mut sum = [0.0; 4];
    let mut total = 0.0;
    for (waves, clarity) in tiles.filter_map(|tile| found[tile]) {
        for (sum, wave) in sum.iter_mut().zip(waves) {
            *sum += wave * f64::from(clarity);
        }
        total += f64::from(clarity);
    }
    (total > 0.0).then(|| sum.map(|value| value / total))
}

fn beside(tile: usize, tiles: &Tiles) -> impl Iterator<Item = usize> + use<> {
    near(tile, tiles, [(1, 0), (-1, 0), (0, 1), (0, -1)])
}

fn around(tile: usize, tiles: &Tiles) -> impl Iterator<Item = usize> + use<> {
    near(
        tile,
        tiles,
        [
            (1, 0),
            (-1, 0),
            (0, 1),
            (0, -1),
            (1, 1),
            (1, -1),
            (-1, 1),
            (-1, -1),
        ],
    )
}

fn near<const N: usize>(
    tile: usize,
    tiles: &Tiles,
    steps: [(isize, isize); N],
) -> impl Iterator<Item = usize> + use<N> {
    let (across, count) = (tiles.across, tiles.spectra.len());
    let (x, y) = ((tile % across) as isize, (tile / across) as isize);
    steps.into_iter().filter_map(move |(dx, dy)| {
        let (x, y) = (x + dx, y + dy);
        let inside =
            x >= 0 && y >= 0 && x < across as isize && y * (across as isize) < count as isize;
        inside.then(|| y as usize * across + x as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::contrast::Contrast;
    use crate::photo::simulated::Scene;

    #[test]
    fn period_and_waves_of_a_straight_page() {
        let contrast = Contrast::of(&Scene::plain().draw(), 1344);
        let tiles = Tiles::of(&contrast);
        let best = candidates(&tiles.mean(), 1)[0];
        let period_px = 25.0 / contrast.photo_px[0];
        assert!(
            (best.period_px / period_px - 1.0).abs() < 0.03,
            "{best:?} for {period_px}"
        );
        let patches = grow(&tiles, best).unwrap();
        assert!(patches.len() * 10 >= tiles.spectra.len() * 9);
        // Single tiles may be pulled aside by the trace; nearly all of them are right.
        let right = patches
            .iter()
            .filter(|patch| {
                (patch.waves[0] * period_px - 1.0).abs() < 0.05
                    && patch.waves[1].abs() * period_px < 0.05
            })
            .count();
        assert!(
            right * 100 >= patches.len() * 95,
            "{right} of {}",
            patches.len()
        );
    }

    #[test]
    fn no_tiles_no_candidates_no_growth() {
        let tiles = Tiles {
            across: 0,
            spectra: Vec::new(),
        };
        for candidate in candidates(&tiles.mean(), 4) {
            assert!(grow(&tiles, candidate).is_none());
        }
    }
}
