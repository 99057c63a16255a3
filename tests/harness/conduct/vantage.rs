//! Wherever the probes stand, the verdicts are the same: through `/proc` and the namespace, through a sidecar, for a user
//! without rights, and beside an engine on another machine. Reports differ in the vantage alone.

use super::econn::{Run, econn, no_helper_of, run};
use super::front::{Papers, Shown};
use super::proxy::{Call, Fault, Plan, Proxy};
use super::remote::{secured, with_papers};
use super::{must, scene};
use crate::harness::cast::Play;
use crate::harness::elsewhere::{self, Way};
use crate::harness::scene::Container;
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result, diagnosis};
use serde_json::Value;
use std::fs;
use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread::spawn;
use std::time::Duration;

/// The scenes that are diagnosed through the namespace and through sidecars: the incident and its repair, and at least five
/// for each check. Every test takes the first of each line; the others are for the soak (`ECONN_TEST_SOAK`).
const SCENES: [&[&str]; 9] = [
    &["dns-network-none-of-a-bare-image"],
    &["incident/none", "healthy-localhost-in-shared-namespace", "healthy-host-network-client"],
    &[
        "incident/serial+stale+bind+endpoint+network",
        "stale-one-commit-behind",
        "stale-without-git",
        "stale-rebuilt-not-recreated",
        "stale-by-label",
        "fresh-same-content",
    ],
    &[
        "concurrency-tcp-serial",
        "concurrency-http10-serial",
        "concurrency-http11-serial",
        "concurrency-never-accepts",
        "concurrency-one-worker",
        "concurrency-wsgiref",
    ],
    &[
        "bind-loopback",
        "bind-ipv6-only",
        "bind-one-network",
        "bind-loopback-published",
        "bind-one-of-two-published",
        "bind-loopback-ipv6",
    ],
    &[
        "endpoint-own-loopback-served",
        "endpoint-own-loopback-published",
        "endpoint-wrong-port",
        "endpoint-typo",
        "endpoint-https-to-plain",
        "endpoint-renamed-container",
    ],
    &[
        "dns-no-common-network",
        "dns-default-network",
        "dns-alias-clash",
        "dns-network-none",
        "dns-resolver-that-fails",
        "dns-hosts-file-override",
    ],
    &[
        "server-nothing-listens",
        "server-exited",
        "server-closes-without-reply",
        "server-paused",
        "server-hangs-up-at-once",
    ],
    &[
        "path-internal-network-publishes-nothing",
        "path-icc-off",
        "path-rejected",
        "path-dropped",
        "path-rejected-with-reset",
        "path-prohibited",
    ],
];

/// The scenes of this run.
pub(super) fn scenes() -> impl Iterator<Item = &'static str> {
    let all = std::env::var_os("ECONN_TEST_SOAK").is_some();
    SCENES
        .into_iter()
        .flat_map(move |line| line.iter().take(if all { line.len() } else { 1 }))
        .copied()
}

/// The same scene, diagnosed on one stage from the namespace, from sidecars, and from afar.
pub(super) fn same(play: &Play, engine: Engine) -> Result<()> {
    let stage = Stage::set(&play.scene, engine, &play.on, play.scene.alone)?;
    let by = |vantage: &str| {
        let mut command = econn();
        command.args(diagnosis::arguments(&stage, play)?).args(["--vantage", vantage]);
        run(command.args(["--format", "json"]))
    };
    let (entered, beside) = (by("netns")?, by("sidecar")?);
    differ_in_vantage_alone(&entered, &beside)?;
    let papers = Papers::new();
    let mut remote = with_papers(&secured(engine, &papers, Shown::Right)?, papers.path());
    let afar = run(remote.args(diagnosis::arguments(&stage, play)?.iter().skip(1)))?;
    differ_in_vantage_alone(&entered, &afar)?;
    for (way, run) in [(Way::Sidecars, &beside), (Way::Tls, &afar)] {
        elsewhere::note_by(way, play, engine, &run.report()?, &stage.words)?;
    }
    no_helper_of(engine, &[beside.pid, afar.pid]).map_err(|left| afar.account(&left))?;
    stage.strike()
}

/// Both runs came to the same, and the second one stood elsewhere.
pub(super) fn differ_in_vantage_alone(one: &Run, other: &Run) -> Result<()> {
    let (a, b) = (one.report_with(one.exit())?, other.report_with(one.exit())?);
    let (a, b) = (without_vantage(&a), without_vantage(&b));
    must(a == b, || {
        let lines = |report: &Value| serde_json::to_string_pretty(report).unwrap_or_default();
        let (a, b) = (lines(&a), lines(&b));
        let differing: Vec<String> = a
            .lines()
            .zip(b.lines())
            .filter(|(a, b)| a != b)
            .map(|(a, b)| format!("- {a}\n+ {b}"))
            .take(12)
            .collect();
        other.account(&format!(
            "differs from {} in more than the vantage:\n{}",
            one.command,
            differing.join("\n")
        ))
    })
}

/// The report without vantage, and without what no two runs have in common: when they were, what they counted and measured,
/// and by which address they reached the engine.
fn without_vantage(report: &Value) -> Value {
    match report {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| {
                !["seen_from", "taken_at", "engines", "notes"].contains(&name.as_str())
            })
            .map(|(name, value)| (name.clone(), without_vantage(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(all) => all.iter().map(without_vantage).collect(),
        Value::String(text) => without_measures(text).into(),
        other => other.clone(),
    }
}

/// Numbers that stand before a unit or behind a counter's name are not compared.
fn without_measures(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let is_measure = |at: usize| {
        let unit = words.get(at + 1).is_some_and(|next| {
            let next = next.trim_end_matches([',', ';', '.', ':', ')']);
            ["ms", "s", "seconds", "us"].contains(&next)
        });
        let counter = at > 0 && words[at - 1].starts_with("Listen");
        (unit || counter) && words[at].starts_with(|c: char| c.is_ascii_digit() || c == '(')
    };
    let kept = (0..words.len()).map(|at| if is_measure(at) { "N" } else { words[at] });
    kept.collect::<Vec<_>>().join(" ")
}

pub(super) fn seen_from(run: &Run, client: &str) -> Result<String> {
    let report = run.report()?;
    let link = list(&report, "links").iter().find(|link| text(link, "client") == client);
    let ends = link.map(|link| link["seen_from"].clone()).unwrap_or_default();
    Ok(format!("{} {}", text(&ends, "client"), text(&ends, "server")))
}

/// A user who may talk to the engine and enter no namespace: the sockets by `/proc`, the probes by sidecars.
pub(super) fn without_rights(cast: &Cast, engine: Engine) -> Result<()> {
    let socket = engine.host().trim_start_matches("unix://").to_owned();
    let told = |trouble: std::io::Error| format!("{socket}: {trouble}");
    let (group, rights) = fs::metadata(&socket).map(|m| (m.gid(), m.mode())).map_err(told)?;
    if group == 0 || rights & 0o060 != 0o060 {
        // A socket of root alone: then there are no such users.
        return without_the_right_to_ask(&socket);
    }
    let play = super::incident(cast, "serial+stale+bind+endpoint+network")?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let told = |trouble: std::io::Error| format!("{}: {trouble}", folder.path().display());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).map_err(told)?;
    let binary = folder.path().join("econn");
    fs::copy(env!("CARGO_BIN_EXE_econn"), &binary).map_err(told)?;
    let as_user = |program: &std::path::Path| {
        let mut command = Command::new(program);
        command.envs([("DOCKER_HOST", Engine::Docker.host())]).current_dir("/");
        command
    };
    let arguments = without_source(diagnosis::arguments(&stage, play)?);
    let told = |command: &mut Command| run(command.args(&arguments).args(["--format", "json"]));
    let root = told(&mut as_user(&binary))?;
    let user = told(as_user(&binary).uid(65534).gid(group))?;
    differ_in_vantage_alone(&root, &user)?;
    let from = seen_from(&user, &stage.words.name("hapi")?)?;
    must(from == "sidecar sidecar", || user.account(&format!("seen from {from:?}")))?;
    no_helper_of(engine, &[user.pid]).map_err(|left| user.account(&left))?;
    stage.strike()
}

fn without_the_right_to_ask(socket: &str) -> Result<()> {
    let mut command = Command::new("sh");
    let asked = command.args(["-c", &format!("test -w {socket}")]).uid(65534).gid(65534).status();
    must(asked.is_ok_and(|status| !status.success()), || format!("{socket} is for everybody?"))
}

/// An engine whose containers run on another processor: no sidecar can stand there, which is said, and the run goes by what is
/// left.
pub(super) fn other_processor(cast: &Cast, engine: Engine) -> Result<()> {
    let play = super::incident(cast, "serial+stale+bind+network")?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let diagnose = |host: &str, vantage: &str| {
        let mut command = econn();
        command.args(diagnosis::arguments(&stage, play)?).args(["--host", host]);
        run(command.args(["--vantage", vantage, "--format", "json"]))
    };
    let says = |body| Plan {
        fault: Some((1, Fault::Says(body))),
        path: "/version".to_owned(),
        ..Plan::default()
    };
    let told = "the engine runs on riscv64";
    for (body, why) in
        [(r#"{"Arch":"riscv64"}"#, told), ("{}", "the engine does not name its processor")]
    {
        let proxy = Proxy::start(engine, says(body))?;
        let blind = diagnose(&proxy.host(), "sidecar")?;
        // What the engine itself knows is enough for some faults.
        let report = blind.report_with(1)?;
        let link = list(&report, "links").first().cloned().unwrap_or_default();
        let row = |check: &str| {
            let row = list(&link, "checks").iter().find(|row| text(row, "check") == check);
            row.map(|row| format!("{} {}", text(row, "outcome"), text(row, "reason")))
        };
        for (check, told) in
            [("bind-address", why), ("server-concurrency", why), ("shared-network", "fail")]
        {
            let came = row(check).unwrap_or_default();
            let is_unknown = told == "fail" || came.starts_with("unknown");
            must(is_unknown && came.contains(told), || blind.account(&format!("{check}: {came}")))?;
        }
        let loads = |call: &Call| call.path.contains("/images/load");
        must(!proxy.calls().iter().any(loads), || blind.account("an image that can't run"))?;
    }
    // Who may enter the namespaces needs no sidecar.
    let proxy = Proxy::start(engine, says(r#"{"Arch":"riscv64"}"#))?;
    differ_in_vantage_alone(&diagnose(&engine.host(), "auto")?, &diagnose(&proxy.host(), "auto")?)?;
    stage.strike()
}

/// The source's folder may be root's alone.
pub(super) fn without_source(mut arguments: Vec<String>) -> Vec<String> {
    if let Some(at) = arguments.iter().position(|word| word == "--source") {
        arguments.drain(at..at + 2);
    }
    arguments
}

/// An engine on another machine, as far as econn can tell: nothing of this one's `/proc` counts.
pub(super) fn remote(cast: &Cast, engine: Engine) -> Result<()> {
    let host = forward(engine)?;
    for side in ["none", "serial+stale+bind+endpoint+network"] {
        let play = super::incident(cast, side)?;
        let stage = Stage::set(&play.scene, engine, &play.on, false)?;
        let at = |host: &str| {
            let mut command = econn();
            command.args(diagnosis::arguments(&stage, play)?).args(["--host", host]);
            run(command.args(["--format", "json"]))
        };
        let (here, there) = (at(&engine.host())?, at(&host)?);
        differ_in_vantage_alone(&here, &there)?;
        let from = seen_from(&there, &stage.words.name("hapi")?)?;
        must(from == "sidecar sidecar", || there.account(&format!("seen from {from:?}")))?;
        no_helper_of(engine, &[there.pid]).map_err(|left| there.account(&left))?;
        stage.strike()?;
    }
    Ok(())
}

/// A door to the engine on the loopback, for as long as the tests run.
fn forward(engine: Engine) -> Result<String> {
    let door = TcpListener::bind("127.0.0.1:0").map_err(|trouble| trouble.to_string())?;
    let host = door.local_addr().map_err(|trouble| trouble.to_string())?;
    let socket = engine.host().trim_start_matches("unix://").to_owned();
    spawn(move || {
        for near in door.incoming().flatten() {
            let Ok(far) = UnixStream::connect(&socket) else { continue };
            let (Ok(near_too), Ok(far_too)) = (near.try_clone(), far.try_clone()) else { continue };
            spawn(move || there(&near, &far));
            spawn(move || back(&far_too, &near_too));
        }
    });
    Ok(format!("tcp://{host}"))
}

fn there(mut near: &TcpStream, mut far: &UnixStream) {
    let _ = copy(&mut near, &mut far);
    let _ = far.shutdown(Shutdown::Write);
}

fn back(mut far: &UnixStream, mut near: &TcpStream) {
    let _ = copy(&mut far, &mut near);
    let _ = near.shutdown(Shutdown::Write);
}

/// Ten clients of one server.
const CLIENTS: usize = 10;
const CROWD: &str = r#"
about = "ten clients of one server"
[[network]]
name = "net"
[[container]]
name = "server"
networks = ["net"]
command = ["python3", "-m", "http.server", "8080"]
listens = [8080]
"#;
/// How often each way is measured: the machine may be busy with something else.
const ROUNDS: usize = 3;

/// What sidecars cost: bounded, and measured beside the namespaces in one go.
pub(super) fn costs(_: &Cast, engine: Engine) -> Result<()> {
    let mut crowd = scene(CROWD)?;
    for number in 0..CLIENTS {
        crowd.container.push(Container {
            name: format!("client-{number}"),
            networks: vec!["net".into()],
            env: [("API_URL".to_owned(), "http://{{server}}:8080".to_owned())].into(),
            ..Container::default()
        });
    }
    let stage = Stage::set(&crowd, engine, &[], false)?;
    let server = stage.words.name("server")?;
    let mut fastest = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        for (vantage, fastest) in ["netns", "sidecar"].into_iter().zip(&mut fastest) {
            let mut command = econn();
            command.args(["diagnose", "--engine", engine.name(), "--vantage", vantage, &server]);
            let run = run(command.args(["--format", "json"]))?;
            let report = run.report_with(0)?;
            must(list(&report, "links").len() == CLIENTS, || run.account("ten links"))?;
            *fastest = run.took.min(*fastest);
        }
    }
    let [entered, beside] = fastest;
    let more = beside.saturating_sub(entered);
    eprintln!("vantage-costs {engine}: namespaces {entered:?}, sidecars {beside:?}");
    let most = Duration::from_millis(if engine == Engine::Docker { 2500 } else { 5000 });
    must(more <= most, || format!("sidecars cost {more:?} more, and may cost {most:?}"))?;
    stage.strike()
}
