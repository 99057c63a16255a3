//! What somebody types who knows nothing of the flags: `econn diagnose`, with the build context alone.

use super::econn::{Run, econn, run};
use super::proxy::{Fault, Plan, Proxy};
use super::{incident, must};
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result};
use serde_json::Value;

/// The faults of the incident, in the order of meeting them.
const CHAIN: [&str; 5] = ["EC401", "EC501", "EC301", "EC101", "EC201"];

/// All engines that answer are asked, the link is found and all its faults are named; repaired, there is none.
pub(super) fn finds_the_incident(cast: &Cast, engine: Engine) -> Result<()> {
    for (side, exit, chain) in
        [("serial+stale+bind+endpoint+network", 1, &CHAIN[..]), ("none", 0, &[])]
    {
        let play = incident(cast, side)?;
        let stage = Stage::set(&play.scene, engine, &play.on, false)?;
        let run = diagnose(&stage, &[])?;
        let report = run.report()?;
        // Somebody else's containers may be there, too.
        if list(&report, "links").len() == 1 {
            run.report_with(exit)?;
        }
        let link = link(&run, &report, &stage)?;
        let named: Vec<&str> = list(link, "chain").iter().filter_map(Value::as_str).collect();
        must(named == chain, || run.account(&format!("the chain is {chain:?}")))?;
        stage.strike()?;
    }
    Ok(())
}

/// An engine that falls silent when it is to list its containers hides what it has, however well the other one's links do.
pub(super) fn misses_an_engine(cast: &Cast, engine: Engine) -> Result<()> {
    let other = Engine::ALL.into_iter().find(|other| *other != engine).ok_or("no other engine")?;
    let play = incident(cast, "none")?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let broken =
        Plan { fault: Some((1, Fault::Ill)), path: "/containers/json".into(), ..Plan::default() };
    let proxy = Proxy::start(other, broken)?;
    let variable = if other == Engine::Docker { "DOCKER_HOST" } else { "CONTAINER_HOST" };
    let run = diagnose(&stage, &[(variable, &proxy.host())])?;
    let report = run.report_with(3)?;
    let healthy = link(&run, &report, &stage)?;
    must(["pass", "warn"].contains(&text(healthy, "outcome")), || {
        run.account("the link of the engine that answers is healthy")
    })?;
    must(report["outcome"] == "unknown", || run.account("not everything was seen"))?;
    let hidden = list(&report, "engines").iter().find(|e| text(e, "name") == other.name());
    must(hidden.is_some_and(|engine| engine["error"].is_string()), || {
        run.account("the engine's row says why")
    })?;
    stage.strike()
}

fn diagnose(stage: &Stage, instead: &[(&str, &str)]) -> Result<Run> {
    let server = stage.words.name("mock-llm-aianalysis")?;
    let source = format!("{server}={}", stage.words.fill("{{folder:mock}}")?);
    let mut command = econn();
    command.args(["diagnose", "--source", &source, "--format", "json"]);
    run(command.envs(instead.iter().copied()))
}

fn link<'a>(run: &Run, report: &'a Value, stage: &Stage) -> Result<&'a Value> {
    let client = stage.words.name("hapi")?;
    let found: Vec<&Value> =
        list(report, "links").iter().filter(|link| text(link, "client") == client).collect();
    let [link] = found[..] else {
        return Err(run.account(&format!("{} links of {client}, not one", found.len())));
    };
    Ok(link)
}
