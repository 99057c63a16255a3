//! An engine on another machine, reached by the `ssh` program with the user's own keys, agents and settings. Each connection
//! is one such program, which ends with it; nothing is written down on either side.
//!
//! On the far side the engine's own tool carries the bytes to its socket, as it does for Docker's tools: no forwarding has to
//! be allowed there. Keys of machines are checked, and nothing is ever asked: what would be asked is told instead.

mod account;
mod program;
mod trouble;

use super::stream::{Duplex, Failed};
use crate::words::words;
use program::Program;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, Command};

/// How much of what `ssh` says is read, in bytes.
const SAID_LIMIT: u64 = 8 << 10;
/// How long its last words may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Whose tool stands on the far side.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Tool {
    /// Docker's.
    Docker,
    /// Podman's.
    Podman,
    /// Whichever is there.
    #[default]
    Either,
}

/// An account on another machine, from where an engine is reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Ssh {
    user: Option<String>,
    host: String,
    port: Option<u16>,
    /// The engine's socket there; without it, the one that its tool takes.
    path: Option<String>,
    /// The file of the key that is to be used.
    pub(crate) identity: Option<PathBuf>,
    /// Whose tool carries the bytes there.
    pub(crate) tool: Tool,
}

impl Ssh {
    /// Starts a connection. Whether it comes about shows when the first answer is read.
    pub(super) fn connect(&self) -> Result<Box<dyn Duplex>, Failed> {
        let mut command = Command::new("ssh");
        command.args(["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]);
        if let Some(identity) = &self.identity {
            command.arg("-i").arg(identity);
        }
        if let Some(port) = self.port {
            command.args(["-p", &port.to_string()]);
        }
        if let Some(user) = &self.user {
            command.args(["-l", user]);
        }
        command.args(["--", &self.host, &self.on_the_far_side()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Its complaints are read by their words.
        let mut child = command.env("LC_ALL", "C").kill_on_drop(true).spawn().map_err(|error| {
            Failed(match error.kind() {
                std::io::ErrorKind::NotFound => format!(
                    "{self} is reached by the program ssh, which is not here; install OpenSSH's client"
                ),
                _ => format!("the program ssh for {self} can't be started: {}", words(&error)),
            })
        })?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(Failed(format!("the program ssh for {self} has no pipes")));
        };
        let end = self.clone().ended(child, stderr);
        Ok(Box::new(Program::new(stdout, stdin, end)))
    }

    /// The command that carries the bytes to the engine's socket.
    fn on_the_far_side(&self) -> String {
        let docker = self.path.as_ref().map_or_else(
            || "docker system dial-stdio".to_owned(),
            |path| format!("docker --host unix://{path} system dial-stdio"),
        );
        let podman = self.path.as_ref().map_or_else(
            || "podman system dial-stdio".to_owned(),
            |path| format!("podman --url unix://{path} system dial-stdio"),
        );
        let either = |first: &str, second: &str| {
            let word = first.split(' ').next().unwrap_or(first);
            format!("sh -c 'command -v {word} >/dev/null && exec {first}; exec {second}'")
        };
        match (self.tool, &self.path) {
            // The very words of Docker's tools: an account may be allowed to do nothing else.
            (Tool::Docker, None) => docker,
            (Tool::Podman, _) => either(&podman, &docker),
            (Tool::Docker | Tool::Either, _) => either(&docker, &podman),
        }
    }

    /// Why the program ended before the engine had answered.
    async fn ended(self, mut child: Child, stderr: ChildStderr) -> Failed {
        let mut said = Vec::new();
        let mut stderr = stderr.take(SAID_LIMIT);
        // A connection that the user's settings keep for later holds the pipe open.
        let read = tokio::time::timeout(LAST_WORDS, stderr.read_to_end(&mut said));
        let (_, status) = futures_util::future::join(read, child.wait()).await;
        Failed(self.why(status.ok(), &String::from_utf8_lossy(&said)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Ssh, Tool};

    #[test]
    fn the_far_side_is_asked_in_the_words_of_its_tool() {
        let far = |rest: &str, tool| Ssh { tool, ..Ssh::parse(rest).unwrap() }.on_the_far_side();
        assert_eq!(far("far", Tool::Docker), "docker system dial-stdio");
        assert_eq!(
            far("far/run/podman/podman.sock", Tool::Podman),
            "sh -c 'command -v podman >/dev/null && exec podman --url unix:///run/podman/podman.sock system dial-stdio; \
             exec docker --host unix:///run/podman/podman.sock system dial-stdio'"
        );
        assert!(far("far", Tool::Either).starts_with("sh -c 'command -v docker >/dev/null"));
    }
}
