//! How good predictions are, measured as the public PTB-XL benchmark does
//! (Strodthoff et al. 2020, doi 10.1109/JBHI.2020.3022989).

pub mod auc;
mod band;
pub mod bootstrap;
pub mod calibration;
pub mod f1;
pub mod signal_to_noise;
pub mod task_report;

pub use auc::auc;
pub use bootstrap::Bootstrap;
pub use calibration::{ece, ece_15, ece_15_by_chance};
pub use f1::{F1Threshold, best_f1_threshold, f1};
pub use task_report::{
    LabelReport, MacroFigures, Predictions, TaskReport, macro_auc, resampled_figures,
};
