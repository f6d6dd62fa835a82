#!/usr/bin/env bash
# Prints the path of a wasm-bindgen command of exactly the version in Cargo.lock, and installs it where there is none.
#
#   tools/wasm-bindgen.sh FOLDER      FOLDER: where an installed one is kept
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1
version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)
[[ -n $version ]] || { echo "Cargo.lock names no wasm-bindgen" >&2; exit 1; }

is_right() { [[ -x $1 && $("$1" --version 2>/dev/null) == "wasm-bindgen $version" ]]; }

for candidate in "$folder/bin/wasm-bindgen" "$(command -v wasm-bindgen || true)"; do
  if is_right "$candidate"; then
    echo "$candidate"
    exit 0
  fi
done

package=wasm-bindgen-cli@$version
if command -v cargo-binstall >/dev/null; then
  echo "· fetching wasm-bindgen $version" >&2
  cargo binstall --no-confirm --root "$folder" "$package" >&2 || true
fi
if ! is_right "$folder/bin/wasm-bindgen"; then
  echo "· installing wasm-bindgen $version (once, about 2 minutes)" >&2
  # It runs for a second a build: made quickly beats made fast.
  env -u RUSTFLAGS CARGO_TARGET_DIR="$folder/build" CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 cargo install --quiet --locked --root "$folder" "$package" >&2
  rm -rf "$folder/build"
fi
is_right "$folder/bin/wasm-bindgen" || { echo "wasm-bindgen $version could not be installed" >&2; exit 1; }
echo "$folder/bin/wasm-bindgen"
