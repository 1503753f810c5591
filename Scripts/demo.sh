#!/usr/bin/env bash
# Builds Jacquard, trains listing 1 (an LSTM that reads digits row by row) and writes its graph.
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
"$binary" --data MNIST-data --dump-graph demo-output/mnist-lstm.dot --dump-depth 0 "$@"
echo "graph: demo-output/mnist-lstm.dot"
if command -v dot >/dev/null 2>&1; then
  dot -Tsvg demo-output/mnist-lstm.dot -o demo-output/mnist-lstm.svg
  echo "graph: demo-output/mnist-lstm.svg"
else
  echo "install graphviz to have it drawn: apt-get install graphviz"
fi
