//! `--trace-api` tells every call, and what it tells is what the engine was asked.

use super::econn::{Run, econn, run};
use super::proxy::{Plan, Proxy};
use super::unchanged::only_own_containers;
use super::{incident, must};
use crate::harness::scene::{Container, Network};
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result, diagnosis};
use serde_json::Value;

pub(super) fn are_told(cast: &Cast, engine: Engine) -> Result<()> {
    let play = incident(cast, "serial+stale+bind+endpoint+network")?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let diagnose = |host: &str, more: &[&str]| {
        let mut command = econn();
        command.args(diagnosis::arguments(&stage, play)?).args(["--host", host]).args(more);
        let run = run(command.args(["--trace-api", "--format", "json"]))?;
        run.report_with(1)?;
        let told = told(&run);
        for Told { kind, method, path } in &told {
            let looks = method == "GET" || method == "HEAD";
            let right = if looks { "read" } else { "own" };
            must(kind == right, || run.account(&format!("{method} {path} is {right}")))?;
            must(looks || !more.contains(&"--passive"), || run.account("something was made"))?;
        }
        Ok::<_, String>((run, told))
    };
    for more in [&["--vantage", "netns"][..], &["--passive"]] {
        let proxy = Proxy::start(engine, Plan::default())?;
        let (run, told) = diagnose(&proxy.host(), more)?;
        let calls = proxy.calls();
        let mut said: Vec<String> =
            told.iter().map(|t| format!("{} {}", t.method, t.path)).collect();
        let mut made: Vec<String> =
            calls.iter().map(|call| format!("{} {}", call.method, call.path)).collect();
        said.sort();
        made.sort();
        must(said == made, || {
            run.account(&format!("told were\n{said:#?}\nand the engine was asked\n{made:#?}"))
        })?;
        if more.contains(&"netns") {
            only_own_containers(&calls)?;
        }
    }
    // A sidecar is all our own: it is brought, made, spoken to and removed.
    let (run, told) = diagnose(&engine.host(), &["--vantage", "sidecar"])?;
    for piece in ["/images/load", "/containers/create", "/attach", "/start"] {
        let occurs = told.iter().any(|t| t.method == "POST" && t.path.contains(piece));
        must(occurs, || run.account(&format!("{piece} was not told")))?;
    }
    stage.strike()
}

/// Of a container that is no end of a link only what every look needs is asked: the container itself, once, and nothing of its
/// network. Its sockets are not read, although it listens.
pub(super) fn concern_ends(cast: &Cast, engine: Engine) -> Result<()> {
    let mut play = incident(cast, "none")?.clone();
    play.scene.network.push(Network { name: "aside".into(), options: vec![] });
    play.scene.container.push(Container {
        name: "bystander".into(),
        command: ["python3", "-m", "http.server", "8080"].map(str::to_owned).into(),
        networks: vec!["aside".into()],
        listens: vec![8080],
        ..Container::default()
    });
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let id = |name: &str| engine.run(["inspect", "--format", "{{.Id}}", &stage.words.name(name)?]);
    let (bystander, server) = (id("bystander")?, id("mock-llm-aianalysis")?);
    let aside = stage.words.name("aside")?;
    // Old versions of Podman call it by its name only.
    let inspected = engine.run(["network", "inspect", "--format", "{{.Id}}", &aside]);
    let aside = [inspected.unwrap_or_else(|_| aside.clone()), aside];
    let proxy = Proxy::start(engine, Plan::default())?;
    let source = format!(
        "{}={}",
        stage.words.name("mock-llm-aianalysis")?,
        stage.words.fill("{{folder:mock}}")?
    );
    let run = run(econn().args([
        "diagnose",
        "--host",
        &proxy.host(),
        "--source",
        &source,
        "--format",
        "json",
        // Nobody else's server is to be probed beside its own test.
        &stage.words.name("hapi")?,
    ]))?;
    run.report_with(0)?;
    let calls: Vec<String> =
        proxy.calls().iter().map(|call| format!("{} {}", call.method, call.path)).collect();
    let of = |what: &str| calls.iter().filter(|call| call.contains(what)).collect::<Vec<_>>();
    let about = of(&bystander);
    must(about.len() == 1 && about[0].ends_with(&format!("/containers/{bystander}/json")), || {
        run.account(&format!("the bystander was asked for: {about:#?}"))
    })?;
    for network in aside {
        let asked = of(&network);
        must(asked.is_empty(), || run.account(&format!("its network was asked for: {asked:#?}")))?;
    }
    // An end is asked for more, and its image is read in a container of ours.
    must(of(&server).len() > 1 && !of("/archive?path=%2Fapp").is_empty(), || {
        run.account(&format!("of the server: {calls:#?}"))
    })?;
    let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let file = folder.path().join("facts.json");
    let mut command = econn();
    let saved = super::econn::run(
        command.args(["snapshot", "--engine", engine.kind().name(), "--passive", "-o"]).arg(&file),
    )?;
    saved.ended_with(&[0])?;
    let facts = std::fs::read(&file).map_err(|trouble| trouble.to_string())?;
    let facts: Value = serde_json::from_slice(&facts).map_err(|trouble| trouble.to_string())?;
    let listens = |name: &str| {
        let name = stage.words.name(name)?;
        let one = list(&facts, "containers").iter().find(|c| text(c, "name") == name);
        Ok::<_, String>(one.is_some_and(|c| c["listeners"]["known"].is_array()))
    };
    must(listens("mock-llm-aianalysis")? && !listens("bystander")?, || {
        saved.account("the sockets of ends are read, and of nobody else")
    })?;
    stage.strike()
}

/// `econn: api ENGINE read GET /path 200 3 ms 17 bytes`
struct Told {
    kind: String,
    method: String,
    path: String,
}

fn told(run: &Run) -> Vec<Told> {
    let lines = run.stderr.lines().filter(|line| line.starts_with("econn: api "));
    let words = |line: &str| {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let [_, _, _, kind, method, path, ..] = words.as_slice() else { return None };
        Some(Told { kind: kind.clone(), method: method.clone(), path: path.clone() })
    };
    lines.filter_map(words).collect()
}
