//! `--trace-api` tells every call, and what it tells is what the engine was asked.

use super::econn::{Run, econn, run};
use super::proxy::{Plan, Proxy};
use super::unchanged::only_own_containers;
use super::{incident, must};
use crate::harness::stage::Stage;
use crate::harness::{Cast, Engine, Result, diagnosis};

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
