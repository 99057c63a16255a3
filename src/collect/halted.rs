//! The processes of a container, and which of them a signal has stopped. Reads `/proc` of the proven process and its descendants only.

use super::vantage::ProvenPid;
use checks::model::Halted;
use std::fs::{read_dir, read_link, read_to_string};

/// Processes that are looked at, at most.
pub(super) const MANY: usize = 256;

/// Counts the processes of a container; `None` where they could not be seen. Some that are stopped and hold no socket keep no
/// client waiting: they are a job that somebody has put aside.
pub(crate) fn halted(main: &ProvenPid) -> Option<Halted> {
    let (mut seen, mut may_serve) = (Halted::default(), false);
    for pid in processes(main) {
        // A process that has ended meanwhile is none.
        let Some(state) = state(pid).filter(|state| !matches!(state, 'Z' | 'X')) else { continue };
        seen.all += 1;
        if state == 'T' {
            seen.stopped += 1;
            seen.main |= pid == main.pid();
            may_serve |= holds_a_socket(pid);
        }
    }
    main.still_valid().ok()?;
    if seen.stopped < seen.all && !may_serve {
        seen.stopped = 0;
    }
    (seen.all > 0).then_some(seen)
}

/// The container's main process and its descendants.
pub(super) fn processes(main: &ProvenPid) -> Vec<i32> {
    let mut found = vec![main.pid()];
    let mut next = 0;
    while next < found.len() && found.len() < MANY {
        found.extend(children(found[next]));
        next += 1;
    }
    found
}

/// Whether a process has a socket, or may have one where nobody may look.
fn holds_a_socket(pid: i32) -> bool {
    let Ok(files) = read_dir(format!("/proc/{pid}/fd")) else { return true };
    files
        .flatten()
        .filter_map(|file| read_link(file.path()).ok())
        .any(|file| file.to_string_lossy().starts_with("socket:"))
}

/// The state's letter, which stands behind the name in its parentheses.
fn state(pid: i32) -> Option<char> {
    let stat = read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

/// The children of all threads of a process.
pub(super) fn children(pid: i32) -> Vec<i32> {
    let threads = read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()
        })
        .collect()
}
