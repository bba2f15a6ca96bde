//! How often photos look how. The ranges are choices made after looking at real photos.

mod paper;
mod scene;

use rand::{Rng, RngExt};

use super::shot::{
    CameraShot, Copying, Curl, FileQuality, Frame, Lens, Optics, Pose, Sensor, SheetShape,
};
use crate::render::chance::{log_uniform, normal, pick, uniform};
use paper::{sample_crumples, sample_curl, sample_folds, sample_marks, sample_sheet};
use scene::{sample_desk, sample_light};

impl CameraShot {
    /// A phone photo as they come: mostly decent, sometimes dreadful, 2–12 megapixels.
    pub fn sample<R: Rng + ?Sized>(rng: &mut R) -> Self {
        let pose = sample_pose(rng);
        let is_screen = rng.random_bool(0.06);
        Self {
            seed: rng.random(),
            frame: sample_frame(rng, &pose),
            pose,
            lens: Lens {
                k1: normal(rng, 0.0, 0.008),
                k2: normal(rng, 0.0, 0.004),
            },
            sheet: if is_screen {
                SheetShape::default()
            } else {
                sample_sheet(rng)
            },
            marks: sample_marks(rng),
            desk: sample_desk(rng),
            light: sample_light(rng),
            optics: sample_optics(rng),
            sensor: Sensor {
                screen_pitch_mm: is_screen.then(|| uniform(rng, 0.2, 0.6)),
                ..sample_sensor(rng)
            },
            copy: sample_copying(rng),
            file: sample_file(rng),
        }
    }

    /// A phone photo of a sheet that was folded or crumpled before, as sheets in pockets are.
    pub fn worn<R: Rng + ?Sized>(rng: &mut R) -> Self {
        let mut shot = Self::sample(rng);
        shot.sensor.screen_pitch_mm = None;
        shot.sheet = SheetShape::default();
        if rng.random_bool(0.5) {
            shot.sheet.folds = sample_folds(rng);
            shot.sheet.crease_mm = uniform(rng, 0.5, 1.5);
        } else {
            shot.sheet.crumples = sample_crumples(rng);
            shot.sheet.crease_mm = uniform(rng, 0.5, 1.0);
        }
        if rng.random_bool(0.4) {
            shot.sheet.curls = vec![Curl {
                amplitude_mm: uniform(rng, 0.3, 2.0),
                ..sample_curl(rng)
            }];
        }
        // Worn sheets are photographed with care.
        shot.pose.fill = shot.pose.fill.max(uniform(rng, 0.7, 1.0));
        // Low light from one side, in which relief shows.
        shot.light.elevation_deg = uniform(rng, 20.0, 45.0);
        shot.light.ambient = uniform(rng, 0.25, 0.6);
        shot
    }

    /// A flatbed scan: nearly straight, flat, even, sharp.
    pub fn scan<R: Rng + ?Sized>(rng: &mut R) -> Self {
        let dots_per_inch = pick(
            rng,
            &[(100.0, 0.1), (150.0, 0.35), (200.0, 0.3), (300.0, 0.25)],
        );
        let fill = uniform(rng, 0.93, 1.0);
        // The page's long side is about 290 mm and spans `fill` of the frame.
        let width_px = (290.0 / fill * dots_per_inch / 25.4) as u32;
        let height_px = (width_px as f32 * uniform(rng, 0.71, 0.78)) as u32;
        let roll = pick(
            rng,
            &[(0.0, 0.85), (180.0, 0.07), (90.0, 0.04), (270.0, 0.04)],
        );
        let frame = if roll == 90.0 || roll == 270.0 {
            [height_px, width_px]
        } else {
            [width_px, height_px]
        };
        let mut shot = Self::plain(frame[0], frame[1]);
        shot.seed = rng.random();
        shot.pose.roll_deg = roll + normal(rng, 0.0, 0.8);
        shot.pose.fill = fill;
        // Telecentric, as good as.
        shot.pose.focal = 15.0;
        shot.pose.placement = [(); 2].map(|()| uniform(rng, -1.0, 1.0));
        shot.marks = sample_marks(rng);
        shot.desk.colour = pick(
            rng,
            &[([0.97; 3], 0.6), ([0.1; 3], 0.25), ([0.75; 3], 0.15)],
        );
        if rng.random_bool(0.3) {
            // Pressed flat, so that of a fold little more than its line is left.
            shot.sheet.folds = sample_folds(rng);
            for fold in &mut shot.sheet.folds {
                fold.slope *= 0.3;
                fold.reach_mm = fold.reach_mm.min(8.0);
            }
            shot.sheet.crease_mm = 1.0;
        }
        shot.light.azimuth_deg = 90.0;
        shot.light.ambient = 0.6;
        shot.optics.softness_px = uniform(rng, 0.3, 0.8);
        shot.sensor.white = sample_white(rng, 0.95, 1.05);
        shot.sensor.gamma = log_uniform(rng, 0.85, 1.2);
        shot.sensor.contrast = log_uniform(rng, 0.9, 1.25);
        shot.sensor.noise = log_uniform(rng, 0.002, 0.012);
        shot.sensor.sharpening = if rng.random_bool(0.4) {
            uniform(rng, 0.2, 0.8)
        } else {
            0.0
        };
        shot.copy = if rng.random_bool(0.2) {
            Copying::Grey(uniform(rng, 1.0, 2.0))
        } else {
            sample_copying(rng)
        };
        shot.file = sample_file(rng);
        shot
    }
}

fn sample_pose<R: Rng + ?Sized>(rng: &mut R) -> Pose {
    let mut tilt_deg = f32::MAX;
    while tilt_deg > 30.0 {
        tilt_deg = normal(rng, 0.0, 12.0).abs();
    }
    let quarter = pick(
        rng,
        &[(0.0, 0.85), (90.0, 0.05), (180.0, 0.05), (270.0, 0.05)],
    );
    let mut fill = uniform(rng, 0.5, 1.0);
    let mut cropped = [0.0; 2];
    if rng.random_bool(0.25) {
        fill = uniform(rng, 0.8, 1.08);
        cropped = [(); 2].map(|()| {
            let share = uniform(rng, 0.0, 0.1);
            pick(rng, &[(0.0, 0.4), (share, 0.3), (-share, 0.3)])
        });
    }
    Pose {
        tilt_deg,
        tilt_axis_deg: uniform(rng, 0.0, 360.0),
        roll_deg: quarter + normal(rng, 0.0, 6.0),
        fill,
        placement: [(); 2].map(|()| normal(rng, 0.0, 0.45).clamp(-1.0, 1.0)),
        cropped,
        focal: uniform(rng, 0.65, 0.95),
    }
}

fn sample_frame<R: Rng + ?Sized>(rng: &mut R, pose: &Pose) -> Frame {
    let pixels = log_uniform(rng, 2.0e6, 12.0e6);
    let free = uniform(rng, 1.05, 1.6);
    let aspect = pick(
        rng,
        &[(4.0 / 3.0, 0.6), (16.0 / 9.0, 0.2), (1.5, 0.1), (free, 0.1)],
    );
    let short = (pixels / aspect).sqrt();
    let (long, short) = ((short * aspect) as u32, short as u32);
    // Most people turn the phone along with the page.
    let is_page_upright = (pose.roll_deg / 90.0).round().rem_euclid(2.0) == 1.0;
    let is_frame_upright = is_page_upright != rng.random_bool(0.2);
    let (width_px, height_px) = if is_frame_upright {
        (short, long)
    } else {
        (long, short)
    };
    Frame {
        width_px,
        height_px,
    }
}

fn sample_optics<R: Rng + ?Sized>(rng: &mut R) -> Optics {
    Optics {
        defocus_mm: if rng.random_bool(0.5) {
            uniform(rng, 0.05, 0.45)
        } else {
            0.0
        },
        motion_mm: if rng.random_bool(0.2) {
            uniform(rng, 0.1, 0.9)
        } else {
            0.0
        },
        motion_deg: uniform(rng, 0.0, 180.0),
        softness_px: uniform(rng, 0.45, 0.9),
        bottleneck_pixels_per_mm: rng.random_bool(0.15).then(|| uniform(rng, 2.5, 5.0)),
    }
}

fn sample_sensor<R: Rng + ?Sized>(rng: &mut R) -> Sensor {
    let is_toned = rng.random_bool(0.6);
    let noise = if rng.random_bool(0.7) {
        log_uniform(rng, 0.005, 0.06)
    } else {
        0.003
    };
    Sensor {
        white: sample_white(rng, 0.86, 1.16),
        gamma: if is_toned {
            log_uniform(rng, 0.7, 1.5)
        } else {
            1.0
        },
        contrast: if is_toned {
            log_uniform(rng, 0.6, 1.2)
        } else {
            1.0
        },
        noise,
        noise_grain_px: if rng.random_bool(0.5) {
            uniform(rng, 0.5, 1.6)
        } else {
            0.0
        },
        sharpening: if rng.random_bool(0.6) {
            uniform(rng, 0.2, 1.2)
        } else {
            0.0
        },
        screen_pitch_mm: None,
    }
}

/// A colour cast at an exposure that, as a camera's automatics see to it, hardly ever clips paper.
fn sample_white<R: Rng + ?Sized>(rng: &mut R, low: f32, high: f32) -> [f32; 3] {
    let cast = [(); 3].map(|()| log_uniform(rng, low, high));
    let exposure = uniform(rng, 0.6, 1.05) / cast.into_iter().fold(0.0, f32::max);
    cast.map(|gain| gain * exposure)
}

fn sample_copying<R: Rng + ?Sized>(rng: &mut R) -> Copying {
    if !rng.random_bool(0.12) {
        Copying::None
    } else if rng.random_bool(0.25) {
        Copying::BlackAndWhite(uniform(rng, 0.05, 0.2))
    } else {
        Copying::Grey(uniform(rng, 1.5, 3.0))
    }
}

fn sample_file<R: Rng + ?Sized>(rng: &mut R) -> FileQuality {
    let bad = uniform(rng, 15.0, 30.0);
    let usual = uniform(rng, 30.0, 96.0);
    let good = uniform(rng, 85.0, 96.0);
    FileQuality {
        jpeg: pick(rng, &[(usual, 0.6), (good, 0.36), (bad, 0.04)]) as u8,
        earlier_jpeg: rng.random_bool(0.2).then(|| rng.random_range(50..95)),
        half_chroma: rng.random_bool(0.8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn photos_have_2_to_12_megapixels_and_at_most_30_degrees_of_tilt() {
        for seed in 0..300 {
            let shot = CameraShot::sample(&mut ChaCha8Rng::seed_from_u64(seed));
            let pixels = shot.frame.width_px * shot.frame.height_px;
            assert!((1_990_000..=12_000_000).contains(&pixels), "{pixels}");
            assert!((0.0..=30.0).contains(&shot.pose.tilt_deg));
        }
    }

    #[test]
    fn a_shot_survives_being_written_down() {
        let shot = CameraShot::worn(&mut ChaCha8Rng::seed_from_u64(5));
        let text = serde_json::to_string(&shot).unwrap();
        assert_eq!(serde_json::from_str::<CameraShot>(&text).unwrap(), shot);
    }
}
