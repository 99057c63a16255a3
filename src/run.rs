//! The pipeline: one line for each step from the command line to the exit code.

use crate::cli::{Cli, Command, Diagnose, FailOn, Judging, Looking, Save};
use crate::collect::{self, Choice, Engines, Place, Request};
use crate::exit::{Code, Failure};
use crate::progress::stage;
use crate::render;
use crate::words::words;
use checks::model::{Report, SNAPSHOT_VERSION, Snapshot};
use checks::{Wanted, judge};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// The incident as it was recorded from a real engine.
const INCIDENT: &str = include_str!("../tests/snapshots/incident.json");

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> Result<Code, Failure> {
    match cli.command {
        Command::Diagnose(diagnose) => self::diagnose(&diagnose),
        Command::Snapshot(save) => snapshot(&save),
        Command::Demo(judging) => {
            report(&parse(INCIDENT, Path::new("the recorded incident"))?, &[], &judging)
        }
        Command::Explain { subject } => explain(subject.as_deref()),
        Command::Checks => stdout(render::manual::checks().as_bytes()).map(|()| Code(0)),
    }
}

fn diagnose(diagnose: &Diagnose) -> Result<Code, Failure> {
    writable(&diagnose.judging)?;
    let snapshot = match &diagnose.from {
        Some(file) => {
            let snapshot = load(file)?;
            known(&snapshot, &diagnose.containers)?;
            snapshot
        }
        None => look(&diagnose.looking, &diagnose.containers)?,
    };
    report(&snapshot, &diagnose.containers, &diagnose.judging)
}

fn snapshot(save: &Save) -> Result<Code, Failure> {
    let snapshot = look(&save.looking, &save.containers)?;
    let mut text =
        serde_json::to_string_pretty(&snapshot).map_err(|e| Failure::incomplete(e.to_string()))?;
    text.push('\n');
    write(&save.output, text.as_bytes())?;
    let answered = snapshot.engines.iter().any(|e| e.error.is_none());
    Ok(if answered { Code(0) } else { crate::exit::INCOMPLETE })
}

/// Looks at live containers.
fn look(looking: &Looking, containers: &[String]) -> Result<Snapshot, Failure> {
    let sources = sources(&looking.source)?;
    let env = |name: &str| std::env::var(name).ok();
    let places = collect::places(looking.host.as_deref(), looking.context.as_deref(), &env)
        .map_err(Failure::usage)?;
    let request = Request {
        named: looking.link.clone(),
        containers: containers.to_vec(),
        project: looking.project.clone(),
        sources,
        probes: looking.probe.clone(),
        passive: looking.passive,
        deadline: Instant::now() + looking.timeout.duration,
        limit: looking.timeout.text.clone(),
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime =
        runtime.map_err(|e| Failure::incomplete(format!("no threads for the probes: {e}")))?;
    let work = async {
        let engines = stage(
            "asking the engines",
            collect::connect(places.clone(), looking.engine, request.deadline),
        )
        .await;
        complain(&engines, looking.engine);
        stage("looking at the containers", collect::survey(engines, &request))
            .await
            .map_err(Failure::usage)
    };
    // The probes keep to the run's limit by themselves and leave their reasons; what is not in time even so gives no report.
    let late = request.deadline + Duration::from_secs(1);
    let result = runtime.block_on(async {
        tokio::select! {
            done = work => return done,
            () = tokio::time::sleep_until(late) => {}
            signal = interrupted() => {
                clean_up(&places, looking.engine).await;
                return Err(Failure { code: Code(signal), message: "interrupted".into() });
            }
        }
        clean_up(&places, looking.engine).await;
        Err(Failure::incomplete(format!(
            "the run's limit of {} was reached before everything was seen; give more with --timeout",
            request.limit
        )))
    });
    // A comparison that is still reading an archive must not keep the run from ending.
    runtime.shutdown_background();
    result
}

/// Removes what this run made, as far as the engines answer in time; the next run removes the rest.
async fn clean_up(places: &[Place], choice: Choice) {
    let work = async {
        collect::clean_up(
            &collect::connect(places.to_vec(), choice, Instant::now() + Duration::from_secs(2))
                .await,
        )
        .await;
    };
    // An engine that stays silent must not keep the run from ending.
    drop(tokio::time::timeout(Duration::from_secs(3), work).await);
}

/// Waits for Ctrl-C or a request to end, and gives the exit code of shells for it.
async fn interrupted() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut int), Ok(mut term)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = int.recv() => 130,
        _ = term.recv() => 143,
    }
}

/// Says on stderr which engines did not answer.
fn complain(engines: &Engines, choice: Choice) {
    for silent in &engines.silent {
        eprintln!(
            "econn: {}",
            render::clean(silent.error.as_deref().unwrap_or("an engine does not answer"))
        );
    }
    if engines.connections.is_empty() && engines.silent.is_empty() {
        let which = match choice {
            Choice::Auto => "no engine",
            Choice::Docker => "no Docker engine",
            Choice::Podman => "no Podman engine",
        };
        eprintln!("econn: {which} answers: {}", render::clean(&engines.asked.join("; ")));
    }
}

fn sources(given: &[(String, String)]) -> Result<Vec<(String, PathBuf)>, Failure> {
    given
        .iter()
        .map(|(server, dir)| match Path::new(dir).canonicalize() {
            Ok(path) if path.is_dir() => Ok((server.clone(), path)),
            Ok(_) => Err(Failure::usage(format!(
                "--source {server}={dir}: {dir} is no folder; give the folder of the Dockerfile"
            ))),
            Err(e) => Err(Failure::usage(format!(
                "--source {server}={dir}: {}; give the folder of the Dockerfile",
                words(&e)
            ))),
        })
        .collect()
}

/// Judges a snapshot and prints the report everywhere it is wanted.
fn report(snapshot: &Snapshot, containers: &[String], judging: &Judging) -> Result<Code, Failure> {
    let wanted = Wanted {
        containers: containers.to_vec(),
        only: judging.only.clone(),
        skip: judging.skip.clone(),
        fail_on_warn: judging.fail_on == FailOn::Warn,
        allow_unknown: judging.allow_unknown,
    };
    let report = judge(snapshot, &wanted);
    stdout(&rendered(&report, judging)?)?;
    let mut code = report.exit_code;
    for output in &judging.output {
        let mut bytes = Vec::new();
        render::render(&report, output.format, render::Style::file(judging), &mut bytes)
            .map_err(|e| Failure::incomplete(e.to_string()))?;
        if let Err(failure) = write(&output.path, &bytes) {
            eprintln!("econn: {}", render::clean(&failure.message));
            // A fault that was seen stays one, whether or not its report could be kept.
            code = if code == 1 { 1 } else { failure.code.0 };
        }
    }
    Ok(Code(code))
}

/// A report that has no place to go is said before the containers are looked at.
fn writable(judging: &Judging) -> Result<(), Failure> {
    let folder =
        |path: &Path| path.parent().filter(|p| !p.as_os_str().is_empty()).map(Path::to_owned);
    match judging.output.iter().find(|o| folder(&o.path).is_some_and(|dir| !dir.is_dir())) {
        Some(output) => Err(Failure::usage(format!(
            "--output {}: its folder does not exist; make it first",
            output.path.display()
        ))),
        None => Ok(()),
    }
}

fn rendered(report: &Report, judging: &Judging) -> Result<Vec<u8>, Failure> {
    let style = render::Style::stdout(judging);
    let mut bytes = Vec::new();
    render::render(report, judging.format, style, &mut bytes)
        .map_err(|e| Failure::incomplete(e.to_string()))?;
    Ok(bytes)
}

/// Reads a saved snapshot.
fn load(file: &Path) -> Result<Snapshot, Failure> {
    let text = std::fs::read_to_string(file).map_err(|e| {
        Failure::usage(format!(
            "--from {}: {}; give a file that econn snapshot wrote",
            file.display(),
            words(&e)
        ))
    })?;
    parse(&text, file)
}

fn parse(text: &str, file: &Path) -> Result<Snapshot, Failure> {
    let foreign = |why: String| {
        Failure::usage(format!(
            "--from {}: {why}; give a whole file that econn snapshot wrote",
            file.display()
        ))
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(|e| {
        foreign(format!("not a snapshot (line {} column {})", e.line(), e.column()))
    })?;
    match value.get("snapshot_version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(SNAPSHOT_VERSION) => {}
        Some(version) => {
            return Err(foreign(format!(
                "snapshot version {version}, and this econn reads {SNAPSHOT_VERSION}"
            )));
        }
        None => return Err(foreign("not a snapshot of econn".into())),
    }
    serde_json::from_value(value).map_err(|e| foreign(format!("a damaged snapshot ({e})")))
}

fn known(snapshot: &Snapshot, containers: &[String]) -> Result<(), Failure> {
    let is_known = |name: &String| {
        name == checks::model::HOST_CLIENT || snapshot.containers.iter().any(|c| c.name == *name)
    };
    match containers.iter().find(|name| !is_known(name)) {
        Some(name) => {
            Err(Failure::usage(format!("diagnose: there is no container {name} in the snapshot")))
        }
        None => Ok(()),
    }
}

fn explain(subject: Option<&str>) -> Result<Code, Failure> {
    match render::manual::explain(subject) {
        Some(text) => stdout(text.as_bytes()).map(|()| Code(0)),
        None => Err(Failure::usage(format!(
            "explain: there is no finding or check {}; econn checks lists them",
            subject.unwrap_or_default()
        ))),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|e| {
        Failure::usage(format!(
            "{} can't be written: {}; name a file that can",
            path.display(),
            words(&e)
        ))
    })
}

/// Writes to stdout. A reader that has seen enough is no error.
fn stdout(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::incomplete(format!("the report can't be printed: {}", words(&e))))
        }
        _ => Ok(()),
    }
}
