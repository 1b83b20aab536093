#!/bin/sh
# install.sh PYTHON WHEEL…: install these wheels of ours, and what they need, into PYTHON's environment.
#
# Nothing else gets in, and nothing unchecked: versions come from requirements.lock, and every file, ours included, must
# have a hash that stands there or was just computed. Something that the lock lacks ends it. Works by pip, or, where UV
# names uv, by that, which is faster.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
python=$1
shift
wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT

for wheel in "$@"; do
    sum=$(sha256sum "$wheel")
    printf '%s --hash=sha256:%s\n' "$wheel" "${sum%% *}"
done >"$wanted"

set -- --quiet --only-binary=:all: --require-hashes --constraint "$root/requirements.lock" --requirement "$wanted"
if [ -n "${UV:-}" ]; then
    "$UV" pip install --python "$python" "$@"
else
    python3 -m pip --python "$python" install --disable-pip-version-check "$@"
fi
