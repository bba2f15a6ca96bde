//! One made-up file of every recording format: through the committed weights to an outcome; without
//! a trace of the person it names; and, cut or damaged anywhere, to a typed error or a reading.

#![allow(clippy::unwrap_used)] // In a test, unwrapping is the assertion.

mod recordings;

use std::path::{Path, PathBuf};

use burn::prelude::*;
use inkbeat::classifier::{Classifier, ClassifyOptions};
use inkbeat::error::Error;
use inkbeat::formats::{self, NamedBytes, StripHints, read_strip, sniff};
use inkbeat::lead::Lead;
use inkbeat::outcome::{Kind, Outcome, Reading};
use inkbeat::recording::Recording;
use recordings::{PRIVATE, every_format, wfdb};

fn classifier() -> Classifier {
    let models: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models");
    let mut classifier = Classifier::new(Device::flex(), "cpu", || 0.0);
    for name in ["lead-student", "tracing-student"] {
        let manifest = std::fs::read_to_string(models.join(name).with_extension("json")).unwrap();
        let record = std::fs::read(models.join(name).with_extension("bpk")).unwrap();
        classifier.load(&manifest, record).unwrap();
    }
    classifier
}

fn reading(classifier: &Classifier, files: &[NamedBytes<'_>], strip: StripHints) -> Reading {
    let options = ClassifyOptions {
        strip,
        ..ClassifyOptions::default()
    };
    let answer = pollster::block_on(classifier.classify(files, &options, &mut |_| {}));
    match answer.unwrap().outcome {
        Outcome::Ok(reading) => *reading,
        Outcome::Rejected { issues } => panic!("{}: {issues:?}", files[0].name),
    }
}

fn read(name: &str, bytes: &[u8]) -> Result<Recording, Error> {
    read_strip(&[NamedBytes { name, bytes }], &StripHints::default())
}

#[test]
fn every_format_leads_to_an_outcome() {
    let classifier = classifier();
    let mut files: Vec<(&str, Vec<NamedBytes<'_>>)> = Vec::new();
    let singles = every_format(12.0);
    for (name, bytes) in &singles {
        files.push((name, vec![NamedBytes { name, bytes }]));
    }
    let (header, signals) = wfdb(12.0);
    let pair = [("100.dat", &signals), ("100.hea", &header)];
    files.push((
        "100.hea",
        pair.map(|(name, bytes)| NamedBytes { name, bytes })
            .to_vec(),
    ));
    for (name, files) in files {
        let reading = reading(&classifier, &files, StripHints::default());
        let expected = match name {
            "polar.txt" => "unknown",
            "apple-english.csv" | "apple-german.csv" | "withings.csv" | "fitbit.json"
            | "google-health.json" => "I",
            _ => "II",
        };
        assert_eq!(reading.lead.as_deref(), Some(expected), "{name}");
        let rate = reading.measurements.heart_rate_bpm.unwrap().value;
        assert!((rate - 60.0).abs() < 1.0, "{name}: {rate}");
        let together = ["muse.xml", "aecg.xml", "clinic.dcm"].contains(&name);
        let (kind, model) = if together {
            (Kind::Recording, "tracing-student")
        } else {
            (Kind::Strip, "lead-student")
        };
        assert_eq!(reading.kind, kind, "{name}");
        assert_eq!(reading.provenance.model, model, "{name}");
        let chosen = reading
            .quality
            .issues
            .iter()
            .find(|issue| issue.code == "ONE_OF_SEVERAL_LEADS");
        assert_eq!(chosen.is_some(), expected == "II" && !together, "{name}");
        assert!(chosen.is_none_or(|issue| issue.message.contains(": II.")));
        assert_eq!(reading.scores.len(), 99, "{name}");
    }
}

#[test]
fn the_lead_asked_for_is_read_if_it_is_there() {
    let classifier = classifier();
    let singles = every_format(12.0);
    let file = |wanted: &str| {
        let (name, bytes) = singles.iter().find(|(name, _)| *name == wanted).unwrap();
        [NamedBytes { name, bytes }]
    };
    let asked = |lead: Lead| StripHints {
        lead: Some(lead),
        ..StripHints::default()
    };
    // A derived lead, of a file with eight.
    let muse = reading(&classifier, &file("muse.xml"), asked(Lead::AVF));
    assert_eq!(muse.lead.as_deref(), Some("aVF"));
    assert!(
        muse.quality
            .issues
            .iter()
            .any(|issue| issue.message.contains("12 leads one was read: aVF"))
    );
    let edf = reading(&classifier, &file("holter.edf"), asked(Lead::V5));
    assert_eq!(edf.lead.as_deref(), Some("II"));
    assert!(
        edf.quality
            .issues
            .iter()
            .any(|issue| issue.message.contains("has no lead V5"))
    );
    let polar = reading(&classifier, &file("polar.txt"), asked(Lead::I));
    assert_eq!(polar.lead.as_deref(), Some("I"));
}

#[test]
fn all_formats_hold_the_same_heart() {
    for (name, bytes) in every_format(3.0) {
        let recording = read(name, &bytes).unwrap();
        assert!((recording.duration_secs() - 3.0).abs() < 0.01, "{name}");
        let clinic = ["muse.xml", "aecg.xml", "clinic.dcm"].contains(&name);
        let stored = recording.leads.len();
        assert_eq!(stored == 12, clinic, "{name}: {stored} leads");
        let lead = recording.lead(Lead::I).unwrap_or(&recording.leads[0]);
        let highest = lead.samples_mv.iter().copied().fold(f32::MIN, f32::max);
        // The R wave of 1 mV on its drift; GE's steps are 4.88 µV, aECG's 5 µV.
        let expected = match name {
            "muse.xml" => 4.88,
            "aecg.xml" => 5.0,
            _ => 1.0,
        };
        assert!((highest / expected - 1.0).abs() < 0.09, "{name}: {highest}");
        if clinic {
            let at = |lead: Lead| recording.lead(lead).unwrap().samples_mv[700];
            assert!(
                (at(Lead::III) - (at(Lead::II) - at(Lead::I))).abs() < 1e-5,
                "{name}"
            );
        }
    }
}

#[test]
fn kinds_are_told_by_content() {
    let kinds = [
        ("kardia.atc", formats::Kind::Atc),
        ("holter.edf", formats::Kind::Edf),
        ("holter.bdf", formats::Kind::Edf),
        ("clinic.dcm", formats::Kind::Dicom),
        ("muse.xml", formats::Kind::Xml),
        ("aecg.xml", formats::Kind::Xml),
        ("kardia.json", formats::Kind::Json),
        ("polar.txt", formats::Kind::Text),
    ];
    let files = every_format(2.0);
    for (name, kind) in kinds {
        let (_, bytes) = files.iter().find(|(found, _)| *found == name).unwrap();
        assert_eq!(sniff(bytes), kind, "{name}");
        assert!(read("photo.jpg", bytes).is_ok(), "{name}");
    }
}

/// Neither a recording nor an error has any of a file's person in it.
#[track_caller]
fn assert_private(name: &str, answer: &Result<Recording, Error>) {
    let all = match answer {
        Ok(recording) => format!(
            "{:?}",
            recording
                .leads
                .iter()
                .map(|lead| lead.lead)
                .collect::<Vec<_>>()
        ),
        Err(error) => {
            let said = error.to_string();
            assert!(
                said.len() > 10 && !error.hint().is_empty(),
                "{name}: {said}"
            );
            assert!(["DECODE", "UNSUPPORTED_FORMAT", "TOO_LARGE"].contains(&error.code()));
            format!("{error:?} {said}")
        }
    };
    for private in PRIVATE {
        assert!(!all.contains(private), "{name}: {all}");
    }
}

#[test]
fn nothing_of_the_person_is_kept_or_repeated() {
    for (name, bytes) in every_format(2.0) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            PRIVATE.iter().any(|private| text.contains(private))
                || ["polar.txt", "withings.csv"].contains(&name),
            "{name} names nobody"
        );
        let recording = read(name, &bytes).unwrap();
        let whole = format!("{recording:?}");
        for private in PRIVATE {
            assert!(!whole.contains(private), "{name}");
        }
    }
}

#[test]
fn files_cut_anywhere_give_an_answer() {
    for (name, bytes) in every_format(1.0) {
        let early = 0..bytes.len().min(1500);
        let later = (1500..bytes.len()).step_by(bytes.len() / 200 + 1);
        let end = bytes.len().saturating_sub(40)..bytes.len();
        for length in early.chain(later).chain(end) {
            assert_private(name, &read(name, &bytes[..length]));
        }
    }
}

#[test]
fn files_damaged_anywhere_give_an_answer() {
    // A linear congruential generator: the same damage on every machine.
    let mut state = 1_u64;
    let mut dice = move |sides: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    for (name, bytes) in every_format(1.0) {
        for _ in 0..300 {
            let mut damaged = bytes.clone();
            for _ in 0..=dice(4) {
                // Most of what can go wrong stands at the beginning.
                let reach = if dice(3) == 0 {
                    damaged.len()
                } else {
                    damaged.len().min(1200)
                };
                let at = dice(reach);
                match dice(4) {
                    0 => damaged[at] = dice(256) as u8,
                    1 => damaged[at] ^= 1 << dice(8),
                    2 => drop(damaged.drain(at..(at + 1 + dice(30)).min(damaged.len()))),
                    _ => {
                        let copy = damaged[at..(at + 1 + dice(30)).min(damaged.len())].to_vec();
                        damaged.splice(at..at, copy);
                    }
                }
                if damaged.is_empty() {
                    break;
                }
            }
            assert_private(name, &read(name, &damaged));
        }
    }
}
