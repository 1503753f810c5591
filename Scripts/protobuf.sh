#!/usr/bin/env bash
# Generates the Swift of the messages in event files anew, after a change to Sources/JacquardSummaries/Protobuf/Messages.
# Needs protoc (apt-get install protobuf-compiler); builds SwiftProtobuf's plugin from the package that Jacquard uses.
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/dependencies.sh
require_swift

if ! command -v protoc >/dev/null 2>&1; then
  echo "error: no 'protoc' on the PATH: apt-get install protobuf-compiler" >&2
  exit 1
fi
swift package resolve
package=.build/checkouts/swift-protobuf
swift build --package-path "$package" --scratch-path .build/protobuf --product protoc-gen-swift
plugin="$(swift build --package-path "$package" --scratch-path .build/protobuf --show-bin-path)/protoc-gen-swift"
cd Sources/JacquardSummaries/Protobuf
protoc --plugin="$plugin" --swift_out=. --proto_path=Messages \
  event.proto graph.proto summary.proto
