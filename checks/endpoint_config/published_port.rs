use super::repair::{proposed, quoted, rewritten};
use crate::model::{Case, Found, Judgement, Meant, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC402",
    title: "the published port is used inside the network",
    explanation: "
## What it is
A published port exists on the engine's machine. Between containers the port inside the server counts.

## What proves it
The server's container publishes the dialled port, from another port inside, and does not listen on the dialled one.

## What disproves it
A socket of the dialled port in the server's namespace, or a client on the engine's machine.

## How to repair it
Tell the client the port inside the server.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let endpoint = &case.link.endpoint;
    if !matches!(case.link.meant, Meant::Name | Meant::Address) {
        return Ok(None);
    }
    let Ok(server) = case.server() else { return Ok(None) };
    if server.port == endpoint.port {
        return Ok(None);
    }
    let name = &server.container.name;
    let found = Found::fail(format!(
        "{} is the port that {name} publishes on the engine's machine; inside it is {}",
        endpoint.port, server.port
    ));
    let found = quoted(case, found)
        .evidence(format!("published by {name}"), format!("{} to {}", endpoint.port, server.port));
    Ok(Some(rewritten(case, found, &proposed(case, server))))
}
