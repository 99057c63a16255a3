//! Where Docker's own tools would look: its contexts, in the files that `docker context` keeps.

use super::{Address, Env, Place, Usual, set};
use crate::collect::engine::tls::Tls;
use checks::model::EngineKind;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The context that stands for "no context": the usual sockets.
pub(super) const DEFAULT: &str = "default";

/// `meta.json` of a context, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    name: String,
    #[serde(default)]
    endpoints: BTreeMap<String, Endpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    host: Option<String>,
    #[serde(rename = "SkipTLSVerify", default)]
    skip_tls_verify: bool,
}

/// The place that `DOCKER_HOST`, `DOCKER_CONTEXT` or the current context names, in this order; `None` when none does.
pub(super) fn named(env: Env<'_>) -> Result<Option<Place>, String> {
    if let Some(url) = set(env, "DOCKER_HOST") {
        let address = Address::parse(&url, tls(env)).map_err(|e| format!("DOCKER_HOST: {e}"))?;
        return Ok(Some(Place::named(address, "DOCKER_HOST", EngineKind::Docker)));
    }
    if let Some(name) = set(env, "DOCKER_CONTEXT") {
        if name == DEFAULT {
            return Ok(None);
        }
        let missing =
            || format!("DOCKER_CONTEXT: there is no context {name}; docker context ls lists them");
        return context(&name, env, "DOCKER_CONTEXT")?.ok_or_else(missing).map(Some);
    }
    let Some(name) = current(env) else { return Ok(None) };
    let missing = || {
        format!(
            "the current context {name} of Docker is not there; docker context use default leaves it"
        )
    };
    context(&name, env, &format!("current context {name}"))?.ok_or_else(missing).map(Some)
}

/// Where a context leads; `None` when there is none of this name.
pub(super) fn context(name: &str, env: Env<'_>, because: &str) -> Result<Option<Place>, String> {
    let Some(folder) = folder(env) else { return Ok(None) };
    let id = id(name);
    let Some(meta) = meta(&folder.join("contexts/meta").join(&id))? else { return Ok(None) };
    let endpoint = meta.endpoints.get("docker");
    let named = endpoint.and_then(|e| Some((e, e.host.as_deref().filter(|h| !h.is_empty())?)));
    let (endpoint, host) = named.ok_or_else(|| {
        format!("the context {name} has no engine to reach (Endpoints.docker.Host)")
    })?;
    let files = folder.join("contexts/tls").join(&id).join("docker");
    let tls = (files.is_dir() || endpoint.skip_tls_verify)
        .then(|| Tls::of_folder(format!("the context {name}"), &files, !endpoint.skip_tls_verify));
    let address = Address::parse(host, tls).map_err(|e| format!("the context {name}: {e}"))?;
    Ok(Some(Place::named(address, because, EngineKind::Docker)))
}

/// How `DOCKER_TLS_VERIFY`, `DOCKER_TLS` and `DOCKER_CERT_PATH` want a TCP connection to be secured.
pub(super) fn tls(env: Env<'_>) -> Option<Tls> {
    let verify = set(env, "DOCKER_TLS_VERIFY").is_some();
    if !verify && set(env, "DOCKER_TLS").is_none() {
        return None;
    }
    let who = if verify { "DOCKER_TLS_VERIFY" } else { "DOCKER_TLS" };
    let files = set(env, "DOCKER_CERT_PATH").map(PathBuf::from).or_else(|| folder(env));
    Some(files.map_or_else(
        || Tls { verify, ..Tls::of_everyone(who) },
        |files| Tls {
            // An engine whose authority was named is trusted by nobody else's word.
            ca: Some(files.join("ca.pem")),
            ..Tls::of_folder(who.to_owned(), &files, verify)
        },
    ))
}

/// The folder in which a context's files are.
pub(super) fn id(name: &str) -> String {
    Sha256::digest(name).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The names of all contexts.
pub(super) fn contexts(env: Env<'_>) -> Vec<String> {
    let metas = folder(env).and_then(|folder| std::fs::read_dir(folder.join("contexts/meta")).ok());
    let read =
        metas.into_iter().flatten().flatten().filter_map(|entry| meta(&entry.path()).ok()?);
    let mut names: Vec<String> = read.map(|meta| meta.name).collect();
    names.push(DEFAULT.into());
    names.sort();
    names
}

fn meta(folder: &Path) -> Result<Option<Meta>, String> {
    let path = folder.join("meta.json");
    let Ok(text) = std::fs::read_to_string(&path) else { return Ok(None) };
    let broken = |e: serde_json::Error| {
        format!(
            "{}: not a Docker context (line {} column {})",
            path.display(),
            e.line(),
            e.column()
        )
    };
    serde_json::from_str(&text).map(Some).map_err(broken)
}

/// `currentContext` of Docker's own configuration.
fn current(env: Env<'_>) -> Option<String> {
    let text = std::fs::read_to_string(folder(env)?.join("config.json")).ok()?;
    let config: serde_json::Value = serde_json::from_str(&text).ok()?;
    let name = config.get("currentContext")?.as_str()?;
    (!name.is_empty() && name != DEFAULT).then(|| name.to_owned())
}

fn folder(env: Env<'_>) -> Option<PathBuf> {
    let given = set(env, "DOCKER_CONFIG").map(PathBuf::from);
    given.or_else(|| set(env, "HOME").map(|home| PathBuf::from(home).join(".docker")))
}

/// The sockets of an engine on this machine, by the vendors' habits.
pub(super) fn sockets(env: Env<'_>) -> Vec<Usual> {
    let mut sockets = vec![Usual::new("/var/run/docker.sock".into(), "")];
    let own = super::runtime_folder(env).map(|dir| dir.join("docker.sock"));
    sockets.extend(own.map(|path| Usual::new(path, "")));
    let Some(home) = set(env, "HOME").map(PathBuf::from) else { return sockets };
    for (path, vendor) in [
        (".docker/run/docker.sock", "Docker Desktop"),
        (".docker/desktop/docker.sock", "Docker Desktop"),
        (".rd/docker.sock", "Rancher Desktop"),
        (".orbstack/run/docker.sock", "OrbStack"),
    ] {
        sockets.push(Usual::new(home.join(path), vendor));
    }
    for folder in [home.join(".colima"), home.join(".config/colima")] {
        let profiles = super::below(&folder, "docker.sock");
        sockets.extend(profiles.into_iter().map(|path| Usual::new(path, "Colima")));
    }
    sockets
}
