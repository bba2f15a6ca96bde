//! What is still wrong with a page after a photo of it was rectified: slightly turned, shifted and
//! uneven, unevenly lit, blurred, noisy and compressed.

use rand::{Rng, RngExt};

use super::chance::{log_uniform, normal, pick, uniform};
use super::light::Light;

/// The errors applied to one canvas. Lengths are millimetres on paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Residual {
    /// Clockwise turn.
    pub rotation_deg: f32,
    /// Magnification, horizontal and vertical.
    pub scale: [f32; 2],
    /// How far the page is off the centre of the canvas.
    pub shift_mm: [f32; 2],
    /// Standard deviation of the displacements on a 10-mm mesh.
    pub mesh_mm: f32,
    /// Shadow, vignette, folds, glare.
    pub light: Light,
    /// Gains of red, green and blue.
    pub white: [f32; 3],
    /// Exponent of the tone curve.
    pub gamma: f32,
    /// Contrast around middle grey.
    pub contrast: f32,
    /// Colour taken away and contrast raised by this factor.
    pub photocopy: Option<f32>,
    /// Standard deviation of the blur along x and y.
    pub blur_mm: [f32; 2],
    /// Standard deviation of the noise, of 0–1.
    pub noise: f32,
    /// Whether the noise was there before the blur.
    pub noise_is_blurred: bool,
    /// Strokes of a pen across the page.
    pub pen_strokes: usize,
    /// JPEG quality, 1–100.
    pub jpeg_quality: Option<u8>,
}

impl Residual {
    /// A clean canvas.
    pub fn none() -> Self {
        Self {
            rotation_deg: 0.0,
            scale: [1.0; 2],
            shift_mm: [0.0; 2],
            mesh_mm: 0.0,
            light: Light::even(),
            white: [1.0; 3],
            gamma: 1.0,
            contrast: 1.0,
            photocopy: None,
            blur_mm: [0.0; 2],
            noise: 0.0,
            noise_is_blurred: false,
            pen_strokes: 0,
            jpeg_quality: None,
        }
    }

    /// Random errors of the size that rectified photos show.
    pub fn sample<R: Rng + ?Sized>(rng: &mut R) -> Self {
        let mut residual = Self::none();
        residual.sample_geometry(rng);
        residual.light = Light::sample(rng);
        if rng.random_bool(0.6) {
            residual.white = sample_white(rng);
            residual.gamma = log_uniform(rng, 0.7, 1.5);
            residual.contrast = log_uniform(rng, 0.6, 1.2);
        }
        if rng.random_bool(0.12) {
            residual.photocopy = Some(uniform(rng, 1.5, 3.0));
        }
        residual.blur_mm = sample_blur(rng);
        if rng.random_bool(0.7) {
            residual.noise = log_uniform(rng, 0.005, 0.05);
            residual.noise_is_blurred = rng.random_bool(0.5);
        }
        if rng.random_bool(0.12) {
            residual.pen_strokes = rng.random_range(1..6);
        }
        if rng.random_bool(0.7) {
            let (low, high) = pick(rng, &[((45.0, 96.0), 0.93), ((25.0, 45.0), 0.07)]);
            residual.jpeg_quality = Some(uniform(rng, low, high) as u8);
        }
        residual
    }

    fn sample_geometry<R: Rng + ?Sized>(&mut self, rng: &mut R) {
        // One in twenty rectifications is clearly off; the rest are good.
        let (turn_deg, size, off_mm) = if rng.random_bool(0.05) {
            (uniform(rng, -3.0, 3.0), normal(rng, 1.0, 0.03), 5.0)
        } else {
            (normal(rng, 0.0, 0.4), normal(rng, 1.0, 0.01), 1.5)
        };
        self.rotation_deg = turn_deg;
        self.scale = [(); 2].map(|()| size * normal(rng, 1.0, 0.004));
        self.shift_mm = [(); 2].map(|()| uniform(rng, -off_mm, off_mm));
        if rng.random_bool(0.15) {
            // Text or a pen mark was taken for trace and pulled the centre away.
            self.shift_mm[0] += normal(rng, 0.0, 2.0);
            self.shift_mm[1] += normal(rng, 0.0, 4.0);
        }
        if rng.random_bool(0.5) {
            self.mesh_mm = uniform(rng, 0.1, 0.4);
        }
    }
}

/// A colour cast at an exposure that, as a camera's automatics see to it, hardly ever clips paper.
fn sample_white<R: Rng + ?Sized>(rng: &mut R) -> [f32; 3] {
    let cast = [(); 3].map(|()| log_uniform(rng, 0.8, 1.25));
    let exposure = uniform(rng, 0.8, 1.06) / cast.into_iter().fold(0.0, f32::max);
    cast.map(|gain| gain * exposure)
}

/// Defocus, a source of few pixels and motion, added in quadrature.
fn sample_blur<R: Rng + ?Sized>(rng: &mut R) -> [f32; 2] {
    let mut variance = [0.0; 2];
    if rng.random_bool(0.5) {
        let defocus = uniform(rng, 0.05, 0.45);
        variance = [defocus * defocus; 2];
    }
    if rng.random_bool(0.3) {
        // Averaging over pixels of side s and interpolating between them spreads like a Gaussian
        // of standard deviation s / 2 (1/12 + 1/6 of s squared).
        let half_pixel_mm = 0.5 / uniform(rng, 1.8, 4.0);
        variance
            .iter_mut()
            .for_each(|v| *v += half_pixel_mm * half_pixel_mm);
    }
    if rng.random_bool(0.2) {
        // A path of length l spreads like a Gaussian of standard deviation l / √12.
        let spread = uniform(rng, 0.1, 0.9) / 12.0_f32.sqrt();
        variance[usize::from(rng.random_bool(0.5))] += spread * spread;
    }
    variance.map(f32::sqrt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn errors_have_the_promised_size() {
        let residuals: Vec<Residual> = (0..2000)
            .map(|seed| Residual::sample(&mut ChaCha8Rng::seed_from_u64(seed)))
            .collect();
        let share = |test: &dyn Fn(&Residual) -> bool| {
            residuals.iter().filter(|r| test(r)).count() as f32 / residuals.len() as f32
        };
        assert!(
            share(&|r| r.rotation_deg.abs() < 0.8) > 0.88,
            "two standard deviations"
        );
        assert!(residuals.iter().all(|r| r.rotation_deg.abs() <= 3.0));
        assert!((share(&|r| r.mesh_mm > 0.0) - 0.5).abs() < 0.04);
        assert!((share(&|r| r.jpeg_quality.is_some()) - 0.7).abs() < 0.04);
        assert!(
            residuals
                .iter()
                .all(|r| r.blur_mm.iter().all(|b| (0.0..0.7).contains(b)))
        );
    }
}
