//! `render` and `rectify`: printouts from records, and canvases from pictures.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use image::{GrayImage, RgbImage};
use indicatif::ProgressBar;
use inkbeat::outcome::{Issue, Layout, Quality};
use inkbeat::photo::{
    self, CANVAS_HEIGHT_PX, CANVAS_WIDTH_PX, Printout, PrintoutOptions, SHEET_PIXELS_PER_MM,
    layout_summary, read_printout,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::camera::ShotLimits;
use crate::camera::shoot_set::{PhotoRow, SetOptions, ShotKind, shoot_set};
use crate::data::SignalSet;
use crate::overlay::draw_leads;
use crate::render::{PageStyle, render_page};

/// How `render` shows the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PageView {
    /// As printed.
    Clean,
    /// Simulated phone photos.
    Photo,
    /// Simulated phone photos of folded and crumpled sheets.
    Worn,
    /// Simulated scans.
    Scan,
}

/// What `render` draws.
#[derive(Clone, Debug)]
pub struct Rendering {
    /// Clean pages or photos.
    pub view: PageView,
    /// `standard`, `random`, a preset's name, or a TOML file with a [`PageStyle`].
    pub style: String,
    /// Resolution of clean pages.
    pub pixels_per_mm: f32,
    /// Seed of random styles and photos.
    pub seed: u64,
    /// Whether photos keep the range in which pages are promised to be rectified.
    pub within_limits: bool,
}

/// Draws every record of `set` into `out`: clean pages as `ID.png`, photos as `ID.jpg`, the truth
/// beside them as `ID.json`, and the list `photos.csv` that `evaluate --photos` takes.
pub fn render(set: &SignalSet, rendering: &Rendering, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let kind = match rendering.view {
        PageView::Clean => return render_clean(set, rendering, out),
        PageView::Photo => ShotKind::Phone,
        PageView::Worn => ShotKind::Worn,
        PageView::Scan => ShotKind::Scan,
    };
    let options = SetOptions {
        seed: rendering.seed,
        kind,
        limits: rendering.within_limits.then(ShotLimits::default),
        style: rendering.style.clone(),
    };
    let records = set
        .records()
        .iter()
        .map(|record| (record.ecg_id, record.recording()));
    let bar = ProgressBar::new(set.len() as u64);
    shoot_set(records, &options, out, |_| bar.inc(1))?;
    bar.finish_and_clear();
    println!("{} photos in {}", set.len(), out.display());
    Ok(())
}

fn render_clean(set: &SignalSet, rendering: &Rendering, out: &Path) -> Result<()> {
    let mut list = csv::Writer::from_path(out.join("photos.csv"))?;
    for record in set.records() {
        let id = record.ecg_id;
        let style = style_named(&rendering.style, rendering.seed, id)?;
        let page = render_page(&record.recording(), &style, rendering.pixels_per_mm);
        let row = PhotoRow {
            file: format!("{id:05}.png"),
            ecg_id: id,
            truth: format!("{id:05}.json"),
        };
        let picture_path = out.join(&row.file);
        page.image
            .save(&picture_path)
            .with_context(|| format!("cannot write {}", picture_path.display()))?;
        write_json(&out.join(&row.truth), &page.truth)?;
        list.serialize(row)?;
    }
    list.flush()?;
    println!("{} pages in {}", set.len(), out.display());
    Ok(())
}

fn style_named(name: &str, seed: u64, id: u32) -> Result<PageStyle> {
    if name == "random" {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(u64::from(id));
        return Ok(PageStyle::sample(&mut rng));
    }
    if name.ends_with(".toml") {
        let text = std::fs::read_to_string(name).with_context(|| format!("cannot read {name}"))?;
        return toml::from_str(&text).with_context(|| format!("{name} is not a page style"));
    }
    PageStyle::preset(name).with_context(|| {
        format!("there is no style `{name}`: choose random, a preset or a TOML file")
    })
}

/// What `rectify` says about a file.
#[derive(Serialize)]
struct RectifyReport<'a> {
    file: &'a str,
    /// Millimetres of the sheet → photo pixels (row-major 3×3), without the paper's bends.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo_from_sheet_mm: Option<[f64; 9]>,
    /// Sheet millimetres every 10 mm with the photo pixels they lie at, bends included.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lattice: Vec<LatticePoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet_size_mm: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layout: Option<Layout>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<&'a Quality>,
    issues: &'a [Issue],
}

/// A point of the sheet in the photo.
#[derive(Serialize)]
struct LatticePoint {
    sheet_mm: [f64; 2],
    photo_px: [f64; 2],
}

const LATTICE_STEP_MM: f64 = 10.0;

/// Rectifies each file to `NAME-sheet.png` (the whole page), `NAME-leads.png` (the digitised curves over it), `NAME.png` and `NAME-ink.png` (what the
/// network sees, for people and as it is) and `NAME.json`.
pub fn rectify(files: &[PathBuf], options: &PrintoutOptions, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    for path in files {
        let file = path.display().to_string();
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {file}"))?;
        let photo = match photo::decode(&bytes) {
            Ok(photo) => photo,
            Err(error) => {
                println!("{file}: {error} ({})", error.code());
                continue;
            }
        };
        let report = match read_printout(&photo, options, &mut |_| {}) {
            Ok(printout) => {
                write_pictures(&photo, &printout, &out.join(&stem))?;
                println!("{file}: quality {:.2}", printout.quality.score);
                let layout = layout_summary(&printout, &options.layout);
                let text = serde_json::to_value(report_of(&file, &printout, layout))?;
                write_json(&out.join(format!("{stem}.json")), &text)?;
                continue;
            }
            Err(issues) => issues,
        };
        for issue in &report {
            println!("{file}: {} ({})", issue.message, issue.code);
        }
        let report = RectifyReport {
            file: &file,
            photo_from_sheet_mm: None,
            lattice: Vec::new(),
            sheet_size_mm: None,
            layout: None,
            quality: None,
            issues: &report,
        };
        write_json(&out.join(format!("{stem}.json")), &report)?;
    }
    Ok(())
}

fn report_of<'a>(file: &'a str, printout: &'a Printout, layout: Layout) -> RectifyReport<'a> {
    let map = &printout.page.map;
    let [width_mm, height_mm] = map.size_mm();
    let steps = |side_mm: f64| (side_mm / LATTICE_STEP_MM) as usize;
    let lattice = (0..=steps(height_mm))
        .flat_map(|row| (0..=steps(width_mm)).map(move |column| (column, row)))
        .map(|(column, row)| {
            let sheet_mm = [
                column as f64 * LATTICE_STEP_MM,
                row as f64 * LATTICE_STEP_MM,
            ];
            let (x, y) = map.photo_from_mm(sheet_mm[0], sheet_mm[1]);
            LatticePoint {
                sheet_mm,
                photo_px: [x, y],
            }
        })
        .collect();
    RectifyReport {
        file,
        photo_from_sheet_mm: Some(map.homography()),
        lattice,
        sheet_size_mm: Some(map.size_mm()),
        layout: Some(layout),
        quality: Some(&printout.quality),
        issues: &printout.quality.issues,
    }
}

/// Writes `STEM-sheet.png`, `STEM.png` and `STEM-ink.png`.
fn write_pictures(photo: &RgbImage, printout: &Printout, stem: &Path) -> Result<()> {
    let named = |ending: &str| {
        let mut name = stem.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let bytes = printout
        .canvas
        .pixels
        .iter()
        .map(|ink| 255 - (ink * 255.0).round() as u8)
        .collect();
    let ink = GrayImage::from_raw(CANVAS_WIDTH_PX as u32, CANVAS_HEIGHT_PX as u32, bytes)
        .context("the ink canvas has the wrong size")?;
    let mut sheet = printout.page.sheet.picture.clone();
    sheet.save(named("-sheet.png"))?;
    draw_leads(&mut sheet, &printout.leads, SHEET_PIXELS_PER_MM);
    sheet.save(named("-leads.png"))?;
    let view = printout.canvas_view();
    photo::draw_canvas(photo, &printout.page.map, &view)
        .1
        .save(named(".png"))?;
    ink.save(named("-ink.png"))?;
    Ok(())
}

/// Writes a value as indented JSON.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
