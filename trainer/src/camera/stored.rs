//! Photocopying and storing: grey, black and white, JPEG.

use anyhow::{Context, Result};
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};

use super::shot::{Copying, FileQuality};

/// Applies a photocopier or a "document" filter that is set by what lies within `page_px` (left,
/// top, right, bottom).
pub fn photocopy(picture: &mut RgbImage, copying: Copying, page_px: [u32; 4]) {
    match copying {
        Copying::None => {}
        Copying::Grey(contrast) => {
            // Copiers are set such that paper comes out white.
            let white = luma_quantile(&histogram(picture, page_px), 0.6);
            for pixel in picture.as_chunks_mut::<3>().0 {
                let grey = (luma(pixel) - white) * contrast + 235.0;
                *pixel = [grey.round().clamp(0.0, 255.0) as u8; 3];
            }
        }
        Copying::BlackAndWhite(below) => {
            let around = local_means(picture, local_radius(page_px));
            for (pixel, mean) in picture.as_chunks_mut::<3>().0.iter_mut().zip(around) {
                let is_ink = luma(pixel) < (1.0 - below) * mean;
                *pixel = [if is_ink { 0 } else { 255 }; 3];
            }
        }
    }
}

/// The bytes of the file, after an earlier generation where there was one.
///
/// # Errors
/// Where the encoder gives up, which it does for empty pictures.
pub fn to_jpeg(mut picture: RgbImage, quality: &FileQuality) -> Result<Vec<u8>> {
    if let Some(earlier) = quality.earlier_jpeg {
        let bytes = encode(&picture, earlier)?;
        picture = from_jpeg(&bytes)?;
    }
    if quality.half_chroma {
        halve_chroma(&mut picture);
    }
    encode(&picture, quality.jpeg)
}

/// The picture in the bytes of a JPEG file.
///
/// # Errors
/// Where the bytes are no such file.
pub fn from_jpeg(bytes: &[u8]) -> Result<RgbImage> {
    let picture = image::load_from_memory_with_format(bytes, ImageFormat::Jpeg);
    Ok(picture.context("reading back a JPEG")?.into_rgb8())
}

fn encode(picture: &RgbImage, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(picture.len() / 6);
    JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100))
        .encode_image(picture)
        .context("writing a JPEG")?;
    Ok(bytes)
}

/// Gives each block of two by two pixels one colour and leaves their brightness as it is: what
/// 4:2:0 does, which the encoder at hand does not offer.
fn halve_chroma(picture: &mut RgbImage) {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let stride = 3 * width;
    for rows in picture.chunks_exact_mut(2 * stride).take(height / 2) {
        let (upper, lower) = rows.split_at_mut(stride);
        let upper = upper.as_chunks_mut::<3>().0;
        let lower = lower.as_chunks_mut::<3>().0;
        for x in (0..width - 1).step_by(2) {
            let block = [upper[x], upper[x + 1], lower[x], lower[x + 1]];
            let lumas = block.map(|pixel| luma(&pixel));
            let mean_luma = 0.25 * lumas.iter().sum::<f32>();
            let tint = [0, 1, 2].map(|channel| {
                0.25 * block.iter().map(|p| f32::from(p[channel])).sum::<f32>() - mean_luma
            });
            let tinted = |level: f32| tint.map(|t| (level + t + 0.5).clamp(0.0, 255.0) as u8);
            upper[x] = tinted(lumas[0]);
            upper[x + 1] = tinted(lumas[1]);
            lower[x] = tinted(lumas[2]);
            lower[x + 1] = tinted(lumas[3]);
        }
    }
}

fn luma([red, green, blue]: &[u8; 3]) -> f32 {
    0.299 * f32::from(*red) + 0.587 * f32::from(*green) + 0.114 * f32::from(*blue)
}

fn histogram(picture: &RgbImage, [left, top, right, bottom]: [u32; 4]) -> [u32; 256] {
    let mut counts = [0; 256];
    for y in top..bottom.min(picture.height()) {
        for x in left..right.min(picture.width()) {
            counts[luma(&picture.get_pixel(x, y).0) as usize] += 1;
        }
    }
    counts
}

fn luma_quantile(counts: &[u32; 256], share: f32) -> f32 {
    let wanted = share * counts.iter().sum::<u32>() as f32;
    let mut seen = 0.0;
    for (level, count) in counts.iter().enumerate() {
        seen += *count as f32;
        if seen >= wanted {
            return level as f32;
        }
    }
    255.0
}

/// Half the side of the squares that "document" filters look at: a twentieth of the page.
fn local_radius([left, _, right, _]: [u32; 4]) -> usize {
    (right.saturating_sub(left) as usize / 40).max(4)
}

/// Mean brightness over the square around every pixel, cut off at the borders (after Bradley and
/// Roth 2007).
fn local_means(picture: &RgbImage, radius: usize) -> Vec<f32> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let rows: Vec<&[[u8; 3]]> = picture.as_chunks().0.chunks_exact(width).collect();
    let mut columns = vec![0.0_f64; width];
    let add_row = |columns: &mut [f64], y: usize, sign: f64| {
        for (sum, pixel) in columns.iter_mut().zip(rows[y]) {
            *sum += sign * f64::from(luma(pixel));
        }
    };
    for y in 0..radius.min(height) {
        add_row(&mut columns, y, 1.0);
    }
    let mut means = Vec::with_capacity(width * height);
    let mut prefix = vec![0.0_f64; width + 1];
    for y in 0..height {
        if y + radius < height {
            add_row(&mut columns, y + radius, 1.0);
        }
        if y > radius {
            add_row(&mut columns, y - radius - 1, -1.0);
        }
        for (x, sum) in columns.iter().enumerate() {
            prefix[x + 1] = prefix[x] + sum;
        }
        let rows_in = (y + radius + 1).min(height) - y.saturating_sub(radius);
        means.extend((0..width).map(|x| {
            let (from, to) = (x.saturating_sub(radius), (x + radius + 1).min(width));
            ((prefix[to] - prefix[from]) / ((to - from) * rows_in) as f64) as f32
        }));
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn black_and_white_splits_ink_from_paper_in_light_and_shadow() {
        let mut picture = RgbImage::from_fn(120, 60, |x, _| {
            let paper = 240 - x as u8;
            Rgb([if x % 10 == 0 { paper / 2 } else { paper }; 3])
        });
        photocopy(&mut picture, Copying::BlackAndWhite(0.15), [0, 0, 120, 60]);
        for x in 0..120 {
            let expected = if x % 10 == 0 { 0 } else { 255 };
            assert_eq!(picture.get_pixel(x, 30).0, [expected; 3], "column {x}");
        }
    }

    #[test]
    fn local_means_of_an_even_picture_are_its_level() {
        let picture = RgbImage::from_pixel(30, 20, Rgb([100; 3]));
        let means = local_means(&picture, 6);
        assert_eq!(means.len(), 600);
        assert!(means.iter().all(|mean| (mean - 100.0).abs() < 1e-2));
    }

    #[test]
    fn half_chroma_keeps_brightness_and_averages_colour() {
        let red = Rgb([255, 0, 0]);
        let grey = Rgb([76, 76, 76]);
        let mut picture = RgbImage::from_fn(2, 2, |x, _| if x == 0 { red } else { grey });
        halve_chroma(&mut picture);
        let [r, g, b] = picture.get_pixel(1, 1).0;
        // Red is as bright as the grey, so all four become the same half-saturated red.
        assert!(
            (160..=170).contains(&r) && (35..=42).contains(&g) && g == b,
            "{r} {g} {b}"
        );
    }

    #[test]
    fn a_stored_picture_comes_back_nearly() {
        let picture = RgbImage::from_fn(64, 48, |x, y| Rgb([(x * 3) as u8, (y * 4) as u8, 90]));
        let quality = FileQuality {
            jpeg: 95,
            earlier_jpeg: Some(90),
            half_chroma: false,
        };
        let back = from_jpeg(&to_jpeg(picture.clone(), &quality).unwrap()).unwrap();
        let worst = picture
            .iter()
            .zip(back.iter())
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(worst.unwrap() < 30, "{worst:?}");
    }
}
