//! Printed ECGs drawn from recordings: whole pages with their truth, and canvases as the photo
//! pipeline hands them to the model.
//!
//! Everything is laid out in millimetres on the page and drawn straight onto the target's pixels,
//! geometric errors included, so nothing is ever resampled.

mod blur;
mod caption;
pub(crate) mod chance;
mod classes;
mod cosine;
pub(crate) mod coverage;
mod dirt;
mod drawing;
mod filter;
pub(crate) mod font;
mod grid;
mod jpeg;
mod layout;
mod light;
mod marks;
mod outline_font;
mod palette;
mod pen;
mod photometry;
mod planes;
mod presets;
mod projection;
mod quantisation;
mod residual;
mod sampling;
mod scene;
mod stroke_font;
mod style;
mod thinning;
mod trace;
mod truth;

use std::cell::RefCell;

use image::RgbImage;
use inkbeat::photo::layout::ONE_LEAD;
use inkbeat::photo::{CANVAS_HEIGHT_PX, CANVAS_PIXELS_PER_MM, CANVAS_WIDTH_PX};
use inkbeat::recording::Recording;
use rand::Rng;

pub use caption::{Caption, Rule};
pub use classes::{GRID, PAPER, PULSE, SEPARATOR, TEXT, TRACE, draw_classes};
pub use dirt::{Stains, Stripes};
pub use filter::SignalFilter;
pub use font::{Family, Typeface};
pub use grid::{Frame, GridStyle, Lines};
pub use jpeg::Jpeg;
pub(crate) use jpeg::through_jpeg;
pub use layout::{LeadBox, PageLayout, PrintedLead, lead_boxes};
pub use light::Light;
pub use residual::Residual;
pub use style::{PageStyle, Pulse, PulseRows, Separator};
pub(crate) use trace::Curve;
pub use truth::{LabelBox, PageTruth, PulseBox, TextBox};

use blur::{CHANNELS, expose};
use drawing::Drawing;
use photometry::{Development, add_noise, threshold};
use planes::Planes;
use projection::{Mesh, Projection};
use scene::Scene;

/// A drawn page.
pub struct Page {
    /// The picture.
    pub image: RgbImage,
    /// What is where on it.
    pub truth: PageTruth,
}

/// Draws `recording` (any of the twelve leads, any sample rate and length) on a clean page of
/// `pixels_per_mm`, which is kept within 1–40. Leads that were not recorded stay empty.
pub fn render_page(recording: &Recording, style: &PageStyle, pixels_per_mm: f32) -> Page {
    let (pixels_per_mm, (width, height)) = page_pixels(style, pixels_per_mm);
    let drawing = Drawing::new(recording, style, STEP_PX / pixels_per_mm);
    let projection = Projection::flat(pixels_per_mm);
    let (size, unmarked) = ((width, height), (&[][..], [0.0; 2]));
    let mut scene = Scene::new(&drawing, style, &projection, pixels_per_mm, size, unmarked);
    let mut planes = Planes::new((width, height));
    let mut colours = vec![0.0; CHANNELS * width];
    for y in 0..height {
        scene.colour_row(y, &mut colours);
        let channels = planes.rows_mut(y).into_iter();
        for (bytes, values) in channels.zip(colours.chunks_exact(width)) {
            for (byte, value) in bytes.iter_mut().zip(values) {
                *byte = (255.0 * value + 0.5) as u8;
            }
        }
    }
    let image = planes.into();
    let [width_mm, height_mm] = style.page_mm;
    let truth = PageTruth {
        pixels_per_mm,
        width_mm,
        height_mm,
        layout: if style.continued {
            ONE_LEAD.to_owned()
        } else {
            style.layout.name()
        },
        speed_mm_s: style.speed_mm_s,
        gain_mm_mv: style.gain_mm_mv,
        chest_gain_mm_mv: style.chest_gain_mm_mv,
        filter: style.filter,
        same_window: style.same_window,
        leads: drawing.boxes,
        pulses: drawing.pulses.into_iter().map(|(pulse, _)| pulse).collect(),
        labels: drawing.labels,
        texts: drawing.captions,
    };
    Page { image, truth }
}

/// Draws the part of a page that the photo pipeline would put on its canvas (centred on the
/// traces), with the errors of `residual`. `rng` decides where mesh and noise fall; equal arguments
/// give equal pictures.
pub fn render_canvas<R: Rng + ?Sized>(
    recording: &Recording,
    style: &PageStyle,
    residual: &Residual,
    rng: &mut R,
) -> RgbImage {
    let size = (CANVAS_WIDTH_PX, CANVAS_HEIGHT_PX);
    let scale = CANVAS_PIXELS_PER_MM;
    let drawing = Drawing::new(recording, style, STEP_PX / scale);
    let [x, y] = drawing.ink_centre_mm();
    let centre_mm = [x - residual.shift_mm[0], y - residual.shift_mm[1]];
    let centre_px = [0.5 * size.0 as f32, 0.5 * size.1 as f32];
    let mut projection = Projection::around(
        centre_mm,
        centre_px,
        scale,
        residual.rotation_deg,
        residual.scale,
    );
    if residual.mesh_mm > 0.0 {
        let spacing_px = MESH_SPACING_MM * scale;
        projection = projection.with_mesh(Mesh::random(rng, size, spacing_px, residual.mesh_mm));
    }

    let marks = (&residual.marks[..], centre_mm);
    let mut scene = Scene::new(&drawing, style, &projection, scale, size, marks);
    let mut light = (!residual.light.is_even()).then(|| residual.light.over(size));
    let mut stains = residual
        .stains
        .as_ref()
        .map(|stains| (stains.colour, stains.over(size, scale)));
    let mut shares = [vec![0.0; size.0], vec![0.0; size.0]];
    let development = Development::new(residual);
    let noise = |rng: &mut R, row: &mut [f32]| {
        if residual.noise > 0.0 {
            add_noise(rng, row, residual.noise, residual.noise_with_light);
        }
    };
    // Both closures below draw from it, never at the same time.
    let rng = RefCell::new(rng);
    let mut picture = Planes::new(size);
    let light_on_row = |y: usize, row: &mut [f32]| {
        scene.colour_row(y, row);
        if let Some((tint, fill)) = &mut stains {
            fill(y, &mut shares[0]);
            for (channel, tint) in row.chunks_exact_mut(size.0).zip(*tint) {
                // Dirt takes light away from ink and paper alike.
                for (value, opacity) in channel.iter_mut().zip(&shares[0]) {
                    *value *= 1.0 - opacity * (1.0 - tint);
                }
            }
        }
        if let Some(fill) = &mut light {
            let [gains, glares] = &mut shares;
            fill(y, [gains, glares]);
            for channel in row.chunks_exact_mut(size.0) {
                for (value, (gain, glare)) in channel.iter_mut().zip(gains.iter().zip(&*glares)) {
                    *value = *value * gain + glare;
                }
            }
        }
        if let Some(stripes) = &residual.stripes {
            stripes.shade(y, scale, row);
        }
        if residual.noise_is_blurred {
            noise(&mut rng.borrow_mut(), row);
        }
    };
    let bytes_of_row = |y: usize, row: &mut [f32]| {
        if !residual.noise_is_blurred {
            noise(&mut rng.borrow_mut(), row);
        }
        development.develop(row, picture.rows_mut(y));
    };
    let blur_px = residual.blur_mm.map(|spread| spread * scale);
    expose(size, blur_px, light_on_row, bytes_of_row);
    if residual.thresholded {
        threshold(&mut picture);
    }
    for jpeg in &residual.jpegs {
        jpeg.apply(&mut picture);
    }
    picture.into()
}

/// Steep parts of a trace are followed in steps of this many pixels.
const STEP_PX: f32 = 2.0;
const MESH_SPACING_MM: f32 = 10.0;

/// A page's resolution within reason, and its size in pixels.
fn page_pixels(style: &PageStyle, pixels_per_mm: f32) -> (f32, (usize, usize)) {
    let pixels_per_mm = pixels_per_mm.clamp(1.0, 40.0);
    let [width, height] = style
        .page_mm
        .map(|side| (side * pixels_per_mm).round().clamp(1.0, 20_000.0) as usize);
    (pixels_per_mm, (width, height))
}

#[cfg(test)]
pub(crate) mod test_signals {
    use inkbeat::lead::Lead;
    use inkbeat::recording::{LeadSignal, Recording};

    /// Ten seconds at 100 Hz, all leads equal to `value(seconds)`.
    pub fn equal_leads(value: impl Fn(f64) -> f32) -> Recording {
        let samples_mv: Vec<f32> = (0..1000).map(|k| value(k as f64 / 100.0)).collect();
        let leads = Lead::ALL
            .into_iter()
            .map(|lead| LeadSignal {
                lead: Some(lead),
                samples_mv: samples_mv.clone(),
            })
            .collect();
        Recording {
            sample_rate_hz: 100.0,
            leads,
        }
    }

    pub fn constant_leads(value: f32) -> Recording {
        equal_leads(|_| value)
    }
}

#[cfg(test)]
mod tests {
    use super::test_signals::{constant_leads, equal_leads};
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn is_ink(image: &RgbImage, x: u32, y: u32) -> bool {
        image.get_pixel(x, y).0.iter().all(|channel| *channel < 120)
    }

    #[test]
    fn a_page_has_its_size_and_its_baselines_where_the_truth_says() {
        let page = render_page(&constant_leads(0.0), &PageStyle::standard(), 4.0);
        assert_eq!(page.image.dimensions(), (1188, 840));
        for lead in &page.truth.leads {
            let x = (4.0 * (lead.x_mm + 0.7 * lead.width_mm)) as u32;
            let y = (4.0 * lead.baseline_y_mm) as u32;
            let hit = (y - 1..=y + 1).any(|y| is_ink(&page.image, x, y));
            assert!(hit, "no trace at {x}, {y} for {}", lead.lead.name());
        }
    }

    #[test]
    fn a_spike_is_as_tall_as_its_voltage() {
        let spike = |t: f64| {
            if (t * 10.0) as u32 % 10 == 5 {
                2.0
            } else {
                0.0
            }
        };
        let page = render_page(&equal_leads(spike), &PageStyle::standard(), 4.0);
        let rhythm = page.truth.leads.last().unwrap();
        let x = (4.0 * (rhythm.x_mm + 0.55 * 25.0)) as u32;
        let top = (0..page.image.height())
            .rev()
            .filter(|y| is_ink(&page.image, x, *y))
            .min();
        // Rows above reach down to their own baselines, so look from the strip's own baseline up.
        let baseline = 4.0 * rhythm.baseline_y_mm;
        let near = (baseline - 90.0) as u32..baseline as u32;
        let top_of_strip = near.clone().find(|y| is_ink(&page.image, x, *y));
        assert!(top.is_some());
        let height = baseline - top_of_strip.unwrap() as f32;
        assert!(
            (height - 80.0).abs() < 4.0,
            "2 mV are 20 mm = 80 px, got {height}"
        );
    }

    #[test]
    fn a_clean_canvas_is_centred_on_the_traces() {
        let style = PageStyle::standard();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let canvas = render_canvas(&constant_leads(0.0), &style, &Residual::none(), &mut rng);
        assert_eq!(canvas.dimensions(), (768, 512));
        let rows: Vec<u32> = (0..512).filter(|y| is_ink(&canvas, 600, *y)).collect();
        let middle = 0.5 * (rows[0] + rows[rows.len() - 1]) as f32;
        assert!((middle - 255.5).abs() < 8.0, "traces around row {middle}");
    }

    #[test]
    fn equal_seeds_give_equal_canvases_and_every_sample_is_drawn() {
        let beat = |t: f64| (20.0 * (t % 1.0 - 0.5)).powi(2).mul_add(-4.0, 1.0).max(0.0) as f32;
        let recording = equal_leads(beat);
        let draw = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let (style, residual) = (PageStyle::sample(&mut rng), Residual::sample(&mut rng));
            render_canvas(&recording, &style, &residual, &mut rng)
        };
        for seed in 0..6 {
            let canvas = draw(seed);
            assert_eq!(canvas, draw(seed));
            let darkest = canvas.pixels().map(|pixel| pixel.0[1]).min().unwrap_or(255);
            let lightest = canvas.pixels().map(|pixel| pixel.0[1]).max().unwrap_or(0);
            assert!(
                lightest > darkest.saturating_add(60),
                "seed {seed} shows nothing"
            );
        }
    }

    #[test]
    fn broken_recordings_do_not_stop_the_pen() {
        let mut recording = constant_leads(0.0);
        recording.leads[3].samples_mv = vec![f32::NAN; 1000];
        recording.leads[4].samples_mv.clear();
        recording.leads.truncate(7);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let style = PageStyle::standard();
        render_canvas(&recording, &style, &Residual::sample(&mut rng), &mut rng);
    }
}
