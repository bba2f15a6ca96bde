//! Colours, letters and grids as they occur on printed pages.

use rand::{Rng, RngExt};

use super::chance::{normal, pick, uniform};
use super::font::{Family, Typeface};
use super::grid::{Frame, GridStyle, Lines};

/// Black or nearly so, sometimes dark blue.
pub fn sample_ink<R: Rng + ?Sized>(rng: &mut R) -> [f32; 3] {
    if rng.random_bool(0.08) {
        return [
            uniform(rng, 0.0, 0.15),
            uniform(rng, 0.0, 0.2),
            uniform(rng, 0.35, 0.6),
        ];
    }
    [uniform(rng, 0.0, 0.25); 3]
}

/// White, or the pink and yellow of thermal paper.
pub fn sample_paper<R: Rng + ?Sized>(rng: &mut R) -> [f32; 3] {
    let grey = uniform(rng, 0.9, 1.0);
    let tint = if rng.random_bool(0.25) {
        uniform(rng, 0.02, 0.12)
    } else {
        0.01
    };
    // Green and blue fall short.
    [grey, grey - tint * uniform(rng, 0.4, 1.0), grey - tint]
}

/// Tables are mostly grey or brown, never far from either.
pub fn sample_desk<R: Rng + ?Sized>(rng: &mut R) -> [f32; 3] {
    let (grey, brown) = (uniform(rng, 0.15, 0.75), uniform(rng, -0.05, 0.25));
    [1.0 + brown, 1.0, 1.0 - brown]
        .map(|tint| (grey * tint + normal(rng, 0.0, 0.03)).clamp(0.05, 0.95))
}

/// Letters with capitals of 2–4.5 mm.
pub fn sample_typeface<R: Rng + ?Sized>(rng: &mut R) -> Typeface {
    let cap_height_mm = uniform(rng, 2.0, 4.5);
    let family = pick(
        rng,
        &[
            (Family::Sans, 0.42),
            (Family::Serif, 0.25),
            (Family::Stroke, 0.33),
        ],
    );
    let pen_mm = match family {
        Family::Stroke => (cap_height_mm * uniform(rng, 0.08, 0.2)).max(0.2),
        _ if rng.random_bool(0.3) => cap_height_mm * uniform(rng, 0.03, 0.09),
        _ => 0.0,
    };
    Typeface {
        family,
        cap_height_mm,
        pen_mm,
        stretch: uniform(rng, 0.65, 1.1),
        slant: pick(rng, &[(0.0, 0.85), (0.2, 0.15)]),
        barred_i: rng.random_bool(0.35),
    }
}

/// A grid over nothing yet: whoever places the tracing sets area and phase.
pub fn sample_grid<R: Rng + ?Sized>(rng: &mut R) -> GridStyle {
    const RED: [f32; 3] = [0.92, 0.25, 0.25];
    const DARK_RED: [f32; 3] = [0.60, 0.12, 0.15];
    const PINK: [f32; 3] = [0.95, 0.50, 0.58];
    const ORANGE: [f32; 3] = [0.93, 0.52, 0.22];
    const GREY: [f32; 3] = [0.45, 0.45, 0.45];
    const GREEN: [f32; 3] = [0.30, 0.65, 0.40];
    const BLUE: [f32; 3] = [0.35, 0.50, 0.80];
    let base = pick(
        rng,
        &[
            (RED, 0.27),
            (DARK_RED, 0.15),
            (PINK, 0.20),
            (ORANGE, 0.13),
            (GREY, 0.15),
            (GREEN, 0.05),
            (BLUE, 0.05),
        ],
    );
    let colour = base.map(|channel| (channel + normal(rng, 0.0, 0.04)).clamp(0.0, 1.0));
    let lines = |opacity: f32, width_mm: f32| Lines {
        colour,
        opacity,
        width_mm,
        dotted: false,
    };
    let minor_opacity = uniform(rng, 0.08, 0.5);
    let major_opacity = (minor_opacity * uniform(rng, 1.3, 3.0)).min(0.95);
    let mut minor = lines(minor_opacity, uniform(rng, 0.1, 0.25));
    let mut major = lines(major_opacity, uniform(rng, 0.15, 0.4));
    // In this order: both lines, 5-mm lines only, dots, hardly anything.
    match pick(rng, &[(0_u8, 0.64), (1, 0.14), (2, 0.15), (3, 0.07)]) {
        1 => {
            minor.opacity = 0.0;
            major = lines(uniform(rng, 0.4, 0.95), uniform(rng, 0.12, 0.35));
        }
        2 => {
            minor = lines(uniform(rng, 0.4, 0.9), uniform(rng, 0.2, 0.4));
            minor.dotted = true;
            major.dotted = rng.random_bool(0.4);
            major.opacity = if major.dotted {
                (minor.opacity * uniform(rng, 1.0, 1.6)).min(1.0)
            } else {
                uniform(rng, 0.1, 0.5)
            };
        }
        3 => {
            minor.opacity = uniform(rng, 0.0, 0.05);
            major.opacity = uniform(rng, 0.0, 0.12);
        }
        _ => {}
    }
    GridStyle {
        phase_mm: [0.0; 2],
        area_mm: [0.0; 4],
        minor,
        major,
        ground: None,
        frame: None,
    }
}

/// The dressing of a grid that is printed as a field of its own: a frame, a tint.
pub fn dress_field<R: Rng + ?Sized>(rng: &mut R, grid: &mut GridStyle) {
    if rng.random_bool(0.5) {
        let colour = if rng.random_bool(0.6) {
            grid.major.colour
        } else {
            [uniform(rng, 0.1, 0.5); 3]
        };
        grid.frame = Some(Frame {
            colour,
            width_mm: uniform(rng, 0.15, 0.6),
        });
    }
    if rng.random_bool(0.3) {
        let tint = uniform(rng, 0.02, 0.1);
        let colour = grid.major.colour;
        grid.ground = Some(colour.map(|channel| 1.0 - tint * (1.2 - channel)));
    }
}
