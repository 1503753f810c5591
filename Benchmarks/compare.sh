#!/usr/bin/env bash
# Runs jacquard-bench and its peers in turn over the table of workloads, prints the ratios, and after each round of a full
# run writes Benchmarks/RESULTS.md. Options are those of compare.py: --only PATTERN, --quick, --rounds N, --threads N, …
#
# TensorFlow, PyTorch and JAX are installed into Benchmarks/.venv-* where they are not there yet; TensorFlow 2.15.1 wants
# Python 3.9 to 3.11 (PYTHON=python3.11). TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu spares PyTorch's CUDA.
# JACQUARD_BENCH=PATH takes a program that is built already.
set -euo pipefail
cd "$(dirname "$0")"

environment() { # name, module, packages...
  local python=".venv-$1/bin/python" module="$2"
  shift 2
  if [ -x "$python" ] && "$python" -c "import importlib.util as u; u.find_spec('$module') or exit(1)"; then
    return
  fi
  "${PYTHON:-python3}" -m venv "$(dirname "$(dirname "$python")")"
  "$python" -m pip install --quiet "$@"
}

environment tensorflow tensorflow tensorflow-cpu==2.15.1 "numpy<2"
environment torch torch ${TORCH_INDEX_URL:+--extra-index-url "$TORCH_INDEX_URL"} torch numpy
environment jax jax jax numpy

bench="${JACQUARD_BENCH:-}"
if [ -z "$bench" ]; then
  swift build --package-path .. -c release --product jacquard-bench >&2
  bench="$(swift build --package-path .. -c release --show-bin-path)/jacquard-bench"
fi
exec "${PYTHON:-python3}" compare.py --bench "$bench" "$@"
