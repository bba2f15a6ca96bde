//! A folder of simulated photos with their truth, for measuring the photo pipeline.

use std::path::Path;

use anyhow::{Context, Result};
use image::RgbImage;
use inkbeat::recording::Recording;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{CameraShot, PhotoTruth, ShotLimits, shoot_to_file};
use crate::render::{PageStyle, PageTruth, render_page};

/// What kind of photos a set holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShotKind {
    /// Phone photos of any kind.
    Phone,
    /// Phone photos of folded and crumpled sheets.
    Worn,
    /// Flatbed scans.
    Scan,
}

/// How a set is drawn.
#[derive(Clone, Debug)]
pub struct SetOptions {
    /// Equal seeds give equal sets, and a record's photo does not depend on the other records.
    pub seed: u64,
    /// What the photos are.
    pub kind: ShotKind,
    /// Bounds that every photo keeps.
    pub limits: Option<ShotLimits>,
    /// What the pages are: `random`, or the name of one of [`PageStyle::PRESETS`].
    pub style: String,
}

/// Everything that is known about one photo; the content of `ID.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ShotRecord {
    pub ecg_id: u32,
    /// Name of the style.
    pub style: String,
    /// How much darker the grid's 5-mm lines are than the paper, 0–1, on the clean page. Below
    /// about .02 nobody sees a grid.
    pub grid_contrast: f32,
    pub page: PageTruth,
    pub photo: PhotoTruth,
    pub shot: CameraShot,
}

/// A row of `photos.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PhotoRow {
    pub file: String,
    pub ecg_id: u32,
    /// The file with a [`ShotRecord`].
    pub truth: String,
}

/// A page is drawn finer than the photo by this much, so that sampling loses nothing.
const PAGE_FINENESS: f32 = 1.3;

/// Writes `ID.jpg` and `ID.json` for every record, and `photos.csv`, into `out`, by all cores. `progress` is told
/// after each photo, in whatever order they are finished.
///
/// # Errors
/// Where a file can't be written.
pub fn shoot_set(
    records: impl IntoIterator<Item = (u32, Recording)>,
    options: &SetOptions,
    out: &Path,
    progress: impl Fn(&ShotRecord) + Sync,
) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let table = out.join("photos.csv");
    let mut rows = csv::Writer::from_path(&table)
        .with_context(|| format!("cannot write {}", table.display()))?;
    let records: Vec<(u32, Recording)> = records.into_iter().collect();
    let written: Vec<PhotoRow> = records
        .par_iter()
        .map(|(ecg_id, recording)| {
            let row = PhotoRow {
                file: format!("{ecg_id:05}.jpg"),
                ecg_id: *ecg_id,
                truth: format!("{ecg_id:05}.json"),
            };
            let (jpeg, record) = shoot_record(*ecg_id, recording, options)?;
            let write = |name: &str, bytes: &[u8]| {
                let path = out.join(name);
                std::fs::write(&path, bytes)
                    .with_context(|| format!("cannot write {}", path.display()))
            };
            write(&row.file, &jpeg)?;
            write(&row.truth, &serde_json::to_vec(&record)?)?;
            progress(&record);
            Ok(row)
        })
        .collect::<Result<_>>()?;
    for row in written {
        rows.serialize(row)?;
    }
    rows.flush()?;
    Ok(())
}

/// The photo of one record, as a JPEG file, with its truth.
///
/// # Errors
/// Where there is no such style.
pub fn shoot_record(
    ecg_id: u32,
    recording: &Recording,
    options: &SetOptions,
) -> Result<(Vec<u8>, ShotRecord)> {
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    rng.set_stream(u64::from(ecg_id));
    let style = match options.style.as_str() {
        "random" => PageStyle::sample(&mut rng),
        name => PageStyle::preset(name).with_context(|| {
            let known = PageStyle::PRESETS.join(", ");
            format!("there is no style `{name}`: choose random or one of {known}")
        })?,
    };
    let mut shot = match options.kind {
        ShotKind::Phone => CameraShot::sample(&mut rng),
        ShotKind::Worn => CameraShot::worn(&mut rng),
        ShotKind::Scan => CameraShot::scan(&mut rng),
    };
    if let Some(limits) = &options.limits {
        shot = shot.within(limits, style.page_mm);
    }
    let page = render_page(
        recording,
        &style,
        PAGE_FINENESS * shot.pixels_per_mm(style.page_mm),
    );
    let photo = shoot_to_file(&page.image, page.truth.pixels_per_mm, &shot)?;
    let record = ShotRecord {
        ecg_id,
        style: options.style.clone(),
        grid_contrast: grid_contrast(&page.image, page.truth.pixels_per_mm),
        page: page.truth,
        photo: photo.truth,
        shot,
    };
    Ok((photo.jpeg, record))
}

/// Contrast of the vertical 5-mm lines: the column means folded by 5 mm, of which the median over
/// the periods leaves the grid and drops traces and text.
fn grid_contrast(page: &RgbImage, pixels_per_mm: f32) -> f32 {
    const PERIOD_MM: f32 = 5.0;
    let (width, height) = (page.width() as usize, page.height() as usize);
    let mut columns = vec![0.0_f32; width];
    for row in page.as_chunks::<3>().0.chunks_exact(width) {
        for (sum, [red, green, blue]) in columns.iter_mut().zip(row) {
            *sum += 0.299 * f32::from(*red) + 0.587 * f32::from(*green) + 0.114 * f32::from(*blue);
        }
    }
    let bins = (PERIOD_MM * pixels_per_mm).round().max(1.0) as usize;
    let mut folded = vec![Vec::new(); bins];
    for (x, sum) in columns.iter().enumerate() {
        let phase = ((x as f32 + 0.5) / (PERIOD_MM * pixels_per_mm)).fract();
        folded[((phase * bins as f32) as usize).min(bins - 1)].push(sum / (255.0 * height as f32));
    }
    let medians = folded
        .into_iter()
        .filter(|bin| !bin.is_empty())
        .map(|mut bin| {
            bin.sort_unstable_by(f32::total_cmp);
            bin[bin.len() / 2]
        });
    let (low, high) = medians.fold((1.0_f32, 0.0_f32), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    (high - low).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use inkbeat::lead::Lead;
    use inkbeat::recording::LeadSignal;

    fn recording() -> Recording {
        let leads = Lead::ALL.into_iter().map(|lead| LeadSignal {
            lead: Some(lead),
            samples_mv: (0..1000)
                .map(|k| if k % 90 == 0 { 1.0 } else { 0.0 })
                .collect(),
        });
        Recording {
            sample_rate_hz: 100.0,
            leads: leads.collect(),
        }
    }

    fn options() -> SetOptions {
        SetOptions {
            seed: 4,
            kind: ShotKind::Scan,
            limits: Some(ShotLimits {
                max_pixels: 400_000,
                min_pixels_per_mm: 1.5,
                ..ShotLimits::default()
            }),
            style: "standard".to_owned(),
        }
    }

    #[test]
    fn a_set_is_files_truths_and_a_table_that_can_be_read_again() {
        let out = std::env::temp_dir().join(format!("inkbeat-shoot-set-{}", std::process::id()));
        let records = [3, 17].map(|id| (id, recording()));
        let seen = std::sync::atomic::AtomicU32::new(0);
        let add = |record: &ShotRecord| {
            seen.fetch_add(record.ecg_id, std::sync::atomic::Ordering::Relaxed);
        };
        shoot_set(records, &options(), &out, add).unwrap();
        assert_eq!(seen.into_inner(), 3 + 17);
        let mut table = csv::Reader::from_path(out.join("photos.csv")).unwrap();
        let rows: Vec<PhotoRow> = table.deserialize().map(Result::unwrap).collect();
        assert_eq!(rows[0].file, "00003.jpg");
        assert_eq!(rows[1].file, "00017.jpg");
        let truth = std::fs::read(out.join(&rows[1].truth)).unwrap();
        let truth: ShotRecord = serde_json::from_slice(&truth).unwrap();
        let photo = image::open(out.join(&rows[1].file)).unwrap();
        assert_eq!([photo.width(), photo.height()], truth.photo.photo_px);
        assert!(truth.grid_contrast > 0.1, "{}", truth.grid_contrast);
        std::fs::remove_dir_all(out).unwrap();
    }

    #[test]
    fn a_photo_does_not_depend_on_the_others() {
        let alone = shoot_record(17, &recording(), &options()).unwrap();
        let again = shoot_record(17, &recording(), &options()).unwrap();
        let other = shoot_record(18, &recording(), &options()).unwrap();
        assert!(alone.0 == again.0 && alone.0 != other.0);
    }

    #[test]
    fn bare_paper_has_no_grid() {
        let page = RgbImage::from_pixel(400, 200, image::Rgb([250; 3]));
        assert!(grid_contrast(&page, 4.0) < 1e-3);
    }
}
