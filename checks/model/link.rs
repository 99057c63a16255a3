//! Who is told to call whom, and what was seen of that one link.

use super::{
    Attempt, Certificate, Concurrency, Connect, Demand, Fact, Path, Replay, Reply, Resolution,
    Retold, Source, Unacknowledged, Unstarted, Written, is_loopback, numeric,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// One client that is told to reach one endpoint.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Link {
    /// `engine:client->url`, unique in a run.
    pub id: String,
    /// The engine's name.
    pub engine: String,
    /// The client's container name, or `@host`.
    pub client: String,
    /// What the client is told.
    pub endpoint: Endpoint,
    /// What the endpoint means, or most likely means.
    pub server: Option<Server>,
    /// How the server was recognised.
    pub meant: Meant,
    /// Whether the client's own namespace listens on the port; looked at for loopback endpoints only.
    pub listens_itself: Fact<bool>,
    /// Whether the user named this link.
    pub named_by_user: bool,
    /// What the client's own connection to the endpoint came to, seen from its network namespace.
    pub visit: Fact<Visit>,
    /// Connections from the client's namespace to the server's own addresses and the port inside.
    pub path: Fact<Path>,
    /// The server's proper name, asked from the client's namespace (its container name or service, whatever the endpoint says).
    pub lookup: Fact<Resolution>,
    /// What the client's own program dials in vain at the endpoint's port; looked at only where the server was started after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<super::Tried>,
    /// What the server speaks instead of the endpoint's scheme, asked inside its own namespace: only where the client's connection
    /// came to nothing, and only where it is something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<Reply>,
    /// From where visit, path and lookup were seen; `None` when they were not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vantage: Option<super::Vantage>,
    /// The concurrency probes of the server's port, made in the server's own namespace.
    pub concurrency: Fact<Concurrency>,
    /// What the project demands of the link; `None` where it demands nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<Demand>,
    /// Several requests at once from the client's namespace; `None` when nobody asked for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Fact<Replay>>,
    /// The other address that the client's Compose files tell by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retold: Option<Retold>,
    /// The dialled name is a service of the client's Compose project that has no container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unstarted: Option<Unstarted>,
    /// The other containers that the endpoint's name means: replicas of the server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replicas: Vec<super::Replica>,
}

/// An address that a client is told to use.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Endpoint {
    /// The normalized address without user info, query and fragment.
    pub url: String,
    /// The scheme, if one is known.
    pub scheme: Option<String>,
    /// The host part, without brackets.
    pub host: String,
    /// The port, given or implied by the scheme.
    pub port: u16,
    /// Whether nobody wrote that port for this address: a variable's name suggests it, or another one stands beside a URL.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub port_assumed: bool,
    /// Whether the place named URL or URI lacks the scheme.
    pub scheme_missing: bool,
    /// Every place that says it, the first of them first.
    pub sources: Vec<Source>,
    /// How those places write it, of those that write it out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<Written>,
    /// What is malformed about it, when it can't be dialled as it stands.
    pub malformed: Option<String>,
    /// What the client's program may do by itself so that it is not, where that was not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub malformed_unless: Option<String>,
}

/// What an endpoint means.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Server {
    /// What kind of thing answers there.
    pub kind: ServerKind,
    /// The container's name.
    pub container: Option<String>,
    /// The port inside the container; on the host or outside, the port dialled.
    pub port: u16,
    /// The engine of the container, where it is not the client's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
}

/// The kinds of server.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ServerKind {
    /// A container of a known engine.
    Container,
    /// A process on the engine's machine.
    Host,
    /// Something outside.
    External,
}

/// How the server of a link was recognised: what the dialled host is, seen from the client.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Meant {
    /// The client's own loopback, and its namespace listens on the port.
    OwnListener,
    /// The client's own loopback, and a container publishes the port.
    OwnLoopbackPublished,
    /// The client's own loopback, and other containers serve the port: the one that is named, or several.
    OwnLoopbackServed,
    /// The client's own loopback, and nothing known serves the port.
    OwnLoopback,
    /// A name that the server carries.
    Name,
    /// An address that the server has.
    Address,
    /// An address of another container than the one that is meant: that one serves the port, and this one does not.
    AddressOfAnother,
    /// The engine's machine, where a container publishes the port.
    HostPublished,
    /// The engine's machine itself.
    Host,
    /// A name or an address that nobody carries; the server is the likeliest guess, if there is one.
    Nobody,
    /// The outside world.
    External,
}

/// The client's own connection to its endpoint.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Visit {
    /// How the name was resolved; `None` for an address or `localhost`.
    pub resolution: Option<Resolution>,
    /// The connects that were tried, in order, until one was completed.
    pub attempts: Vec<Attempt>,
    /// What an HTTP request came to; `None` when none was sent.
    pub reply: Option<Reply>,
    /// The path that was asked for, where it is not the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// How the server turned the connection away before anything was asked, in its own protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turned_away: Option<TurnedAway>,
    /// Whether the port answers in HTTP/2 alone, as servers of gRPC do; then there is no `reply`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub http2: bool,
    /// The status of the same request to `localhost`, where it is another than each time to the dialled name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_localhost: Option<u16>,
    /// The certificate that the server showed, where the client speaks TLS and could read one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// What became of a TLS handshake that was begun, where the client is told to speak TLS and no byte came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_handshake: Option<String>,
    /// What of the reply the server's kernel had sent in vain when the wait for it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Unacknowledged>,
    /// What the same request came to through the client's proxy, where its variables send it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxied: Option<Proxied>,
}

/// A refusal in a protocol in which servers speak first.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum TurnedAway {
    /// Redis in protected mode.
    Redis,
    /// `MySQL` or `MariaDB`, with the number of its error.
    Mysql(u16),
    /// One of these that has no place left.
    Full,
    /// Of whatever protocol: it closes or resets each connection at once, without a byte.
    HangsUp,
}

/// How far a client's request comes through its proxy.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Proxied {
    /// A name server denied the proxy's name.
    NoName,
    /// The proxy took no connection.
    Unreached(Connect),
    /// The proxy gave the reply that comes without it: the same status, and the same beginning of its body.
    AsWithout,
    /// The proxy gave another one; of TLS it was only asked for the connection to the server.
    Answered(Reply),
    /// It could not be seen.
    Unknown(String),
}

/// What the client sees, in the words of the contract.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Symptom {
    /// ECONNREFUSED.
    #[serde(rename = "connection refused")]
    ConnectionRefused,
    /// NXDOMAIN, or a name without addresses.
    #[serde(rename = "name not found")]
    NameNotFound,
    /// No name server gave an answer.
    #[serde(rename = "resolver failed")]
    ResolverFailed,
    /// No answer to the connect.
    #[serde(rename = "connect timeout")]
    ConnectTimeout,
    /// Connected, and no reply in time.
    #[serde(rename = "read timeout")]
    ReadTimeout,
    /// ECONNRESET.
    #[serde(rename = "connection reset")]
    ConnectionReset,
    /// Closed before a reply.
    #[serde(rename = "closed without reply")]
    ClosedWithoutReply,
    /// EHOSTUNREACH or ENETUNREACH.
    #[serde(rename = "no route")]
    NoRoute,
    /// A TLS handshake failed, or one side speaks TLS and the other does not.
    #[serde(rename = "tls error")]
    TlsError,
    /// An HTTP status of 400 or more.
    #[serde(rename = "http error")]
    HttpError,
}

impl Endpoint {
    /// Whether its scheme is one of HTTP, in TLS or not.
    #[must_use]
    pub fn speaks_http(&self) -> bool {
        matches!(self.scheme.as_deref(), Some("http" | "https" | "ws" | "wss"))
    }

    /// The dialled address, if the host is one, in whatever spelling.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        numeric(&self.host)
    }

    /// Whether the address never leaves the client.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// `host:port`, with brackets where needed.
    #[must_use]
    pub fn authority(&self) -> String {
        authority(&self.host, self.port)
    }
}

/// `host:port`, with brackets around an IPv6 address.
#[must_use]
pub fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env { name } => write!(f, "variable {name}"),
            Self::Arg { index } => write!(f, "argument {index}"),
            Self::File { path, key, line, .. } => write!(f, "{path} line {line}, key {key}"),
            Self::Compose { path, line } => write!(f, "{path} line {line}"),
            Self::Flag => f.write_str("--link or econn.toml"),
        }
    }
}
