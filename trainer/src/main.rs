//! The command line: see `--help`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use burn::prelude::*;
use clap::{Args, Parser, Subcommand};
use inkbeat::classifier::ClassifyOptions;
use inkbeat::formats::StripHints;
use inkbeat::lead::Lead;
use inkbeat::weights::Manifest;
use inkbeat_trainer::config::Experiment;
use inkbeat_trainer::data::{Source, TEST_FOLD};
use inkbeat_trainer::distill::{Places, distill};
use inkbeat_trainer::evaluate::{Evaluation, evaluate, print_report};
use inkbeat_trainer::export::{export, write_manifest};
use inkbeat_trainer::gallery::gallery;
use inkbeat_trainer::infer::{infer_file, open_classifier, print_line};
use inkbeat_trainer::pages::{rectify, render, write_json};
use inkbeat_trainer::teach::teach;
use inkbeat_trainer::train::RunLimits;

/// Trains, evaluates, exports and runs Inkbeat's networks.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train the 12-lead teacher.
    Teach(TrainArgs),
    /// Train a student (image or single lead), with or without a teacher.
    Distill(DistillArgs),
    /// Score a model on one fold, with bootstrap intervals.
    Evaluate(EvaluateArgs),
    /// Draw records as printed pages, with the truth about them.
    Render(RenderArgs),
    /// Rectify pictures of printed ECGs to the canvas that the network sees.
    Rectify(RectifyArgs),
    /// Read ECGs as the page does: one outcome a file.
    Infer(InferArgs),
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
struct DataArgs {
    /// PTB-XL in PhysioNet's layout; without it, synthetic ECGs.
    #[arg(long)]
    data: Option<PathBuf>,
    /// cpu, or vulkan in builds with that feature.
    #[arg(long, default_value = "cpu")]
    device: String,
}

#[derive(Args)]
struct TrainArgs {
    /// Experiment file (TOML).
    #[arg(long)]
    config: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    /// Where runs are kept; the run's folder is named after the experiment.
    #[arg(long, default_value = "runs")]
    runs: PathBuf,
    /// Go on after the last finished epoch.
    #[arg(long)]
    resume: bool,
    /// Stop, resumable, after this many epochs.
    #[arg(long)]
    stop_after: Option<usize>,
}

#[derive(Args)]
struct DistillArgs {
    #[command(flatten)]
    train: TrainArgs,
    /// Run folder of a trained teacher.
    #[arg(long)]
    teacher: Option<PathBuf>,
    /// Where the image student's pre-rendered pages are kept.
    #[arg(long, default_value = "runs/pages")]
    cache: PathBuf,
    /// Draw the image student's pages and stop.
    #[arg(long)]
    prepare_only: bool,
}

#[derive(Args)]
struct EvaluateArgs {
    /// Manifest of an exported student, or run folder of a teacher.
    #[arg(long)]
    model: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    /// Fold to score.
    #[arg(long, default_value_t = TEST_FOLD)]
    fold: u8,
    /// Lead that a lead student sees.
    #[arg(long, default_value = "I", value_parser = parse_lead)]
    lead: Lead,
    /// Views that an image student sees: clean, residual.
    #[arg(long, default_value = "clean", value_delimiter = ',')]
    views: Vec<String>,
    /// Seed of the drawn pages' styles.
    #[arg(long, default_value_t = 10)]
    seed: u64,
    /// Write all figures to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write the macro figures into the model's manifest.
    #[arg(long)]
    record: bool,
}

#[derive(Args)]
struct RenderArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Record numbers.
    #[arg(long, value_delimiter = ',', required = true)]
    ids: Vec<u32>,
    /// standard or random.
    #[arg(long, default_value = "standard")]
    style: String,
    /// Resolution.
    #[arg(long, default_value_t = 8.0)]
    pixels_per_mm: f32,
    /// Seed of random styles.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for pictures and truth.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
struct RectifyArgs {
    /// Pictures.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Folder for canvases and reports.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
struct InferArgs {
    /// Pictures, or strips as CSV or WFDB headers.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Folder of the weights.
    #[arg(long, default_value = "www/models")]
    models: PathBuf,
    /// Lead of a strip.
    #[arg(long, value_parser = parse_lead)]
    lead: Option<Lead>,
    /// Samples per second of a strip whose file does not say.
    #[arg(long)]
    sample_rate_hz: Option<f64>,
    /// cpu, or vulkan in builds with that feature.
    #[arg(long, default_value = "cpu")]
    device: String,
}

#[derive(Args)]
struct ExportArgs {
    /// Run folder of a trained student.
    #[arg(long)]
    checkpoint: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    /// Where the weights go.
    #[arg(long, default_value = "www/models")]
    out: PathBuf,
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Teach(args) => run_teach(args),
        Command::Distill(args) => run_distill(args),
        Command::Evaluate(args) => run_evaluate(args),
        Command::Render(args) => {
            let source = Source::from_option(args.data.data);
            render(
                &source,
                &args.ids,
                &args.style,
                args.pixels_per_mm,
                args.seed,
                &args.out,
            )
        }
        Command::Rectify(args) => rectify(&args.files, &args.out),
        Command::Infer(args) => run_infer(args),
        Command::Gallery { out } => gallery(&out),
        Command::Export(args) => {
            let source = Source::from_option(args.data.data);
            export(
                &args.checkpoint,
                &source,
                &args.out,
                &device(&args.data.device)?,
            )
        }
    }
}

fn run_teach(args: TrainArgs) -> Result<()> {
    let experiment = Experiment::read(&args.config)?;
    let run_dir = args.runs.join(&experiment.name);
    let limits = RunLimits {
        resume: args.resume,
        stop_after: args.stop_after,
    };
    let source = Source::from_option(args.data.data);
    teach(
        &experiment,
        &source,
        &run_dir,
        &device(&args.data.device)?,
        limits,
    )
}

fn run_distill(args: DistillArgs) -> Result<()> {
    let experiment = Experiment::read(&args.train.config)?;
    let places = Places {
        run_dir: args.train.runs.join(&experiment.name),
        teacher: args.teacher,
        cache: args.cache,
    };
    let limits = RunLimits {
        resume: args.train.resume,
        stop_after: args.train.stop_after,
    };
    let source = Source::from_option(args.train.data.data);
    let device = device(&args.train.data.device)?;
    distill(
        &experiment,
        &source,
        &places,
        &device,
        limits,
        args.prepare_only,
    )
}

fn run_evaluate(args: EvaluateArgs) -> Result<()> {
    let source = Source::from_option(args.data.data);
    let evaluation = Evaluation {
        model: &args.model,
        source: &source,
        fold: args.fold,
        lead: args.lead,
        views: &args.views,
        seed: args.seed,
    };
    println!(
        "{} on fold {} of {}",
        args.model.display(),
        args.fold,
        source.describe()
    );
    let report = evaluate(&evaluation, &device(&args.data.device)?)?;
    print_report(&report);
    if let Some(path) = &args.json {
        write_json(path, &report)?;
    }
    if args.record {
        let text =
            std::fs::read_to_string(&args.model).context("only a manifest can record figures")?;
        let mut manifest = Manifest::parse(&text)?;
        let lead = (manifest.name == "lead-student").then_some(args.lead);
        report.record_in(&mut manifest, args.fold, lead);
        write_manifest(&manifest, &args.model)?;
    }
    Ok(())
}

fn run_infer(args: InferArgs) -> Result<()> {
    let name = if args.device == "cpu" {
        "cpu"
    } else {
        "vulkan"
    };
    let classifier = open_classifier(&args.models, &device(&args.device)?, name)?;
    let strip = StripHints {
        sample_rate_hz: args.sample_rate_hz,
        lead: args.lead,
        ..StripHints::default()
    };
    let options = ClassifyOptions {
        strip,
        ..ClassifyOptions::default()
    };
    for path in &args.files {
        let line = infer_file(&classifier, path, &options)?;
        if args.json {
            println!("{}", serde_json::to_string(&line)?);
        } else {
            print_line(&line);
        }
    }
    Ok(())
}

fn parse_lead(name: &str) -> Result<Lead> {
    Lead::parse(name)
        .with_context(|| format!("`{name}` is not a lead: I, II, III, aVR, aVL, aVF, V1 to V6"))
}

/// The compute device by name.
fn device(name: &str) -> Result<Device> {
    match name {
        "cpu" => Ok(Device::flex()),
        #[cfg(feature = "vulkan")]
        "vulkan" => Ok(Device::vulkan(Default::default())),
        other => {
            bail!("this build has no device `{other}`: use cpu, or build with --features vulkan")
        }
    }
}
