use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC301",
    title: "the server listens on its own loopback only",
    explanation: "
## What it is
The server is bound to 127.0.0.1 or ::1 of its own network namespace. Nothing outside its container can connect,
whatever is published, and its own health check still passes.

## What proves it
Every listening socket of the port in the server's namespace has a loopback address.

## What disproves it
A socket bound to 0.0.0.0, :: or an address of a network; or a client in the same namespace. The name server that Docker
puts on 127.0.0.11 is not the server.

## How to repair it
Bind 0.0.0.0 (or ::) inside the container. That opens nothing outside: what is published, and on which address of the
machine, is decided by the engine.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    if case.shares_namespace() || !server.is_loopback_only()? {
        return Ok(None);
    }
    let rows = server.listeners()?;
    let bound = rows[0].address;
    let name = &server.container.name;
    let mut found =
        Found::fail(format!("{name} listens on {bound} only, which no other container can reach"));
    for row in rows {
        found = found.evidence(
            format!("listening socket in the namespace of {name}"),
            row.address.to_string(),
        );
    }
    if let Some(port) = server
        .container
        .ports
        .iter()
        .find(|p| p.container_port == server.port && p.host_port.is_some())
    {
        found = found.evidence(
            format!("published by {name}"),
            format!(
                "{} to {}, where nothing answers from outside",
                port.host_port.unwrap_or_default(),
                port.container_port
            ),
        );
    }
    Ok(Some(found.fix(format!(
        "bind 0.0.0.0:{} instead of {bound} in {name}: host=\"0.0.0.0\", --host 0.0.0.0, --bind 0.0.0.0 or HOST=0.0.0.0, by the server's own option",
        server.port
    ))))
}
