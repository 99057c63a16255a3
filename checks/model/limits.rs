//! How near a container is to the limits that its engine set, as its kernel counts them.

use super::{Case, Reply};
use serde::{Deserialize, Serialize};

/// The limits that were seen. What has none, or could not be seen, is missing.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Limits {
    /// Processes and threads (`pids.max`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Tasks>,
    /// Open files of that process which is nearest to its limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Files>,
    /// Processor time (`cpu.max`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cpu>,
    /// Processes that the kernel has killed for memory since the container's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_kills: Option<u64>,
}

/// Processes and threads of a container.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tasks {
    /// How many there are.
    pub now: u64,
    /// How many there may be.
    pub most: u64,
    /// How often one more was refused since the container's start.
    pub refused: u64,
    /// How many of these refusals fell into the run's own probes.
    pub refused_meanwhile: u64,
}

/// Open files of one process; a connection is one.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Files {
    /// How many it has open.
    pub open: u64,
    /// How many it may have open.
    pub most: u64,
}

/// Processor time during the run's own probes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cpu {
    /// Periods in which the container wanted to run.
    pub periods: u64,
    /// Periods in which it was stopped for having used its share up.
    pub throttled: u64,
}

impl Files {
    /// How many connections have a place.
    #[must_use]
    pub fn room(self) -> u64 {
        self.most.saturating_sub(self.open)
    }
}

impl Cpu {
    /// Whether its share was used up in a fifth of the periods or more, and often enough to be no chance. An idle program
    /// that looks about now and then has many periods.
    #[must_use]
    pub fn is_short(self) -> bool {
        self.throttled >= 5 && self.throttled * 5 >= self.periods
    }
}

impl Case<'_> {
    /// Whether the kernel refused the server a process or a thread while it was probed.
    #[must_use]
    pub fn was_refused_tasks(&self) -> bool {
        let limits = self.server().ok().and_then(|server| server.container.limits);
        limits.and_then(|limits| limits.tasks).is_some_and(|tasks| tasks.refused_meanwhile > 0)
    }

    /// Whether the client's own connection was closed, at a time at which the server got no thread for it.
    #[must_use]
    pub fn closes_for_want_of_tasks(&self) -> bool {
        let reply = self.link.visit.value().and_then(|visit| visit.reply.as_ref());
        self.was_refused_tasks() && matches!(reply, Some(Reply::Closed | Reply::Reset))
    }
}
