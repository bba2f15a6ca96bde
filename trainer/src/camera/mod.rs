//! Photos and scans of a printed page, simulated, with exact truth.
//!
//! A page picture becomes paper with folds, curls and crumples (`height`, `drape`), lies on a
//! desk (`desk`) under uneven light (`shading`, `light_field`), and is seen by a pinhole
//! camera with a lens (`pose`, `expose`), whose blur (`linear_image`), sensor (`sensor`)
//! and file format (`stored`) take their share. Blur and relief are in millimetres on paper, so
//! they mean the same at every resolution.

mod desk;
mod drape;
mod expose;
mod handwriting;
mod height;
mod light_field;
mod limits;
mod linear_image;
mod marks;
mod pose;
mod sampling;
mod sensor;
mod shading;
pub mod shoot_set;
pub mod shot;
mod stored;
mod truth;

use anyhow::Result;
use image::RgbImage;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use limits::ShotLimits;
pub use shot::CameraShot;
pub use truth::{LatticePoint, PhotoTruth};

use desk::DeskSurface;
use drape::Drape;
use height::HeightField;
use light_field::LightField;
use pose::Camera;
use shading::Shading;

/// A simulated photo.
pub struct Photo {
    /// The picture, as decoded from its file.
    pub image: RgbImage,
    /// Where the page is in it.
    pub truth: PhotoTruth,
}

/// A simulated photo as a file.
pub struct PhotoFile {
    /// A JPEG file.
    pub jpeg: Vec<u8>,
    /// Where the page is in it.
    pub truth: PhotoTruth,
}

/// Takes a photo of `page`, a flat page of `page_pixels_per_mm`. Equal arguments give equal photos.
/// A page of about 1.3 times the photo's resolution is fine enough.
///
/// # Errors
/// Where the frame is empty.
pub fn shoot(page: &RgbImage, page_pixels_per_mm: f32, shot: &CameraShot) -> Result<Photo> {
    let file = shoot_to_file(page, page_pixels_per_mm, shot)?;
    Ok(Photo {
        image: stored::from_jpeg(&file.jpeg)?,
        truth: file.truth,
    })
}

/// As [`shoot`], without decoding the file.
///
/// # Errors
/// Where the frame is empty.
pub fn shoot_to_file(
    page: &RgbImage,
    page_pixels_per_mm: f32,
    shot: &CameraShot,
) -> Result<PhotoFile> {
    anyhow::ensure!(
        shot.frame.width_px >= 16 && shot.frame.height_px >= 16,
        "a frame of {} by {} pixels shows nothing",
        shot.frame.width_px,
        shot.frame.height_px
    );
    anyhow::ensure!(
        page.width() >= 2 && page.height() >= 2 && page_pixels_per_mm > 0.0,
        "the page is empty"
    );
    // Streams of their own, so that a change of one part leaves the others as they were.
    let stream = |number| {
        let mut rng = ChaCha8Rng::seed_from_u64(shot.seed);
        rng.set_stream(number);
        rng
    };
    let page_mm = [page.width(), page.height()].map(|px| px as f32 / page_pixels_per_mm);
    let marked = marks::draw(page, page_pixels_per_mm, &shot.marks, &mut stream(1));
    let field = HeightField::new(page_mm, &shot.sheet, &mut stream(2));
    let drape = Drape::new(page_mm, &field);
    let shading = Shading::new(&field, &shot.light);
    let camera = Camera::new(&shot.pose, shot.lens, shot.frame, page_mm);
    let pixels_per_mm = camera.pixels_per_mm() as f32;
    let light = LightField::new(&shot.light, &camera, shot.frame, page_mm);
    let desk = DeskSurface::new(&shot.desk, page_mm, shot.light.azimuth_deg, &mut stream(3));
    let scene = expose::Scene {
        page: marked.as_ref().unwrap_or(page),
        page_pixels_per_mm,
        page_mm,
        drape: &drape,
        shading: &shading,
        flap: shot.sheet.flap,
        screen_pitch_mm: shot.sensor.screen_pitch_mm,
        desk: &desk,
    };
    let mut picture = expose::expose(&scene, &camera, &light, shot.frame);
    picture.through_optics(&shot.optics, pixels_per_mm);
    let mut picture = sensor::develop(picture, &shot.sensor, &mut stream(4));
    let truth = PhotoTruth::new(shot, &camera, &drape, page_mm);
    stored::photocopy(&mut picture, shot.copy, truth.page_box_px());
    Ok(PhotoFile {
        jpeg: stored::to_jpeg(picture, &shot.file)?,
        truth,
    })
}

#[cfg(test)]
mod tests {
    use super::shot::{Crumple, Curl, Fold};
    use super::*;
    use image::Rgb;

    const PAGE_PIXELS_PER_MM: f32 = 8.0;

    /// A white page of 200 mm by 140 mm with dots of 1.5 mm on the points of the truth's lattice.
    fn dotted_page() -> RgbImage {
        RgbImage::from_fn(1600, 1120, |x, y| {
            let off = [x, y].map(|k| {
                let mm = (k as f32 + 0.5) / PAGE_PIXELS_PER_MM;
                mm - 10.0 * (mm / 10.0).round()
            });
            let ink = (4.0 * (1.5 - off[0].hypot(off[1]))).clamp(0.0, 1.0);
            Rgb([(250.0 * (1.0 - ink)) as u8; 3])
        })
    }

    /// Distance in pixels of every visible inner dot from where the truth says it is.
    fn distances(photo: &Photo) -> Vec<f32> {
        let inner = photo.truth.lattice.iter().filter(|point| {
            let [x, y] = point.page_mm;
            point.visible && (5.0..195.0).contains(&x) && (5.0..135.0).contains(&y)
        });
        inner
            .map(|point| {
                let [x, y] = point.photo_px;
                let reach = (3.0 * photo.truth.pixels_per_mm) as i32;
                let (mut sum, mut at) = (0.0, [0.0; 2]);
                for j in y as i32 - reach..=y as i32 + reach {
                    for i in x as i32 - reach..=x as i32 + reach {
                        let (i, j) = (i.max(0) as u32, j.max(0) as u32);
                        let pixel = photo.image.get_pixel_checked(i, j);
                        let level = pixel.map_or(255, |pixel| pixel.0[1]);
                        let ink = (130.0 - f32::from(level)).max(0.0);
                        sum += ink;
                        at[0] += ink * (i as f32 + 0.5);
                        at[1] += ink * (j as f32 + 0.5);
                    }
                }
                (at[0] / sum - x).hypot(at[1] / sum - y)
            })
            .collect()
    }

    fn bent_shot() -> CameraShot {
        let mut shot = CameraShot::plain(1600, 1200);
        shot.pose.tilt_deg = 22.0;
        shot.pose.tilt_axis_deg = 70.0;
        shot.pose.roll_deg = 97.0;
        shot.lens.k1 = -0.02;
        shot.sheet.folds.push(Fold {
            through_mm: [90.0, 70.0],
            normal_deg: 20.0,
            slope: 0.15,
            reach_mm: 60.0,
            one_sided: false,
            mirrored: false,
        });
        shot.sheet.curls.push(Curl {
            amplitude_mm: 4.0,
            wavelength_mm: 200.0,
            direction_deg: 90.0,
            phase_deg: 30.0,
        });
        shot.sheet.crumples.push(Crumple {
            facet_mm: 40.0,
            height_mm: 1.5,
            stretch: 1.3,
            direction_deg: 10.0,
            covered: 1.0,
        });
        shot.sheet.crease_mm = 1.0;
        shot.optics.softness_px = 0.7;
        shot
    }

    #[test]
    fn a_flat_frontal_shot_is_the_page_to_scale() {
        let shot = CameraShot::plain(1000, 800);
        let photo = shoot(&dotted_page(), PAGE_PIXELS_PER_MM, &shot).unwrap();
        let scale = 0.9 * 1000.0 / 200.0;
        assert!((photo.truth.pixels_per_mm - scale).abs() < 1e-3);
        assert_eq!(photo.truth.lattice.len(), 21 * 15);
        for point in &photo.truth.lattice {
            let [x, y] = point.page_mm;
            let expected = [500.0 + scale * (x - 100.0), 400.0 + scale * (y - 70.0)];
            let [seen_x, seen_y] = point.photo_px;
            assert!((seen_x - expected[0]).hypot(seen_y - expected[1]) < 2e-2);
            assert!(point.visible);
        }
        let worst = distances(&photo).into_iter().fold(0.0, f32::max);
        assert!(worst < 0.1, "a dot is {worst} px off");
    }

    #[test]
    fn dots_are_where_the_truth_says_through_tilt_fold_curl_crumple_and_lens() {
        let photo = shoot(&dotted_page(), PAGE_PIXELS_PER_MM, &bent_shot()).unwrap();
        let distances = distances(&photo);
        assert!(distances.len() > 200);
        let worst = distances.into_iter().fold(0.0, f32::max);
        assert!(worst < 0.5, "a dot is {worst} px off");
    }

    #[test]
    fn a_folded_sheet_is_not_a_plane_in_the_picture() {
        let bent = shoot(&dotted_page(), PAGE_PIXELS_PER_MM, &bent_shot()).unwrap();
        let mut flat_shot = bent_shot();
        flat_shot.sheet = shot::SheetShape::default();
        let flat = shoot(&dotted_page(), PAGE_PIXELS_PER_MM, &flat_shot).unwrap();
        let pairs = bent.truth.lattice.iter().zip(&flat.truth.lattice);
        let moved = pairs
            .map(|(a, b)| (a.photo_px[0] - b.photo_px[0]).hypot(a.photo_px[1] - b.photo_px[1]))
            .fold(0.0, f32::max);
        assert!(moved > 1.0 * bent.truth.pixels_per_mm, "{moved} px");
    }

    #[test]
    fn equal_seeds_give_equal_photos_and_every_sample_is_drawn() {
        let page = dotted_page();
        for seed in 0..4 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut shot = match seed {
                0 => CameraShot::scan(&mut rng),
                1 => CameraShot::worn(&mut rng),
                _ => CameraShot::sample(&mut rng),
            };
            shot.frame.width_px /= 3;
            shot.frame.height_px /= 3;
            let first = shoot_to_file(&page, PAGE_PIXELS_PER_MM, &shot).unwrap();
            let second = shoot_to_file(&page, PAGE_PIXELS_PER_MM, &shot).unwrap();
            assert!(first.jpeg == second.jpeg && first.truth == second.truth);
            shot.seed ^= 1;
            let other = shoot_to_file(&page, PAGE_PIXELS_PER_MM, &shot).unwrap();
            assert!(other.jpeg != first.jpeg || shot.sensor.noise == 0.0);
        }
    }
}
