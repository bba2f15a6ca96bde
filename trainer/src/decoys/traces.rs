//! Other recordings: sound, ground motion, brain waves, sleep, vital signs. None has heartbeats.

use std::f32::consts::TAU;

use super::Dice;
use super::paper::Ruling;
use super::pen::{Board, Pen, any, between, chance, ink_colour, paper_colour, whole};
use super::wording::{number, word};
use crate::render::chance::normal;

/// One to four channels of sound.
pub(super) fn waveform(board: &mut Board, dice: &mut Dice) {
    background(board, dice);
    let channels = whole(dice, 1, 5);
    let pen = trace_pen(board, dice);
    let filled = chance(dice, 0.5);
    let row = board.height() / channels as f32;
    for channel in 0..channels {
        let middle = row * (channel as f32 + 0.5);
        let columns = board.width() as usize;
        let mut loudness: f32 = 0.3;
        let mut goal: f32 = 0.5;
        let mut last = [0.0, middle];
        for x in 0..columns {
            if chance(dice, 0.02) {
                goal = between(dice, 0.02, 1.0).powi(2);
            }
            loudness += 0.08 * (goal - loudness);
            let swing = 0.48 * row * loudness;
            if filled {
                let (up, down) = (between(dice, 0.3, 1.0), between(dice, 0.3, 1.0));
                let x = x as f32;
                board.line([x, middle - swing * up], [x, middle + swing * down], pen);
            } else if x % 2 == 0 {
                let next = [x as f32, middle + swing * between(dice, -1.0, 1.0)];
                board.line(last, next, pen);
                last = next;
            }
        }
    }
}

/// Rows of rumble with one or two quakes.
pub(super) fn seismogram(board: &mut Board, dice: &mut Dice) {
    background(board, dice);
    let rows = whole(dice, 3, 25);
    let pen = trace_pen(board, dice);
    let row = board.height() / (rows as f32 + 1.0);
    let onset = between(dice, 0.1, 0.8);
    let drum = chance(dice, 0.5);
    let quake_row = whole(dice, 0, rows);
    let noise = between(dice, 0.02, 0.15);
    for k in 0..rows {
        let delay = onset + 0.01 * k as f32 * between(dice, 0.0, 1.0);
        let size = if drum && k != quake_row {
            0.0
        } else {
            between(dice, 0.5, 2.0)
        };
        let mut wave = Wander::new(dice, 0.25);
        let coda = between(dice, 3.0, 12.0);
        row_of(board, dice, row * (k as f32 + 1.0), pen, |dice, x| {
            let after = (x - delay).max(0.0);
            let envelope = if after > 0.0 {
                size * (-coda * after).exp()
            } else {
                0.0
            };
            row * (noise + envelope) * wave.next(dice)
        });
        label(board, dice, row * (k as f32 + 1.0));
    }
}

/// Rows of rhythmic, rounded waves, at times with slow or spiky stretches.
pub(super) fn eeg(board: &mut Board, dice: &mut Dice) {
    background(board, dice);
    let rows = whole(dice, 6, 22);
    let pen = trace_pen(board, dice);
    let row = board.height() / (rows as f32 + 1.0);
    let alpha_cycles = between(dice, 40.0, 160.0);
    let blink = between(dice, 0.0, 1.0);
    for k in 0..rows {
        let (fast, slow) = (between(dice, 0.05, 0.35), between(dice, 0.05, 0.35));
        let mut noise = Wander::new(dice, 0.4);
        let mut drift = Wander::new(dice, 0.02);
        let blinks = if k < 3 { 0.8 } else { 0.1 };
        let phase = between(dice, 0.0, TAU);
        row_of(board, dice, row * (k as f32 + 1.0), pen, |dice, x| {
            let swell = 0.5 + 0.5 * (7.0 * x * TAU + phase).sin();
            row * (fast * swell * (alpha_cycles * x * TAU + phase).sin()
                + slow * drift.next(dice)
                + 0.08 * noise.next(dice)
                - blinks * (-((x - blink) / 0.012).powi(2)).exp())
        });
        label(board, dice, row * (k as f32 + 1.0));
    }
}

/// Rows that differ: brain waves, eye movements, muscle, breath, oxygen.
pub(super) fn sleep_study(board: &mut Board, dice: &mut Dice) {
    background(board, dice);
    let rows = whole(dice, 5, 14);
    let pen = trace_pen(board, dice);
    let row = board.height() / (rows as f32 + 1.0);
    for k in 0..rows {
        let kind = whole(dice, 0, 5);
        let cycles = match kind {
            0 => between(dice, 8.0, 25.0),
            _ => between(dice, 60.0, 200.0),
        };
        let mut noise = Wander::new(dice, 0.5);
        let mut drift = Wander::new(dice, 0.01);
        let stop = between(dice, 0.2, 0.9);
        row_of(board, dice, row * (k as f32 + 1.0), pen, |dice, x| {
            let slow = drift.next(dice);
            let fast = noise.next(dice);
            row * match kind {
                // Breath that pauses for a while.
                0 if (stop..stop + 0.12).contains(&x) => 0.02 * fast,
                0 => 0.35 * (cycles * x * TAU).sin(),
                1 => 0.15 * slow + 0.2 * (cycles * x * TAU).sin() * slow,
                // Muscle.
                2 => 0.25 * fast * (0.3 + slow.abs()),
                // Eye movements.
                3 => 0.5 * (3.0 * slow).tanh(),
                // Oxygen in steps.
                _ => 0.3 * (4.0 * slow).round() / 4.0,
            }
        });
        label(board, dice, row * (k as f32 + 1.0));
    }
}

/// Slow curves with crosses and dots over hours.
pub(super) fn vitals_chart(board: &mut Board, dice: &mut Dice) {
    background(board, dice);
    for _ in 0..whole(dice, 2, 6) {
        let pen = trace_pen(board, dice);
        let middle = board.height() * between(dice, 0.15, 0.85);
        let points = whole(dice, 10, 60);
        let mut value = 0.0;
        let marked = chance(dice, 0.6);
        let mut last = None;
        for k in 0..points {
            value = 0.85 * value + normal(dice, 0.0, 0.025);
            let at = [
                board.width() * (k as f32 + 0.5) / points as f32,
                middle + board.height() * value,
            ];
            if let Some(last) = last {
                board.line(last, at, pen);
            }
            if marked {
                let arm = 2.5 * pen.width;
                board.line([at[0] - arm, at[1] - arm], [at[0] + arm, at[1] + arm], pen);
                board.line([at[0] - arm, at[1] + arm], [at[0] + arm, at[1] - arm], pen);
            }
            last = Some(at);
        }
    }
    let cap = board.side() / 100.0;
    for k in 0..12 {
        let at = [2.0 * cap, board.height() * (k as f32 + 0.5) / 12.0];
        board.text(&number(dice), at, cap, [60; 3]);
    }
}

/// Paper, ruled like ECG paper half of the time: these are the hard ones.
fn background(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    match whole(dice, 0, 10) {
        0..5 => Ruling::ecg(board, dice).rule(board, 0.0),
        5 | 6 => Ruling::millimetres(board, dice).rule(board, 0.0),
        7 => Ruling::squares(board, dice).rule(board, 0.0),
        _ => {}
    }
}

fn trace_pen(board: &Board, dice: &mut Dice) -> Pen {
    Pen {
        colour: ink_colour(dice),
        width: (board.side() / 1200.0 * between(dice, 0.9, 2.2)).max(0.8),
    }
}

fn label(board: &mut Board, dice: &mut Dice, y: f32) {
    let cap = board.side() / 120.0;
    let name: String = word(dice).chars().take(any(dice, &[2, 4, 6])).collect();
    board.text(&name, [cap, y - cap], cap, [40; 3]);
}

/// Draws a curve along the board; `height` answers how far below `middle` it runs at x of 0–1.
fn row_of(
    board: &mut Board,
    dice: &mut Dice,
    middle: f32,
    pen: Pen,
    mut height: impl FnMut(&mut Dice, f32) -> f32,
) {
    let width = board.width();
    let steps = (width / 2.0) as usize;
    let mut last = None;
    for k in 0..=steps {
        let x = k as f32 / steps as f32;
        let at = [width * x, middle + height(dice, x)];
        if let Some(last) = last {
            board.line(last, at, pen);
        }
        last = Some(at);
    }
}

/// Noise that forgets itself at a given pace, with a spread of about one.
struct Wander {
    value: f32,
    pace: f32,
}

impl Wander {
    fn new(dice: &mut Dice, pace: f32) -> Self {
        Self {
            value: normal(dice, 0.0, 1.0),
            pace,
        }
    }

    fn next(&mut self, dice: &mut Dice) -> f32 {
        let keep = 1.0 - self.pace;
        self.value = keep * self.value + (1.0 - keep * keep).sqrt() * normal(dice, 0.0, 1.0);
        self.value
    }
}
