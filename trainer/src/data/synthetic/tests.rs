//! Every statement's visible sign must be in the signal.

use inkbeat::labels::LabelSet;
use inkbeat::lead::Lead;

use super::rhythm::{Origin, irregularity};
use super::*;

const RATE_HZ: f64 = 500.0;
const SEEDS: std::ops::Range<u64> = 0..12;

/// The recording without noise, and its beats.
fn clean(kind: Kind, seed: u64) -> (Recording, Vec<Beat>) {
    let (rhythm, shape) = kind.rhythm_and_shape();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(1);
    let beats = rhythm::beats(&mut rng, rhythm, DURATION_S);
    let dipole = heart_dipole(&mut rng, rhythm, shape, &beats, RATE_HZ);
    (dipole.record(&mut rng, &Noise::none()), beats)
}

/// Samples of `lead` from `from_s` to `to_s` after the onset of `beat`, relative to its start.
fn around<'a>(recording: &'a Recording, lead: Lead, beat: &Beat, span_s: [f64; 2]) -> &'a [f32] {
    let index = |time_s: f64| ((beat.onset_s + time_s) * RATE_HZ).round() as usize;
    &recording.lead(lead).unwrap().samples_mv[index(span_s[0])..index(span_s[1])]
}

fn highest(samples: &[f32]) -> f32 {
    samples.iter().copied().fold(f32::MIN, f32::max)
}

fn lowest(samples: &[f32]) -> f32 {
    samples.iter().copied().fold(f32::MAX, f32::min)
}

/// A beat whose P, QRS and T lie inside the recording.
fn whole_beat(beats: &[Beat]) -> Beat {
    *beats.iter().find(|beat| beat.onset_s > 1.0).unwrap()
}

/// Seconds from the first to the last moment of the QRS complex at which some lead changes faster
/// than 14 mV/s, which P and T waves never do.
fn qrs_duration_s(recording: &Recording, beat: &Beat) -> f64 {
    let steep = |k: usize| {
        recording.leads.iter().any(|signal| {
            let slope =
                (signal.samples_mv[k + 1] - signal.samples_mv[k - 1]) * 0.5 * RATE_HZ as f32;
            slope.abs() > 14.0
        })
    };
    let start = ((beat.onset_s - 0.02) * RATE_HZ) as usize;
    let hits: Vec<usize> = (start..start + (0.19 * RATE_HZ) as usize)
        .filter(|k| steep(*k))
        .collect();
    (hits[hits.len() - 1] - hits[0]) as f64 / RATE_HZ
}

#[test]
fn every_statement_exists_in_ptb_xl() {
    for kind in Kind::ALL {
        let ecg = generate_kind(kind, 1, 100.0);
        assert!(
            LabelSet::from_statements(ecg.statements.iter().copied()).is_ok(),
            "{kind:?}"
        );
        assert!(!ecg.statements.is_empty());
    }
}

#[test]
fn recordings_have_twelve_finite_leads_of_plausible_size() {
    for seed in 0..60 {
        let ecg = generate(seed, 100.0);
        assert_eq!(ecg.recording.leads.len(), 12);
        for signal in &ecg.recording.leads {
            assert_eq!(signal.samples_mv.len(), 1000);
            let largest = signal
                .samples_mv
                .iter()
                .fold(0.0_f32, |a, v| a.max(v.abs()));
            assert!((0.05..6.0).contains(&largest), "seed {seed}: {largest} mV");
        }
    }
    assert_eq!(generate(7, 100.0), generate(7, 100.0));
    assert_ne!(generate(7, 100.0).recording, generate(8, 100.0).recording);
}

#[test]
fn normal_beats_have_p_narrow_qrs_and_upright_t() {
    for seed in SEEDS {
        let (recording, beats) = clean(Kind::Normal, seed);
        let beat = whole_beat(&beats);
        assert!(
            highest(around(&recording, Lead::II, &beat, [-0.15, -0.05])) > 0.06,
            "P, {seed}"
        );
        assert!(qrs_duration_s(&recording, &beat) < 0.11, "QRS, {seed}");
        assert!(
            highest(around(&recording, Lead::II, &beat, [0.18, 0.4])) > 0.12,
            "T, {seed}"
        );
        assert!(
            highest(around(&recording, Lead::V5, &beat, [0.0, 0.1])) > 0.5,
            "R, {seed}"
        );
        assert!(
            lowest(around(&recording, Lead::V1, &beat, [0.0, 0.1])) < -0.3,
            "S, {seed}"
        );
        let sokolow = highest(around(&recording, Lead::V5, &beat, [0.0, 0.1]))
            - lowest(around(&recording, Lead::V1, &beat, [0.0, 0.1]));
        assert!(sokolow < 3.5, "{sokolow} mV, {seed}");
    }
}

#[test]
fn fibrillation_is_irregular_without_p_waves() {
    for seed in SEEDS {
        let (_, beats) = clean(Kind::Afib, seed);
        assert!(irregularity(&beats, DURATION_S) > 0.12, "{seed}");
        assert!(beats.iter().all(|beat| beat.origin == Origin::NoP));
    }
}

#[test]
fn flutter_waves_return_five_times_a_second() {
    for seed in SEEDS {
        let mut dipole = Dipole::silent(DURATION_S, RATE_HZ);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for wave in rhythm::atrial_activity(&mut rng, Rhythm::Flutter, DURATION_S) {
            dipole.add(&wave);
        }
        let recording = dipole.record(&mut rng, &Noise::none());
        let lead = &recording.lead(Lead::II).unwrap().samples_mv;
        let swing = highest(&lead[500..1000]) - lowest(&lead[500..1000]);
        assert!(swing > 0.12, "{swing} mV");
        assert!(
            (lead[1000] - lead[1100]).abs() < 0.01 * swing,
            "period of 0.2 s"
        );
    }
}

#[test]
fn rates_fit_tachycardia_and_bradycardia() {
    for seed in SEEDS {
        let rate = |kind| {
            let (_, beats) = clean(kind, seed);
            let inside = beats
                .iter()
                .filter(|b| (0.0..DURATION_S).contains(&b.onset_s));
            6.0 * inside.count() as f64
        };
        assert!(rate(Kind::Stach) > 100.0);
        assert!(rate(Kind::Sbrad) <= 60.0);
    }
}

#[test]
fn ventricular_beats_are_wide_and_atrial_ones_narrow() {
    for seed in SEEDS {
        let (recording, beats) = clean(Kind::Pvc, seed);
        let early = beats
            .iter()
            .find(|beat| beat.origin == Origin::Ventricle)
            .unwrap();
        assert!(qrs_duration_s(&recording, early) > 0.12, "{seed}");
        let (recording, beats) = clean(Kind::Pac, seed);
        let early = beats
            .iter()
            .find(|beat| beat.origin == Origin::Atrium)
            .unwrap();
        assert!(qrs_duration_s(&recording, early) < 0.11, "{seed}");
    }
}

#[test]
fn first_degree_block_separates_p_from_qrs() {
    for seed in SEEDS {
        let (recording, beats) = clean(Kind::Avb1, seed);
        let beat = whole_beat(&beats);
        assert!(beat.pr_s > 0.2);
        // The P wave peaks where the long interval puts it, and is over well before QRS.
        let p_wave = around(&recording, Lead::II, &beat, [-beat.pr_s, -beat.pr_s + 0.11]);
        let gap = around(&recording, Lead::II, &beat, [-0.07, -0.03]);
        assert!(highest(p_wave) > highest(gap) + 0.05, "{seed}");
    }
}

#[test]
fn bundle_branch_blocks_are_wide_and_point_the_right_way() {
    for seed in SEEDS {
        let (recording, beats) = clean(Kind::Clbbb, seed);
        let beat = whole_beat(&beats);
        assert!(qrs_duration_s(&recording, &beat) > 0.12, "{seed}");
        assert!(
            lowest(around(&recording, Lead::V1, &beat, [0.0, 0.15])) < -0.6,
            "{seed}"
        );
        assert!(
            highest(around(&recording, Lead::V1, &beat, [0.0, 0.15])) < 0.1,
            "{seed}"
        );
        assert!(
            highest(around(&recording, Lead::V6, &beat, [0.05, 0.14])) > 0.5,
            "{seed}"
        );
        assert!(
            lowest(around(&recording, Lead::V6, &beat, [0.0, 0.05])) > -0.05,
            "no q, {seed}"
        );

        let (recording, beats) = clean(Kind::Crbbb, seed);
        let beat = whole_beat(&beats);
        assert!(qrs_duration_s(&recording, &beat) > 0.12, "{seed}");
        assert!(
            highest(around(&recording, Lead::V1, &beat, [0.08, 0.14])) > 0.4,
            "R', {seed}"
        );
        assert!(
            lowest(around(&recording, Lead::V6, &beat, [0.08, 0.14])) < -0.2,
            "S, {seed}"
        );
    }
}

#[test]
fn infarctions_have_q_waves_over_their_region() {
    for seed in SEEDS {
        let (recording, beats) = clean(Kind::Imi, seed);
        let beat = whole_beat(&beats);
        for lead in [Lead::II, Lead::III, Lead::AVF] {
            let q = -lowest(around(&recording, lead, &beat, [0.0, 0.045]));
            let r = highest(around(&recording, lead, &beat, [0.0, 0.1]));
            assert!(
                q > 0.15 && q > 0.25 * r,
                "{}: q {q}, r {r}, {seed}",
                lead.name()
            );
        }
        let (recording, beats) = clean(Kind::Ami, seed);
        let beat = whole_beat(&beats);
        for lead in [Lead::V2, Lead::V3] {
            let r = highest(around(&recording, lead, &beat, [0.0, 0.1]));
            let q = lowest(around(&recording, lead, &beat, [0.0, 0.1]));
            assert!(r < 0.1 && q < -0.4, "{}: r {r}, q {q}, {seed}", lead.name());
        }
    }
}

#[test]
fn hypertrophy_meets_the_sokolow_criterion_with_strain() {
    for seed in SEEDS {
        let (recording, beats) = clean(Kind::Lvh, seed);
        let beat = whole_beat(&beats);
        let r = highest(around(&recording, Lead::V5, &beat, [0.0, 0.12]));
        let s = -lowest(around(&recording, Lead::V1, &beat, [0.0, 0.12]));
        assert!(r + s > 3.5, "{} mV, {seed}", r + s);
        assert!(
            lowest(around(&recording, Lead::V6, &beat, [0.2, 0.4])) < -0.1,
            "{seed}"
        );
    }
}
