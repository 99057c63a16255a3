//! What may only be a matter of time. A rule says of its own finding what it waits for; here stands what the ends of a link
//! show by themselves.

use super::{Case, Container, EngineKind, Meant, State};

/// A container that was started so few seconds ago may not be done with its start.
const START: u64 = 60;

impl State {
    /// Whether the container was made, and its program is not there yet, or not again.
    #[must_use]
    pub fn is_to_start(&self) -> bool {
        let made = ["created", "configured", "initialized", "starting"];
        (made.contains(&self.status.as_str()) && self.start_error.is_none())
            || self.status == "restarting"
    }

    /// Whether it may still be starting: not there yet, there for a short time, or not yet decided by its health check.
    #[must_use]
    pub fn is_starting(&self) -> bool {
        self.is_to_start()
            || (self.is_running()
                && (self.up_seconds.is_some_and(|up| up < START)
                    || self.health.as_deref() == Some("starting")))
    }
}

impl Case<'_> {
    /// Whether the project demands something of a client that its engine does not know.
    #[must_use]
    pub fn client_is_missing(&self) -> bool {
        self.link.demand.is_some()
            && self.link.client != super::HOST_CLIENT
            && self.client().is_none()
    }

    /// What of the ends of this link may still come; `None` when everything is as it will be.
    #[must_use]
    pub fn awaited(&self) -> Option<String> {
        self.to_start().or_else(|| {
            let started = |c: &&Container| c.state.is_starting();
            let ends = [self.client(), self.server_or_guess()];
            let starting = ends.into_iter().flatten().find(started)?;
            Some(format!("{} to be done with its start", starting.name))
        })
    }

    /// The end that is not there, or not yet running: before that nothing more can be seen.
    #[must_use]
    pub fn to_start(&self) -> Option<String> {
        if self.client_is_missing() {
            return Some(format!("a container {}", self.link.client));
        }
        if self.link.meant == Meant::Nobody && self.link.endpoint.address().is_none() {
            return Some(format!("a container {}", self.link.endpoint.host));
        }
        let ends = [self.client(), self.server_or_guess()];
        let waits = ends.into_iter().flatten().find(|c| c.state.is_to_start())?;
        Some(format!("{} to be started", waits.name))
    }

    /// The server whose health check is to decide yet. Podman leaves it undecided for ever where nothing runs the check.
    #[must_use]
    pub fn health_to_come(&self) -> Option<String> {
        let server = self.server_or_guess().filter(|c| c.state.is_running())?;
        let runs = self.facts.kind(&server.engine) == EngineKind::Docker
            || server.state.health_exit_code.is_some();
        let waits = runs && server.state.health.as_deref() == Some("starting");
        waits.then(|| format!("{} to pass its health check", server.name))
    }

    /// The server's port that may be opened yet; `None` where its program had time enough.
    #[must_use]
    pub fn port_to_open(&self) -> Option<String> {
        let server = self.server().ok().filter(|s| s.container.state.is_starting())?;
        Some(format!("{} to listen on port {}", server.container.name, server.port))
    }

    /// The name that its network may come to know yet; `None` where both ends are there for long.
    #[must_use]
    pub fn name_to_register(&self, name: &str) -> Option<String> {
        self.awaited().map(|_| format!("the name {name} to be known"))
    }

    fn server_or_guess(&self) -> Option<&Container> {
        let server = self.link.server.as_ref()?;
        let engine = server.engine.as_deref().unwrap_or(&self.link.engine);
        self.facts.container(engine, server.container.as_deref()?)
    }
}
