//! A client's proxy variables: no links, but they bend those over HTTP.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A client's proxies, and what goes past them.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Proxies {
    /// The variables that name a proxy.
    pub variables: Vec<ProxyVariable>,
    /// The variables that name exceptions.
    pub exceptions: Vec<Exceptions>,
}

/// A variable such as `HTTP_PROXY`, in any case of letters.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProxyVariable {
    /// Its name as it is written.
    pub name: String,
    /// The proxy's address, without user info; empty where the variable is.
    pub url: String,
    /// The host part of it.
    pub host: String,
}

/// A variable such as `NO_PROXY`, in any case of letters.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Exceptions {
    /// Its name as it is written.
    pub name: String,
    /// Names, suffixes, addresses, networks or `*`, in lower case.
    pub entries: Vec<String>,
}

impl Proxies {
    /// The variable that a client obeys for this scheme: its own, else `ALL_PROXY`; in small letters first.
    #[must_use]
    pub fn of(&self, scheme: &str) -> Option<&ProxyVariable> {
        let wanted = match scheme {
            "http" => "http_proxy",
            "https" => "https_proxy",
            _ => return None,
        };
        let names =
            [wanted.to_owned(), wanted.to_uppercase(), "all_proxy".into(), "ALL_PROXY".into()];
        let set =
            |name: &String| self.variables.iter().find(|v| v.name == *name && !v.url.is_empty());
        names.iter().find_map(set)
    }

    /// The empty variable in small letters before that one: some programs take it for no proxy (Python), others for a variable
    /// that is not set (curl, Go).
    #[must_use]
    pub fn emptied(&self, scheme: &str) -> Option<&str> {
        let obeyed = self.of(scheme)?;
        let own = format!("{scheme}_proxy");
        let is_before = |name: &str| {
            name != obeyed.name && (name == own || name == obeyed.name.to_ascii_lowercase())
        };
        let empty = |v: &&ProxyVariable| v.url.is_empty() && is_before(&v.name);
        self.variables.iter().find(empty).map(|v| v.name.as_str())
    }

    /// Whether any exception covers the host and port. Programs read the entries in slightly different ways; what most of
    /// them take for covered is covered.
    #[must_use]
    pub fn spares(&self, host: &str, port: u16) -> bool {
        self.exceptions.iter().any(|list| lists(list, host, port))
    }

    /// Of `NO_PROXY` and `no_proxy`, the one that covers the host and port and the one that does not: programs differ in which
    /// of the two they read.
    #[must_use]
    pub fn differ(&self, host: &str, port: u16) -> Option<(&str, &str)> {
        let both = || self.exceptions.iter().filter(|e| e.name.eq_ignore_ascii_case("no_proxy"));
        let with = both().find(|list| lists(list, host, port))?;
        let without = both().find(|list| !lists(list, host, port))?;
        Some((&with.name, &without.name))
    }
}

/// Whether the entries of one variable cover the host and port.
fn lists(exceptions: &Exceptions, host: &str, port: u16) -> bool {
    let host = host.to_ascii_lowercase();
    exceptions.entries.iter().any(|entry| covers(entry, &host, port))
}

fn covers(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" || entry.trim_matches(['[', ']']) == host {
        return true;
    }
    let address = host.parse::<IpAddr>().ok();
    if let Some((base, bits)) = entry.split_once('/') {
        return address.is_some_and(|ip| is_in(base, bits, ip));
    }
    let (name, only) = match entry.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
            (name.trim_matches(['[', ']']), digits.parse::<u16>().ok())
        }
        _ => (entry, None),
    };
    if only.is_some_and(|only| only != port) {
        return false;
    }
    let suffix = name.trim_start_matches('*').trim_start_matches('.');
    !suffix.is_empty()
        && (host == suffix
            || (address.is_none()
                && host.strip_suffix(suffix).is_some_and(|before| before.ends_with('.'))))
}

fn is_in(base: &str, bits: &str, ip: IpAddr) -> bool {
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (base.parse::<IpAddr>(), ip) {
        (Ok(IpAddr::V4(base)), IpAddr::V4(ip)) if bits <= 32 => {
            (u32::from(base) ^ u32::from(ip)).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (Ok(IpAddr::V6(base)), IpAddr::V6(ip)) if bits <= 128 => {
            (u128::from(base) ^ u128::from(ip)).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn exceptions_are_names_suffixes_addresses_networks_and_ports() {
        for (entry, host) in [
            ("*", "mock"),
            ("mock", "mock"),
            ("mock:8080", "mock"),
            (".internal", "mock.internal"),
            ("*.internal", "mock.internal"),
            ("internal", "mock.internal"),
            ("172.20.0.0/16", "172.20.0.2"),
            ("172.20.0.2", "172.20.0.2"),
            ("fd00::/8", "fd00::2"),
            ("[::1]:8080", "::1"),
        ] {
            assert!(covers(entry, host, 8080), "{entry} {host}");
        }
        for (entry, host) in [
            ("mock:9090", "mock"),
            ("ock", "mock"),
            ("mocks", "mock"),
            ("172.20.0.0/16", "172.21.0.2"),
            ("0.2", "172.20.0.2"),
            ("172.20.0.0/16", "mock"),
            (".", "mock"),
        ] {
            assert!(!covers(entry, host, 8080), "{entry} {host}");
        }
    }
}
