//! Bytes of a picture file → upright RGB pixels, with limits checked before anything is decoded.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, RgbImage};

use crate::error::Error;

/// Most pixels a picture may announce: 64 megapixels.
pub const MAX_PIXELS: u64 = 64_000_000;
/// Most memory a decoder may ask for.
const MAX_DECODER_BYTES: u64 = 256 << 20;

/// Decodes a JPEG, PNG, WebP, BMP, GIF (first frame) or TIFF and turns it upright as its EXIF
/// orientation says. Transparent parts become white, as paper would be.
///
/// # Errors
/// [`Error::UnsupportedFormat`] if the bytes are no such picture, [`Error::TooLarge`] if the header
/// announces more than [`MAX_PIXELS`] (nothing is decoded then), [`Error::Decode`] if damaged.
pub fn decode(bytes: &[u8]) -> Result<RgbImage, Error> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|cause| damaged(ImageError::IoError(cause)))?;
    if reader.format().is_none() {
        return Err(Error::UnsupportedFormat { message: "this file is not a picture Inkbeat can read".into() });
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Error::TooLarge {
            message: format!("the picture has {width} × {height} pixels, more than 64 megapixels"),
        });
    }
    if width == 0 || height == 0 {
        return Err(Error::decode("the picture has no pixels"));
    }
    // A picture whose orientation can't be read is taken as it is.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    Ok(on_white(picture))
}

/// RGB of any pixel type; transparency shows white paper.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let rgba = picture.into_rgba8();
    let (width, height) = rgba.dimensions();
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for pixel in rgba.pixels() {
        let [red, green, blue, alpha] = pixel.0.map(u32::from);
        pixels.extend([red, green, blue].map(|value| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8));
    }
    RgbImage::from_raw(width, height, pixels).unwrap_or_default()
}

fn damaged(cause: ImageError) -> Error {
    match cause {
        ImageError::Limits(_) => {
            Error::TooLarge { message: "the picture needs more memory than Inkbeat allows (256 MiB)".into() }
        }
        ImageError::Unsupported(cause) => Error::UnsupportedFormat {
            message: format!("this kind of picture can't be read: {cause}"),
        },
        cause => Error::Decode { message: "the picture is damaged or incomplete".into(), cause: Some(Box::new(cause)) },
    }
}
