//! The sides of a sheet, measured finely once its outline is roughly known.
//!
//! From desk to paper the light steps. Where it does is measured in many sections along each side, and a
//! straight line is fitted to them, by which a side is known far better than by any part of it.

use image::{RgbImage, imageops};

use super::Outline;
use crate::photo::median::median;

/// Longest side of the picture in which steps are measured: about 5 px/mm of a sheet that fills it.
const SIDE_PX: u32 = 1600;
/// How far beside the side as known so far the step is looked for, in px, round after round.
const REACH_PX: [usize; 3] = [14, 7, 5];
/// Sections of so many px, of all but this share of the side at either end, where other sides begin.
const SECTION_PX: f64 = 8.0;
const LEFT_OUT: f64 = 0.04;
/// Fewer sections tell nothing.
const MIN_SECTIONS: usize = 8;
/// Steps of paper and desk that differ by less, in steps of [`LIGHT_STEPS`], are noise.
const MIN_STEP: f32 = 4.0;
/// Brightness is counted in even steps of noise (which grows with the square root of the light), this many to white.
const LIGHT_STEPS: f32 = 256.0;
/// A step this many times further off the line than usual does not count; usual is not less than this, in px.
const OUTLYING: f64 = 3.0;
const LEAST_SPREAD_PX: f64 = 0.25;
/// At least this share of a side's sections must lie on the line.
const MIN_ON_LINE: f64 = 0.3;
const ROUNDS_OF_FIT: usize = 8;

/// What sides are measured in: the colours of a reduced photo. Pixel centres lie at whole numbers.
pub(super) struct Sides {
    width: usize,
    height: usize,
    colours: Vec<[f32; 3]>,
    /// Photo pixels per pixel, along x and y.
    photo_px: [f64; 2],
}

/// The side of a sheet between two points: the points where it is `from` + t `along` + (a + b t) `inwards`.
#[derive(Clone, Copy, Debug)]
struct SideLine {
    from: [f64; 2],
    along: [f64; 2],
    inwards: [f64; 2],
    length_px: f64,
}

impl Sides {
    pub(super) fn of(photo: &RgbImage) -> Self {
        let longest = photo.width().max(photo.height()).max(1);
        let shrink = (f64::from(longest) / f64::from(SIDE_PX)).max(1.0);
        let side = |pixels: u32| ((f64::from(pixels) / shrink) as u32).max(1);
        let (width, height) = (side(photo.width()), side(photo.height()));
        let small = imageops::thumbnail(photo, width, height);
        Self {
            width: width as usize,
            height: height as usize,
            colours: small
                .pixels()
                .map(|pixel| {
                    pixel
                        .0
                        .map(|light| (f32::from(light) / 255.0).sqrt() * LIGHT_STEPS)
                })
                .collect(),
            photo_px: [
                f64::from(photo.width()) / f64::from(width),
                f64::from(photo.height()) / f64::from(height),
            ],
        }
    }

    /// An outline with its sides where the light steps. Sides on which it doesn't stay where they were.
    pub(super) fn refined(&self, outline: Outline) -> Outline {
        let rough = outline.map(|corner| self.of_photo(corner));
        let finer = REACH_PX.into_iter().fold(rough, |corners, reach_px| {
            self.finer(&corners, reach_px).unwrap_or(corners)
        });
        finer.map(|corner| self.photo_from(corner))
    }

    fn of_photo(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [
            (x + 0.5) / self.photo_px[0] - 0.5,
            (y + 0.5) / self.photo_px[1] - 0.5,
        ]
    }

    fn photo_from(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [
            (x + 0.5) * self.photo_px[0] - 0.5,
            (y + 0.5) * self.photo_px[1] - 0.5,
        ]
    }

    /// Interpolated; `None` outside.
    fn at(&self, x: f64, y: f64) -> Option<[f32; 3]> {
        let inside =
            x >= 0.0 && y >= 0.0 && x < self.width as f64 - 1.0 && y < self.height as f64 - 1.0;
        inside.then(|| {
            let (column, row) = (x as usize, y as usize);
            let (right, down) = ((x - column as f64) as f32, (y - row as f64) as f32);
            let corner = row * self.width + column;
            let [a, b, c, d] =
                [0, 1, self.width, self.width + 1].map(|step| self.colours[corner + step]);
            std::array::from_fn(|k| {
                let (above, below) = (a[k] + (b[k] - a[k]) * right, c[k] + (d[k] - c[k]) * right);
                above + (below - above) * down
            })
        })
    }

    /// The corners between the sides as measured. `None` if they span nothing.
    fn finer(&self, corners: &Outline, reach_px: usize) -> Option<Outline> {
        let sides: Vec<[[f64; 2]; 2]> = (0..4)
            .map(|k| {
                let side = SideLine::between(corners, k)?;
                let [offset, slope] = self.measured(&side, reach_px)?;
                Some([0.0, side.length_px].map(|t| side.at(t, offset + slope * t)))
            })
            .enumerate()
            .map(|(k, side)| side.unwrap_or([corners[k], corners[(k + 1) % 4]]))
            .collect();
        let mut finer = [[0.0; 2]; 4];
        for (k, corner) in finer.iter_mut().enumerate() {
            *corner = crossing(&sides[(k + 3) % 4], &sides[k])?;
        }
        Some(finer)
    }

    /// How far inwards of the side as known so far the light steps: at its start, and how that changes per px.
    fn measured(&self, side: &SideLine, reach_px: usize) -> Option<[f64; 2]> {
        let sections = self.sections(side, reach_px);
        if sections.len() < MIN_SECTIONS {
            return None;
        }
        let across = 2 * reach_px + 1;
        // By how much paper differs from desk, colour by colour.
        let step: [f32; 3] = std::array::from_fn(|k| {
            let mean = |range: std::ops::Range<usize>| {
                let count = (sections.len() * range.len()) as f32;
                sections
                    .iter()
                    .flat_map(|(_, section)| &section[range.clone()])
                    .map(|colour| colour[k])
                    .sum::<f32>()
                    / count
            };
            mean(reach_px + 1..across) - mean(0..reach_px)
        });
        let size = step.iter().map(|part| part * part).sum::<f32>().sqrt();
        if size < MIN_STEP {
            return None;
        }
        let steps: Vec<(f64, f64, f64)> = sections
            .iter()
            .filter_map(|(t, section)| {
                let light: Vec<f32> = section
                    .iter()
                    .map(|colour| colour.iter().zip(step).map(|(a, b)| a * b).sum::<f32>() / size)
                    .collect();
                let (at, height) = steepest(&light)?;
                Some((*t, at - reach_px as f64, f64::from(height)))
            })
            .collect();
        fitted(&steps, sections.len())
    }

    /// Colours across the side, outside first, averaged over sections of its length, each with the place of its middle.
    /// Sections that the photo does not show whole are left out.
    fn sections(&self, side: &SideLine, reach_px: usize) -> Vec<(f64, Vec<[f32; 3]>)> {
        let first = LEFT_OUT * side.length_px;
        let count = ((side.length_px - 2.0 * first) / SECTION_PX) as usize;
        let across = 2 * reach_px + 1;
        (0..count)
            .filter_map(|section| {
                let start = first + SECTION_PX * section as f64;
                let mut sums = vec![[0.0f32; 3]; across];
                for step in 0..SECTION_PX as usize {
                    for (k, sum) in sums.iter_mut().enumerate() {
                        let [x, y] = side.at(start + step as f64 + 0.5, k as f64 - reach_px as f64);
                        let colour = self.at(x, y)?;
                        for (sum, part) in sum.iter_mut().zip(colour) {
                            *sum += part / SECTION_PX as f32;
                        }
                    }
                }
                Some((start + SECTION_PX / 2.0, sums))
            })
            .collect()
    }
}

impl SideLine {
    /// Side `k` of an outline. `None` if it has no length.
    fn between(corners: &Outline, k: usize) -> Option<Self> {
        let (from, to) = (corners[k], corners[(k + 1) % 4]);
        let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        let length_px = dx.hypot(dy);
        (length_px > 1.0).then(|| Self {
            from,
            along: [dx / length_px, dy / length_px],
            // Corners are in clockwise order on the screen.
            inwards: [-dy / length_px, dx / length_px],
            length_px,
        })
    }

    fn at(&self, along: f64, inwards: f64) -> [f64; 2] {
        std::array::from_fn(|axis| {
            self.from[axis] + along * self.along[axis] + inwards * self.inwards[axis]
        })
    }
}

/// Where values rise most, between them, and by how much in a step. `None` if they rise nowhere but at an end.
fn steepest(values: &[f32]) -> Option<(f64, f32)> {
    // The rise at a value, over two steps both ways.
    let rises: Vec<f32> = (2..values.len().saturating_sub(2))
        .map(|k| (2.0 * (values[k + 1] - values[k - 1]) + values[k + 2] - values[k - 2]) / 8.0)
        .collect();
    let most = (1..rises.len().saturating_sub(1)).max_by(|&a, &b| rises[a].total_cmp(&rises[b]))?;
    let [before, here, after] = [rises[most - 1], rises[most], rises[most + 1]];
    if here <= 0.0 || before > here || after > here {
        return None;
    }
    let bend = before - 2.0 * here + after;
    let beside = if bend < 0.0 {
        0.5 * (before - after) / bend
    } else {
        0.0
    };
    Some(((most + 2) as f64 + f64::from(beside), here))
}

/// The line [offset, slope] through most of `steps` (place along, offset, height), of which there may be `possible`.
fn fitted(steps: &[(f64, f64, f64)], possible: usize) -> Option<[f64; 2]> {
    if steps.len() < MIN_SECTIONS {
        return None;
    }
    let mut line = [median(steps.iter().map(|step| step.1 as f32)).into(), 0.0];
    let mut on_line = 0;
    let heights = f64::from(median(steps.iter().map(|step| step.2 as f32)));
    for _ in 0..ROUNDS_OF_FIT {
        let off = |(t, offset, _): &(f64, f64, f64)| offset - line[0] - line[1] * t;
        let spread =
            f64::from(median(steps.iter().map(|step| off(step).abs() as f32))).max(LEAST_SPREAD_PX);
        let mut sums = [0.0f64; 5];
        on_line = 0;
        for step in steps {
            let apart = off(step) / (OUTLYING * spread);
            if apart.abs() >= 1.0 {
                continue;
            }
            on_line += 1;
            let weight = (1.0 - apart * apart).powi(2) * (step.2 / heights).min(1.0);
            let (t, offset) = (step.0, step.1);
            for (sum, term) in sums.iter_mut().zip([1.0, t, t * t, offset, t * offset]) {
                *sum += weight * term;
            }
        }
        let [n, t, tt, o, to] = sums;
        let determinant = n * tt - t * t;
        if determinant <= 1e-9 {
            return None;
        }
        line = [
            (o * tt - t * to) / determinant,
            (n * to - t * o) / determinant,
        ];
    }
    (on_line as f64 >= MIN_ON_LINE * possible as f64).then_some(line)
}

/// Where two lines, each through two points, cross. `None` if they hardly do.
fn crossing([a, b]: &[[f64; 2]; 2], [c, d]: &[[f64; 2]; 2]) -> Option<[f64; 2]> {
    let (u, v) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
    let cross = u[0] * v[1] - u[1] * v[0];
    if cross.abs() < 0.1 * u[0].hypot(u[1]) * v[0].hypot(v[1]) {
        return None;
    }
    let t = ((c[0] - a[0]) * v[1] - (c[1] - a[1]) * v[0]) / cross;
    Some([a[0] + t * u[0], a[1] + t * u[1]])
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;
    use crate::photo::projective::Homography;

    const CORNERS: Outline = [
        [221.3, 150.6],
        [1010.2, 90.4],
        [1080.7, 640.1],
        [160.9, 720.5],
    ];

    /// A sheet between [`CORNERS`] on a grainy desk: paper and desk of two colours.
    fn photo(paper: [u8; 3], desk: [u8; 3]) -> RgbImage {
        let square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        let sheet_from_photo = Homography::from_points(CORNERS, square).unwrap();
        RgbImage::from_fn(1200, 900, |x, y| {
            let grain = (x * 7919 + y * 104_729) % 23;
            let mut on_paper = 0.0;
            for (dx, dy) in [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)] {
                let (u, v) = sheet_from_photo.apply(f64::from(x) + dx, f64::from(y) + dy);
                if (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v) {
                    on_paper += 0.25;
                }
            }
            Rgb(std::array::from_fn(|k| {
                let mixed =
                    f64::from(desk[k]) + (f64::from(paper[k]) - f64::from(desk[k])) * on_paper;
                mixed as u8 + grain as u8
            }))
        })
    }

    fn worst_px(found: &Outline) -> f64 {
        found
            .iter()
            .zip(&CORNERS)
            .map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]))
            .fold(0.0, f64::max)
    }

    #[test]
    fn sides_are_known_to_half_a_pixel_whatever_the_colours() {
        let rough = [
            [228.0, 145.0],
            [1004.0, 96.0],
            [1085.0, 632.0],
            [154.0, 726.0],
        ];
        for (paper, desk) in [
            ([220; 3], [60; 3]),
            ([200, 180, 170], [180, 200, 190]),
            ([60; 3], [200; 3]),
        ] {
            let found = Sides::of(&photo(paper, desk)).refined(rough);
            assert!(worst_px(&found) < 0.5, "{found:?}");
        }
    }

    #[test]
    fn where_nothing_steps_sides_stay() {
        let blank = RgbImage::from_pixel(1200, 900, Rgb([150; 3]));
        let found = Sides::of(&blank).refined(CORNERS);
        assert!(worst_px(&found) < 1e-6, "{found:?}");
        let tiny = Sides::of(&RgbImage::new(1, 1)).refined(CORNERS);
        assert!(tiny.as_flattened().iter().all(|side| side.is_finite()));
    }

    #[test]
    fn steps_by_hand() {
        let (at, rise) = steepest(&[0.0, 0.0, 0.0, 0.0, 8.0, 8.0, 8.0, 8.0]).unwrap();
        assert!(
            (at - 3.5).abs() < 1e-6 && (rise - 3.0).abs() < 1e-6,
            "{at} {rise}"
        );
        assert!(steepest(&[3.0; 8]).is_none());
        // y = 2 + t / 10, but for every fifth.
        let steps: Vec<(f64, f64, f64)> = (0..40)
            .map(|k| {
                let t = f64::from(k);
                (t, if k % 5 == 0 { -4.0 } else { 2.0 + t / 10.0 }, 1.0)
            })
            .collect();
        let [offset, slope] = fitted(&steps, 40).unwrap();
        assert!(
            (offset - 2.0).abs() < 1e-6 && (slope - 0.1).abs() < 1e-8,
            "{offset} {slope}"
        );
        // Too few of the sections that there are.
        assert!(fitted(&steps, 200).is_none());
    }
}
