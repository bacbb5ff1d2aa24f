"""Times a convolution of PyTorch, forward and backward, in processor seconds of one thread.

python convolution.py --batch 32 --inputs 64 --outputs 64 --side 32 --kernel 3 --stride 1 --seconds 1
prints {"torch": version, "milliseconds": median}.
"""

import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
for name in ("batch", "inputs", "outputs", "side", "kernel", "stride"):
    parser.add_argument(f"--{name}", type=int, required=True)
parser.add_argument("--seconds", type=float, default=1.0)
options = parser.parse_args()

torch.set_num_threads(1)
torch.manual_seed(0)
x = torch.randn(options.batch, options.inputs, options.side, options.side, requires_grad=True)
w = torch.randn(options.outputs, options.inputs, options.kernel, options.kernel, requires_grad=True)


def once():
    y = F.conv2d(x, w, stride=options.stride, padding=options.kernel // 2)
    return torch.autograd.grad(y, (x, w), gradient)


y = F.conv2d(x, w, stride=options.stride, padding=options.kernel // 2)
gradient = torch.randn_like(y)
once()
times = []
begin = time.process_time()
while len(times) < 5 or time.process_time() - begin < options.seconds:
    start = time.process_time()
    once()
    times.append(1e3 * (time.process_time() - start))
print(json.dumps({"torch": torch.__version__, "milliseconds": statistics.median(times)}))
