//! What every container is told, and what the user says that some are.

use super::{Listed, Request};
use crate::collect::compose::{self, Environment};
use crate::collect::engine::{Connection, Seen};
use crate::collect::links::{self, Claim, Gathered, Named};
use checks::model::{Container, HOST_CLIENT, Source, Written};
use std::collections::HashMap;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread::ScopedJoinHandle;

/// Threads that read what containers were given, at most.
const READERS: usize = 4;
/// So few containers are read by one of them.
const FEW: usize = 32;

/// What every container is told, and what the user says that some are.
pub(super) async fn claims(
    engines: &[Connection],
    all: &mut Listed,
    request: &Request,
    notes: &mut Vec<String>,
) -> Vec<Claim> {
    let carriers = links::carriers(all.seen.iter().map(|(_, seen)| &seen.facts));
    let mut claims = Vec::new();
    let program = compose::program(&|name| std::env::var(name).ok());
    let given = given(&all.seen, &carriers);
    for ((me, (engine, seen)), given) in all.seen.iter_mut().enumerate().zip(given) {
        let is_name = |name: &str| is_others(&carriers, me, name);
        let found = links::gather(&engines[*engine], seen, given, &is_name).await;
        (seen.facts.unread_files, seen.facts.unread_names) = found.unread.into_iter().unzip();
        (seen.facts.proxies, seen.facts.unverified) = (found.proxies, found.unverified);
        notes.extend(found.notes);
        if let Some(labels) = &mut seen.facts.compose
            && engines[*engine].is_docker_here()
        {
            labels.program = labels.program.take().or_else(|| program.clone());
        }
        claims.extend(told_to(seen, found.told, &is_name));
    }
    claims.extend(named(engines, all, request));
    links::merge(claims)
}

/// Whether somebody else than the container at this place carries the name.
fn is_others(carriers: &HashMap<String, Vec<usize>>, me: usize, name: &str) -> bool {
    carriers.get(name).is_some_and(|all| all.iter().any(|one| *one != me))
}

/// What every container was given, read by all processors: hundreds of containers are milliseconds of work.
fn given(all: &[(usize, Seen)], carriers: &HashMap<String, Vec<usize>>) -> Vec<Gathered> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(READERS);
    let part = all.len().div_ceil(threads).max(FEW);
    let read = |first: usize, part: &[(usize, Seen)]| -> Vec<Gathered> {
        let one = |(me, (_, seen)): (usize, &(usize, Seen))| {
            links::given(seen, &|name| is_others(carriers, me, name))
        };
        (first..).zip(part).map(one).collect()
    };
    std::thread::scope(|scope| {
        let parts = all.chunks(part).enumerate();
        let readers: Vec<_> =
            parts.map(|(n, some)| scope.spawn(move || read(n * part, some))).collect();
        let read = readers.into_iter().map(ScopedJoinHandle::join);
        read.flat_map(|part| part.unwrap_or_else(|broken| resume_unwind(broken))).collect()
    })
}

/// What one container is told, as claims.
pub(in super::super) fn told_to(
    seen: &Seen,
    told: Vec<(links::told::Told, Source, Option<Written>)>,
    is_name: &dyn Fn(&str) -> bool,
) -> Vec<Claim> {
    let files = Environment::of(seen, is_name);
    let told = told.into_iter().filter(|(told, _, _)| links::is_link(told));
    told.map(|(told, source, written)| {
        // Compose's files tell what the container was given, not what its program was started with.
        let is_new = matches!(&source, Source::Env { name } if seen.facts.set_anew.contains(name));
        let files = files.as_ref().filter(|_| !is_new);
        let said = files.map(|files| files.says(&source, &told)).unwrap_or_default();
        Claim {
            engine: seen.facts.engine.clone(),
            client: seen.facts.name.clone(),
            told,
            sources: std::iter::once(source).chain(said.places).collect(),
            written: written.into_iter().chain(said.written).collect(),
            retold: said.retold,
            demand: None,
        }
    })
    .collect()
}

/// The links that the user and the project named, as claims.
pub(in super::super) fn named(
    engines: &[Connection],
    all: &Listed,
    request: &Request,
) -> Vec<Claim> {
    let mut claims = Vec::new();
    let named = request.named.iter().map(|named| (named, None));
    let demanded = request.demands.iter().map(|(named, demand)| (named, Some(*demand)));
    for (named, demand) in named.chain(demanded) {
        let mut of = engines_of(engines, all, named);
        if of.is_empty() && demand.is_some() {
            of.extend(engines.first().map(|c| c.facts.name.clone()));
        }
        for engine in of {
            claims.push(Claim {
                engine,
                client: named.client.clone(),
                told: named.told.clone(),
                sources: vec![Source::Flag],
                written: Vec::new(),
                retold: None,
                demand,
            });
        }
    }
    claims
}

/// The engines in which a link that the user named is meant: those that have the client; for a process of the machine the
/// one that has the server, else the first.
fn engines_of(engines: &[Connection], all: &Listed, named: &Named) -> Vec<String> {
    if named.client != HOST_CLIENT {
        return all
            .seen
            .iter()
            .filter(|(_, s)| s.facts.name == named.client)
            .map(|(_, s)| s.facts.engine.clone())
            .collect();
    }
    let port = named.told.port.unwrap_or(0);
    let serves = |c: &Container| c.published_as(port).is_some() || c.is_named(&named.told.host);
    let with_server =
        all.seen.iter().find(|(_, s)| serves(&s.facts)).map(|(_, s)| s.facts.engine.clone());
    with_server.or_else(|| engines.first().map(|c| c.facts.name.clone())).into_iter().collect()
}
