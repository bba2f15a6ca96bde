//! From page, desk and light to what falls on the sensor.

use image::RgbImage;

use super::desk::DeskSurface;
use super::drape::Drape;
use super::light_field::{LightField, Sight};
use super::linear_image::LinearImage;
use super::pose::Camera;
use super::shading::Shading;
use super::shot::{Flap, Frame};

/// Everything that is in front of the camera.
pub struct Scene<'a> {
    /// The flat page.
    pub page: &'a RgbImage,
    /// Its resolution.
    pub page_pixels_per_mm: f32,
    /// Its size.
    pub page_mm: [f32; 2],
    /// Its shape in space.
    pub drape: &'a Drape,
    /// Brightness of its parts.
    pub shading: &'a Shading,
    /// A corner that is turned over.
    pub flap: Option<Flap>,
    /// Stripes of a screen.
    pub screen_pitch_mm: Option<f32>,
    /// What it lies on.
    pub desk: &'a DeskSurface<'a>,
}

/// Takes the picture in linear light, nominally 0–1, not yet blurred.
pub fn expose(scene: &Scene, camera: &Camera, light: &LightField, frame: Frame) -> LinearImage {
    let (width, height) = (frame.width_px as usize, frame.height_px as usize);
    let mut picture = LinearImage::new(width, height);
    let mut covered = vec![0_u8; width * height];
    let painter = Painter::new(scene);
    let nodes: Vec<[f32; 2]> = scene
        .drape
        .points_mm
        .iter()
        .map(|point| camera.project(point.map(f64::from)).map(|px| px as f32))
        .collect();
    let columns = scene.drape.columns;
    for j in 0..scene.drape.rows - 1 {
        for i in 0..columns - 1 {
            let corner = |di: usize, dj: usize| Corner {
                page_mm: [scene.drape.page_x_mm[i + di], scene.drape.page_y_mm[j + dj]],
                picture_px: nodes[(j + dj) * columns + i + di],
            };
            let (a, b, c, d) = (corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1));
            painter.draw(&mut picture, &mut covered, [a, b, c]);
            painter.draw(&mut picture, &mut covered, [b, d, c]);
        }
    }
    let mut light_row = vec![Sight::default(); width];
    for y in 0..height {
        light.fill_row(y, &mut light_row);
        let row = &mut picture.values[y * width * 3..(y + 1) * width * 3];
        let pixels = row.as_chunks_mut::<3>().0;
        for (x, (pixel, sight)) in pixels.iter_mut().zip(&light_row).enumerate() {
            let taps = covered[y * width + x];
            if taps < TAPS.len() as u8 {
                let desk = scene.desk.colour_at(sight.desk_mm);
                let share = 1.0 - f32::from(taps) / TAPS.len() as f32;
                for (channel, below) in pixel.iter_mut().zip(desk) {
                    *channel += share * below;
                }
            }
            *pixel = pixel.map(|channel| channel * sight.gain + sight.added);
        }
    }
    picture
}

#[derive(Clone, Copy)]
struct Corner {
    page_mm: [f32; 2],
    picture_px: [f32; 2],
}

/// Where inside a pixel the page is sampled: a turned square, which serves edges of all directions.
const TAPS: [[f32; 2]; 4] = [
    [-0.125, -0.375],
    [0.375, -0.125],
    [0.125, 0.375],
    [-0.375, 0.125],
];

struct Painter<'a> {
    scene: &'a Scene<'a>,
    /// Linear light for the sum of four 8-bit samples.
    to_linear: Vec<f32>,
}

impl<'a> Painter<'a> {
    fn new(scene: &'a Scene<'a>) -> Self {
        let steps = 255 * TAPS.len();
        let to_linear = (0..=steps)
            .map(|step| super::sensor::to_linear(step as f32 / steps as f32))
            .collect();
        Self { scene, to_linear }
    }

    fn draw(&self, picture: &mut LinearImage, covered: &mut [u8], [a, b, c]: [Corner; 3]) {
        let [ax, ay] = a.picture_px;
        let (abx, aby) = (b.picture_px[0] - ax, b.picture_px[1] - ay);
        let (acx, acy) = (c.picture_px[0] - ax, c.picture_px[1] - ay);
        let area = abx * acy - aby * acx;
        if area.abs() < 1e-4 {
            return;
        }
        let corners = [a, b, c].map(|corner| corner.picture_px);
        let span = |axis: usize, size: usize| {
            let places = corners.map(|corner| corner[axis] - 0.5);
            let low = places.into_iter().fold(f32::MAX, f32::min).ceil();
            let high = places.into_iter().fold(f32::MIN, f32::max).floor();
            (low.max(0.0) as usize, high.min(size as f32 - 1.0))
        };
        let ((left, right), (top, bottom)) = (span(0, picture.width), span(1, picture.height));
        if right < 0.0 || bottom < 0.0 {
            return;
        }
        // Page position = a + (x, y) · gradient, exact at the three corners.
        let gradient = [0, 1].map(|k| {
            let (to_b, to_c) = (b.page_mm[k] - a.page_mm[k], c.page_mm[k] - a.page_mm[k]);
            [
                (to_b * acy - to_c * aby) / area,
                (to_c * abx - to_b * acx) / area,
            ]
        });
        let taps = TAPS.map(|[x, y]| [0, 1].map(|k| gradient[k][0] * x + gradient[k][1] * y));
        for j in top..=bottom as usize {
            for i in left..=right.max(0.0) as usize {
                let (dx, dy) = (i as f32 + 0.5 - ax, j as f32 + 0.5 - ay);
                let to_b = (dx * acy - dy * acx) / area;
                let to_c = (dy * abx - dx * aby) / area;
                if to_b < -1e-4 || to_c < -1e-4 || to_b + to_c > 1.0002 {
                    continue;
                }
                let at = [0, 1].map(|k| a.page_mm[k] + gradient[k][0] * dx + gradient[k][1] * dy);
                let (colour, count) = self.colour(at, &taps);
                let index = j * picture.width + i;
                covered[index] = count;
                picture.values[3 * index..3 * index + 3].copy_from_slice(&colour);
            }
        }
    }

    /// Light from the page around `at_mm`, and how many of the taps hit it.
    fn colour(&self, at_mm: [f32; 2], taps: &[[f32; 2]; 4]) -> ([f32; 3], u8) {
        let mut sums = [0_u32; 3];
        let mut count = 0;
        for tap in taps {
            let point = [at_mm[0] + tap[0], at_mm[1] + tap[1]];
            match self.sheet_at(point) {
                Layer::Off => {}
                Layer::Back => {
                    count += 1;
                    sums.iter_mut().for_each(|sum| *sum += PAPER_BACK << 16);
                }
                Layer::Front => {
                    count += 1;
                    self.sample(point, &mut sums);
                }
            }
        }
        if count == 0 {
            return ([0.0; 3], 0);
        }
        let share = f32::from(count) / TAPS.len() as f32;
        let shade = share * self.scene.shading.at(at_mm);
        let mut colour = sums.map(|sum| {
            let level = (sum >> 16) as usize * TAPS.len() / usize::from(count);
            shade * self.to_linear[level.min(self.to_linear.len() - 1)]
        });
        if let Some(pitch) = self.scene.screen_pitch_mm {
            for (channel, value) in colour.iter_mut().enumerate() {
                let turns = at_mm[0] / pitch + channel as f32 / 3.0;
                let line = at_mm[1] / pitch;
                let ripple = (std::f32::consts::TAU * turns).cos()
                    + 0.5 * (std::f32::consts::TAU * line).cos();
                *value *= 1.0 + 0.3 * ripple;
            }
        }
        (colour, count)
    }

    /// Adds the page's bytes at a point, interpolated, times 2¹⁶.
    fn sample(&self, point_mm: [f32; 2], sums: &mut [u32; 3]) {
        let page = self.scene.page;
        let (width, height) = (page.width() as usize, page.height() as usize);
        let scale = self.scene.page_pixels_per_mm;
        let x = (point_mm[0] * scale - 0.5).clamp(0.0, width as f32 - 1.001);
        let y = (point_mm[1] * scale - 0.5).clamp(0.0, height as f32 - 1.001);
        let (i, j) = (x as usize, y as usize);
        let fx = ((x - i as f32) * 256.0) as u32;
        let fy = ((y - j as f32) * 256.0) as u32;
        let bytes = page.as_raw();
        let upper = &bytes[3 * (j * width + i)..3 * (j * width + i) + 6];
        let lower = &bytes[3 * ((j + 1) * width + i)..3 * ((j + 1) * width + i) + 6];
        for (channel, sum) in sums.iter_mut().enumerate() {
            let mix = |row: &[u8]| {
                u32::from(row[channel]) * (256 - fx) + u32::from(row[channel + 3]) * fx
            };
            *sum += mix(upper) * (256 - fy) + mix(lower) * fy;
        }
    }

    fn sheet_at(&self, point_mm: [f32; 2]) -> Layer {
        let [x, y] = point_mm;
        let [width, height] = self.scene.page_mm;
        if x < 0.0 || y < 0.0 || x > width || y > height {
            return Layer::Off;
        }
        match self.scene.flap {
            None => Layer::Front,
            Some(flap) => flap.layer_at(point_mm, self.scene.page_mm),
        }
    }
}

const PAPER_BACK: u32 = 236;

/// What is seen at a point of the page's rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The desk: the paper was turned away from here.
    Off,
    /// The printed side.
    Front,
    /// The back of a turned-over corner.
    Back,
}

impl Flap {
    /// What a turned corner shows at a point of the page.
    pub fn layer_at(&self, point_mm: [f32; 2], page_mm: [f32; 2]) -> Layer {
        let [a, b] = self.legs_mm.map(|leg| leg.max(0.1));
        // Distances from the corner along the two sides.
        let at_right = matches!(self.corner, 1 | 2);
        let at_bottom = matches!(self.corner, 2 | 3);
        let x = if at_right {
            page_mm[0] - point_mm[0]
        } else {
            point_mm[0]
        };
        let y = if at_bottom {
            page_mm[1] - point_mm[1]
        } else {
            point_mm[1]
        };
        // Signed distance from the fold, positive on the page's side.
        let norm = (a * a + b * b).sqrt();
        let distance = (b * x + a * y - a * b) / norm;
        if distance < 0.0 {
            return Layer::Off;
        }
        // The corner's mirror image covers what the corner's triangle, turned over, reaches.
        let (mx, my) = (x - 2.0 * distance * b / norm, y - 2.0 * distance * a / norm);
        if mx >= 0.0 && my >= 0.0 {
            Layer::Back
        } else {
            Layer::Front
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_corner_shows_desk_then_back_then_print() {
        let flap = Flap {
            corner: 2,
            legs_mm: [20.0, 20.0],
        };
        let page_mm = [100.0, 80.0];
        assert_eq!(flap.layer_at([99.0, 79.0], page_mm), Layer::Off);
        assert_eq!(flap.layer_at([85.0, 65.0], page_mm), Layer::Back);
        assert_eq!(flap.layer_at([70.0, 70.0], page_mm), Layer::Front);
        assert_eq!(flap.layer_at([10.0, 10.0], page_mm), Layer::Front);
    }
}
