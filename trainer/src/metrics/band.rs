//! What of a signal a lower sample rate can hold.

use std::f64::consts::PI;

/// How far the filter reaches to both sides, in seconds: the band ends within about 20 Hz.
const REACH_SECS: f64 = 0.08;

/// Takes out what is faster than `highest_hz` from samples at `rate_hz`. Samples that are `NaN` stay so; for their
/// neighbours a straight line leads across them. Beyond its ends the signal goes on as if turned
/// about its last sample.
pub(super) fn limit_band(samples: &mut [f32], rate_hz: f64, highest_hz: f64) {
    let weights = weights(rate_hz, highest_hz);
    let reach = weights.len() - 1;
    let known: Vec<usize> = (0..samples.len())
        .filter(|&k| samples[k].is_finite())
        .collect();
    if known.len() < 2 || reach == 0 {
        return;
    }
    let (first, last) = (known[0], known[known.len() - 1]);
    let mut whole = samples[first..=last].to_vec();
    for pair in known.windows(2) {
        let (start, end) = (samples[pair[0]], samples[pair[1]]);
        for k in pair[0] + 1..pair[1] {
            let share = (k - pair[0]) as f32 / (pair[1] - pair[0]) as f32;
            whole[k - first] = start + share * (end - start);
        }
    }
    let at = |k: isize| {
        let end = whole.len() as isize - 1;
        let inside = |k: isize| whole[k.clamp(0, end) as usize];
        if k < 0 {
            2.0 * inside(0) - inside(-k)
        } else if k > end {
            2.0 * inside(end) - inside(2 * end - k)
        } else {
            inside(k)
        }
    };
    for &k in &known {
        let centre = (k - first) as isize;
        samples[k] = weights[0] * at(centre)
            + (1..=reach)
                .map(|step| {
                    weights[step] * (at(centre - step as isize) + at(centre + step as isize))
                })
                .sum::<f32>();
    }
}

/// A sinc under a Blackman window from its centre on; the whole of it sums to 1. Only the centre if
/// nothing of the rate is above the band.
fn weights(rate_hz: f64, highest_hz: f64) -> Vec<f32> {
    if rate_hz.is_nan() || rate_hz <= 2.0 * highest_hz {
        return vec![1.0];
    }
    let reach = (REACH_SECS * rate_hz).round();
    let weights: Vec<f64> = (0..=reach as usize)
        .map(|step| {
            let step = step as f64;
            let angle = 2.0 * PI * highest_hz / rate_hz * step;
            let sinc = if angle > 0.0 {
                angle.sin() / angle
            } else {
                1.0
            };
            let phase = PI * step / (reach + 1.0);
            sinc * (0.42 + 0.5 * phase.cos() + 0.08 * (2.0 * phase).cos())
        })
        .collect();
    let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
    weights.iter().map(|weight| (weight / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(hz: f64) -> Vec<f32> {
        (0..300)
            .map(|k| (2.0 * PI * hz * f64::from(k) / 150.0).sin() as f32)
            .collect()
    }

    fn largest(samples: &[f32]) -> f32 {
        samples[30..270].iter().copied().fold(0.0, f32::max)
    }

    #[test]
    fn slow_waves_stay_and_fast_ones_go() {
        let (mut slow, mut fast) = (wave(20.0), wave(65.0));
        limit_band(&mut slow, 150.0, 42.0);
        limit_band(&mut fast, 150.0, 42.0);
        for (k, (a, b)) in slow.iter().zip(wave(20.0)).enumerate() {
            assert!((a - b).abs() < 0.02 || !(30..270).contains(&k), "{k}");
        }
        assert!(largest(&fast) < 0.02, "{}", largest(&fast));
    }

    #[test]
    fn slopes_stay_to_their_ends_and_blanks_stay_blank() {
        let mut slope: Vec<f32> = (0..60).map(|k| k as f32 * 0.01).collect();
        slope[..5].fill(f32::NAN);
        slope[30..33].fill(f32::NAN);
        let before = slope.clone();
        limit_band(&mut slope, 150.0, 42.0);
        for (a, b) in slope.iter().zip(&before) {
            assert!(a.is_nan() == b.is_nan() && (a.is_nan() || (a - b).abs() < 1e-5));
        }
    }

    #[test]
    fn what_cannot_be_faster_is_left_alone() {
        let mut samples = vec![0.0, 1.0, 0.0, 1.0];
        limit_band(&mut samples, 80.0, 42.0);
        assert_eq!(samples, [0.0, 1.0, 0.0, 1.0]);
        let mut lonely = vec![f32::NAN, 1.0];
        limit_band(&mut lonely, 150.0, 42.0);
        assert_eq!(lonely[1], 1.0);
    }
}
