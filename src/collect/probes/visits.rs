//! Every client's own view of its links, from its own place.

use super::{in_time, server_index, stand};
use crate::collect::client::{self, Journey, Return, Way, Witness};
use crate::collect::links::proven;
use crate::collect::remembered::Memory;
use crate::collect::stand::{Dial, Names, OwnNames, Stand, Stands};
use crate::collect::survey::{Listed, Request};
use crate::collect::trust::Verifier;
use crate::collect::turns::Turns;
use crate::collect::{places, replicas};
use checks::model::{Case, Fact, HOST_CLIENT, Link, Meant, Server, ServerKind, Snapshot, Vantage};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// Every client's own view, all clients at once.
pub(super) async fn visits(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &mut Snapshot,
    request: &Request,
) {
    let mut by_client: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (index, link) in snapshot.links.iter().enumerate() {
        by_client.entry((link.engine.clone(), link.client.clone())).or_default().push(index);
    }
    let (seen_so_far, turns) = (&*snapshot, &Turns::default());
    let journeys = by_client.into_iter().map(|((engine, client), links)| async move {
        let away = visit(stands, all, seen_so_far, (&engine, &client), &links, request, turns);
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
pub(in super::super) async fn visit(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &Snapshot,
    (engine, client): (&str, &str),
    links: &[usize],
    request: &Request,
    turns: &Turns,
) -> Result<(Vec<Return>, Vantage), String> {
    let stand = stand_of_client(stands, all, engine, client).await?;
    let names = own_names(&stand, client).await?;
    let journeys = links.iter().map(|&link| {
        let names = names.clone();
        journey(stands, all, snapshot, link, request, names, stand.vantage())
    });
    let journeys = join_all(journeys).await;
    Ok((client::run(journeys, &stand, turns).await, stand.vantage()))
}

/// A stand in the place of a link's client, or why there is none.
pub(in super::super) async fn stand_of_client(
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
    let is_its_own = match stand.vantage() {
        Vantage::StandIn => true,
        Vantage::Sidecar => client == HOST_CLIENT,
        Vantage::Proc | Vantage::Namespace => false,
    };
    if !is_its_own {
        return Ok(None);
    }
    stand.run(OwnNames {}).await.map(|given| Some(given.into()))
}

async fn journey<'a>(
    stands: &'a Stands<'_>,
    all: &'a Listed,
    snapshot: &'a Snapshot,
    index: usize,
    request: &Request,
    own_names: Option<Names>,
    from: Vantage,
) -> Journey<'a> {
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
    let is_http = link.endpoint.speaks_http();
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
            may_upgrade: scheme.is_some_and(may_upgrade),
            names: names.clone(),
            proxy: proxy(case),
        }),
        is_its_own,
        name: name.map(|name| (name, names)),
        way: Way {
            server: turn_at(link),
            addresses: addresses.unwrap_or_default(),
            witness: witness(stands, all, server_index(all, snapshot, index)).await,
        },
        replicas: replicas::ways(stands, all, snapshot, link).await,
        memory: Memory::of(case),
        verifier: all.find(&link.engine, &link.client).map(|index| {
            let (engine, seen) = &all.seen[index];
            Verifier { engine: stands.engine(*engine), seen }
        }),
        own: case
            .client()
            .map(|client| {
                case.attachments(client).iter().flat_map(|a| a.addresses.clone()).collect()
            })
            .unwrap_or_default(),
    }
}

/// At which server the clients of a link wait for their turns.
pub(in super::super) fn turn_at(link: &Link) -> String {
    match &link.server {
        Some(Server { container: Some(name), port, engine, .. }) => {
            format!("{} {name} {port}", engine.as_ref().unwrap_or(&link.engine))
        }
        _ => format!("{} {}:{}", link.engine, link.endpoint.host, link.endpoint.port),
    }
}

/// Who can read the server's counters: econn by its process, else whoever stands in its namespace by now.
pub(in super::super) async fn witness(
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
pub(in super::super) fn begins_with_tls(scheme: &str) -> bool {
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

/// Whether some clients of such a scheme ask for TLS in plain text all the same: then an answer in plain text proves nothing.
pub(in super::super) fn may_upgrade(scheme: &str) -> bool {
    matches!(scheme, "smtps" | "imaps" | "ftps" | "tls" | "ssl")
}

/// The path of HTTP requests to a server: the user's, else the root. The endpoint's own path is never requested unasked.
pub(in super::super) fn probe_path(request: &Request, server: Option<&str>) -> String {
    let named = request.probes.iter().find(|(name, _)| Some(name.as_str()) == server);
    named.map_or_else(|| "/".into(), |(_, path)| path.clone())
}

/// The proxy to which the client's variables send what is for this link, where it is one of HTTP.
fn proxy(case: Case<'_>) -> Option<(String, u16)> {
    let endpoint = &case.link.endpoint;
    let proxies = &case.client()?.proxies;
    let proxy = proxies.of(endpoint.scheme.as_deref()?)?;
    let is_known = case.link.server.as_ref().is_some_and(|s| s.kind != ServerKind::External);
    if !is_known || proxies.spares(&endpoint.host, endpoint.port) {
        return None;
    }
    let url: hyper::http::Uri = proxy.url.parse().ok()?;
    let port = url.port_u16().unwrap_or(80);
    (url.scheme_str() == Some("http")).then(|| (proxy.host.clone(), port))
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

pub(in super::super) fn fill(snapshot: &mut Snapshot, back: Return, from: Vantage) {
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
    link.tried = back.tried;
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
