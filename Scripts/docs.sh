#!/usr/bin/env bash
# Builds the documentation of the libraries with DocC. Warnings, such as links that lead nowhere, are errors.
#
#   bash Scripts/docs.sh            writes .build/docs/<library>.doccarchive
#   python3 -m http.server -d .build/docs/Jacquard.doccarchive 8000     then http://localhost:8000/documentation/jacquard
#
# The symbols come from the modules that `swift build` makes, so that the package depends on no plugin.
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/dependencies.sh
require_swift
require_libraries

libraries=()
for catalogue in Sources/*/*.docc; do libraries+=("$(basename "$catalogue" .docc)"); done
for library in "${libraries[@]}"; do swift build -Xcc -O2 --target "$library"; done
build="$(swift build --show-bin-path)"
target="$(swift -print-target-info | sed -n 's/^ *"unversionedTriple": "\(.*\)",/\1/p' | head -1)"
maps=()
for map in "$build"/C*.build/module.modulemap Sources/*/module.modulemap; do maps+=(-Xcc "-fmodule-map-file=$map"); done

failed=0
for library in "${libraries[@]}"; do
  symbols=".build/docs/symbols/$library"
  archive=".build/docs/$library.doccarchive"
  rm -rf "$symbols" "$archive"
  mkdir -p "$symbols"
  swift symbolgraph-extract -module-name "$library" -I "$build/Modules" "${maps[@]}" -target "$target" \
    -minimum-access-level public -skip-synthesized-members -skip-inherited-docs -output-dir "$symbols"
  docc convert "Sources/$library/$library.docc" --ide-console-output \
    --fallback-display-name "$library" --fallback-bundle-identifier "jacquard.$library" \
    --additional-symbol-graph-dir "$symbols" --output-dir "$archive" >".build/docs/$library.log" 2>&1 || failed=1
  # The parameters file, line and name are the same everywhere, and not described.
  if grep -E '(warning|error): ' ".build/docs/$library.log" |
    grep -vE "Parameter '(file|line|name)' is missing documentation"; then failed=1; fi
  echo "$library: $archive"
done
if [ "$failed" -ne 0 ]; then echo "the documentation has mistakes" >&2; fi
exit "$failed"
