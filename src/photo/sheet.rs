//! A whole page, upright and flat, drawn finely enough to read voltages from it.

use image::{RgbImage, imageops};

use super::flatten::extract_trace;

/// Resolution of a [`Sheet`]: one pixel is 6.7 ms at 25 mm/s and 17 µV at 10 mm/mV.
pub const SHEET_PIXELS_PER_MM: f32 = 6.0;

/// A rectified page. Its millimetres count from the upper left corner of `picture`, x to the right
/// and y down; the centre of pixel (c, r) is at ((c + .5) / 6, (r + .5) / 6) mm.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The page in colour at [`SHEET_PIXELS_PER_MM`].
    pub picture: RgbImage,
    /// One value per pixel of `picture`, row-major, 0 paper … 1 trace.
    pub ink: Vec<f32>,
}

impl Sheet {
    /// A sheet of a picture that is flat, upright and to scale already, such as a clean rendering.
    pub fn from_flat(picture: &RgbImage, pixels_per_mm: f32) -> Self {
        let factor = SHEET_PIXELS_PER_MM / pixels_per_mm;
        let picture = if (factor - 1.0).abs() < 1e-3 {
            picture.clone()
        } else {
            let side = |pixels: u32| ((pixels as f32 * factor).round() as u32).max(1);
            let (width, height) = (side(picture.width()), side(picture.height()));
            image::imageops::resize(
                picture,
                width,
                height,
                image::imageops::FilterType::CatmullRom,
            )
        };
        let on_sheet = vec![true; picture.pixels().len()];
        let ink = extract_trace(&picture, SHEET_PIXELS_PER_MM, &on_sheet).0;
        Self { picture, ink }
    }

    /// The same page turned clockwise by `quarters` × 90°.
    #[must_use]
    pub fn turned(mut self, quarters: i32) -> Self {
        let (width, height) = (self.width(), self.height());
        match quarters.rem_euclid(4) {
            1 => Self {
                picture: imageops::rotate90(&self.picture),
                ink: (0..self.ink.len())
                    .map(|i| self.ink[(height - 1 - i % height) * width + i / height])
                    .collect(),
            },
            2 => {
                imageops::rotate180_in_place(&mut self.picture);
                self.ink.reverse();
                self
            }
            3 => Self {
                picture: imageops::rotate270(&self.picture),
                ink: (0..self.ink.len())
                    .map(|i| self.ink[(i % height) * width + width - 1 - i / height])
                    .collect(),
            },
            _ => self,
        }
    }

    /// Width in pixels.
    pub fn width(&self) -> usize {
        self.picture.width() as usize
    }

    /// Height in pixels.
    pub fn height(&self) -> usize {
        self.picture.height() as usize
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn picture_and_ink_turn_alike() {
        let picture = RgbImage::from_fn(4, 3, |x, y| Rgb([(10 * x + y) as u8; 3]));
        let ink = picture
            .pixels()
            .map(|pixel| f32::from(pixel.0[0]))
            .collect();
        let sheet = Sheet { picture, ink };
        for quarters in -2..=2 {
            let turned = sheet.clone().turned(quarters);
            let same = turned.picture.pixels().zip(&turned.ink);
            assert!(
                same.into_iter()
                    .all(|(pixel, &ink)| f32::from(pixel.0[0]) == ink)
            );
        }
        assert_eq!(sheet.turned(1).picture.get_pixel(2, 0).0, [0; 3]);
    }

    #[test]
    fn a_flat_picture_is_scaled() {
        let page = RgbImage::from_pixel(300, 200, Rgb([250; 3]));
        let sheet = Sheet::from_flat(&page, 3.0);
        assert_eq!((sheet.width(), sheet.height()), (600, 400));
        assert_eq!(sheet.ink.len(), 240_000);
    }
}
