//! What people and cups leave on a page: pen strokes, handwriting, stamps, black boxes, stains.

use image::RgbImage;
use rand::{Rng, RngExt};

use super::handwriting;
use super::shot::Marks;
use crate::render::chance::{normal, pick, uniform};

/// The page with its marks, or none where there are none.
pub fn draw<R: Rng + ?Sized>(
    page: &RgbImage,
    pixels_per_mm: f32,
    marks: &Marks,
    rng: &mut R,
) -> Option<RgbImage> {
    if *marks == Marks::default() {
        return None;
    }
    let mut sheet = Sheet {
        picture: page.clone(),
        pixels_per_mm,
    };
    let [width, height] = [page.width(), page.height()].map(|px| px as f32 / pixels_per_mm);
    for _ in 0..marks.stains {
        sheet.stain(rng, [width, height]);
    }
    let ink = pick(
        rng,
        &[
            ([0.1, 0.12, 0.15], 0.5),
            ([0.1, 0.15, 0.5], 0.4),
            ([0.7, 0.1, 0.1], 0.1),
        ],
    );
    let pen_mm = uniform(rng, 0.3, 0.7);
    for _ in 0..marks.pen_strokes {
        let line = loose_stroke(rng, [width, height]);
        sheet.line(&line, pen_mm, ink);
    }
    if marks.words > 0 {
        // Notes go where there is room: mostly above the traces.
        let size_mm = uniform(rng, 2.0, 4.5);
        let mut at = [
            uniform(rng, 0.1, 0.6) * width,
            pick(rng, &[(0.14, 0.7), (0.55, 0.15), (0.95, 0.15)]) * height,
        ];
        let climb = normal(rng, 0.0, 0.04);
        for _ in 0..marks.words {
            let line = handwriting::word(rng, at, size_mm, climb);
            sheet.line(&line, pen_mm, ink);
            at = line.last().copied().unwrap_or(at);
            at[0] += 1.5 * size_mm;
            if at[0] > 0.88 * width {
                at = [uniform(rng, 0.1, 0.4) * width, at[1] + 3.0 * size_mm];
            }
        }
    }
    for _ in 0..marks.stamps {
        stamp(&mut sheet, rng, [width, height]);
    }
    for _ in 0..marks.redactions {
        let corner = [
            uniform(rng, 0.02, 0.6) * width,
            uniform(rng, 0.01, 0.12) * height,
        ];
        let size = [uniform(rng, 15.0, 60.0), uniform(rng, 3.0, 8.0)];
        sheet.fill_box(corner, size, [0.02; 3]);
    }
    Some(sheet.picture)
}

struct Sheet {
    picture: RgbImage,
    pixels_per_mm: f32,
}

impl Sheet {
    /// A polyline of round pen width, blended over what is there.
    fn line(&mut self, line: &[[f32; 2]], pen_mm: f32, ink: [f32; 3]) {
        for pair in line.windows(2) {
            let [[x0, y0], [x1, y1]] =
                [pair[0], pair[1]].map(|p| p.map(|v| v * self.pixels_per_mm));
            let radius = (0.5 * pen_mm * self.pixels_per_mm).max(0.5);
            let (dx, dy) = (x1 - x0, y1 - y0);
            let length2 = (dx * dx + dy * dy).max(1e-6);
            let reach = [
                [x0.min(x1) - radius - 1.0, x0.max(x1) + radius + 1.0],
                [y0.min(y1) - radius - 1.0, y0.max(y1) + radius + 1.0],
            ];
            self.blend(reach, |x, y| {
                let along = (((x - x0) * dx + (y - y0) * dy) / length2).clamp(0.0, 1.0);
                let away = (x - x0 - along * dx).hypot(y - y0 - along * dy);
                Some((ink, (radius + 0.5 - away).clamp(0.0, 1.0) * 0.9))
            });
        }
    }

    fn fill_box(&mut self, corner_mm: [f32; 2], size_mm: [f32; 2], ink: [f32; 3]) {
        let scale = self.pixels_per_mm;
        let reach = [0, 1].map(|k| [corner_mm[k] * scale, (corner_mm[k] + size_mm[k]) * scale]);
        self.blend(reach, |_, _| Some((ink, 1.0)));
    }

    /// A spill with a darker rim and an uneven outline, or the ring of a cup.
    fn stain<R: Rng + ?Sized>(&mut self, rng: &mut R, [width, height]: [f32; 2]) {
        let scale = self.pixels_per_mm;
        let centre = [uniform(rng, 0.0, width), uniform(rng, 0.0, height)].map(|v| v * scale);
        let radius = uniform(rng, 8.0, 38.0) * scale;
        let is_ring = rng.random_bool(0.4);
        let colour = pick(
            rng,
            &[
                ([0.55, 0.4, 0.22], 0.6),
                ([0.5, 0.48, 0.4], 0.25),
                ([0.6, 0.3, 0.3], 0.15),
            ],
        );
        let opacity = uniform(rng, 0.12, 0.45);
        let waves = [1.0, 2.0, 3.0, 5.0, 9.0].map(|k: f32| {
            let strength = uniform(rng, 0.0, 0.16) / k.sqrt();
            (k, strength, uniform(rng, 0.0, std::f32::consts::TAU))
        });
        let rim = (1.2 * scale).max(1.0);
        let reach = [0, 1].map(|k| [centre[k] - 1.8 * radius, centre[k] + 1.8 * radius]);
        self.blend(reach, |x, y| {
            let (dx, dy) = (x - centre[0], y - centre[1]);
            let angle = dy.atan2(dx);
            let wobble: f32 = waves
                .iter()
                .map(|(k, s, p)| s * (k * angle + p).sin())
                .sum();
            let outline = radius * (1.0 + if is_ring { 0.2 * wobble } else { wobble });
            let inside = outline - dx.hypot(dy);
            let edge = (inside / rim).clamp(0.0, 1.0);
            let line = (-(inside / rim - 1.0).powi(2)).exp();
            let fill = if is_ring { 0.15 } else { 0.6 };
            Some((colour, opacity * (fill * edge + 0.7 * line * edge)))
        });
    }

    /// Mixes in a colour: `at(x, y)` gives it with its opacity for pixel centres within `reach`.
    fn blend(&mut self, reach: [[f32; 2]; 2], at: impl Fn(f32, f32) -> Option<([f32; 3], f32)>) {
        let (width, height) = (self.picture.width(), self.picture.height());
        let [columns, rows] = [(reach[0], width), (reach[1], height)]
            .map(|([low, high], size)| low.max(0.0) as u32..(high.max(0.0) as u32).min(size));
        for y in rows {
            for x in columns.clone() {
                if let Some((ink, opacity)) = at(x as f32 + 0.5, y as f32 + 0.5)
                    && opacity > 0.0
                {
                    let pixel = self.picture.get_pixel_mut(x, y);
                    for (byte, ink) in pixel.0.iter_mut().zip(ink) {
                        let paper = f32::from(*byte) / 255.0;
                        // Ink lets darker things below show through.
                        let mixed = paper + opacity * (ink.min(paper) - paper);
                        *byte = (255.0 * mixed + 0.5) as u8;
                    }
                }
            }
        }
    }
}

/// A wandering curve a few centimetres long.
fn loose_stroke<R: Rng + ?Sized>(rng: &mut R, [width, height]: [f32; 2]) -> Vec<[f32; 2]> {
    let mut point = [
        uniform(rng, 0.05, 0.95) * width,
        uniform(rng, 0.05, 0.95) * height,
    ];
    let mut heading = uniform(rng, 0.0, std::f32::consts::TAU);
    let bend = normal(rng, 0.0, 0.12);
    let mut line = vec![point];
    for _ in 0..rng.random_range(10..70) {
        heading += bend + normal(rng, 0.0, 0.06);
        point = [
            point[0] + 0.7 * heading.cos(),
            point[1] + 0.7 * heading.sin(),
        ];
        line.push(point);
    }
    line
}

fn stamp<R: Rng + ?Sized>(sheet: &mut Sheet, rng: &mut R, [width, height]: [f32; 2]) {
    let ink = pick(
        rng,
        &[
            ([0.25, 0.2, 0.6], 0.5),
            ([0.65, 0.15, 0.2], 0.3),
            ([0.15, 0.15, 0.2], 0.2),
        ],
    );
    let centre = [
        uniform(rng, 0.15, 0.85) * width,
        uniform(rng, 0.1, 0.9) * height,
    ];
    let (sin, cos) = normal(rng, 0.0, 0.2).sin_cos();
    let half = [uniform(rng, 12.0, 24.0), uniform(rng, 7.0, 16.0)];
    let is_round = rng.random_bool(0.4);
    let place = |u: f32, v: f32| [centre[0] + u * cos - v * sin, centre[1] + u * sin + v * cos];
    for inset in [0.0, 1.5] {
        let (a, b) = (
            half[0] - inset,
            if is_round { half[0] } else { half[1] } - inset,
        );
        let outline: Vec<[f32; 2]> = if is_round {
            (0..=48)
                .map(|k| {
                    let (sin, cos) = (k as f32 * std::f32::consts::TAU / 48.0).sin_cos();
                    place(a * cos, b * sin)
                })
                .collect()
        } else {
            [[-a, -b], [a, -b], [a, b], [-a, b], [-a, -b]]
                .map(|[u, v]| place(u, v))
                .to_vec()
        };
        sheet.line(&outline, 0.5, ink);
    }
    for row in [-0.35, 0.0, 0.35] {
        // Letters as upright strokes with some bars: legible as a stamp, not as words.
        let mut u = -0.6 * half[0];
        while u < 0.6 * half[0] {
            let v = row * half[1];
            let tall = 0.1 * half[1];
            sheet.line(&[place(u, v + tall), place(u, v - tall)], 0.35, ink);
            if rng.random_bool(0.6) {
                let side = uniform(rng, -1.0, 1.0) * tall;
                sheet.line(&[place(u, v + side), place(u + 0.9, v - side)], 0.35, ink);
            }
            u += if rng.random_bool(0.2) { 3.0 } else { 1.5 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn marks_darken_a_part_of_the_page_and_never_lighten_it() {
        let page = RgbImage::from_pixel(594, 420, Rgb([250; 3]));
        let marks = Marks {
            pen_strokes: 3,
            words: 4,
            stamps: 1,
            redactions: 1,
            stains: 2,
        };
        let marked = draw(&page, 2.0, &marks, &mut ChaCha8Rng::seed_from_u64(2)).unwrap();
        let touched = marked.pixels().filter(|pixel| pixel.0 != [250; 3]).count();
        assert!((500..120_000).contains(&touched), "{touched}");
        assert!(
            marked
                .pixels()
                .all(|pixel| pixel.0.iter().all(|byte| *byte <= 250))
        );
    }

    #[test]
    fn a_line_covers_its_own_width() {
        let mut sheet = Sheet {
            picture: RgbImage::from_pixel(100, 60, Rgb([255; 3])),
            pixels_per_mm: 10.0,
        };
        sheet.line(&[[1.0, 3.0], [9.0, 3.0]], 0.6, [0.0; 3]);
        let dark: f32 = (0..60)
            .map(|y| 1.0 - f32::from(sheet.picture.get_pixel(50, y).0[0]) / 255.0)
            .sum();
        assert!((dark - 0.9 * 6.0).abs() < 0.5, "{dark}");
    }

    #[test]
    fn no_marks_no_copy() {
        let page = RgbImage::from_pixel(20, 20, Rgb([255; 3]));
        assert!(
            draw(
                &page,
                2.0,
                &Marks::default(),
                &mut ChaCha8Rng::seed_from_u64(0)
            )
            .is_none()
        );
    }
}
