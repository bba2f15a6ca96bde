//! Records printed, pictured and read again by the photo pipeline that ships, once: what its students are then judged on.
//!
//! A cache folder holds one file per [`CHUNK`] records: for each record the canvas and the tracing window, both
//! zstd-compressed behind a little-endian u32 length, 0 where the picture was refused or showed no named lead. Finished
//! files are skipped when the work is resumed.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use image::RgbImage;
use indicatif::ProgressBar;
use inkbeat::photo::{self, PrintoutOptions, read_printout};
use inkbeat::signal::{TRACING_CHANNELS, WINDOW_SAMPLES};
use inkbeat::weights::sha256_hex;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::SignalSet;
use super::canvases::CANVAS_PIXELS;
use super::ptbxl::EcgRecord;
use crate::camera::ShotLimits;
use crate::camera::shoot_set::{SetOptions, ShotKind, shoot_record};
use crate::render::{PageStyle, render_page};

/// Records per file.
const CHUNK: usize = 64;
/// Raise it whenever a picture of the same record is drawn or read differently.
const READING_VERSION: u32 = 5;
/// Four columns of three leads for 2.5 s each, and below them a lead for ten.
const STANDARD_LAYOUT: &str = "3x4+1";
/// Resolution of clean prints.
const PRINT_PIXELS_PER_MM: f32 = 6.0;

/// How records are pictured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// The clean page in a random style, 6 pixels per millimetre.
    Print,
    /// The clean page in a random style, but with all leads where most devices have them: [`STANDARD_LAYOUT`], 25 mm/s, 10 mm/mV.
    Standard,
    /// A simulated phone photo of such a page, within the limits that the rectifier promises to master.
    Photo,
}

/// What was read of every record of a set.
pub struct ReadPages {
    pages: Vec<ReadPage>,
}

/// What was read of one picture, compressed; nothing of one that was refused.
#[derive(Default)]
struct ReadPage {
    canvas: Vec<u8>,
    tracing: Vec<u8>,
}

impl ReadPages {
    /// Opens the cache below `directory`, reading what is missing.
    ///
    /// # Errors
    /// If the cache can't be written or is damaged.
    pub fn prepare(directory: &Path, set: &SignalSet, picture: Picture, seed: u64) -> Result<Self> {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("cannot create {}", directory.display()))?;
        let bar = ProgressBar::new(set.len() as u64);
        let mut pages = Vec::with_capacity(set.len());
        for (chunk, records) in set.records().chunks(CHUNK).enumerate() {
            let name = format!("{picture:?}-{chunk:04}-{}.bin", fingerprint(records, seed));
            let path = directory.join(name.to_lowercase());
            if !path.exists() {
                let read = records
                    .par_iter()
                    .map(|record| ReadPage::of(record, picture, seed))
                    .collect::<Result<Vec<_>>>()?;
                write_whole(&path, &read)?;
            }
            pages.extend(read_chunk(&path, records.len())?);
            bar.inc(records.len() as u64);
        }
        bar.finish_and_clear();
        Ok(Self { pages })
    }

    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.pages.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Places of the records whose picture was answered.
    pub fn answered(&self) -> Vec<usize> {
        let answered = |index: &usize| !self.pages[*index].canvas.is_empty();
        (0..self.pages.len()).filter(answered).collect()
    }

    /// Places of the records whose leads could be named.
    pub fn named(&self) -> Vec<usize> {
        let named = |index: &usize| !self.pages[*index].tracing.is_empty();
        (0..self.pages.len()).filter(named).collect()
    }

    /// The canvas of a record whose picture was answered, 0 paper … 255 ink.
    pub fn canvas(&self, record: usize) -> Result<Vec<u8>> {
        decompress(&self.pages[record].canvas, CANVAS_PIXELS)
    }

    /// The tracing window `[24, 1000]`, if leads could be named.
    pub fn tracing(&self, record: usize) -> Result<Option<Vec<f32>>> {
        let compressed = &self.pages[record].tracing;
        if compressed.is_empty() {
            return Ok(None);
        }
        let bytes = decompress(
            compressed,
            TRACING_CHANNELS * WINDOW_SAMPLES * size_of::<f32>(),
        )?;
        let value = |bytes: &[u8; 4]| f32::from_le_bytes(*bytes);
        Ok(Some(bytes.as_chunks().0.iter().map(value).collect()))
    }
}

impl ReadPage {
    fn of(record: &EcgRecord, picture: Picture, seed: u64) -> Result<Self> {
        let Ok(printout) = read_printout(
            &pictured(record, picture, seed)?,
            &PrintoutOptions::default(),
            &mut |_| {},
        ) else {
            return Ok(Self::default());
        };
        let ink = printout.canvas.pixels.iter();
        let canvas: Vec<u8> = ink
            .map(|ink| (ink.clamp(0.0, 1.0) * 255.0).round() as u8)
            .collect();
        let tracing = printout.tracing_window().map_or_else(Vec::new, |window| {
            window.iter().flat_map(|v| v.to_le_bytes()).collect()
        });
        Ok(Self {
            canvas: compress(&canvas)?,
            tracing: compress(&tracing)?,
        })
    }
}

fn pictured(record: &EcgRecord, picture: Picture, seed: u64) -> Result<RgbImage> {
    Ok(match picture {
        Picture::Print | Picture::Standard => {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(u64::from(record.ecg_id));
            let mut style = PageStyle::sample(&mut rng);
            while picture == Picture::Standard && !is_standard(&style) {
                style = PageStyle::sample(&mut rng);
            }
            render_page(&record.recording(), &style, PRINT_PIXELS_PER_MM).image
        }
        Picture::Photo => {
            let options = SetOptions {
                seed,
                kind: ShotKind::Phone,
                limits: Some(ShotLimits::default()),
                style: "random".to_owned(),
            };
            let (jpeg, _) = shoot_record(record.ecg_id, &record.recording(), &options)?;
            photo::decode(&jpeg)?
        }
    })
}

fn is_standard(style: &PageStyle) -> bool {
    let gains = (style.gain_mm_mv, style.chest_gain_mm_mv);
    style.layout.name() == STANDARD_LAYOUT
        && (style.speed_mm_s, gains) == (25.0, (10.0, None))
        && !style.same_window
}

/// Sixteen hex digits that change with the records, the seed and the code that reads.
fn fingerprint(records: &[EcgRecord], seed: u64) -> String {
    let mut content = format!("{READING_VERSION} {seed}").into_bytes();
    content.extend(
        records
            .iter()
            .flat_map(|record| record.ecg_id.to_le_bytes()),
    );
    sha256_hex(&content)[..16].to_owned()
}

fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    zstd::bulk::compress(bytes, 3).context("cannot compress what was read of a page")
}

fn decompress(compressed: &[u8], length: usize) -> Result<Vec<u8>> {
    let damaged = "the cache of read pages is damaged: delete its folder";
    let bytes = zstd::bulk::decompress(compressed, length).context(damaged)?;
    ensure!(bytes.len() == length, damaged);
    Ok(bytes)
}

fn write_whole(path: &Path, pages: &[ReadPage]) -> Result<()> {
    let mut file = Vec::new();
    for block in pages.iter().flat_map(|page| [&page.canvas, &page.tracing]) {
        file.extend_from_slice(&u32::try_from(block.len())?.to_le_bytes());
        file.extend_from_slice(block);
    }
    // Renamed only when whole, so that an interrupted run never leaves half a file under the final name.
    let unfinished = path.with_extension("part");
    std::fs::write(&unfinished, file)
        .with_context(|| format!("cannot write {}", unfinished.display()))?;
    std::fs::rename(&unfinished, path).with_context(|| format!("cannot write {}", path.display()))
}

fn read_chunk(path: &Path, records: usize) -> Result<Vec<ReadPage>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let damaged = || format!("{} is damaged: delete it", path.display());
    let mut rest = &bytes[..];
    let mut block = || -> Result<Vec<u8>> {
        let (length, tail) = rest.split_first_chunk::<4>().with_context(damaged)?;
        let length = u32::from_le_bytes(*length) as usize;
        ensure!(length <= tail.len(), damaged());
        let (block, tail) = tail.split_at(length);
        rest = tail;
        Ok(block.to_vec())
    };
    let pages = (0..records)
        .map(|_| {
            Ok(ReadPage {
                canvas: block()?,
                tracing: block()?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    ensure!(rest.is_empty(), damaged());
    Ok(pages)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // In a test, unwrapping is the assertion.

    use super::*;
    use crate::data::Source;

    #[test]
    fn prints_are_read_once_and_hold_their_leads() {
        let set = Source::Synthetic(10).load(&[1]).unwrap();
        let folder = std::env::temp_dir().join(format!("inkbeat-read-{}", std::process::id()));
        let first = ReadPages::prepare(&folder, &set, Picture::Print, 10).unwrap();
        let again = ReadPages::prepare(&folder, &set, Picture::Print, 10).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(first.answered(), [0]);
        assert_eq!(first.canvas(0).unwrap(), again.canvas(0).unwrap());
        let window = first.tracing(0).unwrap().unwrap();
        assert_eq!(again.tracing(0).unwrap().unwrap(), window);
        let shown = &window[12 * WINDOW_SAMPLES..];
        let seconds = shown.iter().sum::<f32>() / 100.0;
        assert!(seconds > 12.0, "{seconds} s of leads were read");
    }

    #[test]
    fn cut_caches_are_said_to_be_damaged() {
        let path = std::env::temp_dir().join(format!("inkbeat-cut-{}", std::process::id()));
        std::fs::write(&path, [9, 0, 0, 0, 1]).unwrap();
        let error = read_chunk(&path, 1).err().unwrap().to_string();
        std::fs::remove_file(&path).unwrap();
        assert!(error.contains("damaged"), "{error}");
    }
}
