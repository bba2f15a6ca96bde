//! Whether the page stands upright or on its head.

use super::lead_names::{CLASSES, OTHER, lead_of};
use super::names::{best_name, name_evidence};
use super::pulses::BothWays;
use super::words::Word;
use crate::lead::Lead;

/// Log odds of a page being upright before anything is read.
const USUAL: f32 = 2.5;
/// Log odds that one pulse gives.
const PULSE: f32 = 1.5;
/// Names give at most this …
const MOST_BY_NAMES: f32 = 8.0;
/// … and pulses this, because beats of like shape in every row are taken for them together.
const MOST_BY_PULSES: f32 = 4.0;
/// What a beat that is followed by larger waves than go before it gives, per unit of their logarithm, and at most:
/// simulated pages that stand upright mostly have .5–2, those that were read on their heads −.3 to −1.2.
const BEATS: f32 = 4.0;
const MOST_BY_BEATS: f32 = 5.0;
/// Most that one name gives before it is weighed.
const TWICE: f32 = 6.0;
/// This share of what the most frequent name gives is taken off.
const ALONE: f32 = 0.5;
/// Words that are sure enough to count.
const SURE: f32 = 0.6;

/// 0 (on its head) … 1 (upright). `beats` is [`beat_direction`](super::beat_direction::beat_direction)'s.
pub(super) fn upright(words: &[Word], pulses: &BothWays, beats: Option<f32>) -> f32 {
    let names = |read: fn(&Word) -> &[f32; CLASSES]| -> f32 {
        let mut sums = [0.0; OTHER];
        for word in words {
            let (class, probability) = best_name(read(word));
            // Strokes look the same on their heads.
            if class < 3 || probability < SURE {
                continue;
            }
            let lead = lead_of(class).unwrap_or(Lead::AVR);
            // A lead is named once or twice; what is read more often is a beat that looks like it.
            sums[class] = f32::min(
                sums[class] + name_evidence(read(word), lead).max(0.0),
                TWICE,
            );
        }
        // One name alone may be a beat or a word, however often it is read.
        let most = sums.iter().copied().fold(0.0, f32::max);
        sums.iter().sum::<f32>() - ALONE * most
    };
    let (standing, hanging) = (names(|word| &word.upright), names(|word| &word.turned));
    let pulses = pulses.upright.count() as f32 - pulses.hanging.count() as f32;
    let odds = USUAL
        + (0.7 * (standing - hanging)).clamp(-MOST_BY_NAMES, MOST_BY_NAMES)
        + (PULSE * pulses).clamp(-MOST_BY_PULSES, MOST_BY_PULSES)
        + (BEATS * beats.unwrap_or(0.0)).clamp(-MOST_BY_BEATS, MOST_BY_BEATS);
    1.0 / (1.0 + (-odds).exp())
}

#[cfg(test)]
mod tests {
    use super::super::pulses::{Pulse, Pulses};
    use super::*;

    fn pulses(upright: usize, hanging: usize) -> BothWays {
        let pulse = Pulse {
            left_mm: 0.0,
            right_mm: 5.0,
            top_mm: 0.0,
            foot_mm: 10.0,
            step_mm: None,
        };
        let some = |count: usize| Pulses {
            of_strip: vec![Some(pulse); count],
        };
        BothWays {
            upright: some(upright),
            hanging: some(hanging),
        }
    }

    #[test]
    fn hanging_pulses_and_names_on_their_heads_tell() {
        assert!(
            (upright(&[], &pulses(0, 0), None) - 0.924).abs() < 0.01,
            "most pages are upright"
        );
        assert!(upright(&[], &pulses(4, 0), None) > 0.99);
        assert!(upright(&[], &pulses(0, 0), Some(-1.0)) < 0.2);
        assert!(upright(&[], &pulses(0, 0), Some(1.0)) > 0.99);
        assert!(upright(&[], &pulses(0, 4), None) < 0.2);
        let word = |left_mm: f32, class: usize| {
            let mut turned = [0.001; CLASSES];
            turned[class] = 0.98;
            let mut upright = [0.001; CLASSES];
            upright[OTHER] = 0.98;
            Word {
                left_mm,
                top_mm: 0.0,
                right_mm: left_mm + 5.0,
                bottom_mm: 4.0,
                upright,
                turned,
            }
        };
        let words: Vec<Word> = (3..9)
            .map(|class| word(10.0 * class as f32, class))
            .collect();
        assert!(upright(&words, &pulses(0, 0), None) < 0.05);
    }
}
