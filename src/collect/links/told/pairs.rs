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

/// Keys beside a host that say which service it is: `adapter: postgresql`, `DB_CONNECTION=mysql`.
const KINDS: List = List("adapter engine driver dialect type connection client vendor flavor");

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
        Self(halves)
    }

    /// What stands beside this host; nothing when the entry is none.
    pub(super) fn beside(&self, entry: &'e Entry) -> Beside<'e> {
        stem(entry, HOSTS).and_then(|stem| self.0.get(&stem)).copied().unwrap_or_default()
    }
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
