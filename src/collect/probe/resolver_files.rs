//! A container's `resolv.conf` and `hosts`, read as the C library reads them: what it would ignore
//! is ignored here.

use checks::model::{HostsLine, ResolverConfig};
use std::net::IpAddr;

/// The most dots that `ndots` can ask for.
const MAX_NDOTS: u32 = 15;

/// Reads `resolv.conf`. `search` and `domain` replace each other, the last one counts; `ndots` is 1
/// when unset.
pub(crate) fn parse_resolv_conf(text: &str) -> ResolverConfig {
    let mut config = ResolverConfig { nameservers: Vec::new(), search: Vec::new(), ndots: 1 };
    for line in text.lines() {
        // Only a keyword at the very beginning of a line counts.
        let Some((keyword, rest)) = line.split_once([' ', '\t']) else { continue };
        let mut words = rest.split_ascii_whitespace();
        match keyword {
            "nameserver" => config.nameservers.extend(words.next().and_then(address)),
            "search" => config.search = words.filter_map(domain).collect(),
            "domain" => config.search = words.next().and_then(domain).into_iter().collect(),
            "options" => {
                for ndots in
                    words.filter_map(|word| word.strip_prefix("ndots:")?.parse::<u32>().ok())
                {
                    config.ndots = ndots.min(MAX_NDOTS);
                }
            }
            _ => {}
        }
    }
    config
}

/// Reads a `hosts` file. Lines without an address or a name say nothing.
pub(crate) fn parse_hosts(text: &str) -> Vec<HostsLine> {
    let line = |line: &str| {
        let mut words = line.split('#').next()?.split_ascii_whitespace();
        let address = address(words.next()?)?;
        let names: Vec<String> = words.map(str::to_owned).collect();
        (!names.is_empty()).then_some(HostsLine { address, names })
    };
    text.lines().filter_map(line).collect()
}

/// An address; the zone of a link-local one (`fe80::1%eth0`) is left out.
fn address(word: &str) -> Option<IpAddr> {
    word.split('%').next()?.parse().ok()
}

/// A search domain without its last dot; the root domain alone adds nothing to a name.
fn domain(word: &str) -> Option<String> {
    let domain = word.strip_suffix('.').unwrap_or(word);
    (!domain.is_empty()).then(|| domain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{parse_hosts, parse_resolv_conf};
    use checks::model::{HostsLine, ResolverConfig};
    use proptest::prelude::*;
    use std::fmt::Write;
    use std::net::IpAddr;

    fn config(nameservers: &[&str], search: &[&str], ndots: u32) -> ResolverConfig {
        ResolverConfig {
            nameservers: nameservers.iter().map(|address| address.parse().unwrap()).collect(),
            search: search.iter().map(ToString::to_string).collect(),
            ndots,
        }
    }

    #[test]
    fn the_files_that_engines_write_are_understood() {
        let cases = [
            ("nameserver 127.0.0.11\noptions ndots:0\n", config(&["127.0.0.11"], &[], 0)),
            (
                "search dns.podman\nnameserver 10.89.0.1\nnameserver 9.9.9.9\n",
                config(&["10.89.0.1", "9.9.9.9"], &["dns.podman"], 1),
            ),
            ("", config(&[], &[], 1)),
            ("# a comment\n; another\nsearch a. b.c .\ndomain d.e\n", config(&[], &["d.e"], 1)),
            ("domain d.e\nsearch a b\n", config(&[], &["a", "b"], 1)),
            ("nameserver fe80::1%eth0\nnameserver\nnameserver x\n", config(&["fe80::1"], &[], 1)),
            ("options timeout:1 ndots:5 ndots:x\noptions rotate\n", config(&[], &[], 5)),
            ("options ndots:99", config(&[], &[], 15)),
            (
                " nameserver 1.1.1.1\nnameservers 1.1.1.1\nnameserver\t1.0.0.1 # here\n",
                config(&["1.0.0.1"], &[], 1),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_resolv_conf(text), expected, "{text:?}");
        }
    }

    #[test]
    fn hosts_lines_are_understood() {
        let read = parse_hosts(
            "127.0.0.1\tlocalhost loop\n# no\n::1 ip6 # ::2 x\n10.0.0.1\nname 10.0.0.2\n\n \
             fe80::1%lo a\n",
        );
        let line = |address: &str, names: &[&str]| HostsLine {
            address: address.parse().unwrap(),
            names: names.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(
            read,
            [
                line("127.0.0.1", &["localhost", "loop"]),
                line("::1", &["ip6"]),
                line("fe80::1", &["a"])
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_survived(
            text in "(nameserver|options|search|domain|::1)?(\\PC{0,30}[ :%.\n\t]){0,20}",
        ) {
            let _ = (parse_resolv_conf(&text), parse_hosts(&text));
        }

        #[test]
        fn what_is_written_is_read(
            nameservers in prop::collection::vec(any::<IpAddr>(), 0..5),
            search in prop::collection::vec("[a-z]{1,5}(\\.[a-z]{1,5}){0,2}", 0..4),
            ndots in 0u32..16,
        ) {
            let mut text = format!("search {}\noptions ndots:{ndots}\n", search.join(" "));
            for server in &nameservers {
                writeln!(text, "nameserver {server}").unwrap();
            }
            let expected = ResolverConfig { nameservers, search, ndots };
            prop_assert_eq!(parse_resolv_conf(&text), expected);
        }

        #[test]
        fn hosts_that_are_written_are_read(
            addresses in prop::collection::vec(any::<IpAddr>(), 0..6),
            names in prop::collection::vec("[a-z][a-z.-]{0,8}", 1..4),
        ) {
            let line = |address| HostsLine { address, names: names.clone() };
            let lines: Vec<HostsLine> = addresses.into_iter().map(line).collect();
            let mut text = String::new();
            for line in &lines {
                writeln!(text, "{}\t{}", line.address, line.names.join(" ")).unwrap();
            }
            prop_assert_eq!(parse_hosts(&text), lines);
        }
    }
}
