use super::{failed, path};
use crate::model::{Case, Connect, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC702",
    title: "a firewall refuses connections between client and server",
    explanation: "
## What it is
A rule on the way refuses the connection (`REJECT`), which looks like a server that does not listen.

## What proves it
The connection from the client's namespace is refused, and the server's own kernel sent no refusal; or a socket of the
port is open to that address in the server's namespace.

## What disproves it
A refusal by the server's kernel: nothing listens there, or on the loopback only.

## How to repair it
Take away the rule, or allow the port.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let path = path(case)?;
    let Some(attempt) = failed(path, &Connect::Refused) else { return Ok(None) };
    let open = server.listeners()?.into_iter().find(|l| {
        l.address.ip() == attempt.to.ip()
            || (l.address.ip().is_unspecified() && l.v6_only != Some(true))
    });
    let refused_on_the_way = match path.refused_by_server {
        Some(by_server) => !by_server,
        None => open.is_some(),
    };
    if !refused_on_the_way {
        return Ok(None);
    }
    let name = &server.container.name;
    let mut found = Found::fail(format!(
        "{} is refused at {}, and not by {name}",
        case.link.client, attempt.to
    ))
    .evidence(
        format!("connect to {} from the namespace of {}", attempt.to, case.link.client),
        format!("refused in {} ms", attempt.ms),
    );
    if path.refused_by_server == Some(false) {
        found = found.evidence(format!("resets sent by the kernel of {name}"), "none");
    }
    if let Some(open) = open {
        found = found.evidence(
            format!("listening socket in the namespace of {name}"),
            open.address.to_string(),
        );
    }
    Ok(Some(found.fix(format!(
        "look for the rule that rejects port {} (iptables -S DOCKER-USER, iptables -S FORWARD, nft list ruleset) and take it away",
        server.port
    ))))
}
