//! How sharp a sheet was photographed.

use image::RgbImage;

use super::sheet::SHEET_PIXELS_PER_MM;

/// Edges are looked for along lines this far apart …
const LINE_STEP_PX: usize = SHEET_PIXELS_PER_MM as usize;
/// … in windows of 4 mm, each of which has a grid line, a stroke or a letter in most places.
const WINDOW_PX: usize = 4 * SHEET_PIXELS_PER_MM as usize;
/// Windows with less contrast (of 255) show paper, noise or the palest grid.
const MIN_RANGE: i32 = 24;
/// The share of windows with the most contrast that counts.
const STRONGEST: f32 = 0.25;
/// Fewer windows than this tell nothing.
const MIN_WINDOWS: usize = 40;

/// Width of the sharpest edges of a sheet in mm, along x and along y: contrast over steepest slope.
/// A thin line has 0.2–0.5, by its own width and the photo's resolution; blur with a standard
/// deviation of s adds about 1.65 s. `None` where there are too few edges.
///
/// `on_sheet` says which pixels of `picture` count.
pub(super) fn edge_widths_mm(picture: &RgbImage, on_sheet: &[bool]) -> [Option<f32>; 2] {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    [(width, height, 1, width), (height, width, width, 1)].map(|(length, lines, along, across)| {
        let mut windows = Vec::new();
        for line in (0..lines).step_by(LINE_STEP_PX) {
            for start in (0..length.saturating_sub(WINDOW_PX)).step_by(WINDOW_PX) {
                let first = line * across + start * along;
                let pixels = (0..=WINDOW_PX).map(|k| first + k * along);
                windows.extend(edge(picture.as_raw(), on_sheet, pixels));
            }
        }
        typical_width_mm(windows)
    })
}

/// Contrast and steepest slope (per pixel) of one window, if it lies on the sheet and shows enough.
fn edge(raw: &[u8], on_sheet: &[bool], pixels: impl Iterator<Item = usize>) -> Option<(i32, i32)> {
    let (mut darkest, mut brightest, mut steepest) = (i32::MAX, 0, 0);
    let mut before: Option<i32> = None;
    for pixel in pixels {
        if !*on_sheet.get(pixel)? {
            return None;
        }
        // The darkest channel shows red and blue grids as well as grey ones.
        let [red, green, blue] = [0, 1, 2].map(|channel| i32::from(raw[3 * pixel + channel]));
        let value = red.min(green).min(blue);
        darkest = darkest.min(value);
        brightest = brightest.max(value);
        if let Some(before) = before {
            steepest = steepest.max((value - before).abs());
        }
        before = Some(value);
    }
    let range = brightest - darkest;
    (range >= MIN_RANGE && steepest > 0).then_some((range, steepest))
}

/// The median width among the windows of most contrast.
fn typical_width_mm(mut windows: Vec<(i32, i32)>) -> Option<f32> {
    windows.sort_unstable_by_key(|(range, _)| -range);
    windows.truncate(((windows.len() as f32 * STRONGEST) as usize).max(MIN_WINDOWS));
    if windows.len() < MIN_WINDOWS {
        return None;
    }
    let mut widths: Vec<f32> = windows
        .iter()
        .map(|&(range, steepest)| range as f32 / steepest as f32)
        .collect();
    widths.sort_by(f32::total_cmp);
    Some(widths[widths.len() / 2] / SHEET_PIXELS_PER_MM)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    /// Lines every 5 mm whose profile is a bell of this spread, in mm.
    fn lines(spread_mm: f32) -> RgbImage {
        RgbImage::from_fn(600, 600, |x, y| {
            let away = |at: u32| (at as f32 / SHEET_PIXELS_PER_MM + 2.5).rem_euclid(5.0) - 2.5;
            let bell = |away: f32| (-0.5 * (away / spread_mm).powi(2)).exp();
            let ink = bell(away(x)).max(bell(away(y)));
            Rgb([(240.0 - 180.0 * ink) as u8; 3])
        })
    }

    #[test]
    fn a_bell_is_as_wide_as_its_spread_says() {
        let sheet = vec![true; 600 * 600];
        for spread_mm in [0.3, 0.6] {
            for width in edge_widths_mm(&lines(spread_mm), &sheet) {
                // The steepest slope of a bell is 1 / (1.65 s) of its height.
                let width = width.unwrap();
                assert!((width / spread_mm - 1.65).abs() < 0.15, "{width}");
            }
        }
    }

    #[test]
    fn plain_paper_and_desks_tell_nothing() {
        let paper = RgbImage::from_pixel(600, 600, Rgb([230; 3]));
        assert_eq!(edge_widths_mm(&paper, &vec![true; 600 * 600]), [None; 2]);
        assert_eq!(
            edge_widths_mm(&lines(0.3), &vec![false; 600 * 600]),
            [None; 2]
        );
    }
}
