//! The machine on which econn runs.

use checks::model::{Network, Route, Tracked};
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::MetadataExt;

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

/// Whether an engine, whose socket this process listens on, stands in econn's own network. One in a network namespace of its
/// own (a rootless Docker, say) calls that its host, and what listens beside econn is a stranger to it. Where the kernel does
/// not let the process be looked at, it is taken for one of econn's own network, as most are.
///
/// # Errors
///
/// Says that it stands in another.
pub(crate) fn shares_network(daemon: Option<i32>) -> Result<(), String> {
    let inode =
        |process: &str| fs::metadata(format!("/proc/{process}/ns/net")).ok().map(|m| m.ino());
    let theirs = daemon.and_then(|pid| inode(&pid.to_string()));
    match (inode("self"), theirs) {
        (Some(own), Some(theirs)) if own != theirs => {
            Err("the engine stands in a network namespace of its own".into())
        }
        _ => Ok(()),
    }
}

/// How full the kernel's table of connections is; `None` where the kernel keeps none.
pub(crate) fn tracked() -> Option<Tracked> {
    let number = |name: &str| {
        let text =
            fs::read_to_string(format!("/proc/sys/net/netfilter/nf_conntrack_{name}")).ok()?;
        text.trim().parse().ok()
    };
    Some(Tracked { now: number("count")?, most: number("max")? })
}

/// The machine's IPv4 routes to addresses of these networks.
pub(crate) fn routes(networks: &[Network]) -> Vec<Route> {
    let mut found = routes_in(&fs::read_to_string("/proc/net/route").unwrap_or_default());
    found.retain(|route| networks.iter().any(|network| network.has_part(&route.subnet)));
    found.sort();
    found
}

/// Interface, destination, gateway, flags, three counts, and the mask: addresses in the machine's own order of bytes.
fn routes_in(table: &str) -> Vec<Route> {
    let route = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let address = |text: &str| u32::from_str_radix(text, 16).ok().map(u32::to_ne_bytes);
        let (to, mask) = (address(words.get(1)?)?, address(words.get(7)?)?);
        let bits = u32::from_be_bytes(mask).count_ones();
        let subnet = format!("{}/{bits}", Ipv4Addr::from(to));
        Some(Route { subnet, interface: (*words.first()?).to_owned() })
    };
    table.lines().filter_map(route).collect()
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
    use super::{addresses_in, routes_in, shares_network};

    #[test]
    fn a_process_of_the_own_network_or_one_that_is_gone_shares_it() {
        let me = i32::try_from(std::process::id()).ok();
        assert_eq!(shares_network(me), Ok(()));
        assert_eq!(shares_network(Some(i32::MAX)), Ok(()));
        assert_eq!(shares_network(None), Ok(()));
    }

    #[test]
    fn routes_are_read() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
            eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
            docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
        let read: Vec<String> = routes_in(table)
            .into_iter()
            .map(|route| format!("{} {}", route.interface, route.subnet))
            .collect();
        assert_eq!(read, ["eth0 0.0.0.0/0", "docker0 172.17.0.0/16"]);
        assert!(routes_in("x\n\u{0} 1 2\neth0 zz 0 0 0 0 0 00").is_empty());
    }

    #[test]
    fn only_local_host_lines_count() {
        let trie = "  +-- 172.17.0.0/16 2 0 2\n     |-- 172.17.0.0\n        /16 link UNICAST\n     |-- 172.17.0.1\n        /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 172.17.255.255\n        /32 link BROADCAST\n";
        assert_eq!(addresses_in(trie), ["172.17.0.1".parse::<std::net::IpAddr>().unwrap()]);
    }
}
