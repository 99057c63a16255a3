//! The other containers behind a server's name: whoever is told the name reaches any of them.

use super::{Case, Concurrency, Container, Fact, Path};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Another container of the server's service, and what was seen of it for one link.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replica {
    /// The container, in the engine of the client.
    pub container: String,
    /// Connections from the client's namespace to its own addresses and the port inside.
    pub path: Fact<Path>,
    /// The concurrency probes of its port.
    pub concurrency: Fact<Concurrency>,
}

impl Replica {
    /// One of which nothing was seen yet.
    #[must_use]
    pub fn unseen(container: &str) -> Self {
        let not_yet = || "not looked at".to_owned();
        Self {
            container: container.to_owned(),
            path: Fact::Skipped(not_yet()),
            concurrency: Fact::Skipped(not_yet()),
        }
    }
}

impl Container {
    /// Whether two containers are replicas of one service, of Compose or of a Swarm.
    #[must_use]
    pub fn is_replica_of(&self, other: &Self) -> bool {
        if let (Some(ours), Some(theirs)) = (&self.task, &other.task) {
            return ours.service == theirs.service;
        }
        let service = |c: &Self| c.compose.as_ref().map(|c| (c.project.clone(), c.service.clone()));
        self.engine == other.engine && service(self).is_some() && service(self) == service(other)
    }
}

impl Case<'_> {
    /// Whether the name leads the client to the server of this case: it runs on a common network, and its address is in the
    /// answer. An answer without any container's address (that of a Swarm's service) leads to all.
    #[must_use]
    pub fn is_met(&self) -> bool {
        let Ok(server) = self.server() else { return false };
        if !server.container.state.is_up() || self.common_networks().is_empty() {
            return false;
        }
        let resolution = self.link.visit.value().and_then(|visit| visit.resolution.as_ref());
        let answer = resolution.or_else(|| self.link.lookup.value());
        let found: Vec<IpAddr> = answer.map(super::Resolution::addresses).unwrap_or_default();
        let has = |c: &Container| self.attachments(c).iter().any(|a| holds(&a.addresses, &found));
        let replicas = self.facts.containers.iter().filter(|c| c.is_replica_of(server.container));
        has(server.container) || !replicas.into_iter().any(|c| has(c))
    }
}

fn holds(addresses: &[IpAddr], found: &[IpAddr]) -> bool {
    addresses.iter().any(|ip| found.contains(ip))
}
