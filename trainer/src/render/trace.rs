//! From samples to the curve a pen would draw: the device's filter, a smooth curve, millimetres.

use super::layout::LeadBox;

/// What the device does to the signal before printing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalFilter {
    /// Printed as recorded.
    None,
    /// Low-pass at 40 Hz.
    Lowpass40,
    /// Low-pass at 40 Hz and high-pass at 0.5 Hz.
    Bandpass40,
}

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
        if filter != SignalFilter::None {
            low_pass(&mut samples, 40.0 / sample_rate_hz);
        }
        if filter == SignalFilter::Bandpass40 {
            high_pass(&mut samples, 0.5 / sample_rate_hz);
        }
        interpolate(&mut samples);
        Self {
            coefficients: samples,
            sample_rate_hz,
        }
    }

    /// The value at `time_s`, in mV; constant beyond the ends.
    pub fn at(&self, time_s: f64) -> f32 {
        let last = self.coefficients.len() as isize - 1;
        if last < 0 {
            return 0.0;
        }
        let place = (time_s * self.sample_rate_hz).clamp(0.0, last as f64);
        let first = place.floor();
        let t = (place - first) as f32;
        let coefficient = |k: isize| self.coefficients[reflect(first as isize + k, last) as usize];
        let s = 1.0 - t;
        (s * s * s * coefficient(-1)
            + (4.0 - 3.0 * t * t * (2.0 - t)) * coefficient(0)
            + (4.0 - 3.0 * s * s * (2.0 - s)) * coefficient(1)
            + t * t * t * coefficient(2))
            / 6.0
    }

    /// The part of the curve inside `target` as page points, at steps of at most `step_mm` along
    /// steep parts. Empty where the recording ends before the box starts.
    pub fn polyline(&self, target: &LeadBox, gain_mm_mv: f32, step_mm: f32) -> Vec<[f32; 2]> {
        let recorded_s = self.coefficients.len().saturating_sub(1) as f64 / self.sample_rate_hz;
        let end_s = (target.start_s + target.duration_s).min(recorded_s);
        if end_s <= target.start_s {
            return Vec::new();
        }
        let speed = f64::from(target.width_mm) / target.duration_s;
        let point = |time_s: f64| {
            let x = target.x_mm + ((time_s - target.start_s) * speed) as f32;
            [x, target.baseline_y_mm - gain_mm_mv * self.at(time_s)]
        };
        let mut points = vec![point(target.start_s)];
        let mut from_s = target.start_s;
        while from_s < end_s - 1e-9 {
            let next_sample = (from_s * self.sample_rate_hz + 1e-6).floor() + 1.0;
            let to_s = (next_sample / self.sample_rate_hz).min(end_s);
            let (a, b) = (point(from_s), point(to_s));
            let length_mm = (b[0] - a[0]).abs().max((b[1] - a[1]).abs());
            let pieces = (length_mm / step_mm)
                .ceil()
                .clamp(1.0, MAX_PIECES_PER_SAMPLE) as usize;
            for k in 1..=pieces {
                let t = k as f64 / pieces as f64;
                points.push(point(from_s + t * (to_s - from_s)));
            }
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

/// Second-order Butterworth low-pass; `cutoff` in cycles per sample. Nothing to do near Nyquist.
fn low_pass(samples: &mut [f32], cutoff: f64) {
    if cutoff >= 0.45 {
        return;
    }
    // Bilinear transform with prewarping: k = tan(π f).
    let k = (std::f64::consts::PI * cutoff).tan();
    let norm = 1.0 / (1.0 + std::f64::consts::SQRT_2 * k + k * k);
    let (b0, b1) = (k * k * norm, 2.0 * k * k * norm);
    let a1 = 2.0 * (k * k - 1.0) * norm;
    let a2 = (1.0 - std::f64::consts::SQRT_2 * k + k * k) * norm;
    // Started in the steady state of the first sample, so that there is no step at the beginning.
    let first = samples.first().map_or(0.0, |v| f64::from(*v));
    let (mut x1, mut x2, mut y1, mut y2) = (first, first, first, first);
    for value in samples {
        let x = f64::from(*value);
        let y = b0 * (x + x2) + b1 * x1 - a1 * y1 - a2 * y2;
        (x2, x1, y2, y1) = (x1, x, y1, y);
        *value = y as f32;
    }
}

/// First-order high-pass; `cutoff` in cycles per sample.
fn high_pass(samples: &mut [f32], cutoff: f64) {
    let keep = (-std::f64::consts::TAU * cutoff).exp();
    let mut level = samples.first().map_or(0.0, |v| f64::from(*v));
    for value in samples {
        level = keep * level + (1.0 - keep) * f64::from(*value);
        *value = (f64::from(*value) - level) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use inkbeat::lead::Lead;

    fn target() -> LeadBox {
        LeadBox {
            lead: Lead::I,
            is_rhythm: false,
            row: 0,
            column: 0,
            start_s: 0.5,
            duration_s: 2.5,
            x_mm: 20.0,
            width_mm: 62.5,
            baseline_y_mm: 50.0,
        }
    }

    #[test]
    fn the_curve_passes_through_the_samples_and_between_them_follows_a_sine() {
        let sine = |t: f64| (std::f64::consts::TAU * 7.0 * t).sin() as f32;
        let samples: Vec<f32> = (0..1000).map(|k| sine(k as f64 / 100.0)).collect();
        let curve = Curve::new(&samples, 100.0, SignalFilter::None);
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
        let curve = Curve::new(&samples, 100.0, SignalFilter::None);
        let points = curve.polyline(&target(), 10.0, 0.3);
        let top = points.iter().min_by(|a, b| a[1].total_cmp(&b[1])).unwrap();
        assert!((top[1] - 40.0).abs() < 0.1, "R wave at {top:?}");
        assert!((top[0] - (20.0 + 1.5 * 25.0)).abs() < 0.2);
        assert!((points[0][0] - 20.0).abs() < 1e-4);
        assert!((points.last().unwrap()[0] - 82.5).abs() < 1e-3);
        assert!(points.windows(2).all(|p| p[1][0] > p[0][0]));
    }

    #[test]
    fn a_recording_that_ends_early_gives_a_shorter_trace() {
        let curve = Curve::new(&[0.0; 101], 100.0, SignalFilter::Bandpass40);
        let points = curve.polyline(&target(), 10.0, 0.3);
        assert!((points.last().unwrap()[0] - (20.0 + 12.5)).abs() < 1e-3);
        let nothing = Curve::new(&[], 100.0, SignalFilter::None);
        assert!(nothing.polyline(&target(), 10.0, 0.3).is_empty());
    }

    #[test]
    fn filters_take_off_what_they_should() {
        let drift: Vec<f32> = (0..1000).map(|k| (k as f32 * 0.01 * 0.3).sin()).collect();
        let curve = Curve::new(&drift, 100.0, SignalFilter::Bandpass40);
        let largest = (500..1000)
            .map(|k| curve.at(k as f64 / 100.0).abs())
            .fold(0.0, f32::max);
        assert!(largest < 0.2, "slow drift is left at {largest} mV");
    }
}
