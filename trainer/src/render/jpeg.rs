//! What JPEG does to a picture. Its entropy coding loses nothing, so it is left out: colour
//! conversion, chroma subsampling, cosine transform and quantisation are done, and undone at once.
//! After ITU-T T.81.

use image::RgbImage;

use super::cosine::{Block, forward, inverse, transposed};
use super::planes::Planes;
use super::quantisation::{CHROMINANCE, LUMINANCE, Table, round};

/// How a picture is compressed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jpeg {
    /// 1–100.
    pub quality: u8,
    /// Whether colour has half the resolution (4:2:0), as nearly all cameras have it.
    pub halved_colour: bool,
    /// Where the upper left block starts, up and to the left of the first pixel: a picture that was
    /// cropped after an earlier compression.
    pub offset_px: [usize; 2],
}

impl Jpeg {
    /// The picture after compression and decompression.
    pub fn apply(&self, picture: &mut Planes) {
        let (width, height) = picture.size();
        if width == 0 || height == 0 {
            return;
        }
        let [left, top] = self.offset_px.map(|offset| offset % 16);
        let wide = (width + left).next_multiple_of(16);
        let high = (height + top).next_multiple_of(16);
        let [blue, red] = self.chroma(picture, [left, top], (wide, high));

        let mut luma = Plane::new(wide, 8);
        let table = Table::new(&LUMINANCE, self.quality);
        let mut padded = [(); 3].map(|()| vec![0; wide]);
        let mut colour = [(); 2].map(|()| vec![0.0; wide]);
        let mut mixed = Vec::new();
        for strip in (0..high).step_by(8) {
            for y in 0..8 {
                pad(picture, [left, top], strip + y, &mut padded);
                brightness(&padded, luma.row_mut(y));
            }
            luma.quantise(&table);
            for y in strip.max(top)..(strip + 8).min(height + top) {
                for (row, plane) in colour.iter_mut().zip([&blue, &red]) {
                    if self.halved_colour {
                        plane.doubled_row(y, &mut mixed, row);
                    } else {
                        row.copy_from_slice(plane.row(y));
                    }
                }
                let luma = &luma.row(y - strip)[left..];
                let [red, green, blue] = picture.rows_mut(y - top);
                to_bytes(
                    luma,
                    [&colour[0][left..], &colour[1][left..]],
                    [red, green, blue],
                );
            }
        }
    }

    /// Blue and red difference as the decoder has them, before they are brought to full size.
    fn chroma(
        &self,
        picture: &Planes,
        offset: [usize; 2],
        (wide, high): (usize, usize),
    ) -> [Plane; 2] {
        let step = if self.halved_colour { 2 } else { 1 };
        let mut planes = [(); 2].map(|()| Plane::new(wide / step, high / step));
        let mut padded = [(); 2].map(|()| [(); 3].map(|()| vec![0; wide]));
        let mut means = [(); 3].map(|()| vec![0.0; wide / step]);
        for y in 0..high / step {
            for (k, rows) in padded.iter_mut().take(step).enumerate() {
                pad(picture, offset, step * y + k, rows);
            }
            for (channel, means) in means.iter_mut().enumerate() {
                // The transform is linear, so the mean may be taken first.
                let (upper, lower) = (&padded[0][channel], &padded[1][channel]);
                if self.halved_colour {
                    mean_of_four(upper, lower, means);
                } else {
                    for (mean, value) in means.iter_mut().zip(upper) {
                        *mean = f32::from(*value);
                    }
                }
            }
            let [blue, red] = &mut planes;
            differences(&means, blue.row_mut(y), red.row_mut(y));
        }
        let table = Table::new(&CHROMINANCE, self.quality);
        planes.iter_mut().for_each(|plane| plane.quantise(&table));
        planes
    }
}

/// Row `y` of the picture as it is compressed: shifted by the offset, with its edges continued.
fn pad(picture: &Planes, [left, top]: [usize; 2], y: usize, rows: &mut [Vec<u8>; 3]) {
    let (width, height) = picture.size();
    for (channel, row) in rows.iter_mut().enumerate() {
        let source = picture.row(channel, y.saturating_sub(top).min(height - 1));
        row[..left].fill(source[0]);
        row[left..left + width].copy_from_slice(source);
        row[left + width..].fill(source[width - 1]);
    }
}

/// Luma about 0, rounded as encoders keep it.
fn brightness([red, green, blue]: &[Vec<u8>; 3], luma: &mut [f32]) {
    let pixels = red.iter().zip(green).zip(blue);
    for (luma, ((red, green), blue)) in luma.iter_mut().zip(pixels) {
        let (r, g, b) = (f32::from(*red), f32::from(*green), f32::from(*blue));
        *luma = round(0.299 * r + 0.587 * g + 0.114 * b - 128.0);
    }
}

/// The means of squares of two by two pixels.
fn mean_of_four(upper: &[u8], lower: &[u8], means: &mut [f32]) {
    let pairs = upper
        .as_chunks::<2>()
        .0
        .iter()
        .zip(lower.as_chunks::<2>().0);
    for (mean, ([a, b], [c, d])) in means.iter_mut().zip(pairs) {
        let sum = i32::from(*a) + i32::from(*b) + i32::from(*c) + i32::from(*d);
        *mean = 0.25 * sum as f32;
    }
}

/// Blue and red difference, rounded.
fn differences([red, green, blue]: &[Vec<f32>; 3], to_blue: &mut [f32], to_red: &mut [f32]) {
    let pixels = red.iter().zip(green).zip(blue);
    let targets = to_blue.iter_mut().zip(to_red);
    for ((to_blue, to_red), ((r, g), b)) in targets.zip(pixels) {
        *to_blue = round(-0.168_736 * r - 0.331_264 * g + 0.5 * b);
        *to_red = round(0.5 * r - 0.418_688 * g - 0.081_312 * b);
    }
}

/// From luma about 0 and the two differences back to red, green and blue.
fn to_bytes(luma: &[f32], [blue, red]: [&[f32]; 2], targets: [&mut [u8]; 3]) {
    // Channel by channel: six rows at once are more than the compiler makes vectors of.
    let [to_red, to_green, to_blue] = targets;
    for (byte, (luma, red)) in to_red.iter_mut().zip(luma.iter().zip(red)) {
        *byte = nearest_byte(luma + 128.0 + 1.402 * red);
    }
    for (byte, (luma, (blue, red))) in to_green
        .iter_mut()
        .zip(luma.iter().zip(blue.iter().zip(red)))
    {
        *byte = nearest_byte(luma + 128.0 - 0.344_136 * blue - 0.714_136 * red);
    }
    for (byte, (luma, blue)) in to_blue.iter_mut().zip(luma.iter().zip(blue)) {
        *byte = nearest_byte(luma + 128.0 + 1.772 * blue);
    }
}

/// To the nearest byte.
#[inline(always)]
fn nearest_byte(value: f32) -> u8 {
    // At 2²³ single precision counts in ones, and the last bits of the mantissa are the number.
    (value.clamp(0.0, 255.0) + 8_388_608.0).to_bits() as u8
}

/// The picture as a camera's JPEG file of this quality would give it back.
pub fn through_jpeg(picture: &RgbImage, quality: u8) -> RgbImage {
    let jpeg = Jpeg {
        quality,
        halved_colour: true,
        offset_px: [0; 2],
    };
    let mut planes = Planes::from(picture);
    jpeg.apply(&mut planes);
    planes.into()
}

struct Plane {
    width: usize,
    values: Vec<f32>,
}

impl Plane {
    fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            values: vec![0.0; width * height],
        }
    }

    fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..(y + 1) * self.width]
    }

    fn row_mut(&mut self, y: usize) -> &mut [f32] {
        &mut self.values[y * self.width..(y + 1) * self.width]
    }

    /// Row `y` of the plane at twice the size, with triangular weights as decoders have them.
    /// `mixed` is room for one row and its two neighbours.
    fn doubled_row(&self, y: usize, mixed: &mut Vec<f32>, row: &mut [f32]) {
        let rows = self.values.len() / self.width;
        let near = y / 2;
        let far = if y.is_multiple_of(2) {
            near.saturating_sub(1)
        } else {
            (near + 1).min(rows - 1)
        };
        mixed.clear();
        mixed.push(0.0);
        let pairs = self.row(near).iter().zip(self.row(far));
        mixed.extend(pairs.map(|(near, far)| 0.75 * near + 0.25 * far));
        mixed.push(mixed[self.width]);
        mixed[0] = mixed[1];
        let neighbours = mixed.iter().zip(&mixed[1..]).zip(&mixed[2..]);
        for (pair, ((before, here), after)) in row.as_chunks_mut::<2>().0.iter_mut().zip(neighbours)
        {
            *pair = [0.75 * here + 0.25 * before, 0.75 * here + 0.25 * after];
        }
    }

    /// Transforms, rounds and transforms back every block of eight by eight.
    fn quantise(&mut self, table: &Table) {
        let width = self.width;
        for strip in self.values.chunks_exact_mut(8 * width) {
            for x in (0..width).step_by(8) {
                let mut block: Block = [[0.0; 8]; 8];
                for (k, lanes) in block.iter_mut().enumerate() {
                    lanes.copy_from_slice(&strip[k * width + x..k * width + x + 8]);
                }
                forward(&mut block);
                block = transposed(&block);
                forward(&mut block);
                table.round_to_steps(&mut block);
                inverse(&mut block);
                block = transposed(&block);
                inverse(&mut block);
                for (k, lanes) in block.iter().enumerate() {
                    strip[k * width + x..k * width + x + 8].copy_from_slice(lanes);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::jpeg::JpegEncoder;
    use image::{ImageFormat, Rgb};

    /// Red lines on white paper and a black curve.
    fn paper(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let curve = 20.0 + 12.0 * (x as f32 * 0.21).sin() - y as f32;
            if curve.abs() < 1.5 {
                Rgb([20, 20, 25])
            } else if x % 7 == 0 || y % 7 == 0 {
                Rgb([240, 160, 170])
            } else {
                Rgb([250, 248, 243])
            }
        })
    }

    fn apply(picture: &RgbImage, quality: u8, halved_colour: bool, at: usize) -> RgbImage {
        let mut planes = Planes::from(picture);
        let jpeg = Jpeg {
            quality,
            halved_colour,
            offset_px: [at; 2],
        };
        jpeg.apply(&mut planes);
        planes.into()
    }

    fn mean_difference(a: &RgbImage, b: &RgbImage) -> f32 {
        let sum: u32 = a
            .iter()
            .zip(b.iter())
            .map(|(a, b)| u32::from(a.abs_diff(*b)))
            .sum();
        sum as f32 / a.len() as f32
    }

    #[test]
    fn it_equals_a_real_codec() {
        let picture = paper(64, 48);
        for quality in [30, 60, 90] {
            let mut bytes = Vec::new();
            let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
            picture.write_with_encoder(encoder).unwrap();
            let real = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap();
            let ours = apply(&picture, quality, false, 0);
            let real = real.into_rgb8();
            let apart = mean_difference(&ours, &real);
            let [lost, really_lost] = [&ours, &real].map(|out| mean_difference(out, &picture));
            // What is apart are coefficients between two steps, which may round either way.
            assert!(
                apart < 0.5 * lost && (lost / really_lost - 1.0).abs() < 0.1,
                "quality {quality}: {apart} apart, {lost} and {really_lost} lost"
            );
        }
    }

    #[test]
    fn the_best_quality_changes_next_to_nothing() {
        let picture = paper(50, 37);
        assert!(mean_difference(&apply(&picture, 100, false, 0), &picture) < 0.6);
        // Halving the colour alone costs the red lines some of theirs.
        let halved = mean_difference(&apply(&picture, 100, true, 0), &picture);
        assert!((1.0..15.0).contains(&halved), "{halved}");
    }

    #[test]
    fn lower_quality_loses_more_and_the_offset_moves_the_blocks() {
        let picture = paper(96, 80);
        let losses =
            [90, 60, 30, 10].map(|q| mean_difference(&apply(&picture, q, true, 0), &picture));
        assert!(losses.is_sorted(), "{losses:?}");
        assert_ne!(apply(&picture, 30, true, 0), apply(&picture, 30, true, 5));
    }

    #[test]
    fn an_even_picture_stays_even() {
        let grey = RgbImage::from_pixel(33, 17, Rgb([128; 3]));
        assert_eq!(apply(&grey, 50, true, 3), grey);
    }
}
