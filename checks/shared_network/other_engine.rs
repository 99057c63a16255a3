use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC507",
    title: "client and server are in different engines",
    explanation: "
## What it is
The server runs in one engine, the client in another (Docker and Podman, or root and rootless). They can't share a
network, and no name passes from one to the other.

## What proves it
The name or the port is known to the other engine only.

## What disproves it
A container of that name in the client's own engine.

## How to repair it
Run both in one engine, or publish the server's port on the machine and dial the machine.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if !case.crosses_engines() || case.shares_namespace() {
        return Ok(None);
    }
    let server = case.server()?;
    let name = &server.container.name;
    let found = Found::fail(format!(
        "{name} runs in {}, {} in {}",
        server.container.engine, case.link.client, case.link.engine
    ))
    .evidence(format!("engine of {name}"), server.container.engine.clone())
    .evidence(format!("engine of {}", case.link.client), case.link.engine.clone());
    Ok(Some(found.fix(format!(
        "start {name} in {}, on a network of {}",
        case.link.engine, case.link.client
    ))))
}
