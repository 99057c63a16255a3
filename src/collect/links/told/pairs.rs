//! Addresses in two halves: `DB_HOST` and `DB_PORT`, `db.hostname` and `db.port`.

use std::collections::{HashMap, HashSet};

use super::entry::Entry;
use super::role::Setting;
use super::vocabulary::URLS;
use super::words::List;

const PORTS: List = List("port");
const SCHEMES: List = List("scheme protocol proto");
const HOSTS: List = List(
    "\
    host hosts hostname hostnames addr addrs address addresses ip server servers endpoint \
    endpoints nodes brokers",
);

/// Keys beside a host that say which service it is: `adapter: postgresql`, `DB_CONNECTION=mysql`.
const KINDS: List = List("adapter engine driver dialect type connection client vendor flavor");

/// Words before `port` that say that it is another one than clients are to dial: `DB_EXTERNAL_PORT`, `REDIS_METRICS_PORT`.
const OTHER_PORTS: List = List(
    "\
    external published exposed public forward forwarded local listen bind metrics exporter \
    prometheus monitoring health healthcheck debug jmx admin management mgmt ui dashboard console",
);

/// What two halves of one address have in common: where they stand, and the words before `host`.
type Stem<'e> = (&'e str, Vec<&'e str>);

/// What stands beside a host.
#[derive(Clone, Copy, Default)]
pub(super) struct Beside<'e> {
    /// The text of the port.
    pub(super) port: Option<&'e str>,
    pub(super) scheme: Option<&'e str>,
    /// The kind of service.
    pub(super) kind: Option<&'e str>,
    /// Ports that are named like the host, with more words: `MYSQL_TCP_PORT` beside `MYSQL_HOST`.
    pub(super) near: Near,
    /// A port stands beside a URL.
    pub(super) rival: bool,
}

/// The ports that are named like a host and belong to no other.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub(super) enum Near {
    #[default]
    Nothing,
    One(u16),
    /// Nobody can tell which of them is meant.
    Several,
}

impl Near {
    fn and(self, port: u16) -> Self {
        match self {
            Self::Nothing => Self::One(port),
            Self::One(known) if known == port => self,
            Self::One(_) | Self::Several => Self::Several,
        }
    }
}

/// The other halves of the addresses in one document.
pub(super) struct Halves<'e>(HashMap<Stem<'e>, Beside<'e>>);

impl<'e> Halves<'e> {
    /// Finds the ports, schemes and kinds that stand alone.
    pub(super) fn of(entries: &'e [Entry]) -> Self {
        let mut halves: HashMap<Stem<'e>, Beside<'e>> = HashMap::new();
        for entry in entries {
            let value = Some(entry.value.as_str());
            if let Some(stem) = stem(entry, PORTS) {
                let half = &mut halves.entry(stem).or_default().port;
                *half = half.or(value);
            } else if let Some(stem) = stem(entry, SCHEMES) {
                let half = &mut halves.entry(stem).or_default().scheme;
                *half = half.or(value);
            } else if let Some(stem) = stem(entry, KINDS) {
                let half = &mut halves.entry(stem).or_default().kind;
                *half = half.or(value);
            }
        }
        let hosts: HashSet<Stem<'e>> = entries.iter().filter_map(|it| stem(it, HOSTS)).collect();
        for entry in entries {
            let Some((group, words)) = stem(entry, PORTS) else { continue };
            let Some(port) = number(&entry.value) else { continue };
            if hosts.contains(&(group, words.clone())) {
                continue;
            }
            let begins = |length: &usize| hosts.contains(&(group, words[..*length].to_vec()));
            let Some(length) = (1..words.len()).rev().find(begins) else { continue };
            if !words[length..].iter().any(|word| OTHER_PORTS.has(word)) {
                let host = (group, words[..length].to_vec());
                let near = &mut halves.entry(host).or_default().near;
                *near = near.and(port);
            }
        }
        Self(halves)
    }

    /// What stands beside this host; nothing when the entry is none.
    pub(super) fn beside(&self, entry: &'e Entry) -> Beside<'e> {
        if let Some(stem) = stem(entry, HOSTS) {
            return self.0.get(&stem).copied().unwrap_or_default();
        }
        // A bare `PORT` of an environment is the program's own.
        let rival = stem(entry, URLS)
            .filter(|(_, words)| !words.is_empty() || entry.key.setting() == Setting::File)
            .and_then(|stem| self.0.get(&stem)?.port)
            .is_some_and(|port| number(port).is_some());
        Beside { rival, ..Beside::default() }
    }
}

fn number(port: &str) -> Option<u16> {
    port.trim().parse().ok().filter(|port| *port > 0)
}

fn stem(entry: &Entry, kinds: List) -> Option<Stem<'_>> {
    let words = entry.key.last();
    let (last, head) = match words {
        // `DB_HOST_NAME`, `port_value`
        [head @ .., kind, more] if matches!(more.as_str(), "name" | "value" | "number") => {
            (kind, head)
        }
        [head @ .., last] => (last, head),
        [] => return None,
    };
    kinds.has(last).then(|| (entry.group.as_str(), head.iter().map(String::as_str).collect()))
}
