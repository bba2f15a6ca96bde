//! What contestants are scored on: a lead, or a page in one of several views.

use std::path::Path;

use anyhow::{Result, bail};
use burn::prelude::*;
use inkbeat::findings::probability;
use inkbeat::labels::{LabelSet, NUM_LABELS};
use inkbeat::lead::Lead;
use inkbeat::weights::LabelManifest;
use serde::{Deserialize, Serialize};

use super::contestant::Contestant;
use crate::calibrate::calibrate;
use crate::data::canvases::{Canvases, View};
use crate::data::read_pages::{Picture, ReadPages};
use crate::data::{SignalSet, Source, VALIDATION_FOLD};
use crate::predict::{predict_canvases, predict_ensemble, predict_teacher};

/// A page as contestants see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageView {
    /// Drawn where a perfect rectifier would put it.
    Clean,
    /// The same with the errors that rectification, light, blur and compression leave.
    Residual,
    /// A simulated phone photo, read by the pipeline that ships; refused ones are not scored.
    Photo,
}

/// How many photos of a fold are taken and read.
const PHOTOS: usize = 300;
/// Seed of the drawn pages: runs of this seed have drawn the validation fold's already.
const PAGE_SEED: u64 = 1;
/// Seed of the photos: `evaluate` takes the same.
const PHOTO_SEED: u64 = 10;

/// The records of a fold as contestants see them.
pub struct Input {
    /// As in the tables.
    pub name: String,
    set: SignalSet,
    /// Those that are scored.
    records: Vec<usize>,
    shown: Shown,
}

enum Shown {
    Lead(Lead),
    Canvases(Canvases),
    Photos(ReadPages),
}

/// One member's predictions on one input.
pub struct Scored {
    /// `[records, K]`
    pub probabilities: Vec<f32>,
    /// From the validation fold.
    pub thresholds: [f32; NUM_LABELS],
}

/// What a row is scored on and what its thresholds and calibration come from.
pub struct Inputs {
    /// Scored.
    pub scored: Vec<Input>,
    validation: SignalSet,
    /// The validation fold's clean pages, which every view is calibrated by.
    validation_pages: Option<Input>,
}

impl Inputs {
    /// Loads the records, and draws or reads their pages, which are kept below `cache`.
    ///
    /// # Errors
    /// If records or cache can't be read.
    pub fn prepare(
        leads: &[Lead],
        views: &[PageView],
        source: &Source,
        fold: u8,
        cache: &Path,
    ) -> Result<Self> {
        let validation = source.load(&[VALIDATION_FOLD])?;
        let set = source.load(&[fold])?;
        let mut scored: Vec<Input> = leads
            .iter()
            .map(|&lead| Input::of_lead(lead, &set))
            .collect();
        for &view in views {
            scored.push(Input::of_pages(view, &set, &cache.join("compared"))?);
        }
        let validation_pages = if views.is_empty() {
            None
        } else {
            Some(Input::of_pages(
                PageView::Clean,
                &validation,
                &cache.join("validation"),
            )?)
        };
        Ok(Self {
            scored,
            validation,
            validation_pages,
        })
    }

    /// What `contestant` says of every input.
    ///
    /// # Errors
    /// If it can't see one of them.
    pub fn score(&self, contestant: &Contestant, device: &Device) -> Result<Vec<Scored>> {
        let by_pages = self
            .validation_pages
            .as_ref()
            .map(|pages| self.fitted(contestant, pages, device))
            .transpose()?;
        self.scored
            .iter()
            .map(|input| match (&input.shown, &by_pages) {
                (Shown::Lead(lead), _) => {
                    let validation = Input::of_lead(*lead, &self.validation);
                    let fitted = self.fitted(contestant, &validation, device)?;
                    input.score(contestant, &fitted, device)
                }
                (_, Some(fitted)) => input.score(contestant, fitted, device),
                (_, None) => bail!("pages are scored by what clean ones were calibrated on"),
            })
            .collect()
    }

    fn fitted(
        &self,
        contestant: &Contestant,
        input: &Input,
        device: &Device,
    ) -> Result<Vec<LabelManifest>> {
        Ok(calibrate(
            &input.logits(contestant, device)?,
            &input.labels(),
        ))
    }
}

impl Input {
    fn of_lead(lead: Lead, set: &SignalSet) -> Self {
        Self {
            name: format!("Lead {}", lead.name()),
            set: set.clone(),
            records: (0..set.len()).collect(),
            shown: Shown::Lead(lead),
        }
    }

    fn of_pages(view: PageView, set: &SignalSet, cache: &Path) -> Result<Self> {
        let drawn =
            |view| Canvases::prepare(cache, set, 1, Some(view), PAGE_SEED).map(Shown::Canvases);
        let all = (0..set.len()).collect();
        let (name, set, records, shown) = match view {
            PageView::Clean => ("Clean pages", set.clone(), all, drawn(View::Clean)?),
            PageView::Residual => (
                "Pages with residual errors",
                set.clone(),
                all,
                drawn(View::Residual)?,
            ),
            PageView::Photo => {
                let set = set.clone().spread(PHOTOS);
                let pages = ReadPages::prepare(cache, &set, Picture::Photo, PHOTO_SEED)?;
                let answered = pages.answered();
                ("Simulated photos", set, answered, Shown::Photos(pages))
            }
        };
        Ok(Self {
            name: name.to_owned(),
            set,
            records,
            shown,
        })
    }

    /// The truth about the scored records.
    pub fn labels(&self) -> Vec<LabelSet> {
        let labels = self.set.labels();
        self.records.iter().map(|&record| labels[record]).collect()
    }

    fn score(
        &self,
        contestant: &Contestant,
        fitted: &[LabelManifest],
        device: &Device,
    ) -> Result<Scored> {
        let logits = self.logits(contestant, device)?;
        Ok(Scored {
            probabilities: logits
                .iter()
                .enumerate()
                .map(|(index, &logit)| probability(logit, &fitted[index % NUM_LABELS]))
                .collect(),
            thresholds: std::array::from_fn(|label| fitted[label].threshold),
        })
    }

    /// `[records, K]`
    fn logits(&self, contestant: &Contestant, device: &Device) -> Result<Vec<f32>> {
        let count = self.records.len();
        match (contestant, &self.shown) {
            (Contestant::Lead(net), Shown::Lead(lead)) => {
                predict_ensemble(net, &self.set, *lead, device)
            }
            (Contestant::Image(net), Shown::Canvases(pages)) => {
                predict_canvases(net, count, device, |k| pages.decompress(0, self.records[k]))
            }
            (Contestant::Image(net), Shown::Photos(pages)) => {
                predict_canvases(net, count, device, |k| pages.canvas(self.records[k]))
            }
            (Contestant::Teacher(net), Shown::Canvases(_) | Shown::Photos(_)) => {
                let logits = predict_teacher(net, &self.set, device)?.logits;
                let of = |&record: &usize| &logits[record * NUM_LABELS..][..NUM_LABELS];
                Ok(self.records.iter().flat_map(of).copied().collect())
            }
            _ => bail!(
                "a row's networks can't see {}: lead students see leads, image students and teachers pages",
                self.name
            ),
        }
    }
}
