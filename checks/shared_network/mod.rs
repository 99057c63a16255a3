//! Layer 5: do client and server share a network, and does the name resolve there, to the right container?

mod connect;
mod denied_for_ipv6;
mod left_behind;
mod name_clash;
mod name_not_found;
mod no_common_network;
mod no_names;
mod other_engine;
mod remembered;
mod resolver_fails;
mod wrong_container;

use crate::model::{
    Asked, Attachment, Case, Check, Container, Fact, Lookup, Meant, Need, OUTSIDE, Resolution,
    Target, Undecided, Visit,
};
use std::net::{IpAddr, Ipv4Addr};

pub(crate) const CHECK: Check = Check {
    id: "shared-network",
    layer: Some(5),
    asks: "do client and server share a network, and does the name resolve there, to the right container?",
    needs: &[
        Need::Visit,
        Need::Lookup,
        Need::ListensItself,
        Need::Namespace,
        Need::Resolver,
        Need::Hosts,
        Need::Names,
    ],
    phase: 2,
    applies,
    rules: &[
        &other_engine::RULE,
        &left_behind::RULE,
        &no_common_network::RULE,
        &no_names::RULE,
        &resolver_fails::RULE,
        &name_not_found::RULE,
        &wrong_container::RULE,
        &name_clash::RULE,
        &remembered::RULE,
        &denied_for_ipv6::RULE,
    ],
    healthy,
};

fn applies(case: &Case<'_>) -> Result<(), Undecided> {
    let skip = |why: &str| Err(Undecided::Skip(why.into()));
    if case.is_outside() {
        return skip(OUTSIDE);
    }
    case.server()?;
    if case.shares_namespace() {
        Ok(())
    } else if case.client_is_on_host() {
        skip("the client is on the host's network")
    } else if case.server_is_on_host() {
        skip("the server is on the host's network")
    } else if case.link.meant == Meant::HostPublished {
        skip("the client goes through the port that is published on the engine's machine")
    } else {
        Ok(())
    }
}

/// The server, when client and server share a network and a name has to be asked for; `None` when no name is needed.
fn asked<'a>(case: &Case<'a>) -> Option<Target<'a>> {
    if case.shares_namespace() || case.common_networks().is_empty() {
        return None;
    }
    case.server().ok()
}

/// Whether the client dials an address, so that no name has to resolve.
fn dials_address(case: &Case<'_>) -> bool {
    case.link.meant == Meant::Address
}

/// The lookup of the server's name from the client, for rules that judge its answer. `None` when there is nothing to judge:
/// no name is needed, or the server does not run and so has no address that a name could mean.
fn lookup<'a>(case: &Case<'a>) -> Result<Option<(Target<'a>, &'a Resolution)>, Undecided> {
    let Some(server) = asked(case) else { return Ok(None) };
    if dials_address(case)
        || !server.container.state.is_up()
        || !names_expected(case)
        || case.left_behind().is_some_and(|behind| behind.end.name == case.link.client)
    {
        return Ok(None);
    }
    Ok(Some((server, case.link.lookup.known()?)))
}

/// Whether any common network answers names. Where none does, that is the fault, whatever a lookup says.
fn names_expected(case: &Case<'_>) -> bool {
    case.common_networks().iter().any(|n| n.names != Fact::Known(false))
}

/// Whether the lookup ends at the server: with an address of its own or of a replica of it, or with the machine's, where
/// the server publishes the dialled port.
fn finds_server(case: &Case<'_>, server: Target<'_>, lookup: &Resolution) -> bool {
    let found = lookup.addresses();
    let any = |addresses: &[IpAddr]| addresses.iter().any(|ip| found.contains(ip));
    let has = |c: &Container| case.attachments(c).iter().any(|a| any(&a.addresses));
    let engine = &case.link.engine;
    let gathered = server.container.task.as_ref().is_some_and(|t| any(&t.virtual_addresses));
    let is_published = server.container.published_as(case.link.endpoint.port) == Some(server.port);
    has(server.container)
        || gathered
        || case.facts.containers.iter().any(|c| c.is_replica_of(server.container) && has(c))
        || (is_published
            && case.facts.networks.iter().any(|n| n.engine == *engine && any(&n.gateways)))
}

/// Whether a line of the client's hosts file gives the dialled name an address of the server.
fn hosts_file_finds_server(case: &Case<'_>, server: Target<'_>) -> bool {
    let lines = case.client().and_then(|c| c.hosts.value()).map_or(&[][..], Vec::as_slice);
    lines.iter().any(|line| {
        line.names.iter().any(|n| n.eq_ignore_ascii_case(&case.link.endpoint.host))
            && case
                .attachments(server.container)
                .iter()
                .any(|a| a.addresses.contains(&line.address))
    })
}

/// Docker's name server, in each namespace.
const DOCKERS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 11));

/// The name servers that the engine runs for the networks of the client: Docker's inside each namespace, Podman's at the
/// gateways.
fn is_engines(case: &Case<'_>, name_server: IpAddr) -> bool {
    let Some(client) = case.client() else { return false };
    name_server == DOCKERS
        || case
            .attachments(client)
            .iter()
            .filter_map(|a| case.facts.network(&case.link.engine, &a.network))
            .any(|n| n.gateways.contains(&name_server))
}

/// Whether the engine's own name server was asked and gave no answer. What a server after it says of the name proves nothing.
fn engines_is_silent(case: &Case<'_>, lookup: &Resolution) -> bool {
    let mut own = lookup.asked.iter().filter(|a| is_engines(case, a.server)).peekable();
    own.peek().is_some()
        && own.all(|a| {
            matches!(
                a.answer,
                Lookup::Timeout
                    | Lookup::ServerFailure
                    | Lookup::RefusedByServer
                    | Lookup::Unreachable(_)
            )
        })
}

/// Whether the engine's name server failed with a name that nobody on the common networks carries. It passes such a name on
/// to the machine's, and answers with what became of that: where these can't be reached, that is a failure, and still the
/// name's fault. Docker's, in the client's own namespace, is always there.
fn failed_with_an_unknown_name(case: &Case<'_>, lookup: &Resolution) -> bool {
    let common = case.common_networks();
    let carries = |c: &Container| {
        let called = |other: &str| other.eq_ignore_ascii_case(&lookup.name);
        let on_common = |a: &&Attachment| common.iter().any(|n| n.name == a.network);
        c.engine == case.link.engine
            && c.attachments
                .iter()
                .filter(on_common)
                .any(|a| called(&c.name) || a.aliases.iter().any(|alias| called(alias)))
    };
    let passed_on = |asked: &Asked| match asked.answer {
        Lookup::ServerFailure => is_engines(case, asked.server),
        Lookup::Timeout => asked.server == DOCKERS,
        _ => false,
    };
    lookup.asked.iter().any(passed_on) && !case.facts.containers.iter().any(carries)
}

fn healthy(case: &Case<'_>) -> Result<String, Undecided> {
    let server = case.server()?;
    if case.shares_namespace() {
        return Ok("client and server share one network namespace".into());
    }
    let common =
        case.common_networks().iter().map(|n| n.name.as_str()).collect::<Vec<_>>().join(", ");
    if common.is_empty() {
        // Podman passes packets between networks: that the server is reached all the same was seen.
        if case.client().is_some() && case.link.visit.value().is_some_and(Visit::connected) {
            return Ok(format!("{} is reached without a common network", server.container.name));
        }
        return Err(Undecided::Unknown(format!(
            "the engine no longer knows the container {}",
            case.link.client
        )));
    }
    if dials_address(case) {
        return Ok(format!("both are on {common}; no name is needed"));
    }
    if !server.container.state.is_up() {
        return Err(Undecided::Unknown(format!(
            "both are on {common}; {} is {}, so its name can't resolve",
            server.container.name,
            server.container.state.word()
        )));
    }
    let lookup = case.link.lookup.known()?;
    let addresses =
        lookup.addresses().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if !finds_server(case, server, lookup) {
        if case.arrives() {
            let name = &server.container.name;
            return Ok(format!(
                "both are on {common}, and {} reaches {name} there",
                case.link.client
            ));
        }
        return Err(Undecided::Unknown(format!(
            "{} resolves to {addresses}, and the engine names no address of {}",
            lookup.name, server.container.name
        )));
    }
    Ok(format!("both are on {common}, and {} resolves to {addresses}", lookup.name))
}
