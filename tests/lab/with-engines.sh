#!/usr/bin/env bash
# with-engines.sh COMMAND...: runs COMMAND while both engines answer and have the base image. Installs and starts
# what is missing, stops what it started, and ends as COMMAND did. Where an engine cannot be had it fails, unless
# ECONN_TEST_ENGINES leaves that one out by name.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)

# Quiet, so that the summary of the tests stays the last thing that is printed.
trap 'code=$?; "$lab/engines.sh" stop >/dev/null 2>&1 || true; exit $code' EXIT
"$lab/engines.sh" install
"$lab/engines.sh" start
"$lab/images.sh" build
"$@"
