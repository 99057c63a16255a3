use super::repair::{at, quoted, rewritten};
use crate::model::{Case, Fact, Found, Judgement, Meant, Rule, Visit};

pub(crate) const RULE: Rule = Rule {
    code: "EC416",
    title: "the client is told a published port of a server on the host's network, which publishes none",
    explanation: "
## What it is
A container on the host's network has no ports of its own: it listens on those of the machine, and the engine discards
what it was asked to publish. The port that the client is told exists nowhere.

## What proves it
The server's container is on the host's network, was asked to publish the dialled port from another one inside, and the
client's connection to the dialled port does not come about.

## What disproves it
A connection that is completed: then something else listens on that port of the machine.

## How to repair it
Tell the client the port on which the server listens, or take the server off the host's network.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Ok(server) = case.server() else { return Ok(None) };
    let dialled = case.link.endpoint.port;
    let discarded = server
        .container
        .ports
        .iter()
        .any(|p| p.host_port == Some(dialled) && p.container_port == server.port && !p.active);
    if case.link.meant != Meant::Host
        || !case.server_is_on_host()
        || server.port == dialled
        || !discarded
    {
        return Ok(None);
    }
    match &case.link.visit {
        Fact::Known(visit) if visit.connected() => return Ok(None),
        Fact::Known(Visit { .. }) => {}
        // Whether another program has the port is then seen by the machine's own sockets.
        Fact::Unknown(_) | Fact::Skipped(_) => {
            let rows = case.facts.host_listeners.known()?;
            if rows.iter().any(|row| row.address.port() == dialled) {
                return Ok(None);
            }
        }
    }
    let name = &server.container.name;
    let found = Found::fail(format!(
        "{name} is on the host's network and listens on {} of the machine; {dialled}, which it was asked to publish, was discarded",
        server.port
    ));
    let found = quoted(case, found).evidence(format!("network of {name}"), "the host's").evidence(
        format!("ports of {name}"),
        format!("{dialled} to {} was asked for, and nothing is published", server.port),
    );
    Ok(Some(rewritten(case, found, &at(case, &case.link.endpoint.host, server.port))))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{listener, remedies, row, says};
    use crate::model::{Connect, Fact, Meant, NetworkMode, Port, Snapshot};

    fn discarded(it: &mut Snapshot) {
        it.told("172.20.0.1", 18141, Meant::Host);
        it.mock().network_mode = NetworkMode::Host;
        it.mock().attachments.clear();
        it.mock().ports = vec![Port {
            container_port: 8080,
            protocol: "tcp".into(),
            host_ip: None,
            host_port: Some(18141),
            active: false,
        }];
        it.visits("172.20.0.1:18141", Connect::Refused);
    }

    const FAIL: &str = "fail: mock is on the host's network and listens on 8080 of the machine; 18141, which it was asked to publish, was discarded";

    #[test]
    fn catches() {
        says(&RULE, discarded, FAIL);
        assert!(remedies(&RULE, discarded).contains("to http://172.20.0.1:8080"));
        row("endpoint-config", discarded, "fail: EC416");
        let unseen = |it: &mut Snapshot| {
            discarded(it);
            it.sends_nothing();
            it.host_listeners = Fact::Known(vec![listener("0.0.0.0:8080")]);
        };
        says(&RULE, unseen, FAIL);
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // Something else of the machine answers there.
        says(
            &RULE,
            |it| {
                discarded(it);
                it.visits("172.20.0.1:18141", Connect::Connected);
            },
            "nothing",
        );
        // What is published under its own number is there all the same.
        says(
            &RULE,
            |it| {
                discarded(it);
                it.told("172.20.0.1", 8080, Meant::Host);
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                discarded(it);
                it.sends_nothing();
                it.host_listeners = Fact::Unknown("the engine is remote".into());
            },
            "unknown: the engine is remote",
        );
    }
}
