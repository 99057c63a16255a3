use crate::model::{Case, Errors, Found, Judgement, Rule, Visit};

pub(crate) const RULE: Rule = Rule {
    code: "EC111",
    title: "some of the clients that come at once get no answer",
    explanation: "
## What it is
As many clients as the project expects (12 until configured) asked at once, once, from the client's own network namespace,
and some of them got an error or no answer within the time that the project's clients wait (5 s until configured). A single
one is answered.

## What proves it
The errors, counted by what those clients saw. No time is compared with another: who waits longer and is answered counts
as answered.

## What disproves it
An answer for every client. A single client that fails as well is another fault.

## How to repair it
Let the server work on as many requests at once as there are clients: threads, workers, a longer listen queue; EC101, EC102
and EC103 beside it say which. If fewer clients come, or they wait longer, say so in `econn.toml` (`[parallel]`).
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let Some(replay) = &case.link.replay else { return Ok(None) };
    let replay = replay.known()?;
    // Who fails alone fails beside others as well: that is not for their number.
    let works = |visit: &Visit| visit.connected() && visit.symptom().is_none();
    if replay.errors.is_empty() || !case.link.visit.value().is_some_and(works) {
        return Ok(None);
    }
    let (name, port) = (&server.container.name, server.port);
    let failed: u32 = replay.errors.iter().map(|e| e.count).sum();
    let counts = |e: &Errors| format!("{} {}", e.count, e.symptom);
    let kinds = replay.errors.iter().map(counts).collect::<Vec<_>>().join(", ");
    let clients = replay.clients;
    Ok(Some(
        Found::fail(format!(
            "{failed} of {clients} clients that come at once to {name}:{port} get no answer: {kinds}"
        ))
        .evidence(
            format!(
                "{clients} clients at once from the namespace of {}, each for {} ms",
                case.link.client, replay.timeout_ms
            ),
            replay.to_string(),
        )
        .fix(format!(
            "let {name} work on {clients} requests at once (threads, workers, a longer listen queue), or say in econn.toml under [parallel] how many clients come and how long they wait"
        )),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Errors, Fact, Replay, Reply, Snapshot, Symptom};

    fn replayed(it: &mut Snapshot, errors: &[(Symptom, u32)]) {
        let count: u32 = errors.iter().map(|(_, count)| count).sum();
        let errors = errors.iter().map(|&(symptom, count)| Errors { symptom, count });
        it.link().replay = Some(Fact::Known(Replay {
            clients: 12,
            timeout_ms: 5000,
            path: Some("/".into()),
            answered: 12 - count,
            slowest_ms: 4810,
            errors: errors.collect(),
        }));
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| replayed(it, &[(Symptom::ReadTimeout, 5), (Symptom::ConnectTimeout, 2)]),
            "fail: 7 of 12 clients that come at once to mock:8080 get no answer: 5 read timeout, 2 connect timeout",
        );
        row(
            "server-concurrency",
            |it| replayed(it, &[(Symptom::ConnectionReset, 1)]),
            "fail: EC111",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| replayed(it, &[]), "nothing");
        row(
            "server-concurrency",
            |it| replayed(it, &[]),
            "pass: answers a second client in 2 ms while one connection is held; 12 of 12 at once answered, the slowest after 4810 ms",
        );
        // A single client fails as well: no matter of their number.
        says(
            &RULE,
            |it| {
                replayed(it, &[(Symptom::ReadTimeout, 12)]);
                let Fact::Known(visit) = &mut it.link().visit else { return };
                visit.reply = Some(Reply::ReadTimeout);
            },
            "nothing",
        );
    }

    #[test]
    fn clients_that_could_not_be_sent_are_no_pass() {
        row(
            "server-concurrency",
            |it| it.link().replay = Some(Fact::Unknown("permission denied".into())),
            "unknown: permission denied",
        );
    }
}
