#!/usr/bin/env bash
# Writes the Swift code of README.md, CONTRIBUTING.md and the guides to Tests/*/Generated, where the tests compile it.
# Run it after changing a code block; Tests/DocumentationTests/DocumentedPage.swift says how a page controls it.
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/dependencies.sh
require_swift

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cat >"$folder/main.swift" <<'SWIFT'
import Foundation

let root = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
let pages = try DocumentedPage.all(in: root)
for folder in ["Tests/DocumentationTests/Generated", "Tests/JacquardTests/Generated"] {
  let folder = root.appendingPathComponent(folder)
  try? FileManager.default.removeItem(at: folder)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
}
for (page, text) in pages {
  try text.write(to: root.appendingPathComponent(page.target), atomically: true, encoding: .utf8)
  print("\(page.path) -> \(page.target)")
}
try DocumentedPage.index(of: pages.map(\.page))
  .write(to: root.appendingPathComponent(DocumentedPage.indexTarget), atomically: true, encoding: .utf8)
SWIFT
swiftc -swift-version 6 -o "$folder/documentation-code" "$folder/main.swift" Tests/DocumentationTests/DocumentedPage.swift
"$folder/documentation-code"
