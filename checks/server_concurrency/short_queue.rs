use crate::model::{Case, Found, Judgement, Rule};

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
    let Some(backlog) =
        rows.iter().filter_map(|l| l.backlog).max().filter(|backlog| *backlog < clients)
    else {
        return Ok(None);
    };
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
    Ok(Some(found.fix(format!(
        "ask for a longer listen queue in {name}: request_queue_size = 128 in Python's socketserver, listen(128), or the \
         server's backlog option"
    ))))
}
