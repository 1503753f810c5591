# Sourced by the other scripts: makes sure that what the package links against is installed.
# Needs Swift 6.3 or later on the PATH; installs Debian packages with apt-get where they are missing.

require_swift() {
  if ! command -v swift >/dev/null 2>&1; then
    echo "error: no 'swift' on the PATH. Install Swift 6.3 or later from https://www.swift.org/install/linux/." >&2
    exit 1
  fi
  local version
  version="$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -1)"
  if [ "$(printf '%s\n6.3\n' "$version" | sort -V | head -1)" != "6.3" ]; then
    echo "error: Swift $version is too old; Jacquard needs 6.3 or later." >&2
    exit 1
  fi
}

require_libraries() {
  local missing=()
  command -v pkg-config >/dev/null 2>&1 || missing+=(pkg-config)
  pkg-config --exists openblas 2>/dev/null || missing+=(libopenblas-dev)
  [ -f /usr/include/zlib.h ] || missing+=(zlib1g-dev)
  [ ${#missing[@]} -eq 0 ] && return
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "error: missing ${missing[*]}; install them with your package manager." >&2
    exit 1
  fi
  local sudo=""
  if [ "$(id -u)" -ne 0 ]; then sudo="sudo"; fi
  echo "installing ${missing[*]}"
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
}
