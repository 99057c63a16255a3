use super::commands;
use crate::model::{Case, Found, Judgement, Rule, Severity};

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
    let (_, logs) = commands(case)?;
    let mut found = Found::fail(format!(
        "{name} was restarted {} times, the last end with exit code {}",
        state.restarts, state.exit_code
    ))
    .evidence(
        format!("State of {name}"),
        format!("{}, {} restarts, exit code {}", state.status, state.restarts, state.exit_code),
    );
    // One that waited for something else when it was started listens now, and may stay.
    if state.is_running() && server.listeners().is_ok_and(|rows| !rows.is_empty()) {
        found.severity = Severity::Warn;
    }
    Ok(Some(found.fix_by(format!("see why {name} ends"), logs)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::Snapshot;

    fn came_back(it: &mut Snapshot) {
        it.mock().state.restarts = 3;
        it.mock().state.up_seconds = Some(5);
        it.mock().state.exit_code = 1;
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| {
                it.ends("restarting", 1);
                it.mock().state.restarts = 7;
            },
            "fail: mock was restarted 7 times, the last end with exit code 1",
        );
        says(
            &RULE,
            |it| {
                came_back(it);
                it.listens(&[]);
            },
            "fail: mock was restarted 3 times, the last end with exit code 1",
        );
        // It waited for its database, and listens now: it may stay.
        says(&RULE, came_back, "warn: mock was restarted 3 times, the last end with exit code 1");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.mock().state.restarts = 12, "nothing");
        says(
            &RULE,
            |it| {
                came_back(it);
                it.mock().state.restarts = 2;
            },
            "nothing",
        );
        row("server-state", |it| it.mock().state.restarts = 12, "pass: mock is running");
    }
}
