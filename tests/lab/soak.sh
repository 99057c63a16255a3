#!/usr/bin/env bash
# The scenes three times in a row, and once more while two busy loops take the processors (`make soak`).
set -eu
export ECONN_TEST_STRICT=1
busy=()
trap 'for pid in ${busy[@]+"${busy[@]}"}; do kill "$pid" 2>/dev/null || true; done' EXIT

for _ in 1 2 3; do cargo test --test scenes -- --quiet; done
for _ in 1 2; do (while :; do :; done) & busy+=($!); done
# A busy machine is no place to measure times.
cargo test --test scenes -- --quiet --skip performance
