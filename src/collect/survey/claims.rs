//! What every container is told, and what the user says that some are.

use super::{Listed, Request};
use crate::collect::compose::{self, Environment};
use crate::collect::engine::{Connection, Seen};
use crate::collect::links::{self, Claim, Named};
use checks::model::{Container, HOST_CLIENT, Source, Written};

/// What every container is told, and what the user says that some are.
pub(super) async fn claims(
    engines: &[Connection],
    all: &mut Listed,
    request: &Request,
    notes: &mut Vec<String>,
) -> Vec<Claim> {
    let facts = all.facts();
    let carriers = links::carriers(&facts);
    let mut claims = Vec::new();
    let program = compose::program(&|name| std::env::var(name).ok());
    for (me, (engine, seen)) in all.seen.iter_mut().enumerate() {
        let is_name =
            |name: &str| carriers.get(name).is_some_and(|all| all.iter().any(|one| *one != me));
        let found = links::gather(&engines[*engine], seen, &is_name).await;
        (seen.facts.unread_files, seen.facts.unread_names) = found.unread.into_iter().unzip();
        seen.facts.proxies = links::proxies(&seen.raw.env);
        seen.facts.unverified =
            links::unverified(&seen.raw.env, &seen.raw.argv).or(found.unverified);
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
