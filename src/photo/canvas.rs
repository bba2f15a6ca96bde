//! The canvas that the network reads: a view of the page at three pixels per millimetre.

use image::{Rgb, RgbImage, imageops};

use super::flatten::extract_ink;
use super::resample::resample;
use super::sheet_map::SheetMap;
use super::{CANVAS_HEIGHT_PX, CANVAS_PIXELS_PER_MM, CANVAS_WIDTH_PX};

/// Paper speed that the network was trained on.
const SPEED_MM_S: f32 = 25.0;
/// Gain that the network was trained on.
const GAIN_MM_MV: f32 = 10.0;

/// What the network reads.
#[derive(Clone, Debug, PartialEq)]
pub struct InkCanvas {
    /// [`CANVAS_HEIGHT_PX`] × [`CANVAS_WIDTH_PX`] values, row-major, 0 paper … 1 trace ink.
    pub pixels: Vec<f32>,
}

/// Which part of a sheet the canvas shows, and how the tracing was recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CanvasView {
    /// The point of the sheet (mm) in the middle of the canvas.
    pub centre_mm: (f64, f64),
    /// Paper speed; the canvas is always at 25 mm/s.
    pub speed_mm_s: f32,
    /// Gain; the canvas is always at 10 mm/mV.
    pub gain_mm_mv: f32,
}

/// Draws the canvas from the photo: the ink for the network, and the same view in colour.
///
/// Speeds and gains that are not finite and positive count as 25 mm/s and 10 mm/mV.
pub fn draw_canvas(photo: &RgbImage, map: &SheetMap, view: &CanvasView) -> (InkCanvas, RgbImage) {
    let stretch = |found: f32, trained: f32| {
        let stretch = f64::from(found / trained);
        if stretch.is_finite() && stretch > 0.0 {
            // No printer is further from the usual speed and gain.
            stretch.clamp(0.2, 4.0)
        } else {
            1.0
        }
    };
    let across = stretch(view.speed_mm_s, SPEED_MM_S);
    let down = stretch(view.gain_mm_mv, GAIN_MM_MV);
    // Grid lines are recognised by their distances: the ink is taken on the paper's own scale.
    let side = |pixels: usize, stretch: f64| ((pixels as f64 * stretch).round() as usize).max(1);
    let (width, height) = (side(CANVAS_WIDTH_PX, across), side(CANVAS_HEIGHT_PX, down));
    let pixels_per_mm = f64::from(CANVAS_PIXELS_PER_MM);
    let to_mm = |x_px: f64, y_px: f64| {
        (
            view.centre_mm.0 + (x_px + 0.5 - width as f64 / 2.0) / pixels_per_mm,
            view.centre_mm.1 + (y_px + 0.5 - height as f64 / 2.0) / pixels_per_mm,
        )
    };
    let picture = resample(photo, width, height, Rgb([255; 3]), |x, y| {
        let (x, y) = to_mm(x, y);
        map.photo_from_mm(x, y)
    });
    let mut ink = extract_ink(&picture, CANVAS_PIXELS_PER_MM);
    for (i, value) in ink
        .iter_mut()
        .enumerate()
        .filter(|(_, value)| **value > 0.0)
    {
        let (x, y) = to_mm((i % width) as f64, (i / width) as f64);
        // The desk is not part of the ECG.
        if !map.is_on_sheet(x, y) {
            *value = 0.0;
        }
    }
    if (width, height) == (CANVAS_WIDTH_PX, CANVAS_HEIGHT_PX) {
        return (InkCanvas { pixels: ink }, picture);
    }
    let picture = imageops::resize(
        &picture,
        CANVAS_WIDTH_PX as u32,
        CANVAS_HEIGHT_PX as u32,
        imageops::FilterType::Triangle,
    );
    let pixels = scaled_ink(&ink, width, height);
    (InkCanvas { pixels }, picture)
}

/// Ink scaled to the canvas. A thin stroke must not pale where it is squeezed: each pixel is the
/// darkest of those it replaces, or lies between its neighbours where the ink is stretched.
fn scaled_ink(ink: &[f32], width: usize, height: usize) -> Vec<f32> {
    let rows: Vec<f32> = ink
        .chunks_exact(width)
        .flat_map(|row| scaled_line(|i| row[i], width, CANVAS_WIDTH_PX))
        .collect();
    let mut scaled = vec![0.0; CANVAS_WIDTH_PX * CANVAS_HEIGHT_PX];
    for x in 0..CANVAS_WIDTH_PX {
        let column = scaled_line(|i| rows[i * CANVAS_WIDTH_PX + x], height, CANVAS_HEIGHT_PX);
        for (y, value) in column.into_iter().enumerate() {
            scaled[y * CANVAS_WIDTH_PX + x] = value;
        }
    }
    scaled
}

fn scaled_line(at: impl Fn(usize) -> f32, from: usize, to: usize) -> Vec<f32> {
    let factor = from as f64 / to as f64;
    (0..to)
        .map(|i| {
            if factor >= 1.0 {
                let first = (i as f64 * factor) as usize;
                let end = (((i + 1) as f64 * factor).ceil() as usize).min(from);
                (first..end).map(&at).fold(0.0, f32::max)
            } else {
                let exact = ((i as f64 + 0.5) * factor - 0.5).clamp(0.0, (from - 1) as f64);
                let (low, share) = (exact as usize, exact.fract() as f32);
                at(low) * (1.0 - share) + at((low + 1).min(from - 1)) * share
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::placement::trace_box;
    use crate::photo::simulated::Scene;

    /// The plain scene (5 pixels per mm) by its corners.
    fn page() -> (RgbImage, SheetMap) {
        let corners = [[0.0, 0.0], [1485.0, 0.0], [1485.0, 1050.0], [0.0, 1050.0]];
        let corners = corners.map(|[x, y]| [x - 0.5, y - 0.5]);
        (
            Scene::plain().draw(),
            SheetMap::of_corners(corners, [297.0, 210.0]).unwrap(),
        )
    }

    #[test]
    fn the_canvas_is_centred_and_scaled_to_the_usual_speed_and_gain() {
        let (photo, map) = page();
        let boxed = |speed_mm_s: f32, gain_mm_mv: f32| {
            let view = CanvasView {
                centre_mm: (148.5, 107.0),
                speed_mm_s,
                gain_mm_mv,
            };
            let (ink, picture) = draw_canvas(&photo, &map, &view);
            assert_eq!(picture.dimensions(), (768, 512));
            trace_box(&ink.pixels, CANVAS_WIDTH_PX, CANVAS_PIXELS_PER_MM).unwrap()
        };
        let usual = boxed(25.0, 10.0);
        assert!((usual.centre_mm().0 - 128.0).abs() < 2.0, "{usual:?}");
        assert!(
            (usual.right_mm - usual.left_mm - 248.0).abs() < 3.0,
            "{usual:?}"
        );
        // Twice as fast: what was 250 mm becomes 125 mm.
        let fast = boxed(50.0, 10.0);
        assert!(
            (fast.right_mm - fast.left_mm - 124.0).abs() < 3.0,
            "{fast:?}"
        );
        // Half the gain: of the four rows, 34 mm apart, only two find place.
        let low = boxed(25.0, 5.0);
        assert_eq!(low.stroke_mm, usual.stroke_mm / 2.0);
        assert!(low.bottom_mm - low.top_mm > 85.0, "{low:?}");
        assert_eq!(boxed(f32::NAN, -1.0), usual);
    }

    #[test]
    fn squeezing_keeps_the_darkest_and_stretching_is_even() {
        let line = [0.0, 1.0, 0.0, 0.0];
        assert_eq!(scaled_line(|i| line[i], 4, 2), [1.0, 0.0]);
        assert_eq!(scaled_line(|i| line[i], 2, 4), [0.0, 0.25, 0.75, 1.0]);
    }
}
