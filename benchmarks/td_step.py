"""One training step of the paper's two-stream search model in plain PyTorch, timed.

    python td_step.py [--dims 10,100] [--batches 64,512] [--order 5] [--rank 8] [--seconds 1.0]

Prints one JSON document: {"torch": version, "results": [{"dims", "batch", "microseconds"}]},
the median over repetitions of CPU microseconds a step. Eager mode, float32, one thread. A step
gathers a random batch from 2,500 rows, samples the hard-concrete gates, goes forward and
backward, clips the gradient and lets Adam move four groups of parameters: the same work as
`neuronseek bench step` times for the library.
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn

BETA, LOW, HIGH = 0.66, -0.1, 1.1


class TwoStream(nn.Module):
    """y = b + sum_k zp_k BN(<w_k, x^k>) + zi_k BN(sum_r prod_m <u_kmr, x>)"""

    def __init__(self, dims, outputs, order, rank):
        super().__init__()
        self.order, self.rank, self.outputs = order, rank, outputs
        self.weights = nn.ParameterList(
            nn.Parameter(0.05 * torch.randn(dims, outputs)) for _ in range(order)
        )
        # All factors of an order side by side: one matrix product an order.
        self.factors = nn.ParameterList(
            nn.Parameter(0.05 * torch.randn(dims, k * rank * outputs)) for k in range(1, order + 1)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(outputs) for _ in range(2 * order))
        self.log_alpha = nn.Parameter(torch.full((2 * order,), 2.1972246))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def gates(self):
        u = torch.rand_like(self.log_alpha).clamp(1e-6, 1 - 1e-6)
        s = torch.sigmoid((torch.log(u) - torch.log1p(-u) + self.log_alpha) / BETA)
        return (s * (HIGH - LOW) + LOW).clamp(0, 1)

    def open_probability(self):
        return torch.sigmoid(self.log_alpha - BETA * torch.log(torch.tensor(-LOW / HIGH)))

    def forward(self, x):
        gates = self.gates()
        out = self.bias.expand(len(x), -1)
        power = x
        for k in range(self.order):
            if k > 0:
                power = power * x
            pure = power @ self.weights[k]
            projections = (x @ self.factors[k]).view(len(x), k + 1, self.rank, self.outputs)
            product = projections[:, 0]
            for m in range(1, k + 1):
                product = product * projections[:, m]
            interaction = product.sum(1)
            out = out + gates[k] * self.norms[k](pure)
            out = out + gates[self.order + k] * self.norms[self.order + k](interaction)
        return out


def optimiser(model):
    return torch.optim.Adam(
        [
            {"params": model.weights.parameters(), "lr": 0.005, "weight_decay": 1e-4},
            {"params": [model.bias], "lr": 0.005},
            {"params": model.factors.parameters(), "lr": 0.01, "weight_decay": 1e-5},
            {"params": model.norms.parameters(), "lr": 0.01},
            {"params": [model.log_alpha], "lr": 0.01},
        ]
    )


def time_step(dims, batch, order, rank, seconds):
    torch.manual_seed(0)
    x = torch.randn(2500, dims)
    y = (x[:, :1] * x[:, 1:2]).contiguous()
    model = TwoStream(dims, 1, order, rank)
    adam = optimiser(model)
    loss_function = nn.MSELoss()

    def step():
        rows = torch.randint(len(x), (batch,))
        adam.zero_grad()
        loss = loss_function(model(x[rows]), y[rows]) + 0.05 * model.open_probability().sum()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()

    for _ in range(20):
        step()
    times, steps, end = [], 20, time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        start = time.process_time()
        for _ in range(steps):
            step()
        times.append((time.process_time() - start) / steps)
    return 1e6 * statistics.median(times)


def main():
    parser = argparse.ArgumentParser()
    numbers = lambda text: [int(part) for part in text.split(",")]
    parser.add_argument("--dims", type=numbers, default=[10, 100])
    parser.add_argument("--batches", type=numbers, default=[64, 512])
    parser.add_argument("--order", type=int, default=5)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=1.0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    results = [
        {
            "dims": dims,
            "batch": batch,
            "microseconds": time_step(dims, batch, args.order, args.rank, args.seconds),
        }
        for dims in args.dims
        for batch in args.batches
    ]
    print(json.dumps({"torch": torch.__version__, "results": results}))


if __name__ == "__main__":
    main()
