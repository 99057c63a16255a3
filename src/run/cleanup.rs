//! Removes by hand what killed runs have left. Every other run does the same on its way, for the engines that it asks.

use super::look::{complain, places};
use super::output::stdout;
use crate::cli::Cleanup;
use crate::collect::{self, Left};
use crate::exit::{Code, Failure, INCOMPLETE};
use crate::progress::stage;
use crate::render;
use std::fmt::Write;
use std::time::Duration;
use tokio::time::Instant;

/// How long all of it may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Removes what dead runs have left on the engines that answer, and says what that was.
pub(super) fn cleanup(cleanup: &Cleanup) -> Result<Code, Failure> {
    let choice = cleanup.asked.engine;
    let places = places(&cleanup.asked)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Failure::incomplete(format!("no thread to work on: {e}")))?;
    let deadline = Instant::now() + LIMIT;
    let (told, answers) = runtime.block_on(async {
        let engines = stage("asking the engines", collect::connect(places, choice, deadline)).await;
        complain(&engines, choice);
        let sweep = tokio::time::timeout_at(deadline, collect::sweep(&engines, cleanup.all));
        let done = stage("removing what was left", sweep).await;
        let done = done.map_err(|_| Failure::incomplete("the engines did not answer in 60 s"))?;
        Ok::<_, Failure>((words(&done), !engines.connections.is_empty()))
    })?;
    stdout(told.as_bytes())?;
    Ok(if answers { Code(0) } else { INCOMPLETE })
}

fn words(done: &[Left]) -> String {
    let mut told = String::new();
    for Left { engine, removed, alive, elsewhere } in done {
        for one in removed {
            let _ = writeln!(told, "{engine}: removed {}", render::clean(one));
        }
        if removed.is_empty() {
            let _ = writeln!(told, "{engine}: nothing to remove");
        }
        if *alive > 0 {
            let _ = writeln!(told, "{engine}: {alive} left to runs that are alive");
        }
        if *elsewhere > 0 {
            let _ = writeln!(
                told,
                "{engine}: {elsewhere} left to runs on other machines or in containers, of which nothing is known here; \
                 econn cleanup --all removes those, too"
            );
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::words;
    use crate::collect::Left;

    #[test]
    fn what_was_removed_and_what_was_left_is_said() {
        let left = |engine: &str, removed: &[&str], alive, elsewhere| Left {
            engine: engine.into(),
            removed: removed.iter().map(ToString::to_string).collect(),
            alive,
            elsewhere,
        };
        let told = words(&[left("docker", &["image a:1"], 0, 2), left("podman", &[], 1, 0)]);
        assert_eq!(
            told,
            "docker: removed image a:1\n\
             docker: 2 left to runs on other machines or in containers, of which nothing is known here; econn cleanup --all removes those, too\n\
             podman: nothing to remove\n\
             podman: 1 left to runs that are alive\n"
        );
    }
}
