use super::commands;
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC606",
    title: "the server ends again and again",
    explanation: "
## What it is
The container ends soon after each start, and its restart policy starts it anew: it is up for moments only.

## What proves it
The state `restarting`, or three restarts and more with the last one seconds ago.

## What disproves it
A container that has been up since.

## How to repair it
Read its log and mend what ends it.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let state = &server.container.state;
    if state.status != "restarting"
        && !(state.is_running() && state.restarts >= 3 && state.up_seconds.is_some_and(|s| s < 30))
    {
        return Ok(None);
    }
    let name = &server.container.name;
    let (start, logs) = commands(case)?;
    let found = Found::fail(format!(
        "{name} was restarted {} times, the last end with exit code {}",
        state.restarts, state.exit_code
    ))
    .evidence(
        format!("State of {name}"),
        format!("{}, {} restarts, exit code {}", state.status, state.restarts, state.exit_code),
    );
    let _ = start;
    Ok(Some(found.fix_by(format!("see why {name} ends"), logs)))
}
