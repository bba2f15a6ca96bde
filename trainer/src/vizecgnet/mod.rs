//! Multi-modal training of the image student, after VizECGNet (arXiv:2408.02888): a second stream sees the signal that the
//! page was drawn from, both attend to each other and answer alike, and only the image's stream is kept.
//!
//! ```text
//! ink    [B, 1, 512, 768] ─ ImageStudent::tokens ─► T_I [B, N, C] ─┬──────────────── SMAM ─► z_I [B, K]
//!                                                                  ├─ CMAM ─► U_I ─ SMAM ─► z_M [B, K]
//! signal [B, 12, 1000] ─ encoder, SignalStream::tokens ─► T_S [B, M, C] ─┴─ CMAM ─► U_S ─ SMAM ─► z_S [B, K]
//! ```
//!
//! The image's stream answers twice, with and without the signal; the first is for training alone. What is shipped is
//! [`ImageStudent`], whose answer no signal can change. docs/vizecgnet.md says what is the paper's and what is not.

pub mod config;
pub mod cross_modality;
pub mod loss;
mod signal_stream;
#[cfg(test)]
mod tests;

use burn::nn::{Linear, LinearConfig};
use burn::prelude::*;
use inkbeat::labels::NUM_LABELS;
use inkbeat::model::signal_encoder::pool_mean_max;
use inkbeat::model::{ImageStudent, ImageStudentConfig};

use config::GuidanceConfig;
use cross_modality::CrossModality;
pub use signal_stream::SignalStream;

/// The image student with all that guides it in training.
#[derive(Module, Debug)]
pub struct VizEcgNet {
    /// What will be shipped.
    pub image: ImageStudent,
    /// The stream that sees the signal.
    pub signal: SignalStream,
    /// CMAM; absent where the streams meet in the loss alone.
    pub cross: Option<CrossModality>,
    /// z_F from both streams' pooled tokens, `[4C]` → `[K]`.
    pub fused_head: Option<Linear>,
    /// Takes the image's pooled tokens to where the signal's are, `[2C]` → `[2C]`; absent without alignment.
    pub alignment: Option<Linear>,
}

/// What both streams say of a batch.
pub struct Answers {
    /// z_I `[B, K]`, of the image alone.
    pub image: Tensor<2>,
    /// z_M `[B, K]`, of the image that asked the signal.
    pub mixed: Option<Tensor<2>>,
    /// z_S `[B, K]`
    pub signal: Tensor<2>,
    /// z_F `[B, K]`
    pub fused: Option<Tensor<2>>,
    /// Pooled tokens `[B, 2C]` from before the streams mix, the image's projected and the signal's.
    pub pooled: Option<[Tensor<2>; 2]>,
}

impl VizEcgNet {
    /// Fresh weights for both streams.
    ///
    /// # Panics
    /// If the parts don't fit each other: see [`GuidanceConfig::check`].
    pub fn new(image: &ImageStudentConfig, guidance: &GuidanceConfig, device: &Device) -> Self {
        let channels = image.channels_out();
        Self {
            image: image.init(device),
            signal: SignalStream::new(&guidance.signal, channels, device),
            cross: guidance
                .cross
                .map(|cross| CrossModality::new(&cross, channels, device)),
            fused_head: guidance
                .fused_head
                .then(|| LinearConfig::new(4 * channels, NUM_LABELS).init(device)),
            alignment: (guidance.loss.alignment > 0.0)
                .then(|| LinearConfig::new(2 * channels, 2 * channels).init(device)),
        }
    }

    /// Both streams' answers. z_I is exactly what the [`ImageStudent`] says.
    ///
    /// # Shapes
    /// - `ink`: `[B, 1, 512, 768]`, 0 paper … 1 ink
    /// - `signal_features`: `[B, C_enc, T′]`, what the signal stream's encoder makes of the twelve leads
    pub fn forward(&self, ink: Tensor<4>, signal_features: Tensor<3>) -> Answers {
        let image = self.image.tokens(ink);
        let signal = self.signal.tokens(signal_features);
        let pooled = self.alignment.as_ref().map(|projection| {
            [
                projection.forward(pool_tokens(image.clone())),
                pool_tokens(signal.clone()),
            ]
        });
        let (mixed_image, mixed_signal) = match &self.cross {
            Some(cross) => (
                Some(self.image.attend(cross.mixed_image(&image, &signal))),
                cross.mixed_signal(&image, &signal),
            ),
            None => (None, signal),
        };
        let image = self.image.attend(image);
        let signal = self.signal.attend(mixed_signal);
        let fused = self.fused_head.as_ref().map(|head| {
            let image = mixed_image.as_ref().unwrap_or(&image).clone();
            let both = vec![pool_tokens(image), pool_tokens(signal.clone())];
            head.forward(self.signal.dropout.forward(Tensor::cat(both, 1)))
        });
        Answers {
            image: self.image.classify(image),
            mixed: mixed_image.map(|mixed| self.image.classify(mixed)),
            signal: self.signal.classify(signal),
            fused,
            pooled,
        }
    }
}

/// Mean and maximum over tokens: `[B, N, C]` → `[B, 2C]`.
fn pool_tokens(tokens: Tensor<3>) -> Tensor<2> {
    pool_mean_max(tokens.swap_dims(1, 2))
}
