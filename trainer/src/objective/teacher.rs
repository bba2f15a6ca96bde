//! The 12-lead teacher: signals and labels.

use anyhow::Result;
use burn::prelude::*;
use inkbeat::model::signal_encoder::pool_mean_max;
use inkbeat::signal::WINDOW_SAMPLES;
use rand_chacha::ChaCha8Rng;

use super::batch::{Batch, superclass_auc};
use crate::config::SignalAugmentation;
use crate::data::augment::augment;
use crate::data::{LEADS, SignalSet};
use crate::encode::{Signals, step_through};
use crate::predict::predict_teacher;
use crate::teacher::SignalTeacher;
use crate::train::{Objective, Step};

/// Trains a [`SignalTeacher`] on labels.
pub struct TeacherObjective {
    /// How many times another label's weight a superclass has.
    pub superclass_weight: f32,
    /// Folds 1–8.
    pub training: SignalSet,
    /// Fold 9.
    pub validation: SignalSet,
    /// Ranges.
    pub augmentation: SignalAugmentation,
}

impl Objective for TeacherObjective {
    type Net = SignalTeacher;
    type Product = SignalTeacher;
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

    fn step(&self, net: &SignalTeacher, mut batch: Batch, device: &Device) -> Result<Step> {
        let signals = Signals {
            signal_mv: std::mem::take(&mut batch.inputs),
            shape: [batch.examples(), LEADS, WINDOW_SAMPLES],
        };
        let loss = |features| {
            let logits = net.classify(pool_mean_max(features));
            batch.label_loss(logits, None, self.superclass_weight, device)
        };
        Ok(step_through(net, &net.encoder, signals, None, device, loss)?.0)
    }

    fn product(&self, net: SignalTeacher) -> SignalTeacher {
        net
    }

    fn validate(&self, net: &SignalTeacher, device: &Device) -> Result<f64> {
        let logits = predict_teacher(net, &self.validation, device)?.logits;
        superclass_auc(
            &logits,
            self.validation.records().iter().map(|record| record.labels),
        )
    }
}
