//! `--node`: names that could be taken for another engine's, and places that are none.

use super::refused;

#[test]
fn a_node_has_a_name_of_its_own_and_a_place() {
    refused(&["diagnose", "--node", "b"], 2, "is not NAME=VALUE");
    refused(&["diagnose", "--node", "b=nonsense"], 2, "--node b: ");
    refused(&["diagnose", "--node", "docker=unix:///x.sock"], 2, "--node docker: another engine");
    let twice = ["diagnose", "--node", "b=unix:///x.sock", "--node", "b=unix:///y.sock"];
    refused(&twice, 2, "--node b: another engine");
    let replay = ["diagnose", "--from", "x.json", "--node", "b=unix:///x.sock"];
    refused(&replay, 2, "cannot be used with");
}
