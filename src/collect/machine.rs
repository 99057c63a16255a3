//! The machine on which econn runs.

use checks::model::Network;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};

/// Whether econn stands in the network of the engines' own machine.
///
/// The marker files of containers prove nothing by themselves: a machine may run engines and be a container of another.
/// An address of the engines' own bridges on this machine proves that it is theirs.
///
/// # Errors
///
/// Says that econn runs in a container beside the engine.
pub(crate) fn of_engines(networks: &[Network]) -> Result<(), String> {
    let marked =
        ["/.dockerenv", "/run/.containerenv"].iter().any(|path| fs::exists(path).unwrap_or(false));
    let own = addresses();
    if marked && !networks.iter().any(|n| n.gateways.iter().any(|gateway| own.contains(gateway))) {
        return Err("econn runs in a container, and can't stand on the engine's machine".into());
    }
    Ok(())
}

/// The machine's own IPv4 addresses, without its loopback, from the kernel's routing trie.
pub(crate) fn addresses() -> Vec<IpAddr> {
    addresses_in(&fs::read_to_string("/proc/net/fib_trie").unwrap_or_default())
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
    use super::addresses_in;

    #[test]
    fn only_local_host_lines_count() {
        let trie = "  +-- 172.17.0.0/16 2 0 2\n     |-- 172.17.0.0\n        /16 link UNICAST\n     |-- 172.17.0.1\n        /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 172.17.255.255\n        /32 link BROADCAST\n";
        assert_eq!(addresses_in(trie), ["172.17.0.1".parse::<std::net::IpAddr>().unwrap()]);
    }
}
