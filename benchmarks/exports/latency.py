"""One row at a time: the C file of a model against the same model in onnxruntime.

    python benchmarks/exports/latency.py MODEL DATA --binary target/release/neuronseek --work FOLDER

MODEL is a model file whose columns are all numbers, DATA the CSV (also .gz) to take rows from. Both run on one
thread; onnxruntime is called from Python with ready arrays, and a session of one `Identity` says what such a
call costs alone. Prints microseconds a row, the median over rounds, and sizes. Needs numpy, onnx, onnxruntime
and a C compiler.
"""

import argparse
import csv
import gzip
import json
import re
import statistics
import subprocess
import time
from pathlib import Path

import numpy
import onnx
import onnxruntime

ROUNDS = 15

MAIN = """
#include <stdio.h>
#include <time.h>
#include "model.c"

static neuronseek_row rows[COUNT] = {ROWS};

int main(void)
{
    double out[8], sum = 0.0;
    size_t row, round;
    for (round = 0; round < ROUNDS; round++) {
        struct timespec from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        for (row = 0; row < COUNT; row++) {
            neuronseek_predict(&rows[row], out);
            sum += out[0];
        }
        clock_gettime(CLOCK_MONOTONIC, &to);
        printf("%.6f\\n", ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / 1e3 / COUNT);
    }
    fprintf(stderr, "%g\\n", sum);
    return 0;
}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--binary", default="target/release/neuronseek")
    parser.add_argument("--work", required=True)
    parser.add_argument("--rows", type=int, default=200)
    arguments = parser.parse_args()
    work = Path(arguments.work)
    work.mkdir(parents=True, exist_ok=True)

    def export(format, name):
        path = work / name
        command = [arguments.binary, "export", arguments.model, "--format", format, "-o", str(path)]
        subprocess.run([*command, "--force", "--quiet"], check=True)
        return path

    columns = json.loads(export("json", "model.json").read_text("utf-8"))["recipe"]["columns"]
    if any(column["kind"] != "number" for column in columns):
        raise SystemExit("the model has columns that are no numbers")
    opened = gzip.open if arguments.data.endswith(".gz") else open
    with opened(arguments.data, "rt", encoding="utf-8", newline="") as file:
        rows = [row for _, row in zip(range(arguments.rows), csv.DictReader(file))]
    cells = numpy.array([[float(row[column["name"]]) for column in columns] for row in rows])

    print("| | microseconds a row | size |\n|---|---:|---:|")
    source = export("c", "model.c")
    for flags in ("-O2", "-O3 -march=native"):
        micros, size = in_c(work, source, cells, flags)
        print(f"| C, gcc {flags} | {micros:.1f} | {size / 1e6:.2f} MB program |")
    path = export("onnx", "model.onnx")
    library = Path(onnxruntime.__file__).parent / "capi"
    shared = sum(file.stat().st_size for file in library.glob("*.so*"))
    feeds = [
        {column["name"]: row[place : place + 1].reshape(shape(path, column["name"]))
         for place, column in enumerate(columns)}
        for row in cells
    ]
    micros = in_onnxruntime(path.read_bytes(), feeds)
    size = f"{path.stat().st_size / 1e6:.2f} MB model, {shared / 1e6:.0f} MB library"
    print(f"| onnxruntime {onnxruntime.__version__} from Python | {micros:.1f} | {size} |")
    empty = in_onnxruntime(identity(), [{"x": numpy.zeros(1, numpy.float32)}] * len(cells))
    print(f"| of it, a call that computes nothing | {empty:.1f} | |")
    print(f"\n{source.stat().st_size / 1e6:.2f} MB of C, {len(cells)} rows, the median of {ROUNDS} rounds")


def in_c(work, source, cells, flags):
    text = source.read_text("utf-8")
    struct = re.search(r"typedef struct \{([^}]*)\} neuronseek_row;", text)
    assert len(re.findall(r"\bdouble\b", struct.group(1))) == cells.shape[1]
    rows = ", ".join("{" + ", ".join(repr(float(cell)) for cell in row) + "}" for row in cells)
    main = MAIN.replace("ROUNDS", str(ROUNDS)).replace("COUNT", str(len(cells))).replace("ROWS", rows)
    (work / "main.c").write_text("#define _POSIX_C_SOURCE 199309L\n" + main, encoding="utf-8")
    program = work / "latency"
    command = ["gcc", "-std=c99", *flags.split(), "-o", str(program), str(work / "main.c"), "-lm"]
    subprocess.run(command, check=True)
    printed = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    return statistics.median(float(line) for line in printed.split()), program.stat().st_size


def shape(path, name):
    inputs = onnx.load(path).graph.input
    dims = next(own for own in inputs if own.name == name).type.tensor_type.shape.dim
    return (1,) * len(dims)


def in_onnxruntime(model, feeds):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    kinds = {"tensor(float)": numpy.float32, "tensor(double)": numpy.float64}
    kinds = {own.name: kinds[own.type] for own in session.get_inputs()}
    feeds = [{name: cells.astype(kinds[name]) for name, cells in feed.items()} for feed in feeds]
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for feed in feeds:
            session.run(None, feed)
        rounds.append((time.perf_counter() - start) * 1e6 / len(feeds))
    return statistics.median(rounds)


def identity():
    value = lambda name: onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1])
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    graph = onnx.helper.make_graph([node], "identity", [value("x")], [value("y")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


if __name__ == "__main__":
    main()
