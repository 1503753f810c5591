#!/usr/bin/env bash
# Builds Jacquard, trains listing 1 (an LSTM that reads digits row by row), and draws its graph and the course of the training.
#
#   bash Scripts/demo.sh [options of mnist-lstm, for example --steps 200]
#
# Trains on MNIST-data/ if the four IDX files lie there, else on the built-in synthetic digits.
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/dependencies.sh
require_swift
require_libraries

swift build -c release --product mnist-lstm
binary="$(swift build -c release --show-bin-path)/mnist-lstm"
mkdir -p demo-output
# Each run of the demo is a run of its own in TensorBoard.
logs="demo-output/logs/$(date +%Y%m%d-%H%M%S)"
"$binary" --data MNIST-data --dump-graph demo-output/mnist-lstm.dot --dump-depth 0 \
  --loss-curve demo-output/loss.svg --log-dir "$logs" "$@"
echo "graph: demo-output/mnist-lstm.dot"
if command -v dot >/dev/null 2>&1; then
  dot -Tsvg demo-output/mnist-lstm.dot -o demo-output/mnist-lstm.svg
  echo "graph: demo-output/mnist-lstm.svg"
else
  echo "install graphviz to have it drawn: apt-get install graphviz"
fi
echo "cost and accuracy of each step: demo-output/loss.svg"
echo "all of it in TensorBoard: tensorboard --logdir demo-output/logs"
