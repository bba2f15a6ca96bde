//! A page as lines and areas in millimetres, before they meet pixels.

use inkbeat::lead::Lead;
use inkbeat::recording::Recording;

use super::coverage::{Polyline, Shape};
use super::font;
use super::layout::{LeadBox, PrintedLead, lead_boxes, tracing_left_mm};
use super::style::{PageStyle, Pulse, Separator};
use super::trace::Curve;
use super::truth::{LabelBox, PulseBox, TextBox};

/// The lines of a page.
pub struct Drawing {
    /// Where every lead stands.
    pub boxes: Vec<LeadBox>,
    /// Traces with the index of their box; several to a box where dots are missing.
    pub traces: Vec<(usize, Polyline)>,
    /// Calibration pulses.
    pub pulses: Vec<(PulseBox, Polyline)>,
    /// Strokes between the columns.
    pub separators: Vec<Polyline>,
    /// Names, captions and rules.
    pub texts: Vec<Shape>,
    /// Where the names stand.
    pub labels: Vec<LabelBox>,
    /// Where the captions stand.
    pub captions: Vec<TextBox>,
}

impl Drawing {
    /// Lays `recording` out as `style` says; `step_mm` is the finest detail worth drawing. A box
    /// ends where its lead's recording ends.
    pub fn new(recording: &Recording, style: &PageStyle, step_mm: f32) -> Self {
        let curves: Vec<Option<Curve>> = Lead::ALL
            .into_iter()
            .map(|lead| recording.lead(lead))
            .map(|signal| {
                let rate = recording.sample_rate_hz;
                signal.map(|signal| Curve::new(&signal.samples_mv, rate, style.filter))
            })
            .collect();
        let mut drawing = Self {
            boxes: Vec::new(),
            traces: Vec::new(),
            pulses: pulses(style),
            separators: separators(style, &lead_boxes(style)),
            texts: Vec::new(),
            labels: Vec::new(),
            captions: Vec::new(),
        };
        for target in lead_boxes(style) {
            let Some(curve) = &curves[target.lead.index()] else {
                continue;
            };
            let Some(target) = target.within(curve.recorded_s()) else {
                continue;
            };
            let index = drawing.boxes.len();
            let line = curve.polyline(&target, step_mm);
            let parts = with_dropouts(line, &target, style.dropout);
            drawing
                .traces
                .extend(parts.into_iter().map(|part| (index, part)));
            drawing.name(&target, index, style);
            drawing.boxes.push(target);
        }
        drawing.write_captions(style);
        drawing
    }

    /// Centre of the box around the traces and pulses, leaving out the outermost hundredth of their
    /// length on each side.
    pub fn ink_centre_mm(&self) -> [f32; 2] {
        let traces = self.traces.iter().map(|(_, line)| line);
        let lines: Vec<&Polyline> = traces
            .chain(self.pulses.iter().map(|(_, line)| line))
            .collect();
        let mut ink = [[0.0_f32; CENTRE_BINS]; 2];
        for line in &lines {
            for pair in line.windows(2) {
                let [a, b] = [pair[0], pair[1]];
                let length = ((b[0] - a[0]).powi(2) + (b[1] - a[1]).powi(2)).sqrt();
                for axis in 0..2 {
                    let place_mm = 0.5 * (a[axis] + b[axis]) + CENTRE_MARGIN_MM;
                    let bin = (place_mm * CENTRE_BINS_PER_MM) as usize;
                    ink[axis][bin.min(CENTRE_BINS - 1)] += length;
                }
            }
        }
        ink.map(|ink| {
            let total: f32 = ink.iter().sum();
            let quantile = |share: f32| {
                let mut left = share * total;
                let bin = ink.iter().position(|length| {
                    left -= length;
                    left <= 0.0
                });
                (bin.unwrap_or(0) as f32 + 0.5) / CENTRE_BINS_PER_MM - CENTRE_MARGIN_MM
            };
            if total > 0.0 {
                0.5 * (quantile(0.01) + quantile(0.99))
            } else {
                0.0
            }
        })
    }

    fn name(&mut self, target: &LeadBox, of: usize, style: &PageStyle) {
        let Some([right_mm, up_mm]) = style.label_offset_mm else {
            return;
        };
        const TICK_GAP_MM: f32 = 1.3;
        let printed = PrintedLead {
            lead: target.lead,
            inverted: target.inverted,
        };
        let text = printed.name();
        let face = &style.typeface;
        let [mut x, y] = [target.x_mm + right_mm, target.baseline_y_mm - up_mm];
        if style.label_tick {
            // Taller than the letters, or it would read as an I.
            let [foot, head] = [0.4, -1.5].map(|part| y + part * face.cap_height_mm);
            let tick = vec![[x, foot], [x, head]];
            self.texts.push(Shape::Line(tick, LABEL_TICK_MM));
            x += TICK_GAP_MM;
        }
        let shapes = font::write(&text, [x, y], face);
        if let Some(area_mm) = font::bounds(&shapes) {
            self.labels.push(LabelBox {
                lead: target.lead,
                text,
                of,
                area_mm,
            });
        }
        self.texts.extend(shapes);
    }

    fn write_captions(&mut self, style: &PageStyle) {
        for caption in &style.captions {
            let face = style.typeface.sized(caption.cap_height_mm);
            let shapes = font::write(&caption.text, caption.origin_mm, &face);
            if let Some(area_mm) = font::bounds(&shapes) {
                self.captions.push(TextBox {
                    text: caption.text.clone(),
                    area_mm,
                });
            }
            self.texts.extend(shapes);
        }
        let rules = style.rules.iter();
        self.texts
            .extend(rules.map(|rule| Shape::Line(vec![rule.from_mm, rule.to_mm], rule.width_mm)));
    }
}

const LABEL_TICK_MM: f32 = 0.3;
/// The histogram of ink along one side of the page: finer than its centre needs to be known, and a
/// margin for traces that leave the page.
const CENTRE_BINS_PER_MM: f32 = 8.0;
const CENTRE_BINS: usize = 4000;
const CENTRE_MARGIN_MM: f32 = 100.0;

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

/// One pulse per row that has one. A row with both gains shows both, as two steps.
fn pulses(style: &PageStyle) -> Vec<(PulseBox, Polyline)> {
    let left_mm = match style.pulse {
        Pulse::None => return Vec::new(),
        Pulse::Left => style.left_mm,
        Pulse::Right => tracing_left_mm(style) + style.tracing_width_mm + style.pulse_gap_mm,
    };
    let rise = left_mm + style.pulse_lead_mm[0];
    let fall = rise + style.pulse_width_mm;
    let right_mm = fall + style.pulse_lead_mm[1];
    let boxes = lead_boxes(style);
    let rows = (0..style.layout.rows()).filter(|row| style.has_pulse(*row));
    rows.map(|row| {
        let low = style.row_baseline_mm(row);
        let mut heights_mm: Vec<f32> = Vec::new();
        for target in boxes.iter().filter(|target| target.row == row) {
            if !heights_mm.contains(&target.gain_mm_mv) {
                heights_mm.push(target.gain_mm_mv);
            }
        }
        let mut line = vec![[left_mm, low], [rise, low]];
        let step_mm = (fall - rise) / heights_mm.len().max(1) as f32;
        for (k, height) in heights_mm.iter().enumerate() {
            let x = rise + k as f32 * step_mm;
            line.extend([[x, low - height], [x + step_mm, low - height]]);
        }
        line.extend([[fall, low], [right_mm, low]]);
        let tallest = heights_mm.iter().copied().fold(0.0, f32::max);
        let pulse = PulseBox {
            row,
            area_mm: [rise, low - tallest, fall, low],
            heights_mm,
        };
        (pulse, line)
    })
    .collect()
}

fn separators(style: &PageStyle, boxes: &[LeadBox]) -> Vec<Polyline> {
    /// Bare trace between the two strokes of a split tick, above and below the baseline.
    const SPLIT_MM: f32 = 1.5;
    let inner = boxes.iter().filter(|target| target.column > 0);
    let length_mm = style.separator_length_mm;
    let vertical = |x: f32, top: f32, bottom: f32| vec![[x, top], [x, bottom]];
    match style.separator {
        Separator::None | Separator::Gap => Vec::new(),
        Separator::Tick => inner
            .map(|b| {
                let (middle, half) = (b.baseline_y_mm, 0.5 * length_mm);
                vertical(b.x_mm, middle - half, middle + half)
            })
            .collect(),
        Separator::SplitTick => inner
            .flat_map(|b| {
                [-1.0, 1.0].map(|side| {
                    let near = b.baseline_y_mm + side * SPLIT_MM;
                    vertical(b.x_mm, near, near + side * 0.5 * length_mm)
                })
            })
            .collect(),
        Separator::FullLine => {
            let last_row = style.layout.lead_rows().saturating_sub(1);
            let top_mm = style.row_baseline_mm(0) - length_mm;
            let bottom_mm = style.row_baseline_mm(last_row) + length_mm;
            inner
                .filter(|target| target.row == 0)
                .map(|target| vertical(target.x_mm, top_mm, bottom_mm))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::PageLayout;
    use super::super::test_signals::constant_leads;
    use super::*;

    fn flat(style: &PageStyle) -> Drawing {
        Drawing::new(&constant_leads(0.0), style, 0.5)
    }

    #[test]
    fn every_lead_is_drawn_and_named_once_and_the_rhythm_strip_on_top() {
        let drawing = flat(&PageStyle::standard());
        let counts = [
            drawing.traces.len(),
            drawing.boxes.len(),
            drawing.labels.len(),
        ];
        assert_eq!(counts, [13; 3]);
        assert_eq!(drawing.pulses.len(), 4);
        for label in &drawing.labels {
            assert_eq!(drawing.boxes[label.of].lead, label.lead);
        }
    }

    #[test]
    fn unrecorded_leads_have_neither_box_nor_name() {
        let mut recording = constant_leads(0.0);
        recording.leads.remove(3);
        let drawing = Drawing::new(&recording, &PageStyle::standard(), 0.5);
        assert_eq!((drawing.boxes.len(), drawing.labels.len()), (12, 12));
        assert!(drawing.boxes.iter().all(|b| b.lead != Lead::AVR));
    }

    #[test]
    fn the_ink_centre_of_flat_leads_is_the_middle_of_the_tracing() {
        let style = PageStyle {
            pulse: Pulse::None,
            ..PageStyle::standard()
        };
        let [x, y] = flat(&style).ink_centre_mm();
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
    fn rows_with_two_gains_have_pulses_of_two_steps_and_chest_rows_low_ones() {
        let style = PageStyle {
            chest_gain_mm_mv: Some(5.0),
            ..PageStyle::standard()
        };
        let pulses = flat(&style).pulses;
        assert_eq!(pulses[0].0.heights_mm, [10.0, 5.0]);
        assert_eq!(
            pulses[3].0.heights_mm,
            [10.0],
            "II alone is on the rhythm strip"
        );
        let chest = PageStyle {
            layout: PageLayout::of(1, &Lead::ALL[6..], &[]),
            ..style
        };
        assert!(
            flat(&chest)
                .pulses
                .iter()
                .all(|(p, _)| p.heights_mm == [5.0])
        );
    }

    #[test]
    fn dropouts_take_about_their_share() {
        let style = PageStyle {
            dropout: 0.05,
            ..PageStyle::standard()
        };
        let length = |style: &PageStyle| -> f32 {
            let extent = |line: &Polyline| line.last().unwrap()[0] - line[0][0];
            flat(style)
                .traces
                .iter()
                .map(|(_, line)| extent(line))
                .sum()
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
