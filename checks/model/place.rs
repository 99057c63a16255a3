//! Where an endpoint was written down.

use serde::{Deserialize, Serialize};

/// Where an endpoint was written down. The order of the variants is the order of the contract.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Source {
    /// An environment variable of the client.
    Env {
        /// Its name; of a host/port pair, the host's variable.
        name: String,
    },
    /// An argument of the client's command.
    Arg {
        /// Its index in the command line; the program itself is 0.
        index: usize,
    },
    /// A line of a configuration file.
    File {
        /// The path inside the container.
        path: String,
        /// The path of the file to edit on the engine's machine, where there is one.
        host_path: Option<String>,
        /// The dotted path of the key; list items by index.
        key: String,
        /// The line, from 1.
        line: usize,
    },
    /// A line of a Compose file.
    Compose {
        /// The Compose file.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// The user named the link on the command line or in `econn.toml`.
    Flag,
}
