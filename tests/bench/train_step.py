"""Training steps a second with PyTorch on the CPU, for the networks of trainer/configs.

One step is forward, backward and AdamW on 64 random examples, as in trainer/benches/train_step.rs.

    python3 tests/bench/train_step.py [THREADS]
"""

import sys
import time
import tomllib
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

BATCH = 64
SAMPLES = 1000
LABELS = 99
STEPS = 20
CONFIGS = Path(__file__).parents[2] / "trainer" / "configs"


class ConvNorm(nn.Module):
    """A convolution and, where asked for, its batch norm."""

    def __init__(self, channels_in, channels_out, kernel, stride, norm):
        super().__init__()
        self.conv = nn.Conv1d(channels_in, channels_out, kernel, stride, kernel // 2, bias=not norm)
        self.norm = nn.BatchNorm1d(channels_out) if norm else nn.Identity()

    def forward(self, x):
        return self.norm(self.conv(x))


class Gate(nn.Module):
    """Scales channels by what the whole strip shows."""

    def __init__(self, channels, reduction):
        super().__init__()
        self.squeeze = nn.Linear(channels, max(1, channels // reduction))
        self.excite = nn.Linear(max(1, channels // reduction), channels)

    def forward(self, u):
        return u * torch.sigmoid(self.excite(F.relu(self.squeeze(u.mean(2))))).unsqueeze(2)


class Residual(nn.Module):
    """The block of src/model/block1d.rs."""

    def __init__(self, channels_in, channels_out, kernel, stride, gate_reduction):
        super().__init__()
        self.gate = Gate(channels_out, gate_reduction) if gate_reduction else nn.Identity()
        self.first = ConvNorm(channels_in, channels_out, kernel, stride, True)
        self.second = ConvNorm(channels_out, channels_out, kernel, 1, False)
        changes = channels_in != channels_out or stride != 1
        self.shortcut = ConvNorm(channels_in, channels_out, 1, stride, True) if changes else nn.Identity()

    def forward(self, x):
        return F.relu(self.shortcut(x) + self.gate(self.second(F.relu(self.first(x)))))


class Net(nn.Module):
    """Encoder, mean and maximum over time, linear head."""

    def __init__(self, encoder):
        super().__init__()
        channels = encoder["stem_channels"]
        self.stem = ConvNorm(encoder["leads"], channels, encoder["stem_kernel"], encoder["stem_stride"], True)
        blocks = []
        for block in encoder["blocks"]:
            shape = channels, block["channels"], block["kernel"], block["stride"]
            blocks.append(Residual(*shape, encoder.get("gate_reduction", 0)))
            channels = block["channels"]
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(2 * channels, LABELS)

    def forward(self, x):
        x = self.blocks(F.relu(self.stem(x)))
        return self.head(torch.cat([x.mean(2), x.amax(2)], 1))


def examples_per_second(encoder):
    net = Net(encoder)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3)
    signal = torch.randn(BATCH, encoder["leads"], SAMPLES)
    targets = (torch.rand(BATCH, LABELS) < 0.1).float()
    seconds = []
    for _ in range(STEPS):
        started = time.perf_counter()
        loss = F.binary_cross_entropy_with_logits(net(signal), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - started)
    return BATCH / sorted(seconds)[len(seconds) // 2]


if __name__ == "__main__":
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    torch.set_num_threads(threads)
    for name in ["teacher", "lead-student"]:
        config = tomllib.loads((CONFIGS / f"{name}.toml").read_text())
        rate = examples_per_second(config["network"]["model"]["encoder"])
        print(f"{name}: {rate:.0f} examples/s, PyTorch {torch.__version__}, {threads} thread(s)")
