//! The networks of an engine. Podman says only in its own API which of them answer names.

use super::Connection;
use checks::model::{EngineKind, Fact, Network};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Driver options that decide about packets. Others are the user's own and stay out of the snapshot.
const OPTIONS: [&str; 6] = [
    "com.docker.network.bridge.enable_icc",
    "com.docker.network.bridge.default_bridge",
    "com.docker.network.bridge.gateway_mode_ipv4",
    "com.docker.network.driver.mtu",
    "isolate",
    "mtu",
];

fn options(all: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    all.into_iter().filter(|(name, _)| OPTIONS.contains(&name.as_str())).collect()
}

pub(super) async fn list(engine: &Connection) -> Result<Vec<Network>, String> {
    let mut networks = match engine.facts.kind {
        EngineKind::Docker => docker(engine).await?,
        EngineKind::Podman => podman(engine).await?,
    };
    networks.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(networks)
}

/// What Docker says of a network.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Listed {
    name: Option<String>,
    driver: Option<String>,
    attachable: Option<bool>,
    internal: Option<bool>,
    options: Option<BTreeMap<String, String>>,
    #[serde(rename = "IPAM")]
    ipam: Option<Ipam>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Ipam {
    config: Option<Vec<Pool>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Pool {
    subnet: Option<String>,
    gateway: Option<String>,
}

async fn docker(engine: &Connection) -> Result<Vec<Network>, String> {
    let list: Vec<Listed> = engine.read("/networks").await?;
    let network = |n: Listed| {
        let name = n.name.unwrap_or_default();
        let driver = n.driver.unwrap_or_default();
        let options = options(n.options.unwrap_or_default());
        let default =
            options.get("com.docker.network.bridge.default_bridge").is_some_and(|v| v == "true");
        let pools = n.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
        Network {
            engine: engine.facts.name.clone(),
            internal: n.internal.unwrap_or(false),
            subnets: pools.iter().filter_map(|p| p.subnet.clone()).collect(),
            gateways: pools.iter().filter_map(|p| p.gateway.as_ref()?.parse().ok()).collect(),
            // Docker answers names on every network but its default one and those without a network at all.
            names: Fact::Known(!default && !matches!(driver.as_str(), "host" | "null")),
            default,
            options,
            attachable: (driver == "overlay").then(|| n.attachable.unwrap_or(false)),
            driver,
            name,
        }
    };
    Ok(list
        .into_iter()
        .map(network)
        .filter(|n| !matches!(n.driver.as_str(), "host" | "null"))
        .collect())
}

/// What Podman's own API says of a network.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Libpod {
    name: String,
    driver: String,
    internal: bool,
    dns_enabled: Option<bool>,
    subnets: Option<Vec<Subnet>>,
    options: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Subnet {
    subnet: String,
    gateway: Option<String>,
}

async fn podman(engine: &Connection) -> Result<Vec<Network>, String> {
    let list: Vec<Libpod> = engine.read("/v4.0.0/libpod/networks/json").await?;
    let network = |n: Libpod| {
        let subnets = n.subnets.unwrap_or_default();
        Network {
            engine: engine.facts.name.clone(),
            default: n.name == "podman",
            driver: n.driver,
            internal: n.internal,
            gateways: subnets.iter().filter_map(|s| s.gateway.as_ref()?.parse().ok()).collect(),
            subnets: subnets.into_iter().map(|s| s.subnet).collect(),
            names: n.dns_enabled.map_or_else(
                || Fact::Unknown("the engine does not say whether it answers names".into()),
                Fact::Known,
            ),
            attachable: None,
            options: options(n.options.unwrap_or_default()),
            name: n.name,
        }
    };
    Ok(list.into_iter().map(network).collect())
}
