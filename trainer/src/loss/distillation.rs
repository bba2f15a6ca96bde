//! Multi-label distillation (MKD): the teacher's predictions as soft labels, in Bernoulli form.

use burn::prelude::*;
use burn::tensor::activation::{log_sigmoid, sigmoid};

use crate::config::{Distillation, Softening};

/// How far the student's predictions are from the teacher's, per label because labels co-occur.
///
/// # Shapes
/// - `student`, `teacher`: `[B, K]`, raw logits; no gradient flows to the teacher
/// - returns `[B, K]`, in nats
///
/// # Formula
/// τ = `temperature` > 0:
/// - [`Softening::Logits`]: τ² · KL(σ(teacher/τ) ‖ σ(student/τ))
/// - [`Softening::Probabilities`]: Σ over present and absent of q/τ · (ln(q/τ) − ln(p/τ)) = KL(q ‖ p)/τ, with q and p
///   the unsoftened probabilities: it only makes the term weaker
///
/// # Source
/// Probabilities: MVKT-ECG's L_MKD as its authors coded it, arXiv:2301.12178. Logits: Hinton et al. 2015,
/// arXiv:1503.02531. At τ = 1 they are one. Deviation: it goes into a mean over labels instead of half their sum, so that
/// the weight compares with the cross-entropy's mean.
pub fn distillation_loss(
    student: Tensor<2>,
    teacher: Tensor<2>,
    settings: &Distillation,
) -> Tensor<2> {
    let temperature = settings.temperature;
    let teacher = teacher.detach();
    match settings.form {
        Softening::Logits => {
            let divergence = bernoulli_divergence(teacher / temperature, student / temperature);
            divergence * (temperature * temperature)
        }
        Softening::Probabilities => bernoulli_divergence(teacher, student) / temperature,
    }
}

/// KL(σ(teacher) ‖ σ(student)) per example and label.
fn bernoulli_divergence(teacher: Tensor<2>, student: Tensor<2>) -> Tensor<2> {
    let q = sigmoid(teacher.clone());
    let positive = q.clone() * (log_sigmoid(teacher.clone()) - log_sigmoid(student.clone()));
    let negative = (-q + 1.0) * (log_sigmoid(-teacher) - log_sigmoid(-student));
    positive + negative
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(temperature: f64, form: Softening) -> Distillation {
        Distillation {
            weight: 1.0,
            temperature,
            form,
        }
    }

    #[test]
    fn is_zero_for_equal_logits_and_matches_hand_computation() {
        let device = Device::flex();
        let z = Tensor::<2>::from_floats([[-3.0, 0.5, 8.0]], &device);
        let same = distillation_loss(z.clone(), z, &settings(2.0, Softening::Logits))
            .mean()
            .into_scalar::<f32>();
        assert!(same.abs() < 1e-6, "{same}");

        // q = σ(0) = ½, p = σ(1) = 0.731059: ½ ln(½/0.731059) + ½ ln(½/0.268941) = 0.120115; τ = 2 → × 4
        let student = Tensor::<2>::from_floats([[2.0]], &device);
        let teacher = Tensor::<2>::from_floats([[0.0]], &device);
        let loss = distillation_loss(student, teacher, &settings(2.0, Softening::Logits))
            .mean()
            .into_scalar::<f32>();
        assert!((loss - 0.480_458).abs() < 1e-4, "{loss}");
    }

    #[test]
    fn teacher_gets_no_gradient() {
        let device = Device::flex().autodiff();
        let student = Tensor::<2>::from_floats([[1.0, -1.0]], &device).require_grad();
        let teacher = Tensor::<2>::from_floats([[0.0, 2.0]], &device).require_grad();
        let gradients = distillation_loss(
            student.clone(),
            teacher.clone(),
            &settings(1.0, Softening::Logits),
        )
        .mean()
        .backward();
        assert!(student.grad(&gradients).is_some());
        assert!(teacher.grad(&gradients).is_none());
    }

    #[test]
    fn both_forms_are_one_at_temperature_one() {
        let device = Device::flex();
        let student = Tensor::<2>::from_floats([[0.3, -2.0, 4.0]], &device);
        let teacher = Tensor::<2>::from_floats([[1.3, -1.0, -0.5]], &device);
        let loss = |temperature, form| {
            let settings = settings(temperature, form);
            distillation_loss(student.clone(), teacher.clone(), &settings)
                .mean()
                .into_scalar::<f32>()
        };
        let one = loss(1.0, Softening::Logits);
        assert!((one - loss(1.0, Softening::Probabilities)).abs() < 1e-6);
        assert!((one / 4.0 - loss(4.0, Softening::Probabilities)).abs() < 1e-6);
        assert!((one - loss(4.0, Softening::Logits)).abs() > 1e-2);
    }
}
