//! `econn run -- COMMAND`: records while the command runs, and diagnoses when it fails. The command comes first: its
//! streams, its signals and its exit code are its own, whatever becomes of econn.

mod command;
mod file;
mod relay;
mod watch;

pub(super) use relay::relay;

use super::look::{Task, engines_of_the_environment};
use super::own::OwnChecks;
use super::report::{rendered, wanted, writable, written};
use super::{configured, logs};
use crate::cli::Record;
use crate::collect::Over;
use crate::config::Config;
use crate::exit::{Code, Failure};
use crate::render;
use crate::tell::tell as say;
use checks::judge_with;
use checks::model::{Outcome, Report, Snapshot};
use checks::notes::{NO_LINK, NOT_ALL_READ};
use command::Command;
use file::Recording;
use watch::Watch;

/// What the command itself may not have heard of, when it had printed it all.
const LOST: &str = "what the command printed could not all be written to where its output goes";

/// Runs the command; ends with its exit code.
pub(super) fn record(mut asked: Record) -> Result<Code, Failure> {
    let is_named = asked.configured.config.is_some();
    // What a project's file says wrong is no reason to keep its tests from running.
    let found = match configured(&asked.configured) {
        Err(failure) if !is_named => {
            say(&failure.message);
            Config::default()
        }
        config => config?,
    };
    let none = Config::default();
    let (config, (own, task)) = match prepared(&found, &asked) {
        Err(failure) if !is_named && found.path.is_some() => {
            let Ok(prepared) = prepared(&none, &asked) else { return Err(failure) };
            say(&failure.message);
            (&none, prepared)
        }
        prepared => (&found, prepared?),
    };
    config.complete(&mut asked.judging);
    writable(&asked.judging)?;
    let Some(task) = task else { return Ok(unrecorded(&asked)) };
    let wanted = wanted(&[], &asked.judging, config);
    let recording = Recording::at(asked.to.as_deref());
    let watch = Watch::begin(task, recording.clone());
    let ended = Command::start(&asked.command).map(Command::end);
    let failed = ended.as_ref().is_ok_and(|(code, _)| *code != 0);
    let record = watch.end(failed);
    let (code, said) = match ended {
        Ok((code, said)) => (code, Some(said)),
        // It never ran: what there is goes to every --output, and nobody is told of faults that it never met.
        Err((code, why)) => {
            say(&why);
            (code, None)
        }
    };
    if let Some(mut record) = record {
        let has_run = said.is_some();
        if said.as_ref().is_some_and(|said| said.is_lost) {
            say(LOST);
        }
        if let Some(said) = said {
            logs::add(&mut record, said.logged);
            if !said.is_whole {
                let what = "what the command printed came too fast, or went on after its end: not all of it was searched";
                record.notes.push(NOT_ALL_READ.says(what));
            }
        }
        // What goes wrong from here on is said, and is not the command's.
        match logs::read(&asked.logs) {
            Ok(logged) => logs::add(&mut record, logged),
            Err(failure) => say(&failure.message),
        }
        own.recall(&mut record);
        recording.finish(&record);
        // Where nobody reads a report, no program is started for it.
        let is_told = code != 0 && has_run;
        let is_read = is_told || !asked.judging.output.is_empty();
        let rows = if is_read { own.rows(&record, &wanted) } else { Vec::new() };
        let report = judge_with(&record, &wanted, &rows);
        let told = if has_run {
            tell(&record, &report, code, &asked, &recording)
        } else {
            written(&report, &asked.judging).map(drop)
        };
        if let Err(failure) = told {
            say(&failure.message);
        }
    }
    Ok(Code(code))
}

/// The project's own checks, and what is to be looked at.
fn prepared<'a>(
    config: &'a Config,
    asked: &Record,
) -> Result<(OwnChecks<'a>, Option<Task>), Failure> {
    if asked.looking.extra.verify_build {
        say(
            "--verify-build builds nothing while a command runs; econn diagnose --verify-build does",
        );
    }
    // A wrong name is said before a program is asked what it is.
    OwnChecks::declared(config).know(&asked.judging, None)?;
    let own = OwnChecks::find(config)?;
    own.know(&asked.judging, None)?;
    // What the environment says wrong of engines is no reason to keep the command from running, either.
    if let Err(failure) = engines_of_the_environment(&asked.looking.asked) {
        say(&failure.message);
        return Ok((own, None));
    }
    Ok((own, Some(Task::new("run", &asked.looking, &[], config, Over::None)?)))
}

/// Runs the command alone.
fn unrecorded(asked: &Record) -> Code {
    match Command::start(&asked.command).map(Command::end) {
        Ok((code, said)) => {
            if said.is_lost {
                say(LOST);
            }
            say("nothing was recorded");
            Code(code)
        }
        Err((code, why)) => {
            say(&why);
            Code(code)
        }
    }
}

/// Tells what was found: everything where the command failed and something is wrong, little where nothing is.
fn tell(
    record: &Snapshot,
    report: &Report,
    code: u8,
    asked: &Record,
    recording: &Recording,
) -> Result<(), Failure> {
    written(report, &asked.judging)?;
    let from = recording.name();
    if record.engines.iter().all(|engine| engine.error.is_some() && !engine.fell_silent()) {
        say(&format!("nothing was recorded: {}", no_engine(record)));
    } else if code == 0 {
        // The recording and the files of --output tell more; where all is well nobody asked.
    } else if is_worth_reading(report) {
        let style = render::Style::stderr(&asked.judging);
        let mut bytes = format!("\neconn: the command ended with {code}\n");
        bytes.push_str(&String::from_utf8_lossy(&rendered(report, &asked.judging, style)?));
        crate::tell::write(&bytes);
        say(&format!("recorded in {from}"));
    } else {
        say(&healthy(report, code));
        say(&format!("recorded in {from}"));
    }
    Ok(())
}

/// Whether the report says more than that nothing is wrong: a fault, what could not be seen, what counts as one here, or what
/// the command itself said of connections.
fn is_worth_reading(report: &Report) -> bool {
    let is_open = matches!(report.outcome, Outcome::Fail | Outcome::Unknown);
    let has_said = report.links.iter().any(|link| !link.logged.is_empty());
    !report.logged_elsewhere.is_empty()
        || !report.links.is_empty() && (is_open || report.exit_code != 0 || has_said)
}

fn no_engine(record: &Snapshot) -> String {
    let errors: Vec<&str> = record.engines.iter().filter_map(|e| e.error.as_deref()).collect();
    if errors.is_empty() { "no engine answers".into() } else { errors.join("; ") }
}

/// No fault was seen: that is worth a line, because then the command failed for another reason.
fn healthy(report: &Report, code: u8) -> String {
    if report.links.is_empty() {
        let notes = report.notes.iter().find(|note| NO_LINK.is(note));
        let why = notes.map_or("no link was seen", String::as_str);
        return format!(
            "the command ended with {code}, and no link between containers was seen: {why}"
        );
    }
    let warnings = match report.summary.warn {
        0 => String::new(),
        1 => ", one of them with a warning".into(),
        n => format!(", {n} of them with a warning"),
    };
    format!(
        "the command ended with {code}, and no connectivity fault was seen ({} links{warnings})",
        report.links.len()
    )
}
