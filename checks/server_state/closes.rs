use super::{another_path, commands};
use crate::model::{Case, Found, Judgement, Reply, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC609",
    title: "the server closes a connection without a reply",
    explanation: "
## What it is
The server accepts a connection, takes the request, and closes without a byte of a reply: its handler crashes, it expects
another protocol, or it turns everybody away.

## What proves it
The client's own request ended so, and so did one from inside the server's namespace, with no other connection open. In TLS the
client's own ended so twice, behind a handshake that was complete.

## What disproves it
A reply of any status to a single request. Where only a second connection is closed, a limit is reached. An address with a path
of its own, or of a WebSocket: what was asked for was `/`, or the path of `--probe`, and that proves nothing of the other.

## How to repair it
Read the server's log: the way to it is in order.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let (Some(visit), Some(seen)) = (case.link.visit.value(), case.link.concurrency.value()) else {
        return Ok(None);
    };
    let what = match visit.reply {
        Some(Reply::Closed) => "closed without a reply",
        Some(Reply::Reset) => "reset without a reply",
        _ => return Ok(None),
    };
    let answered_inside = seen.status.is_some() || seen.path.is_some();
    if !visit.connected() || answered_inside || seen.stuck.is_some() || seen.probed.is_none() {
        return Ok(None);
    }
    // Through somebody else's proxy it may be the proxy that closes; and a server without a thread left has no other choice.
    if !case.arrives() || case.closes_for_want_of_tasks() {
        return Ok(None);
    }
    let name = &server.container.name;
    // Only what was asked for was closed, and the client asks for something else.
    let asked = visit.asked.as_deref().unwrap_or("/");
    another_path(case, visit, "closes the request that was sent without a reply")?;
    let (_, logs) = commands(case)?;
    let found = Found::fail(format!(
        "{name}:{} accepts the connection of {} and closes it without a reply",
        server.port, case.link.client
    ))
    .awaits(case.awaited())
    .evidence(format!("GET {asked} from the namespace of {}", case.link.client), what);
    // Inside nobody is asked in TLS.
    let found = match visit.certificate {
        Some(_) => found.evidence("certificate", "shown in the handshake before"),
        None => found.evidence(format!("GET {asked} inside {name}"), "no reply in HTTP either"),
    };
    Ok(Some(found.fix_by(
        format!("see why {name} gives no reply: its handler crashes, or expects another protocol"),
        logs,
    )))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Concurrency, Fact, QueueStep, Reply, Snapshot, Stuck};

    fn closes(it: &mut Snapshot, reply: Reply) {
        *it.probed() = Concurrency {
            probed: it.probed().probed,
            waiting_before: Some(0),
            queue: [3, 4].map(|held| QueueStep { held, waiting: Some(0) }).to_vec(),
            ..Concurrency::default()
        };
        let Fact::Known(visit) = &mut it.link().visit else { return };
        visit.reply = Some(reply);
    }

    #[test]
    fn catches() {
        let expected =
            "fail: mock:8080 accepts the connection of hapi and closes it without a reply";
        says(&RULE, |it| closes(it, Reply::Closed), expected);
        says(&RULE, |it| closes(it, Reply::Reset), expected);
        row("server-state", |it| closes(it, Reply::Closed), "fail: EC609");
        row(
            "server-concurrency",
            |it| closes(it, Reply::Closed),
            "pass: takes 4 of 4 connections off its listen queue at once (no request was answered, and none was held)",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| closes(it, Reply::Status(500)), "nothing");
        says(&RULE, |it| closes(it, Reply::NotHttp), "nothing");
        says(&RULE, |it| closes(it, Reply::ReadTimeout), "nothing");
        for url in ["http://mock:8080/api", "ws://mock:8080"] {
            says(
                &RULE,
                |it| {
                    closes(it, Reply::Closed);
                    it.link().endpoint.url = url.into();
                },
                &format!(
                    "unknown: mock closes the request that was sent without a reply, and hapi asks for {} in its own way: name a harmless path with --probe mock=PATH",
                    if url.ends_with("api") { "/api" } else { "a WebSocket" }
                ),
            );
        }
        // `--probe` asked for the very path.
        says(
            &RULE,
            |it| {
                closes(it, Reply::Closed);
                it.link().endpoint.url = "http://mock:8080/api".into();
                let Fact::Known(visit) = &mut it.link().visit else { return };
                visit.asked = Some("/api".into());
            },
            "fail: mock:8080 accepts the connection of hapi and closes it without a reply",
        );
        // From inside it answers: then it is the way, or the number of connections.
        says(
            &RULE,
            |it| {
                let Fact::Known(visit) = &mut it.link().visit else { return };
                visit.reply = Some(Reply::Closed);
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                closes(it, Reply::Reset);
                it.probed().stuck = Some(Stuck { waiting: 3, watched_ms: 2500 });
            },
            "nothing",
        );
        // Docker's proxy resets for a server that it can't reach.
        says(
            &RULE,
            |it| {
                closes(it, Reply::Reset);
                it.visits("172.20.0.1:18141", crate::model::Connect::Connected);
            },
            "nothing",
        );
        says(&RULE, Snapshot::sends_nothing, "nothing");
    }
}
