//! Squared paper of all kinds.

use super::Dice;
use super::pen::{Board, Colour, Pen, any, between, chance, colour, paper_colour, whole};

/// The lines on a paper. Lengths are pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ruling {
    /// Distance of the finest lines.
    pub(super) step: f32,
    /// Every how many lines a heavier one comes; 0 for none.
    pub(super) heavy_every: usize,
    pub(super) fine: Pen,
    pub(super) heavy: Pen,
    pub(super) dotted: bool,
}

impl Ruling {
    /// School or drawing paper with one kind of squares.
    pub(super) fn squares(board: &Board, dice: &mut Dice) -> Self {
        let pen = Pen {
            colour: line_colour(dice),
            width: between(dice, 0.6, 2.2),
        };
        Self {
            step: board.side() / between(dice, 25.0, 75.0),
            heavy_every: 0,
            fine: pen,
            heavy: pen,
            dotted: chance(dice, 0.2),
        }
    }

    /// Graph paper: fine squares within heavier ones, by fives or tens.
    pub(super) fn millimetres(board: &Board, dice: &mut Dice) -> Self {
        let colour = line_colour(dice);
        let width = between(dice, 0.5, 1.4);
        Self {
            step: board.side() / between(dice, 110.0, 300.0),
            heavy_every: any(dice, &[5, 5, 10]),
            fine: Pen {
                colour: faded(colour, between(dice, 0.3, 0.7)),
                width,
            },
            heavy: Pen {
                colour,
                width: width * between(dice, 1.0, 2.0),
            },
            dotted: false,
        }
    }

    /// ECG paper: 1 mm and 5 mm, red, orange, grey, green; also with the 5-mm lines or dots alone.
    pub(super) fn ecg(board: &Board, dice: &mut Dice) -> Self {
        let colour = any(
            dice,
            &[
                [225, 110, 110],
                [240, 150, 150],
                [230, 140, 90],
                [150, 150, 150],
                [110, 170, 120],
                [200, 60, 60],
            ],
        );
        let millimetre = board.side() / between(dice, 150.0, 300.0);
        let coarse = chance(dice, 0.2);
        Self {
            step: if coarse { 5.0 * millimetre } else { millimetre },
            heavy_every: if coarse { 0 } else { 5 },
            fine: Pen {
                colour: if coarse { colour } else { faded(colour, 0.5) },
                width: 0.14 * millimetre,
            },
            heavy: Pen {
                colour,
                width: 0.24 * millimetre,
            },
            dotted: chance(dice, 0.1),
        }
    }

    /// Any of them.
    pub(super) fn any(board: &Board, dice: &mut Dice) -> Self {
        match whole(dice, 0, 3) {
            0 => Self::squares(board, dice),
            1 => Self::millimetres(board, dice),
            _ => Self::ecg(board, dice),
        }
    }

    /// Rules the whole board, or the inside of a margin.
    pub(super) fn rule(&self, board: &mut Board, margin: f32) {
        let (width, height) = (board.width() - 2.0 * margin, board.height() - 2.0 * margin);
        for heavy in [false, true] {
            let pen = if heavy { self.heavy } else { self.fine };
            let is_heavy = |k: usize| self.heavy_every > 0 && k.is_multiple_of(self.heavy_every);
            for k in (0..=(width / self.step) as usize).filter(|&k| is_heavy(k) == heavy) {
                let x = margin + k as f32 * self.step;
                self.stroke(board, [x, margin], [x, margin + height], pen, heavy);
            }
            for k in (0..=(height / self.step) as usize).filter(|&k| is_heavy(k) == heavy) {
                let y = margin + k as f32 * self.step;
                self.stroke(board, [margin, y], [margin + width, y], pen, heavy);
            }
        }
    }

    fn stroke(&self, board: &mut Board, from: [f32; 2], to: [f32; 2], pen: Pen, heavy: bool) {
        if !self.dotted || heavy {
            board.line(from, to, pen);
            return;
        }
        // Dots stand where lines would cross.
        let length = (to[0] - from[0]).max(to[1] - from[1]);
        let across = to[0] > from[0];
        for k in 0..=(length / self.step) as usize {
            let at = k as f32 * self.step;
            let [x, y] = if across {
                [from[0] + at, from[1]]
            } else {
                [from[0], from[1] + at]
            };
            board.oval([x, y], [pen.width.max(1.0); 2], pen.colour);
        }
    }
}

/// Empty squared or millimetre paper.
pub(super) fn squared(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    let ruling = if chance(dice, 0.5) {
        Ruling::squares(board, dice)
    } else {
        Ruling::millimetres(board, dice)
    };
    let margin = if chance(dice, 0.4) {
        between(dice, 0.02, 0.1) * board.side()
    } else {
        0.0
    };
    ruling.rule(board, margin);
}

/// ECG paper on which nothing was printed but, at times, a heading.
pub(super) fn blank_ecg(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    let margin = between(dice, 0.0, 0.06) * board.side();
    Ruling::ecg(board, dice).rule(board, margin);
    if chance(dice, 0.4) {
        let cap = board.side() / 110.0;
        for line in 0..whole(dice, 1, 5) {
            let text = super::wording::sentence(dice, 24);
            let y = margin + cap * (3.0 + 2.0 * line as f32);
            board.text(&text, [margin + 3.0 * cap, y], cap, [30; 3]);
        }
    }
}

fn line_colour(dice: &mut Dice) -> Colour {
    match whole(dice, 0, 6) {
        0 | 1 => [120, 160, 210],
        2 => [dice_grey(dice); 3],
        3 => [110, 190, 140],
        4 => [230, 140, 110],
        _ => colour(dice, 90, 210),
    }
}

fn dice_grey(dice: &mut Dice) -> u8 {
    between(dice, 110.0, 210.0) as u8
}

/// Nearer to white by `share`.
pub(super) fn faded(colour: Colour, share: f32) -> Colour {
    colour.map(|value| (f32::from(value) + (255.0 - f32::from(value)) * share) as u8)
}
