//! Everything seen in one run, frozen. It can be saved and judged again, anywhere, with the same report.

use super::{Fact, Freshness, HostsLine, Link, Listener, Proxies, QueueCounters, ResolverConfig};
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
    /// The longest listen queue that its namespace grants (`net.core.somaxconn`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub somaxconn: Option<u32>,
    /// How near it is to its limits; `None` when they were not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<super::Limits>,
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

/// What Compose's labels say of a container.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Compose {
    /// The project.
    pub project: String,
    /// The service.
    pub service: String,
    /// Whether `compose run` made it.
    pub one_off: bool,
    /// The project's folder.
    pub working_dir: Option<String>,
    /// The project's files, as they were named, often relative to the folder.
    pub config_files: Vec<String>,
    /// The files of variables that were named in place of the folder's `.env`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment_files: Vec<String>,
    /// The program that made it, where the labels tell: `docker-compose` (version 1) or `podman-compose`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
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
        self.containers.iter().find(|c| c.engine == engine && c.name == name)
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

    /// The port inside that this port of the engine's machine is published for, though not for TCP.
    #[must_use]
    pub fn published_otherwise(&self, host_port: u16) -> Option<u16> {
        self.ports
            .iter()
            .find(|p| p.host_port == Some(host_port) && p.protocol != "tcp")
            .map(|p| p.container_port)
    }
}

/// The program that knows no recreation by itself, and no folder of the project.
const PODMAN_COMPOSE: &str = "podman-compose";

impl Compose {
    /// The command that makes a service's container anew where its files have changed.
    #[must_use]
    pub fn recreate(&self, kind: EngineKind, service: &str) -> String {
        let is_podmans = self.program.as_deref() == Some(PODMAN_COMPOSE);
        let force = if is_podmans { "--force-recreate " } else { "" };
        self.command(kind, &format!("up -d {force}{}", super::quoted(service)))
    }

    /// The project's files, from any folder.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let whole = |file: &String| match &self.working_dir {
            Some(folder) if !file.starts_with('/') => {
                format!("{}/{}", folder.trim_end_matches('/'), file.trim_start_matches("./"))
            }
            _ => file.clone(),
        };
        self.config_files.iter().map(whole).collect()
    }

    /// A Compose command for this project that works from any folder. `kind` is the engine's.
    #[must_use]
    pub fn command(&self, kind: EngineKind, rest: &str) -> String {
        let program = match &self.program {
            Some(program) => program.clone(),
            None => format!("{} compose", kind.command()),
        };
        let mut words = vec![program, format!("-p {}", super::quoted(&self.project))];
        words.extend(self.files().iter().map(|file| format!("-f {}", super::quoted(file))));
        // podman-compose has no such options: it works in the folder of the first file.
        let is_podmans = self.program.as_deref() == Some(PODMAN_COMPOSE);
        let files = self.environment_files.iter().filter(|_| !is_podmans);
        words.extend(files.map(|file| format!("--env-file {}", super::quoted(file))));
        if let Some(folder) = self.working_dir.as_ref().filter(|_| !is_podmans) {
            words.push(format!("--project-directory {}", super::quoted(folder)));
        }
        words.push(rest.to_owned());
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::{Compose, EngineKind};

    #[test]
    fn a_compose_command_works_from_any_folder() {
        let mut compose = Compose {
            project: "ci".into(),
            service: "mock".into(),
            one_off: false,
            working_dir: Some("/home/ci/my app".into()),
            config_files: vec!["./compose.yaml".into(), "/srv/more.yaml".into()],
            environment_files: Vec::new(),
            program: None,
        };
        let command = |compose: &Compose| compose.command(EngineKind::Docker, "up -d mock");
        assert_eq!(
            command(&compose),
            "docker compose -p ci -f '/home/ci/my app/compose.yaml' -f /srv/more.yaml --project-directory '/home/ci/my app' up -d mock"
        );
        compose.environment_files = vec!["/home/ci/ci.env".into()];
        assert!(
            command(&compose).contains("-f /srv/more.yaml --env-file /home/ci/ci.env --project")
        );
        assert!(compose.recreate(EngineKind::Docker, "mock").ends_with("' up -d mock"));
        compose.program = Some("podman-compose".into());
        assert!(compose.recreate(EngineKind::Podman, "m").ends_with("up -d --force-recreate m"));
        assert_eq!(
            command(&compose),
            "podman-compose -p ci -f '/home/ci/my app/compose.yaml' -f /srv/more.yaml up -d mock"
        );
    }
}
