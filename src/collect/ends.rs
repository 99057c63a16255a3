//! What the kernel shows of the containers at the ends of links: sockets, counters, namespace, name servers. No traffic.

use super::engine::{Connection, Seen};
use super::links::proven;
use super::owner::is_helper;
use super::probe;
use super::stand::{OwnNames, Place, Sockets, Stance, Stand, Stands};
use super::vantage::{Namespace, ProvenPid, namespace_inode, read_file, standing_in};
use crate::words::words;
use checks::model::{
    Container, Fact, Halted, HostsLine, Limits, Listener, Network, QueueCounters, Vantage,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// A container younger than this may not have begun to listen, in seconds.
const YOUNG: u64 = 10;
/// How often and how long a young container is looked at again.
const AGAIN: (u32, Duration) = (100, Duration::from_millis(20));

/// The files that decide what names mean.
const RESOLVER: &str = "/etc/resolv.conf";
const HOSTS: &str = "/etc/hosts";

/// What was read of a namespace's sockets.
struct Read {
    rows: Vec<Listener>,
    /// The longest listen queue that the kernel grants there; `None` where nobody may look from inside.
    most: Option<u32>,
    vantage: Vantage,
}

/// The sockets that listen in a running container's namespace: asked from the kernel inside it where that is allowed, else
/// read from its tables. These show less, and the kernel walks through all connections of the machine for each.
pub(crate) fn listeners(pid: &ProvenPid, stance: Stance) -> Result<Vec<Listener>, String> {
    queues(pid, stance).map(|read| read.rows)
}

fn queues(pid: &ProvenPid, stance: Stance) -> Result<Read, String> {
    let look = || {
        let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
        (probe::listening(None), most.and_then(|text| text.trim().parse().ok()))
    };
    if stance.enters()
        && let Ok((Ok(rows), most)) = Namespace::of(pid).and_then(|n| standing_in(&n, look))
    {
        pid.still_valid()?;
        return Ok(Read { rows, most, vantage: Vantage::Namespace });
    }
    let tcp = pid.read("net/tcp")?;
    // A kernel without IPv6 has no such table.
    let tcp6 = pid.read("net/tcp6").unwrap_or_default();
    pid.still_valid()?;
    Ok(Read { rows: probe::listeners(&tcp, &tcp6)?, most: None, vantage: Vantage::Proc })
}

/// Fills in what the kernel shows of one container. `awaited` are the ports that links expect it to listen on; the sockets of
/// a container that serves none are not read: that takes milliseconds for each. Who is `patient` looks again at those that a
/// young container does not have yet.
pub(crate) async fn look(
    stands: &Stands<'_>,
    engine: usize,
    place: Place,
    seen: &mut Seen,
    awaited: &[u16],
    patient: bool,
) {
    let pid = if seen.facts.state.is_up() { proven(seen) } else { Err(down(seen)) };
    let pid = pid.map(Arc::new);
    let shares_files = matches!(place, Place::Container { .. }) && !brings_own_names(seen);
    let mut read = Err(down(seen));
    if let Ok(pid) = &pid {
        by_proc(pid, stands.stance(), seen, awaited, patient).await;
    }
    // The tables do not show how long a queue may get: whoever may not enter has a sidecar look.
    let is_seen = pid.is_ok() && seen.facts.vantage != Some(Vantage::Proc);
    if seen.facts.state.is_up() && stands.makes_sidecars() && !is_seen {
        read = by_sidecar(stands, engine, place, seen, awaited).await;
    }
    if let (Err(why), Err(too)) = (&pid, &read) {
        let why = if stands.makes_sidecars() { too } else { why };
        seen.facts.listeners = Fact::Unknown(why.clone());
        seen.facts.queue_counters = Fact::Unknown(why.clone());
        seen.facts.namespace = Fact::Unknown(why.clone());
    }
    let stand = read.ok().filter(|s| shares_files && s.vantage() == Vantage::Sidecar);
    files(stands.engine(engine), seen, pid.as_ref().ok(), stand.as_deref()).await;
}

/// Whether a container has files of its own in the place of those that decide names and that its engine gives it.
fn brings_own_names(seen: &Seen) -> bool {
    let mounts = seen.raw.mounts.iter().map(|mount| &mount.destination);
    mounts.chain(&seen.raw.memory).any(|path| {
        matches!(path.trim_end_matches('/'), "" | "/etc" | "/etc/hosts" | "/etc/resolv.conf")
    })
}

async fn by_proc(
    pid: &Arc<ProvenPid>,
    stance: Stance,
    seen: &mut Seen,
    awaited: &[u16],
    patient: bool,
) {
    seen.facts.namespace = namespace_inode(pid).into();
    if awaited.is_empty() {
        return;
    }
    settled(pid, stance, seen.facts.state.up_seconds.filter(|_| patient), awaited).await;
    let (pid, id, awaited) = (Arc::clone(pid), seen.facts.id.clone(), awaited.to_vec());
    match aside(move || Shown::of(&pid, stance, &id, &awaited)).await {
        Ok(shown) => shown.tell(&mut seen.facts),
        Err(gone) => seen.facts.listeners = Fact::Unknown(gone),
    }
}

/// Fills in what the kernel shows of a server at this moment: its sockets, counters, processes and limits. `awaited` are the
/// ports that links lead to.
pub(crate) fn sockets(pid: &ProvenPid, stance: Stance, facts: &mut Container, awaited: &[u16]) {
    Shown::of(pid, stance, &facts.id, awaited).tell(facts);
}

/// What the kernel shows of a server at one moment.
struct Shown {
    sockets: Result<Read, String>,
    udp_ports: Vec<u16>,
    counters: Result<QueueCounters, String>,
    halted: Option<Halted>,
    limits: Option<Limits>,
}

impl Shown {
    fn of(pid: &ProvenPid, stance: Stance, id: &str, awaited: &[u16]) -> Self {
        let sockets = queues(pid, stance);
        let rows = sockets.as_ref().map_or(&[][..], |read| &read.rows);
        let udp_ports = if listen(rows, awaited) { Vec::new() } else { udp_ports(pid) };
        Self {
            sockets,
            udp_ports,
            counters: counters(pid),
            halted: super::halted::halted(pid),
            limits: super::limits::limits(pid, id),
        }
    }

    fn tell(self, facts: &mut Container) {
        facts.somaxconn = self.sockets.as_ref().map_or(None, |read| read.most);
        facts.vantage = self.sockets.as_ref().ok().map(|read| read.vantage);
        facts.listeners = self.sockets.map(|read| read.rows).into();
        facts.udp_ports = self.udp_ports;
        facts.queue_counters = self.counters.into();
        facts.state.halted = self.halted;
        facts.limits = self.limits;
    }
}

/// The same from inside, as far as a sidecar sees it. The sidecar of a client is begun early, for the probes to come.
async fn by_sidecar(
    stands: &Stands<'_>,
    engine: usize,
    place: Place,
    seen: &mut Seen,
    awaited: &[u16],
) -> Result<Arc<Stand>, String> {
    let stand = stands.at(engine, place).await?;
    let read = stand.run(Sockets { ports: awaited.to_vec(), waits: is_young(seen) }).await?;
    let facts = &mut seen.facts;
    let unseen = || "the kernel shows no such thing in the sidecar".to_owned();
    facts.namespace = read.inode.ok_or_else(unseen).into();
    if !awaited.is_empty() {
        facts.somaxconn = read.somaxconn;
        facts.vantage = Some(stand.vantage());
        facts.listeners = read.listeners.into();
        facts.udp_ports = read.udp_ports;
        facts.queue_counters = read.counters.ok_or_else(unseen).into();
    }
    Ok(stand)
}

/// Whether a container was started so recently that it may not have begun to listen.
pub(crate) fn is_young(seen: &Seen) -> bool {
    seen.facts.state.up_seconds.is_some_and(|s| s < YOUNG)
}

fn down(seen: &Seen) -> String {
    let (name, status) = (&seen.facts.name, &seen.facts.state.status);
    format!("{name} is {status}, so it has no sockets and no network namespace")
}

/// The kernel's queue counters of a container's namespace.
pub(crate) fn counters(pid: &ProvenPid) -> Result<QueueCounters, String> {
    let netstat = pid.read("net/netstat")?;
    probe::queue_counters(&netstat).ok_or_else(|| "the kernel shows no such counters".into())
}

/// Whether there is one at each of the ports.
fn listen(rows: &[Listener], ports: &[u16]) -> bool {
    ports.iter().all(|port| rows.iter().any(|l| l.address.port() == *port))
}

fn udp_ports(pid: &ProvenPid) -> Vec<u16> {
    let [udp, udp6] = ["net/udp", "net/udp6"].map(|table| pid.read(table).unwrap_or_default());
    probe::udp_ports(&udp, &udp6)
}

/// Waits while a young container does not yet listen where it is awaited. What can't be read is said where it is needed.
async fn settled(pid: &ProvenPid, stance: Stance, up_seconds: Option<u64>, awaited: &[u16]) {
    if up_seconds.is_none_or(|seconds| seconds >= YOUNG) {
        return;
    }
    for _ in 0..AGAIN.0 {
        if listeners(pid, stance).map_or(true, |rows| listen(&rows, awaited)) {
            break;
        }
        tokio::time::sleep(AGAIN.1).await;
    }
}

/// Waits while a young container does not yet listen on a port.
pub(crate) async fn settle(seen: &Seen, stance: Stance, port: u16) {
    if let Ok(pid) = proven(seen) {
        settled(&pid, stance, seen.facts.state.up_seconds, &[port]).await;
    }
}

/// The container's own resolv.conf and hosts file: in place where that is possible, else those that the engine gave a sidecar,
/// which are the same, else by the engine's archive, which takes some engines long.
async fn files(
    engine: &Connection,
    seen: &mut Seen,
    pid: Option<&Arc<ProvenPid>>,
    stand: Option<&Stand>,
) {
    let given = match stand {
        Some(stand) => stand.run(OwnNames {}).await.ok(),
        None => None,
    };
    // A file that the sidecar was not given may be the image's.
    let (config, hosts) = given.map_or((None, None), |given| (given.config, given.hosts));
    let are_given = config.is_some() && hosts.is_some();
    let [config_here, hosts_here] = in_place(pid.filter(|_| !are_given)).await;
    let id = &seen.facts.id;
    let resolver = match config {
        Some(config) => Ok(config),
        None => text(engine, id, config_here, RESOLVER).await.map(|t| probe::parse_resolv_conf(&t)),
    };
    let hosts = match hosts {
        Some(hosts) => Ok(hosts),
        None => text(engine, id, hosts_here, HOSTS).await.map(|t| probe::parse_hosts(&t)),
    };
    seen.facts.resolver = resolver.into();
    // Podman adds a line for a sidecar, as long as that stands.
    let is_ours = |line: &HostsLine| line.names.iter().any(|name| is_helper(name));
    let hosts = hosts.map(|lines| lines.into_iter().filter(|line| !is_ours(line)).collect());
    seen.facts.hosts = Fact::from(hosts);
}

/// The two files as the container's process sees them, as far as that is possible.
async fn in_place(pid: Option<&Arc<ProvenPid>>) -> [Option<String>; 2] {
    const LIMIT: u64 = 256 << 10;
    let Some(pid) = pid.map(Arc::clone) else { return [None, None] };
    let read = move |path| {
        read_file(&pid, path, LIMIT).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    aside(move || [RESOLVER, HOSTS].map(read)).await.unwrap_or_default()
}

/// Reads on another thread, several ends at a time: each takes milliseconds. More threads than these take longer to make than
/// they save.
async fn aside<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    static THREADS: Semaphore = Semaphore::const_new(8);
    let _one = THREADS.acquire().await.map_err(|gone| gone.to_string())?;
    spawn_blocking(read).await.map_err(|gone| gone.to_string())
}

/// A file's text: as it was read in place, else by the engine's archive.
async fn text(
    engine: &Connection,
    id: &str,
    here: Option<String>,
    path: &str,
) -> Result<String, String> {
    if let Some(text) = here {
        return Ok(text);
    }
    let tar = engine.archive(id, path, 1 << 20).await?.unwrap_or_default();
    let mut archive = tar::Archive::new(tar.as_slice());
    for entry in archive.entries().map_err(|e| words(&e))? {
        let mut entry = entry.map_err(|e| words(&e))?;
        if entry.header().entry_type().is_file() {
            let mut text = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut text).map_err(|e| words(&e))?;
            return Ok(String::from_utf8_lossy(&text).into_owned());
        }
    }
    Err(format!("{path} is not there"))
}

/// The sockets that listen on the machine on which econn runs.
pub(crate) fn machine_listeners(networks: &[Network]) -> Result<Vec<Listener>, String> {
    super::machine::of_engines(networks)?;
    let read =
        |path: &str| std::fs::read_to_string(path).map_err(|e| format!("{path}: {}", words(&e)));
    probe::listeners(&read("/proc/self/net/tcp")?, &read("/proc/self/net/tcp6").unwrap_or_default())
}
