//! `gate`: learns to tell pages with an ECG from others, by what the pipeline that ships measures on both.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use inkbeat::photo::{
    self, GATE_FEATURES, GATE_UNITS, GateFeatures, GateModel, PrintoutOptions, Rectified,
    read_printout_watched,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::photos::{listed_photos, true_error_mm};
use crate::refusals::files_below;
use crate::spread::mean_and_spread;

/// Pages whose map is further off are neither.
const STRAIGHT_MM: f32 = 1.0;
/// Into so many parts pictures are divided, each of which is held out once to see how well a model does on others.
const FOLDS: usize = 5;
/// Keeps weights small that say little.
const RIDGE: f32 = 2e-3;
/// Adam on all pages at once (Kingma & Ba 2015), stopped early: later, held-out pictures are told apart worse.
const STEPS: usize = 300;
const STEP_SIZE: f32 = 0.01;
const MOMENTS: (f32, f32) = (0.9, 0.999);
/// Thresholds that are told of.
const TOLD: [f32; 7] = [0.3, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95];

/// One page of a picture that was tried.
struct Tried {
    file: String,
    /// How far off its map is; `None` of pictures without an ECG.
    error_mm: Option<f64>,
    features: GateFeatures,
}

/// Reads the listed photos and every picture below the `decoys` folders, and writes a line for every page that was tried.
pub fn write_gate_features(photos: &[PathBuf], decoys: &[PathBuf], out: &Path) -> Result<()> {
    let mut pictures = Vec::new();
    for list in photos {
        pictures.extend(
            listed_photos(list)?
                .into_iter()
                .map(|(file, truth)| (file, Some(truth))),
        );
    }
    for folder in decoys {
        pictures.extend(files_below(folder)?.into_iter().map(|file| (file, None)));
    }
    let tried: Vec<Vec<Tried>> = pictures
        .par_iter()
        .map(|(file, truth)| tried_pages(file, truth.as_deref()))
        .collect::<Result<_>>()?;
    let mut text = String::new();
    for (place, page) in tried.iter().flat_map(|pages| pages.iter().enumerate()) {
        let error = page.error_mm.map_or("nan".to_owned(), |mm| mm.to_string());
        let features: Vec<String> = page.features.iter().map(ToString::to_string).collect();
        text += &format!("{},{place},{error},{}\n", page.file, features.join(","));
    }
    std::fs::write(out, text).with_context(|| format!("cannot write {}", out.display()))
}

fn tried_pages(file: &Path, truth: Option<&Path>) -> Result<Vec<Tried>> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let Ok(photo) = photo::decode(&bytes) else {
        return Ok(Vec::new());
    };
    let seen = Mutex::new(Vec::new());
    let watch = |page: &Rectified, features: &GateFeatures| {
        if let Ok(mut seen) = seen.lock() {
            seen.push((page.map.clone(), *features));
        }
    };
    // Whether it is read in the end is no matter here.
    let _ = read_printout_watched(&photo, &PrintoutOptions::default(), &mut |_| {}, &watch);
    let seen = seen.into_inner().unwrap_or_default();
    seen.into_iter()
        .map(|(map, features)| {
            Ok(Tried {
                file: file.display().to_string(),
                error_mm: truth.map(|truth| true_error_mm(truth, &map)).transpose()?,
                features,
            })
        })
        .collect()
}

/// A page as it was written down: its picture, whether that shows an ECG, and its features.
struct Page {
    file: String,
    is_ecg: bool,
    features: GateFeatures,
}

/// Fits a model to all pages in the files that [`write_gate_features`] wrote, writes it to `out`, and prints how such models do on
/// pictures that were held out: one is taken for an ECG if any of its pages is.
pub fn fit_gate(files: &[PathBuf], out: &Path) -> Result<()> {
    let mut pages = Vec::new();
    for file in files {
        pages.extend(read_pages(file)?);
    }
    let has = |is_ecg: bool| pages.iter().any(|page| page.is_ecg == is_ecg);
    ensure!(
        has(true) && has(false),
        "pages with and without an ECG are needed"
    );
    tell_of_held_out(&pages);
    let model = fit(&pages.iter().collect::<Vec<_>>());
    std::fs::write(out, model.to_bytes()).with_context(|| format!("cannot write {}", out.display()))
}

/// Prints how models do on every fifth of the pictures in turn that were fitted to the others.
fn tell_of_held_out(pages: &[Page]) {
    let mut pictures: Vec<&str> = pages.iter().map(|page| page.file.as_str()).collect();
    pictures.dedup();
    let fold_of: HashMap<&str, usize> = pictures
        .iter()
        .enumerate()
        .map(|(place, file)| (*file, place % FOLDS))
        .collect();
    // Of every picture, whether it shows an ECG, and the most that any of its pages is taken for one.
    let mut told: HashMap<&str, (bool, f32)> = HashMap::new();
    for fold in 0..FOLDS {
        let (held_out, others): (Vec<&Page>, Vec<&Page>) = pages
            .iter()
            .partition(|page| fold_of[page.file.as_str()] == fold);
        let model = fit(&others);
        for page in held_out {
            let probability = model.probability(&page.features);
            let (_, most) = told.entry(&page.file).or_insert((page.is_ecg, 0.0));
            *most = most.max(probability);
        }
    }
    for threshold in TOLD {
        let taken = |is_ecg: bool| {
            let all: Vec<f32> = told
                .values()
                .filter(|told| told.0 == is_ecg)
                .map(|told| told.1)
                .collect();
            let taken = all.iter().filter(|&&most| most >= threshold).count();
            (taken, all.len())
        };
        let ((ecgs, all_ecgs), (others, all_others)) = (taken(true), taken(false));
        println!(
            "from {threshold} on: {ecgs} of {all_ecgs} ECGs, {others} of {all_others} other pictures that have a sheet"
        );
    }
}

fn read_pages(path: &Path) -> Result<Vec<Page>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let page_of = |line: &str| -> Result<Option<Page>> {
        let mut cells = line.split(',');
        let file = cells.next().context("a line without a picture")?.to_owned();
        let _place = cells.next();
        let error_mm: f32 = cells.next().context("a line without an error")?.parse()?;
        let numbers = cells.map(str::parse).collect::<Result<Vec<f32>, _>>()?;
        let features: GateFeatures = numbers
            .try_into()
            .ok()
            .with_context(|| format!("a line without {GATE_FEATURES} features"))?;
        let is_ecg = error_mm < STRAIGHT_MM;
        Ok((is_ecg || error_mm.is_nan()).then_some(Page {
            file,
            is_ecg,
            features,
        }))
    };
    let pages: Result<Vec<Option<Page>>> = text.lines().map(page_of).collect();
    Ok(pages?.into_iter().flatten().collect())
}

/// The model with the least cross entropy, both kinds of pages counting alike.
fn fit(pages: &[&Page]) -> GateModel {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut small = || rng.random_range(-0.3..0.3f32);
    let mut model = GateModel {
        mean: [0.0; GATE_FEATURES],
        spread: [1.0; GATE_FEATURES],
        units: std::array::from_fn(|_| (std::array::from_fn(|_| small()), 0.0)),
        output: (std::array::from_fn(|_| small()), 0.0),
    };
    for k in 0..GATE_FEATURES {
        let values = pages.iter().map(|page| page.features[k]);
        (model.mean[k], model.spread[k]) = mean_and_spread(values).unwrap_or((0.0, 1.0));
    }
    let standard: Vec<GateFeatures> = pages
        .iter()
        .map(|page| model.standardised(&page.features))
        .collect();
    let ecgs = pages.iter().filter(|page| page.is_ecg).count();
    let weight = |is_ecg: bool| {
        let count = if is_ecg { ecgs } else { pages.len() - ecgs };
        0.5 / count.max(1) as f32
    };
    let mut moments = vec![(0.0f32, 0.0f32); parameters(&mut model).len()];
    for step in 1..=STEPS {
        let mut slope = GateModel {
            mean: [0.0; GATE_FEATURES],
            spread: [0.0; GATE_FEATURES],
            units: model
                .units
                .map(|(weights, _)| (weights.map(|w| RIDGE * w), 0.0)),
            output: (model.output.0.map(|w| RIDGE * w), 0.0),
        };
        for (page, standard) in pages.iter().zip(&standard) {
            let activations = model.activations(standard);
            let (weights, _) = &model.output;
            let probability = model.probability_by(&activations);
            let error = (probability - f32::from(u8::from(page.is_ecg))) * weight(page.is_ecg);
            slope.output.1 += error;
            for unit in 0..GATE_UNITS {
                slope.output.0[unit] += error * activations[unit];
                let back = error * weights[unit] * (1.0 - activations[unit].powi(2));
                let (by_weights, by_intercept) = &mut slope.units[unit];
                *by_intercept += back;
                for (by, feature) in by_weights.iter_mut().zip(standard) {
                    *by += back * feature;
                }
            }
        }
        let (first, second) = MOMENTS;
        let slopes = parameters(&mut slope).into_iter().map(|slope| *slope);
        let slopes: Vec<f32> = slopes.collect();
        for ((parameter, slope), (mean, square)) in parameters(&mut model)
            .into_iter()
            .zip(slopes)
            .zip(&mut moments)
        {
            *mean += (1.0 - first) * (slope - *mean);
            *square += (1.0 - second) * (slope * slope - *square);
            let unbiased = |moment: f32, rate: f32| moment / (1.0 - rate.powi(step as i32));
            *parameter -=
                STEP_SIZE * unbiased(*mean, first) / (unbiased(*square, second).sqrt() + 1e-8);
        }
    }
    model
}

/// What is fitted, in a fixed order.
fn parameters(model: &mut GateModel) -> Vec<&mut f32> {
    let units = model.units.iter_mut();
    let units = units.flat_map(|(weights, intercept)| weights.iter_mut().chain([intercept]));
    let (weights, intercept) = &mut model.output;
    units.chain(weights.iter_mut().chain([intercept])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_two_features_together_is_learned() {
        let pages: Vec<Page> = (0..200)
            .map(|k| {
                let mut features = [0.0; GATE_FEATURES];
                features[0] = (k % 20) as f32 - 9.5;
                features[1] = (k / 20) as f32 - 4.5;
                Page {
                    file: k.to_string(),
                    is_ecg: features[0] * features[1] > 0.0,
                    features,
                }
            })
            .collect();
        let model = fit(&pages.iter().collect::<Vec<_>>());
        let right = pages
            .iter()
            .filter(|page| (model.probability(&page.features) > 0.5) == page.is_ecg)
            .count();
        assert!(right >= 180, "{right}");
    }
}
