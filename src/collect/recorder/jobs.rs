//! What goes on at one time. A job borrows nothing that is recorded, so that the record goes on meanwhile.

use crate::collect::client::Return;
use crate::collect::engine::{Connection, Membership, Seen};
use crate::collect::links::{self, Gathered};
use crate::collect::server::Patience;
use crate::collect::stand::{Place, Stands};
use crate::collect::survey::{Listed, Request};
use crate::collect::turns::Turns;
use crate::collect::{ends, probes, registry};
use checks::model::{Concurrency, Fact, Freshness, Network, Snapshot, Vantage};
use checks::notes::UNREADABLE;
use futures_util::future::{LocalBoxFuture, join};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// No job takes longer.
pub(super) const LIMIT: Duration = Duration::from_secs(8);
/// What the end of a job's probes may take after that.
const MOMENT: Duration = Duration::from_secs(1);
/// A port that nobody waits for: the sockets are to be read all the same.
const ANY: u16 = 0;

/// Something under way.
pub(super) type Job<'a> = LocalBoxFuture<'a, Update>;

/// One server's port: the engine's place, the container's name, its image and the port. A container that is made anew from
/// the same image is the same server.
pub(super) type PortKey = (usize, String, String, u16);

/// The containers that an engine knows by now.
pub(super) struct Names {
    /// By id.
    pub(super) by_id: HashMap<String, String>,
    /// Every name by which one is called, in lower case, with the ids of those that carry it.
    pub(super) carried: HashMap<String, HashSet<String>>,
}

/// What came of a job.
pub(super) enum Update {
    /// The containers and networks that were there already.
    Listed {
        index: usize,
        ids: Result<Vec<String>, String>,
        networks: Result<Vec<Network>, String>,
    },
    /// The networks, where a new one turned up.
    Networks { index: usize, networks: Result<Vec<Network>, String> },
    /// What an engine's Swarm knows, if it is a node of one.
    Swarm { index: usize, member: Option<Membership> },
    /// One container as it was at that moment, and whether its image is to be compared whoever calls it.
    Looked { index: usize, seen: Box<Seen>, found: Gathered, compared: bool },
    /// A container that could not be looked at; a note where that is worth one.
    Gone { note: Option<String> },
    /// One client's own view, for these links.
    Visited { links: Vec<String>, returns: Result<(Vec<Return>, Vantage), String> },
    /// The one probe of a port, for these links.
    Held { key: PortKey, links: Vec<String>, fact: Fact<Concurrency> },
    /// A container's image.
    Image { index: usize, id: String, fact: Box<Fact<Freshness>> },
}

pub(super) fn list(engine: &Connection, index: usize) -> Job<'_> {
    Box::pin(async move {
        let (ids, networks) = join(engine.ids(), engine.networks()).await;
        Update::Listed { index, ids, networks }
    })
}

pub(super) fn networks(engine: &Connection, index: usize) -> Job<'_> {
    Box::pin(async move { Update::Networks { index, networks: engine.networks().await } })
}

pub(super) fn swarm(engine: &Connection, index: usize, networks: Vec<Network>) -> Job<'_> {
    Box::pin(async move { Update::Swarm { index, member: engine.membership(&networks).await } })
}

/// Looks at one container now: what it was given, and, where it runs, its files, sockets and name servers.
pub(super) fn look<'a>(
    engines: &'a [Connection],
    request: &'a Request,
    index: usize,
    id: String,
    names: Names,
) -> Job<'a> {
    Box::pin(async move {
        let (engine, stance) = (&engines[index], request.stance);
        let mut seen = match engine.container(&id, names.by_id).await {
            Ok(seen) => seen,
            // It went faster than it could be asked for; what was seen of it before stays.
            Err(why) if why.contains("404") => return Update::Gone { note: None },
            Err(why) => {
                let what = format!("{}: a container can't be read: {why}", engine.facts.name);
                return Update::Gone { note: Some(UNREADABLE.says(what)) };
            }
        };
        let is_name = |name: &str| {
            names.carried.get(name).is_some_and(|ids| ids.iter().any(|other| *other != id))
        };
        // The files of a container that is only made would have to be fetched, which may keep it from starting.
        let found = if seen.facts.state.is_up() {
            seen.raw.hidden = stance.forbids_proc();
            let place = Place::Container { id: id.clone(), pid: links::proven(&seen) };
            let stands = Stands::new(engines, stance, Instant::now() + LIMIT);
            ends::look(&stands, index, place, &mut seen, &[ANY], false).await;
            stands.close().await;
            let given = links::given(&seen, &is_name);
            links::gather(engine, &mut seen, given, &is_name).await
        } else {
            links::given(&seen, &is_name)
        };
        seen.facts.proxies = found.proxies.clone();
        seen.facts.unverified.clone_from(&found.unverified);
        let compared = probes::may_be_compared(&seen, request);
        Update::Looked { index, seen: Box::new(seen), found, compared }
    })
}

/// One client's view of some of its links, and the world as it was when it set out.
pub(super) struct Visit {
    pub(super) world: (Listed, Snapshot),
    /// The client's engine and its name.
    pub(super) client: (String, String),
    /// The places of the links in the snapshot.
    pub(super) links: Vec<usize>,
    pub(super) turns: Turns,
}

/// The hold test of one port, and the world as it was when it began.
pub(super) struct Hold {
    pub(super) world: (Listed, Snapshot),
    pub(super) key: PortKey,
    /// The place of the server among the containers.
    pub(super) server: usize,
    /// The places of the links in the snapshot.
    pub(super) links: Vec<usize>,
    pub(super) patience: Patience,
}

fn ids(snapshot: &Snapshot, links: &[usize]) -> Vec<String> {
    links.iter().map(|at| snapshot.links[*at].id.clone()).collect()
}

pub(super) fn visit<'a>(engines: &'a [Connection], request: &'a Request, visit: Visit) -> Job<'a> {
    Box::pin(async move {
        let Visit { world: (all, snapshot), client: (engine, name), links, turns } = visit;
        let stands = Stands::new(engines, request.stance, Instant::now() + LIMIT);
        let client = (engine.as_str(), name.as_str());
        let seen = probes::visit(&stands, &all, &snapshot, client, &links, request, &turns);
        let late = |_| "it was not seen in time".to_owned();
        // The probes end with their stand, each with its own reason: that is waited for.
        let seen = timeout(LIMIT + MOMENT, seen).await.map_err(late).and_then(|seen| seen);
        stands.close().await;
        let ids = ids(&snapshot, &links);
        let returns = seen.map(|(mut returns, vantage)| {
            for back in &mut returns {
                back.link = links.iter().position(|at| *at == back.link).unwrap_or(usize::MAX);
            }
            (returns, vantage)
        });
        Update::Visited { links: ids, returns }
    })
}

pub(super) fn hold<'a>(engines: &'a [Connection], request: &'a Request, hold: Hold) -> Job<'a> {
    Box::pin(async move {
        let Hold { world: (all, snapshot), key, server, links, patience } = hold;
        let stands = Stands::new(engines, request.stance, Instant::now() + LIMIT);
        let fact =
            probes::held(&stands, &all, &snapshot, request, (server, key.3), &links, patience)
                .await;
        stands.close().await;
        Update::Held { key, links: ids(&snapshot, &links), fact }
    })
}

pub(super) fn image<'a>(
    engine: &'a Connection,
    index: usize,
    seen: Seen,
    request: &'a Request,
) -> Job<'a> {
    Box::pin(async move {
        let mut freshness = probes::image(engine, &seen, request).await;
        if request.extra.registry {
            let published = timeout(LIMIT, registry::published(engine, &seen)).await;
            freshness.published =
                Some(published.unwrap_or_else(|_| {
                    Fact::Unknown("the registry did not answer in time".into())
                }));
        }
        Update::Image { index, id: seen.facts.id, fact: Box::new(Fact::Known(freshness)) }
    })
}
