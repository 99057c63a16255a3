use super::open;
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC303",
    title: "the server listens on another port than the one it publishes",
    explanation: "
## What it is
The container publishes a port inside on which nothing listens; the server listens on another one.

## What proves it
No socket of the published port in the server's namespace, and an open socket of another one.

## What disproves it
A socket of the published port, on whatever address.

## How to repair it
Let the server listen on the port that is published, or publish the port on which it listens.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let published = server
        .container
        .ports
        .iter()
        .any(|p| p.container_port == server.port && p.protocol == "tcp");
    if !published || !server.listeners()?.is_empty() {
        return Ok(None);
    }
    let others: Vec<_> = server
        .container
        .listeners
        .known()?
        .iter()
        .filter(|l| !l.address.ip().to_canonical().is_loopback())
        .collect();
    let Some(other) = others.first() else { return Ok(None) };
    debug_assert!(open(&server).is_ok_and(|rows| rows.is_empty()));
    let name = &server.container.name;
    Ok(Some(
        Found::fail(format!(
            "{name} publishes its port {}, and listens on {}",
            server.port, other.address
        ))
        .evidence(format!("listening socket in the namespace of {name}"), other.address.to_string())
        .evidence(format!("published by {name}"), format!("{}/tcp", server.port))
        .fix(format!(
            "let the server in {name} listen on port {}, or publish {} and dial that",
            server.port,
            other.address.port()
        )),
    ))
}
