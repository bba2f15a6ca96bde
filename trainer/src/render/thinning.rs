//! Fewer points for the same line: recordings have several samples per pixel, and every piece of a
//! line costs a look at all pixels around it.

/// Takes out points of a polyline that lie within `tolerance` of the line without them, in the unit
/// of the points. Both ends stay, and so does every point where the line turns back.
///
/// Greedy, after Williams (1978): a piece grows for as long as its end lies in the cone of directions
/// that pass all points in between closely enough.
pub fn thin(points: &mut Vec<[f32; 2]>, tolerance: f32) {
    if points.len() < 3 || !points.as_flattened().iter().all(|v| v.is_finite()) {
        return;
    }
    let mut kept = 1;
    let mut cone = Cone::from(points[0]);
    let mut last = points[0];
    for k in 1..points.len() {
        let point = points[k];
        if !cone.takes(point, tolerance) {
            points[kept] = last;
            kept += 1;
            cone = Cone::from(last);
            cone.takes(point, tolerance);
        }
        last = point;
    }
    points[kept] = last;
    points.truncate(kept + 1);
}

/// The directions from a point that pass all further points closely enough, between the two sides
/// of a wedge.
struct Cone {
    apex: [f32; 2],
    /// Clockwise and counter-clockwise side; none while all points are near the apex.
    sides: Option<[[f32; 2]; 2]>,
    /// Squared distance of the farthest point so far.
    farthest: f32,
}

impl Cone {
    fn from(apex: [f32; 2]) -> Self {
        Self {
            apex,
            sides: None,
            farthest: 0.0,
        }
    }

    /// Whether the piece may end at `point`, and if so narrows the cone to pass it.
    #[inline]
    fn takes(&mut self, point: [f32; 2], tolerance: f32) -> bool {
        let [x, y] = [point[0] - self.apex[0], point[1] - self.apex[1]];
        let square = x * x + y * y;
        if square < self.farthest {
            return false;
        }
        if square <= tolerance * tolerance {
            self.farthest = square;
            return true;
        }
        // The sides touch a circle of the tolerance around the point, nearly.
        let share = tolerance / square.sqrt();
        let own = [
            [x + share * y, y - share * x],
            [x - share * y, y + share * x],
        ];
        self.sides = match self.sides {
            None => Some(own),
            Some([low, high]) => {
                if cross(low, [x, y]) < 0.0 || cross(high, [x, y]) > 0.0 {
                    return false;
                }
                Some([
                    if cross(low, own[0]) > 0.0 {
                        own[0]
                    } else {
                        low
                    },
                    if cross(high, own[1]) < 0.0 {
                        own[1]
                    } else {
                        high
                    },
                ])
            }
        };
        self.farthest = square;
        true
    }
}

#[inline]
fn cross(a: [f32; 2], b: [f32; 2]) -> f32 {
    a[0] * b[1] - a[1] * b[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance([x, y]: [f32; 2], [a, b]: [[f32; 2]; 2]) -> f32 {
        let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
        let along = ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy).max(1e-12);
        let t = along.clamp(0.0, 1.0);
        (x - a[0] - t * dx).hypot(y - a[1] - t * dy)
    }

    #[test]
    fn a_corner_stays_and_what_lies_on_its_sides_goes() {
        let mut points = vec![[0.0, 0.0], [1.0, 0.001], [2.0, 0.0], [2.0, 1.0], [2.0, 5.0]];
        thin(&mut points, 0.02);
        assert_eq!(points, [[0.0, 0.0], [2.0, 0.0], [2.0, 5.0]]);
    }

    #[test]
    fn a_line_that_turns_back_keeps_its_tip() {
        let mut points = vec![[0.0, 0.0], [0.0, 4.0], [0.0, 9.0], [0.0, 3.0], [0.0, 0.0]];
        thin(&mut points, 0.02);
        assert_eq!(points, [[0.0, 0.0], [0.0, 9.0], [0.0, 0.0]]);
    }

    #[test]
    fn every_point_stays_within_the_tolerance() {
        let wave = |k: usize| {
            let x = 0.15 * k as f32;
            [x, 40.0 * (0.11 * x).sin() * (0.7 * x).cos().powi(9)]
        };
        let all: Vec<[f32; 2]> = (0..3000).map(wave).collect();
        let mut few = all.clone();
        thin(&mut few, 0.02);
        assert!(3 * few.len() < 2 * all.len(), "{} points", few.len());
        assert!(few[0] == all[0] && few.last() == all.last());
        for point in all {
            let pieces = few
                .windows(2)
                .map(|pair| distance(point, [pair[0], pair[1]]));
            let nearest = pieces.fold(f32::MAX, f32::min);
            assert!(nearest < 0.03, "{nearest} off");
        }
    }

    #[test]
    fn short_and_broken_lines_are_left_alone() {
        let mut broken = vec![[0.0, 0.0], [f32::NAN, 0.0], [1.0, 0.0]];
        thin(&mut broken, 0.02);
        assert_eq!(broken.len(), 3);
        let mut still = vec![[1.0, 1.0]; 4];
        thin(&mut still, 0.02);
        assert_eq!(still, [[1.0, 1.0]; 2]);
    }
}
