use crate::model::{Case, Container, Found, Judgement, Rule, Task, quoted};

pub(crate) const RULE: Rule = Rule {
    code: "EC621",
    title: "the Swarm has not started the task yet",
    explanation: "
## What it is
The service exists, and no task of it runs: it waits for a node that satisfies its constraints, for an image, or for a free
port, or its node is still preparing it. Until then the service's name does not resolve.

## What proves it
The manager's word for the state of the task: pending, assigned, preparing, starting.

## What disproves it
A task of the service that runs.

## How to repair it
Wait, where it is being prepared; else give it what it waits for. `docker service ps` tells the manager's own words.
",
    judge,
};

/// The task that is to become the server, where no other task of its service runs.
pub(super) fn task<'a>(case: &Case<'a>) -> Option<(&'a Container, &'a Task)> {
    let server = case.link.server.as_ref()?;
    let engine = server.engine.as_deref().unwrap_or(&case.link.engine);
    let container = case.facts.container(engine, server.container.as_deref()?)?;
    let task = container.task.as_ref().filter(|task| task.is_to_come())?;
    let runs = |c: &Container| {
        c.state.is_up() && c.task.as_ref().is_some_and(|other| other.service == task.service)
    };
    (!case.facts.containers.iter().any(runs)).then_some((container, task))
}

fn judge(case: &Case<'_>) -> Judgement {
    let Some((container, task)) = task(case) else { return Ok(None) };
    let state = task.state.as_deref().unwrap_or_default();
    let service = &task.service;
    let why = task.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let look = format!("docker service ps --no-trunc {}", quoted(service));
    let say = match &task.why {
        Some(why) => format!("give {service} what it waits for ({why}); the manager says more"),
        None => format!("wait until {service} runs; the manager says what it waits for"),
    };
    Ok(Some(
        Found::fail(format!("no task of {service} runs, {} is {state}{why}", container.name))
            .evidence(format!("task {} on {}", container.name, task.place()), state)
            .fix_by(say, look),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Snapshot, Task};

    fn pending(it: &mut Snapshot) {
        it.ends("pending", 0);
        it.mock().unread = Some("its task is pending, so it has no container yet".into());
        it.mock().task = Some(Task {
            service: "mock".into(),
            node: None,
            state: Some("pending".into()),
            why: Some("no node satisfies its constraints".into()),
            virtual_addresses: Vec::new(),
            image: None,
        });
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            pending,
            "fail: no task of mock runs, mock is pending: no node satisfies its constraints",
        );
        row("server-state", pending, "fail: EC621");
        assert_eq!(remedies(&RULE, pending), "$ docker service ps --no-trunc mock");
        says(
            &RULE,
            |it| {
                pending(it);
                let task = it.mock().task.as_mut().unwrap();
                (task.state, task.why) = (Some("preparing".into()), None);
            },
            "fail: no task of mock runs, mock is preparing",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // Another task of the service runs.
        says(
            &RULE,
            |it| {
                pending(it);
                let mut task = it.mock().task.clone().unwrap();
                task.state = Some("running".into());
                it.joins("mock.2", "172.20.0.9").task = Some(task);
            },
            "nothing",
        );
        // A task on a node that was not asked is open, not at fault.
        let elsewhere = |it: &mut Snapshot| {
            pending(it);
            it.mock().unread = Some("it runs on node b, whose engine was not asked".into());
            let task = it.mock().task.as_mut().unwrap();
            (task.state, task.why) = (Some("running".into()), None);
        };
        says(&RULE, elsewhere, "nothing");
        row(
            "server-state",
            elsewhere,
            "unknown: mock could not be read: it runs on node b, whose engine was not asked",
        );
    }
}
