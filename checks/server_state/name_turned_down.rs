use crate::model::{Case, Found, Judgement, Reply, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC807",
    title: "the server turns down the name by which the client calls it",
    explanation: "
## What it is
The server is reached, and answers every request that names it as the client does with an error (400, 403, 404, 421): it serves
only the hosts that it was told are its own. Frameworks do so on purpose: `DisallowedHost`, `Invalid Host header`,
`Blocked request`. The connection is in order.

## What proves it
The same request, sent to the same address from the client's namespace: to the dialled name it gets the error, to `localhost`
another status, and to the dialled name the error again.

## What disproves it
The same status whatever host is named: then it is about the path or the request.

## How to repair it
Add the name to the hosts that the server calls its own: `ALLOWED_HOSTS`, `allowedHosts`, `server_name`.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let Some(visit) = case.link.visit.value() else { return Ok(None) };
    let (Some(Reply::Status(status)), Some(other)) = (&visit.reply, visit.as_localhost) else {
        return Ok(None);
    };
    let (name, host) = (&server.container.name, &case.link.endpoint.host);
    let from = format!("from the namespace of {}", case.link.client);
    Ok(Some(
        Found::warn(format!(
            "{name}:{} is reached, and answers {status} to {host} and {other} to localhost",
            server.port
        ))
        .evidence(format!("GET with Host {host} {from}, twice"), status.to_string())
        .evidence(format!("GET with Host localhost {from}"), other.to_string())
        .fix(format!(
            "add {host} to the hosts that {name} calls its own (ALLOWED_HOSTS, allowedHosts, server_name)"
        )),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Fact, Reply, Snapshot};

    fn answers(it: &mut Snapshot, status: u16, other: Option<u16>) {
        let Fact::Known(visit) = &mut it.link().visit else { return };
        (visit.reply, visit.as_localhost) = (Some(Reply::Status(status)), other);
    }

    #[test]
    fn catches() {
        let seen = "mock:8080 is reached, and answers 400 to mock and 200 to localhost";
        says(&RULE, |it| answers(it, 400, Some(200)), &format!("warn: {seen}"));
        row("server-state", |it| answers(it, 400, Some(200)), "warn: EC807");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| answers(it, 404, None), "nothing");
        says(&RULE, Snapshot::sends_nothing, "nothing");
    }
}
