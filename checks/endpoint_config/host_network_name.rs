use super::repair::{host_alias, proposed, quoted, rewritten};
use crate::model::{Case, Found, Judgement, Meant, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC408",
    title: "a container's name is used where only the engine's networks know it",
    explanation: "
## What it is
Names of containers exist on the engine's networks. A server on the host's network has no name there, and a client on
the host's network (or on the machine itself) can't ask for one.

## What proves it
The server or the client stands in the namespace of the engine's machine, and the endpoint is a container's name that
the client's own lookup does not find.

## What disproves it
A lookup that finds it (a hosts file, say), or both on a common network.

## How to repair it
For a server on the host's network: the name of the machine as the engine gives it. For a client on the machine: the
published port on 127.0.0.1.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if case.link.meant != Meant::Name || case.client_is_on_host() == case.server_is_on_host() {
        return Ok(None);
    }
    let server = case.server()?;
    let resolved = case
        .link
        .visit
        .value()
        .and_then(|v| v.resolution.as_ref())
        .is_some_and(|r| !r.addresses().is_empty());
    if resolved {
        return Ok(None);
    }
    let name = &server.container.name;
    let host = &case.link.endpoint.host;
    let found = if case.client_is_on_host() {
        Found::fail(format!(
            "{host} is known on the networks of {name}, not on the engine's machine"
        ))
    } else {
        Found::fail(format!("{name} is on the host's network, where {host} is no name"))
    };
    let mut found = rewritten(case, quoted(case, found), &proposed(case, server));
    if !case.client_is_on_host() && case.kind() == crate::model::EngineKind::Docker {
        found = found.fix(format!(
            "start {} with --add-host {}:host-gateway",
            case.link.client,
            host_alias(case)
        ));
    }
    Ok(Some(found))
}
