//! Reads PTB-XL (Wagner et al. 2020, doi 10.1038/s41597-020-0495-6) as PhysioNet distributes it:
//! `ptbxl_database.csv` and `records100/NN000/NNNNN_lr.{hea,dat}`.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};
use inkbeat::formats::{NamedBytes, wfdb};
use inkbeat::labels::LabelSet;
use inkbeat::lead::Lead;
use rayon::prelude::*;
use serde::Deserialize;

/// Samples per lead of a record: 10 s at 100 Hz.
pub const SAMPLES_PER_LEAD: usize = 1000;

/// Samples per second of the records in `records100`.
pub const SAMPLE_RATE_HZ: f64 = 100.0;

/// One ECG with its labels.
#[derive(Clone, Debug)]
pub struct EcgRecord {
    /// PTB-XL's number of the record.
    pub ecg_id: u32,
    /// Whose ECG it is; no patient is in two folds.
    pub patient_id: u32,
    /// 1–8 train, 9 validate, 10 test.
    pub fold: u8,
    /// The statements of the report with their superclasses and subclasses.
    pub labels: LabelSet,
    /// `[12 * 1000]`, lead-major in the order of [`Lead::ALL`], in microvolts.
    pub signal_uv: Vec<i16>,
}

/// Which records to load.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// Every record.
    All,
    /// Those of these folds.
    Folds(&'a [u8]),
    /// Those with these numbers; all of them must exist.
    Ids(&'a [u32]),
}

/// Loads the selected records below `dir`, in the order of `ptbxl_database.csv`.
///
/// `progress` is called with (records read, records in all), from several threads and in no particular order.
///
/// # Errors
/// A folder that isn't PTB-XL, files that are missing (listed) or damaged (a checksum in the header does
/// not match), and statements that the label list does not know.
pub fn load(
    dir: &Path,
    selection: Selection,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<Vec<EcgRecord>> {
    let mut entries = read_index(dir)?;
    match selection {
        Selection::All => {}
        Selection::Folds(folds) => entries.retain(|entry| folds.contains(&entry.fold)),
        Selection::Ids(ids) => {
            let known: HashSet<u32> = entries.iter().map(|entry| entry.ecg_id).collect();
            if let Some(id) = ids.iter().find(|id| !known.contains(id)) {
                bail!("PTB-XL in {} has no record {id}", dir.display());
            }
            entries.retain(|entry| ids.contains(&entry.ecg_id));
        }
    }
    ensure!(
        !entries.is_empty(),
        "no record of PTB-XL in {} is among {selection:?}",
        dir.display()
    );
    list_missing_files(dir, &entries)?;

    let records_read = AtomicUsize::new(0);
    entries
        .par_iter()
        .map(|entry| {
            let signal_uv = read_signal(dir, entry)
                .with_context(|| format!("PTB-XL record {}", entry.ecg_id))?;
            progress(
                records_read.fetch_add(1, Ordering::Relaxed) + 1,
                entries.len(),
            );
            Ok(EcgRecord {
                ecg_id: entry.ecg_id,
                patient_id: entry.patient_id,
                fold: entry.fold,
                labels: entry.labels,
                signal_uv,
            })
        })
        .collect()
}

/// A row of `ptbxl_database.csv`, checked.
struct IndexEntry {
    ecg_id: u32,
    patient_id: u32,
    fold: u8,
    labels: LabelSet,
    /// Below the data set's folder, without extension: `records100/00000/00001_lr`.
    stem: PathBuf,
}

/// The columns that are read, as text where PTB-XL's own notation needs checking.
#[derive(Deserialize)]
struct IndexRow {
    ecg_id: u32,
    /// Written as a float (`15709.0`).
    patient_id: f64,
    scp_codes: String,
    strat_fold: u8,
    filename_lr: String,
}

fn read_index(dir: &Path) -> Result<Vec<IndexEntry>> {
    let path = dir.join("ptbxl_database.csv");
    ensure!(
        path.is_file(),
        "{} is not there: give the folder into which PTB-XL was unpacked \
         (https://physionet.org/content/ptb-xl/1.0.3/)",
        path.display()
    );
    let mut reader =
        csv::Reader::from_path(&path).with_context(|| format!("reading {}", path.display()))?;
    let mut seen = HashSet::new();
    reader
        .deserialize()
        .enumerate()
        .map(|(row_index, row)| {
            let row: IndexRow = row?;
            let entry = check_row(&row)
                .with_context(|| format!("{}, data row {}", path.display(), row_index + 1))?;
            ensure!(
                seen.insert(entry.ecg_id),
                "{}: two records {}",
                path.display(),
                entry.ecg_id
            );
            Ok(entry)
        })
        .collect()
}

fn check_row(row: &IndexRow) -> Result<IndexEntry> {
    let patient_id = row.patient_id as u32;
    ensure!(
        f64::from(patient_id) == row.patient_id,
        "patient_id {} is not a whole number",
        row.patient_id
    );
    ensure!(
        (1..=10).contains(&row.strat_fold),
        "strat_fold {} is not within 1 to 10",
        row.strat_fold
    );
    let stem = PathBuf::from(&row.filename_lr);
    ensure!(
        !row.filename_lr.is_empty()
            && stem
                .components()
                .all(|part| matches!(part, Component::Normal(_))),
        "filename_lr {:?} leaves the data set's folder",
        row.filename_lr
    );
    let codes = parse_statement_keys(&row.scp_codes)?;
    let labels = LabelSet::from_statements(codes)
        .with_context(|| format!("scp_codes of record {}", row.ecg_id))?;
    Ok(IndexEntry {
        ecg_id: row.ecg_id,
        patient_id,
        fold: row.strat_fold,
        labels,
        stem,
    })
}

/// The keys of a Python dict of numbers such as `{'NORM': 100.0, 'SR': 0.0}`.
///
/// Strict: a column that is anything else must not turn into a record without labels.
fn parse_statement_keys(literal: &str) -> Result<Vec<&str>> {
    let inner = literal
        .trim()
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .with_context(|| format!("{literal:?} is not a Python dict"))?
        .trim();
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    inner
        .split(',')
        .map(|item| {
            let (key, likelihood) = item
                .split_once(':')
                .with_context(|| format!("{item:?} in scp_codes is not a key with a value"))?;
            let likelihood = likelihood.trim();
            ensure!(
                likelihood.parse::<f64>().is_ok_and(f64::is_finite),
                "{likelihood:?} in scp_codes is not a number"
            );
            unquote(key.trim())
                .with_context(|| format!("{key:?} in scp_codes is not a quoted statement"))
        })
        .collect()
}

/// The text between a pair of equal quotes, if it is a plain statement code.
fn unquote(quoted: &str) -> Option<&str> {
    let code = ['\'', '"'].into_iter().find_map(|quote| {
        quoted
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    })?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_/() -".contains(&byte);
    (!code.is_empty() && code.bytes().all(is_plain)).then_some(code)
}

/// One error that names what is missing, before hours are spent on what is not.
fn list_missing_files(dir: &Path, entries: &[IndexEntry]) -> Result<()> {
    const NAMED_AT_MOST: usize = 20;
    let missing: Vec<PathBuf> = entries
        .par_iter()
        .flat_map_iter(|entry| ["hea", "dat"].map(|extension| entry.stem.with_extension(extension)))
        .filter(|file| !dir.join(file).is_file())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut named: Vec<String> = missing
        .iter()
        .take(NAMED_AT_MOST)
        .map(|file| file.display().to_string())
        .collect();
    if missing.len() > NAMED_AT_MOST {
        named.push(format!("and {} more", missing.len() - NAMED_AT_MOST));
    }
    bail!(
        "{} of the {} files that ptbxl_database.csv lists are not below {}: {}",
        missing.len(),
        2 * entries.len(),
        dir.display(),
        named.join(", ")
    )
}

/// The twelve leads in microvolts, `[12 * 1000]`. The WFDB reader verifies the header's checksums.
fn read_signal(dir: &Path, entry: &IndexEntry) -> Result<Vec<i16>> {
    let read_file = |extension: &str| {
        let path = dir.join(entry.stem.with_extension(extension));
        std::fs::read(&path).with_context(|| format!("reading {}", path.display()))
    };
    let (header, data) = (read_file("hea")?, read_file("dat")?);
    // Of a lone signal file the reader needs no name.
    let data = NamedBytes {
        name: "",
        bytes: &data,
    };
    let recording = wfdb::read(&header, &[data])?;
    ensure!(
        recording.sample_rate_hz == SAMPLE_RATE_HZ && recording.leads.len() == Lead::ALL.len(),
        "{} leads at {} Hz instead of {} at {SAMPLE_RATE_HZ} Hz",
        recording.leads.len(),
        recording.sample_rate_hz,
        Lead::ALL.len()
    );

    let mut signal_uv = Vec::with_capacity(Lead::ALL.len() * SAMPLES_PER_LEAD);
    for lead in Lead::ALL {
        let samples_mv = &recording
            .lead(lead)
            .with_context(|| format!("lead {} is missing", lead.name()))?
            .samples_mv;
        ensure!(
            samples_mv.len() == SAMPLES_PER_LEAD,
            "{} samples instead of {SAMPLES_PER_LEAD}",
            samples_mv.len()
        );
        for &sample_mv in samples_mv {
            signal_uv.push(microvolts(sample_mv).with_context(|| {
                format!("lead {} holds {sample_mv} mV, which is no ECG", lead.name())
            })?);
        }
    }
    Ok(signal_uv)
}

/// The nearest microvolt; `None` beyond ±32.767 mV and for NaN.
fn microvolts(sample_mv: f32) -> Option<i16> {
    let rounded_uv = (sample_mv * 1000.0).round();
    (rounded_uv.abs() <= f32::from(i16::MAX)).then_some(rounded_uv as i16)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::fs;

    use inkbeat::labels::index_of_key;

    use super::*;

    #[test]
    fn statement_keys_are_read_and_anything_else_is_refused() {
        let keys = parse_statement_keys("{'NORM': 100.0, \"LVOLT\": 0.0, 'SR': 0.0}").unwrap();
        assert_eq!(keys, ["NORM", "LVOLT", "SR"]);
        assert!(parse_statement_keys("{}").unwrap().is_empty());
        for broken in [
            "",
            "NORM",
            "{'NORM'}",
            "{NORM: 1.0}",
            "{'NORM: 1.0}",
            "{'NORM': x}",
            "{'A': 1.0,}",
        ] {
            assert!(
                parse_statement_keys(broken).is_err(),
                "{broken} was accepted"
            );
        }
    }

    #[test]
    fn microvolts_round_and_refuse_what_does_not_fit() {
        assert_eq!(microvolts(-0.119), Some(-119));
        assert_eq!(microvolts(32.767), Some(i16::MAX));
        assert_eq!(microvolts(32.768), None);
        assert_eq!(microvolts(f32::NAN), None);
    }

    /// The value that the miniature data set holds in record `id`, sample `time`, channel `channel`.
    fn sample_uv(id: usize, time: usize, channel: usize) -> i16 {
        (100 * channel + time % 7 + 1000 * id) as i16
    }

    /// A data set of two records in PhysioNet's layout, in a folder of its own.
    fn miniature(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("inkbeat-ptbxl-{}-{name}", std::process::id()));
        let records = dir.join("records100/00000");
        fs::create_dir_all(&records).unwrap();
        let mut index = String::from("ecg_id,patient_id,report,scp_codes,strat_fold,filename_lr\n");
        for id in 1..=2 {
            let stem = format!("0000{id}_lr");
            let codes = ["{'NORM': 100.0, 'SR': 0.0}", "{'IMI': 35.0}"][id - 1];
            writeln!(
                index,
                "{id},{id}7.0,\"a, b\",\"{codes}\",{},records100/00000/{stem}",
                8 + id
            )
            .unwrap();
            let samples: Vec<i16> = (0..1000)
                .flat_map(|time| (0..12).map(move |channel| sample_uv(id, time, channel)))
                .collect();
            let mut header = format!("{stem} 12 100 1000\n");
            for (channel, lead) in Lead::ALL.iter().enumerate() {
                let of_channel = || samples.iter().skip(channel).step_by(12);
                let checksum = of_channel().fold(0_i16, |sum, &sample| sum.wrapping_add(sample));
                let first = samples[channel];
                let lead = lead.name().to_uppercase();
                writeln!(
                    header,
                    "{stem}.dat 16 1000.0(0)/mV 16 0 {first} {checksum} 0 {lead}"
                )
                .unwrap();
            }
            fs::write(records.join(format!("{stem}.hea")), header).unwrap();
            let bytes: Vec<u8> = samples
                .iter()
                .flat_map(|sample| sample.to_le_bytes())
                .collect();
            fs::write(records.join(format!("{stem}.dat")), bytes).unwrap();
        }
        fs::write(dir.join("ptbxl_database.csv"), index).unwrap();
        dir
    }

    #[test]
    fn records_are_read_lead_by_lead_in_order() {
        let dir = miniature("order");
        let calls = AtomicUsize::new(0);
        let records = load(&dir, Selection::All, |_, total| {
            assert_eq!(total, 2);
            calls.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        assert_eq!(calls.into_inner(), 2);
        assert_eq!(records.len(), 2);
        assert_eq!(
            (records[0].ecg_id, records[0].patient_id, records[0].fold),
            (1, 17, 9)
        );
        assert_eq!(records[1].signal_uv[3 * 1000 + 5], sample_uv(2, 5, 3));
        assert!(records[1].labels.contains(index_of_key("IMI").unwrap()));
        assert!(records[1].labels.contains(index_of_key("MI").unwrap()));

        let test_fold = load(&dir, Selection::Folds(&[10]), |_, _| {}).unwrap();
        assert_eq!(
            test_fold
                .iter()
                .map(|record| record.ecg_id)
                .collect::<Vec<_>>(),
            [2]
        );
        assert!(load(&dir, Selection::Folds(&[3]), |_, _| {}).is_err());
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn missing_and_damaged_files_are_named() {
        let dir = miniature("damage");
        let data = dir.join("records100/00000/00002_lr.dat");
        let mut bytes = fs::read(&data).unwrap();
        bytes[4000] ^= 1;
        fs::write(&data, bytes).unwrap();
        let error = format!("{:#}", load(&dir, Selection::All, |_, _| {}).unwrap_err());
        assert!(error.contains("record 2"), "{error}");

        fs::remove_file(&data).unwrap();
        let error = format!("{:#}", load(&dir, Selection::All, |_, _| {}).unwrap_err());
        assert!(
            error.contains("00002_lr.dat") && !error.contains("00001_lr"),
            "{error}"
        );
        fs::remove_dir_all(dir).unwrap();
    }
}
