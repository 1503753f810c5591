#!/usr/bin/env bash
# Reads files that Jacquard wrote with the Python libraries they are meant for.
#
#   bash Scripts/python-readers.sh                        makes the Python environment, unless it is there
#   bash Scripts/python-readers.sh CHECK.py [arguments]   and runs Scripts/python-readers/CHECK.py in it
#
# Paths among the arguments have to be absolute. The environment is .build/python-readers. Where it cannot be made, without
# python3 or without a network to install from, the script ends with status 77 and the reason on standard error.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly environment=.build/python-readers
readonly requirements=Scripts/python-readers/requirements.txt

cannot() {
  echo "no Python environment to read files with: $1" >&2
  exit 77
}

make_environment() {
  local errors="$environment.errors"
  rm -rf "$environment"
  python3 -m venv "$environment" >"$errors" 2>&1 ||
    cannot "python3 -m venv fails: $(tail -n 1 "$errors")"
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 15 \
    --only-binary :all: --requirement "$requirements" >"$errors" 2>&1 ||
    cannot "pip cannot install $requirements: $(grep -m 1 ^ERROR "$errors" || tail -n 1 "$errors")"
  # The stamp comes last: an environment without it is not finished, and made anew.
  cp "$requirements" "$environment/stamp"
  rm -f "$errors"
}

command -v python3 >/dev/null 2>&1 || cannot "no python3 on the PATH"
mkdir -p .build
if ! cmp -s "$requirements" "$environment/stamp"; then
  # Tests of several targets may ask at the same time; one makes it, and the others wait.
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$environment.lock"
    flock 9
  fi
  cmp -s "$requirements" "$environment/stamp" || make_environment
fi
if [ $# -eq 0 ]; then exit 0; fi
readonly check="Scripts/python-readers/$1"
shift
exec "$environment/bin/python" "$check" "$@"
