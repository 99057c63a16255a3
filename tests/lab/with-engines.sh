#!/usr/bin/env bash
# with-engines.sh COMMAND...: runs COMMAND while both engines answer and have the base image. Installs and starts
# what is missing, stops what it started, and ends as COMMAND did. Where an engine cannot be had it fails, unless
# ECONN_TEST_ENGINES leaves that one out by name.
set -eu
. "$(dirname "$0")/lib.sh"

ran=$(started)
# Quiet, so that the summary of the tests stays the last thing that is printed.
trap 'code=$?; stop_again "$ran"; exit $code' EXIT
"$lab_dir/engines.sh" install
"$lab_dir/engines.sh" start
"$lab_dir/images.sh" build
"$@"
