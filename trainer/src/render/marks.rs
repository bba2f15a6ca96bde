//! What people leave on a page: handwriting, pen marks, blacked-out names, stamps, code stickers,
//! and the black edges of a scanner.

use rand::{Rng, RngExt};

use super::chance::{normal, pick, uniform};
use super::coverage::{Polyline, Shape};
use super::font::{self, Family, Typeface};

/// Shapes of one colour laid over a page, in millimetres from the centre of the canvas.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Mark {
    pub colour: [f32; 3],
    pub opacity: f32,
    pub shapes: Vec<Shape>,
}

/// Half the canvas, and a little beyond.
const REACH_MM: [f32; 2] = [128.0, 85.0];

/// One or two marks of any kind.
pub fn sample_marks<R: Rng + ?Sized>(rng: &mut R) -> Vec<Mark> {
    type Maker<R> = fn(&mut R) -> Mark;
    let kinds: [(Maker<R>, f32); 6] = [
        (pen_marks, 0.30),
        (handwriting, 0.22),
        (redaction, 0.20),
        (stamp, 0.10),
        (code, 0.06),
        (border, 0.12),
    ];
    let count = if rng.random_bool(0.2) { 2 } else { 1 };
    (0..count).map(|_| pick(rng, &kinds)(rng)).collect()
}

fn place<R: Rng + ?Sized>(rng: &mut R) -> [f32; 2] {
    REACH_MM.map(|reach| uniform(rng, -reach, reach))
}

fn pen_colour<R: Rng + ?Sized>(rng: &mut R) -> [f32; 3] {
    let black = [uniform(rng, 0.05, 0.3); 3];
    pick(
        rng,
        &[
            (black, 0.45),
            ([0.10, 0.15, 0.55], 0.4),
            ([0.75, 0.10, 0.15], 0.15),
        ],
    )
}

/// Wandering strokes a few centimetres long; some close to rings around something.
fn pen_marks<R: Rng + ?Sized>(rng: &mut R) -> Mark {
    let width_mm = uniform(rng, 0.3, 0.8);
    let strokes = rng.random_range(1..6);
    let shapes = (0..strokes).map(|_| {
        let mut point = place(rng);
        let mut heading = uniform(rng, 0.0, std::f32::consts::TAU);
        let ring = rng.random_bool(0.3);
        let bend = if ring {
            uniform(rng, 0.12, 0.35)
        } else {
            normal(rng, 0.0, 0.12)
        };
        let steps = if ring {
            (6.6 / bend) as usize
        } else {
            rng.random_range(5..40)
        };
        let mut line = vec![point];
        for _ in 0..steps {
            heading += bend + normal(rng, 0.0, 0.12);
            point = [point[0] + heading.cos(), point[1] + heading.sin()];
            line.push(point);
        }
        Shape::Line(line, width_mm)
    });
    let shapes = shapes.collect();
    Mark {
        colour: pen_colour(rng),
        opacity: uniform(rng, 0.75, 1.0),
        shapes,
    }
}

/// A word or two that say nothing about the heart.
fn handwriting<R: Rng + ?Sized>(rng: &mut R) -> Mark {
    const WORDS: [&str; 12] = [
        "copy", "seen", "bed 4", "10:35", "ward 7", "dr m", "file", "2nd", "ok", "room 12", "fax",
        "lab",
    ];
    let cap_height_mm = uniform(rng, 3.0, 8.0);
    let face = Typeface {
        family: Family::Stroke,
        cap_height_mm,
        pen_mm: uniform(rng, 0.3, 0.7),
        stretch: uniform(rng, 0.7, 1.2),
        slant: uniform(rng, 0.0, 0.45),
        barred_i: false,
    };
    let mut text = String::new();
    for _ in 0..rng.random_range(1..4) {
        text.push_str(WORDS[rng.random_range(0..WORDS.len())]);
        text.push(' ');
    }
    let at_mm = place(rng);
    let rise = normal(rng, 0.0, 0.08);
    let jitter_mm = 0.06 * cap_height_mm;
    let mut shapes = font::write(&text, at_mm, &face);
    for shape in &mut shapes {
        if let Shape::Line(points, _) = shape {
            for point in points {
                let along = point[0] - at_mm[0];
                point[0] += normal(rng, 0.0, jitter_mm);
                point[1] += along * rise + normal(rng, 0.0, jitter_mm);
            }
        }
    }
    Mark {
        colour: pen_colour(rng),
        opacity: uniform(rng, 0.8, 1.0),
        shapes,
    }
}

/// Names covered by bars, black or white, mostly near the upper edge.
fn redaction<R: Rng + ?Sized>(rng: &mut R) -> Mark {
    let black = rng.random_bool(0.7);
    let bars = rng.random_range(1..4);
    let shapes = (0..bars).map(|_| {
        let [x, y] = place(rng);
        let y = if rng.random_bool(0.7) {
            uniform(rng, -REACH_MM[1], -0.6 * REACH_MM[1])
        } else {
            y
        };
        let size = [uniform(rng, 12.0, 70.0), uniform(rng, 3.0, 12.0)];
        Shape::Area(vec![rectangle([x, y], size, normal(rng, 0.0, 0.01))])
    });
    let shapes = shapes.collect();
    let grey = if black {
        uniform(rng, 0.0, 0.1)
    } else {
        uniform(rng, 0.92, 1.0)
    };
    Mark {
        colour: [grey; 3],
        opacity: 1.0,
        shapes,
    }
}

/// A ring or a frame with a date in it, in stamping ink.
fn stamp<R: Rng + ?Sized>(rng: &mut R) -> Mark {
    let centre = place(rng);
    let turn = normal(rng, 0.0, 0.2);
    let pen_mm = uniform(rng, 0.5, 1.1);
    let mut shapes = Vec::new();
    let half_mm = if rng.random_bool(0.5) {
        let radius = uniform(rng, 8.0, 18.0);
        for ring in [radius, 0.8 * radius] {
            let points = (0..=40).map(|k| {
                let angle = k as f32 * std::f32::consts::TAU / 40.0;
                [
                    centre[0] + ring * angle.cos(),
                    centre[1] + ring * angle.sin(),
                ]
            });
            shapes.push(Shape::Line(points.collect(), pen_mm));
        }
        0.6 * radius
    } else {
        let size = [uniform(rng, 25.0, 50.0), uniform(rng, 9.0, 18.0)];
        let corner = [centre[0] - 0.5 * size[0], centre[1] - 0.5 * size[1]];
        let mut frame = rectangle(corner, size, 0.0);
        frame.push(frame[0]);
        shapes.push(Shape::Line(frame, pen_mm));
        0.42 * size[0]
    };
    let face = Typeface {
        family: Family::Sans,
        cap_height_mm: 0.3 * half_mm,
        pen_mm: 0.0,
        stretch: 0.8,
        slant: 0.0,
        barred_i: false,
    };
    let (day, month) = (rng.random_range(1..29), rng.random_range(1..13));
    let text = format!("{day:02}.{month:02}.{}", rng.random_range(1996..2026));
    let start = [centre[0] - half_mm, centre[1] + 0.15 * half_mm];
    shapes.extend(font::write(&text, start, &face));
    let shapes = shapes
        .iter()
        .map(|shape| shape.mapped(|point| turned(point, centre, turn)))
        .collect();
    Mark {
        colour: pick(
            rng,
            &[
                ([0.20, 0.20, 0.60], 0.5),
                ([0.70, 0.15, 0.20], 0.3),
                ([0.35, 0.15, 0.45], 0.2),
            ],
        ),
        opacity: uniform(rng, 0.4, 0.9),
        shapes,
    }
}

/// A sticker with a matrix code or bars; without meaning.
fn code<R: Rng + ?Sized>(rng: &mut R) -> Mark {
    let [x, y] = place(rng);
    let mut shapes = Vec::new();
    if rng.random_bool(0.6) {
        let (modules, module_mm) = (rng.random_range(15..26), uniform(rng, 0.5, 1.0));
        for k in 0..modules * modules {
            if rng.random_bool(0.5) {
                let corner = [
                    x + (k % modules) as f32 * module_mm,
                    y + (k / modules) as f32 * module_mm,
                ];
                shapes.push(Shape::Area(vec![rectangle(corner, [module_mm; 2], 0.0)]));
            }
        }
    } else {
        let (mut along, end) = (x, x + uniform(rng, 20.0, 45.0));
        let height = uniform(rng, 6.0, 12.0);
        while along < end {
            let bar = uniform(rng, 0.25, 1.0);
            shapes.push(Shape::Area(vec![rectangle([along, y], [bar, height], 0.0)]));
            along += bar + uniform(rng, 0.25, 1.0);
        }
    }
    Mark {
        colour: [uniform(rng, 0.0, 0.15); 3],
        opacity: 1.0,
        shapes,
    }
}

/// Dark edges on all four sides, each of its own width.
fn border<R: Rng + ?Sized>(rng: &mut R) -> Mark {
    let [x, y] = REACH_MM.map(|reach| reach + 60.0);
    let mut inner = || {
        let widest = 14.0;
        [
            REACH_MM[0] - uniform(rng, 0.0, widest),
            REACH_MM[1] - uniform(rng, 0.0, widest),
        ]
    };
    let ([right, bottom], [left, top]) = (inner(), inner());
    let outer = rectangle([-x, -y], [2.0 * x, 2.0 * y], 0.0);
    let mut hole = rectangle([-left, -top], [left + right, top + bottom], 0.0);
    hole.reverse();
    let grey = if rng.random_bool(0.8) {
        uniform(rng, 0.0, 0.25)
    } else {
        uniform(rng, 0.8, 1.0)
    };
    Mark {
        colour: [grey; 3],
        opacity: 1.0,
        shapes: vec![Shape::Area(vec![outer, hole])],
    }
}

/// A rectangle from its upper left corner, turned about it.
fn rectangle(corner: [f32; 2], [width, height]: [f32; 2], turn: f32) -> Polyline {
    [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]
        .map(|[x, y]| turned([corner[0] + x, corner[1] + y], corner, turn))
        .to_vec()
}

fn turned(point: [f32; 2], about: [f32; 2], angle: f32) -> [f32; 2] {
    let (sine, cosine) = angle.sin_cos();
    let [x, y] = [point[0] - about[0], point[1] - about[1]];
    [
        about[0] + cosine * x - sine * y,
        about[1] + sine * x + cosine * y,
    ]
}

#[cfg(test)]
mod tests {
    use super::super::coverage::CoverageMap;
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_kind_leaves_something_finite() {
        let makers: [fn(&mut ChaCha8Rng) -> Mark; 6] =
            [pen_marks, handwriting, redaction, stamp, code, border];
        for (k, make) in makers.into_iter().enumerate() {
            for seed in 0..20 {
                let mark = make(&mut ChaCha8Rng::seed_from_u64(seed));
                assert!(!mark.shapes.is_empty(), "kind {k}, seed {seed}");
                let bounds = font::bounds(&mark.shapes).unwrap();
                assert!(bounds.iter().all(|side| side.abs() < 400.0), "{bounds:?}");
            }
        }
    }

    #[test]
    fn a_border_darkens_the_edge_and_spares_the_middle() {
        let mark = border(&mut ChaCha8Rng::seed_from_u64(3));
        let mut map = CoverageMap::new(256, 170);
        for shape in &mark.shapes {
            map.draw(&shape.mapped(|[x, y]| [x + 128.0, y + 85.0]), 1.0);
        }
        assert_eq!(map.row(85)[128], 0.0);
        let edges = map.row(0).iter().filter(|v| **v > 0.5).count();
        assert!(edges > 200, "{edges}");
    }
}
