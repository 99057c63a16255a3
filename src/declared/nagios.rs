//! Programs in the manner of Nagios: 0 holds, 1 warns, 2 fails, 3 does not know; the first line says what was seen.

use crate::plugin::{Limits, run, shown};
use checks::model::{Fact, Verdict};
use std::path::PathBuf;

/// Runs the program once, and gives its verdict and its first line without performance data.
pub(super) fn ask(command: &[String], passive: bool, limits: &Limits) -> (Fact<Verdict>, String) {
    let open = |why: String| (Fact::Unknown(why), String::new());
    let Some((program, args)) = command.split_first() else {
        return open("it has no command".into());
    };
    if passive {
        return (Fact::Skipped("--passive".into()), String::new());
    }
    let name = program.rsplit('/').next().unwrap_or(program);
    // A path with a folder is meant from econn.toml; a bare name is looked for on PATH.
    let path = if program.contains('/') { limits.folder.join(program) } else { program.into() };
    let path = if path.is_relative() && program.contains('/') {
        std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")).join(path)
    } else {
        path
    };
    let ran = match run(&path, args, b"", limits) {
        Ok(ran) => ran,
        Err(why) => return open(format!("{name} {why}")),
    };
    let text = String::from_utf8_lossy(&ran.stdout);
    let line = text.lines().next().unwrap_or_default().split('|').next().unwrap_or_default();
    let seen = shown(line.trim());
    let seen = if seen.is_empty() { format!("{name} says nothing") } else { seen };
    match ran.status.code() {
        Some(0) => (Fact::Known(Verdict::Pass), seen),
        Some(1) => (Fact::Known(Verdict::Warn), seen),
        Some(2) => (Fact::Known(Verdict::Fail), seen),
        Some(3) => open(format!("{name} does not know: {seen}")),
        Some(code) => open(format!("{name} ended with {code}; {}", ran.heard)),
        None => open(format!("{name} was killed by a signal; {}", ran.heard)),
    }
}
