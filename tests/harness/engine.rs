//! The two engines, spoken to through their own command lines and bare calls: the stage must not be set with econn's own code.

use super::further::{self, Further};
use super::{Result, raw};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// An engine that scenes are set up on: one of the machine's own two, or a further one (`further`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Engine {
    Docker,
    Podman,
    Further(&'static Further),
}

impl TryFrom<String> for Engine {
    type Error = String;

    fn try_from(name: String) -> Result<Self> {
        match name.as_str() {
            "docker" => Ok(Self::Docker),
            "podman" => Ok(Self::Podman),
            _ => further::named(&name).map(Self::Further),
        }
    }
}

impl Engine {
    pub(crate) const ALL: [Self; 2] = [Self::Docker, Self::Podman];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Further(engine) => &engine.name,
        }
    }

    /// Docker or Podman, whichever way and version it is.
    pub(crate) fn kind(self) -> Self {
        match self {
            Self::Further(engine) => engine.kind,
            own => own,
        }
    }

    /// Whether what is said of this engine holds for that one, too: what holds for Docker does so for each Docker.
    pub(crate) fn covers(self, other: Self) -> bool {
        self == other || self == other.kind()
    }

    /// Whether it runs on this machine, started by the lab's scripts or by the user.
    pub(crate) fn is_of_the_lab(self) -> bool {
        !matches!(self, Self::Further(engine) if engine.is_elsewhere)
    }

    /// Where it listens: what the environment says, else the default socket.
    pub(crate) fn host(self) -> String {
        let (variable, default) = match self {
            Self::Docker => ("DOCKER_HOST", "unix:///var/run/docker.sock"),
            Self::Podman => ("CONTAINER_HOST", "unix:///run/podman/podman.sock"),
            Self::Further(engine) => return engine.host.clone(),
        };
        std::env::var(variable).unwrap_or_else(|_| default.to_owned())
    }

    /// The machine's own engines, or those of them that `ECONN_TEST_ENGINES` names.
    pub(crate) fn asked_for() -> Vec<Self> {
        let named = std::env::var("ECONN_TEST_ENGINES").unwrap_or_default();
        Self::ALL
            .into_iter()
            .filter(|engine| named.is_empty() || named.contains(engine.name()))
            .collect()
    }

    pub(crate) fn command(self) -> Command {
        let mut command = match self {
            Self::Docker | Self::Podman => Command::new(self.name()),
            Self::Further(engine) => Command::new(&engine.program),
        };
        match self {
            // The classic builder needs no plug-in, and no registry.
            Self::Docker => command.env("DOCKER_BUILDKIT", "0").arg("--host").arg(self.host()),
            Self::Podman => command.arg("--url").arg(self.host()),
            Self::Further(engine) => command.args(&engine.arguments),
        };
        command.stdin(Stdio::null());
        command
    }

    /// The same, as a shell writes it.
    pub(crate) fn spoken(self) -> String {
        let command = self.command();
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    /// Lets a run of econn find the engines: this one in the place of the machine's own of its kind.
    pub(crate) fn tell(self, econn: &mut Command) {
        let of = |own: Self| if self.kind() == own { self.host() } else { own.host() };
        econn.env("DOCKER_HOST", of(Self::Docker)).env("CONTAINER_HOST", of(Self::Podman));
    }

    /// Runs one command of the engine and gives its output; its complaint where it fails.
    pub(crate) fn run<S: AsRef<OsStr>>(
        self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<String> {
        let mut command = self.command();
        command.args(arguments);
        let told = format!("{command:?}").replace('"', "");
        for patience in [true, true, false] {
            let Output { status, stdout, stderr } =
                command.output().map_err(|trouble| format!("{self} cannot be run: {trouble}"))?;
            let complaint = String::from_utf8_lossy(&stderr);
            if status.success() {
                return Ok(String::from_utf8_lossy(&stdout).trim().to_owned());
            }
            if !(patience && RACES.iter().any(|race| complaint.contains(race))) {
                return Err(format!("{told}: {}", complaint.trim()));
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        Err(told)
    }

    /// Starts a container.
    pub(crate) fn start(self, container: &str) -> Result<()> {
        if !self.is_near() {
            return self.run(["start", container]).map(drop);
        }
        raw::call(self, "POST", &format!("{}/containers/{container}/start", self.own_paths()))
            .map(drop)
    }

    /// Removes a container, running or not, with its unnamed volumes.
    pub(crate) fn remove(self, container: &str) -> Result<()> {
        if !self.is_near() {
            // Podman waits ten seconds for a program that ignores the first signal, unless told not to.
            let patience: &[&str] = if self.kind() == Self::Podman { &["--time=0"] } else { &[] };
            let words = ["rm", "--force", "--volumes"].iter().chain(patience);
            return self.run(words.copied().chain([container])).map(drop);
        }
        // Of the two addresses that Podman has for this, only its own knows a time-out.
        let path =
            format!("{}/containers/{container}?force=true&v=true&timeout=0", self.own_paths());
        let deadline = Instant::now() + PASSING;
        loop {
            match raw::call(self, "DELETE", &path) {
                Err(held) if held.contains("dependent containers") && Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(300));
                }
                Err(gone) if gone.contains(": 404 ") => return Ok(()),
                outcome => return outcome.map(drop),
            }
        }
    }

    /// What the engine knows of a container.
    pub(crate) fn inspect(self, container: &str) -> Result<Value> {
        if self.is_near() {
            return raw::get(self, &format!("/v1.41/containers/{container}/json"));
        }
        let told = self.run(["container", "inspect", "--format", "{{json .}}", container])?;
        serde_json::from_str(&told).map_err(|trouble| format!("{container}: {trouble}"))
    }

    /// Whether its socket is a file here.
    fn is_near(self) -> bool {
        self.host().starts_with("unix://")
    }

    /// What its own paths begin with.
    fn own_paths(self) -> &'static str {
        if self.kind() == Self::Podman { "/v4.0.0/libpod" } else { "/v1.41" }
    }

    /// Runs a command in a container and gives its output. Podman 4.3 sometimes loses the output of a short command
    /// when much goes on, so nothing at all is asked for again.
    pub(crate) fn exec(self, container: &str, command: &[String]) -> Result<String> {
        let exec =
            || self.run(["exec", container].into_iter().chain(command.iter().map(String::as_str)));
        (0..3)
            .map(|_| exec())
            .find(|said| said.as_ref().is_ok_and(|said| !said.is_empty()))
            .unwrap_or_else(exec)
    }

    /// Everything that a scene needs of this engine, or what to do about it. An engine that was ready is not asked again.
    pub(crate) fn ready(self) -> Result<()> {
        static READY: Mutex<BTreeSet<Engine>> = Mutex::new(BTreeSet::new());
        let ready = || READY.lock().unwrap_or_else(PoisonError::into_inner);
        if ready().contains(&self) {
            return Ok(());
        }
        self.run(["version"]).map_err(|trouble| {
            format!(
                "{self} does not answer on {}: run tests/lab/engines.sh start {self}\n{trouble}",
                self.host()
            )
        })?;
        self.run(["image", "inspect", BASE_IMAGE]).map_err(|_| {
            format!("{self} has no image {BASE_IMAGE}: run tests/lab/images.sh build")
        })?;
        ready().insert(self);
        Ok(())
    }
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How long a sidecar of somebody else's run, who looks at everything, may hold a container. What econn left behind holds it for
/// ever.
const PASSING: Duration = Duration::from_secs(10);

/// What an engine says when it stumbles over another scene that is coming or going at that moment (Podman lists the
/// host's interfaces, one of which has just vanished; it starts the RUN of a build from a thread that may end before it, and
/// takes it along).
pub(crate) const RACES: [&str; 2] =
    ["no such network interface", "while running runtime: signal: killed"];

/// The image that every scene begins with.
pub(crate) const BASE_IMAGE: &str = "econn-lab-python:1";
