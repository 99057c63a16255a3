use super::{another_path, commands};
use crate::model::{Case, Found, Judgement, Reply, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC804",
    title: "the server answers that something behind it fails",
    explanation: "
## What it is
The server is reached and answers with 502, 503 or 504: it is a gateway that does not reach its own backend, or it is not
ready to serve. The client's connection is in order.

## What proves it
The status of the reply to the client's own request.

## What disproves it
Another status: any answer shows that the connection works.

## How to repair it
Look at the server's log, and at the links from this server to what stands behind it.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let reply = case.link.visit.value().and_then(|visit| visit.reply.as_ref());
    let Some(Reply::Status(status @ 502..=504)) = reply else { return Ok(None) };
    if let Some(visit) = case.link.visit.value() {
        another_path(case, visit, &format!("answers {status} to what was asked for"))?;
    }
    let name = &server.container.name;
    let (_, logs) = commands(case)?;
    Ok(Some(
        Found::warn(format!("{name}:{} is reached, and answers {status}", server.port))
            .awaits(case.awaited())
            .evidence(format!("GET from the namespace of {}", case.link.client), status.to_string())
            .fix_by(format!("see what {name} misses behind it"), logs),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::says;
    use crate::model::{Fact, Reply, Snapshot};

    fn answers(it: &mut Snapshot, status: u16) {
        let Fact::Known(visit) = &mut it.link().visit else { return };
        visit.reply = Some(Reply::Status(status));
    }

    #[test]
    fn catches() {
        says(&RULE, |it| answers(it, 502), "warn: mock:8080 is reached, and answers 502");
        says(&RULE, |it| answers(it, 504), "warn: mock:8080 is reached, and answers 504");
    }

    #[test]
    fn catches_not() {
        for status in [200, 302, 400, 404, 500, 501] {
            says(&RULE, |it| answers(it, status), "nothing");
        }
        says(&RULE, Snapshot::sends_nothing, "nothing");
    }
}
