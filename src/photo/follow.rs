//! From a first projective guess to a map that follows the grid's lines over the whole sheet.

use std::collections::BinaryHeap;

use super::bending::bent_through;
use super::contrast::Contrast;
use super::demodulate::{LineOffset, Lines, PageMap, line_offsets};
use super::mesh::{Area, Mesh, NODE_MM};
use super::profile::{Against, profile_offsets};
use super::projective::{Homography, LocalGrid, solve};
use super::sight::{Pass, Sight};
use super::spectra::TILE_PX;

/// No sheet that fits the canvas is longer than this.
const MAX_SHEET_MM: f64 = 420.0;
/// A node shows the grid if its lines are this share as clear as those of the clearest nodes.
const CLEAR_SHARE: f32 = 0.35;
/// Paper does not stretch: neighbouring nodes can't differ by more periods, even across a fold.
const MAX_STEP: f32 = 0.28;
/// Nodes this near to the grid belong to it if they match so well, wherever the lines lie within reach.
const RIM_NODES: usize = 2;
const RIM_MATCH: f32 = 0.65;
/// Worse matches with the page's lines tell nothing; better ones count by what they exceed it.
const MIN_MATCH: f32 = 0.5;
/// Nodes that match less, or lie further from where the map says, show no grid.
const GRIDDED_MATCH: f32 = 0.55;
const ON_MAP_MM: f32 = 0.4;

/// A map that was followed as far as the lines go.
#[derive(Clone)]
pub(super) struct Followed {
    pub(super) map: PageMap,
    /// Which nodes of the map's area lie where the grid shows (small gaps closed).
    pub(super) gridded: Vec<bool>,
    /// The same with holes and bays filled: the sheet.
    pub(super) sheet: Vec<bool>,
    /// Share of the sheet's nodes where map and lines agree.
    pub(super) agreement: f32,
    /// Mean clarity of the lines on the sheet.
    pub(super) clarity: f32,
}

impl Followed {
    /// Number of nodes where the grid shows.
    pub(super) fn nodes(&self) -> usize {
        self.gridded.iter().filter(|&&inside| inside).count()
    }

    /// On which share of the rectangle around them the nodes lie where the grid shows.
    pub(super) fn shown_share(&self) -> f32 {
        self.nodes() as f32 / self.rectangle().len() as f32
    }

    /// The rectangle around the nodes where the grid shows.
    pub(super) fn rectangle(&self) -> Area {
        let area = self.map.mesh.area;
        let range = |of: &dyn Fn(usize) -> usize, all: usize| {
            let shown = || (0..area.len()).filter(|&node| self.gridded[node]).map(of);
            (shown().min().unwrap_or(0), shown().max().unwrap_or(all - 1))
        };
        let (left, right) = range(&|node| node % area.across, area.across);
        let (top, bottom) = range(&|node| node / area.across, area.down);
        let (x, y) = area.node_mm(top * area.across + left);
        Area {
            origin_mm: [x, y],
            across: right - left + 1,
            down: bottom - top + 1,
        }
    }

    /// The same with so many nodes more on every side, where no grid shows.
    pub(super) fn widened(self, nodes: usize) -> Self {
        let inner = self.map.mesh.area;
        let area = inner.widened(nodes);
        let mask = |inside: &[bool]| {
            let mut wide = vec![false; area.len()];
            for (row, inside) in inside.chunks_exact(inner.across).enumerate() {
                let first = (row + nodes) * area.across + nodes;
                wide[first..first + inner.across].copy_from_slice(inside);
            }
            wide
        };
        Self {
            gridded: mask(&self.gridded),
            sheet: mask(&self.sheet),
            map: PageMap {
                mesh: self.map.mesh.within(area),
                ..self.map
            },
            ..self
        }
    }

    /// The same where the whole area is known to be the sheet.
    pub(super) fn on_whole_sheet(mut self) -> Self {
        self.gridded.fill(true);
        self.sheet.fill(true);
        self
    }
}

/// Follows `lines` from `periods_from_picture` (a fit to `patches`, in periods of 5 mm). `None` if
/// there is nothing to follow.
pub(super) fn follow(
    picture: &Contrast,
    periods_from_picture: &Homography,
    patches: &[LocalGrid],
    lines: Lines,
    sight: Sight,
) -> Option<Followed> {
    let mut plane_from_picture = Homography::scale_shift(Lines::EveryFiveMm.period_mm(), 0.0, 0.0)
        .after(periods_from_picture);
    let area = sheet_area(&plane_from_picture, patches)?;
    let map_of = |plane_from_picture: &Homography, mesh: Mesh| {
        Some(PageMap {
            picture_from_plane: plane_from_picture.inverse()?,
            mesh,
        })
    };
    // The first fit knows only slopes; the lines' phases over the whole sheet fix its small errors.
    for window_mm in sight.windows_mm(lines) {
        let map = map_of(&plane_from_picture, Mesh::flat(area))?;
        let waves = unwrap(
            &line_offsets(picture, &map, lines, window_mm),
            area,
            lines,
            sight,
        )?;
        plane_from_picture = projective_correction(&waves, area)?.after(&plane_from_picture);
    }
    let map = map_of(&plane_from_picture, Mesh::flat(area))?;
    follow_bends(picture, map, lines, sight, sight.passes())
}

/// Follows `lines` from a map that is right but for the paper's bends, pass after pass.
pub(super) fn follow_bends(
    picture: &Contrast,
    mut map: PageMap,
    lines: Lines,
    sight: Sight,
    passes: &[Pass],
) -> Option<Followed> {
    let area = map.mesh.area;
    let mut reached = 0;
    for pass in passes {
        let measured = match pass.against {
            Against::Anywhere => far_offsets(picture, &map, lines, sight)?,
            Against::Nearby => profile_offsets(picture, &map, Against::Nearby, sight.reach_nodes()),
        };
        // Once the map is nearly right, what lies apart from the grid is known to be something else.
        let grid = match pass.against {
            Against::Anywhere => vec![true; area.len()],
            Against::Nearby => with_rim(&gridded_nodes(&measured, area), &measured, area),
        };
        let count = grid.iter().filter(|&&inside| inside).count();
        let growth = pass.while_growing.unwrap_or(0.0);
        if (count as f32) < growth * reached as f32 {
            break;
        }
        reached = count;
        let known = |node: usize, family: usize| {
            if pass.anew {
                map.mesh.shifts_mm[node][family]
            } else {
                0.0
            }
        };
        let [x, y] = [0, 1].map(|family| {
            let shifts: Vec<f32> = measured
                .iter()
                .enumerate()
                .map(|(node, line)| known(node, family) + line.offset_mm[family])
                .collect();
            let weights: Vec<f32> = measured
                .iter()
                .zip(&grid)
                .map(|(line, &inside)| {
                    if inside {
                        (line.clarity[family] - MIN_MATCH).max(0.0)
                    } else {
                        0.0
                    }
                })
                .collect();
            bent_through(area, &shifts, &weights, pass.stiffness)
        });
        let further = Mesh {
            area,
            shifts_mm: x.into_iter().zip(y).map(|(x, y)| [x, y]).collect(),
        };
        map.mesh = if pass.anew {
            further
        } else {
            map.mesh.then(&further)
        };
    }
    let measured = profile_offsets(picture, &map, Against::Nearby, sight.reach_nodes());
    let gridded = gridded_nodes(&measured, area);
    let mean_inside = |of: &dyn Fn(usize) -> f32| {
        let inside = (0..area.len()).filter(|&node| gridded[node]);
        inside.clone().map(of).sum::<f32>() / inside.count().max(1) as f32
    };
    let agreement = mean_inside(&|node| f32::from(u8::from(is_on_map(&measured[node]))));
    let clarity = mean_inside(&|node| matching(&measured[node]));
    Some(Followed {
        map,
        sheet: filled(&gridded, area),
        gridded,
        agreement,
        clarity,
    })
}

/// Continuous offsets from a map that may be wrong by more than half a period.
fn far_offsets(
    picture: &Contrast,
    map: &PageMap,
    lines: Lines,
    sight: Sight,
) -> Option<Vec<LineOffset>> {
    let area = map.mesh.area;
    match lines {
        Lines::EveryFiveMm => {
            let measured = profile_offsets(picture, map, Against::Anywhere, sight.reach_nodes());
            unwrap(&measured, area, lines, sight)
        }
        // A profile of 5 mm looks the same at every fine line: only the lines' own wave can be joined.
        Lines::EveryMm => {
            let [.., window_mm] = sight.windows_mm(lines);
            let mut waves = unwrap(
                &line_offsets(picture, map, lines, window_mm),
                area,
                lines,
                sight,
            )?;
            for clarity in waves.iter_mut().flat_map(|wave| &mut wave.clarity) {
                // From here on it counts as a match does, by what it exceeds the least.
                *clarity += MIN_MATCH * f32::from(u8::from(*clarity > 0.0));
            }
            Some(waves)
        }
    }
}

/// How well both families match the page's lines.
fn matching(line: &LineOffset) -> f32 {
    line.clarity[0].min(line.clarity[1])
}

/// Whether the lines show, and lie where the map says.
fn is_on_map(line: &LineOffset) -> bool {
    matching(line) > GRIDDED_MATCH && line.offset_mm.iter().all(|mm| mm.abs() < ON_MAP_MM)
}

/// The largest part of the area where nearly all nodes show the grid, small gaps closed.
fn gridded_nodes(lines: &[LineOffset], area: Area) -> Vec<bool> {
    let shown: Vec<bool> = lines.iter().map(is_on_map).collect();
    closed(&largest_part(&by_majority(&shown, area), area), area)
}

/// The grid with the nodes beside it that match well but lie off the map, because the paper bends
/// there more than is known yet.
fn with_rim(grid: &[bool], lines: &[LineOffset], area: Area) -> Vec<bool> {
    let mut grown = grid.to_vec();
    for _ in 0..RIM_NODES {
        let inside = grown.clone();
        for (node, grown) in grown.iter_mut().enumerate() {
            *grown = inside[node]
                || matching(&lines[node]) > RIM_MATCH && area.beside(node).any(|near| inside[near]);
        }
    }
    grown
}

/// The nodes that cover all patches, no more than [`MAX_SHEET_MM`] each way.
fn sheet_area(plane_from_picture: &Homography, patches: &[LocalGrid]) -> Option<Area> {
    let half = TILE_PX as f64 / 2.0;
    let mut x = Vec::new();
    let mut y = Vec::new();
    let side = plane_from_picture
        .depth(patches.first()?.centre[0], patches.first()?.centre[1])
        .signum();
    for patch in patches {
        for (dx, dy) in [(-half, -half), (half, -half), (-half, half), (half, half)] {
            let corner = [patch.centre[0] + dx, patch.centre[1] + dy];
            // Beyond the horizon there is no paper.
            if plane_from_picture.depth(corner[0], corner[1]) * side
                > 0.2 * plane_from_picture.0[8].abs()
            {
                let (u, v) = plane_from_picture.apply(corner[0], corner[1]);
                x.push(u);
                y.push(v);
            }
        }
    }
    let span = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        let middle = *values.get(values.len() / 2)?;
        let low = values.first()?.max(middle - MAX_SHEET_MM / 2.0);
        let high = values.last()?.min(middle + MAX_SHEET_MM / 2.0);
        let first = (low / NODE_MM).floor() * NODE_MM;
        let count = ((high - first) / NODE_MM).ceil() + 1.0;
        (count >= 4.0).then_some((first, count as usize))
    };
    let ((left, across), (top, down)) = (span(x)?, span(y)?);
    Some(Area {
        origin_mm: [left, top],
        across,
        down,
    })
}

/// Joins the offsets, known only up to whole periods, into continuous ones over the largest part
/// of the area that hangs together. Nodes outside it have no clarity.
fn unwrap(
    measured: &[LineOffset],
    area: Area,
    lines: Lines,
    sight: Sight,
) -> Option<Vec<LineOffset>> {
    let period_mm = lines.period_mm() as f32;
    let clarities: Vec<f32> = measured
        .iter()
        .map(|line| line.clarity[0].min(line.clarity[1]))
        .collect();
    let mut order: Vec<usize> = (0..measured.len()).collect();
    order.sort_by(|&a, &b| clarities[b].total_cmp(&clarities[a]));
    let clearest = clarities[*order.get(order.len() / 10)?];
    if clearest < sight.min_clarity() {
        return None;
    }
    let mut open: Vec<bool> = clarities
        .iter()
        .map(|&clarity| clarity >= CLEAR_SHARE * clearest)
        .collect();
    let mut largest = Vec::new();
    for seed in order {
        if open[seed] {
            let part = unwrap_from(seed, measured, period_mm, &clarities, &mut open, area);
            if part.len() > largest.len() {
                largest = part;
            }
        }
    }
    // The sheet as a whole is known only up to whole periods: the shift nearest to none is taken.
    let mut joined = vec![LineOffset::default(); measured.len()];
    for family in 0..2 {
        let mut offsets: Vec<f32> = largest
            .iter()
            .map(|(_, line)| line.offset_mm[family])
            .collect();
        offsets.sort_by(f32::total_cmp);
        let periods = (offsets.get(offsets.len() / 2)? / period_mm).round();
        for (_, line) in &mut largest {
            line.offset_mm[family] -= periods * period_mm;
        }
    }
    for (node, line) in largest {
        joined[node] = line;
    }
    Some(joined)
}

/// Grows one continuous part from `seed`, clearest nodes first, and closes the nodes it takes.
fn unwrap_from(
    seed: usize,
    measured: &[LineOffset],
    period_mm: f32,
    clarities: &[f32],
    open: &mut [bool],
    area: Area,
) -> Vec<(usize, LineOffset)> {
    let mut part = vec![(seed, measured[seed])];
    // Clarities are not negative, so their bits sort as they do.
    let mut front = BinaryHeap::from([(clarities[seed].to_bits(), seed, 0)]);
    open[seed] = false;
    while let Some((_, node, member)) = front.pop() {
        let known = part[member].1.offset_mm;
        for neighbour in area.beside(node) {
            if !open[neighbour] {
                continue;
            }
            let mut line = measured[neighbour];
            for (offset, known) in line.offset_mm.iter_mut().zip(known) {
                *offset -= ((*offset - known) / period_mm).round() * period_mm;
            }
            let step_mm = |family: usize| (line.offset_mm[family] - known[family]).abs();
            if (0..2).all(|family| step_mm(family) < MAX_STEP * period_mm) {
                open[neighbour] = false;
                front.push((clarities[neighbour].to_bits(), neighbour, part.len()));
                part.push((neighbour, line));
            }
        }
    }
    part
}

/// The projective map near identity that removes as much of the offsets as one can: iterated
/// least squares on eight parameters with Cauchy weights, so that single folds don't bend it.
fn projective_correction(lines: &[LineOffset], area: Area) -> Option<Homography> {
    // Coordinates of order one keep the normal equations well conditioned.
    const UNIT_MM: f64 = 100.0;
    let centre_x = area.origin_mm[0] + NODE_MM * area.across as f64 / 2.0;
    let centre_y = area.origin_mm[1] + NODE_MM * area.down as f64 / 2.0;
    let mut p = [0.0f64; 8];
    for tolerance_mm in [3.0f64, 2.0, 1.5, 1.0, 1.0, 1.0] {
        let mut matrix = [[0.0; 8]; 8];
        let mut right = [0.0; 8];
        for (node, line) in lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.clarity[0] > 0.0)
        {
            let (x_mm, y_mm) = area.node_mm(node);
            let (x, y) = ((x_mm - centre_x) / UNIT_MM, (y_mm - centre_y) / UNIT_MM);
            let rows = [
                [1.0, x, y, 0.0, 0.0, 0.0, -x * x, -x * y],
                [0.0, 0.0, 0.0, 1.0, x, y, -x * y, -y * y],
            ];
            for (row, offset) in rows.iter().zip(line.offset_mm) {
                let residual =
                    f64::from(offset) - row.iter().zip(&p).map(|(a, b)| a * b).sum::<f64>();
                let weight = 1.0 / (1.0 + (residual / tolerance_mm).powi(2));
                for i in 0..8 {
                    right[i] += weight * row[i] * f64::from(offset);
                    for j in 0..8 {
                        matrix[i][j] += weight * row[i] * row[j];
                    }
                }
            }
        }
        for (i, row) in matrix.iter_mut().enumerate() {
            row[i] += 1e-6;
        }
        p = solve(matrix, right)?;
    }
    let p = p.map(|parameter| parameter / UNIT_MM);
    let correction = Homography([
        1.0 + p[1],
        p[2],
        p[0],
        p[4],
        1.0 + p[5],
        p[3],
        p[6],
        p[7],
        1.0,
    ]);
    let to_unit = Homography::scale_shift(1.0 / UNIT_MM, -centre_x / UNIT_MM, -centre_y / UNIT_MM);
    Some(
        Homography::scale_shift(UNIT_MM, centre_x, centre_y)
            .after(&correction)
            .after(&to_unit),
    )
}

/// A node stays, or becomes part, if most of it and its neighbours are: chance matches stand alone.
fn by_majority(shown: &[bool], area: Area) -> Vec<bool> {
    (0..shown.len())
        .map(|node| {
            let around = area.beside(node).filter(|&near| shown[near]).count();
            let count = area.beside(node).count() + 1;
            2 * (around + usize::from(shown[node])) > count
        })
        .collect()
}

/// The largest part that hangs together.
fn largest_part(shown: &[bool], area: Area) -> Vec<bool> {
    let mut open = shown.to_vec();
    let mut largest = Vec::new();
    for seed in 0..open.len() {
        if !std::mem::take(&mut open[seed]) {
            continue;
        }
        let mut part = vec![seed];
        let mut next = 0;
        while let Some(&node) = part.get(next) {
            next += 1;
            part.extend(
                area.beside(node)
                    .filter(|&near| std::mem::take(&mut open[near])),
            );
        }
        if part.len() > largest.len() {
            largest = part;
        }
    }
    let mut inside = vec![false; shown.len()];
    largest.into_iter().for_each(|node| inside[node] = true);
    inside
}

/// Fills gaps of up to three nodes: where trace or text hides the lines, the sheet goes on.
fn closed(inside: &[bool], area: Area) -> Vec<bool> {
    const PASSES: usize = 3;
    let mut sheet = inside.to_vec();
    for fill in [true, false] {
        for _ in 0..PASSES {
            sheet = (0..sheet.len())
                .map(|node| {
                    if fill {
                        sheet[node] || area.beside(node).any(|near| sheet[near])
                    } else {
                        // Beyond the measured area nothing is known, so its edge erodes only
                        // where the filling had reached it.
                        let at_edge = area.beside(node).count() < 4;
                        sheet[node]
                            && (inside[node] || !at_edge)
                            && area.beside(node).all(|near| sheet[near])
                    }
                })
                .collect();
        }
    }
    sheet
}

/// A sheet has straight edges: what lies between two of its nodes in a row or column belongs to it.
fn filled(sheet: &[bool], area: Area) -> Vec<bool> {
    let mut filled = sheet.to_vec();
    let mut fill = |line: Vec<usize>| {
        let first = line.iter().position(|&node| sheet[node]);
        let last = line.iter().rposition(|&node| sheet[node]);
        if let (Some(first), Some(last)) = (first, last) {
            line[first..=last]
                .iter()
                .for_each(|&node| filled[node] = true);
        }
    };
    for row in 0..area.down {
        fill((row * area.across..(row + 1) * area.across).collect());
    }
    for column in 0..area.across {
        fill((column..area.len()).step_by(area.across).collect());
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::grid::{candidates, grow};
    use crate::photo::projective::fit_to_waves;
    use crate::photo::simulated::Scene;
    use crate::photo::spectra::Tiles;

    #[test]
    fn a_bent_sheet_is_followed() {
        let scene = Scene {
            curl_mm: 1.5,
            ..Scene::slanted()
        };
        let contrast = Contrast::of(&scene.draw(), 1344);
        let tiles = Tiles::of(&contrast);
        let patches = grow(&tiles, candidates(&tiles.mean(), 1)[0]).unwrap();
        let fit = fit_to_waves(&patches).unwrap();
        let followed = follow(&contrast, &fit, &patches, Lines::EveryFiveMm, Sight::Clear).unwrap();
        assert!(followed.agreement > 0.9, "{}", followed.agreement);
        // On the sheet, paper coordinates must be those of the scene up to one shift.
        let page_from_photo = scene.photo_from_page.inverse().unwrap();
        let area = followed.map.mesh.area;
        let mut apart: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
        for node in (0..area.len()).filter(|&node| followed.sheet[node]) {
            let (x, y) = area.node_mm(node);
            let (u, v) = followed.map.to_picture(x, y);
            let [px, py] = contrast.photo_px;
            let (u, v) = page_from_photo.apply((u + 0.5) * px - 0.5, (v + 0.5) * py - 0.5);
            if !(10.0..287.0).contains(&u) || !(10.0..200.0).contains(&v) {
                continue;
            }
            apart[0].push(u + scene.curl_mm * (v / 30.0).sin() - x);
            apart[1].push(v + scene.curl_mm * (u / 40.0).cos() - y);
        }
        for mut apart in apart {
            assert!(apart.len() > 1500);
            apart.sort_by(f64::total_cmp);
            let middle = apart[apart.len() / 2];
            let within = apart
                .iter()
                .filter(|value| (**value - middle).abs() < 0.5)
                .count();
            assert!(
                within * 100 >= apart.len() * 95,
                "{within} of {}",
                apart.len()
            );
        }
    }

    #[test]
    fn fine_lines_alone_are_followed_from_a_fit_that_is_slightly_off() {
        let fine = [0.9, 0.6, 0.6];
        let scene = Scene {
            minor: Some(fine),
            major: fine,
            ..Scene::plain()
        };
        let contrast = Contrast::of(&scene.draw(), 1344);
        let true_mm = contrast.photo_px[0] / 5.0;
        let wave = 1.01 * true_mm / 5.0;
        let patches: Vec<LocalGrid> = (0..12)
            .map(|k| LocalGrid {
                centre: [
                    100.0 + 220.0 * f64::from(k % 6),
                    150.0 + 600.0 * f64::from(k / 6),
                ],
                waves: [wave, 0.0, 0.0, wave],
                weight: 1.0,
            })
            .collect();
        let fit = fit_to_waves(&patches).unwrap();
        let followed = follow(&contrast, &fit, &patches, Lines::EveryMm, Sight::Clear).unwrap();
        assert!(followed.agreement > 0.9, "{}", followed.agreement);
        assert!(followed.nodes() > 1500, "{}", followed.nodes());
        let (left, top) = followed.map.to_picture(-100.0, -60.0);
        let (right, bottom) = followed.map.to_picture(100.0, 60.0);
        assert!(
            ((right - left) * true_mm - 200.0).abs() < 0.2,
            "{left} {right}"
        );
        assert!(
            ((bottom - top) * true_mm - 120.0).abs() < 0.2,
            "{top} {bottom}"
        );
    }

    #[test]
    fn bays_are_filled_and_corners_stay_open() {
        let area = Area {
            origin_mm: [0.0, 0.0],
            across: 4,
            down: 3,
        };
        let sheet = [1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0].map(|value| value == 1);
        let expected = [1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 0].map(|value| value == 1);
        assert_eq!(filled(&sheet, area), expected);
    }

    #[test]
    fn a_common_shift_is_a_projective_correction() {
        let area = Area {
            origin_mm: [-50.0, 20.0],
            across: 20,
            down: 15,
        };
        let lines = vec![
            LineOffset {
                offset_mm: [0.6, -0.4],
                clarity: [0.3; 2]
            };
            area.len()
        ];
        let correction = projective_correction(&lines, area).unwrap();
        let (x, y) = correction.apply(10.0, 60.0);
        assert!((x - 10.6).abs() < 1e-3 && (y - 59.6).abs() < 1e-3);
    }

    #[test]
    fn offsets_are_joined_across_half_a_period() {
        let area = Area {
            origin_mm: [0.0, 0.0],
            across: 12,
            down: 6,
        };
        let lines: Vec<LineOffset> = (0..area.len())
            .map(|node| {
                let true_mm = 0.6 * (node % 12) as f32 - 3.3;
                let wrapped = true_mm - (true_mm / 5.0).round() * 5.0;
                LineOffset {
                    offset_mm: [wrapped, 0.0],
                    clarity: [0.3; 2],
                }
            })
            .collect();
        let joined = unwrap(&lines, area, Lines::EveryFiveMm, Sight::Clear).unwrap();
        assert!(
            joined.windows(2).take(11).all(|pair| (pair[1].offset_mm[0]
                - pair[0].offset_mm[0]
                - 0.6)
                .abs()
                < 1e-4)
        );
    }

    #[test]
    fn the_rim_takes_in_what_matches_beside_the_grid() {
        let area = Area {
            origin_mm: [0.0; 2],
            across: 8,
            down: 1,
        };
        let grid = [true, true, false, false, false, false, false, false];
        let mut lines = vec![LineOffset::default(); 8];
        let matched = |count: usize, lines: &[LineOffset]| {
            with_rim(&grid, lines, area) == std::array::from_fn::<_, 8, _>(|node| node < count)
        };
        assert!(matched(2, &lines));
        lines[2..6]
            .iter_mut()
            .for_each(|line| line.clarity = [0.8; 2]);
        assert!(matched(4, &lines));
        lines[2].clarity[1] = 0.5;
        assert!(matched(2, &lines));
    }
}
