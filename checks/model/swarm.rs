//! Docker in Swarm mode: the engines that are nodes of one Swarm, and the tasks that its services run on them.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What an engine is in a Swarm.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Node {
    /// The id that all nodes of the Swarm agree on: that of its first manager.
    pub swarm: String,
    /// The node's own id.
    pub id: String,
    /// Whether it knows all services and tasks. Workers do not.
    pub manager: bool,
}

/// The task of a Swarm's service that a container is, or is to become.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Task {
    /// The service.
    pub service: String,
    /// The node that it runs on: its host name, or its id where no manager was asked; `None` while it has none.
    pub node: Option<String>,
    /// The manager's word for its state; `None` where no manager was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Why it does not start, in a class of econn's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The addresses behind which the Swarm gathers all tasks of the service; none where it answers with the tasks' own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub virtual_addresses: Vec<IpAddr>,
    /// What it runs; `None` where its node was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<TaskImage>,
}

/// The image of a task as its node has it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TaskImage {
    /// The id, without prefix.
    pub id: String,
    /// A digest of its layers, the lowest first.
    pub layers: String,
}

impl Task {
    /// Whether the Swarm has not started it yet.
    #[must_use]
    pub fn is_to_come(&self) -> bool {
        let before = [
            "new",
            "allocated",
            "pending",
            "assigned",
            "accepted",
            "preparing",
            "ready",
            "starting",
        ];
        self.state.as_deref().is_some_and(|state| before.contains(&state))
    }

    /// The node in words.
    #[must_use]
    pub fn place(&self) -> &str {
        self.node.as_deref().unwrap_or("no node")
    }
}
