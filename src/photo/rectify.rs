//! A photo of a printout → the canvas: upright, to scale, without grid.

use image::{Rgb, RgbImage};

use super::canvas::resample;
use super::contrast::Contrast;
use super::demodulate::PageMap;
use super::flatten::{extract_ink, ink_and_contrast};
use super::follow::{Followed, follow};
use super::grid::{candidates, grow};
use super::mesh::{Area, Mesh, NODE_MM};
use super::orientation::upside_down;
use super::placement::{TraceBox, box_of, trace_box};
use super::projective::{Homography, fit_to_waves};
use super::quality::{self, CanvasEvidence, GridEvidence};
use super::spectra::Tiles;
use super::strokes::{Stroke, tracing_strokes};
use super::{CANVAS_HEIGHT_PX, CANVAS_PIXELS_PER_MM, CANVAS_WIDTH_PX};
use crate::outcome::{Issue, Quality, Severity};

/// A picture with a shorter side below this can't hold a readable ECG.
const MIN_SIDE_PX: u32 = 160;
/// A candidate that agrees and shows this well needs no comparison with the others.
const CONVINCING: (f32, f32) = (0.8, 0.15);
/// Strokes must run this much more along the other axis before the page is turned on its side.
const SIDEWAYS_FACTOR: f32 = 1.3;

const PIXELS_PER_MM: f64 = CANVAS_PIXELS_PER_MM as f64;
const WIDTH_MM: f64 = CANVAS_WIDTH_PX as f64 / PIXELS_PER_MM;
const HEIGHT_MM: f64 = CANVAS_HEIGHT_PX as f64 / PIXELS_PER_MM;

/// What the network reads.
#[derive(Clone, Debug, PartialEq)]
pub struct InkCanvas {
    /// [`CANVAS_HEIGHT_PX`] × [`CANVAS_WIDTH_PX`] values, row-major, 0 paper … 1 trace ink.
    pub pixels: Vec<f32>,
}

/// A page on its canvas of 256 × 170.67 mm.
#[derive(Clone, Debug)]
pub struct Rectified {
    /// The ink, for the network.
    pub ink: InkCanvas,
    /// The same view in colour, for people.
    pub picture: RgbImage,
    /// Canvas millimetres → photo pixels (row-major 3×3), without the finer correction of curl.
    pub photo_from_canvas_mm: [f64; 9],
    /// How good it is; its issues are warnings.
    pub quality: Quality,
    /// How far the page was turned to stand upright: 0, 90, 180 or 270, in degrees clockwise.
    pub rotation_deg: i32,
}

/// What a person may know better than the program.
#[derive(Clone, Debug, Default)]
pub struct RectifyOptions {
    /// Photo pixels of the canvas's corners (upper left, upper right, lower right, lower left).
    /// With them the grid is not searched.
    pub corners: Option<[[f64; 2]; 4]>,
}

/// Finds the printout in a photo and draws it on the canvas.
///
/// The canvas is centred on the tracing ([`trace_box`]).
///
/// # Errors
/// Issues, at least one of which is of severity [`Severity::Reject`], if the picture is no readable
/// ECG printout.
pub fn rectify(photo: &RgbImage, options: &RectifyOptions) -> Result<Rectified, Vec<Issue>> {
    if photo.width().min(photo.height()) < MIN_SIDE_PX {
        return Err(vec![quality::too_small(photo)]);
    }
    match options.corners {
        Some(corners) => by_corners(photo, corners),
        None => by_grid(photo),
    }
}

/// A view of the paper: which part lies on the canvas and how it maps to the photo.
struct View {
    map: PageMap,
    /// Canvas mm → paper mm.
    paper_from_canvas: Homography,
    photo_px: [f64; 2],
    quarters: i32,
}

impl View {
    fn to_photo(&self, x_px: f64, y_px: f64) -> (f64, f64) {
        let (x, y) = self
            .paper_from_canvas
            .apply((x_px + 0.5) / PIXELS_PER_MM, (y_px + 0.5) / PIXELS_PER_MM);
        let (x, y) = self.map.to_picture(x, y);
        (
            (x + 0.5) * self.photo_px[0] - 0.5,
            (y + 0.5) * self.photo_px[1] - 0.5,
        )
    }

    /// Canvas mm → photo pixels, without the mesh.
    fn photo_from_canvas(&self) -> Homography {
        let [across, down] = self.photo_px;
        let photo_from_picture = Homography([
            across,
            0.0,
            across / 2.0 - 0.5,
            0.0,
            down,
            down / 2.0 - 0.5,
            0.0,
            0.0,
            1.0,
        ]);
        photo_from_picture
            .after(&self.map.picture_from_plane)
            .after(&self.paper_from_canvas)
    }
}

fn by_grid(photo: &RgbImage) -> Result<Rectified, Vec<Issue>> {
    let contrast = Contrast::of(photo);
    let followed = find_sheet(&contrast).ok_or_else(|| vec![quality::no_grid()])?;
    let area = followed.map.mesh.area;
    let middle = area.node_mm(area.down / 2 * area.across + area.across / 2);
    let grid = GridEvidence {
        stretch: followed
            .map
            .picture_from_plane
            .stretch_at(middle.0, middle.1) as f32,
        agreement: followed.agreement,
        clarity: followed.clarity,
        sheet_mm2: followed.gridded.iter().filter(|&&inside| inside).count() as f32
            * (NODE_MM * NODE_MM) as f32,
    };
    let mut issues = quality::judge_grid(&grid);
    if stops(&issues) {
        return Err(issues);
    }
    let mut view = View {
        paper_from_canvas: Homography::scale_shift(1.0, area.origin_mm[0], area.origin_mm[1]),
        map: followed.map,
        photo_px: contrast.photo_px,
        quarters: 0,
    };
    drop(contrast);
    let tracing = place(photo, &mut view, &followed.gridded);
    let search = Search {
        sheet: &followed.sheet,
        tracing,
    };
    let (mut rectified, found) = draw(photo, &view, Some(search));
    issues.extend(found);
    finish(&mut rectified, issues, grid.agreement)?;
    Ok(rectified)
}

/// The followed grid that agrees best with the picture.
fn find_sheet(contrast: &Contrast) -> Option<Followed> {
    let tiles = Tiles::of(contrast);
    let mut best: Option<Followed> = None;
    for candidate in candidates(&tiles) {
        let Some(patches) = grow(&tiles, candidate) else {
            continue;
        };
        let Some(periods_from_picture) = fit_to_waves(&patches) else {
            continue;
        };
        let Some(followed) = follow(contrast, &periods_from_picture, &patches) else {
            continue;
        };
        let convincing = followed.agreement >= CONVINCING.0 && followed.clarity >= CONVINCING.1;
        let merit = |followed: &Followed| followed.agreement * followed.clarity;
        if best
            .as_ref()
            .is_none_or(|best| merit(&followed) > merit(best))
        {
            best = Some(followed);
        }
        if convincing {
            break;
        }
    }
    best
}

/// Finds the tracing on the whole sheet and moves the view there, turned if rows run down.
fn place(photo: &RgbImage, view: &mut View, gridded: &[bool]) -> Option<TraceBox> {
    let area = view.map.mesh.area;
    let node_px = (NODE_MM * PIXELS_PER_MM) as usize;
    let (width, height) = ((area.across - 1) * node_px, (area.down - 1) * node_px);
    let whole = resample(photo, width, height, Rgb([255; 3]), |x, y| {
        view.to_photo(x, y)
    });
    let mut ink = extract_ink(&whole, CANVAS_PIXELS_PER_MM);
    for (i, value) in ink.iter_mut().enumerate() {
        let (column, row) = (i % width / node_px, i / width / node_px);
        let corner = row * area.across + column;
        // The rim of the grid is often a frame, which is no tracing.
        let inside = [
            corner,
            corner + 1,
            corner + area.across,
            corner + area.across + 1,
        ]
        .iter()
        .all(|&node| gridded[node] && area.beside(node).all(|near| gridded[near]));
        if !inside {
            *value = 0.0;
        }
    }
    let level = tracing_strokes(&ink, width, CANVAS_PIXELS_PER_MM);
    // A quarter turn clockwise: what ran down now runs along the rows.
    let turned: Vec<f32> = (0..ink.len())
        .map(|i| ink[(i % height) * width + width - 1 - i / height])
        .collect();
    let upright = tracing_strokes(&turned, height, CANVAS_PIXELS_PER_MM);
    let length = |strokes: &[Stroke]| strokes.iter().map(Stroke::width).sum::<usize>() as f32;
    let lying = length(&upright) > SIDEWAYS_FACTOR * length(&level);
    let strokes = if lying { upright } else { level };
    let tracing = box_of(&strokes)?;
    let (along, across) = tracing.centre_mm();
    let width_mm = width as f32 / CANVAS_PIXELS_PER_MM;
    let (x, y) = if lying {
        (width_mm - across, along)
    } else {
        (along, across)
    };
    view.quarters = i32::from(lying)
        + if upside_down(&strokes, &tracing, lying) {
            2
        } else {
            0
        };
    let centre = Homography::scale_shift(1.0, -WIDTH_MM / 2.0, -HEIGHT_MM / 2.0);
    let back = Homography::scale_shift(
        1.0,
        area.origin_mm[0] + f64::from(x),
        area.origin_mm[1] + f64::from(y),
    );
    view.paper_from_canvas = back
        .after(&Homography::quarter_turn(view.quarters))
        .after(&centre);
    Some(tracing)
}

/// What following the grid told of the paper.
struct Search<'a> {
    /// Nodes that lie on the sheet.
    sheet: &'a [bool],
    /// The tracing on the whole sheet, if there is one.
    tracing: Option<TraceBox>,
}

/// Draws the canvas and judges it. Without a search, the tracing is looked for on the canvas itself.
fn draw(photo: &RgbImage, view: &View, search: Option<Search>) -> (Rectified, Vec<Issue>) {
    let picture = resample(
        photo,
        CANVAS_WIDTH_PX,
        CANVAS_HEIGHT_PX,
        Rgb([255; 3]),
        |x, y| view.to_photo(x, y),
    );
    let (mut pixels, stroke_contrast) = ink_and_contrast(&picture, CANVAS_PIXELS_PER_MM);
    let tracing = match &search {
        Some(search) => search.tracing,
        None => trace_box(&pixels, CANVAS_WIDTH_PX, CANVAS_PIXELS_PER_MM),
    };
    let on_sheet = search.map(|search| pixels_on_sheet(view, search.sheet));
    for (value, _) in pixels
        .iter_mut()
        .zip(on_sheet.iter().flatten())
        .filter(|(_, inside)| !**inside)
    {
        // The desk is not part of the ECG.
        *value = 0.0;
    }
    let photo_from_canvas = view.photo_from_canvas();
    let pixels_per_mm = photo_from_canvas.scale_at(WIDTH_MM / 2.0, HEIGHT_MM / 2.0) as f32;
    let evidence = CanvasEvidence {
        pixels_per_mm,
        stroke_mm: tracing.map_or(0.0, |tracing| tracing.stroke_mm),
        stroke_contrast,
        ..CanvasEvidence::of_ink(&pixels)
    };
    let mut issues = quality::judge_light(&picture, on_sheet.as_deref());
    issues.extend(quality::judge_canvas(&evidence));
    let rectified = Rectified {
        ink: InkCanvas { pixels },
        picture,
        photo_from_canvas_mm: photo_from_canvas.0,
        quality: Quality {
            score: 0.0,
            pixels_per_mm: Some(pixels_per_mm),
            issues: Vec::new(),
        },
        rotation_deg: (-90 * view.quarters).rem_euclid(360),
    };
    (rectified, issues)
}

/// Which canvas pixels lie on the sheet or at most 5 mm beside it.
fn pixels_on_sheet(view: &View, sheet: &[bool]) -> Vec<bool> {
    let area = view.map.mesh.area;
    let inside = |i: usize| {
        let (x, y) = (
            (i % CANVAS_WIDTH_PX) as f64 + 0.5,
            (i / CANVAS_WIDTH_PX) as f64 + 0.5,
        );
        let (x, y) = view
            .paper_from_canvas
            .apply(x / PIXELS_PER_MM, y / PIXELS_PER_MM);
        let column = ((x - area.origin_mm[0]) / NODE_MM).round();
        let row = ((y - area.origin_mm[1]) / NODE_MM).round();
        column >= 0.0 && row >= 0.0 && column < area.across as f64 && row < area.down as f64 && {
            let node = row as usize * area.across + column as usize;
            sheet[node] || area.beside(node).any(|near| sheet[near])
        }
    };
    (0..CANVAS_WIDTH_PX * CANVAS_HEIGHT_PX)
        .map(inside)
        .collect()
}

fn by_corners(photo: &RgbImage, corners: [[f64; 2]; 4]) -> Result<Rectified, Vec<Issue>> {
    let canvas = [
        [0.0, 0.0],
        [WIDTH_MM, 0.0],
        [WIDTH_MM, HEIGHT_MM],
        [0.0, HEIGHT_MM],
    ];
    let photo_from_canvas = Homography::from_points(canvas, corners).ok_or_else(|| {
        vec![Issue::reject(
            "NO_GRID",
            "The four corners don't span a page.",
            "Mark the upper left, upper right, lower right and lower left corner, in this order.",
        )]
    })?;
    let area = Area {
        origin_mm: [0.0, 0.0],
        across: 2,
        down: 2,
    };
    let view = View {
        map: PageMap {
            picture_from_plane: photo_from_canvas,
            mesh: Mesh::flat(area),
        },
        paper_from_canvas: Homography::IDENTITY,
        photo_px: [1.0, 1.0],
        quarters: 0,
    };
    let (mut rectified, issues) = draw(photo, &view, None);
    finish(&mut rectified, issues, 1.0)?;
    Ok(rectified)
}

fn stops(issues: &[Issue]) -> bool {
    issues
        .iter()
        .any(|issue| issue.severity == Severity::Reject)
}

/// Puts the warnings and the score into the quality, or answers with the issues if one stops.
fn finish(rectified: &mut Rectified, issues: Vec<Issue>, agreement: f32) -> Result<(), Vec<Issue>> {
    if stops(&issues) {
        return Err(issues
            .into_iter()
            .filter(|issue| issue.severity == Severity::Reject)
            .collect());
    }
    // Every warning takes a fifth of what the map's agreement leaves.
    rectified.quality.score = agreement * 0.8f32.powi(issues.len() as i32);
    rectified.quality.issues = issues;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::simulated::Scene;

    /// The largest error (mm) of the canvas against the scene after one common shift, and the shift.
    fn worst_error_mm(scene: &Scene, rectified: &Rectified) -> (f64, [f64; 2]) {
        let page_from_photo = scene.photo_from_page.inverse().unwrap();
        let page_from_canvas = page_from_photo.after(&Homography(rectified.photo_from_canvas_mm));
        let centre = page_from_canvas.apply(WIDTH_MM / 2.0, HEIGHT_MM / 2.0);
        let shift = [centre.0 - WIDTH_MM / 2.0, centre.1 - HEIGHT_MM / 2.0];
        let mut worst = 0.0f64;
        for (x, y) in [
            (5.0, 5.0),
            (250.0, 5.0),
            (5.0, 165.0),
            (250.0, 165.0),
            (60.0, 120.0),
        ] {
            let (u, v) = page_from_canvas.apply(x, y);
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
            let (worst, shift) = worst_error_mm(&scene, &rectified);
            assert!(worst < 0.5, "{worst}");
            // The tracing's box is centred at (148.5, 107) mm, the canvas at (128, 85.3) mm.
            assert!(
                (shift[0] - 20.5).abs() < 2.0 && (shift[1] - 21.5).abs() < 2.5,
                "{shift:?}"
            );
            assert_eq!(rectified.rotation_deg, 0);
            assert!(rectified.quality.score > 0.8, "{:?}", rectified.quality);
            ink_sums.push(rectified.ink.pixels.iter().sum::<f32>());
        }
        assert!(
            (0.6..1.6).contains(&(ink_sums[1] / ink_sums[0])),
            "{ink_sums:?}"
        );
    }

    #[test]
    fn a_page_on_its_side_is_turned_upright() {
        let turned = image::imageops::rotate90(&Scene::plain().draw());
        let rectified = rectify(&turned, &RectifyOptions::default()).unwrap();
        assert_eq!(rectified.rotation_deg, 270);
        let found =
            trace_box(&rectified.ink.pixels, CANVAS_WIDTH_PX, CANVAS_PIXELS_PER_MM).unwrap();
        assert!(found.stroke_mm > 900.0, "{found:?}");
        assert!(
            (found.centre_mm().0 - 128.0).abs() < 2.0 && (found.centre_mm().1 - 85.3).abs() < 2.0,
            "{found:?}"
        );
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
    fn corners_by_hand_place_the_canvas() {
        let scene = Scene::slanted();
        let corner = |x: f64, y: f64| {
            let (u, v) = scene.photo_from_page.apply(x, y);
            [u, v]
        };
        let corners = [
            corner(20.0, 25.0),
            corner(276.0, 25.0),
            corner(276.0, 25.0 + HEIGHT_MM),
            corner(20.0, 25.0 + HEIGHT_MM),
        ];
        let options = RectifyOptions {
            corners: Some(corners),
        };
        let rectified = rectify(&scene.draw(), &options).unwrap();
        let (worst, shift) = worst_error_mm(&scene, &rectified);
        assert!(worst < 1e-6 && (shift[0] - 20.0).abs() < 1e-6 && (shift[1] - 25.0).abs() < 1e-6);
        let flat = RectifyOptions {
            corners: Some([[5.0, 5.0]; 4]),
        };
        assert!(rectify(&scene.draw(), &flat).is_err());
    }
}
