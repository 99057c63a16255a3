//! The words the checks speak.

mod awaited;
mod behind;
mod bundled;
mod case;
mod certificate;
mod check;
mod compose;
mod composed;
mod container;
mod demand;
mod earlier;
mod fact;
mod fresh;
mod halted;
mod heard;
mod host;
mod limits;
mod link;
mod lived;
mod logged;
mod machine;
mod need;
mod own;
mod place;
mod probed;
mod proxy;
mod replay;
mod replica;
mod report;
mod shell;
mod snapshot;
mod subnet;
mod swarm;
mod symptom;
mod tried;
mod vantage;
mod way;
mod written;

pub use behind::Behind;
pub use bundled::{BUNDLED, BUNDLED_AND_READ};
pub use case::{Case, HOST_CLIENT, OUTSIDE, Target};
pub use certificate::{Certificate, Trust, Validity};
pub use check::{Check, Evidence, Fix, Found, Judgement, Rule, Severity};
pub use compose::Compose;
pub use composed::{Retold, Unstarted};
pub use container::{Attachment, Container, NetworkMode, Port, State};
pub use demand::Demand;
pub use earlier::Earlier;
pub use fact::{Fact, Undecided};
pub use fresh::{
    Base, Claim, Content, Difference, Edited, Freshness, How, MountKind, Mounted, Published,
    Rebuilt, Rewrite, Since, Tag,
};
pub use halted::Halted;
pub use host::{is_loopback, numeric};
pub use limits::{Cpu, Files, Limits, Tasks};
pub use link::{
    Endpoint, Link, Meant, Proxied, Server, ServerKind, Symptom, TurnedAway, Visit, authority,
};
pub use lived::Lived;
pub use logged::{LogClass, Logged};
pub use machine::{Machine, Route, Tracked};
pub use need::Need;
pub use own::{Own, OwnAnswer, OwnRow, Verdict};
pub use place::Source;
pub use probed::{
    Answered, Asked, Attempt, Concurrency, Connect, Hold, HoldMode, HostsLine, Listener, Lookup,
    NO_TLS, PLAIN_HTTP, Path, QueueCounters, QueueStep, Reply, Resolution, ResolverConfig, Stuck,
    Unacknowledged,
};
pub use proxy::{Exceptions, Proxies, ProxyVariable};
pub use replay::{Errors, Replay};
pub use replica::Replica;
pub(crate) use report::chain;
pub use report::{
    EndpointReport, Finding, LinkReport, Outcome, Report, Row, SCHEMA_VERSION, SeenFrom, Summary,
    Suppressed, Tool,
};
pub use shell::quoted;
pub use snapshot::{Engine, EngineKind, Network, SNAPSHOT_VERSION, Settings, Snapshot};
pub use swarm::{Node, Task, TaskImage};
pub use tried::Tried;
pub use vantage::Vantage;
pub use written::{Lines, PortPlace, Written};
