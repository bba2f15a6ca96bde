use super::*;
use crate::config::NegativeRule;
use burn::nn::LinearConfig;
use rand::SeedableRng;

fn settings() -> Contrast {
    Contrast {
        weight: 0.8,
        dimensions: 4,
        negatives: 3,
        temperature: 0.5,
        momentum: 0.5,
        negatives_from: NegativeRule::DisjointLabels,
    }
}

fn transfer() -> LeadTransfer {
    let labels: Vec<LabelSet> = ["NORM", "IMI", "CRBBB", "NORM", "IMI"]
        .map(|code| LabelSet::from_statements([code]).expect("a known statement"))
        .to_vec();
    let features = (0..5 * 6).map(|i| (i as f32 * 0.7).sin()).collect();
    LeadTransfer::new(settings(), &labels, features, 1).expect("five records of three diseases")
}

#[test]
fn both_projections_learn_and_banks_are_kept_off_the_tape() {
    let device = Device::flex().autodiff();
    device.seed(2);
    let transfer = transfer();
    assert_eq!(transfer.feature_count(), 6);
    let projections = Projections {
        student: LinearConfig::new(8, 4).init(&device),
        teacher: LinearConfig::new(6, 4).init(&device),
    };
    let pooled = Tensor::<2>::ones([2, 8], &device).require_grad();
    let records = [0, 2];
    let mut negatives = Vec::new();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for record in records {
        transfer.draw_negatives(record, &mut rng, &mut negatives);
    }
    assert_eq!(negatives.len(), 6);
    let pair = transfer.embed(&projections, pooled.clone(), &records, &device);
    for embeddings in &pair.0 {
        let lengths = numbers(embeddings.clone().square().sum_dim(1));
        assert!(lengths.iter().all(|length| (length - 1.0).abs() < 1e-5));
    }
    let loss = transfer.loss(&pair, &records, &negatives, &device);
    let tape = loss.backward();
    let size = |tensor: Option<Tensor<2>>| {
        let gradient = numbers(tensor.expect("it is on the tape"));
        gradient.iter().map(|x| x.abs()).sum::<f32>()
    };
    assert!(size(projections.student.weight.grad(&tape)) > 0.0);
    assert!(size(projections.teacher.weight.grad(&tape)) > 0.0);
    assert!(size(pooled.grad(&tape)) > 0.0);

    let before = {
        let banks = transfer.banks.lock().expect("nobody panicked");
        assert!(banks.iter().all(|bank| bank.log_normaliser.is_some()));
        [0, 1].map(|side| [banks[side].row(0).to_vec(), banks[side].row(1).to_vec()])
    };
    transfer.remember(pair, &records).expect("unbroken banks");
    let banks = transfer.banks.lock().expect("nobody panicked");
    for (bank, [seen, unseen]) in banks.iter().zip(&before) {
        assert_ne!(bank.row(0), seen);
        assert_eq!(bank.row(1), unseen);
    }
}
