//! What may stay unseen, by the name under which a check says that it looks at it.

use std::fmt;

/// One kind of fact that a run may fail to see.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Need {
    /// [`Link::visit`](super::Link::visit)
    Visit,
    /// [`Link::path`](super::Link::path)
    Path,
    /// [`Link::lookup`](super::Link::lookup)
    Lookup,
    /// [`Link::listens_itself`](super::Link::listens_itself)
    ListensItself,
    /// [`Link::concurrency`](super::Link::concurrency)
    Concurrency,
    /// [`Container::namespace`](super::Container::namespace)
    Namespace,
    /// [`Container::listeners`](super::Container::listeners)
    Listeners,
    /// [`Container::queue_counters`](super::Container::queue_counters)
    QueueCounters,
    /// [`Container::resolver`](super::Container::resolver)
    Resolver,
    /// [`Container::hosts`](super::Container::hosts)
    Hosts,
    /// [`Container::freshness`](super::Container::freshness)
    Freshness,
    /// [`Network::names`](super::Network::names)
    Names,
    /// [`Snapshot::host_listeners`](super::Snapshot::host_listeners)
    HostListeners,
}

impl Need {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Visit,
        Self::Path,
        Self::Lookup,
        Self::ListensItself,
        Self::Concurrency,
        Self::Namespace,
        Self::Listeners,
        Self::QueueCounters,
        Self::Resolver,
        Self::Hosts,
        Self::Freshness,
        Self::Names,
        Self::HostListeners,
    ];
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Visit => "what the client's own connection comes to",
            Self::Path => "connections from the client to the server's own addresses",
            Self::Lookup => "the server's name, asked from the client",
            Self::ListensItself => "whether the client itself listens on the port",
            Self::Concurrency => "the probes of the server's port",
            Self::Namespace => "whose network namespace is whose",
            Self::Listeners => "the sockets that listen in the containers",
            Self::QueueCounters => "the kernel's counters of full queues",
            Self::Resolver => "the client's name servers",
            Self::Hosts => "the client's hosts file",
            Self::Freshness => "the server's image and its source",
            Self::Names => "whether the networks answer names",
            Self::HostListeners => "the sockets that listen on the engine's machine",
        })
    }
}
