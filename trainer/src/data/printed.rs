//! What is read of a record's printed page, without drawing the page: which lead is shown when, with the errors that reading
//! it leaves.

use inkbeat::lead::Lead;
use inkbeat::photo::digitise::{DigitisedLead, merged};
use inkbeat::signal::{
    MODEL_SAMPLE_RATE_HZ, TRACING_CHANNELS, WINDOW_SAMPLES, isoelectric_level, tracing_window,
};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::ptbxl::EcgRecord;
use crate::config::SignalAugmentation;
use crate::render::{Curve, LeadBox, PageStyle, SignalFilter, lead_boxes};

/// Relative error of the page's gain and of its speed, standard deviations.
const GAIN_ERROR: f32 = 0.02;
const SPEED_ERROR: f32 = 0.004;
/// Share of pages whose gain is read as half or twice what it is, and whose speed is, as the reader of layouts errs on clean
/// prints of fold 9.
const WRONG_GAIN_SHARE: f64 = 0.05;
const WRONG_SPEED_SHARE: f64 = 0.03;
/// Error of a lead's beginning, standard deviation in seconds.
const START_ERROR_S: f32 = 0.01;
/// Up to this much is missing at either end of a lead (its name, a separator).
const MOST_TRIMMED_S: f32 = 0.12;
/// Share of leads that were not found at all, and that have a gap.
const LOST_SHARE: f64 = 0.03;
const GAP_SHARE: f64 = 0.15;
/// A pen's width and the paper's resolution: weight of either neighbour, up to.
const MOST_BLUR: f32 = 0.22;
/// A sheet that is not quite flat: amplitude up to, and cycles over a lead.
const DRIFT_MV: f32 = 0.05;
const DRIFT_CYCLES: std::ops::Range<f32> = 0.3..1.5;

/// Different looks of pages that a tracing student meets; more would take memory and teach nothing.
pub const PAGES: usize = 4096;

/// Pages of many looks, drawn once from the renderer's distributions.
pub struct PrintedPages {
    pages: Vec<Layout>,
}

/// What a page's look means for its signals.
struct Layout {
    boxes: Vec<LeadBox>,
    filter: SignalFilter,
    /// Seconds since the left end of the first column at which each box is read to begin.
    starts_s: Vec<f64>,
}

impl PrintedPages {
    /// `count` layouts as [`PageStyle::sample`] draws them.
    pub fn sample(count: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let layout = |_| Layout::of(&PageStyle::sample(&mut rng));
        Self {
            pages: (0..count).map(layout).collect(),
        }
    }

    /// The tracing window `[24, 1000]` of `record` on one of the pages; all zeros where nothing would have been read.
    ///
    /// `ranges` bounds amplitude, noise and the length of gaps.
    pub fn read<R: Rng>(
        &self,
        record: &EcgRecord,
        ranges: &SignalAugmentation,
        rng: &mut R,
    ) -> Vec<f32> {
        let layout = &self.pages[rng.random_range(0..self.pages.len())];
        layout
            .read(record, ranges, rng)
            .unwrap_or_else(|| vec![0.0; TRACING_CHANNELS * WINDOW_SAMPLES])
    }
}

impl Layout {
    fn of(style: &PageStyle) -> Self {
        let boxes = lead_boxes(style);
        let left_mm = boxes
            .iter()
            .map(|shown| shown.x_mm)
            .fold(f32::MAX, f32::min);
        let start_s = |shown: &LeadBox| {
            if style.same_window {
                0.0
            } else {
                f64::from((shown.x_mm - left_mm) / style.speed_mm_s)
            }
        };
        Self {
            starts_s: boxes.iter().map(start_s).collect(),
            boxes,
            filter: style.filter,
        }
    }

    fn read<R: Rng>(
        &self,
        record: &EcgRecord,
        ranges: &SignalAugmentation,
        rng: &mut R,
    ) -> Option<Vec<f32>> {
        // Half of the records begin somewhere else, so that a lead does not always show the same beats.
        let shift = rng.random_range(0..WINDOW_SAMPLES) * usize::from(rng.random_bool(0.5));
        let curve = |lead: Lead| {
            let recorded_uv = &record.signal_uv[lead.index() * WINDOW_SAMPLES..][..WINDOW_SAMPLES];
            let mut samples_mv: Vec<f32> = recorded_uv
                .iter()
                .map(|&uv| f32::from(uv) / 1000.0)
                .collect();
            samples_mv.rotate_left(shift);
            Curve::new(&samples_mv, MODEL_SAMPLE_RATE_HZ, self.filter)
        };
        let curves: Vec<Curve> = Lead::ALL.into_iter().map(curve).collect();
        let gain = (1.0 + rng.random_range(-1.0..=1.0) * ranges.amplitude)
            * (1.0 + GAIN_ERROR * normal(rng))
            * misread(WRONG_GAIN_SHARE, rng);
        // How much longer than it lasts the page seems to be.
        let stretch = (1.0 + SPEED_ERROR * normal(rng)) * misread(WRONG_SPEED_SHARE, rng);
        let noise_mv = ranges.noise_mv * rng.random_range(0.0..=1.0);
        let blur = rng.random_range(0.0..=MOST_BLUR);
        let drift_mv = rng.random_range(0.0..=DRIFT_MV);
        let mut leads = Vec::with_capacity(self.boxes.len());
        for (shown, &start_s) in self.boxes.iter().zip(&self.starts_s) {
            let curve = &curves[shown.lead.index()];
            let Some(shown) = shown.clone().within(curve.recorded_s()) else {
                continue;
            };
            if rng.random_bool(LOST_SHARE) {
                continue;
            }
            let from_s = rng.random_range(0.0..=MOST_TRIMMED_S);
            let to_s = shown.duration_s as f32 - rng.random_range(0.0..=MOST_TRIMMED_S);
            let seconds = (to_s - from_s) * stretch;
            let samples = (seconds * MODEL_SAMPLE_RATE_HZ as f32).max(0.0) as usize;
            let first_s = shown.start_s + f64::from(from_s + START_ERROR_S * normal(rng));
            let mut samples_mv: Vec<f32> = (0..samples)
                .map(|k| curve.at(first_s + k as f64 / MODEL_SAMPLE_RATE_HZ / f64::from(stretch)))
                .collect();
            smooth(&mut samples_mv, blur);
            let phase = rng.random_range(0.0..std::f32::consts::TAU);
            let turns = std::f32::consts::TAU * rng.random_range(DRIFT_CYCLES) / samples as f32;
            for (k, mv) in samples_mv.iter_mut().enumerate() {
                *mv = gain * *mv
                    + drift_mv * (turns * k as f32 + phase).sin()
                    + noise_mv * normal(rng);
            }
            if rng.random_bool(GAP_SHARE) {
                cut_gap(&mut samples_mv, ranges.blank_secs, rng);
            }
            let level_mv = isoelectric_level(&samples_mv).unwrap_or(0.0);
            samples_mv.iter_mut().for_each(|mv| *mv -= level_mv);
            leads.push(DigitisedLead {
                lead: Some(shown.lead),
                is_rhythm: shown.is_rhythm,
                start_s: (start_s + f64::from(from_s)) * f64::from(stretch),
                sample_rate_hz: MODEL_SAMPLE_RATE_HZ,
                samples_mv,
                confidence: 1.0,
                overlay_mm: Vec::new(),
            });
        }
        tracing_window(&merged(&leads)?)
    }
}

/// The tracing window of a whole record `[12, 1000]`: all leads for ten seconds.
pub fn whole_record(signal_mv: &[f32]) -> Vec<f32> {
    let mut window = signal_mv.to_vec();
    for lead in window.chunks_mut(WINDOW_SAMPLES) {
        let level_mv = isoelectric_level(lead).unwrap_or(0.0);
        lead.iter_mut().for_each(|mv| *mv -= level_mv);
    }
    window.resize(TRACING_CHANNELS * WINDOW_SAMPLES, 1.0);
    window
}

/// 1, or for `share` of the pages ½ or 2.
fn misread<R: Rng>(share: f64, rng: &mut R) -> f32 {
    if !rng.random_bool(share) {
        1.0
    } else if rng.random_bool(0.5) {
        0.5
    } else {
        2.0
    }
}

fn normal<R: Rng>(rng: &mut R) -> f32 {
    StandardNormal.sample(rng)
}

/// Each sample with `weight` of either neighbour.
fn smooth(samples: &mut [f32], weight: f32) {
    let mut before = samples.first().copied().unwrap_or(0.0);
    for k in 0..samples.len() {
        let after = samples.get(k + 1).copied().unwrap_or(samples[k]);
        let smoothed = (1.0 - 2.0 * weight) * samples[k] + weight * (before + after);
        before = std::mem::replace(&mut samples[k], smoothed);
    }
}

/// Loses a stretch of up to `longest_s`.
fn cut_gap<R: Rng>(samples_mv: &mut [f32], longest_s: f32, rng: &mut R) {
    let length = (rng.random_range(0.0..=longest_s) * MODEL_SAMPLE_RATE_HZ as f32) as usize;
    let start = rng.random_range(0..=samples_mv.len().saturating_sub(length));
    let end = (start + length).min(samples_mv.len());
    samples_mv[start..end].fill(f32::NAN);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Source;

    const EXACT: SignalAugmentation = SignalAugmentation {
        amplitude: 0.0,
        noise_mv: 0.0,
        blank_secs: 0.0,
        turn_deg: 0.0,
    };

    #[test]
    fn a_page_shows_what_its_style_says() {
        let set = Source::Synthetic(10).load(&[1]).expect("synthetic records");
        let record = &set.records()[0];
        let layout = Layout::of(&PageStyle::standard());
        // Without loss, every lead has its quarter; the errors of reading shift and scale it a little.
        let window = (0..64)
            .filter_map(|seed| layout.read(record, &EXACT, &mut ChaCha8Rng::seed_from_u64(seed)))
            .max_by_key(|window| window.iter().filter(|&&v| v == 1.0).count())
            .expect("pages are read");
        let shown = |lead: Lead| &window[(12 + lead.index()) * WINDOW_SAMPLES..][..WINDOW_SAMPLES];
        for (lead, column) in [(Lead::I, 0), (Lead::AVF, 1), (Lead::V2, 2), (Lead::V6, 3)] {
            let middle = 250 * column + 30..250 * column + 220;
            assert!(shown(lead)[middle].iter().all(|&s| s == 1.0), "{lead:?}");
            let elsewhere = (250 * column + 500) % 1000;
            assert!(
                shown(lead)[elsewhere..elsewhere + 200]
                    .iter()
                    .all(|&s| s == 0.0)
            );
        }
        assert!(shown(Lead::II).iter().filter(|&&s| s == 1.0).count() > 900);
    }

    #[test]
    fn equal_seeds_read_alike_and_others_do_not() {
        let set = Source::Synthetic(10).load(&[1]).expect("synthetic records");
        let pages = PrintedPages::sample(20, 1);
        let ranges = SignalAugmentation::default();
        let read = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            pages.read(&set.records()[0], &ranges, &mut rng)
        };
        assert_eq!(read(1), read(1));
        assert_ne!(read(1), read(2));
        assert!(read(1).iter().all(|value| value.is_finite()));
    }

    #[test]
    fn smoothing_keeps_the_sum_of_a_spike() {
        let mut spike = [0.0, 0.0, 1.0, 0.0, 0.0];
        smooth(&mut spike, 0.1);
        assert_eq!(spike, [0.0, 0.1, 0.8, 0.1, 0.0]);
    }
}
