//! From files to an [`Outcome`]: the one path that the browser, the command line and the tests take.

mod explain;
mod logits;
mod picture;
mod stopwatch;
mod strip;

use burn::prelude::*;

pub use explain::{Explanation, Occlusion};
pub use picture::measure;

use crate::error::{Error, Result};
use crate::formats::{self, NamedBytes, StripHints};
use crate::model::{ImageStudent, LeadEnsemble, SignalClassifier};
use crate::outcome::{Outcome, Provenance};
use crate::photo::{CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX, Printout, PrintoutOptions};
use crate::signal::{TRACING_CHANNELS, WINDOW_SAMPLES};
use crate::weights::{self, AnyStudent, Loaded, Manifest, golden_input};
use logits::{image_logits, lead_logits, tracing_logits};
use stopwatch::Stopwatch;

/// The students on one device.
#[derive(Debug)]
pub struct Classifier {
    device: Device,
    device_name: &'static str,
    clock_ms: fn() -> f64,
    image: Option<Loaded<ImageStudent>>,
    tracing: Option<Loaded<SignalClassifier>>,
    lead: Option<Loaded<LeadEnsemble>>,
}

/// What the person may say about a file.
#[derive(Clone, Debug, Default)]
pub struct ClassifyOptions {
    /// Rate, unit and lead of a strip whose file does not tell.
    pub strip: StripHints,
    /// What the person says about a photo.
    pub printout: PrintoutOptions,
    /// Why the graphics card is not used, for the provenance.
    pub fallback_reason: Option<String>,
}

/// The outcome and what to show with it.
#[derive(Debug)]
pub struct Answer {
    /// The outcome.
    pub outcome: Outcome,
    /// The straightened page with its digitised leads (printouts that were read).
    pub printout: Option<Box<Printout>>,
    /// Width and height of the upright photo, which corners by hand refer to (printouts).
    pub photo_px: Option<[u32; 2]>,
    /// The lead that was read (strips) or is shown of those that were (recordings), as recorded.
    pub strip: Option<Trace>,
    /// What the tracing student read, `[24, 1000]` each, for [`Classifier::explain`]; empty where another student answered.
    pub windows: Vec<Vec<f32>>,
}

/// One lead as recorded.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Samples per second.
    pub sample_rate_hz: f64,
    /// Potential in millivolts.
    pub samples_mv: Vec<f32>,
    /// At which samples its beats are, by their R peaks.
    pub r_peaks: Vec<usize>,
}

/// Steps of the work, announced before each begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Bytes to picture or samples.
    Decode,
    /// Photo to upright page.
    Rectify,
    /// Page to layout, voltages and canvas.
    Digitise,
    /// Samples to windows.
    Prepare,
    /// Canvas or windows to probabilities.
    Classify,
}

impl Stage {
    /// The word that the page receives and the timings are filed under.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Rectify => "rectify",
            Self::Digitise => "digitise",
            Self::Prepare => "prepare",
            Self::Classify => "classify",
        }
    }
}

impl Classifier {
    /// A classifier without models. `device_name` is what the provenance says (`cpu` or `webgpu`);
    /// `clock_ms` is any monotonic clock (wasm has none of its own).
    pub fn new(device: Device, device_name: &'static str, clock_ms: fn() -> f64) -> Self {
        Self {
            device,
            device_name,
            clock_ms,
            image: None,
            tracing: None,
            lead: None,
        }
    }

    /// Adds a model and returns its name.
    ///
    /// # Errors
    /// [`Error::Integrity`], see [`weights::load`].
    pub fn load(&mut self, manifest_text: &str, record: Vec<u8>) -> Result<String> {
        Ok(match weights::load(manifest_text, record, &self.device)? {
            AnyStudent::Image(loaded) => self.image.insert(*loaded).manifest.name.clone(),
            AnyStudent::Tracing(loaded) => self.tracing.insert(*loaded).manifest.name.clone(),
            AnyStudent::Lead(loaded) => self.lead.insert(*loaded).manifest.name.clone(),
        })
    }

    /// Runs the golden input of the named model and returns the largest deviation from the manifest's logits.
    ///
    /// # Errors
    /// [`Error::Integrity`] for a model that is not loaded, [`Error::DeviceLost`] when the device fails.
    pub async fn self_test(&self, name: &str) -> Result<f32> {
        let (logits, manifest) = match (&self.image, &self.tracing, &self.lead) {
            (Some(image), ..) if image.manifest.name == name => {
                let ink = golden_input(CANVAS_WIDTH_PX * CANVAS_HEIGHT_PX);
                (
                    image_logits(&image.net, ink, &self.device).await?,
                    &image.manifest,
                )
            }
            (_, Some(tracing), _) if tracing.manifest.name == name => {
                let windows = vec![golden_input(TRACING_CHANNELS * WINDOW_SAMPLES)];
                (
                    tracing_logits(&tracing.net, &windows, &self.device).await?,
                    &tracing.manifest,
                )
            }
            (.., Some(lead)) if lead.manifest.name == name => {
                let windows = vec![golden_input(WINDOW_SAMPLES)];
                (
                    lead_logits(&lead.net, &windows, None, &self.device).await?,
                    &lead.manifest,
                )
            }
            _ => return Err(Error::integrity(format!("the model {name} is not loaded"))),
        };
        let deviations = logits
            .iter()
            .zip(&manifest.golden_logits)
            .map(|(got, expected)| (got - expected).abs());
        // A NaN must count as a failure; f32::max would skip it.
        Ok(deviations.fold(
            0.0,
            |worst: f32, d| if d.is_nan() || d > worst { d } else { worst },
        ))
    }

    /// Reads one ECG: a picture, or a recording in one file or (WFDB) several.
    ///
    /// # Errors
    /// A typed error for files that can't be read at all; an ECG that can't be judged is an
    /// [`Outcome::Rejected`].
    pub async fn classify(
        &self,
        files: &[NamedBytes<'_>],
        options: &ClassifyOptions,
        progress: &mut dyn FnMut(Stage),
    ) -> Result<Answer> {
        let mut watch = Stopwatch::new(self.clock_ms, progress);
        match files {
            [] => Err(Error::UnsupportedFormat {
                message: "no file was given".to_owned(),
            }),
            [file] if formats::sniff(file.bytes) == formats::Kind::Picture => {
                self.classify_picture(file.bytes, options, &mut watch).await
            }
            _ => self.classify_strip(files, options, &mut watch).await,
        }
    }

    fn provenance(&self, manifest: &Manifest, options: &ClassifyOptions) -> Provenance {
        Provenance {
            model: manifest.name.clone(),
            version: manifest.version.clone(),
            sha256: manifest.sha256.clone(),
            device: self.device_name.to_owned(),
            fallback_reason: options.fallback_reason.clone(),
        }
    }
}

impl Answer {
    fn rejected(issues: Vec<crate::outcome::Issue>) -> Self {
        Self {
            outcome: Outcome::Rejected { issues },
            printout: None,
            photo_px: None,
            strip: None,
            windows: Vec::new(),
        }
    }
}
