//! How bright each part of the paper is: the slope towards the light, and shadows of its own.

use super::height::{HeightField, TEXEL_MM};
use super::shot::Light;

/// Brightness relative to flat paper, on the texels of a [`HeightField`].
pub struct Shading {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Shading {
    /// Lambert's law plus light from everywhere.
    pub fn new(field: &HeightField, light: &Light) -> Self {
        let elevation = light.elevation_deg.clamp(8.0, 89.0).to_radians();
        let (sin, cos) = light.azimuth_deg.to_radians().sin_cos();
        let towards = [cos * elevation.cos(), sin * elevation.cos()];
        let direct = 1.0 - light.ambient.clamp(0.0, 1.0);
        let mut values = Vec::with_capacity(field.values_mm.len());
        for j in 0..field.height {
            for i in 0..field.width {
                let [slope_x, slope_y] = field.gradient(i, j);
                let facing = elevation.sin() - slope_x * towards[0] - slope_y * towards[1];
                let normal = (1.0 + slope_x * slope_x + slope_y * slope_y).sqrt();
                let lambert = (facing / (normal * elevation.sin())).max(0.0);
                values.push(light.ambient + direct * lambert);
            }
        }
        let mut shading = Self {
            width: field.width,
            height: field.height,
            values,
        };
        shading.cast_shadows(field, [cos, sin], elevation.tan(), direct);
        shading
    }

    /// Brightness at a point of the page; points beyond the edges take the edge's.
    pub fn at(&self, [x_mm, y_mm]: [f32; 2]) -> f32 {
        let x = (x_mm / TEXEL_MM).clamp(0.0, (self.width - 1) as f32);
        let y = (y_mm / TEXEL_MM).clamp(0.0, (self.height - 1) as f32);
        let (i, j) = (
            (x as usize).min(self.width - 2),
            (y as usize).min(self.height - 2),
        );
        let (fx, fy) = (x - i as f32, y - j as f32);
        let row = &self.values[j * self.width + i..j * self.width + i + 2];
        let next = &self.values[(j + 1) * self.width + i..(j + 1) * self.width + i + 2];
        let upper = row[0] + fx * (row[1] - row[0]);
        let lower = next[0] + fx * (next[1] - next[0]);
        upper + fy * (lower - upper)
    }

    /// Takes the direct light from what lies behind a higher part, on blocks of texels.
    fn cast_shadows(&mut self, field: &HeightField, towards: [f32; 2], rise: f32, direct: f32) {
        const BLOCK: usize = 3;
        let highest = field.values_mm.iter().copied().fold(0.0, f32::max);
        if highest < 1.0 || direct < 0.05 {
            return;
        }
        let block_mm = BLOCK as f32 * TEXEL_MM;
        let steps = (highest / (rise * block_mm)).ceil().min(60.0) as usize;
        let (columns, rows) = (
            self.width.div_ceil(BLOCK) + 1,
            self.height.div_ceil(BLOCK) + 1,
        );
        let mut lit = vec![1.0_f32; columns * rows];
        for (index, lit) in lit.iter_mut().enumerate() {
            let here = [
                (index % columns) as f32 * block_mm,
                (index / columns) as f32 * block_mm,
            ];
            let from = field.at(here);
            for step in 1..=steps {
                let along = step as f32 * block_mm;
                let ray = from + rise * along;
                if ray > highest {
                    break;
                }
                let above = field.at([here[0] + along * towards[0], here[1] + along * towards[1]]);
                // A lamp or a window is wide, so the rim of a shadow grows with the distance.
                let softness = 0.15 + 0.12 * along * rise.max(0.3);
                let open = 1.0 - ((above - ray) / softness).clamp(0.0, 1.0);
                *lit = lit.min(open);
            }
        }
        for j in 0..self.height {
            for i in 0..self.width {
                let (x, y) = (i / BLOCK, j / BLOCK);
                let fx = (i % BLOCK) as f32 / BLOCK as f32;
                let fy = (j % BLOCK) as f32 / BLOCK as f32;
                let at = |x: usize, y: usize| lit[y * columns + x];
                let upper = at(x, y) + fx * (at(x + 1, y) - at(x, y));
                let lower = at(x, y + 1) + fx * (at(x + 1, y + 1) - at(x, y + 1));
                let open = upper + fy * (lower - upper);
                let value = &mut self.values[j * self.width + i];
                // White paper around reflects into the shadow, so it never is as dark as it could.
                *value -= 0.7 * (1.0 - open) * direct.min(*value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::CameraShot;
    use crate::camera::shot::{Fold, SheetShape};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn ridge() -> HeightField {
        let shape = SheetShape {
            folds: vec![Fold {
                through_mm: [50.0, 0.0],
                normal_deg: 0.0,
                slope: 0.2,
                reach_mm: 1e6,
                one_sided: false,
                mirrored: false,
            }],
            ..SheetShape::default()
        };
        HeightField::new([100.0, 60.0], &shape, &mut ChaCha8Rng::seed_from_u64(0))
    }

    #[test]
    fn the_side_towards_the_light_is_brighter_by_lamberts_law() {
        let light = Light {
            azimuth_deg: 0.0,
            elevation_deg: 45.0,
            ambient: 0.5,
            ..CameraShot::plain(100, 100).light
        };
        let shading = Shading::new(&ridge(), &light);
        // Light from the right: the right side falls away from the ridge, towards the light.
        let right = 0.5 + 0.5 * (1.0 + 0.2) / 1.04_f32.sqrt();
        assert!((shading.at([80.0, 30.0]) - right).abs() < 5e-3);
        assert!(shading.at([20.0, 30.0]) < 0.91);
    }

    #[test]
    fn flat_paper_is_even() {
        let shape = SheetShape::default();
        let field = HeightField::new([60.0, 40.0], &shape, &mut ChaCha8Rng::seed_from_u64(0));
        let shading = Shading::new(&field, &CameraShot::plain(100, 100).light);
        assert!(
            shading
                .values
                .iter()
                .all(|value| (value - 1.0).abs() < 1e-5)
        );
    }
}
