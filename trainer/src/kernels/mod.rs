//! Forward and backward passes of the signal encoder by hand, for training on CPUs.
//!
//! burn's own passes on the CPU go through one elementwise operation, copy or transposition after the other.
//! Here a whole encoder is one step of the tape. Signals are kept *time-major*, `[B, T, C]` with the channels of one
//! instant side by side: the windows of a convolution then are rows of a matrix that overlap in memory, so that
//! every convolution is one matrix product without any copy, and so are both of its gradients
//! (the "im2col" matrix, Chellapilla et al. 2006, without its memory).
//!
//! The networks are defined in the root crate and nowhere else; this computes what their `forward` would, in training
//! mode, and the tests hold it against burn's own automatic differentiation. Other devices use that.

mod batch_norm;
mod conv;
mod gate;
mod matrix;
mod residual;
mod shards;
mod signal_encoder;

pub use batch_norm::numbers;
pub use signal_encoder::{EncoderGradients, EncoderPass};
