use super::{probed, twice};
use crate::model::{Answered, Case, Concurrency, Found, HoldMode, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC101",
    title: "the server handles one connection at a time",
    explanation: "
## What it is
The server accepts one connection and takes up the next only when the first is closed. One client that keeps a
connection open, or one slow request, stops all others: they wait in the listen queue and time out.

## What proves it
While one connection is held, a second one with a complete request gets no answer; it gets one promptly when the first
is released, and at a longer hold it gets it later by as much. For a server whose protocol is not known the kernel's
listen queue decides: with three and then four connections held, all but one stay in the queue and none did before.

## What disproves it
An answer to the second client during the hold. Slow answers, a busy processor or a full listen queue under load prove
nothing: servers that handle many connections show them too.

## How to repair it
Handle every connection in a thread, a task or a process of its own.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let seen = probed(case)?;
    let Some(proof) = proof(seen) else { return Ok(None) };
    let name = &server.container.name;
    let mut found = Found::fail(format!(
        "{name}:{} answers nobody else while one client holds a connection",
        server.port
    ));
    for (what, value) in proof {
        found = found.evidence(what, value);
    }
    if let Some(counters) = server.container.queue_counters.value().filter(|c| c.overflows > 0) {
        found = found.evidence(
            format!("kernel counters of {name} since its start"),
            format!("ListenOverflows {}, ListenDrops {}", counters.overflows, counters.drops),
        );
    }
    Ok(Some(found.fix(format!(
        "let {name} handle each connection on its own: in Python ThreadingHTTPServer instead of HTTPServer, in Flask \
         threaded=True, in gunicorn --threads or --worker-class gthread"
    ))))
}

fn proof(seen: &Concurrency) -> Option<Vec<(String, String)>> {
    if let Some(holds) = twice(seen, Answered::AfterRelease) {
        let how = match holds[0].mode {
            HoldMode::Idle => "an idle connection",
            HoldMode::Partial => "a connection with half a request",
            HoldMode::KeptAlive => "a kept-alive connection",
        };
        return Some(
            holds
                .iter()
                .map(|hold| {
                    let what = format!("{how} held for {} ms", hold.held_ms);
                    let answer = hold.answer_ms.unwrap_or(hold.held_ms);
                    (what, format!("the second client was answered after {answer} ms, when the first had let go"))
                })
                .collect(),
        );
    }
    queued(seen)
}

/// The queue's own proof: exactly all but one connection stay unaccepted, twice, and none before.
fn queued(seen: &Concurrency) -> Option<Vec<(String, String)>> {
    let [first, second] = seen.queue.as_slice() else { return None };
    let all_but_one = |step: &crate::model::QueueStep| step.waiting == Some(step.held - 1);
    (seen.waiting_before == Some(0) && all_but_one(first) && all_but_one(second)).then(|| {
        [first, second]
            .iter()
            .map(|s| {
                (
                    format!("{} connections held", s.held),
                    format!("{} stayed in the listen queue", s.held - 1),
                )
            })
            .collect()
    })
}
