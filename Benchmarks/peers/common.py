"""What the peers of jacquard-bench share: its options, its data and initial weights, its way to measure, its report."""

import argparse
import dataclasses
import json
import os
import time

import numpy as np

CLASSES = 10


def parse(description):
    """The options of one peer; those of jacquard-bench where they mean something here."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("workload", choices=["lstm", "mlp", "session", "while"])
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=28)
    parser.add_argument("--inputs", type=int, help="28; of mlp 784")
    parser.add_argument("--units", type=int, help="128; of mlp 625")
    parser.add_argument("--cell", choices=["lstm", "gru", "rnn"], default="lstm")
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--bidirectional", action="store_true")
    parser.add_argument("--time-major", action="store_true")
    parser.add_argument("--forward", action="store_true", help="predict; do not train")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--lengths", choices=["full", "uniform"], default="full")
    parser.add_argument("--input-layer", action="store_true")
    parser.add_argument("--iterations", type=int, default=10_000, help="of while")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2.0, help="measure for at least so long")
    parser.add_argument("--repetitions", type=int, default=15, help="and at least so often")
    options = parser.parse_args()
    is_mlp = options.workload == "mlp"
    if options.inputs is None:
        options.inputs = 784 if is_mlp else 28
    if options.units is None:
        options.units = 625 if is_mlp else 128
    return options


def spread(count, ratio, offset=0.0):
    """The fractional parts of multiples of `ratio`: evenly spread over 0..<1, the same in every language."""
    numbers = np.arange(1, count + 1, dtype=np.float64) * ratio + offset
    return numbers - np.floor(numbers)


def batch(options):
    """Inputs, one-hot labels, and lengths or None."""
    if options.workload == "mlp":
        shape = [options.batch, options.inputs]
    elif options.time_major:
        shape = [options.steps, options.batch, options.inputs]
    else:
        shape = [options.batch, options.steps, options.inputs]
    x = spread(int(np.prod(shape)), 0.7548776662466927).reshape(shape).astype(options.dtype)
    rows = np.arange(options.batch)
    y = np.eye(CLASSES, dtype=options.dtype)[rows * 7 % CLASSES]
    lengths = None
    if options.lengths == "uniform":
        lengths = (1 + rows * options.steps // options.batch).astype(np.int32)
    return x, y, lengths


class Weights:
    """The initial matrices, in the order of their creation, within ±1/√rows."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.order = 0

    def next(self, rows, columns):
        self.order += 1
        numbers = spread(rows * columns, 0.6180339887498949, 0.1 * self.order)
        return ((2 * numbers - 1) / np.sqrt(rows)).reshape(rows, columns).astype(self.dtype)


@dataclasses.dataclass
class CellWeights:
    """Of one cell, in TensorFlow's layout: rows are inputs, then states; columns gates."""

    kernel: np.ndarray
    bias: np.ndarray
    candidate_kernel: np.ndarray = None
    candidate_bias: np.ndarray = None


def cell_weights(options, weights, inputs):
    """The weights of one cell that takes `inputs`; an LSTM's gates are i, j, f, o and a GRU's r, u."""
    units = options.units
    rows = inputs + units
    if options.cell == "lstm":
        return CellWeights(weights.next(rows, 4 * units), np.zeros(4 * units, options.dtype))
    if options.cell == "rnn":
        return CellWeights(weights.next(rows, units), np.zeros(units, options.dtype))
    return CellWeights(
        weights.next(rows, 2 * units),
        np.ones(2 * units, options.dtype),
        weights.next(rows, units),
        np.zeros(units, options.dtype),
    )


def network_weights(options):
    """Input layer or None, cells as [layer][direction], output layer; layers are (matrix, bias)."""
    weights = Weights(options.dtype)
    first = None
    size = options.inputs
    if options.input_layer:
        size = options.units
        first = (weights.next(options.inputs, size), np.full(size, 0.1, options.dtype))
    directions = 2 if options.bidirectional else 1
    cells = []
    for _ in range(options.layers):
        cells.append([cell_weights(options, weights, size) for _ in range(directions)])
        size = directions * options.units
    # jacquard-bench stacks cells of one direction inside a step, of two around it: the same order.
    last = (weights.next(size, CLASSES), np.full(CLASSES, 0.1, options.dtype))
    return first, cells, last


def mlp_weights(options):
    """The two layers as (matrix, bias)."""
    weights = Weights(options.dtype)
    hidden = (weights.next(options.inputs, options.units), np.full(options.units, 0.1, "float32"))
    last = (weights.next(options.units, CLASSES), np.full(CLASSES, 0.1, "float32"))
    return hidden, last


def peak_resident_bytes():
    """VmHWM of this process."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


def check_of(result, options):
    """The loss, or the mean square of a prediction."""
    result = np.asarray(result, np.float64)
    if options.forward and options.workload == "lstm":
        return float(np.mean(result * result))
    return float(result)


def measure(framework, version, options, build, group=1, parts=1):
    """Builds a workload, runs it, and prints one line of JSON.

    `build()` gives a function that runs the workload once, waits for its end and gives the loss, or
    the prediction. A run is one of `parts` equal parts; `group` runs are timed at once.
    """
    started = time.perf_counter()
    run = build()
    checks = [check_of(run(), options)]
    first = time.perf_counter() - started
    if options.workload in ("lstm", "mlp") and not options.forward:
        checks += [check_of(run(), options) for _ in range(2)]
    least = options.seconds
    warm_up = time.perf_counter() + least / 10
    for _ in range(100):
        run()
        if time.perf_counter() > warm_up:
            break
    times = []
    end = time.perf_counter() + least
    while len(times) < options.repetitions or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(group):
            run()
        times.append((time.perf_counter() - start) * 1000 / group / parts)
    times.sort()
    reported = dict(vars(options))
    for name in ("workload", "threads", "seconds", "repetitions"):
        del reported[name]
    report = {
        "framework": framework,
        "version": version,
        "workload": options.workload,
        "options": reported,
        "threads": options.threads,
        "cpus": os.cpu_count(),
        "timings": {
            "repetitions": len(times) * group,
            "medianMilliseconds": times[len(times) // 2],
            "minimumMilliseconds": times[0],
            "p95Milliseconds": times[len(times) * 95 // 100],
        },
        "firstRunMilliseconds": first * 1000,
        "check": checks,
        "peakResidentBytes": peak_resident_bytes(),
    }
    print(json.dumps(report, sort_keys=True))
