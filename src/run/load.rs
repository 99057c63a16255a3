//! Reads saved snapshots.

use crate::exit::Failure;
use crate::words::words;
use checks::model::{SNAPSHOT_VERSION, Snapshot};
use std::path::Path;

/// Reads a saved snapshot.
pub(super) fn load(file: &Path) -> Result<Snapshot, Failure> {
    let text = std::fs::read_to_string(file).map_err(|e| {
        Failure::usage(format!(
            "--from {}: {}; give a file that econn snapshot wrote",
            file.display(),
            words(&e)
        ))
    })?;
    parse(&text, file)
}

pub(super) fn parse(text: &str, file: &Path) -> Result<Snapshot, Failure> {
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
