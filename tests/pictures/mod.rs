//! Picture files made from scratch, down to the byte: the odd, the broken and the malicious ones,
//! which no encoder writes. Shared by the tests and by the seeds of the fuzzers.

#![allow(dead_code)] // Every user of this module needs another part of it.

pub mod jpeg;
pub mod png;
pub mod tiff;
pub mod webp;

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// What the encoder of the `image` crate makes of a picture.
pub fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A picture in which no two neighbours are alike.
pub fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([
            (x * 7 % 251) as u8,
            (y * 5 % 241) as u8,
            ((x + y) % 90) as u8,
        ])
    })
}

/// An EXIF block (TIFF structure, big-endian) whose only entry is this orientation.
pub fn exif(orientation: u16) -> Vec<u8> {
    let mut exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    exif.extend(orientation.to_be_bytes());
    exif.extend([0; 6]);
    exif
}

/// The header of a 24-bit BMP, and nothing else.
pub fn bmp_header(width: i32, height: i32) -> Vec<u8> {
    let mut bytes = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([1, 0, 24, 0]);
    bytes.extend([0; 24]);
    bytes
}

/// A GIF of one frame whose screen and frame are as large as said, with data for one pixel.
pub fn gif(screen: (u16, u16), frame: (u16, u16)) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend(screen.0.to_le_bytes());
    bytes.extend(screen.1.to_le_bytes());
    // Two colours: white and black.
    bytes.extend([0x80, 0, 0, 255, 255, 255, 0, 0, 0]);
    bytes.extend([0x2c, 0, 0, 0, 0]);
    bytes.extend(frame.0.to_le_bytes());
    bytes.extend(frame.1.to_le_bytes());
    // LZW of code size 2: clear, pixel 1, end.
    bytes.extend([0, 2, 2, 0x4c, 0x01, 0, 0x3b]);
    bytes
}
