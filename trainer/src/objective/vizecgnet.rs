//! The image student with a guide: pages and the signals that they were drawn from, labels, soft targets.

use anyhow::Result;
use burn::prelude::*;
use inkbeat::model::ImageStudent;
use inkbeat::photo::{CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX};
use inkbeat::signal::WINDOW_SAMPLES;
use rand_chacha::ChaCha8Rng;

use super::batch::{Batch, SoftTargets, mean_over_labels, superclass_auc, tensor};
use super::image::extend_with_page;
use crate::config::SignalAugmentation;
use crate::data::augment::disturb;
use crate::data::canvases::Canvases;
use crate::data::{LEADS, SignalSet};
use crate::encode::{Signals, step_through};
use crate::predict::predict_canvases;
use crate::train::{Objective, Step};
use crate::vizecgnet::VizEcgNet;
use crate::vizecgnet::config::MultiModalLoss;
use crate::vizecgnet::loss::multi_modal_loss;

/// Trains a [`VizEcgNet`], of which the [`ImageStudent`] is kept.
pub struct VizEcgObjective {
    /// How many times another label's weight a superclass has.
    pub superclass_weight: f32,
    /// Folds 1–8.
    pub training: SignalSet,
    /// Their pages.
    pub canvases: Canvases,
    /// Fold 9.
    pub validation: SignalSet,
    /// Its pages, clean.
    pub validation_canvases: Canvases,
    /// Ranges of the signals' augmentation.
    pub augmentation: SignalAugmentation,
    /// What the parts of the loss weigh.
    pub loss: MultiModalLoss,
    /// The logits of teachers, which every head learns from beside the labels.
    pub soft_targets: Option<SoftTargets>,
}

/// Pages with their signals, in plain memory.
pub struct PairedBatch {
    /// Ink `[B, 1, 512, 768]` and targets.
    pages: Batch,
    /// `[B, 12, 1000]`
    signal_mv: Vec<f32>,
}

impl Objective for VizEcgObjective {
    type Net = VizEcgNet;
    type Product = ImageStudent;
    type Batch = PairedBatch;

    fn examples(&self) -> usize {
        self.training.len()
    }

    fn batch(&self, indices: &[usize], rng: &mut ChaCha8Rng) -> Result<PairedBatch> {
        let labels = |index: usize| self.training.records()[index].labels;
        let mut pages = Batch::with_targets(indices, labels, self.soft_targets.as_ref());
        let mut signal_mv = Vec::with_capacity(indices.len() * LEADS * WINDOW_SAMPLES);
        for &index in indices {
            extend_with_page(&mut pages.inputs, &self.canvases, index, rng)?;
            let start = signal_mv.len();
            signal_mv.extend_from_slice(self.training.signal_mv(index));
            // Not shifted in time: what the page shows at a place must stay where the signal has it.
            disturb(&mut signal_mv[start..], &self.augmentation, rng);
        }
        Ok(PairedBatch { pages, signal_mv })
    }

    fn step(&self, net: &VizEcgNet, batch: PairedBatch, device: &Device) -> Result<Step> {
        let PairedBatch {
            mut pages,
            signal_mv,
        } = batch;
        let examples = pages.examples();
        let ink = tensor(
            std::mem::take(&mut pages.inputs),
            [examples, 1, CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX],
            device,
        );
        let signals = Signals {
            signal_mv,
            shape: [examples, LEADS, WINDOW_SAMPLES],
        };
        let weight = self.superclass_weight;
        let loss = |features: Tensor<3>| {
            let answers = net.forward(ink, features);
            multi_modal_loss(
                answers,
                &self.loss,
                |logits| pages.label_loss(logits, self.soft_targets.as_ref(), weight, device),
                |loss| mean_over_labels(loss, weight, device),
            )
        };
        let (step, _) = step_through(net, &net.signal.encoder, signals, None, device, loss)?;
        Ok(step)
    }

    fn product(&self, net: VizEcgNet) -> ImageStudent {
        net.image
    }

    fn validate(&self, net: &ImageStudent, device: &Device) -> Result<f64> {
        let logits = predict_canvases(net, self.validation.len(), device, |index| {
            self.validation_canvases.decompress(0, index)
        })?;
        superclass_auc(&logits, self.validation.labels().into_iter())
    }
}
