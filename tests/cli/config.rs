//! `econn.toml` and `econn init`, without any engine.

use super::{INCIDENT, econn, quiet, refused};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

const FORMATS: [&str; 9] =
    ["table", "json", "markdown", "junit", "sarif", "gitlab", "github", "html", "prometheus"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli")
}

/// Runs it in a folder, so that the configuration is called by a name that is the same everywhere.
fn within(folder: &Path, args: &[&str]) -> Output {
    quiet(args).current_dir(folder).output().expect("the binary under test starts")
}

fn suppressed(format: &str, more: &[&str]) -> Output {
    let args = ["diagnose", "--from", INCIDENT, "--config", "suppressed.toml", "--color", "never"];
    within(&folder(), &[&args[..], &["--format", format], more].concat())
}

/// What does not count stays visible, in every format, and every format ends with the same code.
#[test]
fn decisions_of_the_project_are_the_same_in_every_format() {
    for format in FORMATS {
        let output = suppressed(format, &[]);
        let file = format!("suppressed.1.{format}");
        let path = folder().join("../golden").join(&file);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &output.stdout).unwrap();
        }
        let shown = String::from_utf8_lossy(&output.stdout);
        let golden = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(shown, golden, "UPDATE_GOLDEN=1 cargo test --test cli writes {file}");
        assert_eq!(output.status.code(), Some(1), "the exit code in the name of {file}");
        assert!(shown.contains("EC401"), "{format} hides what is suppressed");
        if format != "prometheus" {
            assert!(shown.contains("the address comes with the next release"), "{format}: why?");
        }
    }
}

/// The level that fails a run, and what only warns, are the same everywhere, too.
#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let known = |codes: &[&str]| {
        let each = codes.iter().map(|code| {
            format!("[[suppress]]\ncode = \"{code}\"\nsubject = \"*\"\nreason = \"known\"\nuntil = 2027-12-31\n")
        });
        let text = "allow_unknown = true\n".to_owned() + &each.collect::<String>();
        fs::write(folder.path().join("econn.toml"), text).unwrap();
    };
    let code = |format: &str, more: &[&str]| {
        let args = ["diagnose", "--from", INCIDENT, "--format", format];
        within(folder.path(), &[&args[..], more].concat()).status.code()
    };
    let all = ["EC401", "EC501", "EC301", "EC101", "EC201"];
    for format in FORMATS {
        known(&all[..4]);
        assert_eq!(code(format, &[]), Some(1), "{format}: EC201 still counts");
        known(&all);
        assert_eq!(code(format, &[]), Some(0), "{format}: every fault is known");
        assert_eq!(
            code(format, &["--fail-on", "warn"]),
            Some(1),
            "{format}: the short queue warns"
        );
        known(&[&all[..], &["EC102"]].concat());
        assert_eq!(code(format, &["--fail-on", "warn"]), Some(0), "{format}: all is known");
    }
}

#[test]
fn what_is_over_or_unused_and_the_file_itself_are_said() {
    let output = suppressed("json", &[]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let notes = report["notes"].to_string();
    for said in [
        "EC907 suppressed.toml holds for this run",
        "EC908 the suppression of EC301 for * ended on 2025-12-31 and no longer counts",
        "EC909 the suppression of EC402 for hapi matches nothing",
    ] {
        assert!(notes.contains(said), "{notes}");
    }
    assert_eq!(report["links"][0]["chain"], serde_json::json!(["EC501", "EC301"]));
    assert_eq!(report["links"][0]["root_cause"], "EC501");
}

/// The project's own file holds unasked; an empty one leaves everything as it is.
#[test]
fn the_file_of_the_project_is_found_from_below() {
    let project = tempfile::tempdir().unwrap();
    let inner = project.path().join("a/b");
    fs::create_dir_all(&inner).unwrap();
    fs::create_dir(project.path().join(".git")).unwrap();
    fs::write(project.path().join("econn.toml"), "fail_on = \"warn\"\nmay_warns = []\n").unwrap();
    let output = within(&inner, &["diagnose", "--from", INCIDENT]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("econn.toml: line 2: there is no key may_warns; did you mean may_warn?"),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let none = within(&inner, &["diagnose", "--from", INCIDENT, "--config", "/dev/null"]);
    assert_eq!(none.status.code(), Some(1));
}

#[test]
fn wrong_usage_of_the_gate_is_refused() {
    refused(&["preflight", "--wait", "soon"], 2, "a number with ms, s, m or h");
    refused(&["preflight", "--clients", "5000"], 2, "0..=200");
    refused(
        &["preflight", "--config", "/no/such/file"],
        2,
        "give a file in the form of econn.toml",
    );
    refused(&["diagnose", "--config", "/"], 2, "it is a folder");
    let output = econn(&["preflight", "--host", "unix:///no/such.sock", "--wait", "20s"]);
    assert_eq!(output.status.code(), Some(3), "nothing is waited for where no engine answers");
}

/// No file of the user's is overwritten, and none is written where nothing was seen.
#[test]
fn init_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("econn.toml");
    let args = ["init", "--host", "unix:///no/such.sock"];
    assert_eq!(within(folder.path(), &args).status.code(), Some(3));
    assert!(!file.exists(), "nothing was seen");
    fs::write(&file, "mine").unwrap();
    let output = within(folder.path(), &args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("econn init --force writes it anew"), "{stderr}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}
