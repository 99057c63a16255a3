//! Sends the probes of one run: each client's own view from its namespace first, then every server port once, and beside
//! them the comparison of images. What time or rights do not allow becomes a reason.

mod holds;
mod images;
mod inside;
mod visits;

use super::again::again;
use super::crowd::crowds;
use super::links::proven;
use super::stand::{Stand, Stands};
use super::survey::{Listed, Request};
use super::{libc, limits, places, replicas};
use checks::model::{Fact, Snapshot};
use futures_util::future::join;
pub(super) use holds::held;
use holds::holds;
use images::{builds, images, registries};
pub(super) use images::{image, may_be_compared};
use inside::inside;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use visits::visits;
pub(super) use visits::{
    begins_with_tls, fill, probe_path, stand_of_client, turn_at, visit, witness,
};

/// Fills the snapshot's probed facts in.
pub(super) async fn probe(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &mut Snapshot,
    request: &Request,
) {
    let mut servers: BTreeSet<usize> =
        (0..snapshot.links.len()).filter_map(|link| server_index(all, snapshot, link)).collect();
    let mut pictured = if request.glance { BTreeSet::new() } else { servers.clone() };
    servers.extend(snapshot.links.iter().flat_map(|link| replicas::places(all, link)));
    if !request.glance {
        replicas::of_other_images(all, &servers, &mut pictured);
    }
    let images = images(stands, all, pictured, request);
    let active = async {
        if request.passive {
            for link in &mut snapshot.links {
                passive(link);
            }
        } else {
            visits(stands, all, snapshot, request).await;
            holds(stands, all, snapshot, request).await;
            inside(stands, all, snapshot, request).await;
            crowds(stands, all, snapshot, request).await;
        }
    };
    let ((), images) = join(active, images).await;
    for &index in &servers {
        limits(all, snapshot, index, request.passive);
    }
    libc::note(all, snapshot);
    again(stands, all, snapshot, &servers, request).await;
    for (index, freshness) in images {
        snapshot.containers[index].freshness = freshness;
    }
    servers.retain(|index| snapshot.containers[*index].freshness.value().is_some());
    if request.extra.registry {
        registries(stands, all, snapshot, &servers, request).await;
    }
    if request.extra.verify_build {
        builds(stands, all, snapshot, &servers, request).await;
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
