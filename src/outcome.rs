//! What the classifier answers: the one structure that browser, command line and tests share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::signal::intervals::Intervals;

/// The answer to one file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Outcome {
    /// The ECG was read.
    Ok(Box<Reading>),
    /// The file was fine but the ECG in it can't be read; the issues say why.
    Rejected {
        /// At least one issue of severity [`Severity::Reject`].
        issues: Vec<Issue>,
    },
}

/// A successful reading.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reading {
    /// Printout, strip or recording.
    pub kind: Kind,
    /// Findings above their threshold, most probable first.
    pub findings: Vec<Finding>,
    /// Probability of every label, by [`Label::key`](crate::labels::Label::key).
    pub scores: BTreeMap<String, f32>,
    /// Figures measured on the signal.
    pub measurements: Measurements,
    /// How good the input was.
    pub quality: Quality,
    /// How the page is laid out (printouts, and strips that were read from paper).
    pub layout: Option<Layout>,
    /// The lead that was read (strips), or of the many that were read the one that is shown (recordings), by name.
    pub lead: Option<String>,
    /// Which model on which device.
    pub provenance: Provenance,
    /// Milliseconds per stage: `decode`, `rectify`, `digitise`, `prepare`, `classify`.
    pub timings_ms: BTreeMap<String, f64>,
}

/// What kind of input was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A picture of a printed ECG.
    Printout,
    /// One lead: of a digital recording, or of a page that shows only that one.
    Strip,
    /// A digital recording whose leads were read together.
    Recording,
}

/// One label above its threshold.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// The label's code, e.g. `AFIB`.
    pub code: String,
    /// Plain words.
    pub name: String,
    /// `superclass`, `subclass`, `diagnostic`, `form` or `rhythm`.
    pub group: String,
    /// Estimated probability, 0–1.
    pub probability: f32,
    /// `possible` or `likely`.
    pub band: String,
}

/// Figures measured on the signal; absent where they could not be measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Measurements {
    /// Mean ventricular rate in beats a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heart_rate_bpm: Option<Interval>,
    /// `regular` or `irregular`, by how much the distances between beats vary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rhythm: Option<String>,
    /// From the start of the P wave to the start of the QRS complex, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr_ms: Option<Interval>,
    /// Length of the QRS complex in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qrs_ms: Option<Interval>,
    /// From the start of the QRS complex to the end of the T wave, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qt_ms: Option<Interval>,
    /// The QT interval corrected for heart rate (Fridericia), in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qtc_ms: Option<Interval>,
}

impl From<Intervals> for Measurements {
    fn from(Intervals { rhythm, durations }: Intervals) -> Self {
        Self {
            heart_rate_bpm: rhythm.heart_rate_bpm,
            rhythm: rhythm
                .regularity
                .map(|regularity| regularity.name().to_owned()),
            pr_ms: durations.pr_ms,
            qrs_ms: durations.qrs_ms,
            qt_ms: durations.qt_ms,
            qtc_ms: durations.qtc_ms,
        }
    }
}

/// A value with the range it may lie in.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Interval {
    /// Best estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How good the input was.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Quality {
    /// 0 (hopeless) to 1 (flawless).
    pub score: f32,
    /// Resolution of the photo on the paper (pictures only).
    pub pixels_per_mm: Option<f32>,
    /// Warnings that did not stop the reading.
    pub issues: Vec<Issue>,
}

/// Something about the input a person should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    /// Stable code, e.g. `BLURRED`.
    pub code: String,
    /// Whether it stopped the reading.
    pub severity: Severity,
    /// What is wrong, in plain words.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// How bad an [`Issue`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The reading went on; trust it less.
    Warn,
    /// The reading stopped.
    Reject,
}

/// How a printout is laid out. Confidences are 0–1; a value said by a person has 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Rows × columns, + rhythm strips: `3x4+1`, `6x2`, `cabrera 6x2`, …, `one lead`, or `unknown`.
    pub name: String,
    /// How sure the name is.
    pub name_confidence: f32,
    /// Paper speed; absent if it could not be read.
    pub speed_mm_s: Option<f32>,
    /// How sure the speed is.
    pub speed_confidence: f32,
    /// Height of 1 mV; absent if it could not be read.
    pub gain_mm_mv: Option<f32>,
    /// How sure the gain is.
    pub gain_confidence: f32,
    /// Height of 1 mV in the chest leads, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chest_gain_mm_mv: Option<f32>,
    /// How far the page was turned to stand upright, in degrees clockwise.
    pub rotation_deg: i32,
    /// Leads of the long strips, from the top.
    pub rhythm_leads: Vec<String>,
    /// What a person should be asked: `speed`, `gain`, `layout`.
    pub questions: Vec<String>,
    /// What a person has said: `speed`, `gain`, `layout`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_person: Vec<String>,
}

/// Which model on which device gave the answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// `image-student`, `tracing-student` or `lead-student`.
    pub model: String,
    /// Version of the weights.
    pub version: String,
    /// Hash of the weights.
    pub sha256: String,
    /// `webgpu` or `cpu`.
    pub device: String,
    /// Why not the graphics card, where it was wanted.
    pub fallback_reason: Option<String>,
}

impl Issue {
    /// An issue that stops the reading.
    pub fn reject(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            severity: Severity::Reject,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// An issue that only warns.
    pub fn warn(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            severity: Severity::Warn,
            message: message.into(),
            hint: hint.into(),
        }
    }
}
