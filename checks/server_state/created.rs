use super::commands;
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC602",
    title: "the server's container was made and never started",
    explanation: "
## What it is
The container exists and was never started, or its start failed, often because its port on the machine was taken.

## What proves it
The state `created`; the engine keeps the reason of a failed start.

## What disproves it
A start time.

## How to repair it
Start it; where a port is taken, free that port or publish another.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let state = &server.container.state;
    if state.status != "created" && state.status != "configured" && state.status != "initialized" {
        return Ok(None);
    }
    let name = &server.container.name;
    let (start, logs) = commands(case)?;
    let mut found = Found::fail(format!("{name} was created and never started")).evidence(
        format!("State of {name}"),
        format!("{}, exit code {}", state.status, state.exit_code),
    );
    if let Some(error) = &state.start_error {
        found = found.evidence("the engine said at its start", error.clone());
    }
    let _ = logs;
    Ok(Some(found.fix_by(format!("start {name}"), start)))
}
