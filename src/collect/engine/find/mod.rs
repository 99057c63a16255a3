//! Where engines may be, and why each place is asked: what the engines' own tools would do, in their order.

mod docker;
mod podman;

use super::address::Address;
use super::open::Choice;
use super::ssh::Tool;
use checks::model::EngineKind;
use std::path::PathBuf;

/// The variables of econn's own environment.
type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A variable that is set to something.
fn set(env: Env<'_>, name: &str) -> Option<String> {
    env(name).filter(|value| !value.is_empty())
}

/// A place where an engine may answer.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Where.
    pub(crate) address: Address,
    /// Why it is asked.
    pub(crate) because: String,
    /// Whether somebody named it: then its silence is an error, not an absence.
    pub(crate) named: bool,
    /// What is expected there.
    pub(crate) kind: EngineKind,
    /// The name that the user gave the engine there.
    pub(crate) called: Option<String>,
}

impl Place {
    fn named(address: Address, because: &str, kind: EngineKind) -> Self {
        Self {
            address: carried_by(address, kind),
            because: because.to_owned(),
            named: true,
            kind,
            called: None,
        }
    }
}

/// On the far side of ssh the tool of that engine carries the bytes.
fn carried_by(address: Address, kind: EngineKind) -> Address {
    match address {
        Address::Ssh(mut ssh) => {
            ssh.tool = match kind {
                EngineKind::Docker => Tool::Docker,
                EngineKind::Podman => Tool::Podman,
            };
            Address::Ssh(ssh)
        }
        other => other,
    }
}

/// A socket in a usual place, and whose habit it is.
struct Usual {
    path: PathBuf,
    because: String,
}

impl Usual {
    fn new(path: PathBuf, vendor: &str) -> Self {
        let because =
            if vendor.is_empty() { "default socket".into() } else { format!("socket of {vendor}") };
        Self { path, because }
    }
}

/// The places to ask, in order, each once. `context` is one of Docker's contexts, or one of Podman's connections. Broken
/// settings of an engine that is not wanted matter to nobody.
pub(crate) fn places(
    host: Option<&str>,
    context: Option<&str>,
    choice: Choice,
    env: Env<'_>,
) -> Result<Vec<Place>, String> {
    let found = match (host, context) {
        (Some(url), _) => of_choice(vec![of_host(url, env)?], choice),
        (None, Some(name)) => of_choice(of_context(name, env)?, choice),
        (None, None) => of_settings(choice, env)?,
    };
    let mut places: Vec<Place> = Vec::new();
    for place in found {
        if !places.iter().any(|p| p.address.same(&place.address)) {
            places.push(place);
        }
    }
    Ok(places)
}

/// What the engines' own tools would ask.
fn of_settings(choice: Choice, env: Env<'_>) -> Result<Vec<Place>, String> {
    let (docker, podman) = (EngineKind::Docker, EngineKind::Podman);
    let of_docker = docker::named(env)
        .map(|named| named.map_or_else(|| usual(docker::sockets(env), docker), |p| vec![p]));
    let of_podman =
        podman::named(env).map(|named| named.map_or_else(|| podman_unnamed(env), |p| vec![p]));
    let wanted = |found: Result<Vec<Place>, String>, kind| match found {
        Err(_) if !choice.takes(kind) => Ok(vec![]),
        other => other,
    };
    let mut found = wanted(of_docker, docker)?;
    found.extend(wanted(of_podman, podman)?);
    Ok(found)
}

/// At a place that the user named, the engine is expected that the user named, too.
fn of_choice(places: Vec<Place>, choice: Choice) -> Vec<Place> {
    let kind = |known| match choice {
        Choice::Auto => known,
        Choice::Docker => EngineKind::Docker,
        Choice::Podman => EngineKind::Podman,
    };
    places.into_iter().map(|place| Place { kind: kind(place.kind), ..place }).collect()
}

fn usual(sockets: Vec<Usual>, kind: EngineKind) -> Vec<Place> {
    let place = |usual: Usual| Place {
        address: Address::Unix(usual.path),
        because: usual.because,
        named: false,
        kind,
        called: None,
    };
    sockets.into_iter().map(place).collect()
}

/// Podman's usual sockets. Where none of them exists, the connection that is active by default is asked: it is Podman's
/// for machines that only have its client.
fn podman_unnamed(env: Env<'_>) -> Vec<Place> {
    let mut places = usual(podman::sockets(env), EngineKind::Podman);
    if !places.iter().any(|place| place.address.is_there()) {
        places.extend(podman::active(env));
    }
    places
}

/// The folder for the user's own sockets: as the session says, else where systems put it.
fn runtime_folder(env: Env<'_>) -> Option<PathBuf> {
    let usual = || {
        use std::os::unix::fs::MetadataExt;
        let me = std::fs::metadata("/proc/self").ok()?.uid();
        Some(PathBuf::from(format!("/run/user/{me}"))).filter(|folder| folder.is_dir())
    };
    set(env, "XDG_RUNTIME_DIR").map(PathBuf::from).or_else(usual)
}

/// The sockets of that name in the folders of a folder, in the order of their names.
fn below(folder: &std::path::Path, name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut sockets: Vec<_> =
        entries.map(|entry| entry.path().join(name)).filter(|path| path.exists()).collect();
    sockets.sort();
    sockets
}

fn of_host(url: &str, env: Env<'_>) -> Result<Place, String> {
    let address = Address::parse(url, docker::tls(env)).map_err(|why| format!("--host: {why}"))?;
    let kind = if url.contains("podman") { EngineKind::Podman } else { EngineKind::Docker };
    Ok(Place { address, because: "--host".into(), named: true, kind, called: None })
}

/// The engine of another node of a Swarm, under the name that the user gives it.
pub(crate) fn node(name: &str, url: &str, env: Env<'_>) -> Result<Place, String> {
    let flag = format!("--node {}", crate::redact::shown(name));
    let address = Address::parse(url, docker::tls(env)).map_err(|why| format!("{flag}: {why}"))?;
    let place = Place::named(address, &flag, EngineKind::Docker);
    Ok(Place { called: Some(name.to_owned()), ..place })
}

/// Where a context of this name leads.
fn of_context(name: &str, env: Env<'_>) -> Result<Vec<Place>, String> {
    let because = format!("--context {name}");
    if name == docker::DEFAULT {
        return Ok(usual(docker::sockets(env), EngineKind::Docker));
    }
    if let Some(place) = docker::context(name, env, &because)? {
        return Ok(vec![place]);
    }
    if let Some(place) = podman::connection(name, env, &because)? {
        return Ok(vec![place]);
    }
    let mut known = docker::contexts(env);
    known.extend(podman::connections(env).into_keys());
    let near = known.iter().min_by_key(|k| strsim::damerau_levenshtein(k, name));
    Err(format!(
        "--context {}: there is no such context; did you mean {}? There are {}",
        crate::redact::shown(name),
        near.map_or("default", String::as_str),
        known.join(", ")
    ))
}

#[cfg(test)]
mod tests;
