//! Noise-contrastive estimation against remembered embeddings.

use burn::prelude::*;
use burn::tensor::activation::log_sigmoid;

/// How far each anchor is from telling its own record among others.
///
/// # Shapes
/// - `scores`: `[B, 1 + J]`, the anchor's cosine with its own record's embedding, then with J others', over the temperature
/// - returns `[1]`: mean over B of the sums over 1 + J
///
/// # Formula
/// h = e^score / Z, c = J/N:
/// −1/B Σ_b [ ln(h⁺/(h⁺ + c)) + Σ_j ln(c/(h_j⁻ + c)) ]
///
/// `log_normaliser` is ln Z and `records` N. With s = score − ln Z − ln c the terms are ln σ(s⁺) and ln σ(−s⁻),
/// which is how they are computed.
///
/// # Source
/// MVKT-ECG's CLT, arXiv:2301.12178, which takes it from contrastive representation distillation (Tian et al. 2020,
/// arXiv:1910.10699). Deviation: no 1e-7 in the denominators; the logarithms of sigmoids need none.
pub fn contrastive_loss(scores: Tensor<2>, log_normaliser: f64, records: usize) -> Tensor<1> {
    let [batch, candidates] = scores.dims();
    let others = candidates - 1;
    let noise = (others as f64 / records as f64).ln();
    let surplus = scores - (log_normaliser + noise);
    let own = log_sigmoid(surplus.clone().narrow(1, 0, 1)).sum();
    let other = log_sigmoid(-surplus.narrow(1, 1, others)).sum();
    -(own + other) / batch as f64
}

/// The normaliser Z that the first batch sets: the mean of e^score times N, as a logarithm.
///
/// `scores` is as in [`contrastive_loss`].
pub fn log_normaliser(scores: &Tensor<2>, records: usize) -> f64 {
    let mean = scores.clone().exp().mean().into_scalar::<f32>();
    f64::from(mean).ln() + (records as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_formula_as_it_is_written() {
        let device = Device::flex();
        let scores = [[2.0_f64, -1.0, 0.5], [0.3, 0.1, 1.5]];
        let (normaliser, records) = (7.0_f64, 10_usize);
        let c = 2.0 / records as f64;
        let expected = -scores
            .iter()
            .map(|row| {
                let h = row.map(|score| score.exp() / normaliser);
                (h[0] / (h[0] + c)).ln() + (c / (h[1] + c)).ln() + (c / (h[2] + c)).ln()
            })
            .sum::<f64>()
            / 2.0;
        let tensor = Tensor::<2>::from_floats(scores.map(|row| row.map(|x| x as f32)), &device);
        let loss = contrastive_loss(tensor, normaliser.ln(), records).into_scalar::<f32>();
        assert!(
            (f64::from(loss) - expected).abs() < 1e-5,
            "{loss} {expected}"
        );
    }

    #[test]
    fn the_first_batch_sets_the_normaliser() {
        let scores = Tensor::<2>::from_floats([[0.0, 0.0], [0.0, 3.0_f32.ln()]], &Device::flex());
        // (1 + 1 + 1 + 3)/4 = 1.5, times 10 records.
        assert!((log_normaliser(&scores, 10) - 15.0_f64.ln()).abs() < 1e-6);
    }
}
