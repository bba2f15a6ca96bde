//! The lead student: strips, labels, the teacher's soft targets, and contrast with the teacher's features.

use std::path::Path;

use anyhow::{Context, Result};
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::prelude::*;
use inkbeat::lead::Lead;
use inkbeat::model::lead_student::lead_one_hot;
use inkbeat::model::signal_encoder::pool_mean_max;
use inkbeat::model::{LEAD_SLOTS, LeadStudent};
use inkbeat::signal::WINDOW_SAMPLES;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::batch::{Batch, SoftTargets, superclass_auc, tensor};
use crate::config::SignalAugmentation;
use crate::contrast::LeadTransfer;
use crate::data::SignalSet;
use crate::data::augment::augment;
use crate::data::electrode_turn::turned_lead;
use crate::encode::{Signals, step_through};
use crate::predict::predict_lead;
use crate::train::{Objective, Step};

/// A student while it learns: with the two projections of the contrast, which are thrown away afterwards.
#[derive(Module, Debug)]
pub struct LeadTrainee {
    /// What will be shipped.
    pub student: LeadStudent,
    /// Both projections into the space where student and teacher are compared.
    pub projections: Option<Projections>,
}

/// The projections W_s and W_t of MVKT-ECG's CLT.
#[derive(Module, Debug)]
pub struct Projections {
    /// The student's pooled features → embedding.
    pub student: Linear,
    /// The teacher's pooled features → embedding.
    pub teacher: Linear,
}

/// Trains a [`LeadStudent`] on labels and, where given, on what the teacher knows.
pub struct LeadObjective {
    /// How many times another label's weight a superclass has.
    pub superclass_weight: f32,
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
    /// The teacher's logits (MKD).
    pub soft_targets: Option<SoftTargets>,
    /// The teacher's features (CLT).
    pub transfer: Option<LeadTransfer>,
}

impl LeadTrainee {
    /// A fresh student, with projections if there is something to compare it with.
    pub fn new(student: LeadStudent, transfer: Option<&LeadTransfer>, device: &Device) -> Self {
        let projections = transfer.map(|transfer| {
            let [pooled, _] = student.head.weight.dims();
            let dimensions = transfer.settings.dimensions;
            Projections {
                student: LinearConfig::new(pooled, dimensions).init(device),
                teacher: LinearConfig::new(transfer.feature_count(), dimensions).init(device),
            }
        });
        Self {
            student,
            projections,
        }
    }
}

impl Objective for LeadObjective {
    type Net = LeadTrainee;
    type Product = LeadStudent;
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
            let signal_mv = self.training.signal_mv(index);
            batch.inputs.extend(turned_lead(
                signal_mv,
                lead,
                self.augmentation.turn_deg,
                rng,
            ));
            augment(&mut batch.inputs[start..], &self.augmentation, rng);
            if let Some(transfer) = &self.transfer {
                transfer.draw_negatives(index, rng, &mut batch.negatives);
            }
        }
        Ok(batch)
    }

    fn step(&self, net: &LeadTrainee, mut batch: Batch, device: &Device) -> Result<Step> {
        let examples = batch.examples();
        let signals = Signals {
            signal_mv: std::mem::take(&mut batch.inputs),
            shape: [examples, 1, WINDOW_SAMPLES],
        };
        let one_hot = std::mem::take(&mut batch.lead_one_hot);
        let one_hot = tensor(one_hot, [examples, LEAD_SLOTS], device);
        let student = &net.student;
        let stem_bias = student.lead.forward(one_hot.clone());
        let contrast = self.transfer.as_ref().zip(net.projections.as_ref());
        let mut embeddings = None;
        let loss = |features: Tensor<3>| {
            let pooled = pool_mean_max(features);
            let logits = student.classify(pooled.clone());
            let labels = batch.label_loss(
                logits,
                self.soft_targets.as_ref(),
                self.superclass_weight,
                device,
            );
            match contrast {
                Some((transfer, projections)) => {
                    let pair = transfer.embed(projections, pooled, &batch.records, device);
                    let loss = transfer.loss(&pair, &batch.records, &batch.negatives, device);
                    embeddings = Some(pair);
                    labels + loss * transfer.settings.weight
                }
                None => labels,
            }
        };
        let (mut step, bias_gradient) = step_through(
            net,
            &student.encoder,
            signals,
            Some(stem_bias),
            device,
            loss,
        )?;
        if let Some(gradient) = bias_gradient {
            // The bias is the one-hot row times the weight `[13, C]`, so the weight's gradient is the transposed rows
            // times the bias's.
            let weight = one_hot.inner().transpose().matmul(gradient);
            step.gradients.register(student.lead.weight.id, weight);
        }
        if let (Some(pair), Some(transfer)) = (embeddings, &self.transfer) {
            transfer.remember(pair, &batch.records)?;
        }
        Ok(step)
    }

    fn product(&self, net: LeadTrainee) -> LeadStudent {
        net.student
    }

    /// Mean of leads I and II.
    fn validate(&self, net: &LeadStudent, device: &Device) -> Result<f64> {
        let score = |lead| {
            let labels = self.validation.records().iter().map(|record| record.labels);
            superclass_auc(&predict_lead(net, &self.validation, lead, device)?, labels)
        };
        Ok((score(Lead::I)? + score(Lead::II)?) / 2.0)
    }

    fn save_state(&self, run_dir: &Path) -> Result<()> {
        self.transfer.as_ref().map_or(Ok(()), |transfer| {
            transfer
                .save(run_dir)
                .context("cannot save the memory banks")
        })
    }

    fn load_state(&self, run_dir: &Path) -> Result<()> {
        self.transfer.as_ref().map_or(Ok(()), |transfer| {
            transfer
                .load(run_dir)
                .context("cannot load the memory banks")
        })
    }
}
