//! Same network and right name, yet packets are dropped or refused on the way?

mod between_nodes;
mod blocked;
mod dropped;
mod forbidden;
mod forbidden_by_address;
mod isolation;
mod lost;
mod no_free_port;
mod refused;
mod table_full;
mod two_routes;
mod unpublished;
mod unreachable;
mod virtual_address;

use crate::model::{
    Attempt, Case, Check, Connect, Listener, Meant, Need, OUTSIDE, Undecided, authority,
};
pub(crate) use isolation::ISOLATION;
use std::net::IpAddr;

pub(crate) const CHECK: Check = Check {
    id: "network-path",
    layer: None,
    asks: "same network and right name, yet packets are dropped or refused on the way (firewall, ICC off, MTU, internal network)?",
    needs: &[
        Need::Visit,
        Need::Path,
        Need::ListensItself,
        Need::Namespace,
        Need::Listeners,
        Need::HostListeners,
        Need::Concurrency,
    ],
    phase: 4,
    applies,
    rules: &[
        &unpublished::RULE,
        &blocked::RULE,
        &virtual_address::RULE,
        &between_nodes::RULE,
        &table_full::RULE,
        &two_routes::RULE,
        &dropped::RULE,
        &refused::RULE,
        &unreachable::RULE,
        &no_free_port::RULE,
        &lost::RULE,
        &forbidden::RULE,
        &forbidden_by_address::RULE,
    ],
    healthy,
};

fn applies(case: &Case<'_>) -> Result<(), Undecided> {
    let skip = |why: &str| Err(Undecided::Skip(why.into()));
    if case.is_outside() {
        return skip(OUTSIDE);
    }
    case.server()?;
    // What the engine says of a port, and what the client met on the machine, is seen without a way between containers.
    let of_machine = case.rival_routes().is_some();
    if of_machine || unpublished::port(case).is_some() || blocked::attempt(case).is_some() {
        return Ok(());
    }
    if case.shares_namespace() {
        return skip("client and server share one network namespace");
    }
    if let Some(behind) = case.left_behind() {
        return skip(&format!("{} was left behind without a network", behind.end.name));
    }
    if case.client_is_on_host() {
        return skip("the client is on the host's network");
    }
    if case.link.meant == Meant::HostPublished || case.server_is_on_host() {
        return skip("the client goes through the engine's machine");
    }
    if case.common_networks().is_empty() {
        return skip("no common network");
    }
    case.server_with_sockets().map(|_| ())
}

/// Whether the client goes through the engine's machine, so that there is no way between containers to be judged.
fn goes_through_machine(case: &Case<'_>) -> bool {
    case.link.meant == Meant::HostPublished || case.client_is_on_host() || case.server_is_on_host()
}

/// The first attempt that came out so, when none was answered better: a completed connection answers for all addresses,
/// and a refusal shows that packets pass (a client without IPv6 has no way to the server's second address).
fn failed<'a>(attempts: &[&'a Attempt], outcome: &Connect) -> Option<&'a Attempt> {
    let answered = |a: &&Attempt| {
        a.connect == Connect::Connected || (*outcome != a.connect && a.connect == Connect::Refused)
    };
    if attempts.iter().any(answered) {
        return None;
    }
    attempts.iter().find(|a| a.connect == *outcome).copied()
}

/// The socket of the server at which a connection to this address arrives.
fn open<'a>(case: &Case<'a>, to: IpAddr) -> Result<Option<&'a Listener>, Undecided> {
    Ok(case.server()?.listeners()?.into_iter().find(|l| l.takes(to)))
}

fn healthy(case: &Case<'_>) -> Result<String, Undecided> {
    let path = case.link.path.known()?;
    let attempts = case.attempts()?;
    let spelled = |a: &Attempt| authority(&a.to.ip().to_string(), a.to.port());
    if let Some(good) = attempts.iter().find(|a| a.connect == Connect::Connected) {
        return Ok(format!("{} connects to {} in {} ms", case.link.client, spelled(good), good.ms));
    }
    let first = attempts.iter().find(|a| a.connect == Connect::Refused);
    match first.or(attempts.first()) {
        Some(first)
            if first.connect == Connect::Refused && open(case, first.to.ip())?.is_some() =>
        {
            Err(Undecided::Unknown(format!(
                "{} was refused by the server's own kernel, though a socket is open there: it began to listen meanwhile, or a rule in its namespace refuses",
                spelled(first)
            )))
        }
        Some(first)
            if first.connect == Connect::Refused && path.refused_by_server == Some(true) =>
        {
            Ok(format!("packets reach the server: its own kernel refuses {}", spelled(first)))
        }
        Some(first) if first.connect == Connect::Refused => Err(Undecided::Unknown(format!(
            "{} was refused, and whether by the server's kernel or on the way was not seen",
            spelled(first)
        ))),
        Some(first) => Err(Undecided::Unknown(format!(
            "the connection to {} {}",
            spelled(first),
            first.connect
        ))),
        None => Err(Undecided::Unknown("the server has no address on the common network".into())),
    }
}
