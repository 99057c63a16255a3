//! One container as its engine describes it.

use super::{
    Compose, Fact, Freshness, HostsLine, Listener, Proxies, QueueCounters, ResolverConfig,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One container as its engine describes it, in the same words for every engine.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Container {
    /// The engine's name.
    pub engine: String,
    /// The container's name.
    pub name: String,
    /// The full id.
    pub id: String,
    /// The image as it was named at the start.
    pub image: String,
    /// The id of the image that it runs, without prefix; `None` in files from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
    /// The names of the variables in its environment, in order. No value is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<String>,
    /// Those that were set anew before its program was started: what its configuration says of them is not what it is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_anew: Vec<String>,
    /// Whether it runs, and how it ended.
    pub state: State,
    /// When it was there, where it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lived: Option<super::Lived>,
    /// How its network namespace came to be.
    pub network_mode: NetworkMode,
    /// The networks it is attached to, by name.
    pub attachments: Vec<Attachment>,
    /// Its ports that are asked to be published, also of a stopped container.
    pub ports: Vec<Port>,
    /// TCP ports that its image or its start command declares.
    pub exposed: Vec<u16>,
    /// Its `hostname`.
    pub hostname: String,
    /// The pod whose namespace this container holds open for its members; `None` for all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// What Compose says of it.
    pub compose: Option<Compose>,
    /// The task of a Swarm that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<super::Task>,
    /// The inode of its network namespace.
    pub namespace: Fact<u64>,
    /// The sockets that listen in its namespace.
    pub listeners: Fact<Vec<Listener>>,
    /// From where its sockets were seen; `None` when they were not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vantage: Option<super::Vantage>,
    /// The kernel's queue counters of its namespace.
    pub queue_counters: Fact<QueueCounters>,
    /// The ports at which it takes UDP; looked for only where it does not listen for TCP at a port that a link leads to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub udp_ports: Vec<u16>,
    /// The longest listen queue that its namespace grants (`net.core.somaxconn`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub somaxconn: Option<u32>,
    /// How near it is to its limits; `None` when they were not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<super::Limits>,
    /// Whether one of its programs uses musl as its C library; `None` when that was not looked at or can't be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_musl: Option<bool>,
    /// Its name servers.
    pub resolver: Fact<ResolverConfig>,
    /// Its hosts file.
    pub hosts: Fact<Vec<HostsLine>>,
    /// Why the engine could not show it, when it only listed it: then nothing here but its name is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// Configuration files of it that could not be read, with the reason, a line each.
    pub unread_files: Vec<String>,
    /// What each of those files names all the same: containers, addresses, the loopback. Empty where that was not seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread_names: Vec<Vec<String>>,
    /// Its proxy variables.
    #[serde(default)]
    pub proxies: Proxies,
    /// The variable or argument by which it says that it verifies no certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unverified: Option<String>,
    /// Its image and source.
    pub freshness: Fact<Freshness>,
    /// What the project's own checks asked of it: yes or no, by the check's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, bool>,
}

impl Container {
    /// The names by which others may call it: its own, its aliases and its Compose service.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let aliases = self.attachments.iter().flat_map(|a| a.aliases.iter().map(String::as_str));
        let service = self.compose.iter().map(|c| c.service.as_str());
        let task = self.task.iter().map(|t| t.service.as_str());
        std::iter::once(self.name.as_str()).chain(aliases).chain(service).chain(task)
    }

    /// Whether it carries that name, in any case of letters.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        // The Swarm answers with all its tasks' own addresses to this one.
        let of_tasks = name.strip_prefix("tasks.");
        let is_service = |name| self.task.as_ref().is_some_and(|task| task.service == name);
        self.names().any(|n| n.eq_ignore_ascii_case(name)) || of_tasks.is_some_and(is_service)
    }

    /// All its addresses, on all networks.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.attachments.iter().flat_map(|a| a.addresses.iter().copied())
    }

    /// The port inside that is published on this port of the engine's machine.
    #[must_use]
    pub fn published_as(&self, host_port: u16) -> Option<u16> {
        self.ports
            .iter()
            .find(|p| p.host_port == Some(host_port) && p.protocol == "tcp")
            .map(|p| p.container_port)
    }
}

/// Whether a container runs, and how it ended.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct State {
    /// The engine's word: created, running, paused, restarting, exited, dead.
    pub status: String,
    /// The exit code of the last end.
    pub exit_code: i64,
    /// Whether the kernel killed it for memory.
    pub oom_killed: bool,
    /// The engine's class of error at the start, without its text.
    pub start_error: Option<String>,
    /// When it was last started, RFC 3339; `None` if never.
    pub started_at: Option<String>,
    /// When it last ended, RFC 3339; `None` if never.
    pub finished_at: Option<String>,
    /// Seconds between its start and the look at it.
    pub up_seconds: Option<u64>,
    /// How often the engine restarted it.
    pub restarts: u64,
    /// The health status: healthy, unhealthy, starting; `None` without a health check.
    pub health: Option<String>,
    /// The exit code of the last health check.
    pub health_exit_code: Option<i64>,
    /// How many of its processes are stopped by a signal; `None` when they were not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub halted: Option<super::Halted>,
    /// Whether the engine is to start it anew when it ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub comes_back: bool,
    /// Seconds between its creation and the look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<u64>,
    /// What it was at the first look, where a second one saw that it has ended or was started anew since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<super::Earlier>,
}

impl State {
    /// Whether its processes are there, be they frozen: then it has sockets and addresses, and its engine answers for its
    /// name.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.is_running() || self.status == "paused"
    }
}

/// How a container's network namespace came to be.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NetworkMode {
    /// Its own, on the networks it is attached to.
    Networks,
    /// That of the engine's machine.
    Host,
    /// Its own, without any network.
    None,
    /// That of another container, by name.
    Container(String),
    /// Its own behind a user-mode stack (slirp4netns, pasta).
    UserMode(String),
}

/// One container on one network.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attachment {
    /// The network's name.
    pub network: String,
    /// The container's addresses there; empty while it does not run.
    pub addresses: Vec<IpAddr>,
    /// The names it answers to there, besides its own.
    pub aliases: Vec<String>,
}

/// A TCP or UDP port of a container that was asked to be published.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Port {
    /// The port inside the container.
    pub container_port: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
    /// The address on the engine's machine; `None` for all.
    pub host_ip: Option<IpAddr>,
    /// The port on the engine's machine; `None` when the engine is to choose and has not.
    pub host_port: Option<u16>,
    /// Whether the engine says it is published now.
    pub active: bool,
}
