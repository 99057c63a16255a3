//! What Compose's own files say of a container: where its image is built, which line tells it an address, whether they
//! have been edited since, and which services have no container.

use super::engine::Seen;
use super::fresh::Origin;
use super::links::in_line;
use super::links::told::{Joint, Known, Place, Told, from_env};
use super::source::compose::{Assigned, Project};
use crate::bounded;
use checks::model::{
    Compose, Container, Link, Meant, NetworkMode, Retold, Source, Unstarted, Written,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The build context of a Compose service, from the labels of its container. `None` where nothing is built, or the files
/// are not on this machine.
pub(super) fn origin(seen: &Seen) -> Result<Option<Origin>, String> {
    let Some(labels) = seen.facts.compose.as_ref().filter(|labels| is_here(labels)) else {
        return Ok(None);
    };
    let build = Project::read(labels)?.build_of(&labels.service)?;
    Ok(build.map(|build| Origin {
        named_by: format!("{} line {}", build.file.display(), build.line),
        context: build.context,
        settings: build.settings,
        other: None,
    }))
}

/// Whether the project's folder is on this machine.
fn is_here(labels: &Compose) -> bool {
    labels.working_dir.as_ref().is_some_and(|dir| Path::new(dir).is_dir())
}

/// What the files of its project say of one container's environment.
pub(super) struct Environment {
    variables: BTreeMap<String, Assigned>,
    /// The addresses that the container would be told if it were made now.
    now: Vec<Told>,
    /// When the container was made.
    made: Option<SystemTime>,
}

/// What they say of one address: the places, how these write it, and whether they say another one by now.
#[derive(Default)]
pub(super) struct Said {
    pub(super) places: Vec<Source>,
    pub(super) written: Vec<Written>,
    pub(super) retold: Option<Retold>,
}

impl Environment {
    /// Reads the files. `None` where there are none, or they can't be read.
    pub(super) fn of(seen: &Seen, is_name: &dyn Fn(&str) -> bool) -> Option<Self> {
        let labels = seen.facts.compose.as_ref()?;
        let variables = Project::read(labels).ok()?.environment(&labels.service).ok()?;
        let mut vars = seen.raw.env.clone();
        for (name, value) in &mut vars {
            if let Some(now) = variables.get(name).and_then(|found| found.value.as_ref()) {
                now.clone_into(value);
            }
        }
        let now = from_env(
            &vars,
            &Known { is_name, vars: &vars, joint: Joint::default(), exported: &[] },
        );
        let age = seen.facts.state.age_seconds.map(Duration::from_secs);
        let made = age.and_then(|age| SystemTime::now().checked_sub(age));
        // What `run` was told on its own command line is in no file.
        let made = made.filter(|_| !labels.one_off);
        Some(Self { variables, now, made })
    }

    /// What they say of an address that a variable tells.
    pub(super) fn says(&self, source: &Source, told: &Told) -> Said {
        let Source::Env { name } = source else { return Said::default() };
        let Some(found) = self.variables.get(name) else { return Said::default() };
        let of_variable = |told: &&Told| told.place == Place::Env { name: name.clone() };
        let now: Vec<String> = self.now.iter().filter(of_variable).map(Told::url).collect();
        if found.value.is_some() && !now.contains(&told.url()) {
            return Said { retold: self.retold(name, found, now), ..Said::default() };
        }
        let mut said = Said::default();
        // The line that gives a value is the one to change, where the other only names it.
        let given = found.given_by.iter().map(|(path, line)| (path, *line));
        for (path, line) in std::iter::once((&found.file, found.line)).chain(given) {
            let place = Source::Compose { path: path.display().to_string(), line };
            let text = bounded::text(path).unwrap_or_default();
            said.written.extend(in_line(told, &place, &text, line));
            said.places.push(place);
        }
        said
    }

    /// The files say something else now. What the shell may have said when the container was made proves nothing, unless
    /// the file that gives the value was written since.
    fn retold(&self, variable: &str, found: &Assigned, mut now: Vec<String>) -> Option<Retold> {
        let (path, line) = found.given_by.clone().unwrap_or((found.file.clone(), found.line));
        let since = is_younger(&path, self.made?);
        (since || !found.by_shell).then(|| Retold {
            variable: variable.into(),
            path: path.display().to_string(),
            line,
            now: (!now.is_empty()).then(|| now.remove(0)),
            since,
            by_shell: found.by_shell,
        })
    }
}

/// Whether a file was written after the container was made, whose age is known to the second.
fn is_younger(path: &Path, made: SystemTime) -> bool {
    let written = std::fs::metadata(path).and_then(|file| file.modified());
    written.is_ok_and(|at| at > made + Duration::from_secs(1))
}

/// A name that nobody near the client carries may be a service of its own project that has no container yet: then it is no
/// slip of the pen. Where another project's container carries it, out of reach, the name is right and the way is missing.
pub(super) fn unstarted(containers: &[&Container], link: &mut Link) {
    let client = containers.iter().find(|c| c.engine == link.engine && c.name == link.client);
    let Some(labels) = client.and_then(|client| client.compose.as_ref()) else { return };
    let service = &link.endpoint.host;
    let is_ours = |c: &Container| {
        c.engine == link.engine
            && c.compose
                .as_ref()
                .is_some_and(|c| c.project == labels.project && c.service == *service)
    };
    let is_open = match link.meant {
        Meant::Nobody | Meant::External => link.endpoint.malformed.is_none(),
        Meant::Name => !meets(containers, link),
        _ => false,
    };
    if !is_open || containers.iter().copied().any(is_ours) {
        return;
    }
    let Ok(project) = Project::read(labels) else { return };
    let Some((file, at, profiles)) = project.service(service) else { return };
    link.unstarted = Some(Unstarted { path: file.display().to_string(), line: at, profiles });
    if link.meant != Meant::Name {
        (link.meant, link.server) = (Meant::Nobody, None);
    }
}

/// Whether client and server have a network or a namespace in common.
fn meets(containers: &[&Container], link: &Link) -> bool {
    let find = |engine: &str, name: &str| {
        containers.iter().copied().find(|c| c.engine == engine && c.name == name)
    };
    let server = link.server.as_ref().and_then(|server| {
        find(server.engine.as_deref().unwrap_or(&link.engine), server.container.as_deref()?)
    });
    let (Some(client), Some(server)) = (find(&link.engine, &link.client), server) else {
        return true;
    };
    let on = |c: &Container, network: &str| c.attachments.iter().any(|a| a.network == network);
    client.network_mode != NetworkMode::Networks
        || server.network_mode != NetworkMode::Networks
        || client.attachments.iter().any(|a| on(server, &a.network))
}

/// The program that made a project, where the labels leave it open: version 2 is a plug-in of Docker's command line, or
/// stands alone where that has none.
pub(super) fn program(env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    const ALONE: &str = "docker-compose";
    let home = env("DOCKER_CONFIG").or_else(|| Some(format!("{}/.docker", env("HOME")?)));
    let system = ["/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec"];
    let folders = system.iter().map(|dir| format!("{dir}/docker")).chain(home);
    let mut plugins = folders.map(|dir| PathBuf::from(dir).join("cli-plugins").join(ALONE));
    let path = env("PATH").unwrap_or_default();
    let mut alone = std::env::split_paths(&path).map(|dir| dir.join(ALONE));
    (!plugins.any(|file| file.exists()) && alone.any(|file| file.exists())).then(|| ALONE.into())
}

#[cfg(test)]
mod tests;
