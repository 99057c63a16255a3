//! What a check may look at: one link and the facts, with the questions that several checks ask of them.

use super::{
    Attachment, Certificate, Connect, Container, EngineKind, Fact, Link, Listener, Meant, Network,
    NetworkMode, Reply, ServerKind, Snapshot, Symptom, Undecided, Validity, Visit,
};
use std::net::IpAddr;

/// The name of a client that is a process on the engine's machine.
pub const HOST_CLIENT: &str = "@host";

/// One link together with all facts.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The link under judgement.
    pub link: &'a Link,
    /// All facts.
    pub facts: &'a Snapshot,
}

/// The server side of a case: a container and the port inside it.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The container.
    pub container: &'a Container,
    /// The port inside the container.
    pub port: u16,
}

impl<'a> Case<'a> {
    /// The client's container; `None` for a process on the engine's machine.
    #[must_use]
    pub fn client(&self) -> Option<&'a Container> {
        self.facts.container(&self.link.engine, &self.link.client)
    }

    /// The server's container and port.
    ///
    /// # Errors
    ///
    /// Returns [`Undecided::Skip`] when the endpoint is outside or a process of the host, and
    /// [`Undecided::Unknown`] when nothing known is meant.
    pub fn server(&self) -> Result<Target<'a>, Undecided> {
        let Some(server) = &self.link.server else {
            return Err(Undecided::Skip(format!(
                "no known server is meant by {}",
                self.link.endpoint.url
            )));
        };
        let Some(name) = &server.container else {
            return Err(Undecided::Skip(match server.kind {
                ServerKind::External => OUTSIDE.into(),
                ServerKind::Host | ServerKind::Container => {
                    format!(
                        "{} is a process on the engine's machine, not a container",
                        self.link.endpoint.authority()
                    )
                }
            }));
        };
        if let Some(why) = self.own_sockets_unseen() {
            return Err(Undecided::Unknown(why));
        }
        let engine = server.engine.as_deref().unwrap_or(&self.link.engine);
        match self.facts.container(engine, name) {
            Some(container) => match &container.unread {
                Some(why) => Err(Undecided::Unknown(format!("{name} could not be read: {why}"))),
                None => Ok(Target { container, port: server.port }),
            },
            None => {
                Err(Undecided::Unknown(format!("the engine no longer knows the container {name}")))
            }
        }
    }

    /// Why it is open whether the client's own loopback is its own service or a mistake that means another container.
    ///
    /// A client that does not run has no sockets. Those of one that runs may be there unseen, unless it was turned away.
    #[must_use]
    pub fn own_sockets_unseen(&self) -> Option<String> {
        let link = self.link;
        let guessed = matches!(
            link.meant,
            Meant::OwnLoopback | Meant::OwnLoopbackPublished | Meant::OwnLoopbackServed
        );
        let runs = self.client().is_none_or(|c| c.state.is_up());
        let turned_away = link.visit.value().is_some_and(Visit::was_turned_away);
        match &link.listens_itself {
            Fact::Unknown(why) | Fact::Skipped(why) if guessed && runs && !turned_away => {
                Some(format!(
                    "whether {} itself listens on port {} was not seen: {why}",
                    link.client, link.endpoint.port
                ))
            }
            _ => None,
        }
    }

    /// Why nothing may be concluded from a port at which nobody answers: it was not told, but assumed.
    #[must_use]
    pub fn port_untold(&self) -> Option<String> {
        let endpoint = &self.link.endpoint;
        let connected = self.link.visit.value().is_some_and(Visit::connected);
        (endpoint.port_assumed && !connected).then(|| {
            format!(
                "{} is told no port for {}: {} is only assumed, and another may be meant",
                self.link.client, endpoint.host, endpoint.port
            )
        })
    }

    /// The server, if it runs and is not paused.
    ///
    /// # Errors
    ///
    /// As [`Case::server`], and [`Undecided::Unknown`] when it does not run.
    pub fn running_server(&self) -> Result<Target<'a>, Undecided> {
        let server = self.server_with_sockets()?;
        if server.container.state.is_running() {
            Ok(server)
        } else {
            Err(Undecided::Unknown(format!(
                "{} is paused, so its program answers nobody",
                server.container.name
            )))
        }
    }

    /// The server, if its processes are there, running or paused: then it has sockets.
    ///
    /// # Errors
    ///
    /// As [`Case::server`], and [`Undecided::Unknown`] when it has none.
    pub fn server_with_sockets(&self) -> Result<Target<'a>, Undecided> {
        let server = self.server()?;
        let state = &server.container.state;
        if state.is_up() {
            Ok(server)
        } else {
            Err(Undecided::Unknown(format!(
                "{} is {}, so its sockets can't be seen",
                server.container.name,
                state.word()
            )))
        }
    }

    /// Whether the link leads out of everything that the engines know.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.link.server.as_ref().is_some_and(|s| s.kind == ServerKind::External)
    }

    /// Whether the server is a container of another engine, from which no network leads to the client's.
    #[must_use]
    pub fn crosses_engines(&self) -> bool {
        self.other_engine().is_some() && !self.crosses_nodes()
    }

    /// Whether the server's engine is another node of the client's Swarm.
    #[must_use]
    pub fn crosses_nodes(&self) -> bool {
        let other = self.other_engine();
        other.is_some_and(|other| self.facts.are_nodes_of_one_swarm(&self.link.engine, other))
    }

    fn other_engine(&self) -> Option<&'a str> {
        self.link.server.as_ref()?.engine.as_deref()
    }

    /// The kind of the client's engine.
    #[must_use]
    pub fn kind(&self) -> EngineKind {
        self.facts.kind(&self.link.engine)
    }

    /// Whether client and server stand in one network namespace.
    #[must_use]
    pub fn shares_namespace(&self) -> bool {
        if self.client_is_on_host() && self.server_is_on_host() {
            return true;
        }
        let (Some(client), Ok(server)) = (self.client(), self.server()) else { return false };
        let server = server.container;
        if self.other_engine().is_some() {
            return false;
        }
        client.name == server.name
            || match (client.namespace.value(), server.namespace.value()) {
                // Who joined another's namespace stays in it when that one is started again.
                (Some(a), Some(b)) => a == b,
                _ => self.home(client) == self.home(server),
            }
    }

    /// The container (or the host) in whose namespace this one stands.
    fn home(&self, container: &'a Container) -> &'a str {
        let mut at = container;
        for _ in 0..8 {
            match &at.network_mode {
                NetworkMode::Host => return HOST_CLIENT,
                NetworkMode::Container(other) => match self.facts.container(&at.engine, other) {
                    Some(next) => at = next,
                    None => return other,
                },
                NetworkMode::Networks | NetworkMode::None | NetworkMode::UserMode(_) => {
                    return &at.name;
                }
            }
        }
        &at.name
    }

    /// The container that owns the namespace in which this one stands, itself included; `None` for the host.
    #[must_use]
    pub fn namespace_owner(&self, container: &'a Container) -> Option<&'a Container> {
        let home = self.home(container);
        self.facts.container(&container.engine, home)
    }

    /// Whether the client stands in the namespace of the engine's machine.
    #[must_use]
    pub fn client_is_on_host(&self) -> bool {
        self.link.client == HOST_CLIENT
            || self.client().is_some_and(|c| self.home(c) == HOST_CLIENT)
    }

    /// Whether the server stands in the namespace of the engine's machine.
    #[must_use]
    pub fn server_is_on_host(&self) -> bool {
        self.server().is_ok_and(|s| self.home(s.container) == HOST_CLIENT)
    }

    /// The attachments that decide a container's reachability: those of the owner of its namespace.
    #[must_use]
    pub fn attachments(&self, container: &'a Container) -> &'a [Attachment] {
        self.namespace_owner(container).map_or(&[], |owner| &owner.attachments)
    }

    /// The networks that client and server share, compared by name within one engine.
    #[must_use]
    pub fn common_networks(&self) -> Vec<&'a Network> {
        let (Some(client), Ok(server)) = (self.client(), self.server()) else { return Vec::new() };
        if self.crosses_engines() {
            return Vec::new();
        }
        let theirs = self.attachments(server.container);
        self.attachments(client)
            .iter()
            .filter(|mine| theirs.iter().any(|other| other.network == mine.network))
            .filter_map(|mine| self.facts.network(&self.link.engine, &mine.network))
            .collect()
    }

    /// Whether the client's own connection was completed by the server itself: at an address of its own and the port inside.
    #[must_use]
    pub fn arrives(&self) -> bool {
        let (Some(visit), Ok(server)) = (self.link.visit.value(), self.server()) else {
            return false;
        };
        let own = |ip: &IpAddr| {
            self.attachments(server.container).iter().any(|a| a.addresses.contains(ip))
        };
        visit.attempts.iter().any(|attempt| {
            attempt.connect == Connect::Connected
                && attempt.to.port() == server.port
                && own(&attempt.to.ip())
        })
    }

    /// What the server replied to the client, else what it was heard to speak inside its own namespace.
    #[must_use]
    pub fn spoken(&self) -> Option<&'a Reply> {
        let visit = self.link.visit.value()?;
        if visit.connected() { visit.reply.as_ref() } else { self.link.inside.as_ref() }
    }

    /// The certificate that the server showed to the client.
    #[must_use]
    pub fn certificate(&self) -> Option<&'a Certificate> {
        self.link.visit.value()?.certificate.as_ref()
    }

    /// What the client sees today; `None` when its connection went well or was not seen.
    #[must_use]
    pub fn symptom(&self) -> Option<Symptom> {
        let turned_down =
            |c: &Certificate| c.validity != Validity::Now || (!c.covers && !c.names.is_empty());
        let verifies = self.client().is_none_or(|client| client.unverified.is_none());
        match self.certificate() {
            Some(shown) if verifies && turned_down(shown) => Some(Symptom::TlsError),
            _ => self.link.visit.value().and_then(Visit::symptom),
        }
    }

    /// The name that another container on `network` should use for the server: its Compose service, else its name.
    #[must_use]
    pub fn proper_name(&self, server: Target<'a>) -> &'a str {
        let owner = self.namespace_owner(server.container).unwrap_or(server.container);
        match &owner.compose {
            Some(compose)
                if !compose.one_off
                    && self.link.engine == owner.engine
                    && self.same_project(owner) =>
            {
                &compose.service
            }
            _ => owner.pod.as_deref().unwrap_or(&owner.name),
        }
    }

    fn same_project(&self, server: &Container) -> bool {
        let project = |c: &Container| c.compose.as_ref().map(|c| c.project.clone());
        self.client().is_some_and(|client| project(client) == project(server))
    }
}

impl<'a> Target<'a> {
    /// The sockets that listen on the port of this link.
    ///
    /// # Errors
    ///
    /// As [`Target::all_listeners`].
    pub fn listeners(&self) -> Result<Vec<&'a Listener>, Undecided> {
        Ok(self.all_listeners()?.iter().filter(|l| l.address.port() == self.port).collect())
    }

    /// All sockets that listen in the server's namespace.
    ///
    /// # Errors
    ///
    /// Returns [`Undecided`] when the sockets could not be read, and where the port of this link is one of UDP only: no
    /// address says which of the two a client means.
    pub fn all_listeners(&self) -> Result<&'a [Listener], Undecided> {
        let all = self.container.listeners.known()?;
        let port = self.port;
        if self.container.udp_ports.contains(&port) && all.iter().all(|l| l.address.port() != port)
        {
            return Err(Undecided::Unknown(format!(
                "{} takes UDP at port {port}, and listens for no TCP there: which of them is meant can't be seen",
                self.container.name
            )));
        }
        Ok(all)
    }

    /// Whether clients in the same namespace only can reach any socket of this port.
    ///
    /// # Errors
    ///
    /// Returns [`Undecided`] when the sockets could not be read.
    pub fn is_loopback_only(&self) -> Result<bool, Undecided> {
        let rows = self.listeners()?;
        Ok(!rows.is_empty() && rows.iter().all(|l| l.address.ip().to_canonical().is_loopback()))
    }
}

/// The reason of every row of a link to the outside world.
pub const OUTSIDE: &str = "a link to the outside world";
