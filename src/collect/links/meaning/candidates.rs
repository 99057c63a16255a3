//! Which containers may be meant: who publishes a port, says that it serves it, has a name like that, or shares the client's
//! namespace.

use super::{Dialled, World};
use checks::model::{
    Container, HOST_CLIENT, NetworkMode, Port, Server, ServerKind, is_loopback, numeric,
};

use super::near::{Nearness, nearness};

impl<'a> World<'a> {
    /// The port inside that is meant when a container's own name or address is dialled: the dialled one, unless that is only
    /// published and not served.
    pub(super) fn inside(&self, container: &Container, port: u16) -> u16 {
        let is_inner = || container.ports.iter().any(|p| p.container_port == port);
        match container.published_as(port) {
            Some(inner)
                if container.network_mode != NetworkMode::Host
                    && !is_inner()
                    && !(self.listens)(container, port) =>
            {
                inner
            }
            _ => port,
        }
    }

    /// The likeliest server of an address that nobody has.
    pub(super) fn guess(&self, dialled: Dialled<'_>) -> Option<Server> {
        if let Some((container, port)) = self.publishing(dialled) {
            return Some(server(dialled, container, port));
        }
        self.hosted(dialled).or_else(|| self.serving(dialled)).or_else(|| self.nearest(dialled))
    }

    /// The container that publishes the port: first for TCP and at the dialled address, since one port of a machine may lead to
    /// several; then the one that holds it now, since only one can; then one of the client's own engine.
    pub(super) fn publishing(&self, dialled: Dialled<'_>) -> Option<(&'a Container, u16)> {
        let mut found: Vec<(&Container, &Port)> = self
            .containers
            .iter()
            .copied()
            .filter(|c| c.name != dialled.client || c.engine != dialled.engine)
            // On the host's network the engine discards what is to be published.
            .filter(|c| c.network_mode != NetworkMode::Host)
            .filter_map(|c| Some((c, self.way_in(dialled, c)?)))
            .collect();
        found.sort_by_key(|(c, port)| {
            let held = c.state.is_up() && port.active;
            // Podman lists what is published with everybody who shares the namespace: it is its owner's, but of a pod the
            // member's that serves it.
            let is_mate = matches!(c.network_mode, NetworkMode::Container(_));
            let whose = (c.pod.is_some(), is_mate, is_mate && !serves(c, port.container_port));
            let apart = self.lies_apart(dialled, port);
            (apart, !held, c.engine != dialled.engine, !c.state.is_up(), whose)
        });
        found.first().map(|(c, port)| (*c, port.container_port))
    }

    /// The published port by which the dialled one leads into a container. One that is published for UDP only is meant all the
    /// same: the client has no other.
    fn way_in(&self, dialled: Dialled<'_>, container: &'a Container) -> Option<&'a Port> {
        let ways = container.ports.iter().filter(|p| p.host_port == Some(dialled.port));
        ways.min_by_key(|port| (self.lies_apart(dialled, port), !port.active))
    }

    /// Whether a published port is one for another protocol than TCP, and whether it is at another address of the machine than
    /// the dialled one.
    fn lies_apart(&self, dialled: Dialled<'_>, port: &Port) -> (bool, bool) {
        let loopback = is_loopback(dialled.host);
        let elsewhere = port.host_ip.is_some_and(|at| match numeric(dialled.host) {
            // Whose own loopback is dialled by mistake means the machine, at whatever address.
            _ if loopback => self.is_on_host(dialled) && !at.is_loopback(),
            Some(ip) => ip.to_canonical() != at.to_canonical(),
            // A name of the machine never leads to its loopback.
            None => at.is_loopback(),
        });
        (port.protocol != "tcp", elsewhere)
    }

    /// The only running container on the host's network that was asked to publish the port, which its engine discards.
    pub(super) fn discarding(&self, dialled: Dialled<'_>) -> Option<(&'a Container, u16)> {
        let mut found = self.containers.iter().copied().filter_map(|c| {
            let is_on_host = c.network_mode == NetworkMode::Host && c.state.is_running();
            let port = c.published_as(dialled.port).filter(|port| *port != dialled.port)?;
            (is_on_host && c.name != dialled.client).then_some((c, port))
        });
        found.next().filter(|_| found.next().is_none())
    }

    /// The only container whose hostname is dialled: Docker answers to it as to a name (it is among the aliases then),
    /// Podman does not.
    pub(super) fn hosted(&self, dialled: Dialled<'_>) -> Option<Server> {
        let is_it = |c: &&Container| {
            c.engine == dialled.engine
                && c.name != dialled.client
                && c.hostname.eq_ignore_ascii_case(dialled.host)
        };
        let mut found = self.containers.iter().copied().filter(is_it);
        let only = found.next().filter(|_| found.next().is_none())?;
        Some(server(dialled, only, dialled.port))
    }

    /// The containers of the client's engine, beside the client and those in its namespace.
    fn others(&self, dialled: Dialled<'_>) -> impl Iterator<Item = &'a Container> {
        let mates = self.namespace_mates(dialled);
        let is_other = move |c: &&Container| {
            c.engine == dialled.engine
                && c.name != dialled.client
                && !mates.iter().any(|mate| mate.name == c.name)
        };
        self.containers.iter().copied().filter(is_other)
    }

    /// Whether a container says that it serves the port, or holds it in a namespace of its own, as far as `is_held` takes what is
    /// seen of that. The sockets of the machine are everybody's.
    fn may_serve(
        &self,
        container: &Container,
        port: u16,
        is_held: impl Fn(Option<bool>) -> bool,
    ) -> bool {
        let is_apart = container.network_mode != NetworkMode::Host;
        serves(container, port) || (is_apart && is_held((self.holds)(container, port)))
    }

    /// The only other container that serves the port, or may do so.
    pub(super) fn serving(&self, dialled: Dialled<'_>) -> Option<Server> {
        let may = |c: &&Container| self.may_serve(c, dialled.port, |held| held != Some(false));
        let found: Vec<&Container> = self.others(dialled).filter(may).collect();
        // Of several on the machine the only one on the client's own networks.
        let near: Vec<&Container> =
            found.iter().filter(|c| self.is_beside(dialled, c)).copied().collect();
        let only = only_one(&found).or_else(|| only_one(&near))?;
        Some(server(dialled, only, dialled.port))
    }

    /// Whether other containers serve the port as far as it is seen, however many.
    pub(super) fn is_served(&self, dialled: Dialled<'_>) -> bool {
        let does = |c: &Container| {
            c.state.is_up() && self.may_serve(c, dialled.port, |held| held == Some(true))
        };
        self.others(dialled).any(does)
    }

    /// Whether the client has a network in common with the server.
    pub(super) fn meets(&self, dialled: Dialled<'_>, server: &Server) -> bool {
        let of = |name: &str| {
            self.containers.iter().copied().find(|c| c.engine == dialled.engine && c.name == name)
        };
        server.container.as_deref().and_then(of).is_some_and(|c| self.is_beside(dialled, c))
    }

    /// Whether the client has a network in common with the container.
    pub(super) fn is_beside(&self, dialled: Dialled<'_>, container: &Container) -> bool {
        let Some(client) = self.client(dialled) else { return false };
        let mine = |network: &str| client.attachments.iter().any(|a| a.network == network);
        container.attachments.iter().any(|a| mine(&a.network))
    }

    /// The container whose name, alias or service is nearest to the dialled one, if any is near: one of the client's own
    /// project or networks before others, and of those that are as near one that serves the port.
    pub(super) fn nearest(&self, dialled: Dialled<'_>) -> Option<Server> {
        let wanted = dialled.host;
        let mut found: Vec<(Nearness, &Container)> = self
            .containers
            .iter()
            .copied()
            .filter(|c| c.engine == dialled.engine && c.name != dialled.client)
            .filter_map(|c| Some((nearness(wanted, c)?, c)))
            .collect();
        let is_related = |c: &Container| {
            let project = |c: &Container| c.compose.as_ref().map(|it| it.project.clone());
            let own = self.client(dialled).and_then(project);
            self.is_beside(dialled, c) || (own.is_some() && own == project(c))
        };
        found.sort_by_key(|(near, c)| {
            let serves = self.may_serve(c, dialled.port, |held| held == Some(true));
            (
                !is_related(c),
                near.kind,
                !serves,
                near.distance,
                !c.state.is_running(),
                c.name.clone(),
            )
        });
        found.first().map(|(_, c)| server(dialled, c, dialled.port))
    }

    /// The container that serves behind a name: itself, unless others stand in its namespace and one of them holds the port, or
    /// says that it serves it; of a pod the first of its members, if need be. Where nobody holds it, one that does not run is
    /// likelier meant than an owner that does, and does not say that it serves it.
    pub(super) fn member(
        &self,
        dialled: Dialled<'_>,
        owner: &'a Container,
        port: u16,
    ) -> &'a Container {
        let is_inside = |c: &&Container| {
            c.engine == owner.engine
                && c.network_mode == NetworkMode::Container(owner.name.clone())
                && (owner.pod.is_some() || c.name != dialled.client)
        };
        let mut inside: Vec<&Container> =
            self.containers.iter().copied().filter(is_inside).collect();
        inside.sort_by_key(|c| (!c.state.is_running(), !serves(c, port), c.name.clone()));
        if owner.pod.is_some() {
            return inside.first().copied().unwrap_or(owner);
        }
        let is_held = !inside.is_empty() && (self.listens)(owner, port);
        let all = || inside.iter().copied().chain([owner]);
        if let Some(holder) = all().find(|c| is_held && (self.holds)(c, port) == Some(true)) {
            return holder;
        }
        // What is published is its owner's in any case, whoever serves it; and Podman lists it with all of them.
        let is_published = owner.ports.iter().any(|p| p.container_port == port);
        let may_be_anothers = is_published || !serves(owner, port);
        if let Some(mate) = inside.iter().find(|c| may_be_anothers && c.exposed.contains(&port)) {
            return mate;
        }
        // Where somebody holds it and nobody can see who, it is the owner until one says that it serves it.
        let mut others = inside.iter().filter(|c| !is_held && !c.state.is_up());
        match (others.next(), others.next()) {
            (Some(only), None) if may_be_anothers => only,
            _ => owner,
        }
    }

    /// The containers that stand in the client's namespace, itself left out.
    pub(super) fn namespace_mates(&self, dialled: Dialled<'_>) -> Vec<&'a Container> {
        let home = |c: &'a Container| match &c.network_mode {
            NetworkMode::Container(other) => other.as_str(),
            NetworkMode::Host => HOST_CLIENT,
            _ => c.name.as_str(),
        };
        let Some(client) = self.client(dialled) else { return Vec::new() };
        self.containers
            .iter()
            .copied()
            .filter(|c| {
                c.engine == client.engine
                    && c.name != client.name
                    && c.pod.is_none()
                    && home(c) == home(client)
            })
            .collect()
    }
}

/// The only one that runs; where none does, the only one.
pub(super) fn only_one<'a>(found: &[&'a Container]) -> Option<&'a Container> {
    let running: Vec<&Container> = found.iter().filter(|c| c.state.is_running()).copied().collect();
    match (running.as_slice(), found) {
        ([only], _) | ([], [only]) => Some(only),
        _ => None,
    }
}

/// Whether a container says of itself that it serves the port.
pub(super) fn serves(container: &Container, port: u16) -> bool {
    container.exposed.contains(&port)
        || container.ports.iter().any(|p| p.container_port == port && p.protocol == "tcp")
}

/// The only port that a container says it serves.
pub(super) fn only_port(container: &Container) -> Option<u16> {
    let published =
        container.ports.iter().filter(|p| p.protocol == "tcp").map(|p| p.container_port);
    let mut ports: Vec<u16> = published.chain(container.exposed.iter().copied()).collect();
    ports.sort_unstable();
    ports.dedup();
    match ports[..] {
        [only] => Some(only),
        _ => None,
    }
}

pub(super) fn server(dialled: Dialled<'_>, container: &Container, port: u16) -> Server {
    let engine = (container.engine != dialled.engine).then(|| container.engine.clone());
    Server { kind: ServerKind::Container, container: Some(container.name.clone()), port, engine }
}
