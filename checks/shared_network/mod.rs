//! Layer 5: do client and server share a network, and does the name resolve there, to the right container?

mod connect;
mod name_clash;
mod name_not_found;
mod no_common_network;
mod no_names;
mod other_engine;
mod resolver_fails;
mod wrong_container;

use crate::model::{Case, Check, Fact, Meant, OUTSIDE, Resolution, Target, Undecided};

pub(crate) const CHECK: Check = Check {
    id: "shared-network",
    layer: Some(5),
    asks: "do client and server share a network, and does the name resolve there, to the right container?",
    phase: 2,
    applies,
    rules: &[
        &other_engine::RULE,
        &no_common_network::RULE,
        &no_names::RULE,
        &resolver_fails::RULE,
        &name_not_found::RULE,
        &wrong_container::RULE,
        &name_clash::RULE,
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
    if dials_address(case) || !server.container.state.is_running() || !names_expected(case) {
        return Ok(None);
    }
    Ok(Some((server, case.link.lookup.known()?)))
}

/// Whether any common network answers names. Where none does, that is the fault, whatever a lookup says.
fn names_expected(case: &Case<'_>) -> bool {
    case.common_networks().iter().any(|n| n.names != Fact::Known(false))
}

/// Whether the lookup ends with an address of the server on a network that it shares with the client.
fn finds_server(case: &Case<'_>, server: Target<'_>, lookup: &Resolution) -> bool {
    let own: Vec<_> =
        case.attachments(server.container).iter().flat_map(|a| &a.addresses).collect();
    lookup.addresses().iter().any(|ip| own.contains(&ip))
}

fn healthy(case: &Case<'_>) -> Result<String, Undecided> {
    let server = case.server()?;
    if case.shares_namespace() {
        return Ok("client and server share one network namespace".into());
    }
    let common =
        case.common_networks().iter().map(|n| n.name.as_str()).collect::<Vec<_>>().join(", ");
    if dials_address(case) {
        return Ok(format!("both are on {common}; no name is needed"));
    }
    if !server.container.state.is_running() {
        return Err(Undecided::Unknown(format!(
            "both are on {common}; {} is {}, so its name can't resolve",
            server.container.name, server.container.state.status
        )));
    }
    let lookup = case.link.lookup.known()?;
    let addresses =
        lookup.addresses().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Ok(format!("both are on {common}, and {} resolves to {addresses}", lookup.name))
}
