//! What an address means, seen from inside the client: which container, which port inside it, or the world outside.
//!
//! Published ports are translated here and nowhere else.

mod candidates;
mod near;
#[cfg(test)]
mod tests;

use candidates::{only_one, only_port, server, serves};
use checks::model::{
    Container, HOST_CLIENT, Meant, Network, NetworkMode, Server, ServerKind, is_loopback, numeric,
};
use std::net::{IpAddr, Ipv4Addr};

/// Names by which engines give their containers the engine's machine.
const HOST_NAMES: [&str; 6] = [
    "host.docker.internal",
    "host.containers.internal",
    "gateway.docker.internal",
    "host.testcontainers.internal",
    "docker.for.mac.localhost",
    "docker.for.win.localhost",
];

/// The address that slirp4netns gives every container, and the one by which each reaches the machine.
const SLIRP_ITSELF: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 2, 100));
const SLIRP_MACHINE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 2, 2));
/// The one by which containers with pasta reach it.
const PASTA_MACHINE: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 1, 2));

/// Whether names of this domain are given by clusters only: no engine knows them, and the world outside does not either.
fn is_of_a_cluster(domain: &str) -> bool {
    let domain = domain.strip_suffix(".cluster.local").unwrap_or(domain);
    domain.rsplit('.').next() == Some("svc")
}

/// Everything that the engines know, as far as an address can mean it.
pub(crate) struct World<'a> {
    /// All containers of all engines.
    pub(crate) containers: &'a [&'a Container],
    /// All networks of all engines.
    pub(crate) networks: &'a [Network],
    /// The machine's own addresses.
    pub(crate) machine: &'a [IpAddr],
    /// Whether a container's namespace is known to listen on a port, where its sockets were read.
    pub(crate) listens: &'a dyn Fn(&Container, u16) -> bool,
    /// The same, and by a program of the container itself. `None` where that can't be told of a namespace that several share.
    pub(crate) holds: &'a dyn Fn(&Container, u16) -> Option<bool>,
}

/// Who dials what.
#[derive(Clone, Copy)]
pub(crate) struct Dialled<'a> {
    /// The client's engine.
    pub(crate) engine: &'a str,
    /// The client's container name, or `@host`.
    pub(crate) client: &'a str,
    /// The host part of the address.
    pub(crate) host: &'a str,
    /// The port of the address.
    pub(crate) port: u16,
    /// Whether the client's own namespace is known to listen on that port.
    pub(crate) listens_itself: bool,
}

impl<'a> World<'a> {
    /// What the address means to the client.
    pub(crate) fn meaning(&self, dialled: Dialled<'_>) -> (Option<Server>, Meant) {
        let host = dialled.host.to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        let address = numeric(host).map(|ip| ip.to_canonical());
        // Engines answer `api.localhost` as any other name that a container carries, and so do the libraries that ask them.
        let is_carried = host.ends_with(".localhost")
            && self.containers.iter().any(|container| container.is_named(host));
        if is_loopback(host) && !is_carried {
            return self.loopback(dialled);
        }
        if HOST_NAMES.contains(&host) {
            return self.on_machine(dialled);
        }
        match address {
            Some(ip) => self.of_user_mode(dialled, ip).unwrap_or_else(|| self.address(dialled, ip)),
            None => self.name(dialled, host),
        }
    }

    /// The likeliest server of an address that can't be dialled as it is written, by what can be read of it: the host where
    /// there is one, else the port.
    pub(crate) fn likely(&self, dialled: Dialled<'_>) -> Option<Server> {
        let is_host = !dialled.host.is_empty()
            && dialled.host.chars().all(|c| c.is_alphanumeric() || ".-_:".contains(c));
        let found = if is_host {
            self.meaning(dialled).0
        } else {
            let published = self.publishing(dialled).map(|(c, port)| server(dialled, c, port));
            published.or_else(|| self.serving(dialled))
        };
        let found = found
            .filter(|s| s.engine.is_some() || s.container.as_deref() != Some(dialled.client))?;
        let engine = found.engine.as_deref().unwrap_or(dialled.engine);
        let name = found.container.as_deref()?;
        let container =
            self.containers.iter().copied().find(|c| c.engine == engine && c.name == name)?;
        match found.port {
            0 => Some(server(dialled, container, only_port(container)?)),
            _ => Some(found),
        }
    }

    /// Whether the client's own loopback is dialled, and nobody outside its namespace publishes the port: then only the
    /// client's own sockets tell a wrong address from a right one.
    pub(crate) fn rests_on_own_sockets(&self, dialled: Dialled<'_>) -> bool {
        let mates = self.namespace_mates(dialled);
        let is_mate =
            |c: &Container| mates.iter().any(|m| m.name == c.name && m.engine == c.engine);
        let published = self.publishing(dialled).is_some_and(|(c, _)| !is_mate(c));
        is_loopback(dialled.host) && !published
    }

    fn client(&self, dialled: Dialled<'_>) -> Option<&'a Container> {
        self.containers
            .iter()
            .copied()
            .find(|c| c.engine == dialled.engine && c.name == dialled.client)
    }

    fn is_on_host(&self, dialled: Dialled<'_>) -> bool {
        dialled.client == HOST_CLIENT
            || self.client(dialled).is_some_and(|c| c.network_mode == NetworkMode::Host)
    }

    /// The client's own loopback: itself, or a mistake that has a likely meaning.
    fn loopback(&self, dialled: Dialled<'_>) -> (Option<Server>, Meant) {
        if self.is_on_host(dialled) {
            let (server, meant) = self.on_machine(dialled);
            return match meant {
                // A port that was to be published and was discarded is still the server's.
                Meant::Host if server.as_ref().is_some_and(|s| s.port != dialled.port) => {
                    (server, meant)
                }
                Meant::Host if !dialled.listens_itself => match self.serving(dialled) {
                    Some(server) => (Some(server), Meant::OwnLoopbackServed),
                    None if self.is_served(dialled) => (None, Meant::OwnLoopbackServed),
                    None => (None, Meant::OwnLoopback),
                },
                _ => (server, meant),
            };
        }
        if dialled.listens_itself {
            let own = self.holder(dialled);
            return (own.map(|c| server(dialled, c, dialled.port)), Meant::OwnListener);
        }
        // Who stands in the namespace and says that it serves the port is meant, whether or not it does so now.
        if let Some(mate) =
            self.namespace_mates(dialled).into_iter().find(|c| serves(c, dialled.port))
        {
            return (Some(server(dialled, mate, dialled.port)), Meant::OwnListener);
        }
        if let Some((container, port)) = self.publishing(dialled) {
            return (Some(server(dialled, container, port)), Meant::OwnLoopbackPublished);
        }
        // Its namespace serves the port, and not on the loopback: the address is right, and the socket is bound wrong.
        let own = self.client(dialled).into_iter().chain(self.namespace_mates(dialled));
        if let Some(own) = own.into_iter().find(|c| (self.listens)(c, dialled.port)) {
            return (Some(server(dialled, own, dialled.port)), Meant::OwnListener);
        }
        // One that does not run and says that it serves the port itself is likelier meant than others that say so.
        let is_own =
            self.client(dialled).is_some_and(|c| !c.state.is_up() && serves(c, dialled.port));
        match self.serving(dialled).filter(|_| !is_own) {
            Some(server) => (Some(server), Meant::OwnLoopbackServed),
            // Several serve it: which of them is meant is open, and that it is not this one is not.
            None if !is_own && self.is_served(dialled) => (None, Meant::OwnLoopbackServed),
            None => (None, Meant::OwnLoopback),
        }
    }

    /// Who holds the dialled port of the client's own namespace: of those that share it, the one that is seen to; else, where
    /// that can't be told, the one that says that it serves it, or whose namespace it is.
    fn holder(&self, dialled: Dialled<'_>) -> Option<&'a Container> {
        let holds = |c: &Container| (self.holds)(c, dialled.port);
        let client = self.client(dialled);
        let all: Vec<&Container> =
            self.namespace_mates(dialled).into_iter().chain(client).collect();
        let may = || all.iter().filter(|c| holds(c).is_none());
        let is_owner = |c: &&&Container| !matches!(c.network_mode, NetworkMode::Container(_));
        let seen = all.iter().find(|c| holds(c) == Some(true));
        let found = seen.or_else(|| may().find(|c| serves(c, dialled.port)));
        found.or_else(|| may().find(is_owner)).copied().or(client)
    }

    /// The engine's machine: a published port of a container, a container on the host's network, or a process.
    fn on_machine(&self, dialled: Dialled<'_>) -> (Option<Server>, Meant) {
        let on_host_listens = || {
            let is_there = |c: &&Container| {
                c.engine == dialled.engine
                    && c.network_mode == NetworkMode::Host
                    && c.state.is_running()
            };
            let mut there = self.containers.iter().copied().filter(is_there);
            there.any(|c| (self.listens)(c, dialled.port))
        };
        // Who has ended holds no port: where somebody else listens there, that one is meant.
        let published = self.publishing(dialled).filter(|(c, _)| {
            c.state.is_up()
                || !(self.is_on_host(dialled) && dialled.listens_itself || on_host_listens())
        });
        if let Some((container, port)) = published {
            return (Some(server(dialled, container, port)), Meant::HostPublished);
        }
        let on_host = |c: &&Container| {
            c.network_mode == NetworkMode::Host && c.name != dialled.client && c.state.is_running()
        };
        let of = |is_meant: &dyn Fn(&Container) -> bool| -> Vec<&Container> {
            self.containers.iter().copied().filter(on_host).filter(|c| is_meant(c)).collect()
        };
        // Whoever holds the port is meant; where nobody on the machine does, whoever says that it serves it.
        let is_held = !of(&|c| (self.listens)(c, dialled.port)).is_empty();
        let candidates = if is_held {
            of(&|c| (self.holds)(c, dialled.port) != Some(false))
        } else {
            of(&|c| serves(c, dialled.port))
        };
        match (candidates.as_slice(), self.discarding(dialled).filter(|_| !is_held)) {
            ([only], _) => (Some(server(dialled, only, dialled.port)), Meant::Host),
            ([], Some((only, port))) => (Some(server(dialled, only, port)), Meant::Host),
            _ => (
                Some(Server {
                    kind: ServerKind::Host,
                    container: None,
                    port: dialled.port,
                    engine: None,
                }),
                Meant::Host,
            ),
        }
    }

    /// What an address of a network in user mode means: each such container has one of its own, in which all have the same
    /// address, and so has the machine.
    fn of_user_mode(&self, dialled: Dialled<'_>, ip: IpAddr) -> Option<(Option<Server>, Meant)> {
        let mode = |c: &Container| match &c.network_mode {
            NetworkMode::UserMode(mode) => Some(mode.clone()),
            _ => None,
        };
        let client = self.client(dialled);
        match client.and_then(mode) {
            Some(mode) if mode.starts_with("pasta") => {
                (ip == PASTA_MACHINE).then(|| self.on_machine(dialled))
            }
            Some(_) if ip == SLIRP_MACHINE => Some(self.on_machine(dialled)),
            Some(_) if ip == SLIRP_ITSELF => {
                Some((client.map(|c| server(dialled, c, dialled.port)), Meant::Address))
            }
            // From outside such a network nobody has the address.
            None if ip == SLIRP_ITSELF && !self.machine.contains(&ip) => {
                let is_it = |c: &&Container| {
                    c.engine == dialled.engine && mode(c).is_some_and(|m| m.starts_with("slirp"))
                };
                let found: Vec<&Container> =
                    self.containers.iter().copied().filter(is_it).collect();
                let only = only_one(&found).map(|c| server(dialled, c, dialled.port));
                (!found.is_empty()).then_some((only, Meant::Nobody))
            }
            _ => None,
        }
    }

    fn address(&self, dialled: Dialled<'_>, ip: IpAddr) -> (Option<Server>, Meant) {
        let mut owners: Vec<&Container> =
            self.containers.iter().copied().filter(|c| c.addresses().any(|a| a == ip)).collect();
        owners.sort_by_key(|c| (c.engine != dialled.engine, !c.state.is_running()));
        if let Some(owner) = owners.first() {
            // It serves nothing there, and one other container does: the address has changed hands.
            let idle = owner.state.is_running()
                && !(self.listens)(owner, dialled.port)
                && owner.exposed.is_empty()
                && owner.ports.is_empty();
            if idle
                && let Some(server) = self.serving(dialled)
                && self.meets(dialled, &server)
            {
                return (Some(server), Meant::AddressOfAnother);
            }
            return (
                Some(server(dialled, owner, self.inside(owner, dialled.port))),
                Meant::Address,
            );
        }
        if self.machine.contains(&ip) || self.networks.iter().any(|n| n.gateways.contains(&ip)) {
            return self.on_machine(dialled);
        }
        if self.networks.iter().any(|n| n.holds(ip)) {
            return (self.guess(dialled), Meant::Nobody);
        }
        (
            Some(Server {
                kind: ServerKind::External,
                container: None,
                port: dialled.port,
                engine: None,
            }),
            Meant::External,
        )
    }

    fn name(&self, dialled: Dialled<'_>, host: &str) -> (Option<Server>, Meant) {
        let carriers = |name: &str| -> Vec<&'a Container> {
            self.containers.iter().copied().filter(|c| c.is_named(name)).collect()
        };
        let mut owners = carriers(host);
        if owners.is_empty()
            && let Some((first, rest)) = host.split_once('.')
            && (rest == "dns.podman"
                || self.networks.iter().any(|n| n.name.eq_ignore_ascii_case(rest)))
        {
            owners = carriers(first);
        }
        let client = self.client(dialled);
        let shares = |c: &Container| {
            client.is_some_and(|me| {
                me.attachments.iter().any(|a| c.attachments.iter().any(|b| a.network == b.network))
            })
        };
        let project = |c: &Container| c.compose.as_ref().map(|c| c.project.clone());
        let related = |c: &Container| {
            client.is_some_and(|me| project(me).is_some() && project(me) == project(c))
        };
        // Of several carriers of a name: the client's own engine, a common network, a running one, one that serves the port
        // (a left-over with the same alias is not what is meant), the same project. Sockets are read for a choice only.
        // On an overlay network a task of another node is as near as one of its own.
        let several = owners.len() > 1;
        let is_far = |c: &Container| c.engine != dialled.engine && !(c.task.is_some() && shares(c));
        owners.sort_by_key(|c| {
            (
                is_far(c),
                c.name == dialled.client,
                !(shares(c) && c.state.is_running()),
                several && !(self.listens)(c, dialled.port),
                !related(c),
                !shares(c),
                !c.state.is_running(),
                c.name.clone(),
            )
        });
        if let Some(owner) = owners.first() {
            let port = if self.is_on_host(dialled) {
                dialled.port
            } else {
                self.inside(owner, dialled.port)
            };
            let owner = self.member(dialled, owner, port);
            return (Some(server(dialled, owner, port)), Meant::Name);
        }
        if let Some((first, domain)) = host.split_once('.')
            && is_of_a_cluster(domain)
            && let Some(meant) = carriers(first).first()
        {
            return (Some(server(dialled, meant, dialled.port)), Meant::Nobody);
        }
        if host.contains('.') {
            return (
                Some(Server {
                    kind: ServerKind::External,
                    container: None,
                    port: dialled.port,
                    engine: None,
                }),
                Meant::External,
            );
        }
        (self.guess(dialled), Meant::Nobody)
    }
}
