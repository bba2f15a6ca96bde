//! WebP containers around what the `image` crate encodes.

use image::{ImageFormat, RgbaImage};

/// An animation of these frames.
pub fn animation(width: u32, height: u32, frames: &[RgbaImage]) -> Vec<u8> {
    const ANIMATED: u8 = 0x02;
    const ALPHA: u8 = 0x10;
    let mut chunks = canvas(width, height, ANIMATED | ALPHA);
    // A black background, which shows nowhere, and endless repetition.
    chunks.extend(chunk(b"ANIM", &[0, 0, 0, 255, 0, 0]));
    for frame in frames {
        let mut body = vec![0; 6];
        body.extend(&(frame.width() - 1).to_le_bytes()[..3]);
        body.extend(&(frame.height() - 1).to_le_bytes()[..3]);
        body.extend([100, 0, 0, 0]);
        body.extend(pixels(frame));
        chunks.extend(chunk(b"ANMF", &body));
    }
    file(&chunks)
}

/// One picture with an EXIF block.
pub fn with_exif(picture: &RgbaImage, exif: &[u8]) -> Vec<u8> {
    const EXIF: u8 = 0x08;
    let mut chunks = canvas(picture.width(), picture.height(), EXIF);
    chunks.extend(pixels(picture));
    chunks.extend(chunk(b"EXIF", exif));
    file(&chunks)
}

/// A file that announces a canvas, and holds a picture of another size.
pub fn canvas_around(width: u32, height: u32, picture: &RgbaImage) -> Vec<u8> {
    let mut chunks = canvas(width, height, 0);
    chunks.extend(pixels(picture));
    file(&chunks)
}

/// A lossless picture's header and nothing else.
pub fn lossless_header(width: u32, height: u32) -> Vec<u8> {
    let mut body = vec![0x2f];
    body.extend(((width - 1) | (height - 1) << 14).to_le_bytes());
    file(&chunk(b"VP8L", &body))
}

fn canvas(width: u32, height: u32, flags: u8) -> Vec<u8> {
    let mut body = vec![flags, 0, 0, 0];
    body.extend(&(width - 1).to_le_bytes()[..3]);
    body.extend(&(height - 1).to_le_bytes()[..3]);
    chunk(b"VP8X", &body)
}

/// The chunk that holds the pixels: what follows the 12 bytes of the container.
fn pixels(picture: &RgbaImage) -> Vec<u8> {
    super::encoded(picture.clone(), ImageFormat::WebP)[12..].to_vec()
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = name.to_vec();
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend(body);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

fn file(chunks: &[u8]) -> Vec<u8> {
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((chunks.len() as u32 + 4).to_le_bytes());
    bytes.extend(b"WEBP");
    bytes.extend(chunks);
    bytes
}
