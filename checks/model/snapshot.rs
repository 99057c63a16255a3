//! Everything seen in one run, frozen. It can be saved and judged again, anywhere, with the same report.

use super::{Container, Fact, Link, Listener};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The version of the snapshot's form. Readers refuse what is newer.
pub const SNAPSHOT_VERSION: u32 = 1;

/// Everything seen in one run.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Snapshot {
    /// The form of this file; see [`SNAPSHOT_VERSION`].
    pub snapshot_version: u32,
    /// The version of econn that looked.
    pub econn: String,
    /// When the run began, RFC 3339 in UTC.
    pub taken_at: String,
    /// How the run looked, as far as judging depends on it.
    pub settings: Settings,
    /// The engines that were asked.
    pub engines: Vec<Engine>,
    /// The containers of all engines, by engine and name.
    pub containers: Vec<Container>,
    /// The networks of all engines, by engine and name.
    pub networks: Vec<Network>,
    /// Sockets that listen in the network namespace of the engine's machine.
    pub host_listeners: Fact<Vec<Listener>>,
    /// Who is told to call whom, with what was seen of it.
    pub links: Vec<Link>,
    /// What was seen of the machine of each engine, by the engine's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub machines: BTreeMap<String, super::Machine>,
    /// What was looked at, and what could not be looked at, in plain words.
    pub notes: Vec<String>,
    /// How many values were seen and left out for what may be secret in them, by the kind of place that held them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub redactions: BTreeMap<String, u64>,
    /// What the logs that were given say of connections.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logged: Vec<super::Logged>,
    /// The answers of the user's own checks that look at the world.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<super::Own>,
}

/// How the run looked.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Settings {
    /// Clients that are expected to connect at once.
    pub parallel_clients: u32,
    /// No probe was sent and nothing created.
    pub passive: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { parallel_clients: 12, passive: false }
    }
}

/// One engine, or the attempt to reach one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Engine {
    /// The name that links carry: `docker`, `podman`, `docker-2`, or a context's.
    pub name: String,
    /// What answers there.
    pub kind: EngineKind,
    /// The engine's own version; empty when it did not answer.
    pub version: String,
    /// Where it was reached.
    pub host: String,
    /// Why this one was asked.
    pub chosen_because: String,
    /// Why it did not answer, or could not be read completely.
    pub error: Option<String>,
    /// Which node of a Swarm it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<super::Node>,
}

impl Engine {
    /// Whether it answered at first and could not be read then: what it has was not seen.
    #[must_use]
    pub fn fell_silent(&self) -> bool {
        self.error.is_some() && !self.version.is_empty()
    }
}

/// The kinds of engine.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
}

impl EngineKind {
    /// The command that users type for it, which is also its word in reports.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }
}

/// One network of an engine.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Network {
    /// The engine's name.
    pub engine: String,
    /// The network's name.
    pub name: String,
    /// Its driver.
    pub driver: String,
    /// Whether it has no way out.
    pub internal: bool,
    /// Its subnets, as `address/bits`.
    pub subnets: Vec<String>,
    /// Its gateways.
    pub gateways: Vec<IpAddr>,
    /// Whether the engine answers names on it.
    pub names: Fact<bool>,
    /// Whether it is the engine's default network.
    pub default: bool,
    /// Whether containers that no Swarm started may join it; `None` where it is no network of a Swarm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachable: Option<bool>,
    /// Driver options that decide about packets (ICC, isolation, MTU), by name.
    pub options: BTreeMap<String, String>,
}

impl Snapshot {
    /// The container of that name in that engine.
    #[must_use]
    pub fn container(&self, engine: &str, name: &str) -> Option<&Container> {
        self.containers.iter().find(|c| c.name == name && c.engine == engine)
    }

    /// The network of that name in that engine.
    #[must_use]
    pub fn network(&self, engine: &str, name: &str) -> Option<&Network> {
        self.networks.iter().find(|n| n.engine == engine && n.name == name)
    }

    /// Whether two engines are nodes of one Swarm, whose overlay networks lead from one to the other.
    #[must_use]
    pub fn are_nodes_of_one_swarm(&self, one: &str, other: &str) -> bool {
        let swarm = |name: &str| {
            let engine = self.engines.iter().find(|engine| engine.name == name);
            engine.and_then(|engine| Some(&engine.node.as_ref()?.swarm))
        };
        swarm(one).is_some() && swarm(one) == swarm(other)
    }

    /// The kind of the engine of that name.
    #[must_use]
    pub fn kind(&self, engine: &str) -> EngineKind {
        self.engines.iter().find(|e| e.name == engine).map_or(EngineKind::Docker, |e| e.kind)
    }
}
