//! The contract, sentence by sentence, as far as it holds without an engine; and what is no sentence of it, but input that
//! nobody would send on purpose.

use super::fake::{Fake, answer};
use super::{INCIDENT, econn, quiet};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const FORMATS: [&str; 9] =
    ["table", "json", "markdown", "junit", "sarif", "gitlab", "github", "html", "prometheus"];

/// A run whose end is waited for, for so long and no longer.
fn bounded(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    child.wait_with_output().unwrap()
}

/// Wrong usage: code 2, one line without control characters, and nothing on stdout.
#[track_caller]
fn refused(command: &mut Command, said: &str) {
    let output = bounded(command);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{command:?}: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{command:?}: {stderr}");
    assert!(stderr.contains(said), "{command:?}: {stderr}");
    assert!(!stderr.trim_end().chars().any(char::is_control), "{command:?}: {stderr:?}");
    assert!(output.stdout.is_empty(), "{command:?}");
}

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

#[test]
fn nobody_has_to_read_stderr() {
    for (arguments, code) in [
        (&["diagnose", "--no-such-flag"][..], 2),
        (&["diagnose", "--from", "/no/such/file"], 2),
        (&["diagnose", "--host", "unix:///no/such.sock"], 3),
        (&["demo", "--output", "json=/dev/full"], 1),
        (&["run", "--host", "unix:///no/such.sock", "--record", "/no/r", "--", "false"], 1),
    ] {
        let status = quiet(arguments).stderr(full()).stdout(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn a_fault_that_nobody_could_read_of_is_one_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("report.json");
    let status = quiet(&["demo", "--output", &format!("json={}", kept.display())])
        .stdout(full())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1));
    assert_eq!(std::fs::read(&kept).unwrap(), econn(&["demo", "--format", "json"]).stdout);
    let nothing_wrong =
        ["diagnose", "--from", INCIDENT, "--only", "network-path", "--allow-unknown"];
    assert_eq!(econn(&nothing_wrong).status.code(), Some(0));
    let status = quiet(&nothing_wrong).stdout(full()).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(3), "what could not be printed is not done");
}

#[test]
fn a_reader_that_has_seen_enough_changes_no_code() {
    for arguments in [&["demo"][..], &["demo", "--format", "html"], &["explain"], &["schema"]] {
        let mut child = quiet(arguments).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let code = i32::from(arguments[0] == "demo");
        assert_eq!(child.wait().unwrap().code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn what_has_no_end_is_refused() {
    for arguments in [
        &["diagnose", "--from", "/dev/zero"][..],
        &["compare", "/dev/zero", INCIDENT],
        &["compare", INCIDENT, "/dev/urandom"],
        &["diagnose", "--from", INCIDENT, "--config", "/dev/zero"],
    ] {
        refused(&mut quiet(arguments), "it is larger than ");
    }
    for device in ["/dev/zero", "/dev/urandom"] {
        let log = ["diagnose", "--from", INCIDENT, "--log", device];
        refused(&mut quiet(&log), "it is a device without an end");
    }
    assert_eq!(econn(&["demo"]).stdout, {
        let nothing = ["diagnose", "--from", INCIDENT, "--log", "/dev/null"];
        econn(&nothing).stdout
    });
}

#[test]
fn bytes_that_are_no_text_and_text_that_writes_on_terminals() {
    let odd = OsStr::from_bytes(b"a\xff\x1b[31m\x07b\xfe");
    for arguments in [
        &["diagnose"][..],
        &["diagnose", "--from"],
        &["diagnose", "--from", INCIDENT],
        &["diagnose", "--from", INCIDENT, "--log"],
        &["diagnose", "--from", INCIDENT, "--config"],
        &["diagnose", "--only"],
        &["diagnose", "--timeout"],
        &["diagnose", "--link"],
        &["diagnose", "--host"],
        &["explain"],
        &["compare", INCIDENT],
        &["schema"],
        &[],
    ] {
        refused(quiet(arguments).arg(odd), "");
    }
    for arguments in [&["diagnose", "--from", INCIDENT][..], &["explain"], &["demo", "--only"]] {
        refused(quiet(arguments).arg("x\u{1b}[31m\u{202e}\r\n"), "there is no ");
    }
}

#[test]
fn a_project_file_that_cannot_be_read_is_told_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("econn.toml");
    let diagnose = || {
        let mut command = quiet(&["diagnose", "--from", INCIDENT]);
        command.current_dir(&folder);
        command
    };
    std::os::unix::fs::symlink("/no/such/file", &file).unwrap();
    refused(&mut diagnose(), "there is no such file or folder");
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(&file, &file).unwrap();
    refused(&mut diagnose(), "econn.toml: ");
    std::fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    refused(&mut diagnose(), "it is no file");
    std::fs::remove_file(&file).unwrap();
    for text in [&b"\xff\xfe"[..], b"\0", b"a = ", b"[plugins]\nfolders = [\"no\"]", b"timeout = 5"]
    {
        std::fs::write(&file, text).unwrap();
        refused(&mut diagnose(), "econn.toml");
    }
}

/// econn's own trouble is not the command's: the command runs, and what was wrong is said. What its caller wrote wrong on
/// the command line is refused before anything runs.
#[test]
fn a_broken_project_file_does_not_keep_the_tests_from_running() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("econn.toml"), "timeout = 5").unwrap();
    let state = folder.path().join("state");
    let run = |flags: &[&str]| {
        let begin = ["run", "--host", "unix:///no/such.sock"];
        let mut command = quiet(&[&begin, flags, &["--", "sh", "-c", "echo ran; exit 5"]].concat());
        command.current_dir(&folder).env("XDG_STATE_HOME", &state).stdin(Stdio::null());
        command
    };
    let output = bounded(&mut run(&[]));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(5), &b"ran\n"[..]));
    assert!(stderr.contains("econn.toml: line 1"), "{stderr}");
    std::fs::remove_file(folder.path().join("econn.toml")).unwrap();
    refused(&mut run(&["--only", "no-such-check"]), "there is no check no-such-check");
    refused(&mut run(&["--config", "/no/such/file"]), "there is no such file");
}

#[test]
fn an_engine_that_fails_in_the_middle_is_told_with_every_command_that_looks() {
    let ill = answer("500 Internal Server Error", r#"{"message":"ill"}"#);
    let fake =
        Fake::start("/containers/json", Arc::new(move |out: &mut dyn Write| out.write_all(&ill)));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("s.json");
    for arguments in [&["diagnose"][..], &["snapshot", "-o", file.to_str().unwrap()]] {
        let output = bounded(quiet(arguments).args(["--host", &fake.host()]));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
        assert!(stderr.contains("docker: "), "{arguments:?}: {stderr}");
    }
}

#[test]
fn the_flags_that_scripts_rely_on_are_there() {
    let looking = [
        "--engine",
        "--host",
        "--context",
        "--project",
        "--link",
        "--source",
        "--probe",
        "--passive",
        "--timeout",
    ];
    let judging =
        ["--only", "--skip", "--format", "--output", "--fail-on", "--allow-unknown", "--color"];
    for (command, flags) in [
        ("diagnose", [&looking[..], &judging, &["--from"]].concat()),
        ("preflight", [&looking[..], &judging, &["--wait"]].concat()),
        ("snapshot", [&looking[..], &["--output"]].concat()),
        ("run", [&looking[..], &judging, &["--record"]].concat()),
    ] {
        let help = String::from_utf8(econn(&[command, "--help"]).stdout).unwrap();
        for flag in flags {
            assert!(
                help.contains(&format!("{flag} ")) || help.contains(&format!("{flag}\n")),
                "{command} {flag}"
            );
        }
    }
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    // The recorded incident, of which one thing could not be seen.
    let folder = tempfile::tempdir().unwrap();
    let file = changed(folder.path(), |snapshot| {
        snapshot["links"][0]["concurrency"] = serde_json::json!({"unknown": "permission denied"});
    });
    for (flags, code) in [
        (&[][..], 1),
        (&["--fail-on", "warn"], 1),
        (&["--only", "server-concurrency"], 3),
        (&["--only", "server-concurrency", "--allow-unknown"], 0),
        (&["--only", "server-concurrency", "--only", "bind-address"], 1),
        (&["--only", "server-state"], 0),
        (&["--only", "server-state", "--skip", "server-state"], 0),
    ] {
        for format in FORMATS {
            let output =
                econn(&[&["diagnose", "--from", &file, "--format", format], flags].concat());
            assert_eq!(output.status.code(), Some(code), "{format} {flags:?}");
            assert!(output.stderr.is_empty() && !output.stdout.contains(&0x1b), "{format}");
        }
    }
}

/// What the incident's snapshot becomes by this change, in a file.
fn changed(folder: &Path, change: impl FnOnce(&mut Value)) -> String {
    let file = folder.join("snapshot.json");
    let mut snapshot: Value = serde_json::from_slice(&std::fs::read(INCIDENT).unwrap()).unwrap();
    change(&mut snapshot);
    std::fs::write(&file, snapshot.to_string()).unwrap();
    file.display().to_string()
}

#[test]
fn what_could_not_be_determined_reads_as_no_success_in_any_format() {
    let folder = tempfile::tempdir().unwrap();
    let file = changed(folder.path(), |snapshot| {
        snapshot["links"][0]["concurrency"] = serde_json::json!({"unknown": "permission denied"});
    });
    let unseen = ["diagnose", "--from", &file, "--only", "server-concurrency"];
    let nobody = ["diagnose", "--host", "unix:///no/such.sock"];
    for (arguments, said) in [(&unseen[..], "permission denied"), (&nobody, "no socket")] {
        for format in FORMATS.into_iter().filter(|format| *format != "prometheus") {
            let output = econn(&[arguments, &["--format", format]].concat());
            let told = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.code() == Some(3) && told.contains(said), "{format}: {told}");
        }
    }
    let gitlab = |flags: &[&str]| -> Value {
        let output = econn(&[&unseen[..], &["--format", "gitlab"], flags].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let unseen_in = |list: &Value| {
        let entries = list.as_array().unwrap().iter();
        entries.filter(|entry| entry["severity"] == "info").cloned().collect::<Vec<_>>()
    };
    let [entry] = &unseen_in(&gitlab(&[]))[..] else { panic!("one row is unknown") };
    assert_eq!(entry["check_name"], "server-concurrency");
    assert!(entry["location"]["lines"]["begin"].is_u64() && entry["fingerprint"].is_string());
    assert_eq!(unseen_in(&gitlab(&["--allow-unknown"])), Vec::<Value>::new());
}

/// A flag that says how to look would be left aside without a word where nothing is looked at.
#[test]
fn a_saved_look_takes_no_flag_that_says_how_to_look() {
    for flags in [
        &["--passive"][..],
        &["--engine", "docker"],
        &["--host", "unix:///x.sock"],
        &["--context", "x"],
        &["--link", "a=http://b:1"],
        &["--source", "a=/tmp"],
        &["--probe", "a=/x"],
        &["--vantage", "proc"],
        &["--verify-build"],
    ] {
        let mut command = quiet(&["diagnose", "--from", INCIDENT]);
        refused(command.args(flags), "cannot be used with");
    }
}

#[test]
fn a_project_of_a_saved_look_keeps_its_links() {
    let folder = tempfile::tempdir().unwrap();
    let compose = |project: &str| serde_json::json!({"project": project, "service": "s", "one_off": false, "working_dir": null, "config_files": []});
    let file = changed(folder.path(), |snapshot| {
        for container in snapshot["containers"].as_array_mut().unwrap() {
            let project = if container["name"] == "hapi" { "ci" } else { "other" };
            container["compose"] = compose(project);
        }
        let mut third = snapshot["containers"][0].clone();
        third["name"] = "third".into();
        third["compose"] = compose("third");
        snapshot["containers"].as_array_mut().unwrap().push(third);
    });
    let links = |project: &str| {
        let arguments = ["diagnose", "--from", &file, "--format", "json", "--project", project];
        let output = econn(&arguments);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), report["links"].as_array().unwrap().len())
    };
    assert_eq!((links("ci"), links("other"), links("third")), ((1, 1), (1, 1), (3, 0)));
    let mut command = quiet(&["diagnose", "--from", &file, "--project", "cii"]);
    refused(&mut command, "did you mean ci?");
}

#[test]
fn every_entry_has_a_place_and_every_metric_its_prefix() {
    let document = |format: &str| -> Value {
        serde_json::from_slice(&econn(&["demo", "--format", format]).stdout).unwrap()
    };
    let sarif = document("sarif");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].is_string(), "{result}");
        assert!(place["region"]["startLine"].as_u64() >= Some(1), "{result}");
    }
    let gitlab = document("gitlab");
    for entry in gitlab.as_array().unwrap() {
        assert!(entry["location"]["path"].is_string(), "{entry}");
        assert!(entry["location"]["lines"]["begin"].as_u64() >= Some(1), "{entry}");
    }
    let metrics = String::from_utf8(econn(&["demo", "--format", "prometheus"]).stdout).unwrap();
    let lines = metrics.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    assert!(lines.clone().count() > 5 && lines.clone().all(|line| line.starts_with("econn_")));
}

#[test]
fn one_s_own_checks_are_explained_and_do_not_stand_before_econn_s() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = format!(
        "[plugins]\nfolders = [\"{}\"]\n[[check]]\nid = \"answers\"\ncode = \"WEB1\"\nkind = \"http\"\nstatus = [200]\n\
         message = \"the API is not well\"\nfix = \"see its log\"\nfix_command = \"docker logs api\"\n",
        root.join("tests/plugins").display()
    );
    std::fs::write(folder.path().join("econn.toml"), text).unwrap();
    let explain = |subject: &str| {
        let mut command = quiet(&["explain", subject]);
        command.current_dir(&folder);
        command
    };
    for (subject, said) in [
        ("WEB1", "docker logs api"),
        ("answers", "the API is not well"),
        ("plaintext", "econn-check-plaintext"),
    ] {
        let output = explain(subject).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{subject}: {output:?}");
        assert!(told.contains(said), "{subject}: {told}");
    }
    refused(&mut explain("WEB2"), "there is no finding or check WEB2");
    std::fs::write(folder.path().join("econn.toml"), "broken").unwrap();
    assert_eq!(explain("EC401").output().unwrap().status.code(), Some(0));
    refused(&mut explain("WEB1"), "econn.toml: line 1");
}
