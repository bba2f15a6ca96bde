//! What was last seen of every training record.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// One embedding of length 1 per record.
pub struct MemoryBank {
    /// `[records, E]`
    rows: Vec<f32>,
    dimensions: usize,
    /// ln Z of the side that is compared with this bank; set by the first batch.
    pub log_normaliser: Option<f64>,
}

impl MemoryBank {
    /// Random directions.
    pub fn new(records: usize, dimensions: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut rows: Vec<f32> = StandardNormal
            .sample_iter(&mut rng)
            .take(records * dimensions)
            .collect();
        rows.chunks_exact_mut(dimensions).for_each(to_length_one);
        Self {
            rows,
            dimensions,
            log_normaliser: None,
        }
    }

    /// `[E]`
    pub fn row(&self, record: usize) -> &[f32] {
        &self.rows[record * self.dimensions..][..self.dimensions]
    }

    /// row ← (momentum · row + (1 − momentum) · new) / length, for `embeddings` `[B, E]`.
    pub fn update(&mut self, records: &[usize], embeddings: &[f32], momentum: f64) {
        let momentum = momentum as f32;
        for (record, new) in records.iter().zip(embeddings.chunks_exact(self.dimensions)) {
            let row = &mut self.rows[record * self.dimensions..][..self.dimensions];
            for (old, new) in row.iter_mut().zip(new) {
                *old = momentum * *old + (1.0 - momentum) * new;
            }
            to_length_one(row);
        }
    }

    /// Little-endian: ln Z (not a number before the first batch) as f64, then the rows as f32.
    pub fn save(&self, path: &Path) -> Result<()> {
        let normaliser = self.log_normaliser.unwrap_or(f64::NAN);
        let mut bytes = normaliser.to_le_bytes().to_vec();
        bytes.extend(self.rows.iter().flat_map(|value| value.to_le_bytes()));
        std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads what [`save`](Self::save) wrote for as many records.
    pub fn load(&mut self, path: &Path) -> Result<()> {
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let (normaliser, rows) = bytes
            .split_first_chunk::<8>()
            .with_context(|| format!("{} is empty", path.display()))?;
        let (rows, rest) = rows.as_chunks::<4>();
        ensure!(
            rows.len() == self.rows.len() && rest.is_empty(),
            "{} belongs to another data set or configuration",
            path.display()
        );
        self.rows = rows
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        let normaliser = f64::from_le_bytes(*normaliser);
        self.log_normaliser = (!normaliser.is_nan()).then_some(normaliser);
        Ok(())
    }
}

fn to_length_one(row: &mut [f32]) {
    let length = row.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
    row.iter_mut().for_each(|x| *x /= length);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_moves_half_way_and_keeps_the_length() {
        let mut bank = MemoryBank::new(3, 2, 1);
        bank.rows[2..4].copy_from_slice(&[1.0, 0.0]);
        let others = (bank.row(0).to_vec(), bank.row(2).to_vec());
        bank.update(&[1], &[0.0, 1.0], 0.5);
        // (½, ½) divided by its length.
        let half = 0.5_f32.sqrt();
        assert!(bank.row(1).iter().all(|x| (x - half).abs() < 1e-6));
        assert_eq!(others, (bank.row(0).to_vec(), bank.row(2).to_vec()));
    }

    #[test]
    fn a_saved_bank_comes_back_and_another_size_is_refused() {
        let path = std::env::temp_dir().join(format!("inkbeat-bank-{}", std::process::id()));
        let mut bank = MemoryBank::new(4, 3, 1);
        bank.log_normaliser = Some(2.5);
        bank.save(&path)
            .expect("the folder for temporary files is writable");
        let mut other = MemoryBank::new(4, 3, 2);
        assert_ne!(other.rows, bank.rows);
        other.load(&path).expect("it was just written");
        assert_eq!((other.rows, other.log_normaliser), (bank.rows, Some(2.5)));
        let error = MemoryBank::new(5, 3, 2)
            .load(&path)
            .expect_err("five records");
        assert!(error.to_string().contains("another data set"), "{error}");
        let _ = std::fs::remove_file(path);
    }
}
