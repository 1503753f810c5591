#!/usr/bin/env bash
# Draws the graphs of the examples anew: DOT, and SVG where Graphviz is installed. Look at them before you commit them.
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/dependencies.sh
require_swift
require_libraries

for name in mnist-bidirectional-rnn mnist-deep-rnn mnist-lstm mnist-rnn mnist-tensor-flow nn-cnn-rnn; do
  swift build --product "$name"
done
binaries="$(swift build --show-bin-path)"
draw() { # executable, file, options
  local executable="$1" file="Graphs/$2"
  shift 2
  "$binaries/$executable" --data /nonexistent --steps 0 --dump-graph "$file.dot" "$@" >/dev/null
  if command -v dot >/dev/null 2>&1; then dot -Tsvg "$file.dot" -o "$file.svg"; fi
}
draw mnist-lstm mnist-lstm --dump-depth 0
draw mnist-lstm mnist-lstm-unfolded --dump-depth 100
draw mnist-lstm mnist-lstm-forward --dump-forward
draw mnist-tensor-flow mnist-tensor-flow --dump-forward
draw nn-cnn-rnn nn-cnn-rnn --dump-forward --dump-depth 2

network() { # executable, network, depth
  draw "$1" "$1-$2" --network "$2" --dump-forward --dump-depth "$3"
}
network mnist-rnn 1 1
network mnist-rnn 2 1
network mnist-rnn 3 9
network mnist-rnn 4 9
for i in 1 2 3; do network mnist-deep-rnn "$i" 1; done
for i in 4 5 6; do network mnist-deep-rnn "$i" 3; done
network mnist-bidirectional-rnn 1 2
network mnist-bidirectional-rnn 2 3
network mnist-bidirectional-rnn 3 2
network mnist-bidirectional-rnn 4 4

# The listings without data
for name in deep-lstm dynamic-rnn-shapes multi-cell-step time-major variable-length; do
  swift build --product "$name"
  "$binaries/$name" --dump-forward --dump-graph "Graphs/$name.dot" >/dev/null
  if command -v dot >/dev/null 2>&1; then dot -Tsvg "Graphs/$name.dot" -o "Graphs/$name.svg"; fi
done
swift build --product unrolled-lstm
"$binaries/unrolled-lstm" --steps 0 --dump-forward --dump-depth 2 --dump-graph Graphs/unrolled-lstm.dot >/dev/null
if command -v dot >/dev/null 2>&1; then dot -Tsvg Graphs/unrolled-lstm.dot -o Graphs/unrolled-lstm.svg; fi

swift build --product sequential-lstm
draw sequential-lstm sequential-lstm --dump-forward --dump-depth 2

# The course of the first listing, from the real digits alone
if ls MNIST-data/*idx3* >/dev/null 2>&1; then
  swift build -c release --product mnist-lstm
  "$(swift build -c release --show-bin-path)/mnist-lstm" --data MNIST-data \
    --loss-curve Graphs/mnist-lstm-loss.svg >/dev/null
else
  echo "Graphs/mnist-lstm-loss.svg stays as it is: no MNIST files in MNIST-data/"
fi
