//! Things that repeat: needlework, tiles, bricks, fences, keys.

use super::Dice;
use super::pen::{Board, Colour, Pen, any, between, chance, colour, paper_colour, whole};
use crate::render::chance::normal;

/// Coloured cells or crosses within a counted grid.
pub(super) fn knitting(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    let cell = board.side() / between(dice, 30.0, 120.0);
    let (across, down) = (
        (board.width() / cell) as usize,
        (board.height() / cell) as usize,
    );
    let palette: Vec<Colour> = (0..whole(dice, 1, 6))
        .map(|_| colour(dice, 10, 230))
        .collect();
    let (repeat_x, repeat_y) = (whole(dice, 5, 24), whole(dice, 4, 24));
    let motif: Vec<Option<Colour>> = (0..repeat_x * repeat_y)
        .map(|_| chance(dice, 0.4).then(|| any(dice, &palette)))
        .collect();
    let crosses = chance(dice, 0.4);
    for row in 0..down {
        for column in 0..across {
            let mirrored = column % (2 * repeat_x);
            let x = mirrored.min(2 * repeat_x - 1 - mirrored);
            let Some(colour) = motif[(row % repeat_y) * repeat_x + x] else {
                continue;
            };
            let (left, top) = (cell * column as f32, cell * row as f32);
            if crosses {
                let pen = Pen {
                    colour,
                    width: 0.18 * cell,
                };
                board.line([left, top], [left + cell, top + cell], pen);
                board.line([left + cell, top], [left, top + cell], pen);
            } else {
                board.rect([left, top, cell, cell], colour);
            }
        }
    }
    let thin = Pen {
        colour: [between(dice, 60.0, 190.0) as u8; 3],
        width: between(dice, 0.7, 1.6),
    };
    let heavy_every = any(dice, &[5, 10]);
    for k in 0..=across.max(down) {
        let at = cell * k as f32;
        let width = thin.width * if k % heavy_every == 0 { 2.0 } else { 1.0 };
        let pen = Pen { width, ..thin };
        board.line([at, 0.0], [at, board.height()], pen);
        board.line([0.0, at], [board.width(), at], pen);
    }
}

/// Square or oblong tiles with joints, speckled.
pub(super) fn tiles(board: &mut Board, dice: &mut Dice) {
    let joint = colour(dice, 60, 220);
    board.fill(joint);
    let wide = board.side() / between(dice, 5.0, 50.0);
    let tall = wide * any(dice, &[1.0, 1.0, 0.5, 2.0]);
    let gap = wide * between(dice, 0.01, 0.08);
    let tones = [colour(dice, 60, 240), colour(dice, 60, 240)];
    let chequered = chance(dice, 0.3);
    let mut y = 0.0;
    let mut row = 0;
    while y < board.height() {
        let mut x = 0.0;
        let mut column = 0;
        while x < board.width() {
            let tone = tones[usize::from(chequered && (row + column) % 2 == 1)];
            let shade = normal(dice, 0.0, 6.0);
            let tone = tone.map(|value| (f32::from(value) + shade).clamp(0.0, 255.0) as u8);
            board.rect([x, y, wide - gap, tall - gap], tone);
            x += wide;
            column += 1;
        }
        y += tall;
        row += 1;
    }
}

/// Courses of bricks, shifted by half.
pub(super) fn bricks(board: &mut Board, dice: &mut Dice) {
    board.fill([between(dice, 120.0, 215.0) as u8; 3]);
    let wide = board.side() / between(dice, 6.0, 40.0);
    let tall = wide * between(dice, 0.28, 0.45);
    let gap = tall * between(dice, 0.05, 0.18);
    let tone = any(
        dice,
        &[[160, 75, 55], [140, 90, 70], [190, 170, 150], [120; 3]],
    );
    let mut y = 0.0;
    let mut row = 0;
    while y < board.height() {
        let mut x = if row % 2 == 0 { 0.0 } else { -0.5 * wide };
        while x < board.width() {
            let shade = normal(dice, 0.0, 16.0);
            let tone = tone.map(|value: u8| (f32::from(value) + shade).clamp(0.0, 255.0) as u8);
            let ragged = gap * between(dice, 0.8, 1.3);
            board.rect([x, y, wide - ragged, tall - ragged], tone);
            x += wide;
        }
        y += tall;
        row += 1;
    }
}

/// Wire mesh, square or slanted, or pickets before grass.
pub(super) fn fence(board: &mut Board, dice: &mut Dice) {
    let (near, far) = (colour(dice, 60, 160), colour(dice, 120, 230));
    let height = board.height();
    board.paint(|_, y| mix(far, near, y / height));
    let step = board.side() / between(dice, 10.0, 60.0);
    let pen = Pen {
        colour: colour(dice, 20, 240),
        width: step * between(dice, 0.04, 0.15),
    };
    let (width, height) = (board.width(), board.height());
    let slant = any(dice, &[0.0, 0.0, 1.0]);
    let pickets = chance(dice, 0.3);
    let mut at = -height;
    while at < width + height {
        let post = if pickets {
            Pen {
                width: 0.5 * step,
                ..pen
            }
        } else {
            pen
        };
        board.line([at, 0.0], [at + slant * height, height], post);
        if !pickets {
            if slant > 0.0 {
                board.line([at, height], [at + height, 0.0], pen);
            } else {
                board.line([0.0, at], [width, at], pen);
            }
        }
        at += step;
    }
    if pickets {
        for share in [0.3, 0.7] {
            let rail = Pen {
                width: 0.3 * step,
                ..pen
            };
            board.line([0.0, share * height], [width, share * height], rail);
        }
    }
}

/// Rows of keys with letters.
pub(super) fn keyboard(board: &mut Board, dice: &mut Dice) {
    let dark = chance(dice, 0.6);
    let (body, cap) = if dark {
        (colour(dice, 15, 60), colour(dice, 25, 80))
    } else {
        (colour(dice, 150, 210), colour(dice, 215, 255))
    };
    board.fill(body);
    let key = board.width() / between(dice, 8.0, 18.0);
    let gap = key * between(dice, 0.06, 0.2);
    let mut y = gap;
    let mut row = 0;
    while y < board.height() {
        let mut x = -key * 0.25 * (row % 4) as f32;
        while x < board.width() {
            let wide = if chance(dice, 0.06) { 2.0 * key } else { key };
            board.rect([x + gap / 2.0, y, wide - gap, key - gap], cap);
            let letter = char::from(b'A' + whole(dice, 0, 26) as u8).to_string();
            let ink = if dark { [220; 3] } else { [40; 3] };
            board.text(&letter, [x + 0.3 * key, y + 0.5 * key], 0.22 * key, ink);
            x += wide;
        }
        y += key;
        row += 1;
    }
}

/// Between two colours.
pub(super) fn mix(from: Colour, to: Colour, share: f32) -> Colour {
    let share = share.clamp(0.0, 1.0);
    [0, 1, 2].map(|k| {
        let (from, to) = (f32::from(from[k]), f32::from(to[k]));
        (from + (to - from) * share) as u8
    })
}
