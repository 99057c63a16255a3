//! Where probes stand, as far as the command line alone can show: the flag, the agent, the program that carries itself.

use super::{econn, refused};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

#[test]
fn a_vantage_that_is_none_or_contradicts_is_refused() {
    refused(&["diagnose", "--vantage", "orbit"], 2, "--vantage");
    refused(
        &["diagnose", "--vantage", "sidecar", "--passive"],
        2,
        "--vantage sidecar makes containers, which --passive forbids",
    );
}

#[test]
fn the_binary_under_test_is_static_and_says_what_it_holds() {
    let output = econn(&["version", "--verbose"]);
    assert_eq!(output.status.code(), Some(0));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("static: it can be its own sidecar"), "{told}");
    for held in ["prometheus", "server-concurrency", "x86_64-linux", "unix"] {
        assert!(told.contains(held), "{held} is missing: {told}");
    }
    let short = econn(&["version"]);
    assert_eq!(short.stdout, econn(&["--version"]).stdout);
}

#[test]
fn a_cleanup_without_an_engine_could_not_complete() {
    let output = econn(&["cleanup", "--host", "unix:///no/such.sock"]);
    assert_eq!(output.status.code(), Some(3));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(output.stdout.is_empty() && stderr.contains("there is no socket at"), "{stderr}");
}

/// The agent with its streams, to end by itself after so many seconds.
fn agent(seconds: &str) -> std::process::Child {
    Command::new(env!("CARGO_BIN_EXE_econn"))
        .args(["agent", seconds])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary under test starts")
}

#[test]
fn the_agent_does_errands_between_garbage_and_ends_with_its_input() {
    let mut agent = agent("60");
    let mut input = agent.stdin.take().unwrap();
    input.write_all(b"garbage\n{}\n\xff\xfe\n").unwrap();
    input
        .write_all(b"{\"id\":5,\"errand\":\"sockets\",\"of\":{\"ports\":[],\"waits\":false}}\n")
        .unwrap();
    let mut answer = String::new();
    BufReader::new(agent.stdout.as_mut().unwrap()).read_line(&mut answer).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["id"], 5);
    assert!(answer["seen"]["Ok"]["listeners"]["Ok"].is_array(), "{answer}");
    drop(input);
    let output = agent.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}

#[test]
fn the_agent_ends_at_its_deadline_though_its_input_stays_open() {
    let began = Instant::now();
    let mut agent = agent("1");
    let _open = agent.stdin.take().unwrap();
    assert_eq!(agent.wait().unwrap().code(), Some(0));
    assert!((1..20).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}
