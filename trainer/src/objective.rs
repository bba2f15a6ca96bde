//! The three things that are trained: the 12-lead teacher, the lead student, the image student.

use anyhow::{Context, Result};
use burn::prelude::*;
use burn::tensor::TensorData;
use inkbeat::labels::{LabelSet, NUM_LABELS, Task};
use inkbeat::lead::Lead;
use inkbeat::model::lead_student::lead_one_hot;
use inkbeat::model::{ImageStudent, LEAD_SLOTS, LeadStudent};
use inkbeat::photo::{CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX};
use inkbeat::signal::WINDOW_SAMPLES;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use crate::config::{Distillation, SignalAugmentation};
use crate::data::augment::augment;
use crate::data::canvases::{CANVAS_PIXELS, Canvases};
use crate::data::{LEADS, SignalSet};
use crate::loss::bce::binary_cross_entropy;
use crate::loss::logit_distillation::logit_distillation;
use crate::metrics::{Predictions, macro_auc};
use crate::predict::{predict_canvases, predict_lead, predict_teacher};
use crate::teacher::SignalTeacher;
use crate::train::Objective;

/// The teacher's logits for the training records, and how much they count.
pub struct SoftTargets {
    /// `[records, K]`
    pub logits: Vec<f32>,
    /// Weight and temperature.
    pub distillation: Distillation,
}

/// Inputs with their labels, in plain memory.
pub struct Batch {
    /// Flattened `[B, …]`.
    inputs: Vec<f32>,
    /// `[B, 13]`; empty where the network takes no lead.
    lead_one_hot: Vec<f32>,
    /// `[B, K]`
    targets: Vec<f32>,
    /// `[B, K]`; empty without a teacher.
    teacher_logits: Vec<f32>,
}

/// Trains a [`SignalTeacher`] on labels.
pub struct TeacherObjective {
    /// Folds 1–8.
    pub training: SignalSet,
    /// Fold 9.
    pub validation: SignalSet,
    /// Ranges.
    pub augmentation: SignalAugmentation,
}

/// Trains a [`LeadStudent`] on labels and, where given, the teacher's soft targets.
pub struct LeadObjective {
    /// Folds 1–8.
    pub training: SignalSet,
    /// Fold 9.
    pub validation: SignalSet,
    /// Ranges.
    pub augmentation: SignalAugmentation,
    /// Leads drawn.
    pub leads: Vec<Lead>,
    /// Share of examples whose lead is withheld.
    pub unknown_share: f64,
    /// The teacher's part.
    pub soft_targets: Option<SoftTargets>,
}

/// Trains an [`ImageStudent`] on labels and, where given, the teacher's soft targets.
pub struct ImageObjective {
    /// Labels of the training records.
    pub labels: Vec<LabelSet>,
    /// Their pages.
    pub canvases: Canvases,
    /// Labels of the validation records.
    pub validation_labels: Vec<LabelSet>,
    /// Their pages, clean.
    pub validation_canvases: Canvases,
    /// The teacher's part.
    pub soft_targets: Option<SoftTargets>,
}

impl Objective for TeacherObjective {
    type Net = SignalTeacher;
    type Batch = Batch;

    fn examples(&self) -> usize {
        self.training.len()
    }

    fn batch(&self, indices: &[usize], rng: &mut ChaCha8Rng) -> Result<Batch> {
        let mut batch =
            Batch::with_targets(indices, |index| self.training.records()[index].labels, None);
        for &index in indices {
            let start = batch.inputs.len();
            batch
                .inputs
                .extend_from_slice(self.training.signal_mv(index));
            augment(&mut batch.inputs[start..], &self.augmentation, rng);
        }
        Ok(batch)
    }

    fn loss(&self, net: &SignalTeacher, batch: Batch, device: &Device) -> Tensor<1> {
        let examples = batch.examples();
        let signal = tensor(batch.inputs, [examples, LEADS, WINDOW_SAMPLES], device);
        binary_cross_entropy(
            net.forward(signal),
            tensor(batch.targets, [examples, NUM_LABELS], device),
        )
    }

    fn validate(&self, net: &SignalTeacher, device: &Device) -> Result<f64> {
        let logits = predict_teacher(net, &self.validation, device)?;
        superclass_auc(
            &logits,
            self.validation.records().iter().map(|record| record.labels),
        )
    }
}

impl Objective for LeadObjective {
    type Net = LeadStudent;
    type Batch = Batch;

    fn examples(&self) -> usize {
        self.training.len()
    }

    fn batch(&self, indices: &[usize], rng: &mut ChaCha8Rng) -> Result<Batch> {
        let labels = |index: usize| self.training.records()[index].labels;
        let mut batch = Batch::with_targets(indices, labels, self.soft_targets.as_ref());
        for &index in indices {
            let lead = self.leads[rng.random_range(0..self.leads.len())];
            let known = !rng.random_bool(self.unknown_share);
            batch
                .lead_one_hot
                .extend(lead_one_hot(known.then_some(lead)));
            let start = batch.inputs.len();
            batch
                .inputs
                .extend_from_slice(self.training.lead_mv(index, lead));
            augment(&mut batch.inputs[start..], &self.augmentation, rng);
        }
        Ok(batch)
    }

    fn loss(&self, net: &LeadStudent, batch: Batch, device: &Device) -> Tensor<1> {
        let examples = batch.examples();
        let signal = tensor(batch.inputs, [examples, 1, WINDOW_SAMPLES], device);
        let lead = tensor(batch.lead_one_hot, [examples, LEAD_SLOTS], device);
        let logits = net.forward(signal, lead);
        student_loss(
            logits,
            batch.targets,
            batch.teacher_logits,
            self.soft_targets.as_ref(),
            device,
        )
    }

    /// Mean of leads I and II.
    fn validate(&self, net: &LeadStudent, device: &Device) -> Result<f64> {
        let labels = || self.validation.records().iter().map(|record| record.labels);
        let one = superclass_auc(
            &predict_lead(net, &self.validation, Lead::I, device)?,
            labels(),
        )?;
        let two = superclass_auc(
            &predict_lead(net, &self.validation, Lead::II, device)?,
            labels(),
        )?;
        Ok((one + two) / 2.0)
    }
}

impl Objective for ImageObjective {
    type Net = ImageStudent;
    type Batch = Batch;

    fn examples(&self) -> usize {
        self.labels.len()
    }

    fn batch(&self, indices: &[usize], rng: &mut ChaCha8Rng) -> Result<Batch> {
        let mut batch = Batch::with_targets(
            indices,
            |index| self.labels[index],
            self.soft_targets.as_ref(),
        );
        for &index in indices {
            let rendering = rng.random_range(0..self.canvases.renderings());
            let canvas = self.canvases.decompress(rendering, index)?;
            extend_shifted(&mut batch.inputs, &canvas, rng);
        }
        Ok(batch)
    }

    fn loss(&self, net: &ImageStudent, batch: Batch, device: &Device) -> Tensor<1> {
        let examples = batch.examples();
        let ink = tensor(
            batch.inputs,
            [examples, 1, CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX],
            device,
        );
        let logits = net.forward(ink);
        student_loss(
            logits,
            batch.targets,
            batch.teacher_logits,
            self.soft_targets.as_ref(),
            device,
        )
    }

    fn validate(&self, net: &ImageStudent, device: &Device) -> Result<f64> {
        let logits = predict_canvases(net, self.validation_labels.len(), device, |index| {
            self.validation_canvases.decompress(0, index)
        })?;
        superclass_auc(&logits, self.validation_labels.iter().copied())
    }
}

/// Largest shift of a canvas in training, in pixels: placement on a photo is only as good as the ink found.
const MAX_SHIFT_PX: i32 = 9;

/// Appends a canvas shifted by up to ±[`MAX_SHIFT_PX`] both ways and with its ink thinned or thickened a little.
fn extend_shifted<R: Rng>(inputs: &mut Vec<f32>, canvas: &[u8], rng: &mut R) {
    let (width, height) = (CANVAS_WIDTH_PX as i32, CANVAS_HEIGHT_PX as i32);
    let (dx, dy) = (
        rng.random_range(-MAX_SHIFT_PX..=MAX_SHIFT_PX),
        rng.random_range(-MAX_SHIFT_PX..=MAX_SHIFT_PX),
    );
    let strength = rng.random_range(0.75..=1.25) / 255.0;
    let start = inputs.len();
    inputs.resize(start + CANVAS_PIXELS, 0.0);
    for y in dy.max(0)..(height + dy).min(height) {
        let x = dx.max(0)..(width + dx).min(width);
        let target = start + (y * width) as usize;
        let source = ((y - dy) * width - dx) as i64;
        for x in x {
            let ink = f32::from(canvas[(source + i64::from(x)) as usize]) * strength;
            inputs[target + x as usize] = ink.min(1.0);
        }
    }
}

impl Batch {
    fn with_targets(
        indices: &[usize],
        labels: impl Fn(usize) -> LabelSet,
        soft_targets: Option<&SoftTargets>,
    ) -> Self {
        let targets = indices
            .iter()
            .flat_map(|&index| labels(index).to_targets())
            .collect();
        let teacher_logits = soft_targets.map_or_else(Vec::new, |soft| {
            indices
                .iter()
                .flat_map(|&index| &soft.logits[index * NUM_LABELS..][..NUM_LABELS])
                .copied()
                .collect()
        });
        Self {
            inputs: Vec::new(),
            lead_one_hot: Vec::new(),
            targets,
            teacher_logits,
        }
    }

    fn examples(&self) -> usize {
        self.targets.len() / NUM_LABELS
    }
}

/// Cross-entropy on the labels plus, with a teacher, its weighted distillation term.
fn student_loss(
    logits: Tensor<2>,
    targets: Vec<f32>,
    teacher_logits: Vec<f32>,
    soft_targets: Option<&SoftTargets>,
    device: &Device,
) -> Tensor<1> {
    let shape = logits.dims();
    let supervised = binary_cross_entropy(logits.clone(), tensor(targets, shape, device));
    match soft_targets {
        Some(SoftTargets { distillation, .. }) => {
            let teacher = tensor(teacher_logits, shape, device);
            supervised
                + logit_distillation(logits, teacher, distillation.temperature)
                    * distillation.weight
        }
        None => supervised,
    }
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Macro AUC over the five superclasses, the score that every choice on fold 9 goes by.
fn superclass_auc(logits: &[f32], labels: impl Iterator<Item = LabelSet>) -> Result<f64> {
    let labels: Vec<LabelSet> = labels.collect();
    macro_auc(
        Task::Superdiagnostic,
        Predictions {
            scores: logits,
            labels: &labels,
        },
    )?
    .context("no superclass has both positive and negative records in the validation fold")
}
