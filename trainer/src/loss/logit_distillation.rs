//! Softened-logit distillation in Bernoulli form.

use burn::prelude::*;
use burn::tensor::activation::{log_sigmoid, sigmoid};

/// How far the student's softened predictions are from the teacher's, per label because labels co-occur.
///
/// # Shapes
/// - `student`, `teacher`: `[B, K]`, raw logits; no gradient flows to the teacher
/// - returns `[1]`, mean over batch and labels, in nats
///
/// # Formula
/// τ² · KL(σ(teacher/τ) ‖ σ(student/τ)), τ = `temperature` > 0
///
/// # Source
/// Hinton et al. 2015, arXiv:1503.02531. Deviation: sigmoid instead of softmax, as in MVKT-ECG's multi-label
/// distillation (arXiv:2301.12178), but softening logits where that code divides probabilities.
pub fn logit_distillation(student: Tensor<2>, teacher: Tensor<2>, temperature: f64) -> Tensor<1> {
    let student = student / temperature;
    let teacher = teacher.detach() / temperature;
    let q = sigmoid(teacher.clone());
    let positive = q.clone() * (log_sigmoid(teacher.clone()) - log_sigmoid(student.clone()));
    let negative = (-q + 1.0) * (log_sigmoid(-teacher) - log_sigmoid(-student));
    (positive + negative).mean() * (temperature * temperature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_zero_for_equal_logits_and_matches_hand_computation() {
        let device = Device::flex();
        let z = Tensor::<2>::from_floats([[-3.0, 0.5, 8.0]], &device);
        let same = logit_distillation(z.clone(), z, 2.0).into_scalar::<f32>();
        assert!(same.abs() < 1e-6, "{same}");

        // q = σ(0) = ½, p = σ(1) = 0.731059: ½ ln(½/0.731059) + ½ ln(½/0.268941) = 0.120115; τ = 2 → × 4
        let student = Tensor::<2>::from_floats([[2.0]], &device);
        let teacher = Tensor::<2>::from_floats([[0.0]], &device);
        let loss = logit_distillation(student, teacher, 2.0).into_scalar::<f32>();
        assert!((loss - 0.480_458).abs() < 1e-4, "{loss}");
    }

    #[test]
    fn teacher_gets_no_gradient() {
        let device = Device::flex().autodiff();
        let student = Tensor::<2>::from_floats([[1.0, -1.0]], &device).require_grad();
        let teacher = Tensor::<2>::from_floats([[0.0, 2.0]], &device).require_grad();
        let gradients = logit_distillation(student.clone(), teacher.clone(), 1.0).backward();
        assert!(student.grad(&gradients).is_some());
        assert!(teacher.grad(&gradients).is_none());
    }
}
