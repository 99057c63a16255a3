use super::{another_path, commands};
use crate::model::{Case, Found, Judgement, Reply, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC801",
    title: "the answer is slow, which is no fault of the connection",
    explanation: "
## What it is
The server takes every connection up at once, and its answer needs longer than a client waits. Name, network, address and
queue are in order: it is the program behind the port that is slow.

## What proves it
The client's own request got no reply in three seconds, nor did one from inside the server's namespace, while the kernel's
listen queue emptied at once.

## What disproves it
A prompt answer from inside the server's namespace: then replies get lost on the way. Connections that stay in the queue:
then the server is held by one of them.

## How to repair it
Give the client a longer timeout, or find out what the handler waits for. `--probe SERVER=PATH` names a faster path.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let (Some(visit), Some(seen)) = (case.link.visit.value(), case.link.concurrency.value()) else {
        return Ok(None);
    };
    let taken = seen.stuck.is_none()
        && seen.queue.len() == 2
        && seen.queue.iter().all(|step| step.waiting.is_some_and(|w| w + 1 < step.held));
    if visit.reply != Some(Reply::ReadTimeout)
        || seen.path.is_some()
        || !taken
        || case.halted().is_some()
    {
        return Ok(None);
    }
    another_path(case, visit, "does not answer within 3 s what was asked for")?;
    let name = &server.container.name;
    let (_, logs) = commands(case)?;
    Ok(Some(
        Found::warn(format!(
            "{name}:{} takes connections up at once, and does not answer within 3 s: slow, but connected",
            server.port
        ))
        .evidence(format!("GET from the namespace of {}", case.link.client), "no reply within 3000 ms")
        .evidence(
            format!("listen queue of {name}:{}", server.port),
            "empty while connections were held",
        )
        .fix(format!("give {} a longer timeout", case.link.client))
        .fix_by(format!("see what the handler of {name} waits for"), logs),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Concurrency, Fact, Halted, QueueStep, Reply, Snapshot, Stuck};

    fn slow(it: &mut Snapshot, waiting: [u32; 2]) {
        *it.probed() = Concurrency {
            waiting_before: Some(0),
            queue: vec![
                QueueStep { held: 3, waiting: Some(waiting[0]) },
                QueueStep { held: 4, waiting: Some(waiting[1]) },
            ],
            ..Concurrency::default()
        };
        let Fact::Known(visit) = &mut it.link().visit else { return };
        visit.reply = Some(Reply::ReadTimeout);
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| slow(it, [0, 0]),
            "warn: mock:8080 takes connections up at once, and does not answer within 3 s: slow, but connected",
        );
        row("server-state", |it| slow(it, [0, 0]), "warn: EC801");
        // It explains what the client sees: nothing else is in doubt for it.
        row(
            "network-path",
            |it| slow(it, [0, 0]),
            "pass: hapi connects to 172.20.0.2:8080 in 1 ms",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // Held by one connection, or by all.
        says(&RULE, |it| slow(it, [2, 3]), "nothing");
        says(
            &RULE,
            |it| {
                slow(it, [0, 0]);
                it.probed().stuck = Some(Stuck { waiting: 3, watched_ms: 2500 });
            },
            "nothing",
        );
        // From inside it answers: the reply is lost on the way.
        says(
            &RULE,
            |it| {
                let Fact::Known(visit) = &mut it.link().visit else { return };
                visit.reply = Some(Reply::ReadTimeout);
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                slow(it, [0, 0]);
                it.mock().state.halted = Some(Halted { stopped: 1, all: 1, main: true });
            },
            "nothing",
        );
        says(&RULE, Snapshot::sends_nothing, "nothing");
    }
}
