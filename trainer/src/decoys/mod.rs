//! Pictures that are no printed ECGs but look like something people might choose by mistake:
//! documents, squared paper, charts, other recordings, plans, patterns, scenes.
//!
//! The gate of the photo pipeline has to refuse them. Every picture is a function of its kind and
//! its seed.

mod charts;
mod documents;
mod paper;
mod patterns;
mod pen;
mod plans;
mod scenes;
mod shot;
mod traces;
mod wording;

use std::path::Path;

use anyhow::{Context, Result};
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use pen::Board;
use shot::{Setting, shoot};

/// What decides everything random in a picture.
type Dice = ChaCha8Rng;

/// What a decoy shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decoy {
    /// Pages of print.
    Text,
    /// Forms with tables, labels and boxes.
    Form,
    /// A till receipt with a bar code.
    Receipt,
    /// A table calculation.
    Spreadsheet,
    /// A month's calendar.
    Calendar,
    /// A crossword or number puzzle.
    Puzzle,
    /// Sheet music.
    Music,
    /// Empty squared, dotted or millimetre paper.
    SquaredPaper,
    /// Empty ECG paper.
    BlankEcgPaper,
    /// Handwriting and formulas on squared paper.
    MathsSheet,
    /// Functions plotted on graph paper.
    Plot,
    /// A bar chart.
    BarChart,
    /// Prices over time on a grid.
    StockChart,
    /// A sound's waveform, on plain or squared paper.
    Waveform,
    /// Several rows of ground motion, on plain or squared paper.
    Seismogram,
    /// Several rows of brain waves, on plain or squared paper.
    Eeg,
    /// A sleep recording: rows of unlike traces.
    SleepStudy,
    /// Breathing, temperature and pressure over hours on chart paper.
    VitalsChart,
    /// A street map.
    StreetMap,
    /// A floor plan.
    FloorPlan,
    /// A circuit diagram.
    Circuit,
    /// A pattern for knitting or cross-stitch.
    Knitting,
    /// A tiled floor.
    Tiles,
    /// A brick wall.
    Bricks,
    /// A wire or picket fence.
    Fence,
    /// A keyboard.
    Keyboard,
    /// Windows on a screen.
    Screen,
    /// A drawn face.
    Face,
    /// Hills, sky, trees.
    Landscape,
    /// Clouds of colour and noise.
    Texture,
}

impl Decoy {
    /// All kinds, in the order in which a set goes through them.
    pub const ALL: [Self; 30] = [
        Self::Text,
        Self::Form,
        Self::Receipt,
        Self::Spreadsheet,
        Self::Calendar,
        Self::Puzzle,
        Self::Music,
        Self::SquaredPaper,
        Self::BlankEcgPaper,
        Self::MathsSheet,
        Self::Plot,
        Self::BarChart,
        Self::StockChart,
        Self::Waveform,
        Self::Seismogram,
        Self::Eeg,
        Self::SleepStudy,
        Self::VitalsChart,
        Self::StreetMap,
        Self::FloorPlan,
        Self::Circuit,
        Self::Knitting,
        Self::Tiles,
        Self::Bricks,
        Self::Fence,
        Self::Keyboard,
        Self::Screen,
        Self::Face,
        Self::Landscape,
        Self::Texture,
    ];

    /// A word for file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Form => "form",
            Self::Receipt => "receipt",
            Self::Spreadsheet => "spreadsheet",
            Self::Calendar => "calendar",
            Self::Puzzle => "puzzle",
            Self::Music => "music",
            Self::SquaredPaper => "squared-paper",
            Self::BlankEcgPaper => "blank-ecg-paper",
            Self::MathsSheet => "maths-sheet",
            Self::Plot => "plot",
            Self::BarChart => "bar-chart",
            Self::StockChart => "stock-chart",
            Self::Waveform => "waveform",
            Self::Seismogram => "seismogram",
            Self::Eeg => "eeg",
            Self::SleepStudy => "sleep-study",
            Self::VitalsChart => "vitals-chart",
            Self::StreetMap => "street-map",
            Self::FloorPlan => "floor-plan",
            Self::Circuit => "circuit",
            Self::Knitting => "knitting",
            Self::Tiles => "tiles",
            Self::Bricks => "bricks",
            Self::Fence => "fence",
            Self::Keyboard => "keyboard",
            Self::Screen => "screen",
            Self::Face => "face",
            Self::Landscape => "landscape",
            Self::Texture => "texture",
        }
    }

    /// How such a thing comes to be a picture.
    fn setting(self) -> Setting {
        match self {
            Self::Tiles
            | Self::Bricks
            | Self::Fence
            | Self::Keyboard
            | Self::Face
            | Self::Landscape
            | Self::Texture => Setting::View,
            Self::Screen | Self::StreetMap | Self::StockChart => Setting::Screen,
            _ => Setting::Sheet,
        }
    }

    fn draw(self, board: &mut Board, dice: &mut Dice) {
        match self {
            Self::Text => documents::text(board, dice),
            Self::Form => documents::form(board, dice),
            Self::Receipt => documents::receipt(board, dice),
            Self::Spreadsheet => documents::spreadsheet(board, dice),
            Self::Calendar => documents::calendar(board, dice),
            Self::Puzzle => documents::puzzle(board, dice),
            Self::Music => documents::music(board, dice),
            Self::SquaredPaper => paper::squared(board, dice),
            Self::BlankEcgPaper => paper::blank_ecg(board, dice),
            Self::MathsSheet => charts::maths_sheet(board, dice),
            Self::Plot => charts::plot(board, dice),
            Self::BarChart => charts::bars(board, dice),
            Self::StockChart => charts::stock(board, dice),
            Self::Waveform => traces::waveform(board, dice),
            Self::Seismogram => traces::seismogram(board, dice),
            Self::Eeg => traces::eeg(board, dice),
            Self::SleepStudy => traces::sleep_study(board, dice),
            Self::VitalsChart => traces::vitals_chart(board, dice),
            Self::StreetMap => plans::street_map(board, dice),
            Self::FloorPlan => plans::floor_plan(board, dice),
            Self::Circuit => plans::circuit(board, dice),
            Self::Knitting => patterns::knitting(board, dice),
            Self::Tiles => patterns::tiles(board, dice),
            Self::Bricks => patterns::bricks(board, dice),
            Self::Fence => patterns::fence(board, dice),
            Self::Keyboard => patterns::keyboard(board, dice),
            Self::Screen => scenes::screen(board, dice),
            Self::Face => scenes::face(board, dice),
            Self::Landscape => scenes::landscape(board, dice),
            Self::Texture => scenes::texture(board, dice),
        }
    }
}

/// Sizes of pictures, in megapixels.
const MEGAPIXELS: (f32, f32) = (0.5, 4.0);

/// The picture of `kind` with this `seed`: scanned, grabbed from a screen or photographed.
pub fn decoy(kind: Decoy, seed: u64) -> RgbImage {
    // Neighbouring seeds and kinds must not share their chances.
    let mut dice =
        Dice::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (kind as u64 + 1));
    let pixels = 1e6 * pen::log_between(&mut dice, MEGAPIXELS.0, MEGAPIXELS.1);
    let aspect =
        [1.333, 0.75, 1.5, 0.667, 1.778, 0.5625, 1.0, 1.414, 0.707][dice.random_range(0..9usize)];
    let size = (
        (pixels * aspect).sqrt() as u32,
        (pixels / aspect).sqrt() as u32,
    );
    let mut board = Board::blank(size, [255; 3]);
    kind.draw(&mut board, &mut dice);
    shoot(board.image, kind.setting(), &mut dice)
}

/// Writes `count` decoys to `out` as JPEG files named after kind and seed, by all cores. Kinds take turns.
///
/// # Errors
/// If `out` can't be made or written to.
pub fn write_set(out: &Path, count: usize, seed: u64) -> Result<()> {
    const STORED_QUALITY: u8 = 93;
    std::fs::create_dir_all(out).with_context(|| format!("making {}", out.display()))?;
    (0..count).into_par_iter().try_for_each(|index| {
        let kind = Decoy::ALL[index % Decoy::ALL.len()];
        let number = seed + (index / Decoy::ALL.len()) as u64;
        let path = out.join(format!("{}-{number:04}.jpg", kind.name()));
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, STORED_QUALITY)
            .encode_image(&decoy(kind, number))?;
        std::fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_pictures_and_other_seeds_do_not() {
        for kind in [Decoy::Text, Decoy::Eeg, Decoy::Tiles] {
            assert_eq!(decoy(kind, 3), decoy(kind, 3));
            assert_ne!(decoy(kind, 3), decoy(kind, 4));
        }
    }

    #[test]
    fn every_kind_draws_something_of_a_sensible_size() {
        for kind in Decoy::ALL {
            let picture = decoy(kind, 1);
            let pixels = picture.width() * picture.height();
            assert!((450_000..4_100_000).contains(&pixels), "{}", kind.name());
            let levels = picture.pixels().map(|pixel| pixel.0[1]);
            let span = levels.clone().max().unwrap_or(0) - levels.min().unwrap_or(0);
            assert!(span > 20, "{} shows nothing", kind.name());
        }
    }
}
