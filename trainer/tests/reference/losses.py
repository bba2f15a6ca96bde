"""Independent reference of the losses: values and gradients by PyTorch's automatic differentiation.

    python3 trainer/tests/reference/losses.py > trainer/tests/reference/losses.json

The contrast follows the formula of the paper's code term by term (probabilities, not logarithms of sigmoids), in double
precision; `trainer/tests/losses.rs` compares.
"""

import json

import torch
from torch.nn import functional as F

torch.manual_seed(20261123)
DOUBLE = torch.float64


def with_gradients(loss, **inputs):
    gradients = torch.autograd.grad(loss, list(inputs.values()))
    return {
        "loss": loss.item(),
        "gradients": {name: gradient.tolist() for name, gradient in zip(inputs, gradients)},
    }


def cross_entropy():
    logits = (3 * torch.randn(4, 5, dtype=DOUBLE)).requires_grad_()
    targets = (torch.rand(4, 5, dtype=DOUBLE) < 0.4).to(DOUBLE)
    loss = F.binary_cross_entropy_with_logits(logits, targets)
    return {"logits": logits.tolist(), "targets": targets.tolist(), **with_gradients(loss, logits=logits)}


def distillation(temperature, form):
    student = (2 * torch.randn(4, 5, dtype=DOUBLE)).requires_grad_()
    teacher = 2 * torch.randn(4, 5, dtype=DOUBLE)
    if form == "logits":
        p, q = torch.sigmoid(student / temperature), torch.sigmoid(teacher / temperature)
        factor = temperature**2
    else:
        p, q, factor = torch.sigmoid(student), torch.sigmoid(teacher), 1.0
    present, absent = (q, p), (1 - q, 1 - p)
    total = 0.0
    for a, b in (present, absent):
        if form == "probabilities":
            a, b = a / temperature, b / temperature
        total = total + a * (a.log() - b.log())
    loss = factor * total.mean()
    return {
        "form": form,
        "temperature": temperature,
        "student": student.tolist(),
        "teacher": teacher.tolist(),
        **with_gradients(loss, student=student),
    }


def contrast():
    batch, others, dimensions, records, temperature = 3, 4, 6, 50, 0.07
    anchors = F.normalize(torch.randn(batch, dimensions, dtype=DOUBLE), dim=1).requires_grad_()
    candidates = F.normalize(torch.randn(batch, 1 + others, dimensions, dtype=DOUBLE), dim=2)
    exponentials = torch.exp(torch.einsum("bjd,bd->bj", candidates, anchors) / temperature)
    normaliser = exponentials.mean().item() * records
    h = exponentials / normaliser
    noise = others / records
    positive = torch.log(h[:, 0] / (h[:, 0] + noise))
    negative = torch.log(noise / (h[:, 1:] + noise)).sum(1)
    loss = -(positive + negative).mean()
    return {
        "temperature": temperature,
        "records": records,
        "anchors": anchors.tolist(),
        "candidates": candidates.tolist(),
        "log_normaliser": torch.tensor(normaliser).log().item(),
        **with_gradients(loss, anchors=anchors),
    }


if __name__ == "__main__":
    reference = {
        "cross_entropy": cross_entropy(),
        "distillation": [
            distillation(1.0, "logits"),
            distillation(2.0, "logits"),
            distillation(1.0, "probabilities"),
            distillation(3.0, "probabilities"),
        ],
        "contrast": contrast(),
    }
    print(json.dumps(reference, indent=1))
