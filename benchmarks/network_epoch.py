"""A training epoch of an 8-64-32-1 network of the neuron x + x^2 + cp(2, r=8) in PyTorch.

Two programs, both in eager mode on one thread, with batches taken by a permuted index instead of a
data loader:

* plain: one `torch.nn.Linear` per part of the formula and `torch.optim.Adam` as it comes;
* tuned: the parts of a layer concatenated to one product, the factors too, gradients set to none,
  the fused Adam where this build has it for the CPU.

Prints the median processor times of an epoch in milliseconds as JSON. Needs torch.
"""

import json
import time

import torch
from torch import nn

ROWS, BATCH, EPOCHS, RANK = 14_448, 256, 15, 8


class Plain(nn.Module):
    """A x + B x^2 + W ((U x) * (V x)) + b, as written."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.square = nn.Linear(inputs, outputs, bias=False)
        self.u = nn.Linear(inputs, RANK, bias=False)
        self.v = nn.Linear(inputs, RANK, bias=False)
        self.product = nn.Linear(RANK, outputs, bias=False)

    def forward(self, x):
        return self.linear(x) + self.square(x * x) + self.product(self.u(x) * self.v(x))


class Tuned(nn.Module):
    """The same function in two products."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.wide = nn.Linear(2 * inputs + RANK, outputs)
        self.factors = nn.Linear(inputs, 2 * RANK, bias=False)

    def forward(self, x):
        u, v = self.factors(x).chunk(2, dim=1)
        return self.wide(torch.cat((x, x * x, u * v), dim=1))


def median_epoch(layer, fused) -> tuple[float, float]:
    """Median milliseconds of an epoch, and the last epoch's mean loss."""
    torch.manual_seed(0)
    x = torch.randn(ROWS, 8)
    y = (torch.sin(x[:, 0]) + x[:, 1] * x[:, 2]).unsqueeze(1)
    network = nn.Sequential(layer(8, 64), nn.ReLU(), layer(64, 32), nn.ReLU(), layer(32, 1))
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, fused=fused)
    loss_function = nn.MSELoss()
    times, loss_sum = [], 0.0
    for _ in range(EPOCHS + 1):
        start = time.process_time()
        loss_sum = 0.0
        for rows in torch.randperm(ROWS).split(BATCH):
            loss = loss_function(network(x[rows]), y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            loss_sum += loss.item() * len(rows)
        times.append((time.process_time() - start) * 1e3)
    times = sorted(times[1:])
    return times[len(times) // 2], loss_sum / ROWS


def main():
    torch.set_num_threads(1)
    plain, loss = median_epoch(Plain, None)
    tuned, _ = median_epoch(Tuned, None)
    try:
        tuned = min(tuned, median_epoch(Tuned, True)[0])
    except RuntimeError:
        pass
    figures = {"milliseconds": plain, "tuned_milliseconds": tuned, "loss": loss}
    print(json.dumps(figures | {"version": torch.__version__}))


if __name__ == "__main__":
    main()
