//! Disease-aware contrastive lead-information transfer (CLT of MVKT-ECG, arXiv:2301.12178).
//!
//! Student and teacher are projected into one space. There each record of the student's is to be told, by the
//! teacher's remembered embeddings, from records of other diseases, and the other way round. The projections learn, the
//! teacher does not: its features are computed once.

mod bank;
mod negatives;

use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use burn::prelude::*;
use burn::tensor::TensorData;
use inkbeat::labels::LabelSet;
use rand_chacha::ChaCha8Rng;

use crate::config::Contrast;
use crate::kernels::numbers;
use crate::loss::contrast::{contrastive_loss, log_normaliser};
use crate::loss::of_length_one;
use crate::objective::Projections;
use bank::MemoryBank;
use negatives::Negatives;

/// The teacher's side of the transfer, and what both sides remember.
pub struct LeadTransfer {
    /// Weights and sizes.
    pub settings: Contrast,
    /// `[records, F]`
    teacher_features: Vec<f32>,
    records: usize,
    negatives: Negatives,
    /// The student's bank and the teacher's. Behind a lock because a step sees its objective shared.
    banks: Mutex<[MemoryBank; 2]>,
}

/// Embeddings of one batch, of length 1: the student's and the teacher's, `[B, E]` both.
pub struct EmbeddingPair([Tensor<2>; 2]);

impl LeadTransfer {
    /// For training records with these labels and teacher features `[records, F]`.
    pub fn new(
        settings: Contrast,
        labels: &[LabelSet],
        teacher_features: Vec<f32>,
        seed: u64,
    ) -> Result<Self> {
        let records = labels.len();
        ensure!(
            records > 0 && teacher_features.len().is_multiple_of(records),
            "there are no features for every record"
        );
        let bank = |side| MemoryBank::new(records, settings.dimensions, seed.wrapping_add(side));
        Ok(Self {
            settings,
            teacher_features,
            records,
            negatives: Negatives::new(labels, settings.negatives_from)?,
            banks: Mutex::new([bank(0), bank(1)]),
        })
    }

    /// F
    pub fn feature_count(&self) -> usize {
        self.teacher_features.len() / self.records
    }

    /// Appends the records that `record` is to be told from.
    pub fn draw_negatives(&self, record: usize, rng: &mut ChaCha8Rng, drawn: &mut Vec<usize>) {
        self.negatives
            .draw(record, self.settings.negatives, rng, drawn);
    }

    /// Embeddings of the student's pooled features `[B, 2C]` and of its records' teacher features.
    pub fn embed(
        &self,
        projections: &Projections,
        pooled: Tensor<2>,
        records: &[usize],
        device: &Device,
    ) -> EmbeddingPair {
        let width = self.feature_count();
        let features: Vec<f32> = records
            .iter()
            .flat_map(|record| &self.teacher_features[record * width..][..width])
            .copied()
            .collect();
        let shape = [records.len(), width];
        let teacher = Tensor::from_data(TensorData::new(features, shape), device);
        EmbeddingPair([
            of_length_one(projections.student.forward(pooled)),
            of_length_one(projections.teacher.forward(teacher)),
        ])
    }

    /// The contrast of both sides, `[1]`; the first call sets the normalisers. `negatives` is `[B, J]`.
    pub fn loss(
        &self,
        pair: &EmbeddingPair,
        records: &[usize],
        negatives: &[usize],
        device: &Device,
    ) -> Tensor<1> {
        let mut banks = match self.banks.lock() {
            Ok(banks) => banks,
            Err(poisoned) => poisoned.into_inner(),
        };
        let per_record = negatives.len() / records.len();
        let [student, teacher] = &mut *banks;
        // Each side is compared with what the other one remembers.
        let sides = [(&pair.0[0], teacher), (&pair.0[1], student)];
        let losses = sides.map(|(anchors, bank)| {
            let candidates: Vec<f32> = records
                .iter()
                .zip(negatives.chunks_exact(per_record))
                .flat_map(|(own, others)| std::iter::once(own).chain(others))
                .flat_map(|&record| bank.row(record))
                .copied()
                .collect();
            let [batch, dimensions] = anchors.dims();
            let shape = [batch, 1 + per_record, dimensions];
            let candidates = Tensor::<3>::from_data(TensorData::new(candidates, shape), device);
            let scores = candidates
                .matmul(anchors.clone().reshape([batch, dimensions, 1]))
                .reshape([batch, 1 + per_record])
                / self.settings.temperature;
            let normaliser = *bank
                .log_normaliser
                .get_or_insert_with(|| log_normaliser(&scores.clone().inner(), self.records));
            contrastive_loss(scores, normaliser, self.records)
        });
        let [student, teacher] = losses;
        student + teacher
    }

    /// Moves both banks towards a batch's embeddings, outside the tape.
    pub fn remember(&self, pair: EmbeddingPair, records: &[usize]) -> Result<()> {
        let mut banks = self
            .banks
            .lock()
            .ok()
            .context("an earlier step broke off while it changed the memory banks")?;
        for (bank, embeddings) in banks.iter_mut().zip(pair.0) {
            bank.update(
                records,
                &numbers(embeddings.inner()),
                self.settings.momentum,
            );
        }
        Ok(())
    }

    /// Writes both banks into a run folder, for [`load`](Self::load).
    pub fn save(&self, run_dir: &Path) -> Result<()> {
        let banks = self.banks.lock().ok().context("the banks are broken")?;
        for (bank, file) in banks.iter().zip(BANK_FILES) {
            bank.save(&run_dir.join(file))?;
        }
        Ok(())
    }

    /// Reads what [`save`](Self::save) wrote.
    pub fn load(&self, run_dir: &Path) -> Result<()> {
        let mut banks = self.banks.lock().ok().context("the banks are broken")?;
        for (bank, file) in banks.iter_mut().zip(BANK_FILES) {
            bank.load(&run_dir.join(file))?;
        }
        Ok(())
    }
}

const BANK_FILES: [&str; 2] = ["bank-student.f32", "bank-teacher.f32"];

#[cfg(test)]
mod tests;
