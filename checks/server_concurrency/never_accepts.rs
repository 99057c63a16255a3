use super::probed;
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC105",
    title: "the server takes no connection off its listen queue",
    explanation: "
## What it is
The server listens, so its kernel completes every connection; its program takes none of them up. It may be blocked in one
connection that another client keeps open, wait for something else, or never have called `accept`.

## What proves it
Connections waited in the kernel's listen queue for two and a half seconds, and not one was taken off it.

## What disproves it
One connection taken up meanwhile: a program that only stood still for a moment goes on. Several connections that the program
has already: all places of a pool may be taken, and then it is unknown.

## How to repair it
Look at what the program waits for. Where it serves one connection at a time, let it handle each on its own.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let Some(stuck) = probed(case)?.stuck else { return Ok(None) };
    let name = &server.container.name;
    let port = server.port;
    let engine = case.facts.kind(&server.container.engine).command();
    let waits = if stuck.waiting == 1 { "connection waits" } else { "connections wait" };
    let mut found = Found::fail(format!(
        "{name}:{port} takes up no connection: {} {waits} in its listen queue",
        stuck.waiting
    ))
    .awaits(case.awaited())
    .evidence(
        format!("listen queue of {name}:{port}, watched for {} ms", stuck.watched_ms),
        format!("{} waiting, none taken off", stuck.waiting),
    );
    if let Some(counters) = server.container.queue_counters.value().filter(|c| c.overflows > 0) {
        found = found.evidence(
            format!("kernel counters of {name} since its start"),
            format!("ListenOverflows {}, ListenDrops {}", counters.overflows, counters.drops),
        );
    }
    Ok(Some(
        found
            .fix_by(
                format!("see what {name} waits for"),
                format!("{engine} logs --tail 50 {name}"),
            )
            .fix(format!(
                "let {name} handle each connection on its own: a client that keeps one open must not stop the others"
            )),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Concurrency, Halted, QueueStep, Snapshot, Stuck};

    fn stuck(it: &mut Snapshot, waiting: u32) {
        *it.probed() = Concurrency {
            stuck: Some(Stuck { waiting, watched_ms: 2504 }),
            ..Concurrency::default()
        };
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| stuck(it, 3),
            "fail: mock:8080 takes up no connection: 3 connections wait in its listen queue",
        );
        says(
            &RULE,
            |it| stuck(it, 1),
            "fail: mock:8080 takes up no connection: 1 connection waits in its listen queue",
        );
        row("server-concurrency", |it| stuck(it, 3), "fail: EC105");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // A stall that ended, and a server that is held by one connection.
        for left in [0, 2] {
            says(
                &RULE,
                |it| {
                    *it.probed() = Concurrency {
                        waiting_before: Some(0),
                        queue: vec![QueueStep { held: 3, waiting: Some(left) }],
                        ..Concurrency::default()
                    };
                },
                "nothing",
            );
        }
        says(&RULE, Snapshot::sends_nothing, "skip: --passive");
        // Its process was stopped: that is the server's state.
        row(
            "server-concurrency",
            |it| {
                stuck(it, 3);
                it.mock().state.halted = Some(Halted { stopped: 1, all: 1, main: true });
            },
            "unknown: 1 of 1 processes of mock are stopped by a signal",
        );
    }
}
