//! Where Podman's own tools would look: its connections, in both forms of file that it keeps.

use super::{Address, Env, Place, Usual, set};
use checks::model::EngineKind;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A destination that Podman keeps under a name.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    uri: String,
    identity: Option<String>,
}

/// The place that `CONTAINER_HOST` or `CONTAINER_CONNECTION` names, in this order; `None` when none does.
pub(super) fn named(env: Env<'_>) -> Result<Option<Place>, String> {
    if let Some(uri) = set(env, "CONTAINER_HOST") {
        let destination = Destination { uri, identity: set(env, "CONTAINER_SSHKEY") };
        let place = destination.place("CONTAINER_HOST").map_err(|e| format!("CONTAINER_HOST: {e}"));
        return place.map(Some);
    }
    let Some(name) = set(env, "CONTAINER_CONNECTION") else { return Ok(None) };
    let missing = || {
        format!(
            "CONTAINER_CONNECTION: there is no connection {name}; podman system connection list lists them"
        )
    };
    connection(&name, env, "CONTAINER_CONNECTION")?.ok_or_else(missing).map(Some)
}

/// The connection that is active by default. Nobody named it for this run, so its silence is no error.
pub(super) fn active(env: Env<'_>) -> Option<Place> {
    let name = default_name(env)?;
    let place = connection(&name, env, &format!("default connection {name}")).ok()??;
    Some(Place { named: false, ..place })
}

/// Where a connection leads; `None` when there is none of this name.
pub(super) fn connection(name: &str, env: Env<'_>, because: &str) -> Result<Option<Place>, String> {
    let Some(mut destination) = connections(env).remove(name) else { return Ok(None) };
    destination.identity = set(env, "CONTAINER_SSHKEY").or(destination.identity);
    let place = destination.place(because).map_err(|e| format!("the connection {name}: {e}"))?;
    Ok(Some(place))
}

impl Destination {
    fn place(&self, because: &str) -> Result<Place, String> {
        let mut address = Address::parse(&self.uri, None)?;
        if let Address::Ssh(ssh) = &mut address {
            ssh.identity = self.identity.as_ref().map(PathBuf::from);
        }
        Ok(Place::named(address, because, EngineKind::Podman))
    }
}

/// All connections by name. A newer file wins over an older one.
pub(super) fn connections(env: Env<'_>) -> BTreeMap<String, Destination> {
    let mut all = BTreeMap::new();
    for config in tables(env) {
        let destinations = config.get("engine").and_then(|e| e.get("service_destinations"));
        for (name, destination) in
            destinations.and_then(toml::Value::as_table).into_iter().flatten()
        {
            let text = |key| destination.get(key).and_then(toml::Value::as_str).map(str::to_owned);
            let uri = text("uri").filter(|uri| !uri.is_empty());
            let destination = uri.map(|uri| Destination { uri, identity: text("identity") });
            all.extend(destination.map(|destination| (name.clone(), destination)));
        }
    }
    let file = json(env);
    for (name, connection) in file["Connection"]["Connections"].as_object().into_iter().flatten() {
        let text =
            |key: &str| connection[key].as_str().filter(|t| !t.is_empty()).map(str::to_owned);
        let destination = text("URI").map(|uri| Destination { uri, identity: text("Identity") });
        all.extend(destination.map(|destination| (name.clone(), destination)));
    }
    all
}

/// The name of the connection that is active by default.
fn default_name(env: Env<'_>) -> Option<String> {
    let newer = json(env)["Connection"]["Default"].as_str().map(str::to_owned);
    let older = || {
        let active = |config: &toml::Table| {
            config.get("engine")?.get("active_service")?.as_str().map(str::to_owned)
        };
        tables(env).iter().rev().find_map(active)
    };
    newer.filter(|name| !name.is_empty()).or_else(older).filter(|name| !name.is_empty())
}

/// The configurations, the one that counts most last.
fn tables(env: Env<'_>) -> Vec<toml::Table> {
    let read = |path: PathBuf| std::fs::read_to_string(path).ok()?.parse().ok();
    configurations(env).into_iter().filter_map(read).collect()
}

fn json(env: Env<'_>) -> serde_json::Value {
    let text = json_file(env).and_then(|path| std::fs::read_to_string(path).ok());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn configurations(env: Env<'_>) -> Vec<PathBuf> {
    if let Some(path) = set(env, "CONTAINERS_CONF") {
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
    let given = set(env, "PODMAN_CONNECTIONS_CONF").map(PathBuf::from);
    given.or_else(|| config_home(env).map(|home| home.join("containers/podman-connections.json")))
}

fn config_home(env: Env<'_>) -> Option<PathBuf> {
    let given = set(env, "XDG_CONFIG_HOME").map(PathBuf::from);
    given.or_else(|| set(env, "HOME").map(|home| PathBuf::from(home).join(".config")))
}

/// The sockets of an engine on this machine, and of the machines that Podman itself keeps.
pub(super) fn sockets(env: Env<'_>) -> Vec<Usual> {
    let mut sockets = vec![Usual::new("/run/podman/podman.sock".into(), "")];
    let own = super::runtime_folder(env);
    sockets.extend(own.iter().map(|dir| Usual::new(dir.join("podman/podman.sock"), "")));
    let machines = set(env, "HOME")
        .map(|home| PathBuf::from(home).join(".local/share/containers/podman/machine"));
    let kept = machines.map_or_else(Vec::new, |folder| super::below(&folder, "podman.sock"));
    sockets.extend(kept.into_iter().map(|path| Usual::new(path, "podman machine")));
    sockets
}
