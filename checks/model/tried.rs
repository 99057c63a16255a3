//! Connects that a client's own program makes, beside those of econn: a program may keep an address that its name has not any
//! more.

use super::{Case, Container, Link, Meant};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// An address that the program dials again and again, and from which nobody answers. The last connect was begun after the
/// name had been asked for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tried {
    /// The address.
    pub to: SocketAddr,
    /// How many connects to it were seen, all of them without an answer.
    pub connects: usize,
}

impl Case<'_> {
    /// Whether the client may have asked for the server's name before the server was last started: it is told a name and has
    /// run for longer.
    #[must_use]
    pub fn may_remember(&self) -> bool {
        let server = self.server().ok().map(|server| server.container);
        let ends = self.client().and_then(start).zip(server.and_then(start));
        self.link.meant == Meant::Name
            && ends.is_some_and(|(client, server)| client < server)
            && !self.shares_namespace()
    }

    /// Whether an address lies on a network that client and server share, and nobody has it: no container of any engine, no
    /// gateway, and none that the client is told or given by its hosts file. On other networks than bridges there may be
    /// machines of which no engine knows.
    #[must_use]
    pub fn is_vacant(&self, ip: IpAddr) -> bool {
        let facts = self.facts;
        let told = |link: &Link| {
            link.engine == self.link.engine
                && link.client == self.link.client
                && link.endpoint.address() == Some(ip)
        };
        let by_hand = |c: &Container| {
            c.hosts.value().is_some_and(|lines| lines.iter().any(|line| line.address == ip))
        };
        self.common_networks().iter().any(|n| n.driver == "bridge" && n.holds(ip))
            && !facts.networks.iter().any(|n| n.gateways.contains(&ip))
            && !facts.containers.iter().any(|c| c.addresses().any(|a| a == ip))
            && !facts.links.iter().any(told)
            && !self.client().is_some_and(by_hand)
    }
}

/// When a container that runs was started, in an order that finds half a second as well: both are UTC, and only digits of the
/// fraction may be left out.
fn start(container: &Container) -> Option<&str> {
    let at = container.state.started_at.as_deref().filter(|_| container.state.is_running())?;
    Some(at.trim_end_matches('Z'))
}
