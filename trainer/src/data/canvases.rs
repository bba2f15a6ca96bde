//! Pre-rendered ink canvases: drawing and cleaning a page costs more than training on it, so it is done once.
//!
//! A cache folder holds one file per [`CHUNK`] records and rendering. A chunk is a sequence of
//! (u32 little-endian length, zstd-compressed `[512 × 768]` bytes, 0 paper … 255 ink). Finished chunks are
//! skipped when the work is resumed. A file's name carries a fingerprint of all that decides its content, so
//! pages of other records, or of an older renderer, are never taken for these.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use inkbeat::photo::flatten::extract_ink;
use inkbeat::photo::{CANVAS_HEIGHT_PX, CANVAS_PIXELS_PER_MM, CANVAS_WIDTH_PX};
use inkbeat::weights::sha256_hex;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::SignalSet;
use crate::render::{PageStyle, Residual, render_canvas};

/// Records per file.
const CHUNK: usize = 256;

/// Raise it whenever the renderer or `extract_ink` draws the same record differently.
const DRAWING_VERSION: u32 = 3;

/// Pixels of a canvas.
pub const CANVAS_PIXELS: usize = CANVAS_WIDTH_PX * CANVAS_HEIGHT_PX;

/// How the pages of a cache are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// A clean print, perfectly rectified, in a random style.
    Clean,
    /// A print in a random style with the errors that rectification leaves, and light, blur and noise.
    Residual,
}

/// Compressed canvases in memory: `renderings` of every record of a set.
pub struct Canvases {
    /// `[renderings][records]`
    compressed: Vec<Vec<Vec<u8>>>,
}

impl Canvases {
    /// Opens the cache below `directory`, drawing what is missing. The first rendering is clean, all others
    /// carry residual errors, unless `view` forces one kind.
    pub fn prepare(
        directory: &Path,
        set: &SignalSet,
        renderings: usize,
        view: Option<View>,
        seed: u64,
    ) -> Result<Self> {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("cannot create {}", directory.display()))?;
        let chunks = set.len().div_ceil(CHUNK);
        let bar = ProgressBar::new((chunks * renderings) as u64).with_style(
            ProgressStyle::with_template("drawing pages [{bar:30}] {pos}/{len} blocks {eta} left")?
                .progress_chars("=> "),
        );
        let mut compressed = vec![Vec::with_capacity(set.len()); renderings];
        for (rendering, canvases) in compressed.iter_mut().enumerate() {
            let view = view.unwrap_or(if rendering == 0 {
                View::Clean
            } else {
                View::Residual
            });
            for chunk in 0..chunks {
                let records = chunk * CHUNK..((chunk + 1) * CHUNK).min(set.len());
                let fingerprint = fingerprint(set, records.clone(), rendering, view, seed);
                let path = directory.join(format!(
                    "rendering-{rendering:02}-block-{chunk:04}-{fingerprint}.bin"
                ));
                if !path.exists() {
                    draw_chunk(&path, set, records.clone(), rendering, view, seed)?;
                }
                canvases.extend(read_chunk(&path, records.len())?);
                bar.inc(1);
            }
        }
        bar.finish_and_clear();
        Ok(Self { compressed })
    }

    /// Renderings of each record.
    pub fn renderings(&self) -> usize {
        self.compressed.len()
    }

    /// One canvas as bytes, 0 paper … 255 ink.
    pub fn decompress(&self, rendering: usize, record: usize) -> Result<Vec<u8>> {
        let pixels = zstd::bulk::decompress(&self.compressed[rendering][record], CANVAS_PIXELS)
            .context("a cached canvas is damaged: delete the cache folder")?;
        ensure!(
            pixels.len() == CANVAS_PIXELS,
            "a cached canvas has the wrong size: delete the cache folder"
        );
        Ok(pixels)
    }
}

/// Draws one record as an ink canvas, 0 paper … 255 ink; (seed, record id, rendering) decides style and errors.
pub fn draw_ink_bytes(
    set: &SignalSet,
    index: usize,
    rendering: usize,
    view: View,
    seed: u64,
) -> Vec<u8> {
    let record = &set.records()[index];
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ (u64::from(record.ecg_id) << 16));
    rng.set_stream(rendering as u64);
    let style = PageStyle::sample(&mut rng);
    let residual = match view {
        View::Clean => Residual::none(),
        View::Residual => Residual::sample(&mut rng),
    };
    let picture = render_canvas(&record.recording(), &style, &residual, &mut rng);
    extract_ink(&picture, CANVAS_PIXELS_PER_MM)
        .into_iter()
        .map(|ink| (ink.clamp(0.0, 1.0) * 255.0).round() as u8)
        .collect()
}

/// Sixteen hex digits that change with the records, their signals, the rendering and the drawing code.
fn fingerprint(
    set: &SignalSet,
    records: std::ops::Range<usize>,
    rendering: usize,
    view: View,
    seed: u64,
) -> String {
    let mut content = format!("{DRAWING_VERSION} {rendering} {view:?} {seed}").into_bytes();
    for record in &set.records()[records] {
        content.extend(record.ecg_id.to_le_bytes());
        content.extend(
            record
                .signal_uv
                .iter()
                .flat_map(|sample| sample.to_le_bytes()),
        );
    }
    sha256_hex(&content)[..16].to_owned()
}

fn draw_chunk(
    path: &PathBuf,
    set: &SignalSet,
    records: std::ops::Range<usize>,
    rendering: usize,
    view: View,
    seed: u64,
) -> Result<()> {
    let blocks = records
        .into_par_iter()
        .map(|index| {
            let bytes = draw_ink_bytes(set, index, rendering, view, seed);
            zstd::bulk::compress(&bytes, 3).context("cannot compress a canvas")
        })
        .collect::<Result<Vec<_>>>()?;
    let mut file = Vec::new();
    for block in blocks {
        file.extend_from_slice(&u32::try_from(block.len())?.to_le_bytes());
        file.extend_from_slice(&block);
    }
    // Renamed only when whole, so that an interrupted run never leaves half a block under the final name.
    let unfinished = path.with_extension("part");
    std::fs::write(&unfinished, file)
        .with_context(|| format!("cannot write {}", unfinished.display()))?;
    std::fs::rename(&unfinished, path).with_context(|| format!("cannot write {}", path.display()))
}

fn read_chunk(path: &Path, records: usize) -> Result<Vec<Vec<u8>>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut rest = &bytes[..];
    let mut blocks = Vec::with_capacity(records);
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        ensure!(
            length <= tail.len(),
            "{} is cut short: delete it",
            path.display()
        );
        let (block, tail) = tail.split_at(length);
        blocks.push(block.to_vec());
        rest = tail;
    }
    ensure!(
        blocks.len() == records,
        "{} is damaged: delete it",
        path.display()
    );
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Source;

    #[test]
    fn fingerprints_tell_records_renderings_and_seeds_apart() {
        let set = Source::Synthetic(20).load(&[1]).unwrap();
        let print =
            |records, rendering, seed| fingerprint(&set, records, rendering, View::Clean, seed);
        let first = print(0..1, 0, 1);
        assert_eq!(first, print(0..1, 0, 1));
        assert_eq!(first.len(), 16);
        for other in [
            print(1..2, 0, 1),
            print(0..2, 0, 1),
            print(0..1, 1, 1),
            print(0..1, 0, 2),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn cached_pages_are_the_drawn_ones() {
        let set = Source::Synthetic(20).load(&[1]).unwrap();
        let folder = std::env::temp_dir().join(format!("inkbeat-canvases-{}", std::process::id()));
        let drawn = Canvases::prepare(&folder, &set, 1, None, 3).unwrap();
        let reread = Canvases::prepare(&folder, &set, 1, None, 3).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let expected = draw_ink_bytes(&set, 1, 0, View::Clean, 3);
        assert_eq!(drawn.decompress(0, 1).unwrap(), expected);
        assert_eq!(reread.decompress(0, 1).unwrap(), expected);
        assert!(
            expected.iter().filter(|&&ink| ink > 128).count() > 1000,
            "there is a tracing"
        );
    }
}
