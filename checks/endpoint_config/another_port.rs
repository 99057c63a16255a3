use super::repair::{quoted, rewritten, spelled};
use crate::model::{Case, Found, Judgement, Meant, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC406",
    title: "the client is told a port on which the server does not listen",
    explanation: "
## What it is
The name is right and the port is not: the server listens on another one. A port that an image declares (EXPOSE) proves
nothing; it opens none.

## What proves it
The server's namespace has no socket of the dialled port, and has an open one of another.

## What disproves it
A socket of the dialled port. Where the container itself publishes the dialled port, the server is wrong: see EC303.

## How to repair it
Tell the client the port on which the server listens.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if !matches!(case.link.meant, Meant::Name | Meant::Address) {
        return Ok(None);
    }
    let Ok(server) = case.server() else { return Ok(None) };
    // What was not seen of the sockets is said by the checks whose question it is.
    let Some(listeners) = server.container.listeners.value() else { return Ok(None) };
    let published = server
        .container
        .ports
        .iter()
        .any(|p| p.container_port == server.port && p.protocol == "tcp");
    if published || listeners.iter().any(|l| l.address.port() == server.port) {
        return Ok(None);
    }
    let open: Vec<_> =
        listeners.iter().filter(|l| !l.address.ip().to_canonical().is_loopback()).collect();
    let Some(first) = open.first() else { return Ok(None) };
    let name = &server.container.name;
    let mut found =
        quoted(case, Found::fail(format!("nothing in {name} listens on port {}", server.port)));
    for listener in &open {
        found = found.evidence(
            format!("listening socket in the namespace of {name}"),
            listener.address.to_string(),
        );
    }
    let to = spelled(case, &case.link.endpoint.host, first.address.port());
    Ok(Some(rewritten(case, found, &to)))
}
