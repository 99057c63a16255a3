//! The links between everything that was seen so far, with what is already known of them.

use super::super::life::exited;
use super::{Memory, More, NOT_YET};
use crate::collect::searched::told_by_search_domains;
use crate::collect::sockets::Sockets;
use crate::collect::stand::{Stance, Stands};
use crate::collect::survey::{
    ends_on_machine, named, of_this_machine, told_by_hosts_files, told_to,
};
use crate::collect::{ends, links, swarm};
use checks::model::{Fact, HOST_CLIENT, Link};
use std::time::{Duration, Instant as Moment};
use tokio::time::Instant;

/// A client outlives its server when it is there for so much longer. One that fails with it may be gone at once.
const LONGER: Duration = Duration::from_secs(1);
/// Reading sockets takes no longer.
const LIMIT: Duration = Duration::from_secs(5);

impl Memory<'_> {
    /// Finds the links anew: a container that came may be the server, or the client, of one.
    pub(in super::super) async fn relink(&mut self) {
        self.is_new = true;
        let engines = self.engines;
        self.join_swarm().await;
        let facts = self.all.facts();
        let carriers = links::carriers(&facts);
        let mut claims = Vec::new();
        for (me, (_, seen)) in self.all.seen.iter().enumerate() {
            let is_name =
                |name: &str| carriers.get(name).is_some_and(|all| all.iter().any(|one| *one != me));
            let given = links::given(seen, &is_name).told;
            let told = given.into_iter().chain(self.more[me].files.iter().cloned()).collect();
            claims.extend(told_to(seen, told, &is_name));
        }
        claims.extend(named(engines, &self.all, self.request));
        // What an address means is asked again and again: no container is made for it.
        let stance = match self.request.stance {
            Stance::Auto => Stance::Netns,
            other => other,
        };
        let stands = Stands::new(engines, stance, Instant::now() + LIMIT);
        let keeps = |link: &Link| self.request.keeps(&self.all, link);
        let sockets = Sockets::new(&self.all, &stands);
        let mut links = sockets.links(links::merge(claims), keeps).await;
        told_by_hosts_files(&sockets, &facts, &mut links);
        let old = std::mem::replace(&mut self.record.links, links);
        self.record.containers = facts;
        told_by_search_domains(&self.all, &mut self.record);
        self.carry(&old);
        let asks = &self.request.asks;
        for (container, (_, seen)) in self.record.containers.iter_mut().zip(&self.all.seen) {
            container.answers = asks.iter().map(|ask| ask.of(&seen.raw)).collect();
        }
        self.record.networks.clone_from(&self.all.networks);
        // Which routes matter depends on the networks.
        of_this_machine(&stands, engines, &mut self.record);
        stands.close().await;
        self.machine();
        self.blame();
    }

    /// Whose tasks the containers are, and the tasks of other nodes, as the managers know them.
    async fn join_swarm(&mut self) {
        if self.members.iter().all(Option::is_none) {
            return;
        }
        let mut notes = Vec::new();
        swarm::join(self.engines, &mut self.all, &self.members, &mut notes).await;
        self.notes.extend(notes);
        self.more.resize_with(self.all.seen.len(), More::default);
    }

    /// What was seen of a link before is still known of it.
    fn carry(&mut self, old: &[Link]) {
        for at in 0..self.record.links.len() {
            let held = self.port(at).and_then(|key| self.held.get(&key)).cloned();
            let link = &mut self.record.links[at];
            if let Some(old) = old.iter().find(|old| old.id == link.id) {
                link.visit = old.visit.clone();
                link.path = old.path.clone();
                for replica in &mut link.replicas {
                    let known = old.replicas.iter().find(|r| r.container == replica.container);
                    if let Some(known) = known {
                        *replica = known.clone();
                    }
                }
                link.lookup = old.lookup.clone();
                link.vantage = old.vantage;
                if link.listens_itself.value().is_none() {
                    link.listens_itself = old.listens_itself.clone();
                }
            } else if self.request.passive {
                crate::collect::probes::passive(link);
            }
            match held {
                Some(held) => link.concurrency = held,
                None if self.request.passive => {}
                None => link.concurrency = Fact::Skipped(NOT_YET.into()),
            }
        }
    }

    /// The machine's own sockets, where a link ends there. Those of a process that has ended meanwhile are kept.
    fn machine(&mut self) {
        let awaited: Vec<u16> = self
            .record
            .links
            .iter()
            .filter(|link| ends_on_machine(link))
            .map(|link| link.endpoint.port)
            .collect();
        if awaited.is_empty() {
            return;
        }
        let now = if self.engines.iter().all(|c| c.by_socket) {
            ends::machine_listeners(&self.all.networks).into()
        } else {
            Fact::Unknown("the engine is remote, and its machine's sockets can't be seen".into())
        };
        let served = |fact: &Fact<Vec<checks::model::Listener>>| {
            let rows = fact.value().into_iter().flatten();
            rows.filter(|l| awaited.contains(&l.address.port())).count()
        };
        if served(&now) >= served(&self.record.host_listeners) {
            self.record.host_listeners = now;
        }
    }

    /// The clients of a container; `None` for a process of the machine.
    pub(super) fn clients(&self, server: usize) -> impl Iterator<Item = Option<usize>> {
        let of = |link: &Link| {
            let to = link.server.as_ref()?;
            self.all.find(to.engine.as_deref().unwrap_or(&link.engine), to.container.as_deref()?)
        };
        let links = self.record.links.iter().filter(move |link| of(link) == Some(server));
        links.filter_map(|link| {
            if link.client == HOST_CLIENT {
                Some(None)
            } else {
                self.all.find(&link.engine, &link.client).map(Some)
            }
        })
    }

    /// A server that ended while it was needed is a server that ended, and not the one that it was.
    fn blame(&mut self) {
        for at in 0..self.all.seen.len() {
            let (index, seen) = &self.all.seen[at];
            let Some(life) = self.lives.get(&(*index, seen.facts.id.clone())) else { continue };
            let Some(gone) = self.more[at].gone.filter(|_| life.gone.is_some()) else { continue };
            if !seen.facts.state.is_up() {
                continue;
            }
            let needed = |client: Option<usize>| {
                let Some(client) = client else { return life.ended.is_some_and(|(_, c)| c != 0) };
                let more = &self.more[client];
                let came_later = more.up.is_some_and(|up| up > gone);
                let end = more.gone.unwrap_or_else(Moment::now);
                let longer = |(at, code): (Moment, i64)| {
                    end > at && (code != 0 || end.duration_since(at) > LONGER)
                };
                client != at
                    && (came_later || (more.up.is_some() && life.ended.is_some_and(longer)))
            };
            if self.clients(at).any(needed) {
                let end = life.ended.or(life.gone);
                let code = end.map_or(seen.facts.state.exit_code, |(_, code)| code);
                let state = exited(&seen.facts.state, code, life.out_of_memory);
                self.record.containers[at].state = state.clone();
                self.more[at].before = Some(seen.facts.state.clone());
                self.all.seen[at].1.facts.state = state;
            }
        }
    }
}
