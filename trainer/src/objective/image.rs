//! The image student: canvases, labels, the teacher's soft targets.

use anyhow::Result;
use burn::optim::GradientsParams;
use burn::prelude::*;
use inkbeat::labels::LabelSet;
use inkbeat::model::ImageStudent;
use inkbeat::photo::{CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use super::batch::{Batch, SoftTargets, superclass_auc, tensor};
use crate::data::canvases::{CANVAS_PIXELS, Canvases};
use crate::predict::predict_canvases;
use crate::train::{Objective, Step};

/// Trains an [`ImageStudent`] on labels and, where given, the teacher's soft targets.
pub struct ImageObjective {
    /// How many times another label's weight a superclass has.
    pub superclass_weight: f32,
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

impl Objective for ImageObjective {
    type Net = ImageStudent;
    type Product = ImageStudent;
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
            extend_with_page(&mut batch.inputs, &self.canvases, index, rng)?;
        }
        Ok(batch)
    }

    fn step(&self, net: &ImageStudent, mut batch: Batch, device: &Device) -> Result<Step> {
        let examples = batch.examples();
        let ink = tensor(
            std::mem::take(&mut batch.inputs),
            [examples, 1, CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX],
            device,
        );
        let loss = batch.label_loss(
            net.forward(ink),
            self.soft_targets.as_ref(),
            self.superclass_weight,
            device,
        );
        Ok(Step {
            loss: f64::from(loss.clone().into_scalar::<f32>()),
            gradients: GradientsParams::from_grads(loss.backward(), net),
        })
    }

    fn product(&self, net: ImageStudent) -> ImageStudent {
        net
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

/// Appends one of a record's pages, augmented: `[512, 768]`, 0 paper … 1 ink.
pub(super) fn extend_with_page<R: Rng>(
    inputs: &mut Vec<f32>,
    canvases: &Canvases,
    record: usize,
    rng: &mut R,
) -> Result<()> {
    let rendering = rng.random_range(0..canvases.renderings());
    let canvas = canvases.decompress(rendering, record)?;
    extend_shifted(inputs, &canvas, rng);
    Ok(())
}

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
