//! `render` and `rectify`: printouts from records, and canvases from pictures.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use image::GrayImage;
use inkbeat::photo::{self, CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX, RectifyOptions};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::data::{Source, TEST_FOLD, TRAINING_FOLDS, VALIDATION_FOLD};
use crate::render::{PageStyle, render_page};

/// Draws a clean page and its truth (`ID.png`, `ID.json`) for each id. `style` is `standard` or `random`.
pub fn render(
    source: &Source,
    ids: &[u32],
    style: &str,
    pixels_per_mm: f32,
    seed: u64,
    out: &Path,
) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let folds: Vec<u8> = [&TRAINING_FOLDS[..], &[VALIDATION_FOLD, TEST_FOLD]].concat();
    let set = source.load(&folds)?;
    for &id in ids {
        let record = set
            .records()
            .iter()
            .find(|record| record.ecg_id == id)
            .with_context(|| format!("{} has no record {id}", source.describe()))?;
        let style = match style {
            "standard" => PageStyle::standard(),
            "random" => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(u64::from(id));
                PageStyle::sample(&mut rng)
            }
            other => bail!("there is no style `{other}`: choose standard or random"),
        };
        let page = render_page(&record.recording(), &style, pixels_per_mm);
        let picture_path = out.join(format!("{id:05}.png"));
        page.image
            .save(&picture_path)
            .with_context(|| format!("cannot write {}", picture_path.display()))?;
        write_json(&out.join(format!("{id:05}.json")), &page.truth)?;
        println!("{}", picture_path.display());
    }
    Ok(())
}

/// What `rectify` says about a file.
#[derive(Serialize)]
struct RectifyReport<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    photo_from_canvas_mm: Option<[f64; 9]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_deg: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<&'a inkbeat::outcome::Quality>,
    issues: &'a [inkbeat::outcome::Issue],
}

/// Rectifies each file to `NAME.png` (picture), `NAME-ink.png` (what the network sees) and `NAME.json`.
pub fn rectify(files: &[PathBuf], out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    for path in files {
        let file = path.display().to_string();
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {file}"))?;
        let picture = match photo::decode(&bytes) {
            Ok(picture) => picture,
            Err(error) => {
                println!("{file}: {error} ({})", error.code());
                continue;
            }
        };
        match photo::rectify(&picture, &RectifyOptions::default()) {
            Ok(rectified) => {
                let bytes = rectified
                    .ink
                    .pixels
                    .iter()
                    .map(|ink| 255 - (ink * 255.0).round() as u8)
                    .collect();
                let ink =
                    GrayImage::from_raw(CANVAS_WIDTH_PX as u32, CANVAS_HEIGHT_PX as u32, bytes)
                        .context("the ink canvas has the wrong size")?;
                rectified.picture.save(out.join(format!("{stem}.png")))?;
                ink.save(out.join(format!("{stem}-ink.png")))?;
                println!("{file}: quality {:.2}", rectified.quality.score);
                let report = RectifyReport {
                    file: &file,
                    photo_from_canvas_mm: Some(rectified.photo_from_canvas_mm),
                    rotation_deg: Some(rectified.rotation_deg),
                    quality: Some(&rectified.quality),
                    issues: &rectified.quality.issues,
                };
                write_json(&out.join(format!("{stem}.json")), &report)?;
            }
            Err(issues) => {
                for issue in &issues {
                    println!("{file}: {} ({})", issue.message, issue.code);
                }
                let report = RectifyReport {
                    file: &file,
                    photo_from_canvas_mm: None,
                    rotation_deg: None,
                    quality: None,
                    issues: &issues,
                };
                write_json(&out.join(format!("{stem}.json")), &report)?;
            }
        }
    }
    Ok(())
}

/// Writes a value as indented JSON.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
