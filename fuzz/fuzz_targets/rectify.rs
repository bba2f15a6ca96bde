//! A small picture of almost anything → the page in it with its leads, or the reasons why there is none.

#![no_main]

use inkbeat_fuzz::outcome::Severity;
use inkbeat_fuzz::photo::layout::LayoutHints;
use inkbeat_fuzz::photo::{Printout, PrintoutOptions, layout_summary, read_printout};
use inkbeat_fuzz::scribble::{self, Dice};
use libfuzzer_sys::fuzz_target;

/// Names of layouts that a person may give, and some that make no sense.
const NAMES: [&str; 8] = [
    "3x4+1",
    "6x2",
    "12x1",
    "cabrera 6x2",
    "3x4+3",
    "",
    "0x0+9",
    "99999999999x4",
];

fuzz_target!(|bytes: &[u8]| {
    let mut dice = Dice(bytes);
    let options = options(&mut dice);
    let photo = scribble::picture(&mut dice);
    match read_printout(&photo, &options, &mut |_| {}) {
        Ok(printout) => check(&printout, &options),
        Err(issues) => {
            assert!(
                issues
                    .iter()
                    .any(|issue| issue.severity == Severity::Reject)
            );
            assert!(
                issues
                    .iter()
                    .all(|issue| !issue.message.is_empty() && !issue.hint.is_empty())
            );
        }
    }
});

/// What a person says, rightly or not: nothing, corners, sizes, speeds.
fn options(dice: &mut Dice) -> PrintoutOptions {
    let mut options = PrintoutOptions::default();
    let said = dice.byte();
    if said & 1 == 0 {
        options.rectify.corners = Some(std::array::from_fn(|_| {
            [dice.between(-100.0, 500.0), dice.between(-100.0, 400.0)].map(f64::from)
        }));
    }
    // Without a size, corners span a large page, which takes long to draw.
    if said & 3 != 1 {
        options.rectify.corners_size_mm = Some(std::array::from_fn(|_| match dice.byte() {
            255 => f64::NAN,
            254 => f64::INFINITY,
            253 => -1.0,
            side => f64::from(side) / 2.0,
        }));
    }
    if said & 4 != 0 {
        let mut figure = || match dice.byte() {
            255 => f32::NAN,
            254 => f32::INFINITY,
            253 => 1e-30,
            252 => -25.0,
            value => f32::from(value) / 4.0,
        };
        options.layout = LayoutHints {
            speed_mm_s: Some(figure()),
            gain_mm_mv: Some(figure()),
            name: None,
        };
    }
    if said & 8 != 0 {
        let name = NAMES[usize::from(dice.byte()) % NAMES.len()];
        options.layout.name = Some(name.to_owned());
    }
    options
}

fn check(printout: &Printout, options: &PrintoutOptions) {
    assert!((0.0..=1.0).contains(&printout.quality.score));
    assert!(
        printout
            .canvas
            .pixels
            .iter()
            .all(|value| (0.0..=1.0).contains(value))
    );
    let sheet = &printout.page.sheet;
    assert_eq!(sheet.ink.len(), sheet.width() * sheet.height());
    for lead in &printout.leads {
        assert!(lead.sample_rate_hz.is_finite() && lead.sample_rate_hz > 0.0);
        assert!(lead.start_s.is_finite());
        assert!(lead.samples_mv.iter().all(|sample| !sample.is_infinite()));
        assert!((0.0..=1.0).contains(&lead.confidence));
    }
    let summary = layout_summary(printout, &options.layout);
    for confidence in [
        summary.name_confidence,
        summary.speed_confidence,
        summary.gain_confidence,
    ] {
        assert!((0.0..=1.0).contains(&confidence), "{summary:?}");
    }
}
