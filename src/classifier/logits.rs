//! Inputs through the networks on their device.

use burn::prelude::*;
use burn::tensor::TensorData;

use crate::error::{Error, Result};
use crate::labels::NUM_LABELS;
use crate::lead::Lead;
use crate::model::lead_student::{LEAD_SLOTS, lead_one_hot};
use crate::model::{ImageStudent, LeadEnsemble, SignalClassifier};
use crate::photo::{CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX};
use crate::signal::{TRACING_CHANNELS, WINDOW_SAMPLES};

/// Logits `[K]` of one canvas.
pub(super) async fn image_logits(
    net: &ImageStudent,
    ink: Vec<f32>,
    device: &Device,
) -> Result<Vec<f32>> {
    let shape = [1, 1, CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX];
    read_back(net.forward(Tensor::from_data(TensorData::new(ink, shape), device))).await
}

/// Logits `[K]` of tracing windows `[24, 1000]`: the mean over them, one at a time so that memory stays small.
pub(super) async fn tracing_logits(
    net: &SignalClassifier,
    windows: &[Vec<f32>],
    device: &Device,
) -> Result<Vec<f32>> {
    let mut mean = vec![0.0; NUM_LABELS];
    for window in windows {
        let shape = [1, TRACING_CHANNELS, WINDOW_SAMPLES];
        let window = Tensor::from_data(TensorData::new(window.clone(), shape), device);
        let logits = read_back(net.forward(window)).await?;
        for (mean, logit) in mean.iter_mut().zip(logits) {
            *mean += logit / windows.len() as f32;
        }
    }
    Ok(mean)
}

/// Logits `[K]` of a strip: the mean over its windows, one window at a time so that memory stays small.
pub(super) async fn lead_logits(
    net: &LeadEnsemble,
    windows: &[Vec<f32>],
    lead: Option<Lead>,
    device: &Device,
) -> Result<Vec<f32>> {
    let mut mean = vec![0.0; NUM_LABELS];
    for window in windows {
        let signal = Tensor::from_data(
            TensorData::new(window.clone(), [1, 1, WINDOW_SAMPLES]),
            device,
        );
        let one_hot = TensorData::new(lead_one_hot(lead).to_vec(), [1, LEAD_SLOTS]);
        let logits = read_back(net.forward(signal, Tensor::from_data(one_hot, device))).await?;
        for (mean, logit) in mean.iter_mut().zip(logits) {
            *mean += logit / windows.len() as f32;
        }
    }
    Ok(mean)
}

/// Copies logits from the device and refuses values that are not numbers.
async fn read_back(logits: Tensor<2>) -> Result<Vec<f32>> {
    let lost = |what: String| Error::DeviceLost {
        message: format!("the device gave no result: {what}"),
    };
    let data = logits
        .into_data_async()
        .await
        .map_err(|error| lost(format!("{error:?}")))?;
    let logits = data
        .try_to_vec::<f32>()
        .map_err(|error| lost(format!("{error:?}")))?;
    if logits.len() != NUM_LABELS || logits.iter().any(|logit| !logit.is_finite()) {
        return Err(lost("its numbers are not finite".to_owned()));
    }
    Ok(logits)
}
