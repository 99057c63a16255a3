//! The pipeline: one line for each step from the command line to the exit code. One file for each command that is more
//! than a few such lines, and beside them the steps that commands share.

mod cleanup;
mod install;
mod load;
mod look;
mod output;
mod report;
mod version;

use crate::cli::{Cli, Command, Diagnose, Save};
use crate::collect;
use crate::exit::{Code, Failure};
use crate::render;
use load::{known, load, parse};
use look::look;
use output::{stdout, write};
use report::{report, writable};
use std::path::Path;
use std::time::Duration;

/// The incident as it was recorded from a real engine.
const INCIDENT: &str = include_str!("../../tests/snapshots/incident.json");

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> Result<Code, Failure> {
    match cli.command {
        Command::Diagnose(diagnose) => self::diagnose(&diagnose),
        Command::Snapshot(save) => snapshot(&save),
        Command::Demo(judging) => {
            report(&parse(INCIDENT, Path::new("the recorded incident"))?, &[], &judging)
        }
        Command::Explain { subject } => explain(subject.as_deref()),
        Command::Cleanup(cleanup) => cleanup::cleanup(&cleanup),
        Command::Version { verbose } => version::version(verbose),
        Command::Completions { shell } => install::completions(shell),
        Command::Man { folder } => install::manual(&folder),
        Command::Agent { seconds } => collect::serve(Duration::from_secs(seconds))
            .map(|()| Code(0))
            .map_err(Failure::incomplete),
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

fn explain(subject: Option<&str>) -> Result<Code, Failure> {
    match render::manual::explain(subject) {
        Some(text) => stdout(text.as_bytes()).map(|()| Code(0)),
        None => Err(Failure::usage(format!(
            "explain: there is no finding or check {}; econn checks lists them",
            subject.unwrap_or_default()
        ))),
    }
}
