//! The command line without any engine: bad input gives one clear line and the exit code of the contract.

mod catalogue;
mod compare;
mod config;
mod contract;
mod fake;
#[path = "../front/mod.rs"]
mod front;
mod hostile;
mod install;
mod nodes;
mod own;
mod plugins;
mod recorder;
mod schema;
mod secured;
mod snapshots;
mod vantage;

use std::path::Path;
use std::process::{Command, Output};

/// The incident as recorded from a real engine.
const INCIDENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/incident.json");

fn econn(args: &[&str]) -> Output {
    quiet(args).output().expect("the binary under test starts")
}

/// The command, far from any engine.
fn quiet(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_econn"));
    // No engine of this machine may take part.
    for variable in ["DOCKER_HOST", "CONTAINER_HOST", "DOCKER_CONTEXT", "XDG_RUNTIME_DIR", "HOME"] {
        command.env_remove(variable);
    }
    command.args(args);
    command
}

/// The run ends with `code`, says one line on stderr that holds `said`, and nothing on stdout.
#[track_caller]
fn refused(args: &[&str], code: i32, said: &str) {
    let output = econn(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
    assert!(stderr.contains(said), "{args:?} says: {stderr}");
    assert!(
        output.stdout.is_empty(),
        "{args:?} prints: {}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn wrong_usage_is_refused_with_what_to_do() {
    refused(&["diagnose", "--no-such-flag"], 2, "--no-such-flag");
    refused(&["diagnose", "--timeout", "60"], 2, "a number with ms, s, m or h");
    refused(&["diagnose", "--only", "bind-adress"], 2, "did you mean bind-address?");
    refused(&["diagnose", "--skip", "dns"], 2, "there is no check dns");
    refused(&["diagnose", "--link", "hapi"], 2, "is not CLIENT=URL");
    refused(&["diagnose", "--source", "mock"], 2, "is not NAME=VALUE");
    refused(
        &["diagnose", "--source", "mock=/no/such/folder"],
        2,
        "give the folder of the Dockerfile",
    );
    refused(
        &["diagnose", "--host", "nonsense"],
        2,
        "give unix:///path/to.sock, tcp://host:port or ssh://user@host",
    );
    refused(&["explain", "EC999"], 2, "econn checks lists them");
    refused(&["diagnose", "--from", INCIDENT, "nobody"], 2, "there is no container nobody");
}

#[test]
fn a_file_that_is_no_snapshot_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(INCIDENT).unwrap();
    let case = |name: &str, bytes: &[u8], said: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        refused(&["diagnose", "--from", path.to_str().unwrap()], 2, said);
    };
    case("truncated", &whole[..whole.len() / 2], "give a whole file that econn snapshot wrote");
    case("empty", b"", "give a whole file that econn snapshot wrote");
    case("foreign", b"{\"links\": []}", "not a snapshot of econn");
    case("newer", b"{\"snapshot_version\": 99}", "snapshot version 99");
    case("binary", &[0xff, 0xfe, 0x00], "give a file that econn snapshot wrote");
    case("a list", b"[1, 2]", "not a snapshot of econn");
    refused(&["diagnose", "--from", "/no/such/file"], 2, "give a file that econn snapshot wrote");
}

#[test]
fn without_an_engine_the_run_could_not_complete() {
    let output = econn(&["diagnose", "--host", "unix:///no/such.sock", "--format", "json"]);
    assert_eq!(output.status.code(), Some(3));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("there is no socket at unix:///no/such.sock"), "{stderr}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (report["outcome"].as_str(), report["exit_code"].as_u64()),
        (Some("unknown"), Some(3))
    );
    assert!(report["engines"][0]["error"].as_str().is_some());
}

#[test]
fn allowing_unknowns_does_not_make_a_missing_engine_right() {
    let output = econn(&["diagnose", "--host", "unix:///no/such.sock", "--allow-unknown"]);
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn the_recorded_incident_is_replayed_to_the_same_bytes() {
    let demo = econn(&["demo", "--format", "json"]);
    let replay = econn(&["diagnose", "--from", INCIDENT, "--format", "json"]);
    assert_eq!(demo.status.code(), Some(1));
    assert_eq!(demo.stdout, replay.stdout);
    let report: serde_json::Value = serde_json::from_slice(&demo.stdout).unwrap();
    assert_eq!(
        report["links"][0]["chain"],
        serde_json::json!(["EC401", "EC501", "EC301", "EC101", "EC201"])
    );
}

#[test]
fn the_formats_are_as_they_were() {
    for format in
        ["table", "json", "markdown", "junit", "sarif", "gitlab", "github", "html", "prometheus"]
    {
        let file = format!("incident.1.{format}");
        let output = econn(&["demo", "--format", format, "--color", "never"]);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(&file);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &output.stdout).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            golden,
            "UPDATE_GOLDEN=1 cargo test --test cli writes {file}"
        );
        assert_eq!(output.status.code(), Some(1), "the exit code in the name of {file}");
    }
}

/// What the README shows is the beginning of the real thing.
#[test]
fn the_readme_shows_real_output() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let shown = readme.split("```console\n$ econn diagnose").nth(1).unwrap();
    let shown = shown.split_once('\n').unwrap().1.split("  ...\n```").next().unwrap();
    let golden = std::fs::read_to_string(root.join("tests/golden/incident.1.table")).unwrap();
    assert!(golden.starts_with(shown) && shown.lines().count() > 20, "README.md shows:\n{shown}");
}

/// The book's pages on findings are the texts beside the findings.
#[test]
fn the_book_says_what_econn_explains() {
    let page = econn(&["explain"]).stdout;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let book = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        String::from_utf8_lossy(&page),
        book,
        "UPDATE_GOLDEN=1 cargo test --test cli writes docs/checks.md"
    );
}

#[test]
fn left_out_by_choice_is_skipped_and_never_a_pass() {
    let output = econn(&["demo", "--format", "json", "--only", "bind-address"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for row in report["links"][0]["checks"].as_array().unwrap() {
        let expected = if row["check"] == "bind-address" { "fail" } else { "skip" };
        assert_eq!(row["outcome"], expected, "{}", row["check"]);
    }
}

#[test]
fn the_report_is_written_where_it_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let output = econn(&["demo", "--output", &format!("json={}", path.display())]);
    assert_eq!(std::fs::read(&path).unwrap(), econn(&["demo", "--format", "json"]).stdout);
    assert!(String::from_utf8_lossy(&output.stdout).contains("EC401"));
    assert!(!output.stdout.contains(&0x1b), "no colour without a terminal");
}

#[test]
fn every_code_can_be_explained() {
    let list = String::from_utf8(econn(&["checks"]).stdout).unwrap();
    let codes = list.split_whitespace().filter(|word| word.starts_with("EC"));
    assert!(codes.clone().any(|code| code == "EC901"), "the notes have pages, too");
    for code in codes {
        let page = String::from_utf8(econn(&["explain", code]).stdout).unwrap();
        assert!(page.contains("### How to repair it"), "{code}");
    }
}

/// Static, so that it can be put into any image.
#[test]
fn the_binary_under_test_is_static() {
    let binary = std::fs::read(env!("CARGO_BIN_EXE_econn")).unwrap();
    assert_eq!(&binary[..4], b"\x7fELF");
    let word = |at: usize, len: usize| {
        binary[at..at + len].iter().rev().fold(0_usize, |n, byte| n << 8 | usize::from(*byte))
    };
    let (table, size, count) = (word(0x20, 8), word(0x36, 2), word(0x38, 2));
    let interpreters = (0..count).filter(|i| word(table + i * size, 4) == 3).count();
    assert_eq!(interpreters, 0, "a program interpreter makes it dynamic");
}
