//! How a sheet was lit.

use image::RgbImage;

use super::sheet::SHEET_PIXELS_PER_MM;

/// A square this large always shows grid, unless it is over-exposed.
const GLARE_BLOCK_PX: usize = (10.0 * SHEET_PIXELS_PER_MM) as usize;
/// All pixels but this share of an over-exposed square are white.
const GLARE_EXCEPTIONS: f32 = 0.02;
const WHITE: u8 = 252;

/// Light on a sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LightEvidence {
    /// Median of the pixels' brightest channels (0–255).
    pub(super) paper: f32,
    /// Share of the sheet's squares in which even the grid is white.
    pub(super) glare: f32,
}

impl LightEvidence {
    /// Measures the pixels of `picture` that are `on_sheet`.
    pub(super) fn of(picture: &RgbImage, on_sheet: &[bool]) -> Self {
        let mut histogram = [0u32; 256];
        let mut total = 0;
        for (pixel, _) in picture.pixels().zip(on_sheet).filter(|(_, on)| **on) {
            histogram[usize::from(pixel.0[0].max(pixel.0[1]).max(pixel.0[2]))] += 1;
            total += 1;
        }
        let mut seen = 0;
        let median = histogram.iter().position(|count| {
            seen += count;
            seen * 2 >= total
        });
        Self {
            paper: median.unwrap_or(0) as f32,
            glare: glare_share(picture, on_sheet),
        }
    }
}

fn glare_share(picture: &RgbImage, on_sheet: &[bool]) -> f32 {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let raw = picture.as_raw();
    let (mut squares, mut washed_out) = (0, 0);
    for top in (0..height.saturating_sub(GLARE_BLOCK_PX)).step_by(GLARE_BLOCK_PX) {
        for left in (0..width.saturating_sub(GLARE_BLOCK_PX)).step_by(GLARE_BLOCK_PX) {
            let pixels = (0..GLARE_BLOCK_PX * GLARE_BLOCK_PX)
                .map(|i| (top + i / GLARE_BLOCK_PX) * width + left + i % GLARE_BLOCK_PX);
            if !pixels.clone().all(|i| on_sheet[i]) {
                continue;
            }
            let coloured = pixels
                .filter(|i| raw[i * 3..i * 3 + 3].iter().any(|&value| value < WHITE))
                .count();
            squares += 1;
            washed_out += usize::from(
                coloured as f32 <= GLARE_EXCEPTIONS * (GLARE_BLOCK_PX * GLARE_BLOCK_PX) as f32,
            );
        }
    }
    washed_out as f32 / squares.max(1) as f32
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn ruled(value: u8) -> RgbImage {
        RgbImage::from_fn(600, 600, |x, y| {
            if x % 30 < 2 || y % 30 < 2 {
                Rgb([value, 90, 90])
            } else {
                Rgb([value; 3])
            }
        })
    }

    #[test]
    fn a_white_scan_is_bright_without_glare() {
        let light = LightEvidence::of(&ruled(255), &[true; 360_000]);
        assert_eq!((light.paper, light.glare), (255.0, 0.0));
        let dark = LightEvidence::of(&ruled(40), &[true; 360_000]);
        assert_eq!(dark.paper, 40.0);
    }

    #[test]
    fn squares_without_grid_are_glare_and_only_the_sheet_counts() {
        let mut picture = ruled(200);
        (0..300).for_each(|y| (0..600).for_each(|x| picture.put_pixel(x, y, Rgb([255; 3]))));
        let glare = LightEvidence::of(&picture, &[true; 360_000]).glare;
        assert!((glare - 0.5).abs() < 0.1, "{glare}");
        let lower: Vec<bool> = (0..360_000).map(|i| i >= 180_000).collect();
        assert_eq!(LightEvidence::of(&picture, &lower).glare, 0.0);
    }
}
