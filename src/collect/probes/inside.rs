//! What servers speak to whom their clients do not come: asked inside their own namespaces, so that a wrong scheme is not hidden
//! by a wrong name or a network that is missing.

use super::visits::{begins_with_tls, may_upgrade};
use super::{in_time, probe_path, server_index, stand};
use crate::collect::server::target;
use crate::collect::stand::{Dial, Stands};
use crate::collect::survey::{Listed, Request};
use checks::model::{Reply, Snapshot};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Asks each port once in each way in which its clients would.
pub(super) async fn inside(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &mut Snapshot,
    request: &Request,
) {
    let mut asked: BTreeMap<(usize, u16, bool, bool), Option<Reply>> = BTreeMap::new();
    for link in 0..snapshot.links.len() {
        let Some((server, at, speaks_tls)) = wanted(all, snapshot, link) else { continue };
        let speaks_http = snapshot.links[link].endpoint.speaks_http();
        let key = (server, at.port(), speaks_tls, speaks_http);
        let reply = match asked.get(&key) {
            Some(known) => known.clone(),
            None => ask(stands, all, snapshot, link, server, at, request).await,
        };
        snapshot.links[link].inside.clone_from(&reply);
        asked.insert(key, reply);
    }
}

/// What a port speaks, where it is something else than the link's scheme.
async fn ask(
    stands: &Stands<'_>,
    all: &Listed,
    snapshot: &Snapshot,
    link: usize,
    server: usize,
    at: SocketAddr,
    request: &Request,
) -> Option<Reply> {
    let endpoint = &snapshot.links[link].endpoint;
    let (scheme, name) = (endpoint.scheme.as_deref(), &snapshot.containers[server].name);
    let dial = Dial {
        host: at.ip().to_string(),
        port: at.port(),
        http_path: endpoint.speaks_http().then(|| probe_path(request, Some(name))),
        speaks_tls: scheme.is_some_and(begins_with_tls),
        may_upgrade: scheme.is_some_and(may_upgrade),
        names: Err("an address needs none".into()),
        proxy: None,
    };
    let look = async { stand(stands, all, server).await?.run(dial).await };
    let seen = in_time(request, look).await.ok()?.ok()?;
    seen.visit.ok()?.reply.filter(|reply| matches!(reply, Reply::Tls | Reply::TlsError(_)))
}

/// The server of a link that may be asked, where it listens, and whether in TLS: where a scheme tells how, and the client's own
/// connection came to nothing.
fn wanted(all: &Listed, snapshot: &Snapshot, link: usize) -> Option<(usize, SocketAddr, bool)> {
    let found = &snapshot.links[link];
    let server = server_index(all, snapshot, link)?;
    let speaks_tls = begins_with_tls(found.endpoint.scheme.as_deref()?);
    let is_telling = speaks_tls || found.endpoint.speaks_http();
    let is_lost = found.visit.value().is_some_and(|visit| !visit.connected());
    let container = &snapshot.containers[server];
    let is_wanted = is_telling && is_lost && !found.is_forbidden() && container.state.is_running();
    let at = target(container.listeners.value()?, found.server.as_ref()?.port, &[])?;
    is_wanted.then_some((server, at, speaks_tls))
}
