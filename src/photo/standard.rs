//! Features as small models see them, and the numbers that such models are stored as.

/// In standard deviations: further off, a feature says no more.
const FURTHEST: f32 = 4.0;

/// Features as deviations from the mean; what isn't known (`NaN`) is as usual.
pub(super) fn standardised<const N: usize>(
    features: &[f32; N],
    mean: &[f32; N],
    spread: &[f32; N],
) -> [f32; N] {
    std::array::from_fn(|k| {
        let off = (features[k] - mean[k]) / spread[k];
        if off.is_finite() {
            off.clamp(-FURTHEST, FURTHEST)
        } else {
            0.0
        }
    })
}

/// The numbers of a model, one after the other: little-endian f32. It must not be asked for more than there are.
pub(super) fn numbers(bytes: &[u8]) -> impl FnMut() -> f32 {
    let numbers = bytes.as_chunks().0;
    let mut read = 0;
    move || {
        read += 1;
        f32::from_le_bytes(numbers[read - 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_by_hand() {
        let features = [3.0, f32::NAN, 100.0, -100.0];
        let standard = standardised(&features, &[1.0; 4], &[4.0; 4]);
        assert_eq!(standard, [0.5, 0.0, FURTHEST, -FURTHEST]);
    }

    #[test]
    fn numbers_come_in_their_order() {
        let bytes: Vec<u8> = [1.5f32, -2.0]
            .into_iter()
            .flat_map(f32::to_le_bytes)
            .collect();
        let mut next = numbers(&bytes);
        assert_eq!((next(), next()), (1.5, -2.0));
    }
}
