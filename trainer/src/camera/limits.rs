//! Bounds that a set of photos keeps, such as those under which a rectifier is held to its promise.

use serde::{Deserialize, Serialize};

use super::pose::Camera;
use super::shot::{CameraShot, Copying};

/// What a photo must keep. The default is the range in which pages are promised to be rectified.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ShotLimits {
    pub max_tilt_deg: f32,
    /// Standard deviation of all blur together.
    pub max_blur_mm: f32,
    /// Resolution at the page's centre.
    pub min_pixels_per_mm: f32,
    pub max_pixels: u32,
    /// Whether filters that leave only black and white, and with them often no grid, become grey
    /// copies.
    pub keeps_grid: bool,
}

impl Default for ShotLimits {
    fn default() -> Self {
        Self {
            max_tilt_deg: 30.0,
            max_blur_mm: 0.4,
            min_pixels_per_mm: 3.0,
            max_pixels: 12_000_000,
            keeps_grid: true,
        }
    }
}

impl CameraShot {
    /// This shot of a page of `page_mm`, changed as little as keeps `limits`: tilt and
    /// blur are reduced; too few pixels become more, or the page larger in them.
    #[must_use]
    pub fn within(mut self, limits: &ShotLimits, page_mm: [f32; 2]) -> Self {
        if limits.keeps_grid && matches!(self.copy, Copying::BlackAndWhite(_)) {
            self.copy = Copying::Grey(1.5);
        }
        self.pose.tilt_deg = self.pose.tilt_deg.min(limits.max_tilt_deg);
        let pixels = self.frame.width_px as f32 * self.frame.height_px as f32;
        let most = (limits.max_pixels as f32 / pixels).sqrt();
        // A tenth of a percent more, as frames are whole pixels.
        let wanted = 1.001 * limits.min_pixels_per_mm / self.pixels_per_mm(page_mm);
        self.resize(wanted.max(1.0).min(most));
        // Where the frame may not grow, the photographer goes nearer.
        let still_wanted = 1.001 * limits.min_pixels_per_mm / self.pixels_per_mm(page_mm);
        self.pose.fill *= still_wanted.max(1.0);
        let pixels_per_mm = self.pixels_per_mm(page_mm);
        if let Some(bottleneck) = &mut self.optics.bottleneck_pixels_per_mm {
            *bottleneck = bottleneck.max(limits.min_pixels_per_mm);
        }
        if self.blur_mm(pixels_per_mm) > limits.max_blur_mm {
            let optics = &mut self.optics;
            let (defocus, motion) = (optics.defocus_mm, optics.motion_mm / 12.0_f32.sqrt());
            let variable = defocus * defocus + motion * motion;
            (optics.defocus_mm, optics.motion_mm) = (0.0, 0.0);
            let fixed = self.blur_mm(pixels_per_mm);
            let left = limits.max_blur_mm.powi(2) - fixed * fixed;
            let share = (left.max(0.0) / variable.max(1e-9)).sqrt().min(1.0);
            self.optics.defocus_mm = share * defocus;
            self.optics.motion_mm = share * motion * 12.0_f32.sqrt();
            if fixed > limits.max_blur_mm {
                self.optics.bottleneck_pixels_per_mm = None;
                let softness = self.optics.softness_px;
                self.optics.softness_px = softness.min(limits.max_blur_mm * pixels_per_mm);
            }
        }
        self
    }

    /// Linear magnification at the centre of a page of `page_mm`.
    pub fn pixels_per_mm(&self, page_mm: [f32; 2]) -> f32 {
        Camera::new(&self.pose, self.lens, self.frame, page_mm).pixels_per_mm() as f32
    }

    fn resize(&mut self, factor: f32) {
        let scaled = |side: u32| ((side as f32 * factor).round() as u32).max(16);
        if (factor - 1.0).abs() > 1e-6 {
            self.frame.width_px = scaled(self.frame.width_px);
            self.frame.height_px = scaled(self.frame.height_px);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_sampled_shot_keeps_the_limits() {
        let limits = ShotLimits::default();
        let page_mm = [279.4, 215.9];
        for seed in 0..400 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut shot = CameraShot::sample(&mut rng);
            shot.frame.width_px /= 2;
            shot.frame.height_px /= 2;
            shot.optics.motion_mm *= 3.0;
            shot.pose.tilt_deg *= 2.0;
            let shot = shot.within(&limits, page_mm);
            let pixels_per_mm = shot.pixels_per_mm(page_mm);
            assert!(shot.pose.tilt_deg <= 30.0);
            assert!(pixels_per_mm >= 3.0, "seed {seed}: {pixels_per_mm}");
            let blur = shot.blur_mm(pixels_per_mm);
            assert!(blur <= 0.4001, "seed {seed}: {blur}");
        }
    }

    #[test]
    fn a_shot_that_keeps_them_is_not_changed() {
        let shot = CameraShot::plain(2000, 1500);
        assert_eq!(
            shot.clone().within(&ShotLimits::default(), [297.0, 210.0]),
            shot
        );
    }
}
