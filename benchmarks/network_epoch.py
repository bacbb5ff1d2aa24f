"""A training epoch of an 8-64-32-1 network of the neuron x + x^2 + cp(2, r=8) in PyTorch.

Plain eager mode as one would write it, without the slow parts that one need not have: no data
loader but batches taken by a permuted index, gradients set to none, the fused Adam where this
build has it for the CPU, one thread. Prints the median processor time of an epoch in milliseconds
as JSON. Needs torch.
"""

import json
import time

import torch

ROWS, BATCH, EPOCHS, RANK = 14_448, 256, 15, 8


class Layer(torch.nn.Module):
    """x W1 + x^2 W2 + ((x U) * (x V)) W3 + b, with both element-wise terms in one product."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.wide = torch.nn.Linear(2 * inputs + RANK, outputs)
        self.factors = torch.nn.Linear(inputs, 2 * RANK, bias=False)

    def forward(self, x):
        u, v = self.factors(x).chunk(2, dim=1)
        return self.wide(torch.cat((x, x * x, u * v), dim=1))


def median_epoch(fused: bool) -> tuple[float, float]:
    torch.manual_seed(0)
    x = torch.randn(ROWS, 8)
    y = (torch.sin(x[:, 0]) + x[:, 1] * x[:, 2]).unsqueeze(1)
    network = torch.nn.Sequential(
        Layer(8, 64), torch.nn.ReLU(), Layer(64, 32), torch.nn.ReLU(), Layer(32, 1)
    )
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, fused=fused)
    loss_function = torch.nn.MSELoss()
    times, loss_sum = [], 0.0
    for _ in range(EPOCHS + 1):
        start = time.process_time()
        loss_sum = 0.0
        for rows in torch.randperm(ROWS).split(BATCH):
            loss = loss_function(network(x[rows]), y[rows])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            loss_sum += loss.item() * len(rows)
        times.append((time.process_time() - start) * 1e3)
    times = sorted(times[1:])
    return times[len(times) // 2], loss_sum / ROWS


def main():
    torch.set_num_threads(1)
    # The faster one counts.
    results = [median_epoch(fused=False)]
    try:
        results.append(median_epoch(fused=True))
    except RuntimeError:
        pass
    milliseconds, loss = min(results)
    print(json.dumps({"milliseconds": milliseconds, "loss": loss, "version": torch.__version__}))


if __name__ == "__main__":
    main()
