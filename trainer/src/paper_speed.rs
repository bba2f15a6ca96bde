//! `speed`: learns how curves look at each paper speed, by reading drawn pages with the pipeline that ships.

use std::path::Path;

use anyhow::{Context, Result};
use image::imageops::blur;
use indicatif::ProgressBar;
use inkbeat::photo::layout::{SPEED_FEATURES, SPEEDS, SpeedFeatures, SpeedModel};
use inkbeat::photo::{PrintoutOptions, SURE, read_printout};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::data::ptbxl::EcgRecord;
use crate::data::{Source, TRAINING_FOLDS, VALIDATION_FOLD};
use crate::render::{PageStyle, render_page};
use crate::spread::mean_and_spread;

/// Resolutions of the pages, from a poor photo's to a scan's.
const PIXELS_PER_MM: std::ops::Range<f32> = 3.5..8.0;
/// Half of the pages are blurred, by up to so much (standard deviation).
const MOST_BLUR_MM: f32 = 0.25;
/// Keeps weights small that say little.
const RIDGE: f32 = 1e-3;
/// Full gradient descent on a convex loss of so few weights needs no more.
const STEPS: usize = 3000;
const STEP_SIZE: f32 = 0.3;

/// A page's features and the place of its speed among [`SPEEDS`].
type Page = (SpeedFeatures, usize);

/// Fits a model to `count` pages of the training folds, all speeds equally often, writes it to `out`, and prints what
/// `count` / 4 pages of the validation fold at each speed are then read as.
pub fn fit_speed(
    source: &Source,
    count: usize,
    seed: u64,
    features: Option<&Path>,
    out: &Path,
) -> Result<()> {
    let training = read_pages(source, &TRAINING_FOLDS, count, seed)?;
    let validation = read_pages(source, &[VALIDATION_FOLD], count / 4 * SPEEDS.len(), seed)?;
    if let Some(path) = features {
        write_features(path, [&training, &validation])?;
    }
    let model = fit(&training)?;
    std::fs::write(out, model.to_bytes())
        .with_context(|| format!("cannot write {}", out.display()))?;
    println!(
        "{} training pages; of the validation fold's:",
        training.len()
    );
    for (kind, (speed, _)) in SPEEDS.iter().enumerate() {
        let pages: Vec<&Page> = validation.iter().filter(|page| page.1 == kind).collect();
        let share = |told: &dyn Fn(usize, f32) -> bool| {
            let told = pages.iter().filter(|(features, _)| {
                let (best, confidence) = answer(&model, features);
                told(best, confidence)
            });
            100.0 * told.count() as f64 / pages.len().max(1) as f64
        };
        println!(
            "{speed} mm/s, {} pages: {:.1} % right and sure, {:.1} % right but asked, {:.1} % wrong but asked, {:.1} % wrong and sure",
            pages.len(),
            share(&|best, confidence| best == kind && confidence >= SURE),
            share(&|best, confidence| best == kind && confidence < SURE),
            share(&|best, confidence| best != kind && confidence < SURE),
            share(&|best, confidence| best != kind && confidence >= SURE),
        );
    }
    Ok(())
}

/// The likeliest speed at its usual frequency, and how likely.
fn answer(model: &SpeedModel, features: &SpeedFeatures) -> (usize, f32) {
    let logits = model.logits(features);
    let weights =
        std::array::from_fn::<f32, { SPEEDS.len() }, _>(|k| SPEEDS[k].1 * logits[k].exp());
    let best = (0..weights.len())
        .max_by(|a, b| weights[*a].total_cmp(&weights[*b]))
        .unwrap_or(0);
    (best, weights[best] / weights.iter().sum::<f32>())
}

/// Draws records at every speed in turn and reads the pages; those that are refused are left out.
fn read_pages(source: &Source, folds: &[u8], count: usize, seed: u64) -> Result<Vec<Page>> {
    let set = source.load(folds)?;
    let mut records: Vec<&EcgRecord> = set.records().iter().collect();
    records.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let bar = ProgressBar::new(count as u64);
    let pages = records
        .iter()
        .cycle()
        .take(count)
        .enumerate()
        .collect::<Vec<_>>()
        .into_par_iter()
        .filter_map(|(number, record)| {
            let page = read_page(record, number, seed);
            bar.inc(1);
            page
        })
        .collect();
    bar.finish_and_clear();
    Ok(pages)
}

fn read_page(record: &EcgRecord, number: usize, seed: u64) -> Option<Page> {
    let kind = number % SPEEDS.len();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number as u64);
    let style = std::iter::repeat_with(|| PageStyle::sample(&mut rng))
        .find(|style| style.speed_mm_s == SPEEDS[kind].0)?;
    let pixels_per_mm = rng.random_range(PIXELS_PER_MM);
    let mut picture = render_page(&record.recording(), &style, pixels_per_mm).image;
    if rng.random_bool(0.5) {
        picture = blur(
            &picture,
            rng.random_range(0.05..MOST_BLUR_MM) * pixels_per_mm,
        );
    }
    let printout = read_printout(&picture, &PrintoutOptions::default(), &mut |_| {}).ok()?;
    Some((printout.layout.speed_features, kind))
}

/// Softmax regression on standardised features, by gradient descent.
fn fit(pages: &[Page]) -> Result<SpeedModel> {
    let mut model = SpeedModel {
        mean: [0.0; SPEED_FEATURES],
        spread: [1.0; SPEED_FEATURES],
        against_usual: [([0.0; SPEED_FEATURES], 0.0); SPEEDS.len() - 1],
    };
    for k in 0..SPEED_FEATURES {
        (model.mean[k], model.spread[k]) = mean_and_spread(pages.iter().map(|page| page.0[k]))
            .with_context(|| format!("feature {k} could not be measured on any page"))?;
    }
    for _ in 0..STEPS {
        let mut gradient = model
            .against_usual
            .map(|(weights, _)| (weights.map(|weight| RIDGE * weight), 0.0));
        for (features, kind) in pages {
            let standard = model.standardised(features);
            let logits = model.logits(features);
            let top = logits.iter().copied().fold(f32::MIN, f32::max);
            let total: f32 = logits.iter().map(|logit| (logit - top).exp()).sum();
            for (other, (weights, intercept)) in gradient.iter_mut().enumerate() {
                let likelihood = (logits[other + 1] - top).exp() / total;
                let error =
                    (likelihood - f32::from(u8::from(*kind == other + 1))) / pages.len() as f32;
                weights
                    .iter_mut()
                    .zip(standard)
                    .for_each(|(weight, f)| *weight += error * f);
                *intercept += error;
            }
        }
        for ((weights, intercept), (by_weights, by_intercept)) in
            model.against_usual.iter_mut().zip(gradient)
        {
            weights
                .iter_mut()
                .zip(by_weights)
                .for_each(|(weight, by)| *weight -= STEP_SIZE * by);
            *intercept -= STEP_SIZE * by_intercept;
        }
    }
    Ok(model)
}

/// One line a page: 0 for training or 1 for validation, the speed, the features.
fn write_features(path: &Path, sets: [&Vec<Page>; 2]) -> Result<()> {
    let mut text = String::new();
    for (set, pages) in sets.into_iter().enumerate() {
        for (features, kind) in pages {
            let features: Vec<String> = features.iter().map(ToString::to_string).collect();
            text += &format!("{set},{},{}\n", SPEEDS[*kind].0, features.join(","));
        }
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
