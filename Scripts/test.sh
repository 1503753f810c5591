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

# OpenBLAS multiplies with other kernels on every processor, or with those that the environment names. That threads change no bit is
# tested with its own choice and with the kernels for AVX2; the tests above had one of the two.
test_threads() {
  echo "== test that threads change no bit, with $1"
  env -u OPENBLAS_CORETYPE ${2:+OPENBLAS_CORETYPE="$2"} swift test --skip-build -Xcc -O2 \
    --filter 'ProductThreadTests|RowScheduleTests|RandomTensorProgramTests/passes|LoopPropertyTests/passes'
}
if [ $# -eq 0 ]; then
  if [ -n "${OPENBLAS_CORETYPE:-}" ]; then test_threads "OpenBLAS's own choice of kernels" ""; fi
  if [ "${OPENBLAS_CORETYPE:-}" != Haswell ] && grep -qw avx2 /proc/cpuinfo 2>/dev/null; then
    test_threads "OpenBLAS's kernels for Haswell" Haswell
  fi
fi
