#!/usr/bin/env bash
# with-engines.sh COMMAND...: runs COMMAND while all engines answer and have the base image. Installs and starts
# what is missing, stops what it started, and ends as COMMAND did. Where an engine cannot be had it fails, unless
# ECONN_TEST_ENGINES or ECONN_TEST_MORE_ENGINES (`none`) leaves that one out by name.
set -eu
. "$(dirname "$0")/lib.sh"
export ECONN_TEST_MORE_ENGINES=${ECONN_TEST_MORE_ENGINES:-$further}

ran=$(started)
# Quiet, so that the summary of the tests stays the last thing that is printed.
trap 'code=$?; stop_again "$ran"; exit $code' EXIT
"$lab_dir/engines.sh" install
"$lab_dir/engines.sh" start
"$lab_dir/images.sh" build
# Whoever starts the tests in the background has told them to ignore an interrupt: they are about signals, too.
env --default-signal=HUP,INT,QUIT,TERM "$@"
