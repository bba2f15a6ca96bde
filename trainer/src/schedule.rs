//! The learning-rate schedule: linear warm-up, then half a cosine down to zero.

/// Learning rate at `step` of `total_steps` (both counted over the whole run, so that a resumed run continues the curve).
pub fn learning_rate(peak: f64, step: usize, total_steps: usize, warmup_steps: usize) -> f64 {
    if step < warmup_steps {
        return peak * (step + 1) as f64 / warmup_steps as f64;
    }
    let progress =
        (step - warmup_steps) as f64 / (total_steps.saturating_sub(warmup_steps)).max(1) as f64;
    peak * 0.5 * (1.0 + (std::f64::consts::PI * progress.min(1.0)).cos())
}

#[cfg(test)]
mod tests {
    use super::learning_rate;

    #[test]
    fn climbs_to_the_peak_and_falls_to_zero() {
        assert_eq!(learning_rate(1.0, 4, 100, 10), 0.5);
        assert_eq!(learning_rate(1.0, 10, 110, 10), 1.0);
        assert!((learning_rate(1.0, 60, 110, 10) - 0.5).abs() < 1e-12);
        assert!(learning_rate(1.0, 110, 110, 10).abs() < 1e-12);
    }
}
