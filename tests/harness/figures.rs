//! Times and memory of econn, each with the bound that it has to keep. `--bench` prints them as a table; the test
//! `performance ENGINE` allows twice the bounds, for machines that have something else to do.

mod overhead;

pub(crate) use overhead::Suite;

use super::cast::Cast;
use super::diagnosis::arguments;
use super::engine::BASE_IMAGE;
use super::raw;
use super::scene::{Container, Network, Scene};
use super::stage::Stage;
use super::verdict::list;
use super::{Engine, Result, run_id};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often each is measured; the median counts.
const ROUNDS: usize = 5;

/// Connections are held for this long, twice, before a server is called serial: no diagnosis can be faster.
const FLOOR_MS: f64 = 1400.0;
/// The links of the scan.
const LINKS: usize = 10;

pub(crate) struct Figure {
    what: String,
    seen: f64,
    bound: f64,
    unit: &'static str,
}

impl Figure {
    /// Is this beyond its bound, with so much patience?
    pub(crate) fn beyond(&self, patience: f64) -> bool {
        self.seen > self.bound * patience
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, seen, bound, unit } = self;
        write!(f, "| {what} | {seen:.0} {unit} | {bound:.0} {unit} |")
    }
}

/// Everything that is measured on one engine. The machine should be idle.
pub(crate) fn of(cast: &Cast, engine: Engine, suite: Suite) -> Result<Vec<Figure>> {
    let mut figures = of_incident(cast, engine)?;
    figures.extend(of_scan(engine)?);
    figures.extend(overhead::of(engine, suite)?);
    Ok(figures)
}

/// The table of all figures, for `docs/performance.md`, and whether each keeps its bound.
pub(crate) fn table(cast: &Cast, engines: &[Engine]) -> Result<(String, bool)> {
    let mut table = String::from("| what | seen | bound |\n|---|---|---|\n");
    let mut kept = true;
    for engine in engines {
        for figure in of(cast, *engine, Suite::Long)? {
            let _ = writeln!(table, "{figure}");
            kept &= !figure.beyond(1.0);
        }
    }
    Ok((table, kept))
}

fn of_incident(cast: &Cast, engine: Engine) -> Result<Vec<Figure>> {
    let name = "incident/serial+stale+bind+endpoint+network";
    let play = cast.find(name).ok_or_else(|| format!("no scene {name}"))?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let arguments = arguments(&stage, play)?;
    let whole = median(|| run(&arguments, 1))?;
    let memory = peak(&arguments)?;
    let passive: Vec<String> = arguments.iter().cloned().chain(["--passive".to_owned()]).collect();
    let quick = median(|| run(&passive, 1))?;
    stage.strike()?;

    let what = |text: &str| format!("{engine}: {text}");
    let mut figures = vec![
        Figure { what: what("the incident"), seen: whole, bound: FLOOR_MS * 1.5, unit: "ms" },
        Figure { what: what("its peak memory"), seen: memory, bound: 60.0, unit: "MB" },
    ];
    // Podman's own answers take longer than this bound, so it is Docker's only.
    let bound = if engine == Engine::Docker { 300.0 } else { FLOOR_MS };
    figures.push(Figure { what: what("the incident, --passive"), seen: quick, bound, unit: "ms" });
    Ok(figures)
}

/// Ten links among 200 containers, against the bare calls to the engine that any answer needs.
fn of_scan(engine: Engine) -> Result<[Figure; 2]> {
    let stage = Stage::set(&pairs(), engine, &[], false)?;
    let idle = Idle::beside(&stage)?;
    let arguments = ["diagnose", "--engine", engine.name(), "--passive"].map(str::to_owned);
    let scan = median(|| run(&arguments, LINKS))?;
    let raw = median(|| raw::scan(engine))?;
    let memory = peak(&arguments)?;
    drop(idle);
    stage.strike()?;
    let what = format!(
        "{engine}: passive scan of 200 containers, {LINKS} links (bare calls: {raw:.0} ms)"
    );
    Ok([
        Figure { what, seen: scan, bound: raw * 1.5, unit: "ms" },
        Figure {
            what: format!("{engine}: its peak memory"),
            seen: memory,
            bound: 60.0,
            unit: "MB",
        },
    ])
}

/// Ten clients with a server each.
fn pairs() -> Scene {
    let container = |name: String, command: &str, url: Option<String>| Container {
        command: command.split_whitespace().map(str::to_owned).collect(),
        networks: vec!["crowd".into()],
        env: url.map(|url| ("SERVER_URL".to_owned(), url)).into_iter().collect::<BTreeMap<_, _>>(),
        name,
        ..Container::default()
    };
    let pairs = (0..LINKS).flat_map(|n| {
        let url = format!("http://{{{{server{n}}}}}:8080");
        let server = container(format!("server{n}"), "python3 -m http.server 8080", None);
        [server, container(format!("client{n}"), "sleep infinity", Some(url))]
    });
    let network = vec![Network { name: "crowd".into(), options: vec![] }];
    Scene { container: pairs.collect(), network, ..Scene::default() }
}

/// The other containers, which only exist. They are made and removed some at a time, and removed whatever happens.
struct Idle(Engine, Vec<String>);

impl Idle {
    const COUNT: usize = 180;
    const AT_ONCE: usize = 4;

    fn beside(stage: &Stage) -> Result<Self> {
        let names = (0..Self::COUNT).map(|n| stage.words.fill(&format!("idle{n}{{{{ns}}}}")));
        let idle = Self(stage.engine, names.collect::<Result<_>>()?);
        let network = format!("--network={}", stage.words.name("crowd")?);
        let label = format!("--label=econn.lab={}", run_id());
        idle.each(|engine, name| {
            let words = ["create", "--pull=never", &label, &network, "--name", name, BASE_IMAGE];
            engine.run(words.iter().chain(&["sleep", "infinity"])).map(drop)
        })?;
        Ok(idle)
    }

    fn each(&self, act: impl Fn(Engine, &str) -> Result<()> + Sync) -> Result<()> {
        let Self(engine, names) = self;
        let of_some = |names: &[String]| names.iter().try_for_each(|name| act(*engine, name));
        std::thread::scope(|scope| {
            let shares = names.chunks(Self::COUNT / Self::AT_ONCE);
            let workers: Vec<_> = shares.map(|share| scope.spawn(|| of_some(share))).collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().map_err(|_| "a thread panicked".to_owned())?)
        })
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        let _ = self.each(Engine::remove);
    }
}

fn median(mut measure: impl FnMut() -> Result<f64>) -> Result<f64> {
    let mut seen = (0..ROUNDS).map(|_| measure()).collect::<Result<Vec<_>>>()?;
    seen.sort_by(f64::total_cmp);
    Ok(seen[ROUNDS / 2])
}

/// Runs econn once: milliseconds. A run that does not find so many links is not the one that is to be measured.
fn run(arguments: &[String], links: usize) -> Result<f64> {
    let started = Instant::now();
    let output = econn(arguments).stdout(Stdio::piped()).output();
    let took = started.elapsed().as_secs_f64() * 1000.0;
    let output = output.map_err(|trouble| trouble.to_string())?;
    let report: Value = serde_json::from_slice(&output.stdout).map_err(|e| e.to_string())?;
    match list(&report, "links").len() {
        // Somebody else's may be there, too.
        found if found >= links => Ok(took),
        found => {
            Err(format!("econn found {found} links of {links}, and ended with {}", output.status))
        }
    }
}

/// Its peak memory in megabytes. A run of its own: whoever looks on takes time.
fn peak(arguments: &[String]) -> Result<f64> {
    let mut child = econn(arguments).spawn().map_err(|trouble| trouble.to_string())?;
    let mut memory = 0.0_f64;
    while child.try_wait().map_err(|trouble| trouble.to_string())?.is_none() {
        memory = memory.max(held(&child.id().to_string()));
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(memory)
}

fn econn(arguments: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_econn"));
    command.args(arguments).args(["--format", "json"]);
    command.env("DOCKER_HOST", Engine::Docker.host()).env("CONTAINER_HOST", Engine::Podman.host());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The most memory that a process has held so far, in megabytes, as the kernel tells it.
fn held(pid: &str) -> f64 {
    let told = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    peak.unwrap_or_default() / 1024.0
}
