use crate::model::{Case, Found, Judgement, Meant, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    code: "EC507",
    title: "client and server are in different engines",
    explanation: "
## What it is
The server runs in one engine, the client in another (Docker and Podman, or root and rootless). They can't share a
network, and no name passes from one to the other.

## What proves it
The name or the port is known to the other engine only. Of an address, also that the client tried it and did not get through.

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
    // By an address packets may pass from one engine to the other; only a try shows it.
    if case.link.meant == Meant::Address {
        case.link.visit.known()?;
    }
    let name = &server.container.name;
    let mut found = Found::fail(format!(
        "{name} runs in {}, {} in {}",
        server.container.engine, case.link.client, case.link.engine
    ))
    .evidence(format!("engine of {name}"), server.container.engine.clone())
    .evidence(format!("engine of {}", case.link.client), case.link.engine.clone());
    // Two engines of one machine may pass packets on to each other: by an address it works today.
    if case.arrives() {
        found.severity = Severity::Warn;
    }
    Ok(Some(found.fix(format!(
        "start {name} in {}, on a network of {}",
        case.link.engine, case.link.client
    ))))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Connect, Engine, EngineKind, Lookup, Meant, NetworkMode, Snapshot};

    /// The server runs in Podman.
    fn apart(it: &mut Snapshot) {
        it.engines.push(Engine {
            name: "podman".into(),
            kind: EngineKind::Podman,
            ..it.engines[0].clone()
        });
        it.mock().engine = "podman".into();
        it.link().server.as_mut().unwrap().engine = Some("podman".into());
        it.finds(Lookup::NoSuchName);
    }

    #[test]
    fn catches() {
        says(&RULE, apart, "fail: mock runs in podman, hapi in docker");
        // One fault, not also a missing network.
        row("shared-network", apart, "fail: EC507");
        // By an address packets pass from one engine to the other on one machine.
        says(
            &RULE,
            |it| {
                apart(it);
                it.told("172.20.0.2", 8080, Meant::Address);
                it.visits("172.20.0.2:8080", Connect::Connected);
            },
            "warn: mock runs in podman, hapi in docker",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(
            &RULE,
            |it| {
                apart(it);
                it.told("172.20.0.2", 8080, Meant::Address);
                it.sends_nothing();
            },
            "skip: --passive",
        );
        // Both on the machine's own network.
        says(
            &RULE,
            |it| {
                apart(it);
                it.mock().network_mode = NetworkMode::Host;
                it.hapi().network_mode = NetworkMode::Host;
            },
            "nothing",
        );
        // Through a port that is published on the machine it is no matter which engine did it.
        row(
            "shared-network",
            |it| {
                apart(it);
                it.told("172.20.0.1", 18141, Meant::HostPublished);
            },
            "skip: the client goes through the port that is published on the engine's machine",
        );
    }
}
