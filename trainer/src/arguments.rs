//! What the command line takes.
#![allow(missing_docs)] // the help texts are the documentation

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use inkbeat::lead::Lead;
use inkbeat::photo::layout::LayoutHints;
use inkbeat::photo::{PrintoutOptions, RectifyOptions};
use inkbeat_trainer::data::TEST_FOLD;
use inkbeat_trainer::pages::PageView;

/// Trains, evaluates, exports and runs Inkbeat's networks.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Train the 12-lead teacher.
    Teach(TrainArgs),
    /// Train a student (image or single lead), with or without a teacher.
    Distill(DistillArgs),
    /// Score a model on one fold, with bootstrap intervals.
    Evaluate(EvaluateArgs),
    /// Score several ways of training a lead student side by side, and print the tables.
    Compare(CompareArgs),
    /// Draw records as printed pages, with the truth about them.
    Render(RenderArgs),
    /// Rectify pictures of printed ECGs to the canvas that the network sees.
    Rectify(RectifyArgs),
    /// Read ECGs as the page does: one outcome a file.
    Infer(InferArgs),
    /// Learn how leads I and II usually look, to tell strips that are upside down.
    Polarity(PolarityArgs),
    /// Learn how curves look at each paper speed.
    Speed(SpeedArgs),
    /// Learn to tell pages with an ECG from others: with pictures, measures them; without, fits to what was measured.
    Gate {
        /// Lists (CSV, with truth) of drawn photos.
        #[arg(long)]
        photos: Vec<PathBuf>,
        /// Folders of pictures that are no ECGs.
        #[arg(long)]
        decoys: Vec<PathBuf>,
        /// Where to write what was measured, a line for every page that was tried; or all files to fit to.
        #[arg(long, required = true)]
        features: Vec<PathBuf>,
        /// Where to write the model.
        #[arg(long, default_value = "src/photo/gate.bin")]
        out: PathBuf,
    },
    /// Turn a trained student into weights for the page.
    Export(ExportArgs),
    /// Draw the page's synthetic samples.
    Gallery {
        /// Folder for the samples and their index.
        #[arg(long, default_value = "www/samples")]
        out: PathBuf,
    },
}

#[derive(Args)]
pub struct DataArgs {
    /// PTB-XL in PhysioNet's layout; without it, synthetic ECGs.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// cpu, or vulkan in builds with that feature.
    #[arg(long, default_value = "cpu")]
    pub device: String,
}

#[derive(Args)]
pub struct TrainArgs {
    /// Experiment file (TOML).
    #[arg(long)]
    pub config: PathBuf,
    #[command(flatten)]
    pub data: DataArgs,
    /// Where runs are kept; the run's folder is named after the experiment.
    #[arg(long, default_value = "runs")]
    pub runs: PathBuf,
    /// Seed in place of the configuration's; the run's name then ends in -seed and this number.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Go on after the last finished epoch.
    #[arg(long)]
    pub resume: bool,
    /// Stop, resumable, after this many epochs.
    #[arg(long)]
    pub stop_after: Option<usize>,
}

#[derive(Args)]
pub struct DistillArgs {
    #[command(flatten)]
    pub train: TrainArgs,
    /// Run folder of a trained teacher; several teach as one.
    #[arg(long = "teacher")]
    pub teachers: Vec<PathBuf>,
    /// Where the image student's pre-rendered pages are kept.
    #[arg(long, default_value = "runs/pages")]
    pub cache: PathBuf,
    /// Draw the image student's pages and stop.
    #[arg(long)]
    pub prepare_only: bool,
}

#[derive(Args)]
pub struct EvaluateArgs {
    /// Manifest of an exported student, or run folder of a teacher (several answer as one).
    #[arg(long = "model", required_unless_present_any = ["photos", "decoys"])]
    pub model: Vec<PathBuf>,
    /// List (CSV: file, ecg_id, and truth for simulated photos) of pictures of printed records:
    /// measures how well they are read, by the weights in --models.
    #[arg(long, conflicts_with_all = ["model", "record"])]
    pub photos: Option<PathBuf>,
    /// Compare geometry and signals of the photos alone: faster, by all cores.
    #[arg(long, requires = "photos")]
    pub without_findings: bool,
    /// Folder of pictures that are no ECGs: counts how many are taken for one.
    #[arg(long, conflicts_with_all = ["model", "photos", "record"])]
    pub decoys: Option<PathBuf>,
    /// Folder of the weights that read the photos.
    #[arg(long, default_value = "www/models")]
    pub models: PathBuf,
    #[command(flatten)]
    pub data: DataArgs,
    /// Fold to score.
    #[arg(long, default_value_t = TEST_FOLD)]
    pub fold: u8,
    /// Score only this many records, spread evenly over the fold.
    #[arg(long)]
    pub count: Option<usize>,
    /// Lead that a lead student sees.
    #[arg(long, default_value = "I", value_parser = parse_lead)]
    pub lead: Lead,
    /// What the student sees: signal or wearable (a lead student), clean or residual (an image student), simulated or
    /// record (a tracing student), print or photo (image and tracing student, alone or both); each one's first is its usual.
    #[arg(long, value_delimiter = ',')]
    pub views: Vec<String>,
    /// Where what was read of the pictures of the views print and photo is kept.
    #[arg(long, default_value = "runs/read")]
    pub cache: PathBuf,
    /// Seed of the drawn pages' styles.
    #[arg(long, default_value_t = 10)]
    pub seed: u64,
    /// Write all figures to this file.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Write the macro figures into the model's manifest.
    #[arg(long)]
    pub record: bool,
}

#[derive(Args)]
pub struct CompareArgs {
    /// Rows, leads or views, and tasks (TOML).
    #[arg(long)]
    pub plan: PathBuf,
    #[command(flatten)]
    pub data: DataArgs,
    /// Where the runs are kept.
    #[arg(long, default_value = "runs")]
    pub runs: PathBuf,
    /// Fold to score.
    #[arg(long, default_value_t = TEST_FOLD)]
    pub fold: u8,
    /// Where drawn pages and what was read of photos are kept.
    #[arg(long, default_value = "runs/pages")]
    pub cache: PathBuf,
    /// Put the tables into this document, between its marks.
    #[arg(long)]
    pub into: Option<PathBuf>,
    /// Write all figures to this file.
    #[arg(long)]
    pub json: Option<PathBuf>,
}

#[derive(Args)]
pub struct RenderArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Record numbers.
    #[arg(long, value_delimiter = ',', required_unless_present_any = ["fold", "decoys"])]
    pub ids: Vec<u32>,
    /// Instead of --ids: records of this fold, spread evenly over it.
    #[arg(long, conflicts_with = "ids")]
    pub fold: Option<u8>,
    /// How many records of the fold.
    #[arg(long, default_value_t = 100)]
    pub count: usize,
    /// standard, random, or a device-like preset: phone-print, report, muse, schiller.
    #[arg(long, default_value = "standard")]
    pub style: String,
    /// The printed page itself, or simulated pictures of it.
    #[arg(long, default_value = "clean")]
    pub view: PageView,
    /// Keep photos within the range that the rectifier promises to master.
    #[arg(long)]
    pub within_limits: bool,
    /// Instead of ECGs: this many pictures that are none.
    #[arg(long, conflicts_with_all = ["ids", "fold"])]
    pub decoys: Option<usize>,
    /// Resolution of clean pages.
    #[arg(long, default_value_t = 8.0)]
    pub pixels_per_mm: f32,
    /// Seed of random styles, photos and decoys. Decoys are numbered from it on: sets of near seeds share pictures.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder for pictures and truth.
    #[arg(long)]
    pub out: PathBuf,
}

#[derive(Args)]
pub struct RectifyArgs {
    /// Pictures.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub page: PageArgs,
    /// Folder for pictures and reports.
    #[arg(long)]
    pub out: PathBuf,
}

/// What a person knows of a printout.
#[derive(Args)]
pub struct PageArgs {
    /// Paper speed in mm/s.
    #[arg(long)]
    pub speed: Option<f32>,
    /// Height of 1 mV in mm.
    #[arg(long)]
    pub gain: Option<f32>,
    /// Layout, e.g. 3x4+1.
    #[arg(long)]
    pub layout: Option<String>,
    /// Photo pixels of the sheet's corners: x,y of the upper left, upper right, lower right and lower left.
    #[arg(
        long,
        value_delimiter = ',',
        num_args = 8,
        allow_negative_numbers = true
    )]
    pub corners: Option<Vec<f64>>,
    /// Width and height in mm of what the corners span.
    #[arg(long, value_delimiter = ',', num_args = 2, requires = "corners")]
    pub paper: Option<Vec<f64>>,
}

impl PageArgs {
    /// As the reader wants it.
    pub fn options(self) -> PrintoutOptions {
        let corners = self
            .corners
            .map(|c| [[c[0], c[1]], [c[2], c[3]], [c[4], c[5]], [c[6], c[7]]]);
        PrintoutOptions {
            rectify: RectifyOptions {
                corners,
                corners_size_mm: self.paper.map(|size| [size[0], size[1]]),
            },
            layout: LayoutHints {
                speed_mm_s: self.speed,
                gain_mm_mv: self.gain,
                name: self.layout,
            },
        }
    }
}

#[derive(Args)]
pub struct InferArgs {
    /// Pictures, or strips as CSV or WFDB headers.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
    /// Folder of the weights.
    #[arg(long, default_value = "www/models")]
    pub models: PathBuf,
    /// Lead of a strip.
    #[arg(long, value_parser = parse_lead)]
    pub lead: Option<Lead>,
    /// Samples per second of a strip whose file does not say.
    #[arg(long)]
    pub sample_rate_hz: Option<f64>,
    #[command(flatten)]
    pub page: PageArgs,
    /// Write the leads digitised from printouts to this folder.
    #[arg(long)]
    pub signals: Option<PathBuf>,
    /// csv (NAME.csv) or wfdb (NAME.hea and NAME.dat).
    #[arg(long, default_value = "csv", value_parser = ["csv", "wfdb"])]
    pub signals_format: String,
    /// cpu, or vulkan in builds with that feature.
    #[arg(long, default_value = "cpu")]
    pub device: String,
}

#[derive(Args)]
pub struct PolarityArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Fold whose errors are printed.
    #[arg(long, default_value_t = TEST_FOLD)]
    pub fold: u8,
    /// Where the weights go.
    #[arg(long, default_value = "src/signal/polarity.bin")]
    pub out: PathBuf,
}

#[derive(Args)]
pub struct SpeedArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Pages to learn from.
    #[arg(long, default_value_t = 1500)]
    pub count: usize,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// A table of what was measured on every page.
    #[arg(long)]
    pub features: Option<PathBuf>,
    /// Where the weights go.
    #[arg(long, default_value = "src/photo/layout/speed.bin")]
    pub out: PathBuf,
}

#[derive(Args)]
pub struct ExportArgs {
    /// Run folder of a trained student; several lead students become one ensemble.
    #[arg(long = "checkpoint", required = true)]
    pub checkpoints: Vec<PathBuf>,
    /// Name of the files, instead of the run's.
    #[arg(long)]
    pub name: Option<String>,
    #[command(flatten)]
    pub data: DataArgs,
    /// Where the weights go.
    #[arg(long, default_value = "www/models")]
    pub out: PathBuf,
}

fn parse_lead(name: &str) -> Result<Lead> {
    Lead::parse(name)
        .with_context(|| format!("`{name}` is not a lead: I, II, III, aVR, aVL, aVF, V1 to V6"))
}
