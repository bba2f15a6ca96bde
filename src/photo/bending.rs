//! A field of shifts through measured ones, as stiff paper would run: it bends little, wrong
//! measurements don't pull it aside, and beyond the last measurement it goes on straight.

use super::mesh::Area;

/// Measurements further than this from the field count as mistakes, more so the further.
const TOLERANCE_MM: f64 = 0.25;
/// Rounds of solving and weighing anew.
const ROUNDS: usize = 4;
/// Steps of the solver in each round.
const STEPS: usize = 40;
/// Holds the field at 0 where nothing else does.
const HOLD: f64 = 1e-6;

/// The shifts at all nodes that minimise the weighted squares of the deviations from `measured`
/// plus `stiffness` times the squares of all second differences (the bending energy of a thin
/// plate), with Cauchy weights: iterated conjugate gradients (Hestenes & Stiefel 1952).
pub(super) fn bent_through(
    area: Area,
    measured: &[f32],
    weights: &[f32],
    stiffness: f64,
) -> Vec<f32> {
    let bends = Bends::of(area);
    let mut field = vec![0.0; area.len()];
    let mut effective: Vec<f64> = weights.iter().map(|&weight| f64::from(weight)).collect();
    // The first rounds are more tolerant, so that a whole region is not lost to a poor start.
    for round in 0..ROUNDS {
        let right: Vec<f64> = effective
            .iter()
            .zip(measured)
            .map(|(weight, &shift)| weight * f64::from(shift))
            .collect();
        let system = |field: &[f64]| -> Vec<f64> {
            let mut out: Vec<f64> = field
                .iter()
                .zip(&effective)
                .map(|(value, weight)| (weight + HOLD) * value)
                .collect();
            bends.add_energy_slope(field, stiffness, &mut out);
            out
        };
        solve(system, &right, &mut field);
        let tolerance = TOLERANCE_MM * f64::from(1 << (ROUNDS - 1 - round).min(2));
        for (i, weight) in effective.iter_mut().enumerate() {
            let apart = (field[i] - f64::from(measured[i])) / tolerance;
            *weight = f64::from(weights[i]) / (1.0 + apart * apart);
        }
    }
    field.iter().map(|&value| value as f32).collect()
}

/// The second differences of a field: triples along rows and columns, and the twists of squares.
struct Bends {
    triples: Vec<[u32; 3]>,
    squares: Vec<[u32; 4]>,
}

impl Bends {
    fn of(area: Area) -> Self {
        let (across, down) = (area.across as u32, area.down as u32);
        let mut triples = Vec::with_capacity(2 * area.len());
        let mut squares = Vec::with_capacity(area.len());
        for y in 0..down {
            for x in 0..across {
                let node = y * across + x;
                if x + 2 < across {
                    triples.push([node, node + 1, node + 2]);
                }
                if y + 2 < down {
                    triples.push([node, node + across, node + 2 * across]);
                }
                if x + 1 < across && y + 1 < down {
                    squares.push([node, node + 1, node + across, node + across + 1]);
                }
            }
        }
        Self { triples, squares }
    }

    fn add_energy_slope(&self, field: &[f64], stiffness: f64, out: &mut [f64]) {
        for &triple in &self.triples {
            let [a, b, c] = triple.map(|node| node as usize);
            let bend = stiffness * (field[a] - 2.0 * field[b] + field[c]);
            out[a] += bend;
            out[b] -= 2.0 * bend;
            out[c] += bend;
        }
        for &square in &self.squares {
            let [a, b, c, d] = square.map(|node| node as usize);
            // The twist counts twice in the energy of a plate.
            let twist = 2.0 * stiffness * (field[a] - field[b] - field[c] + field[d]);
            out[a] += twist;
            out[b] -= twist;
            out[c] -= twist;
            out[d] += twist;
        }
    }
}

/// Conjugate gradients for a symmetric positive system, from `field` on.
fn solve(system: impl Fn(&[f64]) -> Vec<f64>, right: &[f64], field: &mut [f64]) {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut rest: Vec<f64> = right
        .iter()
        .zip(system(field))
        .map(|(right, left)| right - left)
        .collect();
    let mut direction = rest.clone();
    let mut size = dot(&rest, &rest);
    for _ in 0..STEPS {
        if size < 1e-12 {
            break;
        }
        let image = system(&direction);
        let step = size / dot(&direction, &image).max(1e-30);
        for (i, value) in field.iter_mut().enumerate() {
            *value += step * direction[i];
            rest[i] -= step * image[i];
        }
        let next = dot(&rest, &rest);
        for (direction, rest) in direction.iter_mut().zip(&rest) {
            *direction = rest + next / size * *direction;
        }
        size = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area {
        origin_mm: [0.0, 0.0],
        across: 24,
        down: 18,
    };

    fn slope(node: usize) -> f32 {
        0.1 * (node % 24) as f32 - 0.06 * (node / 24) as f32 + 0.4
    }

    #[test]
    fn straight_slopes_stay_and_go_on_beyond_the_last_measurement() {
        let measured: Vec<f32> = (0..AREA.len()).map(slope).collect();
        let weights: Vec<f32> = (0..AREA.len())
            .map(|node| if node % 24 < 20 { 1.0 } else { 0.0 })
            .collect();
        let field = bent_through(AREA, &measured, &weights, 0.5);
        for (node, value) in field.iter().enumerate() {
            assert!((value - slope(node)).abs() < 0.1, "{node}: {value}");
        }
    }

    #[test]
    fn a_strip_of_mistakes_is_bridged() {
        let measured: Vec<f32> = (0..AREA.len())
            .map(|node| {
                let wrong = if node / 24 == 9 { 1.5 } else { 0.0 };
                slope(node) + wrong
            })
            .collect();
        let field = bent_through(AREA, &measured, &vec![1.0; AREA.len()], 0.5);
        for (node, value) in field.iter().enumerate() {
            assert!((value - slope(node)).abs() < 0.6, "{node}: {value}");
        }
    }
}
