//! The level at which a heart's electrical rest is drawn.

/// A trace dwells at its isoelectric line: the narrowest band that holds this share of the samples.
const DWELL_SHARE: f32 = 0.35;

/// The isoelectric line of a stretch of trace, in its own unit: between its waves it stays at one height. `NaN`s are left
/// out; `None` if there is nothing else.
pub fn isoelectric_level(trace: &[f32]) -> Option<f32> {
    let mut sorted: Vec<f32> = trace.iter().copied().filter(|y| !y.is_nan()).collect();
    sorted.sort_by(f32::total_cmp);
    let held = ((sorted.len() as f32 * DWELL_SHARE) as usize).max(1);
    let narrowest = sorted
        .windows(held)
        .min_by(|a, b| (a[held - 1] - a[0]).total_cmp(&(b[held - 1] - b[0])))?;
    Some(narrowest[held / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_is_where_the_trace_dwells() {
        // Four samples at rest, waves above and below.
        let trace = [0.2, 0.2, 1.5, -0.7, f32::NAN, 0.2, 0.5, 0.2, 0.9];
        assert_eq!(isoelectric_level(&trace), Some(0.2));
        assert_eq!(isoelectric_level(&[f32::NAN]), None);
        assert_eq!(isoelectric_level(&[]), None);
    }
}
