//! What the files of a Compose project say beyond the labels of its containers.

use super::{Case, quoted};
use serde::{Deserialize, Serialize};

/// The files tell the client another address now than its container was made with.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unstarted {
    /// The file that describes it.
    pub path: String,
    /// The line in it, from 1.
    pub line: usize,
    /// The profiles that start it; empty where it is always started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
}

impl Case<'_> {
    /// What starts the service of the client's own project that the name means and that has no container: words, and the
    /// command. `None` where there is no such service.
    #[must_use]
    pub fn start_of_service(&self) -> Option<(String, String)> {
        let unstarted = self.link.unstarted.as_ref()?;
        let labels = self.client()?.compose.as_ref()?;
        let service = &self.link.endpoint.host;
        let profile = unstarted.profiles.first();
        let up = format!("up -d {}", quoted(service));
        let up =
            profile.map_or(up.clone(), |profile| format!("--profile {} {up}", quoted(profile)));
        let say = profile.map_or_else(
            || format!("start {service}, and name it in depends_on of {}", labels.service),
            |profile| format!("start {service} with its profile {profile}"),
        );
        Some((say, labels.command(self.kind(), &up)))
    }
}
