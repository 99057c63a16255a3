use super::{all_free, probed, replayed, twice};
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
    all_free(seen)?;
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
    Ok(Some(replayed(case, found).fix(format!(
        "let {name} handle each connection on its own: in Python ThreadingHTTPServer instead of HTTPServer, in Flask \
         threaded=True, in gunicorn --threads or --worker-class gthread"
    ))))
}

fn proof(seen: &Concurrency) -> Option<Vec<(String, String)>> {
    // The answer has to move with the release: two holds of one length would show a server that stalls by itself, too.
    if let Some(holds) =
        twice(seen, Answered::AfterRelease).filter(|[one, two]| one.held_ms != two.held_ms)
    {
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
    let all_but_one =
        |step: &crate::model::QueueStep| step.waiting.is_some_and(|w| w + 1 == step.held);
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

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Answered, Concurrency, Hold, HoldMode, QueueStep, Snapshot};

    fn held(mode: HoldMode, held_ms: u64, answered: Answered) -> Hold {
        Hold { mode, held_ms, answered, answer_ms: Some(held_ms + 2) }
    }

    fn holds(it: &mut Snapshot, holds: &[(HoldMode, u64, Answered)]) {
        it.probed().holds = holds.iter().map(|(mode, ms, what)| held(*mode, *ms, *what)).collect();
    }

    /// A port of unknown protocol: what stayed in the queue with so many connections held.
    fn queue(it: &mut Snapshot, before: u32, steps: &[(u32, Option<u32>)]) {
        *it.probed() = Concurrency {
            waiting_before: Some(before),
            queue: steps
                .iter()
                .map(|(held, waiting)| QueueStep { held: *held, waiting: *waiting })
                .collect(),
            ..Concurrency::default()
        };
    }

    const FAIL: &str = "fail: mock:8080 answers nobody else while one client holds a connection";

    #[test]
    fn catches() {
        use Answered::{AfterRelease, DuringHold};
        for mode in [HoldMode::Idle, HoldMode::Partial, HoldMode::KeptAlive] {
            says(
                &RULE,
                |it| holds(it, &[(mode, 503, AfterRelease), (mode, 903, AfterRelease)]),
                FAIL,
            );
        }
        // Some wait for the first bytes before they take a connection up.
        let late = [
            (HoldMode::Idle, 2, DuringHold),
            (HoldMode::Partial, 503, AfterRelease),
            (HoldMode::Partial, 903, AfterRelease),
        ];
        says(&RULE, |it| holds(it, &late), FAIL);
        says(&RULE, |it| queue(it, 0, &[(3, Some(2)), (4, Some(3))]), FAIL);
        says(&RULE, |it| queue(it, 0, &[(2, Some(1)), (3, Some(2))]), FAIL);
    }

    #[test]
    fn catches_not() {
        use Answered::{AfterRelease, DuringHold, Late};
        says(&RULE, |_| (), "nothing");
        // Once is no proof, nor is a stall that does not move with the release.
        for other in [
            &[(HoldMode::Idle, 503, AfterRelease)][..],
            &[(HoldMode::Idle, 503, AfterRelease), (HoldMode::Idle, 903, DuringHold)],
            &[(HoldMode::Idle, 503, AfterRelease), (HoldMode::Idle, 903, Late)],
            &[(HoldMode::Idle, 503, AfterRelease), (HoldMode::Partial, 903, AfterRelease)],
            &[(HoldMode::Idle, 503, AfterRelease), (HoldMode::Idle, 503, AfterRelease)],
            &[(HoldMode::Idle, 503, Late), (HoldMode::Idle, 903, Late)],
        ] {
            says(&RULE, |it| holds(it, other), "nothing");
            if other.iter().any(|(_, _, what)| *what != DuringHold) {
                row(
                    "server-concurrency",
                    |it| holds(it, other),
                    "unknown: the answers to a second client did not move with the held connection",
                );
            }
        }
        // A stalled event loop leaves all waiting, a pool of two one less.
        for steps in [
            &[(3, Some(3)), (4, Some(4))][..],
            &[(3, Some(2)), (4, Some(4))],
            &[(3, Some(1)), (4, Some(2))],
            &[(3, Some(0)), (4, Some(0))],
            &[(3, None), (4, Some(3))],
            &[(3, Some(2))],
            &[(0, Some(0)), (0, Some(0))],
        ] {
            says(&RULE, |it| queue(it, 0, steps), "nothing");
        }
        // Others were waiting already.
        says(&RULE, |it| queue(it, 1, &[(3, Some(2)), (4, Some(3))]), "nothing");
        // A pool of two, of which a client has one.
        says(
            &RULE,
            |it| {
                holds(
                    it,
                    &[(HoldMode::Idle, 503, AfterRelease), (HoldMode::Idle, 903, AfterRelease)],
                );
                it.probed().held_by_others = 1;
            },
            "unknown: others held 1 of the server's connections all the time, so how many it takes beside one can't be told",
        );
        // A queue that ran over has many causes.
        says(
            &RULE,
            |it| {
                let counters = crate::model::QueueCounters { overflows: 205, drops: 205 };
                it.mock().queue_counters = crate::model::Fact::Known(counters);
            },
            "nothing",
        );
    }

    #[test]
    fn a_queue_that_nobody_empties_is_no_pass() {
        let check = "server-concurrency";
        row(
            check,
            |it| queue(it, 0, &[(3, Some(0)), (4, Some(0))]),
            "pass: takes 4 of 4 connections off its listen queue at once (no request was answered, and none was held)",
        );
        row(
            check,
            |it| queue(it, 0, &[(3, Some(1)), (4, Some(2))]),
            "pass: takes 2 of 4 connections off its listen queue at once (no request was answered, and none was held)",
        );
        for last in [Some(4), None] {
            row(
                check,
                |it| queue(it, 0, &[(3, Some(3)), (4, last)]),
                "unknown: the listen queue did not empty while connections were held, nor did it keep all but one",
            );
        }
        row(check, |_| (), "pass: answers a second client in 2 ms while one connection is held");
        row(check, Snapshot::sends_nothing, "skip: --passive");
        row(
            check,
            |it| it.probed().stopped = Some("the time was up".into()),
            "unknown: the hold test was not completed: the time was up",
        );
        row(
            check,
            |it| it.listens(&["0.0.0.0:9090"]),
            "unknown: nothing listens on port 8080 of mock",
        );
    }
}
