//! How much memory opening a picture takes at its peak. One test alone in its process, because it
//! counts every allocation.

#![allow(clippy::unwrap_used)] // In a test, unwrapping is the assertion.
#![allow(unsafe_code)] // An allocator can't be written without.

mod pictures;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use image::{DynamicImage, ImageFormat};
use inkbeat::photo::decode;
use pictures::jpeg::Mosaic;
use pictures::{encoded, exif, gif, gradient, png, webp};

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, which keeps count.
struct Counting;

fn grown(bytes: usize) {
    let now = NOW.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(now, Relaxed);
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // While it is moved, the block may exist twice.
        grown(size);
        let moved = unsafe { System.realloc(pointer, layout, size) };
        NOW.fetch_sub(layout.size(), Relaxed);
        moved
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Megabytes that opening these bytes takes beyond the bytes themselves, at the peak.
fn peak_mb(bytes: &[u8]) -> usize {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let _ = decode(bytes);
    (PEAK.load(Relaxed) - before).div_ceil(1_000_000)
}

#[test]
fn no_picture_takes_more_memory_than_its_pixels_ask_for() {
    // 12 megapixels are 36 MB of RGB.
    let photo = gradient(4000, 3000);
    let jpeg = encoded(photo.clone(), ImageFormat::Jpeg);
    let mut mosaic = Mosaic::new(500, 375, |x, y| vec![(x ^ y) as u8, x as u8, y as u8]);
    mosaic.exif = Some(exif(6));
    let turned = mosaic.encode();
    mosaic.progressive = true;
    let progressive = mosaic.encode();
    let rgba = DynamicImage::from(photo.clone()).into_rgba8();
    let deep = DynamicImage::from(photo.clone()).into_rgba16();
    let bomb = png::file(&[
        png::header(2, 1, 8, png::GREY),
        png::text_bomb(300 << 20),
        png::data(&[vec![0, 255]]),
    ]);
    let overlong = png::file(&[
        png::header(2, 1, 8, png::GREY),
        png::chunk(b"IDAT", &png::zlib_zeros(300 << 20)),
    ]);
    let profile = {
        let mut body = b"profile\0\0".to_vec();
        body.extend(png::zlib_zeros(300 << 20));
        png::file(&[
            png::header(2, 1, 8, png::GREY),
            png::chunk(b"iCCP", &body),
            png::data(&[vec![0, 255]]),
        ])
    };
    let metadata = {
        let mut bytes = webp::with_exif(&rgba.clone(), &exif(1));
        let chunk = bytes.windows(4).rposition(|name| name == b"EXIF").unwrap();
        bytes[chunk + 4..chunk + 8].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]);
        bytes
    };
    for (name, bytes, limit_mb) in [
        ("JPEG", jpeg, 50),
        ("JPEG on its side", turned, 85),
        ("progressive JPEG", progressive, 125),
        ("PNG", encoded(photo.clone(), ImageFormat::Png), 50),
        (
            "PNG with alpha",
            encoded(rgba.clone(), ImageFormat::Png),
            60,
        ),
        ("PNG of 16 bits", encoded(deep, ImageFormat::Png), 155),
        ("WebP", encoded(rgba, ImageFormat::WebP), 60),
        ("BMP", encoded(photo.clone(), ImageFormat::Bmp), 50),
        ("TIFF", encoded(photo, ImageFormat::Tiff), 85),
        ("text that unpacks to 300 MB", bomb, 10),
        ("300 MB behind the last pixel", overlong, 10),
        ("a colour profile of 300 MB", profile, 60),
        (
            "30,000 × 30,000 PNG",
            png::plain(30_000, 30_000, 8, png::RGB, &[]),
            1,
        ),
        ("2 GB of WebP metadata", metadata, 1),
        (
            "GIF frame beyond its screen",
            gif((9, 9), (65_535, 65_535)),
            1,
        ),
        (
            "16,384 × 16,384 WebP",
            webp::lossless_header(16_384, 16_384),
            1,
        ),
    ] {
        let peak = peak_mb(&bytes);
        println!("{name}: {peak} MB for a file of {} kB", bytes.len() / 1000);
        assert!(peak <= limit_mb, "{name} takes {peak} MB, not {limit_mb}");
    }
}
