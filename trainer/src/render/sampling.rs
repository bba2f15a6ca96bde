//! How often printed pages look how.

use inkbeat::lead::Lead;
use rand::{Rng, RngExt};

use super::caption::captions;
use super::chance::{normal, pick, uniform};
use super::font::Typeface;
use super::grid::GridStyle;
use super::layout::{PageLayout, TRACING_WIDTH_MM};
use super::style::{LabelPlacement, PAGES_MM, PageStyle, Pulse, Separator};
use super::trace::SignalFilter;

impl PageStyle {
    /// A random page. The distributions are choices made after looking at real printouts.
    pub fn sample<R: Rng + ?Sized>(rng: &mut R) -> Self {
        use PageLayout::{SixByTwo, ThreeByFourPlusOne, TwelveByOne};
        let page_mm = pick(rng, &[(PAGES_MM[0], 0.6), (PAGES_MM[1], 0.4)]);
        let layout = pick(
            rng,
            &[
                (ThreeByFourPlusOne, 0.70),
                (SixByTwo, 0.18),
                (TwelveByOne, 0.12),
            ],
        );
        let speed_mm_s = pick(rng, &[(25.0, 0.97), (50.0, 0.03)]);
        let same_window = layout.columns() > 1 && rng.random_bool(0.2);
        let seconds_per_column = TRACING_WIDTH_MM / layout.columns() as f32 / speed_mm_s;
        let other_rhythms = pick(rng, &[(Lead::I, 1.0), (Lead::III, 1.0), (Lead::V2, 1.0)]);
        let mut style = Self {
            page_mm,
            layout,
            rhythm_lead: pick(
                rng,
                &[
                    (Lead::II, 0.75),
                    (Lead::V1, 0.12),
                    (Lead::V5, 0.08),
                    (other_rhythms, 0.05),
                ],
            ),
            speed_mm_s,
            gain_mm_mv: pick(rng, &[(10.0, 0.97), (5.0, 0.02), (20.0, 0.01)]),
            same_window,
            start_s: if same_window {
                f64::from(uniform(rng, 0.0, 10.0 - seconds_per_column))
            } else {
                0.0
            },
            filter: pick(
                rng,
                &[
                    (SignalFilter::None, 0.6),
                    (SignalFilter::Lowpass40, 0.3),
                    (SignalFilter::Bandpass40, 0.1),
                ],
            ),
            left_mm: 0.0,
            top_mm: 0.0,
            row_pitch_mm: 0.0,
            trace_width_mm: normal(rng, 0.35, 0.08).clamp(0.18, 0.6),
            trace_colour: sample_ink(rng),
            dropout: if rng.random_bool(0.03) {
                uniform(rng, 0.01, 0.06)
            } else {
                0.0
            },
            pulse: pick(
                rng,
                &[
                    (Pulse::Left, 0.6),
                    (Pulse::Right, 0.15),
                    (Pulse::None, 0.25),
                ],
            ),
            pulse_width_mm: pick(rng, &[(5.0, 0.8), (2.5, 0.2)]),
            separator: pick(
                rng,
                &[
                    (Separator::None, 0.40),
                    (Separator::Tick, 0.35),
                    (Separator::FullLine, 0.13),
                    (Separator::Gap, 0.12),
                ],
            ),
            separator_width_mm: uniform(rng, 0.2, 0.9),
            separator_gap_mm: uniform(rng, 0.8, 3.0),
            labels: pick(
                rng,
                &[
                    (LabelPlacement::AboveStart, 0.56),
                    (LabelPlacement::Below, 0.25),
                    (LabelPlacement::Inline, 0.15),
                    (LabelPlacement::None, 0.04),
                ],
            ),
            typeface: sample_typeface(rng),
            text_colour: sample_ink(rng),
            captions: Vec::new(),
            paper_colour: sample_paper(rng),
            desk_colour: sample_desk(rng),
            grid: GridStyle {
                area_mm: [0.0, 0.0, page_mm[0], page_mm[1]],
                ..sample_grid(rng)
            },
        };
        style.place_tracing(rng);
        style.captions = captions(rng, &style);
        style
    }

    /// Margins and row pitch such that the last row still fits on the page.
    fn place_tracing<R: Rng + ?Sized>(&mut self, rng: &mut R) {
        let (low, high) = match self.layout {
            PageLayout::ThreeByFourPlusOne => (22.0, 40.0),
            PageLayout::SixByTwo => (18.0, 28.0),
            PageLayout::TwelveByOne => (10.5, 14.5),
        };
        self.row_pitch_mm = uniform(rng, low, high);
        let rows_mm = (self.layout.rows() - 1) as f32 * self.row_pitch_mm;
        self.top_mm = uniform(rng, 20.0, 55.0).min(self.page_mm[1] - 12.0 - rows_mm);
        let pulse_mm = if self.pulse == Pulse::None {
            0.0
        } else {
            self.pulse_cell_mm()
        };
        let room_mm = self.page_mm[0] - TRACING_WIDTH_MM - pulse_mm - 2.0;
        self.left_mm = uniform(rng, 3.0, 15.0).min(room_mm);
        if rng.random_bool(0.35) {
            // A printed field instead of pre-printed paper.
            let last_mm = self.top_mm + rows_mm;
            self.grid.area_mm = [
                (self.left_mm - uniform(rng, 1.0, 8.0)).max(1.0),
                (self.top_mm - uniform(rng, 12.0, 30.0)).max(1.0),
                (self.left_mm + TRACING_WIDTH_MM + pulse_mm + uniform(rng, 0.0, 12.0))
                    .min(self.page_mm[0] - 1.0),
                (last_mm + uniform(rng, 10.0, 20.0)).min(self.page_mm[1] - 1.0),
            ];
            self.grid.framed = rng.random_bool(0.5);
        }
        // Some devices draw the grid with the trace, others print on paper that was fed in anyhow.
        self.grid.phase_mm = if rng.random_bool(0.5) {
            [self.left_mm, self.top_mm]
        } else {
            [uniform(rng, 0.0, 5.0), uniform(rng, 0.0, 5.0)]
        };
    }
}

fn sample_ink<R: Rng + ?Sized>(rng: &mut R) -> [f32; 3] {
    if rng.random_bool(0.08) {
        return [
            uniform(rng, 0.0, 0.15),
            uniform(rng, 0.0, 0.2),
            uniform(rng, 0.35, 0.6),
        ];
    }
    [uniform(rng, 0.0, 0.25); 3]
}

fn sample_paper<R: Rng + ?Sized>(rng: &mut R) -> [f32; 3] {
    let grey = uniform(rng, 0.9, 1.0);
    let tint = if rng.random_bool(0.25) {
        uniform(rng, 0.02, 0.12)
    } else {
        0.01
    };
    // Thermal paper is pinkish or yellowish: green and blue fall short.
    [grey, grey - tint * uniform(rng, 0.4, 1.0), grey - tint]
}

/// Tables are mostly grey or brown, never far from either.
fn sample_desk<R: Rng + ?Sized>(rng: &mut R) -> [f32; 3] {
    let (grey, brown) = (uniform(rng, 0.15, 0.75), uniform(rng, -0.05, 0.25));
    [1.0 + brown, 1.0, 1.0 - brown]
        .map(|tint| (grey * tint + normal(rng, 0.0, 0.03)).clamp(0.05, 0.95))
}

fn sample_typeface<R: Rng + ?Sized>(rng: &mut R) -> Typeface {
    let cap_height_mm = uniform(rng, 2.0, 4.5);
    Typeface {
        cap_height_mm,
        pen_mm: (cap_height_mm * uniform(rng, 0.08, 0.2)).max(0.2),
        stretch: uniform(rng, 0.65, 1.1),
        slant: pick(rng, &[(0.0, 0.8), (0.2, 0.2)]),
        barred_i: rng.random_bool(0.35),
    }
}

fn sample_grid<R: Rng + ?Sized>(rng: &mut R) -> GridStyle {
    const RED: [f32; 3] = [0.92, 0.25, 0.25];
    const DARK_RED: [f32; 3] = [0.60, 0.12, 0.15];
    const PINK: [f32; 3] = [0.95, 0.50, 0.58];
    const ORANGE: [f32; 3] = [0.93, 0.52, 0.22];
    const GREY: [f32; 3] = [0.45, 0.45, 0.45];
    const GREEN: [f32; 3] = [0.30, 0.65, 0.40];
    const BLUE: [f32; 3] = [0.35, 0.50, 0.80];
    let base = pick(
        rng,
        &[
            (RED, 0.27),
            (DARK_RED, 0.15),
            (PINK, 0.20),
            (ORANGE, 0.13),
            (GREY, 0.15),
            (GREEN, 0.05),
            (BLUE, 0.05),
        ],
    );
    let colour = base.map(|channel| (channel + normal(rng, 0.0, 0.04)).clamp(0.0, 1.0));
    let minor_opacity = uniform(rng, 0.08, 0.5);
    let major_opacity = (minor_opacity * uniform(rng, 1.3, 3.0)).min(0.95);
    let minor = (minor_opacity, uniform(rng, 0.1, 0.25));
    let major = (major_opacity, uniform(rng, 0.15, 0.4));
    let plain = GridStyle {
        colour,
        minor,
        major,
        dotted: false,
        phase_mm: [0.0; 2],
        area_mm: [0.0; 4],
        framed: false,
    };
    // In this order: both lines, 5-mm lines only, dots, hardly anything.
    match pick(rng, &[(0_u8, 0.64), (1, 0.15), (2, 0.14), (3, 0.07)]) {
        1 => GridStyle {
            minor: (0.0, 0.1),
            major: (uniform(rng, 0.4, 0.95), uniform(rng, 0.12, 0.35)),
            ..plain
        },
        2 => GridStyle {
            minor: (uniform(rng, 0.4, 0.9), uniform(rng, 0.2, 0.4)),
            major: (uniform(rng, 0.1, 0.5), major.1),
            dotted: true,
            ..plain
        },
        3 => GridStyle {
            minor: (uniform(rng, 0.0, 0.05), minor.1),
            major: (uniform(rng, 0.0, 0.12), major.1),
            ..plain
        },
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::{lead_boxes, tracing_left_mm};
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn sampled_tracings_fit_on_their_pages() {
        for seed in 0..300 {
            let style = PageStyle::sample(&mut ChaCha8Rng::seed_from_u64(seed));
            assert!(style.left_mm >= 3.0 && style.top_mm >= 15.0, "seed {seed}");
            let right_mm = tracing_left_mm(&style) + TRACING_WIDTH_MM;
            assert!(
                right_mm <= style.page_mm[0],
                "seed {seed}: ends at {right_mm} mm"
            );
            for lead_box in lead_boxes(&style) {
                assert!(
                    lead_box.baseline_y_mm < style.page_mm[1] - 5.0,
                    "seed {seed}"
                );
                assert!(
                    lead_box.start_s + lead_box.duration_s <= 10.001,
                    "seed {seed}"
                );
            }
        }
    }

    #[test]
    fn layouts_and_standard_calibration_come_as_often_as_promised() {
        let styles: Vec<PageStyle> = (0..2000)
            .map(|seed| PageStyle::sample(&mut ChaCha8Rng::seed_from_u64(seed)))
            .collect();
        let share = |test: &dyn Fn(&PageStyle) -> bool| {
            styles.iter().filter(|style| test(style)).count() as f32 / styles.len() as f32
        };
        assert!((share(&|s| s.layout == PageLayout::ThreeByFourPlusOne) - 0.70).abs() < 0.04);
        assert!((share(&|s| s.layout == PageLayout::SixByTwo) - 0.18).abs() < 0.03);
        assert!(share(&|s| s.speed_mm_s == 25.0 && s.gain_mm_mv == 10.0) > 0.91);
        assert!(share(&|s| s.grid.minor.0 == 0.0) > 0.1, "5-mm lines only");
    }

    #[test]
    fn equal_seeds_give_equal_styles() {
        let style = |seed| PageStyle::sample(&mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(style(5), style(5));
        assert_ne!(style(5), style(6));
    }
}
