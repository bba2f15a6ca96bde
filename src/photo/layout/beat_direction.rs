//! Whether time runs from left to right on a page: the wave behind a beat is larger than the one before it.

use super::strips::Strip;
use crate::photo::median::median;
use crate::photo::sheet::SHEET_PIXELS_PER_MM;
use crate::signal::detect_r_peaks;

/// Where T waves lie behind a beat, and nothing or a small P wave before it: 160–440 ms at 25 mm/s.
const BESIDE_MM: (f32, f32) = (4.0, 11.0);
/// Beats nearer to each other than this have their neighbours' waves beside them.
const MIN_INTERVAL_MM: f32 = 17.0;
/// Waves are compared with at least this much: the width of a stroke.
const STROKE_MM: f32 = 0.2;
/// Beats that a row must show.
const MIN_BEATS: usize = 3;
/// Rows of a doubt above this are no tracing.
const MAX_DOUBT: f32 = 0.5;
/// At 25 mm/s.
const COLUMNS_PER_SECOND: f64 = 25.0 * SHEET_PIXELS_PER_MM as f64;

/// The median over the rows of how much larger the waves behind the beats are than those before them, as a
/// logarithm: positive on a page that stands upright, negative on its head. `None` without enough beats.
pub(super) fn beat_direction(strips: &[Strip]) -> Option<f32> {
    let rows: Vec<f32> = strips
        .iter()
        .filter(|strip| strip.doubt <= MAX_DOUBT)
        .filter_map(|strip| row_direction(&strip.row.y_mm, strip.baseline_mm))
        .collect();
    (!rows.is_empty()).then(|| median(rows.into_iter()))
}

fn row_direction(y_mm: &[f32], baseline_mm: f32) -> Option<f32> {
    // Gaps count as baseline: a beat is not in them, and a wave that is in one is not seen.
    let heights: Vec<f32> = y_mm
        .iter()
        .map(|y| if y.is_nan() { 0.0 } else { baseline_mm - y })
        .collect();
    let peaks = detect_r_peaks(&heights, COLUMNS_PER_SECOND);
    let [near, far] = [BESIDE_MM.0, BESIDE_MM.1].map(|mm| (mm * SHEET_PIXELS_PER_MM) as usize);
    let apart = (MIN_INTERVAL_MM * SHEET_PIXELS_PER_MM) as usize;
    let (mut before, mut behind, mut beats) = (0.0, 0.0, 0);
    for (k, &peak) in peaks.iter().enumerate() {
        let is_apart = k
            .checked_sub(1)
            .is_none_or(|last| peak - peaks[last] >= apart)
            && peaks.get(k + 1).is_none_or(|next| next - peak >= apart);
        if !is_apart || peak < far || peak + far >= heights.len() {
            continue;
        }
        let swing = |range: std::ops::Range<usize>| {
            let part = &heights[range];
            let mean = part.iter().sum::<f32>() / part.len() as f32;
            part.iter().map(|height| (height - mean).abs()).sum::<f32>() / part.len() as f32
        };
        before += swing(peak - far..peak - near);
        behind += swing(peak + near + 1..peak + far + 1);
        beats += 1;
    }
    (beats >= MIN_BEATS).then(|| {
        let mean = |sum: f32| sum / beats as f32 + STROKE_MM;
        (mean(behind) / mean(before)).ln()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::trace::Row;

    /// Beats every 25 mm with a T wave 7 mm behind each.
    fn beats(x_mm: f32) -> f32 {
        let phase = x_mm.rem_euclid(25.0) - 10.0;
        let wave =
            |at: f32, width: f32, height: f32| height * (-((phase - at) / width).powi(2)).exp();
        wave(0.0, 0.5, 10.0) + wave(7.0, 2.0, 3.0) + wave(-4.0, 1.0, 0.8)
    }

    fn direction(height: impl Fn(f32) -> f32) -> Option<f32> {
        let y_mm: Vec<f32> = (0..1200)
            .map(|column| 50.0 - height(column as f32 / SHEET_PIXELS_PER_MM))
            .collect();
        let row = Row {
            first_column: 0,
            confidence: vec![1.0; y_mm.len()],
            y_mm,
            baseline_mm: 50.0,
        };
        beat_direction(&[Strip {
            index: 0,
            row: &row,
            left_mm: 0.0,
            right_mm: 200.0,
            baseline_mm: 50.0,
            doubt: 0.0,
            beats_along: true,
        }])
    }

    #[test]
    fn time_runs_forwards_on_an_upright_page_and_backwards_on_its_head() {
        let forwards = direction(beats).unwrap();
        let on_its_head = direction(|x_mm| -beats(200.0 - x_mm)).unwrap();
        assert!(forwards > 0.5, "{forwards}");
        assert!((forwards + on_its_head).abs() < 0.15, "{on_its_head}");
    }

    #[test]
    fn without_beats_there_is_no_direction() {
        assert_eq!(direction(|_| 0.0), None);
        assert_eq!(beat_direction(&[]), None);
        // Too fast: every wave is beside two beats.
        assert_eq!(direction(|x_mm| beats(25.0 / 12.0 * x_mm)), None);
    }
}
