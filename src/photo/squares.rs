//! Whether a map may show a plane of squares as a camera sees it.

use super::projective::Homography;

/// Focal length of phones in relation to the longer side of their photos.
const PHONE_FOCAL: f64 = 0.77;
/// Those of wide to long lenses, and of the middle of a photo that was cut out.
const FOCALS: [f64; 4] = [0.5, PHONE_FOCAL, 1.1, 1.6];
/// Bent paper, and photos that were cut on one side, make squares seem so far from square; what is further off counts so much
/// for every whole, and at most the third.
const FROM: f64 = 0.08;
const SLOPE: f64 = 100.0;
const MOST: f64 = 16.0;

/// What it counts against a grid in a photo of this size, in prominence, that its squares would not be square. Lines every 4 mm one way
/// and every 5 mm the other stand out as well as the right ones where there are fine lines, but no camera shows squares like that.
pub(super) fn doubt_by_squares(photo_from_plane: &Homography, size_px: [f64; 2]) -> f32 {
    ((off_square(photo_from_plane, size_px) - FROM) * SLOPE).clamp(0.0, MOST) as f32
}

/// How far from square the plane's squares would be, for the lens with which they are nearest to it: the larger of the logarithm of
/// their sides' ratio and the cosine of the angle between them.
pub(super) fn off_square(photo_from_plane: &Homography, size_px: [f64; 2]) -> f64 {
    FOCALS
        .into_iter()
        .map(|focal| {
            let (stretch, cosine) = seen_by(focal, photo_from_plane, size_px);
            stretch.ln().abs().max(cosine.abs())
        })
        .fold(f64::INFINITY, f64::min)
}

/// How many times as long as one along y a step along x is on the plane, for a phone's lens.
pub(super) fn stretch_of_plane(photo_from_plane: &Homography, size_px: [f64; 2]) -> f64 {
    seen_by(PHONE_FOCAL, photo_from_plane, size_px).0
}

/// How many times as long as one along y a step along x is on the plane, and the cosine between them, for a camera of this focal length
/// in front of the photo's middle (columns of the homography are images of the steps; Zhang & He 2006, section 3).
fn seen_by(
    focal: f64,
    photo_from_plane: &Homography,
    [width_px, height_px]: [f64; 2],
) -> (f64, f64) {
    let m = &photo_from_plane.0;
    let focal_px = focal * width_px.max(height_px);
    let step = |column: usize| {
        let depth = m[6 + column];
        [
            (m[column] - width_px / 2.0 * depth) / focal_px,
            (m[3 + column] - height_px / 2.0 * depth) / focal_px,
            depth,
        ]
    };
    let (x, y) = (step(0), step(1));
    let dot = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (length_x, length_y) = (dot(x, x).sqrt(), dot(y, y).sqrt());
    (length_x / length_y, dot(x, y) / (length_x * length_y))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE_PX: [f64; 2] = [4000.0, 3000.0];

    /// A page 300 mm from a camera, tilted about the photo's level line.
    fn tilted(focal: f64, tilt_deg: f64, stretch: f64) -> Homography {
        let focal_px = focal * SIZE_PX[0];
        let (sin, cos) = tilt_deg.to_radians().sin_cos();
        let (cx, cy) = (SIZE_PX[0] / 2.0, SIZE_PX[1] / 2.0);
        Homography([
            focal_px * stretch,
            cx * sin,
            cx * 300.0,
            0.0,
            focal_px * cos + cy * sin,
            cy * 300.0,
            0.0,
            sin,
            300.0,
        ])
    }

    #[test]
    fn squares_are_square_however_a_camera_sees_them() {
        for focal in FOCALS {
            for tilt_deg in [0.0, 20.0, 40.0] {
                let map = tilted(focal, tilt_deg, 1.0);
                assert!(off_square(&map, SIZE_PX) < 1e-9);
                assert_eq!(doubt_by_squares(&map, SIZE_PX), 0.0);
            }
        }
        let (stretch, cosine) = seen_by(PHONE_FOCAL, &tilted(PHONE_FOCAL, 30.0, 1.2), SIZE_PX);
        assert!((stretch - 1.2).abs() < 1e-9 && cosine.abs() < 1e-9);
    }

    #[test]
    fn what_no_camera_sees_is_doubted() {
        // ln(1.1) = 0.0953, 0.0153 beyond what counts for nothing.
        let doubt = doubt_by_squares(&tilted(PHONE_FOCAL, 0.0, 1.1), SIZE_PX);
        assert!((doubt - 1.53).abs() < 0.01, "{doubt}");
        // Squares of 4 × 5 mm: ln(1.25) = 0.2231.
        let doubt = doubt_by_squares(&tilted(PHONE_FOCAL, 0.0, 1.25), SIZE_PX);
        assert!((doubt - 14.31).abs() < 0.01, "{doubt}");
        assert_eq!(
            doubt_by_squares(&tilted(PHONE_FOCAL, 0.0, 2.0), SIZE_PX),
            16.0
        );
    }
}
