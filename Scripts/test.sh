#!/usr/bin/env bash
# Everything a change has to pass: format, build without warnings, tests.
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/dependencies.sh
require_swift
require_libraries

echo "== format"
swift format lint --strict --recursive Package.swift Sources Tests Examples Benchmarks/jacquard-bench
# The C kernels are optimised in debug builds, too: tests train networks.
echo "== build (warnings are errors in Jacquard's own targets)"
swift build --build-tests -Xcc -O2
echo "== test"
swift test --skip-build -Xcc -O2 "$@"
