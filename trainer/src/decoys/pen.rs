//! Drawing on a picture: anti-aliased lines, areas, letters.

use std::f32::consts::TAU;

use image::{Rgb, RgbImage};
use rand::RngExt;

use super::Dice;
use crate::render::coverage::Shape;
use crate::render::font::{Family, Typeface, write};

pub(super) use crate::render::chance::{log_uniform as log_between, uniform as between};

pub(super) type Colour = [u8; 3];
pub(super) type Point = [f32; 2];

/// How a line looks. Lengths are pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub(super) colour: Colour,
    pub(super) width: f32,
}

/// A picture that is drawn on.
pub(super) struct Board {
    pub(super) image: RgbImage,
}

impl Board {
    pub(super) fn blank((width, height): (u32, u32), colour: Colour) -> Self {
        Self {
            image: RgbImage::from_pixel(width, height, Rgb(colour)),
        }
    }

    pub(super) fn width(&self) -> f32 {
        self.image.width() as f32
    }

    pub(super) fn height(&self) -> f32 {
        self.image.height() as f32
    }

    /// The longer side, which sizes are chosen by.
    pub(super) fn side(&self) -> f32 {
        self.width().max(self.height())
    }

    pub(super) fn fill(&mut self, colour: Colour) {
        self.image.pixels_mut().for_each(|pixel| pixel.0 = colour);
    }

    /// Sets every pixel by its place.
    pub(super) fn paint(&mut self, colour: impl Fn(f32, f32) -> Colour) {
        for (x, y, pixel) in self.image.enumerate_pixels_mut() {
            pixel.0 = colour(x as f32, y as f32);
        }
    }

    fn tint(&mut self, x: i64, y: i64, colour: Colour, cover: f32) {
        if cover <= 0.0 || x < 0 || y < 0 {
            return;
        }
        if let Some(pixel) = self.image.get_pixel_mut_checked(x as u32, y as u32) {
            for (value, goal) in pixel.0.iter_mut().zip(colour) {
                let mixed =
                    f32::from(*value) + (f32::from(goal) - f32::from(*value)) * cover.min(1.0);
                *value = mixed.round() as u8;
            }
        }
    }

    /// A straight line.
    pub(super) fn line(&mut self, from: Point, to: Point, pen: Pen) {
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let length = dx.hypot(dy);
        if !length.is_finite() || length > 1e5 {
            return;
        }
        let along_x = dx.abs() >= dy.abs();
        // Work with the longer direction as u and the other as v.
        let turned = |p: Point| if along_x { p } else { [p[1], p[0]] };
        let (mut a, mut b) = (turned(from), turned(to));
        if a[0] > b[0] {
            std::mem::swap(&mut a, &mut b);
        }
        let run = (b[0] - a[0]).max(1e-3);
        let slope = (b[1] - a[1]) / run;
        let steepness = slope.hypot(1.0);
        let half = pen.width.max(0.3) / 2.0;
        let faint = pen.width.clamp(0.3, 1.0);
        let reach = (half + 0.5) * steepness;
        let (first, last) = (
            (a[0] - half).floor().max(-2.0),
            (b[0] + half).ceil().min(self.side() + 2.0),
        );
        let mut u = first;
        while u <= last {
            let v = a[1] + slope * (u.clamp(a[0], b[0]) - a[0]);
            let beyond = (a[0] - u).max(u - b[0]).max(0.0);
            let end = (half + 0.5 - beyond).clamp(0.0, 1.0);
            let mut w = (v - reach).floor();
            while w <= v + reach {
                let distance = (w - v).abs() / steepness;
                let cover = (half + 0.5 - distance).clamp(0.0, 1.0) * end * faint;
                let (x, y) = if along_x { (u, w) } else { (w, u) };
                self.tint(x as i64, y as i64, pen.colour, cover);
                w += 1.0;
            }
            u += 1.0;
        }
    }

    pub(super) fn path(&mut self, points: impl IntoIterator<Item = Point>, pen: Pen) {
        let mut points = points.into_iter();
        let Some(mut last) = points.next() else {
            return;
        };
        for point in points {
            self.line(last, point, pen);
            last = point;
        }
    }

    pub(super) fn rect(&mut self, [left, top, width, height]: [f32; 4], colour: Colour) {
        let (x_end, y_end) = (
            (left + width).min(self.width()),
            (top + height).min(self.height()),
        );
        for y in top.max(0.0) as u32..y_end.max(0.0) as u32 {
            for x in left.max(0.0) as u32..x_end.max(0.0) as u32 {
                self.image.put_pixel(x, y, Rgb(colour));
            }
        }
    }

    pub(super) fn frame(&mut self, [left, top, width, height]: [f32; 4], pen: Pen) {
        let (right, bottom) = (left + width, top + height);
        let corners = [
            [left, top],
            [right, top],
            [right, bottom],
            [left, bottom],
            [left, top],
        ];
        self.path(corners, pen);
    }

    pub(super) fn oval(&mut self, centre: Point, [across, down]: [f32; 2], colour: Colour) {
        let (left, right) = (centre[0] - across, centre[0] + across);
        for y in (centre[1] - down) as i64..=(centre[1] + down) as i64 {
            for x in left as i64..=right as i64 {
                let radius = ((x as f32 - centre[0]) / across).hypot((y as f32 - centre[1]) / down);
                let cover = (1.0 - radius) * across.min(down) + 0.5;
                self.tint(x, y, colour, cover.clamp(0.0, 1.0));
            }
        }
    }

    pub(super) fn ring(&mut self, centre: Point, [across, down]: [f32; 2], pen: Pen) {
        self.path(
            (0..=48).map(|k| {
                let angle = TAU * k as f32 / 48.0;
                [
                    centre[0] + across * angle.cos(),
                    centre[1] + down * angle.sin(),
                ]
            }),
            pen,
        );
    }

    /// A line of letters, `cap` pixels tall, standing on `at`.
    pub(super) fn text(&mut self, text: &str, at: Point, cap: f32, colour: Colour) {
        let face = Typeface {
            family: Family::Stroke,
            cap_height_mm: cap,
            pen_mm: 0.12 * cap,
            stretch: 0.85,
            slant: 0.0,
            barred_i: false,
        };
        let pen = Pen {
            colour,
            width: (0.12 * cap).max(0.7),
        };
        for shape in write(text, at, &face) {
            if let Shape::Line(stroke, _) = shape {
                self.path(stroke, pen);
            }
        }
    }
}

/// A whole number in `[low, high)`.
pub(super) fn whole(dice: &mut Dice, low: usize, high: usize) -> usize {
    dice.random_range(low..high.max(low + 1))
}

/// True with this probability.
pub(super) fn chance(dice: &mut Dice, probability: f32) -> bool {
    dice.random::<f32>() < probability
}

/// One of the choices, all as likely.
pub(super) fn any<T: Copy>(dice: &mut Dice, choices: &[T]) -> T {
    choices[dice.random_range(0..choices.len())]
}

/// A colour whose channels lie in `[low, high)`.
pub(super) fn colour(dice: &mut Dice, low: u8, high: u8) -> Colour {
    [(); 3].map(|()| dice.random_range(low..high))
}

/// The colour of paper: white, off-white, now and then coloured.
pub(super) fn paper_colour(dice: &mut Dice) -> Colour {
    if chance(dice, 0.15) {
        return colour(dice, 205, 255);
    }
    let white = dice.random_range(228..=255u8);
    [white, white - white / 60, white - white / 24]
}

/// The colour of ink: mostly near black, at times blue or any dark one.
pub(super) fn ink_colour(dice: &mut Dice) -> Colour {
    match whole(dice, 0, 10) {
        0..6 => [dice.random_range(0..60u8); 3],
        6..8 => [20, 30, dice.random_range(110..190u8)],
        _ => colour(dice, 0, 130),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: Pen = Pen {
        colour: [0; 3],
        width: 2.0,
    };

    #[test]
    fn a_line_covers_its_area_whatever_its_slope() {
        for (dx, dy) in [(60.0, 0.0), (0.0, 60.0), (42.4, 42.4), (20.0, -56.6)] {
            let mut board = Board::blank((200, 200), [255; 3]);
            board.line([80.0, 90.0], [80.0 + dx, 90.0 + dy], BLACK);
            let ink: f32 = board
                .image
                .pixels()
                .map(|pixel| 1.0 - f32::from(pixel.0[0]) / 255.0)
                .sum();
            assert!((115.0..132.0).contains(&ink), "{dx}, {dy}: {ink}");
        }
    }

    #[test]
    fn nothing_outside_the_board_is_touched() {
        let mut board = Board::blank((20, 10), [255; 3]);
        board.line([-50.0, -50.0], [-5.0, -5.0], BLACK);
        board.rect([30.0, -5.0, 10.0, 50.0], [0; 3]);
        board.oval([-30.0, 5.0], [5.0, 5.0], [0; 3]);
        assert!(board.image.pixels().all(|pixel| pixel.0 == [255; 3]));
    }
}
