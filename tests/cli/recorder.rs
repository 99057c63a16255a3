//! `econn run` without an engine: the command comes first.

use super::econn;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};

/// Runs a script under econn, with a state folder of its own.
fn ran(script: &str) -> Output {
    let state = tempfile::tempdir().unwrap();
    under(state.path(), &["sh", "-c", script]).output().unwrap()
}

fn under(state: &std::path::Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_econn"));
    command.env("XDG_STATE_HOME", state).env_remove("HOME");
    command.args(["run", "--host", "unix:///no/such.sock", "--"]).args(words);
    command.stdin(Stdio::null());
    command
}

#[test]
fn the_exit_code_is_the_commands() {
    for (script, code) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("exit 70", 70),
        ("kill -TERM $$", 143),
        ("kill -KILL $$", 137),
        ("exec /no/such/program", 127),
    ] {
        let output = ran(script);
        assert_eq!(output.status.code(), Some(code), "{script}: {output:?}");
        assert_eq!(output.status.signal(), None);
    }
}

#[test]
fn what_cannot_be_started_is_said_in_one_line() {
    let state = tempfile::tempdir().unwrap();
    for (program, code, said) in
        [("/no/such", 127, "there is no such program"), ("/etc/passwd", 126, "no permission")]
    {
        let output = under(state.path(), &[program]).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(said) && stderr.lines().count() == 1, "{stderr}");
    }
    super::refused(&["run"], 2, "COMMAND");
    super::refused(&["run", "--no-such-flag", "--", "true"], 2, "--no-such-flag");
    super::refused(&["run", "--output", "json=/no/such/dir/f", "--", "true"], 2, "does not exist");
}

#[test]
fn streams_pass_through_byte_for_byte_and_in_order() {
    let state = tempfile::tempdir().unwrap();
    // Bytes that are no text, much of it, and no line feed at the end.
    let script = "cat; printf '\\377\\000end'; printf err >&2";
    let mut child = under(state.path(), &["sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let sent: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let mut stdin = child.stdin.take().unwrap();
    let to_send = sent.clone();
    let writer = std::thread::spawn(move || stdin.write_all(&to_send).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.stdout.starts_with(&sent) && output.stdout.ends_with(b"\xff\0end"));
    assert_eq!(output.stdout.len(), sent.len() + 5);
    assert!(output.stderr.starts_with(b"err"), "{:?}", String::from_utf8_lossy(&output.stderr));

    // Both streams to one place keep their order.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both");
    let both = std::fs::File::create(&path).unwrap();
    let script = "i=0; while [ $i -lt 50 ]; do echo $i; echo $i >&2; i=$((i+1)); done";
    let status = under(state.path(), &["sh", "-c", script])
        .stdout(both.try_clone().unwrap())
        .stderr(both)
        .status()
        .unwrap();
    assert!(status.success());
    let expected = (0..50).flat_map(|n| [n, n]).map(|n| n.to_string() + "\n").collect::<String>();
    let both = std::fs::read_to_string(&path).unwrap();
    assert!(both.starts_with(&expected), "{both}");
}

#[test]
fn a_signal_for_econn_is_the_commands() {
    let state = tempfile::tempdir().unwrap();
    let script = "trap 'echo told; exit 9' USR1 TERM; echo ready; while :; do sleep 0.05; done";
    for signal in ["USR1", "TERM"] {
        let mut child =
            under(state.path(), &["sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut out, &mut line).unwrap();
        assert_eq!(line, "ready\n");
        let pid = child.id().to_string();
        Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap();
        std::io::BufRead::read_line(&mut out, &mut line).unwrap();
        assert_eq!((line.as_str(), child.wait().unwrap().code()), ("ready\ntold\n", Some(9)));
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_command_as_ever() {
    let state = tempfile::tempdir().unwrap();
    let script = format!(
        "{} run --host unix:///no/such.sock -- sh -c 'yes; echo $? >{}/code' | head -n 1",
        env!("CARGO_BIN_EXE_econn"),
        state.path().display()
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .env("XDG_STATE_HOME", state.path())
        .output()
        .unwrap();
    assert_eq!(output.stdout, b"y\n");
    let code = std::fs::read_to_string(state.path().join("code")).unwrap();
    assert_eq!(code, "141\n", "ended by the broken pipe");
}

#[test]
fn a_process_left_behind_does_not_keep_the_run_from_ending() {
    let began = std::time::Instant::now();
    let state = tempfile::tempdir().unwrap();
    let status = under(state.path(), &["sh", "-c", "sleep 20 & exit 3"])
        .stdout(std::fs::File::create(state.path().join("out")).unwrap())
        .stderr(std::fs::File::create(state.path().join("err")).unwrap())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(3));
    assert!(began.elapsed().as_secs() < 15, "{:?}", began.elapsed());
}

#[test]
fn the_recording_is_kept_and_what_keeps_it_from_that_is_no_trouble_of_the_commands() {
    let state = tempfile::tempdir().unwrap();
    assert_eq!(under(state.path(), &["true"]).status().unwrap().code(), Some(0));
    let kept = state.path().join("econn/last-run.json");
    let replay = econn(&["diagnose", "--from", kept.to_str().unwrap()]);
    assert_eq!(replay.status.code(), Some(3), "no engine answered");
    let files = std::fs::read_dir(state.path().join("econn")).unwrap().count();
    assert_eq!(files, 1, "nothing half-written is left");

    let mut command = Command::new(env!("CARGO_BIN_EXE_econn"));
    command.args(["run", "--host", "unix:///no/such.sock", "--record", "/no/such/dir/r.json"]);
    let output = command.args(["--", "sh", "-c", "exit 5"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5));
    assert_eq!(stderr.matches("the recording can't be kept").count(), 1, "{stderr}");
}

#[test]
fn a_check_that_there_is_not_is_said_before_the_command_starts() {
    let state = tempfile::tempdir().unwrap();
    let begun = state.path().join("begun");
    let script = format!("touch {}", begun.display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_econn"));
    command.args(["run", "--only", "no-such-check", "--", "sh", "-c", &script]);
    let output = command.env("XDG_STATE_HOME", state.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("no-such-check") && stderr.lines().count() == 1, "{stderr}");
    assert!(!begun.exists());
}

#[test]
fn what_the_command_says_of_connections_is_counted_and_nothing_else_of_it_is_kept() {
    let state = tempfile::tempdir().unwrap();
    let script = "for i in 1 2 3; do echo \"dial tcp 10.1.2.3:8080: connect: connection refused\"; done; \
                  echo token=s3cretvalue99; exit 1";
    under(state.path(), &["sh", "-c", script]).output().unwrap();
    let kept = std::fs::read_to_string(state.path().join("econn/last-run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(record["logged"][0]["count"], 3, "{}", record["logged"]);
    assert!(!kept.contains("s3cretvalue99"));
}
