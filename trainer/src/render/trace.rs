//! From samples to the curve a pen would draw: the device's filter, a smooth curve, millimetres.

use super::filter::SignalFilter;
use super::layout::LeadBox;

/// One lead ready for drawing.
pub struct Curve {
    /// Cubic B-spline coefficients, one per sample, in mV.
    coefficients: Vec<f32>,
    sample_rate_hz: f64,
}

impl Curve {
    /// Takes the median off (devices are AC-coupled), filters and fits a cubic spline through the
    /// samples. A spline keeps the height of narrow R waves that straight lines would cut off
    /// between two samples. Non-finite samples count as 0.
    pub fn new(samples_mv: &[f32], sample_rate_hz: f64, filter: SignalFilter) -> Self {
        let finite = |v: &f32| if v.is_finite() { *v } else { 0.0 };
        let mut samples: Vec<f32> = samples_mv.iter().map(finite).collect();
        let offset = median(&samples);
        samples.iter_mut().for_each(|value| *value -= offset);
        filter.apply(&mut samples, sample_rate_hz);
        interpolate(&mut samples);
        if !(sample_rate_hz.is_finite() && sample_rate_hz > 0.0) {
            // Without a clock there is nothing to draw.
            samples.clear();
        }
        Self {
            coefficients: samples,
            sample_rate_hz,
        }
    }

    /// The value at `time_s`, in mV; constant beyond the ends.
    #[inline]
    pub fn at(&self, time_s: f64) -> f32 {
        let last = self.coefficients.len() as isize - 1;
        if last < 0 {
            return 0.0;
        }
        let place = (time_s * self.sample_rate_hz).clamp(0.0, last as f64);
        // Not negative, so cutting off the fraction is its floor.
        let first = place as isize;
        let t = (place - first as f64) as f32;
        let coefficient = |k: isize| self.coefficients[reflect(first + k, last) as usize];
        let s = 1.0 - t;
        (s * s * s * coefficient(-1)
            + (4.0 - 3.0 * t * t * (2.0 - t)) * coefficient(0)
            + (4.0 - 3.0 * s * s * (2.0 - s)) * coefficient(1)
            + t * t * t * coefficient(2))
            / 6.0
    }

    /// Time of the last sample.
    pub fn recorded_s(&self) -> f64 {
        self.coefficients.len().saturating_sub(1) as f64 / self.sample_rate_hz
    }

    /// The part of the curve inside `target` as page points, at steps of at most `step_mm` along
    /// steep parts. Empty where the recording ends before the box starts.
    pub fn polyline(&self, target: &LeadBox, step_mm: f32) -> Vec<[f32; 2]> {
        let end_s = (target.start_s + target.duration_s).min(self.recorded_s());
        if end_s <= target.start_s {
            return Vec::new();
        }
        let speed = f64::from(target.width_mm) / target.duration_s;
        let up_mm_mv = if target.inverted {
            -target.gain_mm_mv
        } else {
            target.gain_mm_mv
        };
        let point = |time_s: f64| {
            let x = target.x_mm + ((time_s - target.start_s) * speed) as f32;
            [x, target.baseline_y_mm - up_mm_mv * self.at(time_s)]
        };
        let mut points = vec![point(target.start_s)];
        let mut from_s = target.start_s;
        while from_s < end_s - 1e-9 {
            let next_sample = (from_s * self.sample_rate_hz + 1e-6).floor() + 1.0;
            let to_s = (next_sample / self.sample_rate_hz).min(end_s);
            let (a, b) = (points[points.len() - 1], point(to_s));
            let length_mm = (b[0] - a[0]).abs().max((b[1] - a[1]).abs());
            let pieces = (length_mm / step_mm)
                .ceil()
                .clamp(1.0, MAX_PIECES_PER_SAMPLE) as usize;
            for k in 1..pieces {
                let t = k as f64 / pieces as f64;
                points.push(point(from_s + t * (to_s - from_s)));
            }
            points.push(b);
            from_s = to_s;
        }
        points
    }
}

const MAX_PIECES_PER_SAMPLE: f32 = 24.0;

fn median(samples: &[f32]) -> f32 {
    let mut sorted = samples.to_vec();
    if sorted.is_empty() {
        return 0.0;
    }
    let middle = sorted.len() / 2;
    *sorted.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Index mirrored at both ends of `0..=last`.
#[inline]
fn reflect(index: isize, last: isize) -> isize {
    let folded = index.abs();
    if folded > last {
        (2 * last - folded).max(0)
    } else {
        folded
    }
}

/// Samples to cubic B-spline coefficients (Unser, Aldroubi, Eden 1993: two recursive passes with
/// the pole √3 − 2, mirrored ends).
fn interpolate(samples: &mut [f32]) {
    let count = samples.len();
    if count < 2 {
        return;
    }
    let pole = 3.0_f32.sqrt() - 2.0;
    // The pole's powers vanish below single precision after a dozen samples.
    let mut power = 1.0;
    let mut start = 0.0;
    for value in samples.iter().take(16) {
        start += power * value;
        power *= pole;
    }
    samples[0] = start;
    for k in 1..count {
        samples[k] += pole * samples[k - 1];
    }
    samples[count - 1] =
        pole / (pole * pole - 1.0) * (samples[count - 1] + pole * samples[count - 2]);
    for k in (0..count - 1).rev() {
        samples[k] = pole * (samples[k + 1] - samples[k]);
    }
    samples.iter_mut().for_each(|value| *value *= 6.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use inkbeat::lead::Lead;

    fn target() -> LeadBox {
        LeadBox {
            lead: Lead::I,
            inverted: false,
            is_rhythm: false,
            row: 0,
            column: 0,
            start_s: 0.5,
            duration_s: 2.5,
            x_mm: 20.0,
            width_mm: 62.5,
            baseline_y_mm: 50.0,
            gain_mm_mv: 10.0,
        }
    }

    #[test]
    fn the_curve_passes_through_the_samples_and_between_them_follows_a_sine() {
        let sine = |t: f64| (std::f64::consts::TAU * 7.0 * t).sin() as f32;
        let samples: Vec<f32> = (0..1000).map(|k| sine(k as f64 / 100.0)).collect();
        let curve = Curve::new(&samples, 100.0, SignalFilter::NONE);
        let offset = median(&samples);
        for k in [0_usize, 1, 10, 333, 998, 999] {
            assert!(
                (curve.at(k as f64 / 100.0) + offset - samples[k]).abs() < 1e-3,
                "sample {k}"
            );
        }
        assert!((curve.at(3.335) + offset - sine(3.335)).abs() < 3e-3);
    }

    #[test]
    fn a_millivolt_is_ten_millimetres_up_and_the_box_is_filled() {
        let mut samples = vec![0.0; 1000];
        samples[200] = 1.0;
        let curve = Curve::new(&samples, 100.0, SignalFilter::NONE);
        let points = curve.polyline(&target(), 0.3);
        let top = points.iter().min_by(|a, b| a[1].total_cmp(&b[1])).unwrap();
        assert!((top[1] - 40.0).abs() < 0.1, "R wave at {top:?}");
        assert!((top[0] - (20.0 + 1.5 * 25.0)).abs() < 0.2);
        assert!((points[0][0] - 20.0).abs() < 1e-4);
        assert!((points.last().unwrap()[0] - 82.5).abs() < 1e-3);
        assert!(points.windows(2).all(|p| p[1][0] > p[0][0]));
    }

    #[test]
    fn a_recording_that_ends_early_gives_a_shorter_trace() {
        let curve = Curve::new(&[0.0; 101], 100.0, SignalFilter::band(0.5, 40.0));
        let points = curve.polyline(&target(), 0.3);
        assert!((points.last().unwrap()[0] - (20.0 + 12.5)).abs() < 1e-3);
        let nothing = Curve::new(&[], 100.0, SignalFilter::NONE);
        assert!(nothing.polyline(&target(), 0.3).is_empty());
    }
}
