//! When the containers of a recording were there: what happened to one link is explained by those of its own time.

use super::{Link, Snapshot};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A span of a recording, in milliseconds since it began.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Lived {
    /// When the container was first seen up.
    pub from_ms: u64,
    /// When it had ended; `None` where it was there at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<u64>,
}

impl Lived {
    fn meets(self, other: Self) -> bool {
        let begins_in_time = |a: Self, b: Self| b.to_ms.is_none_or(|end| a.from_ms <= end);
        begins_in_time(self, other) && begins_in_time(other, self)
    }
}

impl Snapshot {
    /// The facts without the containers that were gone before the link's client came, or came when it was gone; where the
    /// client is none, its server's time counts. The ends of the link stay.
    #[must_use]
    pub fn in_the_time_of(&self, link: &Link) -> Cow<'_, Self> {
        let server = link.server.as_ref().and_then(|server| {
            let engine = server.engine.as_deref().unwrap_or(&link.engine);
            self.container(engine, server.container.as_deref()?)
        });
        let client = self.container(&link.engine, &link.client);
        let Some(time) = client.or(server).and_then(|container| container.lived) else {
            return Cow::Borrowed(self);
        };
        let ends: Vec<&str> = client.into_iter().chain(server).map(|c| c.id.as_str()).collect();
        let is_kept = |container: &super::Container| {
            ends.contains(&container.id.as_str())
                || link.replicas.iter().any(|replica| replica.container == container.name)
                || container.lived.is_none_or(|lived| lived.meets(time))
        };
        if self.containers.iter().all(is_kept) {
            return Cow::Borrowed(self);
        }
        let mut facts = self.clone();
        facts.containers.retain(is_kept);
        Cow::Owned(facts)
    }
}
