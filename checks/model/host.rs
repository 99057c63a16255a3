//! The host part of an address: which texts are numbers to the C library, and which never leave whoever dials them.

use std::net::{IpAddr, Ipv4Addr};

/// Names that the hosts files of engines and distributions give to the loopback, beside `*.localhost` (RFC 6761).
const LOOPBACKS: [&str; 8] = [
    "localhost",
    "localhost4",
    "localhost6",
    "localhost.localdomain",
    "localhost4.localdomain4",
    "localhost6.localdomain6",
    "ip6-localhost",
    "ip6-loopback",
];

/// The address that a host is, in any spelling that the C library takes for one.
#[must_use]
pub fn numeric(host: &str) -> Option<IpAddr> {
    host.parse().ok().or_else(|| inet_aton(host).map(IpAddr::V4))
}

/// Whether a host never leaves whoever dials it.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let lower = host.to_ascii_lowercase();
    let name = lower.strip_suffix('.').unwrap_or(&lower);
    // `docker.for.mac.localhost` is the engine's machine.
    let local = name.ends_with(".localhost") && !name.starts_with("docker.for.");
    local
        || LOOPBACKS.contains(&name)
        || numeric(name).is_some_and(|ip| ip.to_canonical().is_loopback())
}

/// `127.1`, `0x7f000001`, `2130706433`, `0177.0.0.1`: one to four numbers, of which the last fills all bytes that are left.
fn inet_aton(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, heads) = parts.split_last()?;
    if heads.len() > 3 || heads.iter().any(|byte| *byte > 255) {
        return None;
    }
    let (head, room) =
        heads.iter().fold((0, 32), |(bits, room), byte| ((bits << 8) | u64::from(*byte), room - 8));
    let fits = u64::from(*last) < 1 << room;
    let bits = u32::try_from((head << room) | u64::from(*last)).ok()?;
    fits.then(|| Ipv4Addr::from(bits))
}

/// A number of C: decimal, octal after a `0`, hexadecimal after `0x`.
fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    let plain = digits.chars().all(|c| c.is_digit(radix));
    plain.then(|| u32::from_str_radix(digits, radix).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{is_loopback, numeric};

    #[test]
    fn every_spelling_of_the_loopback_is_one() {
        for host in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "127.0.0.53",
            "127.255.255.254",
            "0x7f000001",
            "0X7F.1",
            "0x7f.0.0.0x1",
            "2130706433",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.01",
            "::1",
            "0:0:0:0:0:0:0:1",
            "::ffff:127.0.0.1",
            "::ffff:7f00:1",
            "localhost",
            "LocalHost",
            "localhost.",
            "api.localhost",
            "a.b.localhost.",
            "ip6-localhost",
            "ip6-loopback",
            "localhost.localdomain",
            "localhost6",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            ".",
            "127",
            "128.0.0.1",
            "127.0.0.256",
            "127.0.0.0.1",
            "127.",
            "127.0.0x",
            "0x",
            "08",
            "0x7f00000100",
            "2130706432a",
            "4294967296",
            "126.16777216",
            "1.2.3.4",
            "::2",
            "::",
            "0.0.0.0",
            "localhost.example.com",
            "notlocalhost",
            "localhosts",
            "docker.for.mac.localhost",
            "mock",
            "127.0.0.1.nip.io",
            "+127.1",
            "127.-1",
            "127.0.0.1 ",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn numbers_are_addresses_as_the_c_library_takes_them() {
        for (text, ip) in [
            ("172.20.2", "172.20.0.2"),
            ("0xac140002", "172.20.0.2"),
            ("010.0.0.1", "8.0.0.1"),
            ("4294967295", "255.255.255.255"),
            ("0", "0.0.0.0"),
            ("fd00::2", "fd00::2"),
        ] {
            assert_eq!(numeric(text), ip.parse().ok(), "{text}");
        }
        assert_eq!((numeric("mock"), numeric("api.1"), numeric("")), (None, None, None));
    }
}
