//! A helper container belongs to a live run: nothing of a dead run stays, nothing of a living one goes.

use super::econn::{
    OWNER, PATIENCE, Running, econn, helpers, no_helper_of, own_images, run, start,
};
use super::proxy::{Call, Plan, Proxy};
use super::{incident, must, scene};
use crate::harness::cast::Play;
use crate::harness::engine::BASE_IMAGE;
use crate::harness::stage::Stage;
use crate::harness::{Cast, Engine, Result, diagnosis, raw, run_id};
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};

/// How often a killed run may find its helper removed by somebody else's econn before we can look.
const ROUNDS: usize = 3;

/// Killed the moment its helper exists: the next run removes it, at once.
pub(super) fn of_a_killed_run(cast: &Cast, engine: Engine) -> Result<()> {
    let play = incident(cast, "none")?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    for _ in 0..ROUNDS {
        let (running, proxy) = paused_at_its_helper(&stage, play)?;
        let killed = running.pid();
        running.signal("KILL")?;
        running.end(PATIENCE)?;
        proxy.resume();
        let left: Vec<_> = helpers(engine)?.into_iter().filter(|(_, pid)| *pid == killed).collect();
        let [(id, _)] = &left[..] else { continue };

        let proxy = Proxy::start(engine, Plan::default())?;
        let mut command = econn();
        command.args(diagnosis::arguments(&stage, play)?).args(["--host", &proxy.host()]);
        let next = run(command.args(["--passive", "--format", "json"]))?;
        next.report_with(0)?;
        no_helper_of(engine, &[killed]).map_err(|left| next.account(&left))?;
        let removes = |call: &Call| call.method == "DELETE" && call.path.contains(id);
        must(proxy.calls().iter().any(removes), || next.account("who removed the helper?"))?;
        return stage.strike();
    }
    Err("a killed run never left a helper: is the moment of the kill right?".to_owned())
}

/// The helper of a run that lives stays, also where a run of the same number died before it.
pub(super) fn of_a_living_run(cast: &Cast, engine: Engine) -> Result<()> {
    let play = incident(cast, "none")?;
    let mut stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let (living, dead) = (owner(0)?, owner(1)?);
    let mut made = vec![];
    for (name, owner) in [("living", &living), ("dead", &dead)] {
        let name = format!("{name}{}", stage.words.fill("{{ns}}")?);
        let labels =
            [format!("--label=econn.lab={}", run_id()), format!("--label={OWNER}={owner}")];
        let words = ["create", "--pull=never", "--name", &name, &labels[0], &labels[1], BASE_IMAGE];
        made.push((engine.run(words)?, name.clone()));
        stage.adopt(name);
    }
    let run = run(econn().args(diagnosis::arguments(&stage, play)?).args(["--format", "json"]))?;
    run.report_with(0)?;
    let stand: Vec<String> = helpers(engine)?.into_iter().map(|(id, _)| id).collect();
    must(stand.contains(&made[0].0), || run.account("removed the helper of a living run"))?;
    must(!stand.contains(&made[1].0), || run.account("left the helper of a dead run"))?;
    let told = made.iter().any(|(_, name)| run.stdout.contains(name.as_str()));
    must(!told, || run.account("helpers are not the user's containers"))?;
    stage.forget(&made[1].1);
    stage.strike()
}

/// Ctrl-C the moment its helper exists, and the same for a polite request to end.
pub(super) fn of_an_interrupted_run(cast: &Cast, engine: Engine) -> Result<()> {
    let play = incident(cast, "none")?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    for (signal, exit) in [("INT", 130), ("TERM", 143)] {
        let (running, proxy) = paused_at_its_helper(&stage, play)?;
        let pid = running.pid();
        running.signal(signal)?;
        let run = running.end(PATIENCE)?;
        proxy.resume();
        run.ended_with(&[exit])?;
        must(run.stdout.is_empty(), || run.account("half a run is no report"))?;
        no_helper_of(engine, &[pid]).map_err(|left| run.account(&left))?;
    }
    stage.strike()
}

/// A server that serves one client at a time: its port is probed for seconds, and the sidecars stand meanwhile.
const SLOW: &str = r#"
about = "a server whose probe takes its time"
[[network]]
name = "net"
[[container]]
name = "server"
networks = ["net"]
command = ["python3", "-c", "import http.server; http.server.HTTPServer(('', 8080), http.server.SimpleHTTPRequestHandler).serve_forever()"]
listens = [8080]
[[container]]
name = "client"
networks = ["net"]
env = { API_URL = "http://{{server}}:8080" }
"#;
/// How long a run may take to end that somebody wants to end.
const AT_ONCE: Duration = Duration::from_secs(2);

/// The same while its sidecars are at work: it ends in a moment, and neither they nor their image stay.
pub(super) fn of_a_run_with_sidecars(_: &Cast, engine: Engine) -> Result<()> {
    let stage = Stage::set(&scene(SLOW)?, engine, &[], false)?;
    let server = stage.words.name("server")?;
    for (signal, exit) in [("INT", 130), ("TERM", 143)] {
        let mut command = econn();
        command.args(["diagnose", "--engine", engine.name(), "--vantage", "sidecar", &server]);
        let running = start(command.args(["--format", "json"]))?;
        let pid = running.pid();
        let patience = Instant::now() + PATIENCE;
        while at_work(engine, pid)? < 2 && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(20));
        }
        running.signal(signal)?;
        let told = Instant::now();
        let run = running.end(PATIENCE)?;
        let took = told.elapsed();
        run.ended_with(&[exit])?;
        eprintln!("interrupted-with-sidecars {engine}: SIG{signal} to its end {took:?}");
        must(took < AT_ONCE, || run.account(&format!("SIG{signal} to its end {took:?}")))?;
        must(run.stdout.is_empty(), || run.account("half a run is no report"))?;
        no_helper_of(engine, &[pid]).map_err(|left| run.account(&left))?;
        let images = own_images(engine)?;
        let left = images.iter().any(|(_, owner)| *owner == pid);
        must(!left, || run.account("left behind: its image"))?;
    }
    stage.strike()
}

/// How many sidecars of a run have been started.
fn at_work(engine: Engine, owner: u32) -> Result<usize> {
    let listed = raw::get(engine, "/v1.41/containers/json")?;
    let mine = format!("/{owner}/");
    let is_mine = |one: &&Value| one["Labels"][OWNER].as_str().is_some_and(|o| o.contains(&mine));
    Ok(listed.as_array().into_iter().flatten().filter(is_mine).count())
}

/// A run whose helper was just made, and that has not heard of it yet.
fn paused_at_its_helper(stage: &Stage, play: &Play) -> Result<(Running, Proxy)> {
    let pausing = Plan { pause: Some(Call::makes_a_container), ..Plan::default() };
    let proxy = Proxy::start(stage.engine, pausing)?;
    let mut command = econn();
    command.args(diagnosis::arguments(stage, play)?).args(["--host", &proxy.host()]);
    let running = start(command.args(["--format", "json"]))?;
    proxy.wait_for_pause()?;
    Ok((running, proxy))
}

/// The owner's label of this process, or of one that had its number and started so many ticks later.
pub(super) fn owner(later: u64) -> Result<String> {
    let read = |path: &str| {
        fs::read_to_string(path).map_or_else(|_| "-".into(), |text| text.trim().to_owned())
    };
    let space = fs::read_link("/proc/self/ns/pid").map_err(|trouble| trouble.to_string())?;
    let space = space.to_string_lossy().into_owned();
    let space = space.trim_start_matches("pid:[").trim_end_matches(']');
    let (machine, boot) = (read("/etc/machine-id"), read("/proc/sys/kernel/random/boot_id"));
    let (pid, started) = run_id().split_once('.').map_or_else(
        || Err("this process has no start time".to_owned()),
        |(pid, started)| Ok((pid.to_owned(), started.parse::<u64>().unwrap_or(0))),
    )?;
    Ok(format!("{machine}/{boot}/{space}/{pid}/{}", started + later))
}
