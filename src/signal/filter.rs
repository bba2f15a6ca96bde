//! Zero-phase Butterworth filters, and the one baseline removal that training and browser share.

use std::f64::consts::{PI, SQRT_2};

/// Below this frequency an ECG is breathing and electrode drift; 0.5 Hz is the usual monitoring
/// cut-off, which a zero-phase filter can use without bending the ST segment much.
const BASELINE_CUTOFF_HZ: f64 = 0.5;

/// Over how long the level of an end is taken, the point about which the signal is reflected. The
/// median over this stretch ignores a QRS complex that happens to be cut by the end, which would
/// otherwise bend the baseline there by half its height.
const END_LEVEL_SECS: f64 = 0.3;

/// A second-order section `y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    b0: f64,
    b1: f64,
    b2: f64,
    a1: f64,
    a2: f64,
    /// How long the response rings on, in seconds: what the ends are extended by.
    settling_secs: f64,
}

impl Section {
    /// Second-order Butterworth high-pass (bilinear transform, pre-warped so that −3 dB falls on
    /// `cutoff_hz`). `None` unless `0 < cutoff_hz < sample_rate_hz / 2`.
    pub(super) fn high_pass(cutoff_hz: f64, sample_rate_hz: f64) -> Option<Self> {
        let (k, norm) = Self::warp(cutoff_hz, sample_rate_hz)?;
        let gain = 1.0 / norm;
        Some(Self::with_poles(gain, -2.0 * gain, k, norm, cutoff_hz))
    }

    /// Second-order Butterworth low-pass; otherwise like [`Section::high_pass`].
    pub(super) fn low_pass(cutoff_hz: f64, sample_rate_hz: f64) -> Option<Self> {
        let (k, norm) = Self::warp(cutoff_hz, sample_rate_hz)?;
        let gain = k * k / norm;
        Some(Self::with_poles(gain, 2.0 * gain, k, norm, cutoff_hz))
    }

    fn warp(cutoff_hz: f64, sample_rate_hz: f64) -> Option<(f64, f64)> {
        let usable = cutoff_hz > 0.0 && cutoff_hz < sample_rate_hz / 2.0;
        let k = (PI * cutoff_hz / sample_rate_hz).tan();
        usable.then_some((k, 1.0 + SQRT_2 * k + k * k))
    }

    fn with_poles(b_outer: f64, b1: f64, k: f64, norm: f64, cutoff_hz: f64) -> Self {
        Self {
            b0: b_outer,
            b1,
            b2: b_outer,
            a1: 2.0 * (k * k - 1.0) / norm,
            a2: (1.0 - SQRT_2 * k + k * k) / norm,
            settling_secs: 1.0 / cutoff_hz,
        }
    }

    /// Filters in place, starting in the steady state of an endless run of the first value, so
    /// that a constant offset causes no transient.
    fn run<'a>(&self, samples: impl Iterator<Item = &'a mut f64>) {
        // Transposed direct form II: two state variables, both in double precision because the
        // poles of a 0.5 Hz filter lie very close to 1.
        let mut state: Option<(f64, f64)> = None;
        for sample in samples {
            let x = *sample;
            let (s1, s2) = state.unwrap_or_else(|| {
                let y = x * (self.b0 + self.b1 + self.b2) / (1.0 + self.a1 + self.a2);
                let s2 = self.b2 * x - self.a2 * y;
                (self.b1 * x - self.a1 * y + s2, s2)
            });
            let y = self.b0 * x + s1;
            state = Some((self.b1 * x - self.a1 * y + s2, self.b2 * x - self.a2 * y));
            *sample = y;
        }
    }
}

/// Runs the sections forwards, then backwards, so that delays cancel and gains are squared. The
/// ends are extended by odd reflection (a half turn about the end's level) while the filters settle.
/// O(samples).
pub(super) fn filter_zero_phase(sections: &[Section], samples: &mut [f32], sample_rate_hz: f64) {
    if samples.is_empty() {
        return;
    }
    let settling_secs = sections.iter().map(|s| s.settling_secs).fold(0.0, f64::max);
    let pad = ((settling_secs * sample_rate_hz).ceil() as usize).min(samples.len() - 1);
    let level_samples = ((END_LEVEL_SECS * sample_rate_hz) as usize).clamp(1, samples.len());
    let start_level = median(&samples[..level_samples]);
    let end_level = median(&samples[samples.len() - level_samples..]);

    let mut extended = Vec::with_capacity(samples.len() + 2 * pad);
    let about = |level: f64, sample: &f32| 2.0 * level - f64::from(*sample);
    extended.extend(samples[1..=pad].iter().rev().map(|s| about(start_level, s)));
    extended.extend(samples.iter().map(|&s| f64::from(s)));
    let tail = samples.len() - 1 - pad..samples.len() - 1;
    extended.extend(samples[tail].iter().rev().map(|s| about(end_level, s)));

    for section in sections {
        section.run(extended.iter_mut());
    }
    for section in sections {
        section.run(extended.iter_mut().rev());
    }
    for (sample, filtered) in samples.iter_mut().zip(&extended[pad..]) {
        *sample = *filtered as f32;
    }
}

fn median(samples: &[f32]) -> f64 {
    let mut sorted = samples.to_vec();
    let middle = sorted.len() / 2;
    f64::from(*sorted.select_nth_unstable_by(middle, f32::total_cmp).1)
}

/// Removes baseline wander and offset in place: a second-order Butterworth high-pass at 0.5 Hz,
/// run forwards and backwards (zero phase) with odd extension of the ends. The gain at frequency
/// `f` is `r / (1 + r)` with `r = (f / 0.5 Hz)^4`. O(samples). Training and browser both call this.
///
/// Does nothing at sample rates of 1 Hz and less, which can't carry 0.5 Hz.
pub fn remove_baseline(samples_mv: &mut [f32], sample_rate_hz: f64) {
    if let Some(section) = Section::high_pass(BASELINE_CUTOFF_HZ, sample_rate_hz) {
        filter_zero_phase(&[section], samples_mv, sample_rate_hz);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(frequency_hz: f64, offset: f64, sample_rate_hz: f64, samples: usize) -> Vec<f32> {
        (0..samples)
            .map(|i| {
                let t = i as f64 / sample_rate_hz;
                (offset + (2.0 * PI * frequency_hz * t).sin()) as f32
            })
            .collect()
    }

    fn rms(samples: &[f32]) -> f32 {
        (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn waves_stay_and_wander_goes() {
        for rate in [100.0, 250.0, 512.3] {
            let samples = (10.0 * rate) as usize;
            let mut fast = sine(10.0, 3.0, rate, samples);
            remove_baseline(&mut fast, rate);
            let expected = sine(10.0, 0.0, rate, samples);
            // The ends ring a little: the reflection is only nearly right for a sine.
            let errors: Vec<f32> = fast.iter().zip(&expected).map(|(a, b)| a - b).collect();
            assert!(rms(&errors) < 0.01, "{}", rms(&errors));
            let inner = &errors[rate as usize..samples - rate as usize];
            assert!(inner.iter().all(|e| e.abs() < 0.01));

            let mut slow = sine(0.05, 0.0, rate, 6 * samples);
            let before = rms(&slow);
            remove_baseline(&mut slow, rate);
            assert!(rms(&slow) < 0.05 * before, "{}", rms(&slow) / before);
        }
    }

    #[test]
    fn the_gain_at_the_cutoff_is_one_half() {
        // r = 1 gives r / (1 + r) = 0.5; the ends are left out of the comparison.
        let mut wave = sine(0.5, 0.0, 100.0, 6000);
        let before = rms(&wave[1000..5000]);
        remove_baseline(&mut wave, 100.0);
        assert!((rms(&wave[1000..5000]) / before - 0.5).abs() < 1e-3);
    }

    #[test]
    fn offsets_vanish_and_odd_lengths_are_safe() {
        for samples in [0, 1, 2, 3, 1000] {
            let mut flat = vec![-7.5_f32; samples];
            remove_baseline(&mut flat, 100.0);
            assert!(flat.iter().all(|s| s.abs() < 1e-5));
        }
        let mut untouched = [1.0_f32, 2.0];
        remove_baseline(&mut untouched, 0.9);
        remove_baseline(&mut untouched, f64::NAN);
        assert_eq!(untouched, [1.0, 2.0]);
    }

    #[test]
    fn a_beat_cut_by_the_end_does_not_bend_the_baseline() {
        let mut strip = vec![0.0_f32; 1000];
        strip[996..].fill(1.0);
        remove_baseline(&mut strip, 100.0);
        assert!(strip[900..996].iter().all(|s| s.abs() < 0.12));
        assert!(strip[999] > 0.85);
    }

    #[test]
    fn time_reversal_changes_nothing() {
        // Zero phase: filtering the reversed signal gives the reversed result.
        let wave: Vec<f32> = (0..500).map(|i| ((i * i) % 97) as f32 / 97.0).collect();
        let mut forwards = wave.clone();
        let mut backwards: Vec<f32> = wave.into_iter().rev().collect();
        remove_baseline(&mut forwards, 100.0);
        remove_baseline(&mut backwards, 100.0);
        for (a, b) in forwards.iter().zip(backwards.iter().rev()) {
            assert!((a - b).abs() < 0.02, "{a} {b}");
        }
    }

    #[test]
    fn a_low_pass_keeps_slow_and_halves_its_cutoff() {
        let section = Section::low_pass(20.0, 200.0).unwrap();
        for (frequency_hz, gain) in [(1.0, 1.0), (20.0, 0.5), (80.0, 0.0)] {
            let mut wave = sine(frequency_hz, 0.0, 200.0, 2000);
            let before = rms(&wave[200..1800]);
            filter_zero_phase(&[section], &mut wave, 200.0);
            let measured = rms(&wave[200..1800]) / before;
            assert!((measured - gain).abs() < 0.01, "{frequency_hz}: {measured}");
        }
        assert!(Section::low_pass(20.0, 40.0).is_none());
    }
}
