//! Secrets stay where they are: nothing of them in any output, in any form, nor in a snapshot.

use super::econn::{Run, econn, run};
use super::{must, scene};
use crate::harness::cast::Play;
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result, diagnosis};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const SCENE: &str = include_str!("secrets.toml");

/// Every form of a report.
const FORMATS: [&str; 9] =
    ["table", "json", "markdown", "junit", "sarif", "gitlab", "github", "html", "prometheus"];

/// So much of a secret already gives it away.
const PIECE: usize = 10;

/// Where a link must be found with its secrets around it: without these, nothing would have been hidden.
const FOUND: [&str; 17] = [
    "postgres://",
    "mysql://",
    "redis://",
    "mongodb://",
    "sqlserver://",
    ":5438",
    ":8082",
    ":8083",
    ":8091",
    ":8092",
    ":8093",
    ":8094",
    ":8095",
    ":8096",
    ":9000",
    "/arg",
    "/sh",
];

pub(super) fn stay(_: &Cast, engine: Engine) -> Result<()> {
    let (text, secrets) = plant()?;
    let play = Play { name: "secrets".into(), scene: scene(&text)?, on: vec![] };
    let seen = leaked("the scene", &text, &secrets).len();
    must(seen == secrets.len(), || {
        format!("of {} secrets only {seen} would be seen", secrets.len())
    })?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    // Docker looks after a container's health by itself, Podman when it is told to.
    let server = stage.words.name("server")?;
    let _ = engine.run(["healthcheck", "run", &server]).or_else(|_| {
        std::thread::sleep(std::time::Duration::from_millis(1500));
        engine.run(["inspect", &server])
    });

    let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (saved, record) = (file("snapshot"), file("record"));
    let looking = diagnosis::arguments(&stage, &play)?;
    let outputs = |before: &str| -> Vec<String> {
        let one = |format: &&str| {
            ["--output".to_owned(), format!("{format}={}", file(&format!("{before}{format}")))]
        };
        FORMATS.iter().flat_map(one).collect()
    };
    // Nor do they reach a plug-in, nor a report by way of one.
    let plugged = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let config = plug(plugged.path(), &secrets[0].0)?;
    let looking: Vec<String> =
        looking.into_iter().chain(["--config".into(), config, "--trace-api".into()]).collect();
    let live = run(econn().args(&looking).args(outputs("live.")).args(["--format", "json"]))?;
    let report = live.report_with(1)?;
    finds_the_links(&report, &live)?;

    let snapshot = run(econn().arg("snapshot").args(&looking[1..]).args(["--output", &saved]))?;
    snapshot.ended_with(&[0])?;
    let replay = run(econn().args(["diagnose", "--from", &saved]))?;
    replay.ended_with(&[1])?;

    // Under the recorder the same containers are looked at, and the command's own output is recognised in parts.
    let flags = flags(&looking[1..]);
    let mut recorder = econn();
    recorder
        .arg("run")
        .args(flags)
        .arg("--trace-api")
        .args(["--record", &record])
        .args(outputs("run."));
    let words = format!("dial tcp 10.9.8.7:80: connect: connection refused token={}", secrets[0].0);
    let recorder =
        run(recorder.args(["--", "sh", "-c", &format!("echo '{words}'; sleep 5; exit 4")]))?;
    recorder.ended_with(&[4])?;
    let kept = fs::read_to_string(&record).map_err(|trouble| trouble.to_string())?;
    must(kept.contains("\"redactions\"") && kept.contains("10.9.8.7"), || {
        recorder.account("nothing was redacted, or recognised")
    })?;

    let mut leaks = vec![];
    let recorder = Run { stdout: recorder.stdout.replace(&words, ""), ..recorder };
    let said = [("live", &live), ("snapshot", &snapshot), ("replay", &replay), ("run", &recorder)];
    for (name, run) in said {
        leaks.extend(leaked(&format!("{name}, stdout"), &run.stdout, &secrets));
        leaks.extend(leaked(&format!("{name}, stderr"), &run.stderr, &secrets));
    }
    let written = fs::read_dir(folder.path()).map_err(|trouble| trouble.to_string())?;
    let written: Vec<_> = written.flatten().map(|entry| entry.path()).collect();
    must(written.len() == 2 + 2 * FORMATS.len(), || format!("files are missing: {written:?}"))?;
    for written in written {
        let name = written.file_name().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(&written).map_err(|trouble| format!("{name}: {trouble}"))?;
        leaks.extend(leaked(&format!("file {name}"), &text, &secrets));
    }
    let given = fs::read_to_string(plugged.path().join("given")).map_err(|t| t.to_string())?;
    must(given.contains("\"links\"") && live.stdout.contains("SPY1"), || {
        live.account("the plug-in was given nothing, or said nothing")
    })?;
    must(live.stderr.contains("/containers/"), || live.account("no call was told"))?;
    leaks.extend(leaked("what a plug-in was given", &given, &secrets));
    stage.strike()?;
    must(leaks.is_empty(), || format!("{} leaks:\n{}", leaks.len(), leaks.join("\n")))
}

/// A plug-in that keeps what it is given and gives a secret away in everything that it prints, and one that breaks over it.
/// Returns the path of the configuration that names them.
fn plug(folder: &Path, secret: &str) -> Result<String> {
    let spy = format!(
        r#"#!/usr/bin/env python3
import json, os, sys
S = "{secret}"
if sys.argv[1] == "metadata":
    check = {{"id": "spy", "title": "a title of " + S, "codes": ["SPY1"]}}
    print(json.dumps({{"protocol": 1, "name": "spy", "version": S, "checks": [check]}}))
else:
    given = sys.stdin.read()
    with open("given", "a") as kept:
        kept.write(given)
    sys.stderr.write("Error: token=" + S + "\n")
    found = {{"check": "spy", "code": "SPY1", "severity": "warn", "title": "it is " + S, "seen": "http://u:" + S + "@h/?k=" + S,
        "evidence": [{{"what": "token " + S, "value": "password=" + S}}],
        "fix": [{{"say": "use " + S, "command": "curl -H 'Authorization: Bearer " + S + "' h", "patch": "+ key: " + S}}]}}
    print(json.dumps([dict(found, link=link["id"]) for link in json.loads(given)["links"]]))
"#
    );
    let broken = format!(
        r#"#!/bin/sh
[ "$1" = metadata ] && {{
    echo '{{"protocol": 1, "name": "broken", "version": "1", "checks": [{{"id": "broken", "title": "x", "codes": ["BROKEN1"]}}]}}'
    exit
}}
echo "ValueError: {secret} http://u:{secret}@h" >&2
exit 3
"#
    );
    for (name, text) in [("spy", spy), ("broken", broken)] {
        let path = folder.join(format!("econn-check-{name}"));
        fs::write(&path, text).map_err(|trouble| trouble.to_string())?;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&path, mode).map_err(|trouble| trouble.to_string())?;
    }
    let config = folder.join("econn.toml");
    fs::write(&config, "[plugins]\nfolders = [\".\"]\n").map_err(|trouble| trouble.to_string())?;
    Ok(config.display().to_string())
}

/// The flags of a diagnosis, each with its value, without the names of containers.
fn flags(words: &[String]) -> Vec<String> {
    let pairs = words.windows(2).filter(|pair| pair[0].starts_with("--"));
    pairs.flatten().cloned().collect()
}

/// What is refused, or does not answer, is not repeated with its password: a pipeline's log keeps stderr.
pub(super) fn of_the_command_line_stay(_: &Cast, engine: Engine) -> Result<()> {
    let secret = secret()?;
    let url = format!("http://u:{secret}@127.0.0.1:9/?token={secret}");
    let cases = [
        ("--link", format!("nobody={url}")),
        ("--link", url.clone()),
        ("--link", format!("={url}")),
        ("--link", format!("nobody=http://u:{secret}@")),
        ("--link", format!("nobody=http://u:{secret}@x:99999")),
        ("--probe", format!("nobody=/health?token={secret}")),
        ("--host", format!("tcp://u:{secret}@127.0.0.1:9")),
        ("--host", format!("ssh://u:{secret}@127.0.0.1")),
        ("--", url.clone()),
    ];
    let secrets = [(secret, url)];
    let mut leaks = vec![];
    for (flag, value) in cases {
        let mut command = econn();
        command.args(["diagnose", "--engine", engine.name(), "--format", "json", flag, &value]);
        let run = run(&mut command)?;
        run.ended_with(&[2, 3])?;
        leaks.extend(leaked(&format!("{flag}, stdout"), &run.stdout, &secrets));
        leaks.extend(leaked(&format!("{flag}, stderr"), &run.stderr, &secrets));
    }
    // What a log calls a host may be what the command line keeps secret.
    let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let (log, record) = (folder.path().join("log"), folder.path().join("record"));
    let line = format!("dial tcp: lookup {} on 10.9.8.7:53: no such host\n", secrets[0].0);
    fs::write(&log, line).map_err(|trouble| trouble.to_string())?;
    let told = ["--link", &format!("@host={}", secrets[0].1), "--log"].map(str::to_owned);
    for words in [vec!["diagnose"], vec!["run", "--record"]] {
        let mut command = econn();
        let is_run = words.len() > 1;
        command.args(&words).args(is_run.then_some(&record)).args(["--engine", engine.name()]);
        command.args(&told).arg(&log).args(["--output", "json=/dev/stderr"]);
        command.args(is_run.then_some(["--", "false"]).into_iter().flatten());
        let run = run(&mut command)?;
        must(run.stderr.contains("name not found"), || run.account("the log was not read"))?;
        leaks.extend(leaked(&format!("{words:?}, stdout"), &run.stdout, &secrets));
        leaks.extend(leaked(&format!("{words:?}, stderr"), &run.stderr, &secrets));
    }
    let kept = fs::read_to_string(&record).map_err(|trouble| trouble.to_string())?;
    leaks.extend(leaked("the recording", &kept, &secrets));
    must(leaks.is_empty(), || format!("{} leaks:\n{}", leaks.len(), leaks.join("\n")))
}

/// A word that occurs nowhere else.
fn secret() -> Result<String> {
    let uuid = fs::read_to_string("/proc/sys/kernel/random/uuid");
    Ok(uuid.map_err(|trouble| trouble.to_string())?.trim().replace('-', ""))
}

/// The scene with secrets that occur nowhere else, and each with the line that it stands in.
fn plant() -> Result<(String, Vec<(String, String)>)> {
    let (mut text, mut secrets) = (String::new(), vec![]);
    for line in SCENE.lines() {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("<<S>>") {
            let secret = secret()?;
            text.push_str(before);
            text.push_str(&secret);
            let marked = format!("{}[HERE]{after}", &line[..line.len() - after.len()]);
            secrets.push((secret, marked));
            rest = after;
        }
        text.push_str(rest);
        text.push('\n');
    }
    must(secrets.len() > 100, || "the secrets were not planted".to_owned())?;
    Ok((text, secrets))
}

/// The secrets that the text gives away, each with where it was planted and the line that shows it.
fn leaked(place: &str, text: &str, secrets: &[(String, String)]) -> Vec<String> {
    // A table breaks long words.
    let joined: String = text.chars().filter(|c| !c.is_whitespace() && *c != '|').collect();
    let is_leaked = |(secret, _): &&(String, String)| {
        joined.contains(&secret[..PIECE]) || joined.contains(&secret[secret.len() - PIECE..])
    };
    let shown = |secret: &str| {
        let line = text.lines().find(|line| line.contains(&secret[..PIECE]));
        line.unwrap_or("(broken over lines)").trim().to_owned()
    };
    let leaks = secrets.iter().filter(is_leaked);
    leaks.map(|(secret, at)| format!("{place}: {}\n    planted: {at}", shown(secret))).collect()
}

fn finds_the_links(report: &Value, live: &Run) -> Result<()> {
    let urls: Vec<&str> =
        list(report, "links").iter().map(|link| text(&link["endpoint"], "url")).collect();
    let missing: Vec<&&str> =
        FOUND.iter().filter(|piece| !urls.iter().any(|url| url.contains(**piece))).collect();
    must(missing.is_empty(), || {
        live.account(&format!("no link with {missing:?}; the links are\n{}", urls.join("\n")))
    })
}
