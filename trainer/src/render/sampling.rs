//! How often printed pages look how.

use inkbeat::lead::Lead;
use rand::{Rng, RngExt};

use super::caption::captions;
use super::chance::{normal, pick, uniform};
use super::filter::SignalFilter;
use super::layout::PageLayout;
use super::palette::{
    dress_field, sample_desk, sample_grid, sample_ink, sample_paper, sample_typeface,
};
use super::presets::PAGES_MM;
use super::style::{PageStyle, Pulse, PulseRows, Separator};

/// Length of recording that a sampled page may count on.
const RECORDING_S: f32 = 10.0;
/// Longest row, pulses left out: ten seconds at 25 mm/s.
const MAX_TRACING_MM: f32 = 250.0;

impl PageStyle {
    /// A random page of a ten-second recording. The distributions are choices made after looking
    /// at real printouts.
    pub fn sample<R: Rng + ?Sized>(rng: &mut R) -> Self {
        let mut style = Self {
            page_mm: pick(rng, &[(PAGES_MM[0], 0.6), (PAGES_MM[1], 0.4)]),
            speed_mm_s: pick(rng, &[(25.0, 0.92), (50.0, 0.075), (12.5, 0.005)]),
            gain_mm_mv: pick(rng, &[(10.0, 0.91), (5.0, 0.06), (20.0, 0.03)]),
            layout: sample_layout(rng),
            filter: pick(
                rng,
                &[
                    (SignalFilter::NONE, 0.3),
                    (SignalFilter::band(0.05, 150.0), 0.3),
                    (SignalFilter::band(0.05, 40.0), 0.3),
                    (SignalFilter::band(0.5, 40.0), 0.1),
                ],
            ),
            trace_width_mm: normal(rng, 0.35, 0.08).clamp(0.18, 0.6),
            trace_colour: sample_ink(rng),
            text_colour: sample_ink(rng),
            paper_colour: sample_paper(rng),
            desk_colour: sample_desk(rng),
            typeface: sample_typeface(rng),
            grid: sample_grid(rng),
            ..Self::standard()
        };
        if style.gain_mm_mv == 10.0 && rng.random_bool(0.033) {
            style.chest_gain_mm_mv = Some(5.0);
        }
        if rng.random_bool(0.03) {
            style.dropout = uniform(rng, 0.01, 0.06);
        }
        style.same_window = style.layout.columns > 1 && rng.random_bool(0.2);
        style.sample_pulse(rng);
        style.sample_separator(rng);
        if style.layout.leads.len() <= 2 {
            style.cut_out(rng);
        }
        style.place_tracing(rng);
        style.sample_labels(rng);
        style.captions = captions(rng, &style);
        style
    }

    fn sample_pulse<R: Rng + ?Sized>(&mut self, rng: &mut R) {
        self.pulse = pick(
            rng,
            &[
                (Pulse::Left, 0.6),
                (Pulse::Right, 0.15),
                (Pulse::None, 0.25),
            ],
        );
        self.pulse_rows = pick(
            rng,
            &[
                (PulseRows::Every, 0.88),
                (PulseRows::First, 0.06),
                (PulseRows::Last, 0.06),
            ],
        );
        self.pulse_width_mm = pick(rng, &[(5.0, 0.8), (2.5, 0.2)]);
        self.pulse_lead_mm = if rng.random_bool(0.3) {
            [0.0; 2]
        } else {
            [uniform(rng, 0.0, 2.0), uniform(rng, 0.0, 2.0)]
        };
        if rng.random_bool(0.25) {
            self.pulse_gap_mm = uniform(rng, 0.5, 3.0);
        }
    }

    fn sample_separator<R: Rng + ?Sized>(&mut self, rng: &mut R) {
        self.separator = pick(
            rng,
            &[
                (Separator::None, 0.42),
                (Separator::Tick, 0.30),
                (Separator::SplitTick, 0.05),
                (Separator::FullLine, 0.12),
                (Separator::Gap, 0.11),
            ],
        );
        (self.separator_width_mm, self.separator_length_mm) = match self.separator {
            Separator::Gap => (uniform(rng, 0.8, 3.0), 0.0),
            Separator::FullLine => (uniform(rng, 0.15, 0.5), uniform(rng, 3.0, 12.0)),
            _ => (uniform(rng, 0.2, 1.0), uniform(rng, 3.0, 8.0)),
        };
    }

    /// Names above, below, on or (4 %) nowhere near the traces. Under a thick tick they mostly
    /// stand below right, as office prints have it.
    fn sample_labels<R: Rng + ?Sized>(&mut self, rng: &mut R) {
        let cap_mm = self.typeface.cap_height_mm;
        let right_mm = uniform(rng, 0.0, 2.0);
        let above = uniform(rng, 0.08, 0.2) * self.row_pitch_mm.min(40.0) + 0.4 * cap_mm;
        let below = -uniform(rng, 0.08, 0.16) * self.row_pitch_mm.min(40.0) - cap_mm;
        let inline = uniform(rng, -0.3, 0.5) * cap_mm;
        let under_tick = self.separator == Separator::Tick && rng.random_bool(0.3);
        let up_mm = match under_tick {
            true => below,
            false => pick(rng, &[(above, 0.64), (below, 0.21), (inline, 0.15)]),
        };
        self.label_offset_mm = (!rng.random_bool(0.04)).then_some([right_mm, up_mm]);
        self.label_tick = rng.random_bool(0.1);
    }

    /// Turns the page into a picture of one or two leads cut out of a larger one.
    fn cut_out<R: Rng + ?Sized>(&mut self, rng: &mut R) {
        let rows = self.layout.leads.len() as f32;
        self.page_mm = [uniform(rng, 80.0, 220.0), uniform(rng, 38.0, 50.0) * rows];
        if rng.random_bool(0.6) {
            self.pulse = Pulse::None;
        }
    }

    /// Margins, row pitch and times such that the tracing fits on the page and the recording.
    fn place_tracing<R: Rng + ?Sized>(&mut self, rng: &mut R) {
        let pulse_mm = if self.pulse == Pulse::None {
            0.0
        } else {
            self.pulse_cell_mm()
        };
        let [page_width, page_height] = self.page_mm;
        let columns = self.layout.columns as f32;
        let longest_mm = match self.same_window {
            true => columns * RECORDING_S * self.speed_mm_s,
            false => RECORDING_S * self.speed_mm_s,
        };
        self.tracing_width_mm = MAX_TRACING_MM
            .min(longest_mm)
            .min(page_width - pulse_mm - 8.0);
        let row_s = self.tracing_width_mm / self.speed_mm_s;
        let shown_s = if self.same_window {
            row_s / columns
        } else {
            row_s
        };
        // Whole milliseconds, so that the text form of a style is exact.
        let start_ms = 1000.0 * uniform(rng, 0.0, RECORDING_S - shown_s);
        self.start_s = f64::from(start_ms.floor()) / 1000.0;

        let rows = self.layout.rows();
        let (low, high) = match rows {
            0..=2 => (30.0, 45.0),
            3 => (28.0, 42.0),
            4 => (22.0, 40.0),
            5 => (21.0, 34.0),
            6 => (18.0, 29.0),
            7 | 8 => (17.0, 24.0),
            _ => (10.5, 14.5),
        };
        self.row_pitch_mm = uniform(rng, low, high);
        if rng.random_bool(0.3) {
            self.rhythm_shift_mm = uniform(rng, -0.1, 0.12) * self.row_pitch_mm;
        }
        let rows_mm = self.row_baseline_mm(rows - 1) - self.top_mm;
        self.top_mm = uniform(rng, 20.0, 55.0).min(page_height - 12.0 - rows_mm);
        let room_mm = page_width - self.tracing_width_mm - pulse_mm - 2.0;
        self.left_mm = uniform(rng, 3.0, 15.0).min(room_mm);

        self.grid.area_mm = [0.0, 0.0, page_width, page_height];
        if self.layout.leads.len() > 2 && rng.random_bool(0.35) {
            // A printed field instead of pre-printed paper.
            let last_mm = self.top_mm + rows_mm;
            let right_mm = self.left_mm + self.tracing_width_mm + pulse_mm;
            self.grid.area_mm = [
                (self.left_mm - uniform(rng, 1.0, 8.0)).max(1.0),
                (self.top_mm - uniform(rng, 12.0, 30.0)).max(1.0),
                (right_mm + uniform(rng, 0.0, 12.0)).min(page_width - 1.0),
                (last_mm + uniform(rng, 10.0, 20.0)).min(page_height - 1.0),
            ];
            dress_field(rng, &mut self.grid);
        }
        // Some devices draw the grid with the trace, others print on paper that was fed in anyhow.
        self.grid.phase_mm = if rng.random_bool(0.5) {
            [self.left_mm, self.top_mm]
        } else {
            [uniform(rng, 0.0, 5.0), uniform(rng, 0.0, 5.0)]
        };
    }
}

/// One of the arrangements in use; 3 % show only some of the leads on purpose, and 2 % are one
/// sheet of two.
fn sample_layout<R: Rng + ?Sized>(rng: &mut R) -> PageLayout {
    use Lead::{AVF, AVL, AVR, I, II, III, V1, V2, V3, V4, V5, V6};
    let other = pick(rng, &[(I, 1.0), (III, 1.0), (V2, 1.0), (AVF, 1.0)]);
    let strip = pick(rng, &[(II, 0.75), (V1, 0.12), (V5, 0.08), (other, 0.05)]);
    let two = pick(rng, &[([II, V5], 0.5), ([V1, II], 0.3), ([II, V1], 0.2)]);
    let three = pick(rng, &[([V1, II, V5], 0.7), ([II, V1, V5], 0.3)]);
    let trio = pick(
        rng,
        &[
            ([I, II, III], 1.0),
            ([AVR, AVL, AVF], 0.5),
            ([V1, V2, V3], 0.5),
            ([V4, V5, V6], 0.5),
            ([II, V1, V5], 0.5),
        ],
    );
    let first = rng.random_range(0..Lead::ALL.len() - 1);
    let pair = &Lead::ALL[first..first + rng.random_range(1..3)];
    let half = if rng.random_bool(0.5) { 0 } else { 6 };
    let columns = if rng.random_bool(0.5) { 1 } else { 2 };
    type Maker<'a> = &'a dyn Fn() -> PageLayout;
    let choices: [(Maker<'_>, f32); 13] = [
        (&|| PageLayout::twelve(4, &[strip]), 0.42),
        (&|| PageLayout::twelve(4, &three), 0.12),
        (&|| PageLayout::twelve(4, &[]), 0.10),
        (&|| PageLayout::twelve(2, &[]), 0.12),
        (&|| PageLayout::twelve(1, &[]), 0.06),
        (&|| PageLayout::twelve(4, &two), 0.04),
        (&|| PageLayout::twelve(2, &[strip]), 0.03),
        (&|| PageLayout::cabrera(columns), 0.04),
        (&|| PageLayout::twelve(3, &[]), 0.02),
        (&|| PageLayout::of(1, &Lead::ALL[half..half + 6], &[]), 0.02),
        (&|| PageLayout::of(1, &trio, &[]), 0.01),
        (&|| PageLayout::of(2, &Lead::ALL[6..], &[]), 0.01),
        (&|| PageLayout::of(1, pair, &[]), 0.01),
    ];
    pick(rng, &choices)()
}

#[cfg(test)]
mod tests {
    use super::super::layout::{lead_boxes, tracing_left_mm};
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn style(seed: u64) -> PageStyle {
        PageStyle::sample(&mut ChaCha8Rng::seed_from_u64(seed))
    }

    #[test]
    fn sampled_tracings_fit_on_their_pages_and_recordings() {
        for seed in 0..600 {
            let style = style(seed);
            assert!(style.left_mm >= 1.0 && style.top_mm >= 12.0, "seed {seed}");
            let right_mm = tracing_left_mm(&style) + style.tracing_width_mm;
            assert!(right_mm <= style.page_mm[0], "seed {seed}: {right_mm} mm");
            for lead_box in lead_boxes(&style) {
                let room_mm = style.page_mm[1] - lead_box.baseline_y_mm;
                assert!(room_mm > 5.0, "seed {seed}");
                let end_s = lead_box.start_s + lead_box.duration_s;
                assert!(end_s <= 10.001, "seed {seed}: ends at {end_s} s");
            }
        }
    }

    #[test]
    fn layouts_and_calibrations_come_as_often_as_promised() {
        let styles: Vec<PageStyle> = (0..4000).map(style).collect();
        let share = |test: &dyn Fn(&PageStyle) -> bool| {
            styles.iter().filter(|style| test(style)).count() as f32 / styles.len() as f32
        };
        let named = |name: &str| share(&|s| s.layout.name() == name);
        for (name, expected) in [
            ("3x4+1", 0.42),
            ("3x4+3", 0.12),
            ("6x2", 0.12),
            ("12x1", 0.06),
            ("cabrera 6x2", 0.02),
            ("3x2", 0.01),
        ] {
            let found = named(name);
            assert!((found - expected).abs() < 0.02, "{name}: {found}");
        }
        assert!((share(&|s| s.speed_mm_s == 25.0) - 0.92).abs() < 0.015);
        let split = share(&|s| s.chest_gain_mm_mv.is_some());
        assert!((split - 0.03).abs() < 0.01, "split gain: {split}");
        assert!((share(&|s| s.label_offset_mm.is_none()) - 0.04).abs() < 0.01);
        assert!(share(&|s| s.grid.minor.opacity == 0.0) > 0.1, "5-mm lines");
    }

    #[test]
    fn equal_seeds_give_equal_styles_and_json_keeps_them() {
        assert_eq!(style(5), style(5));
        assert_ne!(style(5), style(6));
        for seed in 0..50 {
            let text = serde_json::to_string(&style(seed)).unwrap();
            assert_eq!(
                serde_json::from_str::<PageStyle>(&text).unwrap(),
                style(seed)
            );
        }
    }
}
