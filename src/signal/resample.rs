//! Change of sample rate without aliasing.

use std::f64::consts::PI;

/// Half-width of the kernel in periods of the lower of the two rates. With a Blackman window this
/// gives a transition band of about 0.11 of that rate and over 70 dB beyond it.
const HALF_WIDTH_PERIODS: f64 = 24.0;

/// Cut-off as a fraction of the lower rate: the transition band then ends near Nyquist, so that
/// 50 Hz mains hardly survives a conversion to 100 Hz while 38 Hz does.
const CUTOFF: f64 = 0.45;

/// Converts `samples`, taken at `from_hz`, to `to_hz` with a windowed-sinc interpolator
/// (Blackman). The first sample keeps its time and the duration is kept to the nearest sample:
/// the result has `round(len × to_hz / from_hz)` samples. Equal rates give the input unchanged.
/// Beyond its ends the signal is continued by odd reflection.
///
/// Meant for 20–2000 Hz, any ratio. Rates that are not positive and finite give an empty result.
pub fn resample(samples: &[f32], from_hz: f64, to_hz: f64) -> Vec<f32> {
    if from_hz == to_hz {
        return samples.to_vec();
    }
    let step = from_hz / to_hz;
    if samples.is_empty() || !(from_hz > 0.0 && to_hz > 0.0 && step.is_finite()) {
        return Vec::new();
    }
    let length = (samples.len() as f64 / step).round() as usize;
    let kernel = Kernel::new(step);
    (0..length)
        .map(|k| kernel.interpolate(samples, k as f64 * step))
        .collect()
}

/// The interpolation kernel, in units of input samples.
struct Kernel {
    /// Cut-off in cycles per input sample.
    cutoff: f64,
    half_width: f64,
}

impl Kernel {
    fn new(step: f64) -> Self {
        let lower_rate = (1.0 / step).min(1.0);
        Self {
            cutoff: CUTOFF * lower_rate,
            half_width: HALF_WIDTH_PERIODS / lower_rate,
        }
    }

    fn weight(&self, distance: f64) -> f64 {
        let angle = 2.0 * PI * self.cutoff * distance;
        let sinc = if angle.abs() < 1e-9 {
            1.0
        } else {
            angle.sin() / angle
        };
        let phase = PI * distance / self.half_width;
        sinc * (0.42 + 0.5 * phase.cos() + 0.08 * (2.0 * phase).cos())
    }

    /// The value at `position` (in input samples). Weights are normalised so that a constant stays
    /// exactly that constant.
    fn interpolate(&self, samples: &[f32], position: f64) -> f32 {
        let first = (position - self.half_width).ceil() as isize;
        let last = (position + self.half_width).floor() as isize;
        let mut sum = 0.0;
        let mut weights = 0.0;
        for index in first..=last {
            let weight = self.weight(index as f64 - position);
            sum += weight * value_at(samples, index);
            weights += weight;
        }
        (sum / weights) as f32
    }
}

/// The signal continued beyond its ends by odd reflection; beyond a whole length it is held.
fn value_at(samples: &[f32], index: isize) -> f64 {
    let last = samples.len() as isize - 1;
    let at = |i: isize| f64::from(samples[i.clamp(0, last) as usize]);
    if index < 0 {
        2.0 * at(0) - at(-index)
    } else if index > last {
        2.0 * at(last) - at(2 * last - index)
    } else {
        at(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(frequency_hz: f64, rate_hz: f64, samples: usize) -> Vec<f32> {
        (0..samples)
            .map(|i| (2.0 * PI * frequency_hz * i as f64 / rate_hz).sin() as f32)
            .collect()
    }

    #[test]
    fn equal_rates_are_the_identity() {
        let samples = [0.25, -1.0, 3.5];
        assert_eq!(resample(&samples, 512.3, 512.3), samples);
    }

    #[test]
    fn a_slow_wave_survives_any_ratio() {
        for from in [125.0, 250.0, 300.0, 500.0, 511.562, 1000.0, 50.0] {
            let input = sine(5.0, from, (10.0 * from) as usize);
            let output = resample(&input, from, 100.0);
            assert!(output.len().abs_diff(1000) <= 1, "{from}: {}", output.len());
            let want = sine(5.0, 100.0, output.len());
            // The ends are continued by reflection, which is only nearly right for a sine.
            for i in 50..950 {
                assert!((output[i] - want[i]).abs() < 0.01, "{from} Hz at {i}");
            }
        }
    }

    #[test]
    fn what_the_new_rate_cannot_carry_is_removed() {
        for frequency_hz in [60.0, 90.0, 105.0] {
            let output = resample(&sine(frequency_hz, 500.0, 5000), 500.0, 100.0);
            let loudest = output[50..950].iter().fold(0.0_f32, |m, s| m.max(s.abs()));
            assert!(loudest < 0.002, "{frequency_hz} Hz leaves {loudest}");
        }
    }

    #[test]
    fn constants_stay_exact_and_odd_input_is_safe() {
        let output = resample(&[1.5; 77], 130.0, 100.0);
        assert_eq!(output.len(), 59);
        assert!(output.iter().all(|s| (s - 1.5).abs() < 1e-6));
        assert_eq!(resample(&[2.0], 100.0, 200.0), [2.0, 2.0]);
        assert!(resample(&[], 500.0, 100.0).is_empty());
        assert!(resample(&[1.0; 10], 0.0, 100.0).is_empty());
        assert!(resample(&[1.0; 10], f64::NAN, 100.0).is_empty());
    }
}
