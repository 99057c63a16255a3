//! The other replicas behind a server's name. A client reaches any of them, so each is looked at as the server is.

use super::client::Way;
use super::probes::{turn_at, witness};
use super::stand::Stands;
use super::survey::Listed;
use checks::model::{Case, Concurrency, Container, Fact, Link, Meant, Replica, Snapshot};
use std::collections::BTreeSet;
use std::net::SocketAddr;

/// Notes which other containers the endpoint's name means: those of the server's own service. Tasks of a Swarm that have
/// ended are its history, not its service.
pub(super) fn note(containers: &[&Container], link: &mut Link) {
    let Some(server) = link.server.as_ref().filter(|_| link.meant == Meant::Name) else { return };
    let find =
        |name: &str| containers.iter().copied().find(|c| c.engine == link.engine && c.name == name);
    let (None, Some(ours)) = (&server.engine, server.container.as_deref().and_then(find)) else {
        return;
    };
    let is_one_off = |c: &Container| c.compose.as_ref().is_some_and(|c| c.one_off);
    let is_another = |c: &&Container| {
        c.engine == link.engine
            && c.name != ours.name
            && c.name != link.client
            && c.is_named(&link.endpoint.host)
            && c.is_replica_of(ours)
            && !is_one_off(c)
            && (c.task.is_none() || c.state.is_up())
    };
    let mut names: Vec<&str> =
        containers.iter().copied().filter(is_another).map(|c| c.name.as_str()).collect();
    names.sort_unstable();
    link.replicas = names.into_iter().map(Replica::unseen).collect();
}

/// The ways from the client to each of them, in their order.
pub(super) async fn ways(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &Snapshot,
    link: &Link,
) -> Vec<Way> {
    let mut ways = Vec::new();
    for replica in &link.replicas {
        let mut other = link.clone();
        if let Some(server) = &mut other.server {
            server.container = Some(replica.container.clone());
        }
        let case = Case { link: &other, facts: snapshot };
        let common = case.common_networks();
        let server = case.server().ok().filter(|s| s.container.state.is_up());
        let addresses = server.map(|s| {
            let attachments = case.attachments(s.container).iter();
            let on_common = attachments.filter(|a| common.iter().any(|n| n.name == a.network));
            on_common.flat_map(|a| &a.addresses).map(|ip| SocketAddr::new(*ip, s.port)).collect()
        });
        let witness = witness(stands, all, all.find(&link.engine, &replica.container)).await;
        let server = turn_at(&other);
        ways.push(Way { server, addresses: addresses.unwrap_or_default(), witness });
    }
    ways
}

/// Where the others are among the containers.
pub(super) fn places(all: &Listed, link: &Link) -> Vec<usize> {
    link.replicas.iter().filter_map(|r| all.find(&link.engine, &r.container)).collect()
}

/// Adds those of the servers that run another image than their replicas which are compared already: what is said of an image
/// holds for all that run it.
pub(super) fn of_other_images(
    all: &Listed,
    servers: &BTreeSet<usize>,
    pictured: &mut BTreeSet<usize>,
) {
    for &index in servers {
        let ours = &all.seen[index].1;
        let is_compared = pictured.iter().any(|&other| {
            let theirs = &all.seen[other].1;
            theirs.facts.is_replica_of(&ours.facts) && theirs.raw.image_id == ours.raw.image_id
        });
        if ours.facts.state.is_up() && !is_compared {
            pictured.insert(index);
        }
    }
}

/// Keeps what the hold test of one container's port came to: the server's, or one of the others'.
pub(super) fn learn(link: &mut Link, container: &str, fact: &Fact<Concurrency>) {
    match link.replicas.iter_mut().find(|replica| replica.container == container) {
        Some(replica) => replica.concurrency = fact.clone(),
        None => link.concurrency = fact.clone(),
    }
}
