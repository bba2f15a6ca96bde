//! What is still wrong with a page after a photo of it was rectified: slightly turned, shifted and
//! uneven, unevenly lit, blurred, noisy and compressed.

use rand::{Rng, RngExt};

use super::chance::{log_uniform, normal, pick, uniform};
use super::dirt::{Stains, Stripes};
use super::jpeg::Jpeg;
use super::light::Light;
use super::marks::{Mark, sample_marks};

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
    /// Pen strokes, stamps, bars over names, black edges.
    pub marks: Vec<Mark>,
    /// Dirt on the paper.
    pub stains: Option<Stains>,
    /// Stripes of a screen that was photographed.
    pub stripes: Option<Stripes>,
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
    /// Reduced to black and white.
    pub thresholded: bool,
    /// Standard deviation of the blur along x and y.
    pub blur_mm: [f32; 2],
    /// Standard deviation of the noise, of 0–1.
    pub noise: f32,
    /// How much of the noise grows with the brightness, 0–1.
    pub noise_with_light: f32,
    /// Whether the noise was there before the blur.
    pub noise_is_blurred: bool,
    /// Compressions, one after the other.
    pub jpegs: Vec<Jpeg>,
}

impl Residual {
    /// A clean canvas.
    pub fn none() -> Self {
        Self {
            rotation_deg: 0.0,
            scale: [1.0; 2],
            shift_mm: [0.0; 2],
            mesh_mm: 0.0,
            marks: Vec::new(),
            stains: None,
            stripes: None,
            light: Light::even(),
            white: [1.0; 3],
            gamma: 1.0,
            contrast: 1.0,
            photocopy: None,
            thresholded: false,
            blur_mm: [0.0; 2],
            noise: 0.0,
            noise_with_light: 0.0,
            noise_is_blurred: false,
            jpegs: Vec::new(),
        }
    }

    /// Random errors of the size that rectified photos show.
    pub fn sample<R: Rng + ?Sized>(rng: &mut R) -> Self {
        let mut residual = Self::none();
        residual.sample_geometry(rng);
        if rng.random_bool(0.25) {
            residual.marks = sample_marks(rng);
        }
        if rng.random_bool(0.15) {
            residual.stains = Some(Stains::sample(rng));
        }
        if rng.random_bool(0.06) {
            residual.stripes = Some(Stripes::sample(rng));
        }
        residual.light = Light::sample(rng);
        if rng.random_bool(0.6) {
            residual.white = sample_white(rng);
            residual.gamma = log_uniform(rng, 0.7, 1.5);
            residual.contrast = log_uniform(rng, 0.6, 1.2);
        }
        if rng.random_bool(0.12) {
            residual.photocopy = Some(uniform(rng, 1.5, 3.0));
            residual.thresholded = rng.random_bool(0.15);
        }
        residual.blur_mm = sample_blur(rng);
        if rng.random_bool(0.7) {
            residual.noise = log_uniform(rng, 0.005, 0.06);
            residual.noise_with_light = uniform(rng, 0.0, 0.7);
            residual.noise_is_blurred = rng.random_bool(0.5);
        }
        if rng.random_bool(0.8) {
            let twice = rng.random_bool(0.2);
            residual.jpegs = (0..1 + usize::from(twice))
                .map(|_| sample_jpeg(rng))
                .collect();
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
        if rng.random_bool(0.25) {
            // Text, a pen mark or a cut edge pulled the centre of the ink away: on real photos by
            // up to 7 mm, more in height than in width.
            self.shift_mm[0] += normal(rng, 0.0, 2.5);
            self.shift_mm[1] += normal(rng, 0.0, 4.0);
        }
        self.shift_mm = self
            .shift_mm
            .map(|shift| shift.clamp(-MAX_SHIFT_MM, MAX_SHIFT_MM));
        if rng.random_bool(0.5) {
            self.mesh_mm = uniform(rng, 0.1, 0.4);
        }
    }
}

/// Beyond this, placement fails visibly and the photo is read otherwise.
const MAX_SHIFT_MM: f32 = 12.0;

/// Qualities from poor messengers to good cameras.
fn sample_jpeg<R: Rng + ?Sized>(rng: &mut R) -> Jpeg {
    let (low, high) = pick(rng, &[((30.0, 96.0), 0.95), ((15.0, 30.0), 0.05)]);
    Jpeg {
        quality: uniform(rng, low, high) as u8,
        halved_colour: rng.random_bool(0.85),
        offset_px: [rng.random_range(0..16), rng.random_range(0..16)],
    }
}

/// A colour cast at an exposure that, as a camera's automatics see to it, hardly ever clips paper.
fn sample_white<R: Rng + ?Sized>(rng: &mut R) -> [f32; 3] {
    // Most cameras find the white of paper; some are fooled by a lamp or by the table.
    let most = pick(rng, &[(1.08, 0.75), (1.25, 0.25)]);
    let cast = [(); 3].map(|()| log_uniform(rng, 1.0 / most, most));
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
        assert!((share(&|r| !r.jpegs.is_empty()) - 0.8).abs() < 0.03);
        assert!((share(&|r| r.jpegs.len() == 2) - 0.16).abs() < 0.03);
        assert!((share(&|r| !r.marks.is_empty()) - 0.25).abs() < 0.03);
        let far = share(&|r| r.shift_mm.iter().any(|shift| shift.abs() > 5.0));
        assert!((0.03..0.12).contains(&far), "{far} are far off");
        assert!(
            residuals
                .iter()
                .all(|r| r.blur_mm.iter().all(|b| (0.0..0.7).contains(b)))
        );
    }
}
