//! What a Docker engine knows of the Swarm that it is a node of. Only managers know the services and tasks; the containers
//! and images of a node only its own engine knows.

use super::Connection;
use checks::model::{EngineKind, Network, Node};
use serde::Deserialize;
use std::collections::HashMap;
use std::net::IpAddr;

/// An engine's part in a Swarm.
pub(crate) struct Membership {
    /// Which node it is.
    pub(crate) node: Node,
    /// What it knows as a manager, or why it could not be read; `None` of a worker.
    pub(crate) view: Option<Result<View, String>>,
}

/// What a manager knows.
#[derive(Default)]
pub(crate) struct View {
    /// The host names of the nodes, by id.
    pub(crate) nodes: HashMap<String, String>,
    /// The services, by id.
    pub(crate) services: HashMap<String, Service>,
    /// The tasks, those that ended among them.
    pub(crate) tasks: Vec<Listed>,
}

/// A service.
pub(crate) struct Service {
    pub(crate) name: String,
    /// Its virtual addresses; none where it answers with the addresses of its tasks.
    pub(crate) addresses: Vec<IpAddr>,
}

/// A task as a manager lists it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Listed {
    #[serde(rename = "ID")]
    pub(crate) id: String,
    #[serde(rename = "ServiceID")]
    pub(crate) service: String,
    #[serde(rename = "NodeID")]
    pub(crate) node: String,
    pub(crate) slot: u64,
    pub(crate) desired_state: String,
    pub(crate) status: Status,
    #[serde(rename = "NetworksAttachments")]
    attachments: Option<Vec<Attached>>,
    spec: Option<TaskSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Status {
    pub(crate) timestamp: String,
    pub(crate) state: String,
    err: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Attached {
    network: Named,
    addresses: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Named {
    spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Spec {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TaskSpec {
    container_spec: Option<ContainerSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ContainerSpec {
    image: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Info {
    swarm: Member,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Member {
    #[serde(rename = "NodeID")]
    id: String,
    local_node_state: String,
    control_available: bool,
    remote_managers: Option<Vec<Manager>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Manager {
    #[serde(rename = "NodeID")]
    id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ListedNode {
    #[serde(rename = "ID")]
    id: String,
    description: Description,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Description {
    hostname: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ListedService {
    #[serde(rename = "ID")]
    id: String,
    spec: Spec,
    endpoint: Endpoint,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Endpoint {
    #[serde(rename = "VirtualIPs")]
    addresses: Option<Vec<Virtual>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Virtual {
    addr: String,
}

impl Connection {
    /// Its part in a Swarm, if it has one: then it has an overlay network for the way in from outside.
    pub(crate) async fn membership(&self, networks: &[Network]) -> Option<Membership> {
        let may_be = networks.iter().any(|network| network.driver == "overlay");
        if self.facts.kind != EngineKind::Docker || !may_be {
            return None;
        }
        let member = self.read::<Info>("/info").await.ok()?.swarm;
        let managers = member.remote_managers.unwrap_or_default();
        let first = managers.into_iter().map(|manager| manager.id).min();
        if member.local_node_state != "active" {
            return None;
        }
        let view = if member.control_available { Some(self.view().await) } else { None };
        // A manager that could not be read knows no more than a worker.
        let manager = view.as_ref().is_some_and(Result::is_ok);
        let node = Node { swarm: first?, id: member.id, manager };
        Some(Membership { node, view })
    }

    async fn view(&self) -> Result<View, String> {
        let nodes: Vec<ListedNode> = self.read("/nodes").await?;
        let services: Vec<ListedService> = self.read("/services").await?;
        let tasks: Vec<Listed> = self.read("/tasks").await?;
        let service = |s: ListedService| {
            let addresses = s.endpoint.addresses.unwrap_or_default();
            let addresses = addresses.iter().filter_map(|v| address(&v.addr)).collect();
            (s.id, Service { name: s.spec.name, addresses })
        };
        Ok(View {
            nodes: nodes.into_iter().map(|n| (n.id, n.description.hostname)).collect(),
            services: services.into_iter().map(service).collect(),
            tasks,
        })
    }
}

impl Listed {
    /// The name of its container: with the slot, or of a service that runs on every node with the node.
    pub(crate) fn container(&self, service: &str) -> String {
        let place = if self.slot > 0 { self.slot.to_string() } else { self.node.clone() };
        format!("{service}.{place}.{}", self.id)
    }

    /// The networks that it is on, with its addresses there.
    pub(crate) fn networks(&self) -> impl Iterator<Item = (&str, Vec<IpAddr>)> {
        self.attachments.iter().flatten().map(|attached| {
            let addresses = attached.addresses.iter().flatten();
            (attached.network.spec.name.as_str(), addresses.filter_map(|a| address(a)).collect())
        })
    }

    /// The image as it was named.
    pub(crate) fn image(&self) -> &str {
        let spec = self.spec.as_ref().and_then(|spec| spec.container_spec.as_ref());
        spec.map_or("", |spec| spec.image.split('@').next().unwrap_or_default())
    }

    /// The class of what keeps it from starting. The manager's own text may quote what a user typed, so it is not kept.
    pub(crate) fn why(&self) -> Option<String> {
        let said = self.status.err.as_deref().filter(|said| !said.is_empty())?.to_lowercase();
        let classes = [
            ("constraints", "no node satisfies its constraints"),
            ("insufficient resources", "no node has the resources that it reserves"),
            ("no suitable node", "no node may take it"),
            ("no such image", "its image is not on the node and could not be fetched"),
            ("port", "a port that it publishes is taken"),
            ("network", "its network could not be set up"),
            ("mount", "a mount could not be made"),
        ];
        let found = classes.iter().find(|(part, _)| said.contains(part));
        Some(found.map_or("its node could not start it", |(_, class)| class).into())
    }
}

/// The address of `address/bits`.
fn address(text: &str) -> Option<IpAddr> {
    text.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Listed;

    #[test]
    fn a_task_tells_its_container_and_why_there_is_none() {
        let task: Listed = serde_json::from_str(
            r#"{"ID": "t1", "ServiceID": "s1", "Slot": 2, "DesiredState": "running",
                "Spec": {"ContainerSpec": {"Image": "mock:1@sha256:00"}},
                "Status": {"State": "pending", "Err": "no suitable node (scheduling constraints not satisfied on 2 nodes)"},
                "NetworksAttachments": [{"Network": {"Spec": {"Name": "app"}}, "Addresses": ["10.0.1.8/24"]}]}"#,
        )
        .unwrap();
        assert_eq!((task.container("mock").as_str(), task.image()), ("mock.2.t1", "mock:1"));
        assert_eq!(task.why().as_deref(), Some("no node satisfies its constraints"));
        let networks: Vec<_> = task.networks().collect();
        assert_eq!(networks, [("app", vec!["10.0.1.8".parse().unwrap()])]);
        let everywhere: Listed = serde_json::from_str(r#"{"ID": "t2", "NodeID": "n1"}"#).unwrap();
        assert_eq!((everywhere.container("log").as_str(), everywhere.why()), ("log.n1.t2", None));
    }
}
