use crate::model::{Case, Found, Judgement, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC102",
    title: "the listen queue is shorter than the number of parallel clients",
    explanation: "
## What it is
The kernel keeps connections that the program has not accepted yet in a queue whose length the program asked for
(Python's `socketserver` asks for 5). When more clients connect at once, the surplus is dropped, and each of those
clients tries again after a second, then after three: sudden delays of 1 s and more, or timeouts.

## What proves it
The granted length, read from the kernel, below the number of parallel clients (12 until configured).

## What disproves it
A longer queue. It is a warning: with few clients at once nothing is lost.

## How to repair it
Ask for a longer queue where the server is made (`request_queue_size = 128`, `listen(128)`, `--backlog`), and, if the
namespace caps it, raise `net.core.somaxconn`.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let clients = case.facts.settings.parallel_clients;
    let rows = server.listeners()?;
    let Some(backlog) = rows.iter().filter_map(|l| l.backlog).max() else {
        // Where nothing was probed that is the reason; a queue that the probes did not show is no long one.
        super::probed(case)?;
        return Err(Undecided::Unknown(format!(
            "the length of the listen queue of port {} was not seen",
            server.port
        )));
    };
    if backlog >= clients {
        return Ok(None);
    }
    let name = &server.container.name;
    let mut found = Found::warn(format!(
        "{name}:{} queues {backlog} connections, {clients} clients may come at once",
        server.port
    ))
    .evidence(
        format!("listen queue of port {} in the namespace of {name}", server.port),
        format!("length {backlog}"),
    );
    if let Some(counters) = server.container.queue_counters.value().filter(|c| c.overflows > 0) {
        found = found.evidence(
            format!("kernel counters of {name} since its start"),
            format!("ListenOverflows {}, ListenDrops {}", counters.overflows, counters.drops),
        );
    }
    found = super::replayed(case, found);
    if let Some(most) = server.container.somaxconn.filter(|most| *most <= backlog) {
        let engine = case.facts.kind(&server.container.engine).command();
        return Ok(Some(
            found
                .evidence(
                    format!("net.core.somaxconn in the namespace of {name}"),
                    format!("{most}: no program there gets a longer queue, whatever it asks for"),
                )
                .fix(format!(
                    "start {name} with a longer limit: `{engine} run --sysctl net.core.somaxconn=4096`, `sysctls:` in Compose"
                )),
        ));
    }
    Ok(Some(found.fix(format!(
        "ask for a longer listen queue in {name}: request_queue_size = 128 in Python's socketserver, listen(128), or the \
         server's backlog option"
    ))))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{listener, remedies, row, says};
    use crate::model::{Fact, Listener, Snapshot};

    fn backlog(it: &mut Snapshot, lengths: &[Option<u32>]) {
        let rows = lengths
            .iter()
            .map(|backlog| Listener { backlog: *backlog, ..listener("0.0.0.0:8080") });
        it.mock().listeners = Fact::Known(rows.collect());
    }

    #[test]
    fn catches() {
        let expected = "warn: mock:8080 queues 5 connections, 12 clients may come at once";
        says(&RULE, |it| backlog(it, &[Some(5)]), expected);
        row("server-concurrency", |it| backlog(it, &[Some(5)]), "warn: EC102");
        says(
            &RULE,
            |it| {
                backlog(it, &[Some(5)]);
                it.settings.parallel_clients = 6;
            },
            "warn: mock:8080 queues 5 connections, 6 clients may come at once",
        );
        // It is seen without a probe.
        says(
            &RULE,
            |it| {
                backlog(it, &[Some(5)]);
                it.sends_nothing();
            },
            expected,
        );
    }

    /// The program asked for more: asking again does not help.
    #[test]
    fn a_queue_that_the_namespace_cuts_is_mended_there() {
        let fix = |most: u32| {
            remedies(&RULE, |it| {
                backlog(it, &[Some(5)]);
                it.mock().somaxconn = Some(most);
            })
        };
        assert!(fix(5).contains("--sysctl net.core.somaxconn"), "{}", fix(5));
        assert!(fix(4096).contains("request_queue_size"), "{}", fix(4096));
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| backlog(it, &[Some(12)]), "nothing");
        says(&RULE, |it| backlog(it, &[Some(5), Some(128)]), "nothing");
        says(
            &RULE,
            |it| {
                backlog(it, &[Some(5)]);
                it.settings.parallel_clients = 5;
            },
            "nothing",
        );
        // A queue of another port.
        says(
            &RULE,
            |it| {
                it.listens(&["0.0.0.0:8080", "0.0.0.0:9090"]);
                let Fact::Known(rows) = &mut it.mock().listeners else { return };
                rows[1].backlog = Some(1);
            },
            "nothing",
        );
    }

    /// The warning must not hide that the server's nature stayed open.
    #[test]
    fn a_short_queue_is_no_pass_for_a_hold_that_proved_nothing() {
        row(
            "server-concurrency",
            |it| {
                backlog(it, &[Some(5)]);
                it.probed().stopped = Some("the time was up".into());
            },
            "unknown: the hold test was not completed: the time was up",
        );
    }

    #[test]
    fn a_length_that_was_not_seen_is_no_long_queue() {
        says(
            &RULE,
            |it| backlog(it, &[None]),
            "unknown: the length of the listen queue of port 8080 was not seen",
        );
        says(
            &RULE,
            |it| {
                backlog(it, &[None]);
                it.sends_nothing();
            },
            "skip: --passive",
        );
    }
}
