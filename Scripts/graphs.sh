#!/usr/bin/env bash
# Draws the graphs of the examples anew: DOT, and SVG where Graphviz is installed. Look at them before you commit them.
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/dependencies.sh
require_swift
require_libraries

swift build --product mnist-lstm
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
