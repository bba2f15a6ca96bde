//! What students see of a record, and what they make of it.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use burn::prelude::*;
use inkbeat::labels::NUM_LABELS;
use inkbeat::model::{ImageStudent, LeadEnsemble, SignalClassifier};
use inkbeat::weights::{AnyStudent, LabelManifest, Loaded, load};
use serde::{Deserialize, Serialize};

use crate::data::SignalSet;
use crate::data::canvases::{View, draw_ink_bytes};
use crate::data::on_paper::on_paper;
use crate::data::printed::{PAGES, PrintedPages, whole_record};
use crate::data::read_pages::{Picture, ReadPages};
use crate::data::wearable::worn;
use crate::evaluate::Evaluation;
use crate::predict::{predict_canvases, predict_ensemble, predict_pages, predict_tracings};

/// Students that are judged, alone or as the product combines them.
pub enum Students {
    /// A single-lead student.
    Lead(Box<Loaded<LeadEnsemble>>),
    /// An image student.
    Image(Box<Loaded<ImageStudent>>),
    /// A tracing student.
    Tracing(Box<Loaded<SignalClassifier>>),
    /// The tracing student where it is sure which lead stands where, the image student elsewhere.
    Page(Box<Loaded<SignalClassifier>>, Box<Loaded<ImageStudent>>),
}

/// Logits of the records that were seen.
pub struct Seen {
    /// Places in the set.
    pub records: Vec<usize>,
    /// `[records, K]`
    pub logits: Vec<f32>,
    /// Of views that read pictures.
    pub pages: Option<PagesRead>,
}

/// How many pictures were read.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct PagesRead {
    /// All.
    pub pictures: usize,
    /// Not refused.
    pub answered: usize,
    /// Answered, and sure which lead stands where.
    pub named: usize,
}

impl Seen {
    /// Logits of all records of a set.
    pub fn all(logits: Vec<f32>, records: usize) -> Self {
        Self {
            records: (0..records).collect(),
            logits,
            pages: None,
        }
    }
}

impl Students {
    /// Opens one manifest, or those of a tracing and an image student in any order.
    pub fn open(manifests: &[PathBuf], device: &Device) -> Result<Self> {
        let mut students = manifests
            .iter()
            .map(|path| open(path, device))
            .collect::<Result<Vec<_>>>()?;
        Ok(
            match (students.pop(), students.pop(), students.is_empty()) {
                (Some(AnyStudent::Lead(lead)), None, _) => Self::Lead(lead),
                (Some(AnyStudent::Image(image)), None, _) => Self::Image(image),
                (Some(AnyStudent::Tracing(tracing)), None, _) => Self::Tracing(tracing),
                (Some(AnyStudent::Image(image)), Some(AnyStudent::Tracing(tracing)), true)
                | (Some(AnyStudent::Tracing(tracing)), Some(AnyStudent::Image(image)), true) => {
                    Self::Page(tracing, image)
                }
                _ => bail!(
                    "one student is evaluated at a time, or the tracing and the image student together"
                ),
            },
        )
    }

    /// The views asked for, or the usual one.
    pub fn views_or_usual<'a>(&self, views: &'a [String]) -> Vec<&'a str> {
        if !views.is_empty() {
            return views.iter().map(String::as_str).collect();
        }
        vec![match self {
            Self::Lead(_) => "signal",
            Self::Image(_) => "clean",
            Self::Tracing(_) => "simulated",
            Self::Page(..) => "print",
        }]
    }

    /// Calibration and thresholds; for a page those of the tracing student, which answers for nearly all.
    pub fn fitted(&self) -> &[LabelManifest] {
        match self {
            Self::Lead(lead) => &lead.manifest.labels,
            Self::Image(image) => &image.manifest.labels,
            Self::Tracing(tracing) | Self::Page(tracing, _) => &tracing.manifest.labels,
        }
    }

    /// The logits of all records of `set` in one view:
    ///
    /// | student | views |
    /// |---|---|
    /// | lead | `signal`, `wearable` (see [`worn`]), `paper` (see [`on_paper`]) |
    /// | image | `clean`, `residual` (drawn canvases), `print`, `standard`, `photo` (pictures, see [`Picture`], read by the pipeline that ships) |
    /// | tracing | `simulated` (see [`PrintedPages`]), `record` (all leads for ten seconds), `print`, `standard`, `photo` |
    /// | both | `print`, `standard`, `photo` |
    pub fn look(
        &self,
        view: &str,
        set: &SignalSet,
        evaluation: &Evaluation,
        device: &Device,
    ) -> Result<Seen> {
        let picture = match view {
            "print" => Some(Picture::Print),
            "standard" => Some(Picture::Standard),
            "photo" => Some(Picture::Photo),
            _ => None,
        };
        if let Some(picture) = picture {
            let pages = ReadPages::prepare(evaluation.cache, set, picture, evaluation.seed)?;
            return self.read(&pages, device);
        }
        let logits = match (self, view) {
            (Self::Lead(lead), "signal") => {
                predict_ensemble(&lead.net, set, evaluation.lead, device)?
            }
            (Self::Lead(lead), "paper") => {
                let (printed, records) = on_paper(set, evaluation.lead, evaluation.seed)?;
                let logits = predict_ensemble(&lead.net, &printed, evaluation.lead, device)?;
                let logits = records
                    .iter()
                    .flat_map(|record| &logits[record * NUM_LABELS..][..NUM_LABELS])
                    .copied()
                    .collect();
                // The network is told which lead it is, as a person would; the page doesn't say.
                let answered = records.len();
                return Ok(Seen {
                    records,
                    logits,
                    pages: Some(PagesRead {
                        pictures: set.len(),
                        answered,
                        named: 0,
                    }),
                });
            }
            (Self::Lead(lead), "wearable") => {
                let worn = worn(set, evaluation.lead, evaluation.seed)?;
                predict_ensemble(&lead.net, &worn, evaluation.lead, device)?
            }
            (Self::Image(image), "clean" | "residual") => {
                let view = if view == "clean" {
                    View::Clean
                } else {
                    View::Residual
                };
                predict_canvases(&image.net, set.len(), device, |index| {
                    Ok(draw_ink_bytes(set, index, 0, view, evaluation.seed))
                })?
            }
            (Self::Tracing(tracing), "simulated") => {
                let pages = PrintedPages::sample(PAGES, evaluation.seed);
                predict_pages(&tracing.net, set, &pages, device)?
            }
            (Self::Tracing(tracing), "record") => {
                predict_tracings(&tracing.net, set.len(), device, |index| {
                    Ok(whole_record(set.signal_mv(index)))
                })?
            }
            (students, other) => bail!(
                "these students have no view `{other}`: choose {}",
                match students {
                    Self::Lead(_) => "signal, wearable or paper",
                    Self::Image(_) => "clean, residual, print, standard or photo",
                    Self::Tracing(_) => "simulated, record, print, standard or photo",
                    Self::Page(..) => "print, standard or photo",
                }
            ),
        };
        Ok(Seen::all(logits, set.len()))
    }

    /// What the students make of pages that were read.
    fn read(&self, pages: &ReadPages, device: &Device) -> Result<Seen> {
        let answered = pages.answered();
        let named = pages.named();
        let count = PagesRead {
            pictures: pages.len(),
            answered: answered.len(),
            named: named.len(),
        };
        let canvases = |image: &Loaded<ImageStudent>, records: &[usize]| {
            predict_canvases(&image.net, records.len(), device, |k| {
                pages.canvas(records[k])
            })
        };
        let tracings = |tracing: &Loaded<SignalClassifier>, records: &[usize]| {
            predict_tracings(&tracing.net, records.len(), device, |k| {
                pages.tracing(records[k])?.context("a page lost its leads")
            })
        };
        let (records, logits) = match self {
            Self::Lead(_) => bail!("a lead student reads no pictures"),
            Self::Image(image) => {
                let logits = canvases(image, &answered)?;
                (answered, logits)
            }
            Self::Tracing(tracing) => {
                let logits = tracings(tracing, &named)?;
                (named, logits)
            }
            Self::Page(tracing, image) => {
                let unnamed: Vec<usize> = answered
                    .iter()
                    .copied()
                    .filter(|record| !named.contains(record))
                    .collect();
                let mut logits = tracings(tracing, &named)?;
                let others = canvases(image, &unnamed)?;
                // Both students' logits on one scale: that of the tracing student's calibration.
                logits.extend(others.iter().enumerate().map(|(i, logit)| {
                    let (theirs, ours) = (
                        &image.manifest.labels[i % NUM_LABELS],
                        &tracing.manifest.labels[i % NUM_LABELS],
                    );
                    (theirs.slope * logit + theirs.intercept - ours.intercept) / ours.slope
                }));
                ([named, unnamed].concat(), logits)
            }
        };
        Ok(Seen {
            records,
            logits,
            pages: Some(count),
        })
    }
}

fn open(manifest: &PathBuf, device: &Device) -> Result<AnyStudent> {
    ensure!(
        manifest.is_file(),
        "{} is no manifest: students are evaluated from what `export` wrote",
        manifest.display()
    );
    let text = std::fs::read_to_string(manifest)
        .with_context(|| format!("cannot read {}", manifest.display()))?;
    let record_path = manifest.with_extension("bpk");
    let record = std::fs::read(&record_path)
        .with_context(|| format!("cannot read {}", record_path.display()))?;
    Ok(load(&text, record, device)?)
}
