//! The command line: see `--help`.

mod arguments;

use std::path::Path;

use anyhow::{Context, Result, bail};
use arguments::{
    Cli, Command, CompareArgs, DistillArgs, EvaluateArgs, InferArgs, RenderArgs, TrainArgs,
};
use burn::prelude::*;
use clap::Parser;
use inkbeat::classifier::ClassifyOptions;
use inkbeat::formats::StripHints;
use inkbeat::weights::Manifest;
use inkbeat_trainer::comparison::{Plan, compare, insert, markdown};
use inkbeat_trainer::config::Experiment;
use inkbeat_trainer::data::Source;
use inkbeat_trainer::decoys;
use inkbeat_trainer::distill::{Places, distill};
use inkbeat_trainer::evaluate::{Evaluation, evaluate, print_report};
use inkbeat_trainer::export::{export, write_manifest};
use inkbeat_trainer::gallery::gallery;
use inkbeat_trainer::gate::{fit_gate, write_gate_features};
use inkbeat_trainer::infer::{SignalsOut, infer_file, open_classifier, print_line};
use inkbeat_trainer::pages::{Rendering, rectify, render, write_json};
use inkbeat_trainer::paper_speed::fit_speed;
use inkbeat_trainer::photos::{evaluate_photos, print_summary, summarise};
use inkbeat_trainer::polarity::fit_polarity;
use inkbeat_trainer::refusals::{evaluate_decoys, print_refusals};
use inkbeat_trainer::teach::teach;
use inkbeat_trainer::train::RunLimits;
use serde_json::json;

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Teach(args) => run_teach(args),
        Command::Distill(args) => run_distill(args),
        Command::Evaluate(args) => run_evaluate(args),
        Command::Compare(args) => run_compare(args),
        Command::Render(args) => run_render(args),
        Command::Rectify(args) => rectify(&args.files, &args.page.options(), &args.out),
        Command::Infer(args) => run_infer(args),
        Command::Gallery { out } => gallery(&out),
        Command::Polarity(args) => {
            let source = Source::from_option(args.data.data);
            fit_polarity(&source, args.fold, &args.out)
        }
        Command::Speed(args) => {
            let source = Source::from_option(args.data.data);
            fit_speed(
                &source,
                args.count,
                args.seed,
                args.features.as_deref(),
                &args.out,
            )
        }
        Command::Gate {
            photos,
            decoys,
            features,
            out,
        } => match features.as_slice() {
            [file] if !photos.is_empty() || !decoys.is_empty() => {
                write_gate_features(&photos, &decoys, file)
            }
            files => fit_gate(files, &out),
        },
        Command::Export(args) => {
            let source = Source::from_option(args.data.data);
            export(
                &args.checkpoints,
                args.name.as_deref(),
                &source,
                &args.out,
                &device(&args.data.device)?,
            )
        }
    }
}

fn run_teach(args: TrainArgs) -> Result<()> {
    let experiment = Experiment::read(&args.config)?.reseeded(args.seed);
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
    let experiment = Experiment::read(&args.train.config)?.reseeded(args.train.seed);
    let places = Places {
        run_dir: args.train.runs.join(&experiment.name),
        teachers: args.teachers,
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
    if let Some(folder) = &args.decoys {
        let report = evaluate_decoys(folder)?;
        print_refusals(&report);
        return args
            .json
            .as_deref()
            .map_or(Ok(()), |path| write_json(path, &report));
    }
    let source = Source::from_option(args.data.data.clone());
    if let Some(list) = &args.photos {
        return run_evaluate_photos(&args, list, &source);
    }
    let evaluation = Evaluation {
        models: &args.model,
        source: &source,
        fold: args.fold,
        count: args.count,
        lead: args.lead,
        views: &args.views,
        cache: &args.cache,
        seed: args.seed,
    };
    let names: Vec<String> = args
        .model
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    println!(
        "{} on fold {} of {}",
        names.join(" + "),
        args.fold,
        source.describe()
    );
    let report = evaluate(&evaluation, &device(&args.data.device)?)?;
    print_report(&report);
    if let Some(path) = &args.json {
        write_json(path, &report)?;
    }
    if args.record {
        let [model] = &args.model[..] else {
            bail!("figures are recorded in one manifest");
        };
        let text = std::fs::read_to_string(model).context("only a manifest can record figures")?;
        let mut manifest = Manifest::parse(&text)?;
        let lead = (manifest.name == "lead-student").then_some(args.lead);
        report.record_in(&mut manifest, args.fold, lead);
        write_manifest(&manifest, model)?;
    }
    Ok(())
}

fn run_compare(args: CompareArgs) -> Result<()> {
    let text = std::fs::read_to_string(&args.plan)
        .with_context(|| format!("cannot read {}", args.plan.display()))?;
    let plan: Plan =
        toml::from_str(&text).with_context(|| format!("in {}", args.plan.display()))?;
    let source = Source::from_option(args.data.data);
    let device = device(&args.data.device)?;
    let comparison = compare(
        &plan,
        &args.runs,
        &source,
        (args.fold, &args.cache),
        &device,
    )?;
    let tables = markdown(&comparison);
    print!("{tables}");
    if let Some(path) = &args.into {
        let document = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        std::fs::write(path, insert(&document, &tables)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    args.json
        .as_deref()
        .map_or(Ok(()), |path| write_json(path, &comparison))
}

fn run_evaluate_photos(args: &EvaluateArgs, list: &Path, source: &Source) -> Result<()> {
    let classifier = if args.without_findings {
        None
    } else {
        Some(open_classifier(
            &args.models,
            &device(&args.data.device)?,
            "cpu",
        )?)
    };
    let reports = evaluate_photos(list, source, classifier.as_ref())?;
    let summary = summarise(&reports);
    print_summary(&summary);
    if let Some(path) = &args.json {
        write_json(path, &json!({ "summary": summary, "photos": reports }))?;
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
        printout: args.page.options(),
        ..ClassifyOptions::default()
    };
    let signals = args.signals.map(|folder| SignalsOut {
        folder,
        wfdb: args.signals_format == "wfdb",
    });
    for path in &args.files {
        let line = infer_file(&classifier, path, &options, signals.as_ref())?;
        if args.json {
            println!("{}", serde_json::to_string(&line)?);
        } else {
            print_line(&line);
        }
    }
    Ok(())
}

fn run_render(args: RenderArgs) -> Result<()> {
    if let Some(count) = args.decoys {
        return decoys::write_set(&args.out, count, args.seed);
    }
    let source = Source::from_option(args.data.data);
    let set = match args.fold {
        Some(fold) => source.load(&[fold])?.spread(args.count),
        None => source.load_ids(&args.ids)?,
    };
    let rendering = Rendering {
        view: args.view,
        style: args.style,
        pixels_per_mm: args.pixels_per_mm,
        seed: args.seed,
        within_limits: args.within_limits,
    };
    render(&set, &rendering, &args.out)
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
