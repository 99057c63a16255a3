#!/usr/bin/env bash
# Every test (`make test`): units, command line, scenes. Whatever fails, the rest is run; what failed of the first two is named
# again at the end, where one looks first.
set -uo pipefail
. "$(dirname "$0")/lib.sh"
cd "$root_dir"
mkdir -p target
log=target/units.log red=0
: >"$log"

# run COMMAND...: its output is kept, too.
run() {
    "$@" 2>&1 | tee -a "$log" || red=1
}

"$lab_dir/engines.sh" install reference
# Built a second time, for themselves; the program that the other tests run is optimized a little, which takes thrice as long.
# More at once than there are processors: many wait for something.
export RUST_TEST_THREADS=4
CARGO_PROFILE_TEST_OPT_LEVEL=0 run cargo test --workspace --lib --bins --no-fail-fast
run cargo test --no-fail-fast --test cli
cargo test --test scenes || red=1
[ "$red" = 0 ] || grep -aE '^test .* FAILED$|^error' "$log" >&2 || true
exit "$red"
