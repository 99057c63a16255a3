//! Addresses in two halves: `DB_HOST` and `DB_PORT`, `db.hostname` and `db.port`.

use std::collections::HashMap;

use super::entry::Entry;
use super::words::List;

const PORTS: List = List("port");
const SCHEMES: List = List("scheme protocol proto");
const HOSTS: List = List(
    "\
    host hosts hostname hostnames addr addrs address addresses ip server servers endpoint \
    endpoints nodes brokers",
);

/// The other halves of the addresses in one document.
pub(super) struct Halves<'e> {
    ports: HashMap<(&'e str, Vec<&'e str>), &'e str>,
    schemes: HashMap<(&'e str, Vec<&'e str>), &'e str>,
}

impl<'e> Halves<'e> {
    /// Finds the ports and schemes that stand alone.
    pub(super) fn of(entries: &'e [Entry]) -> Self {
        let mut halves = Self { ports: HashMap::new(), schemes: HashMap::new() };
        for entry in entries {
            if let Some(stem) = stem(entry, PORTS) {
                halves.ports.entry(stem).or_insert(&entry.value);
            } else if let Some(stem) = stem(entry, SCHEMES) {
                halves.schemes.entry(stem).or_insert(&entry.value);
            }
        }
        halves
    }

    /// The text of the port beside this host, and of the scheme.
    pub(super) fn beside(&self, entry: &'e Entry) -> (Option<&'e str>, Option<&'e str>) {
        let Some(stem) = stem(entry, HOSTS) else { return (None, None) };
        (self.ports.get(&stem).copied(), self.schemes.get(&stem).copied())
    }
}

/// What a half and the other half have in common.
fn stem<'e>(entry: &'e Entry, kinds: List) -> Option<(&'e str, Vec<&'e str>)> {
    let words = entry.key.last();
    let (last, head) = match words {
        // `DB_HOST_NAME`
        [head @ .., host, name] if host == "host" && name == "name" => (host, head),
        [head @ .., last] => (last, head),
        [] => return None,
    };
    kinds.has(last).then(|| (entry.group.as_str(), head.iter().map(String::as_str).collect()))
}
