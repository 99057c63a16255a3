//! Sends the probes of one run: each client's own view from its namespace first, then every server port once, and beside
//! them the comparison of images. What time or rights do not allow becomes a reason.

use super::again::again;
use super::client::{self, Errand, Return};
use super::engine::Connection;
use super::links::proven;
use super::probe::{self, Protocol};
use super::server::{self, Patience, Port};
use super::survey::{Listed, Request};
use super::vantage::{Namespace, in_namespace};
use super::{compose, fresh, limits, machine};
use checks::model::{
    Case, Concurrency, Fact, Freshness, HOST_CLIENT, HostsLine, Meant, Network, ResolverConfig, Snapshot,
};
use futures_util::future::{join, join_all};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Fills the snapshot's probed facts in.
pub(super) async fn probe(
    engines: &[Connection],
    all: &Listed,
    snapshot: &mut Snapshot,
    request: &Request,
) {
    let servers: BTreeSet<usize> =
        (0..snapshot.links.len()).filter_map(|link| server_index(all, snapshot, link)).collect();
    let images = images(engines, all, servers.clone(), request);
    let active = async {
        if request.passive {
            for link in &mut snapshot.links {
                passive(link);
            }
        } else {
            visits(all, snapshot, request).await;
            holds(all, snapshot, request).await;
        }
    };
    let ((), images) = join(active, images).await;
    for &index in &servers {
        limits(all, snapshot, index, request.passive);
    }
    again(engines, all, snapshot, &servers, request).await;
    for (index, freshness) in images {
        snapshot.containers[index].freshness = freshness;
    }
}

/// What the limits of a server have come to during the probes, if there were any.
fn limits(all: &Listed, snapshot: &mut Snapshot, index: usize, passive: bool) {
    let container = &mut snapshot.containers[index];
    let look = || limits::limits(&proven(&all.seen[index].1).ok()?, &container.id);
    let now = if passive { container.limits } else { look() };
    container.limits = now.map(|now| limits::since(container.limits, now));
}

pub(super) fn passive(link: &mut checks::model::Link) {
    let why = || "--passive".to_owned();
    link.visit = Fact::Skipped(why());
    link.lookup = Fact::Skipped(why());
    link.path = Fact::Skipped(why());
    link.concurrency = Fact::Skipped(why());
}

/// The place of a link's server among the containers, which the snapshot and the listing share.
pub(super) fn server_index(all: &Listed, snapshot: &Snapshot, link: usize) -> Option<usize> {
    let link = &snapshot.links[link];
    let server = link.server.as_ref()?;
    all.find(server.engine.as_deref().unwrap_or(&link.engine), server.container.as_deref()?)
}

/// A namespace to stand in, or why there is none.
fn namespace(all: &Listed, index: usize) -> Result<Namespace, String> {
    Namespace::of(&proven(&all.seen[index].1)?)
}

/// The work's outcome, or the run's limit as the reason.
async fn in_time<T>(request: &Request, work: impl Future<Output = T>) -> Result<T, String> {
    let late = |_| format!("the run's limit of {} was reached (--timeout)", request.limit);
    tokio::time::timeout_at(request.deadline, work).await.map_err(late)
}

/// Every client's own view, all clients at once.
async fn visits(all: &Listed, snapshot: &mut Snapshot, request: &Request) {
    let mut by_client: BTreeMap<(String, String), Vec<Errand>> = BTreeMap::new();
    for index in 0..snapshot.links.len() {
        let errand = errand(all, snapshot, index, request);
        let link = &snapshot.links[index];
        by_client.entry((link.engine.clone(), link.client.clone())).or_default().push(errand);
    }
    let networks = &snapshot.networks.clone();
    let journeys = by_client.into_iter().map(|((engine, client), errands)| async move {
        let links: Vec<(usize, bool)> =
            errands.iter().map(|e| (e.link, e.dial.is_some())).collect();
        let stand = stand(all, networks, &engine, &client);
        let seen = in_time(request, journey(stand, errands)).await.and_then(|seen| seen);
        (links, seen)
    });
    for (links, seen) in join_all(journeys).await {
        match seen {
            Ok(returns) => returns.into_iter().for_each(|back| fill(snapshot, back)),
            Err(why) => links.iter().for_each(|(link, _)| unseen(snapshot, *link, &why)),
        }
    }
}

/// Where a client stands.
pub(super) fn stand(
    all: &Listed,
    networks: &[Network],
    engine: &str,
    client: &str,
) -> Result<Namespace, String> {
    if client == HOST_CLIENT {
        return machine_namespace(networks);
    }
    let index = all.find(engine, client).ok_or_else(|| format!("{client} is gone"))?;
    namespace(all, index)
}

/// All errands of one client, from where it stands.
pub(super) async fn journey(
    stand: Result<Namespace, String>,
    errands: Vec<Errand>,
) -> Result<Vec<Return>, String> {
    in_namespace(&stand?, || client::run(errands)).await
}

fn machine_namespace(networks: &[Network]) -> Result<Namespace, String> {
    machine::of_engines(networks)?;
    Namespace::host()
}

pub(super) fn errand(all: &Listed, snapshot: &Snapshot, index: usize, request: &Request) -> Errand {
    let link = &snapshot.links[index];
    let case = Case { link, facts: snapshot };
    let server = case.server().ok();
    let common = case.common_networks();
    let running = server.is_some_and(|s| s.container.state.is_up());
    let asks_name = running && !common.is_empty() && !case.shares_namespace();
    let name = server.filter(|_| asks_name).map(|s| match link.meant {
        Meant::Name => link.endpoint.host.clone(),
        _ => case.proper_name(s).to_owned(),
    });
    let addresses = server.filter(|_| asks_name).map(|s| {
        let on_common = case
            .attachments(s.container)
            .iter()
            .filter(|a| common.iter().any(|n| n.name == a.network));
        on_common.flat_map(|a| &a.addresses).map(|ip| SocketAddr::new(*ip, s.port)).collect()
    });
    let scheme = link.endpoint.scheme.as_deref();
    let is_http = matches!(scheme, Some("http" | "ws" | "https" | "wss"));
    let dialled =
        !case.is_outside() && link.endpoint.malformed.is_none() && link.endpoint.port != 0;
    let process =
        server_index(all, snapshot, index).and_then(|i| proven(&all.seen[i].1).ok()).map(Arc::new);
    Errand {
        link: index,
        dial: dialled.then(|| (link.endpoint.host.clone(), link.endpoint.port)),
        http_path: is_http.then(|| {
            probe_path(request, link.server.as_ref().and_then(|s| s.container.as_deref()))
        }),
        speaks_tls: scheme.is_some_and(begins_with_tls),
        name,
        addresses: addresses.unwrap_or_default(),
        own: case
            .client()
            .map(|client| {
                case.attachments(client).iter().flat_map(|a| a.addresses.clone()).collect()
            })
            .unwrap_or_default(),
        server: process,
        resolver: names(&case),
    }
}

/// Whether the scheme's clients shake hands before anything else. Others (Postgres, say) ask in plain text first.
fn begins_with_tls(scheme: &str) -> bool {
    matches!(
        scheme,
        "https"
            | "wss"
            | "rediss"
            | "valkeys"
            | "amqps"
            | "mqtts"
            | "ldaps"
            | "smtps"
            | "imaps"
            | "ftps"
            | "grpcs"
            | "tls"
            | "ssl"
    )
}

/// The path of HTTP requests to a server: the user's, else the root. The endpoint's own path is never requested unasked.
fn probe_path(request: &Request, server: Option<&str>) -> String {
    let named = request.probes.iter().find(|(name, _)| Some(name.as_str()) == server);
    named.map_or_else(|| "/".into(), |(_, path)| path.clone())
}

/// The client's name servers and hosts file; for a process of the machine the machine's.
fn names(case: &Case<'_>) -> Result<(ResolverConfig, Vec<HostsLine>), String> {
    let Some(client) = case.client() else {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        return Ok((
            probe::parse_resolv_conf(&read("/etc/resolv.conf")),
            probe::parse_hosts(&read("/etc/hosts")),
        ));
    };
    match (&client.resolver, &client.hosts) {
        (Fact::Known(resolver), Fact::Known(hosts)) => Ok((resolver.clone(), hosts.clone())),
        (Fact::Unknown(why) | Fact::Skipped(why), _)
        | (_, Fact::Unknown(why) | Fact::Skipped(why)) => Err(why.clone()),
    }
}

pub(super) fn fill(snapshot: &mut Snapshot, back: Return) {
    let none_needed =
        "no name is asked for: the server does not run, or shares no network with the client";
    let link = &mut snapshot.links[back.link];
    link.visit =
        back.visit.map_or_else(|| Fact::Skipped("the endpoint is not dialled".into()), Fact::from);
    link.lookup = back.lookup.map_or_else(|| Fact::Skipped(none_needed.into()), Fact::from);
    link.path = back.path.map_or_else(
        || Fact::Unknown("the server has no address on a common network".into()),
        Fact::Known,
    );
}

fn unseen(snapshot: &mut Snapshot, link: usize, why: &str) {
    let link = &mut snapshot.links[link];
    link.visit = Fact::Unknown(why.into());
    link.lookup = Fact::Unknown(why.into());
    link.path = Fact::Unknown(why.into());
}

/// Every server port once and one after the other, after the visits: two probes at one port would disturb each other, and so
/// may those of two servers, where one waits for the other. A proxy whose back end is held answers nobody, either.
async fn holds(all: &Listed, snapshot: &mut Snapshot, request: &Request) {
    let mut ports: BTreeMap<(usize, u16), Vec<usize>> = BTreeMap::new();
    for link in 0..snapshot.links.len() {
        let Some(container) = server_index(all, snapshot, link) else { continue };
        let port = snapshot.links[link].server.as_ref().map_or(0, |s| s.port);
        ports.entry((container, port)).or_default().push(link);
    }
    let mut facts = Vec::new();
    // The probes end a little before the run, so that what they saw until then is kept.
    let patience = Patience::until(request.deadline - Duration::from_millis(200));
    for ((container, port), links) in &ports {
        let held = held(all, snapshot, request, (*container, *port), links, patience);
        facts.push(in_time(request, held).await.unwrap_or_else(Fact::Unknown));
    }
    for (fact, links) in facts.into_iter().zip(ports.into_values()) {
        for link in links {
            snapshot.links[link].concurrency = fact.clone();
        }
    }
}

/// The hold test of one port. Everything is looked up at once, and nothing borrowed while it lasts.
pub(super) fn held(
    all: &Listed,
    snapshot: &Snapshot,
    request: &Request,
    (container, number): (usize, u16),
    links: &[usize],
    patience: Patience,
) -> impl Future<Output = Fact<Concurrency>> + use<> {
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
    let stand = namespace(all, container);
    async move {
        let (listeners, stand) = match (listeners, stand) {
            (Ok(listeners), Ok(stand)) => (listeners, stand),
            (Err(why), _) | (_, Err(why)) => return Fact::Unknown(why),
        };
        let port = Port { number, protocol, listeners };
        server::concurrency(&stand, &port, patience).await
    }
}

/// How a port is spoken to: HTTP where a client says so or the user gave a path, else not at all.
fn protocol(snapshot: &Snapshot, links: &[usize], request: &Request) -> Protocol {
    let of = |link: &usize| &snapshot.links[*link];
    let server = links.iter().find_map(|link| of(link).server.as_ref()?.container.clone());
    let named = request.probes.iter().any(|(name, _)| Some(name) == server.as_ref());
    let http =
        links.iter().any(|link| matches!(of(link).endpoint.scheme.as_deref(), Some("http" | "ws")));
    if !http && !named {
        return Protocol::Unknown;
    }
    Protocol::Http {
        host: server.clone().unwrap_or_else(|| "localhost".into()),
        path: probe_path(request, server.as_deref()),
    }
}

/// The freshness of every server.
async fn images(
    engines: &[Connection],
    all: &Listed,
    servers: BTreeSet<usize>,
    request: &Request,
) -> Vec<(usize, Fact<Freshness>)> {
    let looks = servers.into_iter().map(|index| async move {
        let (engine, seen) = &all.seen[index];
        (index, in_time(request, image(&engines[*engine], seen, request)).await.into())
    });
    join_all(looks).await
}

/// The freshness of one server.
pub(super) async fn image(
    engine: &Connection,
    seen: &super::engine::Seen,
    request: &Request,
) -> Freshness {
    let origin = origin(seen, request);
    let mut freshness = fresh::freshness(engine, seen, origin.clone(), request.passive).await;
    if let Ok(Some(origin)) = &origin
        && !request.passive
    {
        let newest = fresh::now_is_newest(engine, seen, &freshness, origin).await;
        if let Fact::Known(tag) = &mut freshness.tag {
            tag.now_is_newest = newest;
        }
    }
    freshness
}

/// Where a server's source is: where the user says, else where Compose built it.
fn origin(seen: &super::engine::Seen, request: &Request) -> Result<Option<fresh::Origin>, String> {
    let named = request.sources.iter().find(|(name, _)| *name == seen.facts.name);
    match named {
        Some((_, context)) => {
            let compose = compose::origin(seen).ok().flatten();
            let same = |origin: &fresh::Origin| {
                origin.context.canonicalize().map(|folder| folder == *context)
            };
            let named_by = "--source".into();
            Ok(Some(match compose.map(|origin| (same(&origin), origin)) {
                // The Compose file knows the Dockerfile and the arguments besides.
                Some((Ok(true), origin)) => fresh::Origin { named_by, ..origin },
                other => fresh::Origin {
                    context: context.clone(),
                    settings: super::BuildSettings::default(),
                    named_by,
                    other: other.filter(|(same, _)| same.is_ok()).map(|(_, origin)| origin.context),
                },
            }))
        }
        None => compose::origin(seen),
    }
}
