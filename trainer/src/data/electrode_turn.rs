//! A lead as misplaced electrodes would record it, computed from the leads around it.

use inkbeat::lead::Lead;
use inkbeat::signal::WINDOW_SAMPLES;
use rand::Rng;
use rand_distr::{Distribution, Normal};

/// Neighbouring chest electrodes sit some 25° apart around the heart.
const DEGREES_BETWEEN_CHEST_LEADS: f32 = 25.0;
/// Unipolar limb leads are √3/2 as long as bipolar ones (Einthoven's triangle).
const AUGMENTED_LENGTH: f32 = 0.866_025_4;

/// One lead `[1000]` of a record `[12, 1000]`, its direction turned by a random angle of this standard deviation.
///
/// A limb lead is turned in the frontal plane, where leads I and aVF give all others; a chest lead is mixed with a
/// neighbour by as much as its electrode is shifted towards it.
pub fn turned_lead<R: Rng>(
    record_mv: &[f32],
    lead: Lead,
    deviation_deg: f32,
    rng: &mut R,
) -> Vec<f32> {
    let turn_deg = Normal::new(0.0, deviation_deg).map_or(0.0, |normal| normal.sample(rng));
    if turn_deg == 0.0 {
        return of(record_mv, lead).to_vec();
    }
    let (first, second, weights) = match frontal_direction(lead) {
        Some((angle_deg, length)) => {
            let angle = (angle_deg + turn_deg).to_radians();
            let weights = [
                length * angle.cos(),
                length * angle.sin() / AUGMENTED_LENGTH,
            ];
            (Lead::I, Lead::AVF, weights)
        }
        None => {
            let share = (turn_deg.abs() / DEGREES_BETWEEN_CHEST_LEADS).min(0.5);
            let place = lead.index();
            let neighbour = if turn_deg > 0.0 && lead != Lead::V6 || lead == Lead::V1 {
                place + 1
            } else {
                place - 1
            };
            (lead, Lead::ALL[neighbour], [1.0 - share, share])
        }
    };
    of(record_mv, first)
        .iter()
        .zip(of(record_mv, second))
        .map(|(first, second)| weights[0] * first + weights[1] * second)
        .collect()
}

/// Direction in degrees (0° to the left, 90° to the feet) and length of a limb lead; `None` for chest leads.
fn frontal_direction(lead: Lead) -> Option<(f32, f32)> {
    match lead {
        Lead::I => Some((0.0, 1.0)),
        Lead::II => Some((60.0, 1.0)),
        Lead::III => Some((120.0, 1.0)),
        Lead::AVR => Some((-150.0, AUGMENTED_LENGTH)),
        Lead::AVL => Some((-30.0, AUGMENTED_LENGTH)),
        Lead::AVF => Some((90.0, AUGMENTED_LENGTH)),
        Lead::V1 | Lead::V2 | Lead::V3 | Lead::V4 | Lead::V5 | Lead::V6 => None,
    }
}

fn of(record_mv: &[f32], lead: Lead) -> &[f32] {
    &record_mv[lead.index() * WINDOW_SAMPLES..][..WINDOW_SAMPLES]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// All twelve leads of a heart vector (x to the left, y to the feet) and flat chest leads 0, 1, …
    fn record(x: f32, y: f32) -> Vec<f32> {
        Lead::ALL
            .into_iter()
            .flat_map(|lead| {
                let value =
                    frontal_direction(lead).map_or((lead.index() - 6) as f32, |(deg, length)| {
                        length * (x * deg.to_radians().cos() + y * deg.to_radians().sin())
                    });
                vec![value; WINDOW_SAMPLES]
            })
            .collect()
    }

    #[test]
    fn limb_leads_obey_einthoven_and_no_turn_changes_nothing() {
        let record = record(0.8, 0.5);
        let value = |lead| of(&record, lead)[0];
        assert!((value(Lead::I) + value(Lead::III) - value(Lead::II)).abs() < 1e-6);
        assert!((value(Lead::AVF) - (value(Lead::II) + value(Lead::III)) / 2.0).abs() < 1e-6);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        assert_eq!(turned_lead(&record, Lead::V3, 0.0, &mut rng)[5], 2.0);
    }

    #[test]
    fn a_turned_lead_is_the_heart_vector_seen_from_there() {
        // A vector along 60° is largest in lead II: whatever the turn, it cannot grow, and it falls by its cosine.
        let record = record(0.5, 0.75_f32.sqrt());
        for seed in 0..20 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let turned = turned_lead(&record, Lead::II, 15.0, &mut rng)[0];
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let turn: f32 = Normal::new(0.0, 15.0).map_or(0.0, |normal| normal.sample(&mut rng));
            assert!((turned - turn.to_radians().cos()).abs() < 1e-5);
        }
        for lead in [Lead::V1, Lead::V4, Lead::V6] {
            let mut rng = ChaCha8Rng::seed_from_u64(9);
            let turned = turned_lead(&record, lead, 15.0, &mut rng)[0];
            let own = (lead.index() - 6) as f32;
            assert!((turned - own).abs() <= 0.5 && turned != own);
        }
    }
}
