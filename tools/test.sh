#!/usr/bin/env bash
# Everything that must hold, one stage after the other; the last line counts the tests of all stages.
#
# To add a stage: a line `stage NAME COMMAND`. A stage that fails ends the run, after the count.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The number before this word, added up over the runners' closing lines: cargo test, nextest and Playwright.
count() {
  sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E '^(test result:| *Summary \[|  +[0-9]+ (passed|failed|flaky))' |
    grep -oE "[0-9]+ $1" | awk '{ sum += $1 } END { print sum + 0 }'
}

finish() {
  echo
  echo "tests: $passed passed, $failed failed"
  exit "$1"
}

stage() {
  local name=$1 code=0
  shift
  echo "── $name"
  "$@" 2>&1 | tee "$log" || code=$?
  local here_failed
  here_failed=$(count failed)
  passed=$((passed + $(count passed)))
  failed=$((failed + here_failed))
  if ((code != 0)); then
    # A stage that is no test, such as a lint, counts as one failure.
    ((here_failed > 0)) || failed=$((failed + 1))
    echo "── $name failed" >&2
    finish 1
  fi
}

stage "formatting, lints, dependencies" make lint
stage "unit and integration tests" make unit
stage "release build" make build
stage "browser tests" make browser

((passed > 0)) || { echo "no test was run" >&2; failed=1; finish 1; }
finish 0
