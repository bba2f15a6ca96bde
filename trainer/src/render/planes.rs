//! A picture as one plane of bytes per channel: neighbours of one channel lie side by side, so that
//! loops over them compile to vector instructions.

use image::RgbImage;

/// Red, green and blue of all pixels, row by row, 0–255.
pub struct Planes {
    width: usize,
    height: usize,
    channels: [Vec<u8>; 3],
}

impl Planes {
    /// A black picture.
    pub fn new((width, height): (usize, usize)) -> Self {
        Self {
            width,
            height,
            channels: [(); 3].map(|()| vec![0; width * height]),
        }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The three planes.
    pub fn channels_mut(&mut self) -> &mut [Vec<u8>; 3] {
        &mut self.channels
    }

    /// Row `y` of one channel.
    pub fn row(&self, channel: usize, y: usize) -> &[u8] {
        &self.channels[channel][y * self.width..(y + 1) * self.width]
    }

    /// Row `y` of red, green and blue.
    pub fn rows_mut(&mut self, y: usize) -> [&mut [u8]; 3] {
        let (from, past) = (y * self.width, (y + 1) * self.width);
        self.channels.each_mut().map(|plane| &mut plane[from..past])
    }
}

impl From<&RgbImage> for Planes {
    fn from(picture: &RgbImage) -> Self {
        let mut planes = Self::new((picture.width() as usize, picture.height() as usize));
        let [red, green, blue] = planes.channels_mut();
        let targets = red.iter_mut().zip(green).zip(blue);
        for (((red, green), blue), [r, g, b]) in targets.zip(picture.as_chunks::<3>().0) {
            (*red, *green, *blue) = (*r, *g, *b);
        }
        planes
    }
}

impl From<Planes> for RgbImage {
    fn from(planes: Planes) -> Self {
        let mut picture = Self::new(planes.width as u32, planes.height as u32);
        let [red, green, blue] = &planes.channels;
        let sources = red.iter().zip(green).zip(blue);
        for (pixel, ((red, green), blue)) in picture.as_chunks_mut::<3>().0.iter_mut().zip(sources)
        {
            *pixel = [*red, *green, *blue];
        }
        picture
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn a_picture_survives_being_taken_apart() {
        let picture = RgbImage::from_fn(7, 3, |x, y| Rgb([x as u8, y as u8, 200]));
        let mut planes = Planes::from(&picture);
        assert_eq!(planes.size(), (7, 3));
        assert_eq!(planes.row(0, 2), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(planes.rows_mut(2)[1], [2; 7]);
        assert_eq!(RgbImage::from(planes), picture);
    }
}
