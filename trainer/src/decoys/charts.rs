//! Curves and bars on grids: what is drawn in maths lessons and offices.

use std::f32::consts::TAU;

use super::Dice;
use super::paper::Ruling;
use super::pen::{
    Board, Pen, Point, any, between, chance, colour, ink_colour, paper_colour, whole,
};
use super::wording::{number, scrawl, smooth, word};
use crate::render::chance::normal;

/// Formulas, sketches and handwriting on squared paper.
pub(super) fn maths_sheet(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    let ruling = if chance(dice, 0.7) {
        Ruling::squares(board, dice)
    } else {
        Ruling::millimetres(board, dice)
    };
    ruling.rule(board, 0.0);
    let size = board.side() / between(dice, 45.0, 90.0);
    let pen = Pen {
        colour: ink_colour(dice),
        width: between(dice, 1.2, 3.5),
    };
    let mut y = 3.0 * size;
    while y < board.height() - size {
        let left = between(dice, 1.0, 6.0) * size;
        let width = between(dice, 0.2, 0.9) * (board.width() - left - size);
        match whole(dice, 0, 5) {
            0 | 1 => scrawl(board, dice, [left, y], width, size, pen),
            2 | 3 => {
                formula(board, dice, [left, y], width, size, pen);
            }
            _ => {
                sketch(board, dice, [left, y, width, 7.0 * size], pen);
                y += 7.0 * size;
            }
        }
        y += size * between(dice, 1.6, 2.6);
    }
}

/// Letters, digits, fraction bars and signs by hand.
fn formula(board: &mut Board, dice: &mut Dice, at: Point, width: f32, size: f32, pen: Pen) {
    let mut x = at[0];
    while x < at[0] + width {
        let sign = any(
            dice,
            &["X", "Y", "A", "B", "2", "5", "7", "-", "/", "8", "T"],
        );
        match whole(dice, 0, 8) {
            0 => {
                let y = at[1] - 0.5 * size;
                board.line([x, y - 2.0], [x + 2.0 * size, y + 2.0], pen);
                board.text(
                    sign,
                    [x + 0.3 * size, y - 0.3 * size],
                    0.7 * size,
                    pen.colour,
                );
                board.text(
                    "9",
                    [x + 0.8 * size, y + 1.1 * size],
                    0.7 * size,
                    pen.colour,
                );
                x += 2.0 * size;
            }
            1 => {
                for k in 0..2 {
                    let y = at[1] - size * (0.35 + 0.3 * k as f32);
                    board.line([x, y], [x + 0.7 * size, y + 1.0], pen);
                }
                x += 0.7 * size;
            }
            _ => board.text(sign, [x, at[1]], size * between(dice, 0.6, 1.0), pen.colour),
        }
        x += size;
    }
}

/// Axes with a curve, a triangle or a circle, freehand.
fn sketch(board: &mut Board, dice: &mut Dice, [left, top, width, height]: [f32; 4], pen: Pen) {
    let bottom = top + height;
    match whole(dice, 0, 3) {
        0 => {
            board.line([left, bottom], [left + width, bottom], pen);
            board.line([left, bottom], [left, top], pen);
            let points: Vec<Point> = (0..8)
                .map(|k| {
                    let x = left + width * k as f32 / 8.0;
                    [x, between(dice, top, bottom)]
                })
                .collect();
            board.path(smooth(&points), pen);
        }
        1 => {
            let apex = [left + width * between(dice, 0.0, 1.0), top];
            board.path(
                [[left, bottom], [left + width, bottom], apex, [left, bottom]],
                pen,
            );
        }
        _ => {
            let radius = 0.45 * height;
            board.ring([left + radius, top + radius], [radius; 2], pen);
        }
    }
}

/// One to four functions over axes on graph paper.
pub(super) fn plot(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    Ruling::any(board, dice).rule(board, 0.0);
    let (width, height) = (board.width(), board.height());
    let ink = ink_colour(dice);
    let axis = Pen {
        colour: ink,
        width: between(dice, 1.5, 3.0),
    };
    let origin = [
        width * between(dice, 0.05, 0.6),
        height * between(dice, 0.4, 0.95),
    ];
    board.line([0.03 * width, origin[1]], [0.97 * width, origin[1]], axis);
    board.line([origin[0], 0.03 * height], [origin[0], 0.97 * height], axis);
    for _ in 0..whole(dice, 1, 5) {
        let kind = whole(dice, 0, 7);
        let (scale, shift, turns) = (
            between(dice, 0.1, 0.4),
            between(dice, -0.3, 0.3),
            between(dice, 0.5, 9.0),
        );
        let pen = Pen {
            colour: ink_colour(dice),
            width: between(dice, 1.2, 3.5),
        };
        let value = |x: f32| match kind {
            0 => (turns * x * TAU).sin(),
            1 => (turns * x * TAU).sin() * (-2.0 * x).exp(),
            2 => 3.0 * x * x - 1.0,
            3 => 4.0 * x * x * x - 2.0 * x,
            4 => (-(x * turns).powi(2)).exp() * 2.0 - 1.0,
            5 => (turns * x).tan().clamp(-3.0, 3.0),
            _ => 2.0 * (turns * x).rem_euclid(1.0) - 1.0,
        };
        let steps = width as usize / 3;
        board.path(
            (0..=steps).map(|k| {
                let x = 2.0 * k as f32 / steps as f32 - 1.0;
                [
                    width * k as f32 / steps as f32,
                    origin[1] - height * (shift + scale * value(x)),
                ]
            }),
            pen,
        );
    }
    let cap = board.side() / 90.0;
    for _ in 0..whole(dice, 2, 12) {
        let at = [between(dice, 0.0, width), between(dice, 0.0, height)];
        board.text(&number(dice), at, cap, ink);
    }
}

/// Axes, grid lines and columns.
pub(super) fn bars(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    if chance(dice, 0.3) {
        Ruling::any(board, dice).rule(board, 0.0);
    }
    let area = frame_with_axes(board, dice);
    let groups = whole(dice, 4, 30);
    let series = whole(dice, 1, 4);
    let colours: Vec<_> = (0..series).map(|_| colour(dice, 20, 220)).collect();
    let wide = area[2] / groups as f32;
    for group in 0..groups {
        for (k, &colour) in colours.iter().enumerate() {
            let tall = area[3] * between(dice, 0.05, 0.95);
            let bar = 0.8 * wide / series as f32;
            let left = area[0] + wide * group as f32 + bar * k as f32;
            board.rect([left, area[1] + area[3] - tall, bar, tall], colour);
        }
    }
}

/// Candles or a line, with moving averages and volumes.
pub(super) fn stock(board: &mut Board, dice: &mut Dice) {
    let dark = chance(dice, 0.4);
    board.fill(if dark { [18, 22, 30] } else { [255; 3] });
    let [left, top, width, height] = frame_with_axes(board, dice);
    let days = whole(dice, 60, 400);
    let mut price = 0.5;
    let mut prices = Vec::new();
    for _ in 0..days {
        price = (price + normal(dice, 0.0, 0.03)).clamp(0.05, 0.95);
        prices.push(price);
    }
    let place = |k: usize, price: f32| {
        [
            left + width * k as f32 / days as f32,
            top + height * (1.0 - 0.8 * price - 0.2),
        ]
    };
    let wide = width / days as f32;
    if chance(dice, 0.5) {
        for (k, pair) in prices.windows(2).enumerate() {
            let colour = if pair[1] > pair[0] {
                [30, 160, 90]
            } else {
                [210, 50, 50]
            };
            let pen = |width| Pen { colour, width };
            let (from, to) = (place(k, pair[0]), place(k, pair[1]));
            let spread = between(dice, 0.0, 0.03) * height;
            let ends = (from[1].min(to[1]) - spread, from[1].max(to[1]) + spread);
            board.line([from[0], ends.0], [from[0], ends.1], pen(1.0));
            board.line(from, [from[0], to[1]], pen((0.6 * wide).max(1.0)));
        }
    } else {
        let pen = Pen {
            colour: any(dice, &[[30, 90, 200], [200, 120, 20], [20, 140, 90]]),
            width: between(dice, 1.0, 3.0),
        };
        board.path(prices.iter().enumerate().map(|(k, &p)| place(k, p)), pen);
    }
    for window in [10, 30] {
        let pen = Pen {
            colour: colour(dice, 60, 220),
            width: 1.5,
        };
        let averages = prices.windows(window).enumerate();
        let points =
            averages.map(|(k, part)| place(k + window, part.iter().sum::<f32>() / window as f32));
        board.path(points, pen);
    }
    for k in 0..days {
        let tall = 0.18 * height * between(dice, 0.1, 1.0);
        let x = left + wide * k as f32;
        let bar = [x, top + height - tall, (0.7 * wide).max(1.0), tall];
        board.rect(bar, if dark { [60, 70, 90] } else { [190, 200, 215] });
    }
}

/// Draws a plotting area with grid lines and numbers; answers where it is.
fn frame_with_axes(board: &mut Board, dice: &mut Dice) -> [f32; 4] {
    let (width, height) = (board.width(), board.height());
    let area = [0.08 * width, 0.1 * height, 0.86 * width, 0.78 * height];
    let ink = [120; 3];
    let pen = Pen {
        colour: [between(dice, 110.0, 215.0) as u8; 3],
        width: between(dice, 0.7, 1.5),
    };
    let (across, down) = (whole(dice, 0, 24), whole(dice, 3, 16));
    let cap = board.side() / 110.0;
    for k in 0..=down {
        let y = area[1] + area[3] * k as f32 / down as f32;
        board.line([area[0], y], [area[0] + area[2], y], pen);
        board.text(&number(dice), [0.01 * width, y], cap, ink);
    }
    for k in 0..=across {
        let x = area[0] + area[2] * k as f32 / across.max(1) as f32;
        board.line([x, area[1]], [x, area[1] + area[3]], pen);
        if k % 3 == 0 {
            board.text(&word(dice), [x, area[1] + area[3] + 2.0 * cap], cap, ink);
        }
    }
    board.text(&word(dice), [area[0], 0.06 * height], 2.0 * cap, ink);
    area
}
