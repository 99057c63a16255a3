//! Bad input, and trouble inside containers: one clear line or an unknown row, and the exit code of the contract.

use super::econn::{Run, econn, no_helper_of, run, start};
use super::proxy::{Call, Plan, Proxy};
use super::{incident, must, own_incident, scene};
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result, diagnosis};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// A client and its server, both well, and what else a promise puts into them.
const PAIR: &str = r#"
about = "a healthy pair"
[[network]]
name = "net"
[[container]]
name = "server"
networks = ["net"]
command = ["python3", "-m", "http.server", "8080"]
listens = [8080]
"#;

pub(super) fn unknown_container(_: &Cast, engine: Engine) -> Result<()> {
    let name = "no-such-container-anywhere";
    for place in [vec![name], vec!["--link", "no-such-container-anywhere=http://x:1"]] {
        let run = run(econn().args(["diagnose", "--engine", engine.name()]).args(place))?;
        run.ended_with(&[2])?;
        run.says_in_one_line(&[name])?;
        must(run.stdout.is_empty(), || run.account("stdout is for reports only"))?;
    }
    Ok(())
}

pub(super) fn missing_source(cast: &Cast, engine: Engine) -> Result<()> {
    let play = incident(cast, "none")?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let source = format!("{}=/no/such/folder", stage.words.name("mock-llm-aianalysis")?);
    let run = run(econn().args(["diagnose", "--engine", engine.name(), "--source", &source]))?;
    run.ended_with(&[2])?;
    run.says_in_one_line(&["/no/such/folder"])?;
    stage.strike()
}

/// A user who may not use the engine's socket, which belongs to root.
pub(super) fn no_permission(_: &Cast, engine: Engine) -> Result<()> {
    let nobody = 65534;
    // The build's own folder may be root's alone.
    let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let told = |trouble: std::io::Error| format!("{}: {trouble}", folder.path().display());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).map_err(told)?;
    let binary = folder.path().join("econn");
    fs::copy(env!("CARGO_BIN_EXE_econn"), &binary).map_err(told)?;
    let socket = engine.host();
    for flags in [vec!["--host", &socket], vec!["--engine", engine.name()]] {
        let mut command = Command::new(&binary);
        command.env("DOCKER_HOST", Engine::Docker.host());
        command.env("CONTAINER_HOST", Engine::Podman.host());
        command.arg("diagnose").args(flags).args(["--format", "json"]);
        let run = run(command.current_dir("/").uid(nobody).gid(nobody))?;
        let report = run.report_with(3)?;
        run.says_in_one_line(&["permission", &socket])?;
        let error = text(&report["engines"][0], "error");
        must(error.contains("permission"), || run.account("the report must say it as well"))?;
    }
    Ok(())
}

pub(super) fn no_link(_: &Cast, engine: Engine) -> Result<()> {
    let stage = Stage::set(&scene(PAIR)?, engine, &[], false)?;
    let server = stage.words.name("server")?;
    for more in [&[][..], &["--allow-unknown"]] {
        let mut command = econn();
        command.args(["diagnose", "--engine", engine.name(), "--format", "json", &server]);
        let run = run(command.args(more))?;
        let report = run.report_with(3)?;
        must(report["outcome"] == "unknown", || run.account("nothing found is no health"))?;
        let notes = report["notes"].to_string();
        let looked_at = ["environment", "file", "--link"].iter().all(|word| notes.contains(word));
        must(looked_at, || run.account("a note must say what was looked at, and what to do"))?;
    }
    stage.strike()
}

/// A file that does not parse may tell another address: unknown, with file and line; and it stops nothing else.
pub(super) fn malformed_config(_: &Cast, engine: Engine) -> Result<()> {
    let files = [
        ("app.yaml", "server:\n  url: http://{{server}}:8080\n  list: [1, 2\nother: {\n", 3..=5),
        ("app.json", "{\n  \"a\": 1,\n  \"url\": }\n", 3..=3),
        ("app.toml", "a = 1\nb = \nc = 3\n", 2..=2),
    ];
    let mut scene = scene(PAIR)?;
    for (name, content, _) in &files {
        let mut client = scene.container[0].clone();
        client.name = format!("client-{}", name.replace('.', "-"));
        (client.command, client.listens) = (vec![], vec![]);
        client.env = BTreeMap::from([("API_URL".into(), "http://{{server}}:8080".into())]);
        let mounted = BTreeMap::from([((*name).to_owned(), (*content).to_owned())]);
        client.mounts = BTreeMap::from([("/etc/app".into(), mounted)]);
        scene.container.push(client);
    }
    let stage = Stage::set(&scene, engine, &[], false)?;
    let mut command = econn();
    command.args(["diagnose", "--engine", engine.name(), "--format", "json"]);
    let run = run(command.arg(stage.words.name("server")?))?;
    let report = run.report_with(3)?;
    for (name, _, lines) in files {
        let client = stage.words.name(&format!("client-{}", name.replace('.', "-")))?;
        let row = row(&run, &report, &client, "endpoint-config")?;
        let reason = text(row, "reason");
        let place = format!("/etc/app/{name}");
        let is_told = reason.contains(&place)
            && lines.clone().any(|line| reason.contains(&format!("line {line}")));
        must(text(row, "outcome") == "unknown" && is_told, || {
            run.account(&format!("{client} must be unknown, naming {place} and line {lines:?}"))
        })?;
        for check in ["bind-address", "server-concurrency"] {
            let row = self::row(&run, &report, &client, check)?;
            must(["pass", "warn"].contains(&text(row, "outcome")), || {
                run.account(&format!("{check} is not concerned, but {row}"))
            })?;
        }
    }
    stage.strike()
}

/// A Dockerfile that was broken after the image was built.
pub(super) fn malformed_dockerfile(cast: &Cast, engine: Engine) -> Result<()> {
    let mut play = incident(cast, "none")?.clone();
    let broken = "FROM econn-lab-python:1\nWORKDIR /app\nCOPPY server.py /app/server.py\n";
    play.scene.build[0].edits = BTreeMap::from([("Dockerfile".into(), broken.into())]);
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let run = run(econn().args(diagnosis::arguments(&stage, &play)?).args(["--format", "json"]))?;
    let report = run.report_with(3)?;
    let row = row(&run, &report, &stage.words.name("hapi")?, "image-freshness")?;
    let reason = text(row, "reason");
    let is_told = reason.contains("Dockerfile:3") || reason.contains("Dockerfile line 3");
    must(text(row, "outcome") == "unknown" && is_told, || {
        run.account("image-freshness must be unknown, naming the Dockerfile and line 3")
    })?;
    stage.strike()
}

/// The server is removed after the engine has listed it, after it was inspected, and while its image is read.
pub(super) fn container_disappears(_: &Cast, engine: Engine) -> Result<()> {
    let listed = |call: &Call| call.path.contains("/containers/json");
    let image_asked = |call: &Call| call.path.contains("/images/");
    let moments: [fn(&Call) -> bool; 3] = [listed, image_asked, Call::makes_a_container];
    let play = own_incident("disappears")?;
    for pause in moments {
        let mut stage = Stage::set(&play.scene, engine, &play.on, false)?;
        let server = stage.words.name("disappears")?;
        let proxy = Proxy::start(engine, Plan { pause: Some(pause), ..Plan::default() })?;
        let mut command = econn();
        command.args(diagnosis::arguments(&stage, &play)?).args(["--host", &proxy.host()]);
        let running = start(command.args(["--format", "json"]))?;
        let pid = running.pid();
        proxy.wait_for_pause()?;
        stage.dismiss(&server)?;
        proxy.resume();
        let run = running.end(super::econn::PATIENCE)?;
        // Nothing is wrong with the set-up, and that it was named by the user makes it no slip of the pen.
        run.ended_with(&[0, 3])?;
        let report = run.report_with(run.exit())?;
        let faults = list(&report, "links").iter().flat_map(|link| list(link, "chain")).count();
        must(faults == 0, || run.account("who was removed meanwhile has no fault"))?;
        no_helper_of(engine, &[pid])?;
        stage.strike()?;
    }
    Ok(())
}

/// The row of a check on the only link of a client.
fn row<'a>(run: &Run, report: &'a Value, client: &str, check: &str) -> Result<&'a Value> {
    let link = list(report, "links").iter().find(|link| text(link, "client") == client);
    let row = link.and_then(|link| list(link, "checks").iter().find(|r| text(r, "check") == check));
    row.ok_or_else(|| run.account(&format!("no link of {client} with {check}")))
}
