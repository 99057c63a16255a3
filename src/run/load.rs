//! Reads saved snapshots and reports, packed or not.

use crate::bounded;
use crate::exit::Failure;
use crate::words::words;
use checks::model::{Report, SCHEMA_VERSION, SNAPSHOT_VERSION, Snapshot};
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// A file may hold so many bytes once it is unpacked: what was packed to do harm ends here.
const LARGEST: u64 = 256 << 20;

/// Reads a saved snapshot.
pub(super) fn load(file: &Path) -> Result<Snapshot, Failure> {
    parse(&text(file, "--from ", WANTED)?, file)
}

/// What `--from` wants.
const WANTED: &str = "give a file that econn snapshot wrote";

/// What a file of an earlier run holds.
pub(super) enum Kept {
    /// The facts.
    Snapshot(Box<Snapshot>),
    /// The verdicts alone.
    Report(Box<Report>),
}

/// Reads a snapshot or a report.
pub(super) fn kept(file: &Path) -> Result<Kept, Failure> {
    const EITHER: &str = "give a JSON report or a snapshot of econn";
    let foreign = |why: &str| Failure::usage(format!("{}: {why}; {EITHER}", file.display()));
    let text = text(file, "", EITHER)?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|e| foreign(&format!("no JSON (line {} column {})", e.line(), e.column())))?;
    if value.get("snapshot_version").is_some() {
        return snapshot(value, &foreign).map(|snapshot| Kept::Snapshot(Box::new(snapshot)));
    }
    match value.get("schema_version").and_then(Value::as_u64) {
        Some(version) if version == u64::from(SCHEMA_VERSION) => {}
        Some(version) => {
            return Err(foreign(&format!(
                "a report of version {version}, and this econn reads {SCHEMA_VERSION}"
            )));
        }
        None => return Err(foreign("neither a report nor a snapshot of econn")),
    }
    let report = serde_json::from_value(value);
    report
        .map(|report| Kept::Report(Box::new(report)))
        .map_err(|e| foreign(&format!("a damaged report ({e})")))
}

/// The text of a file; one in gzip is known by its first two bytes, whatever its name.
fn text(file: &Path, flag: &str, wanted: &str) -> Result<String, Failure> {
    let refused =
        |why: String| Failure::usage(format!("{flag}{}: {why}; {wanted}", file.display()));
    let bytes = bounded::read(file, LARGEST).map_err(|e| refused(words(&e)))?;
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        let mut reader = MultiGzDecoder::new(bytes.as_slice()).take(LARGEST + 1);
        reader
            .read_to_end(&mut unpacked)
            .map_err(|_| refused("it is in gzip, and truncated or damaged".into()))?;
        unpacked
    } else {
        bytes
    };
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(refused(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| refused("it is not text".into()))
}

pub(super) fn parse(text: &str, file: &Path) -> Result<Snapshot, Failure> {
    let foreign = |why: &str| {
        Failure::usage(format!(
            "--from {}: {why}; give a whole file that econn snapshot wrote",
            file.display()
        ))
    };
    let value: Value = serde_json::from_str(text).map_err(|e| {
        foreign(&format!("not a snapshot (line {} column {})", e.line(), e.column()))
    })?;
    snapshot(value, &foreign)
}

fn snapshot(value: Value, foreign: &dyn Fn(&str) -> Failure) -> Result<Snapshot, Failure> {
    match value.get("snapshot_version").and_then(Value::as_u64) {
        Some(version) if version == u64::from(SNAPSHOT_VERSION) => {}
        Some(version) => {
            return Err(foreign(&format!(
                "snapshot version {version}, and this econn reads {SNAPSHOT_VERSION}"
            )));
        }
        None => return Err(foreign("not a snapshot of econn")),
    }
    serde_json::from_value(value).map_err(|e| foreign(&format!("a damaged snapshot ({e})")))
}

pub(super) fn known(snapshot: &Snapshot, containers: &[String]) -> Result<(), Failure> {
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
