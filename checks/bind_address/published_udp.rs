use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC310",
    title: "the port is published for UDP only, and the client speaks TCP",
    explanation: "
## What it is
The port of the engine's machine is published for UDP (`/udp`). A TCP connection to it is refused, whatever listens inside.

## What proves it
The engine publishes that port of the machine for UDP or SCTP, and none of this number for TCP.

## What disproves it
A publication of the same port for TCP beside it.

## How to repair it
Publish it for TCP: without a suffix, or with `/tcp`.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let dialled = case.link.endpoint.port;
    // A client that uses the container's own name or address does not pass the machine.
    let own = |ip| server.container.addresses().any(|own| own == ip);
    let inside = server.container.is_named(&case.link.endpoint.host)
        || case.link.endpoint.address().is_some_and(own);
    if inside || server.container.published_as(dialled).is_some() {
        return Ok(None);
    }
    let Some(port) = server.container.ports.iter().find(|p| p.host_port == Some(dialled)) else {
        return Ok(None);
    };
    let name = &server.container.name;
    Ok(Some(
        Found::fail(format!(
            "{name} publishes port {dialled} for {} only, and {} speaks TCP",
            port.protocol.to_uppercase(),
            case.link.client
        ))
        .evidence(
            format!("published by {name}"),
            format!("{dialled} -> {}/{}", port.container_port, port.protocol),
        )
        .fix(format!("publish it for TCP: -p {dialled}:{}/tcp", port.container_port)),
    ))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Connect, Meant, Snapshot};

    fn published_for_udp(it: &mut Snapshot) {
        it.mock().ports[0].protocol = "udp".into();
        it.comes_from_the_machine();
        it.told("127.0.0.1", 18141, Meant::HostPublished);
        it.visits("127.0.0.1:18141", Connect::Refused);
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            published_for_udp,
            "fail: mock publishes port 18141 for UDP only, and @host speaks TCP",
        );
        row("bind-address", published_for_udp, "fail: EC310");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // For both.
        says(
            &RULE,
            |it| {
                published_for_udp(it);
                let tcp =
                    crate::model::Port { protocol: "tcp".into(), ..it.mock().ports[0].clone() };
                it.mock().ports.push(tcp);
            },
            "nothing",
        );
        // By its name nobody passes the machine.
        says(&RULE, |it| it.mock().ports[0].protocol = "udp".into(), "nothing");
        says(
            &RULE,
            |it| {
                it.mock().ports[0].protocol = "udp".into();
                it.told("mock", 18141, Meant::Name);
            },
            "nothing",
        );
    }
}
