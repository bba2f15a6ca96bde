//! How much of a pixel a round pen covers, for a vector register of pixels at once.

/// Pixels that a pen is held against at once: a vector register.
pub const LANES: usize = 4;

/// How much of [`LANES`] pixels side by side, the centre of the first at `x`, `y`, a pen covers that
/// reaches `half_px` to all sides of the line from the origin to `dx`, `dy`, whose squared length is
/// given by its inverse. 0–1, and negative beyond its reach.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "adapters may remain calls")]
pub fn covered_by_pen(
    [x, y]: [f32; 2],
    [dx, dy]: [f32; 2],
    inverse_square: f32,
    half_px: f32,
) -> [f32; LANES] {
    let mut covered = [0.0; LANES];
    for k in 0..LANES {
        let px = x + k as f32;
        let t = lesser(greater((px * dx + y * dy) * inverse_square, 0.0), 1.0);
        let (ex, ey) = (px - t * dx, y - t * dy);
        let distance = (ex * ex + ey * ey).sqrt();
        // The pen covers [-half, half] across the stroke, the pixel one unit around it.
        covered[k] = lesser(distance + 0.5, half_px) - greater(distance - 0.5, -half_px);
    }
    covered
}

/// The lesser of two numbers that are numbers; `f32::min` would check for it.
#[inline(always)]
pub fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The greater of two numbers that are numbers.
#[inline(always)]
pub fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_is_covered_by_how_deep_the_pen_reaches_into_it() {
        // A line along y through the origin, 1.2 pixels wide, and pixels 0, 1, 2 and 3 beside it.
        let covered = covered_by_pen([0.0, 1.0], [0.0, 4.0], 1.0 / 16.0, 0.6);
        assert!((covered[0] - 1.0).abs() < 1e-6, "inside: {}", covered[0]);
        assert!((covered[1] - 0.1).abs() < 1e-6, "its edge: {}", covered[1]);
        assert!(covered[2] < 0.0 && covered[3] < 0.0, "beyond");
    }

    #[test]
    fn the_ends_are_round() {
        // One pixel past the end, straight on and to the side.
        let on = covered_by_pen([0.0, 5.0], [0.0, 4.0], 1.0 / 16.0, 0.6)[0];
        let beside = covered_by_pen([1.0, 4.0], [0.0, 4.0], 1.0 / 16.0, 0.6)[0];
        assert!((on - 0.1).abs() < 1e-6 && (on - beside).abs() < 1e-6);
    }
}
