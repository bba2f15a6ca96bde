//! A sheet of paper drawn flat by its outline, and the grid that all of it shows together.
//!
//! Where a grid is so pale that no part of the photo shows it above the noise, the whole sheet still
//! does: upright, its lines are averaged over centimetres of their length and counted over its width.

use std::f64::consts::TAU;

use image::{Rgb, RgbImage};

use super::contrast::Contrast;
use super::demodulate::{Lines, PageMap, line_offsets};
use super::line_count::LineCount;
use super::mesh::{Area, Mesh, NODE_MM};
use super::outline::Outline;
use super::projective::{Homography, LocalGrid};
use super::resample::resample;
use super::sight::Sight;
use super::spectra::{STRIDE_PX, TILE_PX};
use super::squares::{doubt_by_squares, stretch_of_plane};

/// Longest side of the flat picture: A4 has 4.7 px/mm then.
const LONGEST_PX: f64 = 1400.0;
/// Finer than the photo by more than this would only take time.
const MAX_ENLARGEMENT: f64 = 1.5;
/// How many lines every 5 mm a sheet may have along a side, and in what steps that is searched.
const LINES: (f64, f64) = (15.0, 100.0);
const LINES_STEP: f64 = 0.1;
/// Squares may seem this much longer one way than the other: the outline's tilt is not known.
const MAX_STRETCH: f64 = 1.25;
/// Numbers of lines that differ by less than this (log) are the same.
const SAME_LOG: f64 = 0.05;
/// Sheets that most printers use, in mm.
const USUAL_SHEETS_MM: [[f64; 2]; 2] = [[297.0, 210.0], [279.4, 215.9]];
/// How near to them a sheet's size must be, and what that counts: as guessed, and once the grid was followed.
const USUAL_GUESSED: (f64, f32) = (0.03, 3.0);
const USUAL_FOLLOWED: (f64, f32) = (0.015, 3.0);
/// How surely the outline tells a sheet's sides in relation to each other (log), and what that counts at most.
const SIDES_SPREAD: f64 = 0.025;
const MOST_FOR_SIDES: f32 = 3.0;
/// Grids that are less prominent are noise.
const MIN_PROMINENCE: f32 = 3.0;
const PERIOD_MM: f64 = 5.0;

/// A sheet as its outline shows it, filling a picture.
pub(super) struct FlatPaper {
    pub(super) contrast: Contrast,
    /// Pixels of the flat picture → photo pixels.
    pub(super) photo_from_picture: Homography,
    /// Size of the photo.
    size_px: [f64; 2],
    /// How many times as long as its height the sheet's width is, if the whole photo is there and a phone's.
    width_per_height: f64,
}

/// A guess at a flat sheet's grid.
#[derive(Clone, Copy, Debug)]
pub(super) struct FlatGrid {
    /// Periods of 5 mm along the picture's width and height.
    lines: [f64; 2],
    pub(super) prominence: f32,
}

impl FlatPaper {
    /// `None` if the outline is no sheet's.
    pub(super) fn of(photo: &RgbImage, outline: &Outline) -> Option<Self> {
        let [width, height] = sides(outline);
        let scale = (LONGEST_PX / width.max(height)).min(MAX_ENLARGEMENT);
        let [width, height] = [width, height].map(|side| (side * scale).round().max(1.0));
        let corners = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
        let photo_from_picture = Homography::from_points(corners, *outline)?;
        let picture = resample(
            photo,
            width as usize,
            height as usize,
            Rgb([255; 3]),
            |x, y| photo_from_picture.apply(x, y),
        );
        let size_px = [photo.width(), photo.height()].map(f64::from);
        Some(Self {
            contrast: Contrast::of(&picture, u32::MAX),
            photo_from_picture,
            size_px,
            width_per_height: width / height * stretch_of_plane(&photo_from_picture, size_px),
        })
    }

    /// The `count` most prominent grids, best first.
    pub(super) fn grids(&self, count: usize) -> Vec<FlatGrid> {
        let size = [self.contrast.width as f64, self.contrast.height as f64];
        let [across, down] = [0, 1].map(|axis| LineCount::along(&self.contrast, axis));
        let steps = ((LINES.1 - LINES.0) / LINES_STEP) as usize;
        let lines_at = |step: usize| LINES.0 + LINES_STEP * step as f64;
        let scores = |count: &LineCount| -> Vec<f32> {
            (0..steps)
                .map(|step| count.prominence(lines_at(step)))
                .collect()
        };
        let (of_across, of_down) = (scores(&across), scores(&down));
        let mut all: Vec<FlatGrid> = Vec::new();
        for (step, &score) in of_across.iter().enumerate() {
            let square = lines_at(step) * size[1] / size[0];
            let best = (0..steps)
                .filter(|&other| {
                    (1.0 / MAX_STRETCH..MAX_STRETCH).contains(&(lines_at(other) / square))
                })
                .filter(|&other| score + of_down[other] >= MIN_PROMINENCE)
                .map(|other| {
                    let lines = [lines_at(step), lines_at(other)];
                    let bonus = usual_bonus(lines.map(|lines| PERIOD_MM * lines), USUAL_GUESSED);
                    FlatGrid {
                        lines,
                        prominence: score + of_down[other] + bonus,
                    }
                })
                .max_by(|a, b| a.prominence.total_cmp(&b.prominence));
            all.extend(best);
        }
        all.sort_by(|a, b| b.prominence.total_cmp(&a.prominence));
        let mut distinct: Vec<FlatGrid> = Vec::new();
        for grid in all {
            if distinct.len() == count {
                break;
            }
            if distinct
                .iter()
                .all(|known| (known.lines[0] / grid.lines[0]).ln().abs() > SAME_LOG)
            {
                distinct.push(grid);
            }
        }
        distinct
    }

    /// The maps of the sheet as one of every usual size that its outline may be, flat. Where its lines are they don't say.
    pub(super) fn usual_sheets(&self) -> Vec<PageMap> {
        let size = [self.contrast.width as f64, self.contrast.height as f64];
        let both_ways = USUAL_SHEETS_MM
            .into_iter()
            .flat_map(|[long, short]| [[long, short], [short, long]]);
        both_ways
            .filter(|sheet| {
                let stretch = sheet[0] / sheet[1] * size[1] / size[0];
                (1.0 / MAX_STRETCH..MAX_STRETCH).contains(&stretch)
            })
            .map(|sheet| self.sheet_from([0.0; 2], sheet))
            .collect()
    }

    /// What it counts against a flat `sheet` of [`usual_sheets`](Self::usual_sheets) that the outline says its sides are otherwise.
    pub(super) fn doubt_by_sides(&self, sheet: &PageMap) -> f32 {
        let m = &sheet.picture_from_plane.0;
        let [width_mm, height_mm] = [
            self.contrast.width as f64 / m[0],
            self.contrast.height as f64 / m[4],
        ];
        let off = (width_mm / height_mm / self.width_per_height).ln() / SIDES_SPREAD;
        (0.5 * off * off).min(f64::from(MOST_FOR_SIDES)) as f32
    }

    /// What it counts against a map of the picture that a camera would not show squares like that.
    pub(super) fn doubt_by_squares(&self, map: &PageMap) -> f32 {
        let photo_from_plane = self.photo_from_picture.after(&map.picture_from_plane);
        doubt_by_squares(&photo_from_plane, self.size_px)
    }

    /// The map of [`usual_sheets`](Self::usual_sheets) moved so that lines every 5 mm lie at whole multiples of 5 mm.
    pub(super) fn with_lines_in_place(&self, sheet: PageMap) -> PageMap {
        let size = [self.contrast.width as f64, self.contrast.height as f64];
        let plane_from_picture = sheet.picture_from_plane.inverse();
        let corner = self.common_offset(&sheet);
        plane_from_picture.map_or(sheet, |plane_from_picture| {
            let (width, height) = plane_from_picture.apply(size[0], size[1]);
            self.sheet_from(corner, [width, height])
        })
    }

    /// The map of a flat sheet of `size_mm` whose upper left corner is at `corner_mm`.
    fn sheet_from(&self, corner_mm: [f64; 2], size_mm: [f64; 2]) -> PageMap {
        let across = self.contrast.width as f64 / size_mm[0];
        let down = self.contrast.height as f64 / size_mm[1];
        let scale = Homography([across, 0.0, 0.0, 0.0, down, 0.0, 0.0, 0.0, 1.0]);
        let from_corner = Homography::scale_shift(1.0, -corner_mm[0], -corner_mm[1]);
        PageMap {
            picture_from_plane: scale.after(&from_corner),
            mesh: Mesh::flat(within(corner_mm, size_mm)),
        }
    }

    /// By how much further right and down lines lie than every 5 mm of a flat sheet's map, all over the sheet, in mm.
    fn common_offset(&self, map: &PageMap) -> [f64; 2] {
        let lines = Lines::EveryFiveMm;
        let [window_mm, _] = Sight::Hardly.windows_mm(lines);
        let measured = line_offsets(&self.contrast, map, lines, window_mm);
        [0, 1].map(|family| {
            let (sin, cos) = measured.iter().fold((0.0, 0.0), |(sin, cos), line| {
                let turn = TAU * f64::from(line.offset_mm[family]) / PERIOD_MM;
                let clarity = f64::from(line.clarity[family]);
                (sin + clarity * turn.sin(), cos + clarity * turn.cos())
            });
            sin.atan2(cos) / TAU * PERIOD_MM
        })
    }

    /// What it adds to the prominence of the grid that `map` follows if that makes the sheet one of a usual size.
    pub(super) fn usual_bonus(&self, map: &PageMap) -> f32 {
        let Some(plane_from_picture) = map.picture_from_plane.inverse() else {
            return 0.0;
        };
        let (right, bottom) = (self.contrast.width as f64, self.contrast.height as f64);
        let corners = [[0.0, 0.0], [right, 0.0], [right, bottom], [0.0, bottom]].map(|[x, y]| {
            let (x, y) = plane_from_picture.apply(x, y);
            let shift = map.mesh.at(x, y);
            [x + shift[0], y + shift[1]]
        });
        usual_bonus(sides(&corners), USUAL_FOLLOWED)
    }

    /// Where a grid's lines run: the map from pixels to periods of 5 mm, and the same all over the sheet.
    pub(super) fn lattice(&self, grid: &FlatGrid) -> (Homography, Vec<LocalGrid>) {
        let waves = [
            grid.lines[0] / self.contrast.width as f64,
            0.0,
            0.0,
            grid.lines[1] / self.contrast.height as f64,
        ];
        let periods_from_picture =
            Homography([waves[0], 0.0, 0.0, 0.0, waves[3], 0.0, 0.0, 0.0, 1.0]);
        let middles = |length: usize| {
            let last = length.saturating_sub(TILE_PX / 2).max(TILE_PX / 2);
            (TILE_PX / 2..last)
                .step_by(STRIDE_PX)
                .chain(std::iter::once(last))
        };
        let patches = middles(self.contrast.height)
            .flat_map(|y| middles(self.contrast.width).map(move |x| [x as f64, y as f64]))
            .map(|centre| LocalGrid {
                centre,
                waves,
                weight: 1.0,
            })
            .collect();
        (periods_from_picture, patches)
    }
}

/// All nodes on a sheet whose upper left corner lies at `corner_mm`.
fn within(corner_mm: [f64; 2], size_mm: [f64; 2]) -> Area {
    let first = corner_mm.map(|mm| (mm / NODE_MM).ceil() * NODE_MM);
    let nodes =
        |axis: usize| ((corner_mm[axis] + size_mm[axis] - first[axis]) / NODE_MM) as usize + 1;
    Area {
        origin_mm: first,
        across: nodes(0),
        down: nodes(1),
    }
}

/// The mean lengths of opposite sides: the level ones, then the upright ones.
fn sides(corners: &Outline) -> [f64; 2] {
    let side =
        |a: usize, b: usize| (corners[a][0] - corners[b][0]).hypot(corners[a][1] - corners[b][1]);
    [
        (side(0, 1) + side(2, 3)) / 2.0,
        (side(1, 2) + side(3, 0)) / 2.0,
    ]
}

/// What it counts if that is a usual size, upright or lying.
fn usual_bonus([width, height]: [f64; 2], (within, bonus): (f64, f32)) -> f32 {
    let near = |a: f64, b: f64| (a / b - 1.0).abs() < within;
    let is_usual = USUAL_SHEETS_MM.into_iter().any(|[long, short]| {
        near(width, long) && near(height, short) || near(width, short) && near(height, long)
    });
    if is_usual { bonus } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::follow::follow;
    use crate::photo::line_count::prominence;

    const OUTLINE: Outline = [
        [130.0, 90.0],
        [1100.0, 60.0],
        [1140.0, 800.0],
        [90.0, 760.0],
    ];

    /// A sheet of A4 on its side with lines every 5 mm that are 4 of 255 darker than the paper, in noise of
    /// ±12: no line is seen anywhere.
    fn faint_photo() -> RgbImage {
        let sheet = [[0.0, 0.0], [297.0, 0.0], [297.0, 210.0], [0.0, 210.0]];
        let page_from_photo = Homography::from_points(OUTLINE, sheet).unwrap();
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        RgbImage::from_fn(1200, 900, |x, y| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let noise = (random >> 40) as f64 / f64::from(1 << 24) * 24.0 - 12.0;
            let (u, v) = page_from_photo.apply(f64::from(x), f64::from(y));
            let on_sheet = (0.0..297.0).contains(&u) && (0.0..210.0).contains(&v);
            let on_line = |mm: f64| (mm + 2.5).rem_euclid(5.0) < 0.35;
            let light = match (on_sheet, on_line(u) || on_line(v)) {
                (false, _) => 90.0,
                (true, false) => 215.0,
                (true, true) => 211.0,
            };
            Rgb([(light + noise) as u8; 3])
        })
    }

    #[test]
    fn a_grid_paler_than_the_noise_is_counted_and_followed_to_scale() {
        let paper = FlatPaper::of(&faint_photo(), &OUTLINE).unwrap();
        let grid = paper.grids(3)[0];
        assert!(
            (grid.lines[0] - 59.4).abs() < 0.3 && (grid.lines[1] - 42.0).abs() < 0.3,
            "{grid:?}"
        );
        let (fit, patches) = paper.lattice(&grid);
        let lines = Lines::EveryFiveMm;
        let followed = follow(&paper.contrast, &fit, &patches, lines, Sight::Hardly).unwrap();
        assert!(prominence(&paper.contrast, &followed.map, lines) > 5.0);
        assert_eq!(paper.usual_bonus(&followed.map), USUAL_FOLLOWED.1);
        // Between points well inside the sheet, photo pixels are the right distance apart.
        let photo_from_plane = paper
            .photo_from_picture
            .after(&followed.map.picture_from_plane);
        let plane_from_photo = photo_from_plane.inverse().unwrap();
        let place = |[u, v]: [f64; 2]| {
            let (x, y) = plane_from_photo.apply(u, v);
            let shift = followed.map.mesh.at(x, y);
            [x + shift[0], y + shift[1]]
        };
        let sheet = [[0.0, 0.0], [297.0, 0.0], [297.0, 210.0], [0.0, 210.0]];
        let photo_from_page = Homography::from_points(sheet, OUTLINE).unwrap();
        let corners = [[50.0, 50.0], [250.0, 50.0], [250.0, 160.0], [50.0, 160.0]].map(|[x, y]| {
            let (u, v) = photo_from_page.apply(x, y);
            place([u, v])
        });
        let [width, height] = sides(&corners);
        assert!(
            (width - 200.0).abs() < 0.4 && (height - 110.0).abs() < 0.4,
            "{width} {height}"
        );
    }

    #[test]
    fn a_sheet_of_a_usual_size_says_where_its_lines_are() {
        let paper = FlatPaper::of(&faint_photo(), &OUTLINE).unwrap();
        let sheets = paper.usual_sheets();
        let lines = Lines::EveryFiveMm;
        let scores: Vec<f32> = sheets
            .iter()
            .map(|map| prominence(&paper.contrast, map, lines))
            .collect();
        // A4 and Letter, lying; standing they would be far too narrow.
        assert!(
            scores.len() == 2 && scores[0] > 5.0 && scores[1] < scores[0] / 2.0,
            "{scores:?}"
        );
        let map = paper.with_lines_in_place(sheets[0].clone());
        assert_eq!(
            map.mesh.area,
            Area {
                origin_mm: [5.0, 5.0],
                across: 59,
                down: 42
            }
        );
        // Lines run 2.5 mm from the sheet's edges.
        let photo_from_plane = paper.photo_from_picture.after(&map.picture_from_plane);
        let (u, v) = photo_from_plane
            .inverse()
            .unwrap()
            .apply(OUTLINE[0][0], OUTLINE[0][1]);
        assert!(
            (u.rem_euclid(5.0) - 2.5).abs() < 0.3 && (v.rem_euclid(5.0) - 2.5).abs() < 0.3,
            "{u} {v}"
        );
    }

    #[test]
    fn blank_paper_has_no_grid_and_a_flat_outline_is_no_paper() {
        let blank = RgbImage::from_pixel(1200, 900, Rgb([200; 3]));
        assert!(FlatPaper::of(&blank, &OUTLINE).unwrap().grids(3).is_empty());
        assert!(FlatPaper::of(&blank, &[[5.0, 5.0]; 4]).is_none());
    }

    #[test]
    fn usual_sheets_by_hand() {
        let bonus = |size| usual_bonus(size, (0.015, 1.0));
        assert_eq!(bonus([297.0, 212.0]) + bonus([216.5, 278.0]), 2.0);
        assert_eq!(bonus([297.0, 297.0]) + bonus([290.0, 205.0]), 0.0);
    }
}
