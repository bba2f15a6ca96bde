"""Independent reference of VizECGNet's attention: values and gradients by PyTorch's own layers.

    python3 trainer/tests/reference/attention.py > trainer/tests/reference/attention.json

Self-attention (SMAM), cross-attention (CMAM) and the positions of image and signal tokens, in double precision and rounded to
nine digits; `trainer/tests/attention.rs` compares. Weights of linear layers are given as `[inputs, outputs]`.
"""

import json
import math

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(20261123)
torch.set_default_dtype(torch.float64)

BATCH, IMAGE_TOKENS, SIGNAL_TOKENS, CHANNELS, HEADS, HIDDEN = 2, 6, 5, 8, 2, 6


class Block(nn.Module):
    """x + MHA(norm(x); other), then that plus FFN(norm of it)."""

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(CHANNELS)
        self.attention = nn.MultiheadAttention(CHANNELS, HEADS, batch_first=True)
        self.feed_forward_norm = nn.LayerNorm(CHANNELS)
        self.inner = nn.Linear(CHANNELS, HIDDEN)
        self.outer = nn.Linear(HIDDEN, CHANNELS)
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=0.5)

    def forward(self, own, other=None):
        query = self.norm(own)
        other = query if other is None else other
        own = own + self.attention(query, other, other, need_weights=False)[0]
        return own + self.outer(F.gelu(self.inner(self.feed_forward_norm(own))))

    def described(self, take):
        """`take` of every parameter, under the names and in the layout of the Rust modules."""

        def norm(layer):
            return {"gamma": take(layer.weight), "beta": take(layer.bias)}

        def linear(weight, bias):
            return {"weight": take(weight).T, "bias": take(bias)}

        weights = take(self.attention.in_proj_weight).chunk(3)
        biases = take(self.attention.in_proj_bias).chunk(3)
        projections = {
            name: {"weight": weight.T, "bias": bias}
            for name, weight, bias in zip(("query", "key", "value"), weights, biases)
        }
        output = self.attention.out_proj
        return {
            "norm": norm(self.norm),
            **projections,
            "output": linear(output.weight, output.bias),
            "feed_forward_norm": norm(self.feed_forward_norm),
            "inner": linear(self.inner.weight, self.inner.bias),
            "outer": linear(self.outer.weight, self.outer.bias),
        }


def numbers(value):
    if isinstance(value, dict):
        return {name: numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [numbers(part) for part in value]
    if isinstance(value, torch.Tensor):
        return numbers(value.detach().tolist())
    return value if isinstance(value, int) else float(f"{value:.9g}")


def self_modality():
    block = Block()
    tokens = torch.randn(BATCH, IMAGE_TOKENS, CHANNELS, requires_grad=True)
    projection = torch.randn(BATCH, IMAGE_TOKENS, CHANNELS)
    output = block(tokens)
    (output * projection).sum().backward()
    return {
        "parameters": block.described(lambda parameter: parameter.detach()),
        "tokens": tokens,
        "projection": projection,
        "output": output,
        "token_gradient": tokens.grad,
        "gradients": block.described(lambda parameter: parameter.grad),
    }


def cross_modality():
    image_block, signal_block = Block(), Block()
    image = torch.randn(BATCH, IMAGE_TOKENS, CHANNELS, requires_grad=True)
    signal = torch.randn(BATCH, SIGNAL_TOKENS, CHANNELS, requires_grad=True)
    projections = torch.randn_like(image), torch.randn_like(signal)
    outputs = image_block(image, signal_block.norm(signal)), signal_block(signal, image_block.norm(image))
    sum((output * projection).sum() for output, projection in zip(outputs, projections)).backward()
    sides = {}
    for name, block, tokens, projection, output in zip(
        ("image", "signal"), (image_block, signal_block), (image, signal), projections, outputs
    ):
        sides[name] = {
            "parameters": block.described(lambda parameter: parameter.detach()),
            "tokens": tokens,
            "projection": projection,
            "output": output,
            "token_gradient": tokens.grad,
            "gradients": block.described(lambda parameter: parameter.grad),
        }
    return sides


def line(tokens, channels):
    codes = torch.zeros(tokens, channels)
    for place in range(tokens):
        for pair in range(channels // 2):
            angle = place / 10000 ** (2 * pair / channels)
            codes[place, 2 * pair] = math.sin(angle)
            codes[place, 2 * pair + 1] = math.cos(angle)
    return codes


def grid(rows, columns, channels):
    by_row, by_column = line(rows, channels // 2), line(columns, channels // 2)
    return torch.stack(
        [torch.cat([by_row[row], by_column[column]]) for row in range(rows) for column in range(columns)]
    )


if __name__ == "__main__":
    reference = {
        "heads": HEADS,
        "hidden": HIDDEN,
        "self_modality": self_modality(),
        "cross_modality": cross_modality(),
        "line_positions": line(7, 6),
        "grid_positions": grid(2, 3, 8),
    }
    print(json.dumps(numbers(reference)))
