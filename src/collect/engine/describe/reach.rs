//! Where a container can be reached: its networks, and what it publishes.

use super::super::inspect::{Endpoint, PortMap};
use super::name;
use checks::model::{Attachment, NetworkMode, Port};
use std::collections::HashMap;
use std::net::IpAddr;

/// Whose network it uses; `names` are those of the containers, by id.
pub(super) fn mode(text: &str, names: &HashMap<String, String>) -> NetworkMode {
    match text {
        "host" => NetworkMode::Host,
        "none" => NetworkMode::None,
        _ => match text.split_once(':') {
            Some(("container", id)) => NetworkMode::Container(
                names.get(id).cloned().unwrap_or_else(|| name(id).to_owned()),
            ),
            _ if text.starts_with("slirp4netns") || text.starts_with("pasta") => {
                NetworkMode::UserMode(text.into())
            }
            _ => NetworkMode::Networks,
        },
    }
}

pub(super) fn attachments(networks: HashMap<String, Endpoint>) -> Vec<Attachment> {
    let mut attachments: Vec<Attachment> = networks
        .into_iter()
        .filter(|(name, _)| name != "host" && name != "none")
        .map(|(network, endpoint)| {
            let addresses = [endpoint.address, endpoint.address_v6];
            let mut aliases: Vec<String> = endpoint
                .aliases
                .unwrap_or_default()
                .into_iter()
                .chain(endpoint.dns_names.unwrap_or_default())
                .collect();
            aliases.sort();
            aliases.dedup();
            Attachment {
                network,
                addresses: addresses
                    .into_iter()
                    .flatten()
                    .filter_map(|ip| ip.parse().ok())
                    .collect(),
                aliases,
            }
        })
        .collect();
    attachments.sort_by(|a, b| a.network.cmp(&b.network));
    attachments
}

pub(super) fn tcp_port(text: &str) -> Option<u16> {
    match text.split_once('/') {
        Some((port, "tcp")) => port.parse().ok(),
        Some(_) => None,
        None => text.parse().ok(),
    }
}

/// What is published now, and what was asked to be and is not (a stopped container, an internal network).
pub(super) fn ports(active: PortMap, asked: PortMap) -> Vec<Port> {
    let mut ports: Vec<Port> = Vec::new();
    for (map, active) in [(active, true), (asked, false)] {
        for (key, bindings) in map {
            let (port, protocol) = key.split_once('/').unwrap_or((&key, "tcp"));
            let Ok(container_port) = port.parse() else { continue };
            for binding in bindings.unwrap_or_default() {
                let host_port = binding.host_port.and_then(|p| p.parse().ok()).filter(|p| *p != 0);
                let host_ip = binding
                    .host_ip
                    .and_then(|ip| ip.parse().ok())
                    .filter(|ip: &IpAddr| !ip.is_unspecified());
                let port =
                    Port { container_port, protocol: protocol.into(), host_ip, host_port, active };
                let known = |p: &Port| {
                    p.container_port == port.container_port
                        && p.protocol == port.protocol
                        && (p.host_port == port.host_port || port.host_port.is_none())
                        && (p.host_ip == port.host_ip || !active)
                };
                if !ports.iter().any(known) {
                    ports.push(port);
                }
            }
        }
    }
    ports.sort_by(|a, b| {
        (a.container_port, &a.protocol, a.host_port, a.host_ip).cmp(&(
            b.container_port,
            &b.protocol,
            b.host_port,
            b.host_ip,
        ))
    });
    ports
}

#[cfg(test)]
mod tests {
    use super::ports;
    use crate::collect::engine::inspect::{Binding, PortMap};

    fn map(key: &str, bindings: &[(&str, &str)]) -> PortMap {
        let bindings = bindings
            .iter()
            .map(|(ip, port)| Binding {
                host_ip: Some((*ip).into()),
                host_port: Some((*port).into()),
            })
            .collect();
        [(key.to_owned(), Some(bindings))].into()
    }

    #[test]
    fn both_families_of_one_published_port_are_one() {
        let seen = ports(
            map("8080/tcp", &[("0.0.0.0", "18141"), ("::", "18141")]),
            map("8080/tcp", &[("", "18141")]),
        );
        assert_eq!(seen.len(), 1);
        assert!(seen[0].active && seen[0].host_port == Some(18141) && seen[0].host_ip.is_none());
    }

    #[test]
    fn a_stopped_container_keeps_what_it_asked_for() {
        let seen = ports(PortMap::new(), map("8080/tcp", &[("127.0.0.1", "18141")]));
        assert!(!seen[0].active && seen[0].host_ip.is_some());
    }

    #[test]
    fn a_port_of_the_engines_choice_is_known_by_what_it_chose() {
        let seen = ports(map("80/tcp", &[("0.0.0.0", "32768")]), map("80/tcp", &[("", "0")]));
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].host_port, Some(32768));
    }
}
