use crate::model::{Case, Found, Judgement, Meant, Port, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC704",
    title: "a port on an internal network is not published",
    explanation: "
## What it is
The server's port was asked to be published, and the server is on internal networks only. Such a network has no way in or
out, and the engine leaves the port out without a word.

## What proves it
The port stands in what was asked for and not in what the engine publishes now, and every network of the server is
internal.

## What disproves it
A network of the server that is not internal; a connection through the port that is completed.

## How to repair it
Connect the server to a second network that is not internal.
",
    judge,
};

/// The port that the client goes through and that the engine left out.
pub(super) fn port<'a>(case: &Case<'a>) -> Option<&'a Port> {
    let server = case.server_with_sockets().ok()?;
    let dialled = case.link.endpoint.port;
    let asked = |p: &&Port| {
        p.host_port == Some(dialled) && p.container_port == server.port && p.protocol == "tcp"
    };
    let ports = &server.container.ports;
    let port = ports.iter().find(asked)?;
    let is_published = ports.iter().filter(asked).any(|p| p.active);
    let networks = case.attachments(server.container);
    let internal =
        |name: &str| case.facts.network(&server.container.engine, name).is_some_and(|n| n.internal);
    let closed = !networks.is_empty() && networks.iter().all(|a| internal(&a.network));
    let arrives = case.link.visit.value().is_some_and(crate::model::Visit::connected);
    (case.link.meant == Meant::HostPublished && !is_published && closed && !arrives).then_some(port)
}

fn judge(case: &Case<'_>) -> Judgement {
    let Some(port) = port(case) else { return Ok(None) };
    let server = case.server()?;
    let name = &server.container.name;
    let engine = &server.container.engine;
    let networks: Vec<&str> =
        case.attachments(server.container).iter().map(|a| a.network.as_str()).collect();
    let networks = networks.join(", ");
    let dialled = case.link.endpoint.port;
    let found = Found::fail(format!(
        "port {} of {name} is not published on {dialled}: {networks} is internal",
        port.container_port
    ))
    .evidence(format!("network {networks}"), "internal")
    .evidence(format!("published ports of {name}"), format!("{dialled} is asked for and left out"));
    let open = case.facts.networks.iter().find(|n| n.engine == *engine && n.default && !n.internal);
    Ok(Some(match open {
        Some(open) => found.fix_by(
            format!("connect {name} to a network that is not internal as well, and start it there from now on"),
            format!("{} network connect {} {name}", case.facts.kind(engine).command(), open.name),
        ),
        None => found.fix(format!("connect {name} to a second network that is not internal")),
    }))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{attempt, remedies, row, says};
    use crate::model::{Connect, Fact, Meant, Snapshot, Visit};

    fn left_out(it: &mut Snapshot) {
        it.comes_from_the_machine();
        it.told("127.0.0.1", 18141, Meant::HostPublished);
        it.ci().internal = true;
        it.mock().ports[0].active = false;
        it.visits("127.0.0.1:18141", Connect::Refused);
    }

    const FAIL: &str = "fail: port 8080 of mock is not published on 18141: ci is internal";

    #[test]
    fn catches() {
        says(&RULE, left_out, FAIL);
        row("network-path", left_out, "fail: EC704");
        assert_eq!(remedies(&RULE, left_out), "$ docker network connect bridge mock");
        // What the engine says needs no probe.
        says(
            &RULE,
            |it| {
                left_out(it);
                it.sends_nothing();
            },
            FAIL,
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        for change in [
            (|it: &mut Snapshot| it.ci().internal = false) as fn(&mut Snapshot),
            |it| it.mock().ports[0].active = true,
            |it| it.ends("exited", 0),
            |it| {
                let attempts = vec![attempt("127.0.0.1:18141", Connect::Connected)];
                it.link().visit = Fact::Known(Visit { attempts, ..Visit::default() });
            },
        ] {
            says(
                &RULE,
                |it| {
                    left_out(it);
                    change(it);
                },
                "nothing",
            );
        }
        // Within the network the port needs no publishing.
        says(
            &RULE,
            |it| {
                it.ci().internal = true;
                it.mock().ports[0].active = false;
            },
            "nothing",
        );
    }
}
