#!/usr/bin/env bash
# Each scene diagnosed three times in a row and once more while two busy loops take the processors, on all engines, and then
# what is promised, at full length (`make soak`). No scene gets a second try, both passes are run whatever the first came to,
# and docs/soak.md tells how it went.
# ECONN_SOAK_FILTER=NAME tries this script with the scenes whose name contains NAME; it leaves the page alone.
# ECONN_SOAK_BRIEF=1 takes of the further engines what `make test` takes, and leaves the promises to it; the page says so.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$root_dir"
export ECONN_TEST_STRICT=1
extent="all scenes on further engines and by every vantage"
if [ -n "${ECONN_SOAK_BRIEF:-}" ]; then
    extent="a sample of the scenes on further engines, and no promises (ECONN_SOAK_BRIEF)"
else
    export ECONN_TEST_SOAK=1 ECONN_TEST_MORE_SCENES=all
fi
filter=${ECONN_SOAK_FILTER:-}
logs=$root_dir/target/soak
page=$root_dir/docs/soak.md
[ -z "$filter" ] || page=$logs/soak.md
mkdir -p "$logs"

# Not in the time of the first pass.
cargo test --quiet --test scenes --no-run
rows="" failures="" red=0
begun=$(date -u '+%F %H:%M UTC')
commit=$(git describe --always --dirty --exclude '*')

# pass NAME FILTER WORDS...: one run of the tests whose name contains FILTER. The numbers are those of its last line; without
# that line it is red, too.
pass() {
    local name=$1 wanted=$2 log result code=0 start=$SECONDS passed=- failed=- trials=- load
    shift 2
    log=$logs/$(tr -cs '[:alnum:]\n' - <<<"$name").log
    say "soak: $name"
    cargo test --test scenes -- ${wanted:+"$wanted"} "$@" 2>&1 | tee "$log" || code=${PIPESTATUS[0]}
    read -r load _ </proc/loadavg
    result=$(grep '^test result: ' "$log" | tail -n 1 || true)
    if [[ $result =~ \ ([0-9]+)\ passed\;\ ([0-9]+)\ failed ]]; then
        passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]}
        trials=$((passed + failed))
    fi
    rows+="| $name | $trials | $passed | $failed | $(((SECONDS - start) / 60)) min $(((SECONDS - start) % 60)) s | $load |"$'\n'
    [ "$code" = 0 ] && [ "$failed" = 0 ] && [ "$trials" != 0 ] && return
    red=1
    local names
    names=$(sed -En 's/^test (.*[^ ]) +\.\.\. FAILED$/\1/p' "$log" | sort)
    while IFS= read -r one; do
        failures+="- $name: ${one:-no test failed, and yet it ended with $code}"$'\n'
    done <<<"$names"
}

ECONN_TEST_ROUNDS=3 pass "each scene three times in a row, and on busy processors" "$filter" \
    --skip promise/ --skip server/ --skip "performance "
[ -n "${ECONN_SOAK_BRIEF:-}$filter" ] || pass "what is promised, at full length" promise/

versions=""
for kind in $engines $more; do
    versions+="${versions:+, }${kind^} $(engine "$kind" version --format '{{.Server.Version}}' || echo "(no answer)")"
done
cat >"$page" <<PAGE
# Soak

\`${ECONN_SOAK_BRIEF:+ECONN_SOAK_BRIEF=1 }${filter:+ECONN_SOAK_FILTER=$filter }make soak\`: each scene diagnosed three times in a row and once more while two
busy loops take the processors; then what is promised, at full length. No scene gets a second try. The real servers and the
figures are left to \`make test\` and \`make bench\`. This page is written by the run.

| | |
|---|---|
| begun, ended | $begun, $(date -u '+%F %H:%M UTC') |
| commit | $commit |
| engines | $versions |
| extent | $extent |
| machine | $(nproc) cores, Linux $(uname -r | cut -d. -f1,2) |

| pass | trials | passed | failed | time | load at its end |
|---|---|---|---|---|---|
$rows
${failures:-No test failed.}
PAGE
cat "$page"
exit "$red"
