//! A project that a real program makes of a real Compose file: version 1, version 2, podman-compose.

use super::super::econn::{Run, econn, run};
use super::super::{must, output};
use crate::harness::verdict::{findings, list, text};
use crate::harness::{Engine, Result, folder, run_id};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// What every file begins with: the lab's image, and the label by which a later run knows what a killed one left.
const HEAD: &str = r#"x-lab: &lab
  image: econn-lab-python:1
  labels: {econn.lab: "RUN"}
  stop_signal: SIGKILL
  command: ["sleep", "infinity"]
x-server: &server
  <<: *lab
  command: ["python3", "-m", "http.server", "8080"]
  expose: ["8080"]
networks:
  default:
    labels: {econn.lab: "RUN"}
services:
"#;

/// Beyond every number of a project.
const TWIN: u32 = 1000;

/// The programs for this engine, as the lab's script names them.
pub(super) fn programs(engine: Engine) -> &'static [&'static str] {
    if engine.kind() == Engine::Docker { &["v1", "v2"] } else { &["podman"] }
}

/// A project's folder, and what was made from it.
pub(super) struct Project {
    pub(super) engine: Engine,
    pub(super) name: String,
    pub(super) folder: PathBuf,
    version: &'static str,
    number: u32,
    /// From the folder above, by these files, or else in the project's own folder.
    above: Option<&'static [&'static str]>,
}

impl Project {
    /// Writes `compose.yaml` with these services. Nothing is made yet.
    pub(super) fn write(engine: Engine, version: &'static str, services: &str) -> Result<Self> {
        static PROJECTS: AtomicU32 = AtomicU32::new(0);
        Self::again(engine, version, services, PROJECTS.fetch_add(1, Ordering::Relaxed))
    }

    /// Lets the program be called from the folder above, with these files by their names. podman-compose 1.3 can't be called so:
    /// it goes to the folder of the first file, and then looks for that by its name.
    pub(super) fn called_from_above(mut self, files: &'static [&'static str]) -> Self {
        self.above = Some(files);
        self
    }

    /// A second project whose services have the same names.
    pub(super) fn twin(&self, services: &str) -> Result<Self> {
        Self::again(self.engine, self.version, services, self.number + TWIN)
    }

    fn again(engine: Engine, version: &'static str, services: &str, number: u32) -> Result<Self> {
        let name = format!("econnlab{}x{number}{version}", std::process::id());
        let project = Self { engine, name, folder: folder::new()?, version, number, above: None };
        let services: String = services.lines().flat_map(|line| ["  ", line, "\n"]).collect();
        project.file("compose.yaml", &format!("{HEAD}{services}").replace("RUN", &run_id()))?;
        let bin = project.folder.join("bin");
        let told = |trouble: std::io::Error| format!("{}: {trouble}", bin.display());
        fs::create_dir(&bin).map_err(told)?;
        let called = if version == "podman" { "podman-compose" } else { "docker-compose" };
        symlink(program(version)?, bin.join(called)).map_err(told)?;
        Ok(project)
    }

    /// Writes a file into the project's folder.
    pub(super) fn file(&self, name: &str, content: &str) -> Result<()> {
        let path = self.folder.join(name);
        let told = |trouble: std::io::Error| format!("{}: {trouble}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(told)?;
        fs::write(&path, self.fill(content)).map_err(told)
    }

    /// A text with the names of this project's services: no other test comes near them, but a twin.
    pub(super) fn fill(&self, text: &str) -> String {
        text.replace("mock", &format!("mock{}", self.number % TWIN))
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// The line of a file of the project that holds this text.
    pub(super) fn line(&self, name: &str, holds: &str) -> Result<usize> {
        let path = self.path(name);
        let content = fs::read_to_string(&path).map_err(|trouble| format!("{path}: {trouble}"))?;
        let at = content.lines().position(|line| line.contains(holds));
        at.map(|at| at + 1).ok_or_else(|| format!("{path} holds no {holds}"))
    }

    /// The variables and folders in which the program is called as a user of this machine would call it.
    fn as_user(&self, command: &mut Command) {
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.folder.join("bin").display()));
    }

    /// Calls the program in the project's folder.
    pub(super) fn run(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new(program(self.version)?);
        let words = words.iter().map(|word| self.fill(word));
        command.args(["-p", &self.name]);
        let (above, here) = (self.folder.parent(), self.folder.file_name());
        let (from, here) = match above.zip(here).filter(|_| self.version != "podman") {
            Some((above, here)) if self.above.is_some() => (above, Path::new(here)),
            _ => (self.folder.as_path(), Path::new("")),
        };
        for file in self.above.into_iter().flatten() {
            command.arg("-f").arg(here.join(file));
        }
        output(command.args(words).current_dir(from))
    }

    /// `up`, and waits until the servers listen.
    pub(super) fn up(&self, words: &[&str]) -> Result<()> {
        self.run(&[&["up", "-d"], words].concat())?;
        self.ready()
    }

    /// Waits until every server of the project that runs is served by its program.
    pub(super) fn ready(&self) -> Result<()> {
        let probe = "import socket; socket.create_connection(('127.0.0.1', 8080), 1)".to_owned();
        for server in self.containers(&["--filter=status=running"])? {
            let argv = self.engine.run(["inspect", "--format", "{{json .Config.Cmd}}", &server])?;
            let open = || {
                let words = ["exec", &server, "python3", "-c", &probe];
                self.engine.run(words).is_ok()
            };
            let late = || std::thread::sleep(std::time::Duration::from_millis(200));
            let serves = argv.contains("8080");
            must(
                !serves
                    || (0..100).any(|_| {
                        open() || {
                            late();
                            false
                        }
                    }),
                || format!("{server} does not listen"),
            )?;
        }
        Ok(())
    }

    /// The names of the project's containers.
    pub(super) fn containers(&self, more: &[&str]) -> Result<Vec<String>> {
        let label = format!("--filter=label=com.docker.compose.project={}", self.name);
        let words = ["ps", "--format={{.Names}}", &label];
        let found = self.engine.run(words.iter().chain(more))?;
        Ok(found.lines().map(str::to_owned).collect())
    }

    /// The name of the only container of a service that `up` made.
    pub(super) fn container(&self, service: &str) -> Result<String> {
        let label = format!("--filter=label=com.docker.compose.service={service}");
        let all = self.containers(&["--all", &label])?;
        all.into_iter().next().ok_or_else(|| format!("{} has no {service}", self.name))
    }

    /// Diagnoses the project, as its user would.
    pub(super) fn diagnose(&self, more: &[&str]) -> Result<Run> {
        let mut command = econn();
        command.args(["diagnose", "--engine", self.engine.name(), "--project", &self.name]);
        self.as_user(command.args(more));
        run(&mut command)
    }

    /// The only link of the project after a run that ended with this code.
    pub(super) fn link(&self, exit: i32) -> Result<Link> {
        let run = self.diagnose(&["--format", "json"])?;
        let report = run.report_with(exit)?;
        match list(&report, "links") {
            [only] => Ok(Link { link: only.clone(), run }),
            links => Err(run.account(&format!("{} links, not one", links.len()))),
        }
    }

    /// Pastes a command of the report into a shell of the project's user.
    pub(super) fn paste(&self, fix: &str) -> Result<()> {
        let mut command = Command::new("sh");
        command.args(["-c", fix]).current_dir("/");
        self.as_user(command.env("DOCKER_HOST", Engine::Docker.host()));
        output(&mut command)?;
        self.ready()
    }

    /// Takes everything down.
    pub(super) fn down(&self) -> Result<()> {
        for container in self.containers(&["--all"])? {
            self.engine.run(["rm", "--force", "--volumes", &container])?;
        }
        let label = format!("--filter=label=com.docker.compose.project={}", self.name);
        let networks = self.engine.run(["network", "ls", "--quiet", &label])?;
        for network in networks.lines() {
            self.engine.run(["network", "rm", network])?;
        }
        let _ = fs::remove_dir_all(&self.folder);
        Ok(())
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if self.folder.exists() {
            let _ = self.down();
        }
    }
}

/// A link of a report, and the run that tells it.
pub(super) struct Link {
    pub(super) link: Value,
    pub(super) run: Run,
}

impl Link {
    /// Fails with the whole run, unless it holds.
    pub(super) fn must(&self, holds: bool, otherwise: &str) -> Result<()> {
        must(holds, || self.run.account(otherwise))
    }

    /// The root cause is this code, and the chain begins with it.
    pub(super) fn is_caused_by(&self, code: &str) -> Result<&Self> {
        let cause = text(&self.link, "root_cause");
        self.must(cause == code, &format!("root cause {cause}, not {code}"))?;
        Ok(self)
    }

    /// How a check came out.
    pub(super) fn outcome(&self, check: &str) -> &str {
        let row = list(&self.link, "checks").iter().find(|row| text(row, "check") == check);
        row.map_or("", |row| text(row, "outcome"))
    }

    /// The only patch that the report proposes.
    pub(super) fn patch(&self) -> Result<&str> {
        let fixes = findings(&self.link).flat_map(|finding| list(finding, "fix"));
        let mut patches: Vec<&str> = fixes.filter_map(|fix| fix["patch"].as_str()).collect();
        patches.dedup();
        let [patch] = patches[..] else {
            return Err(self.run.account(&format!("{} patches, not one", patches.len())));
        };
        Ok(patch)
    }

    /// The first command that a finding proposes.
    pub(super) fn command(&self, code: &str) -> Result<String> {
        let found = findings(&self.link).find(|finding| text(finding, "code") == code);
        let fixes = found.map_or(&[][..], |finding| list(finding, "fix"));
        let command = fixes.iter().find_map(|fix| fix["command"].as_str()).map(str::to_owned);
        command.ok_or_else(|| self.run.account(&format!("{code} proposes no command")))
    }
}

/// Where the lab has a program; it gets what is missing.
fn program(version: &str) -> Result<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/compose.sh");
    output(Command::new(script).arg(version)).map(|path| PathBuf::from(path.trim()))
}
