//! A Swarm of two real nodes: healthy across both, and each of its own faults. Only Docker has it, so there is one test.

use super::econn::{Run, econn, run};
use super::{must, output};
use crate::harness::elsewhere::{self, Outcome};
use crate::harness::engine::BASE_IMAGE;
use crate::harness::verdict::{findings, list, text};
use crate::harness::{Cast, Engine, Result};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long the Swarm may take to start a task, or to tell all nodes of it.
const READY: Duration = Duration::from_secs(60);
const SERVER: [&str; 4] = ["python3", "-m", "http.server", "8080"];
const DRIFT: &str = "econn-lab-drift:1";

/// Both nodes, the manager first; stopped when it is dropped.
struct Swarm {
    sockets: [String; 2],
}

pub(super) fn of_two_nodes(_: &Cast, _: Engine) -> Result<()> {
    let swarm = Swarm::start()?;
    swarm.docker(0, &["network", "create", "--driver=overlay", "app"])?;
    let dnsrr = "--endpoint-mode=dnsrr";
    swarm.serve("mock", &["--constraint=node.hostname==node-b", dnsrr], BASE_IMAGE, &SERVER)?;
    swarm.serve("gathered", &["--constraint=node.hostname==node-b"], BASE_IMAGE, &SERVER)?;
    swarm.serve("waiting", &["--constraint=node.hostname==node-z", dnsrr], BASE_IMAGE, &SERVER)?;
    swarm.drift()?;
    swarm.serve("drifting", &["--mode=global", dnsrr], DRIFT, &SERVER)?;
    for server in ["mock", "gathered", "waiting", "drifting"] {
        let told = format!("--env=LLM_URL=http://{server}:8080");
        let words = ["--constraint=node.hostname==node-a", &told];
        swarm.serve(&format!("calls-{server}"), &words, BASE_IMAGE, &["sleep", "infinity"])?;
    }
    for (service, tasks) in [("mock", 1), ("gathered", 1), ("drifting", 2)] {
        swarm.wait_for(service, tasks)?;
        if service != "waiting" {
            swarm.wait_for(&format!("calls-{service}"), 1)?;
        }
    }
    swarm.wait_for("calls-waiting", 1)?;
    swarm.judged()?;
    swarm.without_the_other_node()?;
    swarm.with_the_way_cut()
}

impl Swarm {
    fn start() -> Result<Self> {
        let said = script("start")?;
        let sockets: Vec<String> = said.lines().map(str::to_owned).collect();
        let sockets = sockets.try_into().map_err(|_| format!("two sockets, not {said}"))?;
        Ok(Self { sockets })
    }

    fn docker(&self, node: usize, words: &[&str]) -> Result<String> {
        let mut command = Command::new("docker");
        command.env("DOCKER_BUILDKIT", "0").args(["--host", &self.sockets[node]]).args(words);
        output(&mut command)
    }

    fn serve(&self, name: &str, options: &[&str], image: &str, command: &[&str]) -> Result<()> {
        let words = ["service", "create", "--detach", "--no-resolve-image", "--network=app"];
        let name = format!("--name={name}");
        let words = [&words, &[name.as_str()][..], options, &[image], command].concat();
        self.docker(0, &words).map(|_| ())
    }

    /// Two images under one tag, each on its own node.
    fn drift(&self) -> Result<()> {
        for node in [0, 1] {
            let content = format!("--change=LABEL node={node}");
            let name = format!("econn-drift-{node}");
            let write = format!("echo {node} >/node");
            let words = ["run", "--network=none", "--name", &name, BASE_IMAGE, "sh", "-c", &write];
            self.docker(node, &words)?;
            self.docker(node, &["commit", &content, &name, DRIFT])?;
            self.docker(node, &["rm", &name])?;
        }
        Ok(())
    }

    fn wait_for(&self, service: &str, tasks: usize) -> Result<()> {
        let started = Instant::now();
        let words =
            ["service", "ps", "--filter=desired-state=running", "--format={{.CurrentState}}"];
        loop {
            let said = self.docker(0, &[&words[..], &[service]].concat())?;
            if said.lines().filter(|line| line.starts_with("Running")).count() == tasks {
                // What listens, listens a moment later.
                std::thread::sleep(Duration::from_millis(500));
                return Ok(());
            }
            must(started.elapsed() < READY, || format!("{service} does not start: {said}"))?;
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn diagnose(&self, with_other_node: bool) -> Result<Run> {
        let mut command = econn();
        command.args(["diagnose", "--host", &self.sockets[0], "--format", "json"]);
        if with_other_node {
            command.args(["--node", &format!("node-b={}", self.sockets[1])]);
        }
        run(&mut command)
    }

    fn judged(&self) -> Result<()> {
        self.kernel_gathers_nothing()?;
        let run = self.diagnose(true)?;
        let report = run.report_with(1)?;
        let engines: Vec<&str> = list(&report, "engines").iter().map(|e| text(e, "name")).collect();
        must(engines == ["docker", "node-b"], || run.account("two engines by name"))?;

        let healthy = link(&run, &report, "mock")?;
        must(healthy["root_cause"].is_null(), || run.account("mock answers across nodes"))?;
        let checks = ["endpoint-config", "shared-network", "server-state", "network-path"];
        for check in checks {
            let outcome = outcome(healthy, check);
            must(outcome == "pass", || run.account(&format!("mock: {check} is {outcome}")))?;
        }
        elsewhere::note_of_swarm("mock", Outcome::right(&checks));
        let ends = [text(healthy, "client_node"), text(healthy, "server_node")];
        must(ends == ["node-a", "node-b"], || run.account("the nodes that hold the ends"))?;
        for (server, check, code) in [
            ("gathered", "network-path", "EC721"),
            ("waiting", "server-state", "EC621"),
            ("drifting", "image-freshness", "EC221"),
        ] {
            let link = link(&run, &report, server)?;
            let caused = text(link, "root_cause") == code && outcome(link, check) == "fail";
            must(caused, || run.account(&format!("{server} must fail for {code}")))?;
            let others: Vec<&str> = findings(link)
                .filter(|f| text(f, "severity") == "fail" && text(f, "code") != code)
                .map(|f| text(f, "code"))
                .collect();
            must(others.is_empty(), || run.account(&format!("{server}: {others:?} as well")))?;
            elsewhere::note_of_swarm(server, Outcome::right(&[check]));
        }
        Ok(())
    }

    /// This kernel has no IPVS, so the virtual address must fail for Docker's own client as well. Where it does answer, the
    /// test has nothing to show the fault with, and says so by failing.
    fn kernel_gathers_nothing(&self) -> Result<()> {
        let client = self.docker(0, &["ps", "--quiet", "--filter=name=calls-gathered"])?;
        let ask = |host: &str| {
            let ask = format!(
                "import socket; socket.create_connection(('{host}', 8080), 3); print('answers')"
            );
            self.docker(0, &["exec", client.trim(), "python3", "-c", &ask])
        };
        let (gathered, own) = (ask("gathered"), ask("tasks.gathered"));
        eprintln!(
            "scenes: swarm: this kernel has no IPVS, a virtual address that answers was not tested"
        );
        must(own.is_ok(), || format!("the task itself must answer: {own:?}"))?;
        must(gathered.is_err(), || {
            "the virtual address answers: this kernel has IPVS, and EC721 can't be shown".to_owned()
        })
    }

    fn without_the_other_node(&self) -> Result<()> {
        let run = self.diagnose(false)?;
        let report = run.report_with(1)?;
        let link = link(&run, &report, "mock")?;
        must(text(link, "outcome") == "unknown", || run.account("mock is on a node unseen"))?;
        let reasons = link["checks"].to_string();
        must(reasons.contains("--node node-b=URL"), || run.account("what to do must be said"))?;

        // A worker alone knows no service: a name of one is no slip of the pen.
        let name = self.docker(1, &["ps", "--format={{.Names}}", "--filter=name=mock"])?;
        let named = format!("{}=http://calls-waiting-x:8080", name.trim());
        let mut command = econn();
        command.args(["diagnose", "--host", &self.sockets[1], "--format", "json"]);
        let run = super::econn::run(command.args(["--link", &named]))?;
        let report = run.report_with(3)?;
        must(report.to_string().contains("only its managers know"), || {
            run.account("a worker knows no services")
        })
    }

    fn with_the_way_cut(&self) -> Result<()> {
        script("cut")?;
        let run = self.diagnose(true);
        script("heal")?;
        let run = run?;
        let report = run.report_with(1)?;
        let link = link(&run, &report, "mock")?;
        must(text(link, "root_cause") == "EC722", || run.account("the way between nodes is cut"))?;
        elsewhere::note_of_swarm("cut", Outcome::right(&["network-path"]));
        let healed = self.diagnose(true)?;
        let report = healed.report_with(1)?;
        let link = self::link(&healed, &report, "mock")?;
        must(link["root_cause"].is_null(), || healed.account("the way is whole again"))
    }
}

impl Drop for Swarm {
    fn drop(&mut self) {
        if let Err(trouble) = script("stop") {
            eprintln!("scenes: {trouble}");
        }
    }
}

/// The link to this service.
fn link<'a>(run: &Run, report: &'a Value, server: &str) -> Result<&'a Value> {
    let url = format!("http://{server}:8080");
    let found = list(report, "links").iter().find(|l| text(&l["endpoint"], "url") == url);
    found.ok_or_else(|| run.account(&format!("no link to {url}")))
}

fn outcome<'a>(link: &'a Value, check: &str) -> &'a str {
    let row = list(link, "checks").iter().find(|row| text(row, "check") == check);
    row.map_or("", |row| text(row, "outcome"))
}

fn script(verb: &str) -> Result<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/swarm.sh");
    output(Command::new(script).arg(verb))
}
