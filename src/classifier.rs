//! From files to an [`Outcome`]: the one path that the browser, the command line and the tests take.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::findings::{findings, scores};
use crate::formats::{self, NamedBytes, StripFile, StripHints};
use crate::labels::NUM_LABELS;
use crate::lead::Lead;
use crate::model::lead_student::{LEAD_SLOTS, lead_one_hot};
use crate::model::{ImageStudent, LeadEnsemble, SignalClassifier};
use crate::outcome::{Issue, Kind, Measurements, Outcome, Provenance, Reading};
use crate::photo::digitise::merged;
use crate::photo::{
    self, CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX, Printout, PrintoutOptions, Step, layout_summary,
    read_printout, sure,
};
use crate::recording::{LeadSignal, Recording};
use crate::signal::intervals::{self, Intervals};
use crate::signal::{WINDOW_SAMPLES, detect_r_peaks, heart_rate, prepare_strip};
use crate::weights::{self, AnyStudent, Loaded, Manifest, golden_input};
use burn::prelude::*;
use burn::tensor::TensorData;

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
    /// The lead that was read (strips), as recorded.
    pub strip: Option<Trace>,
}

/// One lead as recorded.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Samples per second.
    pub sample_rate_hz: f64,
    /// Potential in millivolts.
    pub samples_mv: Vec<f32>,
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
        let (logits, manifest) = match (&self.image, &self.lead) {
            (Some(image), _) if image.manifest.name == name => {
                let ink = golden_input(CANVAS_WIDTH_PX * CANVAS_HEIGHT_PX);
                (
                    image_logits(&image.net, ink, &self.device).await?,
                    &image.manifest,
                )
            }
            (_, Some(lead)) if lead.manifest.name == name => {
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

    async fn classify_picture(
        &self,
        bytes: &[u8],
        options: &ClassifyOptions,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Answer> {
        let model = self
            .image
            .as_ref()
            .ok_or_else(|| Error::integrity("the image student is not loaded"))?;
        watch.begin(Stage::Decode);
        let photo = photo::decode(bytes)?;
        let photo_px = Some([photo.width(), photo.height()]);
        let announced = &mut |step| {
            watch.begin(match step {
                Step::Rectify => Stage::Rectify,
                Step::Digitise => Stage::Digitise,
            });
        };
        let printout = match read_printout(&photo, &options.printout, announced) {
            Ok(printout) => printout,
            Err(issues) => {
                return Ok(Answer {
                    photo_px,
                    ..Answer::rejected(issues)
                });
            }
        };
        drop(photo); // Tens of megabytes that the network's own memory can use.
        let measurements = measure(&printout);
        watch.begin(Stage::Classify);
        let ink = printout.canvas.pixels.clone();
        let logits = image_logits(&model.net, ink, &self.device).await?;
        let reading = Reading {
            kind: Kind::Printout,
            findings: findings(&logits, &model.manifest),
            scores: scores(&logits, &model.manifest),
            measurements,
            quality: printout.quality.clone(),
            layout: Some(layout_summary(&printout, &options.printout.layout)),
            lead: None,
            provenance: self.provenance(&model.manifest, options),
            timings_ms: watch.finish(),
        };
        Ok(Answer {
            outcome: Outcome::Ok(Box::new(reading)),
            printout: Some(Box::new(printout)),
            photo_px,
            strip: None,
        })
    }

    async fn classify_strip(
        &self,
        files: &[NamedBytes<'_>],
        options: &ClassifyOptions,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Answer> {
        let model = self
            .lead
            .as_ref()
            .ok_or_else(|| Error::integrity("the lead student is not loaded"))?;
        watch.begin(Stage::Decode);
        let StripFile { recording, notes } = formats::read_strip_file(files, &options.strip)?;
        let signal = choose_lead(&recording, options.strip.lead)?;
        let lead = signal.lead.or(options.strip.lead);
        watch.begin(Stage::Prepare);
        let strip = Trace {
            sample_rate_hz: recording.sample_rate_hz,
            samples_mv: signal.samples_mv.clone(),
        };
        let rate = recording.sample_rate_hz;
        let mut prepared = match prepare_strip(&signal.samples_mv, rate, lead) {
            Ok(prepared) => prepared,
            Err(issues) => {
                return Ok(Answer {
                    strip: Some(strip),
                    ..Answer::rejected(issues)
                });
            }
        };
        let issues = &mut prepared.quality.issues;
        issues.extend(notes);
        issues.extend(lead_note(&recording, lead, options.strip.lead));
        let peaks = detect_r_peaks(&signal.samples_mv, recording.sample_rate_hz);
        watch.begin(Stage::Classify);
        let logits = lead_logits(&model.net, &prepared.windows, lead, &self.device).await?;
        let reading = Reading {
            kind: Kind::Strip,
            findings: findings(&logits, &model.manifest),
            scores: scores(&logits, &model.manifest),
            measurements: Measurements {
                heart_rate_bpm: heart_rate(&peaks, recording.sample_rate_hz),
                ..Measurements::default()
            },
            quality: prepared.quality,
            layout: None,
            lead: Some(lead.map_or("unknown", Lead::name).to_owned()),
            provenance: self.provenance(&model.manifest, options),
            timings_ms: watch.finish(),
        };
        Ok(Answer {
            outcome: Outcome::Ok(Box::new(reading)),
            printout: None,
            photo_px: None,
            strip: Some(strip),
        })
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
        }
    }
}

/// What can be measured on the digitised leads: nothing unless the paper speed is known.
pub fn measure(printout: &Printout) -> Measurements {
    let speed = sure(printout.layout.speed_mm_s);
    let Some(recording) = speed.and_then(|_| merged(&printout.leads)) else {
        return Measurements::default();
    };
    let Intervals { rhythm, durations } = intervals::measure(&recording);
    Measurements {
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

/// The lead to read: the one asked for, else II or I (the published ones), else the first.
fn choose_lead(recording: &Recording, wanted: Option<Lead>) -> Result<&LeadSignal> {
    let several = recording.leads.len() > 1;
    wanted
        .filter(|_| several)
        .into_iter()
        .chain([Lead::II, Lead::I])
        .find_map(|lead| recording.lead(lead))
        .or(recording.leads.first())
        .ok_or_else(|| Error::decode("the file holds no lead"))
}

/// Says which lead of several was read, as the others were not looked at.
fn lead_note(recording: &Recording, read: Option<Lead>, wanted: Option<Lead>) -> Option<Issue> {
    let count = recording.leads.len();
    if count < 2 {
        return None;
    }
    let lacked = wanted.filter(|_| wanted != read).map(Lead::name);
    let message = match (lacked, read.map(Lead::name)) {
        (Some(wanted), Some(read)) => {
            format!("The recording has no lead {wanted}; of its {count} leads {read} was read.")
        }
        (Some(wanted), None) => format!(
            "The recording has no lead {wanted}; of its {count} leads one without a name was read."
        ),
        (None, Some(read)) => {
            format!("Of the recording's {count} leads one was read: {read}.")
        }
        (None, None) => {
            format!("Of the recording's {count} leads one without a name was read.")
        }
    };
    Some(Issue::warn(
        "ONE_OF_SEVERAL_LEADS",
        message,
        "Choose another lead to have that one read. A printout is read with all its leads.",
    ))
}

/// Logits `[K]` of one canvas.
async fn image_logits(net: &ImageStudent, ink: Vec<f32>, device: &Device) -> Result<Vec<f32>> {
    let shape = [1, 1, CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX];
    read_back(net.forward(Tensor::from_data(TensorData::new(ink, shape), device))).await
}

/// Logits `[K]` of a strip: the mean over its windows, one window at a time so that memory stays small.
async fn lead_logits(
    net: &LeadEnsemble,
    windows: &[Vec<f32>],
    lead: Option<Lead>,
    device: &Device,
) -> Result<Vec<f32>> {
    let mut mean = vec![0.0; NUM_LABELS];
    for window in windows {
        let signal = Tensor::from_data(
            TensorData::new(window.clone(), [1, 1, WINDOW_SAMPLES]),
            device,
        );
        let one_hot = TensorData::new(lead_one_hot(lead).to_vec(), [1, LEAD_SLOTS]);
        let logits = read_back(net.forward(signal, Tensor::from_data(one_hot, device))).await?;
        for (mean, logit) in mean.iter_mut().zip(logits) {
            *mean += logit / windows.len() as f32;
        }
    }
    Ok(mean)
}

/// Copies logits from the device and refuses values that are not numbers.
async fn read_back(logits: Tensor<2>) -> Result<Vec<f32>> {
    let lost = |what: String| Error::DeviceLost {
        message: format!("the device gave no result: {what}"),
    };
    let data = logits
        .into_data_async()
        .await
        .map_err(|error| lost(format!("{error:?}")))?;
    let logits = data
        .try_to_vec::<f32>()
        .map_err(|error| lost(format!("{error:?}")))?;
    if logits.len() != NUM_LABELS || logits.iter().any(|logit| !logit.is_finite()) {
        return Err(lost("its numbers are not finite".to_owned()));
    }
    Ok(logits)
}

/// Announces stages and measures them.
struct Stopwatch<'a> {
    clock_ms: fn() -> f64,
    progress: &'a mut dyn FnMut(Stage),
    running: Option<(Stage, f64)>,
    timings_ms: BTreeMap<String, f64>,
}

impl<'a> Stopwatch<'a> {
    fn new(clock_ms: fn() -> f64, progress: &'a mut dyn FnMut(Stage)) -> Self {
        Self {
            clock_ms,
            progress,
            running: None,
            timings_ms: BTreeMap::new(),
        }
    }

    fn begin(&mut self, stage: Stage) {
        self.end();
        (self.progress)(stage);
        self.running = Some((stage, (self.clock_ms)()));
    }

    fn end(&mut self) {
        if let Some((stage, started)) = self.running.take() {
            self.timings_ms
                .insert(stage.name().to_owned(), (self.clock_ms)() - started);
        }
    }

    fn finish(&mut self) -> BTreeMap<String, f64> {
        self.end();
        std::mem::take(&mut self.timings_ms)
    }
}
