//! Who decides what a signal means. A terminal's Ctrl-C does not reach programs that run in groups of their own, so econn
//! ends them before it ends. While something else decides (a look, which has to clean up; a command, whose signal it is),
//! that comes first.

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::collections::BTreeSet;
use std::io;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

static STATE: Mutex<State> = Mutex::new(State { groups: BTreeSet::new(), others: 0 });

struct State {
    /// The groups of programs that run.
    groups: BTreeSet<i32>,
    /// How many others decide at this moment.
    others: usize,
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Of these signals those that econn was not started to ignore. What is ignored stays ignored, for what econn starts, too:
/// that is how `nohup` works.
pub(crate) fn heeded(signals: &[i32]) -> impl Iterator<Item = i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    signals.iter().copied().filter(move |signal| ignored >> (signal - 1) & 1 == 0)
}

/// A group of processes that ends with econn, until this is dropped.
pub(crate) struct Group(i32);

/// Starts a program in a group of its own.
///
/// # Errors
///
/// As its start.
pub(crate) fn started(start: impl FnOnce() -> io::Result<Child>) -> io::Result<(Child, Group)> {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        // Without threads or signals its time ends the program all the same.
        if let Ok(signals) = Signals::new(heeded(&[SIGHUP, SIGINT, SIGTERM])) {
            drop(std::thread::Builder::new().spawn(move || watch(signals)));
        }
    });
    // A signal at this moment waits until the group is known.
    let mut state = state();
    let child = start()?;
    let group = i32::try_from(child.id()).unwrap_or_default();
    state.groups.insert(group);
    Ok((child, Group(group)))
}

impl Drop for Group {
    fn drop(&mut self) {
        state().groups.remove(&self.0);
    }
}

fn watch(mut signals: Signals) {
    for signal in signals.forever() {
        if state().others == 0 {
            crate::tell::tell("interrupted");
            end(signal);
        }
    }
}

/// Ends every program of one's own that runs, and econn, as by this signal.
fn end(signal: i32) -> ! {
    end_with(128 + signal)
}

/// Ends every program of one's own that runs, and econn with this code.
pub(crate) fn end_with(code: i32) -> ! {
    // Kept to the end, so that no other is started meanwhile.
    let state = state();
    for group in state.groups.iter().filter_map(|group| Pid::from_raw(*group)) {
        // One that has ended meanwhile needs nothing.
        let _ = kill_process_group(group, Signal::KILL);
    }
    std::process::exit(code)
}

/// As long as this is kept, somebody else decides what a signal means.
pub(crate) struct Others(());

/// Leaves signals to others.
pub(crate) fn left_to_others() -> Others {
    state().others += 1;
    Others(())
}

impl Drop for Others {
    fn drop(&mut self) {
        state().others -= 1;
    }
}
