//! A page as layers: paper, grid, text, trace. Drawn through any [`Projection`].

use inkbeat::lead::Lead;
use inkbeat::recording::Recording;

use super::font::{self, Typeface};
use super::grid::Grid;
use super::layout::{LeadBox, TRACING_WIDTH_MM, lead_boxes, tracing_left_mm};
use super::projection::Projection;
use super::stroke::CoverageMap;
use super::style::{LabelPlacement, PageStyle, Pulse, Separator};
use super::trace::Curve;

/// A polyline in page millimetres.
pub type Polyline = Vec<[f32; 2]>;

/// The lines of a page before they meet pixels.
pub struct Drawing {
    /// Where every lead stands.
    pub boxes: Vec<LeadBox>,
    /// Traces and calibration pulses.
    pub traces: Vec<Polyline>,
    separators: Vec<Polyline>,
    /// Each with the width of its pen in millimetres.
    texts: Vec<(Polyline, f32)>,
}

impl Drawing {
    /// Lays `recording` out as `style` says; `step_mm` is the finest detail worth drawing.
    pub fn new(recording: &Recording, style: &PageStyle, step_mm: f32) -> Self {
        let boxes = lead_boxes(style);
        let curves: Vec<Option<Curve>> = Lead::ALL
            .into_iter()
            .map(|lead| recording.lead(lead))
            .map(|signal| {
                let rate = recording.sample_rate_hz;
                signal.map(|signal| Curve::new(&signal.samples_mv, rate, style.filter))
            })
            .collect();
        let mut traces = Vec::new();
        let mut texts = Vec::new();
        for target in &boxes {
            if let Some(curve) = &curves[target.lead.index()] {
                let line = curve.polyline(target, style.gain_mm_mv, step_mm);
                traces.extend(with_dropouts(line, target, style.dropout));
            }
            texts.extend(label(target, style));
        }
        traces.extend(pulses(style));
        for caption in &style.captions {
            let face = Typeface {
                cap_height_mm: caption.cap_height_mm,
                pen_mm: style.typeface.pen_mm.min(0.15 * caption.cap_height_mm),
                ..style.typeface
            };
            let strokes = font::write(&caption.text, caption.origin_mm, &face);
            texts.extend(strokes.into_iter().map(|stroke| (stroke, face.pen_mm)));
        }
        Self {
            separators: separators(style, &boxes),
            boxes,
            traces,
            texts,
        }
    }

    /// Adds strokes of a pen to the texts, e.g. handwriting.
    pub fn scribble(&mut self, strokes: impl IntoIterator<Item = Polyline>, pen_mm: f32) {
        self.texts
            .extend(strokes.into_iter().map(|stroke| (stroke, pen_mm)));
    }

    /// Centre of the box around the trace ink, leaving out the outermost hundredth on each side.
    pub fn ink_centre_mm(&self) -> [f32; 2] {
        [0, 1].map(|axis| {
            let mut ink: Vec<(f32, f32)> = Vec::new();
            for line in &self.traces {
                ink.extend(line.windows(2).map(|pair| {
                    let length = (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
                    (0.5 * (pair[0][axis] + pair[1][axis]), length)
                }));
            }
            ink.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let total: f32 = ink.iter().map(|(_, length)| length).sum();
            let quantile = |share: f32| {
                let mut left = share * total;
                ink.iter().find(|(_, length)| {
                    left -= length;
                    left <= 0.0
                })
            };
            match (quantile(0.01), quantile(0.99)) {
                (Some((low, _)), Some((high, _))) => 0.5 * (low + high),
                _ => 0.0,
            }
        })
    }
}

/// A [`Drawing`] as pixels, one row at a time.
pub struct Scene<'a> {
    style: &'a PageStyle,
    projection: &'a Projection,
    trace: CoverageMap,
    text: CoverageMap,
    grid: Grid,
    points: Vec<[f32; 2]>,
}

impl<'a> Scene<'a> {
    /// Rasterises the lines of `drawing`.
    pub fn new(
        drawing: &Drawing,
        style: &'a PageStyle,
        projection: &'a Projection,
        pixels_per_mm: f32,
        (width, height): (usize, usize),
    ) -> Self {
        let mut trace = CoverageMap::new(width, height);
        let mut text = CoverageMap::new(width, height);
        let mut pixels = Vec::new();
        let mut draw = |map: &mut CoverageMap, line: &Polyline, width_mm: f32| {
            pixels.clear();
            pixels.extend(line.iter().map(|point| projection.to_pixels(*point)));
            map.stroke(&pixels, width_mm * pixels_per_mm, 1.0);
        };
        for line in &drawing.traces {
            draw(&mut trace, line, style.trace_width_mm);
        }
        for line in &drawing.separators {
            draw(&mut trace, line, style.separator_width_mm);
        }
        for (line, pen_mm) in &drawing.texts {
            draw(&mut text, line, *pen_mm);
        }
        let grid = Grid::new(&style.grid, pixels_per_mm);
        Self {
            style,
            projection,
            trace,
            text,
            grid,
            points: vec![[0.0; 2]; width],
        }
    }

    /// The colours (RGB, 0–1) of pixel row `y`.
    pub fn colour_row(&mut self, y: usize, colours: &mut [[f32; 3]]) {
        self.projection.page_row(y, &mut self.points);
        let [page_width, page_height] = self.style.page_mm;
        let (traces, texts) = (self.trace.row(y), self.text.row(y));
        for (x, colour) in colours.iter_mut().enumerate().take(self.points.len()) {
            let [px, py] = self.points[x];
            if px < 0.0 || py < 0.0 || px > page_width || py > page_height {
                *colour = self.style.desk_colour;
                continue;
            }
            *colour = self.style.paper_colour;
            blend(colour, self.grid.colour(), self.grid.opacity([px, py]));
            blend(colour, self.style.text_colour, texts[x]);
            blend(colour, self.style.trace_colour, traces[x]);
        }
    }
}

fn blend(colour: &mut [f32; 3], ink: [f32; 3], opacity: f32) {
    for (channel, ink) in colour.iter_mut().zip(ink) {
        *channel += opacity * (ink - *channel);
    }
}

/// Cuts a trace where the printer missed dots. Which places are hit depends on the box alone.
fn with_dropouts(line: Polyline, target: &LeadBox, share: f32) -> Vec<Polyline> {
    if share <= 0.0 {
        return vec![line];
    }
    const DROPOUT_MM: f32 = 0.8;
    let salt = (target.row * 16 + target.column) as u32;
    let missed = |point: &[f32; 2]| {
        let place = ((point[0] - target.x_mm) / DROPOUT_MM) as u32;
        let hash = (place ^ (salt << 16))
            .wrapping_mul(0x9E37_79B1)
            .rotate_left(13);
        let draw = hash.wrapping_mul(0x85EB_CA6B) >> 8;
        (draw as f32) < share * (1 << 24) as f32
    };
    line.split(missed)
        .filter(|part| part.len() > 1)
        .map(<[_]>::to_vec)
        .collect()
}

fn label(target: &LeadBox, style: &PageStyle) -> Vec<(Polyline, f32)> {
    let cap_mm = style.typeface.cap_height_mm;
    let lift_mm = match style.labels {
        LabelPlacement::None => return Vec::new(),
        LabelPlacement::AboveStart => 0.14 * style.row_pitch_mm + 0.5 * cap_mm,
        LabelPlacement::Below => -0.12 * style.row_pitch_mm - 1.2 * cap_mm,
        LabelPlacement::Inline => -0.1 * cap_mm,
    };
    let origin_mm = [target.x_mm + 1.0, target.baseline_y_mm - lift_mm];
    font::write(target.lead.name(), origin_mm, &style.typeface)
        .into_iter()
        .map(|stroke| (stroke, style.typeface.pen_mm))
        .collect()
}

fn pulses(style: &PageStyle) -> Vec<Polyline> {
    let left_mm = match style.pulse {
        Pulse::None => return Vec::new(),
        Pulse::Left => style.left_mm,
        Pulse::Right => tracing_left_mm(style) + TRACING_WIDTH_MM,
    };
    let lead_mm = 0.5 * (style.pulse_cell_mm() - style.pulse_width_mm);
    let right_mm = left_mm + style.pulse_cell_mm();
    let pulse = |row: usize| {
        let low = style.top_mm + row as f32 * style.row_pitch_mm;
        let high = low - style.gain_mm_mv;
        let (rise, fall) = (left_mm + lead_mm, right_mm - lead_mm);
        vec![
            [left_mm, low],
            [rise, low],
            [rise, high],
            [fall, high],
            [fall, low],
            [right_mm, low],
        ]
    };
    (0..style.layout.rows()).map(pulse).collect()
}

fn separators(style: &PageStyle, boxes: &[LeadBox]) -> Vec<Polyline> {
    const TICK_MM: f32 = 5.0;
    const OVERHANG_MM: f32 = 6.0;
    let (last_row, first_mm) = (style.layout.lead_rows() - 1, style.top_mm);
    let inner = boxes.iter().filter(|target| target.column > 0);
    let vertical = |x: f32, top: f32, bottom: f32| vec![[x, top], [x, bottom]];
    match style.separator {
        Separator::None | Separator::Gap => Vec::new(),
        Separator::Tick => inner
            .map(|b| {
                vertical(
                    b.x_mm,
                    b.baseline_y_mm - 0.5 * TICK_MM,
                    b.baseline_y_mm + 0.5 * TICK_MM,
                )
            })
            .collect(),
        Separator::FullLine => {
            let bottom_mm = first_mm + last_row as f32 * style.row_pitch_mm + OVERHANG_MM;
            inner
                .filter(|target| target.row == 0)
                .map(|target| vertical(target.x_mm, first_mm - OVERHANG_MM, bottom_mm))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_signals::constant_leads;
    use super::*;

    #[test]
    fn every_lead_is_drawn_once_and_the_rhythm_strip_on_top() {
        let drawing = Drawing::new(&constant_leads(0.0), &PageStyle::standard(), 0.5);
        // Twelve leads, one rhythm strip, four pulses.
        assert_eq!(drawing.traces.len(), 17);
        assert_eq!(drawing.boxes.len(), 13);
    }

    #[test]
    fn the_ink_centre_of_flat_leads_is_the_middle_of_the_tracing() {
        let style = PageStyle {
            pulse: Pulse::None,
            ..PageStyle::standard()
        };
        let [x, y] = Drawing::new(&constant_leads(0.0), &style, 0.5).ink_centre_mm();
        assert!(
            (x - 135.0).abs() < 1.0,
            "10 mm margin and half of 250 mm, got {x}"
        );
        assert!(
            (y - 109.0).abs() < 0.1,
            "55 mm and half of three rows of 36 mm, got {y}"
        );
    }

    #[test]
    fn dropouts_take_about_their_share() {
        let style = PageStyle {
            dropout: 0.05,
            pulse: Pulse::None,
            ..PageStyle::standard()
        };
        let length = |style: &PageStyle| -> f32 {
            let drawing = Drawing::new(&constant_leads(0.0), style, 0.5);
            let extent = |line: &Polyline| line.last().unwrap()[0] - line[0][0];
            drawing.traces.iter().map(extent).sum()
        };
        let whole = length(&PageStyle {
            dropout: 0.0,
            ..style.clone()
        });
        let missing = 1.0 - length(&style) / whole;
        assert!(
            (0.02..0.13).contains(&missing),
            "{missing} of the trace is missing"
        );
    }
}
