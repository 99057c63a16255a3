//! One run's look at everything: list, find the links, read the ends, probe. The order is that of the data: each step needs
//! the one before it.

mod claims;
mod request;

use super::engine::{Connection, Engines, Membership, Seen};
use super::gate::Gate;
use super::links::{Claim, Dialled, World};
use super::searched::told_by_search_domains;
use super::sockets::{Sockets, machine_listeners};
use super::stand::{Place, Stance, Stands};
use super::{ends, fresh, machine, places, probes, replicas, swarm};
use crate::exit::Failure;
use checks::model::{
    Container, Fact, Link, Machine, Meant, Network, NetworkMode, SNAPSHOT_VERSION, ServerKind,
    Settings, Snapshot,
};
use checks::notes::{NO_ENGINE, NO_LINK};
use claims::claims;
pub(super) use claims::{named, told_to};
use futures_util::StreamExt;
pub(crate) use request::{Request, keep_project};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// Ends that are looked at at once. Each may take threads of its own.
const LOOKS: usize = 64;
/// How much longer than the run the helpers' removal may take.
const CLOSING: Duration = Duration::from_millis(400);

/// Looks at everything once.
///
/// # Errors
///
/// One line when the user named what does not exist, or what may exist in an engine that does not answer.
pub(crate) async fn survey(engines: Engines, request: &Request) -> Result<Snapshot, Failure> {
    let started = jiff::Timestamp::now();
    engines.connections.iter().for_each(|engine| engine.look_until(request.deadline));
    let mut facts: Vec<_> = engines.connections.iter().map(|c| c.facts.clone()).collect();
    let mut notes = Vec::new();
    let mut all = Listed::default();
    let listings = engines.connections.iter().map(|c| async {
        let late =
            |_| format!("it did not list its containers within {} (--timeout)", request.limit);
        tokio::time::timeout_at(request.deadline, list(c, started)).await.map_err(late)?
    });
    let mut members = Vec::new();
    let stands = Stands::new(&engines.connections, request.stance, request.deadline);
    let listings = futures_util::future::join_all(listings);
    let (listings, ()) = futures_util::future::join(listings, stands.prepare()).await;
    for (index, listing) in listings.into_iter().enumerate() {
        members.push(None);
        match listing {
            Ok((seen, networks, member, seen_notes)) => {
                facts[index].node = member.as_ref().map(|member| member.node.clone());
                members[index] = member;
                all.seen.extend(seen.into_iter().map(|s| (index, s)));
                all.networks.extend(networks);
                notes.extend(seen_notes);
            }
            Err(why) => facts[index].error = Some(why),
        }
    }
    swarm::join(&engines.connections, &mut all, &members, &mut notes).await;
    facts.extend(engines.silent.iter().cloned());
    facts.sort_by(|a, b| a.name.cmp(&b.name));
    if facts.iter().any(|e| e.error.is_none())
        && let Err(why) = request.names_exist(&all)
    {
        stands.close().await;
        // An engine that was not seen may have it.
        return Err(match facts.iter().find_map(|e| Some((&e.name, e.error.as_ref()?))) {
            Some((name, silent)) => Failure::incomplete(format!("{why} {name} may: {silent}")),
            None => Failure::usage(why),
        });
    }
    let connections = &engines.connections;
    if let Some(why) = request.stance.forbids_proc() {
        all.seen.iter_mut().for_each(|(_, seen)| seen.raw.hidden = Some(why.clone()));
    }
    let claims = claims(connections, &mut all, request, &mut notes).await;
    if !request.glance {
        settle(&all, &claims, request.stance).await;
    }
    let sockets = Sockets::new(&all, &stands);
    let links = sockets.links(claims, |link| request.keeps(&all, link)).await;
    look_at_ends(&stands, &mut all, &links, !request.glance).await;
    let mut snapshot = Snapshot {
        snapshot_version: SNAPSHOT_VERSION,
        econn: env!("CARGO_PKG_VERSION").into(),
        taken_at: started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        settings: Settings { passive: request.passive, parallel_clients: request.crowd.clients },
        engines: facts,
        containers: all.facts(),
        networks: all.networks.clone(),
        host_listeners: Fact::Skipped("no link ends on the engine's machine".into()),
        links,
        notes,
        machines: BTreeMap::new(),
        logged: Vec::new(),
        own: Vec::new(),
        redactions: BTreeMap::new(),
    };
    let sockets = Sockets::new(&all, &stands);
    let is_led = told_by_hosts_files(&sockets, &snapshot.containers, &mut snapshot.links);
    if told_by_search_domains(&all, &mut snapshot) || is_led {
        look_at_ends(&stands, &mut all, &snapshot.links, !request.glance).await;
        snapshot.containers = all.facts();
    }
    for (container, (_, seen)) in snapshot.containers.iter_mut().zip(&all.seen) {
        container.answers = request.asks.iter().map(|ask| ask.of(&seen.raw)).collect();
    }
    if let Some(link) = snapshot.links.iter().find(|link| ends_on_machine(link)) {
        let engine = stands.place_of(&link.engine);
        snapshot.host_listeners = machine_listeners(&stands, engine, &all).await.into();
    }
    probes::probe(&stands, &all, &mut snapshot, request).await;
    of_this_machine(&stands, connections, &mut snapshot);
    // What was seen is not lost to helpers that go slowly: those that are left then are removed when all is said.
    drop(tokio::time::timeout_at(request.deadline + CLOSING, stands.close()).await);
    if snapshot.links.is_empty() {
        snapshot.notes.push(nothing_found(&snapshot, &engines));
    }
    let seen = all.seen.iter().map(|(_, seen)| seen);
    Ok(Gate::of(seen, request.told()).pass(snapshot))
}

/// What the kernel of this machine does with everybody's connections, for the engines that are here.
pub(super) fn of_this_machine(
    stands: &Stands<'_>,
    engines: &[Connection],
    snapshot: &mut Snapshot,
) {
    let is_here = |at: &usize| stands.is_here(*at).is_ok();
    let here: Vec<usize> = (0..engines.len()).filter(is_here).collect();
    if here.is_empty() || machine::of_engines(&snapshot.networks).is_err() {
        return;
    }
    let machine =
        Machine { tracked: machine::tracked(), routes: machine::routes(&snapshot.networks) };
    let names = here.into_iter().map(|at| engines[at].facts.name.clone());
    snapshot.machines = names.map(|name| (name, machine.clone())).collect();
}

/// Whether the server is a process of the engine's machine.
pub(super) fn ends_on_machine(link: &Link) -> bool {
    link.server.as_ref().is_some_and(|s| s.kind == ServerKind::Host && s.container.is_none())
}

/// Everything that the engines listed.
#[derive(Clone, Default)]
pub(super) struct Listed {
    /// The containers, each with the place of its engine's connection.
    pub(super) seen: Vec<(usize, Seen)>,
    pub(super) networks: Vec<Network>,
}

impl Listed {
    pub(super) fn facts(&self) -> Vec<Container> {
        self.seen.iter().map(|(_, s)| s.facts.clone()).collect()
    }

    /// The container of that name in that engine.
    pub(super) fn find(&self, engine: &str, name: &str) -> Option<usize> {
        self.seen.iter().position(|(_, s)| s.facts.name == name && s.facts.engine == engine)
    }
}

async fn list(
    engine: &Connection,
    now: jiff::Timestamp,
) -> Result<(Vec<Seen>, Vec<Network>, Option<Membership>, Vec<String>), String> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 fit into the 52 bits of a double"
    )]
    let now = now.as_millisecond() as f64 / 1000.0;
    let (containers, networks) =
        futures_util::future::join(engine.containers(now), engine.networks()).await;
    let ((seen, notes), networks) = (containers?, networks?);
    let member = engine.membership(&networks).await;
    Ok((seen, networks, member, notes))
}

/// Gives clients that were started moments ago the time to listen themselves, where the verdict rests on it.
async fn settle(all: &Listed, claims: &[Claim], stance: Stance) {
    let is_young = |claim: &&Claim| {
        let client = all.find(&claim.engine, &claim.client);
        client.is_some_and(|index| ends::is_young(&all.seen[index].1))
    };
    let claims: Vec<&Claim> = claims.iter().filter(is_young).collect();
    if claims.is_empty() {
        return;
    }
    let facts: Vec<&Container> = all.seen.iter().map(|(_, seen)| &seen.facts).collect();
    let world = World {
        containers: &facts,
        networks: &all.networks,
        machine: &[],
        listens: &|_, _| false,
        holds: &|_, _| Some(false),
    };
    let waits = claims.iter().filter_map(|claim| {
        let (_, client) = &all.seen[all.find(&claim.engine, &claim.client)?];
        let (engine, name, host, port) =
            (&claim.engine, &claim.client, &claim.told.host, claim.told.port?);
        let dialled = Dialled { engine, client: name, host, port, listens_itself: false };
        world.rests_on_own_sockets(dialled).then(|| ends::settle(client, stance, port))
    });
    futures_util::future::join_all(waits).await;
}

/// Reads the ends of the links, and nothing else, in detail.
async fn look_at_ends(stands: &Stands<'_>, all: &mut Listed, links: &[Link], patient: bool) {
    let mut wanted: HashMap<usize, BTreeSet<u16>> = HashMap::new();
    for link in links {
        if let Some(index) = all.find(&link.engine, &link.client) {
            wanted.entry(index).or_default();
        }
        if let Some(server) = &link.server
            && let Some(name) = &server.container
            && let Some(index) = all.find(server.engine.as_deref().unwrap_or(&link.engine), name)
        {
            wanted.entry(index).or_default().insert(server.port);
            for replica in replicas::places(all, link) {
                wanted.entry(replica).or_default().insert(server.port);
            }
        }
    }
    // Whether an end stands in the namespace that it is said to join is seen by those of both.
    let owner = |index: &usize| {
        let facts = &all.seen[*index].1.facts;
        let NetworkMode::Container(owner) = &facts.network_mode else { return None };
        all.find(&facts.engine, owner)
    };
    let owners: Vec<usize> = wanted.keys().filter_map(owner).collect();
    for owner in owners {
        wanted.entry(owner).or_default();
    }
    let mut places: HashMap<usize, Place> =
        wanted.keys().map(|&index| (index, places::of_running(all, index))).collect();
    let looks = all.seen.iter_mut().enumerate().filter_map(|(index, (engine, seen))| {
        let awaited: Vec<u16> = wanted.get(&index)?.iter().copied().collect();
        let (engine, place) = (*engine, places.remove(&index)?);
        // The engine answers for the server's image, of which is asked later, while the kernel is looked at.
        let image = fresh::named_image(seen).filter(|_| patient && !awaited.is_empty());
        let image = image.map(ToOwned::to_owned);
        Some(async move {
            let asked = async {
                if let Some(image) = image {
                    drop(stands.engine(engine).image(&image).await);
                }
            };
            let look = ends::look(stands, engine, place, seen, &awaited, patient);
            futures_util::future::join(asked, look).await;
        })
    });
    futures_util::stream::iter(looks).buffer_unordered(LOOKS).collect::<()>().await;
}

/// A name that nobody carries, or that looks like one of the outside world, may stand in the client's own hosts file: then
/// it means what the address there means. So does a container's, where the address is one of the machine at which it is
/// published. True where that is another server, or another of its ports.
pub(super) fn told_by_hosts_files(
    sockets: &Sockets<'_>,
    containers: &[Container],
    links: &mut [Link],
) -> bool {
    let mut changed = false;
    let may_be_led = |link: &&mut Link| {
        matches!(link.meant, Meant::Nobody | Meant::External | Meant::Name)
            && link.endpoint.malformed.is_none()
    };
    for link in links.iter_mut().filter(may_be_led) {
        let is_client = |c: &&Container| c.engine == link.engine && c.name == link.client;
        let client = containers.iter().find(is_client);
        let mut hosts = client.and_then(|c| c.hosts.value()).into_iter().flatten();
        let is_dialled = |name: &String| name.eq_ignore_ascii_case(&link.endpoint.host);
        if let Some(line) = hosts.find(|line| line.names.iter().any(is_dialled)) {
            let mut led = link.clone();
            sockets.lead(&mut led, line.address);
            let of_server = |link: &Link| link.server.as_ref().map(|s| s.container.clone());
            // Whom a container's name leads astray is still told to call that container.
            let is_meant = link.meant != Meant::Name
                || led.meant == Meant::HostPublished && of_server(&led) == of_server(link);
            if is_meant {
                changed |= led.server != link.server;
                *link = led;
            }
        }
    }
    changed
}

pub(super) fn nothing_found(snapshot: &Snapshot, engines: &Engines) -> String {
    if engines.connections.is_empty() {
        return NO_ENGINE.says(format!("no engine answers: {}", engines.asked.join("; ")));
    }
    let count = snapshot.containers.len();
    let names =
        engines.connections.iter().map(|c| c.facts.name.as_str()).collect::<Vec<_>>().join(", ");
    NO_LINK.says(format!(
        "no link found: the environment, the command line and the mounted configuration files of {count} containers \
         ({names}) tell no TCP address of another container; name one with --link CLIENT=URL"
    ))
}
