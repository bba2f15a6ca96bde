//! Test pages with known geometry: a grid and rows of beats, seen through a projective map.

use image::{Rgb, RgbImage};

use super::projective::Homography;

/// A page of 297 × 210 mm on a dark desk, and how it is photographed.
pub(super) struct Scene {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Page mm → photo pixels.
    pub(super) photo_from_page: Homography,
    pub(super) minor: Option<[f64; 3]>,
    pub(super) major: [f64; 3],
    /// Half-width of the trace in mm; 0 draws none.
    pub(super) trace_mm: f64,
    /// Amplitude of a wave in which the paper is bent within its plane, in mm.
    pub(super) curl_mm: f64,
    /// Standard deviation of the noise, of 255.
    pub(super) noise: f64,
}

impl Scene {
    /// A pink page seen straight at 5 pixels per mm.
    pub(super) fn plain() -> Self {
        Self {
            width: 1485,
            height: 1050,
            photo_from_page: Homography::scale_shift(5.0, 0.0, 0.0),
            minor: Some([1.0, 0.82, 0.82]),
            major: [0.97, 0.6, 0.6],
            trace_mm: 0.18,
            curl_mm: 0.0,
            noise: 0.0,
        }
    }

    /// A page with 5-mm lines only, photographed at a slant.
    pub(super) fn slanted() -> Self {
        let page = [[0.0, 0.0], [297.0, 0.0], [297.0, 210.0], [0.0, 210.0]];
        let photo = [
            [150.0, 90.0],
            [1380.0, 160.0],
            [1480.0, 1080.0],
            [60.0, 1000.0],
        ];
        Self {
            width: 1600,
            height: 1200,
            photo_from_page: Homography::from_points(page, photo).unwrap(),
            minor: None,
            major: [0.75, 0.3, 0.3],
            noise: 4.0,
            ..Self::plain()
        }
    }

    pub(super) fn draw(&self) -> RgbImage {
        let page_from_photo = self.photo_from_page.inverse().unwrap();
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        RgbImage::from_fn(self.width, self.height, |x, y| {
            let mut sum = [0.0; 3];
            for (dx, dy) in [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)] {
                let (u, v) = page_from_photo.apply(f64::from(x) + dx, f64::from(y) + dy);
                let (u, v) = (
                    u + self.curl_mm * (v / 30.0).sin(),
                    v + self.curl_mm * (u / 40.0).cos(),
                );
                for (sum, value) in sum.iter_mut().zip(self.colour(u, v)) {
                    *sum += value / 4.0;
                }
            }
            let mut noise = || {
                // Four uniform numbers are near enough to normal.
                (0..4)
                    .map(|_| {
                        random ^= random << 13;
                        random ^= random >> 7;
                        random ^= random << 17;
                        (random >> 40) as f64 / f64::from(1 << 24) - 0.5
                    })
                    .sum::<f64>()
                    * 1.7
                    * self.noise
            };
            Rgb(sum.map(|value| (value * 235.0 + noise()).round().clamp(0.0, 255.0) as u8))
        })
    }

    fn colour(&self, x: f64, y: f64) -> [f64; 3] {
        if !(0.0..297.0).contains(&x) || !(0.0..210.0).contains(&y) {
            return [0.3, 0.22, 0.15];
        }
        let near = |mm: f64, step: f64, half_width: f64| {
            (mm - (mm / step).round() * step).abs() < half_width
        };
        if self.trace_mm > 0.0 && (23.5..273.5).contains(&x) {
            let height = beat_mm(x);
            let slope = (beat_mm(x + 0.1) - height) / 0.1;
            let on_row = |row| {
                (60.0 + 34.0 * f64::from(row) - height - y).abs() < self.trace_mm * slope.hypot(1.0)
            };
            if (0..4).any(on_row) {
                return [0.1; 3];
            }
        }
        if near(x, 5.0, 0.12) || near(y, 5.0, 0.12) {
            return self.major;
        }
        match self.minor {
            Some(minor) if near(x, 1.0, 0.07) || near(y, 1.0, 0.07) => minor,
            _ => [1.0; 3],
        }
    }
}

/// The trace above its baseline: a beat every 20.7 mm (72 a minute).
pub(super) fn beat_mm(x: f64) -> f64 {
    let phase = x.rem_euclid(20.7) - 8.0;
    let wave =
        |at: f64, width: f64, height: f64| height * (-((phase - at) / width).powi(2) / 2.0).exp();
    wave(-4.0, 0.8, 1.2) + wave(0.0, 0.3, 9.0) + wave(0.8, 0.3, -2.0) + wave(6.5, 1.3, 2.5)
}
