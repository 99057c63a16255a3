//! One container's facts in the same words for every engine, and beside them what never enters a snapshot.

mod labels;
mod reach;
mod state;

pub(super) use state::{seconds, state};

use super::inspect::{self, Inspect};
use super::{Naming, bare};
use checks::model::{Container, Engine, EngineKind, Fact, NetworkMode};
use labels::{compose, task};
use reach::{attachments, mode, ports, tcp_port};
use state::moment;
use std::collections::{BTreeSet, HashMap};

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
    /// The environment that it was given; once that was looked at, the one that its program was started with.
    pub(crate) env: Vec<(String, String)>,
    /// What its configuration says of variables that were set anew before its program was started.
    pub(crate) configured: Vec<(String, String)>,
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
#[derive(Clone, Debug, Default)]
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

fn names_of(variables: &[(String, String)]) -> Vec<String> {
    let names: BTreeSet<&String> = variables.iter().map(|(name, _)| name).collect();
    names.into_iter().cloned().collect()
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
    let image_id = bare(&inspect.image.unwrap_or_default()).to_owned();
    let facts = Container {
        engine: engine.name.clone(),
        name: names[&id].clone(),
        image,
        image_id: Some(image_id.clone()).filter(|id| !id.is_empty()),
        variables: names_of(&env),
        set_anew: Vec::new(),
        state,
        lived: None,
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
        udp_ports: Vec::new(),
        somaxconn: None,
        limits: None,
        uses_musl: None,
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
        configured: Vec::new(),
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
