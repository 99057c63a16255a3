//! Why ssh did not lead to an engine, in a line for the user.

use super::Ssh;
use std::process::ExitStatus;

impl Ssh {
    /// Says in econn's words what `ssh` said, for the cases that can be told apart.
    pub(super) fn why(&self, status: Option<ExitStatus>, said: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::Ssh;

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
}
