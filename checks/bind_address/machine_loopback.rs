use super::open;
use crate::model::{Case, Found, Judgement, Listener, NetworkMode, Rule, Undecided, authority};

pub(crate) const RULE: Rule = Rule {
    code: "EC306",
    title: "a server of the machine does not listen where containers reach it",
    explanation: "
## What it is
The server is a process of the engine's machine, outside any container and bound to 127.0.0.1 or to another single address; or
it is in a container on the host's network, and bound to another address of the machine. A container comes through a gateway
of the machine, which is not that address. Model servers and databases that are installed on a workstation often come so.

## What proves it
The machine's listening sockets of the port, none of which takes connections to the address that the client dials.

## What disproves it
A socket bound to 0.0.0.0, :: or the dialled address; a client on the host's network; a completed connection.

## How to repair it
Bind the address of the gateway, or 0.0.0.0 behind a firewall; or run the server in a container on the client's network.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    // On a workstation the engine's machine may be a virtual one, whose proxies reach loopbacks: the client's own
    // connection has to show it.
    let visit = case.link.visit.value().filter(|visit| visit.was_turned_away());
    let Some(visit) = visit.filter(|_| !case.client_is_on_host()) else { return Ok(None) };
    let Some(rows) = sockets(case)? else { return Ok(None) };
    let dialled: Vec<_> = visit.attempts.iter().map(|attempt| attempt.to.ip()).collect();
    let takes = |l: &&Listener| dialled.iter().any(|to| l.takes(*to));
    let Some(first) = rows.first().filter(|_| !rows.iter().any(takes)) else { return Ok(None) };
    let client = &case.link.client;
    let (bound, port) = (first.address, case.link.endpoint.port);
    let mut found = Found::fail(format!(
        "port {port} of the engine's machine is bound to {bound}, and {client} comes to {}",
        dialled.first().map_or_else(|| case.link.endpoint.host.clone(), ToString::to_string)
    ));
    for row in &rows {
        found = found.evidence("listening socket of the engine's machine", row.address.to_string());
    }
    let attachments = case.client().map_or(&[][..], |client| case.attachments(client));
    let networks = attachments
        .iter()
        .filter_map(|attachment| case.facts.network(&case.link.engine, &attachment.network));
    let gateways: Vec<_> = networks.flat_map(|network| &network.gateways).collect();
    // A name such as host.docker.internal may lead to another bridge of the machine than the client's own.
    if let Some(own) = gateways.iter().find(|gateway| rows.iter().any(|l| l.takes(***gateway))) {
        return Ok(Some(found.fix(format!(
            "let {client} dial {}, the gateway of its own network, or bind 0.0.0.0:{port} on the machine, behind a firewall",
            authority(&own.to_string(), port)
        ))));
    }
    let to = gateways.first().map_or_else(|| "0.0.0.0".to_owned(), ToString::to_string);
    Ok(Some(found.fix(format!(
        "bind {to}:{port} instead of {bound} on the machine, or run that server in a container on a network of {client}"
    ))))
}

/// The machine's sockets of the port, as far as they are the server's. A container that listens on loopbacks only is another
/// rule's.
fn sockets<'a>(case: &Case<'a>) -> Result<Option<Vec<&'a Listener>>, Undecided> {
    if let Some(rows) = case.machine_sockets()? {
        return Ok(Some(rows));
    }
    let Ok(server) = case.server() else { return Ok(None) };
    if server.container.network_mode != NetworkMode::Host {
        return Ok(None);
    }
    let rows = open(case, &server)?;
    Ok((!rows.is_empty()).then_some(rows))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{listener, remedies, row, says};
    use crate::model::{Connect, Fact, Meant, NetworkMode, Server, ServerKind, Snapshot};

    fn on_machine(it: &mut Snapshot, bound: &str) {
        it.told("172.20.0.1", 11434, Meant::Host);
        let kind = ServerKind::Host;
        it.link().server = Some(Server { kind, container: None, port: 11434, engine: None });
        it.visits("172.20.0.1:11434", Connect::Refused);
        it.host_listeners = Fact::Known(vec![listener(bound)]);
    }

    #[test]
    fn catches() {
        let loopback = |it: &mut Snapshot| on_machine(it, "127.0.0.1:11434");
        let seen = "fail: port 11434 of the engine's machine is bound to 127.0.0.1:11434, and hapi comes to 172.20.0.1";
        says(&RULE, loopback, seen);
        assert_eq!(
            remedies(&RULE, loopback),
            "bind 172.20.0.1:11434 instead of 127.0.0.1:11434 on the machine, \
             or run that server in a container on a network of hapi"
        );
        row("bind-address", loopback, "fail: EC306");
        // The name of the machine leads to another bridge than the client's own, on which it listens.
        let own_gateway = |it: &mut Snapshot| {
            on_machine(it, "172.20.0.1:11434");
            it.told("host.docker.internal", 11434, Meant::Host);
            it.visits("172.17.0.1:11434", Connect::Refused);
        };
        row("bind-address", own_gateway, "fail: EC306");
        let remedy = remedies(&RULE, own_gateway);
        assert!(remedy.starts_with("let hapi dial 172.20.0.1:11434, the gateway"), "{remedy}");
        // The gateway of another network.
        says(
            &RULE,
            |it| on_machine(it, "172.17.0.1:11434"),
            "fail: port 11434 of the engine's machine is bound to 172.17.0.1:11434, and hapi comes to 172.20.0.1",
        );
    }

    /// The same server in a container on the host's network.
    fn on_its_network(it: &mut Snapshot, bound: &str) {
        it.told("host.docker.internal", 8080, Meant::Host);
        it.mock().network_mode = NetworkMode::Host;
        it.mock().attachments.clear();
        it.listens(&[bound]);
        it.visits("172.17.0.1:8080", Connect::Refused);
    }

    #[test]
    fn catches_a_container_on_the_machines_network() {
        let elsewhere = |it: &mut Snapshot| on_its_network(it, "172.20.0.1:8080");
        let seen = "fail: port 8080 of the engine's machine is bound to 172.20.0.1:8080, and hapi comes to 172.17.0.1";
        says(&RULE, elsewhere, seen);
        row("bind-address", elsewhere, "fail: EC306");
        says(&RULE, |it| on_its_network(it, "172.17.0.1:8080"), "nothing");
        says(&RULE, |it| on_its_network(it, "0.0.0.0:8080"), "nothing");
        // The loopback is another rule's.
        says(&RULE, |it| on_its_network(it, "127.0.0.1:8080"), "nothing");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| on_machine(it, "0.0.0.0:11434"), "nothing");
        says(&RULE, |it| on_machine(it, "172.20.0.1:11434"), "nothing");
        // Nothing listens there at all: that is not a question of the address.
        says(&RULE, |it| on_machine(it, "127.0.0.1:9090"), "nothing");
        says(
            &RULE,
            |it| {
                on_machine(it, "127.0.0.1:11434");
                it.comes_from_the_machine();
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                on_machine(it, "127.0.0.1:11434");
                it.sends_nothing();
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                on_machine(it, "127.0.0.1:11434");
                it.host_listeners = Fact::Unknown("the engine is remote".into());
            },
            "unknown: the engine is remote",
        );
    }
}
