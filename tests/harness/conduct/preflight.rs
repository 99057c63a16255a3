//! The gate before the tests: it waits for what is only "not yet", no longer than that, and not at all for what will never
//! be; and it holds what `econn.toml` demands.

use super::econn::{PATIENCE, Run, econn, run, start};
use super::{must, scene};
use crate::harness::engine::BASE_IMAGE;
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result, run_id};
use serde_json::Value;
use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A client and a server that is made by the promise: when it begins to listen and where, and how it answers.
fn pair(
    delay: f32,
    address: &str,
    class: &str,
    takes: f32,
) -> Result<crate::harness::scene::Scene> {
    scene(&format!(
        r#"
about = "a client and its server"
[[network]]
name = "net"
[[network]]
name = "apart"
[[container]]
name = "server"
networks = ["net"]
command = ["python3", "-u", "/srv/server.py"]
[container.mounts."/srv"]
"server.py" = '''
import time
from http.server import *

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep({takes})
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *_):
        pass

time.sleep({delay})
class Server({class}):
    request_queue_size = 128
server = Server(("{address}", 8080), Handler)
print("ready", time.time())
server.serve_forever()
'''
[[container]]
name = "client"
networks = ["net"]
env = {{ SERVER_URL = "http://{{{{server}}}}:8080" }}
[[container]]
name = "outsider"
networks = ["apart"]
"#
    ))
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// A server that needs 8 s passes within a second of being ready.
pub(super) fn waits_for_a_slow_start(_: &Cast, engine: Engine) -> Result<()> {
    let stage = Stage::set(&pair(8.0, "0.0.0.0", "ThreadingHTTPServer", 0.0)?, engine, &[], false)?;
    let run = gate(&stage, &["--wait", "30s", &stage.words.name("client")?])?;
    let ended = now();
    run.report_with(0)?;
    let log = engine.run(["logs", &stage.words.name("server")?])?;
    let ready = log.lines().find_map(|line| line.strip_prefix("ready ")?.parse::<f64>().ok());
    let ready = ready.ok_or_else(|| run.account("the server was never ready"))?;
    let late = ended - ready;
    must((0.0..1.0).contains(&late), || run.account(&format!("{late:.2} s after it was ready")))?;
    run.says_in_one_line(&["waits for", "to listen on port 8080"])?;
    stage.strike()
}

/// A server that says for 4 s that it is not ready is waited for where the project demands another answer; one that knows no
/// such page is not.
pub(super) fn waits_for_an_answer(_: &Cast, engine: Engine) -> Result<()> {
    let mut scene = pair(0.0, "0.0.0.0", "ThreadingHTTPServer", 0.0)?;
    scene.container[0].listens = vec![8080];
    for text in scene.container[0].mounts.values_mut().flat_map(|files| files.values_mut()) {
        *text = text
            .replace("send_response(200)", "send_response(503 if time.time() < ready else 200)")
            .replace("class Handler", "ready = time.time() + 4\nclass Handler");
    }
    let stage = Stage::set(&scene, engine, &[], false)?;
    let client = stage.words.name("client")?;
    let demands = |status: u16| {
        format!(
            "[[check]]\nid = \"ready\"\ncode = \"WEB1\"\nkind = \"http\"\nstatus = [{status}]\nclient = \"{client}\"\n\
             message = \"it is not ready\"\nfix = \"see its log\"\n"
        )
    };
    let run = held(&stage, &demands(200), &["--wait", "20s", &client])?;
    run.report_with(0)?;
    run.says_in_one_line(&["waits for", "to answer otherwise than 503"])?;
    let run = held(&stage, &demands(204), &["--wait", "20s", &client])?;
    let report = run.report_with(1)?;
    must(codes(&report) == ["WEB1"], || run.account("it never answers 204"))?;
    must(run.took < Duration::from_secs(5), || run.account("nothing was to be waited for"))?;
    stage.strike()
}

/// What listens on its loopback will never leave it.
pub(super) fn stops_at_once_for_what_will_never_be(_: &Cast, engine: Engine) -> Result<()> {
    let mut scene = pair(0.0, "127.0.0.1", "ThreadingHTTPServer", 0.0)?;
    scene.container[0].listens = vec![8080];
    let stage = Stage::set(&scene, engine, &[], false)?;
    let run = gate(&stage, &["--wait", "30s", &stage.words.name("client")?])?;
    let report = run.report_with(1)?;
    must(report["links"][0]["root_cause"] == "EC301", || run.account("it is the loopback"))?;
    must(run.took < Duration::from_secs(3), || run.account("nothing was to be waited for"))?;
    stage.strike()
}

/// A link that must not work and does is a fault; one that does not is none.
pub(super) fn holds_what_is_forbidden(_: &Cast, engine: Engine) -> Result<()> {
    let mut scene = pair(0.0, "0.0.0.0", "ThreadingHTTPServer", 0.0)?;
    scene.container[0].listens = vec![8080];
    let stage = Stage::set(&scene, engine, &[], false)?;
    let forbidden = |client: &str| {
        let (client, server) = (stage.words.name(client)?, stage.words.name("server")?);
        let demand = format!("[[forbid]]\nclient = \"{client}\"\nurl = \"http://{server}:8080\"\n");
        held(&stage, &demand, &["--wait", "10s", &client])
    };
    let run = forbidden("client")?;
    let report = run.report_with(1)?;
    must(codes(&report) == ["EC711"], || run.account("the client must not get through"))?;
    must(run.took < Duration::from_secs(5), || run.account("it will not stop to work"))?;
    let run = forbidden("outsider")?;
    let report = run.report_with(0)?;
    // Podman's networks are kept apart by names alone.
    let warned = codes(&report) == ["EC712"] && engine == Engine::Podman;
    must(warned || codes(&report).is_empty(), || run.account("the outsider is kept apart"))?;
    stage.strike()
}

/// A server that works on one request at a time turns away clients that come at once, and they are counted.
pub(super) fn counts_those_that_get_no_answer(_: &Cast, engine: Engine) -> Result<()> {
    let mut scene = pair(0.0, "0.0.0.0", "HTTPServer", 0.5)?;
    scene.container[0].listens = vec![8080];
    let stage = Stage::set(&scene, engine, &[], false)?;
    let (client, server) = (stage.words.name("client")?, stage.words.name("server")?);
    let demand = format!(
        "[parallel]\ntimeout = \"2s\"\n[[expect]]\nclient = \"{client}\"\nurl = \"http://{server}:8080\"\n"
    );
    let run = held(&stage, &demand, &["--wait", "5s", &client])?;
    let report = run.report_with(1)?;
    let found = findings(&report).find(|f| text(f, "code") == "EC111");
    let found = found.ok_or_else(|| run.account("nobody was counted"))?;
    must(text(found, "seen").contains("of 12 clients"), || run.account("without the count"))?;
    stage.strike()
}

/// Enough workers for all: the same clients are answered.
pub(super) fn lets_pass_what_answers_all(_: &Cast, engine: Engine) -> Result<()> {
    let mut scene = pair(0.0, "0.0.0.0", "ThreadingHTTPServer", 0.5)?;
    scene.container[0].listens = vec![8080];
    let stage = Stage::set(&scene, engine, &[], false)?;
    let (client, server) = (stage.words.name("client")?, stage.words.name("server")?);
    let demand = format!("[[expect]]\nclient = \"{client}\"\nurl = \"http://{server}:8080\"\n");
    let run = held(&stage, &demand, &["--wait", "5s", &client])?;
    let report = run.report_with(0)?;
    must(report.to_string().contains("12 of 12 at once answered"), || run.account("who came?"))?;
    stage.strike()
}

/// A client that is made later is waited for; one that is never made is a fault at the end of the wait.
pub(super) fn waits_for_what_is_not_made_yet(_: &Cast, engine: Engine) -> Result<()> {
    let mut scene = pair(0.0, "0.0.0.0", "ThreadingHTTPServer", 0.0)?;
    scene.container[0].listens = vec![8080];
    let mut stage = Stage::set(&scene, engine, &[], false)?;
    let (server, late) = (stage.words.name("server")?, stage.words.fill("late{{ns}}")?);
    let demand = format!("[[expect]]\nclient = \"{late}\"\nurl = \"http://{server}:8080\"\n");
    let run = held(&stage, &demand, &["--wait", "2s", &server])?;
    let report = run.report_with(1)?;
    must(codes(&report).contains(&"EC611".to_owned()), || run.account("nobody made it"))?;
    must(run.took > Duration::from_secs(2), || run.account("it was not waited for"))?;

    let config = tempfile::NamedTempFile::new().map_err(|trouble| trouble.to_string())?;
    fs::write(config.path(), &demand).map_err(|trouble| trouble.to_string())?;
    let mut command = econn();
    command.args(["preflight", "--engine", engine.name(), "--format", "json", "--wait", "20s"]);
    let running = start(command.arg("--config").arg(config.path()).arg(&server))?;
    std::thread::sleep(Duration::from_secs(2));
    let (label, net) = (format!("--label=econn.lab={}", run_id()), stage.words.name("net")?);
    stage.adopt(late.clone());
    let words = ["run", "-d", "--pull=never", "--name", &late, &label, "--network", &net];
    engine.run(words.into_iter().chain([BASE_IMAGE, "sleep", "300"]))?;
    let run = running.end(PATIENCE)?;
    run.report_with(0)?;
    must(run.stderr.contains(&format!("waits for a container {late}")), || {
        run.account("what it waits for is to be said")
    })?;
    stage.strike()
}

/// Runs the gate on this stage's engine.
fn gate(stage: &Stage, words: &[&str]) -> Result<Run> {
    let mut command = econn();
    command.args(["preflight", "--engine", stage.engine.name(), "--format", "json"]);
    run(command.args(words))
}

/// The same with what the project demands.
fn held(stage: &Stage, demand: &str, words: &[&str]) -> Result<Run> {
    let config = tempfile::NamedTempFile::new().map_err(|trouble| trouble.to_string())?;
    fs::write(config.path(), demand).map_err(|trouble| trouble.to_string())?;
    let path = config.path().display().to_string();
    gate(stage, &[words, &["--config", &path]].concat())
}

fn findings(report: &Value) -> impl Iterator<Item = &Value> {
    let rows = list(report, "links").iter().flat_map(|link| list(link, "checks"));
    rows.flat_map(|row| list(row, "findings"))
}

fn codes(report: &Value) -> Vec<String> {
    findings(report).map(|finding| text(finding, "code").to_owned()).collect()
}
