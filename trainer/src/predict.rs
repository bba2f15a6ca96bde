//! Logits of whole record sets.

use anyhow::{Context, Result};
use burn::prelude::*;
use burn::tensor::TensorData;
use inkbeat::labels::NUM_LABELS;
use inkbeat::lead::Lead;
use inkbeat::model::lead_student::lead_one_hot;
use inkbeat::model::signal_encoder::pool_mean_max;
use inkbeat::model::{ImageStudent, LEAD_SLOTS, LeadEnsemble, LeadStudent, SignalClassifier};
use inkbeat::photo::{CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX};
use inkbeat::signal::{TRACING_CHANNELS, WINDOW_SAMPLES};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::config::SignalAugmentation;
use crate::data::printed::PrintedPages;
use crate::data::{LEADS, SignalSet};
use crate::encode::{Signals, encode};
use crate::kernels::numbers;

/// Large enough to keep the matrix products busy, small enough for the caches.
const SIGNALS_PER_BATCH: usize = 64;
const CANVASES_PER_BATCH: usize = 16;

/// What a teacher makes of a record set, un-augmented.
#[derive(Clone, Debug, Default)]
pub struct TeacherView {
    /// `[records, K]`
    pub logits: Vec<f32>,
    /// Pooled features, `[records, 2C]`.
    pub features: Vec<f32>,
}

impl TeacherView {
    /// Several teachers as one: the mean of their logits, their features side by side.
    pub fn joined(views: &[Self], records: usize) -> Self {
        let mut logits = vec![0.0; views.first().map_or(0, |view| view.logits.len())];
        for view in views {
            for (mean, logit) in logits.iter_mut().zip(&view.logits) {
                *mean += logit / views.len() as f32;
            }
        }
        let features = (0..records)
            .flat_map(|record| {
                views.iter().flat_map(move |view| {
                    let width = view.features.len() / records;
                    &view.features[record * width..][..width]
                })
            })
            .copied()
            .collect();
        Self { logits, features }
    }
}

/// The teacher's logits and features.
pub fn predict_teacher(
    net: &SignalClassifier,
    set: &SignalSet,
    device: &Device,
) -> Result<TeacherView> {
    let mut features = Vec::new();
    let logits = in_batches(set.len(), SIGNALS_PER_BATCH, |range| {
        let signals = Signals {
            shape: [range.len(), LEADS, WINDOW_SAMPLES],
            signal_mv: range
                .flat_map(|index| set.signal_mv(index))
                .copied()
                .collect(),
        };
        let pooled = pool_mean_max(encode(&net.encoder, signals, None, device));
        features.extend(numbers(pooled.clone()));
        Ok(net.classify(pooled))
    })?;
    Ok(TeacherView { logits, features })
}

/// The tracing student's logits `[count, K]` for the tracing windows `[24, 1000]` that `window` gives.
pub fn predict_tracings(
    net: &SignalClassifier,
    count: usize,
    device: &Device,
    window: impl Fn(usize) -> Result<Vec<f32>> + Sync,
) -> Result<Vec<f32>> {
    in_batches(count, SIGNALS_PER_BATCH, |range| {
        let signals = Signals {
            shape: [range.len(), TRACING_CHANNELS, WINDOW_SAMPLES],
            signal_mv: range
                .into_par_iter()
                .map(&window)
                .collect::<Result<Vec<_>>>()?
                .concat(),
        };
        let features = encode(&net.encoder, signals, None, device);
        Ok(net.classify(pool_mean_max(features)))
    })
}

/// The same for what is read of every record of `set` on one of `pages`, by simulation: no page is drawn.
pub fn predict_pages(
    net: &SignalClassifier,
    set: &SignalSet,
    pages: &PrintedPages,
    device: &Device,
) -> Result<Vec<f32>> {
    let ranges = SignalAugmentation {
        amplitude: 0.0,
        ..SignalAugmentation::default()
    };
    predict_tracings(net, set.len(), device, |index| {
        let record = &set.records()[index];
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(record.ecg_id));
        Ok(pages.read(record, &ranges, &mut rng))
    })
}

/// The lead student's logits `[records, K]` for one lead of every record.
pub fn predict_lead(
    net: &LeadStudent,
    set: &SignalSet,
    lead: Lead,
    device: &Device,
) -> Result<Vec<f32>> {
    in_batches(set.len(), SIGNALS_PER_BATCH, |range| {
        let examples = range.len();
        let one_hot = lead_one_hot(Some(lead)).repeat(examples);
        let one_hot = Tensor::from_data(TensorData::new(one_hot, [examples, LEAD_SLOTS]), device);
        let signals = Signals {
            shape: [examples, 1, WINDOW_SAMPLES],
            signal_mv: range
                .flat_map(|index| set.lead_mv(index, lead))
                .copied()
                .collect(),
        };
        let bias = net.lead.forward(one_hot);
        let features = encode(&net.encoder, signals, Some(bias), device);
        Ok(net.classify(pool_mean_max(features)))
    })
}

/// The ensemble's logits `[records, K]`: the mean of its members'.
pub fn predict_ensemble(
    net: &LeadEnsemble,
    set: &SignalSet,
    lead: Lead,
    device: &Device,
) -> Result<Vec<f32>> {
    let count = net.members.len() as f32;
    let mut mean = vec![0.0; set.len() * NUM_LABELS];
    for member in &net.members {
        let logits = predict_lead(member, set, lead, device)?;
        for (mean, logit) in mean.iter_mut().zip(logits) {
            *mean += logit / count;
        }
    }
    Ok(mean)
}

/// The image student's logits `[count, K]` for the canvases that `canvas` gives, 0 paper … 255 ink.
pub fn predict_canvases(
    net: &ImageStudent,
    count: usize,
    device: &Device,
    canvas: impl Fn(usize) -> Result<Vec<u8>> + Sync,
) -> Result<Vec<f32>> {
    in_batches(count, CANVASES_PER_BATCH, |range| {
        let shape = [range.len(), 1, CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX];
        // Drawing a page takes longer than reading it, so that is what all cores share.
        let canvases = range
            .into_par_iter()
            .map(&canvas)
            .collect::<Result<Vec<_>>>()?;
        let ink: Vec<f32> = canvases
            .into_iter()
            .flatten()
            .map(|byte| f32::from(byte) / 255.0)
            .collect();
        Ok(net.forward(Tensor::from_data(TensorData::new(ink, shape), device)))
    })
}

fn in_batches(
    count: usize,
    batch_size: usize,
    mut forward: impl FnMut(std::ops::Range<usize>) -> Result<Tensor<2>>,
) -> Result<Vec<f32>> {
    let mut logits = Vec::new();
    for start in (0..count).step_by(batch_size) {
        let batch = forward(start..(start + batch_size).min(count))?.into_data();
        logits.extend(batch.try_to_vec::<f32>().context("logits are not f32")?);
    }
    Ok(logits)
}
