//! What goes on at one time. A job borrows nothing that is recorded, so that the record goes on meanwhile.

use crate::collect::client::Return;
use crate::collect::engine::{Connection, Seen};
use crate::collect::links::{self, Gathered};
use crate::collect::survey::Request;
use crate::collect::{ends, probes};
use checks::model::{Concurrency, Fact, Freshness, Network};
use futures_util::future::{LocalBoxFuture, join};
use std::collections::{HashMap, HashSet};
use std::future::Future;

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
#[expect(clippy::large_enum_variant, reason = "one at a time, and moved once")]
pub(super) enum Update {
    /// The containers and networks that were there already.
    Listed { index: usize, ids: Vec<String>, networks: Result<Vec<Network>, String> },
    /// The networks, where a new one turned up.
    Networks { index: usize, networks: Result<Vec<Network>, String> },
    /// One container as it was at that moment.
    Looked { index: usize, seen: Box<Seen>, found: Gathered },
    /// A container that could not be looked at; a note where that is worth one.
    Gone { note: Option<String> },
    /// One client's own view, for these links.
    Visited { links: Vec<String>, returns: Result<Vec<Return>, String> },
    /// The one probe of a port, for these links.
    Held { key: PortKey, links: Vec<String>, fact: Fact<Concurrency> },
    /// A container's image.
    Image { index: usize, id: String, fact: Box<Fact<Freshness>> },
}

pub(super) fn list(engine: &Connection, index: usize) -> Job<'_> {
    Box::pin(async move {
        let (ids, networks) = join(engine.ids(), engine.networks()).await;
        Update::Listed { index, ids: ids.unwrap_or_default(), networks }
    })
}

pub(super) fn networks(engine: &Connection, index: usize) -> Job<'_> {
    Box::pin(async move { Update::Networks { index, networks: engine.networks().await } })
}

/// Looks at one container now: what it was given, and, where it runs, its files, sockets and name servers.
pub(super) fn look(engine: &Connection, index: usize, id: String, names: Names) -> Job<'_> {
    Box::pin(async move {
        let mut seen = match engine.container(&id, names.by_id).await {
            Ok(seen) => seen,
            // It went faster than it could be asked for; what was seen of it before stays.
            Err(why) if why.contains("404") => return Update::Gone { note: None },
            Err(why) => {
                let note = format!("EC904 {}: a container can't be read: {why}", engine.facts.name);
                return Update::Gone { note: Some(note) };
            }
        };
        let is_name = |name: &str| {
            names.carried.get(name).is_some_and(|ids| ids.iter().any(|other| *other != id))
        };
        // The files of a container that is only made would have to be fetched, which may keep it from starting.
        let found = if seen.facts.state.is_up() {
            ends::glance(engine, &mut seen, true).await;
            links::gather(engine, &seen, &is_name).await
        } else {
            links::given(&seen, &is_name)
        };
        seen.facts.proxies = links::proxies(&seen.raw.env);
        seen.facts.unverified = links::unverified(&seen.raw.env, &seen.raw.argv);
        Update::Looked { index, seen: Box::new(seen), found }
    })
}

pub(super) fn visit<'a>(
    links: Vec<String>,
    journey: impl Future<Output = Result<Vec<Return>, String>> + 'a,
) -> Job<'a> {
    Box::pin(async move { Update::Visited { links, returns: journey.await } })
}

pub(super) fn hold<'a>(
    key: PortKey,
    links: Vec<String>,
    held: impl Future<Output = Fact<Concurrency>> + 'a,
) -> Job<'a> {
    Box::pin(async move { Update::Held { key, links, fact: held.await } })
}

pub(super) fn image<'a>(
    engine: &'a Connection,
    index: usize,
    seen: Seen,
    request: &'a Request,
) -> Job<'a> {
    Box::pin(async move {
        let freshness = probes::image(engine, &seen, request).await;
        Update::Image { index, id: seen.facts.id, fact: Box::new(Fact::Known(freshness)) }
    })
}
