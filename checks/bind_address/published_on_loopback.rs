use crate::model::{Case, Found, Judgement, Meant, Rule, Visit, authority};

pub(crate) const RULE: Rule = Rule {
    code: "EC305",
    title: "the port is published on the machine's loopback only",
    explanation: "
## What it is
The port is published on 127.0.0.1 of the engine's machine, and the client comes through another address of the machine: the
gateway of its network, or a name such as `host.docker.internal`.

## What proves it
The address on which the engine publishes the port, and a client outside the machine's own namespace that does not get
through.

## What disproves it
A completed connection; or a port that is published on all addresses or on the dialled one.

## How to repair it
Dial the server by its name on a common network, where nothing needs to be published. Else publish the port on an address
that containers reach.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    if case.link.meant != Meant::HostPublished
        || case.client_is_on_host()
        || case.link.visit.value().is_some_and(Visit::connected)
    {
        return Ok(None);
    }
    let server = case.server()?;
    let endpoint = &case.link.endpoint;
    let ports: Vec<_> = server
        .container
        .ports
        .iter()
        .filter(|p| p.host_port == Some(endpoint.port) && p.protocol == "tcp")
        .collect();
    let is_loopback = |ip: Option<std::net::IpAddr>| ip.is_some_and(|ip| ip.is_loopback());
    let Some(first) = ports.first().filter(|_| ports.iter().all(|p| is_loopback(p.host_ip))) else {
        return Ok(None);
    };
    // What stands between client and machine may lead to the machine's loopback: Docker Desktop's does.
    case.link.visit.known()?;
    let name = &server.container.name;
    let client = &case.link.client;
    let at = first.host_ip.map_or_else(String::new, |ip| authority(&ip.to_string(), endpoint.port));
    let mut found = Found::fail(format!(
        "{name} is published on {at}, and {client} comes to {}",
        endpoint.authority()
    ))
    .evidence(format!("published by {name}"), format!("{at} to {}", server.port));
    if !case.common_networks().is_empty() {
        let scheme = endpoint.scheme.as_deref().map_or_else(String::new, |s| format!("{s}://"));
        let to = authority(case.proper_name(server), server.port);
        found = found.fix(format!("let {client} dial {scheme}{to}"));
    }
    Ok(Some(found.fix(format!(
        "publish the port of {name} on all addresses (start it again with -p {}:{})",
        endpoint.port, server.port
    ))))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, remedies, row, says};
    use crate::model::{Connect, Meant, Snapshot};

    fn kept_home(it: &mut Snapshot) {
        it.told("172.20.0.1", 18141, Meant::HostPublished);
        it.visits("172.20.0.1:18141", Connect::Refused);
        it.mock().ports[0].host_ip = Some(ip("127.0.0.1"));
    }

    #[test]
    fn catches() {
        let seen = "fail: mock is published on 127.0.0.1:18141, and hapi comes to 172.20.0.1:18141";
        says(&RULE, kept_home, seen);
        assert_eq!(
            remedies(&RULE, kept_home),
            "let hapi dial http://mock:8080\n\
             publish the port of mock on all addresses (start it again with -p 18141:8080)"
        );
        row("bind-address", kept_home, "fail: EC305");
        // What the engine says of the port is not enough.
        says(
            &RULE,
            |it| {
                kept_home(it);
                it.sends_nothing();
            },
            "skip: --passive",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(
            &RULE,
            |it| {
                kept_home(it);
                it.mock().ports[0].host_ip = None;
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                kept_home(it);
                it.visits("172.20.0.1:18141", Connect::Connected);
            },
            "nothing",
        );
        // From the machine itself the loopback is right.
        says(
            &RULE,
            |it| {
                kept_home(it);
                it.comes_from_the_machine();
            },
            "nothing",
        );
    }
}
