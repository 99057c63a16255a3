use crate::model::{Case, Found, Judgement, Reply, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC802",
    title: "the health check fails while the server answers",
    explanation: "
## What it is
The engine calls the server unhealthy, and clients get their answers. The health check is at fault itself: its tool is not
in the image, or it asks another port or another address. What waits for a healthy server never starts.

## What proves it
The status `unhealthy` beside a reply to the client. The exit codes 126 and 127 say that its command can't be run.

## What disproves it
A client that gets no answer either.

## How to repair it
Mend the health check's command: a tool that the image has, 127.0.0.1 in place of localhost, the port of the server.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let state = &server.container.state;
    let answered = case
        .link
        .visit
        .value()
        .is_some_and(|visit| matches!(visit.reply, Some(Reply::Status(100..=499))));
    if !state.is_running() || state.health.as_deref() != Some("unhealthy") || !answered {
        return Ok(None);
    }
    let name = &server.container.name;
    let exit = state.health_exit_code;
    let why = match exit {
        Some(126 | 127) => "its command can't be run in the image",
        _ => "it may ask another port or address than clients do",
    };
    Ok(Some(
        Found::warn(format!("{name} is called unhealthy, and answers {}", case.link.client))
            .evidence(
                format!("health check of {name}"),
                exit.map_or_else(
                    || "unhealthy".to_owned(),
                    |code| format!("unhealthy, last exit code {code}"),
                ),
            )
            .fix(format!("mend the health check of {name}: {why}")),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Fact, Reply, Snapshot};

    fn unhealthy(it: &mut Snapshot, exit_code: i64) {
        it.mock().state.health = Some("unhealthy".into());
        it.mock().state.health_exit_code = Some(exit_code);
    }

    #[test]
    fn catches() {
        let expected = "warn: mock is called unhealthy, and answers hapi";
        says(&RULE, |it| unhealthy(it, 127), expected);
        says(&RULE, |it| unhealthy(it, 1), expected);
        row("server-state", |it| unhealthy(it, 127), "warn: EC802");
        assert_eq!(
            remedies(&RULE, |it| unhealthy(it, 127)),
            "mend the health check of mock: its command can't be run in the image"
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.mock().state.health = Some("healthy".into()), "nothing");
        says(&RULE, |it| it.mock().state.health = Some("starting".into()), "nothing");
        // The client gets no answer either, or an error of the server itself.
        for reply in [Reply::Closed, Reply::Status(503)] {
            says(
                &RULE,
                |it| {
                    unhealthy(it, 1);
                    let Fact::Known(visit) = &mut it.link().visit else { return };
                    visit.reply = Some(reply);
                },
                "nothing",
            );
        }
        says(
            &RULE,
            |it| {
                unhealthy(it, 1);
                it.sends_nothing();
            },
            "nothing",
        );
    }
}
