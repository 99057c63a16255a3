use super::connect::joined;
use super::{asked, dials_address, finds_server, names_expected};
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
    if case.link.lookup.value().is_some_and(|lookup| finds_server(case, server, lookup)) {
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
