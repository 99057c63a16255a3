//! One run's look at everything: list, find the links, read the ends, probe. The order is that of the data: each step needs
//! the one before it.

use super::compose::{self, Environment};
use super::crowd::Crowd;
use super::engine::{Connection, Engines, Membership, Seen};
use super::extra::Extra;
use super::gate::Gate;
use super::links::{self, Claim, Dialled, Named, World};
use super::searched::told_by_search_domains;
use super::sockets::{Sockets, machine_listeners, takes};
use super::stand::{Place, Stance, Stands};
use super::{ends, fresh, machine, places, probes, replicas, swarm};
use checks::model::{
    Container, Demand, Fact, HOST_CLIENT, Link, Meant, Network, SNAPSHOT_VERSION, ServerKind,
    Settings, Snapshot, Source, Written, is_loopback,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use tokio::time::Instant;

/// What one run is to look at.
#[derive(Clone)]
pub(crate) struct Request {
    /// Links that the user named.
    pub(crate) named: Vec<Named>,
    /// Links of which the project demands something. A client that does not exist is no slip of the pen here.
    pub(crate) demands: Vec<(Named, Demand)>,
    /// Containers that have to exist, each with the flag that names it.
    pub(crate) must_exist: Vec<(&'static str, String)>,
    /// Keep the links with one of these containers at an end; all when empty.
    pub(crate) containers: Vec<String>,
    /// Keep the links with a container of this Compose project at an end.
    pub(crate) project: Option<String>,
    /// The build contexts of servers, by name.
    pub(crate) sources: Vec<(String, PathBuf)>,
    /// The paths of HTTP probes, by server.
    pub(crate) probes: Vec<(String, String)>,
    /// What the project's own checks ask of every container.
    pub(crate) asks: Vec<super::Ask>,
    /// Send nothing and create nothing.
    pub(crate) passive: bool,
    /// What is done only when asked for.
    pub(crate) extra: Extra,
    /// Wait for nothing and leave the images out besides: a glance whether a full look is worth its while.
    pub(crate) glance: bool,
    /// The clients that come at once.
    pub(crate) crowd: Crowd,
    /// How far to go to look.
    pub(crate) stance: Stance,
    /// When the run has to end.
    pub(crate) deadline: Instant,
    /// The same, as the user gave it.
    pub(crate) limit: String,
}

/// Looks at everything once.
///
/// # Errors
///
/// One line when the user named what does not exist.
pub(crate) async fn survey(engines: Engines, request: &Request) -> Result<Snapshot, String> {
    let started = jiff::Timestamp::now();
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
        return Err(why);
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
        logged: Vec::new(),
        own: Vec::new(),
        redactions: BTreeMap::new(),
    };
    told_by_hosts_files(&all, &mut snapshot, request.stance);
    if told_by_search_domains(&all, &mut snapshot) {
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
    stands.close().await;
    if snapshot.links.is_empty() {
        snapshot.notes.push(nothing_found(&snapshot, &engines));
    }
    Ok(Gate::of(all.seen.iter().map(|(_, seen)| seen)).pass(snapshot))
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
        self.seen.iter().position(|(_, s)| s.facts.engine == engine && s.facts.name == name)
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

impl Request {
    /// Everything that the user named has to exist: a slip of the pen must not look like a healthy run.
    fn names_exist(&self, all: &Listed) -> Result<(), String> {
        let known =
            |name: &str| name == HOST_CLIENT || all.seen.iter().any(|(_, s)| s.facts.name == name);
        for (flag, name) in &self.must_exist {
            if !known(name) {
                let near = all
                    .seen
                    .iter()
                    .map(|(_, s)| s.facts.name.as_str())
                    .min_by_key(|n| strsim::damerau_levenshtein(n, name));
                let hint = near.map_or_else(
                    || "no container exists".to_owned(),
                    |n| format!("did you mean {n}?"),
                );
                let name = crate::redact::shown(name);
                return Err(format!("{flag}: there is no container {name}; {hint}"));
            }
        }
        if let Some(project) = &self.project
            && !all
                .seen
                .iter()
                .any(|(_, s)| s.facts.compose.as_ref().is_some_and(|c| c.project == *project))
        {
            return Err(no_project(all, project));
        }
        Ok(())
    }

    pub(super) fn keeps(&self, all: &Listed, link: &Link) -> bool {
        let server = link.server.as_ref().and_then(|s| s.container.as_deref());
        let server_engine =
            link.server.as_ref().and_then(|s| s.engine.as_deref()).unwrap_or(&link.engine);
        let named = self.containers.is_empty()
            || self.containers.iter().any(|n| *n == link.client || Some(n.as_str()) == server);
        let project = |engine: &str, name: &str| {
            let (_, seen) = &all.seen[all.find(engine, name)?];
            seen.facts.compose.as_ref().map(|c| c.project.clone())
        };
        // Whose client is not there yet may belong to any project.
        let is_to_come = link.demand.is_some() && all.find(&link.engine, &link.client).is_none();
        let of_project = self.project.as_ref().is_none_or(|wanted| {
            is_to_come
                || project(&link.engine, &link.client).as_ref() == Some(wanted)
                || server.and_then(|name| project(server_engine, name)).as_ref() == Some(wanted)
        });
        named && of_project
    }
}

/// That nothing belongs to a project of that name, and which one may be meant.
fn no_project(all: &Listed, project: &str) -> String {
    let projects = all.seen.iter().filter_map(|(_, s)| s.facts.compose.as_ref());
    let near = projects
        .map(|compose| compose.project.as_str())
        .min_by_key(|known| (strsim::damerau_levenshtein(known, project), *known));
    let hint = near.map_or_else(
        || "no container belongs to any".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    let project = crate::redact::shown(project);
    format!("--project: no container belongs to a Compose project {project}; {hint}")
}

/// What every container is told, and what the user says that some are.
async fn claims(
    engines: &[Connection],
    all: &mut Listed,
    request: &Request,
    notes: &mut Vec<String>,
) -> Vec<Claim> {
    let facts = all.facts();
    let carriers = links::carriers(&facts);
    let mut claims = Vec::new();
    let program = compose::program(&|name| std::env::var(name).ok());
    for (me, (engine, seen)) in all.seen.iter_mut().enumerate() {
        let is_name =
            |name: &str| carriers.get(name).is_some_and(|all| all.iter().any(|one| *one != me));
        let found = links::gather(&engines[*engine], seen, &is_name).await;
        (seen.facts.unread_files, seen.facts.unread_names) = found.unread.into_iter().unzip();
        seen.facts.proxies = links::proxies(&seen.raw.env);
        seen.facts.unverified = links::unverified(&seen.raw.env, &seen.raw.argv);
        notes.extend(found.notes);
        if let Some(labels) = &mut seen.facts.compose
            && engines[*engine].is_docker_here()
        {
            labels.program = labels.program.take().or_else(|| program.clone());
        }
        claims.extend(told_to(seen, found.told, &is_name));
    }
    claims.extend(named(engines, all, request));
    links::merge(claims)
}

/// What one container is told, as claims.
pub(super) fn told_to(
    seen: &Seen,
    told: Vec<(links::told::Told, Source, Option<Written>)>,
    is_name: &dyn Fn(&str) -> bool,
) -> Vec<Claim> {
    let files = Environment::of(seen, is_name);
    let told = told.into_iter().filter(|(told, _, _)| links::is_link(told));
    told.map(|(told, source, written)| {
        let said = files.as_ref().map(|files| files.says(&source, &told)).unwrap_or_default();
        Claim {
            engine: seen.facts.engine.clone(),
            client: seen.facts.name.clone(),
            told,
            sources: std::iter::once(source).chain(said.places).collect(),
            written: written.into_iter().chain(said.written).collect(),
            retold: said.retold,
            demand: None,
        }
    })
    .collect()
}

/// The links that the user and the project named, as claims.
pub(super) fn named(engines: &[Connection], all: &Listed, request: &Request) -> Vec<Claim> {
    let mut claims = Vec::new();
    let named = request.named.iter().map(|named| (named, None));
    let demanded = request.demands.iter().map(|(named, demand)| (named, Some(*demand)));
    for (named, demand) in named.chain(demanded) {
        let mut of = engines_of(engines, all, named);
        if of.is_empty() && demand.is_some() {
            of.extend(engines.first().map(|c| c.facts.name.clone()));
        }
        for engine in of {
            claims.push(Claim {
                engine,
                client: named.client.clone(),
                told: named.told.clone(),
                sources: vec![Source::Flag],
                written: Vec::new(),
                retold: None,
                demand,
            });
        }
    }
    claims
}

/// The engines in which a link that the user named is meant: those that have the client; for a process of the machine the
/// one that has the server, else the first.
fn engines_of(engines: &[Connection], all: &Listed, named: &Named) -> Vec<String> {
    if named.client != HOST_CLIENT {
        return all
            .seen
            .iter()
            .filter(|(_, s)| s.facts.name == named.client)
            .map(|(_, s)| s.facts.engine.clone())
            .collect();
    }
    let port = named.told.port.unwrap_or(0);
    let serves = |c: &Container| c.published_as(port).is_some() || c.is_named(&named.told.host);
    let with_server =
        all.seen.iter().find(|(_, s)| serves(&s.facts)).map(|(_, s)| s.facts.engine.clone());
    with_server.or_else(|| engines.first().map(|c| c.facts.name.clone())).into_iter().collect()
}

/// Gives clients that were started moments ago the time to listen themselves, where the verdict rests on it.
async fn settle(all: &Listed, claims: &[Claim], stance: Stance) {
    let facts = all.facts();
    let world =
        World { containers: &facts, networks: &all.networks, machine: &[], listens: &|_, _| false };
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
            futures_util::future::join(asked, look).await
        })
    });
    futures_util::future::join_all(looks).await;
}

/// A name that nobody carries, or that looks like one of the outside world, may stand in the client's own hosts file: then
/// it means what the address there means.
pub(super) fn told_by_hosts_files(all: &Listed, snapshot: &mut Snapshot, stance: Stance) {
    let (containers, networks) = (snapshot.containers.clone(), snapshot.networks.clone());
    let listens = |container: &Container, port: u16| {
        container
            .listeners
            .value()
            .is_some_and(|rows| rows.iter().any(|l| l.address.port() == port))
    };
    let machine = machine::addresses();
    let world = World {
        containers: &containers,
        networks: &networks,
        machine: &machine,
        listens: &listens,
    };
    for link in &mut snapshot.links {
        if !matches!(link.meant, Meant::Nobody | Meant::External)
            || link.endpoint.malformed.is_some()
        {
            continue;
        }
        let client = containers.iter().find(|c| c.engine == link.engine && c.name == link.client);
        let lines = client.and_then(|c| c.hosts.value()).into_iter().flatten();
        let host = &link.endpoint.host;
        let line =
            lines.into_iter().find(|line| line.names.iter().any(|n| n.eq_ignore_ascii_case(host)));
        if let Some(line) = line {
            let address = line.address.to_string();
            if is_loopback(&address)
                && let Some(index) = all.find(&link.engine, &link.client)
            {
                let rows =
                    links::proven(&all.seen[index].1).and_then(|pid| ends::listeners(&pid, stance));
                link.listens_itself =
                    rows.map(|rows| takes(&rows, &address, link.endpoint.port)).into();
            }
            let itself = link.listens_itself == Fact::Known(true);
            let dialled = Dialled {
                engine: &link.engine,
                client: &link.client,
                host: &address,
                port: link.endpoint.port,
                listens_itself: itself,
            };
            let (server, meant) = world.meaning(dialled);
            link.meant = if meant == Meant::Address { Meant::Name } else { meant };
            link.server = server;
        }
    }
}

pub(super) fn nothing_found(snapshot: &Snapshot, engines: &Engines) -> String {
    if engines.connections.is_empty() {
        return format!("EC906 no engine answers: {}", engines.asked.join("; "));
    }
    let count = snapshot.containers.len();
    let names =
        engines.connections.iter().map(|c| c.facts.name.as_str()).collect::<Vec<_>>().join(", ");
    format!(
        "EC901 no link found: the environment, the command line and the mounted configuration files of {count} containers \
         ({names}) tell no address of another container; name one with --link CLIENT=URL"
    )
}
