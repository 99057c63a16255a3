//! Layer 3: does the server listen on an address and a port that its clients can reach?

mod another_port;
mod loopback_only;
mod machine_loopback;
mod other_address;
mod other_family;
mod published_on_loopback;
mod published_udp;

use crate::model::{Case, Check, Connect, Listener, Need, ServerKind, Target, Undecided};
use std::net::IpAddr;

pub(crate) const CHECK: Check = Check {
    id: "bind-address",
    layer: Some(3),
    asks: "does the server listen on an address and a port that its clients can reach?",
    needs: &[
        Need::Visit,
        Need::Path,
        Need::ListensItself,
        Need::Namespace,
        Need::Listeners,
        Need::HostListeners,
    ],
    phase: 5,
    applies,
    rules: &[
        &loopback_only::RULE,
        &another_port::RULE,
        &other_family::RULE,
        &other_address::RULE,
        &published_udp::RULE,
        &published_on_loopback::RULE,
        &machine_loopback::RULE,
    ],
    healthy,
};

fn applies(case: &Case<'_>) -> Result<(), Undecided> {
    if let Ok(Some(rows)) = machine_process(case)
        && !rows.is_empty()
    {
        return Ok(());
    }
    let server = case.running_server()?;
    if server.container.listeners.known()?.is_empty() {
        return Err(Undecided::Skip(format!(
            "nothing listens in {} at all",
            server.container.name
        )));
    }
    Ok(())
}

/// The machine's sockets of the dialled port, where the server is a process of the machine; `None` where it is a container.
fn machine_process<'a>(case: &Case<'a>) -> Result<Option<Vec<&'a Listener>>, Undecided> {
    let is_process = case
        .link
        .server
        .as_ref()
        .is_some_and(|s| s.kind == ServerKind::Host && s.container.is_none());
    if !is_process {
        return Ok(None);
    }
    let rows = case.facts.host_listeners.known()?;
    Ok(Some(rows.iter().filter(|l| l.address.port() == case.link.endpoint.port).collect()))
}

/// The addresses of the server at which a connection from the client's namespace was completed. Whatever is bound (a
/// proxy in the namespace may pass connections on to the loopback), a client can reach it there.
fn reached(case: &Case<'_>) -> Vec<IpAddr> {
    let attempts = case.link.path.value().map_or(&[][..], |path| &path.attempts);
    attempts.iter().filter(|a| a.connect == Connect::Connected).map(|a| a.to.ip()).collect()
}

/// The sockets of the port that are not bound to the loopback.
fn open<'a>(server: &Target<'a>) -> Result<Vec<&'a Listener>, Undecided> {
    let rows = server.listeners()?;
    Ok(rows.into_iter().filter(|l| !l.address.ip().to_canonical().is_loopback()).collect())
}

fn healthy(case: &Case<'_>) -> Result<String, Undecided> {
    let server = case.server()?;
    let rows = server.listeners()?;
    let Some(best) = rows.iter().max_by_key(|l| l.address.ip().is_unspecified()) else {
        return Err(Undecided::Unknown(format!(
            "nothing listens on port {} of {}",
            server.port, server.container.name
        )));
    };
    if best.address.ip().to_canonical().is_loopback() && !case.shares_namespace() {
        return Ok(format!(
            "{} listens on {}, and something in its namespace passes connections on to it",
            server.container.name, best.address
        ));
    }
    let shared = if case.shares_namespace() { ", and the client shares its namespace" } else { "" };
    Ok(format!("{} listens on {}{shared}", server.container.name, best.address))
}
