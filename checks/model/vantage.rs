//! From where something was seen. The same thing seen from elsewhere is the same thing; who doubts a verdict wants to know.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where the look stood.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Vantage {
    /// The kernel's tables of the container's process, read from outside.
    Proc,
    /// The container's own network namespace, entered.
    Namespace,
    /// A helper container inside the container's network namespace.
    Sidecar,
    /// A helper container in the place of one that does not run, on its networks.
    StandIn,
}

/// To stand behind "seen from".
impl fmt::Display for Vantage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proc => "outside, by the kernel's tables",
            Self::Namespace => "its network namespace",
            Self::Sidecar => "a sidecar in its network namespace",
            Self::StandIn => "a stand-in on its networks, because it does not run",
        })
    }
}
