//! What the curves themselves tell: which rows are sums of others, which strip repeats which lead.

use crate::lead::Lead;
use crate::photo::median::median;

use super::strips::Strip;

/// Curves are compared at this resolution.
pub(super) const STEP_MM: f32 = 0.5;
/// Fewer steps say nothing.
const MIN_STEPS: usize = 40;
/// Curves flatter than this (root mean square) say nothing.
const MIN_RMS_MM: f32 = 0.25;
/// A share of unexplained power that is as likely by chance as by a true relation.
const EVEN_SHARE: f32 = 0.22;
/// What drawing, scanning and following leave unexplained at best.
const NOISE_SHARE: f32 = 0.02;
/// How much a strip that repeats a lead says, and the most for and against.
const REPEATED: f32 = 3.2;
const REPEATED_LIMITS: (f32, f32) = (-3.0, 7.0);
/// Most that one relation may say for and against.
const LIMITS: (f32, f32) = (-2.5, 2.5);

/// A piece of curve in millimetres (up), its median 0, `NaN` where nothing was followed.
pub(super) fn piece(strip: &Strip, left_mm: f32, right_mm: f32) -> Vec<f32> {
    let steps = ((right_mm - left_mm) / STEP_MM).max(0.0) as usize;
    let mut values: Vec<f32> = (0..steps)
        .map(|k| {
            let from = left_mm + k as f32 * STEP_MM;
            let points = strip.points(from, from + STEP_MM);
            let (sum, count) = points
                .iter()
                .filter(|y| y.is_finite())
                .fold((0.0, 0), |(sum, count), y| (sum - y, count + 1));
            sum / count as f32
        })
        .collect();
    let centre = median(values.iter().copied().filter(|v| v.is_finite()));
    values.iter_mut().for_each(|value| *value -= centre);
    values
}

/// A limb lead in terms of I and II (Einthoven, Goldberger).
fn frontal(lead: Lead) -> Option<[f32; 2]> {
    Some(match lead {
        Lead::I => [1.0, 0.0],
        Lead::II => [0.0, 1.0],
        Lead::III => [-1.0, 1.0],
        Lead::AVR => [-0.5, -0.5],
        Lead::AVL => [1.0, -0.5],
        Lead::AVF => [-0.5, 1.0],
        _ => return None,
    })
}

/// How much speaks for simultaneous pieces being these leads (log likelihood ratio): three or more
/// limb leads must be combinations of two.
pub(super) fn limb_leads_agree(pieces: &[(Lead, bool, Vec<f32>)]) -> f32 {
    let limb: Vec<([f32; 2], &[f32])> = pieces
        .iter()
        .filter_map(|(lead, negative, values)| {
            let sign = if *negative { -1.0 } else { 1.0 };
            Some((frontal(*lead)?.map(|c| c * sign), values.as_slice()))
        })
        .filter(|(_, values)| !values.is_empty())
        .collect();
    if limb.len() < 3 {
        return 0.0;
    }
    // Normal equations of the two unknowns I and II.
    let sum = |a: usize, b: usize| limb.iter().map(|(c, _)| c[a] * c[b]).sum::<f32>();
    let (aa, ab, bb) = (sum(0, 0), sum(0, 1), sum(1, 1));
    let determinant = aa * bb - ab * ab;
    if determinant < 1e-3 {
        return 0.0;
    }
    let steps = limb
        .iter()
        .map(|(_, values)| values.len())
        .min()
        .unwrap_or(0);
    let (mut unexplained, mut power, mut used) = (0.0, 0.0, 0usize);
    for k in 0..steps {
        let values: Vec<f32> = limb.iter().map(|(_, values)| values[k]).collect();
        if values.iter().any(|v| v.is_nan()) {
            continue;
        }
        let right =
            |a: usize| -> f32 { limb.iter().zip(&values).map(|((c, _), v)| c[a] * v).sum() };
        let (ra, rb) = (right(0), right(1));
        let (first, second) = (
            (bb * ra - ab * rb) / determinant,
            (aa * rb - ab * ra) / determinant,
        );
        for ((c, _), value) in limb.iter().zip(&values) {
            unexplained += (value - c[0] * first - c[1] * second).powi(2);
            power += value * value;
        }
        used += 1;
    }
    let count = (used * limb.len()).max(1) as f32;
    if used < MIN_STEPS || (power / count).sqrt() < MIN_RMS_MM {
        return 0.0;
    }
    // By chance a fit of two unknowns explains 2 of m dimensions.
    let by_chance = (limb.len() - 2) as f32 / limb.len() as f32;
    evidence(unexplained / power / by_chance)
}

/// How much speaks for two pieces being the same curve (log likelihood ratio).
pub(super) fn same_curve(a: &[f32], b: &[f32]) -> Option<f32> {
    let pairs: Vec<(f32, f32)> = a
        .iter()
        .zip(b)
        .filter(|(a, b)| a.is_finite() && b.is_finite())
        .map(|(a, b)| (*a, *b))
        .collect();
    if pairs.len() < MIN_STEPS {
        return None;
    }
    // Baselines of the two rows may differ.
    let offset = median(pairs.iter().map(|(a, b)| a - b));
    let unexplained: f32 = pairs.iter().map(|(a, b)| (a - b - offset).powi(2)).sum();
    let power: f32 = pairs.iter().map(|(a, b)| 0.5 * (a * a + b * b)).sum();
    if (power / pairs.len() as f32).sqrt() < MIN_RMS_MM {
        return None;
    }
    let ratio = (EVEN_SHARE + NOISE_SHARE) / (unexplained / power + NOISE_SHARE);
    Some((REPEATED * ratio.ln()).clamp(REPEATED_LIMITS.0, REPEATED_LIMITS.1))
}

fn evidence(share: f32) -> f32 {
    let value = 1.3 * ((EVEN_SHARE + NOISE_SHARE) / (share + NOISE_SHARE)).ln();
    value.clamp(LIMITS.0, LIMITS.1)
}

/// How steep a set of simultaneous curves is at each step: beats stand out.
pub(super) fn steepness(pieces: &[Vec<f32>]) -> Vec<f32> {
    let steps = pieces.iter().map(Vec::len).max().unwrap_or(0);
    let mut total = vec![0.0; steps];
    for piece in pieces {
        for (k, pair) in piece.windows(2).enumerate() {
            let slope = (pair[1] - pair[0]).abs();
            if slope.is_finite() {
                total[k] += slope;
            }
        }
    }
    // Flanks of different leads are not equally steep: beats as a whole are compared.
    (0..steps)
        .map(|k| total[k.saturating_sub(1)..(k + 2).min(steps)].iter().sum())
        .collect()
}

/// Correlation of two profiles, the best within half a millimetre of shift.
pub(super) fn alike(a: &[f32], b: &[f32]) -> f32 {
    best_over_shifts(a, b, 1, correlation)
}

/// The highest `likeness` of what stands opposite each other when `b` is moved by up to `most` steps either way.
pub(super) fn best_over_shifts(
    a: &[f32],
    b: &[f32],
    most: isize,
    likeness: fn(&[(f32, f32)]) -> f32,
) -> f32 {
    let shifted = |shift: isize| {
        let pairs: Vec<(f32, f32)> = a
            .iter()
            .enumerate()
            .filter_map(|(k, a)| {
                let other = usize::try_from(k as isize + shift).ok()?;
                Some((*a, *b.get(other)?))
            })
            .collect();
        likeness(&pairs)
    };
    (-most..=most).map(shifted).fold(-1.0, f32::max)
}

fn correlation(pairs: &[(f32, f32)]) -> f32 {
    if pairs.len() < MIN_STEPS {
        return 0.0;
    }
    pearson(pairs)
}

/// Pearson's correlation.
pub(super) fn pearson(pairs: &[(f32, f32)]) -> f32 {
    let count = pairs.len().max(1) as f32;
    let mean_a = pairs.iter().map(|p| p.0).sum::<f32>() / count;
    let mean_b = pairs.iter().map(|p| p.1).sum::<f32>() / count;
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    ab / (aa * bb).sqrt().max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beats of a lead in which they are this tall, every 20 mm.
    fn beats(tall_mm: f32, wide: f32) -> Vec<f32> {
        (0..120)
            .map(|k| {
                let off = ((k % 40) as f32 - 20.0) / wide;
                tall_mm * (-off * off).exp()
            })
            .collect()
    }

    fn sum(a: &[f32], b: &[f32], share: f32) -> Vec<f32> {
        a.iter().zip(b).map(|(a, b)| a + share * b).collect()
    }

    #[test]
    fn einthovens_law_speaks_for_the_right_order_only() {
        let (one, two) = (beats(5.0, 2.0), beats(9.0, 5.0));
        let three = sum(&two, &one, -1.0);
        let named = |leads: [Lead; 3]| {
            let curves = [one.clone(), two.clone(), three.clone()];
            limb_leads_agree(
                &leads
                    .into_iter()
                    .zip(curves)
                    .map(|(lead, curve)| (lead, false, curve))
                    .collect::<Vec<_>>(),
            )
        };
        assert!(named([Lead::I, Lead::II, Lead::III]) > 2.0);
        assert!(named([Lead::II, Lead::III, Lead::I]) < 0.0);
        assert_eq!(named([Lead::V1, Lead::V2, Lead::V3]), 0.0, "not limb leads");
    }

    #[test]
    fn a_curve_is_like_itself_wherever_its_baseline_is() {
        let (narrow, wide) = (beats(5.0, 2.0), beats(5.0, 8.0));
        let lifted: Vec<f32> = narrow.iter().map(|v| v + 3.0).collect();
        assert!(same_curve(&narrow, &lifted).is_some_and(|value| value > 2.0));
        assert!(same_curve(&narrow, &wide).is_some_and(|value| value < 0.0));
        assert_eq!(
            same_curve(&[0.0; 100], &[0.0; 100]),
            None,
            "flat curves say nothing"
        );
    }
}
