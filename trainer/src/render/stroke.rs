//! Anti-aliased strokes: how much of every pixel a round-ended, round-jointed pen covers.

/// A picture of coverage: 0 untouched, 1 wholly inked.
pub struct CoverageMap {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl CoverageMap {
    /// An untouched map.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            values: vec![0.0; width * height],
        }
    }

    /// The coverage of row `y`.
    pub fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..(y + 1) * self.width]
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
            let length = (to[0] - from[0]).hypot(to[1] - from[1]);
            if !length.is_finite() {
                continue;
            }
            // Long slanted segments are cut so that the boxes around the pieces stay small.
            let pieces = (length / LONGEST_PIECE_PX).ceil().clamp(1.0, 1000.0) as usize;
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

    fn segment(&mut self, from: [f32; 2], to: [f32; 2], width_px: f32, opacity: f32) {
        let half = 0.5 * width_px;
        let reach = half + 0.5;
        let range = |a: f32, b: f32, size: usize| {
            let first = (a.min(b) - reach - 0.5).ceil().max(0.0) as usize;
            let past = (a.max(b) + reach - 0.5).floor() + 1.0;
            first..(past.clamp(0.0, size as f32) as usize)
        };
        let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        let inverse_square = 1.0 / (dx * dx + dy * dy).max(1e-12);
        let columns = range(from[0], to[0], self.width);
        for y in range(from[1], to[1], self.height) {
            let py = y as f32 + 0.5 - from[1];
            for x in columns.clone() {
                let px = x as f32 + 0.5 - from[0];
                let t = ((px * dx + py * dy) * inverse_square).clamp(0.0, 1.0);
                let (ex, ey) = (px - t * dx, py - t * dy);
                let distance = (ex * ex + ey * ey).sqrt();
                // The pen covers [-half, half] across the stroke, the pixel one unit around it.
                let covered = (distance + 0.5).min(half) - (distance - 0.5).max(-half);
                let value = &mut self.values[y * self.width + x];
                *value = value.max(opacity * covered.max(0.0));
            }
        }
    }
}

const LONGEST_PIECE_PX: f32 = 12.0;

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
}
