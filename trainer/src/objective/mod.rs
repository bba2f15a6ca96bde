//! What is trained: the 12-lead teacher, the lead student, the image student.

mod batch;
mod image;
mod lead;
mod teacher;

pub use batch::{Batch, SoftTargets};
pub use image::ImageObjective;
pub use lead::{LeadObjective, LeadTrainee, Projections};
pub use teacher::TeacherObjective;
