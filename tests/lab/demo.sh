#!/usr/bin/env bash
# `make demo`: the incident with all five faults on every engine that answers: diagnosed, repaired, diagnosed again.
# Installs and starts Docker where no engine answers. Packages stay; everything else that it made is gone afterwards.
set -eu
. "$(dirname "$0")/lib.sh"
cd "$root_dir"
export CONTAINER_HOST="unix://$podman_socket"

server=mock-llm-aianalysis
client=hapi
network=aianalysis_test_network
image=econn-lab-incident:demo
ran=$(started)
summary="" failed=""

section() { printf '\n== %s\n\n' "$*"; }

clear_stage() {
    local kind=$1
    # By id of the label, so that a container of the user's with the same name is never touched.
    for id in $(engine "$kind" container ls --all --quiet --filter "label=$label=$(run_id)"); do
        remove_containers "$kind" "$id"
    done
    for id in $(engine "$kind" network ls --quiet --filter "label=$label=$(run_id)"); do
        engine "$kind" network rm "$id" >/dev/null
    done
    for id in $(engine "$kind" image ls --quiet --filter "label=$label=$(run_id)" | sort -u); do
        engine "$kind" image rm --force "$id" >/dev/null
    done
}

leave() {
    local code=$?
    for kind in $(answering); do clear_stage "$kind" || true; done
    rm -rf "$folder"
    stop_again "$ran"
    exit "$code"
}

build_image() {
    engine "$1" build --quiet --label "$label=$(run_id)" --tag "$image" "$folder/source" >"$folder/build.log" 2>&1 ||
        { cat "$folder/build.log" >&2; return 1; }
}

# start_server ENGINE HOST CLASS [NETWORK]
start_server() {
    engine "$1" run --detach --pull never --label "$label=$(run_id)" --name "$server" --publish 18141:8080 \
        ${4:+--network "$4"} "$image" --host "$2" --class "$3" >/dev/null
}

# start_client ENGINE ENDPOINT
start_client() {
    printf 'llm:\n  provider: openai\n  endpoint: %s\n' "$2" >"$folder/config/config.yaml"
    engine "$1" run --detach --pull never --label "$label=$(run_id)" --name "$client" --network "$network" \
        --env "LLM_ENDPOINT=$2" --volume "$folder/config:/etc/holmesgpt:ro" "$base_image" sleep infinity >/dev/null
}

git_lab() { git -C "$folder/source" -c user.name=lab -c user.email=lab@localhost -c commit.gpgsign=false "$@" >/dev/null; }

# The source as it was when the image is built; then it moves on, and nobody builds again.
write_source() {
    rm -rf "$folder/source"
    mkdir -p "$folder/source" "$folder/config"
    cp "$lab_dir"/incident/source/* "$folder/source"
    git_lab init --quiet
    git_lab add --all
    git_lab commit --quiet --message "mock server"
}
move_source_on() {
    cp "$lab_dir"/incident/fixed/* "$folder/source"
    git_lab commit --quiet --all --message "answer with tool calls"
}

# Diagnoses, and leaves in $found what was found.
diagnose() {
    local code=0
    "$econn" diagnose --engine "$1" --source "$server=$folder/source" --output "json=$folder/report.json" \
        "$server" "$client" || code=$?
    found=$(tr -d ' \n' <"$folder/report.json" | sed -n 's/.*"chain":\[\([^]]*\)\].*/\1/p' | tr -d '"' | tr ',' ' ')
    found="${found:-no fault} (exit $code)"
}

# How many of 12 clients at once, inside the client container, got no answer from the endpoint that they are told.
errors() {
    local seen
    seen=$(engine "$1" exec --interactive "$client" sh -c 'python3 - "$LLM_ENDPOINT" 12' <"$root_dir/tests/harness/symptom.py")
    say "12 clients at once saw: $seen"
    seen=$(grep -o '[0-9]* x 200' <<<"$seen" || echo 0)
    echo $((12 - ${seen%% *}))
}

play() {
    local kind=$1 before after errors_before errors_after
    section "$kind: the incident, with five faults at once"
    write_source
    build_image "$kind"
    move_source_on
    engine "$kind" network create --label "$label=$(run_id)" "$network" >/dev/null
    start_server "$kind" 127.0.0.1 HTTPServer
    start_client "$kind" http://127.0.0.1:18141
    diagnose "$kind"
    before=$found
    errors_before=$(errors "$kind")

    section "$kind: repaired (address, network, bind address, server class, image)"
    remove_containers "$kind" "$server" "$client"
    build_image "$kind"
    start_server "$kind" 0.0.0.0 ThreadingHTTPServer "$network"
    start_client "$kind" "http://$server:8080"
    diagnose "$kind"
    after=$found
    errors_after=$(errors "$kind")
    summary+=$(printf '%-8s %-8s %-45s %s' "$kind" before "$before" "$errors_before of 12")$'\n'
    summary+=$(printf '%-8s %-8s %-45s %s' "$kind" after "$after" "$errors_after of 12")$'\n'
    clear_stage "$kind"
    # What this shows is what is promised: all five, and none when they are repaired.
    [ "$before, $errors_before" = "EC401 EC501 EC301 EC101 EC201 (exit 1), 12" ] &&
        [ "$after, $errors_after" = "no fault (exit 0), 0" ] ||
        failed+=" $kind"
}

if ! debian_root && { [ -z "$(answering)" ] || ! command -v apt-get >/dev/null; }; then
    say "To play the incident takes apt-get and an engine that answers: install Docker (docs.docker.com/engine/install) or Podman (podman.io)."
    say "Until then, the incident as it was recorded:"
    # It ends with 1, as a diagnosis does that found faults.
    cargo run --quiet -- demo || [ $? = 1 ]
    exit
fi
folder=$(mktemp -d -t econn-demo.XXXXXX)
trap leave EXIT
if [ -z "$(answering)" ]; then
    "$lab_dir/engines.sh" install docker
    "$lab_dir/engines.sh" start docker
fi
"$lab_dir/images.sh" build base
for kind in $(answering); do
    for name in "$server" "$client"; do
        if engine "$kind" container inspect "$name" >/dev/null 2>&1; then die "$kind already has a container $name"; fi
    done
done
cargo build
econn=$(cargo build --quiet --message-format json | sed -n 's/.*"executable":"\([^"]*econn\)".*/\1/p')
for kind in $(answering); do play "$kind"; done
section "before and after"
printf '%-8s %-8s %-45s %s\n%s' engine when "faults, in the order of meeting them" "connection errors" "$summary"
[ -z "$failed" ] || die "this is not what the demonstration is to show on$failed"
