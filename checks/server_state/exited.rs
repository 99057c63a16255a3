use super::{answered_by_another, commands};
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
A running container; a connection that somebody takes at the port which it published: then another one has it.

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
        || super::restarting::ends_again(state)
    {
        return Ok(None);
    }
    let name = &server.container.name;
    answered_by_another(case, server)?;
    let (start, logs) = commands(case)?;
    let mut found =
        Found::fail(format!("{name} is {} (exit code {})", state.status, state.exit_code))
            .awaits(state.comes_back.then(|| format!("{name} to be started anew")))
            .evidence(
                format!("State of {name}"),
                format!("{}, exit code {}", state.status, state.exit_code),
            );
    if let Some(at) = &state.finished_at {
        found = found.evidence("ended at", at.clone());
    }
    if state.restarts > 0 {
        found = found.evidence("restarts by the engine before that", state.restarts.to_string());
    }
    if state.exit_code == 137 {
        // Not every engine notes that it was the kernel.
        found = found.fix(
            "exit code 137 is a SIGKILL: find out who sent it; where the container has a memory limit, raise it (--memory) if \
             the kernel's log names it",
        );
    }
    Ok(Some(
        found.fix_by(format!("see why {name} ended"), logs).fix_by(format!("start {name}"), start),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};

    #[test]
    fn catches() {
        says(&RULE, |it| it.ends("exited", 3), "fail: mock is exited (exit code 3)");
        says(&RULE, |it| it.ends("dead", 0), "fail: mock is dead (exit code 0)");
        says(&RULE, |it| it.ends("stopped", 137), "fail: mock is stopped (exit code 137)");
        row("server-state", |it| it.ends("exited", 3), "fail: EC601");
        let killed = remedies(&RULE, |it| it.ends("exited", 137));
        assert!(killed.contains("SIGKILL") && killed.contains("docker start mock"), "{killed}");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.ends("created", 0), "nothing");
        says(&RULE, |it| it.ends("paused", 0), "nothing");
        says(
            &RULE,
            |it| {
                it.ends("exited", 137);
                it.mock().state.oom_killed = true;
            },
            "nothing",
        );
        row("server-state", |_| (), "pass: mock is running");
        // A word that no engine used before is no pass.
        row("server-state", |it| it.ends("frozen", 0), "unknown: mock is frozen");
    }

    /// The most frequent mistake: its name does not resolve, and that is no fault of the network.
    #[test]
    fn a_server_that_ended_is_no_fault_of_the_network() {
        row(
            "shared-network",
            |it| it.ends("exited", 3),
            "unknown: both are on ci; mock is exited, so its name can't resolve",
        );
        row(
            "network-path",
            |it| it.ends("exited", 3),
            "unknown: mock is exited, so its sockets can't be seen",
        );
        row("endpoint-config", |it| it.ends("exited", 3), "pass: mock is a name of mock");
    }
}
