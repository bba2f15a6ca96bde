//! Desks and light.

use rand::{Rng, RngExt};

use crate::camera::shot::{Desk, DeskMaterial, Glare, Light, Shadow, ShadowOutline};
use crate::render::chance::{log_uniform, normal, pick, uniform};

/// Any desk: wood most of all.
pub fn sample_desk<R: Rng + ?Sized>(rng: &mut R) -> Desk {
    use DeskMaterial::{Keyboard, Noise, Plain, Stripes, Tiles, Wood};
    let material = pick(
        rng,
        &[
            (Wood, 0.35),
            (Plain, 0.2),
            (Noise, 0.18),
            (Stripes, 0.12),
            (Tiles, 0.09),
            (Keyboard, 0.06),
        ],
    );
    let grey = uniform(rng, 0.1, 0.95);
    let any = [(); 3].map(|()| (grey * log_uniform(rng, 0.5, 1.5)).min(0.95));
    let colours: &[([f32; 3], f32)] = match material {
        Wood => &[
            ([0.62, 0.47, 0.34], 0.4),
            ([0.45, 0.30, 0.20], 0.25),
            ([0.17, 0.17, 0.18], 0.2),
            ([0.78, 0.68, 0.52], 0.15),
        ],
        Keyboard => &[([0.2; 3], 0.6), ([0.75; 3], 0.4)],
        _ => &[([grey; 3], 0.5), (any, 0.5)],
    };
    let (scale_low, scale_high) = match material {
        Keyboard => (17.0, 20.0),
        Tiles => (20.0, 200.0),
        Stripes => (1.5, 15.0),
        _ => (4.0, 30.0),
    };
    let second_sheet = rng.random_bool(0.12).then(|| {
        let shift = [normal(rng, 0.0, 60.0), normal(rng, 0.0, 60.0)];
        (shift, normal(rng, 0.0, 15.0))
    });
    Desk {
        material,
        colour: pick(rng, colours)
            .map(|channel| (channel + normal(rng, 0.0, 0.02)).clamp(0.02, 1.0)),
        contrast: uniform(rng, 0.06, 0.3),
        scale_mm: log_uniform(rng, scale_low, scale_high),
        direction_deg: uniform(rng, 0.0, 180.0),
        second_sheet,
        clutter: if rng.random_bool(0.2) {
            rng.random_range(1..=4)
        } else {
            0
        },
        contact_shadow_mm: uniform(rng, 1.0, 7.0),
    }
}

/// A lamp or a window from any side, sometimes with somebody in its way.
pub fn sample_light<R: Rng + ?Sized>(rng: &mut R) -> Light {
    let slope = if rng.random_bool(0.7) {
        [(); 4].map(|()| normal(rng, 0.0, 0.1).clamp(-0.25, 0.25))
    } else {
        [0.0; 4]
    };
    let shadows = if rng.random_bool(0.35) {
        (0..rng.random_range(1..=2))
            .map(|_| sample_shadow(rng))
            .collect()
    } else {
        Vec::new()
    };
    let glares = if rng.random_bool(0.12) {
        vec![Glare {
            centre_mm: [uniform(rng, 0.0, 297.0), uniform(rng, 0.0, 210.0)],
            radii_mm: [uniform(rng, 10.0, 60.0), uniform(rng, 10.0, 60.0)],
            strength: uniform(rng, 0.1, 0.5),
        }]
    } else {
        Vec::new()
    };
    Light {
        azimuth_deg: uniform(rng, 0.0, 360.0),
        elevation_deg: uniform(rng, 22.0, 65.0),
        ambient: uniform(rng, 0.3, 0.7),
        slope,
        vignette: uniform(rng, 0.0, 0.2),
        shadows,
        glares,
    }
}

/// The shadow of something that reaches in from outside: a hand, an arm, the phone, a head, a shelf.
fn sample_shadow<R: Rng + ?Sized>(rng: &mut R) -> Shadow {
    let from_deg = uniform(rng, 0.0, 360.0);
    let (sin, cos) = from_deg.to_radians().sin_cos();
    // Distances from the page's centre, 148 mm by 105 mm being its border.
    let around = |away: f32| [148.0 * (1.0 + away * cos), 105.0 * (1.0 + away * sin)];
    let turn_deg = from_deg + normal(rng, 0.0, 20.0);
    // The centre of a shape whose tip is so far in and whose other end is far out.
    let reaching_in = |tip: [f32; 2], half_mm: f32| {
        let (sin, cos) = turn_deg.to_radians().sin_cos();
        [tip[0] + half_mm * cos, tip[1] + half_mm * sin]
    };
    let tip = around(uniform(rng, -0.4, 0.8));
    let half_mm = [uniform(rng, 120.0, 220.0), uniform(rng, 30.0, 90.0)];
    let outline = match pick(rng, &[(0, 0.4), (1, 0.3), (2, 0.3)]) {
        0 => ShadowOutline::HalfPlane {
            at_mm: tip,
            towards_deg: turn_deg,
        },
        1 => ShadowOutline::Ellipse {
            centre_mm: reaching_in(tip, half_mm[0]),
            radii_mm: half_mm,
            turn_deg,
        },
        _ => ShadowOutline::Box {
            centre_mm: reaching_in(tip, half_mm[0]),
            half_mm,
            turn_deg,
        },
    };
    Shadow {
        outline,
        // Of the displayed brightness .45–.9 is left, which is less of the light itself.
        gain: uniform(rng, 0.45, 0.9).powi(2),
        // A few come from a lamp or the sun; rooms are lit by windows and have softer rims.
        edge_mm: log_uniform(rng, 5.0, 12.0) * pick(rng, &[(1.0, 0.3), (3.3, 0.7)]),
    }
}
