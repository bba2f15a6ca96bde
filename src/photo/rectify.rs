//! A photo of a printout → the whole page upright, flat and to scale.

use image::{Rgb, RgbImage};

use super::canvas::CanvasView;
use super::flatten::{extract_pale_trace, extract_trace};
use super::follow::Followed;
use super::found::Found;
use super::mesh::NODE_MM;
use super::orientation::upside_down;
use super::paper_edge::keep_paper;
use super::placement::{TraceBox, box_of};
use super::quality::{self, GridEvidence, SMALLEST_PX_PER_MM, SheetEvidence};
use super::refine::{followed_further, is_clear, may_be_refined, refined};
use super::resample::resample;
use super::search::Search;
use super::sheet::{SHEET_PIXELS_PER_MM, Sheet};
use super::sheet_map::SheetMap;
use super::squares::off_square;
use super::strokes::{Directed, directed_strokes, tracing_strokes};
use super::{CANVAS_HEIGHT_PX, CANVAS_PIXELS_PER_MM, CANVAS_WIDTH_PX};
use crate::outcome::{Issue, Quality};

/// A picture with a shorter side below this can't hold a readable ECG.
const MIN_SIDE_PX: u32 = 160;
/// The paper may be wanted so far beside its grid, in nodes.
const BESIDE_GRID_NODES: usize = 3;
/// Strokes must run this much more along the other axis before the page is turned on its side.
const SIDEWAYS_FACTOR: f32 = 1.3;
/// Corners marked by hand are those of the canvas unless a size is given, in mm.
const MARKED_SIZE_MM: [f64; 2] = [
    CANVAS_WIDTH_PX as f64 / CANVAS_PIXELS_PER_MM as f64,
    CANVAS_HEIGHT_PX as f64 / CANVAS_PIXELS_PER_MM as f64,
];

/// A page, upright and flat.
#[derive(Clone, Debug)]
pub struct Rectified {
    /// The page in colour and its ink. There is no ink beside the paper.
    pub sheet: Sheet,
    /// Where the sheet's points lie in the photo.
    pub map: SheetMap,
    /// The tracing on the sheet.
    pub tracing: TraceBox,
    /// How good it is; its issues are warnings.
    pub quality: Quality,
    /// How far the page was turned to stand upright: 0, 90, 180 or 270, in degrees clockwise.
    pub rotation_deg: i32,
    /// How well its grid was followed; `None` if its corners were given.
    pub(super) grid: Option<GridEvidence>,
    /// How dark its strokes are against the paper.
    pub(super) stroke_contrast: f32,
    /// How much of the sheet is inked.
    pub(super) ink_share: f32,
}

/// What a person may know better than the program.
#[derive(Clone, Debug, Default)]
pub struct RectifyOptions {
    /// Photo pixels of the sheet's corners (upper left, upper right, lower right, lower left).
    /// With them the grid is not searched.
    pub corners: Option<[[f64; 2]; 4]>,
    /// Width and height in mm of what the corners span; without it, the network's canvas.
    pub corners_size_mm: Option<[f64; 2]>,
}

impl Rectified {
    /// The same page turned clockwise by `quarters` × 90°: for callers who know which way up it is.
    #[must_use]
    pub fn turned(self, quarters: i32) -> Self {
        let quarters = quarters.rem_euclid(4);
        let [width, height] = self.map.size_mm().map(|mm| mm as f32);
        Self {
            sheet: self.sheet.turned(quarters),
            map: self.map.turned(quarters),
            tracing: self.tracing.turned(quarters, width, height),
            rotation_deg: (self.rotation_deg + 90 * quarters).rem_euclid(360),
            ..self
        }
    }

    /// Whether anything of a grid shows, or its corners were marked.
    pub(super) fn shows_grid(&self) -> bool {
        self.grid.is_none_or(|grid| grid.shows())
    }

    /// The same page without the ink beside its grid, which may be another sheet's or the desk's.
    pub(super) fn with_ink_on_grid(&self) -> Self {
        let mut page = self.clone();
        let picture = &page.sheet.picture;
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        for_cells(width, height, NODE_MM / 2.0, |x_mm, y_mm, pixels| {
            if !page.map.is_within(page.map.grid_nodes(), x_mm, y_mm) {
                page.sheet.ink[pixels].fill(0.0);
            }
        });
        page
    }

    /// The same page, read for a tracing so pale that it is told from noise only once that is
    /// smoothed; it may stand another way up. `None` if the tracing is not pale or can't be read.
    pub(super) fn with_pale_ink(&self) -> Option<Self> {
        let picture = self.sheet.picture.clone();
        let parts = SheetParts::of(&self.map, &picture);
        let (ink, stroke_contrast) =
            extract_pale_trace(&picture, SHEET_PIXELS_PER_MM, &parts.paper)?;
        let drawn = Drawn {
            map: self.map.clone(),
            picture,
            ink,
            parts,
        };
        let placed = drawn.place(self.map.grid_nodes());
        let pale = drawn
            .judged(placed, stroke_contrast, Vec::new(), self.grid)
            .ok()?;
        Some(Self {
            // It is the same photo of the same grid.
            quality: self.quality.clone(),
            rotation_deg: (self.rotation_deg + pale.rotation_deg).rem_euclid(360),
            ..pale
        })
    }

    /// The view for the network: centred on the tracing.
    pub fn canvas_view(&self, speed_mm_s: f32, gain_mm_mv: f32) -> CanvasView {
        let (x, y) = self.tracing.centre_mm();
        CanvasView {
            centre_mm: (f64::from(x), f64::from(y)),
            speed_mm_s,
            gain_mm_mv,
        }
    }
}

/// Finds the printout in a photo and draws the whole page.
///
/// # Errors
/// Issues, at least one of which is of severity [`Severity::Reject`](crate::outcome::Severity::Reject), if the picture is no readable
/// ECG printout.
pub fn rectify(photo: &RgbImage, options: &RectifyOptions) -> Result<Rectified, Vec<Issue>> {
    rectify_first(photo, options).0
}

/// The page that [`rectify`] draws, and where others may be found: nowhere else if its corners were given.
pub(super) fn rectify_first<'a>(
    photo: &'a RgbImage,
    options: &RectifyOptions,
) -> (Result<Rectified, Vec<Issue>>, Option<Pages<'a>>) {
    if photo.width().min(photo.height()) < MIN_SIDE_PX {
        return (Err(vec![quality::too_small(photo)]), None);
    }
    match options.corners {
        Some(corners) => {
            let size_mm = options.corners_size_mm.unwrap_or(MARKED_SIZE_MM);
            (by_corners(photo, corners, size_mm), None)
        }
        None => {
            let pages = Pages::of(photo);
            (pages.likeliest(), Some(pages))
        }
    }
}

/// The pages of one photo: the likeliest, and then all others.
pub(super) struct Pages<'a> {
    photo: &'a RgbImage,
    search: Search<'a>,
}

impl<'a> Pages<'a> {
    /// Searches a photo that is large enough.
    fn of(photo: &'a RgbImage) -> Self {
        Self {
            photo,
            search: Search::of(photo),
        }
    }

    /// Whether nothing else can be the page.
    pub(super) fn is_sure(&self) -> bool {
        self.search.is_sure()
    }

    fn likeliest(&self) -> Result<Rectified, Vec<Issue>> {
        let best = self.search.best().cloned();
        let best = best.ok_or_else(|| vec![quality::no_grid()])?;
        by_found_grid(self.photo, refined(self.photo, best))
    }

    /// The likeliest page once more, its grid followed as far as it can be though it was clear: it may go on beyond where the paper
    /// bends. `None` if it was followed like that at once.
    pub(super) fn likeliest_further(&self) -> Option<Rectified> {
        let best = self.search.best().filter(|best| is_clear(best))?;
        let further = followed_further(self.photo, best)?;
        by_found_grid(self.photo, further).ok()
    }

    /// Every other page that a thorough search for grids finds, the best first, but for those too small to be read. For pictures
    /// whose likeliest page is something else: a patterned desk, another sheet, or fine lines instead of those every 5 mm.
    pub(super) fn others(self) -> impl Iterator<Item = OtherPage<'a>> {
        let photo = self.photo;
        self.search
            .others(f64::from(SMALLEST_PX_PER_MM))
            .map(move |found| OtherPage { photo, found })
    }
}

/// A page that may be the one: looked at first, and followed with more care only if it looks like one.
pub(super) struct OtherPage<'a> {
    photo: &'a RgbImage,
    found: Found,
}

impl OtherPage<'_> {
    /// The page as it was found.
    pub(super) fn at_first(&self) -> Option<Rectified> {
        by_found_grid(self.photo, self.found.clone()).ok()
    }

    /// The page with its grid followed better; `None` if it can't be.
    pub(super) fn refined(&self) -> Option<Rectified> {
        let further = may_be_refined(&self.found)
            .then(|| followed_further(self.photo, &self.found))
            .flatten()?;
        by_found_grid(self.photo, further).ok()
    }
}

fn by_found_grid(photo: &RgbImage, found: Found) -> Result<Rectified, Vec<Issue>> {
    let photo_from_plane = found.photo_from_plane();
    let Found {
        followed,
        prominence,
        is_by_outline,
        ..
    } = found;
    let middle = followed.map.mesh.area.middle_mm();
    let grid = GridEvidence {
        stretch: followed
            .map
            .picture_from_plane
            .stretch_at(middle.0, middle.1) as f32,
        agreement: followed.agreement,
        clarity: followed.clarity,
        prominence,
        is_by_outline,
        off_square: off_square(
            &photo_from_plane,
            [photo.width(), photo.height()].map(f64::from),
        ) as f32,
        sheet_mm2: followed.nodes() as f32 * (NODE_MM * NODE_MM) as f32,
    };
    let issues = quality::judge_grid(&grid);
    if quality::stops(&issues) {
        return Err(issues);
    }
    let Followed {
        map,
        gridded,
        sheet,
        ..
    } = followed.widened(BESIDE_GRID_NODES);
    let map = SheetMap::of_followed(photo, photo_from_plane, map.mesh, sheet)
        .ok_or_else(|| vec![quality::no_grid()])?;
    let (drawn, stroke_contrast) = Drawn::of(photo, map);
    let placed = drawn.place(&gridded);
    drawn.judged(placed, stroke_contrast, issues, Some(grid))
}

fn by_corners(
    photo: &RgbImage,
    corners: [[f64; 2]; 4],
    size_mm: [f64; 2],
) -> Result<Rectified, Vec<Issue>> {
    let map = SheetMap::of_corners(corners, size_mm).ok_or_else(|| {
        vec![Issue::reject(
            "NO_GRID",
            "The four corners don't span a page.",
            "Mark the upper left, upper right, lower right and lower left corner, in this order.",
        )]
    })?;
    let (drawn, stroke_contrast) = Drawn::of(photo, map);
    let strokes = tracing_strokes(&drawn.ink, drawn.width(), SHEET_PIXELS_PER_MM);
    let placed = box_of(&strokes).map(|tracing| (tracing, 0));
    drawn.judged(placed, stroke_contrast, Vec::new(), None)
}

/// A sheet as it lies in the photo, not yet turned upright.
struct Drawn {
    map: SheetMap,
    picture: RgbImage,
    ink: Vec<f32>,
    parts: SheetParts,
}

impl Drawn {
    /// Draws what `map` shows, and says how dark its strokes are.
    fn of(photo: &RgbImage, map: SheetMap) -> (Self, f32) {
        let pixels_per_mm = f64::from(SHEET_PIXELS_PER_MM);
        let [width, height] = map
            .size_mm()
            .map(|mm| ((mm * pixels_per_mm).round() as usize).max(1));
        let picture = resample(photo, width, height, Rgb([255; 3]), |x, y| {
            map.photo_from_mm((x + 0.5) / pixels_per_mm, (y + 0.5) / pixels_per_mm)
        });
        let parts = SheetParts::of(&map, &picture);
        let (ink, stroke_contrast) = extract_trace(&picture, SHEET_PIXELS_PER_MM, &parts.paper);
        let drawn = Self {
            map,
            picture,
            ink,
            parts,
        };
        (drawn, stroke_contrast)
    }

    fn width(&self) -> usize {
        self.picture.width() as usize
    }

    /// The tracing, and by how many quarters the sheet must be turned clockwise to stand upright;
    /// the tracing lies on the turned sheet. Only ink well inside the `gridded` nodes of the mesh
    /// counts. `None` if there is no tracing.
    fn place(&self, gridded: &[bool]) -> Option<(TraceBox, i32)> {
        let (width, height) = (self.width(), self.picture.height() as usize);
        let mut ink = self.ink.clone();
        for_cells(width, height, NODE_MM, |x_mm, y_mm, pixels| {
            // The rim of the grid is often a frame, which is no tracing.
            if !self.map.is_within(gridded, x_mm, y_mm) {
                ink[pixels].fill(0.0);
            }
        });
        let Directed { strokes, lying } =
            directed_strokes(&ink, width, SHEET_PIXELS_PER_MM, SIDEWAYS_FACTOR);
        let tracing = box_of(&strokes)?;
        let quarters = if lying { -1 } else { 0 };
        Some(if upside_down(&strokes, &tracing, lying) {
            let [width_mm, height_mm] = self.map.clone().turned(quarters).size_mm();
            (
                tracing.turned(2, width_mm as f32, height_mm as f32),
                quarters + 2,
            )
        } else {
            (tracing, quarters)
        })
    }

    /// The sheet turned upright with its quality, if that is good enough.
    fn judged(
        self,
        placed: Option<(TraceBox, i32)>,
        stroke_contrast: f32,
        mut issues: Vec<Issue>,
        grid: Option<GridEvidence>,
    ) -> Result<Rectified, Vec<Issue>> {
        let [width_mm, height_mm] = self.map.size_mm();
        let pixels_per_mm = self.map.pixels_per_mm_at(width_mm / 2.0, height_mm / 2.0) as f32;
        issues.extend(quality::judge_sheet(&SheetEvidence {
            picture: &self.picture,
            ink: &self.ink,
            paper: &self.parts.paper,
            near_grid: &self.parts.near_grid,
            pixels_per_mm,
            stroke_mm: placed.map_or(0.0, |(tracing, _)| tracing.stroke_mm),
            stroke_contrast,
        }));
        let Some((tracing, quarters)) = placed.filter(|_| !quality::stops(&issues)) else {
            return Err(quality::refusal(issues));
        };
        let agreement = grid.map_or(1.0, |grid| grid.agreement);
        let ink_share = quality::ink_share(&self.ink);
        let upright = Rectified {
            sheet: Sheet {
                picture: self.picture,
                ink: self.ink,
            }
            .turned(quarters),
            map: self.map.turned(quarters),
            tracing,
            quality: Quality {
                // Every warning takes a fifth of what the map's agreement leaves.
                score: agreement * 0.8f32.powi(issues.len() as i32),
                pixels_per_mm: Some(pixels_per_mm),
                issues,
            },
            rotation_deg: (90 * quarters).rem_euclid(360),
            grid,
            stroke_contrast,
            ink_share,
        };
        Ok(upright)
    }
}

/// Which pixels of a sheet are what.
struct SheetParts {
    /// The desk is not part of the ECG.
    paper: Vec<bool>,
    /// Of a white margin it is not known whether it is over-exposed.
    near_grid: Vec<bool>,
}

impl SheetParts {
    /// Those of the sheet that `map` shows as `picture`.
    fn of(map: &SheetMap, picture: &RgbImage) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let mut paper = vec![true; width * height];
        let mut near_grid = vec![true; width * height];
        for_cells(width, height, NODE_MM / 2.0, |x_mm, y_mm, pixels| {
            if !map.is_on_sheet(x_mm, y_mm) {
                paper[pixels.clone()].fill(false);
            }
            if !map.is_near(map.grid_nodes(), x_mm, y_mm) {
                near_grid[pixels].fill(false);
            }
        });
        keep_paper(picture, SHEET_PIXELS_PER_MM, &near_grid, &mut paper);
        for (near, &paper) in near_grid.iter_mut().zip(&paper) {
            *near &= paper;
        }
        Self { paper, near_grid }
    }
}

/// Calls `visit` for every row of pixels in every square of `cell_mm`, with the square's middle in mm.
fn for_cells(
    width: usize,
    height: usize,
    cell_mm: f64,
    mut visit: impl FnMut(f64, f64, std::ops::Range<usize>),
) {
    let cell_px = (cell_mm * f64::from(SHEET_PIXELS_PER_MM)) as usize;
    for y in 0..height {
        let y_mm = ((y / cell_px) as f64 + 0.5) * cell_mm;
        for left in (0..width).step_by(cell_px) {
            let x_mm = ((left / cell_px) as f64 + 0.5) * cell_mm;
            let right = (left + cell_px).min(width);
            visit(x_mm, y_mm, y * width + left..y * width + right);
        }
    }
}

#[cfg(test)]
mod tests {
    use image::imageops;

    use super::*;
    use crate::photo::placement::trace_box;
    use crate::photo::simulated::Scene;

    /// The largest error (mm) of the sheet against the scene after one common shift, and the shift.
    fn worst_error_mm(scene: &Scene, map: &SheetMap) -> (f64, [f64; 2]) {
        let page_from_photo = scene.photo_from_page.inverse().unwrap();
        let page_from_sheet = |x: f64, y: f64| {
            let (u, v) = map.photo_from_mm(x, y);
            page_from_photo.apply(u, v)
        };
        let [width, height] = map.size_mm();
        let centre = page_from_sheet(width / 2.0, height / 2.0);
        let shift = [centre.0 - width / 2.0, centre.1 - height / 2.0];
        let mut worst = 0.0f64;
        for (x, y) in [
            (0.15, 0.15),
            (0.85, 0.15),
            (0.15, 0.85),
            (0.85, 0.85),
            (0.3, 0.7),
        ] {
            let (x, y) = (x * width, y * height);
            let (u, v) = page_from_sheet(x, y);
            worst = worst
                .max((u - x - shift[0]).abs())
                .max((v - y - shift[1]).abs());
        }
        (worst, shift)
    }

    #[test]
    fn pages_are_recovered_within_half_a_millimetre_with_the_same_ink() {
        let mut ink_sums = Vec::new();
        for scene in [Scene::plain(), Scene::slanted()] {
            let rectified = rectify(&scene.draw(), &RectifyOptions::default()).unwrap();
            let (worst, shift) = worst_error_mm(&scene, &rectified.map);
            assert!(worst < 0.3, "{worst}");
            // The tracing's box is centred at (148.5, 107) mm on the page.
            let (x, y) = rectified.tracing.centre_mm();
            assert!(
                (f64::from(x) + shift[0] - 148.5).abs() < 2.0
                    && (f64::from(y) + shift[1] - 107.0).abs() < 2.5,
                "{x} {y} {shift:?}"
            );
            let [width, height] = rectified.map.size_mm();
            assert!(
                (280.0..330.0).contains(&width) && (195.0..245.0).contains(&height),
                "{width} {height}"
            );
            assert_eq!(rectified.sheet.width(), (width * 6.0) as usize);
            assert_eq!(rectified.rotation_deg, 0);
            assert!(rectified.quality.score > 0.8, "{:?}", rectified.quality);
            ink_sums.push(rectified.sheet.ink.iter().sum::<f32>());
        }
        assert!(
            (0.6..1.6).contains(&(ink_sums[1] / ink_sums[0])),
            "{ink_sums:?}"
        );
    }

    #[test]
    fn a_page_whose_grid_is_far_paler_than_the_noise_is_straightened() {
        let scene = Scene {
            major: [0.99, 0.982, 0.982],
            noise: 15.0,
            ..Scene::slanted()
        };
        let rectified = rectify(&scene.draw(), &RectifyOptions::default()).unwrap();
        let (worst, _) = worst_error_mm(&scene, &rectified.map);
        assert!(worst < 0.5, "{worst}");
    }

    #[test]
    fn a_page_on_its_side_is_turned_upright() {
        let turned = imageops::rotate90(&Scene::plain().draw());
        let rectified = rectify(&turned, &RectifyOptions::default()).unwrap();
        assert_eq!(rectified.rotation_deg, 270);
        let found = trace_box(
            &rectified.sheet.ink,
            rectified.sheet.width(),
            SHEET_PIXELS_PER_MM,
        )
        .unwrap();
        assert!(found.stroke_mm > 900.0, "{found:?}");
        let apart = |a: f32, b: f32| (a - b).abs();
        let (told, seen) = (rectified.tracing.centre_mm(), found.centre_mm());
        assert!(
            apart(told.0, seen.0) < 2.0 && apart(told.1, seen.1) < 2.0,
            "{told:?} {seen:?}"
        );
    }

    #[test]
    fn turning_moves_picture_ink_map_and_tracing_alike() {
        let photo = Scene::slanted().draw();
        let upright = rectify(&photo, &RectifyOptions::default()).unwrap();
        let around = upright.clone().turned(2);
        assert_eq!(around.rotation_deg, 180);
        let [width, height] = upright.map.size_mm();
        let (a, b) = (
            upright.map.photo_from_mm(40.0, 70.0),
            around.map.photo_from_mm(width - 40.0, height - 70.0),
        );
        assert!((a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6);
        assert_eq!(upright.sheet.ink.first(), around.sheet.ink.last());
        assert_eq!(
            around.sheet.picture.get_pixel(3, 4),
            upright.sheet.picture.get_pixel(
                upright.sheet.picture.width() - 4,
                upright.sheet.picture.height() - 5
            )
        );
        assert!((around.tracing.left_mm - (width as f32 - upright.tracing.right_mm)).abs() < 1e-3);
    }

    #[test]
    fn what_is_no_ecg_is_rejected_with_a_reason() {
        let codes = |photo: &RgbImage| -> Vec<String> {
            let issues = rectify(photo, &RectifyOptions::default()).unwrap_err();
            issues.into_iter().map(|issue| issue.code).collect()
        };
        let mut random = 1u32;
        let noise = RgbImage::from_fn(900, 700, |_, _| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Rgb([(random >> 24) as u8; 3])
        });
        assert_eq!(codes(&noise), ["NO_GRID"]);
        assert_eq!(
            codes(&RgbImage::from_pixel(900, 700, Rgb([230; 3]))),
            ["NO_GRID"]
        );
        assert_eq!(
            codes(&RgbImage::from_pixel(900, 20, Rgb([230; 3]))),
            ["LOW_RESOLUTION"]
        );
        let empty = Scene {
            trace_mm: 0.0,
            ..Scene::plain()
        }
        .draw();
        assert!(codes(&empty).contains(&"NOT_AN_ECG".to_owned()));
    }

    #[test]
    fn corners_by_hand_place_the_sheet() {
        let scene = Scene::slanted();
        let corner = |x: f64, y: f64| {
            let (u, v) = scene.photo_from_page.apply(x, y);
            [u, v]
        };
        let corners = [
            corner(20.0, 25.0),
            corner(276.0, 25.0),
            corner(276.0, 195.0),
            corner(20.0, 195.0),
        ];
        let options = RectifyOptions {
            corners: Some(corners),
            corners_size_mm: Some([256.0, 170.0]),
        };
        let rectified = rectify(&scene.draw(), &options).unwrap();
        let (worst, shift) = worst_error_mm(&scene, &rectified.map);
        assert!(worst < 1e-6 && (shift[0] - 20.0).abs() < 1e-6 && (shift[1] - 25.0).abs() < 1e-6);
        let flat = RectifyOptions {
            corners: Some([[5.0, 5.0]; 4]),
            corners_size_mm: None,
        };
        assert!(rectify(&scene.draw(), &flat).is_err());
    }
}
