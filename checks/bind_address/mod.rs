//! Layer 3: does the server listen on an address and a port that its clients can reach?

mod another_port;
mod loopback_only;
mod machine_loopback;
mod other_address;
mod other_family;
mod published_on_loopback;
mod published_udp;

use crate::model::{Attempt, Case, Check, Connect, Listener, Meant, Need, Target, Undecided};
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
    if let Ok(Some(rows)) = case.machine_sockets()
        && !rows.is_empty()
    {
        return Ok(());
    }
    let server = case.server_with_sockets()?;
    if server.all_listeners()?.is_empty() {
        return Err(Undecided::Skip(format!(
            "nothing listens in {} at all",
            server.container.name
        )));
    }
    Ok(())
}

/// The addresses of the server, of those that the client dials, at which a connection from its namespace was completed.
/// Whatever is bound (a proxy in the namespace may pass connections on to the loopback), a client can reach it there.
fn reached(case: &Case<'_>) -> Vec<IpAddr> {
    let mut attempts = case.attempts().unwrap_or_default();
    if case.shares_namespace() {
        // What its namespace does not hold (a published port, say) may be answered by others.
        let owner = case.client().map_or(&[][..], |client| case.attachments(client));
        let own = |ip: IpAddr| {
            ip.is_loopback()
                || case.client_is_on_host()
                || owner.iter().any(|a| a.addresses.contains(&ip))
        };
        let tried = case.link.visit.value().map_or(&[][..], |visit| &visit.attempts);
        attempts = tried.iter().filter(|a| own(a.to.ip().to_canonical())).collect();
    }
    attempts.iter().filter(|a| a.connect == Connect::Connected).map(|a| a.to.ip()).collect()
}

/// The sockets of the port that are open to the client: in its own namespace all, else those that are not bound to the
/// loopback.
fn open<'a>(case: &Case<'a>, server: &Target<'a>) -> Result<Vec<&'a Listener>, Undecided> {
    let own = case.link.meant == Meant::OwnListener;
    let is_open = |l: &&Listener| own || !l.address.ip().to_canonical().is_loopback();
    Ok(server.listeners()?.into_iter().filter(is_open).collect())
}

/// Whether client and server share a namespace, and its own addresses are not what is dialled.
fn dials_within(case: &Case<'_>) -> bool {
    case.shares_namespace() && case.link.meant != Meant::OwnListener && !leaves_the_loopback(case)
}

/// Whether the client was seen to dial an address that a loopback socket does not take. Those of one namespace do so, too, by
/// a name of their own.
fn leaves_the_loopback(case: &Case<'_>) -> bool {
    let tried = case.link.visit.value().map_or(&[][..], |visit| &visit.attempts);
    let is_outer = |a: &Attempt| !a.to.ip().to_canonical().is_loopback();
    !tried.is_empty() && tried.iter().all(is_outer)
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
    let within = case.shares_namespace() && !leaves_the_loopback(case);
    if best.address.ip().to_canonical().is_loopback() && !within {
        return Ok(format!(
            "{} listens on {}, and something in its namespace passes connections on to it",
            server.container.name, best.address
        ));
    }
    let shared = if case.shares_namespace() { ", and the client shares its namespace" } else { "" };
    Ok(format!("{} listens on {}{shared}", server.container.name, best.address))
}
