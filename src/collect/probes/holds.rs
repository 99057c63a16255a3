//! Every server port once, one after the other.

use super::{in_time, probe_path, server_index, stand};
use crate::collect::probe::Protocol;
use crate::collect::replicas;
use crate::collect::server::{self, Patience, Port};
use crate::collect::stand::Stands;
use crate::collect::survey::{Listed, Request};
use checks::model::{Concurrency, Connect, Fact, Link, Meant, Snapshot};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// Every server port once and one after the other, after the visits: two probes at one port would disturb each other, and so
/// may those of two servers, where one waits for the other. A proxy whose back end is held answers nobody, either.
pub(super) async fn holds(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &mut Snapshot,
    request: &Request,
) {
    // Containers that stand in one namespace have its ports in common. Another machine may have the same number.
    let home = |container: usize| match snapshot.containers[container].namespace {
        Fact::Known(inode) => (all.seen[container].0, Some(inode), 0),
        _ => (all.seen[container].0, None, container),
    };
    let mut ports: BTreeMap<_, Vec<(usize, usize)>> = BTreeMap::new();
    for link in 0..snapshot.links.len() {
        let Some(container) = server_index(all, snapshot, link) else { continue };
        if snapshot.links[link].is_forbidden() {
            continue;
        }
        let port = snapshot.links[link].server.as_ref().map_or(0, |s| s.port);
        let replicas = replicas::places(all, &snapshot.links[link]);
        for container in std::iter::once(container).chain(replicas) {
            ports.entry((home(container), port)).or_default().push((container, link));
        }
    }
    // The probes end a little before the run, so that what they saw until then is kept.
    let patience = Patience::Until(request.deadline - Duration::from_millis(200));
    let held = |container: usize, port: u16, links: &[usize]| {
        let held = held(stands, all, snapshot, request, (container, port), links, patience);
        async move { in_time(request, held).await.unwrap_or_else(Fact::Unknown) }
    };
    let mut facts = Vec::new();
    for ((_, port), meant) in &ports {
        let links: Vec<usize> = meant.iter().map(|(_, link)| *link).collect();
        let runs =
            |(container, _): &&(usize, usize)| snapshot.containers[*container].state.is_running();
        let (container, _) = meant.iter().find(runs).unwrap_or(&meant[0]);
        facts.push(Box::pin(held(*container, *port, &links)).await);
    }
    for (fact, meant) in facts.into_iter().zip(ports.into_values()) {
        for (container, link) in meant {
            let name = &all.seen[container].1.facts.name;
            replicas::learn(&mut snapshot.links[link], name, &fact);
        }
    }
}

/// The hold test of one port.
pub(in super::super) fn held<'a>(
    stands: &'a Stands<'_>,
    all: &'a Listed,
    snapshot: &Snapshot,
    request: &Request,
    (container, number): (usize, u16),
    links: &[usize],
    patience: Patience,
) -> impl Future<Output = Fact<Concurrency>> + use<'a> {
    let server = &snapshot.containers[container];
    let listeners = match &server.listeners {
        // What is paused would let every probe wait for its limit.
        Fact::Known(_) if !server.state.is_running() => {
            Err(format!("{} is {}", server.name, server.state.status))
        }
        Fact::Known(listeners) => Ok(listeners.clone()),
        Fact::Unknown(why) | Fact::Skipped(why) => Err(why.clone()),
    };
    let protocol = protocol(snapshot, links, request);
    let met = met(snapshot, links);
    async move {
        let listeners = match listeners {
            Ok(listeners) => listeners,
            Err(why) => return Fact::Unknown(why),
        };
        let port = Port { number, protocol, listeners, met };
        match stand(stands, all, container).await {
            Ok(stand) => server::concurrency(&stand, &port, patience).await,
            Err(why) => Fact::Unknown(why),
        }
    }
}

/// How a port is spoken to: HTTP where a client says so or the user gave a path, else not at all.
fn protocol(snapshot: &Snapshot, links: &[usize], request: &Request) -> Protocol {
    let of = |link: &usize| &snapshot.links[*link];
    let servers = || links.iter().filter_map(|link| of(link).server.as_ref()?.container.clone());
    let is_named = |server: &String| request.probes.iter().any(|(name, _)| name == server);
    let server = servers().find(is_named).or_else(|| servers().next());
    let named = server.as_ref().is_some_and(is_named);
    let is_http = |link: &&Link| matches!(link.endpoint.scheme.as_deref(), Some("http" | "ws"));
    let told: Vec<&Link> = links.iter().map(of).filter(is_http).collect();
    if told.is_empty() && !named {
        return Protocol::Unknown;
    }
    // Some servers answer to the name that their clients use, and to no other.
    let name = told.iter().find(|link| link.meant == Meant::Name).map(|l| l.endpoint.host.clone());
    Protocol::Http {
        host: name.or_else(|| server.clone()).unwrap_or_else(|| "localhost".into()),
        path: probe_path(request, server.as_deref()),
    }
}

/// The addresses at which the clients of some links connected.
fn met(snapshot: &Snapshot, links: &[usize]) -> Vec<IpAddr> {
    let visits = links.iter().filter_map(|link| snapshot.links[*link].visit.value());
    let attempts = visits.flat_map(|visit| &visit.attempts);
    attempts.filter(|a| a.connect == Connect::Connected).map(|a| a.to.ip().to_canonical()).collect()
}
