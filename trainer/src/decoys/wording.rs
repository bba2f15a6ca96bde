//! Words, numbers and handwriting without meaning.

use super::Dice;
use super::pen::{Board, Pen, Point, any, between, chance, whole};

/// A word of one to four syllables.
pub(super) fn word(dice: &mut Dice) -> String {
    const SYLLABLES: [&str; 16] = [
        "ta", "re", "li", "mon", "ver", "sa", "den", "kor", "pi", "un", "ast", "el", "or", "ni",
        "gra", "em",
    ];
    (0..whole(dice, 1, 5))
        .map(|_| any(dice, &SYLLABLES))
        .collect()
}

/// Words until about `letters` letters are written.
pub(super) fn sentence(dice: &mut Dice, letters: usize) -> String {
    let mut text = String::new();
    while text.len() < letters {
        text.push_str(&word(dice));
        text.push(' ');
    }
    text
}

/// A number as tables show it.
pub(super) fn number(dice: &mut Dice) -> String {
    let value = between(dice, 0.0, 9000.0);
    if chance(dice, 0.5) {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

/// A line of joined-up handwriting of this width that starts at `at`.
pub(super) fn scrawl(
    board: &mut Board,
    dice: &mut Dice,
    at: Point,
    width: f32,
    size: f32,
    pen: Pen,
) {
    let mut x = at[0];
    while x < at[0] + width {
        let letters = whole(dice, 2, 9);
        let mut points: Vec<Point> = Vec::new();
        for _ in 0..letters {
            let tall = if chance(dice, 0.25) { 1.0 } else { 0.5 };
            let drop = if chance(dice, 0.12) { 0.4 } else { 0.0 };
            let y = at[1] + 0.06 * size * between(dice, -1.0, 1.0);
            points.push([x, y - 0.1 * size]);
            points.push([x + 0.25 * size, y - tall * size]);
            points.push([x + 0.15 * size, y + drop * size]);
            points.push([x + 0.4 * size, y - 0.35 * size * between(dice, 0.0, 1.0)]);
            x += size * between(dice, 0.35, 0.6);
        }
        board.path(smooth(&points), pen);
        x += 0.5 * size;
    }
}

/// A rounded line near `points` (corner cutting, twice).
pub(super) fn smooth(points: &[Point]) -> Vec<Point> {
    let mut line = points.to_vec();
    for _ in 0..2 {
        line = line
            .windows(2)
            .flat_map(|pair| {
                let at = |share: f32| {
                    [0, 1].map(|axis| pair[0][axis] + share * (pair[1][axis] - pair[0][axis]))
                };
                [at(0.25), at(0.75)]
            })
            .collect();
    }
    line
}
