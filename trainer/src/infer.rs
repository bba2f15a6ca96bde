//! `infer`: one outcome a file, by the code that the browser runs.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::{Context, Result};
use burn::prelude::*;
use inkbeat::classifier::{Classifier, ClassifyOptions};
use inkbeat::error::Error;
use inkbeat::formats::{Kind, NamedBytes, sniff};
use inkbeat::outcome::{Outcome, Reading};
use serde::Serialize;

/// One line of `infer --json`.
#[derive(Serialize)]
pub struct Line {
    /// The file as named on the command line.
    pub file: String,
    /// Its outcome, or the error.
    #[serde(flatten)]
    pub answer: LineAnswer,
}

/// What became of a file.
#[derive(Serialize)]
#[serde(untagged)]
pub enum LineAnswer {
    /// Read or rejected.
    Outcome(Outcome),
    /// Not readable at all.
    Error {
        /// Always `error`.
        status: &'static str,
        /// [`Error::code`].
        code: &'static str,
        /// What is wrong.
        message: String,
        /// What to do.
        hint: &'static str,
    },
}

/// Loads every model in `models` (a folder with `NAME.json` and `NAME.bpk` pairs).
pub fn open_classifier(
    models: &Path,
    device: &Device,
    device_name: &'static str,
) -> Result<Classifier> {
    let mut classifier = Classifier::new(device.clone(), device_name, now_ms);
    let mut manifests: Vec<PathBuf> = std::fs::read_dir(models)
        .with_context(|| format!("cannot list {}", models.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    manifests.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    for path in manifests {
        let manifest = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let record_path = path.with_extension("bpk");
        let record = std::fs::read(&record_path)
            .with_context(|| format!("cannot read {}", record_path.display()))?;
        classifier
            .load(&manifest, record)
            .with_context(|| format!("cannot use {}", path.display()))?;
    }
    Ok(classifier)
}

/// Classifies the file at `path`. A WFDB header brings the signal files beside it along.
pub fn infer_file(classifier: &Classifier, path: &Path, options: &ClassifyOptions) -> Result<Line> {
    let files = read_with_companions(path)?;
    let named: Vec<NamedBytes> = files
        .iter()
        .map(|(name, bytes)| NamedBytes { name, bytes })
        .collect();
    let answer = match pollster::block_on(classifier.classify(&named, options, &mut |_| {})) {
        Ok(answer) => LineAnswer::Outcome(answer.outcome),
        Err(error) => describe(&error),
    };
    Ok(Line {
        file: path.display().to_string(),
        answer,
    })
}

/// Prints a line for people.
pub fn print_line(line: &Line) {
    println!("{}", line.file);
    match &line.answer {
        LineAnswer::Outcome(Outcome::Ok(reading)) => print_reading(reading),
        LineAnswer::Outcome(Outcome::Rejected { issues }) => {
            for issue in issues {
                println!(
                    "  not read: {} ({}) {}",
                    issue.message, issue.code, issue.hint
                );
            }
        }
        LineAnswer::Error {
            code,
            message,
            hint,
            ..
        } => println!("  error: {message} ({code}) {hint}"),
    }
}

fn print_reading(reading: &Reading) {
    println!("  quality {:.2}", reading.quality.score);
    for issue in &reading.quality.issues {
        println!("  note: {} {}", issue.message, issue.hint);
    }
    if let Some(rate) = &reading.measurements.heart_rate_bpm {
        println!(
            "  heart rate {:.0} ({:.0}–{:.0}) beats a minute",
            rate.value, rate.low, rate.high
        );
    }
    if reading.findings.is_empty() {
        println!("  no finding above threshold among those this model knows");
    }
    for finding in &reading.findings {
        println!(
            "  {:8} {:3.0} %  {} ({})",
            finding.band,
            finding.probability * 100.0,
            finding.name,
            finding.code
        );
    }
}

fn describe(error: &Error) -> LineAnswer {
    LineAnswer::Error {
        status: "error",
        code: error.code(),
        message: error.to_string(),
        hint: error.hint(),
    }
}

fn read_with_companions(path: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let read = |path: &Path| -> Result<(String, Vec<u8>)> {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        Ok((
            name,
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?,
        ))
    };
    let mut files = vec![read(path)?];
    let signal_path = path.with_extension("dat");
    if sniff(&files[0].1) == Kind::WfdbHeader && signal_path.exists() && signal_path != path {
        files.push(read(&signal_path)?);
    }
    Ok(files)
}

/// Milliseconds since the first call.
fn now_ms() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
}
