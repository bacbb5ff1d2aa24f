"""A training epoch of a network in PyTorch: `small` or `embedded`, the argument.

`small` is an 8-64-32-1 network of the neuron x + x^2 + cp(2, r=8); `embedded` is 8-192-96-1 of x,
each input embedded piecewise linearly by 32 bins to 8 numbers, as a fit's default profile trains it.
Two programs of each, in eager mode on one thread, with batches taken by a permuted index instead of
a data loader:

* plain: one `torch.nn.Linear` per part of the formula, or the embedding by a batched product of
  codes made for each batch, and `torch.optim.Adam` or `AdamW` as it comes;
* tuned: the parts of a layer concatenated to one product, the factors too, or the codes made once
  for all rows; gradients set to none, the fused optimiser where this build has it for the CPU.

Prints the median processor times of an epoch in milliseconds as JSON. Needs torch.
"""

import json
import sys
import time

import torch
from torch import nn

ROWS, BATCH, EPOCHS, RANK = 14_448, 256, 15, 8
INPUTS, BINS, WIDTH = 8, 32, 8


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


def small(layer):
    """8-64-32-1 of the given layers."""
    return nn.Sequential(
        layer(INPUTS, 64), nn.ReLU(), layer(64, 32), nn.ReLU(), layer(32, 1)
    )


class Embedded(nn.Module):
    """8-192-96-1 with SiLU and dropout, a linear skip, and embedded inputs beside the inputs.

    Rows are inputs, or inputs with the codes of their bins behind them (`coded`).
    """

    def __init__(self, knots, coded: bool):
        super().__init__()
        self.coded = coded
        self.register_buffer("start", knots[:, :-1])
        self.register_buffer("width", knots[:, 1:] - knots[:, :-1])
        self.steps = nn.Parameter((2 * torch.rand(INPUTS, BINS, WIDTH) - 1) / BINS**0.5)
        self.layers = nn.Sequential(
            nn.Linear(INPUTS + INPUTS * WIDTH, 192), nn.SiLU(), nn.Dropout(0.1),
            nn.Linear(192, 96), nn.SiLU(), nn.Dropout(0.1), nn.Linear(96, 1),
        )
        self.skip = nn.Linear(INPUTS, 1, bias=False)

    def codes(self, x):
        return ((x.unsqueeze(2) - self.start) / self.width).clamp(0, 1)

    def forward(self, rows):
        x = rows[:, :INPUTS]
        codes = rows[:, INPUTS:].view(-1, INPUTS, BINS) if self.coded else self.codes(x)
        components = torch.bmm(codes.transpose(0, 1), self.steps).transpose(0, 1)
        wide = torch.cat((x, components.flatten(1)), dim=1)
        return self.layers(wide) + self.skip(x)


def embedded(x, coded: bool):
    """The network, and the rows that it takes."""
    knots = torch.quantile(x, torch.linspace(0, 1, BINS + 1), dim=0).T.contiguous()
    network = Embedded(knots, coded)
    if coded:
        x = torch.cat((x, network.codes(x).flatten(1)), dim=1)
    return network, x


def median_epoch(build, optimiser) -> tuple[float, float]:
    """Median milliseconds of an epoch, and the last epoch's mean loss."""
    torch.manual_seed(0)
    x = torch.randn(ROWS, INPUTS)
    y = (torch.sin(x[:, 0]) + x[:, 1] * x[:, 2]).unsqueeze(1)
    network, x = build(x)
    optimiser = optimiser(network.parameters())
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
    if sys.argv[1] == "small":
        def optimiser(fused):
            return lambda parameters: torch.optim.Adam(parameters, lr=1e-3, fused=fused)

        plain, tuned = (lambda x: (small(Plain), x)), (lambda x: (small(Tuned), x))
    else:
        def optimiser(fused):
            return lambda parameters: torch.optim.AdamW(
                parameters, lr=1e-3, betas=(0.9, 0.95), weight_decay=0.02, fused=fused
            )

        plain, tuned = (lambda x: embedded(x, False)), (lambda x: embedded(x, True))
    milliseconds, loss = median_epoch(plain, optimiser(None))
    best, _ = median_epoch(tuned, optimiser(None))
    try:
        best = min(best, median_epoch(tuned, optimiser(True))[0])
    except RuntimeError:
        pass
    figures = {"milliseconds": milliseconds, "tuned_milliseconds": best, "loss": loss}
    print(json.dumps(figures | {"version": torch.__version__}))


if __name__ == "__main__":
    main()
