//! Makes Inkbeat's students: data, printouts, teachers, distillation, evaluation, export.
//!
//! Reading order: [`config`] (what an experiment is), [`data`] (where records come from), [`objective`] (what is
//! optimised), [`train`] (the loop), then [`evaluate`] and [`export`].

pub mod averaged;
pub mod calibrate;
pub mod camera;
pub mod checkpoint;
pub mod comparison;
pub mod config;
pub mod contrast;
pub mod data;
pub mod decoys;
pub mod distill;
pub mod encode;
pub mod evaluate;
pub mod export;
pub mod gallery;
pub mod gate;
pub mod infer;
pub mod kernels;
pub mod loss;
pub mod metrics;
pub mod objective;
pub mod overlay;
pub mod pages;
pub mod paper_speed;
pub mod photos;
pub mod polarity;
pub mod predict;
pub mod refusals;
pub mod render;
pub mod schedule;
pub mod spread;
pub mod teach;
pub mod train;
pub mod views;
pub mod vizecgnet;
