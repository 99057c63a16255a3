//! The one way to an engine: every call goes through here, with a deadline of its own.
//!
//! bollard takes it as its transport, and the few calls that only Podman has (its own paths) use it directly.

use crate::words::words;
use bollard::BollardRequest;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use hyperlocal::UnixConnector;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, UnixStream};

/// No answer of an engine to one call may take longer to begin.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// No answer that is read whole may be larger, in bytes.
const BODY_LIMIT: usize = 64 << 20;

/// Where an engine is reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Address {
    /// A socket of this machine.
    Unix(PathBuf),
    /// `host:port`, without TLS.
    Tcp(String),
    /// A place that is named and can't be reached from here.
    Beyond {
        /// Where, without user info.
        url: String,
        /// Why not, and what to do instead.
        why: String,
    },
}

/// What reaches an engine that econn can't reach itself.
const INSTEAD: &str =
    "run econn on that machine, or forward the engine's socket with ssh -L and give it with --host";

impl Address {
    /// The same place, where TLS is asked for by `who`.
    pub(crate) fn behind_tls(self, who: &str) -> Self {
        match self {
            Self::Tcp(authority) => Self::Beyond {
                why: format!(
                    "{who} asks for TLS at {authority}, which this econn does not speak; {INSTEAD}"
                ),
                url: format!("tcp://{authority}"),
            },
            other => other,
        }
    }

    /// Reads a `unix://`, `tcp://` or `ssh://` address.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix://") {
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        if let Some(rest) = text.strip_prefix("ssh://") {
            let url = format!("ssh://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host));
            let why = format!("{url} is reached by ssh, which this econn does not use; {INSTEAD}");
            return Ok(Self::Beyond { url, why });
        }
        let rest = text.strip_prefix("tcp://").or_else(|| text.strip_prefix("http://"));
        match rest.map(|rest| rest.trim_end_matches('/')) {
            Some(authority) if authority.contains(':') && !authority.contains(['/', '@']) => {
                Ok(Self::Tcp(authority.into()))
            }
            _ if text.contains('@') => Err(format!(
                "{} names a user, which an engine's address can't",
                crate::redact::shown(text)
            )),
            _ => Err(format!(
                "{} is not an engine's address that can be used: give unix:///path/to.sock or tcp://host:port",
                crate::redact::shown(text)
            )),
        }
    }

    /// Whether two addresses lead to one place, as far as the names tell.
    pub(crate) fn same(&self, other: &Self) -> bool {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        match (self, other) {
            (Self::Unix(a), Self::Unix(b)) => real(a) == real(b),
            (a, b) => a == b,
        }
    }

    /// Tries the door, for an error that says what is wrong with it.
    pub(crate) async fn knock(&self) -> Result<(), String> {
        let knock = async {
            match self {
                Self::Unix(path) => UnixStream::connect(path).await.map(|_| ()),
                Self::Tcp(authority) => TcpStream::connect(authority.as_str()).await.map(|_| ()),
                Self::Beyond { why, .. } => Err(std::io::Error::other(why.clone())),
            }
        };
        match tokio::time::timeout(Duration::from_secs(5), knock).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(match error.kind() {
                std::io::ErrorKind::NotFound => {
                    format!("there is no socket at {self}; is the engine installed and started?")
                }
                std::io::ErrorKind::PermissionDenied => {
                    format!(
                        "no permission on {self}; run as root, or join the group that owns the socket"
                    )
                }
                std::io::ErrorKind::ConnectionRefused => {
                    format!("nobody answers at {self}; start the engine")
                }
                std::io::ErrorKind::Other => error.to_string(),
                _ => format!("{self} can't be reached: {}", words(&error)),
            }),
            Err(_) => Err(format!("{self} does not answer within 5 s")),
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(authority) => write!(f, "tcp://{authority}"),
            Self::Beyond { url, .. } => f.write_str(url),
        }
    }
}

/// A request's body, whoever made it.
type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, std::io::Error>;

/// The way to one engine.
#[derive(Clone)]
pub(crate) struct Transport {
    address: Arc<Address>,
    unix: Client<UnixConnector, Body>,
    tcp: Client<HttpConnector, Body>,
}

impl Transport {
    /// A way to the engine at that address. Nothing is sent yet.
    pub(crate) fn new(address: Address) -> Self {
        Self {
            address: Arc::new(address),
            unix: Client::builder(TokioExecutor::new())
                .pool_max_idle_per_host(16)
                .build(UnixConnector),
            tcp: Client::builder(TokioExecutor::new()).pool_max_idle_per_host(16).build_http(),
        }
    }

    /// The headers of the engine's answer to a ping: cheap, where its version call may take a third of a second.
    pub(crate) async fn ping(&self) -> Result<hyper::HeaderMap, String> {
        let body = Full::new(Bytes::new()).map_err(|never| match never {}).boxed_unsync();
        let request = Request::builder()
            .method(Method::GET)
            .uri("/_ping")
            .body(body)
            .map_err(|e| e.to_string())?;
        let response = self.send(request).await.map_err(|e| super::line(&e))?;
        if !response.status().is_success() {
            return Err(format!("it answered {} to a ping", response.status()));
        }
        Ok(response.headers().clone())
    }

    /// The engine's answer to a path that bollard has no call for, as it arrives.
    pub(crate) async fn open(&self, path: &str) -> Result<Response<Incoming>, String> {
        let body = Full::new(Bytes::new()).map_err(|never| match never {}).boxed_unsync();
        let request = Request::builder()
            .method(Method::GET)
            .uri(path)
            .body(body)
            .map_err(|e| e.to_string())?;
        self.send(request).await.map_err(|e| e.to_string())
    }

    /// The same, whole and as text.
    pub(crate) async fn get(&self, path: &str) -> Result<String, String> {
        let response = self.open(path).await?;
        let status = response.status();
        let read = Limited::new(response.into_body(), BODY_LIMIT).collect();
        let body = tokio::time::timeout(ANSWER_LIMIT, read)
            .await
            .map_err(|_| "the engine's answer did not end in time")?;
        let bytes = body.map_err(|e| e.to_string())?.to_bytes();
        if !status.is_success() {
            return Err(format!("the engine answered {status} to {path}"));
        }
        String::from_utf8(bytes.to_vec())
            .map_err(|_| format!("the engine's answer to {path} is not text"))
    }

    async fn send(
        &self,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, bollard::errors::Error> {
        let path = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let answer = match &*self.address {
            Address::Unix(socket) => {
                *request.uri_mut() = hyperlocal::Uri::new(socket, &path).into();
                self.unix.request(request)
            }
            Address::Tcp(authority) => {
                *request.uri_mut() = format!("http://{authority}{path}")
                    .parse::<hyper::Uri>()
                    .map_err(hyper::http::Error::from)?;
                self.tcp.request(request)
            }
            // Nobody gets past knocking there.
            Address::Beyond { why, .. } => return Err(std::io::Error::other(why.clone()).into()),
        };
        match tokio::time::timeout(ANSWER_LIMIT, answer).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(bollard::errors::Error::RequestTimeoutError),
        }
    }
}

impl Transport {
    /// Carries one of bollard's own requests.
    pub(crate) async fn carry(
        self,
        request: BollardRequest,
    ) -> Result<Response<Incoming>, bollard::errors::Error> {
        let (parts, body) = request.into_parts();
        let body = body.map_err(|error| std::io::Error::other(error.to_string())).boxed_unsync();
        self.send(Request::from_parts(parts, body)).await
    }
}
