//! A client that does not run is looked at from its networks: a stand-in sees what the client would, the report says who
//! looked, and nothing of it stays.

use super::econn::{Run, econn, no_helper_of, run};
use super::{must, scene};
use crate::harness::stage::Stage;
use crate::harness::verdict::{findings, list, text};
use crate::harness::{Cast, Engine, Result};
use serde_json::Value;

/// A client that has ended, on two networks with a server on each, and one that was never started and shares none. Both are
/// told of themselves, too.
const SCENE: &str = r#"
about = "two clients that do not run"
[[network]]
name = "net"
[[network]]
name = "other"
[[network]]
name = "far"
[[container]]
name = "server"
networks = ["net"]
command = ["python3", "-m", "http.server", "8080"]
listens = [8080]
[[container]]
name = "second"
networks = ["other"]
command = ["python3", "-m", "http.server", "8080"]
listens = [8080]
[[container]]
name = "ended"
networks = ["net", "other"]
command = ["true"]
env = { SERVER_URL = "http://{{server}}:8080", SECOND_URL = "http://{{second}}:8080" }
state = "exited"
[[container]]
name = "never"
networks = ["far"]
command = ["sleep", "infinity"]
env = { SERVER_URL = "http://{{server}}:8080", NEAR_URL = "http://127.0.0.1:8099" }
state = "created"
"#;

/// What an engine says of a container that was looked at, which must stay as it was.
const STATE: &str = "{{.Id}} {{.State.Status}} {{.State.StartedAt}} {{.State.Pid}}";

pub(super) fn looks(_: &Cast, engine: Engine) -> Result<()> {
    let stage = Stage::set(&scene(SCENE)?, engine, &[], false)?;
    let name = |word: &str| stage.words.name(word);
    let (server, second) = (name("server")?, name("second")?);
    let (ended, never) = (name("ended")?, name("never")?);
    // Podman calls an end "stopped" until it has cleaned up.
    let ends = |states: String| states.replace(" stopped ", " exited ");
    let states = || engine.run(["inspect", "--format", STATE, &ended, &never]).map(ends);
    let before = states()?;
    let diagnose = |more: &[&str]| {
        let mut command = econn();
        command.args(["diagnose", "--engine", engine.name(), &ended, &never]);
        run(command.args(more))
    };
    for vantage in ["auto", "sidecar"] {
        let run = diagnose(&["--vantage", vantage, "--trace-api", "--format", "json"])?;
        let report = run.report_with(1)?;
        for server in [&server, &second] {
            let link = link(&run, &report, &ended, server)?;
            for check in ["endpoint-config", "shared-network", "server-state", "network-path"] {
                seen(&run, &link, check, "pass")?;
            }
            for check in ["shared-network", "network-path"] {
                let told = format!("seen by a stand-in on the networks of {ended}");
                let why = reason(&link, check).to_owned();
                must(why.contains(&told), || run.account(&format!("{check} is not {told}")))?;
            }
        }
        let apart = link(&run, &report, &never, &server)?;
        must(text(&apart, "root_cause") == "EC501", || run.account("no common network"))?;
        let cause = findings(&apart).find(|finding| text(finding, "code") == "EC501");
        let told = cause.is_some_and(|found| found["evidence"].to_string().contains("stand-in"));
        must(told, || run.account("the finding hides the stand-in"))?;
        // Whether it would listen there itself, nobody can see.
        let own = link(&run, &report, &never, "127.0.0.1")?;
        let open = ["warn", "unknown"].contains(&text(&own, "outcome"));
        must(open, || run.account("the loopback of a client that does not run"))?;
        // One on two networks, and one on its own: they are ours, and gone.
        let asked = |piece: &str| run.stderr.lines().filter(|line| line.contains(piece)).count();
        let joined = asked("/connect ");
        must(joined == 1, || run.account(&format!("{joined} networks were joined besides")))?;
        no_helper_of(engine, &[run.pid]).map_err(|left| run.account(&left))?;
    }
    let table = diagnose(&["--color", "never"])?;
    table.ended_with(&[1])?;
    let told = format!("{ended}: a stand-in on its networks, because it does not run");
    must(table.stdout.contains(&told), || table.account(&format!("must say {told:?}")))?;
    for (more, outcome) in [(&["--vantage", "netns"][..], "unknown"), (&["--passive"][..], "skip")]
    {
        let run = diagnose(&[more, &["--trace-api", "--format", "json"]].concat())?;
        let report = run.report_with(1)?;
        let link = link(&run, &report, &ended, &server)?;
        seen(&run, &link, "network-path", outcome)?;
        let made = run.stderr.contains(" POST /containers/create?name=econn-");
        must(!made || outcome == "unknown", || run.account("--passive made something"))?;
    }
    let after = states()?;
    must(before == after, || format!("the clients were\n{before}\nand are\n{after}"))?;
    stage.strike()
}

/// The only link of this client to this host.
fn link(run: &Run, report: &Value, client: &str, host: &str) -> Result<Value> {
    let meant = |link: &&Value| {
        let to = text(&link["endpoint"], "url");
        text(link, "client") == client && to.contains(&format!("//{host}:"))
    };
    let found: Vec<&Value> = list(report, "links").iter().filter(meant).collect();
    let [link] = found[..] else {
        return Err(run.account(&format!("{} links {client} -> {host}", found.len())));
    };
    let from = text(&link["seen_from"], "client");
    let stands = run.command.contains("netns") || run.command.contains("passive");
    must(stands || from == "stand_in", || run.account(&format!("{client} seen from {from:?}")))?;
    Ok(link.clone())
}

fn row<'a>(link: &'a Value, check: &str) -> &'a Value {
    let row = list(link, "checks").iter().find(|row| text(row, "check") == check);
    row.unwrap_or(&Value::Null)
}

fn reason<'a>(link: &'a Value, check: &str) -> &'a str {
    text(row(link, check), "reason")
}

fn seen(run: &Run, link: &Value, check: &str, outcome: &str) -> Result<()> {
    let came = text(row(link, check), "outcome");
    must(came == outcome, || run.account(&format!("{check} is {came}, not {outcome}")))
}
