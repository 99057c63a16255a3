//! The command that puts client and server on one network where names are answered.

use crate::model::{Attachment, Case, Container, Fact, Found, Meant, NetworkMode, Target, quoted};

/// Adds the remedy that joins client and server.
pub(super) fn joined(case: &Case<'_>, server: Target<'_>, found: Found) -> Found {
    let Some(client) = case.client() else { return found };
    let engine = case.kind().command();
    let server = case.namespace_owner(server.container).unwrap_or(server.container);
    let client = case.namespace_owner(client).unwrap_or(client);
    let (Some(network), joining) = choice(case, client, server) else {
        let fixed = [client, server].into_iter().find(|c| c.network_mode != NetworkMode::Networks);
        if let Some(fixed) = fixed {
            return found.fix(format!(
                "make a network ({engine} network create econn-shared), and start {} and {} on it with --network econn-shared: {} can't be connected to one as it is",
                client.name, server.name, fixed.name
            ));
        }
        return found.fix_by(
            format!("make a network for both: the default network answers no names ({} and {})", client.name, server.name),
            format!(
                "{engine} network create econn-shared && {engine} network connect econn-shared {} && {engine} network connect econn-shared {}",
                client.name, server.name
            ),
        );
    };
    if let Some(task) = &joining.task {
        return found.fix_by(
            format!("put the service {} on {network}", task.service),
            format!("docker service update --network-add {network} {}", quoted(&task.service)),
        );
    }
    let known = case.facts.network(&case.link.engine, network);
    if known.is_some_and(|n| n.attachable == Some(false)) {
        return found.fix(format!(
            "make {network} again with --attachable, or run {} as a service of the Swarm: only its services may join {network} as it is",
            joining.name
        ));
    }
    if !matches!(joining.network_mode, NetworkMode::Networks) {
        return found.fix(format!(
            "start {} with --network {network} instead of its present network mode",
            joining.name
        ));
    }
    // The name by which the client calls the server has to exist on the network that the server joins.
    let host = &case.link.endpoint.host;
    let service = joining.compose.as_ref().filter(|c| !c.one_off).map(|c| c.service.as_str());
    let dialled = (joining.name == server.name && case.link.meant == Meant::Name)
        .then_some(host.as_str())
        .filter(|host| !host.eq_ignore_ascii_case(&joining.name) && Some(*host) != service);
    let alias = service
        .into_iter()
        .chain(dialled)
        .map(|name| format!("--alias {} ", quoted(name)))
        .collect::<Vec<_>>()
        .concat();
    let found = found.fix_by(
        format!(
            "connect {} to {network}, and start it there from now on (--network {network})",
            joining.name
        ),
        format!("{engine} network connect {alias}{network} {}", joining.name),
    );
    match (&client.compose, &server.compose) {
        (Some(a), Some(b)) if a.project != b.project => found.fix(format!(
            "for good: name one network `external: true` in the Compose files of {} and {}, and put both services on it",
            a.project, b.project
        )),
        _ => found,
    }
}

/// The network that both should share, and the container that has to join it: the client's own network first, as the
/// server is the one that others come to.
fn choice<'a>(
    case: &Case<'a>,
    client: &'a Container,
    server: &'a Container,
) -> (Option<&'a str>, &'a Container) {
    let usable = |attachments: &'a [Attachment]| {
        attachments.iter().find_map(|a| {
            let network = case.facts.network(&case.link.engine, &a.network)?;
            (!network.default && network.names != Fact::Known(false))
                .then_some(network.name.as_str())
        })
    };
    match (usable(&client.attachments), usable(&server.attachments)) {
        (Some(network), _) => (Some(network), server),
        (None, Some(network)) => (Some(network), client),
        (None, None) => (None, client),
    }
}
