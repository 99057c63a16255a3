use super::commands;
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC601",
    title: "the server's container has ended",
    explanation: "
## What it is
The container of the server does not run any more. Its name does not resolve then on any engine, which looks like a
fault of the network and is none.

## What proves it
The state that the engine gives, with the exit code.

## What disproves it
A running container.

## How to repair it
Read its log, mend what ended it, and start it again.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let state = &server.container.state;
    if !matches!(state.status.as_str(), "exited" | "dead" | "stopped" | "stopping" | "removing")
        || state.oom_killed
    {
        return Ok(None);
    }
    let name = &server.container.name;
    let (start, logs) = commands(case)?;
    let mut found =
        Found::fail(format!("{name} is {} (exit code {})", state.status, state.exit_code))
            .evidence(
                format!("State of {name}"),
                format!("{}, exit code {}", state.status, state.exit_code),
            );
    if let Some(at) = &state.finished_at {
        found = found.evidence("ended at", at.clone());
    }
    Ok(Some(
        found.fix_by(format!("see why {name} ended"), logs).fix_by(format!("start {name}"), start),
    ))
}
