//! Calibration pulses as the followed curves show them: a flat top and a sudden fall. Their sides
//! often stand on lines of the grid and are taken off with it.

use crate::photo::sheet::SHEET_PIXELS_PER_MM;

use super::pulses::{HEIGHT_MM, Pulse, REACH_MM, WIDTH_MM};
use super::strips::Strip;
use crate::photo::median::median;

/// A top is flat to within this.
const FLAT_MM: f32 = 0.35;
/// The curve falls to its foot over at most this length …
const FALL_MM: f32 = 1.2;
/// … by this share of its height at least …
const FALLEN: f32 = 0.7;
/// … and stays there to within this, over this length.
const FOOT_PLAY_MM: f32 = 2.5;
const FOOT_LENGTH_MM: f32 = 5.0;
/// A top begins this close to where its row begins.
const START_MM: f32 = 4.0;

/// Pulses at both ends of a strip's curve, standing or `hanging`.
pub(super) fn on_curve(strip: &Strip, hanging: bool) -> Vec<Pulse> {
    let sign = if hanging { -1.0 } else { 1.0 };
    let forward = strip.points(strip.left_mm, strip.left_mm + 2.0 * REACH_MM);
    let backward: Vec<f32> = strip
        .points(strip.right_mm - 2.0 * REACH_MM, strip.right_mm)
        .iter()
        .rev()
        .copied()
        .collect();
    let mut found = Vec::new();
    if let Some((from, to, top_mm, foot_mm)) = first_top(forward, sign) {
        found.push(Pulse {
            left_mm: strip.left_mm + from,
            right_mm: strip.left_mm + to,
            top_mm,
            foot_mm,
            step_mm: None,
        });
    }
    if let Some((from, to, top_mm, foot_mm)) = first_top(&backward, sign) {
        found.push(Pulse {
            left_mm: strip.right_mm - to,
            right_mm: strip.right_mm - from,
            top_mm,
            foot_mm,
            step_mm: None,
        });
    }
    found
}

/// The flat top near the start of `points` (heights down, one per pixel) that ends in a sudden
/// fall: where it begins and ends in millimetres from the start, its height and that of its foot.
fn first_top(points: &[f32], sign: f32) -> Option<(f32, f32, f32, f32)> {
    let px = |mm: f32| (mm * SHEET_PIXELS_PER_MM) as usize;
    let mm = |px: usize| px as f32 / SHEET_PIXELS_PER_MM;
    let mut start = 0;
    while start < px(START_MM).min(points.len()) {
        let level = points[start];
        if !level.is_finite() {
            start += 1;
            continue;
        }
        let length = points[start..]
            .iter()
            .take_while(|y| (*y - level).abs() < FLAT_MM)
            .count();
        let end = start + length;
        if (WIDTH_MM.0..=WIDTH_MM.1).contains(&mm(length)) {
            let behind = (end + px(FALL_MM)).min(points.len());
            let foot_end = (behind + px(FOOT_LENGTH_MM)).min(points.len());
            let foot: Vec<f32> = points[behind..foot_end]
                .iter()
                .copied()
                .filter(|y| y.is_finite())
                .collect();
            let foot_mm = median(foot.iter().copied());
            let near = foot
                .iter()
                .filter(|y| (*y - foot_mm).abs() < FOOT_PLAY_MM)
                .count();
            let tall = sign * (foot_mm - level);
            let fallen = foot
                .first()
                .is_some_and(|y| sign * (y - level) > FALLEN * tall);
            if fallen
                && (HEIGHT_MM.0..=HEIGHT_MM.1).contains(&tall)
                && foot.len() > px(FOOT_LENGTH_MM) / 2
                && 4 * near > 3 * foot.len()
            {
                let top = median(points[start..end].iter().copied());
                return Some((mm(start), mm(end), top, foot_mm));
            }
        }
        start += length.max(1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A top of 5 mm, 10 mm above a foot at 30 mm, then `slope_mm` of way down.
    fn points(slope_mm: f32) -> Vec<f32> {
        (0..180)
            .map(|k| {
                let x = k as f32 / SHEET_PIXELS_PER_MM;
                20.0 + 10.0 * ((x - 5.0) / slope_mm).clamp(0.0, 1.0)
            })
            .collect()
    }

    #[test]
    fn a_top_with_a_sudden_fall_is_a_pulse_and_a_hill_is_none() {
        let (from, to, top, foot) = first_top(&points(0.1), 1.0).unwrap();
        assert_eq!((from, top, foot), (0.0, 20.0, 30.0));
        assert!((to - 5.0).abs() < 0.3, "{to}");
        assert_eq!(first_top(&points(8.0), 1.0), None);
        assert_eq!(first_top(&points(0.1), -1.0), None, "it stands");
    }

    #[test]
    fn flat_and_missing_curves_have_no_pulse() {
        assert_eq!(first_top(&[30.0; 180], 1.0), None);
        assert_eq!(first_top(&[f32::NAN; 180], 1.0), None);
        assert_eq!(first_top(&[], 1.0), None);
    }
}
