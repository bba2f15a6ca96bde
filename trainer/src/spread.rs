//! Means and spreads by which small models see their features.

/// Smaller spreads are taken for this, so that what hardly varies is not blown up.
const LEAST_SPREAD: f32 = 1e-3;

/// Mean and standard deviation of the values that are known (not `NaN`); `None` if there are none.
pub fn mean_and_spread(values: impl Iterator<Item = f32>) -> Option<(f32, f32)> {
    let known: Vec<f32> = values.filter(|value| value.is_finite()).collect();
    let count = known.len() as f32;
    (!known.is_empty()).then(|| {
        let mean = known.iter().sum::<f32>() / count;
        let variance = known.iter().map(|f| (f - mean).powi(2)).sum::<f32>() / count;
        (mean, variance.sqrt().max(LEAST_SPREAD))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_counts() {
        let values = [1.0, f32::NAN, 3.0];
        assert_eq!(mean_and_spread(values.into_iter()), Some((2.0, 1.0)));
        assert_eq!(
            mean_and_spread([5.0].into_iter()),
            Some((5.0, LEAST_SPREAD))
        );
        assert_eq!(mean_and_spread([f32::NAN].into_iter()), None);
    }
}
