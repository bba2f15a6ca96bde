//! Reads the names of leads: a two-layer network on a word's picture.
//!
//! The weights were trained on words in print typefaces and in a stroke font, worn as scans and
//! photos wear them, by `trainer/lead_names/train.py`.

use crate::lead::Lead;

/// The window that a word is scaled into.
pub(super) const WINDOW: (usize, usize) = (36, 12);
/// Names of [`Lead::ALL`], then −aVR, then anything else.
pub(super) const CLASSES: usize = 14;
/// Index of −aVR.
pub(super) const MINUS_AVR: usize = 12;
/// Index of "no name of a lead".
pub(super) const OTHER: usize = 13;

const PIXELS: usize = WINDOW.0 * WINDOW.1;
/// The pixels, how wide the word is, whether it is a single stroke.
const INPUTS: usize = PIXELS + 2;
const HIDDEN: usize = 32;
/// Narrower words than this are single strokes.
const STROKE_ASPECT: f32 = 0.35;

static WEIGHTS: &[u8] = include_bytes!("lead_names.bin");

/// A word as the network sees it.
#[derive(Clone, Debug)]
pub(super) struct WordPicture {
    values: [f32; INPUTS],
}

impl WordPicture {
    /// Scales `ink` (row-major, `width` wide, cut to the word) into the window: it fills the height
    /// and stands in the middle; a wider word is squeezed.
    pub(super) fn new(ink: &[f32], width: usize) -> Self {
        let height = ink.len() / width.max(1);
        let mut values = [0.0; INPUTS];
        if width == 0 || height == 0 {
            return Self { values };
        }
        let aspect = width as f32 / height as f32;
        let shown = (aspect * WINDOW.1 as f32).min(WINDOW.0 as f32);
        let left = 0.5 * (WINDOW.0 as f32 - shown);
        let across = shares(width, WINDOW.0, |x| (x - left) / shown * width as f32);
        let down = shares(height, WINDOW.1, |y| y / WINDOW.1 as f32 * height as f32);
        let area = (width as f32 / shown) * (height as f32 / WINDOW.1 as f32);
        for &(y, row, high) in &down {
            for &(x, column, wide) in &across {
                values[row * WINDOW.0 + column] += ink[y * width + x] * high * wide / area;
            }
        }
        for value in &mut values[..PIXELS] {
            *value = value.clamp(0.0, 1.0);
        }
        values[PIXELS] = 0.5 * aspect.min(4.0);
        values[PIXELS + 1] = f32::from(u8::from(aspect < STROKE_ASPECT));
        Self { values }
    }

    /// The word on its head.
    pub(super) fn turned(&self) -> Self {
        let mut values = self.values;
        values[..PIXELS].reverse();
        Self { values }
    }

    /// Probability of each class.
    pub(super) fn read(&self) -> [f32; CLASSES] {
        let mut bytes = WEIGHTS;
        let mut hidden = layer::<HIDDEN>(&mut bytes, &self.values);
        hidden.iter_mut().for_each(|value| *value = value.max(0.0));
        let mut classes = layer::<CLASSES>(&mut bytes, &hidden);
        let highest = classes.iter().copied().fold(f32::MIN, f32::max);
        classes
            .iter_mut()
            .for_each(|value| *value = (*value - highest).exp());
        let total: f32 = classes.iter().sum();
        classes.map(|value| value / total)
    }
}

/// The lead of a class; −aVR is drawn from aVR.
pub(super) fn lead_of(class: usize) -> Option<Lead> {
    match class {
        MINUS_AVR => Some(Lead::AVR),
        class => Lead::ALL.get(class).copied(),
    }
}

/// Which pixels of a line of `pixels` fall how much into which of `bins`, whose edges lie at
/// `place(edge)` on the line: (pixel, bin, overlap in pixels).
fn shares(pixels: usize, bins: usize, place: impl Fn(f32) -> f32) -> Vec<(usize, usize, f32)> {
    let mut shares = Vec::with_capacity(pixels + bins);
    for bin in 0..bins {
        let from = place(bin as f32).clamp(0.0, pixels as f32);
        let to = place(bin as f32 + 1.0).clamp(0.0, pixels as f32);
        for pixel in from as usize..(to.ceil() as usize).min(pixels) {
            let overlap = to.min(pixel as f32 + 1.0) - from.max(pixel as f32);
            if overlap > 0.0 {
                shares.push((pixel, bin, overlap));
            }
        }
    }
    shares
}

/// One linear layer, read off the front of `bytes`: a scale per output, a bias per output, then
/// whole-number weights, output by output.
fn layer<const OUTPUTS: usize>(bytes: &mut &[u8], inputs: &[f32]) -> [f32; OUTPUTS] {
    let scales = floats::<OUTPUTS>(bytes);
    let biases = floats::<OUTPUTS>(bytes);
    let (weights, rest) = bytes.split_at((OUTPUTS * inputs.len()).min(bytes.len()));
    *bytes = rest;
    let mut outputs = biases;
    for ((output, scale), weights) in outputs
        .iter_mut()
        .zip(scales)
        .zip(weights.chunks_exact(inputs.len()))
    {
        let sum: f32 = weights
            .iter()
            .zip(inputs)
            .map(|(&weight, input)| f32::from(weight as i8) * input)
            .sum();
        *output += scale * sum;
    }
    outputs
}

fn floats<const COUNT: usize>(bytes: &mut &[u8]) -> [f32; COUNT] {
    let (front, rest) = bytes.split_at((4 * COUNT).min(bytes.len()));
    *bytes = rest;
    let mut values = [0.0; COUNT];
    for (value, four) in values.iter_mut().zip(front.chunks_exact(4)) {
        *value = f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word of strokes, each from (x, y) to (x, y) in tenths of its height, 20 pixels tall.
    fn drawn(strokes: &[[f32; 4]], width: usize) -> WordPicture {
        let mut ink = vec![0.0; width * 20];
        for &[x0, y0, x1, y1] in strokes {
            for k in 0..=400 {
                let t = k as f32 / 400.0;
                let (x, y) = (2.0 * (x0 + t * (x1 - x0)), 2.0 * (y0 + t * (y1 - y0)));
                for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    let (x, y) = (x as usize + dx, y as usize + dy);
                    if x < width && y < 20 {
                        ink[y * width + x] = 1.0;
                    }
                }
            }
        }
        WordPicture::new(&ink, width)
    }

    fn name(picture: &WordPicture) -> usize {
        let read = picture.read();
        (0..CLASSES)
            .max_by(|&a, &b| read[a].total_cmp(&read[b]))
            .unwrap()
    }

    #[test]
    fn plain_names_are_read() {
        let one = drawn(&[[0.0, 0.0, 0.0, 9.5]], 2);
        let three = drawn(
            &[
                [0.0, 0.0, 0.0, 9.5],
                [2.0, 0.0, 2.0, 9.5],
                [4.0, 0.0, 4.0, 9.5],
            ],
            10,
        );
        let v1 = [
            [0.0, 0.0, 3.3, 9.5],
            [3.3, 9.5, 6.6, 0.0],
            [8.3, 2.5, 10.8, 0.0],
            [10.8, 0.0, 10.8, 9.5],
        ];
        assert_eq!(name(&one), Lead::I.index());
        assert_eq!(name(&three), Lead::III.index());
        assert_eq!(name(&drawn(&v1, 24)), Lead::V1.index());
        assert_ne!(name(&drawn(&v1, 24).turned()), Lead::V1.index());
    }

    #[test]
    fn probabilities_add_up_and_two_turns_are_none() {
        let word = drawn(&[[0.0, 0.0, 5.0, 9.0], [5.0, 9.0, 9.0, 1.0]], 20);
        let total: f32 = word.read().iter().sum();
        assert!((total - 1.0).abs() < 1e-4, "{total}");
        assert_eq!(word.turned().turned().read(), word.read());
        assert!(
            WordPicture::new(&[], 0)
                .read()
                .iter()
                .all(|p| p.is_finite())
        );
    }

    #[test]
    fn the_weights_are_complete() {
        let layer = |inputs: usize, outputs: usize| outputs * (8 + inputs);
        assert_eq!(
            WEIGHTS.len(),
            layer(INPUTS, HIDDEN) + layer(HIDDEN, CLASSES)
        );
    }

    #[test]
    fn shares_by_hand() {
        // Three pixels fall into two bins: one and a half each.
        assert_eq!(
            shares(3, 2, |edge| edge * 1.5),
            [(0, 0, 1.0), (1, 0, 0.5), (1, 1, 0.5), (2, 1, 1.0)]
        );
    }
}
