//! Sends the probes of one run: each client's own view from its namespace first, then every server port once, and beside
//! them the comparison of images. What time or rights do not allow becomes a reason.

use super::again::again;
use super::client::{self, Journey, Return, Way, Witness};
use super::crowd::crowds;
use super::engine::Connection;
use super::links::proven;
use super::probe::Protocol;
use super::server::{self, Patience, Port};
use super::stand::{Dial, Names, OwnNames, Stand, Stands};
use super::survey::{Listed, Request};
use super::{compose, fresh, limits, places, replicas};
use checks::model::{
    Case, Concurrency, Connect, Fact, Freshness, HOST_CLIENT, Link, Meant, Snapshot, Vantage,
};
use futures_util::future::{join, join_all};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Fills the snapshot's probed facts in.
pub(super) async fn probe(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &mut Snapshot,
    request: &Request,
) {
    let mut servers: BTreeSet<usize> =
        (0..snapshot.links.len()).filter_map(|link| server_index(all, snapshot, link)).collect();
    let pictured = if request.glance { BTreeSet::new() } else { servers.clone() };
    servers.extend(snapshot.links.iter().flat_map(|link| replicas::places(all, link)));
    let images = images(stands, all, pictured, request);
    let active = async {
        if request.passive {
            for link in &mut snapshot.links {
                passive(link);
            }
        } else {
            visits(stands, all, snapshot, request).await;
            holds(stands, all, snapshot, request).await;
            crowds(stands, all, snapshot, request).await;
        }
    };
    let ((), images) = join(active, images).await;
    for &index in &servers {
        limits(all, snapshot, index, request.passive);
    }
    again(stands, all, snapshot, &servers, request).await;
    for (index, freshness) in images {
        snapshot.containers[index].freshness = freshness;
    }
    if request.verify_build {
        servers.retain(|index| snapshot.containers[*index].freshness.value().is_some());
        builds(stands, all, snapshot, &servers, request).await;
    }
}

/// What builds of the servers' sources give, one after the other and after all probes: a build takes the processors.
async fn builds(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &mut Snapshot,
    servers: &BTreeSet<usize>,
    request: &Request,
) {
    // What is removed again needs a moment, too.
    let deadline = request.deadline - Duration::from_secs(2);
    for &index in servers {
        let (engine, seen) = &all.seen[index];
        let Fact::Known(freshness) = &mut snapshot.containers[index].freshness else { continue };
        if let Ok(Some(origin)) = origin(seen, request) {
            let built = fresh::rebuilt(stands.engine(*engine), seen, &origin, deadline).await;
            freshness.rebuilt = Some(built.into());
        }
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
    for replica in &mut link.replicas {
        (replica.path, replica.concurrency) = (Fact::Skipped(why()), Fact::Skipped(why()));
    }
}

/// The place of a link's server among the containers, which the snapshot and the listing share.
fn server_index(all: &Listed, snapshot: &Snapshot, link: usize) -> Option<usize> {
    let link = &snapshot.links[link];
    let server = link.server.as_ref()?;
    all.find(server.engine.as_deref().unwrap_or(&link.engine), server.container.as_deref()?)
}

/// A stand in a container's place, or why there is none.
async fn stand(stands: &Stands<'_>, all: &Listed, index: usize) -> Result<Arc<Stand>, String> {
    let (engine, seen) = &all.seen[index];
    if seen.facts.state.is_up() {
        return stands.at(*engine, places::of_running(all, index)).await;
    }
    if !stands.makes_sidecars() {
        return Err(format!("{} is {}", seen.facts.name, seen.facts.state.status));
    }
    stands.at(*engine, places::of_dead(seen)?).await
}

/// The work's outcome, or the run's limit as the reason.
pub(super) async fn in_time<T>(
    request: &Request,
    work: impl Future<Output = T>,
) -> Result<T, String> {
    let late = |_| format!("the run's limit of {} was reached (--timeout)", request.limit);
    tokio::time::timeout_at(request.deadline, work).await.map_err(late)
}

/// Every client's own view, all clients at once.
async fn visits(stands: &Stands<'_>, all: &Listed, snapshot: &mut Snapshot, request: &Request) {
    let mut by_client: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (index, link) in snapshot.links.iter().enumerate() {
        by_client.entry((link.engine.clone(), link.client.clone())).or_default().push(index);
    }
    let seen_so_far = &*snapshot;
    let journeys = by_client.into_iter().map(|((engine, client), links)| async move {
        let away = visit(stands, all, seen_so_far, (&engine, &client), &links, request);
        let seen = in_time(request, away).await.and_then(|seen| seen);
        (links, seen)
    });
    for (links, seen) in join_all(journeys).await {
        match seen {
            Ok((returns, from)) => returns.into_iter().for_each(|back| fill(snapshot, back, from)),
            Err(why) => links.iter().for_each(|link| unseen(snapshot, *link, &why)),
        }
    }
}

/// One client's own view of its links, from its place.
pub(super) async fn visit(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &Snapshot,
    (engine, client): (&str, &str),
    links: &[usize],
    request: &Request,
) -> Result<(Vec<Return>, Vantage), String> {
    let stand = stand_of_client(stands, all, engine, client).await?;
    let names = own_names(&stand, client).await?;
    let journeys = links.iter().map(|&link| {
        let names = names.clone();
        journey(stands, all, snapshot, link, request, names, stand.vantage())
    });
    let journeys = join_all(journeys).await;
    Ok((client::run(journeys, &stand).await, stand.vantage()))
}

/// A stand in the place of a link's client, or why there is none.
pub(super) async fn stand_of_client(
    stands: &Stands<'_>,
    all: &Listed,
    engine: &str,
    client: &str,
) -> Result<Arc<Stand>, String> {
    if client == HOST_CLIENT {
        let engine = stands.place_of(engine);
        return stands.at(engine, places::of_machine(stands, engine, &all.networks)).await;
    }
    let index = all.find(engine, client);
    stand(stands, all, index.ok_or_else(|| format!("there is no container {client}"))?).await
}

/// How names are resolved at a stand that has its own way to, where nobody else's can be read.
async fn own_names(stand: &Stand, client: &str) -> Result<Option<Names>, String> {
    match stand.vantage() {
        Vantage::StandIn => stand.run(OwnNames {}).await.map(Some),
        Vantage::Sidecar if client == HOST_CLIENT => stand.run(OwnNames {}).await.map(Some),
        _ => Ok(None),
    }
}

async fn journey(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &Snapshot,
    index: usize,
    request: &Request,
    own_names: Option<Names>,
    from: Vantage,
) -> Journey {
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
    // Who is kept apart on purpose is tried at every address, whatever networks there are.
    let is_forbidden = link.is_forbidden() && running && !case.shares_namespace();
    let addresses = server.filter(|_| asks_name || is_forbidden).map(|s| {
        let on_common = case
            .attachments(s.container)
            .iter()
            .filter(|a| is_forbidden || common.iter().any(|n| n.name == a.network));
        on_common.flat_map(|a| &a.addresses).map(|ip| SocketAddr::new(*ip, s.port)).collect()
    });
    let scheme = link.endpoint.scheme.as_deref();
    let is_http = matches!(scheme, Some("http" | "ws" | "https" | "wss"));
    // What is a stand-in's own is not the client's.
    let is_its_own = from == Vantage::StandIn
        && (link.endpoint.is_loopback()
            || case.client().is_some_and(|c| c.is_named(&link.endpoint.host)));
    let dialled = !case.is_outside()
        && link.endpoint.malformed.is_none()
        && link.endpoint.port != 0
        && !is_its_own;
    let names = own_names.map_or_else(|| names(&case), Ok);
    let server = link.server.as_ref().and_then(|s| s.container.as_deref());
    Journey {
        link: index,
        dial: dialled.then(|| Dial {
            host: link.endpoint.host.clone(),
            port: link.endpoint.port,
            http_path: is_http.then(|| probe_path(request, server)),
            speaks_tls: scheme.is_some_and(begins_with_tls),
            names: names.clone(),
        }),
        is_its_own,
        name: name.map(|name| (name, names)),
        way: Way {
            addresses: addresses.unwrap_or_default(),
            witness: witness(stands, all, server_index(all, snapshot, index)).await,
        },
        replicas: replicas::ways(stands, all, snapshot, link).await,
        own: case
            .client()
            .map(|client| {
                case.attachments(client).iter().flat_map(|a| a.addresses.clone()).collect()
            })
            .unwrap_or_default(),
    }
}

/// Who can read the server's counters: econn by its process, else whoever stands in its namespace by now.
pub(super) async fn witness(
    stands: &Stands<'_>,
    all: &Listed,
    server: Option<usize>,
) -> Option<Witness> {
    let index = server?;
    let (engine, seen) = &all.seen[index];
    if let Ok(pid) = proven(seen) {
        return Some(Witness::Process(pid));
    }
    let is_up = seen.facts.state.is_up() && stands.makes_sidecars();
    let place = is_up.then(|| places::of_running(all, index))?;
    stands.at(*engine, place).await.ok().map(Witness::Stand)
}

/// Whether the scheme's clients shake hands before anything else. Others (Postgres, say) ask in plain text first.
pub(super) fn begins_with_tls(scheme: &str) -> bool {
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
pub(super) fn probe_path(request: &Request, server: Option<&str>) -> String {
    let named = request.probes.iter().find(|(name, _)| Some(name.as_str()) == server);
    named.map_or_else(|| "/".into(), |(_, path)| path.clone())
}

/// The client's name servers and hosts file; for a process of the machine the machine's.
fn names(case: &Case<'_>) -> Result<Names, String> {
    let Some(client) = case.client() else { return Ok(Names::here()) };
    match (&client.resolver, &client.hosts) {
        (Fact::Known(config), Fact::Known(hosts)) => {
            Ok(Names { config: config.clone(), hosts: hosts.clone() })
        }
        (Fact::Unknown(why) | Fact::Skipped(why), _)
        | (_, Fact::Unknown(why) | Fact::Skipped(why)) => Err(why.clone()),
    }
}

pub(super) fn fill(snapshot: &mut Snapshot, back: Return, from: Vantage) {
    let none_needed =
        "no name is asked for: the server does not run, or shares no network with the client";
    let link = &mut snapshot.links[back.link];
    link.vantage = Some(from);
    link.visit = match back.visit {
        Some(visit) => visit.into(),
        None if back.is_its_own => Fact::Unknown(format!(
            "{} does not run, and the loopback of a stand-in is not its own",
            link.client
        )),
        None => Fact::Skipped("the endpoint is not dialled".into()),
    };
    link.lookup = back.lookup.map_or_else(|| Fact::Skipped(none_needed.into()), Fact::from);
    let way = |path: Option<Result<_, _>>| {
        path.map_or_else(
            || Fact::Unknown("the server has no address on a common network".into()),
            Fact::from,
        )
    };
    link.path = way(back.path);
    for (replica, path) in link.replicas.iter_mut().zip(back.replicas) {
        replica.path = way(path);
    }
}

fn unseen(snapshot: &mut Snapshot, link: usize, why: &str) {
    let link = &mut snapshot.links[link];
    link.visit = Fact::Unknown(why.into());
    link.lookup = Fact::Unknown(why.into());
    link.path = Fact::Unknown(why.into());
    for replica in &mut link.replicas {
        replica.path = Fact::Unknown(why.into());
    }
}

/// Every server port once and one after the other, after the visits: two probes at one port would disturb each other, and so
/// may those of two servers, where one waits for the other. A proxy whose back end is held answers nobody, either.
async fn holds(stands: &Stands<'_>, all: &Listed, snapshot: &mut Snapshot, request: &Request) {
    let mut ports: BTreeMap<(usize, u16), Vec<usize>> = BTreeMap::new();
    for link in 0..snapshot.links.len() {
        let Some(container) = server_index(all, snapshot, link) else { continue };
        if snapshot.links[link].is_forbidden() {
            continue;
        }
        let port = snapshot.links[link].server.as_ref().map_or(0, |s| s.port);
        ports.entry((container, port)).or_default().push(link);
        for replica in replicas::places(all, &snapshot.links[link]) {
            ports.entry((replica, port)).or_default().push(link);
        }
    }
    // The probes end a little before the run, so that what they saw until then is kept.
    let patience = Patience::Until(request.deadline - Duration::from_millis(200));
    let held = |container: usize, port: u16, links: &[usize]| {
        let held = held(stands, all, snapshot, request, (container, port), links, patience);
        async move { in_time(request, held).await.unwrap_or_else(Fact::Unknown) }
    };
    let mut facts = Vec::new();
    for ((container, port), links) in &ports {
        facts.push(Box::pin(held(*container, *port, links)).await);
    }
    for (fact, ((container, _), links)) in facts.into_iter().zip(ports) {
        let name = &all.seen[container].1.facts.name;
        for link in links {
            replicas::learn(&mut snapshot.links[link], name, &fact);
        }
    }
}

/// The hold test of one port.
pub(super) fn held<'a>(
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
    let server = links.iter().find_map(|link| of(link).server.as_ref()?.container.clone());
    let named = request.probes.iter().any(|(name, _)| Some(name) == server.as_ref());
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

/// The freshness of every server.
async fn images(
    stands: &Stands<'_>,
    all: &Listed,
    servers: BTreeSet<usize>,
    request: &Request,
) -> Vec<(usize, Fact<Freshness>)> {
    let looks = servers.into_iter().map(|index| async move {
        let (engine, seen) = &all.seen[index];
        (index, in_time(request, image(stands.engine(*engine), seen, request)).await.into())
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
