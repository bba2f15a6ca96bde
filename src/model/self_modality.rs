//! Attention among the tokens of one modality (SMAM): what a convolution sees apart is put side by side.
//!
//! Source: VizECGNet, arXiv:2408.02888. Its equations were not at hand; these are the usual ones of a transformer block with
//! its norms in front (Xiong et al. 2020, arXiv:2002.04745).

use burn::module::Param;
use burn::nn::attention::{MhaInput, MultiHeadAttention, MultiHeadAttentionConfig};
use burn::nn::transformer::{PositionWiseFeedForward, PositionWiseFeedForwardConfig};
use burn::nn::{LayerNorm, LayerNormConfig, Linear};
use burn::prelude::*;
use serde::{Deserialize, Serialize};

/// Shape of a block of attention, whatever it attends to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttentionConfig {
    /// Heads; they share the tokens' channels evenly.
    pub heads: usize,
    /// Hidden units of the position-wise feed-forward net.
    pub hidden: usize,
    /// Dropout of attention weights and hidden units, in training.
    pub dropout: f64,
}

/// H = U + MHSA(LN(U)), then H + FFN(LN(H)). Both sums start as U: what they add is initially zero.
#[derive(Module, Debug)]
pub struct SelfModality {
    /// Before the attention.
    pub attention_norm: LayerNorm,
    /// Scaled dot products between all pairs of tokens; its output projection is initially zero.
    pub attention: MultiHeadAttention,
    /// Before the feed-forward net.
    pub feed_forward_norm: LayerNorm,
    /// Two linear layers with a GELU between them; the second one is initially zero.
    pub feed_forward: PositionWiseFeedForward,
}

impl AttentionConfig {
    /// Whether tokens of `channels` can be attended to with this shape.
    pub fn fits(&self, channels: usize) -> bool {
        self.heads > 0
            && channels.is_multiple_of(self.heads)
            && self.hidden > 0
            && (0.0..1.0).contains(&self.dropout)
    }

    /// A block for tokens of `channels`.
    pub fn init(&self, channels: usize, device: &Device) -> SelfModality {
        SelfModality {
            attention_norm: LayerNormConfig::new(channels).init(device),
            attention: self.attention(channels, device),
            feed_forward_norm: LayerNormConfig::new(channels).init(device),
            feed_forward: self.feed_forward(channels, device),
        }
    }

    /// Attention that initially adds nothing.
    ///
    /// # Panics
    /// If the shape does not [fit](Self::fits).
    pub fn attention(&self, channels: usize, device: &Device) -> MultiHeadAttention {
        let mut attention = MultiHeadAttentionConfig::new(channels, self.heads)
            .with_dropout(self.dropout)
            .init(device);
        attention.output = zeroed(attention.output);
        attention
    }

    /// A feed-forward net that initially adds nothing.
    pub fn feed_forward(&self, channels: usize, device: &Device) -> PositionWiseFeedForward {
        let mut net = PositionWiseFeedForwardConfig::new(channels, self.hidden)
            .with_dropout(self.dropout)
            .init(device);
        net.linear_outer = zeroed(net.linear_outer);
        net
    }
}

impl SelfModality {
    /// `[B, N, C]` → `[B, N, C]`
    pub fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
        let normed = self.attention_norm.forward(tokens.clone());
        let attended = tokens + self.attention.forward(MhaInput::self_attn(normed)).context;
        let normed = self.feed_forward_norm.forward(attended.clone());
        attended + self.feed_forward.forward(normed)
    }
}

fn zeroed(layer: Linear) -> Linear {
    Linear {
        weight: Param::from_tensor(layer.weight.val().zeros_like()),
        bias: layer
            .bias
            .map(|bias| Param::from_tensor(bias.val().zeros_like())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Distribution;

    #[test]
    fn a_fresh_block_is_the_identity() {
        let device = Device::flex();
        let config = AttentionConfig {
            heads: 2,
            hidden: 6,
            dropout: 0.0,
        };
        let tokens = Tensor::<3>::random([2, 5, 8], Distribution::Default, &device);
        let attended = config.init(8, &device).forward(tokens.clone());
        assert_eq!(attended.into_data(), tokens.into_data());
    }

    #[test]
    fn heads_that_share_unevenly_do_not_fit() {
        let config = |heads| AttentionConfig {
            heads,
            hidden: 6,
            dropout: 0.0,
        };
        assert!(config(2).fits(8));
        assert!(!config(3).fits(8));
        assert!(!config(0).fits(8));
    }
}
