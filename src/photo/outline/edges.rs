//! Where the colours of a photo change abruptly.

use image::{RgbImage, imageops};

use super::evening::evened;

/// Longest side of the reduced photo in which edges are looked for: fine print and grids are gone.
const SIDE_PX: u32 = 400;
/// Of the places where the change is greatest across it, this share is the least abrupt and ignored.
const IGNORED_SHARE: f32 = 0.6;
/// Changes below this are noise, in steps of [`LIGHT_STEPS`]: in a photo, and where its patterns are evened out.
const MIN_STRENGTH: f32 = 3.0;
const MIN_STRENGTH_EVENED: f32 = 1.0;
/// Brightness is counted in even steps of noise (which grows with the square root of the light), this many to white.
const LIGHT_STEPS: f32 = 256.0;
/// Weights of five neighbours that take the noise out.
const SOFTENING: [f32; 5] = [0.0625, 0.25, 0.375, 0.25, 0.0625];

/// The edges of a reduced photo. Pixel centres lie at whole numbers.
pub(super) struct Edges {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Per pixel: by how much the colour that changes most does, along x and y.
    gradient: Vec<[f32; 2]>,
    /// Where the change is greatest across the edge, and large.
    pub(super) crests: Vec<Crest>,
    /// What counts as large.
    pub(super) limit: f32,
    /// Photo pixels per pixel of the reduced photo, along x and y.
    photo_px: [f64; 2],
}

/// A pixel on the crest of an edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crest {
    pub(super) x: usize,
    pub(super) y: usize,
    /// Across the edge, along x and y.
    pub(super) gradient: [f32; 2],
}

/// What becomes of fine patterns before edges are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patterns {
    Kept,
    /// Tiles, print and whatever else is mostly of one colour has that colour: a desk of many edges is one area.
    Evened,
}

impl Edges {
    pub(super) fn of(photo: &RgbImage, patterns: Patterns) -> Self {
        let longest = photo.width().max(photo.height()).max(1);
        let shrink = (f64::from(longest) / f64::from(SIDE_PX)).max(1.0);
        let side = |pixels: u32| ((f64::from(pixels) / shrink) as u32).max(1);
        let (width, height) = (side(photo.width()), side(photo.height()));
        let (min_strength, ignored_share) = match patterns {
            Patterns::Kept => (MIN_STRENGTH, IGNORED_SHARE),
            // The few that are left may all be sides.
            Patterns::Evened => (MIN_STRENGTH_EVENED, 0.0),
        };
        let mut small = imageops::thumbnail(photo, width, height);
        if patterns == Patterns::Evened {
            small = evened(&small);
        }
        let (width, height) = (width as usize, height as usize);
        let gradient = gradients(&small);
        let crests = crests(&gradient, width, height);
        let mut strengths: Vec<f32> = crests.iter().map(|crest| size(crest.gradient)).collect();
        let ignored = (strengths.len() as f32 * ignored_share) as usize;
        let limit = if strengths.is_empty() {
            min_strength
        } else {
            let (_, limit, _) = strengths.select_nth_unstable_by(ignored, f32::total_cmp);
            limit.max(min_strength)
        };
        Self {
            width,
            height,
            crests: crests
                .into_iter()
                .filter(|crest| size(crest.gradient) >= limit)
                .collect(),
            gradient,
            limit,
            photo_px: [
                f64::from(photo.width()) / width as f64,
                f64::from(photo.height()) / height as f64,
            ],
        }
    }

    /// The change at the pixel nearest to a point, 0 outside.
    pub(super) fn gradient_at(&self, x: f32, y: f32) -> [f32; 2] {
        let (x, y) = (x.round(), y.round());
        if x >= 0.0 && y >= 0.0 && x < self.width as f32 && y < self.height as f32 {
            self.gradient[y as usize * self.width + x as usize]
        } else {
            [0.0; 2]
        }
    }

    /// Where a point of the reduced photo lies in the photo.
    pub(super) fn photo_from(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [across, down] = self.photo_px;
        [(x + 0.5) * across - 0.5, (y + 0.5) * down - 0.5]
    }
}

/// Length of a gradient.
pub(super) fn size([x, y]: [f32; 2]) -> f32 {
    x.hypot(y)
}

/// Per pixel, the gradient of the colour that changes most. 0 on the border.
fn gradients(picture: &RgbImage) -> Vec<[f32; 2]> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut greatest = vec![[0.0f32; 2]; width * height];
    for channel in 0..3 {
        let light: Vec<f32> = picture
            .pixels()
            .map(|pixel| (f32::from(pixel.0[channel]) / 255.0).sqrt() * LIGHT_STEPS)
            .collect();
        let soft = softened(&softened(&light, width, 1), width, width);
        for y in 1..height.saturating_sub(1) {
            for x in 1..width.saturating_sub(1) {
                let i = y * width + x;
                let gradient = [
                    (soft[i + 1] - soft[i - 1]) / 2.0,
                    (soft[i + width] - soft[i - width]) / 2.0,
                ];
                if size(gradient) > size(greatest[i]) {
                    greatest[i] = gradient;
                }
            }
        }
    }
    greatest
}

/// Every value mixed with two on both sides, `stride` apart; those beyond the border are the last.
fn softened(values: &[f32], width: usize, stride: usize) -> Vec<f32> {
    let is_along_rows = stride == 1;
    let length = if is_along_rows {
        width
    } else {
        values.len() / width.max(1)
    };
    (0..values.len())
        .map(|i| {
            let at = if is_along_rows { i % width } else { i / width };
            let start = i - at * stride;
            SOFTENING
                .iter()
                .enumerate()
                .map(|(k, weight)| {
                    let near = (at + k).saturating_sub(2).min(length - 1);
                    weight * values[start + near * stride]
                })
                .sum()
        })
        .collect()
}

/// The pixels at which the change is at least as great as at both neighbours across the edge.
fn crests(gradient: &[[f32; 2]], width: usize, height: usize) -> Vec<Crest> {
    let mut crests = Vec::new();
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let here = gradient[y * width + x];
            let strength = size(here);
            if strength <= 0.0 {
                continue;
            }
            let step = |part: f32| (part / strength).round() as isize;
            let beside = |sign: isize| {
                let at =
                    |position: usize, part: f32| position.wrapping_add_signed(sign * step(part));
                size(gradient[at(y, here[1]) * width + at(x, here[0])])
            };
            if strength >= beside(1) && strength >= beside(-1) {
                crests.push(Crest {
                    x,
                    y,
                    gradient: here,
                });
            }
        }
    }
    crests
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn the_edge_of_coloured_paper_on_a_desk_as_bright_is_found() {
        // Green from column 300 on, blue before; 800 px are reduced to 400.
        let photo = RgbImage::from_fn(800, 600, |x, _| {
            if x < 300 {
                Rgb([100, 100, 180])
            } else {
                Rgb([100, 180, 100])
            }
        });
        let edges = Edges::of(&photo, Patterns::Kept);
        assert_eq!((edges.width, edges.height), (400, 300));
        assert!(edges.crests.len() >= 290);
        for crest in &edges.crests {
            assert!((149..=150).contains(&crest.x), "{crest:?}");
            assert!(crest.gradient[1].abs() < 1e-3);
        }
        assert_eq!(edges.photo_from([149.5, 0.0]), [299.5, 0.5]);
    }

    #[test]
    fn tiles_are_evened_out_and_a_sheet_on_them_keeps_its_edge() {
        // Joints of 2 px every 12 px, 10 of 180 darker sheet from column 203 on.
        let desk = RgbImage::from_fn(400, 300, |x, y| {
            let is_joint = (x + 6) % 12 < 2 || (y + 6) % 12 < 2;
            Rgb([if x >= 203 {
                170
            } else if is_joint {
                90
            } else {
                180
            }; 3])
        });
        let evened = Edges::of(&desk, Patterns::Evened);
        assert!(evened.crests.len() >= 290, "{}", evened.crests.len());
        for crest in &evened.crests {
            assert!((199..=205).contains(&crest.x), "{crest:?}");
        }
        assert!(Edges::of(&desk, Patterns::Kept).crests.len() > 2000);
    }

    #[test]
    fn even_pictures_and_tiny_ones_have_no_edges() {
        assert!(
            Edges::of(
                &RgbImage::from_pixel(300, 200, Rgb([90; 3])),
                Patterns::Kept
            )
            .crests
            .is_empty()
        );
        for (width, height) in [(0, 0), (1, 1), (2, 500), (500, 2)] {
            assert!(
                Edges::of(&RgbImage::new(width, height), Patterns::Kept)
                    .crests
                    .is_empty()
            );
        }
        assert_eq!(softened(&[0.0, 16.0, 0.0, 0.0], 4, 1), [4.0, 6.0, 4.0, 1.0]);
    }
}
