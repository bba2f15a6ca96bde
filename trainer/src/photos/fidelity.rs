//! How far what was read of a page is from what was printed on it.

use std::collections::BTreeMap;

use inkbeat::lead::Lead;
use inkbeat::photo::{Printout, SheetMap};
use inkbeat::recording::Recording;
use inkbeat::signal::{detect_r_peaks, heart_rate};

use crate::camera::PhotoTruth;
use crate::metrics::signal_to_noise::{Powers, Stretch, compare};
use crate::render::LeadBox;

/// Lattice points this far beyond the traces still count.
const MARGIN_MM: f32 = 5.0;

/// Powers of every box that the page shows. A box that was not read has nothing but noise; a lead
/// that also has a long strip is judged there alone, as the challenge does.
pub fn lead_powers(
    boxes: &[LeadBox],
    recording: &Recording,
    printout: &Printout,
) -> BTreeMap<String, Powers> {
    let has_strip = |lead: Lead| {
        boxes
            .iter()
            .any(|other| other.is_rhythm && other.lead == lead)
    };
    boxes
        .iter()
        .filter(|shown| shown.is_rhythm || !has_strip(shown.lead))
        .filter_map(|shown| {
            let recorded_mv = &recording.lead(shown.lead)?.samples_mv;
            let stretch = Stretch {
                recorded_mv,
                sample_rate_hz: recording.sample_rate_hz,
                start_s: shown.start_s,
                duration_s: shown
                    .duration_s
                    .min(recording.duration_secs() - shown.start_s),
            };
            let read = printout
                .leads
                .iter()
                .find(|read| read.lead == Some(shown.lead) && read.is_rhythm == shown.is_rhythm);
            let powers = read
                .and_then(|read| compare(stretch, &read.samples_mv, read.sample_rate_hz))
                .map_or_else(|| nothing_read(stretch), |(powers, _)| powers);
            let name = if shown.is_rhythm {
                format!("{} rhythm", shown.lead.name())
            } else {
                shown.lead.name().to_owned()
            };
            Some((name, powers))
        })
        .collect()
}

/// Root mean square error in mm of the map over the traced part of the page, after one common shift
/// (where the sheet's own millimetres begin is free).
pub fn rectification_error_mm(truth: &PhotoTruth, leads: &[LeadBox], map: &SheetMap) -> f64 {
    let within = |[x, y]: [f32; 2]| {
        let above = leads
            .iter()
            .map(|lead| lead.baseline_y_mm)
            .fold(f32::INFINITY, f32::min);
        let below = leads
            .iter()
            .map(|lead| lead.baseline_y_mm)
            .fold(f32::NEG_INFINITY, f32::max);
        let left = leads
            .iter()
            .map(|lead| lead.x_mm)
            .fold(f32::INFINITY, f32::min);
        let right = leads
            .iter()
            .map(|lead| lead.x_mm + lead.width_mm)
            .fold(f32::NEG_INFINITY, f32::max);
        x > left - MARGIN_MM
            && x < right + MARGIN_MM
            && y > above - 2.0 * MARGIN_MM
            && y < below + 2.0 * MARGIN_MM
    };
    let differences: Option<Vec<[f64; 2]>> = truth
        .lattice
        .iter()
        .filter(|point| point.visible && within(point.page_mm))
        .map(|point| {
            let [u, v] = point.photo_px;
            // The truth counts from the corner of the first pixel, the map from its centre.
            let (x, y) = map.mm_from_photo(f64::from(u) - 0.5, f64::from(v) - 0.5)?;
            Some([
                x - f64::from(point.page_mm[0]),
                y - f64::from(point.page_mm[1]),
            ])
        })
        .collect();
    let Some(differences) = differences.filter(|differences| !differences.is_empty()) else {
        return f64::INFINITY;
    };
    let count = differences.len() as f64;
    let mean: [f64; 2] =
        std::array::from_fn(|k| differences.iter().map(|d| d[k]).sum::<f64>() / count);
    let squares: f64 = differences
        .iter()
        .map(|d| (d[0] - mean[0]).powi(2) + (d[1] - mean[1]).powi(2))
        .sum();
    (squares / count).sqrt()
}

/// The rate that was read minus the true one, which is measured on lead II.
pub fn heart_rate_error_bpm(read_bpm: f64, recording: &Recording) -> Option<f64> {
    let samples = &recording.lead(Lead::II)?.samples_mv;
    let peaks = detect_r_peaks(samples, recording.sample_rate_hz);
    Some(read_bpm - heart_rate(&peaks, recording.sample_rate_hz)?.value)
}

/// The powers of an answer that is the mean: all of the signal is noise.
fn nothing_read(stretch: Stretch) -> Powers {
    let samples = |seconds: f64| (seconds * stretch.sample_rate_hz).round() as usize;
    let first = samples(stretch.start_s).min(stretch.recorded_mv.len());
    let last = (first + samples(stretch.duration_s)).min(stretch.recorded_mv.len());
    let shown = &stretch.recorded_mv[first..last];
    let mean = shown.iter().map(|&value| f64::from(value)).sum::<f64>() / shown.len().max(1) as f64;
    let signal = shown
        .iter()
        .map(|&value| (f64::from(value) - mean).powi(2))
        .sum();
    Powers {
        signal,
        noise: signal,
    }
}
