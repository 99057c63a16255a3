//! Facts before and after: by name, so that ids and times, which differ in every run, hide nothing.

use super::FactChange;
use crate::model::{Container, Link, Network, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// What belongs to one subject: the kind of fact, and everything of that kind.
type Facts = BTreeMap<&'static str, BTreeSet<String>>;

/// The one kind that may be unknown.
const LISTENERS: &str = "listeners";

/// What is not what it was.
pub(super) fn changes(before: &Snapshot, after: &Snapshot) -> Vec<FactChange> {
    let (earlier, later) = (all(before), all(after));
    let subjects: BTreeSet<&String> = earlier.keys().chain(later.keys()).collect();
    let mut changes = Vec::new();
    for subject in subjects {
        // What an engine has that was not asked, or did not answer, is neither gone nor new.
        let engine = subject.split(':').next().unwrap_or_default();
        match (earlier.get(subject), later.get(subject)) {
            (Some(before), Some(after)) => changes.extend(differences(subject, before, after)),
            (Some(_), _) if !answered(after, engine) => {}
            (None, _) if !answered(before, engine) => {}
            (was, is) => changes.push(FactChange {
                subject: subject.clone(),
                what: "it".into(),
                gone: was.map(|_| "is gone".to_owned()).into_iter().collect(),
                new: is.map(|_| "is new".to_owned()).into_iter().collect(),
            }),
        }
    }
    changes
}

/// Whether an engine told what it has.
fn answered(snapshot: &Snapshot, engine: &str) -> bool {
    snapshot.engines.iter().any(|known| known.name == engine && known.error.is_none())
}

fn differences(subject: &str, before: &Facts, after: &Facts) -> Vec<FactChange> {
    let none = BTreeSet::new();
    let kinds: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    // What could not be seen once is no change.
    let is_seen =
        |kind: &&str| *kind != LISTENERS || (before.contains_key(kind) && after.contains_key(kind));
    let change = |kind: &str| {
        let (b, a) = (before.get(kind).unwrap_or(&none), after.get(kind).unwrap_or(&none));
        FactChange {
            subject: subject.to_owned(),
            what: kind.to_owned(),
            gone: b.difference(a).cloned().collect(),
            new: a.difference(b).cloned().collect(),
        }
    };
    let changes = kinds.into_iter().filter(is_seen).map(change);
    changes.filter(|c| !c.gone.is_empty() || !c.new.is_empty()).collect()
}

/// Everything that is compared, by subject.
fn all(snapshot: &Snapshot) -> BTreeMap<String, Facts> {
    let mut subjects: BTreeMap<String, Facts> = BTreeMap::new();
    for c in &snapshot.containers {
        subjects.insert(format!("{}:{}", c.engine, c.name), container(c));
    }
    for link in &snapshot.links {
        let subject = subjects.entry(format!("{}:{}", link.engine, link.client)).or_default();
        subject.entry("told").or_default().extend(told(link));
    }
    for n in &snapshot.networks {
        subjects.insert(format!("{}:network {}", n.engine, n.name), network(n));
    }
    subjects
}

fn container(container: &Container) -> Facts {
    let networks = container.attachments.iter().map(|a| a.network.clone());
    let published = container.ports.iter().map(|port| {
        let ip = port.host_ip.map_or_else(String::new, |ip| format!("{ip}:"));
        let host = port.host_port.map_or_else(|| "?".into(), |port| port.to_string());
        format!("{ip}{host}->{}/{}", port.container_port, port.protocol)
    });
    let image_id = container.image_id.iter().map(|id| format!("id {}", &id[..id.len().min(12)]));
    let health = container.state.health.iter().map(|health| format!("health {health}"));
    let mut facts = Facts::new();
    let mut add = |kind, all: BTreeSet<String>| drop(facts.insert(kind, all));
    add("image", std::iter::once(container.image.clone()).chain(image_id).collect());
    add("state", std::iter::once(container.state.status.clone()).chain(health).collect());
    add("networks", networks.collect());
    add("addresses", container.addresses().map(|ip| ip.to_string()).collect());
    if let Some(listeners) = container.listeners.value() {
        add(LISTENERS, listeners.iter().map(|l| l.address.to_string()).collect());
    }
    add("ports", published.collect());
    add("variables", container.variables.iter().cloned().collect());
    facts
}

/// An address that a client is told, and where.
fn told(link: &Link) -> Vec<String> {
    link.endpoint.sources.iter().map(|place| format!("{} by {place}", link.endpoint.url)).collect()
}

fn network(network: &Network) -> Facts {
    let internal = network.internal.then(|| "internal".to_owned());
    let options = network.options.iter().map(|(name, value)| format!("{name}={value}"));
    [("options", options.chain(internal).collect())].into()
}
