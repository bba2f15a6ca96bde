//! Experiment configuration: one complete TOML file per experiment, validated once.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use inkbeat::lead::Lead;
use inkbeat::model::{ImageStudentConfig, LeadStudentConfig, SignalClassifierConfig};
use inkbeat::signal::TRACING_CHANNELS;
use serde::{Deserialize, Serialize};

use crate::vizecgnet::config::GuidanceConfig;

/// A whole experiment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Name of the run folder and of the exported files.
    pub name: String,
    /// Seeds weights, shuffling and augmentation.
    pub seed: u64,
    /// What is trained.
    pub network: Network,
    /// How long and how fast.
    pub training: Training,
    /// Weights of the teacher's part of the loss; absent for teachers and plain students.
    pub distillation: Option<Distillation>,
    /// Contrast with the teacher's features (CLT); absent for all but lead students.
    pub contrast: Option<Contrast>,
    /// Signal augmentation (signal networks only).
    #[serde(default)]
    pub signal_augmentation: SignalAugmentation,
}

/// The trained network.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Network {
    /// 12-lead signal teacher.
    Teacher {
        /// Structure.
        model: SignalClassifierConfig,
    },
    /// Single-lead student.
    Lead {
        /// Structure.
        model: LeadStudentConfig,
        /// Leads drawn in training, with equal probability: name one twice to see it twice as often.
        leads: Vec<Lead>,
        /// Share of examples whose lead is withheld ("unknown").
        unknown_share: f64,
    },
    /// Tracing student: sees what is read of a printed page.
    Tracing {
        /// Structure.
        model: SignalClassifierConfig,
    },
    /// Image student.
    Image {
        /// Structure.
        model: ImageStudentConfig,
        /// Pre-rendered canvases per record.
        renderings: usize,
    },
    /// Image student, guided in training by a stream that sees the signal.
    VizEcgNet {
        /// Structure of what is kept.
        model: ImageStudentConfig,
        /// Pre-rendered canvases per record.
        renderings: usize,
        /// What is thrown away after training.
        guidance: Box<GuidanceConfig>,
    },
}

/// Optimisation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Passes over the training folds.
    pub epochs: usize,
    /// Examples per step.
    pub batch_size: usize,
    /// Peak learning rate of AdamW.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// Steps of linear warm-up.
    pub warmup_steps: usize,
    /// The network that is kept is the running mean of the trained one's weights, which forgets this share less than
    /// all of the past a step; 0 keeps the trained one itself.
    #[serde(default)]
    pub averaging: f64,
    /// How many times as much as another label a superclass counts in the loss.
    #[serde(default = "one")]
    pub superclass_weight: f32,
}

fn one() -> f32 {
    1.0
}

/// The teacher's share of a student's loss.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distillation {
    /// Weight of the distillation term; the labels' cross-entropy has weight 1.
    pub weight: f64,
    /// Softening of both sides.
    pub temperature: f64,
    /// What is softened.
    #[serde(default)]
    pub form: Softening,
}

/// What the temperature of a distillation divides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Softening {
    /// Logits.
    #[default]
    Logits,
    /// Probabilities, as MVKT-ECG's authors coded it.
    Probabilities,
}

/// Disease-aware contrastive lead-information transfer (MVKT-ECG's CLT).
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contrast {
    /// Weight of the term (β).
    pub weight: f64,
    /// Length of the embeddings.
    pub dimensions: usize,
    /// Other records that each example is told from (K in the paper).
    pub negatives: usize,
    /// Divides cosines (τ).
    pub temperature: f64,
    /// Share of a remembered embedding that survives an update.
    pub momentum: f64,
    /// Which records count as others.
    pub negatives_from: NegativeRule,
}

/// Which records an example is told from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NegativeRule {
    /// Those that share no superclass with it: "disease-aware" as the paper means it.
    DisjointLabels,
    /// Those that differ in the first superclass of the authors' order (CD): what their code does.
    FirstLabel,
}

/// Ranges of the signal augmentation.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignalAugmentation {
    /// Largest relative change of amplitude, one draw a record: 0.2 is ±20 %.
    pub amplitude: f32,
    /// Standard deviation of added white noise, mV.
    pub noise_mv: f32,
    /// Longest stretch set to zero, seconds.
    pub blank_secs: f32,
    /// Standard deviation of the turn of a single lead's direction, degrees (a misplaced electrode).
    pub turn_deg: f32,
}

impl Default for SignalAugmentation {
    fn default() -> Self {
        Self {
            amplitude: 0.2,
            noise_mv: 0.01,
            blank_secs: 2.0,
            turn_deg: 0.0,
        }
    }
}

impl Experiment {
    /// Reads and checks a configuration file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    /// The same experiment with another seed, and named after it.
    #[must_use]
    pub fn reseeded(mut self, seed: Option<u64>) -> Self {
        if let Some(seed) = seed {
            self.name = format!("{}-seed{seed}", self.name);
            self.seed = seed;
        }
        self
    }

    /// Parses and checks a configuration.
    pub fn parse(text: &str) -> Result<Self> {
        let experiment: Self = toml::from_str(text)?;
        let training = &experiment.training;
        ensure!(
            training.epochs > 0 && training.batch_size > 1,
            "epochs must be at least 1 and batch_size at least 2"
        );
        ensure!(
            training.learning_rate > 0.0,
            "learning_rate must be positive"
        );
        match &experiment.network {
            Network::Teacher { model } => ensure!(
                model.encoder.leads == 12,
                "a teacher's encoder has leads = 12"
            ),
            Network::Lead { model, leads, .. } => {
                ensure!(
                    model.encoder.leads == 1,
                    "a lead student's encoder has leads = 1"
                );
                ensure!(!leads.is_empty(), "a lead student needs at least one lead");
            }
            Network::Tracing { model } => ensure!(
                model.encoder.leads == TRACING_CHANNELS,
                "a tracing student's encoder has leads = {TRACING_CHANNELS}: twelve signals and where each is shown"
            ),
            Network::Image {
                model, renderings, ..
            }
            | Network::VizEcgNet {
                model, renderings, ..
            } => {
                ensure!(*renderings > 0, "an image student needs renderings");
                ensure!(
                    model.attention_fits(),
                    "the image student's attention does not fit its {} channels",
                    model.channels_out()
                );
            }
        }
        if let Network::VizEcgNet {
            model, guidance, ..
        } = &experiment.network
        {
            guidance.check(model.channels_out())?;
        }
        ensure!(
            training.superclass_weight > 0.0,
            "superclass_weight must be positive"
        );
        ensure!(
            (0.0..1.0).contains(&training.averaging),
            "averaging lies between 0 and 1"
        );
        if let Some(contrast) = &experiment.contrast {
            ensure!(
                matches!(experiment.network, Network::Lead { .. }),
                "only lead students have a [contrast] part"
            );
            ensure!(
                contrast.dimensions > 0 && contrast.negatives > 0 && contrast.temperature > 0.0,
                "dimensions, negatives and temperature of the contrast must be positive"
            );
            ensure!(
                (0.0..1.0).contains(&contrast.momentum),
                "the contrast's momentum lies between 0 and 1"
            );
        }
        if let Some(distillation) = &experiment.distillation {
            ensure!(
                distillation.temperature > 0.0,
                "temperature must be positive"
            );
        }
        Ok(experiment)
    }
}
