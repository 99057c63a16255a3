//! What `econn run` costs the command that it records, without its probes: a share of the command's own time, and memory.

use super::Figure;
use crate::harness::engine::BASE_IMAGE;
use crate::harness::scene::{Network, Scene};
use crate::harness::stage::Stage;
use crate::harness::{Engine, Result, run_id};
use std::fs;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How much is done to know the share.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Suite {
    /// Short suites, and many: what takes as long as a suite and has nothing to do with it then strikes some of them only.
    Short,
    Long,
}

impl Suite {
    fn requests(self) -> &'static str {
        match self {
            Self::Short => "500",
            Self::Long => "1600",
        }
    }

    /// How often it runs with and without; the shortest of each counts, since whatever else a machine does only adds.
    fn rounds(self) -> usize {
        match self {
            Self::Short => 5,
            Self::Long => 2,
        }
    }
}

/// A suite: a server and a client come up and go again, and the client does the same work each time. Of a server with `--rm`
/// the name could still be taken when the next round begins.
const SUITE: &str = r#"
$ENGINE run --detach --pull never --label "$LABEL" --name "$SERVER" --network "$NET" "$IMAGE" \
    python3 -m http.server 8080 >/dev/null || exit 9
$ENGINE run --rm --pull never --label "$LABEL" --name "$CLIENT" --network "$NET" \
    --env REQUESTS --env "SERVER_URL=http://$SERVER:8080" "$IMAGE" python3 -c '
import os, time, urllib.request
done = 0
while done < int(os.environ["REQUESTS"]):
    try:
        urllib.request.urlopen(os.environ["SERVER_URL"], timeout=5).read()
        done += 1
    except OSError:
        time.sleep(0.05)
    sum(range(400000))
'
code=$?
$ENGINE rm --force "$SERVER" >/dev/null
exit "$code"
"#;

/// The share of time in per cent, and the most memory that econn and its carriers held at once.
pub(super) fn of(engine: Engine, length: Suite) -> Result<Vec<Figure>> {
    let network = vec![Network { name: "net".into(), options: vec![] }];
    let scene = Scene { network, ..Scene::default() };
    let stage = Stage::set(&scene, engine, &[], false)?;
    let folder = tempfile::tempdir().map_err(|trouble| trouble.to_string())?;
    let (mut bare, mut recorded, mut memory) = (f64::MAX, f64::MAX, 0.0);
    for round in 0..=length.rounds() {
        let mut econn = Command::new(env!("CARGO_BIN_EXE_econn"));
        engine.tell(&mut econn);
        econn.args(["run", "--passive", "--engine", engine.name(), "--record"]);
        econn.arg(folder.path().join("record.json")).args(["--", "sh"]);
        let econn = suite(&stage, length, econn)?;
        // The first round only asks for the memory: whoever looks on takes time.
        if round == 0 {
            memory = peak(econn)?;
        } else {
            recorded = recorded.min(timed(econn)?);
            bare = bare.min(timed(suite(&stage, length, Command::new("sh"))?)?);
        }
    }
    stage.strike()?;
    let share = (recorded - bare).max(0.0) / bare * 100.0;
    let what = format!("{engine}: econn run --passive, of a suite of {bare:.1} s");
    Ok(vec![
        Figure { what, seen: share, bound: 3.0, unit: "%" },
        Figure {
            what: format!("{engine}: its peak memory"),
            seen: memory,
            bound: 50.0,
            unit: "MB",
        },
    ])
}

/// The suite under this shell.
fn suite(stage: &Stage, length: Suite, mut shell: Command) -> Result<Command> {
    let name = |text: &str| stage.words.fill(&format!("{text}{{{{ns}}}}"));
    shell
        .args(["-c", SUITE])
        .env("ENGINE", stage.engine.spoken())
        .env("LABEL", format!("econn.lab={}", run_id()))
        .envs([("SERVER", name("overhead-server")?), ("CLIENT", name("overhead-client")?)])
        .env("NET", stage.words.name("net")?)
        .env("IMAGE", BASE_IMAGE)
        .env("REQUESTS", length.requests())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(shell)
}

/// Runs it to its end: seconds.
fn timed(mut command: Command) -> Result<f64> {
    let started = Instant::now();
    let status = command.status().map_err(|trouble| trouble.to_string())?;
    let time = started.elapsed().as_secs_f64();
    ended(status, &command).map(|()| time)
}

/// Runs it to its end: the most megabytes that econn and its carriers held at once.
fn peak(mut command: Command) -> Result<f64> {
    let mut child = command.spawn().map_err(|trouble| trouble.to_string())?;
    let mut memory = 0.0_f64;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|trouble| trouble.to_string())? {
            break status;
        }
        memory = memory.max(held(child.id()));
        std::thread::sleep(Duration::from_millis(20));
    };
    ended(status, &command).map(|()| memory)
}

fn ended(status: ExitStatus, command: &Command) -> Result<()> {
    let told = || format!("the suite of the overhead ended with {status}: {command:?}");
    if status.success() { Ok(()) } else { Err(told()) }
}

/// What a program and its carriers have held at most, in megabytes.
fn held(pid: u32) -> f64 {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let own = |pid: &str| {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if ["econn", "exe"].contains(&name.trim()) { super::held(pid) } else { 0.0 }
    };
    own(&pid.to_string()) + children.split_whitespace().map(own).sum::<f64>()
}
