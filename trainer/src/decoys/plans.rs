//! Maps, floor plans and circuits.

use super::Dice;
use super::paper::Ruling;
use super::pen::{
    Board, Pen, Point, any, between, chance, colour, ink_colour, paper_colour, whole,
};
use super::wording::{smooth, word};
use crate::render::chance::normal;

/// Blocks, streets in a rough grid, a river, names.
pub(super) fn street_map(board: &mut Board, dice: &mut Dice) {
    board.fill([238, 234, 226]);
    let (width, height) = (board.width(), board.height());
    for _ in 0..whole(dice, 2, 8) {
        let park = [200, 225, 185];
        let centre = [between(dice, 0.0, width), between(dice, 0.0, height)];
        let size = [(); 2].map(|()| between(dice, 0.03, 0.15) * width);
        board.oval(centre, size, park);
    }
    let river: Vec<Point> = (0..8)
        .map(|k| {
            [
                width * k as f32 / 7.0,
                height * (0.5 + normal(dice, 0.0, 0.2)),
            ]
        })
        .collect();
    let water = Pen {
        colour: [165, 200, 225],
        width: between(dice, 0.01, 0.05) * width,
    };
    board.path(smooth(&river), water);
    let lean = between(dice, -0.4, 0.4);
    let skew = if chance(dice, 0.5) { 0.0 } else { 0.15 };
    for direction in 0..2 {
        let streets = whole(dice, 8, 40);
        for k in 0..streets {
            let main = chance(dice, 0.15);
            let street = Pen {
                colour: if main { [250, 215, 130] } else { [255; 3] },
                width: board.side() / if main { 120.0 } else { 260.0 },
            };
            let rim = Pen {
                colour: [190, 185, 178],
                width: street.width + 2.0,
            };
            let at = (k as f32 + 0.3 * normal(dice, 0.0, 1.0)) / streets as f32;
            let turn = lean + skew * normal(dice, 0.0, 1.0);
            let (from, to) = if direction == 0 {
                ([0.0, height * at], [width, height * (at + turn * 0.5)])
            } else {
                ([width * at, 0.0], [width * (at - turn * 0.5), height])
            };
            board.line(from, to, rim);
            board.line(from, to, street);
        }
    }
    let cap = board.side() / 130.0;
    for _ in 0..whole(dice, 15, 60) {
        let at = [between(dice, 0.0, width), between(dice, 0.0, height)];
        board.text(&word(dice), at, cap, [80, 75, 70]);
    }
}

/// Walls, doors, furniture, measures.
pub(super) fn floor_plan(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    if chance(dice, 0.4) {
        Ruling::any(board, dice).rule(board, 0.0);
    }
    let ink = ink_colour(dice);
    let wall = Pen {
        colour: ink,
        width: board.side() / between(dice, 120.0, 250.0),
    };
    let thin = Pen {
        colour: ink,
        width: 1.3,
    };
    let (width, height) = (board.width(), board.height());
    let mut rooms = vec![[0.08 * width, 0.1 * height, 0.84 * width, 0.78 * height]];
    for _ in 0..whole(dice, 3, 12) {
        let k = whole(dice, 0, rooms.len());
        let [left, top, wide, tall] = rooms.swap_remove(k);
        let share = between(dice, 0.3, 0.7);
        if wide > tall {
            rooms.push([left, top, wide * share, tall]);
            rooms.push([left + wide * share, top, wide * (1.0 - share), tall]);
        } else {
            rooms.push([left, top, wide, tall * share]);
            rooms.push([left, top + tall * share, wide, tall * (1.0 - share)]);
        }
    }
    let cap = board.side() / 120.0;
    for room in rooms {
        board.frame(room, wall);
        let [left, top, wide, tall] = room;
        let door = 0.2 * wide.min(tall);
        let arc = (0..=8).map(|k| {
            let angle = std::f32::consts::FRAC_PI_2 * k as f32 / 8.0;
            [
                left + 0.2 * wide + door * angle.cos(),
                top + tall - door * angle.sin(),
            ]
        });
        board.path(arc, thin);
        board.text(&word(dice), [left + 0.3 * wide, top + 0.5 * tall], cap, ink);
        for _ in 0..whole(dice, 0, 4) {
            let size = [
                wide * between(dice, 0.1, 0.3),
                tall * between(dice, 0.1, 0.3),
            ];
            let at = [
                left + between(dice, 0.05, 0.6) * wide,
                top + between(dice, 0.05, 0.6) * tall,
            ];
            board.frame([at[0], at[1], size[0], size[1]], thin);
        }
    }
}

/// Wires at right angles with resistors, chips and knots, at times on squared paper.
pub(super) fn circuit(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    if chance(dice, 0.4) {
        Ruling::any(board, dice).rule(board, 0.0);
    }
    let pen = Pen {
        colour: ink_colour(dice),
        width: between(dice, 1.0, 2.5),
    };
    let step = board.side() / between(dice, 25.0, 60.0);
    let (across, down) = (
        (board.width() / step) as usize,
        (board.height() / step) as usize,
    );
    for _ in 0..whole(dice, 20, 90) {
        let mut at = [
            step * whole(dice, 1, across) as f32,
            step * whole(dice, 1, down) as f32,
        ];
        for _ in 0..whole(dice, 2, 6) {
            let length = step * whole(dice, 1, 7) as f32 * any(dice, &[-1.0, 1.0]);
            let level = chance(dice, 0.5);
            let to = if level {
                [at[0] + length, at[1]]
            } else {
                [at[0], at[1] + length]
            };
            if level && chance(dice, 0.3) {
                resistor(board, at, to, step, pen);
            } else {
                board.line(at, to, pen);
            }
            at = to;
        }
        board.oval(at, [0.12 * step; 2], pen.colour);
    }
    for _ in 0..whole(dice, 1, 7) {
        let corner = [
            step * whole(dice, 1, across) as f32,
            step * whole(dice, 1, down) as f32,
        ];
        let size = [
            step * whole(dice, 3, 8) as f32,
            step * whole(dice, 3, 10) as f32,
        ];
        board.rect(
            [corner[0], corner[1], size[0], size[1]],
            colour(dice, 200, 255),
        );
        board.frame([corner[0], corner[1], size[0], size[1]], pen);
        let at = [corner[0] + 0.4 * step, corner[1] + 0.5 * size[1]];
        board.text(&word(dice), at, 0.4 * step, pen.colour);
    }
}

/// A level wire with a zigzag in its middle.
fn resistor(board: &mut Board, from: Point, to: Point, step: f32, pen: Pen) {
    let middle = (from[0] + to[0]) / 2.0;
    let half = 0.4 * step;
    let mut points = vec![from, [middle - half * (to[0] - from[0]).signum(), from[1]]];
    for k in 0..6 {
        let x = points[1][0] + (to[0] - from[0]).signum() * half * (k as f32 + 0.5) / 3.0;
        let y = from[1] + 0.25 * step * if k % 2 == 0 { -1.0 } else { 1.0 };
        points.push([x, y]);
    }
    points.push([middle + half * (to[0] - from[0]).signum(), from[1]]);
    points.push(to);
    board.path(points, pen);
}
