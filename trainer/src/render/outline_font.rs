//! Letters of the two bundled OFL fonts as filled outlines.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, GlyphId, OutlineCurve, Point};

use super::coverage::{Polyline, Shape};
use super::font::{Family, Typeface};

/// Filled letters that write `text` from `origin_mm` on; `None` if the face has no outlines.
pub fn write(text: &str, origin_mm: [f32; 2], face: &Typeface) -> Option<Vec<Shape>> {
    let font = match face.family {
        Family::Stroke => return None,
        Family::Sans => sans(),
        Family::Serif => serif(),
    }?;
    let unit_mm = face.cap_height_mm / cap_height_units(font)?;
    let mut shapes = Vec::new();
    let mut x_units = 0.0;
    for character in text.chars() {
        let glyph = font.glyph_id(character);
        let place = |point: Point| {
            let (x, y) = (x_units + point.x, point.y);
            [
                origin_mm[0] + (x * face.stretch + y * face.slant) * unit_mm,
                origin_mm[1] - y * unit_mm,
            ]
        };
        let outlines = outlines(font, glyph, place);
        if face.pen_mm > 0.0 {
            shapes.extend(outlines.iter().map(|outline| {
                let closed = outline.iter().chain(outline.first()).copied().collect();
                Shape::Line(closed, face.pen_mm)
            }));
        }
        if !outlines.is_empty() {
            shapes.push(Shape::Area(outlines));
        }
        x_units += font.h_advance_unscaled(glyph);
    }
    Some(shapes)
}

/// Straight pieces per curve: the letters are a few millimetres tall.
const PIECES: usize = 3;

fn sans() -> Option<&'static FontRef<'static>> {
    static FONT: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    let bytes = include_bytes!("../../assets/fonts/Arimo-Regular.ttf");
    FONT.get_or_init(|| FontRef::try_from_slice(bytes).ok())
        .as_ref()
}

fn serif() -> Option<&'static FontRef<'static>> {
    static FONT: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    let bytes = include_bytes!("../../assets/fonts/STIXTwoText-Regular.ttf");
    FONT.get_or_init(|| FontRef::try_from_slice(bytes).ok())
        .as_ref()
}

fn cap_height_units(font: &FontRef<'_>) -> Option<f32> {
    let outlines = outlines(font, font.glyph_id('H'), |point| [point.x, point.y]);
    let top = outlines.iter().flatten().map(|point| point[1]);
    top.reduce(f32::max).filter(|units| *units > 0.0)
}

/// The closed outlines of a glyph, in font units taken through `place`.
fn outlines(
    font: &FontRef<'_>,
    glyph: GlyphId,
    place: impl Fn(Point) -> [f32; 2],
) -> Vec<Polyline> {
    let mut outlines: Vec<Polyline> = Vec::new();
    let mut pen: Option<Point> = None;
    for curve in font.outline(glyph).map_or(Vec::new(), |found| found.curves) {
        let (start, end) = match curve {
            OutlineCurve::Line(a, b) => (a, b),
            OutlineCurve::Quad(a, _, b) => (a, b),
            OutlineCurve::Cubic(a, _, _, b) => (a, b),
        };
        if pen != Some(start) {
            outlines.push(vec![place(start)]);
        }
        pen = Some(end);
        let Some(outline) = outlines.last_mut() else {
            continue;
        };
        match curve {
            OutlineCurve::Line(..) => outline.push(place(end)),
            OutlineCurve::Quad(a, b, c) => {
                for k in 1..=PIECES {
                    let t = k as f32 / PIECES as f32;
                    outline.push(place(mix(mix(a, b, t), mix(b, c, t), t)));
                }
            }
            OutlineCurve::Cubic(a, b, c, d) => {
                for k in 1..=PIECES {
                    let t = k as f32 / PIECES as f32;
                    let (ab, bc, cd) = (mix(a, b, t), mix(b, c, t), mix(c, d, t));
                    outline.push(place(mix(mix(ab, bc, t), mix(bc, cd, t), t)));
                }
            }
        }
    }
    outlines
}

fn mix(a: Point, b: Point, t: f32) -> Point {
    Point {
        x: a.x + t * (b.x - a.x),
        y: a.y + t * (b.y - a.y),
    }
}

#[cfg(test)]
mod tests {
    use super::super::font::bounds;
    use super::*;

    fn face(family: Family) -> Typeface {
        Typeface {
            family,
            cap_height_mm: 3.0,
            pen_mm: 0.0,
            stretch: 1.0,
            slant: 0.0,
            barred_i: false,
        }
    }

    #[test]
    fn capitals_stand_on_the_line_as_tall_as_asked() {
        for family in [Family::Sans, Family::Serif] {
            let shapes = write("H", [10.0, 20.0], &face(family)).unwrap();
            let [left, top, right, bottom] = bounds(&shapes).unwrap();
            assert!((top - 17.0).abs() < 0.01 && (bottom - 20.0).abs() < 0.01);
            assert!(left >= 10.0 && right > left + 1.5 && right < 14.0);
        }
    }

    #[test]
    fn every_printable_character_has_an_outline() {
        for family in [Family::Sans, Family::Serif] {
            for character in '!'..='~' {
                let shapes = write(&character.to_string(), [0.0; 2], &face(family)).unwrap();
                assert!(!shapes.is_empty(), "{character}");
            }
        }
        assert!(write("A", [0.0; 2], &face(Family::Stroke)).is_none());
    }

    #[test]
    fn an_o_has_a_hole() {
        let shapes = write("O", [0.0; 2], &face(Family::Sans)).unwrap();
        let [Shape::Area(outlines)] = shapes.as_slice() else {
            panic!("one filled glyph");
        };
        assert_eq!(outlines.len(), 2);
    }
}
