//! How likely a page that was read is an ECG, by all that was measured on it together.

use super::evidence::BeatEvidence;
use super::layout::PageLayout;
use super::printout::SURE;
use super::rectify::Rectified;
use super::standard::{numbers, standardised};

/// Numbers that a page is judged by.
pub const GATE_FEATURES: usize = 31;
/// Units of the model's one hidden layer.
pub const GATE_UNITS: usize = 12;

/// The numbers of a [`GateModel`], made by `inkbeat-trainer gate`.
static WEIGHTS: &[u8; size_of::<f32>() * GateModel::NUMBERS] = include_bytes!("gate.bin");

/// What was measured on a page: `NaN` where it could not be.
pub type GateFeatures = [f32; GATE_FEATURES];

/// A perceptron with one hidden layer on standardised features.
#[derive(Clone, Debug, PartialEq)]
pub struct GateModel {
    /// Means of the features.
    pub mean: GateFeatures,
    /// Their standard deviations.
    pub spread: GateFeatures,
    /// Weights and intercept of every unit.
    pub units: [(GateFeatures, f32); GATE_UNITS],
    /// What the units and an intercept add to the log odds of an ECG.
    pub output: ([f32; GATE_UNITS], f32),
}

impl GateModel {
    /// Numbers of a model.
    pub const NUMBERS: usize =
        2 * GATE_FEATURES + GATE_UNITS * (GATE_FEATURES + 1) + GATE_UNITS + 1;

    /// The model that ships.
    pub fn shipped() -> Self {
        let mut next = numbers(WEIGHTS);
        Self {
            mean: std::array::from_fn(|_| next()),
            spread: std::array::from_fn(|_| next()),
            units: std::array::from_fn(|_| (std::array::from_fn(|_| next()), next())),
            output: (std::array::from_fn(|_| next()), next()),
        }
    }

    /// What [`Self::shipped`] reads: little-endian f32.
    pub fn to_bytes(&self) -> Vec<u8> {
        let units = self.units.iter();
        let units = units.flat_map(|(weights, intercept)| weights.iter().chain([intercept]));
        let numbers = self.mean.iter().chain(&self.spread).chain(units);
        let numbers = numbers.chain(&self.output.0).chain([&self.output.1]);
        numbers.flat_map(|number| number.to_le_bytes()).collect()
    }

    /// How likely a page with these features is an ECG, 0–1, if as many are as are not.
    pub fn probability(&self, features: &GateFeatures) -> f32 {
        self.probability_by(&self.activations(&self.standardised(features)))
    }

    /// The same by what the hidden units answer.
    pub fn probability_by(&self, activations: &[f32; GATE_UNITS]) -> f32 {
        let (weights, intercept) = &self.output;
        let sum: f32 = weights.iter().zip(activations).map(|(w, a)| w * a).sum();
        1.0 / (1.0 + (-sum - intercept).exp())
    }

    /// What the hidden units answer to standardised features.
    pub fn activations(&self, standard: &GateFeatures) -> [f32; GATE_UNITS] {
        std::array::from_fn(|unit| {
            let (weights, intercept) = &self.units[unit];
            let sum: f32 = weights.iter().zip(standard).map(|(w, f)| w * f).sum();
            (sum + intercept).tanh()
        })
    }

    /// Features as deviations from the mean; what isn't known is as usual.
    pub fn standardised(&self, features: &GateFeatures) -> GateFeatures {
        standardised(features, &self.mean, &self.spread)
    }
}

/// Measures what a page is judged by.
pub(super) fn gate_features(
    page: &Rectified,
    beats: &BeatEvidence,
    layout: &PageLayout,
) -> GateFeatures {
    let log = |value: f32| value.max(1e-3).ln();
    let log_count = |count: usize| (1.0 + count as f32).ln();
    let has_beats = beats.rows > 0;
    let of_beats = |value: f32| if has_beats { value } else { f32::NAN };
    let named = layout
        .leads
        .iter()
        .filter(|place| place.lead.is_some_and(|lead| lead.confidence >= SURE))
        .count();
    let evidence = &layout.evidence;
    // Of a sheet that is known by its outline alone nothing was measured on a grid.
    let grid = page.grid.as_ref().filter(|grid| grid.shows());
    let of_grid = |value: fn(&super::quality::GridEvidence) -> f32| grid.map_or(f32::NAN, value);
    [
        log_count(beats.rows),
        log_count(beats.beats),
        log(beats.length_mm),
        beats.agreement - beats.chance_agreement,
        beats.chance_agreement,
        of_beats(beats.likeness),
        of_beats(log(beats.calm_mm)),
        of_beats(log(beats.sharpness)),
        of_beats(beats.busy),
        log(beats.ink_on_rows),
        log_count(beats.rows_followed),
        of_beats(log(beats.interval_mm)),
        of_beats(beats.irregularity),
        of_beats(beats.confidence),
        layout.name.as_ref().map_or(0.0, |name| name.confidence),
        log_count(named),
        (1.0 + evidence.names.max(0.0)).ln(),
        log_count(evidence.pulses),
        evidence.limb_leads.clamp(-10.0, 10.0),
        evidence.arrangement.clamp(-20.0, 20.0),
        (layout.upright / (1.0 - layout.upright).max(1e-3))
            .max(1e-3)
            .ln()
            .abs(),
        layout
            .gain_mm_mv
            .as_ref()
            .map_or(0.0, |gain| gain.confidence),
        of_grid(|grid| grid.prominence.max(1e-3).ln()),
        of_grid(|grid| grid.agreement),
        of_grid(|grid| grid.clarity),
        of_grid(|grid| grid.stretch),
        of_grid(|grid| grid.off_square.min(0.3)),
        of_grid(|grid| grid.sheet_mm2.max(1.0).ln()),
        of_grid(|grid| f32::from(u8::from(grid.is_by_outline))),
        page.stroke_contrast,
        log(page.ink_share),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_model_by_hand() {
        let mut model = GateModel {
            mean: [1.0; GATE_FEATURES],
            spread: [2.0; GATE_FEATURES],
            units: [([0.0; GATE_FEATURES], 0.0); GATE_UNITS],
            output: ([0.0; GATE_UNITS], 0.5),
        };
        model.units[0].0[3] = 1.0;
        model.output.0[0] = 2.0;
        let mut features = [f32::NAN; GATE_FEATURES];
        // Unknown features say nothing: 1 / (1 + exp(-0.5)).
        assert!((model.probability(&features) - 0.622_459).abs() < 1e-5);
        // (2 − 1) / 2, then 2 tanh(0.5) + 0.5 = 1.424234.
        features[3] = 2.0;
        assert!((model.probability(&features) - 0.806_001).abs() < 1e-5);
        // Far off is as far as four deviations.
        features[3] = 1e9;
        assert!(
            (model.activations(&model.standardised(&features))[0] - 4.0f32.tanh()).abs() < 1e-6
        );
    }

    #[test]
    fn the_shipped_model_survives_being_written_down() {
        let model = GateModel::shipped();
        assert_eq!(model.to_bytes(), WEIGHTS);
        assert!(model.spread.iter().all(|&spread| spread > 0.0));
    }
}
