//! How faithfully a signal was read from paper.
//!
//! As in the George B. Moody PhysioNet digitisation challenge of 2025: a lead may be shifted by up to
//! 0.2 s and offset freely before it is compared; powers are summed over the leads of a page; ratios
//! of pages are averaged before they are turned into decibels. What was read is finer than the
//! recording, so it is limited to the recording's band first, as any conversion to its rate must.

use inkbeat::signal::resample;

use super::band::limit_band;

/// A lead may be early or late by this much.
pub const MAX_SHIFT_SECS: f64 = 0.2;
/// Truth is compared at positions this fine.
const FINE_HZ: f64 = 600.0;
/// Share of a sample rate up to which a recording at that rate holds its signal.
const BAND_SHARE: f64 = 0.45;
/// A perfect copy has no noise: the ratio stops here (60 dB).
const MAX_RATIO: f64 = 1e6;

/// Sums of squares in mV² · samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Powers {
    /// Of the true signal around its mean.
    pub signal: f64,
    /// Of the difference after alignment.
    pub noise: f64,
}

impl Powers {
    /// Signal over noise; `None` without signal.
    pub fn ratio(self) -> Option<f64> {
        (self.signal > 0.0)
            .then(|| (self.signal / self.noise.max(self.signal / MAX_RATIO)).min(MAX_RATIO))
    }

    /// Several leads of one page together.
    pub fn sum(powers: impl IntoIterator<Item = Powers>) -> Powers {
        powers
            .into_iter()
            .fold(Powers::default(), |sum, next| Powers {
                signal: sum.signal + next.signal,
                noise: sum.noise + next.noise,
            })
    }
}

/// Decibels of a power ratio.
pub fn decibels(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

/// The stretch of a lead that a page shows.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    /// The whole recorded lead in mV.
    pub recorded_mv: &'a [f32],
    /// Its rate.
    pub sample_rate_hz: f64,
    /// Where the page begins to show it.
    pub start_s: f64,
    /// How long the page shows it.
    pub duration_s: f64,
}

/// Compares what was read (`NaN` where blank) with the truth and returns the powers and the shift in
/// seconds that fits best; what a shift pushes over the ends of the stretch is left out of the
/// comparison. What is blank or missing counts as if nothing but the mean had been read. `None` if
/// fewer than a tenth of the stretch was read.
pub fn compare(truth: Stretch, read_mv: &[f32], read_hz: f64) -> Option<(Powers, f64)> {
    let fine = resample(truth.recorded_mv, truth.sample_rate_hz, FINE_HZ);
    let mut read_mv = read_mv.to_vec();
    limit_band(&mut read_mv, read_hz, BAND_SHARE * truth.sample_rate_hz);
    let count = (truth.duration_s * read_hz).floor() as usize;
    let reach = (MAX_SHIFT_SECS * FINE_HZ) as i64;
    let read = |k: usize| {
        let value = read_mv.get(k).copied();
        value.filter(|value| value.is_finite()).map(f64::from)
    };
    if (0..count).filter(|&k| read(k).is_some()).count() * 10 < count.max(1) {
        return None;
    }
    let aligned = |shift: i64| {
        let first = truth.start_s * FINE_HZ;
        let past = (truth.start_s + truth.duration_s) * FINE_HZ;
        let pairs = (0..count).filter_map(|k| {
            let position = first + k as f64 / read_hz * FINE_HZ + shift as f64;
            (position >= first && position < past).then(|| (sample_at(&fine, position), read(k)))
        });
        powers(pairs)
    };
    (-reach..=reach)
        .map(|shift| (aligned(shift), shift as f64 / FINE_HZ))
        .min_by(|(a, _), (b, _)| {
            let merit = |powers: &Powers| powers.noise / powers.signal.max(1e-12);
            merit(a).total_cmp(&merit(b))
        })
}

/// Powers over pairs of true and read values.
fn powers(pairs: impl Iterator<Item = (f64, Option<f64>)> + Clone) -> Powers {
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| {
            (sum + value, count + 1)
        });
        sum / count.max(1) as f64
    };
    let true_mean = mean(&mut pairs.clone().map(|(truth, _)| truth));
    let offset = mean(
        &mut pairs
            .clone()
            .filter_map(|(truth, read)| Some(truth - read?)),
    );
    pairs.fold(Powers::default(), |sum, (truth, read)| {
        let error = read.map_or(truth - true_mean, |read| truth - read - offset);
        Powers {
            signal: sum.signal + (truth - true_mean).powi(2),
            noise: sum.noise + error * error,
        }
    })
}

/// Linear interpolation, constant beyond the ends.
fn sample_at(samples: &[f32], position: f64) -> f64 {
    let last = samples.len().saturating_sub(1);
    let position = position.clamp(0.0, last as f64);
    let left = position as usize;
    let value = |index: usize| {
        samples
            .get(index.min(last))
            .map_or(0.0, |value| f64::from(*value))
    };
    value(left) + (value(left + 1) - value(left)) * (position - left as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(t: f64) -> f32 {
        let phase = t.rem_euclid(0.8) - 0.4;
        (1.5 * (-(phase / 0.05).powi(2)).exp()) as f32
    }

    fn truth(recorded_mv: &[f32]) -> Stretch<'_> {
        Stretch {
            recorded_mv,
            sample_rate_hz: 100.0,
            start_s: 2.5,
            duration_s: 2.5,
        }
    }

    #[test]
    fn shift_and_offset_are_forgiven() {
        let recorded: Vec<f32> = (0..1000).map(|k| beat(k as f64 / 100.0)).collect();
        let read: Vec<f32> = (0..375)
            .map(|k| beat(2.5 + k as f64 / 150.0 + 0.1) + 0.7)
            .collect();
        let (powers, shift_s) = compare(truth(&recorded), &read, 150.0).unwrap();
        assert!((shift_s - 0.1).abs() < 0.004, "{shift_s}");
        assert!(decibels(powers.ratio().unwrap()) > 30.0);
    }

    #[test]
    fn half_the_amplitude_has_four_times_the_signal_in_the_noise() {
        let recorded: Vec<f32> = (0..1000).map(|k| beat(k as f64 / 100.0)).collect();
        let read: Vec<f32> = (0..250)
            .map(|k| 0.5 * beat(2.5 + k as f64 / 100.0))
            .collect();
        let (powers, _) = compare(truth(&recorded), &read, 100.0).unwrap();
        assert!((decibels(powers.ratio().unwrap()) - 6.02).abs() < 0.05);
    }

    #[test]
    fn blanks_count_against_the_reader_and_nothing_is_no_answer() {
        let recorded: Vec<f32> = (0..1000).map(|k| beat(k as f64 / 100.0)).collect();
        let mut read: Vec<f32> = (0..250).map(|k| beat(2.5 + k as f64 / 100.0)).collect();
        read[..125].fill(f32::NAN);
        let (powers, _) = compare(truth(&recorded), &read, 100.0).unwrap();
        assert!(decibels(powers.ratio().unwrap()) < 6.0);
        assert!(compare(truth(&recorded), &[f32::NAN; 250], 100.0).is_none());
        assert!(compare(truth(&recorded), &[], 100.0).is_none());
    }

    #[test]
    fn pages_pool_their_leads() {
        let sum = Powers::sum([
            Powers {
                signal: 3.0,
                noise: 1.0,
            },
            Powers {
                signal: 1.0,
                noise: 3.0,
            },
        ]);
        assert_eq!(sum.ratio(), Some(1.0));
        assert_eq!(Powers::default().ratio(), None);
    }
}
