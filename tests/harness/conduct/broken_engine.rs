//! An engine that breaks in the middle: what was not seen is unknown, and nobody is blamed for it.

use super::econn::{Run, econn, no_helper_of, run};
use super::proxy::{Call, Fault, Plan, Proxy};
use super::{incident, must, own_incident};
use crate::harness::cast::Play;
use crate::harness::scene::Container;
use crate::harness::stage::Stage;
use crate::harness::verdict::{findings, list, text};
use crate::harness::{Cast, Engine, Result, diagnosis};
use std::collections::BTreeSet;
use std::time::Duration;

pub(super) fn goes_away(_: &Cast, engine: Engine) -> Result<()> {
    breaks(engine, Fault::Gone, false)
}

pub(super) fn cuts_off(_: &Cast, engine: Engine) -> Result<()> {
    breaks(engine, Fault::Cut, false)
}

pub(super) fn cuts_off_once(_: &Cast, engine: Engine) -> Result<()> {
    breaks(engine, Fault::Cut, true)
}

pub(super) fn answers_garbage(_: &Cast, engine: Engine) -> Result<()> {
    breaks(engine, Fault::Garbage, false)
}

pub(super) fn speaks_no_http(_: &Cast, engine: Engine) -> Result<()> {
    breaks(engine, Fault::Noise, false)
}

pub(super) fn is_ill(_: &Cast, engine: Engine) -> Result<()> {
    breaks(engine, Fault::Ill, false)
}

pub(super) fn is_ill_once(_: &Cast, engine: Engine) -> Result<()> {
    breaks(engine, Fault::Ill, true)
}

/// An engine that takes a call and never answers: `--timeout` holds, wherever it happens.
pub(super) fn is_silent(_: &Cast, engine: Engine) -> Result<()> {
    breaks(engine, Fault::Silent, false)
}

/// An engine that lets nobody make containers, as authorization plug-ins do: an image can't be opened then, and nothing is
/// said of what it holds.
pub(super) fn forbids_to_make(cast: &Cast, engine: Engine) -> Result<()> {
    for side in ["stale", "none"] {
        let play = incident(cast, side)?;
        let stage = Stage::set(&play.scene, engine, &play.on, false)?;
        let forbidden = Plan {
            fault: Some((1, Fault::Ill)),
            path: "/containers/create".into(),
            ..Plan::default()
        };
        let (run, calls) = diagnose(&stage, play, forbidden, "30s")?;
        must(calls.iter().any(|call| call.broken), || run.account("nothing was forbidden"))?;
        let report = run.report_with(3)?;
        let rows = list(&report, "links").iter().flat_map(|link| list(link, "checks"));
        for row in rows {
            let unknown = text(row, "check") == "image-freshness";
            let holds =
                (text(row, "outcome") == "unknown") == unknown && text(row, "outcome") != "fail";
            must(holds, || run.account(&format!("the row of {}", text(row, "check"))))?;
        }
        stage.strike()?;
    }
    Ok(())
}

/// A container of which Podman has lost the files keeps it from listing any to Docker's tools; by its own list the others are
/// seen as ever. Where there is no such list, nothing is known.
pub(super) fn lists_nothing(_: &Cast, engine: Engine) -> Result<()> {
    let play = own_incident("unlisted")?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let broken = Plan {
        fault: Some((1, Fault::Ill)),
        path: "/containers/json?all=true".into(),
        ..Plan::default()
    };
    let (run, calls) = diagnose(&stage, &play, broken, "30s")?;
    must(calls.iter().any(|call| call.broken), || run.account("every list was given"))?;
    run.report_with(if engine.kind() == Engine::Podman { 0 } else { 3 })?;
    stage.strike()
}

/// The engine lists a container, and fails to say more of it: that is no container that does not exist, and its neighbour
/// with a similar name is not the one that was meant.
pub(super) fn hides_a_container(_: &Cast, engine: Engine) -> Result<()> {
    let mut play = own_incident("hidden-from-view")?;
    let neighbour = Container { name: "hidden-from-views".into(), ..Container::default() };
    play.scene.container.push(neighbour);
    let mut wrong = vec![];
    for side in [&[][..], &["network".to_owned()]] {
        let stage = Stage::set(&play.scene, engine, side, false)?;
        let (server, client) = (stage.words.name("hidden-from-view")?, stage.words.name("hapi")?);
        for (hidden, named) in [(&server, &server), (&server, &client), (&client, &client)] {
            let path = engine.run(["inspect", "--format", "/containers/{{.Id}}/json", hidden])?;
            let broken = Plan { fault: Some((1, Fault::Ill)), path, ..Plan::default() };
            let proxy = Proxy::start(engine, broken)?;
            let mut command = econn();
            command.args(["diagnose", "--host", &proxy.host(), "--format", "json", named]);
            let run = run(&mut command)?;
            let calls = proxy.calls();
            must(calls.iter().any(|call| call.broken), || run.account("nothing was hidden"))?;
            let judged = judge(&run, &calls, false);
            wrong.extend(judged.err().map(|what| format!("{hidden} is hidden: {what}")));
        }
        stage.strike()?;
    }
    must(wrong.is_empty(), || wrong.join("\n\n"))
}

/// Breaks a healthy diagnosis at several of its calls, from the first to the last.
fn breaks(engine: Engine, fault: Fault, once: bool) -> Result<()> {
    let server = format!("{fault:?}{}", if once { "once" } else { "" }).repeat(2);
    let play = &own_incident(&server.to_lowercase())?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let (healthy, calls) = diagnose(&stage, play, Plan::default(), "60s")?;
    healthy.report_with(0)?;
    let timeout = Duration::from_secs(if fault == Fault::Silent { 3 } else { 15 });

    let last = calls.len();
    let points = BTreeSet::from([1, 2, 3, 4, last / 2, last - 3, last - 2, last - 1]);
    let mut pids = vec![healthy.pid];
    let mut wrong = vec![];
    for point in points {
        let broken = Plan { fault: Some((point, fault)), once, ..Plan::default() };
        let (run, calls) = diagnose(&stage, play, broken, &format!("{}s", timeout.as_secs()))
            .map_err(|what| format!("{fault:?} at call {point}: {what}"))?;
        pids.push(run.pid);
        let judged = judge(&run, &calls, once).and_then(|()| {
            must(run.took < healthy.took + timeout + Duration::from_secs(4), || {
                run.account(&format!("took too long for --timeout {timeout:?}"))
            })
        });
        wrong.extend(judged.err().map(|what| format!("{fault:?} at call {point}: {what}")));
        // One wait in vain says as much as eight.
        if fault == Fault::Silent && !wrong.is_empty() {
            break;
        }
    }
    // What a run could not take back over a dead socket, the next one does.
    let next = run(econn().args(diagnosis::arguments(&stage, play)?).args([
        "--passive",
        "--format",
        "json",
    ]))?;
    next.report_with(0)?;
    wrong.extend(no_helper_of(engine, &pids).err());
    stage.strike()?;
    must(wrong.is_empty(), || wrong.join("\n\n"))
}

fn diagnose(stage: &Stage, play: &Play, faults: Plan, timeout: &str) -> Result<(Run, Vec<Call>)> {
    let proxy = Proxy::start(stage.engine, faults)?;
    let mut command = econn();
    command.args(diagnosis::arguments(stage, play)?).args(["--host", &proxy.host()]);
    let run = run(command.args(["--timeout", timeout, "--format", "json"]))?;
    Ok((run, proxy.calls()))
}

/// The scene is healthy, so no fault may be named; and what was not answered may not read as healthy.
fn judge(run: &Run, calls: &[Call], once: bool) -> Result<()> {
    // A single call may concern a container that is none of this scene's, or only tidy up.
    let needed = calls.iter().any(|call| call.broken && call.method != "DELETE") && !once;
    run.ended_with(if needed { &[3] } else { &[0, 3] }).map_err(|what| {
        let broken: Vec<&str> =
            calls.iter().filter(|call| call.broken).map(|call| call.path.as_str()).collect();
        format!("broken were {broken:?}: {what}")
    })?;
    let report = run.report_with(run.exit())?;
    let blamed = list(&report, "links").iter().flat_map(findings);
    let blamed: Vec<&str> =
        blamed.filter(|f| text(f, "severity") == "fail").map(|f| text(f, "code")).collect();
    must(blamed.is_empty(), || run.account(&format!("blames healthy containers: {blamed:?}")))?;
    // Somebody must be told what was wrong: on stderr, of the engine, in a note or in a row.
    let reasons = list(&report, "links").iter().flat_map(|link| list(link, "checks"));
    let told = !run.stderr.is_empty()
        || list(&report, "engines").iter().any(|engine| engine["error"].is_string())
        || !list(&report, "notes").is_empty()
        || reasons.into_iter().any(|row| text(row, "outcome") == "unknown");
    must(told || run.exit() == 0, || run.account("does not say what was wrong"))
}
