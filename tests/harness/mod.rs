//! The harness behind `tests/scenes.rs`.
//!
//! `scene` is the format, `cast` the list of all scenes and their switches, `stage` sets one up, `symptom` looks at
//! it without econn, `diagnosis` runs the binary, `verdict` and `promises` judge its report, `trials` makes tests of
//! it all, `further` knows more engines than the machine's own, `elsewhere` counts how far the verdicts are the same there, `tally` and `accuracy` count how often it was right, `explained` says why the rest could not be known, `conduct` tests what econn promises beside its verdicts,
//! `servers` runs the matrix of real servers, `lab` keeps one scene up to play with, and `figures` measures.

mod accuracy;
mod busy;
mod cast;
mod conduct;
mod diagnosis;
mod elsewhere;
mod engine;
mod explained;
mod figures;
mod firewall;
mod folder;
mod further;
mod lab;
mod promises;
mod raw;
mod scene;
mod servers;
mod stage;
mod symptom;
mod tally;
mod trials;
mod turn;
mod verdict;
mod words;

pub(crate) use accuracy::Accuracy;
pub(crate) use cast::Cast;
pub(crate) use elsewhere::settle;
pub(crate) use engine::Engine;
pub(crate) use further::asked_for as further;
pub(crate) use lab::lab;
pub(crate) use servers::matrix;
pub(crate) use trials::{Trials, failed, times, tried_again};

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicU16, Ordering};

/// What went wrong, as one would say it.
pub(crate) type Result<T> = std::result::Result<T, String>;

/// This process, as no other will ever be called: its pid and the time at which it started.
pub(crate) fn run_id() -> String {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name stands in brackets and may hold spaces; the start time is the 20th word after it.
    let started =
        stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(19)).unwrap_or("0");
    format!("{}.{started}", std::process::id())
}

/// A host port that nobody listens on, and that no other scene of this run was given.
pub(crate) fn free_port() -> Result<u16> {
    // Below the range that the kernel takes for outgoing connections, and different from process to process.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 20_000 + u16::try_from(std::process::id() % 1000).unwrap_or(0) * 10;
    (0..10_000)
        .map(|_| 20_000 + (start - 20_000 + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000)
        .find(|port| TcpListener::bind(("0.0.0.0", *port)).is_ok())
        .ok_or_else(|| "no free port between 20000 and 32000".to_owned())
}

/// Measures on these engines and prints the table; a figure beyond its bound is a failure.
pub(crate) fn bench(cast: &Cast, engines: &[Engine]) -> ExitCode {
    match figures::table(cast, engines) {
        Ok((table, kept)) => {
            let _ = std::io::stdout().write_all(table.as_bytes());
            if kept {
                return ExitCode::SUCCESS;
            }
            eprintln!("bench: not every figure keeps its bound");
            ExitCode::FAILURE
        }
        Err(trouble) => {
            eprintln!("bench: {trouble}");
            ExitCode::FAILURE
        }
    }
}

/// Removes this run's own folder, which is empty when all scenes were taken down.
pub(crate) fn tidy() {
    let _ = fs::remove_dir(folder::of_runs().join(run_id()));
}

/// Removes what killed runs left on the engines, in the firewall and on disk.
pub(crate) fn sweep() {
    for engine in Engine::ALL.into_iter().take(1).chain(further().unwrap_or_default()) {
        firewall::sweep(engine);
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/engines.sh");
    if let Err(trouble) = Command::new(script).arg("sweep").status() {
        eprintln!("scenes: {script}: {trouble}");
    }
    for entry in fs::read_dir(folder::of_runs()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let alive = name
            .split_once('.')
            .is_some_and(|(pid, _)| fs::exists(format!("/proc/{pid}")).unwrap_or(true));
        if !alive {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
