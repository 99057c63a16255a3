//! `econn compare`, from files alone.

use super::{INCIDENT, econn, refused};
use serde_json::{Value, json};
use std::path::Path;

fn incident() -> Value {
    serde_json::from_str(&std::fs::read_to_string(INCIDENT).unwrap()).unwrap()
}

/// The incident with the server's bind address repaired.
fn repaired() -> Value {
    let mut snapshot = incident();
    let text = serde_json::to_string(&snapshot["containers"]).unwrap();
    let text = text.replace("\"address\":\"127.0.0.1:8080\"", "\"address\":\"0.0.0.0:8080\"");
    snapshot["containers"] = serde_json::from_str(&text).unwrap();
    snapshot
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn compared(before: &str, after: &str, code: i32) -> Value {
    let output = econn(&["compare", before, after, "--format", "json"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_got_worse_decides_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let fixed = write(folder.path(), "fixed.json", repaired().to_string().as_bytes());
    let worse = compared(&fixed, INCIDENT, 1);
    assert_eq!((&worse["worse"], &worse["comparison_version"]), (&json!(true), &json!(1)));
    assert_eq!(worse["links"][0]["worse"], json!(true));
    let facts = worse["facts"].as_array().unwrap();
    let listeners = facts.iter().find(|fact| fact["what"] == "listeners").unwrap();
    assert_eq!(listeners["new"], json!(["127.0.0.1:8080"]));
    let better = compared(INCIDENT, &fixed, 0);
    assert_eq!(better["worse"], json!(false));
    let same = compared(INCIDENT, INCIDENT, 0);
    assert_eq!((&same["links"], &same["facts"]), (&json!([]), &json!([])));
}

#[test]
fn reports_and_snapshots_are_compared_with_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let report = write(folder.path(), "r.json", &econn(&["demo", "--format", "json"]).stdout);
    for (before, after) in [(report.as_str(), INCIDENT), (INCIDENT, &report), (&report, &report)] {
        let same = compared(before, after, 0);
        assert_eq!((&same["links"], &same["facts"]), (&json!([]), &Value::Null));
    }
    let fixed = write(folder.path(), "fixed.json", repaired().to_string().as_bytes());
    assert_eq!(compared(&fixed, &report, 1)["worse"], json!(true));
}

#[test]
fn people_read_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let fixed = write(folder.path(), "fixed.json", repaired().to_string().as_bytes());
    let output = econn(&["compare", &fixed, INCIDENT]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/compare.1.table");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &output.stdout).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(String::from_utf8_lossy(&output.stdout), golden, "UPDATE_GOLDEN=1 writes it");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn files_that_are_no_runs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(INCIDENT).unwrap();
    let cases: [(&str, &[u8], &str); 7] = [
        ("truncated", &whole[..whole.len() / 2], "no JSON"),
        ("empty", b"", "no JSON"),
        ("foreign", b"{\"links\": []}", "neither a report nor a snapshot"),
        ("newer", b"{\"snapshot_version\": 99}", "snapshot version 99"),
        ("newer-report", b"{\"schema_version\": 99}", "a report of version 99"),
        ("damaged", b"{\"schema_version\": 1}", "a damaged report"),
        ("packed", b"\x1f\x8b\x08\x00half", "truncated or damaged"),
    ];
    for (name, bytes, said) in cases {
        let path = write(folder.path(), name, bytes);
        refused(&["compare", &path, INCIDENT], 2, said);
        refused(&["compare", INCIDENT, &path], 2, "give a JSON report or a snapshot of econn");
    }
    refused(&["compare", INCIDENT, "/no/such/file"], 2, "there is no such file or folder");
    refused(&["compare", INCIDENT], 2, "<AFTER>");
}
