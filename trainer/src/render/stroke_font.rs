//! A stroke font of our own: capitals, digits and the few small letters that ECG printouts need.
//!
//! A glyph is a string of strokes separated by spaces; a stroke is a row of points, each two
//! hexadecimal digits: x, then y upwards from the baseline, in twelfths of the cap height.

use super::coverage::{Polyline, Shape};
use super::font::Typeface;

/// Strokes that write `text` with the baseline of its first letter starting at `origin_mm`. Letters
/// without a glyph of their own become small capitals; anything else unknown becomes a space.
pub fn write(text: &str, origin_mm: [f32; 2], face: &Typeface) -> Vec<Shape> {
    let mut strokes = Vec::new();
    let unit_mm = face.cap_height_mm / CAP_UNITS;
    let mut x_units = 0.0;
    for character in text.chars() {
        let (glyph, size) = glyph_of(character, face.barred_i);
        let mut width_units: f32 = 0.0;
        for stroke in glyph.split_ascii_whitespace() {
            let points: Polyline = points_of(stroke)
                .map(|[x, y]| {
                    width_units = width_units.max(x * size);
                    let (x, y) = (x_units + x * size, y * size);
                    [
                        origin_mm[0] + (x * face.stretch + y * face.slant) * unit_mm,
                        origin_mm[1] - y * unit_mm,
                    ]
                })
                .collect();
            strokes.push(Shape::Line(points, face.pen_mm));
        }
        x_units += if glyph.is_empty() {
            SPACE_UNITS
        } else {
            width_units.max(NARROWEST_UNITS) + GAP_UNITS
        };
    }
    strokes
}

const CAP_UNITS: f32 = 12.0;
const GAP_UNITS: f32 = 2.2;
/// A bare stroke is no narrower than this, or the strokes of `III` would run into one.
const NARROWEST_UNITS: f32 = 1.8;
const SPACE_UNITS: f32 = 6.0;
/// Small capitals stand as tall as the small letters that have a glyph.
const SMALL_CAPITAL: f32 = 0.75;

fn points_of(stroke: &str) -> impl Iterator<Item = [f32; 2]> + '_ {
    stroke
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| pair_to_point(pair[0], pair[1]))
}

fn pair_to_point(x: u8, y: u8) -> [f32; 2] {
    [x, y].map(|digit| (digit as char).to_digit(16).unwrap_or(0) as f32)
}

/// The glyph and the size at which it is drawn (1 = as designed).
fn glyph_of(character: char, barred_i: bool) -> (&'static str, f32) {
    let glyph = match character {
        'A' => "004c80 2464",
        'B' => "000c5c7b775606 5685816000",
        'C' => "826020020a2c6c8a",
        'D' => "000c5c8a825000",
        'E' => "80000c8c 0666",
        'F' => "000c8c 0666",
        'G' => "8a6c2c0a022060828656",
        'H' => "000c 808c 0686",
        'I' if barred_i => "202c 0040 0c4c",
        'I' => "000c",
        'J' => "022060828c",
        'K' => "000c 8c05 2780",
        'L' => "0c0080",
        'M' => "000c468c80",
        'N' => "000c808c",
        'O' => "20020a2c6c8a826020",
        'P' => "000c6c8a886606",
        'Q' => "20020a2c6c8a826020 5380",
        'R' => "000c6c8a886606 4680",
        'S' => "8a6c2c0a0826668482602002",
        'T' => "0c8c 4c40",
        'U' => "0c022060828c",
        'V' => "0c408c",
        'W' => "0c2048608c",
        'X' => "0c80 8c00",
        'Y' => "0c468c 4640",
        'Z' => "0c8c0080",
        '0' => "20020a2c5c7a725020",
        '1' => "194c40",
        '2' => "0a2c5c7a780070",
        '3' => "0a2c5c7a785636 567472502002",
        '4' => "505c0484",
        '5' => "7c1c0627577572502002",
        '6' => "6c3c080220507275572705",
        '7' => "0c7c20",
        '8' => "26080a2c5c7a78562604022050727456",
        '9' => "1040747a5c2c0a07255577",
        'a' => "0728586760 65250302204062",
        'm' => "0008 0618384640 4658788680",
        's' => "67581807056361501001",
        'v' => "083068",
        'z' => "08680060",
        '/' => "006c",
        ':' => "1112 1617",
        '.' => "1011",
        '-' => "1656",
        ',' => "2100",
        '(' => "3c081430",
        ')' => "0c382400",
        '*' => "1357 1753 0565",
        '+' => "1656 3438",
        '%' => "006c 0a1b 5162",
        '_' => "0070",
        '~' => "0526466586",
        small if small.is_ascii_lowercase() => {
            return (
                glyph_of(small.to_ascii_uppercase(), barred_i).0,
                SMALL_CAPITAL,
            );
        }
        _ => "",
    };
    (glyph, 1.0)
}

#[cfg(test)]
mod tests {
    use super::super::font::Family;
    use super::*;

    const FACE: Typeface = Typeface {
        family: Family::Stroke,
        cap_height_mm: 3.0,
        pen_mm: 0.3,
        stretch: 1.0,
        slant: 0.0,
        barred_i: false,
    };

    #[test]
    fn a_capital_v_goes_down_and_up() {
        let strokes = write("V", [10.0, 20.0], &FACE);
        assert_eq!(
            strokes,
            vec![Shape::Line(
                vec![[10.0, 17.0], [11.0, 20.0], [12.0, 17.0]],
                0.3
            )]
        );
    }

    #[test]
    fn every_printable_letter_and_digit_has_a_well_formed_glyph() {
        for character in ('A'..='Z').chain('a'..='z').chain('0'..='9') {
            let (glyph, _) = glyph_of(character, true);
            assert!(!glyph.is_empty(), "{character} has no glyph");
            for stroke in glyph.split_ascii_whitespace() {
                assert!(
                    stroke.len() >= 4 && stroke.len() % 2 == 0,
                    "{character}: {stroke}"
                );
                assert!(
                    points_of(stroke).all(|[x, y]| x <= 8.0 && y <= 12.0),
                    "{character}"
                );
            }
        }
    }

    #[test]
    fn letters_advance_and_spaces_take_room() {
        let end = |text: &str| {
            let shapes = write(text, [0.0; 2], &FACE);
            shapes.iter().map(|s| s.bounds()[2]).fold(0.0, f32::max)
        };
        assert!(end("V1") > end("V"));
        assert!(end("V 1") > end("V1"));
    }
}
