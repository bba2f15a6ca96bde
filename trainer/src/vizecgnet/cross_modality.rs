//! Attention between the tokens of two modalities (CMAM): each is asked what the other one shows.

use burn::nn::attention::{MhaInput, MultiHeadAttention};
use burn::nn::transformer::PositionWiseFeedForward;
use burn::nn::{LayerNorm, LayerNormConfig};
use burn::prelude::*;
use inkbeat::model::AttentionConfig;

/// Both directions between image tokens T_I `[B, N, C]` and signal tokens T_S `[B, M, C]`.
///
/// # Formula
/// For m = I, m′ = S and the other way round, with heads of d = C / heads channels:
/// - A = LN_m(T_m), G = LN_m′(T_m′)
/// - V_m = T_m + softmax(A·W_q · (G·W_k)ᵀ / √d) · G·W_v · W_o, the softmax over the other modality's tokens
/// - U_m = V_m + FFN_m(LN(V_m)), FFN_m = linear, GELU, linear
///
/// Every linear map has a bias. W_o and the second linear map of FFN_m are initially zero: U_m = T_m.
///
/// # Source
/// VizECGNet, arXiv:2408.02888, names the module; its equations were not at hand and these are reconstructed.
#[derive(Module, Debug)]
pub struct CrossModality {
    /// The image asks the signal.
    pub image: CrossAttention,
    /// The signal asks the image.
    pub signal: CrossAttention,
}

/// What one modality has of its own.
#[derive(Module, Debug)]
pub struct CrossAttention {
    /// LN_m: before this modality asks, and before it is asked.
    pub norm: LayerNorm,
    /// W_q, W_k, W_v, W_o of what this modality asks.
    pub attention: MultiHeadAttention,
    /// Before the feed-forward net.
    pub feed_forward_norm: LayerNorm,
    /// FFN_m
    pub feed_forward: PositionWiseFeedForward,
}

impl CrossModality {
    /// Both directions for tokens of `channels`.
    ///
    /// # Panics
    /// If the shape does not [fit](AttentionConfig::fits).
    pub fn new(shape: &AttentionConfig, channels: usize, device: &Device) -> Self {
        let side = || CrossAttention {
            norm: LayerNormConfig::new(channels).init(device),
            attention: shape.attention(channels, device),
            feed_forward_norm: LayerNormConfig::new(channels).init(device),
            feed_forward: shape.feed_forward(channels, device),
        };
        Self {
            image: side(),
            signal: side(),
        }
    }

    /// U_I `[B, N, C]`
    pub fn mixed_image(&self, image: &Tensor<3>, signal: &Tensor<3>) -> Tensor<3> {
        self.image
            .mix(image, self.signal.norm.forward(signal.clone()))
    }

    /// U_S `[B, M, C]`
    pub fn mixed_signal(&self, image: &Tensor<3>, signal: &Tensor<3>) -> Tensor<3> {
        self.signal
            .mix(signal, self.image.norm.forward(image.clone()))
    }
}

impl CrossAttention {
    /// U_m from T_m and the other modality's normalised tokens.
    fn mix(&self, own: &Tensor<3>, other: Tensor<3>) -> Tensor<3> {
        let question = self.norm.forward(own.clone());
        let input = MhaInput::new(question, other.clone(), other);
        let answered = own.clone() + self.attention.forward(input).context;
        let normed = self.feed_forward_norm.forward(answered.clone());
        answered + self.feed_forward.forward(normed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Distribution;

    #[test]
    fn a_fresh_module_is_the_identity() {
        let device = Device::flex();
        let shape = AttentionConfig {
            heads: 2,
            hidden: 6,
            dropout: 0.0,
        };
        let cross = CrossModality::new(&shape, 8, &device);
        let random = |tokens| Tensor::<3>::random([2, tokens, 8], Distribution::Default, &device);
        let (image, signal) = (random(5), random(3));
        let mixed = cross.mixed_image(&image, &signal);
        assert_eq!(mixed.into_data(), image.clone().into_data());
        let mixed = cross.mixed_signal(&image, &signal);
        assert_eq!(mixed.into_data(), signal.into_data());
    }
}
