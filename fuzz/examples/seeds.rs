//! Writes the files that the fuzzers start from: `seeds CORPUS` fills `CORPUS/decode`, `CORPUS/recordings` and
//! `CORPUS/rectify`.

use std::path::Path;

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

#[path = "../../tests/pictures/mod.rs"]
mod pictures;
#[path = "../../tests/recordings/mod.rs"]
mod recordings;

use pictures::jpeg::Mosaic;
use pictures::{encoded, exif, gif, gradient, png, tiff, webp};

fn main() -> std::io::Result<()> {
    let corpus = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "corpus".to_owned());
    write(&Path::new(&corpus).join("decode"), &files())?;
    write(&Path::new(&corpus).join("recordings"), &strips())?;
    write(&Path::new(&corpus).join("rectify"), &dice())
}

fn write(folder: &Path, seeds: &[Vec<u8>]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (number, bytes) in seeds.iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number:02}")), bytes)?;
    }
    Ok(())
}

/// Every format in every variety that is read, and some that are not.
fn files() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    let photo = DynamicImage::from(gradient(24, 18));
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Bmp,
        ImageFormat::Gif,
        ImageFormat::Tiff,
        ImageFormat::WebP,
    ] {
        files.push(encoded(photo.clone(), format));
    }
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        files.push(encoded(DynamicImage::from(photo.to_luma16()), format));
        files.push(encoded(DynamicImage::from(photo.to_rgba16()), format));
    }
    for components in [1, 3, 4] {
        for (adobe, progressive) in [(None, false), (Some(0), true), (Some(2), false)] {
            let mut mosaic = Mosaic::new(3, 2, |x, y| vec![(x * 80 + y * 50) as u8; components]);
            mosaic.adobe = adobe;
            mosaic.progressive = progressive;
            mosaic.exif = Some(exif(6));
            mosaic.scans = 1 + usize::from(progressive);
            files.push(mosaic.encode());
        }
    }
    let rows = |value: u8| vec![vec![value; 12 * 3]; 5];
    files.push(png::animation(12, 5, &rows(240), &rows(7)));
    files.push(png::plain(10, 1, 1, png::GREY, &[vec![0xaa, 0x80]]));
    files.push(png::file(&[
        png::header(2, 1, 8, png::PALETTE),
        png::chunk(b"PLTE", &[10, 20, 30, 200, 100, 0]),
        png::chunk(b"tRNS", &[255, 51]),
        png::chunk(b"eXIf", &exif(3)),
        png::text_bomb(4000),
        png::data(&[vec![0, 1]]),
    ]));
    let frame = |value| RgbaImage::from_pixel(12, 5, Rgba([value, value, value, 200]));
    files.push(webp::animation(12, 5, &[frame(240), frame(7)]));
    files.push(webp::with_exif(&frame(9), &exif(8)));
    files.push(gif((12, 5), (1, 1)));
    files.push(tiff::file(
        (9, 1),
        (1, 1),
        tiff::WHITE_IS_ZERO,
        5,
        &[0x80, 0x80],
    ));
    files.push(tiff::file((2, 1), (4, 8), tiff::FOUR_INKS, 1, &[9; 8]));
    files.push(b"# sample_rate_hz: 100\ntime_s,I (mV)\n0,0.1\n0.01,0.2\n0.02,0.1\n".to_vec());
    files.push(b"rec 1 250 3\nrec.dat 16 200/mV 12 0 0 0 0 I\n".to_vec());
    files
}

/// A second in every format, each with the byte that lets it be read as it is, and the
/// refused ones.
fn strips() -> Vec<Vec<u8>> {
    let mut files: Vec<Vec<u8>> = recordings::every_format(1.0)
        .into_iter()
        .map(|(_, bytes)| bytes)
        .collect();
    let (header, signals) = recordings::wfdb(0.1);
    files.extend([header, signals]);
    files.push(b"com.samsung.health.ecg,1\nstart_time,datauuid\n".to_vec());
    files.push(b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_vec());
    files.push(b"PK\x03\x04apple_health_export/".to_vec());
    files
        .iter()
        .map(|file| [&[0], &file[..]].concat())
        .collect()
}

/// Pages of different pitch, slant and number of curves, as the bytes that draw them.
fn dice() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for pitch in [10, 20, 30, 60] {
        for turn in [128, 140, 250] {
            for by_corners in [false, true] {
                let mut bytes = vec![u8::from(!by_corners)];
                if by_corners {
                    bytes.extend([60, 60, 190, 60, 190, 170, 60, 170]);
                    bytes.extend([120, 90]);
                }
                // Size, paper, then the grid: pitch, every fifth line, turn, tilt, bend, colours.
                bytes.extend([250, 240, 255, 250, 245]);
                bytes.extend([pitch, 5, turn, 128, 128, 0, 240, 190, 190, 220, 130, 130]);
                bytes.push(4);
                for row in 0..4 {
                    // Height, both ends, beat, spike, wave, thickness, colour.
                    bytes.extend([40 + row * 55, 5, 250, 90, 190, 30, 20, 20, 20, 30]);
                }
                bytes.extend([0, 1]);
                seeds.push(bytes);
            }
        }
    }
    seeds
}
