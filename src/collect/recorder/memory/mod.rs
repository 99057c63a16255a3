//! Everything that was seen while the command ran. Containers that are gone stay as they were while they were up, and of a
//! name that was used again the last one counts.

mod probing;
mod relink;

use super::jobs::{Names, PortKey};
use super::life::Life;
use crate::collect::engine::{Connection, Engines, Membership, Seen};
use crate::collect::gate::Gate;
use crate::collect::links::{Gathered, told::Told};
use crate::collect::survey::{Listed, Request, nothing_found};
use crate::collect::turns::Turns;
use crate::collect::{ends, limits, links};
use checks::model::{
    Concurrency, Container, EngineKind, Fact, Limits, Lived, Network, SNAPSHOT_VERSION, Settings,
    Snapshot, Source, State, Written,
};
use checks::notes::{DEAF, NAME_USED_AGAIN, TAKEN_DOWN, UNREADABLE};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Instant;

/// What stands in place of a fact that nobody has looked for yet.
const NOT_YET: &str = "not looked at";

pub(super) struct Memory<'a> {
    engines: &'a [Connection],
    request: &'a Request,
    all: Listed,
    /// Beside each container of `all`: what else is known of it.
    more: Vec<More>,
    lives: HashMap<(usize, String), Life>,
    /// The part of each engine in a Swarm.
    members: Vec<Option<Membership>>,
    record: Snapshot,
    /// The situation in which each link was last visited.
    visited: HashMap<String, String>,
    visiting: HashSet<String>,
    turns: Turns,
    held: BTreeMap<PortKey, Fact<Concurrency>>,
    held_again: HashSet<PortKey>,
    is_holding: bool,
    imaged: HashSet<(usize, String)>,
    notes: BTreeSet<String>,
    began: Instant,
    refreshed: Instant,
    /// Whether anything is new since this was last set to false.
    pub(super) is_new: bool,
}

/// What is known of a container beside its facts.
#[derive(Default)]
struct More {
    /// The addresses that its files tell.
    files: Vec<(Told, Source, Option<Written>)>,
    /// When it was first seen up.
    up: Option<Instant>,
    /// When it was gone.
    gone: Option<Instant>,
    /// How it was while it was up, where its end is held against it.
    before: Option<State>,
    /// What its limits had come to when it was first looked at.
    limits: Option<Limits>,
    /// Whether its image is to be compared, whoever calls it.
    compared: bool,
}

impl<'a> Memory<'a> {
    pub(super) fn new(engines: &'a Engines, request: &'a Request) -> Self {
        let mut facts: Vec<_> = engines.connections.iter().map(|c| c.facts.clone()).collect();
        facts.extend(engines.silent.iter().cloned());
        facts.sort_by(|a, b| a.name.cmp(&b.name));
        let record = Snapshot {
            snapshot_version: SNAPSHOT_VERSION,
            econn: env!("CARGO_PKG_VERSION").into(),
            taken_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            settings: Settings {
                passive: request.passive,
                parallel_clients: request.crowd.clients,
            },
            engines: facts,
            containers: Vec::new(),
            networks: Vec::new(),
            host_listeners: Fact::Skipped("no link ends on the engine's machine".into()),
            links: Vec::new(),
            notes: Vec::new(),
            machines: BTreeMap::new(),
            logged: Vec::new(),
            own: Vec::new(),
            redactions: BTreeMap::new(),
        };
        Self {
            engines: &engines.connections,
            request,
            all: Listed::default(),
            more: Vec::new(),
            lives: HashMap::new(),
            members: engines.connections.iter().map(|_| None).collect(),
            record,
            visited: HashMap::new(),
            visiting: HashSet::new(),
            turns: Turns::default(),
            held: BTreeMap::new(),
            held_again: HashSet::new(),
            is_holding: false,
            imaged: HashSet::new(),
            notes: BTreeSet::new(),
            began: Instant::now(),
            refreshed: Instant::now(),
            is_new: false,
        }
    }

    /// The record as it is now, in the order of every snapshot.
    pub(super) fn record(&self) -> Snapshot {
        let mut record = self.record.clone();
        let since = |moment: Instant| {
            u64::try_from(moment.saturating_duration_since(self.began).as_millis())
                .unwrap_or(u64::MAX)
        };
        for (container, more) in record.containers.iter_mut().zip(&self.more) {
            let lived = |up| Lived { from_ms: since(up), to_ms: more.gone.map(since) };
            container.lived = more.up.map(lived);
        }
        record.containers.sort_by(|a, b| (&a.engine, &a.name).cmp(&(&b.engine, &b.name)));
        record.networks.sort_by(|a, b| (&a.engine, &a.name).cmp(&(&b.engine, &b.name)));
        record.notes = self.notes.iter().cloned().collect();
        self.settle(&mut record);
        let seen = self.all.seen.iter().map(|(_, seen)| seen);
        Gate::of(seen, self.request.told()).pass(record)
    }

    /// The record at the end.
    pub(super) fn finished(&self, engines: &Engines) -> Snapshot {
        let mut record = self.record();
        if record.links.is_empty() {
            record.notes.push(nothing_found(&record, engines));
        }
        record
    }

    /// What nobody came to look for could not be seen: left as it is it would read as left out by choice.
    fn settle(&self, record: &mut Snapshot) {
        for link in &mut record.links {
            let why = match self.all.find(&link.engine, &link.client) {
                Some(at) if self.more[at].gone.is_some() => {
                    format!("{} had ended before it could be looked at", link.client)
                }
                Some(at) if self.more[at].up.is_none() => {
                    format!("{} was not seen running", link.client)
                }
                _ => "the command ended before it was looked at".into(),
            };
            settled(&mut link.visit, &why);
            settled(&mut link.lookup, &why);
            settled(&mut link.path, &why);
            if let Some(server) = link.server.as_ref().filter(|s| s.container.is_some()) {
                let why = format!("nothing was seen listening on port {}", server.port);
                settled(&mut link.concurrency, &why);
                for replica in &mut link.replicas {
                    settled(&mut replica.path, &why);
                    settled(&mut replica.concurrency, &why);
                }
            }
        }
    }

    pub(super) fn note(&mut self, note: Option<String>) {
        self.notes.extend(note);
    }

    /// An engine can't be followed any more: not everything that it has was seen.
    pub(super) fn silent(&mut self, index: usize, why: &str) {
        let name = &self.engines[index].facts.name;
        let why = format!("{name}: {why}");
        if let Some(engine) = self.record.engines.iter_mut().find(|engine| engine.name == *name) {
            engine.error.get_or_insert_with(|| why.clone());
        }
        self.note(Some(DEAF.says(why)));
    }

    /// The containers of one engine by name, for what the next look makes of them.
    pub(super) fn names(&self, index: usize) -> Names {
        let mut names = Names { by_id: HashMap::new(), carried: HashMap::new() };
        for (engine, seen) in &self.all.seen {
            if *engine == index {
                names.by_id.insert(seen.facts.id.clone(), seen.facts.name.clone());
            }
            for name in seen.facts.names() {
                let carriers = names.carried.entry(name.to_ascii_lowercase()).or_default();
                carriers.insert(seen.facts.id.clone());
            }
        }
        names
    }

    pub(super) fn learn_networks(&mut self, index: usize, networks: Result<Vec<Network>, String>) {
        match networks {
            Ok(networks) => {
                for network in networks {
                    let same = |n: &Network| n.engine == network.engine && n.name == network.name;
                    match self.all.networks.iter_mut().find(|n| same(n)) {
                        Some(known) => *known = network,
                        None => self.all.networks.push(network),
                    }
                }
            }
            Err(why) => {
                let name = &self.engines[index].facts.name;
                let what = format!("{name}: its networks can't be read: {why}");
                self.notes.insert(UNREADABLE.says(what));
            }
        }
    }

    pub(super) fn networks(&self) -> &[Network] {
        &self.all.networks
    }

    /// Takes note of what a Swarm knows. What it knew of tasks that are gone is with their containers by now.
    pub(super) fn learn_swarm(&mut self, index: usize, member: Option<Membership>) {
        let Some(member) = member else { return };
        let name = &self.engines[index].facts.name;
        if let Some(engine) = self.record.engines.iter_mut().find(|engine| engine.name == *name) {
            engine.node = Some(member.node.clone());
        }
        self.members[index] = Some(member);
    }

    /// Takes note of one container; true where it is on a network that is not known yet.
    pub(super) fn learn_container(
        &mut self,
        index: usize,
        mut seen: Seen,
        found: Gathered,
        compared: bool,
    ) -> bool {
        let life = self.lives.entry((index, seen.facts.id.clone())).or_default();
        let is_up = seen.facts.state.is_up();
        if is_up && life.is_killed() {
            // It is on its way out, and what it shows now is half of it.
            return false;
        }
        self.notes.extend(found.notes);
        let files: Vec<_> =
            found.told.into_iter().filter(|(_, s, _)| matches!(s, Source::File { .. })).collect();
        (seen.facts.unread_files, seen.facts.unread_names) = found.unread.into_iter().unzip();
        let at = self.all.find(&seen.facts.engine, &seen.facts.name);
        let at = at.unwrap_or_else(|| {
            self.all.seen.push((index, seen.clone()));
            self.more.push(More::default());
            self.all.seen.len() - 1
        });
        let old = &self.all.seen[at].1;
        if old.facts.id == seen.facts.id {
            if old.facts.state.is_up() && !is_up {
                // How it was while it was up is what counts; how it ended is judged by itself.
                return false;
            }
            let restarted = old.facts.state.started_at != seen.facts.state.started_at;
            if life.has_failed() && restarted && is_up {
                seen.facts.state.earlier = Some(checks::model::Earlier {
                    status: old.facts.state.status.clone(),
                    started_at: old.facts.state.started_at.clone(),
                    restarts: old.facts.state.restarts,
                });
            }
            keep_known(&mut seen.facts, &old.facts);
        } else {
            // Of a task only its manager may have told so far.
            if old.facts.unread.is_none() {
                self.notes.insert(NAME_USED_AGAIN.says(format!(
                    "{}: the name {} was used more than once; what is told of it is of the last container",
                    old.facts.engine, old.facts.name
                )));
            }
            if old.facts.image_id == seen.facts.image_id {
                seen.facts.freshness = old.facts.freshness.clone();
            }
            self.more[at] = More::default();
        }
        if is_up {
            let more = &mut self.more[at];
            let (up, gone) = life.seen_up();
            more.up.get_or_insert(up);
            if let Some(end) = gone {
                more.gone.get_or_insert(end);
                seen.raw.pid = None;
            } else {
                (more.gone, more.before) = (None, None);
            }
            more.files = files;
            more.limits = more.limits.or(seen.facts.limits);
            more.compared |= compared;
        }
        let known = |name: &str| {
            self.all.networks.iter().any(|n| n.engine == seen.facts.engine && n.name == name)
        };
        let is_new = seen.facts.attachments.iter().any(|a| !known(&a.network));
        self.all.seen[at].1 = seen;
        is_new
    }

    fn at(&self, index: usize, id: &str) -> Option<usize> {
        self.all.seen.iter().position(|(engine, seen)| *engine == index && seen.facts.id == id)
    }

    /// A container is up, perhaps again: nobody takes it down any more.
    pub(super) fn started(&mut self, index: usize, id: &str) {
        self.lives.entry((index, id.to_owned())).or_default().started();
    }

    /// Somebody sent a container a signal that may be meant to end it.
    pub(super) fn signalled(&mut self, index: usize, id: &str) {
        self.lives.entry((index, id.to_owned())).or_default().signal();
    }

    /// Somebody takes a container down: the last moment to read what the kernel counted for it.
    pub(super) fn killed(&mut self, index: usize, id: &str) {
        let life = self.lives.entry((index, id.to_owned())).or_default();
        let is_again = life.is_killed();
        life.kill();
        // Who is not ended by the first signal gets another.
        if is_again {
            return;
        }
        let Some(at) = self.at(index, id) else { return };
        self.count(at);
        let seen = &mut self.all.seen[at].1;
        // From here on its sockets close, and tell nothing of how it was.
        seen.raw.pid = None;
        self.more[at].gone.get_or_insert_with(Instant::now);
        let name = seen.facts.name.clone();
        let clients: Vec<String> = self
            .clients(at)
            .filter(|client| client.is_none_or(|c| self.is_there(c)))
            .map(|c| c.map_or("@host".into(), |c| self.all.seen[c].1.facts.name.clone()))
            .collect();
        if let Some(client) = clients.first() {
            self.notes.insert(TAKEN_DOWN.says(format!(
                "{name} was taken down from outside {:.1} s after the start, while its client {client} was there",
                self.began.elapsed().as_secs_f64()
            )));
        }
    }

    /// A container was removed. Podman tells of no signal where it is asked through its API to stop one.
    pub(super) fn removed(&mut self, index: usize, id: &str) {
        let Some(at) = self.at(index, id) else { return };
        let life = self.lives.entry((index, id.to_owned())).or_default();
        // Docker tells of every signal, and removes such a one however it ended.
        let is_docker = self.engines[index].facts.kind == EngineKind::Docker;
        if (is_docker && self.all.seen[at].1.raw.removes_itself) || !life.removed() {
            return;
        }
        if let Some(before) = self.more[at].before.take() {
            self.record.containers[at].state = before.clone();
            self.all.seen[at].1.facts.state = before;
        }
        self.is_new = true;
        self.killed(index, id);
    }

    pub(super) fn out_of_memory(&mut self, index: usize, id: &str) {
        self.lives.entry((index, id.to_owned())).or_default().out_of_memory = true;
    }

    /// A container has ended; true where it did so by itself.
    pub(super) fn ended(&mut self, index: usize, id: &str, exit_code: i64) -> bool {
        let by_itself = self.lives.entry((index, id.to_owned())).or_default().end(exit_code);
        if let Some(at) = self.at(index, id) {
            self.all.seen[at].1.raw.pid = None;
            self.more[at].gone.get_or_insert_with(Instant::now);
        }
        self.is_new = true;
        by_itself
    }

    pub(super) fn is_leaving(&self, index: usize, id: &str) -> bool {
        self.lives.get(&(index, id.to_owned())).is_some_and(Life::is_killed)
    }

    /// Whether a container is up and nobody takes it down.
    fn is_there(&self, at: usize) -> bool {
        let (_, seen) = &self.all.seen[at];
        seen.facts.state.is_up() && self.more[at].gone.is_none()
    }

    /// Reads the kernel's counters of a container again.
    fn count(&mut self, at: usize) {
        let facts = &mut self.all.seen[at].1;
        let Ok(pid) = links::proven(facts) else { return };
        if let Ok(counters) = ends::counters(&pid) {
            facts.facts.queue_counters = Fact::Known(counters);
        }
        if let Some(now) = limits::limits(&pid, &facts.facts.id) {
            facts.facts.limits = Some(limits::since(self.more[at].limits, now));
        }
    }
}

/// What was known before and could not be seen again stays known.
fn keep_known(new: &mut Container, old: &Container) {
    fn keep<T: Clone>(new: &mut Fact<T>, old: &Fact<T>) {
        if new.value().is_none() && old.value().is_some() {
            *new = old.clone();
        }
    }
    keep(&mut new.namespace, &old.namespace);
    keep(&mut new.listeners, &old.listeners);
    keep(&mut new.queue_counters, &old.queue_counters);
    keep(&mut new.resolver, &old.resolver);
    keep(&mut new.hosts, &old.hosts);
    keep(&mut new.freshness, &old.freshness);
    new.somaxconn = new.somaxconn.or(old.somaxconn);
    new.limits = new.limits.or(old.limits);
}

fn settled<T>(fact: &mut Fact<T>, why: &str) {
    if matches!(fact, Fact::Skipped(reason) if reason == NOT_YET) {
        *fact = Fact::Unknown(why.into());
    }
}
