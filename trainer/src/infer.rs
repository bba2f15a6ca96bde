//! `infer`: one outcome a file, by the code that the browser runs.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::{Context, Result};
use burn::prelude::*;
use inkbeat::classifier::{Classifier, ClassifyOptions};
use inkbeat::error::Error;
use inkbeat::formats::{Kind, NamedBytes, sniff, write_csv, write_wfdb};
use inkbeat::outcome::{Interval, Layout, Outcome, Reading};
use inkbeat::recording::Recording;
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

/// Where digitised signals go.
pub struct SignalsOut {
    /// The folder.
    pub folder: PathBuf,
    /// Whether as WFDB (`NAME.hea`, `NAME.dat`) rather than as CSV (`NAME.csv`).
    pub wfdb: bool,
}

impl SignalsOut {
    fn write(&self, picture: &Path, recording: &Recording) -> Result<()> {
        let folder = &self.folder;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let name = picture
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let write = |name: &str, ending: &str, bytes: &[u8]| {
            let path = folder.join(format!("{name}.{ending}"));
            std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
        };
        if self.wfdb {
            let files = write_wfdb(recording, &name);
            write(&files.name, "hea", files.header.as_bytes())?;
            write(&files.name, "dat", &files.signals)
        } else {
            write(&name, "csv", write_csv(recording).as_bytes())
        }
    }
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

/// Classifies the file at `path`. A WFDB header brings the signal files beside it along. What was
/// digitised from a printout goes to `signals`, if given.
pub fn infer_file(
    classifier: &Classifier,
    path: &Path,
    options: &ClassifyOptions,
    signals: Option<&SignalsOut>,
) -> Result<Line> {
    let files = read_with_companions(path)?;
    let named: Vec<NamedBytes> = files
        .iter()
        .map(|(name, bytes)| NamedBytes { name, bytes })
        .collect();
    let answer = match pollster::block_on(classifier.classify(&named, options, &mut |_| {})) {
        Ok(answer) => {
            let recording = answer.printout.as_ref().and_then(|read| read.recording());
            if let (Some(signals), Some(recording)) = (signals, recording) {
                signals.write(path, &recording)?;
            }
            LineAnswer::Outcome(answer.outcome)
        }
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
    if let Some(layout) = &reading.layout {
        print_layout(layout);
    }
    let measured = &reading.measurements;
    print_interval("heart rate", measured.heart_rate_bpm, "beats a minute");
    print_interval("PR", measured.pr_ms, "ms");
    print_interval("QRS", measured.qrs_ms, "ms");
    print_interval("QT", measured.qt_ms, "ms");
    print_interval("QTc", measured.qtc_ms, "ms");
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

fn print_layout(layout: &Layout) {
    let or_unknown = |value: Option<f32>, unit: &str| {
        value.map_or(format!("unknown {unit}"), |value| format!("{value} {unit}"))
    };
    println!(
        "  layout {} at {} and {}{}",
        layout.name,
        or_unknown(layout.speed_mm_s, "mm/s"),
        or_unknown(layout.gain_mm_mv, "mm/mV"),
        if layout.questions.is_empty() {
            String::new()
        } else {
            format!("; please check: {}", layout.questions.join(", "))
        }
    );
}

fn print_interval(name: &str, interval: Option<Interval>, unit: &str) {
    if let Some(Interval { value, low, high }) = interval {
        println!("  {name} {value:.0} ({low:.0}–{high:.0}) {unit}");
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
