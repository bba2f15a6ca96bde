//! Bytes of a picture file → upright RGB pixels, with limits checked before anything is decoded.

mod foreign;
mod jpeg;
mod webp;

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};

use crate::error::Error;

pub use foreign::foreign_picture;

/// Most pixels a picture may announce: 64 megapixels.
pub const MAX_PIXELS: u64 = 64_000_000;
/// Most memory a decoder may ask for: 64 megapixels of RGBA fit, of 16 bits a channel they don't.
const MAX_DECODER_BYTES: u64 = 256 << 20;
/// The PNG decoder gets the pixels' memory from outside: what it asks for itself is rows, and
/// packed extras such as a colour profile, which a tiny file can blow up at will.
const MAX_PNG_EXTRAS_BYTES: u64 = 32 << 20;

/// Decodes a JPEG, PNG, WebP, BMP, GIF or TIFF (of several frames or pages the first) and turns it
/// upright as its EXIF orientation says. Transparent parts become white, as paper would be; four-ink
/// JPEGs are taken to store their inks inverted, as Adobe's programs and all browsers do.
///
/// While it works it holds the pixels at most twice.
///
/// # Errors
/// [`Error::UnsupportedFormat`] if the bytes are no such picture, [`Error::TooLarge`] if the header
/// announces more than [`MAX_PIXELS`] (nothing is decoded then), [`Error::Decode`] if damaged.
pub fn decode(bytes: &[u8]) -> Result<RgbImage, Error> {
    let format = format_of(bytes)?;
    match format {
        ImageFormat::Jpeg => {
            jpeg::check_markers(bytes)?;
            jpeg::check_sampling(bytes)?;
            jpeg::check_inks(bytes)?;
        }
        ImageFormat::WebP => webp::check_chunks(bytes)?,
        _ => {}
    }
    // The header alone decides, even where nothing follows it: a decoder may first look for the rest.
    if let Ok(size) = imagesize::blob_size(bytes) {
        check_size(size.width as u64, size.height as u64)?;
    }
    let (mut picture, orientation) = pixels(bytes, format)?;
    if format == ImageFormat::Jpeg {
        if jpeg::ends_in_repetition(&picture)
            && let Some(bytes) = jpeg::with_open_end(bytes)
        {
            drop(picture);
            picture = pixels(&bytes, format)?.0;
        }
        jpeg::check_rows(&picture)?;
    }
    let mut picture = DynamicImage::from(picture);
    picture.apply_orientation(orientation);
    Ok(picture.into_rgb8())
}

/// The pixels as they are stored, and how they are to be turned.
fn pixels(bytes: &[u8], format: ImageFormat) -> Result<(RgbImage, Orientation), Error> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(match format {
        ImageFormat::Png => MAX_PNG_EXTRAS_BYTES,
        _ => MAX_DECODER_BYTES,
    });
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    check_size(u64::from(width), u64::from(height))?;
    if width == 0 || height == 0 {
        return Err(Error::decode("the picture has no pixels"));
    }
    if decoder.total_bytes() > MAX_DECODER_BYTES {
        return Err(too_much_memory());
    }
    // A picture whose orientation can't be read is taken as it is.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    Ok((on_white(picture), orientation))
}

fn format_of(bytes: &[u8]) -> Result<ImageFormat, Error> {
    let message = match image::guess_format(bytes) {
        Ok(format) if format.reading_enabled() => return Ok(format),
        _ => foreign_picture(bytes).unwrap_or("this file is not a picture Inkbeat can read"),
    };
    Err(Error::UnsupportedFormat {
        message: message.to_owned(),
    })
}

fn check_size(width: u64, height: u64) -> Result<(), Error> {
    if width.saturating_mul(height) <= MAX_PIXELS {
        return Ok(());
    }
    Err(Error::TooLarge {
        message: format!("the picture has {width} × {height} pixels, more than 64 megapixels"),
    })
}

/// RGB of any pixel type; transparency shows white paper.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let rgba = picture.into_rgba8();
    let (width, height) = rgba.dimensions();
    // In place: three values never reach beyond the four that they are made of.
    let mut values = rgba.into_raw();
    let pixels = width as usize * height as usize;
    for pixel in 0..pixels {
        let alpha = u32::from(values[pixel * 4 + 3]);
        for channel in 0..3 {
            let value = u32::from(values[pixel * 4 + channel]);
            values[pixel * 3 + channel] = ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        }
    }
    values.truncate(pixels * 3);
    RgbImage::from_raw(width, height, values).unwrap_or_default()
}

fn damaged(cause: ImageError) -> Error {
    match cause {
        ImageError::Limits(_) => too_much_memory(),
        ImageError::Unsupported(cause) => Error::UnsupportedFormat {
            message: format!(
                "this kind of picture can't be read ({cause}); open it in any program for pictures and save it as PNG"
            ),
        },
        cause => Error::Decode {
            message: "the picture is damaged or incomplete".into(),
            cause: Some(Box::new(cause)),
        },
    }
}

fn too_much_memory() -> Error {
    Error::TooLarge {
        message: "the picture takes too much memory: up to 64 megapixels of 8 bits a channel (256 MiB unpacked) are opened".into(),
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, Rgba, RgbaImage};

    use super::*;

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn gradient(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            Rgb([(x * 7 % 256) as u8, (y * 5 % 256) as u8, 90])
        })
    }

    /// A PNG that is nothing but a header.
    fn png_header(width: u32, height: u32) -> Vec<u8> {
        let mut chunk = b"IHDR".to_vec();
        chunk.extend(width.to_be_bytes());
        chunk.extend(height.to_be_bytes());
        chunk.extend([8, 2, 0, 0, 0]);
        let mut crc = u32::MAX;
        for byte in &chunk {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 {
                    crc >> 1 ^ 0xedb8_8320
                } else {
                    crc >> 1
                };
            }
        }
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
        bytes.extend(chunk);
        bytes.extend((!crc).to_be_bytes());
        bytes.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
        bytes
    }

    #[test]
    fn lossless_formats_come_back_exactly() {
        let picture = gradient(37, 23);
        for format in [
            ImageFormat::Png,
            ImageFormat::Bmp,
            ImageFormat::Tiff,
            ImageFormat::WebP,
        ] {
            let bytes = encoded(&picture.clone().into(), format);
            assert_eq!(decode(&bytes).unwrap(), picture, "{format:?}");
        }
    }

    #[test]
    fn what_is_no_picture_is_unsupported() {
        for bytes in [&b""[..], b"x", b"time_s,mV\n0,0.1\n", &[0; 100]] {
            assert_eq!(decode(bytes).unwrap_err().code(), "UNSUPPORTED_FORMAT");
        }
    }

    #[test]
    fn truncated_pictures_are_errors() {
        let picture = DynamicImage::from(gradient(200, 150));
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Bmp,
            ImageFormat::Gif,
            ImageFormat::WebP,
        ] {
            let bytes = encoded(&picture, format);
            for length in [8, 20, 60, bytes.len() / 2] {
                let answer = decode(&bytes[..length]);
                assert!(answer.is_err(), "{format:?} cut to {length} bytes");
            }
        }
    }

    #[test]
    fn a_gigantic_picture_is_refused_by_its_header() {
        assert_eq!(
            decode(&png_header(30_000, 30_000)).unwrap_err().code(),
            "TOO_LARGE"
        );
        assert_eq!(
            decode(&png_header(u32::MAX >> 1, u32::MAX >> 1))
                .unwrap_err()
                .code(),
            "TOO_LARGE"
        );
        // The same bytes with a small size are merely incomplete.
        assert_eq!(decode(&png_header(30, 30)).unwrap_err().code(), "DECODE");
    }

    #[test]
    fn a_line_of_pixels_is_a_picture() {
        let bytes = encoded(&gradient(1, 3000).into(), ImageFormat::Png);
        assert_eq!(decode(&bytes).unwrap().dimensions(), (1, 3000));
    }

    #[test]
    fn transparency_shows_paper_and_sixteen_bits_become_eight() {
        let clear = RgbaImage::from_pixel(4, 4, Rgba([0, 0, 0, 51]));
        let bytes = encoded(&clear.into(), ImageFormat::Png);
        assert_eq!(decode(&bytes).unwrap().get_pixel(1, 1).0, [204; 3]);
        let deep = image::ImageBuffer::from_pixel(4, 4, Rgb([0x8080u16, 0xffff, 0]));
        let bytes = encoded(&deep.into(), ImageFormat::Png);
        assert_eq!(decode(&bytes).unwrap().get_pixel(1, 1).0, [0x80, 0xff, 0]);
    }

    #[test]
    fn an_animation_gives_its_first_frame() {
        let mut bytes = Vec::new();
        let frame = |value| {
            image::Frame::new(RgbaImage::from_pixel(
                6,
                5,
                Rgba([value, value, value, 255]),
            ))
        };
        image::codecs::gif::GifEncoder::new(&mut bytes)
            .encode_frames([frame(255), frame(0)])
            .unwrap();
        let picture = decode(&bytes).unwrap();
        assert_eq!(
            (picture.dimensions(), picture.get_pixel(3, 3).0),
            ((6, 5), [255; 3])
        );
    }

    #[test]
    fn exif_orientation_is_applied() {
        let mut bytes = encoded(&gradient(40, 20).into(), ImageFormat::Jpeg);
        // One entry: tag 0x112 (orientation), a short, 6: to be turned a quarter clockwise.
        let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let mut segment = vec![0xff, 0xe1];
        segment.extend((exif.len() as u16 + 2).to_be_bytes());
        segment.extend(exif);
        bytes.splice(2..2, segment);
        assert_eq!(decode(&bytes).unwrap().dimensions(), (20, 40));
    }
}
