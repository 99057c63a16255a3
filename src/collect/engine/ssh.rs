//! An engine on another machine, reached by the `ssh` program with the user's own keys, agents and settings. Each connection
//! is one such program, which ends with it; nothing is written down on either side.
//!
//! On the far side the engine's own tool carries the bytes to its socket, as it does for Docker's tools: no forwarding has to
//! be allowed there. Keys of machines are checked, and nothing is ever asked: what would be asked is told instead.

use super::stream::{Duplex, Failed};
use crate::words::words;
use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, Join, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// How much of what `ssh` says is read, in bytes.
const SAID_LIMIT: u64 = 8 << 10;

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
    /// Reads what stands behind `ssh://`. What goes on to `ssh` and to a shell on the far side is plain by its letters.
    pub(crate) fn parse(rest: &str) -> Result<Self, String> {
        let (authority, path) = match rest.find('/') {
            Some(at) => (&rest[..at], Some(&rest[at..]).filter(|path| *path != "/")),
            None => (rest, None),
        };
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        let shown = || format!("ssh://{place}");
        if user.is_some_and(|user| user.contains(':')) {
            return Err(format!(
                "{} has a password in it, which ssh does not take; use a key and give ssh://user@host",
                shown()
            ));
        }
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                let port = port.parse::<u16>().ok().filter(|port| *port > 0);
                (
                    host,
                    Some(port.ok_or_else(|| {
                        format!("the port of {} is none; give ssh://user@host:22", shown())
                    })?),
                )
            }
            _ => (place, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_plain = |text: &str, also: &str| {
            !text.is_empty()
                && !text.starts_with('-')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        };
        if !is_plain(host, "._-:%") || user.is_some_and(|user| !is_plain(user, "._-+@")) {
            return Err(format!("{} names no machine or user; give ssh://user@host", shown()));
        }
        if path.is_some_and(|path| !is_plain(path, "/._-+@:=")) {
            return Err(format!(
                "the path behind {} has signs that no socket's path needs; give ssh://user@host/path/to.sock",
                shown()
            ));
        }
        Ok(Self {
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port,
            path: path.map(str::to_owned),
            identity: None,
            tool: Tool::Either,
        })
    }

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
        let end = Box::pin(self.clone().ended(child, stderr));
        Ok(Box::new(Program { pipes: tokio::io::join(stdout, stdin), end, answered: false }))
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
        let _ = stderr.take(SAID_LIMIT).read_to_end(&mut said).await;
        let status = child.wait().await.ok();
        Failed(self.why(status, &String::from_utf8_lossy(&said)))
    }

    /// Says in econn's words what `ssh` said, for the cases that can be told apart.
    fn why(&self, status: Option<ExitStatus>, said: &str) -> String {
        let by_hand = self.by_hand();
        let has = |piece: &str| said.contains(piece);
        if has("REMOTE HOST IDENTIFICATION HAS CHANGED") {
            return format!(
                "{self} shows another key than it did before, so ssh refuses it; find out why before you accept it"
            );
        }
        if has("Host key verification failed") || has("host key is known for") {
            return format!(
                "the key of {self} is not known here, so ssh refuses it; connect once by hand: {by_hand}"
            );
        }
        if has("Permission denied") || has("Too many authentication failures") {
            return format!("{self} refuses the login; test the key by hand: {by_hand}");
        }
        if has("Could not resolve hostname") {
            return format!("the name in {self} can't be resolved; check its spelling");
        }
        if has("Connection refused") && status.and_then(|s| s.code()) == Some(255) {
            return format!("nobody answers ssh at {self}; check host and port");
        }
        if has("timed out") || has("No route to host") || has("Network is unreachable") {
            return format!("{self} can't be reached by ssh: {}", last(said));
        }
        if has("not found") || status.and_then(|s| s.code()) == Some(127) {
            return format!(
                "on {self} there is neither docker nor podman to reach the engine with; install its command line there, \
                 or forward the engine's socket with ssh -L and give it with --host"
            );
        }
        if has("permission denied") {
            return format!(
                "the user of {self} has no permission on the engine's socket there; name another user, or let it join the \
                 group that owns the socket"
            );
        }
        if has("Cannot connect to the Docker daemon") || has("connect:") || has("no such file") {
            return format!("ssh reaches {self}, and no engine answers there; start it");
        }
        match last(said) {
            "" => format!("ssh to {self} ended without an answer; test it by hand: {by_hand}"),
            last => format!("ssh to {self} ended: {last}"),
        }
    }

    fn by_hand(&self) -> String {
        let port = self.port.map_or_else(String::new, |port| format!("-p {port} "));
        let user = self.user.as_ref().map_or_else(String::new, |user| format!("{user}@"));
        format!("ssh {port}{user}{}", self.host)
    }
}

/// The last line of what was said.
fn last(said: &str) -> &str {
    said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default()
}

impl fmt::Display for Ssh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ssh://")?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match self.host.contains(':') {
            true => write!(f, "[{}]", self.host)?,
            false => f.write_str(&self.host)?,
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(self.path.as_deref().unwrap_or_default())
    }
}

/// The running program, as a connection.
struct Program {
    pipes: Join<ChildStdout, ChildStdin>,
    /// Holds the process, which is killed with it.
    end: Pin<Box<dyn Future<Output = Failed> + Send>>,
    answered: bool,
}

impl AsyncRead for Program {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.pipes).poll_read(context, buffer) {
            Poll::Ready(Ok(())) if buffer.filled().len() == before && !self.answered => {
                self.end.as_mut().poll(context).map(|failed| Err(std::io::Error::other(failed)))
            }
            Poll::Ready(Ok(())) => {
                self.answered = true;
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl AsyncWrite for Program {
    /// A program that has ended takes everything: why it ended is told where its answer is read.
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        match Pin::new(&mut self.pipes).poll_write(context, bytes) {
            Poll::Ready(Err(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                Poll::Ready(Ok(bytes.len()))
            }
            other => other,
        }
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.pipes).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.pipes).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ssh, Tool};

    #[test]
    fn what_ssh_says_is_told_apart() {
        let far = Ssh::parse("me@far:2222").unwrap();
        for (said, told) in [
            (
                "No ED25519 host key is known for far and you have requested strict checking.\nHost key verification failed.",
                "is not known here",
            ),
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
                "another key than it did before",
            ),
            ("me@far: Permission denied (publickey).", "refuses the login"),
            ("ssh: Could not resolve hostname far: Name or service not known", "can't be resolved"),
            ("ssh: connect to host far port 2222: Connection timed out", "can't be reached by ssh"),
            ("sh: 1: exec: podman: not found", "neither docker nor podman"),
            (
                "dial unix /var/run/docker.sock: connect: permission denied",
                "no permission on the engine's socket there",
            ),
            (
                "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
                "no engine answers there",
            ),
            ("", "ended without an answer"),
            (
                "kex_exchange_identification: banner line contains invalid characters",
                "ended: kex_exchange",
            ),
        ] {
            let why = far.why(None, said);
            assert!(why.contains(told) && why.contains("ssh://me@far:2222"), "{said}: {why}");
        }
    }

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
