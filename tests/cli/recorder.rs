//! `econn run` without an engine: the command comes first.

use super::econn;
use super::fake::Fake;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Runs a script under econn, with a state folder of its own.
fn ran(script: &str) -> Output {
    let state = tempfile::tempdir().unwrap();
    under(state.path(), &["sh", "-c", script]).output().unwrap()
}

fn under(state: &Path, words: &[&str]) -> Command {
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
    // Who collects the reports finds one all the same.
    let (file, mut command) =
        (state.path().join("r.json"), Command::new(env!("CARGO_BIN_EXE_econn")));
    command.args(["run", "--host", "unix:///no/such.sock", "--output"]);
    command.arg(format!("json={}", file.display())).args(["--", "/no/such"]);
    let output = command.env("XDG_STATE_HOME", state.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(127), 1), "{stderr}");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(report["outcome"], "unknown", "{report}");
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
fn what_is_written_arrives_at_once() {
    let state = tempfile::tempdir().unwrap();
    let go = state.path().join("go");
    let waits = format!("while [ ! -e {} ]; do sleep 0.02; done", go.display());
    for (name, to) in [("stdout", ""), ("stderr", " >&2")] {
        let script = format!("printf a{to}; {waits}; printf b{to}");
        let mut child = under(state.path(), &["sh", "-c", &script])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let streams = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (mut stream, _other): (Box<dyn Read>, Box<dyn Read>) = match name {
            "stdout" => (Box::new(streams.0), Box::new(streams.1)),
            _ => (Box::new(streams.1), Box::new(streams.0)),
        };
        let mut byte = [0];
        // A byte that waits for more, or for the end, would never come.
        stream.read_exact(&mut byte).unwrap();
        std::fs::write(&go, "").unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        std::fs::remove_file(&go).unwrap();
        assert_eq!((byte, &rest[..1]), (*b"a", "b"), "{name}");
        child.wait().unwrap();
    }
}

/// A shell on a terminal of its own that runs this line.
fn on_a_terminal(state: &Path, line: &str) -> Command {
    let mut command = Command::new("script");
    command.args(["-q", "-e", "-c", line, "/dev/null"]).env("XDG_STATE_HOME", state);
    command
}

/// `econn run` as a shell writes it.
fn recorded() -> String {
    format!("{} run --host unix:///no/such.sock --", env!("CARGO_BIN_EXE_econn"))
}

#[test]
fn a_terminal_stays_one_and_what_is_none_stays_none() {
    let state = tempfile::tempdir().unwrap();
    let (told, file) = (state.path().join("told"), state.path().join("file"));
    std::fs::write(&file, "").unwrap();
    let asks = format!(
        "python3 -c 'import os; open(\"{}\", \"w\").write(str([os.isatty(n) for n in range(3)]))'",
        told.display()
    );
    let file = file.display();
    for to in [
        String::new(),
        "</dev/null".into(),
        format!(">{file}"),
        format!("2>{file}"),
        format!(">{file} 2>&1"),
        format!("<{file} >{file} 2>{file}"),
    ] {
        let seen = |line: &str| {
            let _ = std::fs::remove_file(&told);
            let mut command = on_a_terminal(state.path(), line);
            let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
            assert!(status.expect("script is there").success(), "{line}");
            std::fs::read_to_string(&told).unwrap()
        };
        let bare = seen(&format!("{asks} {to}"));
        assert_eq!(seen(&format!("{} {asks} {to}", recorded())), bare, "{to:?}");
        assert_eq!(bare.contains("True"), !to.contains("2>") || !to.contains('<'), "{to}: {bare}");
    }
}

/// A terminal sends its signals to everybody in front of it: handed on as well they would come twice.
#[test]
fn a_terminals_interrupt_comes_once() {
    let state = tempfile::tempdir().unwrap();
    let script = state.path().join("script");
    let text = "n=0\ntrap 'n=$((n+1)); echo interrupt $n' INT\necho ready\n\
                while [ $n = 0 ]; do sleep 0.02; done\nsleep 0.5\nexit $((40+n))\n";
    std::fs::write(&script, text).unwrap();
    // `exec`: a shell in between would end by the interrupt itself and hide how the command ended.
    let line = format!("exec {} sh {}", recorded(), script.display());
    let mut child = on_a_terminal(state.path(), &line)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keys = child.stdin.take().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    out.read_line(&mut said).unwrap();
    assert_eq!(said.trim_end(), "ready");
    keys.write_all(b"\x03").unwrap();
    out.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(41), "{said}");
    assert!(said.contains("interrupt 1") && !said.contains("interrupt 2"), "{said}");
}

#[test]
fn a_signal_for_econn_is_the_commands() {
    let state = tempfile::tempdir().unwrap();
    let script =
        "trap 'echo told; exit 9' USR1 TERM INT HUP; echo ready; while :; do sleep 0.05; done";
    for signal in ["USR1", "TERM", "INT", "HUP"] {
        let mut child =
            under(state.path(), &["sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        let pid = child.id().to_string();
        Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap();
        out.read_line(&mut line).unwrap();
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

/// Only managers know the tasks of other nodes: without them a service there would be a name that nobody carries.
#[test]
fn a_recording_asks_the_managers_of_a_swarm() {
    const SWARM: &str = r#"{"ID":"FAKE","Swarm":{"NodeID":"n1","LocalNodeState":"active","ControlAvailable":true,"RemoteManagers":[{"NodeID":"n1"}]}}"#;
    const TASK: &str = r#"[{"ID":"t1","ServiceID":"s1","NodeID":"n2","Slot":1,"DesiredState":"running","Status":{"State":"running"},
        "NetworksAttachments":[{"Network":{"Spec":{"Name":"net"}},"Addresses":["192.0.2.8/24"]}]}]"#;
    let fake = Fake::with(&[
        ("/containers/json", r#"[{"Id":"c1","Names":["/client"]}]"#),
        ("/networks", r#"[{"Name":"net","Driver":"overlay","Scope":"swarm"}]"#),
        ("/info", SWARM),
        ("/nodes", r#"[{"ID":"n2","Description":{"Hostname":"other"}}]"#),
        (
            "/services",
            r#"[{"ID":"s1","Spec":{"Name":"server"},"Endpoint":{"VirtualIPs":[{"Addr":"192.0.2.9/24"}]}}]"#,
        ),
        ("/tasks", TASK),
    ]);
    let state = tempfile::tempdir().unwrap();
    let report = state.path().join("report.json");
    let mut command = super::quiet(&["run", "--host", &fake.host(), "--output"]);
    command.arg(format!("json={}", report.display())).env("XDG_STATE_HOME", state.path());
    let output = command.args(["--", "sh", "-c", "sleep 1; exit 4"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    let link = &report["links"][0];
    assert_eq!(link["server"]["container"], "server.1.t1", "{report}");
    assert_eq!((&link["outcome"], &link["server_node"]), (&"unknown".into(), &"other".into()));
    assert!(link.to_string().contains("--node other=URL"), "{link}");
    assert_eq!(report["engines"][0]["node"]["id"], "n1");
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

#[test]
fn what_a_burst_of_output_says_is_heard_all_the_same() {
    let state = tempfile::tempdir().unwrap();
    let script = "import sys\nline = 'x' * 99 + '\\n'\nfor n in range(12):\n    sys.stdout.write(line * 2500)\n    \
                  sys.stdout.write('dial tcp 10.1.2.3:8080: connect: connection refused\\n')\nsys.exit(1)";
    let output = under(state.path(), &["python3", "-c", script]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout.split(|byte| *byte == b'\n').count(), 12 * 2501 + 1);
    let record = recording(state.path());
    assert_eq!(record["logged"][0]["count"], 12, "{}", record["logged"]);
    assert!(!record["notes"].to_string().contains("EC936"), "{}", record["notes"]);
}

#[test]
fn what_was_not_read_is_said() {
    let state = tempfile::tempdir().unwrap();
    let script = "timeout 5 sh -c 'while :; do echo more; done' & exit 1";
    let file = std::fs::File::create(state.path().join("out")).unwrap();
    let status = under(state.path(), &["sh", "-c", script]).stdout(file).status().unwrap();
    assert_eq!(status.code(), Some(1));
    let notes = &recording(state.path())["notes"];
    assert!(notes.to_string().contains("EC936"), "{notes}");
}

#[test]
fn output_that_can_not_be_written_is_told() {
    let state = tempfile::tempdir().unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = under(state.path(), &["echo", "x"]).stdout(full).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.contains("could not all be written"), "{stderr}");
}

fn recording(state: &Path) -> serde_json::Value {
    let kept = std::fs::read(state.join("econn/last-run.json")).unwrap();
    serde_json::from_slice(&kept).unwrap()
}

#[test]
fn what_is_no_regular_file_is_written_to_and_never_replaced() {
    let state = tempfile::tempdir().unwrap();
    let at = |name: &str| state.path().join(name);
    let (pipe, link, file) = (at("pipe"), at("link"), at("file"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::write(&file, "").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let record = |to: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_econn"));
        command.args(["run", "--host", "unix:///no/such.sock", "--record"]).arg(to);
        let status = command.args(["--", "sh", "-c", "exit 5"]).stderr(Stdio::null()).status();
        assert_eq!(status.unwrap().code(), Some(5));
    };
    let read_from = pipe.clone();
    let reader = std::thread::spawn(move || std::fs::read(read_from).unwrap());
    record(&pipe);
    let poured: serde_json::Value = serde_json::from_slice(&reader.join().unwrap()).unwrap();
    assert_eq!(poured["snapshot_version"], 1, "{poured}");
    assert!(!std::fs::metadata(&pipe).unwrap().is_file());
    // What the command prints stays where it is printed.
    let out = at("out");
    let mut command = Command::new(env!("CARGO_BIN_EXE_econn"));
    command.args(["run", "--host", "unix:///no/such.sock", "--record", "/dev/stdout", "--"]);
    command.args(["echo", "printed"]).stdout(std::fs::File::create(&out).unwrap());
    assert!(command.status().unwrap().success());
    let both = std::fs::read_to_string(&out).unwrap();
    assert!(both.starts_with("printed\n{") && both.contains("snapshot_version"), "{both}");
    // Nobody reads, and the command ends as it does.
    record(&pipe);

    record(&link);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    let through: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(through["snapshot_version"], 1, "{through}");
}

#[test]
fn the_exit_code_is_known_where_nobody_heeds_the_ends_of_children() {
    let state = tempfile::tempdir().unwrap();
    let line = format!("trap '' CHLD; exec {} sh -c 'exit 5'", recorded());
    let status = Command::new("bash")
        .args(["-c", &line])
        .env("XDG_STATE_HOME", state.path())
        .stderr(Stdio::null())
        .status();
    assert_eq!(status.unwrap().code(), Some(5));
}

#[test]
fn wrong_settings_of_engines_keep_no_command_from_running() {
    let state = tempfile::tempdir().unwrap();
    for (name, value) in [("DOCKER_HOST", "garbage://x"), ("DOCKER_CONTEXT", "no-such-context")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_econn"));
        command.args(["run", "--", "sh", "-c", "echo begun; exit 5"]).env(name, value);
        let output = command.env("XDG_STATE_HOME", state.path()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &output.stdout[..]), (Some(5), &b"begun\n"[..]));
        assert!(stderr.starts_with(&format!("econn: {name}: ")), "{stderr}");
        assert!(stderr.contains("nothing was recorded"), "{stderr}");
    }
}

#[test]
fn an_engine_that_never_answers_is_not_waited_for_after_a_command_that_went_well() {
    let (state, silent) = (tempfile::tempdir().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let host = format!("tcp://{}", silent.local_addr().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_econn"));
    command.env("XDG_STATE_HOME", state.path()).args(["run", "--host", &host, "--", "true"]);
    let begun = Instant::now();
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_eq!(stderr, format!("econn: nothing was recorded: {host} does not answer in time\n"));
    // Two seconds before the command, and as long after it; an answer may take ten.
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}
