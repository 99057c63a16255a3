//! `econn run -- COMMAND`: records while the command runs, and diagnoses when it fails. The command comes first: its
//! streams, its signals and its exit code are its own, whatever becomes of econn.

mod command;
mod file;
mod relay;
mod watch;

pub(super) use relay::relay;

use super::look::{places, request};
use super::report::{judged, rendered, writable, written};
use crate::cli::Record;
use crate::exit::{Code, Failure};
use crate::render;
use checks::model::{Outcome, Report, Snapshot};
use command::Command;
use file::Recording;
use std::io::Write;
use watch::Watch;

/// Runs the command; ends with its exit code.
pub(super) fn record(asked: &Record) -> Result<Code, Failure> {
    writable(&asked.judging)?;
    let request = request(&asked.looking, &[])?;
    let places = places(&asked.looking)?;
    let recording = Recording::at(asked.record.as_deref());
    let watch = Watch::begin(places, asked.looking.engine, request, recording.clone());
    let code = Command::start(&asked.command).map(Command::end);
    let failed = !matches!(code, Ok(0));
    let record = watch.end(failed && code.is_ok());
    let code = match code {
        Ok(code) => code,
        // It never ran: there is nothing to judge.
        Err((code, why)) => {
            say(&why);
            return Ok(Code(code));
        }
    };
    if let Some(record) = record {
        recording.keep(&record);
        // What goes wrong from here on is said, and is not the command's.
        if let Err(failure) = tell(&record, code, asked, &recording) {
            say(&failure.message);
        }
    }
    Ok(Code(code))
}

/// One line on stderr.
fn say(line: &str) {
    eprintln!("econn: {}", render::clean(line));
}

/// Tells what was found: everything where the command failed and something is wrong, little where nothing is.
fn tell(
    record: &Snapshot,
    code: u8,
    asked: &Record,
    recording: &Recording,
) -> Result<(), Failure> {
    let report = judged(record, &[], &asked.judging);
    written(&report, &asked.judging)?;
    let from = recording.name();
    if record.engines.iter().all(|engine| engine.error.is_some()) {
        say(&format!("nothing was recorded: {}", no_engine(record)));
    } else if code == 0 {
        if report.outcome == Outcome::Fail {
            let faults = report.links.iter().filter(|l| l.outcome == Outcome::Fail).count();
            say(&format!(
                "the command succeeded, and yet {faults} of {} links have faults; econn diagnose --from {from} tells which",
                report.links.len()
            ));
        }
    } else if matches!(report.outcome, Outcome::Fail | Outcome::Unknown) && !report.links.is_empty() {
        let style = render::Style::stderr(&asked.judging);
        let mut bytes = format!("\neconn: the command ended with {code}\n");
        bytes.push_str(&String::from_utf8_lossy(&rendered(&report, &asked.judging, style)?));
        // A reader that has gone away is no trouble of the command's.
        drop(std::io::stderr().lock().write_all(bytes.as_bytes()));
        say(&format!("recorded in {from}"));
    } else {
        say(&healthy(&report, code));
        say(&format!("recorded in {from}"));
    }
    Ok(())
}

fn no_engine(record: &Snapshot) -> String {
    let errors: Vec<&str> = record.engines.iter().filter_map(|e| e.error.as_deref()).collect();
    if errors.is_empty() { "no engine answers".into() } else { errors.join("; ") }
}

/// No fault was seen: that is worth a line, because then the command failed for another reason.
fn healthy(report: &Report, code: u8) -> String {
    if report.links.is_empty() {
        let notes = report.notes.iter().find(|note| note.starts_with("EC901"));
        let why = notes.map_or("no link was seen", String::as_str);
        return format!("the command ended with {code}, and no link between containers was seen: {why}");
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
