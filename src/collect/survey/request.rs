//! What one run is to look at, and which of the links it keeps.

use super::Listed;
use crate::collect::crowd::Crowd;
use crate::collect::extra::Extra;
use crate::collect::links::Named;
use crate::collect::stand::Stance;
use checks::model::{Container, Demand, HOST_CLIENT, Link, Snapshot};
use checks::notes::NOBODY_NAMED;
use std::collections::BTreeSet;
use std::path::PathBuf;
use tokio::time::Instant;

/// What one run is to look at.
#[derive(Clone)]
pub(crate) struct Request {
    /// Links that the user named.
    pub(crate) named: Vec<Named>,
    /// Links of which the project demands something. A client that does not exist is no slip of the pen here.
    pub(crate) demands: Vec<(Named, Demand)>,
    /// Containers that have to exist, each with the flag that names it.
    pub(crate) must_exist: Vec<(&'static str, String)>,
    /// Keep the links with one of these containers at an end; all when empty.
    pub(crate) containers: Vec<String>,
    /// Keep the links with a container of this Compose project at an end.
    pub(crate) project: Option<String>,
    /// The build contexts of servers, by name.
    pub(crate) sources: Vec<(String, PathBuf)>,
    /// The paths of HTTP probes, by server.
    pub(crate) probes: Vec<(String, String)>,
    /// What the project's own checks ask of every container.
    pub(crate) asks: Vec<crate::collect::Ask>,
    /// Send nothing and create nothing.
    pub(crate) passive: bool,
    /// What is done only when asked for.
    pub(crate) extra: Extra,
    /// Wait for nothing and leave the images out besides: a glance whether a full look is worth its while.
    pub(crate) glance: bool,
    /// The clients that come at once.
    pub(crate) crowd: Crowd,
    /// How far to go to look.
    pub(crate) stance: Stance,
    /// When the run has to end.
    pub(crate) deadline: Instant,
    /// The same, as the user gave it.
    pub(crate) limit: String,
}

impl Request {
    /// The addresses as the user wrote them, secrets and all.
    pub(in super::super) fn told(&self) -> impl Iterator<Item = &str> {
        let demanded = self.demands.iter().map(|(named, _)| named);
        self.named.iter().chain(demanded).map(|named| named.written.as_str())
    }

    /// Everything that the user named has to exist: a slip of the pen must not look like a healthy run.
    pub(super) fn names_exist(&self, all: &Listed) -> Result<(), String> {
        let known =
            |name: &str| name == HOST_CLIENT || all.seen.iter().any(|(_, s)| s.facts.name == name);
        for (flag, name) in &self.must_exist {
            if !known(name) {
                let near = all
                    .seen
                    .iter()
                    .map(|(_, s)| s.facts.name.as_str())
                    .min_by_key(|n| strsim::damerau_levenshtein(n, name));
                let hint = near.map_or_else(
                    || "no container exists".to_owned(),
                    |n| format!("did you mean {n}?"),
                );
                let name = crate::redact::shown(name);
                return Err(format!("{flag}: there is no container {name}; {hint}"));
            }
        }
        match &self.project {
            Some(project) => project_exists(project, all.seen.iter().map(|(_, s)| &s.facts)),
            None => Ok(()),
        }
    }

    pub(in super::super) fn keeps(&self, all: &Listed, link: &Link) -> bool {
        let server = link.server.as_ref().and_then(|s| s.container.as_deref());
        let named = self.containers.is_empty()
            || self.containers.iter().any(|n| *n == link.client || Some(n.as_str()) == server);
        let find = |engine: &str, name: &str| Some(&all.seen[all.find(engine, name)?].1.facts);
        named && self.project.as_ref().is_none_or(|wanted| is_of_project(wanted, link, find))
    }
}

/// Whether a link has a container of that Compose project at an end.
fn is_of_project<'a>(
    project: &str,
    link: &Link,
    find: impl Fn(&str, &str) -> Option<&'a Container>,
) -> bool {
    let client = find(&link.engine, &link.client);
    // Whose client is not there yet may belong to any project.
    if client.is_none() && link.demand.is_some() {
        return true;
    }
    let server = link.server.as_ref().and_then(|server| {
        find(server.engine.as_deref().unwrap_or(&link.engine), server.container.as_deref()?)
    });
    let of = |container: &Container| container.compose.as_ref().map(|c| c.project == project);
    [client, server].into_iter().flatten().any(|end| of(end) == Some(true))
}

/// Keeps the links of a Compose project in what was saved, as a live look does.
///
/// # Errors
///
/// One line where nothing belongs to it.
pub(crate) fn keep_project(snapshot: &mut Snapshot, project: &str) -> Result<(), String> {
    project_exists(project, snapshot.containers.iter())?;
    let containers = &snapshot.containers;
    let find =
        |engine: &str, name: &str| containers.iter().find(|c| c.engine == engine && c.name == name);
    snapshot.links.retain(|link| is_of_project(project, link, find));
    if snapshot.links.is_empty() {
        let what =
            format!("none of the links that were saved has a container of {project} at an end");
        snapshot.notes.push(NOBODY_NAMED.says(what));
    }
    Ok(())
}

/// A slip of the pen must not look like a healthy run: which project may be meant.
fn project_exists<'a>(
    project: &str,
    containers: impl Iterator<Item = &'a Container>,
) -> Result<(), String> {
    let projects: BTreeSet<&str> =
        containers.filter_map(|c| Some(c.compose.as_ref()?.project.as_str())).collect();
    if projects.contains(project) {
        return Ok(());
    }
    let near = projects.iter().min_by_key(|known| strsim::damerau_levenshtein(known, project));
    let hint = near.map_or_else(
        || "no container belongs to any".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    let project = crate::redact::shown(project);
    Err(format!("--project: no container belongs to a Compose project {project}; {hint}"))
}
