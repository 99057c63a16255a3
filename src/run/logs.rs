//! Reads the logs that the user gave, for what they say of connections.

use crate::bounded::Log;
use crate::cli::Logs;
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

/// Adds it to what the snapshot has already.
pub(super) fn add(snapshot: &mut Snapshot, logged: Vec<Logged>) {
    let before = std::mem::take(&mut snapshot.logged);
    snapshot.logged = symptoms::together([before, logged]);
}
