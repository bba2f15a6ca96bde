//! Beats that several leads agree on, and the distances between them.

use crate::outcome::Interval;
use crate::recording::Recording;
use crate::signal::detect_r_peaks;

/// Gaps up to this long are drawn through before beats are looked for.
const BRIDGED_SECS: f64 = 0.12;
/// Shorter stretches hold no two beats.
const MIN_STRETCH_SECS: f64 = 1.2;
/// The peaks of one beat in different leads lie this close together.
const ONE_BEAT_SECS: f64 = 0.13;
/// A beat is believed if it is seen in this share of the leads that are shown at that time.
const MIN_SUPPORT: f64 = 0.5;
/// A peak that fewer leads show is a beat if it is this share of the usual distance from all others.
const MISSING_SHARE: f64 = 0.7;
/// Heart rates beyond are mistakes.
const RATES_BPM: std::ops::RangeInclusive<f64> = 20.0..=300.0;
/// Fewer distances say nothing about regularity.
const MIN_DISTANCES: usize = 4;
/// Coefficient of variation of the distances up to which a rhythm is regular, and from which it is
/// irregular. Breathing changes them by a few percent; in atrial fibrillation it is 15 and more.
const REGULAR_UP_TO: f64 = 0.08;
const IRREGULAR_FROM: f64 = 0.12;

/// Heart rate and regularity.
#[derive(Clone, Debug, Default)]
pub struct Rhythm {
    /// Mean ventricular rate in beats a minute with a 95 % range.
    pub heart_rate_bpm: Option<Interval>,
    /// Distances between neighbouring beats in seconds, in time order. Pairs that no lead shows
    /// together are left out.
    pub rr_secs: Vec<f64>,
    /// Standard deviation of the distances over their mean.
    pub variation: Option<f64>,
    /// `None` if there are too few beats or it is neither clearly the one nor the other.
    pub regularity: Option<Regularity>,
}

/// Whether beats follow each other evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regularity {
    /// The distances vary by 8 % or less.
    Regular,
    /// The distances vary by 12 % or more.
    Irregular,
}

impl Regularity {
    /// `regular` or `irregular`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Irregular => "irregular",
        }
    }
}

/// One heartbeat.
#[derive(Clone, Debug)]
pub(super) struct Beat {
    /// Median time of its peaks.
    pub(super) secs: f64,
    /// The stretches that show it, with the time of the peak in each.
    pub(super) seen: Vec<(usize, f64)>,
}

/// A stretch of one lead without gaps.
struct Stretch {
    start_secs: f64,
    end_secs: f64,
    peaks_secs: Vec<f64>,
}

/// All beats in time order.
pub(super) fn find(recording: &Recording) -> Vec<Beat> {
    let rate = recording.sample_rate_hz;
    if !(rate > 0.0 && rate.is_finite()) {
        return Vec::new();
    }
    let mut stretches = Vec::new();
    for lead in &recording.leads {
        for (first, samples) in pieces(&lead.samples_mv, rate) {
            let start_secs = first as f64 / rate;
            stretches.push(Stretch {
                start_secs,
                end_secs: start_secs + samples.len() as f64 / rate,
                peaks_secs: detect_r_peaks(&samples, rate)
                    .into_iter()
                    .map(|peak| start_secs + peak as f64 / rate)
                    .collect(),
            });
        }
    }
    let mut peaks: Vec<(f64, usize)> = stretches
        .iter()
        .enumerate()
        .flat_map(|(k, stretch)| stretch.peaks_secs.iter().map(move |&secs| (secs, k)))
        .collect();
    peaks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut groups: Vec<Vec<(f64, usize)>> = Vec::new();
    for peak in peaks {
        match groups.last_mut() {
            Some(group) if peak.0 - group[0].0 <= ONE_BEAT_SECS => group.push(peak),
            _ => groups.push(vec![peak]),
        }
    }
    let believed = |group: &[(f64, usize)]| {
        let secs = group[group.len() / 2].0;
        // At its ends a stretch may cut a beat.
        let shown = stretches
            .iter()
            .filter(|stretch| {
                stretch.start_secs < secs - ONE_BEAT_SECS && stretch.end_secs > secs + ONE_BEAT_SECS
            })
            .count();
        group.len() as f64 >= MIN_SUPPORT * shown.max(1) as f64
    };
    let beat = |group: &Vec<(f64, usize)>| Beat {
        secs: group[group.len() / 2].0,
        seen: group.iter().map(|&(secs, k)| (k, secs)).collect(),
    };
    let (sure, doubtful): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| believed(group));
    let mut beats: Vec<Beat> = sure.iter().map(beat).collect();
    let mut distances: Vec<f64> = beats.windows(2).map(|p| p[1].secs - p[0].secs).collect();
    distances.sort_by(f64::total_cmp);
    if let Some(usual) = distances.get(distances.len() / 2) {
        // Few leads see a beat beside a separator; where one is missing, they are believed.
        let apart = MISSING_SHARE * usual;
        for candidate in doubtful.iter().map(beat) {
            if beats
                .iter()
                .all(|beat| (beat.secs - candidate.secs).abs() >= apart)
            {
                beats.push(candidate);
            }
        }
        beats.sort_by(|a, b| a.secs.total_cmp(&b.secs));
    }
    beats
}

/// The stretches without long gaps: index of the first sample, and the samples.
fn pieces(samples_mv: &[f32], rate: f64) -> Vec<(usize, Vec<f32>)> {
    let bridged = (BRIDGED_SECS * rate) as usize;
    let mut pieces: Vec<(usize, Vec<f32>)> = Vec::new();
    for (k, &value) in samples_mv.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        match pieces.last_mut() {
            Some((first, piece)) if k - *first - piece.len() <= bridged => {
                let gap = k - *first - piece.len();
                let last = piece.last().copied().unwrap_or(value);
                for step in 1..=gap {
                    piece.push(last + (value - last) * step as f32 / (gap + 1) as f32);
                }
                piece.push(value);
            }
            _ => pieces.push((k, vec![value])),
        }
    }
    pieces.retain(|(_, piece)| piece.len() as f64 >= MIN_STRETCH_SECS * rate);
    pieces
}

/// Heart rate and regularity from the distances of beats that a stretch shows together.
pub(super) fn rhythm(recording: &Recording, beats: &[Beat]) -> Rhythm {
    let rr_secs: Vec<f64> = beats
        .windows(2)
        .filter_map(|pair| {
            let mut distances: Vec<f64> = pair[1]
                .seen
                .iter()
                .filter_map(|&(k, secs)| {
                    let before = pair[0].seen.iter().find(|seen| seen.0 == k)?;
                    Some(secs - before.1)
                })
                .collect();
            distances.sort_by(f64::total_cmp);
            distances.get(distances.len() / 2).copied()
        })
        .collect();
    let count = rr_secs.len() as f64;
    if rr_secs.len() < 2 {
        return Rhythm {
            rr_secs,
            ..Rhythm::default()
        };
    }
    let mean = rr_secs.iter().sum::<f64>() / count;
    let squares: f64 = rr_secs.iter().map(|rr| (rr - mean).powi(2)).sum();
    let deviation = (squares / (count - 1.0)).sqrt();
    let variation = deviation / mean;
    let margin = 2.0 * deviation / count.sqrt() + 2.0 / recording.sample_rate_hz / count;
    let value = 60.0 / mean;
    let regularity = if rr_secs.len() < MIN_DISTANCES {
        None
    } else if variation <= REGULAR_UP_TO {
        Some(Regularity::Regular)
    } else if variation >= IRREGULAR_FROM {
        Some(Regularity::Irregular)
    } else {
        None
    };
    Rhythm {
        heart_rate_bpm: RATES_BPM.contains(&value).then(|| Interval {
            value,
            low: 60.0 / (mean + margin),
            high: 60.0 / (mean - margin).max(0.2),
        }),
        rr_secs,
        variation: Some(variation),
        regularity,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::lead::Lead;
    use crate::recording::LeadSignal;

    /// P, Q, R, S and T of beats at these times.
    pub(crate) fn lead(times: &[f64], scale: f32, rate: f64, secs: f64) -> Vec<f32> {
        const WAVES: [(f64, f64, f32); 5] = [
            (-0.16, 0.02, 0.15),
            (-0.03, 0.008, -0.1),
            (0.0, 0.011, 1.0),
            (0.03, 0.01, -0.2),
            (0.28, 0.045, 0.3),
        ];
        (0..(secs * rate) as usize)
            .map(|k| {
                let t = k as f64 / rate;
                let beat = |at: &f64| -> f32 {
                    WAVES
                        .iter()
                        .map(|&(delay, width, height)| {
                            let x = (t - at - delay) / width;
                            height * (-0.5 * x * x).exp() as f32
                        })
                        .sum()
                };
                scale * times.iter().map(beat).sum::<f32>()
            })
            .collect()
    }

    /// A page of three rows and four columns without a rhythm strip.
    pub(crate) fn page(times: &[f64]) -> Recording {
        let rate = 150.0;
        let leads = Lead::ALL
            .into_iter()
            .map(|name| {
                let scale = 0.5 + 0.1 * name.index() as f32;
                let mut samples_mv = lead(times, scale, rate, 10.0);
                let column = name.index() / 3;
                for (k, value) in samples_mv.iter_mut().enumerate() {
                    if k / 375 != column {
                        *value = f32::NAN;
                    }
                }
                LeadSignal {
                    lead: Some(name),
                    samples_mv,
                }
            })
            .collect();
        Recording {
            sample_rate_hz: rate,
            leads,
        }
    }

    #[test]
    fn a_page_of_short_leads_gives_the_rate() {
        let times: Vec<f64> = (0..12).map(|k| 0.4 + 0.8 * f64::from(k)).collect();
        let page = page(&times);
        let beats = find(&page);
        assert_eq!(beats.len(), 12);
        let rhythm = rhythm(&page, &beats);
        let rate = rhythm.heart_rate_bpm.unwrap();
        assert!((rate.value - 75.0).abs() < 0.6, "{rate:?}");
        assert!(rate.low < 75.0 && rate.high > 75.0);
        assert_eq!(rhythm.regularity, Some(Regularity::Regular));
        // The pairs across the three column borders are not seen together.
        assert_eq!(rhythm.rr_secs.len(), 8);
    }

    #[test]
    fn uneven_beats_are_irregular_and_silence_has_no_rate() {
        let times = [0.3, 1.2, 1.7, 2.9, 3.4, 4.6, 5.0, 6.1, 6.7, 8.0, 8.5, 9.4];
        let strip = Recording {
            sample_rate_hz: 150.0,
            leads: vec![LeadSignal {
                lead: Some(Lead::II),
                samples_mv: lead(&times, 1.0, 150.0, 10.0),
            }],
        };
        let found = find(&strip);
        assert_eq!(
            rhythm(&strip, &found).regularity,
            Some(Regularity::Irregular)
        );
        let silence = Recording {
            sample_rate_hz: 150.0,
            leads: vec![LeadSignal {
                lead: None,
                samples_mv: vec![f32::NAN; 1500],
            }],
        };
        let nothing = rhythm(&silence, &find(&silence));
        assert!(nothing.heart_rate_bpm.is_none() && nothing.rr_secs.is_empty());
    }

    #[test]
    fn short_gaps_are_bridged_and_long_ones_split() {
        let mut samples = vec![1.0f32; 900];
        samples[300..306].fill(f32::NAN);
        samples[600..650].fill(f32::NAN);
        let found = pieces(&samples, 150.0);
        let lengths: Vec<(usize, usize)> = found.iter().map(|(k, p)| (*k, p.len())).collect();
        assert_eq!(lengths, [(0, 600), (650, 250)]);
    }
}
