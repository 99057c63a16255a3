//! The machine of the engines, as far as econn can stand on it.

use super::vantage::Namespace;
use crate::words::words;
use checks::model::{Listener, Network};
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::MetadataExt;

/// Where the host's network of the engines is, seen from econn.
///
/// An engine may run in a network namespace of its own (a rootless Docker, an engine inside of a test): then that one is
/// what its containers call the host, and what listens beside econn is a stranger to them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Machine {
    /// Where econn stands itself.
    Own,
    /// In the network namespace of this process, which is an engine.
    Of(i32),
    /// The engines have no host in common.
    Several,
}

impl Machine {
    /// The machine of engines whose sockets these processes listen on. Where the kernel does not let a process be looked at,
    /// it is taken for one of econn's own machine, as most are.
    pub(crate) fn of_daemons(daemons: impl IntoIterator<Item = Option<i32>>) -> Self {
        let inode = |pid: &str| fs::metadata(format!("/proc/{pid}/ns/net")).ok().map(|m| m.ino());
        let own = inode("self");
        let place = |pid: i32| {
            let there = inode(&pid.to_string());
            there.filter(|there| own.is_some_and(|own| own != *there)).map(|there| (there, pid))
        };
        in_common(daemons.into_iter().map(|pid| pid.and_then(place)))
    }

    /// Whether econn can stand there.
    ///
    /// The marker files of containers prove nothing by themselves: a machine may run engines and be a container of another.
    /// An address of the engines' own bridges on this machine proves that it is theirs.
    fn reached(self, networks: &[Network]) -> Result<String, String> {
        match self {
            Self::Of(pid) => return Ok(format!("/proc/{pid}")),
            Self::Several => {
                return Err("the engines stand in network namespaces of their own, and have no machine in common; ask one of them with --host".into());
            }
            Self::Own => {}
        }
        let marked = ["/.dockerenv", "/run/.containerenv"]
            .iter()
            .any(|path| fs::exists(path).unwrap_or(false));
        let own = self.addresses();
        if marked
            && !networks.iter().any(|n| n.gateways.iter().any(|gateway| own.contains(gateway)))
        {
            return Err("econn runs in a container, and can't stand on the engine's machine".into());
        }
        Ok("/proc/self".into())
    }

    /// Its network namespace, to stand in.
    ///
    /// # Errors
    ///
    /// Says why it can't be reached.
    pub(crate) fn namespace(self, networks: &[Network]) -> Result<Namespace, String> {
        Namespace::at(&format!("{}/ns/net", self.reached(networks)?))
    }

    /// The sockets that listen there.
    ///
    /// # Errors
    ///
    /// Says why they can't be seen.
    pub(crate) fn listeners(self, networks: &[Network]) -> Result<Vec<Listener>, String> {
        let process = self.reached(networks)?;
        let read = |table: &str| {
            let path = format!("{process}/net/{table}");
            fs::read_to_string(&path).map_err(|e| format!("{path}: {}", words(&e)))
        };
        super::probe::listeners(&read("tcp")?, &read("tcp6").unwrap_or_default())
    }

    /// Its IPv4 addresses, without its loopback, from the kernel's routing trie.
    pub(crate) fn addresses(self) -> Vec<IpAddr> {
        let process = match self {
            Self::Own => "self".to_owned(),
            Self::Of(pid) => pid.to_string(),
            Self::Several => return Vec::new(),
        };
        addresses_in(
            &fs::read_to_string(format!("/proc/{process}/net/fib_trie")).unwrap_or_default(),
        )
    }
}

/// The machine of engines that stand, each with its process, in these namespaces; `None` is econn's own.
fn in_common(places: impl IntoIterator<Item = Option<(u64, i32)>>) -> Machine {
    let mut places = places.into_iter();
    let Some(first) = places.next() else { return Machine::Own };
    if places.any(|place| place.map(|(inode, _)| inode) != first.map(|(inode, _)| inode)) {
        return Machine::Several;
    }
    first.map_or(Machine::Own, |(_, pid)| Machine::Of(pid))
}

/// An address is this machine's when the line after it says `/32 host LOCAL`.
fn addresses_in(trie: &str) -> Vec<IpAddr> {
    let lines: Vec<&str> = trie.lines().map(str::trim).collect();
    let local = lines.windows(2).filter(|pair| pair[1].starts_with("/32 host LOCAL"));
    let mut found: Vec<IpAddr> = local
        .filter_map(|pair| pair[0].strip_prefix("|-- ")?.parse::<Ipv4Addr>().ok())
        .filter(|ip| !ip.is_loopback())
        .map(IpAddr::V4)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::{Machine, addresses_in, in_common};

    #[test]
    fn engines_in_one_namespace_have_a_machine_in_common() {
        assert_eq!(in_common([]), Machine::Own);
        assert_eq!(in_common([None, None]), Machine::Own);
        assert_eq!(in_common([Some((7, 1)), Some((7, 2))]), Machine::Of(1));
        assert_eq!(in_common([None, Some((7, 1))]), Machine::Several);
        assert_eq!(in_common([Some((8, 2)), Some((7, 1))]), Machine::Several);
    }

    #[test]
    fn a_process_of_the_own_namespace_or_one_that_is_gone_is_of_the_own_machine() {
        let me = i32::try_from(std::process::id()).unwrap();
        assert_eq!(Machine::of_daemons([Some(me), Some(i32::MAX), None]), Machine::Own);
    }

    #[test]
    fn only_local_host_lines_count() {
        let trie = "  +-- 172.17.0.0/16 2 0 2\n     |-- 172.17.0.0\n        /16 link UNICAST\n     |-- 172.17.0.1\n        /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 172.17.255.255\n        /32 link BROADCAST\n";
        assert_eq!(addresses_in(trie), ["172.17.0.1".parse::<std::net::IpAddr>().unwrap()]);
    }
}
