//! The address the client should have been told, and the places where it is to be written.

use crate::model::{Case, Found, Source, Target, authority};

/// The remedy for a wrong address: the right one in each place. From the machine nothing can be dialled that is not
/// published, so there the port comes first.
pub(super) fn repaired(case: &Case<'_>, found: Found, server: Target<'_>) -> Found {
    if !case.client_is_on_host() || case.shares_namespace() || published(server).is_some() {
        return rewritten(case, found, &proposed(case, server));
    }
    let (name, port) = (&server.container.name, server.port);
    found.fix(format!(
        "publish port {port} of {name} (start it again with -p 127.0.0.1:{port}:{port}), and let {} dial {}",
        case.link.client,
        spelled(case, "127.0.0.1", port)
    ))
}

/// The port of the machine on which the server's port is published.
fn published(server: Target<'_>) -> Option<u16> {
    let ports = &server.container.ports;
    ports.iter().find(|p| p.container_port == server.port && p.protocol == "tcp")?.host_port
}

/// The address under which the client reaches the server once both are healthy.
pub(super) fn proposed(case: &Case<'_>, server: Target<'_>) -> String {
    let (host, port) = if case.shares_namespace() {
        ("127.0.0.1", server.port)
    } else if case.client_is_on_host() {
        ("127.0.0.1", published(server).unwrap_or(server.port))
    } else if case.server_is_on_host() {
        (host_alias(case), server.port)
    } else {
        (case.proper_name(server), server.port)
    };
    spelled(case, host, port)
}

/// The name by which this engine's containers reach the engine's machine.
pub(super) fn host_alias(case: &Case<'_>) -> &'static str {
    match case.kind() {
        crate::model::EngineKind::Docker => "host.docker.internal",
        crate::model::EngineKind::Podman => "host.containers.internal",
    }
}

/// The told address with another host and port: same scheme, same path.
pub(super) fn spelled(case: &Case<'_>, host: &str, port: u16) -> String {
    let url = &case.link.endpoint.url;
    let (scheme, rest) = url.split_once("://").unwrap_or(("tcp", url));
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    if case.link.endpoint.scheme.is_none() {
        return authority(host, port);
    }
    format!("{scheme}://{}{path}", authority(host, port))
}

/// What each place says, as evidence.
pub(super) fn quoted(case: &Case<'_>, mut found: Found) -> Found {
    let endpoint = &case.link.endpoint;
    for source in &endpoint.sources {
        let what = match source {
            Source::Env { name } => format!("Config.Env {name}"),
            other => other.to_string(),
        };
        found = found.evidence(what, endpoint.url.clone());
    }
    found
}

/// One remedy for each place that says the address.
pub(super) fn rewritten(case: &Case<'_>, mut found: Found, to: &str) -> Found {
    let client = &case.link.client;
    for source in &case.link.endpoint.sources {
        found = match source {
            Source::Env { name: place } | Source::File { key: place, .. }
                if is_half_of_a_pair(case, place) =>
            {
                let (host, port) = to.rsplit_once(':').unwrap_or((to, ""));
                found.fix(format!(
                    "set {place} of {client} to {host} and the port that belongs to it to {port} \
                     ({source}), then start it again"
                ))
            }
            Source::Env { name } => match case.client().and_then(|c| c.compose.as_ref()) {
                Some(compose) => {
                    let file =
                        compose.config_files.first().map_or("the Compose file", String::as_str);
                    found.fix(format!(
                        "in {file}, service {}, set {name} to {to}, then recreate it",
                        compose.service
                    ))
                }
                None => found.fix(format!(
                    "set {name} of {client} to {to} and start it again (-e {name}={to})"
                )),
            },
            Source::Arg { index } => {
                found.fix(format!("start {client} with {to} in argument {index}"))
            }
            Source::File { path, host_path: None, key, line } => found.fix(format!(
                "in {path} line {line} of {client}, set {key} to {to}, then start it again"
            )),
            Source::File { host_path: Some(path), key, line, .. } => {
                in_file(case, found, to, path, key, *line)
            }
            Source::Compose { path, line } => {
                found.fix(format!("in {path} line {line}, write {to}, then recreate {client}"))
            }
            Source::Flag => found.fix(format!("let {client} dial {to}")),
        };
    }
    found
}

/// Whether a place holds only the host, with the port in another: its name says so, and no scheme was written there.
fn is_half_of_a_pair(case: &Case<'_>, place: &str) -> bool {
    let last = place.rsplit(['.', '_', '-']).next().unwrap_or(place).to_ascii_lowercase();
    case.link.endpoint.scheme.is_none()
        && (last.ends_with("host") || last == "hostname" || last == "server")
}

fn in_file(case: &Case<'_>, found: Found, to: &str, path: &str, key: &str, line: usize) -> Found {
    let say =
        format!("in {path} line {line}, set {key} to {to}, then start {} again", case.link.client);
    let endpoint = &case.link.endpoint;
    let plain =
        |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:/[]".contains(c));
    let new = to.split_once("://").map_or(to, |(_, rest)| rest);
    let new = new.split('/').next().unwrap_or(new);
    // A default port is not written in the file: a pattern with it would find nothing.
    let is_spelled_out = endpoint.url.contains(&endpoint.authority());
    if !plain(path)
        || !plain(new)
        || endpoint.host.contains(':')
        || endpoint.scheme.is_none()
        || !is_spelled_out
    {
        return found.fix(say);
    }
    // Dots of the old address are literal: a pattern that matches more would edit more.
    let old = endpoint.authority().replace('.', "\\.");
    found.fix_by(say, format!("sed -i '{line}s|{old}|{new}|' {path}"))
}
