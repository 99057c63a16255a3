//! What `/proc` shows of the containers at the ends of links: sockets, counters, namespace, name servers. No traffic.

use super::engine::{Connection, Seen};
use super::links::proven;
use super::probe;
use super::vantage::{Namespace, ProvenPid, namespace_inode, read_file, standing_in};
use crate::words::words;
use checks::model::{Container, Fact, Listener, Network, QueueCounters};
use std::time::Duration;

/// A container younger than this may not have begun to listen, in seconds.
const YOUNG: u64 = 10;
/// How often and how long a young container is looked at again.
const AGAIN: (u32, Duration) = (100, Duration::from_millis(20));

/// The sockets that listen in a running container's namespace: asked from the kernel inside it where that is allowed, else
/// read from its tables. These show less, and the kernel walks through all connections of the machine for each.
pub(crate) fn listeners(pid: &ProvenPid) -> Result<Vec<Listener>, String> {
    queues(pid).map(|(rows, _)| rows)
}

/// The same, with the longest listen queue that the kernel grants there; `None` where nobody may look from inside.
fn queues(pid: &ProvenPid) -> Result<(Vec<Listener>, Option<u32>), String> {
    let look = || {
        let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
        (probe::listening(None), most.and_then(|text| text.trim().parse().ok()))
    };
    if let Ok((Ok(rows), most)) = Namespace::of(pid).and_then(|n| standing_in(&n, look)) {
        pid.still_valid()?;
        return Ok((rows, most));
    }
    let tcp = pid.read("net/tcp")?;
    // A kernel without IPv6 has no such table.
    let tcp6 = pid.read("net/tcp6").unwrap_or_default();
    Ok((probe::listeners(&tcp, &tcp6)?, None))
}

/// Fills in what `/proc` shows of one container. `awaited` are the ports that links expect it to listen on; the sockets of
/// a container that serves none are not read: that takes milliseconds for each.
pub(crate) async fn look(engine: &Connection, seen: &mut Seen, awaited: &[u16]) {
    if let Ok(pid) = place(engine, seen)
        && !awaited.is_empty()
    {
        // What could not be read is said below, by the look that counts.
        drop(settled(&pid, seen.facts.state.up_seconds, awaited).await);
    }
    glance(engine, seen, !awaited.is_empty()).await;
}

/// The same as it is at this moment, with the sockets or without them.
pub(crate) async fn glance(engine: &Connection, seen: &mut Seen, with_sockets: bool) {
    let pid = place(engine, seen);
    match &pid {
        Ok(pid) => {
            seen.facts.namespace = namespace_inode(pid).into();
            if with_sockets {
                sockets(pid, &mut seen.facts);
            }
        }
        Err(why) => {
            seen.facts.listeners = Fact::Unknown(why.clone());
            seen.facts.queue_counters = Fact::Unknown(why.clone());
            seen.facts.namespace = Fact::Unknown(why.clone());
        }
    }
    files(engine, seen, pid.as_ref().ok()).await;
}

/// Fills in what the kernel shows of a server: its sockets, counters, processes and limits.
pub(crate) fn sockets(pid: &ProvenPid, facts: &mut Container) {
    let seen = queues(pid);
    facts.somaxconn = seen.as_ref().map_or(None, |(_, most)| *most);
    facts.listeners = seen.map(|(rows, _)| rows).into();
    facts.queue_counters = counters(pid).into();
    facts.state.halted = super::halted::halted(pid);
    facts.limits = super::limits::limits(pid, &facts.id);
}

/// The container's process, to be looked at from here; or why that can't be.
fn place(engine: &Connection, seen: &Seen) -> Result<ProvenPid, String> {
    let facts = &seen.facts;
    if !facts.state.is_up() {
        let status = &facts.state.status;
        return Err(format!(
            "{} is {status}, so it has no sockets and no network namespace",
            facts.name
        ));
    }
    if !engine.by_socket {
        return Err("the engine is remote, and its processes can't be seen from here".into());
    }
    proven(seen)
}

/// The kernel's queue counters of a container's namespace.
pub(crate) fn counters(pid: &ProvenPid) -> Result<QueueCounters, String> {
    let netstat = pid.read("net/netstat")?;
    probe::queue_counters(&netstat).ok_or_else(|| "the kernel shows no such counters".into())
}

/// The listening sockets as of [`queues`], looked at again while a young container does not yet listen where it is awaited.
async fn settled(
    pid: &ProvenPid,
    up_seconds: Option<u64>,
    awaited: &[u16],
) -> Result<(Vec<Listener>, Option<u32>), String> {
    let mut seen = queues(pid)?;
    let missing = |rows: &[Listener]| {
        awaited.iter().any(|port| !rows.iter().any(|l| l.address.port() == *port))
    };
    if up_seconds.is_some_and(|s| s < YOUNG) {
        for _ in 0..AGAIN.0 {
            if !missing(&seen.0) {
                break;
            }
            tokio::time::sleep(AGAIN.1).await;
            seen = queues(pid)?;
        }
    }
    Ok(seen)
}

/// Waits while a young container does not yet listen on a port.
pub(crate) async fn settle(seen: &Seen, port: u16) {
    if let Ok(pid) = proven(seen) {
        // What could not be read here is said where the sockets are read.
        drop(settled(&pid, seen.facts.state.up_seconds, &[port]).await);
    }
}

/// The container's own resolv.conf and hosts file: in place where that is possible, else by the engine's archive.
async fn files(engine: &Connection, seen: &mut Seen, pid: Option<&ProvenPid>) {
    let resolver = text(engine, &seen.facts.id, pid, "/etc/resolv.conf").await;
    seen.facts.resolver = resolver.map(|text| probe::parse_resolv_conf(&text)).into();
    let hosts = text(engine, &seen.facts.id, pid, "/etc/hosts").await;
    seen.facts.hosts = hosts.map(|text| probe::parse_hosts(&text)).into();
}

async fn text(
    engine: &Connection,
    id: &str,
    pid: Option<&ProvenPid>,
    path: &str,
) -> Result<String, String> {
    const LIMIT: u64 = 256 << 10;
    if let Some(bytes) = pid.and_then(|pid| read_file(pid, path, LIMIT).ok()) {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
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
