//! Binary cross-entropy on logits, for labels that co-occur.

use burn::prelude::*;
use burn::tensor::activation::log_sigmoid;

/// −[y·ln σ(z) + (1−y)·ln(1−σ(z))] per example and label, in nats.
///
/// Written with ln σ(±z), which stays finite for any logit.
///
/// # Shapes
/// - `logits`, `targets`: `[B, K]`
/// - returns `[B, K]`
pub fn binary_cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<2> {
    let positive = log_sigmoid(logits.clone()) * targets.clone();
    let negative = log_sigmoid(-logits) * (-targets + 1.0);
    -(positive + negative)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_hand_computation_and_survives_huge_logits() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_floats([[0.0, 2.0]], &device);
        let targets = Tensor::<2>::from_floats([[1.0, 0.0]], &device);
        // −ln ½ = 0.693147; −ln(1 − σ(2)) = ln(1 + e²) = 2.126928; mean 1.410038
        let loss = binary_cross_entropy(logits, targets)
            .mean()
            .into_scalar::<f32>();
        assert!((loss - 1.410_038).abs() < 1e-5, "{loss}");

        let extreme = Tensor::<2>::from_floats([[200.0, -200.0]], &device);
        let wrong = Tensor::<2>::from_floats([[0.0, 1.0]], &device);
        let loss = binary_cross_entropy(extreme, wrong)
            .mean()
            .into_scalar::<f32>();
        assert!((loss - 200.0).abs() < 1e-3, "{loss}");
    }
}
