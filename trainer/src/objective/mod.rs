//! What is trained: the 12-lead teacher and the tracing student, the lead student, the image student.

mod batch;
mod image;
mod lead;
mod signal;

pub use batch::{Batch, SoftTargets};
pub use image::ImageObjective;
pub use lead::{LeadObjective, LeadTrainee, Projections};
pub use signal::{Sight, SignalObjective};
