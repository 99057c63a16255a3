//! Which probes are possible now, and what came of them.

use super::super::jobs::{Hold, PortKey, Visit};
use super::Memory;
use crate::collect::client::Return;
use crate::collect::engine::Seen;
use crate::collect::probes::fill;
use crate::collect::server::Patience;
use crate::collect::survey::{Listed, Request};
use crate::collect::{ends, links, replicas};
use checks::model::{
    self as model, Concurrency, Container, Fact, Freshness, HOST_CLIENT, Link, Meant, Snapshot,
    Vantage, is_loopback,
};
use checks::notes::ANSWERED_LATER;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::time::Instant as Deadline;

/// A container that does not listen after so long will hardly begin to at this very moment.
const YOUNG: Duration = Duration::from_secs(10);
/// How often the kernel's counters are read, and those looked at that are not young any more.
const SELDOM: Duration = Duration::from_secs(2);

impl Memory<'_> {
    /// The server of a link among the containers.
    fn server(&self, link: &Link) -> Option<usize> {
        let server = link.server.as_ref()?;
        let engine = server.engine.as_deref().unwrap_or(&link.engine);
        self.all.find(engine, server.container.as_deref()?)
    }

    /// The port that a link ends at.
    pub(super) fn port(&self, link: usize) -> Option<PortKey> {
        let link = &self.record.links[link];
        Some(self.key(self.server(link)?, link.server.as_ref()?.port))
    }

    fn key(&self, at: usize, port: u16) -> PortKey {
        let (index, seen) = &self.all.seen[at];
        let image = seen.facts.image_id.clone().unwrap_or_else(|| seen.facts.id.clone());
        (*index, seen.facts.name.clone(), image, port)
    }

    fn listens(&self, at: usize, port: u16) -> bool {
        let rows = self.all.seen[at].1.facts.listeners.value();
        rows.is_some_and(|rows| rows.iter().any(|l| l.address.port() == port))
    }

    /// Looks again at those that links wait for; true where one listens otherwise than before.
    pub(in super::super) fn refresh(&mut self) -> bool {
        let seldom = self.refreshed.elapsed() >= SELDOM;
        if seldom {
            self.refreshed = Instant::now();
        }
        let mut awaited: BTreeMap<usize, Vec<u16>> = BTreeMap::new();
        for link in &self.record.links {
            let server = self.server(link).zip(link.server.as_ref().map(|s| s.port));
            // Its name for that may stand in its hosts file.
            let is_own = is_loopback(&link.endpoint.host)
                || matches!(
                    link.meant,
                    Meant::OwnListener
                        | Meant::OwnLoopback
                        | Meant::OwnLoopbackPublished
                        | Meant::OwnLoopbackServed
                );
            let own = is_own
                .then(|| self.all.find(&link.engine, &link.client))
                .flatten()
                .map(|client| (client, link.endpoint.port));
            let port = link.server.as_ref().map_or(0, |s| s.port);
            let others = replicas::places(&self.all, link).into_iter().map(|at| (at, port));
            for (at, port) in server.into_iter().chain(own).chain(others) {
                awaited.entry(at).or_default().push(port);
            }
        }
        let mut changed = false;
        for (at, ports) in awaited {
            if !self.is_there(at) {
                continue;
            }
            let young = self.more[at].up.is_some_and(|up| up.elapsed() < YOUNG);
            let missing = ports.iter().any(|port| !self.listens(at, *port));
            if missing && (young || seldom) {
                let seen = &mut self.all.seen[at].1;
                let Ok(pid) = links::proven(seen) else { continue };
                let mut facts = seen.facts.clone();
                ends::sockets(&pid, self.request.stance, &mut facts, &ports);
                let is_new = |facts: &Container| {
                    facts.listeners != seen.facts.listeners
                        || facts.udp_ports != seen.facts.udp_ports
                };
                if facts.listeners.value().is_some() && is_new(&facts) {
                    changed = true;
                    facts.limits = facts.limits.or(seen.facts.limits);
                    seen.facts = facts;
                }
            }
            if seldom {
                self.count(at);
                self.is_new = true;
            }
        }
        changed
    }

    /// Every client's own view that is not the same as when it was last taken.
    pub(in super::super) fn visits(&mut self) -> Vec<Visit> {
        let mut by_client: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        if self.request.passive {
            return Vec::new();
        }
        for (at, link) in self.record.links.iter().enumerate() {
            let client = self.all.find(&link.engine, &link.client);
            let there = link.client == HOST_CLIENT || client.is_some_and(|c| self.is_there(c));
            let server = self.server(link);
            let leaves = server.is_some_and(|s| self.more[s].gone.is_some());
            if there
                && !leaves
                && !self.visiting.contains(&link.id)
                && self.visited.get(&link.id) != Some(&self.situation(link))
            {
                by_client.entry((link.engine.clone(), link.client.clone())).or_default().push(at);
            }
        }
        for at in by_client.values().flatten() {
            let link = &self.record.links[*at];
            self.visited.insert(link.id.clone(), self.situation(link));
            self.visiting.insert(link.id.clone());
        }
        let visit = |(client, links)| Visit {
            world: self.world(),
            client,
            links,
            turns: self.turns.clone(),
        };
        by_client.into_iter().map(visit).collect()
    }

    /// Everything as it is now, for a job to look things up in.
    fn world(&self) -> (Listed, Snapshot) {
        (self.all.clone(), self.record.clone())
    }

    /// Everything that a client's own view depends on. As long as it stays, another look would see the same.
    fn situation(&self, link: &Link) -> String {
        let of = |at: Option<usize>| {
            let facts = at.map(|at| &self.all.seen[at].1.facts);
            facts.map(|f| (&f.id, &f.state.status, &f.state.started_at, &f.attachments))
        };
        let (client, server) = (self.all.find(&link.engine, &link.client), self.server(link));
        let port = link.server.as_ref().map_or(0, |s| s.port);
        let listens = server.map(|at| self.listens(at, port));
        let machine = self.record.host_listeners.value().map(Vec::len);
        let machine = machine.filter(|_| server.is_none());
        let replicas = replicas::places(&self.all, link).into_iter();
        let replicas: Vec<_> = replicas.map(|at| (of(Some(at)), self.listens(at, port))).collect();
        format!(
            "{:?} {:?} {listens:?} {machine:?} {:?} {replicas:?}",
            of(client),
            of(server),
            link.meant
        )
    }

    pub(in super::super) fn learn_visits(
        &mut self,
        links: &[String],
        returns: Result<(Vec<Return>, Vantage), String>,
    ) {
        for id in links {
            self.visiting.remove(id);
        }
        let (returns, from) = match returns {
            Ok(seen) => seen,
            // What was seen before stays.
            Err(why) => {
                let never =
                    |link: &&mut Link| links.contains(&link.id) && link.visit.value().is_none();
                for link in self.record.links.iter_mut().filter(never) {
                    link.visit = Fact::Unknown(why.clone());
                }
                return;
            }
        };
        for back in returns {
            let Some(at) =
                self.record.links.iter().position(|link| links.get(back.link) == Some(&link.id))
            else {
                continue;
            };
            let link = &self.record.links[at];
            let client = self.all.find(&link.engine, &link.client);
            let disturbed = client
                .into_iter()
                .chain(self.server(link))
                .any(|end| self.more[end].gone.is_some());
            let fine = |visit: &model::Visit| visit.connected() && visit.symptom().is_none();
            let now = back.visit.as_ref().and_then(|visit| visit.as_ref().ok());
            // An end that goes away meanwhile shows what nobody else came to see.
            if disturbed && !now.is_some_and(fine) {
                continue;
            }
            if let (Some(before), true) = (link.visit.value(), now.is_some_and(fine))
                && let Some(symptom) = before.symptom()
            {
                self.notes.insert(ANSWERED_LATER.says(format!(
                    "{} -> {}: {symptom} at first; {:.1} s after the start it was answered",
                    link.client,
                    link.endpoint.url,
                    self.began.elapsed().as_secs_f64()
                )));
            }
            // What is dialled in vain while everything starts says nothing of the end.
            fill(&mut self.record, Return { link: at, tried: Vec::new(), ..back }, from);
        }
    }

    /// The next server port that listens and was not probed yet: one at a time, since two probes may disturb each other.
    /// With `again` those that two seconds were too short for, with the time that every run has.
    pub(in super::super) fn next_hold(&mut self, request: &Request, again: bool) -> Option<Hold> {
        if self.is_holding || request.passive {
            return None;
        }
        let mut ports: BTreeMap<PortKey, (usize, Vec<usize>)> = BTreeMap::new();
        for at in 0..self.record.links.len() {
            if self.record.links[at].is_forbidden() {
                continue;
            }
            let Some(server) = self.server(&self.record.links[at]) else { continue };
            let Some(key) = self.port(at) else { continue };
            let replicas = replicas::places(&self.all, &self.record.links[at]);
            let keys =
                replicas.into_iter().map(|one| (self.key(one, key.3), one)).collect::<Vec<_>>();
            for (key, server) in std::iter::once((key, server)).chain(keys) {
                if self.is_there(server) && self.listens(server, key.3) {
                    ports.entry(key).or_insert((server, Vec::new())).1.push(at);
                }
            }
        }
        let wanted = |key: &PortKey| match self.held.get(key) {
            None => true,
            Some(Fact::Known(seen)) => {
                again && seen.stopped.is_some() && !self.held_again.contains(key)
            }
            Some(_) => again && !self.held_again.contains(key),
        };
        let (key, (server, links)) = ports.into_iter().find(|(key, _)| wanted(key))?;
        let patience = if again {
            self.held_again.insert(key.clone());
            Patience::Until(Deadline::now() + Duration::from_secs(4))
        } else {
            Patience::Short
        };
        self.is_holding = true;
        Some(Hold { world: self.world(), key, server, links, patience })
    }

    pub(in super::super) fn learn_hold(
        &mut self,
        key: PortKey,
        links: &[String],
        fact: Fact<Concurrency>,
    ) {
        self.is_holding = false;
        let whole = fact.value().is_some_and(|seen| seen.stopped.is_none());
        if !whole && self.held.get(&key).is_some_and(|old| old.value().is_some()) {
            return;
        }
        for link in self.record.links.iter_mut().filter(|link| links.contains(&link.id)) {
            replicas::learn(link, &key.1, &fact);
        }
        self.held.insert(key, fact);
    }

    /// The servers whose image was not compared yet. One whose source is known does not wait for its clients: they may be gone
    /// together.
    pub(in super::super) fn images(&mut self) -> Vec<(usize, Seen)> {
        let mut servers: BTreeSet<usize> =
            self.record.links.iter().filter_map(|link| self.server(link)).collect();
        servers.extend((0..self.more.len()).filter(|at| self.more[*at].compared));
        let mut found = Vec::new();
        for at in servers {
            let (index, seen) = &self.all.seen[at];
            let known = seen.facts.freshness.value().is_some();
            let is_read = seen.facts.unread.is_none();
            if self.is_there(at)
                && is_read
                && !known
                && self.imaged.insert((*index, seen.facts.id.clone()))
            {
                found.push((*index, seen.clone()));
            }
        }
        found
    }

    pub(in super::super) fn learn_image(&mut self, index: usize, id: &str, fact: Fact<Freshness>) {
        if let Some(at) = self.at(index, id) {
            self.all.seen[at].1.facts.freshness = fact;
        }
    }
}
