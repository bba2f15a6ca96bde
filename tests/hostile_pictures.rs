//! Picture files that are odd, broken or malicious: each is a right picture or a typed error that
//! says what is wrong and what to do, never a panic, a hang, or a silent guess.

#![allow(clippy::unwrap_used)] // In a test, unwrapping is the assertion.

mod pictures;

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba, RgbaImage};
use inkbeat::error::Error;
use inkbeat::photo::{decode, foreign_picture};
use pictures::jpeg::Mosaic;
use pictures::{bmp_header, encoded, exif, gif, gradient, jpeg, png, tiff, webp};

/// The code of the error, which has to say something.
#[track_caller]
fn code(bytes: &[u8]) -> &'static str {
    let error = decode(bytes).unwrap_err();
    assert!(error.to_string().len() > 15, "{error}");
    assert!(error.hint().len() > 15);
    error.code()
}

#[track_caller]
fn colour(bytes: &[u8], x: u32, y: u32) -> [u8; 3] {
    decode(bytes).unwrap().get_pixel(x, y).0
}

/// A mosaic of greys without two alike side by side.
fn grey_mosaic(across: u16, down: u16) -> Mosaic {
    Mosaic::new(across, down, |column, row| {
        vec![(column * 53 + row * 31 + 20) as u8]
    })
}

#[test]
fn announced_sizes_are_believed_before_anything_is_decoded() {
    let giant_jpeg = {
        let mut bytes = grey_mosaic(4, 4).encode();
        let frame = bytes
            .windows(2)
            .position(|pair| pair == [0xff, 0xc0])
            .unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
        bytes
    };
    for (name, bytes) in [
        ("JPEG", giant_jpeg),
        ("PNG", png::plain(30_000, 30_000, 8, png::RGB, &[])),
        (
            "PNG",
            png::plain(0x7fff_ffff, 0x7fff_ffff, 16, png::GREY_ALPHA, &[]),
        ),
        ("BMP", bmp_header(40_000, 40_000)),
        ("BMP", bmp_header(40_000, -40_000)),
        ("GIF", gif((65_535, 65_535), (1, 1))),
        ("WebP", webp::lossless_header(16_384, 16_384)),
        (
            "WebP",
            webp::canvas_around(1 << 24, 1 << 24, &RgbaImage::new(2, 2)),
        ),
        ("TIFF", tiff::file((50_000, 50_000), (3, 8), 2, 1, &[0; 12])),
        (
            "TIFF",
            tiff::file((u32::MAX, u32::MAX), (3, 8), 2, 1, &[0; 12]),
        ),
    ] {
        assert_eq!(code(&bytes), "TOO_LARGE", "{name}");
    }
    // Below the limit in pixels, beyond it in memory.
    let deep = png::plain(8000, 8000, 16, 6, &[]);
    assert_eq!(code(&deep), "TOO_LARGE");
}

#[test]
fn parts_that_are_larger_than_the_whole_are_refused() {
    let small = RgbaImage::from_pixel(3, 2, Rgba([9, 9, 9, 255]));
    for bytes in [
        gif((4, 4), (65_535, 65_535)),
        webp::canvas_around(40, 40, &small),
        tiff::file((100, 100), (3, 8), 2, 1, &[0; 12]),
        bmp_header(100, 100),
    ] {
        let code = code(&bytes);
        assert!(["DECODE", "TOO_LARGE"].contains(&code), "{code}");
    }
    // Four-gigabyte strips and samples.
    for bits in [8, 16, 32, u16::MAX] {
        for samples in [1, 3, 4, 200] {
            let bytes = tiff::file((7, 7), (samples, bits), 2, 1, &[0; 12]);
            code(&bytes);
        }
    }
}

#[test]
fn nothing_is_no_picture() {
    for bytes in [
        &b""[..],
        b"\0",
        b"\xff\xd8",
        b"BM",
        b"II*\0",
        b"GIF89a",
        b"RIFF\0\0\0\0WEBP",
    ] {
        assert!(["UNSUPPORTED_FORMAT", "DECODE"].contains(&code(bytes)));
    }
    for bytes in [
        png::plain(0, 5, 8, png::GREY, &[]),
        bmp_header(0, 0),
        gif((0, 0), (0, 0)),
        tiff::file((0, 9), (1, 8), tiff::BLACK_IS_ZERO, 1, &[0; 9]),
    ] {
        assert!(["UNSUPPORTED_FORMAT", "DECODE"].contains(&code(&bytes)));
    }
}

#[test]
fn lines_and_dots_are_pictures() {
    for (width, height) in [(1, 1), (1, 5000), (5000, 1)] {
        let picture = gradient(width, height);
        for format in [
            ImageFormat::Png,
            ImageFormat::Bmp,
            ImageFormat::Tiff,
            ImageFormat::WebP,
        ] {
            assert_eq!(decode(&encoded(picture.clone(), format)).unwrap(), picture);
        }
        for format in [ImageFormat::Jpeg, ImageFormat::Gif] {
            let bytes = encoded(picture.clone(), format);
            assert_eq!(decode(&bytes).unwrap().dimensions(), (width, height));
        }
    }
}

#[test]
fn inks_become_light() {
    // As Adobe's programs store them: 255 is no ink. White, cyan, yellow over magenta, black, half black.
    let inks = [
        [255, 255, 255, 255],
        [0, 255, 255, 255],
        [255, 0, 0, 255],
        [255, 255, 255, 0],
        [255, 255, 255, 128],
    ];
    let lights = [[255; 3], [0, 255, 255], [255, 0, 0], [0; 3], [128; 3]];
    let mut mosaic = Mosaic::new(5, 2, |column, _| inks[usize::from(column)].to_vec());
    for (adobe, progressive) in [(None, false), (Some(0), false), (Some(0), true)] {
        mosaic.adobe = adobe;
        mosaic.progressive = progressive;
        let bytes = mosaic.encode();
        for (column, light) in lights.iter().enumerate() {
            let found = colour(&bytes, column as u32 * 8 + 3, 10);
            assert!(close(found, *light), "{adobe:?} {column}: {found:?}");
        }
    }
    // The same inks, as brightness and colour of their inverse, and black by itself.
    let ycck = |ink: [u8; 4]| {
        let [red, green, blue] = [0, 1, 2].map(|i| 255.0 - f64::from(ink[i]));
        let brightness = 0.299 * red + 0.587 * green + 0.114 * blue;
        let blueness = (blue - brightness) / 1.772 + 128.0;
        let redness = (red - brightness) / 1.402 + 128.0;
        let three = [brightness, blueness, redness].map(|value| value.round() as u8);
        vec![three[0], three[1], three[2], ink[3]]
    };
    let mut mosaic = Mosaic::new(5, 2, |column, _| ycck(inks[usize::from(column)]));
    mosaic.adobe = Some(2);
    for progressive in [false, true] {
        mosaic.progressive = progressive;
        let bytes = mosaic.encode();
        for (column, light) in lights.iter().enumerate() {
            let found = colour(&bytes, column as u32 * 8 + 3, 10);
            assert!(close(found, *light), "YCCK {column}: {found:?}");
        }
    }
    // RGB that was never turned into YCbCr.
    let mut rgb = Mosaic::new(2, 2, |_, _| vec![200, 10, 90]);
    rgb.adobe = Some(0);
    assert!(close(colour(&rgb.encode(), 3, 3), [200, 10, 90]));
    // The inks of a TIFF are not inverted.
    let data: Vec<u8> = inks.iter().flatten().map(|ink| 255 - ink).collect();
    let bytes = tiff::file((5, 1), (4, 8), tiff::FOUR_INKS, 1, &data);
    for (column, light) in lights.iter().enumerate() {
        let found = colour(&bytes, column as u32, 0);
        assert!(close(found, *light), "TIFF {column}: {found:?}");
    }
}

fn close(found: [u8; 3], expected: [u8; 3]) -> bool {
    found
        .iter()
        .zip(expected)
        .all(|(&found, expected)| found.abs_diff(expected) <= 3)
}

#[test]
fn few_and_many_bits_come_out_as_eight() {
    // 10 pixels in a row, every other one white.
    let one_bit = png::plain(10, 1, 1, png::GREY, &[vec![0b1010_1010, 0b1000_0000]]);
    assert_eq!(colour(&one_bit, 0, 0), [255; 3]);
    assert_eq!(colour(&one_bit, 9, 0), [0; 3]);
    let two_bits = png::plain(4, 1, 2, png::GREY, &[vec![0b0001_1011]]);
    assert_eq!(
        [0, 1, 2, 3].map(|x| colour(&two_bits, x, 0)[0]),
        [0, 85, 170, 255]
    );
    let deep = ImageBuffer::from_fn(3, 1, |x, _| Luma([[0u16, 0x8080, u16::MAX][x as usize]]));
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let bytes = encoded(DynamicImage::ImageLuma16(deep.clone()), format);
        assert_eq!([0, 1, 2].map(|x| colour(&bytes, x, 0)[0]), [0, 0x80, 255]);
    }
    // A scanner's page: nine pixels of one bit, the first and the last set.
    for (meaning, set) in [
        (tiff::WHITE_IS_ZERO, [0; 3]),
        (tiff::BLACK_IS_ZERO, [255; 3]),
    ] {
        let bytes = tiff::file((9, 1), (1, 1), meaning, 1, &[0b1000_0000, 0b1000_0000]);
        assert_eq!(colour(&bytes, 0, 0), set);
        assert_eq!(colour(&bytes, 4, 0), set.map(|value| 255 - value));
        assert_eq!(colour(&bytes, 8, 0), set);
    }
    assert_eq!(
        code(&tiff::file((4, 1), (1, 8), tiff::PALETTE, 1, &[0; 4])),
        "UNSUPPORTED_FORMAT"
    );
}

#[test]
fn palettes_and_transparency_show_paper() {
    let palette = png::chunk(b"PLTE", &[10, 20, 30, 200, 100, 0]);
    let half = png::chunk(b"tRNS", &[255, 51]);
    let header = png::header(2, 1, 8, png::PALETTE);
    let bytes = png::file(&[header, palette, half, png::data(&[vec![0, 1]])]);
    assert_eq!(colour(&bytes, 0, 0), [10, 20, 30]);
    assert_eq!(colour(&bytes, 1, 0), [244, 224, 204]);
    let grey = ImageBuffer::from_fn(2, 1, |x, _| LumaA([0, [51u8, 255][x as usize]]));
    let bytes = encoded(DynamicImage::ImageLumaA8(grey), ImageFormat::Png);
    assert_eq!(
        [colour(&bytes, 0, 0), colour(&bytes, 1, 0)],
        [[204; 3], [0; 3]]
    );
    // A drawing in black on nothing at all.
    let drawing = RgbaImage::from_fn(30, 30, |x, _| Rgba([0, 0, 0, if x == 9 { 255 } else { 0 }]));
    for format in [
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Tiff,
    ] {
        let bytes = encoded(drawing.clone(), format);
        assert_eq!(colour(&bytes, 9, 7), [0; 3], "{format:?}");
        assert_eq!(colour(&bytes, 8, 7), [255; 3], "{format:?}");
    }
}

#[test]
fn animations_give_their_first_frame() {
    let rows = |value: u8| vec![vec![value; 12 * 3]; 5];
    let bytes = png::animation(12, 5, &rows(240), &rows(7));
    assert_eq!(
        decode(&bytes).unwrap(),
        RgbImage::from_pixel(12, 5, Rgb([240; 3]))
    );
    let frame = |value| RgbaImage::from_pixel(12, 5, Rgba([value, value, value, 255]));
    let bytes = webp::animation(12, 5, &[frame(240), frame(7)]);
    // The decoder blends frames with rounding.
    assert!(close(colour(&bytes, 0, 0), [240; 3]) && close(colour(&bytes, 11, 4), [240; 3]));
    // A first frame smaller than its canvas lies on paper.
    let small = RgbaImage::from_pixel(4, 4, Rgba([7, 7, 7, 255]));
    let bytes = webp::animation(12, 5, &[small, frame(7)]);
    assert!(close(colour(&bytes, 0, 0), [7; 3]));
    assert_eq!(colour(&bytes, 11, 4), [255; 3]);
    let bytes = gif((12, 5), (1, 1));
    assert_eq!(
        (colour(&bytes, 0, 0), colour(&bytes, 11, 4)),
        ([0; 3], [255; 3])
    );
}

#[test]
fn every_orientation_is_turned_upright() {
    let (across, down) = (3, 2);
    let (width, height) = (24, 16);
    let upright = decode(&grey_mosaic(across, down).encode()).unwrap();
    for orientation in 1..=8u16 {
        // Where the pixel shown at (x, y) is stored (EXIF 2.3, tag 274).
        let stored = |x: u32, y: u32| match orientation {
            1 => (x, y),
            2 => (width - 1 - x, y),
            3 => (width - 1 - x, height - 1 - y),
            4 => (x, height - 1 - y),
            5 => (y, x),
            6 => (y, height - 1 - x),
            7 => (width - 1 - y, height - 1 - x),
            _ => (width - 1 - y, x),
        };
        let size = if orientation < 5 {
            (width, height)
        } else {
            (height, width)
        };
        let expected = RgbImage::from_fn(size.0, size.1, |x, y| {
            let (x, y) = stored(x, y);
            *upright.get_pixel(x, y)
        });
        let mut mosaic = grey_mosaic(across, down);
        mosaic.exif = Some(exif(orientation));
        assert_eq!(
            decode(&mosaic.encode()).unwrap(),
            expected,
            "JPEG {orientation}"
        );
        let grey: Vec<u8> = upright.pixels().map(|pixel| pixel[0]).collect();
        let bytes = tiff::file(
            (width, height),
            (1, 8),
            tiff::BLACK_IS_ZERO,
            orientation,
            &grey,
        );
        assert_eq!(decode(&bytes).unwrap(), expected, "TIFF {orientation}");
        let rgba = DynamicImage::from(upright.clone()).into_rgba8();
        let bytes = webp::with_exif(&rgba, &exif(orientation));
        assert_eq!(decode(&bytes).unwrap(), expected, "WebP {orientation}");
        let rows: Vec<Vec<u8>> = grey.chunks(width as usize).map(<[u8]>::to_vec).collect();
        let bytes = png::file(&[
            png::header(width, height, 8, png::GREY),
            png::chunk(b"eXIf", &exif(orientation)),
            png::data(&rows),
        ]);
        assert_eq!(decode(&bytes).unwrap(), expected, "PNG {orientation}");
    }
}

#[test]
fn exif_nonsense_is_ignored() {
    let plain = decode(&grey_mosaic(3, 2).encode()).unwrap();
    let mut cases: Vec<Vec<u8>> = [0, 9, 255, 256, u16::MAX].map(exif).to_vec();
    let good = exif(6);
    cases.extend((0..good.len() - 8).map(|length| good[..length].to_vec()));
    cases.push(vec![0xff; 60]);
    cases.push(Vec::new());
    // A directory beyond the end, and one that is its own header.
    let with = |at: usize, value: &[u8]| {
        let mut exif = good.clone();
        exif[at..at + value.len()].copy_from_slice(value);
        exif
    };
    cases.push(with(4, &[0xff; 4]));
    cases.push(with(4, &[0; 4]));
    for exif in cases {
        let mut mosaic = grey_mosaic(3, 2);
        mosaic.exif = Some(exif);
        let picture = decode(&mosaic.encode()).unwrap();
        assert!(picture == plain, "{:?}", mosaic.exif);
    }
    // More entries than there are: the one there is counts.
    let mut mosaic = grey_mosaic(3, 2);
    mosaic.exif = Some(with(8, &[0xff; 2]));
    assert_eq!(decode(&mosaic.encode()).unwrap().dimensions(), (16, 24));
}

/// Cut after any byte, a file is an error or still the whole picture; changed in any byte, it is
/// an error or some picture of a possible size.
fn cut_and_changed(name: &str, bytes: &[u8]) {
    let whole = decode(bytes).unwrap();
    for length in 0..bytes.len() {
        match decode(&bytes[..length]) {
            Ok(picture) => assert!(
                picture == whole,
                "{name} cut to {length} is another picture"
            ),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    for (at, flip) in (0..bytes.len()).zip([0x01, 0x80, 0xff].into_iter().cycle()) {
        let mut changed = bytes.to_vec();
        changed[at] ^= flip;
        if let Ok(picture) = decode(&changed) {
            assert!(
                picture.width() > 0 && picture.height() > 0,
                "{name} changed at {at}"
            );
        }
    }
}

#[test]
fn files_cut_or_changed_anywhere_are_errors_or_pictures() {
    let picture = gradient(23, 17);
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Bmp,
        ImageFormat::Gif,
        ImageFormat::Tiff,
        ImageFormat::WebP,
    ] {
        cut_and_changed(&format!("{format:?}"), &encoded(picture.clone(), format));
    }
    let mut mosaic = grey_mosaic(4, 3);
    mosaic.progressive = true;
    mosaic.exif = Some(exif(6));
    cut_and_changed("progressive JPEG", &mosaic.encode());
    let rows = |value: u8| vec![vec![value; 12 * 3]; 5];
    cut_and_changed("APNG", &png::animation(12, 5, &rows(240), &rows(7)));
    let frame = |value| RgbaImage::from_pixel(12, 5, Rgba([value, value, value, 255]));
    cut_and_changed(
        "animated WebP",
        &webp::animation(12, 5, &[frame(240), frame(7)]),
    );
    let grey: Vec<u8> = (0..100).collect();
    cut_and_changed(
        "TIFF",
        &tiff::file((10, 10), (1, 8), tiff::BLACK_IS_ZERO, 3, &grey),
    );
}

#[test]
fn a_jpeg_damaged_halfway_is_refused() {
    let mut mosaic = Mosaic::new(20, 20, |column, row| {
        vec![(column * 13 + row * 5) as u8, 120, 140]
    });
    for progressive in [false, true] {
        mosaic.progressive = progressive;
        let mut bytes = mosaic.encode();
        assert!(decode(&bytes).is_ok());
        let middle = bytes.len() * 2 / 3;
        // No code begins with four ones.
        bytes[middle..middle + 2].fill(0xfe);
        let error = decode(&bytes).unwrap_err();
        assert_eq!(error.code(), "DECODE");
        assert!(error.to_string().contains("rows are missing"), "{error}");
    }
}

#[test]
fn a_jpeg_that_ends_too_early_is_refused() {
    let mosaic = Mosaic::new(20, 20, |column, row| {
        vec![(column * 13 + row * 5) as u8, 120, 140]
    });
    let whole = mosaic.encode();
    let mut cut = whole[..whole.len() / 2].to_vec();
    cut.extend([0xff, 0xd9]);
    let error = decode(&cut).unwrap_err();
    assert!(error.to_string().contains("rows are missing"), "{error}");
    // A photo by the usual encoder, whose zeros mean something else.
    let photo = gradient(400, 300);
    let whole = encoded(photo, ImageFormat::Jpeg);
    let mut cut = whole[..whole.len() / 2].to_vec();
    cut.extend([0xff, 0xd9]);
    let error = decode(&cut).unwrap_err();
    assert!(error.to_string().contains("rows are missing"), "{error}");
}

#[test]
fn bare_paper_below_the_tracing_is_no_damage() {
    let page = |light: u8| {
        RgbImage::from_fn(400, 300, |x, y| {
            if y < 150 {
                Rgb([(x * y % 200) as u8; 3])
            } else {
                Rgb([light; 3])
            }
        })
    };
    for light in [255, 0, 90] {
        let picture = decode(&encoded(page(light), ImageFormat::Jpeg)).unwrap();
        assert!(close(picture.get_pixel(200, 299).0, [light; 3]));
        assert!(close(picture.get_pixel(399, 160).0, [light; 3]));
    }
    // A single row of blocks, and all blocks alike.
    for (across, down) in [(40, 4), (12, 40)] {
        let bytes = Mosaic::new(across, down, |_, _| vec![200]).encode();
        assert_eq!(colour(&bytes, 90, 30), [200; 3]);
    }
}

#[test]
fn colours_finer_than_the_brightness_are_refused() {
    for components in [3, 4] {
        let mosaic = Mosaic::new(4, 4, |_, _| vec![90, 128, 128, 128][..components].to_vec());
        let mut bytes = mosaic.encode();
        assert!(decode(&bytes).is_ok());
        let frame = bytes
            .windows(2)
            .position(|pair| pair == [0xff, 0xc0])
            .unwrap();
        // The last component's sampling factors.
        bytes[frame + 10 + 3 * (components - 1) + 1] = 0x42;
        let error = decode(&bytes).unwrap_err();
        assert_eq!(error.code(), "DECODE");
        assert!(error.to_string().contains("more finely"), "{error}");
    }
}

#[test]
fn four_inks_without_their_components_are_refused() {
    const ADOBE_YCCK: &[u8] = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x02";
    for progressive in [false, true] {
        // The segment may come before the frame or, against the rules, after it.
        let mut two = Mosaic::new(4, 4, |_, _| vec![90, 120]);
        (two.adobe, two.progressive) = (Some(2), progressive);
        let mut one = grey_mosaic(4, 4);
        one.progressive = progressive;
        let mut one = one.encode();
        let table = one
            .windows(2)
            .position(|pair| pair == [0xff, 0xc4])
            .unwrap();
        one.splice(table..table, ADOBE_YCCK.iter().copied());
        for bytes in [two.encode(), one] {
            let error = decode(&bytes).unwrap_err();
            assert_eq!(error.code(), "DECODE");
            assert!(error.to_string().contains("four inks"), "{error}");
        }
        // Three are taken for YCbCr, as all programs do.
        let mut three = Mosaic::new(4, 4, |_, _| vec![90, 128, 128]);
        (three.adobe, three.progressive) = (Some(2), progressive);
        assert_eq!(colour(&three.encode(), 9, 9), [90; 3]);
    }
}

#[test]
fn a_jpeg_of_endless_scans_is_refused_at_once() {
    let mut mosaic = grey_mosaic(8, 8);
    mosaic.progressive = true;
    mosaic.scans = 5000;
    assert_eq!(code(&mosaic.encode()), "DECODE");
    mosaic.scans = 2;
    assert!(decode(&mosaic.encode()).is_ok());
}

#[test]
fn formats_that_are_not_read_say_what_to_do() {
    for (bytes, advice) in [
        (&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], "JPEG"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "JPEG"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "screenshot"),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "screenshot"),
        (b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0", ""),
        (b"P6\n2 2\n255\n............", ""),
    ] {
        let error = decode(bytes).unwrap_err();
        assert_eq!(error.code(), "UNSUPPORTED_FORMAT");
        assert!(error.to_string().contains(advice), "{error}");
    }
    assert_eq!(
        foreign_picture(&encoded(gradient(4, 4), ImageFormat::Png)),
        None
    );
}

#[test]
fn what_a_jpeg_can_be_beyond_photos_is_named() {
    let mut bytes = grey_mosaic(2, 2).encode();
    let frame = bytes
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    // Lossless, arithmetic and differential frames; then samples of 12 bits.
    for marker in [0xc3, 0xc5, 0xc9, 0xca, 0xcf] {
        bytes[frame + 1] = marker;
        let error = decode(&bytes).unwrap_err();
        assert!(
            matches!(
                error,
                Error::UnsupportedFormat { .. } | Error::Decode { .. }
            ),
            "{error}"
        );
    }
    bytes[frame + 1] = 0xc1;
    bytes[frame + 4] = 12;
    assert!(decode(&bytes).is_err());
    let nothing: Vec<u8> = jpeg::Mosaic::new(1, 1, |_, _| vec![128]).encode();
    assert_eq!(decode(&nothing).unwrap().dimensions(), (8, 8));
}

#[test]
fn bombs_beside_the_pixels_do_no_harm() {
    let bytes = png::file(&[
        png::header(2, 1, 8, png::GREY),
        png::text_bomb(50 << 20),
        png::data(&[vec![0, 255]]),
    ]);
    assert_eq!(colour(&bytes, 1, 0), [255; 3]);
    // More pixels than the header announces.
    let bytes = png::file(&[
        png::header(2, 1, 8, png::GREY),
        png::chunk(b"IDAT", &png::zlib_zeros(50 << 20)),
    ]);
    if let Ok(picture) = decode(&bytes) {
        assert_eq!(picture.dimensions(), (2, 1));
    }
}
