//! Which addresses a network holds.

use super::{Network, Route};
use std::net::IpAddr;

impl Network {
    /// Whether the address is one of the network's.
    #[must_use]
    pub fn holds(&self, ip: IpAddr) -> bool {
        self.subnets.iter().any(|subnet| contains(subnet, ip))
    }

    /// Whether all addresses of this subnet, as `address/bits`, are the network's.
    #[must_use]
    pub fn has_part(&self, part: &str) -> bool {
        let Some((base, bits)) = parsed(part) else { return false };
        let holds = |subnet: &String| {
            contains(subnet, base) && parsed(subnet).is_some_and(|(_, all)| bits >= all)
        };
        self.subnets.iter().any(holds)
    }
}

impl Route {
    /// Whether packets to the address may take it.
    #[must_use]
    pub fn leads_to(&self, ip: IpAddr) -> bool {
        contains(&self.subnet, ip)
    }
}

fn parsed(subnet: &str) -> Option<(IpAddr, u32)> {
    let (base, bits) = subnet.split_once('/')?;
    Some((base.parse().ok()?, bits.parse().ok()?))
}

/// Whether a subnet, as `address/bits`, holds the address.
fn contains(subnet: &str, ip: IpAddr) -> bool {
    let Some((base, bits)) = parsed(subnet) else { return false };
    match (base, ip) {
        (IpAddr::V4(base), IpAddr::V4(ip)) => {
            bits <= 32 && (u32::from(base) ^ u32::from(ip)).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(base), IpAddr::V6(ip)) => {
            bits <= 128
                && (u128::from(base) ^ u128::from(ip)).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn a_subnet_holds_its_own_addresses() {
        assert!(contains("10.89.0.0/24", "10.89.0.7".parse().unwrap()));
        assert!(!contains("10.89.0.0/24", "10.89.1.7".parse().unwrap()));
        assert!(contains("fd00::/64", "fd00::1".parse().unwrap()));
        assert!(contains("0.0.0.0/0", "1.2.3.4".parse().unwrap()));
        assert!(!contains("nonsense", "1.2.3.4".parse().unwrap()));
    }

    #[test]
    fn a_part_is_as_narrow_or_narrower() {
        let network = crate::fixture::healthy().networks.remove(1);
        assert_eq!(network.subnets, ["172.20.0.0/16"]);
        let has = |part: &str| network.has_part(part);
        assert!(has("172.20.0.0/16") && has("172.20.7.0/24") && has("172.20.0.2/32"));
        assert!(!has("172.20.0.0/12") && !has("172.21.0.0/16") && !has("0.0.0.0/0") && !has("x"));
    }
}
