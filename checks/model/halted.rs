//! Processes that a signal has stopped: their kernel still takes connections for them.

use super::{Case, Reply};
use serde::{Deserialize, Serialize};

/// The processes of one container, counted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Halted {
    /// Processes in state T: stopped by SIGSTOP, a terminal or a debugger.
    pub stopped: u32,
    /// All processes.
    pub all: u32,
    /// Whether the container's main process is one of the stopped.
    pub main: bool,
}

impl Case<'_> {
    /// The stopped processes of the server, where they are why nobody answers: all of them are, or the client waited for a
    /// reply in vain.
    #[must_use]
    pub fn halted(&self) -> Option<Halted> {
        let state = &self.server().ok()?.container.state;
        let halted = state.halted.filter(|h| state.is_running() && h.stopped > 0)?;
        let silent = self.link.visit.value().is_some_and(|v| v.reply == Some(Reply::ReadTimeout));
        let stuck = self.link.concurrency.value().is_some_and(|seen| seen.stuck.is_some());
        (halted.stopped == halted.all || silent || stuck).then_some(halted)
    }
}
