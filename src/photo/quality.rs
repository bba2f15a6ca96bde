//! Whether a picture is a readable ECG, and what to tell the person if it isn't.
//!
//! Three gates, each as soon as its evidence is there: the grid that was followed
//! ([`judge_grid`]), the straightened sheet ([`judge_sheet`]) and the curves on it
//! ([`judge_tracing`]). The first two let everything pass that may be an ECG; the last tells ECGs
//! from what else is drawn, by how likely a page is one ([`gate`](super::gate)).
//!
//! Thresholds lie between what real photos and simulated ones have (21 phone photos, 8 report
//! pages, 39 pictures of clinics and manuals, 150 simulated photos) and what pictures without an
//! ECG have (drawn by the trainer's `decoys` and gathered by `tests/bench/gather-decoys.py`).

use image::RgbImage;

use super::evidence::BeatEvidence;
use super::light::LightEvidence;
use super::sharpness::edge_widths_mm;
use crate::outcome::{Issue, Severity};

/// Share of the sheet on which map and grid agree: below the first the map is wrong, below the
/// second it has weak parts. Real pictures have .77–1, others .5–1.
const AGREEMENT: (f32, f32) = (0.6, 0.75);
/// How well the lines match a grid's (correlation). Real pictures have .85–.97, dotted grids .7;
/// pictures without a grid reach .8.
const CLARITY: (f32, f32) = (0.62, 0.68);
/// How far the lines stand out of the noise over the whole sheet: phone photos have 30–40. Of 300 simulated photos of
/// `docs/photos.md` 11 of the 27 that are answered with this warning or that of [`CLARITY`] are off by more than half a
/// millimetre, and 9 of the 268 others.
const PROMINENCE: (f32, f32) = (3.0, 12.0);
/// Below this there is no grid to be seen. Where a sheet has the outline of a usual size the scale may be known without.
const PROMINENCE_BY_OUTLINE: f32 = 2.0;
/// Gridded sheets (mm²): smaller ones hold no lead, and larger ones than A3 are misread grids.
const SHEET_MM2: (f32, f32) = (2500.0, 140_000.0);
/// Paper tilted by 55° looks this much narrower; what seems more oblique is a pattern of another kind.
const MAX_STRETCH: f32 = 1.75;
/// Photo pixels per mm of paper below which a trace is lost, or worth a warning. Real pictures were
/// read well from 2.3 on.
const RESOLUTION_PX_PER_MM: (f32, f32) = (SMALLEST_PX_PER_MM, 4.0);
pub(super) const SMALLEST_PX_PER_MM: f32 = 2.2;
/// Median brightness of the paper (0–255).
const PAPER_BRIGHTNESS: (f32, f32) = (45.0, 80.0);
/// Share of the sheet that is over-exposed.
const GLARE_SHARE: (f32, f32) = (0.3, 0.06);
/// Width of the sharpest edges (mm): phone photos have .25–.4, blur with a standard deviation of
/// .4 mm gives .6–1.2, and such photos can be read.
const EDGE_MM: (f32, f32) = (1.4, 0.6);
/// Darkness of strokes against the paper.
const STROKE_CONTRAST: (f32, f32) = (0.16, 0.25);
/// Share of inked pixels: real sheets have .008–.034; more than this is a picture or a pattern.
const MAX_INK_SHARE: f32 = 0.15;
/// Summed length of strokes along the rows (mm) below which there is nothing to follow; real
/// sheets have 150 and more.
const MIN_STROKE_MM: f32 = 30.0;

/// How likely a page must be an ECG: of pictures of something else that were held out few reach this (docs/photos.md), and a
/// close-up of two leads on half a page does.
pub(super) const LIKELY_ECG: f32 = 0.8;
/// From here on it is an ECG beyond doubt: then also where its leads can't be told, and among several pages of one picture.
pub(super) const SURE_ECG: f32 = 0.9;
/// Rows shorter than this (6 s) are parts of rows: of real pages, only cropped ones have such.
const SHORT_ROW_MM: f32 = 150.0;

/// How well the grid was followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct GridEvidence {
    pub(super) agreement: f32,
    pub(super) clarity: f32,
    pub(super) prominence: f32,
    /// Whether the outline of a sheet of a usual size says where the grid lies, so that its lines need not.
    pub(super) is_by_outline: bool,
    pub(super) sheet_mm2: f32,
    /// How much longer a millimetre is in the photo's one direction than in the other.
    pub(super) stretch: f32,
    /// How far from square its squares are (see [`off_square`](super::squares::off_square)).
    pub(super) off_square: f32,
}

impl GridEvidence {
    /// Whether anything of a grid shows: otherwise the scale is that of a sheet of A4 or Letter paper, by its outline alone.
    pub(super) fn shows(&self) -> bool {
        !self.is_by_outline || self.prominence >= PROMINENCE_BY_OUTLINE
    }
}

/// A straightened sheet as it is judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct SheetEvidence<'a> {
    pub(super) picture: &'a RgbImage,
    /// Row-major, 0 paper … 1 ink.
    pub(super) ink: &'a [f32],
    /// Which pixels lie on paper, and which of them near the grid.
    pub(super) paper: &'a [bool],
    pub(super) near_grid: &'a [bool],
    /// Resolution of the photo on the paper.
    pub(super) pixels_per_mm: f32,
    /// Summed length of the strokes along the rows.
    pub(super) stroke_mm: f32,
    /// How dark the strokes are against the paper.
    pub(super) stroke_contrast: f32,
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

fn no_tracing() -> Issue {
    Issue::reject(
        "NOT_AN_ECG",
        "No ECG curves could be followed in this picture.",
        "Choose a picture of the page with the ECG curves. If this is one, they are too pale, blurred or crumpled: photograph the page again from above, flat, sharp and in even light.",
    )
}

/// Issues of the grid alone.
pub(super) fn judge_grid(grid: &GridEvidence) -> Vec<Issue> {
    let is_unclear =
        grid.agreement < AGREEMENT.0 || grid.clarity < CLARITY.0 || grid.prominence < PROMINENCE.0;
    let missing = is_unclear && !grid.is_by_outline
        || !(SHEET_MM2.0..=SHEET_MM2.1).contains(&grid.sheet_mm2)
        || grid.stretch > MAX_STRETCH;
    if missing {
        return vec![no_grid()];
    }
    let mut issues = Vec::new();
    if grid.agreement < AGREEMENT.1 {
        issues.push(Issue::warn(
            "UNEVEN_PAGE",
            "Parts of the paper are too crumpled or hidden to be straightened well.",
            "Flatten the paper, put it on a table and photograph it again from above.",
        ));
    }
    if grid.clarity < CLARITY.1 || grid.prominence < PROMINENCE.1 {
        let effect = if grid.is_by_outline {
            "The grid can hardly be seen: the page was taken for a sheet of A4 or Letter paper. If it is another, times and voltages are off."
        } else {
            "The grid can hardly be seen: times and voltages may be off."
        };
        issues.push(Issue::warn(
            "FAINT_GRID",
            effect,
            "Photograph the original printout in even, bright light, from nearer if its lines are pale.",
        ));
    }
    issues
}

/// Issues of light, sharpness, resolution and ink.
pub(super) fn judge_sheet(sheet: &SheetEvidence) -> Vec<Issue> {
    let mut issues = Vec::new();
    let light = LightEvidence::of(sheet.picture, sheet.near_grid);
    issues.extend(graded(
        "TOO_DARK",
        -light.paper,
        (-PAPER_BRIGHTNESS.0, -PAPER_BRIGHTNESS.1),
        "The picture is very dark.",
        "Photograph the printout again in brighter, even light.",
    ));
    issues.extend(graded(
        "CLIPPED",
        light.glare,
        GLARE_SHARE,
        "Parts of the paper are over-exposed: the trace is washed out there.",
        "Turn the flash off, avoid reflections, and photograph the printout again.",
    ));
    issues.extend(graded(
        "LOW_RESOLUTION",
        -sheet.pixels_per_mm,
        (-RESOLUTION_PX_PER_MM.0, -RESOLUTION_PX_PER_MM.1),
        "The printout is too small in the picture.",
        "Go closer so that the printout fills the picture, and choose the original photo.",
    ));
    let edges = edge_widths_mm(sheet.picture, sheet.paper);
    issues.extend(graded(
        "BLURRED",
        edges.into_iter().flatten().fold(0.0, f32::max),
        EDGE_MM,
        "The picture is blurred.",
        "Hold the camera still, tap on the paper to focus, and photograph it again.",
    ));
    issues.extend(graded(
        "LOW_CONTRAST",
        -sheet.stroke_contrast,
        (-STROKE_CONTRAST.0, -STROKE_CONTRAST.1),
        "The trace is hardly darker than the paper.",
        "Photograph the original printout rather than a pale copy, in brighter light.",
    ));
    if sheet.stroke_mm < MIN_STROKE_MM || ink_share(sheet.ink) > MAX_INK_SHARE {
        issues.push(no_tracing());
    }
    issues
}

/// Share of a sheet's pixels that are inked.
pub(super) fn ink_share(ink: &[f32]) -> f32 {
    let inked = ink.iter().filter(|&&ink| ink > 0.5).count();
    inked as f32 / ink.len().max(1) as f32
}

/// Issues of the curves that were followed on a sheet, which is an ECG with this probability.
pub(super) fn judge_tracing(evidence: &BeatEvidence, probability: f32) -> Vec<Issue> {
    if evidence.rows == 0 || probability < LIKELY_ECG {
        return vec![no_tracing()];
    }
    if evidence.length_mm < SHORT_ROW_MM * evidence.rows as f32 {
        return vec![Issue::warn(
            "INCOMPLETE",
            "Only a part of the ECG was found.",
            "Make sure that the whole printout is in the picture, flat and sharp up to its edges.",
        )];
    }
    Vec::new()
}

/// Whether one of the issues stops the reading.
pub(super) fn stops(issues: &[Issue]) -> bool {
    issues
        .iter()
        .any(|issue| issue.severity == Severity::Reject)
}

/// What to tell when an issue stops the reading: the issues that stop it. Where no grid or no
/// curves were found, faults of the photo that would only have been warnings come first, because
/// they may be why.
pub(super) fn refusal(mut issues: Vec<Issue>) -> Vec<Issue> {
    const FAULTS: [&str; 6] = [
        "TOO_DARK",
        "CLIPPED",
        "LOW_RESOLUTION",
        "BLURRED",
        "LOW_CONTRAST",
        "UNEVEN_PAGE",
    ];
    let not_found = |issue: &Issue| issue.code == "NO_GRID" || issue.code == "NOT_AN_ECG";
    if issues.iter().any(not_found) {
        for issue in &mut issues {
            if FAULTS.contains(&issue.code.as_str()) {
                issue.severity = Severity::Reject;
            }
        }
    }
    issues.retain(|issue| issue.severity == Severity::Reject);
    issues.sort_by_key(not_found);
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

    use super::super::evidence::tests::{beats, drawn};
    use super::*;

    const SIDE_PX: u32 = 600;
    const PIXELS: usize = (SIDE_PX * SIDE_PX) as usize;

    fn codes(issues: &[Issue]) -> Vec<(&str, Severity)> {
        issues
            .iter()
            .map(|issue| (issue.code.as_str(), issue.severity))
            .collect()
    }

    /// Paper of this brightness with thin lines every 5 mm.
    fn paper(brightness: u8) -> RgbImage {
        RgbImage::from_fn(SIDE_PX, SIDE_PX, |x, y| {
            let line = x % 30 < 2 || y % 30 < 2;
            Rgb([brightness - if line { brightness / 2 } else { 0 }; 3])
        })
    }

    fn good<'a>(picture: &'a RgbImage, ink: &'a [f32], paper: &'a [bool]) -> SheetEvidence<'a> {
        SheetEvidence {
            picture,
            ink,
            paper,
            near_grid: paper,
            pixels_per_mm: 9.0,
            stroke_mm: 1000.0,
            stroke_contrast: 0.5,
        }
    }

    #[test]
    fn a_good_sheet_has_no_issues_and_each_fault_its_own() {
        let (ink, paper_mask, full) = (vec![0.0; PIXELS], vec![true; PIXELS], vec![1.0; PIXELS]);
        let (bright, dim, black) = (paper(230), paper(60), paper(30));
        let blurred = image::imageops::fast_blur(&bright, 3.0);
        let good = good(&bright, &ink, &paper_mask);
        assert!(judge_sheet(&good).is_empty());
        let (warn, reject) = (Severity::Warn, Severity::Reject);
        let faults = [
            (
                SheetEvidence {
                    pixels_per_mm: 3.0,
                    ..good
                },
                "LOW_RESOLUTION",
                warn,
            ),
            (
                SheetEvidence {
                    pixels_per_mm: 1.5,
                    ..good
                },
                "LOW_RESOLUTION",
                reject,
            ),
            (
                SheetEvidence {
                    stroke_mm: 0.0,
                    ..good
                },
                "NOT_AN_ECG",
                reject,
            ),
            (SheetEvidence { ink: &full, ..good }, "NOT_AN_ECG", reject),
            (
                SheetEvidence {
                    stroke_contrast: 0.2,
                    ..good
                },
                "LOW_CONTRAST",
                warn,
            ),
            (
                SheetEvidence {
                    picture: &blurred,
                    ..good
                },
                "BLURRED",
                warn,
            ),
            (
                SheetEvidence {
                    picture: &dim,
                    ..good
                },
                "TOO_DARK",
                warn,
            ),
            (
                SheetEvidence {
                    picture: &black,
                    ..good
                },
                "TOO_DARK",
                reject,
            ),
        ];
        for (evidence, code, severity) in faults {
            assert_eq!(codes(&judge_sheet(&evidence)), [(code, severity)]);
        }
    }

    #[test]
    fn a_grid_must_agree_show_and_have_a_sensible_size() {
        let good = GridEvidence {
            agreement: 0.9,
            clarity: 0.9,
            prominence: 30.0,
            is_by_outline: false,
            sheet_mm2: 40_000.0,
            stretch: 1.1,
            off_square: 0.02,
        };
        assert!(judge_grid(&good).is_empty());
        let doubtful = GridEvidence {
            agreement: 0.7,
            clarity: 0.65,
            ..good
        };
        assert_eq!(
            codes(&judge_grid(&doubtful)),
            [
                ("UNEVEN_PAGE", Severity::Warn),
                ("FAINT_GRID", Severity::Warn)
            ]
        );
        let faint = GridEvidence {
            prominence: 8.0,
            ..good
        };
        assert_eq!(codes(&judge_grid(&faint)), [("FAINT_GRID", Severity::Warn)]);
        for bad in [
            GridEvidence {
                agreement: 0.4,
                ..good
            },
            GridEvidence {
                clarity: 0.3,
                ..good
            },
            GridEvidence {
                prominence: 1.0,
                ..good
            },
            GridEvidence {
                sheet_mm2: 900.0,
                ..good
            },
            GridEvidence {
                sheet_mm2: 200_000.0,
                ..good
            },
            GridEvidence {
                stretch: 2.5,
                ..good
            },
        ] {
            assert_eq!(codes(&judge_grid(&bad)), [("NO_GRID", Severity::Reject)]);
        }
        // What lines need not tell where the outline does.
        let outlined = GridEvidence {
            agreement: 0.4,
            clarity: 0.3,
            prominence: 2.5,
            is_by_outline: true,
            ..good
        };
        assert_eq!(
            codes(&judge_grid(&outlined)),
            [
                ("UNEVEN_PAGE", Severity::Warn),
                ("FAINT_GRID", Severity::Warn)
            ]
        );
        assert!(outlined.shows());
        let blank = GridEvidence {
            prominence: 1.0,
            ..outlined
        };
        assert!(!blank.shows() && !stops(&judge_grid(&blank)));
    }

    #[test]
    fn what_is_unlikely_or_has_no_beats_is_no_ecg_and_short_rows_are_a_part() {
        let (sheet, rows) = drawn(&[&beats, &|x| -0.6 * beats(x), &beats]);
        let evidence = BeatEvidence::of(&sheet, &rows);
        let refused = [("NOT_AN_ECG", Severity::Reject)];
        assert!(judge_tracing(&evidence, LIKELY_ECG).is_empty());
        assert_eq!(codes(&judge_tracing(&evidence, LIKELY_ECG - 0.01)), refused);
        let short = BeatEvidence {
            length_mm: 400.0,
            ..evidence
        };
        assert_eq!(
            codes(&judge_tracing(&short, SURE_ECG)),
            [("INCOMPLETE", Severity::Warn)]
        );
        assert_eq!(
            codes(&judge_tracing(&BeatEvidence::of(&sheet, &[]), 1.0)),
            refused
        );
    }

    #[test]
    fn a_refusal_names_the_likely_reason_first() {
        let blurred = Issue::warn("BLURRED", "", "");
        let faint = Issue::warn("FAINT_GRID", "", "");
        let told = refusal(vec![no_tracing(), blurred.clone(), faint]);
        assert_eq!(
            codes(&told),
            [
                ("BLURRED", Severity::Reject),
                ("NOT_AN_ECG", Severity::Reject)
            ]
        );
        let dark = Issue::reject("TOO_DARK", "", "");
        assert_eq!(refusal(vec![blurred, dark.clone()]), [dark]);
    }
}
