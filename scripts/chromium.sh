#!/usr/bin/env bash
# Sees that there is a Chromium; on Debian it is installed where that may be done. The tests skip without one.
set -euo pipefail
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium (once) ..."
    (apt-get install -y -qq chromium >/dev/null 2>&1 || (apt-get update -qq && apt-get install -y -qq chromium >/dev/null 2>&1)) \
        || echo "Chromium could not be installed."
else
    echo "There is no Chromium. Fix: install it (on Debian: apt-get install chromium). Without it the browser tests are left out."
fi
