use super::connect::joined;
use super::{asked, dials_address, finds_server, hosts_file_finds_server, names_expected};
use crate::model::{Case, Found, Judgement, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "EC502",
    title: "the common network answers no names",
    explanation: "
## What it is
Client and server share a network, and that network has no name service: the engine's default network has none, and
Podman can make others without it (`--disable-dns`).

## What proves it
The only common networks are ones for which the engine answers no names, and the name does not resolve to the server in
another way.

## What disproves it
A common network with names; a line in the client's hosts file that gives the server's address; an endpoint that is an
address.

## How to repair it
Put both on a network made by you.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(server) = asked(case) else { return Ok(None) };
    if dials_address(case) || names_expected(case) {
        return Ok(None);
    }
    if case.link.lookup.value().is_some_and(|lookup| finds_server(case, server, lookup))
        || hosts_file_finds_server(case, server)
    {
        return Ok(None);
    }
    let common = case.common_networks();
    let network = &common[0];
    let what = if network.default {
        "the default network, which has no name service"
    } else {
        "made without a name service"
    };
    let mut found = Found::fail(format!(
        "{} and {} share {} only, {what}",
        case.link.client, server.container.name, network.name
    ))
    .evidence(format!("network {}", network.name), "names are not answered");
    if let Some(resolver) = case.client().and_then(|c| c.resolver.value()) {
        let servers =
            resolver.nameservers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        found = found.evidence(
            format!("name servers of {}", case.link.client),
            if servers.is_empty() { "none".into() } else { servers },
        );
    }
    Ok(Some(joined(case, server, found)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{ip, remedies, row, says};
    use crate::model::{Fact, HostsLine, Lookup, Meant, Snapshot};

    fn default_network(it: &mut Snapshot) {
        it.hapi().attachments[0].network = "bridge".into();
        it.mock().attachments[0].network = "bridge".into();
        it.finds(Lookup::NoSuchName);
    }

    const FAIL: &str =
        "fail: hapi and mock share bridge only, the default network, which has no name service";

    #[test]
    fn catches() {
        says(&RULE, default_network, FAIL);
        assert!(
            remedies(&RULE, default_network)
                .starts_with("$ docker network create econn-shared && ")
        );
        let no_service = |it: &mut Snapshot| {
            it.ci().names = Fact::Known(false);
            it.finds(Lookup::NoSuchName);
        };
        says(&RULE, no_service, "fail: hapi and mock share ci only, made without a name service");
        row("shared-network", no_service, "fail: EC502");
        // What the engine says of the network needs no probe.
        says(
            &RULE,
            |it| {
                default_network(it);
                it.sends_nothing();
            },
            FAIL,
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // An address needs no name.
        says(
            &RULE,
            |it| {
                default_network(it);
                it.told("172.20.0.2", 8080, Meant::Address);
            },
            "nothing",
        );
        // `--link` of old writes the name into the hosts file: found by a lookup, and without one.
        says(
            &RULE,
            |it| {
                default_network(it);
                it.finds(Lookup::Addresses(vec![ip("172.20.0.2")]));
            },
            "nothing",
        );
        says(
            &RULE,
            |it| {
                default_network(it);
                it.sends_nothing();
                let names = vec!["mock".into(), "mock-id".into()];
                it.hapi().hosts = Fact::Known(vec![HostsLine { address: ip("172.20.0.2"), names }]);
            },
            "nothing",
        );
        // A second network answers names; or nobody knows whether this one does.
        says(
            &RULE,
            |it| {
                for index in 0..2 {
                    let mut second = it.containers[index].attachments[0].clone();
                    second.network = "bridge".into();
                    it.containers[index].attachments.push(second);
                }
            },
            "nothing",
        );
        says(&RULE, |it| it.ci().names = Fact::Unknown("not said".into()), "nothing");
        // No common network at all is another fault.
        says(&RULE, |it| it.parts("bridge", "172.17.0"), "nothing");
    }
}
