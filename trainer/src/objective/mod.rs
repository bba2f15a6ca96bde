//! What is trained: the 12-lead teacher and the tracing student, the lead student, the image student alone or guided.

mod batch;
mod image;
mod lead;
mod signal;
mod vizecgnet;

pub use batch::{Batch, SoftTargets};
pub use image::ImageObjective;
pub use lead::{LeadObjective, LeadTrainee, Projections};
pub use signal::{Sight, SignalObjective};
pub use vizecgnet::{PairedBatch, VizEcgObjective};
