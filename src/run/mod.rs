//! The pipeline: one line for each step from the command line to the exit code. One file for each command that is more
//! than a few such lines, and beside them the steps that commands share.

mod cleanup;
mod compare;
mod init;
mod install;
mod load;
mod logs;
mod look;
mod output;
mod own;
mod preflight;
mod recorder;
mod report;
mod save;
mod schema;
mod version;

use crate::cli::{Cli, Command, Configured, Diagnose, Save};
use crate::collect::{self, Over};
use crate::config::{self, Config};
use crate::exit::{Code, Failure};
use crate::render;
use load::{known, load, parse};
use look::{Task, look};
use output::{stdout, write};
use own::OwnChecks;
use report::{report, wanted, writable};
use std::path::Path;
use std::time::Duration;

/// The incident as it was recorded from a real engine.
const INCIDENT: &str = include_str!("../../tests/snapshots/incident.json");

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> Result<Code, Failure> {
    match cli.command {
        Command::Diagnose(diagnose) => self::diagnose(diagnose),
        Command::Preflight(preflight) => preflight::preflight(preflight),
        Command::Init(init) => init::init(init),
        Command::Snapshot(save) => snapshot(&save),
        Command::Demo(judging) => {
            let incident = parse(INCIDENT, Path::new("the recorded incident"))?;
            let own = OwnChecks::default();
            own.know(&judging, None)?;
            report(&incident, &wanted(&[], &judging, &Config::default()), &judging, &own)
        }
        Command::Explain { subject, configured } => explain(subject.as_deref(), &configured),
        Command::Cleanup(cleanup) => cleanup::cleanup(&cleanup),
        Command::Version { verbose } => version::version(verbose),
        Command::Completions { shell } => install::completions(shell),
        Command::Man { folder } => install::manual(&folder),
        Command::Agent { seconds } => collect::serve(Duration::from_secs(seconds))
            .map(|()| Code(0))
            .map_err(Failure::incomplete),
        Command::Checks(configured) => checks(&configured),
        Command::Run(run) => recorder::record(run),
        Command::Relay => Ok(recorder::relay()),
        Command::Compare(compare) => compare::compare(&compare),
        Command::Schema { document } => schema::schema(document),
    }
}

fn diagnose(mut diagnose: Diagnose) -> Result<Code, Failure> {
    let config = configured(&diagnose.configured)?;
    config.complete(&mut diagnose.judging);
    writable(&diagnose.judging)?;
    let logged = logs::read(&diagnose.logs)?;
    let own = OwnChecks::find(&config)?;
    let mut snapshot = if let Some(file) = &diagnose.from {
        let mut snapshot = load(file)?;
        known(&snapshot, &diagnose.kept.containers)?;
        if let Some(project) = &diagnose.looking.project {
            collect::keep_project(&mut snapshot, project).map_err(Failure::usage)?;
        }
        own.know(&diagnose.judging, Some(&snapshot))?;
        own.miss(&mut snapshot);
        snapshot
    } else {
        own.know(&diagnose.judging, None)?;
        let Diagnose { looking, kept, .. } = &diagnose;
        let mut seen =
            look(&Task::new("diagnose", looking, &kept.containers, &config, Over::None)?)?;
        own.answer(&mut seen);
        seen
    };
    logs::add(&mut snapshot, logged);
    let wanted = wanted(&diagnose.kept.containers, &diagnose.judging, &config);
    report(&snapshot, &wanted, &diagnose.judging, &own)
}

/// The configuration that holds for this run.
fn configured(configured: &Configured) -> Result<Config, Failure> {
    config::find(configured.config.as_deref()).map_err(Failure::usage)
}

fn snapshot(save: &Save) -> Result<Code, Failure> {
    let config = configured(&save.configured)?;
    let task = Task::new("snapshot", &save.looking, &save.kept.containers, &config, Over::None)?;
    let own = OwnChecks::find(&config)?;
    let mut snapshot = look(&task)?;
    own.answer(&mut snapshot);
    write(&save.output, &save::bytes(&snapshot, &save.output)?)?;
    let answered = snapshot.engines.iter().any(|e| e.error.is_none());
    Ok(if answered { Code(0) } else { crate::exit::INCOMPLETE })
}

fn checks(configured: &Configured) -> Result<Code, Failure> {
    let config = self::configured(configured)?;
    let own = OwnChecks::find(&config)?;
    let manual = [render::manual::checks(), own.listed(), render::manual::notes()];
    stdout(manual.concat().as_bytes()).map(|()| Code(0))
}

/// The text behind a finding. A program of one's own is asked only where the subject is none of econn's.
fn explain(subject: Option<&str>, configured: &Configured) -> Result<Code, Failure> {
    let text = match render::manual::explain(subject) {
        Some(text) => text,
        None => own_text(subject.unwrap_or_default(), configured)?,
    };
    stdout(text.as_bytes()).map(|()| Code(0))
}

fn own_text(subject: &str, configured: &Configured) -> Result<String, Failure> {
    let config = self::configured(configured)?;
    OwnChecks::find(&config)?.explained(subject).ok_or_else(|| {
        let subject = crate::redact::shown(subject);
        Failure::usage(format!(
            "explain: there is no finding or check {subject}; econn checks lists them"
        ))
    })
}
