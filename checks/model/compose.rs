//! What Compose's labels say of a container, and the commands that its program understands.

use super::{EngineKind, quoted};
use serde::{Deserialize, Serialize};

/// The program that knows no recreation by itself, and no folder of the project.
const PODMAN_COMPOSE: &str = "podman-compose";

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

impl Compose {
    /// The command that makes a service's container anew where its files have changed.
    #[must_use]
    pub fn recreate(&self, kind: EngineKind, service: &str) -> String {
        let force = if self.is_podmans() { "--force-recreate " } else { "" };
        self.command(kind, &format!("up -d {force}{}", quoted(service)))
    }

    /// Whether podman-compose made it.
    #[must_use]
    pub fn is_podmans(&self) -> bool {
        self.program.as_deref() == Some(PODMAN_COMPOSE)
    }

    /// The project's files, from any folder.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        self.config_files.iter().map(|file| self.whole(file)).collect()
    }

    /// The files of variables that were named in place of the folder's `.env`, from any folder.
    #[must_use]
    pub fn variable_files(&self) -> Vec<String> {
        self.environment_files.iter().map(|file| self.whole(file)).collect()
    }

    /// A file from any folder. A relative path begins in the folder where the program was called, which no label tells. But
    /// the first file lies in the project's folder, unless the user chose another one, and so the ends of both tell it.
    fn whole(&self, file: &str) -> String {
        let is_absolute = |path: &str| path.starts_with('/') || path.get(1..2) == Some(":");
        let Some(folder) = self.working_dir.as_ref().filter(|_| !is_absolute(file)) else {
            return file.to_owned();
        };
        let home: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        let first = self.config_files.first().filter(|first| !is_absolute(first));
        let (first_ups, first) = first.map_or((0, Vec::new()), |first| steps(first));
        let (ups, parts) = steps(file);
        let beside = &first[..first.len().saturating_sub(1)];
        let start = home.strip_suffix(beside).zip(ups.checked_sub(first_ups));
        let start = start.and_then(|(start, ups)| start.get(..start.len().checked_sub(ups)?));
        // Without a start that can be told, the project's own folder is the best guess.
        let (start, parts) = start.map_or((&home[..], file.split('/').collect()), |s| (s, parts));
        let whole = start.iter().copied().chain(parts).filter(|part| *part != ".");
        format!("/{}", whole.collect::<Vec<_>>().join("/"))
    }

    /// A Compose command for this project that works from any folder. `kind` is the engine's.
    #[must_use]
    pub fn command(&self, kind: EngineKind, rest: &str) -> String {
        let program = match &self.program {
            Some(program) => program.clone(),
            None => format!("{} compose", kind.command()),
        };
        let mut words = vec![program, format!("-p {}", quoted(&self.project))];
        words.extend(self.files().iter().map(|file| format!("-f {}", quoted(file))));
        // podman-compose has no such options: it works in the folder of the first file.
        let files = self.variable_files().into_iter().filter(|_| !self.is_podmans());
        words.extend(files.map(|file| format!("--env-file {}", quoted(&file))));
        if let Some(folder) = self.working_dir.as_ref().filter(|_| !self.is_podmans()) {
            words.push(format!("--project-directory {}", quoted(folder)));
        }
        words.push(rest.to_owned());
        words.join(" ")
    }
}

/// How far a relative path goes up first, and the parts that follow.
fn steps(path: &str) -> (usize, Vec<&str>) {
    let (mut ups, mut parts) = (0, Vec::new());
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.is_empty() => ups += 1,
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    (ups, parts)
}

#[cfg(test)]
mod tests {
    use super::{Compose, EngineKind};

    /// Version 1 and podman-compose write the files down as they were named where they were called.
    #[test]
    fn files_are_found_from_where_the_program_was_called() {
        let files = |folder: &str, named: &[&str]| {
            let compose = Compose {
                project: "ci".into(),
                service: "mock".into(),
                one_off: false,
                working_dir: Some(folder.into()),
                config_files: named.iter().map(ToString::to_string).collect(),
                environment_files: vec!["ci.env".into()],
                program: None,
            };
            compose
                .files()
                .into_iter()
                .chain(compose.variable_files())
                .collect::<Vec<_>>()
                .join(" ")
        };
        for (folder, named, found) in [
            ("/a", &["compose.yaml"][..], "/a/compose.yaml /a/ci.env"),
            ("/a", &["./c.yaml", "sub/o.yaml"], "/a/c.yaml /a/sub/o.yaml /a/ci.env"),
            ("/a/sub", &["sub/c.yaml", "o.yaml"], "/a/sub/c.yaml /a/o.yaml /a/ci.env"),
            ("/a/sub", &["sub/c.yaml", "sub/o.yaml"], "/a/sub/c.yaml /a/sub/o.yaml /a/ci.env"),
            ("/a/sub", &["./x/../sub/c.yaml"], "/a/sub/c.yaml /a/ci.env"),
            ("/a/b", &["../b/c.yaml", "../o.yaml"], "/a/b/c.yaml /a/o.yaml /a/b/ci.env"),
            ("/a", &["../c.yaml", "../../o.yaml"], "/a/c.yaml /o.yaml /a/ci.env"),
            ("/a", &["/srv/c.yaml", "o.yaml"], "/srv/c.yaml /a/o.yaml /a/ci.env"),
            // The user chose another folder.
            ("/a", &["deploy/c.yaml"], "/a/deploy/c.yaml /a/ci.env"),
            ("/", &["../../c.yaml", "../../../../o.yaml"], "/c.yaml /../../../../o.yaml /ci.env"),
        ] {
            assert_eq!(files(folder, named), found, "{folder} {named:?}");
        }
    }

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
