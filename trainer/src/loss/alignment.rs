//! How far one network's features lie from another one's.

use burn::prelude::*;

use super::of_length_one;

/// Mean over the batch of ‖a/‖a‖ − sg[b/‖b‖]‖², which is 2 − 2·cos(a, b): `[B, F]` twice → `[1]`.
///
/// No gradient flows to `guide`. As in BYOL, Grill et al. 2020, arXiv:2006.07733, equation 2.
pub fn alignment_loss(features: Tensor<2>, guide: Tensor<2>) -> Tensor<1> {
    let distance = of_length_one(features) - of_length_one(guide.detach());
    distance.square().sum_dim(1).mean()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_two_minus_twice_the_cosine_and_spares_the_guide() {
        let device = Device::flex().autodiff();
        let features = Tensor::<2>::from_floats([[3.0, 0.0], [0.0, 2.0]], &device).require_grad();
        let guide = Tensor::<2>::from_floats([[5.0, 0.0], [1.0, 1.0]], &device).require_grad();
        let loss = alignment_loss(features.clone(), guide.clone());
        // Cosines 1 and 1/√2.
        let expected = (0.0 + 2.0 - 2.0_f32.sqrt()) / 2.0;
        assert!((loss.clone().into_scalar::<f32>() - expected).abs() < 1e-6);
        let gradients = loss.backward();
        assert!(features.grad(&gradients).is_some());
        assert!(guide.grad(&gradients).is_none());
    }
}
