//! Printed ECGs drawn from recordings: whole pages with their truth, and canvases as the photo
//! pipeline hands them to the model.
//!
//! Everything is laid out in millimetres on the page and drawn straight onto the target's pixels,
//! geometric errors included, so nothing is ever resampled.

mod caption;
mod chance;
mod font;
mod grid;
mod layout;
mod light;
mod photometry;
mod projection;
mod residual;
mod sampling;
mod scene;
mod stroke;
mod style;
mod trace;

use image::RgbImage;
use inkbeat::photo::{CANVAS_HEIGHT_PX, CANVAS_PIXELS_PER_MM, CANVAS_WIDTH_PX};
use inkbeat::recording::Recording;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

pub use layout::{LeadBox, PageLayout};
pub use residual::Residual;
pub use style::PageStyle;

use chance::{normal, uniform};
use photometry::{Exposure, through_jpeg};
use projection::{Mesh, Projection};
use scene::{Drawing, Polyline, Scene};

/// A drawn page.
pub struct Page {
    /// The picture.
    pub image: RgbImage,
    /// What is where on it.
    pub truth: PageTruth,
}

/// Where everything is on a [`Page`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageTruth {
    /// Resolution of the picture.
    pub pixels_per_mm: f32,
    /// Width of the page.
    pub width_mm: f32,
    /// Height of the page.
    pub height_mm: f32,
    /// Arrangement of the leads.
    pub layout: PageLayout,
    /// Paper speed.
    pub speed_mm_s: f32,
    /// Height of 1 mV.
    pub gain_mm_mv: f32,
    /// Every stretch of trace.
    pub leads: Vec<LeadBox>,
}

/// Draws `recording` (12 leads, up to ten seconds) on a clean page of `pixels_per_mm`, which is
/// kept within 1–40. Leads that were not recorded stay empty.
pub fn render_page(recording: &Recording, style: &PageStyle, pixels_per_mm: f32) -> Page {
    let pixels_per_mm = pixels_per_mm.clamp(1.0, 40.0);
    let drawing = Drawing::new(recording, style, STEP_PX / pixels_per_mm);
    let projection = Projection::flat(pixels_per_mm);
    let [width, height] = style
        .page_mm
        .map(|side| (side * pixels_per_mm).round() as usize);
    let mut scene = Scene::new(&drawing, style, &projection, pixels_per_mm, (width, height));
    let mut image = RgbImage::new(width as u32, height as u32);
    let mut colours = vec![[0.0; 3]; width];
    for (y, row) in image.chunks_exact_mut(width * 3).enumerate() {
        scene.colour_row(y, &mut colours);
        for (byte, value) in row.iter_mut().zip(colours.as_flattened()) {
            *byte = (255.0 * value + 0.5) as u8;
        }
    }
    let [width_mm, height_mm] = style.page_mm;
    let truth = PageTruth {
        pixels_per_mm,
        width_mm,
        height_mm,
        layout: style.layout,
        speed_mm_s: style.speed_mm_s,
        gain_mm_mv: style.gain_mm_mv,
        leads: drawing.boxes,
    };
    Page { image, truth }
}

/// Draws the part of a page that the photo pipeline would put on its canvas (centred on the
/// traces), with the errors of `residual`. `rng` decides where mesh, noise and pen marks fall;
/// equal arguments give equal pictures.
pub fn render_canvas<R: Rng + ?Sized>(
    recording: &Recording,
    style: &PageStyle,
    residual: &Residual,
    rng: &mut R,
) -> RgbImage {
    let size = (CANVAS_WIDTH_PX, CANVAS_HEIGHT_PX);
    let scale = CANVAS_PIXELS_PER_MM;
    let mut drawing = Drawing::new(recording, style, STEP_PX / scale);
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
    let strokes: Vec<Polyline> = (0..residual.pen_strokes)
        .map(|_| pen_stroke(rng, centre_mm))
        .collect();
    drawing.scribble(strokes, uniform(rng, 0.3, 0.8));

    let mut scene = Scene::new(&drawing, style, &projection, scale, size);
    let mut light_row = vec![(1.0, 0.0); size.0];
    let mut light = (!residual.light.is_even()).then(|| residual.light.over(size));
    let mut picture = Exposure::from_rows(size, |y, row| {
        scene.colour_row(y, row);
        if let Some(fill) = &mut light {
            fill(y, &mut light_row);
            for (colour, (gain, glare)) in row.iter_mut().zip(&light_row) {
                *colour = colour.map(|channel| channel * gain + glare);
            }
        }
    });
    if residual.noise > 0.0 && residual.noise_is_blurred {
        picture.add_noise(rng, residual.noise);
    }
    picture.blur(residual.blur_mm.map(|spread| spread * scale));
    if residual.noise > 0.0 && !residual.noise_is_blurred {
        picture.add_noise(rng, residual.noise);
    }
    let picture = picture.develop(residual);
    match residual.jpeg_quality {
        Some(quality) => through_jpeg(picture, quality),
        None => picture,
    }
}

/// Steep parts of a trace are followed in steps of this many pixels.
const STEP_PX: f32 = 2.0;
const MESH_SPACING_MM: f32 = 10.0;

/// A line as a reader's pen leaves it: a wandering curve a few centimetres long.
fn pen_stroke<R: Rng + ?Sized>(rng: &mut R, centre_mm: [f32; 2]) -> Polyline {
    let mut point = [
        centre_mm[0] + uniform(rng, -110.0, 110.0),
        centre_mm[1] + uniform(rng, -75.0, 75.0),
    ];
    let mut heading = uniform(rng, 0.0, std::f32::consts::TAU);
    let bend = normal(rng, 0.0, 0.25);
    let mut line = vec![point];
    for _ in 0..rng.random_range(5..40) {
        heading += bend + normal(rng, 0.0, 0.2);
        point = [point[0] + heading.cos(), point[1] + heading.sin()];
        line.push(point);
    }
    line
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
        let style = PageStyle {
            captions: Vec::new(),
            ..PageStyle::standard()
        };
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
