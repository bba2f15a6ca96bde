//! What lies around the page.

use rand::{Rng, RngExt};

use super::shot::{Desk, DeskMaterial};
use crate::render::chance::uniform;

/// A desk, ready to be asked for the colour of its points.
pub struct DeskSurface<'a> {
    desk: &'a Desk,
    page_mm: [f32; 2],
    salt: u32,
    turn: [f32; 2],
    things: Vec<Thing>,
    /// Direction from which the light comes, for the page's own shadow.
    towards_light: [f32; 2],
}

/// An object that lies around: a disk (cup, coin) or a bar (pen, ruler, edge of a device).
struct Thing {
    centre_mm: [f32; 2],
    half_mm: [f32; 2],
    turn: [f32; 2],
    is_round: bool,
    colour: [f32; 3],
}

impl<'a> DeskSurface<'a> {
    /// Places the clutter at random.
    pub fn new<R: Rng + ?Sized>(
        desk: &'a Desk,
        page_mm: [f32; 2],
        light_azimuth_deg: f32,
        rng: &mut R,
    ) -> Self {
        let (sin, cos) = desk.direction_deg.to_radians().sin_cos();
        let (light_sin, light_cos) = light_azimuth_deg.to_radians().sin_cos();
        let things = (0..desk.clutter)
            .map(|_| Thing::random(page_mm, rng))
            .collect();
        Self {
            desk,
            page_mm,
            salt: rng.random(),
            turn: [cos, sin],
            things,
            towards_light: [light_cos, light_sin],
        }
    }

    /// Colour, RGB 0–1 in linear light, at a point of the desk in millimetres from the page's
    /// centre.
    pub fn colour_at(&self, point_mm: [f32; 2]) -> [f32; 3] {
        let mut colour = self.material_at(point_mm);
        if let Some((shift, turn_deg)) = self.desk.second_sheet
            && let Some(sheet) = self.second_sheet_at(point_mm, shift, turn_deg)
        {
            colour = sheet;
        }
        for thing in &self.things {
            colour = thing.over(colour, point_mm);
        }
        let shade = self.contact_shadow(point_mm);
        colour.map(|channel| {
            let linear = channel.clamp(0.0, 1.0);
            // A parabola is close enough to the display's curve where nothing is measured.
            linear * linear * shade
        })
    }

    fn material_at(&self, [x, y]: [f32; 2]) -> [f32; 3] {
        let [cos, sin] = self.turn;
        let scale = self.desk.scale_mm.max(0.5);
        let along = (x * cos + y * sin) / scale;
        let across = (-x * sin + y * cos) / scale;
        let strength = self.desk.contrast;
        let salt = self.salt;
        let level = match self.desk.material {
            DeskMaterial::Plain => 0.15 * fractal(along * 4.0, across * 4.0, salt, 2),
            DeskMaterial::Noise => fractal(along, across, salt, 4),
            DeskMaterial::Wood => {
                // Fibres many times as long as wide, on slow bands that wander.
                let wander = 0.8 * smooth_noise(along * 0.05, across * 0.15, salt);
                let bands = fractal(along * 0.02, across * 0.5 + wander, salt ^ 1, 3);
                let fibres = fractal(along * 0.25, across * 9.0, salt ^ 2, 2);
                0.8 * bands + 0.7 * fibres
            }
            DeskMaterial::Stripes => {
                let weave = 0.4 * fractal(along * 6.0, across * 6.0, salt, 2);
                weave + (std::f32::consts::TAU * across).sin().clamp(-0.4, 0.4) * 1.5
            }
            DeskMaterial::Tiles => {
                let joint = |t: f32| (t - t.floor() - 0.5).abs() > 0.47;
                let tile = hash(along.floor() as i32, across.floor() as i32, salt);
                let grain = 0.25 * fractal(along * 12.0, across * 12.0, salt, 2);
                if joint(along) || joint(across) {
                    -0.9
                } else {
                    0.5 * (tile - 0.5) + grain
                }
            }
            DeskMaterial::Keyboard => {
                let row = across.floor();
                let (u, v) = (along + 0.3 * row, across);
                let (u, v) = (u - u.floor() - 0.5, v - v.floor() - 0.5);
                let outside = (u.abs() - 0.36).max(v.abs() - 0.36);
                let letter = u.abs() < 0.1 && v.abs() < 0.14 && (u * 40.0).sin() > 0.0;
                if outside > 0.06 {
                    -0.8
                } else if letter {
                    1.6
                } else {
                    0.5 - 2.0 * outside.max(0.0)
                }
            }
        };
        let gain = 1.0 + strength * level;
        self.desk.colour.map(|channel| channel * gain)
    }

    /// Another sheet, with lines of text that can't be read.
    fn second_sheet_at(&self, point: [f32; 2], shift: [f32; 2], turn_deg: f32) -> Option<[f32; 3]> {
        let (sin, cos) = turn_deg.to_radians().sin_cos();
        let (dx, dy) = (point[0] - shift[0], point[1] - shift[1]);
        let (x, y) = (
            dx * cos + dy * sin + 0.5 * self.page_mm[0],
            -dx * sin + dy * cos + 0.5 * self.page_mm[1],
        );
        let inside = (0.0..self.page_mm[0]).contains(&x) && (0.0..self.page_mm[1]).contains(&y);
        if !inside {
            return None;
        }
        let line = (y / 6.0).floor();
        let in_line =
            (0.3..0.7).contains(&(y / 6.0 - line)) && (18.0..self.page_mm[0] - 18.0).contains(&x);
        let letter = hash((x / 1.1) as i32, line as i32, self.salt) > 0.45;
        let word = hash((x / 9.0) as i32, line as i32, self.salt ^ 7) > 0.2;
        Some(
            [if in_line && letter && word {
                0.45
            } else {
                0.93
            }; 3],
        )
    }

    /// The page shades the desk next to it, more on the side away from the light.
    fn contact_shadow(&self, [x, y]: [f32; 2]) -> f32 {
        let width = self.desk.contact_shadow_mm;
        if width <= 0.0 {
            return 1.0;
        }
        let (x, y) = (
            x + 0.5 * width * self.towards_light[0],
            y + 0.5 * width * self.towards_light[1],
        );
        let [across, down] = [0, 1].map(|k| [x, y][k].abs() - 0.5 * self.page_mm[k]);
        if across.max(down) < -0.5 * width {
            // Seen where a corner is turned away, and in its shadow.
            return UNDER_CORNER;
        }
        let outside = across.max(0.0).hypot(down.max(0.0));
        let near = (1.0 - outside / width).clamp(0.0, 1.0);
        1.0 - 0.65 * near * near
    }
}

const UNDER_CORNER: f32 = 0.7;

impl Thing {
    fn random<R: Rng + ?Sized>(page_mm: [f32; 2], rng: &mut R) -> Self {
        // Around the page, partly under it.
        let angle = uniform(rng, 0.0, std::f32::consts::TAU);
        let away = uniform(rng, 0.95, 1.35);
        let is_round = rng.random_bool(0.35);
        let half_mm = if is_round {
            [uniform(rng, 10.0, 45.0); 2]
        } else {
            [uniform(rng, 30.0, 90.0), uniform(rng, 3.0, 40.0)]
        };
        let turn = uniform(rng, 0.0, std::f32::consts::TAU);
        let base = uniform(rng, 0.05, 0.9);
        Self {
            centre_mm: [
                0.6 * page_mm[0] * away * angle.cos(),
                0.65 * page_mm[1] * away * angle.sin(),
            ],
            half_mm,
            turn: [turn.cos(), turn.sin()],
            is_round,
            colour: [(); 3].map(|()| (base + uniform(rng, -0.2, 0.2)).clamp(0.0, 1.0)),
        }
    }

    fn over(&self, below: [f32; 3], [x, y]: [f32; 2]) -> [f32; 3] {
        let (dx, dy) = (x - self.centre_mm[0], y - self.centre_mm[1]);
        let (u, v) = (
            dx * self.turn[0] + dy * self.turn[1],
            -dx * self.turn[1] + dy * self.turn[0],
        );
        let outside = if self.is_round {
            u.hypot(v) - self.half_mm[0]
        } else {
            (u.abs() - self.half_mm[0]).max(v.abs() - self.half_mm[1])
        };
        if outside > 5.0 {
            return below;
        }
        if outside > 0.0 {
            // Its shadow.
            let shade = 0.6 + 0.08 * outside;
            return below.map(|channel| channel * shade);
        }
        // A rounded rim and a bright ridge.
        let depth = (-outside / self.half_mm[1]).min(1.0);
        let shade = 0.75 + 0.35 * depth;
        self.colour.map(|channel| channel * shade)
    }
}

/// A number in 0–1 that belongs to a lattice point.
fn hash(x: i32, y: i32, salt: u32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1)
        ^ (y as u32).wrapping_mul(0x85EB_CA77)
        ^ salt.wrapping_mul(0xC2B2_AE3D);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    ((h ^ (h >> 15)) >> 8) as f32 / 16_777_216.0
}

/// Noise in −1 … 1 that changes over a unit.
fn smooth_noise(x: f32, y: f32, salt: u32) -> f32 {
    let (i, j) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (fx, fy) = (ease(x - i), ease(y - j));
    let (i, j) = (i as i32, j as i32);
    let at = |di: i32, dj: i32| hash(i.wrapping_add(di), j.wrapping_add(dj), salt);
    let upper = at(0, 0) + fx * (at(1, 0) - at(0, 0));
    let lower = at(0, 1) + fx * (at(1, 1) - at(0, 1));
    2.0 * (upper + fy * (lower - upper)) - 1.0
}

/// Octaves of noise, each twice as fine and six tenths as strong.
fn fractal(mut x: f32, mut y: f32, salt: u32, octaves: u32) -> f32 {
    let (mut sum, mut strength) = (0.0, 1.0);
    for octave in 0..octaves {
        sum += strength * smooth_noise(x, y, salt ^ (octave << 8));
        strength *= 0.6;
        (x, y) = (2.0 * x + 17.3, 2.0 * y - 5.1);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::CameraShot;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn a_plain_desk_has_its_colour() {
        let desk = CameraShot::plain(10, 10).desk;
        let surface = DeskSurface::new(
            &desk,
            [297.0, 210.0],
            0.0,
            &mut ChaCha8Rng::seed_from_u64(0),
        );
        let [red, ..] = surface.colour_at([200.0, 0.0]);
        assert!((red - 0.35 * 0.35).abs() < 1e-4);
    }

    #[test]
    fn every_material_stays_within_the_range_of_colours() {
        use DeskMaterial::{Keyboard, Noise, Plain, Stripes, Tiles, Wood};
        for material in [Plain, Noise, Wood, Stripes, Tiles, Keyboard] {
            let desk = Desk {
                material,
                contrast: 0.8,
                clutter: 5,
                second_sheet: Some(([40.0, 30.0], 12.0)),
                contact_shadow_mm: 6.0,
                ..CameraShot::plain(10, 10).desk
            };
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let surface = DeskSurface::new(&desk, [297.0, 210.0], 20.0, &mut rng);
            for _ in 0..3000 {
                let point = [
                    uniform(&mut rng, -300.0, 300.0),
                    uniform(&mut rng, -300.0, 300.0),
                ];
                let colour = surface.colour_at(point);
                assert!(colour.iter().all(|c| (0.0..=1.0).contains(c)), "{colour:?}");
            }
        }
    }
}
