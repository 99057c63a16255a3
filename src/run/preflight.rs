//! The gate before the tests: looks until the links are as they should be, or will never be, or the time is up. It only
//! glances while it waits, which sends nothing; when nothing is missing any more, or nothing will come, one full look gives the
//! report.

use super::look::Task;
use super::own::OwnChecks;
use super::report::{report, wanted, writable};
use crate::cli::{Kept, Preflight};
use crate::collect::Over;
use crate::exit::{Code, Failure};
use crate::progress::Waiting;
use checks::model::{Outcome, Snapshot};
use checks::{Wanted, judge};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long to wait where nobody says.
const WAIT: Duration = Duration::from_secs(30);
/// The first pause between two glances, and the longest: what is ready must not be noticed much later.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(250));

/// Waits for what is only "not yet", and reports.
pub(super) fn preflight(mut preflight: Preflight) -> Result<Code, Failure> {
    let config = super::configured(&preflight.configured)?;
    config.complete(&mut preflight.judging);
    let Preflight { kept: Kept { containers }, wait, clients, looking, judging, logs, .. } =
        &preflight;
    writable(judging)?;
    let wait = wait.as_ref().or(config.wait.as_ref()).map_or(WAIT, |limit| limit.duration);
    let task = Task::new("preflight", looking, containers, &config, Over::Expected)?;
    let task = task.with_clients(*clients);
    let wanted = wanted(containers, judging, &config);
    let logged = super::logs::read(logs)?;
    let own = OwnChecks::find(&config)?;
    own.know(judging, None)?;
    let mut snapshot = task.run(wait, waited(&task, &wanted, &own, wait))?;
    own.answer(&mut snapshot);
    super::logs::add(&mut snapshot, logged);
    report(&snapshot, &wanted, judging, &own)
}

/// What is seen when there is nothing to wait for any more.
async fn waited(
    task: &Task,
    wanted: &Wanted,
    own: &OwnChecks<'_>,
    wait: Duration,
) -> Result<Snapshot, Failure> {
    let end = Instant::now() + wait;
    let mut line = Waiting::until(end, wait);
    let mut pause = PAUSES.0;
    let engines = task.connect(task.deadline()).await;
    task.complain(&engines);
    loop {
        let mut missing = glance(task, wanted).await;
        if missing.is_none() || Instant::now() >= end {
            let deadline = task.deadline();
            let seen = task.survey(task.connect(deadline).await, deadline, false).await;
            missing = match &seen {
                Ok(snapshot) => awaited(snapshot, wanted, wanted.allow_unknown).or_else(|| {
                    // A fault of the links themselves is there whatever a server answers.
                    let sound = judge(snapshot, wanted).outcome != Outcome::Fail;
                    own.awaits(snapshot, wanted).filter(|_| sound)
                }),
                Err(nobody) => Some(absent(nobody)),
            };
            if missing.is_none() || Instant::now() >= end {
                line.done();
                return seen;
            }
        }
        line.say(&missing.unwrap_or_default());
        sleep(pause.min(end.saturating_duration_since(Instant::now()))).await;
        pause = (pause * 3 / 2).min(PAUSES.1);
    }
}

/// What is still missing, as far as it is seen without a probe. What could not be seen so is no reason to wait.
async fn glance(task: &Task, wanted: &Wanted) -> Option<String> {
    let deadline = task.deadline();
    match task.survey(task.connect(deadline).await, deadline, true).await {
        Ok(snapshot) => {
            let glanced = Wanted { allow_unknown: true, ..wanted.clone() };
            awaited(&snapshot, &glanced, wanted.allow_unknown)
        }
        Err(nobody) => Some(absent(&nobody)),
    }
}

/// What looking again may bring: what the links wait for, or an engine that fell silent, as far as that counts.
fn awaited(snapshot: &Snapshot, wanted: &Wanted, does_without: bool) -> Option<String> {
    let report = judge(snapshot, wanted);
    let silent = snapshot.engines.iter().find(|engine| engine.fell_silent());
    let silent = silent.filter(|_| !does_without && report.outcome != Outcome::Fail);
    report.awaits().or_else(|| silent.map(|engine| format!("{} to answer", engine.name)))
}

/// A container that is named on the command line and not there, as something to wait for.
fn absent(nobody: &Failure) -> String {
    let (_, what) = nobody.message.split_once(": ").unwrap_or_default();
    format!("what is named ({what})")
}
