#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests, and brings one where there is none. CHROMIUM names one.
set -euo pipefail
cd "$(dirname "$0")/.."

find_one() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [[ -n $name ]] && command -v "$name"; then return 0; fi
  done
  # What playwright has brought itself.
  (cd end2end && node --input-type=module -e '
    import { existsSync } from "node:fs";
    import { chromium } from "@playwright/test";
    const path = chromium.executablePath();
    if (!existsSync(path)) process.exit(1);
    console.log(path);' 2>/dev/null)
}

find_one && exit 0
if command -v apt-get >/dev/null && [[ $(id -u) == 0 ]]; then
  echo "· installing Chromium" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >&2 || true
  find_one && exit 0
fi
echo "· fetching Chromium for Playwright" >&2
(cd end2end && npx playwright install chromium) >&2
find_one || { echo "There is no Chromium: install one and name it in CHROMIUM." >&2; exit 1; }
