//! The address the client should have been told, and the places where it is to be written.

pub(super) use super::rewrite::rewritten;
use super::service;
use crate::model::{Case, Found, Meant, Reply, Source, Target, Undecided, Visit, authority};

/// The address that a client should be told. What is not in it stays as it is written: user, path, query.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Right {
    /// Another scheme than the one that is written; `None` where that is right.
    pub(super) scheme: Option<&'static str>,
    pub(super) host: String,
    pub(super) port: u16,
}

/// The remedy for a wrong address: the right one in each place. From the machine nothing can be dialled that is not
/// published, so there the port comes first.
pub(super) fn repaired(case: &Case<'_>, found: Found, server: Target<'_>) -> Found {
    if !case.client_is_on_host() || case.shares_namespace() || published(server).is_some() {
        return rewritten(case, found, &proposed(case, server));
    }
    let (name, port) = (&server.container.name, server.port);
    let right = at(case, "127.0.0.1", port);
    found.fix(format!(
        "publish port {port} of {name} (start it again with -p 127.0.0.1:{port}:{port}), and let {} dial {}",
        case.link.client,
        spelled(case, &right)
    ))
}

/// The port of the machine on which the server's port is published.
fn published(server: Target<'_>) -> Option<u16> {
    let ports = &server.container.ports;
    ports.iter().find(|p| p.container_port == server.port && p.protocol == "tcp")?.host_port
}

/// The address under which the client reaches the server once both are healthy.
pub(super) fn proposed(case: &Case<'_>, server: Target<'_>) -> Right {
    let (host, port) = if case.shares_namespace() {
        ("127.0.0.1", server.port)
    } else if case.client_is_on_host() {
        ("127.0.0.1", published(server).unwrap_or(server.port))
    } else if case.server_is_on_host() {
        (host_alias(case), server.port)
    } else if let Some(port) = published(server).filter(|_| case.crosses_engines()) {
        // Its name means nothing in the client's engine, or a container of the same name there.
        (host_alias(case), port)
    } else {
        (case.proper_name(server), server.port)
    };
    at(case, host, port)
}

/// Who was heard to speak, from where it was asked, and the address as it should be but for the scheme: the endpoint itself, or
/// the server's port where the client does not come so far.
pub(super) fn spoken_at(case: &Case<'_>) -> Result<(String, String, Right), Undecided> {
    let (endpoint, client) = (&case.link.endpoint, &case.link.client);
    if case.link.visit.value().is_some_and(Visit::connected) {
        let right = Right { scheme: None, host: endpoint.host.clone(), port: endpoint.port };
        return Ok((endpoint.authority(), format!("from {client}"), right));
    }
    let server = case.server()?;
    let name = &server.container.name;
    let speaker = format!("port {} of {name}", server.port);
    Ok((speaker, format!("inside {name}"), proposed(case, server)))
}

/// That host and port, with a scheme where one is missing.
pub(super) fn at(case: &Case<'_>, host: &str, port: u16) -> Right {
    let scheme = if case.link.endpoint.scheme_missing { scheme(case, port) } else { None };
    Right { scheme, host: host.to_owned(), port }
}

/// The scheme of an address without one: what the server was heard to speak, else what its port is for.
fn scheme(case: &Case<'_>, port: u16) -> Option<&'static str> {
    let secure = case.link.visit.value().is_some_and(|visit| visit.reply == Some(Reply::Tls));
    match service::of_port(port) {
        _ if secure => Some("https"),
        Some(service) if !service::speaks_http(case, port) => service.scheme(),
        _ => Some(if matches!(port, 443 | 8443) { "https" } else { "http" }),
    }
}

/// The right address of a link whose place lacks the scheme, whatever else is wrong with it.
pub(super) fn aim(case: &Case<'_>) -> Right {
    let endpoint = &case.link.endpoint;
    let connected = case.link.visit.value().is_some_and(Visit::connected);
    let is_wrong = match case.link.meant {
        Meant::Address => true,
        Meant::Name => super::published_port::is_told(case),
        Meant::Nobody
        | Meant::AddressOfAnother
        | Meant::OwnLoopbackPublished
        | Meant::OwnLoopbackServed => !connected,
        _ => false,
    };
    match case.server() {
        Ok(server) if is_wrong => proposed(case, server),
        _ => at(case, &endpoint.host, super::another_port::only(case).unwrap_or(endpoint.port)),
    }
}

/// The name by which this engine's containers reach the engine's machine.
pub(super) fn host_alias(case: &Case<'_>) -> &'static str {
    match case.kind() {
        crate::model::EngineKind::Docker => "host.docker.internal",
        crate::model::EngineKind::Podman => "host.containers.internal",
    }
}

/// The told address with another host and port: same scheme, same path.
pub(super) fn spelled(case: &Case<'_>, right: &Right) -> String {
    let endpoint = &case.link.endpoint;
    let address = authority(&right.host, right.port);
    let path =
        endpoint.url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    match right.scheme.or(endpoint.scheme.as_deref()) {
        None => address,
        Some(scheme) => format!("{scheme}://{address}{}", path.unwrap_or_default()),
    }
}

/// Whether a variable was set anew before the client's program was started.
pub(super) fn sets_anew(case: &Case<'_>, variable: &str) -> bool {
    case.client().is_some_and(|client| client.set_anew.iter().any(|name| name == variable))
}

/// What each place says, as evidence.
pub(super) fn quoted(case: &Case<'_>, mut found: Found) -> Found {
    let endpoint = &case.link.endpoint;
    for source in &endpoint.sources {
        let what = match source {
            Source::Env { name } if sets_anew(case, name) => {
                format!("{name} as the program was started")
            }
            Source::Env { name } => format!("Config.Env {name}"),
            other => other.to_string(),
        };
        found = found.evidence(what, endpoint.url.clone());
    }
    found
}
