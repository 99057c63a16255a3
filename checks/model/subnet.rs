//! Which addresses a network holds.

use super::Network;
use std::net::IpAddr;

impl Network {
    /// Whether the address is one of the network's.
    #[must_use]
    pub fn holds(&self, ip: IpAddr) -> bool {
        self.subnets.iter().any(|subnet| contains(subnet, ip))
    }
}

/// Whether a subnet, as `address/bits`, holds the address.
fn contains(subnet: &str, ip: IpAddr) -> bool {
    let Some((base, bits)) = subnet.split_once('/') else { return false };
    let (Ok(base), Ok(bits)) = (base.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
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
}
