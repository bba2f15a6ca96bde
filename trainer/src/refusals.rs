//! `evaluate --decoys`: pictures that are no ECGs must be refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use inkbeat::outcome::Severity;
use inkbeat::photo::{self, PrintoutOptions, read_printout};
use rayon::prelude::*;
use serde::Serialize;

/// What became of a folder of pictures.
#[derive(Debug, Serialize)]
pub struct RefusalReport {
    /// Pictures looked at.
    pub pictures: usize,
    /// Pictures that were taken for an ECG.
    pub accepted: Vec<String>,
    /// How often each code was the first reason for refusal (`DECODE` and the like for files that
    /// are no readable pictures).
    pub reasons: BTreeMap<String, usize>,
}

/// Reads every picture below `folder`.
pub fn evaluate_decoys(folder: &Path) -> Result<RefusalReport> {
    let files = files_below(folder)?;
    let answers: Vec<(String, Option<String>)> = files
        .par_iter()
        .map(|path| {
            let bytes =
                std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok((path.display().to_string(), first_refusal(&bytes)))
        })
        .collect::<Result<_>>()?;
    let mut report = RefusalReport {
        pictures: answers.len(),
        accepted: Vec::new(),
        reasons: BTreeMap::new(),
    };
    for (file, refusal) in answers {
        match refusal {
            Some(code) => *report.reasons.entry(code).or_default() += 1,
            None => report.accepted.push(file),
        }
    }
    Ok(report)
}

/// Prints the report for people.
pub fn print_refusals(report: &RefusalReport) {
    for file in &report.accepted {
        println!("taken for an ECG: {file}");
    }
    for (code, count) in &report.reasons {
        println!("{code:16} {count}");
    }
    let share = 100.0 * report.accepted.len() as f64 / report.pictures as f64;
    println!(
        "{} of {} pictures taken for an ECG ({share:.2} %)",
        report.accepted.len(),
        report.pictures
    );
}

/// The code of the first reason for refusing a picture, `None` if it is read.
fn first_refusal(bytes: &[u8]) -> Option<String> {
    let photo = match photo::decode(bytes) {
        Ok(photo) => photo,
        Err(error) => return Some(error.code().to_owned()),
    };
    let issues = read_printout(&photo, &PrintoutOptions::default(), &mut |_| {}).err()?;
    issues
        .into_iter()
        .find(|issue| issue.severity == Severity::Reject)
        .map(|issue| issue.code)
}

/// All files below `folder`, sorted; an error if there is none.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    list_files(folder, &mut files)?;
    files.sort();
    ensure!(!files.is_empty(), "{} holds no files", folder.display());
    Ok(files)
}

fn list_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            list_files(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
