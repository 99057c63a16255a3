//! The table in which a machine's kernel keeps its connections, as every firewall with a memory and every address
//! translation needs it.

use serde::{Deserialize, Serialize};

/// How full the table is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tracked {
    /// Connections that it holds.
    pub now: u64,
    /// The most that it may hold; beyond that the kernel drops the first packet of a new one.
    pub most: u64,
}

impl Tracked {
    /// Whether there is no room for another connection.
    #[must_use]
    pub fn is_full(self) -> bool {
        self.most > 0 && self.now >= self.most
    }
}
