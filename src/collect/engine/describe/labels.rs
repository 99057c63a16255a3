//! What the labels of Compose and Swarm tell of a container.

use checks::model::{Compose, Task};
use std::collections::HashMap;

/// The project and service of Compose, whichever program made the container.
pub(super) fn compose(labels: &HashMap<String, String>, name: &str) -> Option<Compose> {
    let label = |key: &str| {
        let found = labels
            .get(&format!("com.docker.compose.{key}"))
            .or_else(|| labels.get(&format!("io.podman.compose.{key}")));
        found.filter(|value| !value.is_empty()).cloned()
    };
    let made_by_podman = labels.keys().any(|key| key.starts_with("io.podman.compose."));
    let program = match label("version") {
        _ if made_by_podman => Some("podman-compose"),
        Some(version) if version.starts_with("1.") => Some("docker-compose"),
        _ => None,
    };
    // podman-compose has no label for it, and a name of its own.
    let is_temporary =
        || name.rsplit_once("_tmp").is_some_and(|(_, n)| n.chars().all(|c| c.is_ascii_digit()));
    let list = |key: &str| -> Vec<String> {
        let value = label(key).unwrap_or_default();
        value.split(',').map(str::trim).filter(|f| !f.is_empty()).map(str::to_owned).collect()
    };
    Some(Compose {
        project: label("project")?,
        service: label("service")?,
        one_off: label("oneoff").is_some_and(|v| v.eq_ignore_ascii_case("true"))
            || (made_by_podman && is_temporary()),
        working_dir: label("project.working_dir"),
        config_files: list("project.config_files"),
        environment_files: list("project.environment_file"),
        program: program.map(str::to_owned),
    })
}

/// What a node itself knows of a task that runs on it.
pub(super) fn task(labels: &HashMap<String, String>) -> Option<Task> {
    let label = |key: &str| labels.get(&format!("com.docker.swarm.{key}")).cloned();
    Some(Task {
        service: label("service.name")?,
        node: label("node.id"),
        state: None,
        why: None,
        virtual_addresses: Vec::new(),
        image: None,
    })
}
