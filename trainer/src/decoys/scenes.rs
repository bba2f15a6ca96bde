//! Screens, faces, landscapes, textures.

use super::Dice;
use super::paper::Ruling;
use super::patterns::mix;
use super::pen::{Board, Colour, Pen, any, between, chance, colour, whole};
use super::wording::{sentence, word};
use crate::render::chance::normal;

/// A desktop with windows of text, pictures, tables and plots.
pub(super) fn screen(board: &mut Board, dice: &mut Dice) {
    let (from, to) = (colour(dice, 20, 200), colour(dice, 20, 200));
    let height = board.height();
    board.paint(|_, y| mix(from, to, y / height));
    let cap = board.side() / 130.0;
    for _ in 0..whole(dice, 2, 6) {
        let (wide, tall) = (
            board.width() * between(dice, 0.3, 0.8),
            board.height() * between(dice, 0.3, 0.8),
        );
        let left = between(dice, 0.0, board.width() - wide);
        let top = between(dice, 0.0, board.height() - tall);
        let dark = chance(dice, 0.3);
        let (body, ink): (Colour, Colour) = if dark {
            ([30, 32, 38], [210; 3])
        } else {
            ([250; 3], [40; 3])
        };
        board.rect([left, top, wide, tall], body);
        board.rect([left, top, wide, 3.0 * cap], colour(dice, 60, 220));
        board.text(&word(dice), [left + cap, top + 2.0 * cap], cap, ink);
        let mut y = top + 6.0 * cap;
        let table = chance(dice, 0.3);
        while y < top + tall - cap {
            let letters = (wide / cap) as usize;
            let text: String = sentence(dice, letters).chars().take(letters).collect();
            if table {
                let pen = Pen {
                    colour: [128; 3],
                    width: 1.0,
                };
                board.line([left, y], [left + wide, y], pen);
            } else if chance(dice, 0.85) {
                board.text(&text, [left + cap, y], 0.9 * cap, ink);
            }
            y += 2.3 * cap;
        }
        if table {
            for k in 1..6 {
                let x = left + wide * k as f32 / 6.0;
                let pen = Pen {
                    colour: [128; 3],
                    width: 1.0,
                };
                board.line([x, top + 4.0 * cap], [x, top + tall], pen);
            }
        }
    }
    for k in 0..whole(dice, 0, 12) {
        let size = 4.0 * cap;
        let at = [cap, cap + 1.6 * size * k as f32];
        board.rect([at[0], at[1], size, size], colour(dice, 40, 255));
    }
}

/// A head with hair, eyes, nose and mouth before a plain or patterned wall.
pub(super) fn face(board: &mut Board, dice: &mut Dice) {
    let wall = colour(dice, 60, 240);
    board.fill(wall);
    if chance(dice, 0.2) {
        Ruling::squares(board, dice).rule(board, 0.0);
    }
    let (width, height) = (board.width(), board.height());
    let centre = [
        width * between(dice, 0.4, 0.6),
        height * between(dice, 0.42, 0.55),
    ];
    let size = height.min(width) * between(dice, 0.2, 0.34);
    let skin = any(
        dice,
        &[
            [245, 210, 180],
            [225, 180, 145],
            [180, 130, 95],
            [120, 80, 55],
        ],
    );
    let hair = any(
        dice,
        &[[40, 30, 25], [110, 75, 40], [210, 180, 110], [150; 3]],
    );
    let shirt = colour(dice, 20, 230);
    let shoulders = [centre[0], centre[1] + 2.3 * size];
    board.oval(shoulders, [1.9 * size, 1.3 * size], shirt);
    board.rect(
        [
            centre[0] - 0.35 * size,
            centre[1] + 0.8 * size,
            0.7 * size,
            0.6 * size,
        ],
        skin,
    );
    board.oval(
        [centre[0], centre[1] - 0.25 * size],
        [0.95 * size, 1.15 * size],
        hair,
    );
    board.oval(centre, [0.8 * size, 1.05 * size], skin);
    for side in [-1.0, 1.0] {
        let eye = [centre[0] + 0.33 * side * size, centre[1] - 0.15 * size];
        board.oval(eye, [0.16 * size, 0.09 * size], [250; 3]);
        board.oval(eye, [0.07 * size; 2], colour(dice, 20, 110));
        let brow = Pen {
            colour: hair,
            width: 0.06 * size,
        };
        let y = eye[1] - 0.22 * size;
        board.line(
            [eye[0] - 0.18 * size, y],
            [eye[0] + 0.18 * size, y - 0.03 * size],
            brow,
        );
    }
    let nose = Pen {
        colour: mix(skin, [90, 40, 30], 0.4),
        width: 0.035 * size,
    };
    let tip = [centre[0] + 0.1 * size, centre[1] + 0.25 * size];
    board.path(
        [
            [centre[0], centre[1] - 0.1 * size],
            tip,
            [centre[0] - 0.05 * size, tip[1]],
        ],
        nose,
    );
    board.oval(
        [centre[0], centre[1] + 0.55 * size],
        [0.28 * size, 0.09 * size],
        [170, 70, 70],
    );
    // Light from one side makes it less flat.
    let slope = between(dice, -0.5, 0.5);
    let span = width;
    for (x, _, pixel) in board.image.enumerate_pixels_mut() {
        let light = 1.0 + slope * (x as f32 / span - 0.5);
        pixel.0 = pixel
            .0
            .map(|value| (f32::from(value) * light).min(255.0) as u8);
    }
}

/// Sky, ridges, a sun, trees.
pub(super) fn landscape(board: &mut Board, dice: &mut Dice) {
    let (zenith, horizon) = (
        [60, 110, between(dice, 150.0, 240.0) as u8],
        colour(dice, 180, 255),
    );
    let (width, height) = (board.width(), board.height());
    board.paint(|_, y| mix(zenith, horizon, 1.6 * y / height));
    let sun = [between(dice, 0.0, width), between(dice, 0.05, 0.4) * height];
    board.oval(sun, [0.04 * width; 2], [255, 244, 200]);
    let ground = colour(dice, 30, 120);
    for layer in 0..5 {
        let haze = 1.0 - layer as f32 / 4.0;
        let tone = mix(ground, horizon, 0.8 * haze);
        let base = height * (0.4 + 0.13 * layer as f32);
        let waves: Vec<[f32; 3]> = (0..5)
            .map(|k| {
                [
                    0.08 * height / (k + 1) as f32,
                    between(dice, 1.0, 3.0) * (k + 1) as f32 * 2.0 / width,
                    between(dice, 0.0, 6.0),
                ]
            })
            .collect();
        let ridge = |x: f32| {
            base + waves
                .iter()
                .map(|[size, pace, phase]| size * (x * pace + phase).sin())
                .sum::<f32>()
        };
        for x in 0..width as usize {
            let top = ridge(x as f32);
            board.rect([x as f32, top, 1.0, height - top], tone);
        }
        if layer > 2 {
            for _ in 0..whole(dice, 0, 30) {
                let x = between(dice, 0.0, width);
                let foot = ridge(x);
                let tall = height * between(dice, 0.03, 0.12);
                let crown = [20, between(dice, 50.0, 110.0) as u8, 30];
                board.oval([x, foot - 0.6 * tall], [0.25 * tall, 0.5 * tall], crown);
            }
        }
    }
}

/// Clouds, grain, stripes, plain gradients.
pub(super) fn texture(board: &mut Board, dice: &mut Dice) {
    let (from, to) = (colour(dice, 0, 255), colour(dice, 0, 255));
    let coarse = board.side() / between(dice, 3.0, 120.0);
    let cells = 130;
    let table: Vec<f32> = (0..cells * cells)
        .map(|_| between(dice, 0.0, 1.0))
        .collect();
    let kind = whole(dice, 0, 5);
    let pace = between(dice, 0.02, 0.5);
    let turn = between(dice, 0.0, 3.2);
    let (width, height) = (board.width(), board.height());
    let cloud = |x: f32, y: f32| {
        let (x, y) = (
            x.rem_euclid(cells as f32 - 1.0),
            y.rem_euclid(cells as f32 - 1.0),
        );
        let (column, row) = (x as usize, y as usize);
        let at = |column: usize, row: usize| table[(row % cells) * cells + column % cells];
        let (u, v) = (x.fract(), y.fract());
        let upper = at(column, row) * (1.0 - u) + at(column + 1, row) * u;
        let lower = at(column, row + 1) * (1.0 - u) + at(column + 1, row + 1) * u;
        upper * (1.0 - v) + lower * v
    };
    board.paint(|x, y| {
        let share = match kind {
            0 => (x * turn.cos() + y * turn.sin()) / (width + height) + 0.5,
            1 => {
                (0..4)
                    .map(|k| {
                        let scale = (1 << k) as f32;
                        cloud(x / coarse * scale, y / coarse * scale) / scale
                    })
                    .sum::<f32>()
                    / 1.9
            }
            2 => 0.5 + 0.5 * (pace * (x * turn.cos() + y * turn.sin())).sin(),
            3 => cloud(x / coarse, y / (9.0 * coarse)),
            _ => 0.25 * ((pace * x).sin() + (pace * y).sin()) + 0.5,
        };
        mix(from, to, share)
    });
    let grain = between(dice, 0.0, 40.0);
    for pixel in board.image.pixels_mut() {
        let shift = normal(dice, 0.0, grain);
        pixel.0 = pixel
            .0
            .map(|value| (f32::from(value) + shift).clamp(0.0, 255.0) as u8);
    }
}
