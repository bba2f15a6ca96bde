//! The records that networks learn from: real ones from PTB-XL, or synthetic ones where no data set is given.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use inkbeat::labels::LabelSet;
use inkbeat::lead::Lead;
use inkbeat::recording::{LeadSignal, Recording};
use inkbeat::signal::{MODEL_SAMPLE_RATE_HZ, WINDOW_SAMPLES, remove_baseline};
use rayon::prelude::*;

pub mod augment;
pub mod canvases;
pub mod electrode_turn;
pub mod on_paper;
pub mod printed;
pub mod ptbxl;
pub mod read_pages;
pub mod synthetic;
pub mod wearable;

use ptbxl::{EcgRecord, Selection};

/// Leads per record.
pub const LEADS: usize = 12;

/// The folds of PTB-XL's recommended split (Wagner et al. 2020): no patient is in two of them.
pub const TRAINING_FOLDS: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
/// Every choice and every threshold is made here.
pub const VALIDATION_FOLD: u8 = 9;
/// Published figures come from here, and nothing else does.
pub const TEST_FOLD: u8 = 10;

/// Where records come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A folder in PhysioNet's layout.
    PtbXl(PathBuf),
    /// The built-in generator: this many records, spread evenly over the ten folds.
    Synthetic(usize),
}

/// Records held in memory, ready for the networks.
#[derive(Clone)]
pub struct SignalSet {
    records: Vec<EcgRecord>,
    /// `[records, 12, 1000]` in mV at 100 Hz, baseline removed.
    signals_mv: Vec<f32>,
}

impl Source {
    /// `--data DIR` or, without it, the synthetic records.
    pub fn from_option(data: Option<PathBuf>) -> Self {
        data.map_or(Self::Synthetic(SYNTHETIC_RECORDS), Self::PtbXl)
    }

    /// A short name for logs and manifests.
    pub fn describe(&self) -> String {
        match self {
            Self::PtbXl(_) => "PTB-XL".to_owned(),
            Self::Synthetic(count) => format!("{count} synthetic ECGs (no clinical accuracy)"),
        }
    }

    /// Loads the records of `folds`, in the data set's order.
    pub fn load(&self, folds: &[u8]) -> Result<SignalSet> {
        let records = match self {
            Self::PtbXl(directory) => ptbxl::load(directory, Selection::Folds(folds), |_, _| {})?,
            Self::Synthetic(count) => synthetic_records(*count, |_, fold| folds.contains(&fold))?,
        };
        ensure!(
            !records.is_empty(),
            "there are no records in folds {folds:?} of {}",
            self.describe()
        );
        Ok(SignalSet::new(records))
    }

    /// Loads the records with these numbers, in the data set's order.
    pub fn load_ids(&self, ids: &[u32]) -> Result<SignalSet> {
        let records = match self {
            Self::PtbXl(directory) => ptbxl::load(directory, Selection::Ids(ids), |_, _| {})?,
            Self::Synthetic(count) => synthetic_records(*count, |id, _| ids.contains(&id))?,
        };
        for id in ids {
            ensure!(
                records.iter().any(|record| record.ecg_id == *id),
                "{} has no record {id}",
                self.describe()
            );
        }
        Ok(SignalSet::new(records))
    }
}

/// Enough for a smoke run of every command within minutes.
const SYNTHETIC_RECORDS: usize = 600;

/// Synthetic records whose number and fold are wanted.
fn synthetic_records(count: usize, wanted: impl Fn(u32, u8) -> bool) -> Result<Vec<EcgRecord>> {
    (0..count as u32)
        .filter(|id| wanted(id + 1, (id % 10) as u8 + 1))
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|id| {
            let ecg = synthetic::generate(u64::from(id), MODEL_SAMPLE_RATE_HZ);
            let signal_uv = ecg
                .recording
                .leads
                .iter()
                .flat_map(|lead| {
                    lead.samples_mv
                        .iter()
                        .map(|mv| (mv * 1000.0).round() as i16)
                })
                .collect();
            Ok(EcgRecord {
                ecg_id: id + 1,
                patient_id: id + 1,
                fold: (id % 10) as u8 + 1,
                labels: LabelSet::from_statements(ecg.statements.iter().copied())?,
                signal_uv,
            })
        })
        .collect()
}

impl SignalSet {
    fn new(records: Vec<EcgRecord>) -> Self {
        let mut signals_mv = vec![0.0; records.len() * LEADS * WINDOW_SAMPLES];
        signals_mv
            .par_chunks_mut(LEADS * WINDOW_SAMPLES)
            .zip(&records)
            .for_each(|(signal, record)| {
                for (target, &microvolts) in signal.iter_mut().zip(&record.signal_uv) {
                    *target = f32::from(microvolts) / 1000.0;
                }
                for lead in signal.chunks_mut(WINDOW_SAMPLES) {
                    remove_baseline(lead, MODEL_SAMPLE_RATE_HZ);
                }
            });
        Self {
            records,
            signals_mv,
        }
    }

    /// `count` records spread evenly over the set (all, if it has no more).
    #[must_use]
    pub fn spread(mut self, count: usize) -> Self {
        let total = self.records.len();
        if count < total {
            let kept = |index: usize| index * count / total != (index + 1) * count / total;
            let mut index = 0..total;
            self.records.retain(|_| index.next().is_some_and(kept));
            let mut signals = Vec::with_capacity(count * LEADS * WINDOW_SAMPLES);
            let blocks = self.signals_mv.chunks(LEADS * WINDOW_SAMPLES).enumerate();
            for (_, block) in blocks.filter(|(index, _)| kept(*index)) {
                signals.extend_from_slice(block);
            }
            self.signals_mv = signals;
        }
        self
    }

    /// The same records with one lead replaced by what `change` makes of it, given the record's place and `[1000]` mV.
    pub(crate) fn with_lead(
        mut self,
        lead: Lead,
        change: impl Fn(usize, &mut [f32]) -> Result<()> + Sync,
    ) -> Result<SignalSet> {
        let records = self.signals_mv.par_chunks_mut(LEADS * WINDOW_SAMPLES);
        records.enumerate().try_for_each(|(index, record)| {
            change(
                index,
                &mut record[lead.index() * WINDOW_SAMPLES..][..WINDOW_SAMPLES],
            )
        })?;
        Ok(self)
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records themselves.
    pub fn records(&self) -> &[EcgRecord] {
        &self.records
    }

    /// The records' labels.
    pub fn labels(&self) -> Vec<LabelSet> {
        self.records.iter().map(|record| record.labels).collect()
    }

    /// `[12, 1000]` of one record, mV, baseline removed.
    pub fn signal_mv(&self, index: usize) -> &[f32] {
        &self.signals_mv[index * LEADS * WINDOW_SAMPLES..][..LEADS * WINDOW_SAMPLES]
    }

    /// `[1000]` of one lead of one record.
    pub fn lead_mv(&self, index: usize, lead: Lead) -> &[f32] {
        &self.signal_mv(index)[lead.index() * WINDOW_SAMPLES..][..WINDOW_SAMPLES]
    }
}

impl EcgRecord {
    /// The record as recorded, baseline included: what a printer would print.
    pub fn recording(&self) -> Recording {
        let leads = Lead::ALL
            .into_iter()
            .zip(self.signal_uv.chunks(WINDOW_SAMPLES))
            .map(|(lead, samples)| LeadSignal {
                lead: Some(lead),
                samples_mv: samples.iter().map(|&uv| f32::from(uv) / 1000.0).collect(),
            })
            .collect();
        Recording {
            sample_rate_hz: MODEL_SAMPLE_RATE_HZ,
            leads,
        }
    }
}
