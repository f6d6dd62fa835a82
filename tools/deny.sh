#!/usr/bin/env bash
# What we depend on: licences, sources, and crates that must not come in. cargo-deny checks it all (deny.toml); without it,
# this looks for the forbidden crates alone.
set -euo pipefail
cd "$(dirname "$0")/.."

if command -v cargo-deny >/dev/null; then
  exec cargo deny --locked check bans licenses sources
fi

code=0
for crate in ring openssl-sys native-tls; do
  if cargo tree --locked --quiet -p server --edges normal,build --target all --invert "$crate" 2>/dev/null | grep -q .; then
    echo "$crate has come in: see cargo tree -p server --invert $crate" >&2
    code=1
  fi
done
sqlite=$(cargo tree --locked --quiet -p server --depth 0 --invert libsqlite3-sys 2>/dev/null | grep -oE 'v0\.[0-9]+' | cut -d. -f2 | sort -n | head -n 1 || true)
if [[ -n $sqlite && $sqlite -lt 37 ]]; then
  echo "libsqlite3-sys 0.$sqlite brings an SQLite that can damage a database in WAL mode: 0.37 at least" >&2
  code=1
fi
exit "$code"
