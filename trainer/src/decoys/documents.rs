//! Printed matter: text, forms, receipts, tables, calendars, puzzles, music.

use super::Dice;
use super::pen::{
    Board, Pen, Point, any, between, chance, colour, ink_colour, paper_colour, whole,
};
use super::wording::{number, scrawl, sentence, word};

/// Columns of print with headings, at times a picture.
pub(super) fn text(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    let ink = ink_colour(dice);
    let cap = board.side() / between(dice, 60.0, 150.0);
    let margin = between(dice, 0.04, 0.12) * board.width();
    let columns = any(dice, &[1, 1, 2, 3]);
    let gap = 3.0 * cap;
    let column_width = (board.width() - 2.0 * margin - gap * (columns - 1) as f32) / columns as f32;
    let leading = cap * between(dice, 1.8, 3.2);
    let heading = sentence(dice, 18);
    board.text(&heading, [margin, margin + 2.0 * cap], 2.0 * cap, ink);
    for column in 0..columns {
        let left = margin + (column_width + gap) * column as f32;
        let mut y = margin + 5.0 * cap;
        while y < board.height() - margin {
            if chance(dice, 0.08) {
                y += leading;
                continue;
            }
            if chance(dice, 0.02) {
                let tall = between(dice, 6.0, 16.0) * cap;
                board.rect([left, y, column_width, tall], colour(dice, 60, 220));
                y += tall + leading;
                continue;
            }
            let letters = (column_width / (0.72 * cap)) as usize;
            let line = sentence(dice, letters);
            let line: String = line.chars().take(letters).collect();
            board.text(&line, [left, y], cap, ink);
            y += leading;
        }
    }
}

/// Labels, ruled fields, tick boxes and a table.
pub(super) fn form(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    let ink = ink_colour(dice);
    let cap = board.side() / between(dice, 80.0, 140.0);
    let pen = Pen {
        colour: ink,
        width: between(dice, 0.8, 2.0),
    };
    let margin = 4.0 * cap;
    let width = board.width() - 2.0 * margin;
    let mut y = margin;
    let title = sentence(dice, 20);
    board.text(&title, [margin, y + 2.0 * cap], 1.8 * cap, ink);
    y += 4.0 * cap;
    while y < board.height() - 6.0 * cap {
        match whole(dice, 0, 4) {
            0 => {
                let fields = whole(dice, 1, 4);
                let field = width / fields as f32;
                for k in 0..fields {
                    let left = margin + field * k as f32;
                    board.frame([left, y, field, 3.5 * cap], pen);
                    board.text(&word(dice), [left + cap, y + 1.4 * cap], 0.7 * cap, ink);
                    if chance(dice, 0.5) {
                        let hand = Pen {
                            colour: [25, 35, 140],
                            width: 1.6,
                        };
                        let at = [left + cap, y + 3.2 * cap];
                        scrawl(board, dice, at, 0.6 * field, 1.5 * cap, hand);
                    }
                }
                y += 4.0 * cap;
            }
            1 => {
                let (rows, columns) = (whole(dice, 3, 10), whole(dice, 3, 9));
                let (tall, wide) = (2.4 * cap, width / columns as f32);
                for row in 0..rows {
                    for column in 0..columns {
                        let (left, top) = (margin + wide * column as f32, y + tall * row as f32);
                        board.frame([left, top, wide, tall], pen);
                        if row == 0 || chance(dice, 0.5) {
                            let text = if row == 0 { word(dice) } else { number(dice) };
                            let at = [left + 0.5 * cap, top + 1.7 * cap];
                            board.text(&text, at, 0.8 * cap, ink);
                        }
                    }
                }
                y += tall * (rows as f32 + 1.0);
            }
            2 => {
                for k in 0..whole(dice, 2, 6) {
                    let left = margin + width / 6.0 * k as f32;
                    board.frame([left, y, 1.2 * cap, 1.2 * cap], pen);
                    let label: String = word(dice).chars().take(8).collect();
                    board.text(&label, [left + 2.0 * cap, y + cap], 0.8 * cap, ink);
                }
                y += 3.0 * cap;
            }
            _ => {
                let line = sentence(dice, (width / cap) as usize);
                board.text(&line, [margin, y + cap], 0.8 * cap, ink);
                y += 2.2 * cap;
            }
        }
    }
}

/// A till receipt: lines of goods and prices, a bar code.
pub(super) fn receipt(board: &mut Board, dice: &mut Dice) {
    board.fill(colour(dice, 60, 170));
    let width = board.width() * between(dice, 0.4, 0.95);
    let left = (board.width() - width) / 2.0;
    board.rect([left, 0.0, width, board.height()], [246, 245, 240]);
    let cap = width / between(dice, 28.0, 45.0);
    let ink = [between(dice, 20.0, 90.0) as u8; 3];
    let mut y = 3.0 * cap;
    while y < board.height() - 9.0 * cap {
        if chance(dice, 0.1) {
            let pen = Pen {
                colour: ink,
                width: 1.5,
            };
            board.line([left + 2.0 * cap, y], [left + width - 2.0 * cap, y], pen);
        } else {
            board.text(&sentence(dice, 8), [left + 2.0 * cap, y], cap, ink);
            board.text(&number(dice), [left + width - 8.0 * cap, y], cap, ink);
        }
        y += 2.0 * cap;
    }
    let mut x = left + 3.0 * cap;
    while x < left + width - 3.0 * cap {
        let bar = between(dice, 0.1, 0.5) * cap;
        board.rect([x, y, bar.max(1.0), 7.0 * cap], ink);
        x += bar.max(1.0) + between(dice, 0.15, 0.5) * cap;
    }
}

/// Cells with numbers under lettered columns.
pub(super) fn spreadsheet(board: &mut Board, dice: &mut Dice) {
    board.fill([255; 3]);
    let cap = board.side() / between(dice, 90.0, 160.0);
    let (wide, tall) = (
        cap * between(dice, 6.0, 12.0),
        cap * between(dice, 1.9, 3.0),
    );
    let line = Pen {
        colour: [between(dice, 170.0, 225.0) as u8; 3],
        width: 1.0,
    };
    board.rect([0.0, 0.0, board.width(), tall], [232; 3]);
    board.rect([0.0, 0.0, wide / 2.0, board.height()], [232; 3]);
    let ink = [40; 3];
    let (rows, columns) = (
        (board.height() / tall) as usize + 1,
        (board.width() / wide) as usize + 1,
    );
    for row in 0..rows {
        let y = tall * row as f32;
        board.line([0.0, y], [board.width(), y], line);
        board.text(
            &row.to_string(),
            [0.5 * cap, y + 0.75 * tall],
            0.8 * cap,
            ink,
        );
    }
    for column in 0..columns {
        let x = wide * (column as f32 + 0.5);
        board.line([x, 0.0], [x, board.height()], line);
        let filled = chance(dice, 0.7);
        let tinted = chance(dice, 0.15).then(|| colour(dice, 190, 255));
        let length = whole(dice, rows / 3, rows);
        for row in 1..rows.min(length + 1) {
            let cell = [x + 1.0, tall * row as f32 + 1.0, wide - 2.0, tall - 2.0];
            if let Some(tint) = tinted {
                board.rect(cell, tint);
            }
            if filled {
                let at = [x + 0.5 * cap, cell[1] + 0.75 * tall];
                board.text(&number(dice), at, 0.9 * cap, ink);
            }
        }
    }
}

/// A month: seven columns of days.
pub(super) fn calendar(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    let ink = ink_colour(dice);
    let top = board.height() * between(dice, 0.1, 0.4);
    let accent = colour(dice, 90, 220);
    board.rect([0.0, 0.0, board.width(), 0.9 * top], accent);
    let margin = 0.03 * board.width();
    let (wide, tall) = (
        (board.width() - 2.0 * margin) / 7.0,
        (board.height() - top - margin) / 6.0,
    );
    board.text(&word(dice), [margin, 0.6 * top], 0.25 * top, ink);
    let pen = Pen {
        colour: ink,
        width: between(dice, 0.8, 3.0),
    };
    for day in 0..42 {
        let (left, y) = (
            margin + wide * (day % 7) as f32,
            top + tall * (day / 7) as f32,
        );
        board.frame([left, y, wide, tall], pen);
        let cap = 0.2 * tall.min(wide);
        let at = [left + 0.5 * cap, y + 1.6 * cap];
        board.text(&(day % 31 + 1).to_string(), at, cap, ink);
        if chance(dice, 0.2) {
            let hand = Pen {
                colour: [30, 40, 150],
                width: 1.8,
            };
            let at = [left + 0.1 * wide, y + 0.8 * tall];
            scrawl(board, dice, at, 0.6 * wide, 0.8 * cap, hand);
        }
    }
}

/// A crossword, or a square of numbers.
pub(super) fn puzzle(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    let crossword = chance(dice, 0.5);
    let cells = if crossword { whole(dice, 11, 26) } else { 9 };
    let cell = board.width().min(board.height()) * between(dice, 0.7, 0.98) / cells as f32;
    let (left, top) = (
        (board.width() - cell * cells as f32) / 2.0,
        (board.height() - cell * cells as f32) / 2.0,
    );
    let thin = Pen {
        colour: [20; 3],
        width: between(dice, 0.8, 2.5),
    };
    for k in 0..cells * cells {
        let (x, y) = (
            left + cell * (k % cells) as f32,
            top + cell * (k / cells) as f32,
        );
        if crossword && chance(dice, 0.22) {
            board.rect([x, y, cell, cell], [15; 3]);
        }
        board.frame([x, y, cell, cell], thin);
        if crossword && chance(dice, 0.2) {
            board.text(
                &(k / 3).to_string(),
                [x + 2.0, y + 0.35 * cell],
                0.22 * cell,
                [20; 3],
            );
        } else if !crossword && chance(dice, 0.4) {
            let digit = whole(dice, 1, 10).to_string();
            board.text(
                &digit,
                [x + 0.3 * cell, y + 0.75 * cell],
                0.5 * cell,
                [20; 3],
            );
        }
    }
    if !crossword {
        for k in 0..=3 {
            let at = cell * 3.0 * k as f32;
            let pen = Pen { width: 3.5, ..thin };
            let end = cell * 9.0;
            board.line([left + at, top], [left + at, top + end], pen);
            board.line([left, top + at], [left + end, top + at], pen);
        }
    }
}

/// Staves with notes and bar lines.
pub(super) fn music(board: &mut Board, dice: &mut Dice) {
    board.fill(paper_colour(dice));
    let ink = [15; 3];
    let space = board.side() / between(dice, 90.0, 180.0);
    let line = Pen {
        colour: ink,
        width: (0.12 * space).max(0.8),
    };
    let margin = 6.0 * space;
    let right = board.width() - margin;
    let mut top = margin + 4.0 * space;
    while top + 6.0 * space < board.height() {
        for k in 0..5 {
            let y = top + space * k as f32;
            board.line([margin, y], [right, y], line);
        }
        let mut x = margin + 4.0 * space;
        let mut beam: Vec<Point> = Vec::new();
        while x < right - space {
            if chance(dice, 0.15) {
                board.line([x, top], [x, top + 4.0 * space], line);
            } else {
                let y = top + space * 0.5 * whole(dice, 0, 9) as f32;
                board.oval([x, y], [0.62 * space, 0.45 * space], ink);
                let tip = [x + 0.6 * space, y - 3.5 * space];
                board.line([x + 0.6 * space, y], tip, line);
                beam.push(tip);
                if beam.len() == 2 {
                    if chance(dice, 0.5) {
                        let width = 0.5 * space;
                        board.line(beam[0], beam[1], Pen { width, ..line });
                    }
                    beam.clear();
                }
            }
            x += space * between(dice, 1.6, 3.5);
        }
        top += space * between(dice, 9.0, 14.0);
    }
}
