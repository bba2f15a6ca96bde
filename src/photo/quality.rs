//! Whether a rectified picture is good enough, and what to tell the person if it isn't.

use image::RgbImage;

use super::{CANVAS_PIXELS_PER_MM, CANVAS_WIDTH_PX};
use crate::outcome::Issue;

/// Resolutions on paper below which a trace is lost, or worth a warning.
const RESOLUTION_PX_PER_MM: (f32, f32) = (2.2, 4.0);
/// Agreement of map and grid: below the first the map is wrong, below the second it has weak parts.
const AGREEMENT: (f32, f32) = (0.6, 0.75);
/// Share of the contrast that the grid's lines explain; chance alone reaches 0.08.
const MIN_GRID_CLARITY: f32 = 0.11;
/// A gridded sheet smaller than this (mm²) holds no lead.
const MIN_SHEET_MM2: f32 = 2500.0;
/// Paper tilted by 55° looks this much narrower; what seems more oblique is a pattern of another kind.
const MAX_STRETCH: f32 = 1.75;
/// Median brightness of the paper (0–255).
const PAPER_BRIGHTNESS: (f32, f32) = (45.0, 80.0);
/// Share of the sheet that is over-exposed.
const CLIPPED_SHARE: (f32, f32) = (0.3, 0.06);
/// A square this large always shows grid, unless it is over-exposed.
const GLARE_BLOCK_PX: usize = (10.0 * CANVAS_PIXELS_PER_MM) as usize;
/// All pixels but this share of an over-exposed square are white.
const GLARE_EXCEPTIONS: f32 = 0.02;
const WHITE: u8 = 252;
/// Share of inked canvas pixels that traces and text can have.
const INK_SHARE: (f32, f32) = (0.003, 0.15);
/// Summed length of strokes along the rows: less than this is no tracing.
const STROKE_MM: (f32, f32) = (60.0, 150.0);
/// Darkness of strokes against the paper.
const STROKE_CONTRAST: (f32, f32) = (0.16, 0.25);
/// Width of strokes (mm) over their darkness. Blur widens and pales, a broad pen only widens: sharp
/// traces have 0.5–1.3, blur with a standard deviation of 0.4 mm gives 3.
const SMEAR_MM: (f32, f32) = (3.4, 2.2);

/// How well the grid was followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct GridEvidence {
    pub(super) agreement: f32,
    pub(super) clarity: f32,
    pub(super) sheet_mm2: f32,
    /// How much longer a millimetre is in the photo's one direction than in the other.
    pub(super) stretch: f32,
}

/// What was measured on the canvas.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CanvasEvidence {
    pub(super) pixels_per_mm: f32,
    /// Summed length of the strokes along the rows.
    pub(super) stroke_mm: f32,
    /// How dark the strokes were against the paper.
    pub(super) stroke_contrast: f32,
    /// Share of the canvas that is inked.
    pub(super) ink_share: f32,
    /// Mean width of everything inked.
    pub(super) stroke_width_mm: f32,
}

impl CanvasEvidence {
    /// Measures the ink of a canvas; the other figures are 0.
    pub(super) fn of_ink(pixels: &[f32]) -> Self {
        let inked = |value: &f32| *value > 0.5;
        let area = pixels.iter().filter(|value| inked(value)).count();
        let along_rows = pixels
            .chunks_exact(CANVAS_WIDTH_PX)
            .flat_map(|row| row.windows(2))
            .map(|pair| (pair[0], pair[1]));
        let along_columns = pixels
            .iter()
            .copied()
            .zip(pixels.iter().skip(CANVAS_WIDTH_PX).copied());
        let rim = along_rows
            .chain(along_columns)
            .filter(|(a, b)| inked(a) != inked(b))
            .count();
        // A stroke of length l and width w has the area l·w and the rim 2·l.
        let stroke_width_mm = 2.0 * area as f32 / rim.max(1) as f32 / CANVAS_PIXELS_PER_MM;
        Self {
            ink_share: area as f32 / pixels.len().max(1) as f32,
            stroke_width_mm,
            ..Self::default()
        }
    }
}

pub(super) fn no_grid() -> Issue {
    Issue::reject(
        "NO_GRID",
        "No ECG grid was found in this picture.",
        "Photograph the whole printout from above, flat and evenly lit, so that the grid's squares are sharp. If the paper has no grid, mark its corners by hand.",
    )
}

pub(super) fn too_small(photo: &RgbImage) -> Issue {
    Issue::reject(
        "LOW_RESOLUTION",
        format!(
            "The picture has only {} × {} pixels.",
            photo.width(),
            photo.height()
        ),
        "Choose the original photo rather than a preview or a copy that a messenger made smaller.",
    )
}

/// Issues of the grid alone.
pub(super) fn judge_grid(grid: &GridEvidence) -> Vec<Issue> {
    let missing = grid.agreement < AGREEMENT.0
        || grid.clarity < MIN_GRID_CLARITY
        || grid.sheet_mm2 < MIN_SHEET_MM2
        || grid.stretch > MAX_STRETCH;
    if missing {
        return vec![no_grid()];
    }
    if grid.agreement < AGREEMENT.1 {
        return vec![Issue::warn(
            "UNEVEN_PAGE",
            "Parts of the paper are too crumpled or hidden to be straightened well.",
            "Flatten the paper, put it on a table and photograph it again from above.",
        )];
    }
    Vec::new()
}

/// Issues of the light on a canvas of which only the pixels `on_sheet` count (all if `None`).
pub(super) fn judge_light(picture: &RgbImage, on_sheet: Option<&[bool]>) -> Vec<Issue> {
    let mut histogram = [0u32; 256];
    let mut total = 0;
    for (i, pixel) in picture.pixels().enumerate() {
        if on_sheet.is_none_or(|on_sheet| on_sheet[i]) {
            histogram[usize::from(pixel.0[0].max(pixel.0[1]).max(pixel.0[2]))] += 1;
            total += 1;
        }
    }
    let mut seen = 0;
    let median = histogram.iter().position(|count| {
        seen += count;
        seen * 2 >= total
    });
    let median = median.unwrap_or(0) as f32;
    let mut issues = Vec::new();
    issues.extend(graded(
        "TOO_DARK",
        -median,
        (-PAPER_BRIGHTNESS.0, -PAPER_BRIGHTNESS.1),
        "The picture is very dark.",
        "Photograph the printout again in brighter, even light.",
    ));
    issues.extend(graded(
        "CLIPPED",
        on_sheet.map_or(0.0, |on_sheet| glare_share(picture, on_sheet)),
        CLIPPED_SHARE,
        "Parts of the paper are over-exposed: the trace is washed out there.",
        "Turn the flash off, avoid reflections, and photograph the printout again.",
    ));
    issues
}

/// Share of the sheet's squares in which even the grid is white.
fn glare_share(picture: &RgbImage, on_sheet: &[bool]) -> f32 {
    let width = picture.width() as usize;
    let raw = picture.as_raw();
    let (mut squares, mut washed_out) = (0, 0);
    for top in
        (0..(picture.height() as usize).saturating_sub(GLARE_BLOCK_PX)).step_by(GLARE_BLOCK_PX)
    {
        for left in (0..width.saturating_sub(GLARE_BLOCK_PX)).step_by(GLARE_BLOCK_PX) {
            let pixels = (0..GLARE_BLOCK_PX * GLARE_BLOCK_PX)
                .map(|i| (top + i / GLARE_BLOCK_PX) * width + left + i % GLARE_BLOCK_PX);
            if !pixels.clone().all(|i| on_sheet[i]) {
                continue;
            }
            let coloured = pixels
                .filter(|i| raw[i * 3..i * 3 + 3].iter().any(|&value| value < WHITE))
                .count();
            squares += 1;
            washed_out += usize::from(
                coloured as f32 <= GLARE_EXCEPTIONS * (GLARE_BLOCK_PX * GLARE_BLOCK_PX) as f32,
            );
        }
    }
    washed_out as f32 / squares.max(1) as f32
}

/// Issues of what the canvas shows.
pub(super) fn judge_canvas(canvas: &CanvasEvidence) -> Vec<Issue> {
    let mut issues = Vec::new();
    let no_rows = canvas.stroke_mm < STROKE_MM.0;
    if no_rows || !(INK_SHARE.0..=INK_SHARE.1).contains(&canvas.ink_share) {
        issues.push(Issue::reject(
            "NOT_AN_ECG",
            "There is a grid, but no rows of ECG tracing on it.",
            "Choose a picture of the page with the ECG curves, the right way up.",
        ));
    } else if canvas.stroke_mm < STROKE_MM.1 {
        issues.push(Issue::warn(
            "INCOMPLETE",
            "Only a small part of an ECG was found.",
            "Make sure that the whole printout is in the picture.",
        ));
    }
    issues.extend(graded(
        "LOW_RESOLUTION",
        -canvas.pixels_per_mm,
        (-RESOLUTION_PX_PER_MM.0, -RESOLUTION_PX_PER_MM.1),
        "The printout is too small in the picture.",
        "Go closer so that the printout fills the picture, and choose the original photo.",
    ));
    issues.extend(graded(
        "LOW_CONTRAST",
        -canvas.stroke_contrast,
        (-STROKE_CONTRAST.0, -STROKE_CONTRAST.1),
        "The trace is hardly darker than the paper.",
        "Photograph the original printout rather than a pale copy, in brighter light.",
    ));
    issues.extend(graded(
        "BLURRED",
        canvas.stroke_width_mm / canvas.stroke_contrast.max(0.01),
        SMEAR_MM,
        "The picture is blurred.",
        "Hold the camera still, tap on the paper to focus, and photograph it again.",
    ));
    issues
}

/// An issue if `value` is beyond the second limit, stopping if beyond the first. Larger is worse.
fn graded(
    code: &str,
    value: f32,
    (reject, warn): (f32, f32),
    message: &str,
    hint: &str,
) -> Option<Issue> {
    if value > reject {
        Some(Issue::reject(code, message, hint))
    } else if value > warn {
        Some(Issue::warn(code, message, hint))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;
    use crate::outcome::Severity;

    const GOOD: CanvasEvidence = CanvasEvidence {
        pixels_per_mm: 9.0,
        stroke_mm: 1000.0,
        stroke_contrast: 0.5,
        ink_share: 0.02,
        stroke_width_mm: 0.4,
    };

    fn codes(issues: &[Issue]) -> Vec<(&str, Severity)> {
        issues
            .iter()
            .map(|issue| (issue.code.as_str(), issue.severity))
            .collect()
    }

    #[test]
    fn a_good_canvas_has_no_issues_and_each_fault_its_own() {
        assert!(judge_canvas(&GOOD).is_empty());
        let faults = [
            (
                CanvasEvidence {
                    pixels_per_mm: 3.0,
                    ..GOOD
                },
                "LOW_RESOLUTION",
                Severity::Warn,
            ),
            (
                CanvasEvidence {
                    pixels_per_mm: 1.5,
                    ..GOOD
                },
                "LOW_RESOLUTION",
                Severity::Reject,
            ),
            (
                CanvasEvidence {
                    stroke_mm: 100.0,
                    ..GOOD
                },
                "INCOMPLETE",
                Severity::Warn,
            ),
            (
                CanvasEvidence {
                    stroke_mm: 0.0,
                    ..GOOD
                },
                "NOT_AN_ECG",
                Severity::Reject,
            ),
            (
                CanvasEvidence {
                    ink_share: 0.3,
                    ..GOOD
                },
                "NOT_AN_ECG",
                Severity::Reject,
            ),
            (
                CanvasEvidence {
                    stroke_width_mm: 1.3,
                    ..GOOD
                },
                "BLURRED",
                Severity::Warn,
            ),
            (
                CanvasEvidence {
                    stroke_contrast: 0.2,
                    ..GOOD
                },
                "LOW_CONTRAST",
                Severity::Warn,
            ),
        ];
        for (evidence, code, severity) in faults {
            assert_eq!(codes(&judge_canvas(&evidence)), [(code, severity)]);
        }
    }

    #[test]
    fn stroke_width_of_a_line_is_its_width() {
        let mut pixels = vec![0.0; CANVAS_WIDTH_PX * 60];
        pixels[30 * CANVAS_WIDTH_PX..33 * CANVAS_WIDTH_PX].fill(1.0);
        let evidence = CanvasEvidence::of_ink(&pixels);
        assert!((evidence.stroke_width_mm - 1.0).abs() < 1e-3);
        assert!((evidence.ink_share - 0.05).abs() < 1e-6);
    }

    #[test]
    fn darkness_and_glare_are_told_from_a_white_scan() {
        let paper = |value: u8| {
            RgbImage::from_fn(300, 300, |x, y| {
                if x % 15 == 0 || y % 15 == 0 {
                    Rgb([value, 90, 90])
                } else {
                    Rgb([value; 3])
                }
            })
        };
        let sheet = vec![true; 300 * 300];
        assert!(judge_light(&paper(255), Some(&sheet)).is_empty());
        assert_eq!(
            codes(&judge_light(&paper(60), Some(&sheet))),
            [("TOO_DARK", Severity::Warn)]
        );
        assert_eq!(
            codes(&judge_light(&paper(20), Some(&sheet))),
            [("TOO_DARK", Severity::Reject)]
        );
        let mut glaring = paper(200);
        (0..150).for_each(|y| (0..300).for_each(|x| glaring.put_pixel(x, y, Rgb([255; 3]))));
        assert_eq!(
            codes(&judge_light(&glaring, Some(&sheet))),
            [("CLIPPED", Severity::Reject)]
        );
    }

    #[test]
    fn a_grid_must_agree_show_and_be_large_enough() {
        let good = GridEvidence {
            agreement: 0.9,
            clarity: 0.25,
            sheet_mm2: 40_000.0,
            stretch: 1.1,
        };
        assert!(judge_grid(&good).is_empty());
        assert_eq!(
            codes(&judge_grid(&GridEvidence {
                agreement: 0.7,
                ..good
            })),
            [("UNEVEN_PAGE", Severity::Warn)]
        );
        for bad in [
            GridEvidence {
                agreement: 0.5,
                ..good
            },
            GridEvidence {
                clarity: 0.08,
                ..good
            },
            GridEvidence {
                sheet_mm2: 900.0,
                ..good
            },
            GridEvidence {
                stretch: 2.5,
                ..good
            },
        ] {
            assert_eq!(codes(&judge_grid(&bad)), [("NO_GRID", Severity::Reject)]);
        }
    }
}
