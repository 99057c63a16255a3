//! What the engines' list and inspect answers hold, as far as econn reads it. Every field may be missing, null or new:
//! engines differ, and one word that is not known must not cost a whole container.

use serde::Deserialize;
use std::collections::HashMap;

/// A field that may be missing or null.
type Maybe<T> = Option<T>;

/// One container in the list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    pub(super) id: String,
    #[serde(default)]
    pub(super) names: Maybe<Vec<String>>,
    #[serde(default)]
    pub(super) state: Maybe<String>,
    pub(super) labels: Maybe<HashMap<String, String>>,
}

/// One image in the list of all.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Stored {
    pub(crate) id: String,
    /// The image that it was built on, which is only known where it was built.
    #[serde(default)]
    pub(crate) parent_id: Maybe<String>,
    /// When it was made, in seconds since 1970.
    #[serde(default)]
    pub(crate) created: i64,
    /// Its names; what has none is listed as `<none>:<none>`.
    #[serde(default)]
    pub(crate) repo_tags: Maybe<Vec<String>>,
}

/// One step in the history of an image.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Past {
    #[serde(default)]
    pub(crate) created_by: String,
    #[serde(default)]
    pub(crate) comment: Maybe<String>,
}

/// One inspected image.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Image {
    pub(super) id: Maybe<String>,
    pub(super) created: Maybe<String>,
    pub(super) config: Maybe<ImageConfig>,
    pub(super) repo_digests: Maybe<Vec<String>>,
    pub(super) os: Maybe<String>,
    pub(super) architecture: Maybe<String>,
    pub(super) variant: Maybe<String>,
    #[serde(rename = "RootFS")]
    pub(super) root_fs: Maybe<RootFs>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ImageConfig {
    pub(super) labels: Maybe<HashMap<String, String>>,
    pub(super) on_build: Maybe<Vec<String>>,
    pub(super) env: Maybe<Vec<String>>,
    pub(super) cmd: Maybe<Vec<String>>,
    pub(super) entrypoint: Maybe<Vec<String>>,
    pub(super) user: Maybe<String>,
    pub(super) working_dir: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RootFs {
    pub(super) layers: Maybe<Vec<String>>,
}

/// One path of a container that differs from its image.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Change {
    pub(super) path: String,
}

/// One inspected container.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Inspect {
    pub(super) created: Maybe<String>,
    pub(super) name: String,
    pub(super) image: Maybe<String>,
    pub(super) path: Maybe<String>,
    pub(super) args: Maybe<Vec<String>>,
    pub(super) restart_count: Maybe<u64>,
    pub(super) state: Maybe<State>,
    pub(super) config: Maybe<Config>,
    pub(super) host_config: Maybe<HostConfig>,
    pub(super) network_settings: Maybe<NetworkSettings>,
    pub(super) mounts: Maybe<Vec<Mount>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct State {
    pub(super) status: Maybe<String>,
    pub(super) pid: Maybe<i64>,
    pub(super) exit_code: Maybe<i64>,
    #[serde(rename = "OOMKilled")]
    pub(super) oom_killed: Maybe<bool>,
    pub(super) error: Maybe<String>,
    pub(super) started_at: Maybe<String>,
    pub(super) finished_at: Maybe<String>,
    pub(super) health: Maybe<Health>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Health {
    pub(super) status: Maybe<String>,
    pub(super) log: Maybe<Vec<HealthCheck>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct HealthCheck {
    pub(super) exit_code: Maybe<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Config {
    pub(super) hostname: Maybe<String>,
    pub(super) env: Maybe<Vec<String>>,
    pub(super) image: Maybe<String>,
    pub(super) working_dir: Maybe<String>,
    pub(super) labels: Maybe<HashMap<String, String>>,
    pub(super) exposed_ports: Maybe<HashMap<String, serde_json::Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct HostConfig {
    pub(super) auto_remove: Maybe<bool>,
    pub(super) restart_policy: Maybe<RestartPolicy>,
    pub(super) network_mode: Maybe<String>,
    pub(super) port_bindings: Maybe<PortMap>,
    pub(super) tmpfs: Maybe<HashMap<String, String>>,
    pub(super) dns: Maybe<Vec<String>>,
    pub(super) dns_search: Maybe<Vec<String>>,
    pub(super) dns_options: Maybe<Vec<String>>,
    pub(super) extra_hosts: Maybe<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct NetworkSettings {
    pub(super) ports: Maybe<PortMap>,
    pub(super) networks: Maybe<HashMap<String, Endpoint>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RestartPolicy {
    pub(super) name: Maybe<String>,
}

/// `8080/tcp` to where it is published.
pub(super) type PortMap = HashMap<String, Maybe<Vec<Binding>>>;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Binding {
    pub(super) host_ip: Maybe<String>,
    pub(super) host_port: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Endpoint {
    #[serde(rename = "IPAddress")]
    pub(super) address: Maybe<String>,
    #[serde(rename = "GlobalIPv6Address")]
    pub(super) address_v6: Maybe<String>,
    #[serde(rename = "Aliases")]
    pub(super) aliases: Maybe<Vec<String>>,
    #[serde(rename = "DNSNames")]
    pub(super) dns_names: Maybe<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Mount {
    #[serde(rename = "Type")]
    pub(super) kind: Maybe<String>,
    pub(super) name: Maybe<String>,
    pub(super) source: Maybe<String>,
    pub(super) destination: Maybe<String>,
    #[serde(rename = "RW")]
    pub(super) writable: Maybe<bool>,
}

#[cfg(test)]
mod tests {
    use super::Inspect;

    #[test]
    fn what_is_missing_null_or_new_costs_nothing() {
        for text in [
            "{}",
            r#"{"State": null, "Config": {"Env": null}, "Mounts": [{"Type": "something-new"}]}"#,
            r#"{"State": {"Status": "stopped", "Health": {"Status": "", "Log": null}}, "NetworkSettings": {"Ports": {"80/tcp": null}}}"#,
        ] {
            let inspect: Result<Inspect, _> = serde_json::from_str(text);
            assert!(inspect.is_ok(), "{text}: {inspect:?}");
        }
    }
}
