//! The listening sockets that the meaning of an address rests on: those of a client that is told its own loopback, and of
//! whoever else may be meant. They are read where that is cheap; a sidecar is begun only for links that are kept.

use super::compose;
use super::ends;
use super::holders;
use super::links::{self, Claim, Dialled, World};
use super::stand::{self, Stands};
use super::survey::Listed;
use super::{machine, places, replicas};
use checks::model::{
    Container, Fact, Link, Listener, Meant, NetworkMode, Server, ServerKind, is_loopback, numeric,
};
use futures_util::future::join_all;
use std::cell::{LazyCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Sidecars that are begun to learn what an address means, at most.
const SIDECARS: usize = 16;

type Rows = Result<Vec<Listener>, String>;

/// Whose sockets.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Whose {
    /// Those of the machine of the engine at this place.
    Machine(usize),
    /// Those of the container at this place.
    Container(usize),
}

/// Whose sockets were not seen, and the ports on which a client itself is awaited to listen.
type Unseen = BTreeMap<Whose, BTreeSet<u16>>;

/// The sockets that were read so far.
pub(super) struct Sockets<'a> {
    all: &'a Listed,
    stands: &'a Stands<'a>,
    /// The containers as far as they are seen.
    facts: Vec<&'a Container>,
    machine: LazyCell<Vec<IpAddr>>,
    read: RefCell<BTreeMap<Whose, Rows>>,
    /// Whether a container's own programs hold a port of a namespace that several share.
    held: RefCell<BTreeMap<(usize, u16), Option<bool>>>,
}

impl<'a> Sockets<'a> {
    pub(super) fn new(all: &'a Listed, stands: &'a Stands<'a>) -> Self {
        let machine = LazyCell::new(machine::addresses as fn() -> _);
        let facts = all.seen.iter().map(|(_, seen)| &seen.facts).collect();
        let (read, held) = (RefCell::default(), RefCell::default());
        Self { all, stands, facts, machine, read, held }
    }

    /// The links of all claims that `keeps` says to keep, each with what its address means.
    pub(super) async fn links(
        &self,
        claims: Vec<Claim>,
        keeps: impl Fn(&Link) -> bool,
    ) -> Vec<Link> {
        let mut found = self.all_understood(claims.clone());
        if self.stands.makes_sidecars() {
            let mut unseen = Unseen::new();
            let may_be_kept =
                |link: &Link| keeps(link) || self.served_beside(link).iter().any(&keeps);
            for (whose, ports) in found.iter().filter(|(l, _)| may_be_kept(l)).flat_map(|(_, u)| u)
            {
                unseen.entry(*whose).or_default().extend(ports);
            }
            if !unseen.is_empty() {
                self.look(unseen).await;
                found = self.all_understood(claims);
            }
        }
        let mut links: Vec<Link> =
            found.into_iter().map(|(link, _)| link).filter(|link| keeps(link)).collect();
        links.sort_by(|a, b| a.id.cmp(&b.id));
        links
    }

    fn all_understood(&self, claims: Vec<Claim>) -> Vec<(Link, Unseen)> {
        claims.into_iter().filter_map(|claim| self.understood(claim)).collect()
    }

    /// What a link may turn out to be when the sockets of its client are seen: served by one that shares its namespace.
    fn served_beside(&self, link: &Link) -> Vec<Link> {
        let Some(client) = self.all.find(&link.engine, &link.client) else { return Vec::new() };
        let is_host = |index: usize| self.facts[index].network_mode == NetworkMode::Host;
        let home = |index: usize| (!is_host(index)).then(|| places::owner(self.all, index));
        let shares = |index: &usize| {
            *index != client
                && self.facts[*index].engine == link.engine
                && home(*index) == home(client)
        };
        let served = |index: usize| {
            let container = Some(self.facts[index].name.clone());
            let kind = ServerKind::Container;
            let server = Server { kind, container, port: link.endpoint.port, engine: None };
            Link { server: Some(server), ..link.clone() }
        };
        (0..self.facts.len()).filter(shares).map(served).collect()
    }

    /// The link of one claim, and whose sockets could not be read for it.
    fn understood(&self, claim: Claim) -> Option<(Link, Unseen)> {
        let unseen: RefCell<Unseen> = RefCell::default();
        let link = self.in_world(&unseen, |world, read| {
            let port = claim.told.port.unwrap_or(0);
            // Reading a namespace's sockets takes milliseconds, and only a loopback's meaning needs them.
            let itself = if is_loopback(&claim.told.host) {
                let whose = self.whose(&claim.engine, &claim.client);
                read(whose, Some(port)).map(|rows| takes(&rows, &claim.told.host, port)).into()
            } else {
                Fact::Skipped("the endpoint is no loopback".into())
            };
            links::link(claim, world, itself)
        });
        let mut link = link?;
        compose::unstarted(&self.facts, &mut link);
        replicas::note(&self.facts, &mut link);
        Some((link, unseen.take()))
    }

    /// What it means to the client of a link that its name leads to this address.
    pub(super) fn lead(&self, link: &mut Link, address: IpAddr) {
        let host = address.to_string();
        let port = link.endpoint.port;
        let (server, meant) = self.in_world(&RefCell::default(), |world, read| {
            if is_loopback(&host) {
                let rows = read(self.whose(&link.engine, &link.client), None);
                link.listens_itself = rows.map(|rows| takes(&rows, &host, port)).into();
            }
            world.meaning(Dialled {
                engine: &link.engine,
                client: &link.client,
                host: &host,
                port,
                listens_itself: link.listens_itself == Fact::Known(true),
            })
        });
        link.meant = if meant == Meant::Address { Meant::Name } else { meant };
        link.server = server;
        replicas::note(&self.facts, link);
    }

    /// All that the meaning of an address rests on. Whose sockets can't be read is noted in `unseen`.
    fn in_world<T>(
        &self,
        unseen: &RefCell<Unseen>,
        then: impl FnOnce(&World<'_>, &dyn Fn(Whose, Option<u16>) -> Rows) -> T,
    ) -> T {
        let read = |whose, awaited: Option<u16>| {
            // A namespace that several share is looked at once.
            let whose = match whose {
                Whose::Container(index) => Whose::Container(places::owner(self.all, index)),
                machine @ Whose::Machine(_) => machine,
            };
            let rows = self.rows(whose);
            if rows.is_err() && self.is_up(whose) {
                unseen.borrow_mut().entry(whose).or_default().extend(awaited);
            }
            rows
        };
        let listens = |container: &Container, port: u16| {
            let index = self.all.find(&container.engine, &container.name);
            index.is_some_and(|index| {
                read(Whose::Container(index), None)
                    .is_ok_and(|rows| rows.iter().any(|l| l.address.port() == port))
            })
        };
        let holds = |container: &Container, port: u16| {
            if listens(container, port) { self.holds(container, port) } else { Some(false) }
        };
        let world = World {
            containers: &self.facts,
            networks: &self.all.networks,
            machine: &self.machine,
            listens: &listens,
            holds: &holds,
        };
        then(&world, &read)
    }

    /// Whose sockets a client's own loopback leads to.
    fn whose(&self, engine: &str, client: &str) -> Whose {
        match self.all.find(engine, client) {
            Some(index) => Whose::Container(index),
            None => Whose::Machine(self.stands.place_of(engine)),
        }
    }

    fn rows(&self, whose: Whose) -> Rows {
        let read = || match whose {
            Whose::Container(index) => {
                let seen = &self.all.seen[index].1;
                let now =
                    links::proven(seen).and_then(|pid| ends::listeners(&pid, self.stands.stance()));
                // Of a container that is gone, what it listened on while it was there.
                now.or_else(|why| seen.facts.listeners.value().cloned().ok_or(why))
            }
            Whose::Machine(engine) => {
                self.stands.is_here(engine)?;
                ends::machine_listeners(&self.all.networks)
            }
        };
        self.read.borrow_mut().entry(whose).or_insert_with(read).clone()
    }

    /// Whether it is a program of the container that listens on a port of its namespace. `None` where that can't be told.
    fn holds(&self, container: &Container, port: u16) -> Option<bool> {
        let index = self.all.find(&container.engine, &container.name);
        let Some(index) = index.filter(|_| self.shares_namespace(container)) else {
            return Some(true);
        };
        let look = || {
            let seen = &self.all.seen[index].1;
            holders::holds(&links::proven(seen)?, &seen.facts.id, port)
        };
        *self.held.borrow_mut().entry((index, port)).or_insert_with(|| look().ok())
    }

    fn shares_namespace(&self, container: &Container) -> bool {
        let joins = |c: &&Container| {
            c.engine == container.engine
                && c.network_mode == NetworkMode::Container(container.name.clone())
        };
        matches!(container.network_mode, NetworkMode::Host | NetworkMode::Container(_))
            || self.facts.iter().any(joins)
    }

    fn is_up(&self, whose: Whose) -> bool {
        match whose {
            Whose::Container(index) => self.all.seen[index].1.facts.state.is_up(),
            Whose::Machine(_) => true,
        }
    }

    /// Reads by sidecars what can't be read otherwise.
    async fn look(&self, unseen: Unseen) {
        let looks = unseen.into_iter().take(SIDECARS).map(|(whose, ports)| async move {
            let rows = match whose {
                Whose::Container(index) => {
                    let (engine, seen) = &self.all.seen[index];
                    let awaited = ports.into_iter().filter(|_| ends::is_young(seen)).collect();
                    let place = places::of_running(self.all, index);
                    asked(self.stands, *engine, place, awaited).await
                }
                Whose::Machine(engine) => machine_listeners(self.stands, engine, self.all).await,
            };
            (whose, rows)
        });
        let seen = join_all(looks).await;
        self.read.borrow_mut().extend(seen);
    }
}

/// The sockets that listen on the machine of an engine.
pub(super) async fn machine_listeners(stands: &Stands<'_>, engine: usize, all: &Listed) -> Rows {
    let here = stands.is_here(engine).and_then(|()| ends::machine_listeners(&all.networks));
    match here {
        Err(_) if stands.makes_sidecars() => {
            let place = places::of_machine(stands, engine, &all.networks);
            asked(stands, engine, place, vec![]).await
        }
        here => here,
    }
}

async fn asked(stands: &Stands<'_>, engine: usize, place: stand::Place, awaited: Vec<u16>) -> Rows {
    stands
        .at(engine, place)
        .await?
        .run(stand::Sockets { ports: awaited, waits: true })
        .await?
        .listeners
}

/// Whether a socket takes connections to this port of a loopback, however that is called.
pub(super) fn takes(rows: &[Listener], host: &str, port: u16) -> bool {
    let both = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let to = numeric(host).map_or_else(|| both.to_vec(), |ip| vec![ip]);
    rows.iter().any(|l| l.address.port() == port && to.iter().any(|ip| l.takes(*ip)))
}
