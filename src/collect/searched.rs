//! Names that the client's own search domains complete: `api` may be asked for as `api.team.test`, and mean who carries that.

use super::links::{Dialled, World};
use super::replicas;
use super::survey::Listed;
use checks::model::{Case, Container, Fact, Link, Meant, Snapshot, numeric};

/// Looks again at the names whose carrier the client can't reach: completed, they may be a neighbour's. True where one is.
pub(super) fn told_by_search_domains(all: &Listed, snapshot: &mut Snapshot) -> bool {
    let found: Vec<(usize, Link)> = (0..snapshot.links.len())
        .filter_map(|at| Some((at, completed(all, snapshot, &snapshot.links[at])?)))
        .collect();
    let changed = !found.is_empty();
    for (at, link) in found {
        snapshot.links[at] = link;
    }
    changed
}

fn completed(all: &Listed, snapshot: &Snapshot, link: &Link) -> Option<Link> {
    let host = &link.endpoint.host;
    let is_open = matches!(link.meant, Meant::Name | Meant::Nobody | Meant::External)
        && link.endpoint.malformed.is_none()
        && numeric(host).is_none()
        && !host.ends_with('.');
    if !is_open || is_near(snapshot, link) {
        return None;
    }
    let client = snapshot.container(&link.engine, &link.client)?;
    let Fact::Known(resolver) = &client.resolver else { return None };
    let containers: Vec<&Container> = snapshot.containers.iter().collect();
    let world = World {
        containers: &containers,
        networks: &all.networks,
        machine: &[],
        listens: &|_, _| false,
        holds: &|_, _| Some(false),
    };
    resolver.search.iter().find_map(|domain| {
        let name = format!("{host}.{domain}");
        let (server, meant) = world.meaning(Dialled {
            engine: &link.engine,
            client: &link.client,
            host: &name,
            port: link.endpoint.port,
            listens_itself: false,
        });
        let mut other = Link { server, meant, ..link.clone() };
        replicas::note(&containers, &mut other);
        (meant == Meant::Name && is_near(snapshot, &other)).then_some(other)
    })
}

/// Whether the server is a container within the client's reach.
fn is_near(snapshot: &Snapshot, link: &Link) -> bool {
    let case = Case { link, facts: snapshot };
    case.server().is_ok() && (case.shares_namespace() || !case.common_networks().is_empty())
}
