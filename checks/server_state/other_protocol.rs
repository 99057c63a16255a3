use super::another_path;
use crate::model::{Case, Found, Judgement, Reply, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC805",
    title: "the server speaks another protocol than HTTP",
    explanation: "
## What it is
The client is told an HTTP address, and what listens there answers with something else: a database, a mail server, a
program with a protocol of its own. The connection itself is in order.

## What proves it
The first bytes that came back to the client are neither HTTP nor TLS.

## What disproves it
A status line.

## How to repair it
Give the client the scheme of the server's protocol, or the port at which it speaks HTTP.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let reply = case.link.visit.value().and_then(|visit| visit.reply.as_ref());
    // Programs differ in what they take for HTTP, and so may two askings.
    let answers_http = case.link.concurrency.value().is_some_and(|seen| seen.status.is_some());
    if reply != Some(&Reply::NotHttp) || answers_http {
        return Ok(None);
    }
    if let Some(visit) = case.link.visit.value() {
        another_path(case, visit, "answers in another protocol than HTTP to what was asked for")?;
    }
    let (name, client) = (&server.container.name, &case.link.client);
    Ok(Some(
        Found::warn(format!(
            "{name}:{} is reached, and answers in another protocol than HTTP",
            server.port
        ))
        .evidence(
            format!("GET from the namespace of {client}"),
            "bytes that are neither HTTP nor TLS",
        )
        .fix(format!(
            "tell {client} the scheme of the protocol, or the port of {name} that speaks HTTP"
        )),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::says;
    use crate::model::{Fact, Reply};

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| {
                let Fact::Known(visit) = &mut it.link().visit else { return };
                visit.reply = Some(Reply::NotHttp);
                it.probed().status = None;
            },
            "warn: mock:8080 is reached, and answers in another protocol than HTTP",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // A probe in the server's own namespace read a status.
        says(
            &RULE,
            |it| {
                let Fact::Known(visit) = &mut it.link().visit else { return };
                visit.reply = Some(Reply::NotHttp);
                it.probed().status = Some(200);
            },
            "nothing",
        );
        for reply in [None, Some(Reply::Closed), Some(Reply::Tls), Some(Reply::Status(400))] {
            says(
                &RULE,
                |it| {
                    let Fact::Known(visit) = &mut it.link().visit else { return };
                    visit.reply = reply;
                },
                "nothing",
            );
        }
    }
}
