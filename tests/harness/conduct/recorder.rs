//! `econn run`: what is recorded while a suite runs tells as much as a look at its containers would have, and the command
//! does not notice.

use super::econn::{PATIENCE, Run, econn, run, start};
use super::{must, scene};
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result, free_port, run_id};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/suite/suite.sh");

/// The faults of the incident, in the order in which a client would meet them, with their codes.
const FAULTS: [(&str, &str); 5] = [
    ("endpoint", "EC401"),
    ("network", "EC501"),
    ("bind", "EC301"),
    ("serial", "EC101"),
    ("stale", "EC201"),
];

/// One suite on its stage.
struct Suite<'a> {
    stage: &'a Stage,
    on: Vec<&'a str>,
    mock: String,
    client: String,
    port: u16,
}

impl<'a> Suite<'a> {
    fn with(stage: &'a Stage, on: &[&'a str]) -> Result<Self> {
        let ns = stage.words.fill("{{ns}}")?;
        // An engine may still be removing what the suite before had under its names.
        let port = free_port()?;
        let (mock, client) = (format!("suite-mock-{port}{ns}"), format!("suite-hapi-{port}{ns}"));
        Ok(Self { stage, on: on.to_vec(), mock, client, port })
    }

    fn has(&self, fault: &str) -> bool {
        self.on.contains(&fault)
    }

    /// The source that the mock's image should hold.
    fn source(&self) -> Result<String> {
        let build = if self.has("stale") { "{{folder:old}}" } else { "{{folder:new}}" };
        Ok(format!("{}={}", self.mock, self.stage.words.fill(build)?))
    }

    /// What the suite is told.
    fn tell(&self, command: &mut Command) -> Result<()> {
        let words = &self.stage.words;
        let of = |on, fault: &str, off| if self.has(fault) { on } else { off };
        let net = words.name("net")?;
        let endpoint = if self.has("endpoint") {
            format!("http://127.0.0.1:{}", self.port)
        } else {
            format!("http://{}:8080", self.mock)
        };
        command
            .env("ENGINE", self.stage.engine.spoken())
            .env("LABEL", format!("econn.lab={}", run_id()))
            .envs([("MOCK", &self.mock), ("CLIENT", &self.client), ("NET", &net)])
            .env("MOCK_NET", of("", "network", &net))
            .env("IMAGE", words.fill(of("{{image:old}}", "stale", "{{image:new}}"))?)
            .env("BIND", of("127.0.0.1", "bind", "0.0.0.0"))
            .env("CLASS", of("HTTPServer", "serial", "ThreadingHTTPServer"))
            .env("PORT", self.port.to_string())
            .env("ENDPOINT", endpoint);
        Ok(())
    }

    /// One part of the suite alone.
    fn part(&self, part: &str) -> Result<()> {
        let (mut command, mut trouble) =
            (Command::new(SUITE), tempfile::tempfile().map_err(|t| t.to_string())?);
        // What it starts in the background must not keep a pipe open.
        let told = trouble.try_clone().map_err(|t| t.to_string())?;
        self.tell(command.arg(part).stdin(Stdio::null()).stdout(Stdio::null()))?;
        let done = command.stderr(told).status().map_err(|t| t.to_string())?;
        let mut said = String::new();
        let _ = trouble.rewind().and_then(|()| trouble.read_to_string(&mut said));
        must(done.success(), || format!("suite.sh {part} ended with {done}: {said}"))
    }

    /// A diagnosis while the containers are there.
    fn live(&self) -> Result<BTreeSet<String>> {
        self.part("up")?;
        let runs =
            |name: &str| self.stage.engine.run(["inspect", "--format", "{{.State.Running}}", name]);
        until(|| runs(&self.client).is_ok_and(|runs| runs == "true"));
        let mut command = econn();
        command.args(["diagnose", "--engine", self.stage.engine.name(), "--format", "json"]);
        let live = run(command.args(["--source", &self.source()?, &self.mock, &self.client]))?;
        self.part("down")?;
        self.found(&live.report()?).map_err(|trouble| live.account(&trouble))
    }

    /// The whole suite under `econn run`; its report and the run.
    fn recorded(&self) -> Result<(BTreeSet<String>, Run)> {
        let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
        let (report, record) = (folder.path().join("r.json"), folder.path().join("record.json.gz"));
        let mut command = econn();
        command.args(["run", "--engine", self.stage.engine.name(), "--source", &self.source()?]);
        command.arg("--output").arg(format!("json={}", report.display()));
        command.arg("--record").arg(&record).args(["--", SUITE]);
        self.tell(&mut command)?;
        let ran = run(&mut command)?;
        let written = std::fs::read_to_string(&report).map_err(|e| e.to_string())?;
        let report: Value = serde_json::from_str(&written).map_err(|e| e.to_string())?;
        let found = self.found(&report).map_err(|trouble| ran.account(&trouble))?;
        let again = run(econn().args(["diagnose", "--format", "json", "--from"]).arg(&record))?;
        must(again.stdout == written, || {
            ran.account(&format!("other bytes from the record:\n{}", again.stdout))
        })?;
        Ok((found, ran))
    }

    /// What was found on the suite's own link: outcomes, codes, root cause and symptom.
    fn found(&self, report: &Value) -> Result<BTreeSet<String>> {
        let own = |link: &&Value| text(link, "client") == self.client;
        let links: Vec<&Value> = list(report, "links").iter().filter(own).collect();
        let [link] = links[..] else { return Err(format!("{} links of the suite", links.len())) };
        let mut found = BTreeSet::from([
            format!("server {}", link["server"]["container"]),
            format!("symptom {}", link["symptom"]),
            format!("root cause {}", link["root_cause"]),
            format!("chain {}", link["chain"]),
        ]);
        for row in list(link, "checks") {
            let reason = if row["outcome"] == "unknown" { text(row, "reason") } else { "" };
            found.insert(format!("{} {} {reason}", text(row, "check"), text(row, "outcome")));
            found.extend(list(row, "findings").iter().map(|f| format!("code {}", text(f, "code"))));
        }
        Ok(found)
    }
}

/// Waits, though not for ever.
fn until(done: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The outcomes of the checks, those left out that a recording could not settle: it may know less than a live look, since
/// nothing is there to be looked at again, and never otherwise.
fn outcomes<'a>(found: &'a BTreeSet<String>, less: &[&str]) -> BTreeSet<&'a str> {
    let of_check = |line: &&str| {
        let check = line.split(' ').next().unwrap_or_default();
        checks::ALL.iter().any(|one| one.id == check) && !less.contains(&check)
    };
    found.iter().map(String::as_str).filter(of_check).collect()
}

/// How many of the suites may leave something unknown, on a machine that is busy with other tests.
const LESS: usize = 2;

/// With no fault, with each single one and with all five: the report after the teardown is that of a live look.
pub(super) fn sees_what_a_live_look_sees(_: &Cast, engine: Engine) -> Result<()> {
    let stage = Stage::set(&scene(include_str!("suite.toml"))?, engine, &[], false)?;
    let all: Vec<&str> = FAULTS.iter().map(|(name, _)| *name).collect();
    let mut plays: Vec<Vec<&str>> = all.iter().map(|fault| vec![*fault]).collect();
    plays.extend([vec![], all.clone()]);
    let mut poorer = 0;
    for on in plays {
        let suite = Suite::with(&stage, &on)?;
        let live = suite.live()?;
        let (recorded, ran) = suite.recorded()?;
        let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| -> Vec<String> {
            a.difference(b).cloned().collect()
        };
        let wrong = |what: &str| {
            let (recorded, live) = (only(&recorded, &live), only(&live, &recorded));
            ran.account(&format!("{on:?}: {what}; only recorded {recorded:?}; only live {live:?}"))
        };
        ran.ended_with(&[if on.is_empty() { 0 } else { 7 }])?;
        must(ran.stdout.ends_with(" clients passed\n"), || wrong("the suite's own output"))?;
        let is_only_its_own = ran.stdout == "12 of 12 clients passed\n" && ran.stderr.is_empty();
        must(!on.is_empty() || is_only_its_own, || wrong("healthy, and something is said"))?;
        let lost = only(&recorded, &live);
        let less: Vec<&str> = outcomes(&recorded, &[])
            .into_iter()
            .filter(|line| line.contains(" unknown ") && lost.iter().any(|one| one == line))
            .filter_map(|line| line.split(' ').next())
            .collect();
        if !less.is_empty() {
            must(outcomes(&recorded, &less) == outcomes(&live, &less), || {
                wrong("another verdict")
            })?;
            eprintln!(
                "scenes: THE RECORDING KNOWS LESS THAN A LIVE LOOK ({engine}, {on:?}): {lost:?}"
            );
            poorer += 1;
            must(poorer <= LESS, || wrong("too much is unknown"))?;
            continue;
        }
        must(recorded == live, || wrong("another verdict"))?;
        let codes = FAULTS.iter().filter(|(name, _)| on.contains(name)).map(|(_, code)| *code);
        let chain = format!("chain {}", serde_json::json!(codes.collect::<Vec<_>>()));
        must(recorded.contains(&chain), || wrong(&format!("not {chain}")))?;
    }
    stage.strike()
}

/// econn is killed: the command runs on, nothing of its output is lost, and what was recorded until then can be read.
pub(super) fn may_be_killed(_: &Cast, engine: Engine) -> Result<()> {
    let stage = Stage::set(&scene(include_str!("suite.toml"))?, engine, &[], false)?;
    let suite = Suite::with(&stage, &["bind"])?;
    let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let [record, go, done] = ["record.json", "go", "done"].map(|name| folder.path().join(name));
    let script = format!(
        "{SUITE} up; echo line; echo line >&2; while [ ! -e {0}/go ]; do sleep 0.1; done; \
         echo line; echo line >&2; {SUITE} down; echo whole > {0}/done",
        folder.path().display()
    );
    let mut command = econn();
    command.args(["run", "--engine", engine.name(), "--record"]).arg(&record);
    command.args(["--", "sh", "-c", &script]);
    suite.tell(&mut command)?;
    let running = start(&mut command)?;
    let recorded = |kept: String| {
        let record: Value = serde_json::from_str(&kept).unwrap_or_default();
        let own = |link: &&Value| text(link, "client") == suite.client;
        list(&record, "links")
            .iter()
            .filter(own)
            .any(|link| link["concurrency"].get("known").is_some())
    };
    until(|| std::fs::read_to_string(&record).is_ok_and(recorded));
    running.signal("KILL")?;
    std::fs::write(go, "").map_err(|trouble| trouble.to_string())?;
    let killed = running.end(PATIENCE)?;
    must(done.exists(), || killed.account("the command did not run to its end"))?;
    for (stream, said) in [("stdout", &killed.stdout), ("stderr", &killed.stderr)] {
        let lines = said.lines().filter(|line| *line == "line").count();
        must(lines == 2, || killed.account(&format!("{lines} of 2 lines on {stream}")))?;
    }
    let replay = run(econn().args(["diagnose", "--format", "json", "--from"]).arg(&record))?;
    let found = suite.found(&replay.report()?).map_err(|trouble| replay.account(&trouble))?;
    must(found.contains("code EC301"), || replay.account(&format!("{found:#?}")))?;
    stage.strike()
}

/// A server that is started anew while it is recorded has no fault: what counts is how it is afterwards.
pub(super) fn follows_a_restart(_: &Cast, engine: Engine) -> Result<()> {
    let stage = Stage::set(&scene(include_str!("suite.toml"))?, engine, &[], false)?;
    let suite = Suite::with(&stage, &[])?;
    let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let report = folder.path().join("report.json");
    // Podman removes one that was started with --rm when it is to be started anew.
    let made = "$ENGINE run --detach --pull never --label $LABEL --network $NET";
    let script = format!(
        "set -e; {made} --name $MOCK $IMAGE --host $BIND --class $CLASS; sleep 2; $ENGINE restart -t 1 $MOCK; \
         {made} --name $CLIENT --env LLM_ENDPOINT=$ENDPOINT econn-lab-python:1 sleep infinity; sleep 3; \
         {SUITE} down; exit 7"
    );
    let mut command = econn();
    command.args(["run", "--engine", engine.name(), "--record"]).arg(folder.path().join("record"));
    command.arg("--output").arg(format!("json={}", report.display()));
    command.args(["--", "sh", "-c", &script]);
    suite.tell(&mut command)?;
    let ran = run(&mut command)?;
    ran.ended_with(&[7])?;
    let report = std::fs::read_to_string(&report).map_err(|trouble| trouble.to_string())?;
    let report: Value = serde_json::from_str(&report).map_err(|trouble| trouble.to_string())?;
    let found = suite.found(&report).map_err(|trouble| ran.account(&trouble))?;
    let is_up = found.contains("server-state pass ") && found.contains("chain []");
    must(is_up, || ran.account(&format!("it is up and has no fault, but {found:#?}")))?;
    stage.strike()
}
