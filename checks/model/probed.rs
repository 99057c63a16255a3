//! What the probes saw: sockets, queues, holds, names and connections. Times are milliseconds unless a name says otherwise.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// A socket in state LISTEN inside one network namespace.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Listener {
    /// The bound address.
    pub address: SocketAddr,
    /// Whether an IPv6 wildcard refuses IPv4; `None` when the kernel was not asked.
    pub v6_only: Option<bool>,
    /// Connections that the kernel has completed and the program has not accepted yet.
    pub waiting: u32,
    /// The length of the listen queue that the program asked for, as the kernel granted it; `None` when it was not seen.
    pub backlog: Option<u32>,
}

impl Listener {
    /// Whether this is the name server that Docker puts into a container, which is none of the server's.
    #[must_use]
    pub fn is_name_server(&self) -> bool {
        self.address.ip() == IpAddr::from([127, 0, 0, 11])
    }

    /// Whether a connection to this address of the namespace arrives here. An IPv6 wildcard whose `V6ONLY` flag was not
    /// seen is given the benefit of Linux's default.
    #[must_use]
    pub fn takes(&self, to: IpAddr) -> bool {
        let (bound, to) = (self.address.ip().to_canonical(), to.to_canonical());
        if bound.is_unspecified() {
            return bound.is_ipv4() == to.is_ipv4()
                || (bound.is_ipv6() && self.v6_only != Some(true));
        }
        bound == to
    }
}

/// The kernel's cumulative counters of one network namespace, since it was made.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueueCounters {
    /// Times a listen queue was full (`TcpExt: ListenOverflows`).
    pub overflows: u64,
    /// Connections dropped at a listen queue (`TcpExt: ListenDrops`).
    pub drops: u64,
}

/// How the held connection was left while a second one asked.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HoldMode {
    /// Connected, not a byte sent.
    Idle,
    /// Half of a request sent.
    Partial,
    /// One complete request was answered, and the connection kept open.
    KeptAlive,
}

/// What became of the second connection's request.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// While the first connection was still held.
    DuringHold,
    /// Promptly once the first was released, and not before.
    AfterRelease,
    /// The second connection was closed or reset without a reply during the hold.
    CutOff,
    /// Later than the release can explain, or never within the limit.
    Late,
}

/// One hold: connection A was held, connection B sent a whole request.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hold {
    /// How A was left.
    pub mode: HoldMode,
    /// How long A was held before its release.
    pub held_ms: u64,
    /// What became of B.
    pub answered: Answered,
    /// When B was answered, from its connect; `None` if it was not.
    pub answer_ms: Option<u64>,
}

/// The listen queue while `held` idle connections were open.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueueStep {
    /// Connections opened and held.
    pub held: u32,
    /// Connections waiting in the queue, if the figure stood still for 250 ms.
    pub waiting: Option<u32>,
}

/// What the concurrency probes of one server port saw. The check decides what it means.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Concurrency {
    /// The address inside the server's namespace that was probed.
    pub probed: Option<SocketAddr>,
    /// The path of the HTTP requests; `None` when the protocol is unknown and no byte was sent.
    pub path: Option<String>,
    /// Times of single requests, one after the other, in microseconds.
    pub baseline_us: Vec<u64>,
    /// The status of the first reply.
    pub status: Option<u16>,
    /// The hold test, in the order in which it ran.
    pub holds: Vec<Hold>,
    /// Completion times of four requests at once, sorted, for each round; empty when the baseline is too fast to tell.
    pub staircases: Vec<Vec<u64>>,
    /// The listen queue before anything was held, when the queue test ran.
    pub waiting_before: Option<u32>,
    /// The queue test; empty when it did not run.
    pub queue: Vec<QueueStep>,
    /// From where it was probed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vantage: Option<super::Vantage>,
    /// What ended the probes early, if anything did.
    pub stopped: Option<String>,
    /// The listen queue when not one connection was taken off it for as long as it was watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Stuck>,
    /// Whether the server closed each connection of the queue test by itself, without a byte.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hung_up: bool,
    /// Connections of others that the server had taken up before the probe and still had after it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub held_by_others: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// A listen queue from which nothing is taken.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stuck {
    /// Connections that waited in it at the end.
    pub waiting: u32,
    /// For how long it was watched.
    pub watched_ms: u64,
}

/// What a TCP connect came to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Connect {
    /// The handshake was completed.
    Connected,
    /// ECONNREFUSED.
    Refused,
    /// No answer within the limit.
    Timeout,
    /// EHOSTUNREACH.
    HostUnreachable,
    /// ENETUNREACH.
    NetworkUnreachable,
    /// ECONNRESET.
    Reset,
    /// EADDRNOTAVAIL: the client has no free port or no such family.
    AddressNotAvailable,
    /// Any other error, by its kind.
    Other(String),
}

/// What came of it, to stand behind "the connection to ADDRESS".
impl fmt::Display for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connected => "was completed",
            Self::Refused => "was refused",
            Self::Timeout => "got no answer",
            Self::HostUnreachable | Self::NetworkUnreachable => "finds no route",
            Self::Reset => "was reset",
            Self::AddressNotAvailable => {
                "could not be begun: the client has no address of that family, or no free port"
            }
            Self::Other(why) => return write!(f, "could not be made: {why}"),
        })
    }
}

/// One connect from one namespace.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempt {
    /// The address dialled.
    pub to: SocketAddr,
    /// What came of it.
    pub connect: Connect,
    /// How long it took.
    pub ms: u64,
}

/// Connections from the client's namespace to the server's own addresses.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Path {
    /// The connects, one for each address of the server that the client could use.
    pub attempts: Vec<Attempt>,
    /// Whether the server's own kernel sent the refusals (its counter of resets rose with each); `None` when nothing was
    /// refused or the counter could not be read. A firewall's refusal leaves that counter alone.
    pub refused_by_server: Option<bool>,
}

/// What one plain HTTP request came to after the connect.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// A status line came back.
    Status(u16),
    /// Connected, and no byte within the limit.
    ReadTimeout,
    /// ECONNRESET after the connect.
    Reset,
    /// Closed before a status line.
    Closed,
    /// Bytes came back that are not HTTP.
    NotHttp,
    /// The first bytes are a TLS record: the port speaks TLS.
    Tls,
    /// A TLS handshake was tried and failed, by its class.
    TlsError(String),
}

/// Why a TLS handshake failed: the port answered in plain HTTP.
pub const PLAIN_HTTP: &str = "no TLS record, and plain HTTP was answered";
/// The same: it answered with something else than a TLS record.
pub const NO_TLS: &str = "an answer that is no TLS record";

/// What a server's kernel sent to a client and never saw acknowledged.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unacknowledged {
    /// Bytes that wait.
    pub bytes: u32,
    /// How often they were sent again.
    pub sent_again: u32,
}

/// What one name server said to one question (A and AAAA together).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Lookup {
    /// Addresses, sorted.
    Addresses(Vec<IpAddr>),
    /// NXDOMAIN.
    NoSuchName,
    /// The name exists without addresses.
    NoAddresses,
    /// SERVFAIL.
    ServerFailure,
    /// REFUSED.
    RefusedByServer,
    /// No answer within the limit.
    Timeout,
    /// The name server could not be reached at all, by the error's kind.
    Unreachable(String),
}

/// How a name was resolved as the client would do it: its hosts file first, then its name servers in order.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resolution {
    /// The name asked for.
    pub name: String,
    /// Addresses from the client's hosts file; when not empty no server was asked.
    pub hosts_file: Vec<IpAddr>,
    /// Each name server that was asked, with its answer and the time it took. libc stops at the first that answers with
    /// addresses, NXDOMAIN or no addresses, and goes on after a timeout or a failure.
    pub asked: Vec<Asked>,
}

/// One question to one name server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Asked {
    /// The name server.
    pub server: IpAddr,
    /// The full name in the question (with a search domain, if one was added).
    pub question: String,
    /// Its answer.
    pub answer: Lookup,
    /// What it said of IPv6, where it gave addresses of IPv4 and neither such of IPv6 nor that there are none: most C libraries
    /// don't mind, and some do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied_for_ipv6: Option<Lookup>,
    /// How long it took.
    pub ms: u64,
}

/// A container's `/etc/resolv.conf`, as far as it decides names.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResolverConfig {
    /// The name servers in order.
    pub nameservers: Vec<IpAddr>,
    /// The search domains in order.
    pub search: Vec<String>,
    /// The `ndots` option; 1 when unset.
    pub ndots: u32,
}

/// One line of a container's `/etc/hosts`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HostsLine {
    /// The address.
    pub address: IpAddr,
    /// The names it is given.
    pub names: Vec<String>,
}
