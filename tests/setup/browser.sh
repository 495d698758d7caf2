#!/bin/sh
# A browser for the tests: one that is there, else Debian's package when root on Debian, else Playwright's own.
set -u
for name in chromium chromium-browser google-chrome; do
  command -v "$name" > /dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then
  { apt-get update && apt-get install --yes chromium; } > /dev/null && exit 0
fi
.venv/bin/playwright install chromium
