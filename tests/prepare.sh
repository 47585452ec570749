#!/usr/bin/env bash
# Chromium for the browser tests, PostgreSQL for the database tests, curl for those of the API page: as found, or
# installed where this is root on Debian, or said aloud. Their tests skip visibly without them, and fail where CI=true.
set -uo pipefail

missing=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
command -v curl >/dev/null || missing+=(curl)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]}"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  exit $?
fi
echo "NOT TESTED: ${missing[*]} not found; the tests that need it are skipped. On Debian: sudo apt-get install ${missing[*]}"
[ "${CI:-}" != "true" ]
