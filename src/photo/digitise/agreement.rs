//! Limb leads know of each other: six leads are drawn from two potentials.

use super::lead_signal::DigitisedLead;
use crate::lead::Lead;

/// Where leads disagree by this much (in mV), one of them was misread or is shifted, and they say
/// nothing about each other: half of the correction is made there.
const TRUSTED_MV: f32 = 0.06;

/// Moves limb leads that were recorded at the same time towards the nearest values that obey
/// Einthoven's and Goldberger's laws. If every lead is off by an error of its own, this takes away
/// a third of the errors' power with three leads and half with four.
pub(super) fn reconcile(leads: &mut [DigitisedLead]) {
    let limb: Vec<(usize, [f32; 2])> = leads
        .iter()
        .enumerate()
        .filter_map(|(k, lead)| Some((k, from_two(lead.lead?)?)))
        .collect();
    let end = |lead: &DigitisedLead| {
        lead.start_s + lead.samples_mv.len() as f64 / lead.sample_rate_hz.max(1.0)
    };
    let Some(rate) = limb.first().map(|&(k, _)| leads[k].sample_rate_hz) else {
        return;
    };
    let from = limb
        .iter()
        .map(|&(k, _)| leads[k].start_s)
        .fold(f64::INFINITY, f64::min);
    let to = limb
        .iter()
        .map(|&(k, _)| end(&leads[k]))
        .fold(0.0, f64::max);
    let count = ((to - from) * rate).clamp(0.0, 1e5) as usize + 1;
    // Which leads say something at every sample.
    let placed: Vec<(usize, isize, [f32; 2])> = limb
        .iter()
        .map(|&(k, law)| {
            let offset = ((leads[k].start_s - from) * rate).round() as isize;
            (k, offset, law)
        })
        .collect();
    let mut here: Vec<(usize, usize, [f32; 2])> = Vec::new();
    let mut corrections: Vec<(usize, usize, f32)> = Vec::new();
    let mut shown: Vec<usize> = Vec::new();
    let mut start = 0;
    // Offsets between leads are not errors of the drawing: they are taken off stretch by stretch,
    // where the same leads are shown.
    for time in 0..=count {
        here.clear();
        for &(k, offset, law) in &placed {
            let Ok(sample) = usize::try_from(time as isize - offset) else {
                continue;
            };
            if leads[k].samples_mv.get(sample).is_some_and(|v| !v.is_nan()) {
                here.push((k, sample, law));
            }
        }
        let now: Vec<usize> = here.iter().map(|entry| entry.0).collect();
        if now != shown {
            settle(leads, &mut corrections, start);
            start = corrections.len();
            shown = now;
        }
        if let Some(errors) = disagreement(leads, &here) {
            corrections.extend(
                here.iter()
                    .zip(errors)
                    .map(|(&(k, sample, _), error)| (k, sample, error)),
            );
        }
    }
    settle(leads, &mut corrections, start);
    for (k, sample, correction) in corrections {
        leads[k].samples_mv[sample] -= correction;
    }
}

/// How I and II make up a lead.
fn from_two(lead: Lead) -> Option<[f32; 2]> {
    match lead {
        Lead::I => Some([1.0, 0.0]),
        Lead::II => Some([0.0, 1.0]),
        Lead::III => Some([-1.0, 1.0]),
        Lead::AVR => Some([-0.5, -0.5]),
        Lead::AVL => Some([1.0, -0.5]),
        Lead::AVF => Some([-0.5, 1.0]),
        _ => None,
    }
}

/// What every lead exceeds the least-squares fit of two potentials by; `None` if nothing is
/// overdetermined.
fn disagreement(leads: &[DigitisedLead], here: &[(usize, usize, [f32; 2])]) -> Option<Vec<f32>> {
    if here.len() < 2 {
        return None;
    }
    let (mut aa, mut ab, mut bb, mut ax, mut bx) = (0.0f32, 0.0, 0.0, 0.0, 0.0);
    for &(k, sample, [a, b]) in here {
        let x = leads[k].samples_mv[sample];
        aa += a * a;
        ab += a * b;
        bb += b * b;
        ax += a * x;
        bx += b * x;
    }
    let determinant = aa * bb - ab * ab;
    let (one, two) = if determinant.abs() > 1e-3 {
        (
            (bb * ax - ab * bx) / determinant,
            (aa * bx - ab * ax) / determinant,
        )
    } else {
        // The same lead twice: only its own direction is known.
        let [a, b] = here[0].2;
        let mean = (ax * a + bx * b) / ((a * a + b * b) * (aa + bb));
        (a * mean, b * mean)
    };
    Some(
        here.iter()
            .map(|&(k, sample, [a, b])| leads[k].samples_mv[sample] - a * one - b * two)
            .collect(),
    )
}

/// Takes constant offsets off the corrections of one stretch and weakens the large ones.
fn settle(leads: &[DigitisedLead], corrections: &mut [(usize, usize, f32)], start: usize) {
    let stretch = &mut corrections[start..];
    for k in 0..leads.len() {
        let mut own: Vec<f32> = stretch
            .iter()
            .filter(|entry| entry.0 == k)
            .map(|entry| entry.2)
            .collect();
        if own.is_empty() {
            continue;
        }
        let middle = own.len() / 2;
        let offset = *own.select_nth_unstable_by(middle, f32::total_cmp).1;
        for entry in stretch.iter_mut().filter(|entry| entry.0 == k) {
            let error = entry.2 - offset;
            entry.2 = error / (1.0 + (error / TRUSTED_MV).powi(2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(lead: Lead, samples_mv: Vec<f32>) -> DigitisedLead {
        DigitisedLead {
            lead: Some(lead),
            is_rhythm: false,
            start_s: 0.0,
            sample_rate_hz: 150.0,
            samples_mv,
            confidence: 1.0,
            overlay_mm: Vec::new(),
        }
    }

    #[test]
    fn leads_that_agree_stay_and_small_errors_shrink() {
        let wave: Vec<f32> = (0..300).map(|k| (k as f32 / 20.0).sin()).collect();
        let scaled = |factor: f32| wave.iter().map(|v| v * factor).collect::<Vec<f32>>();
        let mut leads = vec![
            lead(Lead::I, scaled(0.4)),
            lead(Lead::II, scaled(1.0)),
            lead(Lead::III, scaled(0.6)),
        ];
        let before = leads.clone();
        reconcile(&mut leads);
        for (a, b) in leads.iter().zip(&before) {
            for (a, b) in a.samples_mv.iter().zip(&b.samples_mv) {
                assert!((a - b).abs() < 1e-4);
            }
        }
        // An error of 30 µV in one lead becomes two thirds of it, and a third in the others.
        leads[1].samples_mv[100] += 0.03;
        reconcile(&mut leads);
        let error = leads[1].samples_mv[100] - before[1].samples_mv[100];
        assert!((0.019..0.024).contains(&error), "{error}");
    }

    #[test]
    fn a_misread_lead_does_not_spoil_the_others() {
        let mut leads = vec![
            lead(Lead::I, vec![0.0; 300]),
            lead(Lead::II, vec![0.0; 300]),
            lead(Lead::III, vec![0.0; 300]),
        ];
        leads[0].samples_mv[50] = 1.5;
        leads[0].samples_mv[60] = f32::NAN;
        reconcile(&mut leads);
        assert!(leads[1].samples_mv[50].abs() < 0.02);
        assert!(leads[0].samples_mv[50] > 1.4 && leads[0].samples_mv[60].is_nan());
    }

    #[test]
    fn a_lead_shown_twice_is_averaged() {
        let mut leads = vec![
            lead(Lead::II, vec![0.0; 300]),
            lead(Lead::II, vec![0.0; 300]),
        ];
        leads[0].samples_mv[50] = 0.02;
        reconcile(&mut leads);
        let values = (leads[0].samples_mv[50], leads[1].samples_mv[50]);
        assert!(
            (values.0 - 0.01).abs() < 2e-3 && (values.1 - 0.01).abs() < 2e-3,
            "{values:?}"
        );
    }
}
