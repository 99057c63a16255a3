//! Checks that `econn.toml` declares, and logs, offline.

use super::{INCIDENT, econn, refused};
use serde_json::{Value, json};
use std::fs;

#[test]
fn a_log_is_counted_and_matched_with_its_link() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("test.log");
    let refusal = "Post \"http://127.0.0.1:18141/v1?key=Zx9s3cr3t\": dial tcp 127.0.0.1:18141: connect: connection refused\n";
    let other =
        "ERROR openai.APIConnectionError: Connection error.\ndial tcp 10.9.9.9:99: i/o timeout\n";
    fs::write(&log, refusal.repeat(12) + other).unwrap();
    let log = log.to_str().unwrap();
    let json = econn(&["diagnose", "--from", INCIDENT, "--log", log, "--format", "json"]);
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    let seen = &report["links"][0];
    let refused = json!({"class": "connection refused", "host": "127.0.0.1", "port": 18141, "library": "go", "count": 12});
    assert!(seen["logged"].as_array().unwrap().contains(&refused), "{}", seen["logged"]);
    let unnamed = json!({"class": "connection error", "host": null, "port": null, "library": "openai", "count": 1});
    assert!(seen["logged"].as_array().unwrap().contains(&unnamed), "the only client that fails");
    assert_eq!(report["logged_elsewhere"][0]["class"], "connect timeout");
    let plain = econn(&["diagnose", "--from", INCIDENT, "--format", "json"]);
    let plain: Value = serde_json::from_slice(&plain.stdout).unwrap();
    assert_eq!(seen["checks"], plain["links"][0]["checks"], "a log decides nothing");
    let table = econn(&["diagnose", "--from", INCIDENT, "--log", log]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(
        table.contains("logged     connection refused 12 times at 127.0.0.1:18141, by go"),
        "{table}"
    );
    assert!(
        table.contains(
            "logged, of no link known here: connect timeout 1 time at 10.9.9.9:99, by go"
        )
    );
    assert!(!table.contains("s3cr3t") && !report.to_string().contains("s3cr3t"));
}

#[test]
fn a_log_that_can_not_be_read_is_wrong_usage() {
    refused(
        &["diagnose", "--from", INCIDENT, "--log", "/no/such.log"],
        2,
        "--log /no/such.log: there is no such file",
    );
    refused(&["diagnose", "--from", INCIDENT, "--log", "/"], 2, "--log /: it is a folder");
}

#[test]
fn what_a_saved_snapshot_was_not_asked_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("econn.toml");
    let check = "[[check]]\nid = \"key\"\ncode = \"KEY1\"\nkind = \"env\"\nname = \"API_KEY\"\nmessage = \"no key\"\nfix = \"give one\"\n";
    fs::write(&config, check).unwrap();
    let args =
        ["diagnose", "--from", INCIDENT, "--config", config.to_str().unwrap(), "--format", "json"];
    let report: Value = serde_json::from_slice(&econn(&args).stdout).unwrap();
    let row = report["links"][0]["checks"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&row["check"], &row["outcome"]), (&json!("key"), &json!("unknown")));
    let listed = econn(&["checks", "--config", config.to_str().unwrap()]);
    assert!(
        String::from_utf8(listed.stdout)
            .unwrap()
            .contains("-  key  (econn.toml)\n     KEY1  no key")
    );
}

#[test]
fn a_check_that_can_not_be_asked_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("econn.toml");
    let whole = |more: &str| {
        format!("[[check]]\nid = \"key\"\ncode = \"KEY1\"\nmessage = \"m\"\nfix = \"f\"\n{more}")
    };
    for (text, said) in [
        (whole("kind = \"env\""), "a check of kind env needs the key name"),
        (whole("kind = \"tcp\"\nname = \"X\""), "a check of kind tcp has no key name"),
        (whole("kind = \"http\"\nstatus = [700]"), "700 is no status of HTTP"),
        (whole("kind = \"nagios\"\ncommand = []"), "needs the key command"),
        (whole("kind = \"imge\""), "unknown variant `imge`"),
        (whole("kind = \"tcp\"\nclients = \"x\""), "there is no key clients; did you mean client?"),
        (whole("kind = \"tcp\"").replace("KEY1", "EC101"), "the code \"EC101\" is not"),
        (whole("kind = \"tcp\"").replace("\"key\"", "\"bind-address\""), "is no free one"),
        (whole("kind = \"tcp\"\n") + &whole("kind = \"dns\""), "there are two checks key"),
        ("[plugins]\nfolder = \"x\"".into(), "there is no key folder; did you mean folders?"),
    ] {
        fs::write(&config, text).unwrap();
        refused(&["diagnose", "--from", INCIDENT, "--config", config.to_str().unwrap()], 2, said);
    }
}
