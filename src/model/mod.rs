//! The networks that leave the trainer and run in the browser.
//!
//! Struct field names are the keys of the weight record: renaming one is a format change.
//!
//! Dimension letters, used in every shape comment:
//! `B` batch, `C` channels, `T` time steps of a signal, `H` rows and `W` columns of a canvas,
//! `N` tokens of an attention, `K` labels ([`NUM_LABELS`](crate::labels::NUM_LABELS)), `D` lead slots ([`LEAD_SLOTS`]).

pub mod block1d;
pub mod block2d;
pub mod image_student;
pub mod lead_ensemble;
pub mod lead_student;
pub mod positions;
pub mod self_modality;
pub mod signal_classifier;
pub mod signal_encoder;

pub use image_student::{ImageStudent, ImageStudentConfig};
pub use lead_ensemble::{LeadEnsemble, LeadEnsembleConfig};
pub use lead_student::{LEAD_SLOTS, LeadStudent, LeadStudentConfig};
pub use self_modality::{AttentionConfig, SelfModality};
pub use signal_classifier::{SignalClassifier, SignalClassifierConfig};
pub use signal_encoder::{SignalEncoder, SignalEncoderConfig};
