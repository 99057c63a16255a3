#!/bin/sh
# A test suite of real shape: starts its mock server and its clients with --rm, and leaves nothing. Ends with 7 when a
# client fails.
#
#   ENGINE="docker ..." MOCK=name CLIENT=name NET=network MOCK_NET=network IMAGE=image LABEL=key=value \
#   BIND=address CLASS=HTTPServer PORT=18141 ENDPOINT=url suite.sh [up|clients|down]
set -u
here=$(dirname "$0")

up() {
    # shellcheck disable=SC2086
    $ENGINE run --detach --rm --pull never --label "$LABEL" --name "$MOCK" --publish "$PORT:8080" \
        ${MOCK_NET:+--network "$MOCK_NET"} "$IMAGE" --host "$BIND" --class "$CLASS" --slow 0.5 >/dev/null
}

# client COMMAND...: a client container, told its endpoint as the clients of the incident were.
client() {
    $ENGINE run --rm --pull never --label "$LABEL" --name "$CLIENT" --network "$NET" \
        --env "LLM_ENDPOINT=$ENDPOINT" --volume "$here:/suite:ro" econn-lab-python:1 "$@"
}

down() {
    $ENGINE stop --time 0 "$MOCK" >/dev/null
}

case "${1:-all}" in
up)
    up || exit 9
    client sleep infinity &
    ;;
clients) client python3 /suite/suite.py ;;
down) $ENGINE rm --force "$MOCK" "$CLIENT" >/dev/null ;;
all)
    up || exit 9
    client python3 /suite/suite.py
    code=$?
    down
    exit "$code"
    ;;
esac
