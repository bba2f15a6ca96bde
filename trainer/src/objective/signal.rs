//! Networks that see several leads at once, the teacher and the tracing student: signals, labels, soft targets.

use anyhow::Result;
use burn::prelude::*;
use inkbeat::model::SignalClassifier;
use inkbeat::model::signal_encoder::pool_mean_max;
use inkbeat::signal::{TRACING_CHANNELS, WINDOW_SAMPLES};
use rand_chacha::ChaCha8Rng;

use super::batch::{Batch, SoftTargets, superclass_auc};
use crate::config::SignalAugmentation;
use crate::data::augment::augment;
use crate::data::printed::PrintedPages;
use crate::data::{LEADS, SignalSet};
use crate::encode::{Signals, step_through};
use crate::predict::{predict_pages, predict_teacher};
use crate::train::{Objective, Step};

/// Trains a [`SignalClassifier`] on labels and, where given, what teachers make of the whole records.
pub struct SignalObjective {
    /// How many times another label's weight a superclass has.
    pub superclass_weight: f32,
    /// Folds 1–8.
    pub training: SignalSet,
    /// Fold 9.
    pub validation: SignalSet,
    /// Ranges.
    pub augmentation: SignalAugmentation,
    /// What it sees of a record.
    pub sight: Sight,
    /// The teachers' logits.
    pub soft_targets: Option<SoftTargets>,
}

/// What a network sees of a record.
pub enum Sight {
    /// Twelve leads for ten seconds.
    Record,
    /// What is read of one of these pages.
    Page(PrintedPages),
}

impl Objective for SignalObjective {
    type Net = SignalClassifier;
    type Product = SignalClassifier;
    type Batch = Batch;

    fn examples(&self) -> usize {
        self.training.len()
    }

    fn batch(&self, indices: &[usize], rng: &mut ChaCha8Rng) -> Result<Batch> {
        let labels = |index: usize| self.training.records()[index].labels;
        let mut batch = Batch::with_targets(indices, labels, self.soft_targets.as_ref());
        for &index in indices {
            match &self.sight {
                Sight::Record => {
                    let start = batch.inputs.len();
                    batch
                        .inputs
                        .extend_from_slice(self.training.signal_mv(index));
                    augment(&mut batch.inputs[start..], &self.augmentation, rng);
                }
                Sight::Page(pages) => {
                    let record = &self.training.records()[index];
                    batch
                        .inputs
                        .extend(pages.read(record, &self.augmentation, rng));
                }
            }
        }
        Ok(batch)
    }

    fn step(&self, net: &SignalClassifier, mut batch: Batch, device: &Device) -> Result<Step> {
        let channels = match self.sight {
            Sight::Record => LEADS,
            Sight::Page(_) => TRACING_CHANNELS,
        };
        let signals = Signals {
            signal_mv: std::mem::take(&mut batch.inputs),
            shape: [batch.examples(), channels, WINDOW_SAMPLES],
        };
        let loss = |features| {
            let logits = net.classify(pool_mean_max(features));
            let soft_targets = self.soft_targets.as_ref();
            batch.label_loss(logits, soft_targets, self.superclass_weight, device)
        };
        Ok(step_through(net, &net.encoder, signals, None, device, loss)?.0)
    }

    fn product(&self, net: SignalClassifier) -> SignalClassifier {
        net
    }

    fn validate(&self, net: &SignalClassifier, device: &Device) -> Result<f64> {
        let logits = match &self.sight {
            Sight::Record => predict_teacher(net, &self.validation, device)?.logits,
            Sight::Page(pages) => predict_pages(net, &self.validation, pages, device)?,
        };
        superclass_auc(&logits, self.validation.labels().into_iter())
    }
}
