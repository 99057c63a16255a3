//! What a project demands of a link.

use super::Link;
use serde::{Deserialize, Serialize};

/// What a project demands of a link.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// It must work.
    MustWork,
    /// It must not work: client and server are kept apart on purpose.
    MustNotWork,
}

impl std::fmt::Display for Demand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::MustWork => "must work",
            Self::MustNotWork => "must not work",
        })
    }
}

impl Link {
    /// Whether the project wants the client to be kept away from the server.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.demand == Some(Demand::MustNotWork)
    }
}
