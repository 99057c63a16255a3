use super::repair::{proposed, quoted, rewritten};
use crate::model::{Case, Found, Judgement, Meant, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    code: "EC401",
    title: "the client is told its own loopback",
    explanation: "
## What it is
Inside a container 127.0.0.1 and localhost are the container itself. A port that another container publishes exists on
the engine's machine, not there.

## What proves it
The address is a loopback address, nothing in the client's own network namespace listens on the port, and another
container publishes or serves that port.

## What disproves it
A socket of that port in the client's namespace: its own, that of a container that shares the namespace (a pod,
`--network container:`), or, for a client on the host's network, one of the machine.

## How to repair it
Tell the client the server's name and the port inside the server.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let link = case.link;
    let endpoint = &link.endpoint;
    let client = &link.client;
    let told = endpoint.authority();
    let severity = match link.meant {
        Meant::OwnLoopbackPublished | Meant::OwnLoopbackServed => Severity::Fail,
        Meant::OwnLoopback if link.named_by_user => Severity::Fail,
        Meant::OwnLoopback => Severity::Warn,
        _ => return Ok(None),
    };
    let who = if case.client_is_on_host() {
        "the engine's machine".to_owned()
    } else {
        format!("{client} itself")
    };
    let mut found =
        Found::fail(format!("{told} inside {client} is {who}, and nothing listens there"));
    found.severity = severity;
    found = quoted(case, found);
    let Ok(server) = case.server() else {
        return Ok(Some(found.fix(format!(
            "tell {client} the name of the server that is meant, and the port inside it, instead of {told}"
        ))));
    };
    let name = &server.container.name;
    let how = match link.meant {
        Meant::OwnLoopbackPublished => format!("{name} publishes its port {} there", server.port),
        _ => format!("{name} is the only one that serves port {}", server.port),
    };
    found = found.evidence(format!("port {} of the engine's machine", endpoint.port), how);
    Ok(Some(rewritten(case, found, &proposed(case, server))))
}
