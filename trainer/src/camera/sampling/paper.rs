//! How worn and how scribbled on sheets are.

use rand::{Rng, RngExt};

use crate::camera::shot::{Crumple, Curl, Flap, Fold, Marks, SheetShape};
use crate::render::chance::{log_uniform, normal, pick, uniform};

/// Mostly flat, sometimes folded, curled, crumpled, or with a corner turned over.
pub fn sample_sheet<R: Rng + ?Sized>(rng: &mut R) -> SheetShape {
    let mut sheet = SheetShape {
        crease_mm: uniform(rng, 0.5, 1.5),
        ..SheetShape::default()
    };
    if rng.random_bool(0.18) {
        sheet.folds = sample_folds(rng);
    }
    if rng.random_bool(0.18) {
        sheet.curls.push(sample_curl(rng));
    } else if rng.random_bool(0.5) {
        // No sheet is quite flat.
        sheet.curls.push(Curl {
            amplitude_mm: uniform(rng, 0.1, 0.8),
            ..sample_curl(rng)
        });
    }
    if rng.random_bool(0.08) {
        sheet.crumples = sample_crumples(rng);
    }
    if rng.random_bool(0.04) {
        sheet.flap = Some(Flap {
            corner: rng.random_range(0..4),
            legs_mm: [uniform(rng, 10.0, 45.0), uniform(rng, 10.0, 45.0)],
        });
    }
    sheet
}

/// Folds in half, in thirds or askew. Between them the paper stays nearly plane, so that each facet
/// has one brightness.
pub fn sample_folds<R: Rng + ?Sized>(rng: &mut R) -> Vec<Fold> {
    let count = rng.random_range(1..=3);
    let are_askew = rng.random_bool(0.5);
    (0..count)
        .map(|_| {
            let normal_deg = if are_askew {
                uniform(rng, 0.0, 360.0)
            } else {
                90.0 * f32::from(rng.random_range(0..4_u8)) + normal(rng, 0.0, 3.0)
            };
            let slope = uniform(rng, 0.04, 0.2) * pick(rng, &[(1.0, 0.5), (-1.0, 0.5)]);
            let through_mm = if rng.random_bool(0.3) {
                [normal(rng, 148.0, 4.0), normal(rng, 105.0, 4.0)]
            } else {
                [uniform(rng, 50.0, 240.0), uniform(rng, 40.0, 170.0)]
            };
            Fold {
                through_mm,
                normal_deg,
                slope,
                reach_mm: log_uniform(rng, 50.0, 300.0).min(MAX_FOLD_RELIEF_MM / slope.abs()),
                one_sided: rng.random_bool(0.25),
                mirrored: rng.random_bool(0.7),
            }
        })
        .collect()
}

/// A sheet that stands higher than this is held by somebody, not lying on a desk.
const MAX_FOLD_RELIEF_MM: f32 = 16.0;

/// A wave that is long compared with its height.
pub fn sample_curl<R: Rng + ?Sized>(rng: &mut R) -> Curl {
    Curl {
        amplitude_mm: uniform(rng, 1.0, 6.0),
        wavelength_mm: uniform(rng, 150.0, 500.0),
        direction_deg: pick(rng, &[(0.0, 0.5), (90.0, 0.3), (45.0, 0.2)]) + normal(rng, 0.0, 12.0),
        phase_deg: uniform(rng, 0.0, 360.0),
    }
}

/// Three layers, each about half as coarse as the one before; the fine one only in places.
pub fn sample_crumples<R: Rng + ?Sized>(rng: &mut R) -> Vec<Crumple> {
    let vigour = uniform(rng, 0.5, 1.8);
    let direction_deg = uniform(rng, 0.0, 180.0);
    let mut layer = |low_mm: f32, high_mm: f32, slope: f32, covered: f32| {
        let facet_mm = uniform(rng, low_mm, high_mm);
        Crumple {
            facet_mm,
            height_mm: vigour * slope * facet_mm,
            stretch: uniform(rng, 1.0, 2.2),
            direction_deg: direction_deg + normal(rng, 0.0, 25.0),
            covered,
        }
    };
    vec![
        layer(50.0, 90.0, 0.028, 1.0),
        layer(22.0, 38.0, 0.055, 0.75),
        layer(7.0, 14.0, 0.045, 0.35),
    ]
}

/// What one page in three carries.
pub fn sample_marks<R: Rng + ?Sized>(rng: &mut R) -> Marks {
    let mut marks = Marks::default();
    if rng.random_bool(0.25) {
        match rng.random_range(0..6) {
            0 | 1 => marks.pen_strokes = rng.random_range(1..=5),
            2 | 3 => marks.words = rng.random_range(1..=5),
            4 => marks.stamps = rng.random_range(1..=2),
            _ => marks.redactions = rng.random_range(1..=3),
        }
    }
    if rng.random_bool(0.15) {
        marks.stains = rng.random_range(1..=3);
    }
    marks
}
