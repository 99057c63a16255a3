//! The words the checks speak.

mod fact;
mod fresh;
mod place;
mod probed;

pub use fact::{Fact, Undecided};
pub use fresh::{Content, Difference, Freshness, How, Tag};
pub use place::Source;
pub use probed::{
    Answered, Asked, Attempt, Concurrency, Connect, Hold, HoldMode, HostsLine, Listener, Lookup,
    QueueCounters, QueueStep, Reply, Resolution, ResolverConfig,
};
