//! Weights on disk: a burn record (`NAME.bpk`, half precision) and its manifest (`NAME.json`).
//!
//! The one file that knows the record format. A record is checked against the manifest's hash before it is
//! parsed, and the manifest against this program before anything is built, so that a network never runs with
//! weights, labels or inputs it was not trained with.

use burn::prelude::*;
use burn::store::ModuleRecord;
use burn::tensor::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::labels::{LABELS, NUM_LABELS};
use crate::model::{
    ImageStudent, ImageStudentConfig, LeadEnsemble, LeadEnsembleConfig, SignalClassifier,
    SignalClassifierConfig,
};
use crate::photo::{CANVAS_HEIGHT_PX, CANVAS_PIXELS_PER_MM, CANVAS_WIDTH_PX};
use crate::signal::{MODEL_SAMPLE_RATE_HZ, TRACING_CHANNELS, WINDOW_SAMPLES};

/// Version of the manifest's structure.
pub const MANIFEST_FORMAT: u32 = 2;

/// More students than this would not be asked together; a manifest that says so is damaged.
const MAX_MEMBERS: usize = 16;

/// The burn release whose layers these records were trained with.
pub const BURN_VERSION: &str = "0.22.1";

/// Everything a record needs to be used rightly.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`MANIFEST_FORMAT`].
    pub format: u32,
    /// `image-student`, `tracing-student` or `lead-student`.
    pub name: String,
    /// Version of the weights.
    pub version: String,
    /// Structure of the network.
    pub architecture: Architecture,
    /// What the network is fed.
    pub input: InputContract,
    /// One entry per output, in order.
    pub labels: Vec<LabelManifest>,
    /// Logits for [`golden_input`], computed natively from the exported record.
    pub golden_logits: Vec<f32>,
    /// Where the weights come from.
    pub training: TrainingManifest,
    /// Figures by view and task; filled by the evaluation command.
    #[serde(default)]
    pub figures: serde_json::Value,
    /// The burn release, see [`BURN_VERSION`].
    pub burn: String,
    /// Hash of the record, lower-case hex.
    pub sha256: String,
}

/// Structure of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "config", rename_all = "lowercase")]
pub enum Architecture {
    /// [`LeadEnsemble`].
    Lead(LeadEnsembleConfig),
    /// [`ImageStudent`].
    Image(ImageStudentConfig),
    /// [`SignalClassifier`] of tracing windows.
    Tracing(SignalClassifierConfig),
}

/// What the network is fed. Compared with this program's own constants on loading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum InputContract {
    /// One lead in mV, baseline removed.
    Signal {
        /// Samples per second.
        sample_rate_hz: f64,
        /// Samples per window.
        samples: usize,
    },
    /// What is known of twelve leads, and where: see [`tracing_window`](crate::signal::tracing_window).
    Tracing {
        /// Samples per second.
        sample_rate_hz: f64,
        /// Samples per window.
        samples: usize,
        /// Twelve potentials and twelve masks.
        channels: usize,
    },
    /// Ink canvas, 0 paper … 1 ink.
    Canvas {
        /// Columns.
        width_px: usize,
        /// Rows.
        height_px: usize,
        /// Scale on the paper.
        pixels_per_mm: f32,
    },
}

/// One output of the network.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelManifest {
    /// [`Label::key`](crate::labels::Label::key).
    pub key: String,
    /// Calibrated probability = σ(slope · logit + intercept), fitted on fold 9.
    pub slope: f32,
    /// See `slope`.
    pub intercept: f32,
    /// Calibrated probability from which the label counts as a finding.
    pub threshold: f32,
    /// Whether it was learnt well enough to be shown.
    pub shown: bool,
    /// Area under the ROC curve on fold 9, where it could be computed.
    pub validation_auc: Option<f64>,
    /// Records of fold 9 with the label.
    pub validation_positives: usize,
    /// Expected calibration error on fold 9 of the network's own probabilities, and of the calibrated ones, which were fitted there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_ece: Option<[f64; 2]>,
}

/// Where the weights come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingManifest {
    /// Data set, or a note that it was synthetic.
    pub data: String,
    /// Hash of the experiment file.
    pub config_sha256: String,
    /// Epochs trained.
    pub epochs: usize,
}

/// A network with its manifest.
#[derive(Debug)]
pub struct Loaded<M> {
    /// The network, on its device.
    pub net: M,
    /// What it needs to be used rightly.
    pub manifest: Manifest,
}

/// A loaded network of any kind.
#[derive(Debug)]
pub enum AnyStudent {
    /// For printouts.
    Image(Box<Loaded<ImageStudent>>),
    /// For what was read of printouts, and for recordings of several leads.
    Tracing(Box<Loaded<SignalClassifier>>),
    /// For strips.
    Lead(Box<Loaded<LeadEnsemble>>),
}

impl InputContract {
    /// What [`ImageStudent`] is fed by this program.
    pub fn canvas() -> Self {
        Self::Canvas {
            width_px: CANVAS_WIDTH_PX,
            height_px: CANVAS_HEIGHT_PX,
            pixels_per_mm: CANVAS_PIXELS_PER_MM,
        }
    }

    /// What the tracing student is fed by this program.
    pub fn tracing() -> Self {
        Self::Tracing {
            sample_rate_hz: MODEL_SAMPLE_RATE_HZ,
            samples: WINDOW_SAMPLES,
            channels: TRACING_CHANNELS,
        }
    }

    /// What [`LeadEnsemble`] is fed by this program.
    pub fn signal() -> Self {
        Self::Signal {
            sample_rate_hz: MODEL_SAMPLE_RATE_HZ,
            samples: WINDOW_SAMPLES,
        }
    }
}

impl Manifest {
    /// Reads a manifest and checks it against this program.
    ///
    /// # Errors
    /// [`Error::Integrity`] that names the part that does not fit.
    pub fn parse(text: &str) -> Result<Self> {
        // The format first: a manifest of another version may not even have these fields.
        #[derive(Deserialize)]
        struct Versioned {
            format: u32,
        }
        let invalid = |error: serde_json::Error| Error::Integrity {
            message: "the model's manifest is damaged".to_owned(),
            cause: Some(error.into()),
        };
        let Versioned { format } = serde_json::from_str(text).map_err(invalid)?;
        if format != MANIFEST_FORMAT {
            return Err(Error::integrity(format!(
                "the model's manifest has format {format}, this program reads format {MANIFEST_FORMAT}"
            )));
        }
        let manifest: Self = serde_json::from_str(text).map_err(invalid)?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<()> {
        let fail = |what: &str| Err(Error::integrity(format!("{}: {what}", self.name)));
        if self.labels.len() != NUM_LABELS {
            return fail(&format!(
                "the manifest lists {} labels, not {NUM_LABELS}",
                self.labels.len()
            ));
        }
        for (position, (listed, known)) in self.labels.iter().zip(&LABELS).enumerate() {
            if listed.key != known.key() {
                return fail(&format!(
                    "label {position} is out of order: this program has {} there",
                    known.key()
                ));
            }
            let figures = [listed.slope, listed.intercept, listed.threshold];
            if figures.iter().any(|figure| !figure.is_finite()) {
                return fail(&format!("the calibration of {} is not finite", known.key()));
            }
        }
        if let Architecture::Lead(config) = &self.architecture
            && !(1..=MAX_MEMBERS).contains(&config.members)
        {
            return fail(&format!("an ensemble of {} makes no sense", config.members));
        }
        if let Architecture::Image(config) = &self.architecture
            && !config.attention_fits()
        {
            return fail("its attention does not fit its channels");
        }
        if self.golden_logits.len() != NUM_LABELS {
            return fail("the manifest has no complete self-test");
        }
        let expected = match self.architecture {
            Architecture::Lead(_) => InputContract::signal(),
            Architecture::Image(_) => InputContract::canvas(),
            Architecture::Tracing(_) => InputContract::tracing(),
        };
        if self.input != expected {
            return fail(
                "the model was trained on another kind of input than this program prepares",
            );
        }
        if self.burn != BURN_VERSION {
            return fail(&format!(
                "the weights are of burn {}, this program has {BURN_VERSION}",
                self.burn
            ));
        }
        Ok(())
    }
}

/// Builds the network that `manifest_text` describes with the weights of `record`, on `device`.
///
/// # Errors
/// [`Error::Integrity`] when the hash differs, the manifest does not fit this program, or the record's
/// tensors do not fit the manifest's architecture.
pub fn load(manifest_text: &str, record: Vec<u8>, device: &Device) -> Result<AnyStudent> {
    let manifest = Manifest::parse(manifest_text)?;
    if sha256_hex(&record) != manifest.sha256 {
        return Err(Error::integrity(format!(
            "{}: the weights are not the ones the manifest was made for (their hash differs)",
            manifest.name
        )));
    }
    Ok(match manifest.architecture.clone() {
        Architecture::Lead(config) => {
            let net = fill(config.init(device), record, &manifest.name)?;
            AnyStudent::Lead(Box::new(Loaded { net, manifest }))
        }
        Architecture::Image(config) => {
            let net = fill(config.init(device), record, &manifest.name)?;
            AnyStudent::Image(Box::new(Loaded { net, manifest }))
        }
        Architecture::Tracing(config) => {
            let net = fill(config.init(device), record, &manifest.name)?;
            AnyStudent::Tracing(Box::new(Loaded { net, manifest }))
        }
    })
}

fn fill<M: Module>(net: M, record: Vec<u8>, name: &str) -> Result<M> {
    let damaged = |cause: crate::error::Cause| Error::Integrity {
        message: format!("{name}: the weights do not fit the network in the manifest"),
        cause: Some(cause),
    };
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(record))
        .map_err(|e| damaged(Box::new(e)))?;
    net.try_load_record(record.cast_to_module_dtype())
        .map_err(|e| damaged(Box::new(e)))
}

/// SHA-256 of `bytes`, lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The input of the self-test: reproducible everywhere, in the range of real inputs, without structure.
///
/// A linear congruential generator (Numerical Recipes' constants) gives `len` values in −0.5…0.5.
pub fn golden_input(len: usize) -> Vec<f32> {
    let mut state: u32 = 12_345;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1u32 << 24) as f32 - 0.5
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_the_published_one() {
        // FIPS 180-2's example.
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn golden_input_starts_as_computed_by_hand() {
        // 12345 · 1664525 + 1013904223 mod 2³² = 87628868; its upper 24 bits / 2²⁴ − 0.5
        let first = (87_628_868u32 >> 8) as f32 / 16_777_216.0 - 0.5;
        assert_eq!(golden_input(2)[0], first);
        assert!(golden_input(1000).iter().all(|value| value.abs() <= 0.5));
    }
}
