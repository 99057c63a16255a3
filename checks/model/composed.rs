//! What the files of a Compose project say beyond the labels of its containers.

use serde::{Deserialize, Serialize};

/// The files tell the client another address now than its container was made with.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Retold {
    /// The variable that tells the address.
    pub variable: String,
    /// The file that gives its value now.
    pub path: String,
    /// The line in it, from 1.
    pub line: usize,
    /// The normalized address that it tells now; `None` where it tells none.
    pub now: Option<String>,
    /// Whether the file was written after the container was made.
    pub since: bool,
    /// Whether a variable of the shell may have given the container another value than the file did.
    pub by_shell: bool,
}

/// A service of the client's project that has no container.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Unstarted {
    /// The file that describes it.
    pub path: String,
    /// The line in it, from 1.
    pub line: usize,
    /// The profiles that start it; empty where it is always started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
}
