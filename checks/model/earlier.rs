//! A container that did not stay what it was while it was looked at.

use super::State;
use serde::{Deserialize, Serialize};

/// The state of a container at the first look, when a second one saw another.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Earlier {
    /// The engine's word.
    pub status: String,
    /// When it had been started, RFC 3339.
    pub started_at: Option<String>,
    /// How often the engine had restarted it.
    pub restarts: u64,
}

impl State {
    /// Whether its processes ran for as long as it was looked at: what was seen in between holds together then.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.status == "running" && self.earlier.is_none()
    }

    /// What it does, in one word or two.
    #[must_use]
    pub fn word(&self) -> &str {
        if self.status == "running" && self.earlier.is_some() {
            "starting anew at this moment"
        } else {
            &self.status
        }
    }

    /// Whether it was seen to be started anew between two looks.
    #[must_use]
    pub fn was_started_anew(&self) -> bool {
        self.earlier.as_ref().is_some_and(|earlier| earlier.started_at != self.started_at)
    }
}
