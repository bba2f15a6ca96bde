//! Bytes of a picture file → upright RGB pixels, with limits checked before anything is decoded.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};

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
        return Err(Error::UnsupportedFormat {
            message: "this file is not a picture Inkbeat can read".into(),
        });
    }
    if reader.format() == Some(ImageFormat::Jpeg) && !jpeg_is_complete(bytes) {
        return Err(Error::decode("the photo is incomplete: its end is missing"));
    }
    // The header alone decides, even where nothing follows it: a decoder may first look for the rest.
    if let Ok(size) = imagesize::blob_size(bytes) {
        check_size(size.width as u64, size.height as u64)?;
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    check_size(u64::from(width), u64::from(height))?;
    if width == 0 || height == 0 {
        return Err(Error::decode("the picture has no pixels"));
    }
    // A picture whose orientation can't be read is taken as it is.
    let orientation = decoder
        .orientation()
        .unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    Ok(on_white(picture))
}

fn check_size(width: u64, height: u64) -> Result<(), Error> {
    if width.saturating_mul(height) <= MAX_PIXELS {
        return Ok(());
    }
    Err(Error::TooLarge {
        message: format!("the picture has {width} × {height} pixels, more than 64 megapixels"),
    })
}

/// Whether the end marker follows the first scan. The decoder itself would fill a missing rest with
/// grey; the markers of an embedded preview lie in a segment before the scan and don't count.
fn jpeg_is_complete(bytes: &[u8]) -> bool {
    const START_OF_SCAN: u8 = 0xda;
    const END: [u8; 2] = [0xff, 0xd9];
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        match rest {
            // Fill bytes may precede a marker.
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, START_OF_SCAN, scan @ ..] => return scan.windows(2).any(|pair| pair == END),
            [0xff, _, high, low, ..] => {
                let length = 2 + usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(length..).unwrap_or_default();
            }
            // Not a marker: let the decoder say what is wrong.
            [_, _, ..] => return true,
            _ => return false,
        }
    }
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
        pixels.extend(
            [red, green, blue]
                .map(|value| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8),
        );
    }
    RgbImage::from_raw(width, height, pixels).unwrap_or_default()
}

fn damaged(cause: ImageError) -> Error {
    match cause {
        ImageError::Limits(_) => Error::TooLarge {
            message:
                "the picture has too many pixels: up to 64 megapixels (256 MiB unpacked) are opened"
                    .into(),
        },
        ImageError::Unsupported(cause) => Error::UnsupportedFormat {
            message: format!("this kind of picture can't be read: {cause}"),
        },
        cause => Error::Decode {
            message: "the picture is damaged or incomplete".into(),
            cause: Some(Box::new(cause)),
        },
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
