//! Joined-up words that mean nothing.

use rand::{Rng, RngExt};

use crate::render::chance::{normal, uniform};

/// A word as one line in page millimetres, starting at `start_mm` on the baseline. Small letters are
/// `size_mm` tall; `climb` is the slope of the baseline, upwards negative.
pub fn word<R: Rng + ?Sized>(
    rng: &mut R,
    start_mm: [f32; 2],
    size_mm: f32,
    climb: f32,
) -> Vec<[f32; 2]> {
    let slant = normal(rng, 0.25, 0.12);
    let stretch = uniform(rng, 0.75, 1.15);
    let mut knots = Vec::new();
    let mut left = 0.0;
    for position in 0..rng.random_range(3..10) {
        // A capital is a small letter half as large again.
        let scale = if position == 0 {
            1.6
        } else {
            uniform(rng, 0.85, 1.15)
        };
        let letter = LETTERS[rng.random_range(0..LETTERS.len())];
        let mut right: f32 = 0.0;
        for (x, y) in letter {
            let (x, y) = (x + normal(rng, 0.0, 0.04), y + normal(rng, 0.0, 0.05));
            let (x, y) = (left + scale * x * stretch, scale * y);
            right = right.max(x);
            knots.push([x + slant * y, y]);
        }
        left = right;
    }
    smooth(&knots)
        .into_iter()
        .map(|[x, y]| {
            let along = x * size_mm;
            [
                start_mm[0] + along,
                start_mm[1] + climb * along - y * size_mm,
            ]
        })
        .collect()
}

/// Knots of letters that join on to each other: x to the right, y up from the baseline, in heights of
/// a small letter.
const LETTERS: [&[(f32, f32)]; 10] = [
    // a
    &[
        (0.0, 0.1),
        (0.5, 0.85),
        (0.25, 1.0),
        (0.02, 0.5),
        (0.2, 0.0),
        (0.5, 0.6),
        (0.55, 0.9),
        (0.55, 0.1),
        (0.75, 0.1),
    ],
    // e
    &[
        (0.0, 0.1),
        (0.35, 0.45),
        (0.45, 0.85),
        (0.2, 0.95),
        (0.08, 0.5),
        (0.3, 0.02),
        (0.6, 0.1),
    ],
    // g
    &[
        (0.0, 0.1),
        (0.5, 0.85),
        (0.25, 1.0),
        (0.05, 0.5),
        (0.25, 0.05),
        (0.5, 0.8),
        (0.45, -0.8),
        (0.2, -0.9),
        (0.2, -0.5),
        (0.7, 0.1),
    ],
    // i or u's half
    &[(0.0, 0.1), (0.2, 0.95), (0.22, 0.1), (0.42, 0.1)],
    // l
    &[
        (0.0, 0.1),
        (0.35, 1.2),
        (0.3, 2.0),
        (0.12, 1.7),
        (0.15, 0.4),
        (0.3, 0.0),
        (0.5, 0.1),
    ],
    // n
    &[
        (0.0, 0.1),
        (0.12, 0.95),
        (0.15, 0.0),
        (0.35, 0.9),
        (0.5, 0.8),
        (0.52, 0.1),
        (0.7, 0.1),
    ],
    // o
    &[
        (0.0, 0.2),
        (0.2, 0.95),
        (0.02, 0.5),
        (0.25, 0.0),
        (0.5, 0.5),
        (0.3, 0.95),
        (0.7, 0.85),
    ],
    // r
    &[
        (0.0, 0.1),
        (0.15, 0.95),
        (0.3, 0.85),
        (0.35, 0.1),
        (0.55, 0.1),
    ],
    // s
    &[
        (0.0, 0.1),
        (0.3, 0.95),
        (0.4, 0.4),
        (0.2, 0.0),
        (0.05, 0.1),
        (0.6, 0.1),
    ],
    // t
    &[
        (0.0, 0.1),
        (0.25, 1.6),
        (0.22, 0.3),
        (0.4, 0.0),
        (0.55, 0.1),
    ],
];

/// A Catmull-Rom spline through the knots.
fn smooth(knots: &[[f32; 2]]) -> Vec<[f32; 2]> {
    const STEPS: usize = 5;
    let Some(last) = knots.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut line = Vec::with_capacity(last * STEPS + 1);
    for k in 0..last {
        let [a, b, c, d] = [k.saturating_sub(1), k, k + 1, (k + 2).min(last)].map(|i| knots[i]);
        for step in 0..STEPS {
            let t = step as f32 / STEPS as f32;
            line.push([0, 1].map(|axis| {
                let slope = 0.5 * (c[axis] - a[axis]);
                let next_slope = 0.5 * (d[axis] - b[axis]);
                let rise = c[axis] - b[axis];
                let square = 3.0 * rise - 2.0 * slope - next_slope;
                let cube = slope + next_slope - 2.0 * rise;
                b[axis] + t * (slope + t * (square + t * cube))
            }));
        }
    }
    line.push(knots[last]);
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn a_spline_passes_through_its_knots() {
        let knots = [[0.0, 0.0], [1.0, 2.0], [3.0, -1.0], [4.0, 0.5]];
        let line = smooth(&knots);
        for knot in knots {
            let nearest = line
                .iter()
                .map(|p| (p[0] - knot[0]).hypot(p[1] - knot[1]))
                .fold(f32::MAX, f32::min);
            assert!(nearest < 1e-5);
        }
    }

    #[test]
    fn a_word_goes_to_the_right_and_stays_near_its_baseline() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        for _ in 0..50 {
            let line = word(&mut rng, [10.0, 20.0], 3.0, 0.0);
            let [x, y] = line[line.len() - 1];
            assert!(x > 14.0 && (y - 20.0).abs() < 6.0, "{x} {y}");
            assert!(line.iter().all(|p| (p[1] - 20.0).abs() < 12.0));
        }
    }
}
