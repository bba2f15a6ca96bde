//! A photo of a printout read as a whole: straightened, laid out, digitised, and drawn for the network.

use image::RgbImage;

use super::canvas::{CanvasView, InkCanvas, draw_canvas};
use super::digitise::{DigitisedLead, JoinedRows, digitise, joined, merged};
use super::evidence::BeatEvidence;
use super::gate::{GateFeatures, GateModel, gate_features};
use super::layout::{Found, LayoutHints, ONE_LEAD, PageLayout, read_layout};
use super::quality::{SURE_ECG, judge_tracing, no_grid, refusal, stops};
use super::rectify::{Pages, Rectified, RectifyOptions, rectify_first};
use super::trace::{Row, follow_rows};
use crate::outcome::{Issue, Quality};
use crate::recording::Recording;
use crate::signal::tracing_window;

/// Values read with at least this confidence are used without asking.
pub const SURE: f32 = 0.8;
/// What the network is shown where the page does not tell and nobody has said: by far the most
/// common speed and gain. The reading then carries a warning and measures nothing.
pub const USUAL_SPEED_MM_S: f32 = 25.0;
/// See [`USUAL_SPEED_MM_S`].
pub const USUAL_GAIN_MM_MV: f32 = 10.0;
/// Pages that stand upright less surely are read on their heads too.
const SURELY_UPRIGHT: f32 = 0.98;
/// Log odds by which a page must read better on its head to be turned. One that lay on its side may have been
/// turned either way.
const TURNED_FOR: f32 = 2.5;
/// A page that is less likely an ECG is not looked at with more care.
const HOPELESS: f32 = 0.03;
/// What the log likelihood of an arrangement of leads counts for the way up on which it was found, and the highest that counts: on
/// its head, a page's limb leads are no sums and differences of each other.
const BY_ARRANGEMENT: (f32, f32) = (0.4, 25.0);

/// What a person may know better than the program.
#[derive(Clone, Debug, Default)]
pub struct PrintoutOptions {
    /// How to find the page.
    pub rectify: RectifyOptions,
    /// Speed, gain and layout.
    pub layout: LayoutHints,
}

/// A printout that was read.
#[derive(Clone, Debug)]
pub struct Printout {
    /// The straightened page and where it is on the photo.
    pub page: Rectified,
    /// Which lead stands where, at which speed and gain.
    pub layout: PageLayout,
    /// Every lead box as a signal.
    pub leads: Vec<DigitisedLead>,
    /// What the image student reads.
    pub canvas: InkCanvas,
    /// Quality of page and tracing together.
    pub quality: Quality,
}

/// The steps of the work, announced before each begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Finding the grid and straightening the page.
    Rectify,
    /// Following the curves and reading the page's layout and voltages.
    Digitise,
}

/// Reads a photo.
///
/// # Errors
/// Issues of which at least one is of severity [`Severity::Reject`](crate::outcome::Severity::Reject), if this is no readable ECG.
pub fn read_printout(
    photo: &RgbImage,
    options: &PrintoutOptions,
    begin: &mut dyn FnMut(Step),
) -> Result<Printout, Vec<Issue>> {
    read_printout_watched(photo, options, begin, &|_, _| {})
}

/// The same, with a look at every page that was tried and at what it is judged by: to learn from.
///
/// # Errors
/// Those of [`read_printout`].
pub fn read_printout_watched(
    photo: &RgbImage,
    options: &PrintoutOptions,
    begin: &mut dyn FnMut(Step),
    watch: &dyn Fn(&Rectified, &GateFeatures),
) -> Result<Printout, Vec<Issue>> {
    begin(Step::Rectify);
    let (page, pages) = rectify_first(photo, &options.rectify);
    begin(Step::Digitise);
    let reader = Reader {
        options,
        watch,
        gate: GateModel::shipped(),
    };
    let first = match page {
        Ok(page) => reader.read_with_patience(page),
        Err(issues) => Err(Refused {
            issues,
            probability: 0.0,
        }),
    };
    let ReadPage {
        page,
        rows,
        layout,
        mut issues,
        ..
    } = reader
        .or_elsewhere(first, pages)
        .map_err(|refused| refused.issues)?;
    let leads = digitise(&page.sheet, &rows, &layout);
    let canvas = draw_canvas(photo, &page.map, &canvas_view(&page, &layout)).0;
    issues.extend(assumed(&layout));
    let quality = Quality {
        issues,
        ..page.quality.clone()
    };
    Ok(Printout {
        page,
        layout,
        leads,
        canvas,
        quality,
    })
}

impl Printout {
    /// Which part of the page the network was shown.
    pub fn canvas_view(&self) -> CanvasView {
        canvas_view(&self.page, &self.layout)
    }

    /// The lead of a page that shows only one, row after row. `None` unless that is sure.
    pub fn one_lead(&self) -> Option<JoinedRows> {
        let name = self.layout.name.as_ref()?;
        (name.value == ONE_LEAD && sure_name(&self.layout))
            .then(|| joined(&self.leads))
            .flatten()
    }

    /// Whether times and voltages are to scale: by a grid that shows, by corners that were marked, or, on paper of a usual size, by a
    /// calibration pulse of a usual height.
    pub fn is_to_scale(&self) -> bool {
        self.page.shows_grid() || sure(self.layout.gain_mm_mv).is_some()
    }

    /// What was digitised, on one clock: the leads that have names, or the rows of one lead. `None` if there are none.
    pub fn recording(&self) -> Option<Recording> {
        self.one_lead()
            .map(Recording::from)
            .or_else(|| merged(&self.leads))
    }

    /// What the tracing student reads, `[24, 1000]` (see [`tracing_window`]). `None` unless it is sure which lead stands where:
    /// potentials under a wrong name mislead.
    pub fn tracing_window(&self) -> Option<Vec<f32>> {
        let is_sure = sure_name(&self.layout);
        tracing_window(&merged(&self.leads).filter(|_| is_sure)?)
    }
}

/// A page with its rows and layout, and what speaks against it.
struct ReadPage {
    page: Rectified,
    rows: Vec<Row>,
    layout: PageLayout,
    issues: Vec<Issue>,
    /// How likely it is an ECG.
    probability: f32,
}

impl ReadPage {
    /// Whether its curves are an ECG's beyond doubt, wherever they stand.
    fn is_sure_ecg(&self) -> bool {
        self.probability >= SURE_ECG
    }
}

/// A page that can't be read.
struct Refused {
    issues: Vec<Issue>,
    /// How likely it is an ECG.
    probability: f32,
}

/// How pages are read.
struct Reader<'a> {
    options: &'a PrintoutOptions,
    watch: &'a dyn Fn(&Rectified, &GateFeatures),
    gate: GateModel,
}

impl Reader<'_> {
    /// Reads a page, and again where what lies beside it may have been in the way or a pale tracing may have been missed.
    fn read_with_patience(&self, page: Rectified) -> Result<ReadPage, Refused> {
        let read = self.read_page(page);
        let is_refused = stops(&read.issues);
        let options = self.options;
        if options.rectify.corners.is_some() || !is_refused && sure_name(&read.layout) {
            return accepted(read);
        }
        // What was accepted gives way to a known layout alone.
        let again = |page| {
            convincing(self.read_page(page)).filter(|read| is_refused || sure_name(&read.layout))
        };
        let read_pale = |page: &Rectified| {
            let pale = page.with_pale_ink()?;
            let on_grid = pale.with_ink_on_grid();
            again(pale).or_else(|| again(on_grid))
        };
        let mut second = again(read.page.with_ink_on_grid());
        if second.is_none() && !is_refused {
            // Blurred strokes of the grid, shadows or a frame may have told the wrong way up.
            second = again(read.page.clone().turned(1));
        }
        if second.is_none() && is_refused {
            // What level strokes are is not known before it is known which way up the page is.
            second = read_pale(&read.page).or_else(|| read_pale(&read.page.clone().turned(1)));
        }
        second.map_or_else(|| accepted(read), Ok)
    }

    /// What was read first, or another page of the picture if that was refused, or if nothing but its curves speaks for it: those
    /// of a desk, or of paper beneath the page. Whole rows on a known layout are best; what was accepted gives way to them alone,
    /// and, but to the same page followed further, never if its grid is sure.
    fn or_elsewhere(
        &self,
        first: Result<ReadPage, Refused>,
        pages: Option<Pages>,
    ) -> Result<ReadPage, Refused> {
        let Some(pages) = pages else {
            return first;
        };
        let is_whole = |read: &ReadPage| sure_name(&read.layout) && !is_incomplete(&read.issues);
        let (is_doubtful, probability) = match &first {
            Ok(read) => (!is_whole(read), read.probability),
            Err(refused) => (true, refused.probability),
        };
        if is_doubtful && probability >= HOPELESS {
            let further = pages.likeliest_further().map(|page| self.read_page(page));
            if let Some(read) = further.and_then(convincing).filter(is_whole) {
                return Ok(read);
            }
        }
        let may_be_elsewhere = match &first {
            Ok(read) => {
                let is_unknown = !sure_name(&read.layout) && !read.is_sure_ecg();
                !pages.is_sure() && (is_unknown || is_incomplete(&read.issues))
            }
            Err(_) => true,
        };
        if !may_be_elsewhere {
            return first;
        }
        let mut best = None;
        for page in pages.others() {
            let Some(at_first) = page.at_first().map(|page| self.read_page(page)) else {
                continue;
            };
            if at_first.probability < HOPELESS {
                continue;
            }
            let refined = page.refined().map(|page| self.read_page(page));
            let read = refined
                .and_then(convincing)
                .or_else(|| convincing(at_first));
            if read.as_ref().is_some_and(is_whole) {
                return read.map_or(first, Ok);
            }
            best = best.or(read);
        }
        match (first, best) {
            (Err(_), Some(read)) => Ok(read),
            (first, _) => first,
        }
    }

    /// Follows and names the rows of a page, which is turned if it stands on its head.
    fn read_page(&self, mut page: Rectified) -> ReadPage {
        let options = self.options;
        let (mut rows, mut layout) = read_rows(&page, &options.layout);
        if layout.upright < SURELY_UPRIGHT && options.rectify.corners.is_none() {
            let needed = if page.rotation_deg % 180 == 0 {
                TURNED_FOR
            } else {
                0.0
            };
            let turned = page.clone().turned(2);
            let (turned_rows, turned_layout) = read_rows(&turned, &options.layout);
            if uprightness(&turned_layout) > uprightness(&layout) + needed {
                (page, rows, layout) = (turned, turned_rows, turned_layout);
            }
        }
        let mut issues = page.quality.issues.clone();
        let beats = BeatEvidence::of(&page.sheet, &rows);
        let features = gate_features(&page, &beats, &layout);
        (self.watch)(&page, &features);
        let probability = self.gate.probability(&features);
        issues.extend(judge_tracing(&beats, probability));
        // Blank paper is what most documents are on.
        if !page.shows_grid() && probability < SURE_ECG && !sure_name(&layout) {
            issues.push(no_grid());
        }
        ReadPage {
            page,
            rows,
            layout,
            issues,
            probability,
        }
    }
}

/// The page, if it would be accepted and its leads stand as on a known layout or it is an ECG beyond doubt. Among many grids, or in
/// what smoothing leaves of a pattern, some curves look like beats by chance, but not as much, nor rows of leads as well.
fn convincing(read: ReadPage) -> Option<ReadPage> {
    let is_convincing = |read: &ReadPage| sure_name(&read.layout) || read.is_sure_ecg();
    accepted(read).ok().filter(is_convincing)
}

fn is_incomplete(issues: &[Issue]) -> bool {
    issues.iter().any(|issue| issue.code == "INCOMPLETE")
}

/// The page, if nothing stops its reading.
fn accepted(read: ReadPage) -> Result<ReadPage, Refused> {
    if stops(&read.issues) {
        return Err(Refused {
            issues: refusal(read.issues),
            probability: read.probability,
        });
    }
    Ok(read)
}

/// Log odds of a page standing upright, by what its marks and beats say of that and by how well its leads stand as on a known layout.
fn uprightness(layout: &PageLayout) -> f32 {
    let (share, most) = BY_ARRANGEMENT;
    log_odds(layout.upright) + share * layout.evidence.arrangement.clamp(0.0, most)
}

fn log_odds(probability: f32) -> f32 {
    (probability / (1.0 - probability).max(f32::EPSILON)).ln()
}

fn canvas_view(page: &Rectified, layout: &PageLayout) -> CanvasView {
    page.canvas_view(
        sure(layout.speed_mm_s).unwrap_or(USUAL_SPEED_MM_S),
        sure(layout.gain_mm_mv).unwrap_or(USUAL_GAIN_MM_MV),
    )
}

/// Whether it is sure which layout the leads stand in.
fn sure_name(layout: &PageLayout) -> bool {
    layout
        .name
        .as_ref()
        .is_some_and(|name| name.confidence >= SURE)
}

/// The value, if it is sure.
pub fn sure<T: Copy>(found: Option<Found<T>>) -> Option<T> {
    found
        .filter(|found| found.confidence >= SURE)
        .map(|found| found.value)
}

fn read_rows(page: &Rectified, hints: &LayoutHints) -> (Vec<Row>, PageLayout) {
    let rows = follow_rows(&page.sheet);
    let layout = read_layout(&page.sheet, &rows, hints);
    (rows, layout)
}

/// A warning for what could not be read and was assumed for the network.
fn assumed(layout: &PageLayout) -> Option<Issue> {
    let speed = sure(layout.speed_mm_s).is_none().then_some("paper speed");
    let gain = sure(layout.gain_mm_mv).is_none().then_some("gain");
    let unknown: Vec<&str> = speed.into_iter().chain(gain).collect();
    (!unknown.is_empty()).then(|| {
        Issue::warn(
            "ASSUMED_SCALE",
            format!(
                "The {} could not be read; the findings assume the usual {USUAL_SPEED_MM_S:.0} mm/s and {USUAL_GAIN_MM_MV:.0} mm/mV.",
                unknown.join(" and ")
            ),
            "Look for it at the lower edge of the printout and say which it is.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::layout::{LayoutEvidence, SPEED_FEATURES};

    #[test]
    fn a_page_stands_the_way_up_on_which_its_leads_stand_as_on_a_known_layout() {
        let layout = |upright: f32, arrangement: f32| PageLayout {
            name: None,
            speed_mm_s: None,
            speed_features: [f32::NAN; SPEED_FEATURES],
            gain_mm_mv: None,
            chest_gain_mm_mv: None,
            leads: Vec::new(),
            upright,
            evidence: LayoutEvidence {
                arrangement,
                ..LayoutEvidence::default()
            },
        };
        // log(0.75 / 0.25) = 1.0986; five are worth 2.
        assert!((uprightness(&layout(0.75, 5.0)) - 3.0986).abs() < 1e-3);
        // What speaks against every arrangement speaks for none.
        assert!((uprightness(&layout(0.75, -9.0)) - 1.0986).abs() < 1e-3);
        // Beyond 25 it says no more.
        assert!((uprightness(&layout(0.5, 99.0)) - 10.0).abs() < 1e-3);
    }
}
