//! The committed weights on the committed samples and on wrong input, through the path the page uses.

#![allow(clippy::unwrap_used)] // In a test, unwrapping is the assertion.

use std::path::{Path, PathBuf};

use burn::prelude::*;
use image::{Rgb, RgbImage};
use inkbeat::classifier::{Answer, Classifier, ClassifyOptions};
use inkbeat::error::{Error, Result};
use inkbeat::formats::NamedBytes;
use inkbeat::lead::Lead;
use inkbeat::outcome::{Outcome, Reading};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn classifier() -> Classifier {
    let mut classifier = Classifier::new(Device::flex(), "cpu", || 0.0);
    for name in ["image-student", "tracing-student", "lead-student"] {
        let (manifest, record) = weights(name);
        classifier.load(&manifest, record).unwrap();
    }
    classifier
}

fn weights(name: &str) -> (String, Vec<u8>) {
    let path = root().join("www/models").join(name);
    (
        std::fs::read_to_string(path.with_extension("json")).unwrap(),
        std::fs::read(path.with_extension("bpk")).unwrap(),
    )
}

fn classify(name: &str, bytes: &[u8]) -> Result<Answer> {
    let files = [NamedBytes { name, bytes }];
    pollster::block_on(classifier().classify(&files, &ClassifyOptions::default(), &mut |_| {}))
}

fn reading(answer: Answer) -> Reading {
    match answer.outcome {
        Outcome::Ok(reading) => *reading,
        Outcome::Rejected { issues } => panic!("rejected: {issues:?}"),
    }
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(root().join("www/samples").join(name)).unwrap()
}

/// The code of the error, or of the first issue of a rejection.
fn code(answer: Result<Answer>) -> (String, String) {
    match answer {
        Err(error) => (error.code().to_owned(), error.to_string()),
        Ok(answer) => match answer.outcome {
            Outcome::Rejected { issues } => (issues[0].code.clone(), issues[0].message.clone()),
            Outcome::Ok(reading) => panic!("read as {:?}", reading.findings),
        },
    }
}

#[test]
fn every_sample_gives_its_known_answer() {
    let index: serde_json::Value = serde_json::from_slice(&sample("index.json")).unwrap();
    let samples = index.as_array().unwrap();
    assert!(samples.len() >= 6);
    for entry in samples {
        let file = entry["file"].as_str().unwrap();
        let reading = reading(classify(file, &sample(file)).unwrap());
        for expected in entry["expected"].as_array().unwrap() {
            let found = reading
                .findings
                .iter()
                .any(|finding| finding.code == expected.as_str().unwrap());
            assert!(found, "{file}: no {expected} in {:?}", reading.findings);
        }
        let model = if file.starts_with("printout") {
            "tracing-student"
        } else {
            "lead-student"
        };
        assert_eq!(reading.provenance.model, model, "{file}");
        assert_eq!(reading.scores.len(), 99);
        assert!(reading.scores.values().all(|p| (0.0..=1.0).contains(p)));
    }
}

#[test]
fn golden_logits_are_reproduced() {
    let classifier = classifier();
    for name in ["image-student", "tracing-student", "lead-student"] {
        let deviation = pollster::block_on(classifier.self_test(name)).unwrap();
        assert!(deviation <= 1e-3, "{name}: {deviation}");
    }
}

#[test]
fn wrong_files_get_their_code_and_message() {
    let picture = sample("printout-normal.jpg");
    let cases: [(&str, Vec<u8>, &str, &str); 8] = [
        ("empty.jpg", Vec::new(), "DECODE", "empty"),
        (
            "truncated.jpg",
            picture[..picture.len() / 2].to_vec(),
            "DECODE",
            "",
        ),
        (
            "letter.jpg",
            b"Dear doctor,\nplease find my ECG.\n".to_vec(),
            "UNSUPPORTED_FORMAT",
            "",
        ),
        (
            "huge.png",
            png_header(30_000, 30_000),
            "TOO_LARGE",
            "megapixels",
        ),
        ("letters.csv", csv_with("hello"), "DECODE", "line 302"),
        ("nan.csv", csv_with("NaN"), "DECODE", "line 302"),
        (
            "noise.bin",
            (0..5000u32)
                .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
                .collect(),
            "UNSUPPORTED_FORMAT",
            "",
        ),
        (
            "flat.csv",
            format!("# sample_rate_hz: 100\nI (mV)\n{}", "0.1\n".repeat(1000)).into_bytes(),
            "FLAT",
            "",
        ),
    ];
    for (name, bytes, expected, part) in cases {
        let (code, message) = code(classify(name, &bytes));
        assert_eq!(code, expected, "{name}: {message}");
        assert!(message.contains(part), "{name}: {message}");
    }
}

#[test]
fn a_picture_without_an_ecg_is_rejected() {
    let mut noise = 1u32;
    let picture = RgbImage::from_fn(1200, 900, |x, y| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let fur = (noise >> 27) as u8;
        let blob = (((x as f32 / 170.0).sin() + (y as f32 / 130.0).cos()) * 50.0 + 120.0) as u8;
        Rgb([blob.saturating_add(fur), blob / 2 + fur, 90 + fur])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    let answer = classify("cat.png", bytes.get_ref()).unwrap();
    let Outcome::Rejected { issues } = answer.outcome else {
        panic!("a picture without a grid was read")
    };
    assert!(
        issues
            .iter()
            .all(|issue| !issue.message.is_empty() && !issue.hint.is_empty())
    );
}

#[test]
fn weights_and_manifest_must_belong_together() {
    let (manifest, record) = weights("lead-student");
    let load = |manifest: &str, record: Vec<u8>| {
        Classifier::new(Device::flex(), "cpu", || 0.0)
            .load(manifest, record)
            .unwrap_err()
    };
    let mut changed = record.clone();
    *changed.last_mut().unwrap() ^= 1;
    let refused: Vec<(Error, &str)> = vec![
        (load(&manifest, changed), "hash"),
        (load(&manifest, Vec::new()), "hash"),
        (load("{}", record.clone()), "manifest"),
        (
            load(
                &with(&manifest, |m| {
                    m["labels"].as_array_mut().unwrap().swap(0, 1)
                }),
                record.clone(),
            ),
            "out of order",
        ),
        (
            load(
                &with(&manifest, |m| m["format"] = 99.into()),
                record.clone(),
            ),
            "format",
        ),
        (
            load(
                &with(&manifest, |m| m["burn"] = "0.1.0".into()),
                record.clone(),
            ),
            "burn",
        ),
        (
            load(
                &with(&manifest, |m| m["input"]["samples"] = 5000.into()),
                record.clone(),
            ),
            "input",
        ),
        (
            load(
                &with(&manifest, |m| {
                    m["architecture"]["config"]["member"]["encoder"]["stem_channels"] = 3.into()
                }),
                record.clone(),
            ),
            "do not fit",
        ),
        (
            load(
                &with(&manifest, |m| {
                    m["architecture"]["config"]["members"] = 1_000_000.into()
                }),
                record,
            ),
            "ensemble of 1000000",
        ),
    ];
    for (error, part) in refused {
        assert_eq!(error.code(), "INTEGRITY", "{error}");
        assert!(
            error.to_string().contains(part),
            "{error} should mention {part}"
        );
    }
}

fn with(manifest: &str, change: impl Fn(&mut serde_json::Value)) -> String {
    let mut value = serde_json::from_str(manifest).unwrap();
    change(&mut value);
    value.to_string()
}

/// 1,000 good lines with one bad cell in line 302.
fn csv_with(bad: &str) -> Vec<u8> {
    let mut lines = vec!["# sample_rate_hz: 100".to_owned(), "I (mV)".to_owned()];
    lines.extend((0..1000).map(|i| format!("{:.3}", f64::from(i % 80) / 100.0)));
    lines[301] = bad.to_owned();
    (lines.join("\n") + "\n").into_bytes()
}

/// Signature and IHDR of a grey PNG of this size, and nothing else.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 0, 0, 0, 0]);
    let crc = chunk.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    });
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(chunk);
    png.extend((!crc).to_be_bytes());
    png
}

#[test]
fn an_explanation_takes_away_one_lead_after_another() {
    let classifier = classifier();
    let bytes = sample("printout-lbbb.jpg");
    let files = [NamedBytes {
        name: "printout-lbbb.jpg",
        bytes: &bytes,
    }];
    let options = ClassifyOptions::default();
    let answer = pollster::block_on(classifier.classify(&files, &options, &mut |_| {})).unwrap();
    let explanation = pollster::block_on(classifier.explain(&answer.windows)).unwrap();
    assert_eq!(explanation.leads, Lead::ALL.map(Lead::name));
    let read = reading(answer);
    for (key, label) in &explanation.labels {
        assert_eq!(label.probability, read.scores[key], "{key}");
        assert_eq!(label.without.len(), Lead::ALL.len(), "{key}");
    }
    let without = |lead: Lead| explanation.labels["CLBBB"].without[lead.index()];
    assert!(without(Lead::V1) < without(Lead::III)); // V1 is where a left bundle branch block shows.
}

#[test]
fn only_an_answers_own_windows_are_explained() {
    let explain = |windows: &[Vec<f32>]| {
        let error = pollster::block_on(classifier().explain(windows)).unwrap_err();
        (error.code().to_owned(), error.to_string())
    };
    let wanted = "an explanation needs the windows of an answer, 24000 numbers each";
    for windows in [vec![], vec![vec![0.0; 1000]], vec![vec![f32::NAN; 24_000]]] {
        assert_eq!(explain(&windows), ("DECODE".to_owned(), wanted.to_owned()));
    }
}
