//! What the device does to the signal before printing.

use serde::{Deserialize, Serialize};

/// A pass band as a device's footer states it; an absent edge is not filtered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SignalFilter {
    /// Lower edge (first order).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_pass_hz: Option<f32>,
    /// Upper edge (Butterworth, second order).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_pass_hz: Option<f32>,
}

impl SignalFilter {
    /// Printed as recorded.
    pub const NONE: Self = Self {
        high_pass_hz: None,
        low_pass_hz: None,
    };

    /// The pass band from `low` to `high`.
    pub const fn band(low: f32, high: f32) -> Self {
        Self {
            high_pass_hz: Some(low),
            low_pass_hz: Some(high),
        }
    }

    /// Filters samples whose baseline is near 0.
    pub fn apply(&self, samples: &mut [f32], sample_rate_hz: f64) {
        if let Some(edge_hz) = self.low_pass_hz {
            low_pass(samples, f64::from(edge_hz) / sample_rate_hz);
        }
        if let Some(edge_hz) = self.high_pass_hz {
            high_pass(samples, f64::from(edge_hz) / sample_rate_hz);
        }
    }
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
    // Started at 0 rather than at the first sample, which may be the top of an R wave.
    let mut level = 0.0;
    for value in samples {
        level = keep * level + (1.0 - keep) * f64::from(*value);
        *value = (f64::from(*value) - level) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(filter: SignalFilter, hz: f32) -> f32 {
        let wave = |k: usize| (std::f32::consts::TAU * hz * k as f32 / 500.0).sin();
        let mut samples: Vec<f32> = (0..5000).map(wave).collect();
        filter.apply(&mut samples, 500.0);
        samples[2500..].iter().map(|v| v.abs()).fold(0.0, f32::max)
    }

    #[test]
    fn edges_halve_the_power_and_the_band_passes() {
        let band = SignalFilter::band(0.5, 40.0);
        let half_power = 0.5_f32.sqrt();
        assert!((after(band, 40.0) - half_power).abs() < 0.02);
        assert!((after(band, 0.5) - half_power).abs() < 0.02);
        assert!((after(band, 6.0) - 1.0).abs() < 0.02);
        assert!(after(band, 120.0) < 0.12);
        assert!((after(SignalFilter::NONE, 0.5) - 1.0).abs() < 1e-4);
    }

    #[test]
    fn an_edge_above_nyquist_leaves_the_signal_alone() {
        let mut samples = vec![0.0, 1.0, -1.0, 0.5];
        SignalFilter {
            high_pass_hz: None,
            low_pass_hz: Some(150.0),
        }
        .apply(&mut samples, 100.0);
        assert_eq!(samples, [0.0, 1.0, -1.0, 0.5]);
    }
}
