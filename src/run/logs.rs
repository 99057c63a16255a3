//! Reads the logs that the user gave, for what they say of connections.

use crate::bounded::Log;
use crate::cli::Logs;
use crate::collect::redacted;
use crate::exit::Failure;
use crate::symptoms;
use crate::words::words;
use checks::model::{Logged, Snapshot};
use std::io::BufReader;

/// What all the logs together say; nothing else of them goes on.
pub(super) fn read(logs: &Logs) -> Result<Vec<Logged>, Failure> {
    let mut all = Vec::new();
    for file in &logs.files {
        let unread = |e: &std::io::Error| {
            let why = words(e);
            Failure::usage(format!("--log {}: {why}; give a file that can be read", file.display()))
        };
        let log = Log::open(file).map_err(|e| unread(&e))?;
        all.push(symptoms::recognise(BufReader::new(log)).map_err(|e| unread(&e))?);
    }
    Ok(symptoms::together(all))
}

/// Adds it to what the snapshot has already. It comes after the gate: what a log calls a host may be a secret that the facts know.
pub(super) fn add(snapshot: &mut Snapshot, mut logged: Vec<Logged>) {
    for host in logged.iter_mut().filter_map(|one| one.host.as_mut()) {
        // As a part of a sentence, in which a secret of plain words is taken out, too.
        redacted(&format!("host {host}")).trim_start_matches("host ").clone_into(host);
    }
    let before = std::mem::take(&mut snapshot.logged);
    snapshot.logged = symptoms::together([before, logged]);
}
