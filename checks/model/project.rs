//! The Compose project that a container belongs to.

use super::EngineKind;
use serde::{Deserialize, Serialize};

/// What Compose's labels say of a container.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Compose {
    /// The project.
    pub project: String,
    /// The service.
    pub service: String,
    /// Whether `compose run` made it.
    pub one_off: bool,
    /// The project's folder.
    pub working_dir: Option<String>,
    /// The project's files, as they were named, often relative to the folder.
    pub config_files: Vec<String>,
    /// The files of variables that were named in place of the folder's `.env`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment_files: Vec<String>,
    /// The program that made it, where the labels tell: `docker-compose` (version 1) or `podman-compose`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
}

/// The program that knows no recreation by itself, and no folder of the project.
const PODMAN_COMPOSE: &str = "podman-compose";

impl Compose {
    /// The command that makes a service's container anew where its files have changed.
    #[must_use]
    pub fn recreate(&self, kind: EngineKind, service: &str) -> String {
        let is_podmans = self.program.as_deref() == Some(PODMAN_COMPOSE);
        let force = if is_podmans { "--force-recreate " } else { "" };
        self.command(kind, &format!("up -d {force}{}", super::quoted(service)))
    }

    /// The project's files, from any folder.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let whole = |file: &String| match &self.working_dir {
            Some(folder) if !file.starts_with('/') => {
                format!("{}/{}", folder.trim_end_matches('/'), file.trim_start_matches("./"))
            }
            _ => file.clone(),
        };
        self.config_files.iter().map(whole).collect()
    }

    /// A Compose command for this project that works from any folder. `kind` is the engine's.
    #[must_use]
    pub fn command(&self, kind: EngineKind, rest: &str) -> String {
        let program = match &self.program {
            Some(program) => program.clone(),
            None => format!("{} compose", kind.command()),
        };
        let mut words = vec![program, format!("-p {}", super::quoted(&self.project))];
        words.extend(self.files().iter().map(|file| format!("-f {}", super::quoted(file))));
        // podman-compose has no such options: it works in the folder of the first file.
        let is_podmans = self.program.as_deref() == Some(PODMAN_COMPOSE);
        let files = self.environment_files.iter().filter(|_| !is_podmans);
        words.extend(files.map(|file| format!("--env-file {}", super::quoted(file))));
        if let Some(folder) = self.working_dir.as_ref().filter(|_| !is_podmans) {
            words.push(format!("--project-directory {}", super::quoted(folder)));
        }
        words.push(rest.to_owned());
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::{Compose, EngineKind};

    #[test]
    fn a_compose_command_works_from_any_folder() {
        let mut compose = Compose {
            project: "ci".into(),
            service: "mock".into(),
            one_off: false,
            working_dir: Some("/home/ci/my app".into()),
            config_files: vec!["./compose.yaml".into(), "/srv/more.yaml".into()],
            environment_files: Vec::new(),
            program: None,
        };
        let command = |compose: &Compose| compose.command(EngineKind::Docker, "up -d mock");
        assert_eq!(
            command(&compose),
            "docker compose -p ci -f '/home/ci/my app/compose.yaml' -f /srv/more.yaml --project-directory '/home/ci/my app' up -d mock"
        );
        compose.environment_files = vec!["/home/ci/ci.env".into()];
        assert!(
            command(&compose).contains("-f /srv/more.yaml --env-file /home/ci/ci.env --project")
        );
        assert!(compose.recreate(EngineKind::Docker, "mock").ends_with("' up -d mock"));
        compose.program = Some("podman-compose".into());
        assert!(compose.recreate(EngineKind::Podman, "m").ends_with("up -d --force-recreate m"));
        assert_eq!(
            command(&compose),
            "podman-compose -p ci -f '/home/ci/my app/compose.yaml' -f /srv/more.yaml up -d mock"
        );
    }
}
