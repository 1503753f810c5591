#!/usr/bin/env python3
"""Writes the golden files that the Swift tests compare Jacquard with, by running real TensorFlow.

    python generate.py --output DIR [--only FAMILY ...]

Every family is one JSON file of DIR; README.md describes the schema. Running it again gives the
same bytes; another processor or another TensorFlow may change last digits.
"""

import argparse
import importlib
import os
import pathlib
import sys
import time

# One thread, no oneDNN: TensorFlow's reductions then have one order on every machine.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
sys.dont_write_bytecode = True

FAMILIES = [
    "basic_rnn_cell",
    "basic_lstm_cell",
    "lstm_cell",
    "gru_cell",
    "coupled_input_forget_gate_cell",
    "layer_norm_basic_lstm_cell",
    "depth_gated_lstm_cell",
    "clockwork_rnn_cell",
    "highway_wrapper",
    "dynamic_rnn",
    "rnn_builders",
    "ops",
    "convolution",
    "layers",
    "losses",
    "metrics",
    "while_gradients",
    "optimizers",
    "sparse_optimizers",
    "keras_layers",
    "keras_models",
    "event_files",
    "numpy_files",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, type=pathlib.Path, help="directory to write to")
    parser.add_argument("--only", nargs="+", choices=FAMILIES, default=FAMILIES, metavar="FAMILY")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)

    import golden_format

    for family in arguments.only:
        started = time.perf_counter()
        cases = list(importlib.import_module(f"families.{family}").cases())
        path = arguments.output / f"{family}.json"
        golden_format.write(path, cases)
        seconds = time.perf_counter() - started
        print(f"{path.name}: {len(cases)} cases, {path.stat().st_size} bytes, {seconds:.1f} s")


if __name__ == "__main__":
    main()
