//! Where Docker's own tools would look: its contexts, in the files that `docker context` keeps.

use super::{Address, Env, Place};
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
}

/// The place that `DOCKER_HOST`, `DOCKER_CONTEXT` or the current context names, in this order; `None` when none does.
pub(super) fn named(env: Env<'_>) -> Result<Option<Place>, String> {
    if let Some(url) = env("DOCKER_HOST").filter(|value| !value.is_empty()) {
        let address = Address::parse(&url).map_err(|e| format!("DOCKER_HOST: {e}"))?;
        let address = match env("DOCKER_TLS_VERIFY").filter(|value| !value.is_empty()) {
            Some(_) => address.behind_tls("DOCKER_TLS_VERIFY"),
            None => address,
        };
        return Ok(Some(Place { address, because: "DOCKER_HOST".into(), named: true }));
    }
    if let Some(name) = env("DOCKER_CONTEXT").filter(|value| !value.is_empty()) {
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
    let host = meta.endpoints.get("docker").and_then(|e| e.host.clone());
    let host = host.ok_or_else(|| {
        format!("the context {name} has no engine to reach (Endpoints.docker.Host)")
    })?;
    let address = Address::parse(&host).map_err(|e| format!("the context {name}: {e}"))?;
    let has_tls = folder.join("contexts/tls").join(&id).join("docker").is_dir();
    let address =
        if has_tls { address.behind_tls(&format!("the context {name}")) } else { address };
    Ok(Some(Place { address, because: because.to_owned(), named: true }))
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
    let set = env("DOCKER_CONFIG").filter(|value| !value.is_empty()).map(PathBuf::from);
    set.or_else(|| env("HOME").map(|home| PathBuf::from(home).join(".docker")))
}

/// The sockets of an engine on this machine, by the vendors' habits.
pub(super) fn sockets(env: Env<'_>) -> Vec<PathBuf> {
    let mut sockets = vec![PathBuf::from("/var/run/docker.sock")];
    sockets.extend(env("XDG_RUNTIME_DIR").map(|dir| PathBuf::from(dir).join("docker.sock")));
    if let Some(home) = env("HOME").map(PathBuf::from) {
        let usual = [
            ".docker/run/docker.sock",
            ".docker/desktop/docker.sock",
            ".colima/default/docker.sock",
            ".rd/docker.sock",
            ".orbstack/run/docker.sock",
        ];
        sockets.extend(usual.map(|socket| home.join(socket)));
    }
    sockets
}
