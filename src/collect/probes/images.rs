//! The image of every server, beside its source.

use super::in_time;
use crate::collect::engine::{Connection, Seen};
use crate::collect::stand::Stands;
use crate::collect::survey::{Listed, Request};
use crate::collect::{BuildSettings, compose, fresh, registry};
use checks::model::{Fact, Freshness, Snapshot};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The freshness of every server.
pub(super) async fn images(
    stands: &Stands<'_>,
    all: &Listed,
    servers: BTreeSet<usize>,
    request: &Request,
) -> Vec<(usize, Fact<Freshness>)> {
    let looks = servers.into_iter().map(|index| async move {
        let (engine, seen) = &all.seen[index];
        // Large, and there is one for each server.
        let look = Box::pin(image(stands.engine(*engine), seen, request));
        (index, in_time(request, look).await.into())
    });
    join_all(looks).await
}

/// The freshness of one server.
pub(in super::super) async fn image(
    engine: &Connection,
    seen: &Seen,
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

/// Whether a container's image is to be compared although nobody is known to call it yet: it serves something, and its source
/// is known.
pub(in super::super) fn may_be_compared(seen: &Seen, request: &Request) -> bool {
    let facts = &seen.facts;
    let listens = facts.listeners.value().is_some_and(|rows| !rows.is_empty());
    request.sources.iter().any(|(name, _)| *name == facts.name)
        || ((listens || !facts.ports.is_empty() || !facts.exposed.is_empty())
            && matches!(compose::origin(seen), Ok(Some(_))))
}

/// Where a server's source is: where the user says, else where Compose built it.
fn origin(seen: &Seen, request: &Request) -> Result<Option<fresh::Origin>, String> {
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
                    settings: BuildSettings::default(),
                    named_by,
                    other: other.filter(|(same, _)| same.is_ok()).map(|(_, origin)| origin.context),
                },
            }))
        }
        None => compose::origin(seen),
    }
}

/// What builds of the servers' sources give, one after the other and after all probes: a build takes the processors.
pub(super) async fn builds(
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

/// What registries hold under the names of the servers' images; one name is asked for once.
pub(super) async fn registries(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &mut Snapshot,
    servers: &BTreeSet<usize>,
    request: &Request,
) {
    let mut images: BTreeMap<(usize, &str, &str), Vec<usize>> = BTreeMap::new();
    for &index in servers {
        let (engine, seen) = &all.seen[index];
        let image = (*engine, seen.facts.image.as_str(), seen.raw.image_id.as_str());
        images.entry(image).or_default().push(index);
    }
    let looks = images.into_values().map(|same| async move {
        let (engine, seen) = &all.seen[same[0]];
        let published = registry::published(stands.engine(*engine), seen);
        (same, in_time(request, published).await.unwrap_or_else(Fact::Unknown))
    });
    for (same, published) in join_all(looks).await {
        for index in same {
            if let Fact::Known(freshness) = &mut snapshot.containers[index].freshness {
                freshness.published = Some(published.clone());
            }
        }
    }
}
