//! Where Podman's own tools would look: its connections, in both forms of file that it keeps.

use super::{Address, Env, Place};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The place that `CONTAINER_HOST` or `CONTAINER_CONNECTION` names, in this order; `None` when none does. The connection
/// that is active by default is Podman's for remote use only: it does not hide the engine of this machine.
pub(super) fn named(env: Env<'_>) -> Result<Option<Place>, String> {
    if let Some(url) = env("CONTAINER_HOST").filter(|value| !value.is_empty()) {
        let address = Address::parse(&url).map_err(|e| format!("CONTAINER_HOST: {e}"))?;
        return Ok(Some(Place { address, because: "CONTAINER_HOST".into(), named: true }));
    }
    let Some(name) = env("CONTAINER_CONNECTION").filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let missing = || {
        format!(
            "CONTAINER_CONNECTION: there is no connection {name}; podman system connection list lists them"
        )
    };
    connection(&name, env, "CONTAINER_CONNECTION")?.ok_or_else(missing).map(Some)
}

/// Where a connection leads; `None` when there is none of this name.
pub(super) fn connection(name: &str, env: Env<'_>, because: &str) -> Result<Option<Place>, String> {
    let Some(uri) = connections(env).remove(name) else { return Ok(None) };
    let address = Address::parse(&uri).map_err(|e| format!("the connection {name}: {e}"))?;
    Ok(Some(Place { address, because: because.to_owned(), named: true }))
}

/// All connections by name. A newer file wins over an older one.
pub(super) fn connections(env: Env<'_>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for path in configurations(env) {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let config: toml::Table = text.parse().unwrap_or_default();
        let destinations = config.get("engine").and_then(|e| e.get("service_destinations"));
        for (name, destination) in
            destinations.and_then(toml::Value::as_table).into_iter().flatten()
        {
            let uri = destination.get("uri").and_then(toml::Value::as_str);
            all.extend(uri.map(|uri| (name.clone(), uri.to_owned())));
        }
    }
    let text =
        json_file(env).and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    for (name, connection) in file["Connection"]["Connections"].as_object().into_iter().flatten() {
        all.extend(connection["URI"].as_str().map(|uri| (name.clone(), uri.to_owned())));
    }
    all
}

fn configurations(env: Env<'_>) -> Vec<PathBuf> {
    if let Some(path) = env("CONTAINERS_CONF").filter(|value| !value.is_empty()) {
        return vec![path.into()];
    }
    let own = config_home(env).map(|home| home.join("containers/containers.conf"));
    ["/usr/share/containers/containers.conf", "/etc/containers/containers.conf"]
        .map(PathBuf::from)
        .into_iter()
        .chain(own)
        .collect()
}

fn json_file(env: Env<'_>) -> Option<PathBuf> {
    let set = env("PODMAN_CONNECTIONS_CONF").filter(|value| !value.is_empty()).map(PathBuf::from);
    set.or_else(|| config_home(env).map(|home| home.join("containers/podman-connections.json")))
}

fn config_home(env: Env<'_>) -> Option<PathBuf> {
    let set = env("XDG_CONFIG_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    set.or_else(|| env("HOME").map(|home| PathBuf::from(home).join(".config")))
}

/// The sockets of an engine on this machine.
pub(super) fn sockets(env: Env<'_>) -> Vec<PathBuf> {
    let own = env("XDG_RUNTIME_DIR").map(|dir| PathBuf::from(dir).join("podman/podman.sock"));
    std::iter::once(PathBuf::from("/run/podman/podman.sock")).chain(own).collect()
}
