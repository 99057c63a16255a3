//! One container's facts in the same words for every engine, and beside them what never enters a snapshot.

use super::inspect::{self, Inspect, PortMap};
use super::{Naming, bare};
use checks::model::{
    Attachment, Compose, Container, Engine, EngineKind, Fact, NetworkMode, Port, State, Task,
};
use jiff::Timestamp;
use std::collections::HashMap;
use std::net::IpAddr;

/// A container: its facts, and what only the collectors may see of it.
#[derive(Clone)]
pub(crate) struct Seen {
    /// What enters the snapshot.
    pub(crate) facts: Container,
    /// What never does.
    pub(crate) raw: Raw,
}

/// What only the collectors may see: it holds secrets, or means nothing elsewhere.
#[derive(Clone)]
pub(crate) struct Raw {
    /// The main process on the engine's machine; `None` when it does not run.
    pub(crate) pid: Option<u32>,
    /// Why its process must not be looked at from here, where that is so.
    pub(crate) hidden: Option<String>,
    /// What decides names in it.
    pub(crate) naming: Naming,
    /// When it was started, seconds since 1970.
    pub(crate) started: Option<f64>,
    /// The environment it was started with.
    pub(crate) env: Vec<(String, String)>,
    /// Its labels.
    pub(crate) labels: HashMap<String, String>,
    /// Its command line, program first.
    pub(crate) argv: Vec<String>,
    /// Its mounts.
    pub(crate) mounts: Vec<Mount>,
    /// Where it has a file system in memory that the engine does not list among the mounts.
    pub(crate) memory: Vec<String>,
    /// Whether its engine removes it when it ends (`--rm`).
    pub(crate) removes_itself: bool,
    /// The id of the image it runs, without prefix.
    pub(crate) image_id: String,
    /// Its working folder.
    pub(crate) workdir: String,
}

/// One mount of a container.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    /// Whether it shows a file or folder of the engine's machine that a user can edit.
    pub(crate) is_bind: bool,
    /// Whether it is memory.
    pub(crate) is_memory: bool,
    /// The volume's name, if it is one.
    pub(crate) volume: Option<String>,
    /// Whether the container may write to it.
    pub(crate) writable: bool,
    /// The path on the engine's machine.
    pub(crate) source: String,
    /// The path inside the container.
    pub(crate) destination: String,
}

/// The facts of all inspected containers of one engine.
pub(super) fn all(engine: &Engine, inspected: HashMap<String, Inspect>, now: f64) -> Vec<Seen> {
    let names: HashMap<String, String> = inspected
        .iter()
        .map(|(id, c)| (id.clone(), name(if c.name.is_empty() { id } else { &c.name }).to_owned()))
        .collect();
    inspected.into_iter().map(|(id, c)| one(engine, id, c, &names, now)).collect()
}

/// The facts of one inspected container; `names` are those of the others, by id.
pub(super) fn single(
    engine: &Engine,
    id: &str,
    inspect: Inspect,
    mut names: HashMap<String, String>,
    now: f64,
) -> Seen {
    let own = if inspect.name.is_empty() { id } else { &inspect.name };
    names.insert(id.to_owned(), name(own).to_owned());
    one(engine, id.to_owned(), inspect, &names, now)
}

/// A container that the engine lists and can't show.
pub(super) fn unread(engine: &Engine, listed: super::inspect::Listed, why: &str) -> Seen {
    let first =
        listed.names.unwrap_or_default().into_iter().next().unwrap_or_else(|| listed.id.clone());
    let inspect = Inspect {
        state: Some(inspect::State { status: listed.state, ..inspect::State::default() }),
        ..Inspect::default()
    };
    let names = [(listed.id.clone(), name(&first).to_owned())].into();
    let mut seen = one(engine, listed.id, inspect, &names, 0.0);
    seen.facts.unread = Some(why.to_owned());
    seen
}

fn name(text: &str) -> &str {
    text.trim_start_matches('/')
}

fn variables_of(lines: &[String]) -> Vec<(String, String)> {
    let pairs = lines.iter().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn one(
    engine: &Engine,
    id: String,
    inspect: Inspect,
    names: &HashMap<String, String>,
    now: f64,
) -> Seen {
    let unseen = || "not looked at: it is no end of a link".to_owned();
    let state = state(&inspect, now);
    let config = inspect.config.unwrap_or_default();
    let host = inspect.host_config.unwrap_or_default();
    let settings = inspect.network_settings.unwrap_or_default();
    let labels = config.labels.unwrap_or_default();
    let started = inspect.state.as_ref().and_then(|s| moment(s.started_at.as_deref()));
    let pid = inspect
        .state
        .as_ref()
        .and_then(|s| s.pid)
        .and_then(|pid| u32::try_from(pid).ok())
        .filter(|pid| *pid > 0);
    let network_mode = mode(host.network_mode.as_deref().unwrap_or(""), names);
    let image = config.image.unwrap_or_default();
    let hostname = config.hostname.unwrap_or_default();
    let pod = pod(engine.kind, &names[&id], &image, &hostname);
    let mut attachments = match network_mode {
        NetworkMode::Networks => attachments(settings.networks.unwrap_or_default()),
        _ => Vec::new(),
    };
    // Podman answers to the pod's name on every network of the pod, and does not list it.
    for attachment in &mut attachments {
        attachment.aliases.extend(pod.clone());
    }
    let mut exposed: Vec<u16> =
        config.exposed_ports.unwrap_or_default().keys().filter_map(|p| tcp_port(p)).collect();
    exposed.sort_unstable();
    let env = variables_of(&config.env.unwrap_or_default());
    let mut variables: Vec<String> = env.iter().map(|(name, _)| name.clone()).collect();
    variables.sort();
    variables.dedup();
    let image_id = bare(&inspect.image.unwrap_or_default()).to_owned();
    let facts = Container {
        engine: engine.name.clone(),
        name: names[&id].clone(),
        image,
        image_id: Some(image_id.clone()).filter(|id| !id.is_empty()),
        variables,
        state,
        network_mode,
        attachments,
        ports: ports(settings.ports.unwrap_or_default(), host.port_bindings.unwrap_or_default()),
        exposed,
        hostname,
        pod,
        compose: compose(&labels, &names[&id]),
        task: task(&labels),
        namespace: Fact::Skipped(unseen()),
        listeners: Fact::Skipped(unseen()),
        vantage: None,
        queue_counters: Fact::Skipped(unseen()),
        somaxconn: None,
        limits: None,
        resolver: Fact::Skipped(unseen()),
        hosts: Fact::Skipped(unseen()),
        unread: None,
        unread_files: Vec::new(),
        unread_names: Vec::new(),
        proxies: checks::model::Proxies::default(),
        unverified: None,
        freshness: Fact::Skipped(unseen()),
        answers: std::collections::BTreeMap::new(),
        id,
    };
    let argv = inspect.path.into_iter().chain(inspect.args.unwrap_or_default()).collect();
    let raw = Raw {
        pid,
        hidden: None,
        naming: Naming {
            dns: host.dns.unwrap_or_default(),
            search: host.dns_search.unwrap_or_default(),
            options: host.dns_options.unwrap_or_default(),
            extra_hosts: host.extra_hosts.unwrap_or_default(),
        },
        started: started.map(seconds),
        env,
        labels,
        argv,
        mounts: inspect
            .mounts
            .unwrap_or_default()
            .into_iter()
            .map(|m| Mount {
                is_bind: m.kind.as_deref() == Some("bind"),
                is_memory: m.kind.as_deref() == Some("tmpfs"),
                volume: m.name.filter(|_| m.kind.as_deref() == Some("volume")),
                writable: m.writable.unwrap_or(true),
                source: m.source.unwrap_or_default(),
                destination: m.destination.unwrap_or_default(),
            })
            .collect(),
        removes_itself: host.auto_remove.unwrap_or(false),
        memory: host.tmpfs.unwrap_or_default().into_keys().collect(),
        image_id,
        workdir: config.working_dir.unwrap_or_default(),
    };
    Seen { facts, raw }
}

/// The pod of a container that only holds a pod's namespace open. Podman says so in its own API alone; everywhere else it is
/// known by the name and the image that Podman gives it, and its hostname is the pod's name.
fn pod(engine: EngineKind, name: &str, image: &str, hostname: &str) -> Option<String> {
    let holds = engine == EngineKind::Podman && name.ends_with("-infra") && image.contains("pause");
    (holds && !hostname.is_empty()).then(|| hostname.to_owned())
}

/// The moment that an engine gives, unless it is the zero that stands for never.
fn moment(text: Option<&str>) -> Option<Timestamp> {
    text?.parse::<Timestamp>().ok().filter(|at| at.as_second() > 0)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 fit into the 52 bits of a double"
)]
pub(super) fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an up-time is small and not negative"
)]
pub(super) fn state(inspect: &Inspect, now: f64) -> State {
    let Some(state) = &inspect.state else { return State::default() };
    let host = inspect.host_config.as_ref();
    let policy = host.and_then(|h| h.restart_policy.as_ref()?.name.as_deref());
    let since = |at: Timestamp| (now - seconds(at)).max(0.0) as u64;
    let status = state.status.clone().unwrap_or_default();
    let started = moment(state.started_at.as_deref());
    let health = state.health.as_ref();
    State {
        exit_code: state.exit_code.unwrap_or(0),
        oom_killed: state.oom_killed.unwrap_or(false),
        start_error: state.error.as_deref().filter(|e| !e.is_empty()).map(start_error),
        started_at: started.map(|at| at.to_string()),
        finished_at: moment(state.finished_at.as_deref()).map(|at| at.to_string()),
        up_seconds: started.filter(|_| status == "running").map(since),
        restarts: inspect.restart_count.unwrap_or(0),
        comes_back: policy.is_some_and(|name| !matches!(name, "" | "no")),
        age_seconds: moment(inspect.created.as_deref()).map(since),
        earlier: None,
        health: health.and_then(|h| h.status.clone()).filter(|s| !s.is_empty() && s != "none"),
        health_exit_code: health
            .and_then(|h| h.log.as_ref())
            .and_then(|log| log.last())
            .and_then(|last| last.exit_code),
        halted: None,
        status,
    }
}

/// The class of an error at the start. The engine's own text may quote what a user typed, so it is not kept.
fn start_error(text: &str) -> String {
    let classes = [
        ("port is already allocated", "a port on the machine is already taken"),
        ("address already in use", "a port on the machine is already taken"),
        ("executable file not found", "its command is not in the image"),
        ("no such file or directory", "a file that it needs is missing"),
        ("permission denied", "permission denied"),
        ("network", "its network could not be set up"),
        ("mount", "a mount could not be made"),
    ];
    let found = classes.iter().find(|(part, _)| text.to_lowercase().contains(part));
    found.map_or("it could not be started", |(_, class)| class).into()
}

fn mode(text: &str, names: &HashMap<String, String>) -> NetworkMode {
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

fn attachments(networks: HashMap<String, inspect::Endpoint>) -> Vec<Attachment> {
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

fn tcp_port(text: &str) -> Option<u16> {
    match text.split_once('/') {
        Some((port, "tcp")) => port.parse().ok(),
        Some(_) => None,
        None => text.parse().ok(),
    }
}

/// What is published now, and what was asked to be and is not (a stopped container, an internal network).
fn ports(active: PortMap, asked: PortMap) -> Vec<Port> {
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

/// What a node itself knows of a task that runs on it.
fn task(labels: &HashMap<String, String>) -> Option<Task> {
    let label = |key: &str| labels.get(&format!("com.docker.swarm.{key}")).cloned();
    Some(Task {
        service: label("service.name")?,
        node: label("node.id"),
        state: None,
        why: None,
        virtual_addresses: Vec::new(),
        image: None,
    })
}

/// A container that is only known from elsewhere, with the reason why it can't be looked at.
pub(crate) fn stand_in(engine: &Engine, name: &str, status: &str, why: &str) -> Seen {
    let listed = inspect::Listed {
        id: name.to_owned(),
        names: None,
        state: Some(status.to_owned()),
        labels: None,
    };
    unread(engine, listed, why)
}

fn compose(labels: &HashMap<String, String>, name: &str) -> Option<Compose> {
    let label = |key: &str| {
        let found = labels
            .get(&format!("com.docker.compose.{key}"))
            .or_else(|| labels.get(&format!("io.podman.compose.{key}")));
        found.filter(|value| !value.is_empty()).cloned()
    };
    let made_by_podman = labels.keys().any(|key| key.starts_with("io.podman.compose."));
    let program = match label("version") {
        _ if made_by_podman => Some("podman-compose"),
        Some(version) if version.starts_with("1.") => Some("docker-compose"),
        _ => None,
    };
    // podman-compose has no label for it, and a name of its own.
    let is_temporary =
        || name.rsplit_once("_tmp").is_some_and(|(_, n)| n.chars().all(|c| c.is_ascii_digit()));
    let list = |key: &str| -> Vec<String> {
        let value = label(key).unwrap_or_default();
        value.split(',').map(str::trim).filter(|f| !f.is_empty()).map(str::to_owned).collect()
    };
    Some(Compose {
        project: label("project")?,
        service: label("service")?,
        one_off: label("oneoff").is_some_and(|v| v.eq_ignore_ascii_case("true"))
            || (made_by_podman && is_temporary()),
        working_dir: label("project.working_dir"),
        config_files: list("project.config_files"),
        environment_files: list("project.environment_file"),
        program: program.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::{ports, start_error};
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

    #[test]
    fn of_an_error_at_the_start_only_the_class_is_kept() {
        assert_eq!(
            start_error("Bind for 0.0.0.0:1 failed: port is already allocated"),
            "a port on the machine is already taken"
        );
        assert_eq!(start_error("token=abc"), "it could not be started");
    }
}
