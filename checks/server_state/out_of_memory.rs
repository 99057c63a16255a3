use super::{answered_by_another, commands};
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC605",
    title: "the server was killed for memory",
    explanation: "
## What it is
The container went over its memory limit, and the kernel killed its main process.

## What proves it
The engine notes it as `OOMKilled`. Exit code 137 without it is a kill by somebody else.

## What disproves it
A running container.

## How to repair it
Raise the limit, or mend what takes the memory.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let state = &server.container.state;
    if state.is_running() || !state.oom_killed {
        return Ok(None);
    }
    answered_by_another(case, server)?;
    let name = &server.container.name;
    let (start, logs) = commands(case)?;
    let found = Found::fail(format!(
        "{name} was killed by the kernel for memory (exit code {})",
        state.exit_code
    ))
    .evidence(
        format!("State of {name}"),
        format!("{}, OOMKilled, exit code {}", state.status, state.exit_code),
    );
    Ok(Some(
        found
            .fix(format!("give {name} more memory (--memory), or mend what takes it"))
            .fix_by(format!("see what {name} did last"), logs)
            .fix_by(format!("start {name}"), start),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::says;

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| {
                it.ends("exited", 137);
                it.mock().state.oom_killed = true;
            },
            "fail: mock was killed by the kernel for memory (exit code 137)",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // Somebody else killed it.
        says(&RULE, |it| it.ends("exited", 137), "nothing");
        // A child was killed, or it happened before the last start.
        says(&RULE, |it| it.mock().state.oom_killed = true, "nothing");
    }
}
