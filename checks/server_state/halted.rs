use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC608",
    title: "the server's process is stopped by a signal",
    explanation: "
## What it is
The container runs, and a signal (SIGSTOP, a debugger) has stopped its program. The kernel still takes connections for it;
nobody answers.

## What proves it
The state `T` of all its processes; or of some, while a client waits for a reply in vain.

## What disproves it
An answer. A program that is only slow is in another state.

## How to repair it
Send it the signal CONT, and look for who stopped it.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let Some(halted) = case.halted() else { return Ok(None) };
    let name = &server.container.name;
    let engine = case.facts.kind(&server.container.engine).command();
    let go_on = if halted.main {
        format!("{engine} kill --signal CONT {name}")
    } else {
        format!("{engine} exec {name} kill -CONT -1")
    };
    Ok(Some(
        Found::fail(format!(
            "{name} runs, and {} of its {} processes are stopped: its kernel takes connections, its program answers none",
            halted.stopped, halted.all
        ))
        .evidence(
            format!("processes of {name}"),
            format!("{} of {} in state T (stopped)", halted.stopped, halted.all),
        )
        .fix_by(format!("let the processes of {name} go on"), go_on),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, says};
    use crate::model::{Fact, Halted, Reply, Snapshot};

    fn halts(it: &mut Snapshot, stopped: u32, all: u32) {
        it.mock().state.halted = Some(Halted { stopped, all, main: stopped == all });
    }

    fn some_while_a_client_waits(it: &mut Snapshot) {
        halts(it, 1, 2);
        let Fact::Known(visit) = &mut it.link().visit else { return };
        visit.reply = Some(Reply::ReadTimeout);
    }

    #[test]
    fn catches() {
        let all = |it: &mut Snapshot| halts(it, 1, 1);
        says(
            &RULE,
            all,
            "fail: mock runs, and 1 of its 1 processes are stopped: its kernel takes connections, its program answers none",
        );
        assert_eq!(remedies(&RULE, all), "$ docker kill --signal CONT mock");
        says(
            &RULE,
            some_while_a_client_waits,
            "fail: mock runs, and 1 of its 2 processes are stopped: its kernel takes connections, its program answers none",
        );
        assert_eq!(remedies(&RULE, some_while_a_client_waits), "$ docker exec mock kill -CONT -1");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| halts(it, 0, 3), "nothing");
        // A job that somebody stopped in a terminal, beside a server that answers.
        says(&RULE, |it| halts(it, 1, 3), "nothing");
        says(
            &RULE,
            |it| {
                halts(it, 1, 1);
                it.ends("paused", 0);
            },
            "nothing",
        );
    }
}
