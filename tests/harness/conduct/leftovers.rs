//! Whatever becomes of runs that make sidecars, the next one leaves nothing of theirs, and nothing of a living run is touched.

use super::econn::{OWNER, PATIENCE, Run, econn, helpers, own_images, run, start};
use super::helpers::owner;
use super::must;
use super::scene;
use crate::harness::engine::BASE_IMAGE;
use crate::harness::stage::Stage;
use crate::harness::{Cast, Engine, Result, run_id};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A client and its server, both well: a run makes an image and two sidecars.
const PAIR: &str = r#"
about = "a healthy pair"
[[network]]
name = "net"
[[container]]
name = "server"
networks = ["net"]
command = ["python3", "-m", "http.server", "8080"]
listens = [8080]
[[container]]
name = "client"
networks = ["net"]
env = { API_URL = "http://{{server}}:8080" }
"#;

/// Runs, and how many of them are killed: with `ECONN_TEST_SOAK`, and without.
const MANY: (usize, usize) = (50, 10);
const FEW: (usize, usize) = (10, 4);
/// The seed of the moments at which runs are killed, all of them before a whole run would have ended.
const SEED: u64 = 20_260_113;

/// Runs of which some are killed, beside others that live, and an image and a container of one that stands still.
pub(super) fn none(_: &Cast, engine: Engine) -> Result<()> {
    let (runs, killed) = if std::env::var_os("ECONN_TEST_SOAK").is_some() { MANY } else { FEW };
    let mut stage = Stage::set(&scene(PAIR)?, engine, &[], false)?;
    let server = stage.words.name("server")?;
    let home = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let (container, image) = of_a_living_run(&mut stage)?;
    let over = AtomicBool::new(false);
    let begin = || start(&mut diagnosis(engine, &server, home.path()));
    let (mut pids, beside) = std::thread::scope(|scope| {
        let living = scope.spawn(|| beside(engine, &server, home.path(), &over));
        let done = (|| {
            let (mut pids, mut left, mut length) = (vec![], killed, Duration::ZERO);
            let mut moment = SEED;
            for number in 0..runs {
                let running = begin()?;
                pids.push(running.pid());
                // One that ended before its moment came leaves its fate to the next.
                let is_due = left > 0 && number > (killed - left) * (runs / killed);
                if is_due {
                    // Knuth's generator: the same moments in every run of this test, as parts of a whole run.
                    moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let part = u32::try_from(moment >> 54).unwrap_or(0);
                    std::thread::sleep(length * part / 1024);
                    running.signal("KILL")?;
                }
                let run = running.end(PATIENCE)?;
                if is_due && run.status.signal().is_some() {
                    left -= 1;
                } else {
                    run.report_with(0)?;
                    length = run.took;
                }
            }
            must(left == 0, || format!("{left} of {killed} runs were too fast to be killed"))?;
            Ok::<_, String>(pids)
        })();
        over.store(true, Ordering::Relaxed);
        let beside = living.join().unwrap_or_else(|_| Err("a thread panicked".into()));
        Ok::<_, String>((done?, beside?))
    })?;
    must(!beside.is_empty(), || "no run beside the others".to_owned())?;

    let next = run(&mut diagnosis(engine, &server, home.path()))?;
    next.report_with(0)?;
    pids.extend(beside);
    pids.push(next.pid);
    let left: Vec<_> = helpers(engine)?.into_iter().filter(|(_, pid)| pids.contains(pid)).collect();
    must(left.is_empty(), || next.account(&format!("left behind: containers {left:?}")))?;
    let images = own_images(engine)?;
    let left: Vec<_> = images.iter().filter(|(_, pid)| pids.contains(pid)).collect();
    must(left.is_empty(), || next.account(&format!("left behind: images {left:?}")))?;
    let files = std::fs::read_dir(home.path()).map_err(|trouble| trouble.to_string())?;
    must(files.count() == 0, || next.account("left behind: files"))?;
    must(helpers(engine)?.iter().any(|(id, _)| *id == container), || {
        next.account("removed the container of a living run")
    })?;
    engine.run(["image", "rm", &image]).map_err(|gone| next.account(&gone))?;
    stage.strike()
}

fn diagnosis(engine: Engine, server: &str, home: &Path) -> std::process::Command {
    let mut command = econn();
    for variable in ["HOME", "TMPDIR", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
        command.env(variable, home);
    }
    command.args(["diagnose", "--engine", engine.name(), "--vantage", "sidecar", server]);
    command.args(["--format", "json"]).current_dir(home);
    command
}

/// Runs beside the others until it is over; each has to end well. Gives their process ids.
fn beside(engine: Engine, server: &str, home: &Path, over: &AtomicBool) -> Result<Vec<u32>> {
    let mut pids = vec![];
    while !over.load(Ordering::Relaxed) {
        let run: Run = run(&mut diagnosis(engine, server, home))?;
        run.report_with(0).map_err(|trouble| format!("a run beside others: {trouble}"))?;
        pids.push(run.pid);
    }
    Ok(pids)
}

/// What a run has made that lives as long as this test: a container's id, and an image's name.
fn of_a_living_run(stage: &mut Stage) -> Result<(String, String)> {
    let (engine, owner) = (stage.engine, owner(0)?);
    let name = format!("living{}", stage.words.fill("{{ns}}")?);
    let image = format!("localhost/econn-agent:{}", stage.words.fill("living{{ns}}")?);
    let labels = [format!("--label=econn.lab={}", run_id()), format!("--label={OWNER}={owner}")];
    let words = ["create", "--pull=never", "--name", &name, &labels[0], &labels[1], BASE_IMAGE];
    let id = engine.run(words)?;
    stage.adopt(name);
    engine.run(["commit", "--change", &format!("LABEL {OWNER}={owner}"), &id, &image])?;
    Ok((id, image))
}
