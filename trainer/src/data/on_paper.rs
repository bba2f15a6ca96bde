//! A record's lead as a recorder prints it, row after row, read back by the photo pipeline that ships.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use inkbeat::lead::Lead;
use inkbeat::photo::{PrintoutOptions, read_printout};
use inkbeat::signal::prepare_strip;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::SignalSet;
use crate::render::{PageLayout, PageStyle, Pulse, render_page};

/// A record's ten seconds fill so many rows.
const ROWS: usize = 2;
const RECORD_S: f32 = 10.0;
const SPEED_MM_S: f32 = 25.0;
const MARGIN_MM: f32 = 12.0;
const PIXELS_PER_MM: f32 = 6.0;

/// `set` with `lead` drawn on a page of its own, in a random style, and read back; and the places of the records whose page was
/// read as one lead. The others keep what they had.
pub fn on_paper(set: &SignalSet, lead: Lead, seed: u64) -> Result<(SignalSet, Vec<usize>)> {
    let read: Vec<AtomicBool> = (0..set.len()).map(|_| AtomicBool::new(false)).collect();
    let recordings = set.records();
    let changed = set.clone().with_lead(lead, |index, strip_mv| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index as u64);
        let style = page_style(lead, &mut rng);
        let picture = render_page(&recordings[index].recording(), &style, PIXELS_PER_MM).image;
        let strip = read_printout(&picture, &PrintoutOptions::default(), &mut |_| {})
            .ok()
            .and_then(|printout| printout.one_lead())
            .and_then(|rows| prepare_strip(&rows.samples_mv, rows.sample_rate_hz, None).ok());
        if let Some(strip) = strip {
            strip_mv.copy_from_slice(&strip.windows[0]);
            read[index].store(true, Ordering::Relaxed);
        }
        Ok(())
    })?;
    let is_read = |index: &usize| read[*index].load(Ordering::Relaxed);
    Ok((changed, (0..set.len()).filter(is_read).collect()))
}

/// A random page's paper, grid and ink, with one lead in rows.
fn page_style(lead: Lead, rng: &mut ChaCha8Rng) -> PageStyle {
    let row_pitch_mm = rng.random_range(30.0..45.0);
    let tracing_width_mm = RECORD_S / ROWS as f32 * SPEED_MM_S;
    let style = PageStyle::sample(rng);
    let page_mm = [
        tracing_width_mm + 2.0 * MARGIN_MM,
        ROWS as f32 * row_pitch_mm + 2.0 * MARGIN_MM,
    ];
    let mut grid = style.grid;
    grid.area_mm = [2.0, 2.0, page_mm[0] - 2.0, page_mm[1] - 2.0];
    PageStyle {
        page_mm,
        speed_mm_s: SPEED_MM_S,
        gain_mm_mv: 10.0,
        chest_gain_mm_mv: None,
        same_window: false,
        continued: true,
        start_s: 0.0,
        left_mm: MARGIN_MM,
        top_mm: MARGIN_MM + 0.5 * row_pitch_mm,
        row_pitch_mm,
        tracing_width_mm,
        pulse: Pulse::None,
        label_offset_mm: None,
        layout: PageLayout::of(1, &[lead; ROWS], &[]),
        captions: Vec::new(),
        rules: Vec::new(),
        grid,
        ..style
    }
}

#[cfg(test)]
mod tests {
    use inkbeat::signal::{MODEL_SAMPLE_RATE_HZ, detect_r_peaks};

    use super::*;
    use crate::data::Source;

    #[test]
    fn a_printed_lead_comes_back_with_its_beats() {
        let set = Source::Synthetic(60).load(&[1]).expect("synthetic records");
        let (printed, read) = on_paper(&set, Lead::I, 3).expect("pages");
        assert!(!read.is_empty(), "none of {} was read", set.len());
        let beats = |set: &SignalSet, index| {
            detect_r_peaks(set.lead_mv(index, Lead::I), MODEL_SAMPLE_RATE_HZ).len()
        };
        for index in read {
            let (before, after) = (beats(&set, index), beats(&printed, index));
            assert!(before.abs_diff(after) <= 1, "{index}: {before}, {after}");
            assert_ne!(set.lead_mv(index, Lead::I), printed.lead_mv(index, Lead::I));
        }
    }
}
