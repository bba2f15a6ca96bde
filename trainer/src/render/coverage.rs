//! Anti-aliased lines and areas: how much of every pixel a pen or a filled outline covers.

use std::cmp::Ordering::Equal;
use std::ops::Range;

use super::pen::{LANES, covered_by_pen, greater};

/// A polyline in page millimetres (or, once projected, in pixels).
pub type Polyline = Vec<[f32; 2]>;

/// Something that is drawn in one go.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A stroke of a round pen: its path and its width.
    Line(Polyline, f32),
    /// Closed outlines filled by the non-zero rule; holes run the other way round.
    Area(Vec<Polyline>),
}

impl Shape {
    /// The same shape with all its points moved by `map`.
    pub fn mapped(&self, map: impl Fn([f32; 2]) -> [f32; 2]) -> Self {
        let moved = |line: &Polyline| line.iter().map(|point| map(*point)).collect();
        match self {
            Self::Line(path, width) => Self::Line(moved(path), *width),
            Self::Area(outlines) => Self::Area(outlines.iter().map(moved).collect()),
        }
    }

    /// Left, top, right and bottom of what the shape covers; an inverted box if it has no points.
    pub fn bounds(&self) -> [f32; 4] {
        let (lines, half) = match self {
            Self::Line(path, width) => (std::slice::from_ref(path), 0.5 * width),
            Self::Area(outlines) => (outlines.as_slice(), 0.0),
        };
        let empty = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        lines.iter().flatten().fold(empty, |[l, t, r, b], [x, y]| {
            [
                l.min(x - half),
                t.min(y - half),
                r.max(x + half),
                b.max(y + half),
            ]
        })
    }
}

/// A picture of coverage: 0 untouched, 1 wholly inked.
pub struct CoverageMap {
    width: usize,
    height: usize,
    /// From a row to the next: the width, and room for a register that starts in its last pixel.
    stride: usize,
    values: Vec<f32>,
    /// The columns of every row outside of which nothing was drawn.
    touched: Vec<Range<usize>>,
}

impl CoverageMap {
    /// An untouched map.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            stride: width + LANES,
            values: vec![0.0; (width + LANES) * height],
            touched: vec![width..0; height],
        }
    }

    /// The columns of row `y` outside of which nothing was drawn.
    pub fn touched(&self, y: usize) -> Range<usize> {
        let Range { start, end } = self.touched[y];
        start..end.max(start)
    }

    #[inline]
    fn touch(&mut self, y: usize, columns: &Range<usize>) {
        let touched = &mut self.touched[y];
        touched.start = touched.start.min(columns.start);
        touched.end = touched.end.max(columns.end);
    }

    /// The coverage of row `y`.
    pub fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.stride..y * self.stride + self.width]
    }

    /// Draws a polyline (pixel coordinates; the centre of the first pixel is at 0.5, 0.5) with a
    /// pen `width_px` wide. Where strokes meet, the larger coverage wins, so joints show no seam.
    /// Parts outside the map are left out.
    pub fn stroke(&mut self, points: &[[f32; 2]], width_px: f32, opacity: f32) {
        if let [point] = points {
            self.segment(*point, *point, width_px, opacity);
        }
        for pair in points.windows(2) {
            let [from, to] = [pair[0], pair[1]];
            let length = ((to[0] - from[0]).powi(2) + (to[1] - from[1]).powi(2)).sqrt();
            if !length.is_finite() {
                continue;
            }
            // Long slanted segments are cut so that the boxes around the pieces stay small.
            let pieces = 1 + ((length / LONGEST_PIECE_PX) as usize).min(1000);
            let along = |k: usize| {
                let t = k as f32 / pieces as f32;
                [
                    from[0] + t * (to[0] - from[0]),
                    from[1] + t * (to[1] - from[1]),
                ]
            };
            for k in 0..pieces {
                self.segment(along(k), along(k + 1), width_px, opacity);
            }
        }
    }

    /// Fills closed outlines (pixel coordinates) by the non-zero rule.
    pub fn fill(&mut self, outlines: &[Polyline], opacity: f32) {
        let mut crossings = scan(outlines, self.height);
        crossings
            .sort_unstable_by(|a, b| (a.line, a.x).partial_cmp(&(b.line, b.x)).unwrap_or(Equal));
        let mut row = vec![0.0; self.width];
        for of_row in crossings.chunk_by(|a, b| a.line / SCAN_LINES == b.line / SCAN_LINES) {
            let (mut left, mut right) = (self.width, 0);
            for of_line in of_row.chunk_by(|a, b| a.line == b.line) {
                let mut winding = 0;
                for pair in of_line.windows(2) {
                    winding += pair[0].turn;
                    if winding != 0 {
                        let touched = cover_span(&mut row, pair[0].x, pair[1].x);
                        left = left.min(touched.start);
                        right = right.max(touched.end);
                    }
                }
            }
            let y = of_row[0].line / SCAN_LINES;
            self.touch(y, &(left..right));
            let values = &mut self.values[y * self.stride..][..self.width];
            for x in left..right {
                let covered = row[x].min(1.0) * opacity;
                values[x] = values[x].max(covered);
                row[x] = 0.0;
            }
        }
    }

    /// Draws a shape given in pixels.
    pub fn draw(&mut self, shape: &Shape, opacity: f32) {
        match shape {
            Shape::Line(path, width) => self.stroke(path, *width, opacity),
            Shape::Area(outlines) => self.fill(outlines, opacity),
        }
    }

    fn segment(&mut self, from: [f32; 2], to: [f32; 2], width_px: f32, opacity: f32) {
        let half = 0.5 * width_px;
        let reach = half + 0.5;
        let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        let square = dx * dx + dy * dy;
        let inverse_square = 1.0 / square.max(1e-12);
        let [first, last] = [from[0].min(to[0]) - reach, from[0].max(to[0]) + reach];
        let widest = centres(first, last, self.width);
        // Where a row meets the middle of the line, and how far from there its pen reaches; not
        // worth asking of the many pieces that are no wider than a register.
        let narrows = widest.len() > LANES && dy.abs() > 1e-3 * dx.abs();
        let (slope, spread) = if narrows {
            (dx / dy, reach * square.sqrt() / dy.abs())
        } else {
            (0.0, 0.0)
        };
        let [top, bottom] = [from[1].min(to[1]) - reach, from[1].max(to[1]) + reach];
        for y in centres(top, bottom, self.height) {
            let py = y as f32 + 0.5 - from[1];
            let columns = if narrows {
                let middle = from[0] + py * slope;
                let (left, right) = (first.max(middle - spread), last.min(middle + spread));
                centres(left, right, self.width)
            } else {
                widest.clone()
            };
            if columns.is_empty() {
                continue;
            }
            self.touch(y, &columns);
            let from_px = y * self.stride;
            for first in columns.step_by(LANES) {
                let start = first as f32 + 0.5 - from[0];
                let covered = covered_by_pen([start, py], [dx, dy], inverse_square, half);
                let row = &mut self.values[from_px + first..from_px + first + LANES];
                for k in 0..LANES {
                    row[k] = greater(opacity * covered[k], row[k]);
                }
            }
        }
    }
}

/// The pixels of so many whose centres lie between two coordinates.
#[inline]
fn centres(from: f32, to: f32, count: usize) -> Range<usize> {
    // Conversion cuts off: one more makes it the next whole number.
    let first = (from + 0.5).max(0.0) as usize;
    let past = (to + 0.5).clamp(0.0, count as f32) as usize;
    first..past
}

const LONGEST_PIECE_PX: f32 = 12.0;
/// Horizontal scan lines per pixel row of a filled area; along x coverage is exact.
const SCAN_LINES: usize = 4;

/// Where an outline crosses a scan line.
struct Crossing {
    line: usize,
    x: f32,
    /// 1 downwards, -1 upwards.
    turn: i32,
}

fn scan(outlines: &[Polyline], height: usize) -> Vec<Crossing> {
    let mut crossings = Vec::new();
    let lines = (height * SCAN_LINES) as f32;
    for outline in outlines {
        let ends = outline.iter().cycle().skip(1);
        for (&[x0, y0], &[x1, y1]) in outline.iter().zip(ends) {
            if ![x0, y0, x1, y1].iter().all(|v| v.is_finite()) || y0 == y1 {
                continue;
            }
            let (top, bottom, turn) = if y0 < y1 { (y0, y1, 1) } else { (y1, y0, -1) };
            // Scan line k lies at (k + 1/2) / SCAN_LINES.
            let index = |y: f32| (y * SCAN_LINES as f32 - 0.5).ceil().clamp(0.0, lines) as usize;
            for line in index(top)..index(bottom) {
                let y = (line as f32 + 0.5) / SCAN_LINES as f32;
                let x = x0 + (x1 - x0) * (y - y0) / (y1 - y0);
                crossings.push(Crossing { line, x, turn });
            }
        }
    }
    crossings
}

/// Adds one scan line's share of coverage to the pixels between two crossings.
fn cover_span(row: &mut [f32], from: f32, to: f32) -> Range<usize> {
    let width = row.len() as f32;
    let (from, to) = (from.clamp(0.0, width), to.clamp(0.0, width));
    let (first, past) = (from as usize, (to.ceil() as usize).min(row.len()));
    for (x, value) in row.iter_mut().enumerate().take(past).skip(first) {
        let inside = (x as f32 + 1.0).min(to) - (x as f32).max(from);
        *value += inside.max(0.0) / SCAN_LINES as f32;
    }
    first..past.max(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thin_horizontal_line_covers_its_own_width() {
        let mut map = CoverageMap::new(20, 9);
        map.stroke(&[[-5.0, 4.5], [25.0, 4.5]], 0.6, 1.0);
        assert!((map.row(4)[10] - 0.6).abs() < 1e-5);
        assert_eq!(map.row(3)[10], 0.0);
        // Between two pixel rows each takes half of the ink.
        let mut map = CoverageMap::new(20, 9);
        map.stroke(&[[-5.0, 4.0], [25.0, 4.0]], 0.6, 1.0);
        assert!((map.row(3)[10] - 0.3).abs() < 1e-5 && (map.row(4)[10] - 0.3).abs() < 1e-5);
    }

    #[test]
    fn ink_equals_length_times_width_at_any_angle() {
        for degrees in [0.0_f32, 13.0, 45.0, 77.0, 90.0] {
            let (sine, cosine) = degrees.to_radians().sin_cos();
            // Averaged over ways to lie between the pixels, as one alone may alias.
            let mut ink = 0.0;
            for offset in 0..8 {
                let across = offset as f32 / 8.0;
                let mut map = CoverageMap::new(100, 100);
                let end = |sign: f32| {
                    [
                        50.0 + across + sign * 40.0 * cosine,
                        50.0 + sign * 40.0 * sine,
                    ]
                };
                map.stroke(&[end(-1.0), end(1.0)], 1.0, 1.0);
                ink += map.values.iter().sum::<f32>() / 8.0;
            }
            assert!(
                (ink - 80.8).abs() < 3.0,
                "{ink} at {degrees} degrees, expected about 80.8"
            );
        }
    }

    #[test]
    fn far_away_and_non_finite_points_leave_the_map_alone() {
        let mut map = CoverageMap::new(10, 10);
        map.stroke(&[[-100.0, -100.0], [-50.0, -50.0]], 2.0, 1.0);
        map.stroke(&[[f32::NAN, 3.0], [5.0, 5.0]], 2.0, 1.0);
        assert!(map.values.iter().all(|value| *value == 0.0));
    }

    #[test]
    fn a_filled_square_with_a_hole_covers_its_area() {
        let square = |half: f32| {
            let (low, high) = (10.3 - half, 10.3 + half);
            vec![[low, low], [high, low], [high, high], [low, high]]
        };
        let hole: Polyline = square(2.0).into_iter().rev().collect();
        let mut map = CoverageMap::new(24, 24);
        map.fill(&[square(5.0), hole], 1.0);
        let ink: f32 = map.values.iter().sum();
        assert!((ink - 84.0).abs() < 2.0, "100 less 16, got {ink}");
        assert_eq!(map.row(10)[10], 0.0, "the hole");
        assert_eq!(map.row(10)[6], 1.0);
    }

    #[test]
    fn areas_are_clipped_and_non_finite_outlines_skipped() {
        let mut map = CoverageMap::new(8, 8);
        let wide = vec![[-50.0, 2.0], [50.0, 2.0], [50.0, 60.0], [-50.0, 60.0]];
        map.fill(&[wide, vec![[f32::NAN, 1.0], [3.0, 3.0], [1.0, 0.0]]], 0.5);
        assert_eq!(map.row(1), [0.0; 8]);
        assert_eq!(map.row(7), [0.5; 8]);
    }
}
