//! Bytes → a small picture that may look like a page, a bad page, or nothing known.

use image::{Rgb, RgbImage};

/// Bytes taken one by one; zeros when they are used up.
pub struct Dice<'a>(pub &'a [u8]);

impl Dice<'_> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// The next byte, spread over the range from `low` to `high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * f32::from(self.byte()) / 255.0
    }

    fn colour(&mut self) -> Rgb<u8> {
        Rgb([self.byte(), self.byte(), self.byte()])
    }
}

/// A grid of any pitch and slant in any colours, curves over it, then boxes, noise or nothing.
pub fn picture(dice: &mut Dice) -> RgbImage {
    let width = dice.between(160.0, 320.0) as u32;
    let height = dice.between(160.0, 240.0) as u32;
    let paper = dice.colour();
    let mut picture = RgbImage::from_pixel(width, height, paper);
    grid(&mut picture, dice);
    for _ in 0..dice.byte() % 8 {
        curve(&mut picture, dice);
    }
    for _ in 0..dice.byte() % 4 {
        let (left, top) = (dice.between(0.0, 400.0), dice.between(0.0, 300.0));
        let (wide, high) = (dice.between(1.0, 400.0), dice.between(1.0, 300.0));
        let colour = dice.colour();
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let (x, y) = (x as f32 - left, y as f32 - top);
            if x >= 0.0 && y >= 0.0 && x < wide && y < high {
                *pixel = colour;
            }
        }
    }
    // What is left of the bytes falls on the picture as it is.
    if dice.byte() % 4 == 0 {
        let raw = dice.0;
        picture
            .iter_mut()
            .zip(raw)
            .for_each(|(value, &byte)| *value ^= byte);
    }
    picture
}

fn grid(picture: &mut RgbImage, dice: &mut Dice) {
    let pitch = dice.between(2.5, 40.0);
    let coarse = f32::from(dice.byte() % 8);
    let turn = dice.between(-0.8, 0.8);
    let tilt = [dice.between(-0.002, 0.002), dice.between(-0.002, 0.002)];
    let bend = dice.between(0.0, 6.0);
    let (fine, strong) = (dice.colour(), dice.colour());
    let (sine, cosine) = turn.sin_cos();
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (x, y) = (x as f32 - 150.0, y as f32 - 120.0);
        let depth = (1.0 + tilt[0] * x + tilt[1] * y).max(0.2);
        let (x, y) = (x / depth, y / depth + bend * (x / 60.0).sin());
        let along = (x * cosine - y * sine) / pitch;
        let across = (x * sine + y * cosine) / pitch;
        let on_line = |at: f32| (at - at.round()).abs() * pitch < 0.6;
        let on_coarse = |at: f32| coarse > 1.0 && on_line(at) && (at.round() % coarse).abs() < 0.5;
        if on_coarse(along) || on_coarse(across) {
            *pixel = strong;
        } else if on_line(along) || on_line(across) {
            *pixel = fine;
        }
    }
}

/// A row of beats, or of whatever else comes out of it.
fn curve(picture: &mut RgbImage, dice: &mut Dice) {
    let (width, height) = picture.dimensions();
    let base = dice.between(0.0, 300.0);
    let (left, right) = (dice.between(0.0, 400.0), dice.between(0.0, 400.0));
    let beat = dice.between(4.0, 120.0);
    let spike = dice.between(-80.0, 80.0);
    let wave = dice.between(0.0, 20.0);
    let thick = dice.between(0.5, 6.0);
    let colour = dice.colour();
    let mut before = base;
    for x in 0..width {
        let phase = (x as f32 % beat) / beat;
        let edge = (1.0 - (phase - 0.3).abs() * 16.0).max(0.0);
        let y = base - spike * edge + wave * (phase * std::f32::consts::TAU).sin();
        if (left..right).contains(&(x as f32)) {
            let (top, bottom) = (y.min(before) - thick, y.max(before) + thick);
            for row in (top.max(0.0) as u32)..(bottom.max(0.0) as u32).min(height) {
                picture.put_pixel(x, row, colour);
            }
        }
        before = y;
    }
}
