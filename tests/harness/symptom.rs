//! The client's plain view, without econn: a small Python client that runs inside the client's container.

use super::engine::BASE_IMAGE;
use super::scene::{OneOf, Symptom};
use super::stage::Stage;
use super::{Result, run_id};
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// How long a scene may take until it shows its symptom.
const SETTLED: Duration = Duration::from_secs(15);

const CLIENT: &str = include_str!("symptom.py");

/// Where the client's program is, for those who want to run it by hand.
pub(crate) const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/harness/symptom.py");

/// Does the stage show what the scene says? The error says what was seen instead.
pub(crate) fn verify(stage: &Stage, symptom: &Symptom, expected: &OneOf) -> Result<()> {
    let expected = expected.map(|text| stage.words.fill(text))?;
    let client = stage.words.name(&symptom.client)?;
    if !symptom.run.is_empty() {
        let command = stage.words.fill_all(&symptom.run)?;
        let said = stage.engine.exec(&client, &command)?;
        if expected.any(|piece| said.contains(piece)) {
            return Ok(());
        }
        let command = command.join(" ");
        return Err(format!(
            "the scene is not as it says: {command:?} in {client} should say {expected}, and said\n{said}"
        ));
    }
    let url = stage
        .words
        .fill(symptom.url.as_deref().ok_or("a symptom needs a url or a command to run")?)?;
    let mut seen = call(stage, &client, &url, symptom.held)?;
    // Podman's name server learns of a new container a moment after its start; on a busy machine that is a long one.
    let deadline = Instant::now() + SETTLED;
    while !expected.holds(&seen) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_secs(1));
        seen = call(stage, &client, &url, symptom.held)?;
    }
    if expected.holds(&seen) {
        return Ok(());
    }
    Err(format!(
        "the scene is not as it says: {client} calling {url} should see {expected}, and saw {seen}"
    ))
}

/// What the client sees when it calls: an HTTP status, or a symptom.
pub(crate) fn call(stage: &Stage, client: &str, url: &str, held: bool) -> Result<String> {
    let mut command = stage.engine.command();
    if client == "@host" {
        // A throw-away container in the host's network sees what a program on the host sees.
        let label = format!("--label=econn.lab={}", run_id());
        command.args([
            "run",
            "--rm",
            "--interactive",
            "--pull=never",
            "--network=host",
            &label,
            BASE_IMAGE,
        ]);
    } else {
        command.args(["exec", "--interactive", client]);
    }
    command.args(["python3", "-", url]).args(held.then_some("held"));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|trouble| trouble.to_string())?;
    child
        .stdin
        .take()
        .ok_or("no standard input")?
        .write_all(CLIENT.as_bytes())
        .map_err(|trouble| trouble.to_string())?;
    let output = child.wait_with_output().map_err(|trouble| trouble.to_string())?;
    let seen = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if seen.is_empty() {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    } else {
        Ok(seen)
    }
}
